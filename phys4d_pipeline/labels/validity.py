"""Flow there and flow back -> where they agree: neither hidden, nor out of frame, nor a mistake."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32

SHARE, FLOOR_PX2 = 0.01, 0.5
"""|f + b|^2 < SHARE (|f|^2 + |b|^2) + FLOOR (Sundaram, Brox and Keutzer 2010)."""


def agrees(
    flow: Float32[np.ndarray, "H W 2"], back: Float32[np.ndarray, "H W 2"]
) -> Bool[np.ndarray, "H W"]:
    """Where following `flow` and then `back` from there returns to the start.

    Args:
        flow: From this picture to another [px].
        back: From the other picture to this one [px].
    """
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    there_x, there_y = x + flow[..., 0], y + flow[..., 1]
    # NaN compares false: undefined flow lies outside.
    inside = (there_x >= 0) & (there_x <= width - 1) & (there_y >= 0) & (there_y <= height - 1)
    returned = cv2.remap(
        np.ascontiguousarray(back),
        np.where(inside, there_x, np.float32(0)),
        np.where(inside, there_y, np.float32(0)),
        cv2.INTER_LINEAR,
    )
    apart = ((flow + returned) ** 2).sum(-1)
    allowed = SHARE * ((flow**2).sum(-1) + (returned**2).sum(-1)) + FLOOR_PX2
    return inside & (apart < allowed)
