"""Straight lines from noise to clean latents: WAN's process, with the other sign Open-Sora's.

x(time) = (1 - time) clean + time noise, so dx/dtime = noise - clean, called velocity below whatever
sign a network was trained to predict. All arithmetic is in float32.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class RectifiedFlow:
    """Rectified flow (Liu et al. 2022) with shifted times (Esser et al. 2024, eq. 23)."""

    sign: int = 1
    """1 where the network predicts noise - clean (WAN), -1 for clean - noise (Open-Sora)."""
    shift: float = 1.0
    """Above 1: more of the times lie near noise, in training and in sampling."""

    def __post_init__(self) -> None:
        if self.sign not in (-1, 1):
            raise ValueError(f"sign ({self.sign}) must be 1 (noise - clean) or -1 (clean - noise).")
        if not self.shift > 0:
            raise ValueError(f"shift ({self.shift}) must be positive; 1 shifts nothing.")

    def sample_time(self, num: int, *, rng: torch.Generator) -> Float[Tensor, " B"]:
        """Times to train at."""
        return self._shifted(torch.rand(num, generator=rng, device=rng.device))

    def mix(
        self,
        clean: Float[Tensor, "B C t h w"],
        noise: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B C t h w"]:
        """The noisy latents."""
        share = time.float().view(-1, 1, 1, 1, 1)
        return (1 - share) * clean.float() + share * noise.float()

    def target(
        self,
        clean: Float[Tensor, "B C t h w"],
        noise: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B C t h w"]:
        """The velocity, with this network's sign."""
        return self.sign * (noise.float() - clean.float())

    def split(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B C t h w"], Float[Tensor, "B C t h w"]]:
        """(clean, noise) as the prediction has them."""
        share = time.float().view(-1, 1, 1, 1, 1)
        velocity = self.sign * prediction.float()
        return noisy.float() - share * velocity, noisy.float() + (1 - share) * velocity

    def schedule(self, num_steps: int) -> Float[Tensor, " steps_and_one"]:
        """Times to sample at, from 1 down to 0."""
        return self._shifted(torch.linspace(1, 0, num_steps + 1))

    def step(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: float,
        next_time: float,
    ) -> Float[Tensor, "B C t h w"]:
        """Euler's step."""
        return noisy.float() + (next_time - time) * self.sign * prediction.float()

    def stochastic_step(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: float,
        next_time: float,
        *,
        strength: float,
    ) -> tuple[Float[Tensor, "B C t h w"], float]:
        """Mean and standard deviation of a step that keeps the marginals; strength 0 is `step`.

        Flow-GRPO (Liu et al. 2025, arXiv 2505.05470): sigma_t = strength sqrt(t / (1 - t)).
        """
        # The diffusion is infinite at pure noise: there the next time's stands in, as published.
        remaining = 1 - (next_time if time >= 1 else time)
        diffusion = strength * math.sqrt(time / remaining)
        half_square = diffusion**2 / (2 * time)
        duration = next_time - time
        velocity = self.sign * prediction.float()
        mean = (1 + half_square * duration) * noisy.float()
        mean = mean + duration * (1 + half_square * (1 - time)) * velocity
        return mean, diffusion * math.sqrt(-duration)

    def _shifted(self, time: Tensor) -> Tensor:
        return self.shift * time / (1 + (self.shift - 1) * time)
