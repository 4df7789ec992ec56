"""Predicted and true depth of frames -> AbsRel and delta1, pooled over pixels.

Sums of frames add up, so that a clip or a category is measured without holding its frames.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

DELTA1 = 1.25
"""Eigen et al. 2014: a depth is right within this factor."""


@dataclass(frozen=True, kw_only=True)
class DepthSums:
    """Errors of any number of pixels; `+` pools them."""

    pixels: int = 0
    relative: float = 0.0
    """Sum of |predicted - true| / true."""
    inliers: int = 0
    """Pixels with max(predicted / true, true / predicted) < 1.25."""

    def __add__(self, other: "DepthSums") -> "DepthSums":
        return DepthSums(
            pixels=self.pixels + other.pixels,
            relative=self.relative + other.relative,
            inliers=self.inliers + other.inliers,
        )

    @property
    def abs_rel(self) -> float:
        """Mean relative error [1] (Eigen et al. 2014); NaN without pixels."""
        return self.relative / self.pixels if self.pixels else float("nan")

    @property
    def delta1(self) -> float:
        """Share of pixels within a factor of 1.25 [1] (Eigen et al. 2014); NaN without pixels."""
        return self.inliers / self.pixels if self.pixels else float("nan")


def depth_sums(
    predicted: Float[np.ndarray, "*N"],
    truth: Float[np.ndarray, "*N"],
    mask: Bool[np.ndarray, "*N"],
) -> DepthSums:
    """Errors where `mask` holds and both depths are finite and positive [m].

    Affine predictions are brought to metres first: `labels.alignment.ScaleShift.depth`.
    """
    usable = mask & np.isfinite(truth) & np.isfinite(predicted) & (truth > 0) & (predicted > 0)
    found, true = predicted[usable].astype(np.float64), truth[usable].astype(np.float64)
    ratio = np.maximum(found / true, true / found)
    return DepthSums(
        pixels=len(true),
        relative=float((np.abs(found - true) / true).sum()),
        inliers=int((ratio < DELTA1).sum()),
    )
