"""Ground-truth layers -> colours a person can read (uint8 sRGB, pixel by pixel).

Every scale is fixed for a whole clip: a colour means the same value in every frame.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, Float64, UInt8, UInt16

from ..jit import exact
from ..render.ground_truth import HIDDEN, OUT_OF_FRAME, UNDEFINED, VISIBLE

BLACK = (0, 0, 0)
"""Undefined, in every layer."""
SKY = (178, 196, 214)
"""No surface, in depth and normals; no depth colour comes near it."""
BACKGROUND = (58, 60, 66)
"""Segmentation id 0, and no temperature."""
OCCLUSION = {
    VISIBLE: (58, 60, 66),
    HIDDEN: (255, 140, 40),
    OUT_OF_FRAME: (64, 150, 255),
    UNDEFINED: BLACK,
}


@dataclass(frozen=True, kw_only=True)
class DepthScale:
    """The depths at both ends of the colour map; inverse depth runs evenly between them."""

    near: float
    """Brightest colour [m]."""
    far: float
    """Darkest colour [m]."""

    def depth_at(self, position: float) -> float:
        """The depth [m] shown at a place of the colour map."""
        return 1 / (1 / self.far + position * (1 / self.near - 1 / self.far))


def depth_scale(depth: Float[np.ndarray, "*S"]) -> DepthScale:
    """A scale that spends the colour map on what a sample of frames shows.

    One percent at each end may saturate: a floor that runs to the horizon would otherwise take
    the colours from everything near.
    """
    finite = depth[np.isfinite(depth)]
    if not finite.size:
        return DepthScale(near=1.0, far=100.0)
    near, far = np.percentile(finite, (1.0, 99.0))
    # A flat wall has no range of its own: a tenth more keeps the division away from 0 / 0.
    return DepthScale(near=float(near), far=float(max(far, 1.1 * near)))


def depth_colors(depth: Float[np.ndarray, "*S"], scale: DepthScale) -> UInt8[np.ndarray, "*S 3"]:
    """Near bright, far dark; sky in a colour of its own, NaN black."""
    distances = np.ascontiguousarray(depth, np.float32).reshape(-1)
    colors = np.empty((distances.size, 3), np.uint8)
    far = 1 / scale.far
    _paint_depth(distances, far, 1 / scale.near - far, depth_map(), np.array(SKY), colors)
    return colors.reshape(*depth.shape, 3)


@exact
def _paint_depth(depth, far, span, table, sky, colors):
    """(N,) f32 [m] -> (N, 3) u8; `far` and `span` are inverse depths [1/m]."""
    for i in range(len(depth)):
        if depth[i] == np.inf:
            colors[i] = sky
        elif np.isnan(depth[i]):
            colors[i] = 0
        else:
            position = min(max((1 / np.float64(depth[i]) - far) / span, 0.0), 1.0)
            colors[i] = table[np.int64(np.rint(position * 255))]


@cache
def depth_map() -> UInt8[np.ndarray, "256 3"]:
    """Inferno, a perceptually even map, without its black end, which stands for undefined."""
    levels = np.linspace(40, 250, 256).round().astype(np.uint8)[:, None]
    table = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    return np.ascontiguousarray(table, np.uint8)


@dataclass(frozen=True, kw_only=True)
class HeatScale:
    """The temperatures at both ends of the colour map, even between them."""

    cold: float
    """Darkest colour [K]."""
    hot: float
    """Brightest colour [K]."""

    def kelvin_at(self, position: float) -> float:
        """The temperature [K] shown at a place of the colour map, 0 to 1."""
        return self.cold + position * (self.hot - self.cold)


def heat_scale(kelvin: Float[np.ndarray, "*S"]) -> HeatScale:
    """A scale over what a sample of frames shows; half a percent at each end may saturate."""
    known = kelvin[np.isfinite(kelvin)]
    if not known.size:
        return HeatScale(cold=273.15, hot=373.15)
    cold, hot = np.percentile(known, (0.5, 99.5))
    # Bodies of one temperature: ten kelvin around it, or noise of the codec would be colourful.
    spare = max(0.0, 10.0 - (hot - cold)) / 2
    return HeatScale(cold=float(cold - spare), hot=float(hot + spare))


def heat_colors(kelvin: Float[np.ndarray, "*S"], scale: HeatScale) -> UInt8[np.ndarray, "*S 3"]:
    """Cold dark blue, hot bright yellow; what has no temperature in the background's colour."""
    position = (np.asarray(kelvin, np.float64) - scale.cold) / (scale.hot - scale.cold)
    index = np.rint(np.clip(np.nan_to_num(position), 0.0, 1.0) * 255).astype(np.uint8)
    colors = heat_map()[index]
    colors[np.isnan(kelvin)] = BACKGROUND
    return colors


