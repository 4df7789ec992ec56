"""A stored clip -> small coloured pictures of its layers, frame by frame, on one scale per clip."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from ..store.reader import Clip, LayerFrames
from . import colors

LAYERS = ("rgb", "depth", "flow", "segmentation", "normals", "occlusion")
"""Of every clip, in the order of the sheet: three to a row."""
HEAT = "temperature"
"""After them, where a clip has it."""
WINDOW = 16
"""Frames read at a time: one group of pictures of the stored video, two Parquet row groups."""

SAMPLES = 6
"""Frames that decide the scales of a clip."""


@dataclass(frozen=True, kw_only=True)
class Scales:
    """What the colours of one clip mean."""

    depth: colors.DepthScale
    flow: float
    """Length of a fully saturated colour [px of the stored picture]."""
    heat: colors.HeatScale | None
    """None without temperatures."""


# Name of the panel -> the stored layer, and how its values become colours.
_PAINT: dict[str, tuple[str, Callable[[np.ndarray, Scales], np.ndarray]]] = {
    "depth": ("depth", lambda layer, scales: colors.depth_colors(layer, scales.depth)),
    "flow": ("flow_forward", lambda layer, scales: colors.flow_colors(layer, scales.flow)),
    "segmentation": ("segmentation", lambda layer, _: colors.segmentation_colors(layer)),
    "normals": ("normals", lambda layer, _: colors.normal_colors(layer)),
    "occlusion": ("occluded_forward", lambda layer, _: colors.occlusion_colors(layer)),
    HEAT: ("temperature", lambda layer, scales: colors.heat_colors(layer, _known(scales.heat))),
}


def _known(scale: colors.HeatScale | None) -> colors.HeatScale:
    assert scale is not None, "layers_of names this panel only where there are temperatures"
    return scale


def layers_of(clip: Clip) -> tuple[str, ...]:
    """The panels of a clip, in the order of the sheet."""
    return (*LAYERS, HEAT) if HEAT in clip.layer_keys else LAYERS


def clip_scales(clip: Clip, frames: Sequence[int] | None = None) -> Scales:
    """Scales from a few frames, by default spread over the clip (panel-sized: a fair sample)."""
    if frames is None:
        last_moving = max(len(clip) - 2, 0)  # the last frame's forward flow is undefined
        frames = sorted({round(at) for at in np.linspace(0, last_moving, SAMPLES)})
    size = panel_size(clip)

    def sampled(layer: LayerFrames) -> np.ndarray:
        return np.stack([colors.sample_nearest(layer[frame], *size) for frame in frames])

    return Scales(
        depth=colors.depth_scale(sampled(clip.depth)),
        flow=colors.flow_maximum(sampled(clip.flow_forward), sampled(clip.segmentation)),
        heat=colors.heat_scale(sampled(clip.temperature)) if HEAT in clip.layer_keys else None,
    )


def panel_size(clip: Clip, *, width: int = 640, height: int = 360) -> tuple[int, int]:
    """(height, width) of the clip fitted into a box, even as H.264 4:2:0 demands [px]."""
    full_height, full_width = clip.manifest.height, clip.manifest.width
    scale = min(1.0, width / full_width, height / full_height)
    return (
        max(2, 2 * round(full_height * scale / 2)),
        max(2, 2 * round(full_width * scale / 2)),
    )


def windows(num_frames: int, size: int = WINDOW) -> Iterator[tuple[int, int]]:
    """(start, stop) of successive windows over a clip."""
    for start in range(0, num_frames, size):
        yield start, min(start + size, num_frames)


def clip_panels(
    clip: Clip,
    scales: Scales,
    start: int,
    stop: int,
    *,
    layers: Sequence[str],
    size: tuple[int, int] | None = None,
) -> UInt8[np.ndarray, "N L h w 3"]:
    """The chosen layers of frames `start` to `stop`, at (height, width) or else at panel size."""
    chosen = size or panel_size(clip)

    def draw(name: str) -> UInt8[np.ndarray, "N h w 3"]:
        return _layer(clip, scales, name, range(start, stop), chosen)

    # Threads: decoding, sampling and colouring all let go of the interpreter's lock.
    with ThreadPoolExecutor(len(layers)) as threads:
        return np.stack(list(threads.map(draw, layers)), 1)


def _layer(
    clip: Clip, scales: Scales, name: str, frames: range, size: tuple[int, int]
) -> UInt8[np.ndarray, "N h w 3"]:
    """One layer as colours; sampled before it is coloured, which is nine times less work."""
    if name == "rgb":
        return shrink(clip.rgb[frames.start : frames.stop], size)
    attribute, paint = _PAINT[name]
    layer = getattr(clip, attribute)
    # One full-size frame at a time: 16 of normals would be 400 MB.
    return paint(np.stack([colors.sample_nearest(layer[at], *size) for at in frames]), scales)


def shrink(
    rgb: UInt8[np.ndarray, "N H W 3"], size: tuple[int, int]
) -> UInt8[np.ndarray, "N h w 3"]:
    """Pictures averaged down to (height, width), as the eye does from a distance."""
    if rgb.shape[1:3] == size:
        return rgb
    small = [cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA) for frame in rgb]
    return np.stack(small).astype(np.uint8)
