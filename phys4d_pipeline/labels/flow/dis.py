"""Dense inverse search (Kroeger et al. 2016) by OpenCV; no weights."""

from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32

from ..estimator import FlowEstimator, refuse_weights
from ..footage import Rgb

FINEST_UP_TO = 256
"""Pictures whose shorter side is at most this [px] are searched down to single pixels."""


class Dis:
    """OpenCV's preset MEDIUM."""

    name = "dis"
    version = "dis-1"

    def flow(self, first: Rgb, second: Rgb) -> Float32[np.ndarray, "H W 2"]:
        """(dx, dy) [px]."""
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        if min(first.shape[:2]) <= FINEST_UP_TO:
            search.setFinestScale(0)
        here, there = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (first, second))
        unused: Any = None  # OpenCV makes the array; its annotation does not know that
        return np.asarray(search.calc(here, there, unused), np.float32)


def load(weights: str) -> FlowEstimator:
    """Ready to use."""
    refuse_weights("dis", weights)
    return Dis()
