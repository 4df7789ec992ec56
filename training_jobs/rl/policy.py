"""Sampling with noise as a chain of normal distributions -> PPO's losses on its steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Bool, Float

from phys4d_pipeline.models.adapters import adapters_in_use
from phys4d_pipeline.models.sampling import Stochastic, Transition, sample

Tensor = torch.Tensor
STILL = 1e-6
"""Deviation of rewards within a group below which it teaches nothing."""


@dataclass(frozen=True, kw_only=True)
class PolicyConfig:
    """How clips are sampled and how far one update may go."""

    group: int = 6
    """Clips per start."""
    num_steps: int = 8
    """Of the sampler."""
    stochastic_steps: int = 3
    """The first ones: where a clip's motion is decided."""
    strength: float = 0.7
    """Of the noise in them."""
    updates: int = 2
    """Steps of training on one set of samples."""
    clip: float = 1e-3
    """PPO's epsilon. Small, since log-probabilities are means over thousands of numbers."""
    divergence: float = 0.02
    """Weight of the divergence from the policy of stage 2."""
    most_advantage: float = 5.0
    """Larger ones are cut."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """Sampled clips, G for each start in turn, and what they are worth."""

    latents: Float[Tensor, "B C t h w"]
    transitions: tuple[Transition, ...]
    references: tuple[Float[Tensor, "B C t h w"], ...]
    """Means of the policy of stage 2 at each transition."""
    text: Float[Tensor, "B words width"]
    known: Bool[Tensor, " t"]
    group: int
    advantages: Float[Tensor, " B"] | None = None
    scalars: Mapping[str, Tensor] = field(default_factory=dict)

    def judged(self, rewards: Float[Tensor, " B"], scalars: Mapping[str, Tensor]) -> "Rollout":
        """With advantages relative to the group."""
        return replace(self, advantages=advantages(rewards, self.group), scalars=scalars)


def advantages(rewards: Float[Tensor, " B"], group: int) -> Float[Tensor, " B"]:
    """(reward - mean of its group) / deviation; 0 for groups that are all alike.

    A reward that is not finite counts as the least of its group.
    """
    grouped = rewards.view(-1, group)
    finite = torch.isfinite(grouped)
    least = torch.where(finite, grouped, torch.inf).amin(1, keepdim=True)
    grouped = torch.where(finite, grouped, torch.where(torch.isfinite(least), least, 0.0))
    if group == 1:
        return torch.zeros_like(rewards)
    deviation = grouped.std(1, keepdim=True)
    relative = (grouped - grouped.mean(1, keepdim=True)) / (deviation + 1e-4)
    return torch.where(deviation > STILL, relative, 0.0).flatten()


def roll_out(
    config: PolicyConfig,
    backbone: Any,
    *,
    clean: Float[Tensor, "S C t h w"],
    text: Float[Tensor, "S words width"],
    known: Bool[Tensor, " t"],
    reference: Sequence[str] | None,
    rng: torch.Generator,
) -> Rollout:
    """Sample a group of clips for each start; without gradient.

    Args:
        config: How.
        backbone: The policy.
        clean: Latents, of which the known ones are read.
        text: Of the captions.
        known: Latent frames that are given.
        reference: Adapters of the policy to stay near to; None asks for no reference.
        rng: Draws everything.
    """
    clean = clean.repeat_interleave(config.group, 0)
    text = text.repeat_interleave(config.group, 0)
    noise = torch.randn(clean.shape, generator=rng).to(clean.device)
    stochastic = Stochastic(steps=range(config.stochastic_steps), strength=config.strength, rng=rng)
    sampled = sample(
        backbone,
        text=text,
        clean=clean,
        known=known,
        noise=noise,
        num_steps=config.num_steps,
        stochastic=stochastic,
    )
    references: list[Tensor] = []
    if reference is not None:
        with torch.no_grad(), adapters_in_use(backbone, reference):
            references = [
                _mean(config, backbone, each, text, known)[0] for each in sampled.transitions
            ]
    return Rollout(
        latents=sampled.latents,
        transitions=sampled.transitions,
        references=tuple(references),
        text=text,
        known=known,
        group=config.group,
    )


def policy_losses(
    config: PolicyConfig, backbone: Any, rollout: Rollout
) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
    """One loss per transition: the clipped surrogate and the divergence."""
    assert rollout.advantages is not None, "Rollouts are judged before they are learnt from."
    gain = rollout.advantages.clamp(-config.most_advantage, config.most_advantage)
    steps = len(rollout.transitions)
    for transition, reference in zip(rollout.transitions, rollout.references, strict=True):
        mean, std = _mean(config, backbone, transition, rollout.text, rollout.known)
        before = log_probability(transition, transition.mean, std, rollout.known)
        ratio = (log_probability(transition, mean, std, rollout.known) - before).exp()
        within = ratio.clamp(1 - config.clip, 1 + config.clip)
        surrogate = torch.minimum(gain * ratio, gain * within).mean()
        apart = _of_generated((mean - reference).square() / (2 * std**2), rollout.known).mean()
        loss = (config.divergence * apart - surrogate) / steps
        clipped = ((ratio - 1).abs() > config.clip).float().mean()
        yield (
            loss,
            {"surrogate": surrogate / steps, "divergence": apart / steps, "cut": clipped / steps},
        )


def log_probability(
    transition: Transition,
    mean: Float[Tensor, "B C t h w"],
    std: float,
    known: Bool[Tensor, " t"],
) -> Float[Tensor, " B"]:
    """Of the step that was taken, per latent number that is generated; constants left out."""
    return _of_generated(-(transition.next_state - mean).square() / (2 * std**2), known)


def _of_generated(
    values: Float[Tensor, "B C t h w"], known: Bool[Tensor, " t"]
) -> Float[Tensor, " B"]:
    return values[:, :, ~known.to(values.device)].flatten(1).mean(1)


def _mean(
    config: PolicyConfig,
    backbone: Any,
    transition: Transition,
    text: Float[Tensor, "B words width"],
    known: Bool[Tensor, " t"],
) -> tuple[Float[Tensor, "B C t h w"], float]:
    times = torch.full((len(text),), transition.time, device=text.device)
    prediction = backbone.predict(transition.state, times, text, known)
    return backbone.process.stochastic_step(
        prediction,
        transition.state,
        transition.time,
        transition.next_time,
        strength=config.strength,
    )
