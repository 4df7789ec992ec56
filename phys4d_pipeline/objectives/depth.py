"""Predicted and true depth -> a loss per clip: metric, or up to the scale that labels lack."""

import torch
from jaxtyping import Bool, Float

from .clip_mean import clip_mean, filled

Tensor = torch.Tensor
SILOG_VARIANCE_FOCUS = 0.85
"""Lambda of Eigen et al. 2014, eq. 4; 0.85 as in BTS (Lee et al. 2019), section 3.5."""


def measurable(depth: Float[Tensor, "*T"]) -> Bool[Tensor, "*T"]:
    """Where there is a depth: neither sky (+inf) nor unknown (NaN)."""
    return torch.isfinite(depth) & (depth > 0)


def log_depth_loss(
    depth: Float[Tensor, "B 1 T H W"],
    truth: Float[Tensor, "B 1 T H W"],
    emphasis: Float[Tensor, "B 1 T H W"],
) -> Float[Tensor, " B"]:
    """Mean |log depth - log truth| where the truth is a depth.

    Args:
        depth: Predicted, > 0 [m].
        truth: [m]; +inf for sky and NaN do not count.
        emphasis: How much each pixel counts (`motion_emphasis`).
    """
    known = measurable(truth)
    error = filled(depth, known, 1.0).log() - filled(truth, known, 1.0).log()
    return clip_mean(error.abs(), known * emphasis)


def silog_loss(
    depth: Float[Tensor, "B 1 T H W"],
    truth: Float[Tensor, "B 1 T H W"],
    emphasis: Float[Tensor, "B 1 T H W"],
) -> Float[Tensor, " B"]:
    """Scale-invariant log error of Eigen et al. 2014, eq. 4, over all frames of a clip together.

    A factor common to the clip costs only 1 - lambda of its square; one that changes from frame
    to frame (flicker) costs in full. Arguments as in `log_depth_loss`.
    """
    known = measurable(truth)
    error = filled(depth, known, 1.0).log() - filled(truth, known, 1.0).log()
    weight = known * emphasis
    mean = clip_mean(error, weight)
    return clip_mean(error.square(), weight) - SILOG_VARIANCE_FOCUS * mean.square()


def metric_depth_loss(
    depth: Float[Tensor, "B 1 T H W"],
    truth: Float[Tensor, "B 1 T H W"],
    emphasis: Float[Tensor, "B 1 T H W"],
    *,
    metric: float,
) -> Float[Tensor, " B"]:
    """`silog_loss` plus `metric` times `log_depth_loss`.

    How far away a scene is, its picture hardly tells: asked for in full, that is learnt by heart
    (measured: docs/training.md).
    """
    absolute = log_depth_loss(depth, truth, emphasis)
    return silog_loss(depth, truth, emphasis) + metric * absolute


def scale_shift_loss(
    prediction: Float[Tensor, "B 1 T H W"],
    label: Float[Tensor, "B 1 T H W"],
    emphasis: Float[Tensor, "B 1 T H W"],
) -> Float[Tensor, " B"]:
    """Mean difference after taking median and mean deviation out of both.

    Ranftl et al. 2020 (MiDaS), eq. 5 to 7, without trimming and with ONE shift and scale for all
    frames of a clip: one per frame would make flicker free.

    Args:
        prediction: In the space of the label: depth for affine depth, 1 / depth for disparity.
        label: Known up to a scale > 0 and a shift; what is not finite does not count.
        emphasis: How much each pixel counts.
    """
    known = torch.isfinite(label)
    ours = _standardised(filled(prediction, known, 0.0), known)
    theirs = _standardised(filled(label, known, 0.0), known)
    return clip_mean((ours - theirs).abs(), known * emphasis)


def _standardised(
    values: Float[Tensor, "B 1 T H W"], known: Bool[Tensor, "B 1 T H W"]
) -> Float[Tensor, "B 1 T H W"]:
    clips = []
    for clip, mask in zip(values, known, strict=True):
        if not mask.any():
            clips.append(clip * 0)
            continue
        centred = clip - clip[mask].median()
        spread = centred[mask].abs().mean()
        # Constant predictions have no spread; they then cost the mean deviation of the label, 1.
        clips.append(centred / (spread + 1e-6 * clip[mask].detach().abs().mean() + 1e-12))
    return torch.stack(clips)
