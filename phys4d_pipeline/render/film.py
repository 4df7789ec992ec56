"""A sharp picture, its depth and its motion -> the picture a lens and a shutter would have made.

Only pictures change, never ground truth.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from ..scene import CameraPath
from .lens import depth_of_field
from .shutter import motion_blur


def filmed(
    rgb: UInt8[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    flows: tuple[Float32[np.ndarray, "H W 2"], Float32[np.ndarray, "H W 2"]],
    path: CameraPath,
    focal_px: float,
    gap: int,
) -> UInt8[np.ndarray, "H W 3"]:
    """A picture of its own, through the camera's lens and shutter.

    Args:
        rgb: The sharp picture.
        depth: Camera z [m], +inf for sky.
        flows: To the frames `gap` later and earlier [px].
        path: Holds the lens and the shutter.
        focal_px: Focal length [px].
        gap: How many frames apart the flows reach.
    """
    blurred = rgb.copy()
    depth_of_field(
        blurred,
        depth,
        focal_px=focal_px,
        aperture=path.aperture,
        focus_distance=path.focus_distance,
    )
    motion_blur(blurred, depth, *flows, shutter=path.shutter / gap)
    return blurred
