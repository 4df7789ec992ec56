"""Layer arrays of one frame -> compressed bytes, and back; what each loses is stated and tested.

Every blob is one zstd frame (level 1, with checksum). docs/format.md decodes each in numpy.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import zstandard

from ..errors import ClipFormatError, StoreError
from . import planes as kernels

LEVEL = 1
_local = threading.local()
Shape = tuple[int, ...]


@runtime_checkable
class Codec(Protocol):
    """One frame of a layer -> bytes -> the same array within `max_error`."""

    @property
    def name(self) -> str:
        """What `codec` in a layer file says."""
        ...

    @property
    def max_error(self) -> str:
        """The largest difference between an array and its decoded bytes, in words."""
        ...

    def encode(self, array: np.ndarray) -> bytes:
        """Compress; a value that cannot be represented raises StoreError."""
        ...

    def decode(self, data: bytes | memoryview, shape: Shape) -> np.ndarray:
        """The array, or ClipFormatError when the bytes are not whole."""
        ...


@dataclass(frozen=True, kw_only=True)
class RawCodec:
    """Integers as they are."""

    name: str
    dtype: str
    max_error: str = "0"

    def encode(self, array: np.ndarray) -> bytes:
        """Compress the bytes of the array."""
        return _compress(np.ascontiguousarray(array, self.dtype))

    def decode(self, data: bytes | memoryview, shape: Shape) -> np.ndarray:
        """A fresh array of `dtype`."""
        return _decompress(data, shape, self.dtype).copy()


@dataclass(frozen=True, kw_only=True)
class CodeCodec:
    """Samples quantised to 16-bit codes, then predicted and split into byte planes."""

    name: str
    max_error: str
    channels: int
    quantise: Callable[[np.ndarray, np.ndarray], bool]
    """(array, planes to fill) -> was anything out of range?"""
    merge: Callable[[np.ndarray, np.ndarray], None]
    """(planes, codes to fill)"""
    restore: Callable[[np.ndarray], np.ndarray]
    """Codes (C, H, W) -> the layer's array."""
    is_fault: Callable[[np.ndarray], np.ndarray]
    """Which samples (H, W, ...) cannot be represented?"""
    allowed: str
    """The representable range, in words."""

    def encode(self, array: np.ndarray) -> bytes:
        """Compress; a value that cannot be represented raises StoreError."""
        array = np.ascontiguousarray(array, np.float32)
        planes = _scratch((self.channels, 2, *array.shape[:2]))
        if self.quantise(array, planes):
            at = tuple(int(index) for index in np.argwhere(self.is_fault(array))[0])
            raise StoreError(
                f"value {array[at]} at pixel ({at[1]}, {at[0]}) is not {self.allowed}. "
                "Keep the scene within it, or store with profile 'lossless'."
            )
        return _compress(planes)

    def decode(self, data: bytes | memoryview, shape: Shape) -> np.ndarray:
        """The array, float32."""
        size = (self.channels, *shape[:2])
        codes = np.empty(size, np.uint16)
        self.merge(_decompress(data, (self.channels, 2, *shape[:2]), "uint8"), codes)
        return self.restore(codes)


@dataclass(frozen=True, kw_only=True)
class BitsCodec:
    """Every bit of float32."""

    name: str = "float32_bits"
    max_error: str = "0"

    def encode(self, array: np.ndarray) -> bytes:
        """Compress the bits, NaN payloads included."""
        bits = np.ascontiguousarray(array, np.float32).view(np.int32)
        bits = bits.reshape(*array.shape[:2], -1)
        planes = _scratch((bits.shape[2], 4, *bits.shape[:2]))
        kernels.encode_bits(bits, planes)
        return _compress(planes)

    def decode(self, data: bytes | memoryview, shape: Shape) -> np.ndarray:
        """The same bits."""
        channels = int(np.prod(shape[2:], dtype=np.int64))
        codes = np.empty((channels, *shape[:2]), np.uint32)
        kernels.merge_planar(_decompress(data, (channels, 4, *shape[:2]), "uint8"), codes)
        return np.ascontiguousarray(np.moveaxis(codes, 0, -1)).view(np.float32).reshape(shape)


def _scratch(shape: Shape) -> np.ndarray:
    """This thread's reused buffer: fresh pages would cost as much as the encoding."""
    size = int(np.prod(shape))
    if getattr(_local, "buffer", None) is None or _local.buffer.size < size:
        _local.buffer = np.empty(size, np.uint8)
    return _local.buffer[:size].reshape(shape)


def _compress(array: np.ndarray) -> bytes:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    return _local.compressor.compress(array.data)


def _decompress(data: bytes | memoryview, shape: Shape, dtype: str) -> np.ndarray:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    expected = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    try:
        found = zstandard.frame_content_size(data)
        if found != expected:
            raise ClipFormatError(f"a frame of {found} bytes where {expected} were expected")
        plain = _local.decompressor.decompress(data)
    except zstandard.ZstdError as error:
        raise ClipFormatError(f"a frame that does not decompress ({error})") from error
    return np.frombuffer(plain, dtype).reshape(shape)


