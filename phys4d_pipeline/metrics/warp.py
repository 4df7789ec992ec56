"""Depth and motion of a clip -> how far they contradict each other, and whether that says much.

Constant depth with zero motion contradicts nothing. So an error never comes alone: with it go the
share of pixels it was taken over, and how much moves compared with the truth.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float

from ..objectives.clip_mean import filled
from ..objectives.warp import safe_depth, warp_residual

Tensor = torch.Tensor
LEAST_COVERAGE = 0.05
"""Below this share of the pixels no error is given."""
LEAST_MOTION, MOST_MOTION = 0.2, 5.0
"""Predicted over true mean motion outside of these is flagged."""
STILL_PX = 0.01
"""True mean motion below this is a still clip, of which no ratio is taken [px]."""
BEHIND = 0.05
"""A point this far behind what is seen at its next place, relative to it, is hidden."""


@dataclass(frozen=True, kw_only=True)
class WarpScore:
    """The warp error of one clip."""

    error: float
    """Mean |residual| / depth over the mask; NaN if coverage is below `LEAST_COVERAGE`."""
    coverage: float
    """Share of the pixels (but those of the last frame) in the mask."""
    motion_ratio: float
    """Mean length of (u, v), predicted over true; NaN if the true clip stands still."""
    flags: tuple[str, ...]
    """Why not to trust the error; empty if nothing is wrong."""


def warp_score(
    depth: Float[Tensor, "1 T H W"],
    motion: Float[Tensor, "3 T H W"],
    mask: Bool[Tensor, "1 steps H W"],
    *,
    true_motion: Float[Tensor, "3 T H W"],
) -> WarpScore:
    """Measure one clip.

    Args:
        depth: [m], or up to scale: the error is relative.
        motion: (u [px], v [px], dz [depth's unit]) to the next frame; the last frame is not read.
        mask: Pixels asked about: `objectives.warp_mask` where there is truth per pixel,
            `seen_again` for generated clips.
        true_motion: What the amount of motion is compared with; NaN does not count.
    """
    usable = mask & torch.isfinite(motion).all(0, keepdim=True)[:, :-1]
    steps = filled(motion, torch.isfinite(motion), 0.0)
    residual, expected = warp_residual(depth[None], steps[None])
    relative = (residual.abs() / safe_depth(expected, depth[None]))[0]
    # A depth that is not finite contradicts everything: it must not shrink the mask unseen.
    broken = usable & ~torch.isfinite(relative)
    coverage = float(usable.double().mean())
    ratio = _motion_ratio(motion, true_motion)
    flags = []
    if coverage < LEAST_COVERAGE:
        flags.append(f"coverage {coverage:.3f} is below {LEAST_COVERAGE}: no error is given")
    if broken.any():
        flags.append(f"{int(broken.sum())} pixels have no finite residual: no error is given")
    if not math.isnan(ratio) and not LEAST_MOTION <= ratio <= MOST_MOTION:
        flags.append(
            f"motion is {ratio:.3g} of the true, outside {LEAST_MOTION} to {MOST_MOTION}: "
            "a low error may only say that nothing moves"
        )
    refused = coverage < LEAST_COVERAGE or bool(broken.any())
    error = math.nan if refused else float(relative[usable].double().mean())
    return WarpScore(error=error, coverage=coverage, motion_ratio=ratio, flags=tuple(flags))


def seen_again(
    depth: Float[Tensor, "1 T H W"], motion: Float[Tensor, "3 T H W"]
) -> Bool[Tensor, "1 T-1 H W"]:
    """Pixels that land in the picture and not behind something nearer, by the clip's own account.

    For clips without truth per pixel. What comes out nearer than expected counts as hidden, so
    errors of that kind leave the mask: read the coverage with the error.
    """
    steps = filled(motion, torch.isfinite(motion), 0.0)
    residual, expected = warp_residual(depth[None], steps[None])
    height, width = depth.shape[-2:]
    rows = torch.arange(height, device=depth.device)[:, None] + 0.5 + steps[1, :-1]
    columns = torch.arange(width, device=depth.device) + 0.5 + steps[0, :-1]
    inside = (rows >= 0.5) & (rows <= height - 0.5) & (columns >= 0.5) & (columns <= width - 0.5)
    visible = residual[0] > -BEHIND * expected[0]
    finite = torch.isfinite(depth)[:, :-1] & torch.isfinite(motion).all(0, keepdim=True)[:, :-1]
    return finite & visible & inside[None]


def _motion_ratio(motion: Float[Tensor, "3 T H W"], truth: Float[Tensor, "3 T H W"]) -> float:
    lengths = [
        torch.hypot(each[0, :-1], each[1, :-1]).double().nanmean() for each in (motion, truth)
    ]
    ours, theirs = (float(length) for length in lengths)
    return ours / theirs if theirs > STILL_PX else math.nan
