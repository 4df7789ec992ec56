"""Consecutive frames -> where a new shot begins, and whether anything moves in one.

Everything is judged on pictures of 48 x 27 pixels. Hard cuts are found, dissolves are not.
"""

from collections import deque

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

SMALL = (48, 27)  # width, height [px]
BINS = 16  # of each channel's histogram
CUT_COLORS = 0.35
"""Share of pixels that change their histogram bin: pans keep the colours, cuts change them."""
CUT_CHANGE, CUT_JUMP = 0.06, 3.0
"""Mean change of a pixel [full range], and how many times that of the frames before."""
MEMORY = 8  # frames
STILL = 0.03
"""Where no pixel ever changes by more than this [full range], nothing moves."""

Small = Float32[np.ndarray, "27 48 3"]


def signature(rgb: UInt8[np.ndarray, "H W 3"]) -> Small:
    """The picture, small, in [0, 1]."""
    return cv2.resize(rgb, SMALL, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


class ShotWatch:
    """Looks at the signatures of a file's frames in order."""

    def __init__(self) -> None:
        self._last: Small | None = None
        self._first: Small | None = None
        self._changes: deque[float] = deque(maxlen=MEMORY)
        self.largest_change = 0.0
        """Of any pixel against the first frame of the shot [full range]."""

    @property
    def is_static(self) -> bool:
        """Has nothing moved since `begin`?"""
        return self.largest_change < STILL

    def begin(self, small: Small) -> None:
        """A shot starts with this frame."""
        self._first = self._last = small
        self._changes.clear()
        self.largest_change = 0.0

    def is_cut(self, small: Small) -> bool:
        """Does a new shot start here? If not, the frame belongs to the present one."""
        assert self._last is not None, "begin() comes first."
        assert self._first is not None, "begin() comes first."
        change = float(np.abs(small - self._last).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        jumps = change > CUT_CHANGE and change > CUT_JUMP * usual
        if jumps and _recolored(self._last, small) > CUT_COLORS:
            return True
        self._changes.append(change)
        self.largest_change = max(self.largest_change, float(np.abs(small - self._first).max()))
        self._last = small
        return False


def _recolored(first: Small, second: Small) -> float:
    """Half the distance between the histograms, mean of the channels [1]."""

    def histograms(small: Small) -> np.ndarray:
        bins = np.minimum((small * BINS).astype(int), BINS - 1).reshape(-1, 3)
        counts = [np.bincount(bins[:, channel], minlength=BINS) for channel in range(3)]
        return np.stack(counts) / len(bins)

    apart = np.abs(histograms(first) - histograms(second)).sum(1)
    return float(apart.mean() / 2)
