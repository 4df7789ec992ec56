"""Depth, mask and camera -> points of an object in the world, a set per frame.

Pixel centres lie at +0.5, depth is along camera +z (`camera.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Integer

Tensor = torch.Tensor
FLYING = 0.05
"""A depth between both of its neighbours, this far from each, relative: on no surface."""


@dataclass(frozen=True, kw_only=True)
class DepthClip:
    """A clip lifted to 4D: what is seen where, from where."""

    depth: Float[Tensor, "T H W"]
    """[m]; +inf for sky, NaN where the estimator failed."""
    segmentation: Integer[Tensor, "T H W"]
    """Instance ids; 0 for the background."""
    K: Float[Tensor, "3 3"]
    """Of this size [px]."""
    world_from_camera: Float[Tensor, "T 4 4"]


def lift(
    depth: Float[Tensor, "H W"],
    pixels: Integer[Tensor, "P 2"],
    K: Float[Tensor, "3 3"],
    pose: Float[Tensor, "4 4"],
) -> Float[Tensor, "P 3"]:
    """World positions of what some pixels (row, column) see [m]; pose is world_from_camera."""
    rows, columns = pixels.unbind(1)
    return unproject(columns + 0.5, rows + 0.5, depth[rows, columns], K, pose)


def unproject(
    x: Float[Tensor, "*B P"],
    y: Float[Tensor, "*B P"],
    z: Float[Tensor, "*B P"],
    K: Float[Tensor, "*B 3 3"],
    pose: Float[Tensor, "*B 4 4"],
) -> Float[Tensor, "*B P 3"]:
    """World positions at places (x, y) of a picture [px], z along its camera's axis [m]."""
    right = (x - K[..., 0, 2, None]) / K[..., 0, 0, None] * z
    down = (y - K[..., 1, 2, None]) / K[..., 1, 1, None] * z
    points = torch.stack([right, down, z], -1)
    return points @ pose[..., :3, :3].mT + pose[..., None, :3, 3]


def flying(depth: Float[Tensor, "H W"]) -> Bool[Tensor, "H W"]:
    """Pixels that hang between a nearer and a farther surface, as blurred depth edges do.

    Along rows or columns the depth rises by more than `FLYING` on both sides, or falls on both.
    Steep surfaces and clean edges stay: there one side at least is close.
    """
    hanging = torch.zeros_like(depth, dtype=torch.bool)
    behind_all = torch.full_like(depth, 1e6)
    solid = torch.where(torch.isfinite(depth), depth, behind_all).detach()
    for axis in (0, 1):
        inner = solid.shape[axis] - 2
        if inner < 1:
            continue
        step = solid.diff(dim=axis)
        before, after = step.narrow(axis, 0, inner), step.narrow(axis, 1, inner)
        least = torch.minimum(before.abs(), after.abs())
        found = (before * after > 0) & (least > FLYING * solid.narrow(axis, 1, inner))
        hanging.narrow(axis, 1, inner).logical_or_(found)
    return hanging


def object_points(
    clip: DepthClip, object_id: int, *, num_points: int, rng: torch.Generator
) -> list[Float[Tensor, "_ 3"] | None]:
    """At most `num_points` points of an object in each frame [m]; differentiable in the depth.

    Drawn without repetition, evenly over its pixels. Sky and flying pixels within the mask are
    left out. None where a pixel of the mask is NaN: there the depth failed, which is not the same
    as an object that is not seen (an empty set).
    """
    sets = []
    for frame, (depth, ids) in enumerate(zip(clip.depth, clip.segmentation, strict=True)):
        mask = ids == object_id
        if torch.isnan(depth[mask]).any():
            sets.append(None)
            continue
        pixels = (mask & torch.isfinite(depth) & (depth > 0) & ~flying(depth)).nonzero()
        # Drawn on the CPU: the same points whatever the device.
        order = torch.randperm(len(pixels), generator=rng)[:num_points].to(pixels.device)
        sets.append(lift(depth, pixels[order], clip.K, clip.world_from_camera[frame]))
    return sets


def extent(sets: Sequence[Float[Tensor, "_ 3"] | None], least: float = 0.1) -> float:
    """Diagonal of the box around all points of all frames, at least `least` [m]."""
    points = [each for each in sets if each is not None and len(each)]
    if not points:
        return least
    everything = torch.cat(points)
    span = everything.amax(0) - everything.amin(0)
    return max(least, float(span.norm()))


def align_scale(
    depth: Float[Tensor, "T H W"],
    truth: Float[Tensor, "T H W"],
    background: Bool[Tensor, "T H W"],
) -> float:
    """The one factor that brings a relative depth of a clip to metres: median of the ratios.

    Args:
        depth: Of the known frames, up to a factor.
        truth: Of the same frames [m].
        background: Where to compare; only what stands still is the same in both.
    """
    usable = background & torch.isfinite(depth) & torch.isfinite(truth) & (depth > 0)
    if not usable.any():
        raise ValueError(
            f"no background pixel of {depth.shape[0]} known frames has a depth in both clips. "
            "Align on other frames, or use a metric estimator."
        )
    return float((truth[usable] / depth[usable]).median())
