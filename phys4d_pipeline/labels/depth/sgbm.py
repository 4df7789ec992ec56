"""Semi-global matching (Hirschmueller 2008) on a second view that is rendered; metric, no weights.

Only for stored clips: a second camera is rendered beside the first from the stored states.
"""

import math
from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from ...errors import LabelError
from ..estimator import DepthEstimator, DepthLabel, Kind, refuse_weights
from ..footage import Footage, Rgb, Stereo

BLOCK = 5  # side of the window that is compared [px]
STEP = 16  # OpenCV's disparities: a multiple of this many, in 1/16 px
LEAST_PX = 1.0
"""Smaller disparities are not trusted: half a pixel would halve the distance."""
TEXTURE_WINDOW, LEAST_TEXTURE = 9, 0.25
"""Side of the window [px], and the horizontal contrast it needs [grey levels per px]: on bare
walls the matcher answers too, with anything (a bare studio: median error 22 %, with this 10 %)."""


class Sgbm:
    """OpenCV's semi-global block matcher, left against right and back."""

    name = "sgbm"
    version = "sgbm-1"
    kind = Kind.METRIC

    def depth(self, footage: Footage) -> Iterator[DepthLabel]:
        """NaN where the views disagree; valid where they also show some texture."""
        if footage.stereo is None:
            raise LabelError(
                f"{footage.name}: depth by sgbm needs a second view, which only stored clips have. "
                "Choose another --depth, for example depth_anything_v2, for videos."
            )
        stereo = footage.stereo()
        for left, right in zip(footage.frames(), stereo.frames(), strict=True):
            yield _label(left, right, stereo)


def _label(left: Rgb, right: Rgb, stereo: Stereo) -> DepthLabel:
    disparity = find_disparity(
        left, right, largest_px=stereo.focal_px * stereo.baseline_m / stereo.nearest_m
    )
    found = disparity >= LEAST_PX
    depth = np.full(disparity.shape, np.nan, np.float32)
    depth[found] = stereo.focal_px * stereo.baseline_m / disparity[found]
    return DepthLabel(depth=depth, valid=found & has_texture(left))


def find_disparity(left: Rgb, right: Rgb, *, largest_px: float) -> Float32[np.ndarray, "H W"]:
    """How much further left a pixel of `left` lies in `right` [px]; NaN where unknown."""
    number = STEP * max(1, math.ceil(largest_px / STEP))
    matcher = cv2.StereoSGBM.create(
        minDisparity=0,
        numDisparities=number,
        blockSize=BLOCK,
        P1=8 * 3 * BLOCK**2,
        P2=32 * 3 * BLOCK**2,
        disp12MaxDiff=1,
        uniquenessRatio=10,
        speckleWindowSize=100,
        speckleRange=2,
    )
    # OpenCV leaves out the first `number` columns, even where the match lies inside.
    wide = [
        cv2.copyMakeBorder(each, 0, 0, number, 0, cv2.BORDER_REPLICATE) for each in (left, right)
    ]
    found = matcher.compute(*wide)[:, number:].astype(np.float32) / STEP
    inside = found <= np.arange(found.shape[1], dtype=np.float32)
    return np.where((found >= 0) & inside, found, np.float32(np.nan))


def has_texture(picture: Rgb) -> Bool[np.ndarray, "H W"]:
    """Where the surroundings differ enough from left to right to be found again."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    slope = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    energy = cv2.blur(slope * slope, (TEXTURE_WINDOW, TEXTURE_WINDOW))
    return np.asarray(energy >= LEAST_TEXTURE**2, bool)


def load(weights: str) -> DepthEstimator:
    """Ready to use."""
    refuse_weights("sgbm", weights)
    return Sgbm()
