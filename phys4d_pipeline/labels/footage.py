"""A stored clip's camera, or an ingested video -> Footage: what estimators look at, streamed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

Rgb = UInt8[np.ndarray, "H W 3"]


@dataclass(frozen=True, kw_only=True)
class Stereo:
    """A second view, shifted along the first camera's +x axis and looking the same way."""

    baseline_m: float
    focal_px: float
    nearest_m: float
    """Nothing nearer is looked for."""
    frames: Callable[[], Iterator[Rgb]]
    """From the first frame on."""


@dataclass(frozen=True, kw_only=True)
class Footage:
    """Frames of one camera; nothing is decoded before `frames` is called."""

    name: str
    """For messages: clip id and camera."""
    num_frames: int
    fps: int
    width: int
    height: int
    frames: Callable[[], Iterator[Rgb]]
    """From the first frame on, each time it is called; sRGB."""
    stereo: Callable[[], Stereo] | None = None
    """Only scenes that can be rendered again have one."""
