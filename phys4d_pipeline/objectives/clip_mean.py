"""Values and weights of pixels -> one number per clip."""

import torch
from jaxtyping import Bool, Float

Tensor = torch.Tensor


def clip_mean(values: Float[Tensor, "B C *T"], weight: Tensor) -> Float[Tensor, " B"]:
    """Weighted mean of each clip; 0, without gradient, where a clip has no weight at all.

    What has weight 0 must still be finite: 0 times NaN is NaN, in gradients too (`filled`).
    """
    weight = weight.to(values.dtype).expand_as(values).flatten(1)
    total = weight.sum(1)
    summed = (values.flatten(1) * weight).sum(1)
    return summed / torch.where(total > 0, total, torch.ones_like(total))


def filled(
    values: Float[Tensor, "*T"], known: Bool[Tensor, "*T"], by: float
) -> Float[Tensor, "*T"]:
    """The values where known; a harmless number elsewhere, through which no gradient flows."""
    return torch.where(known, values, torch.full_like(values, by))
