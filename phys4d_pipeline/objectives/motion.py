"""Predicted and true motion -> a loss per clip; and how much moving pixels count."""

import torch
from jaxtyping import Float

from .clip_mean import clip_mean, filled

Tensor = torch.Tensor
MOVING_PX = 0.5
"""Pixels that move less than this between frames count as still [px]."""


def motion_emphasis(
    motion: Float[Tensor, "B 3 T H W"], factor: float
) -> Float[Tensor, "B 1 T H W"]:
    """1 for still pixels and where motion is unknown, `factor` for moving ones.

    Without it the background, more than nine tenths of the pixels, decides the loss.
    """
    speed = torch.hypot(motion[:, :1], motion[:, 1:2])
    return torch.where(speed > MOVING_PX, factor, 1.0)  # NaN is not greater


def motion_loss(
    motion: Float[Tensor, "B 3 T H W"],
    truth: Float[Tensor, "B 3 T H W"],
    emphasis: Float[Tensor, "B 1 T H W"],
    *,
    scale: Float[Tensor, " 3"],
) -> Float[Tensor, " B"]:
    """Mean |motion - truth| / scale over the channels and pixels where the truth is known.

    Args:
        motion: Predicted (u [px], v [px], dz [m]).
        truth: The same; NaN does not count (last frame; dz of sky; labels without dz).
        emphasis: How much each pixel counts.
        scale: What is a unit of each channel; that of the heads makes them weigh alike.
    """
    known = torch.isfinite(truth)
    error = (filled(motion, known, 0.0) - filled(truth, known, 0.0)).abs()
    return clip_mean(error / scale.view(3, 1, 1, 1), known * emphasis)
