"""GroundTruth: one rendered frame with every exact layer (conventions: docs/conventions.md)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

VISIBLE, HIDDEN, OUT_OF_FRAME, UNDEFINED = 0, 1, 2, 255


@dataclass(frozen=True, kw_only=True, eq=False)
class GroundTruth:
    """What one camera sees at one frame."""

    frame: int
    rgb: UInt8[np.ndarray, "H W 3"]
    """sRGB."""
    depth: Float32[np.ndarray, "H W"]
    """Distance along the camera's +z axis [m]; +inf where no surface is hit."""
    flow_forward: Float32[np.ndarray, "H W 2"]
    """(dx, dy) to frame + 1 of the point seen [px]; all NaN in the last frame; NaN where the
    point passes behind the camera."""
    flow_forward_dz: Float32[np.ndarray, "H W"]
    """Camera z of the same point at frame + 1 minus here [m]; NaN for sky and in the last frame."""
    flow_backward: Float32[np.ndarray, "H W 2"]
    """(dx, dy) to frame - 1 [px]; all NaN in the first frame."""
    occluded_forward: UInt8[np.ndarray, "H W"]
    """0 visible at frame + 1, 1 hidden, 2 out of frame; 255 throughout the last frame."""
    occluded_backward: UInt8[np.ndarray, "H W"]
    """The same towards frame - 1; 255 throughout the first frame."""
    segmentation: UInt16[np.ndarray, "H W"]
    """Body id; 0 is ground and sky."""
    normals: Float32[np.ndarray, "H W 3"]
    """Unit vectors, camera frame; (0, 0, 0) for sky."""
    temperature: Float32[np.ndarray, "H W"] | None = None
    """Of the surface point seen [K]; NaN where nothing with a known temperature is seen. None
    where the scene's states hold no temperatures."""
