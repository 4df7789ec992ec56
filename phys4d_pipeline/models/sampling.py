"""Noise, a caption and known frames -> latents of a video, step by step.

Some steps may be stochastic; they are the ones a policy-gradient method learns from, so their
states, means and standard deviations are handed over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool, Float

from .backbone import VideoBackbone

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Stochastic:
    """Which steps are random, how much, and by which numbers."""

    steps: Collection[int]
    """Indices of steps, counted from 0 at pure noise."""
    strength: float
    """As the process's `stochastic_step` takes it."""
    rng: torch.Generator
    """On any device."""


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A stochastic step that was taken."""

    state: Float[Tensor, "B C t h w"]
    """What `predict` was given: clean where known."""
    next_state: Float[Tensor, "B C t h w"]
    """What was drawn; without meaning where known."""
    mean: Float[Tensor, "B C t h w"]
    """Of the normal distribution it was drawn from."""
    std: float
    time: float
    next_time: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sampled clip."""

    latents: Float[Tensor, "B C t h w"]
    transitions: tuple[Transition, ...]
    """The stochastic steps, in order."""


def guided_prediction(
    backbone: VideoBackbone,
    noisy: Float[Tensor, "B C t h w"],
    time: float,
    text: Float[Tensor, "B words width"],
    known: Bool[Tensor, " t"],
    *,
    guidance: float,
) -> Float[Tensor, "B C t h w"]:
    """The prediction, moved away from the one without text (Ho and Salimans 2022).

    Args:
        backbone: What predicts.
        noisy: Clean where known.
        time: Of all clips.
        text: Of the captions.
        known: Latent frames that are given.
        guidance: 1 is the prediction with text alone, at half the cost.
    """
    times = torch.full((len(noisy),), time, device=noisy.device)
    with_text = backbone.predict(noisy, times, text, known)
    if guidance == 1:
        return with_text
    without_text = backbone.predict(noisy, times, backbone.without_text(text), known)
    return without_text + guidance * (with_text - without_text)


@torch.no_grad()
def sample(
    backbone: VideoBackbone,
    *,
    text: Float[Tensor, "B words width"],
    clean: Float[Tensor, "B C t h w"],
    known: Bool[Tensor, " t"],
    noise: Float[Tensor, "B C t h w"],
    num_steps: int,
    guidance: float = 1.0,
    stochastic: Stochastic | None = None,
) -> Sample:
    """Sample the frames that are not known; the same arguments give the same bytes.

    Args:
        backbone: What predicts.
        text: Of the captions.
        clean: Known latents; read where `known` only.
        known: Latent frames that are given.
        noise: Standard normal, where sampling starts.
        num_steps: Steps of the process's schedule.
        guidance: See `guided_prediction`.
        stochastic: None: every step is deterministic.
    """
    process = backbone.process
    given = known.to(noise.device)[None, None, :, None, None]
    clean = clean.to(noise.device).float()
    times = process.schedule(num_steps).tolist()
    window = stochastic.steps if stochastic else ()
    if outside := [index for index in window if not 0 <= index < num_steps]:
        raise ValueError(f"Stochastic steps {outside} lie outside 0 to {num_steps - 1}.")
    state = torch.where(given, clean, noise.float())
    transitions = []
    for index, (time, next_time) in enumerate(pairwise(times)):
        prediction = guided_prediction(backbone, state, time, text, known, guidance=guidance)
        if stochastic and index in window:
            mean, std = process.stochastic_step(
                prediction, state, time, next_time, strength=stochastic.strength
            )
            next_state = mean + std * _normal(mean, stochastic.rng)
            transitions.append(
                Transition(
                    state=state,
                    next_state=next_state,
                    mean=mean,
                    std=std,
                    time=time,
                    next_time=next_time,
                )
            )
        else:
            next_state = process.step(prediction, state, time, next_time)
        state = torch.where(given, clean, next_state)
    return Sample(latents=state, transitions=tuple(transitions))


def _normal(like: Tensor, rng: torch.Generator) -> Tensor:
    """Standard normal numbers, drawn on the generator's device."""
    return torch.randn(like.shape, generator=rng, device=rng.device).to(like.device)