@cache
def heat_map() -> UInt8[np.ndarray, "256 3"]:
    """Plasma, a perceptually even map from blue over red to yellow."""
    levels = np.arange(256, dtype=np.uint8)[:, None]
    table = cv2.applyColorMap(levels, cv2.COLORMAP_PLASMA)[:, 0, ::-1]
    return np.ascontiguousarray(table, np.uint8)


@cache
def flow_wheel() -> Float64[np.ndarray, "55 3"]:
    """The 55 hues of Baker et al. 2011 (Middlebury `colorcode.cpp`), 0 to 1."""
    # Steps from one pure hue to the next, chosen there by perceptual similarity.
    hues = ((1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0))
    steps = (15, 6, 4, 11, 13, 6)
    parts = [
        np.linspace(start, end, count, endpoint=False)
        for start, end, count in zip(hues[:-1], hues[1:], steps, strict=True)
    ]
    return np.concatenate(parts).astype(np.float64)


def flow_maximum(flow: Float[np.ndarray, "*S 2"], ids: UInt16[np.ndarray, "*S"]) -> float:
    """The length [px] of a full colour, from a sample of frames (the first axis).

    It suits the fastest twentieth of the body sightings, each counted once by its median: neither a
    small fast ball nor a large slow background decides by its number of pixels.
    """
    length = np.hypot(flow[..., 0], flow[..., 1])
    lengths = [_percentile(length, 99.0)]
    for frame_length, frame_ids in zip(length, ids, strict=True):
        bodies = np.unique(frame_ids[frame_ids > 0])
        lengths += [_percentile(frame_length[frame_ids == body], 50.0) for body in bodies]
    return max(1.0, lengths[0], _percentile(np.array(lengths[1:]), 95.0))


def _percentile(values: np.ndarray, percent: float) -> float:
    """Of the defined values; 0 without any."""
    defined = values[np.isfinite(values)]
    return float(np.percentile(defined, percent)) if defined.size else 0.0


def flow_colors(flow: Float[np.ndarray, "*S 2"], maximum: float) -> UInt8[np.ndarray, "*S 3"]:
    """Hue is the direction, saturation the length; no motion white, longer than `maximum` dim.

    The wheel of Baker et al. 2011: right red, down yellow, left cyan-blue, up violet. NaN black.
    """
    vectors = np.ascontiguousarray(flow, np.float32).reshape(-1, 2)
    colors = np.empty((len(vectors), 3), np.uint8)
    _paint_flow(vectors, np.float32(maximum), flow_wheel().astype(np.float32), colors)
    return colors.reshape(*flow.shape[:-1], 3)


@exact
def _paint_flow(flow, maximum, wheel, colors):
    """(N, 2) f32 -> (N, 3) u8, as `computeColor` of Middlebury's colorcode.cpp."""
    one, steps = np.float32(1), len(wheel)
    for i in range(len(flow)):
        x, y = flow[i, 0] / maximum, flow[i, 1] / maximum
        length = np.hypot(x, y)
        if not np.isfinite(length):
            colors[i] = 0
            continue
        place = (np.arctan2(-y, -x) / np.float32(np.pi) + one) * np.float32(0.5 * (steps - 1))
        first = min(max(int(place), 0), steps - 1)
        share = place - np.float32(first)
        second = (first + 1) % steps
        for channel in range(3):
            hue = (one - share) * wheel[first, channel] + share * wheel[second, channel]
            color = one - length * (one - hue) if length <= one else np.float32(0.75) * hue
            colors[i, channel] = np.uint8(np.float32(255) * color)


