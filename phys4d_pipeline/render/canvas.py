"""One frame while it is drawn: what the camera sees, and the arrays it is drawn on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt32

from .frame import Layers
from .geometry import Geometry, View
from .glass import Behind

NOTHING_BEHIND = Behind(
    rgb=np.empty((0, 0, 0, 3), np.uint8),
    depth=np.empty((0, 0, 0), np.float32),
    exit=np.empty((0, 0, 0), np.float32),
    picture=np.empty(0, np.uint8),
)


@dataclass(kw_only=True, eq=False)
class Canvas:
    """The arrays of one frame, and which tiles of them are not the still layer's."""

    layers: Layers
    drawn: UInt8[np.ndarray, "R C"]
    """Tiles whose layers were drawn for this frame."""
    coded: UInt8[np.ndarray, "R C"]
    """Tiles whose occlusion codes were computed for this frame."""
    occupied: UInt8[np.ndarray, "R C"]
    """Tiles that show a body."""
    face: UInt32[np.ndarray, "R C"]
    """Face, as in visibility keys, that a tile shows and nothing else; or 0"""
    near: UInt8[np.ndarray, "R C"]
    """Tiles with a pixel on or beside a body."""
    temperature: Any
    """(H, W) f32, as in GroundTruth, on the CPU or on a GPU; None where no body has one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """Everything at one frame as the camera sees it."""

    frame: int
    view: View
    geometry: Geometry


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """One frame on its canvas."""

    seen: Seen
    canvas: Canvas

    @property
    def frame(self) -> int:
        """Its number."""
        return self.seen.frame
