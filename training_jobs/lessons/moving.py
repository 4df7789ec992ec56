"""Windows -> the bodies that move in the world, which is what generated clips are judged by.

What stands still is right in any clip that goes on as it began; it would drown what moves.
"""

import torch
from jaxtyping import Bool, Float

from .windows import Batch

Tensor = torch.Tensor
MOVED = 5e-3
"""Median displacement of a body's pixels from one frame to the next, in some frame of the window,
from which it moves [m]; what the codecs of depth and flow lose is a tenth of it."""


def moving_bodies(truth: Batch) -> Bool[Tensor, "B T h w"]:
    """Pixels of bodies that move at some time of their window."""
    ids = truth["segmentation"]
    steps = displacements(truth)
    moving = torch.zeros_like(ids, dtype=torch.bool)
    for window, mine in enumerate(ids):
        for body in mine.unique().tolist():
            shown = mine == body
            if body and _most(steps[window], shown[:-1]) > MOVED:
                moving[window] |= shown
    return moving


def displacements(truth: Batch) -> Float[Tensor, "B T-1 h w"]:
    """How far what a pixel shows moves in the world to the next frame [m]; NaN in the sky."""
    depth, (u, v, dz) = truth["depth"][:, 0], truth["motion"].unbind(1)
    here = _in_world(truth, slice(None, -1), 0.0, 0.0, depth[:, :-1])
    there = _in_world(truth, slice(1, None), u[:, :-1], v[:, :-1], (depth + dz)[:, :-1])
    return (there - here).norm(dim=-1)


def _in_world(
    truth: Batch, frames: slice, u: Tensor | float, v: Tensor | float, z: Tensor
) -> Float[Tensor, "B T h w 3"]:
    height, width = z.shape[-2:]
    rows = torch.arange(height, device=z.device)[:, None] + 0.5
    columns = torch.arange(width, device=z.device) + 0.5
    K = truth["K"][:, None, None, None]
    x = (columns + u - K[..., 0, 2]) / K[..., 0, 0] * z
    y = (rows + v - K[..., 1, 2]) / K[..., 1, 1] * z
    pose = truth["world_from_camera"][:, frames, None, None]
    points = torch.stack([x.broadcast_to(z.shape), y.broadcast_to(z.shape), z], -1)
    return (pose[..., :3, :3] @ points[..., None])[..., 0] + pose[..., :3, 3]


def _most(steps: Float[Tensor, "T h w"], shown: Bool[Tensor, "T h w"]) -> float:
    medians = [each[where].nanmedian() for each, where in zip(steps, shown, strict=True)]
    known = [each.item() for each in medians if torch.isfinite(each)]
    return max(known, default=0.0)