def segmentation_colors(ids: UInt16[np.ndarray, "*S"]) -> UInt8[np.ndarray, "*S 3"]:
    """One colour per id, the same in every clip; id 0 dark grey."""
    return _palette()[ids]


@cache
def _palette() -> UInt8[np.ndarray, "65536 3"]:
    """Hue and lightness by multiples of the golden ratio and of the square root of 2.

    Both leave even gaps however many ids there are, and out of step with each other: the first 20
    differ by 54 levels or more (sum over the channels), which is well above what H.264 changes.
    """
    number = np.arange(65_536)
    hue = 2 * np.pi * (number * 0.6180339887498949 % 1.0)
    lightness = 0.5 + 0.4 * (number * 0.41421356237309515 % 1.0)
    colors = _srgb_from_oklch(lightness, 0.15, hue)
    colors[0] = BACKGROUND
    return colors


def _srgb_from_oklch(
    lightness: Float64[np.ndarray, " N"], chroma: float, hue: Float64[np.ndarray, " N"]
) -> UInt8[np.ndarray, "N 3"]:
    """OKLCH (B. Ottosson, "A perceptual color space for image processing", 2020) -> sRGB."""
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], -1)
    cone = lab @ np.array(
        [
            [1.0, 1.0, 1.0],
            [0.3963377774, -0.1055613458, -0.0894841775],
            [0.2158037573, -0.0638541728, -1.2914855480],
        ]
    )
    linear = cone**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * srgb).astype(np.uint8)


def normal_colors(normals: Float[np.ndarray, "*S 3"]) -> UInt8[np.ndarray, "*S 3"]:
    """Red to the right, green up, blue towards the camera; sky (0, 0, 0) in the sky's colour."""
    vectors = np.ascontiguousarray(normals, np.float32).reshape(-1, 3)
    colors = np.empty(vectors.shape, np.uint8)
    _paint_normals(vectors, np.array(SKY, np.uint8), colors)
    return colors.reshape(normals.shape)


@exact
def _paint_normals(normals, sky, colors):
    """(N, 3) f32 -> (N, 3) u8; camera y points down and z away."""
    half = np.float32(127.5)
    for i in range(len(normals)):
        x, y, z = normals[i, 0], -normals[i, 1], -normals[i, 2]
        if x == 0 and y == 0 and z == 0:
            colors[i] = sky
        elif np.isnan(x) or np.isnan(y) or np.isnan(z):
            colors[i] = 0
        else:
            colors[i, 0] = np.uint8(np.rint(half + half * x))
            colors[i, 1] = np.uint8(np.rint(half + half * y))
            colors[i, 2] = np.uint8(np.rint(half + half * z))


def occlusion_colors(codes: UInt8[np.ndarray, "*S"]) -> UInt8[np.ndarray, "*S 3"]:
    """Visible dark grey, hidden orange, out of frame blue, undefined black."""
    table = np.zeros((256, 3), np.uint8)
    for code, color in OCCLUSION.items():
        table[code] = color
    return table[codes]


def sample_nearest(layer: np.ndarray, height: int, width: int, *, axis: int = 0) -> np.ndarray:
    """Pick the pixel under each centre of a `height` x `width` raster; rows lie on `axis`.

    Ids, codes and depths at edges must never be averaged.
    """
    rows, columns = layer.shape[axis : axis + 2]
    row = ((np.arange(height) + 0.5) * rows / height).astype(np.intp)
    column = ((np.arange(width) + 0.5) * columns / width).astype(np.intp)
    return np.take(np.take(layer, row, axis), column, axis + 1)
