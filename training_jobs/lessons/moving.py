"""Windows -> the bodies that move in the world, which is what generated clips are judged by.

What stands still is right in any clip that goes on as it began; it would drown what moves.
"""

import torch
from jaxtyping import Bool, Float

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.metrics.points import unproject

from .windows import Batch, Windows

Tensor = torch.Tensor
LEAST_SHARE = 1 / 256
"""Of a window's first frame that moving bodies cover, to be followed through the others: 12 pixels
of 64 x 48."""
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


def followed(bodies: Bool[Tensor, "1 T h w"]) -> bool:
    """Is there enough of a window's moving bodies in its first frame?"""
    return bodies[0, 0].float().mean().item() >= LEAST_SHARE


def followed_windows(windows: Windows) -> list[int]:
    """Those whose moving bodies can be followed from the beginning.

    Raises:
        TrainingError: There are none.
    """
    every = range(len(windows))
    found = [index for index in every if followed(moving_bodies(windows.batch([index])))]
    if not found:
        raise TrainingError(
            f"No window of {len(windows)} shows moving bodies in {LEAST_SHARE:.1%} of its first "
            "frame: there is nothing to follow. Make more clips with 'phys4d generate'."
        )
    return found


def displacements(truth: Batch) -> Float[Tensor, "B T-1 h w"]:
    """How far what a pixel shows moves in the world to the next frame [m]; NaN in the sky."""
    depth, (u, v, dz) = truth["depth"][:, 0], truth["motion"].unbind(1)
    height, width = depth.shape[2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    x, y = (each.to(depth) + 0.5 for each in (columns, rows))
    here = _in_world(truth, slice(None, -1), x, y, depth)
    there = _in_world(truth, slice(1, None), x + u, y + v, depth + dz)
    return (there - here).norm(dim=-1)


def _in_world(
    truth: Batch,
    poses: slice,
    x: Float[Tensor, "*T h w"],
    y: Float[Tensor, "*T h w"],
    z: Float[Tensor, "B T h w"],
) -> Float[Tensor, "B T-1 h w 3"]:
    """Of all frames but the last, as the cameras of `poses` have it."""
    pose = truth["world_from_camera"][:, poses]
    K = truth["K"][:, None].expand(-1, pose.shape[1], -1, -1)
    flat_x, flat_y, flat_z = (each.expand(z.shape)[:, :-1].flatten(2) for each in (x, y, z))
    return unproject(flat_x, flat_y, flat_z, K, pose).unflatten(2, z.shape[2:])


def _most(steps: Float[Tensor, "T h w"], shown: Bool[Tensor, "T h w"]) -> float:
    medians = [each[where].nanmedian() for each, where in zip(steps, shown, strict=True)]
    known = [each.item() for each in medians if torch.isfinite(each)]
    return max(known, default=0.0)
