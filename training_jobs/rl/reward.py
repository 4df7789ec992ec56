"""Generated pixels -> how far their moving bodies' 4D trajectories are from the simulator's."""

import logging
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.metrics.chamfer import Guards, chamfer_aligned
from phys4d_pipeline.metrics.points import DepthClip, extent, object_points
from phys4d_pipeline.models.meter import Meter, Start, resized

from ..lessons.windows import Batch

Tensor = torch.Tensor
BODIES = 1
"""Id that all moving bodies of a clip share here: a meter cannot tell one from another."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RewardConfig:
    """How trajectories are compared."""

    num_points: int = 128
    """Of a frame's bodies, drawn evenly."""
    cap: float = 1.0
    """Cost of a frame whose bodies are missing, and most that a frame costs, as a share of the
    extent of the true trajectory."""
    most_floor: float = 0.8
    """Distance of true clips over that of generated ones, at most: above it the meter's own errors
    leave nothing to be rewarded."""
    seed: int = 0
    """Of the points that are drawn."""


@torch.no_grad()
def distances(
    config: RewardConfig,
    meter: Meter,
    videos: Float[Tensor, "B 3 T H W"],
    truth: Batch,
    bodies: Bool[Tensor, "S T H W"],
    *,
    group: int,
    known_frames: int,
) -> Float[Tensor, " B"]:
    """4D Chamfer distance (variant A) over the extent of the true trajectory.

    Args:
        config: How to compare.
        meter: Reads depth and bodies off pixels.
        videos: `group` clips for each window in turn.
        truth: The windows.
        bodies: Where their moving bodies are (`moving_bodies`).
        group: Clips per window.
        known_frames: Frames at the start that were given: not compared.
    """
    measured, starts = [], Start.of(truth, bodies).to(videos.device)
    for window in range(len(videos) // group):
        reference = _true_clip(truth, bodies, window, known_frames)
        rng = torch.Generator().manual_seed(config.seed)
        points = object_points(reference, BODIES, num_points=config.num_points, rng=rng)
        scale = extent(points)
        guards = Guards(cap=config.cap * scale)
        for video in videos[window * group : (window + 1) * group]:
            seen = _metered_clip(meter, video[:, known_frames:], starts.of_clip(window), reference)
            rng = torch.Generator().manual_seed(config.seed)
            shown = object_points(seen, BODIES, num_points=config.num_points, rng=rng)
            distance = chamfer_aligned(shown, points, guards=guards).value
            measured.append(distance / scale)
    return torch.stack(measured).to(videos.device)


def raise_if_blind(config: RewardConfig, name: str, floor: float, baseline: float) -> None:
    """Raise TrainingError unless the meter finds true clips clearly nearer than generated ones."""
    log.info(
        "meter %s | distance of true clips %.3f | of generated clips %.3f", name, floor, baseline
    )
    if floor > config.most_floor * baseline:
        raise TrainingError(
            f"Meter {name!r} measures {floor:.3f} on true clips and {baseline:.3f} on generated "
            f"ones; the first must be at most {config.most_floor} of the second, or the reward is "
            "the meter's own noise. Train the meters (and the codec) longer."
        )


def _true_clip(
    truth: Batch, bodies: Bool[Tensor, "S T H W"], window: int, known_frames: int
) -> DepthClip:
    return DepthClip(
        depth=truth["depth"][window, 0, known_frames:],
        segmentation=bodies[window, known_frames:].int() * BODIES,
        K=truth["K"][window],
        world_from_camera=truth["world_from_camera"][window, known_frames:],
    )


def _metered_clip(
    meter: Meter, video: Float[Tensor, "3 T H W"], start: Start, reference: DepthClip
) -> DepthClip:
    frames = resized(video.movedim(1, 0), start.depth)
    depth, logits = meter(frames, start.repeated(len(frames)))
    return DepthClip(
        depth=depth.cpu(),
        segmentation=(logits > 0).int().cpu() * BODIES,
        K=reference.K,
        world_from_camera=reference.world_from_camera,
    )
