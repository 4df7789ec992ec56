"""Predicted and true motion -> a loss per clip; and how much moving pixels count."""

import torch
from jaxtyping import Float
from torch.nn import functional

from .clip_mean import clip_mean, filled

Tensor = torch.Tensor
MOVING_PX = 0.5
"""Pixels that move less than this between frames count as still [px]."""
BEND = 5.0
"""Error at which the loss turns from square to linear, in units of the scale."""
MOST = 50.0
"""How much more than a still pixel a moving one may count when both kinds shall count alike."""


def motion_emphasis(
    motion: Float[Tensor, "B 3 T H W"], factor: float
) -> Float[Tensor, "B 1 T H W"]:
    """1 for still pixels and where motion is unknown, `factor` for moving ones.

    Without it the background, more than nine tenths of the pixels, decides the loss.
    """
    speed = torch.hypot(motion[:, :1], motion[:, 1:2])
    return torch.where(speed > MOVING_PX, factor, 1.0)  # NaN is not greater


def balance(motion: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B 1 T H W"]:
    """1 for still pixels; for moving ones what lets both kinds of a clip count alike (`MOST`)."""
    speed = torch.hypot(motion[:, :1], motion[:, 1:2])
    known, moving = (each.flatten(1).sum(1) for each in (torch.isfinite(speed), speed > MOVING_PX))
    factor = ((known - moving) / moving.clamp(min=1)).clamp(1.0, MOST)
    return torch.where(speed > MOVING_PX, factor.view(-1, 1, 1, 1, 1), 1.0)


def motion_loss(
    motion: Float[Tensor, "B 3 T H W"],
    truth: Float[Tensor, "B 3 T H W"],
    *,
    scale: Float[Tensor, " 3"],
) -> Float[Tensor, " B"]:
    """Huber loss of (motion - truth) / scale, moving and still pixels of a clip counting alike.

    Most pixels stand still, and what an absolute loss learns first is their median: no motion,
    from where it hardly finds away (measured: docs/training.md). A square one learns the mean.

    Args:
        motion: Predicted (u [px], v [px], dz [m]).
        truth: The same; NaN does not count (last frame; dz of sky; labels without dz).
        scale: What is a unit of each channel; that of the heads makes them weigh alike.
    """
    known, unit = torch.isfinite(truth), scale.view(3, 1, 1, 1)
    ours, theirs = (filled(each, known, 0.0) / unit for each in (motion, truth))
    error = functional.huber_loss(ours, theirs, reduction="none", delta=BEND)
    return clip_mean(error, known * balance(truth))
