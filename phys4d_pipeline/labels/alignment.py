"""Affine depth or disparity and a reference -> one scale and one shift for a whole clip.

One pair per frame would hide flicker: a label whose scale jumps from frame to frame would look as
good as a steady one. So samples of all frames are fitted together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from ..errors import LabelError
from .estimator import Kind

SPACING = 8
"""Every so many pixels in x and y is one of the samples that are fitted."""
ROUNDS = 20
"""Of re-weighting; the fit stands still to 1e-6 well before."""
FARTHEST_M = 1000.0
"""Depths beyond what stored layers hold."""


@dataclass(frozen=True, kw_only=True)
class ScaleShift:
    """scale * label + shift is metric depth or disparity."""

    scale: float
    shift: float

    def depth(self, label: Float32[np.ndarray, "*N"], kind: Kind) -> Float32[np.ndarray, "*N"]:
        """Metres; disparities of 1/1000 and less become 1000 m."""
        aligned = self.scale * label + self.shift
        if kind is Kind.AFFINE_DISPARITY:
            aligned = 1 / np.maximum(aligned, 1 / FARTHEST_M)
        return np.asarray(aligned, np.float32)


IDENTITY = ScaleShift(scale=1.0, shift=0.0)


def fit(
    label: Float[np.ndarray, " N"], reference: Float[np.ndarray, " N"], *, robust: bool = True
) -> ScaleShift:
    """The scale and shift that bring `label` nearest to `reference`.

    Args:
        label: Affine values.
        reference: The same points, in the same space (depth or disparity).
        robust: Least absolute errors, by re-weighting; otherwise least squares.

    Raises:
        LabelError: Fewer than two points, or a label without any contrast.
    """
    label, reference = label.astype(np.float64), reference.astype(np.float64)
    if len(label) < 2 or np.ptp(label) == 0:
        raise LabelError(
            f"a scale and a shift cannot be fitted to {len(label)} points of equal value; "
            "the label has no contrast where the reference is known."
        )
    scale, shift = _weighted(label, reference, np.ones_like(label))
    for _ in range(ROUNDS if robust else 0):
        error = np.abs(scale * label + shift - reference)
        # The floor keeps one exact point from holding the line alone.
        weights = 1 / np.maximum(error, 1e-9 + 1e-3 * np.median(error))
        scale, shift = _weighted(label, reference, weights)
    return ScaleShift(scale=scale, shift=shift)


def fit_clip(
    frames: Iterable[
        tuple[Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"], Bool[np.ndarray, "H W"]]
    ],
    kind: Kind,
) -> ScaleShift:
    """One scale and shift for (label, true depth [m], usable) of all frames of a clip."""
    labels, references = [], []
    for frame in frames:
        label, depth, usable = (
            each[SPACING // 2 :: SPACING, SPACING // 2 :: SPACING] for each in frame
        )
        usable = usable & np.isfinite(label) & np.isfinite(depth) & (depth > 0)
        labels.append(label[usable])
        references.append(depth[usable])
    reference = np.concatenate(references)
    if kind is Kind.AFFINE_DISPARITY:
        reference = 1 / reference
    return fit(np.concatenate(labels), reference)


def _weighted(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Weighted least squares of y = scale * x + shift."""
    total = weights.sum()
    mean_x, mean_y = (weights * x).sum() / total, (weights * y).sum() / total
    spread = (weights * (x - mean_x) ** 2).sum()
    scale = (weights * (x - mean_x) * (y - mean_y)).sum() / spread
    return float(scale), float(mean_y - scale * mean_x)
