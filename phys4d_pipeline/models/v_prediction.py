"""CogVideoX's process: variance-preserving noise in 1000 levels, the network predicts v.

x(time) = a clean + s noise with a^2 + s^2 = 1, v = a noise - s clean (Salimans and Ho 2022).
Time k/1000 is noise level k - 1 of the published tables; between levels a^2 is interpolated.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class VPrediction:
    """Scaled-linear betas, rescaled so that the last level holds no signal (Lin et al. 2023)."""

    num_levels: int = 1000
    """Noise levels the network was trained with."""
    beta_start: float = 0.00085
    """Variance added by the first level, before the rescaling."""
    beta_end: float = 0.012
    """Variance added by the last level, before the rescaling."""
    snr_shift: float = 1.0
    """Divides the signal-to-noise ratio: 3 in CogVideoX-2b, 1 in the 5b releases."""

    @cached_property
    def signal_powers(self) -> np.ndarray:
        """Float64 a^2 per level, with 1 (no noise) put before: index k is time k / num_levels."""
        roots = np.linspace(self.beta_start**0.5, self.beta_end**0.5, self.num_levels)
        powers = np.cumprod(1 - roots**2)
        powers = powers / (self.snr_shift + (1 - self.snr_shift) * powers)
        signals = np.sqrt(powers)
        signals = (signals - signals[-1]) * signals[0] / (signals[0] - signals[-1])
        return np.concatenate([[1.0], signals**2])

    def sample_time(self, num: int, *, rng: torch.Generator) -> Float[Tensor, " B"]:
        """Times to train at: the levels, all equally likely."""
        levels = torch.randint(self.num_levels, (num,), generator=rng, device=rng.device) + 1
        return levels / self.num_levels

    def mix(
        self,
        clean: Float[Tensor, "B C t h w"],
        noise: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B C t h w"]:
        """The noisy latents."""
        signal, spread = self._shares(time)
        return signal * clean.float() + spread * noise.float()

    def target(
        self,
        clean: Float[Tensor, "B C t h w"],
        noise: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B C t h w"]:
        """The network's v."""
        signal, spread = self._shares(time)
        return signal * noise.float() - spread * clean.float()

    def split(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B C t h w"], Float[Tensor, "B C t h w"]]:
        """(clean, noise) as the prediction has them."""
        signal, spread = self._shares(time)
        noisy, prediction = noisy.float(), prediction.float()
        return signal * noisy - spread * prediction, spread * noisy + signal * prediction

    def schedule(self, num_steps: int) -> Float[Tensor, " steps_and_one"]:
        """Times to sample at, from 1 down to 0: evenly spaced whole levels ("trailing")."""
        if not 1 <= num_steps <= self.num_levels:
            raise ValueError(f"num_steps ({num_steps}) must lie in 1 to {self.num_levels} levels.")
        levels = np.round(np.linspace(self.num_levels, 0, num_steps + 1))
        return torch.tensor(levels / self.num_levels, dtype=torch.float32)

    def step(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: float,
        next_time: float,
    ) -> Float[Tensor, "B C t h w"]:
        """DDIM's step (Song et al. 2021, eq. 12 with no noise)."""
        return self.stochastic_step(prediction, noisy, time, next_time, strength=0.0)[0]

    def stochastic_step(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: float,
        next_time: float,
        *,
        strength: float,
    ) -> tuple[Float[Tensor, "B C t h w"], float]:
        """Mean and standard deviation of DDIM's step with eta = strength, at most 1 (eq. 16)."""
        if not 0 <= strength <= 1:
            raise ValueError(f"strength ({strength}) must lie in 0 (DDIM) to 1 (ancestral, DDPM).")
        power, next_power = self._power(time), self._power(next_time)
        times = torch.full((len(noisy),), time, device=noisy.device)
        clean, noise = self.split(prediction, noisy, times)
        std = strength * math.sqrt((1 - next_power) / (1 - power) * (1 - power / next_power))
        kept = math.sqrt(max(0.0, 1 - next_power - std**2))
        return math.sqrt(next_power) * clean + kept * noise, std

    def _power(self, time: float | np.ndarray) -> Any:
        levels = np.asarray(time, np.float64) * self.num_levels
        return np.interp(levels, np.arange(self.num_levels + 1), self.signal_powers)

    def _shares(self, time: Tensor) -> tuple[Tensor, Tensor]:
        power = self._power(time.detach().cpu().double().numpy())
        signal, spread = (
            torch.tensor(share, dtype=torch.float32, device=time.device).view(-1, 1, 1, 1, 1)
            for share in (np.sqrt(power), np.sqrt(1 - power))
        )
        return signal, spread