def _depth_table() -> np.ndarray:
    ratio = kernels.DEPTH_MAX / kernels.DEPTH_MIN
    table = kernels.DEPTH_MIN * ratio ** (np.arange(65_536) / 65_534)
    table[kernels.SKY] = np.inf
    return table.astype(np.float32)


def _dz_table() -> np.ndarray:
    codes = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.float64)
    growth = 1 + kernels.DZ_MAX / kernels.DZ_SCALE
    table = np.sign(codes) * kernels.DZ_SCALE * (growth ** (np.abs(codes) / 32_767) - 1)
    table[codes == kernels.UNDEFINED] = np.nan
    return table.astype(np.float32)


def _kelvin_table() -> np.ndarray:
    table = np.arange(65_536) / kernels.KELVIN_STEPS
    table[kernels.NO_HEAT] = np.nan
    return table.astype(np.float32)


DEPTH_TABLE, DZ_TABLE, KELVIN_TABLE = _depth_table(), _dz_table(), _kelvin_table()


def _rows(array: np.ndarray) -> np.ndarray:
    """(H, W, C) as (H, W C): with a constant stride the compiler can use SIMD."""
    return array.reshape(array.shape[0], -1)


def _restore_flow(codes: np.ndarray) -> np.ndarray:
    flow = np.empty((*codes.shape[1:], 2), np.float32)
    kernels.decode_fixed(codes.view(np.int16), _rows(flow))
    return flow


def _restore_normals(codes: np.ndarray) -> np.ndarray:
    normals = np.empty((*codes.shape[1:], 3), np.float32)
    kernels.decode_normals(codes.view(np.int16), _rows(normals))
    return normals


def _not_unit(normals: np.ndarray) -> np.ndarray:
    square = (normals * normals).sum(-1)
    return ~((normals == 0).all(-1) | ((square > 0.999) & (square < 1.001)))


DEPTH = CodeCodec(
    name="log16",
    max_error="7.3e-5 of the distance; +inf exact",
    channels=1,
    quantise=lambda depth, planes: kernels.encode_depth(depth.view(np.int32), planes[0]),
    merge=kernels.merge_planar,
    restore=lambda codes: DEPTH_TABLE[codes[0]],
    is_fault=lambda depth: (
        ~(
            (depth >= np.float32(kernels.DEPTH_MIN)) & (depth <= kernels.DEPTH_MAX)
            | (depth == np.inf)
        )
    ),
    allowed=f"a depth of {kernels.DEPTH_MIN} to {kernels.DEPTH_MAX:.0f} m or +inf",
)
FLOW = CodeCodec(
    name="fixed16",
    max_error="1/64 px per component; NaN exact",
    channels=2,
    quantise=lambda flow, planes: kernels.encode_fixed(_rows(flow), planes),
    merge=kernels.merge_left,
    restore=_restore_flow,
    is_fault=lambda flow: np.abs(np.rint(flow * np.float32(kernels.FLOW_STEPS))) > 32_767,
    allowed="a displacement within +-1023.97 px",
)
DZ = CodeCodec(
    name="signed_log16",
    max_error="1.8e-4 * (|value| + 1e-4 m); 0 and NaN exact",
    channels=1,
    quantise=lambda dz, planes: kernels.encode_signed_log(dz, planes[0]),
    merge=kernels.merge_left,
    restore=lambda codes: DZ_TABLE[codes[0]],
    is_fault=lambda dz: np.abs(dz) > kernels.DZ_MAX,
    allowed=f"a change of distance within +-{kernels.DZ_MAX:.0f} m",
)
NORMALS = CodeCodec(
    name="octahedral12",
    max_error="0.06 degrees; (0, 0, 0) exact",
    channels=2,
    quantise=lambda normals, planes: kernels.encode_normals(_rows(normals), planes),
    merge=kernels.merge_left,
    restore=_restore_normals,
    is_fault=_not_unit,
    allowed="a unit vector or (0, 0, 0)",
)
KELVIN = CodeCodec(
    name="kelvin16",
    max_error="1/32 K; NaN exact",
    channels=1,
    quantise=lambda kelvin, planes: kernels.encode_kelvin(kelvin, planes[0]),
    merge=kernels.merge_planar,
    restore=lambda codes: KELVIN_TABLE[codes[0]],
    is_fault=lambda kelvin: (kelvin < 0) | (kelvin > kernels.HOTTEST),
    allowed=f"a temperature of 0 to {kernels.HOTTEST} K or NaN",
)
UINT8 = RawCodec(name="uint8", dtype="uint8")
UINT16 = RawCodec(name="uint16", dtype="uint16")
BITS = BitsCodec()
CODECS: dict[str, Any] = {
    codec.name: codec for codec in (DEPTH, FLOW, DZ, NORMALS, KELVIN, UINT8, UINT16, BITS)
}
