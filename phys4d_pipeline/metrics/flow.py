"""Predicted and true flow of frames -> endpoint error and F1-all, pooled over pixels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

OUTLIER_PX, OUTLIER_SHARE = 3.0, 0.05
"""KITTI 2015 (Menze and Geiger): an outlier errs by more than both, share of the true flow."""


@dataclass(frozen=True, kw_only=True)
class FlowSums:
    """Errors of any number of pixels; `+` pools them."""

    pixels: int = 0
    distance: float = 0.0
    """Sum of endpoint errors [px]."""
    outliers: int = 0

    def __add__(self, other: "FlowSums") -> "FlowSums":
        return FlowSums(
            pixels=self.pixels + other.pixels,
            distance=self.distance + other.distance,
            outliers=self.outliers + other.outliers,
        )

    @property
    def epe(self) -> float:
        """Mean endpoint error [px]; NaN without pixels."""
        return self.distance / self.pixels if self.pixels else float("nan")

    @property
    def f1_all(self) -> float:
        """Share of outliers [1] (KITTI 2015); NaN without pixels."""
        return self.outliers / self.pixels if self.pixels else float("nan")


def flow_sums(
    predicted: Float[np.ndarray, "*N 2"],
    truth: Float[np.ndarray, "*N 2"],
    mask: Bool[np.ndarray, "*N"],
) -> FlowSums:
    """Errors where `mask` holds and both flows are defined [px]."""
    usable = mask & np.isfinite(truth).all(-1) & np.isfinite(predicted).all(-1)
    found, true = predicted[usable].astype(np.float64), truth[usable].astype(np.float64)
    error = np.linalg.norm(found - true, axis=-1)
    allowed = np.maximum(OUTLIER_PX, OUTLIER_SHARE * np.linalg.norm(true, axis=-1))
    return FlowSums(
        pixels=len(true), distance=float(error.sum()), outliers=int((error > allowed).sum())
    )
