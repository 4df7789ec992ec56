"""Clean latents -> what the network is given at a random time, and what it should say."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float

from phys4d_pipeline.models.backbone import DiffusionProcess

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Noised:
    """A question to a backbone and its answer."""

    noisy: Float[Tensor, "B C t h w"]
    """Clean where known."""
    target: Float[Tensor, "B C t h w"]
    time: Float[Tensor, " B"]
    """1 = noise, 0 = clean."""


def noised(
    process: DiffusionProcess,
    clean: Float[Tensor, "B C t h w"],
    known: Bool[Tensor, " t"],
    rng: torch.Generator,
    *,
    latest: float = 1.0,
) -> Noised:
    """Mix with noise at times that the process draws, scaled down to at most `latest`."""
    time = latest * process.sample_time(len(clean), rng=rng).to(clean.device)
    return noised_at(process, clean, known, rng, time=time)


def noised_at(
    process: DiffusionProcess,
    clean: Float[Tensor, "B C t h w"],
    known: Bool[Tensor, " t"],
    rng: torch.Generator,
    *,
    time: Float[Tensor, " B"],
) -> Noised:
    """Mix with noise at these times."""
    noise = torch.randn(clean.shape, generator=rng).to(clean.device)
    mixed = process.mix(clean, noise, time)
    given = known.to(clean.device)[None, None, :, None, None]
    return Noised(
        noisy=torch.where(given, clean, mixed),
        target=process.target(clean, noise, time),
        time=time,
    )
