"""The table of layers: name -> what is stored, in which unit, by which codec.

The low tier of a layer keeps pixel (4i + 2, 4j + 2) of the picture; flow there is in pixels of
the tier. `Camera.low(LOW_FACTOR)` is the camera that matches it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import StoreError
from ..render.ground_truth import GroundTruth
from .codecs import BITS, DEPTH, DZ, FLOW, KELVIN, NORMALS, UINT8, UINT16, Codec, Shape

PROFILES = ("default", "lossless")
LOW_FACTOR = 4
LOW = "low/"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One exact layer of a frame."""

    name: str
    unit: str
    dtype: str
    convention: str
    codec: Codec
    take: Callable[[GroundTruth], np.ndarray | None]
    """The layer's array of a rendered frame; None if the scene does not have it."""
    before: Shape = ()
    """Axes before (H, W)."""
    after: Shape = ()
    """Axes after (H, W)."""
    optional: bool = False
    """Do only some clips hold it?"""
    has_low: bool = False
    """Is there a quarter-size tier of it?"""
    low_scale: float = 1.0
    """Values of the low tier per value of the full picture."""

    def shape(self, height: int, width: int) -> Shape:
        """Shape of one frame."""
        return (*self.before, height, width, *self.after)

    def codec_of(self, profile: str) -> Codec:
        """The codec that a profile stores this layer with."""
        if profile not in PROFILES:
            raise StoreError(f"Unknown profile {profile!r}. Use one of {', '.join(PROFILES)}.")
        return BITS if profile == "lossless" and self.dtype == "float32" else self.codec

    def low(self, array: np.ndarray) -> np.ndarray:
        """The quarter-size tier of one frame."""
        height, width = array.shape[0] // LOW_FACTOR, array.shape[1] // LOW_FACTOR
        start = LOW_FACTOR // 2
        kept = array[start::LOW_FACTOR, start::LOW_FACTOR][:height, :width]
        return kept * np.float32(self.low_scale) if self.low_scale != 1.0 else kept


_FLOW = (
    "(dx, dy), right and down, of the surface point seen at the pixel centre: its position in "
    "frame {} minus its position here; sky moves like a point at infinity; NaN where undefined"
)
LAYERS = {
    layer.name: layer
    for layer in (
        Layer(
            name="depth",
            unit="m",
            dtype="float32",
            convention="distance along camera +z at the pixel centre; +inf = sky",
            codec=DEPTH,
            take=lambda frame: frame.depth,
            has_low=True,
        ),
        Layer(
            name="flow_forward",
            unit="px",
            dtype="float32",
            convention=_FLOW.format("t + 1"),
            codec=FLOW,
            take=lambda frame: frame.flow_forward,
            after=(2,),
            has_low=True,
            low_scale=1 / LOW_FACTOR,
        ),
        Layer(
            name="flow_backward",
            unit="px",
            dtype="float32",
            convention=_FLOW.format("t - 1"),
            codec=FLOW,
            take=lambda frame: frame.flow_backward,
            after=(2,),
            has_low=True,
            low_scale=1 / LOW_FACTOR,
        ),
        Layer(
            name="flow_forward_dz",
            unit="m",
            dtype="float32",
            convention="camera z of the same surface point in frame t + 1 minus here; NaN = sky",
            codec=DZ,
            take=lambda frame: frame.flow_forward_dz,
        ),
        Layer(
            name="occlusion",
            unit="1",
            dtype="uint8",
            convention="[forward, backward]: the point is 0 visible, 1 hidden, 2 out of frame in "
            "frame t + 1, t - 1; 255 undefined",
            codec=UINT8,
            take=lambda frame: np.stack([frame.occluded_forward, frame.occluded_backward]),
            before=(2,),
        ),
        Layer(
            name="segmentation",
            unit="1",
            dtype="uint16",
            convention="body id = place in SceneSpec.bodies + 1; 0 = ground and sky",
            codec=UINT16,
            take=lambda frame: frame.segmentation,
            has_low=True,
        ),
        Layer(
            name="normals",
            unit="1",
            dtype="float32",
            convention="unit vectors in OpenCV camera axes; (0, 0, 0) = sky",
            codec=NORMALS,
            take=lambda frame: frame.normals,
            after=(3,),
        ),
        Layer(
            name="temperature",
            unit="K",
            dtype="float32",
            convention="of the surface point seen at the pixel centre; NaN = nothing seen there "
            "has a known temperature",
            codec=KELVIN,
            take=lambda frame: frame.temperature,
            optional=True,
            has_low=True,
        ),
    )
}


def layer_keys() -> list[str]:
    """Every layer a clip may hold: its name, and `low/<name>` for the quarter-size tier."""
    return [*LAYERS, *(LOW + layer.name for layer in LAYERS.values() if layer.has_low)]


def layer_of(key: str) -> Layer:
    """The layer that a key of `layer_keys` names."""
    return LAYERS[key.removeprefix(LOW)]
