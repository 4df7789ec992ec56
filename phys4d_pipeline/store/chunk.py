"""Rendered frames, one at a time -> EncodedChunk: the bytes a worker hands to the clip writer.

A chunk is one group of pictures (16 frames; only the last of a clip may be shorter). It holds no
picture, only compressed bytes, so it travels between processes cheaply.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, UInt16

from ..camera import Camera
from ..errors import StoreError
from ..jit import exact
from ..render.ground_truth import GroundTruth
from .layers import LAYERS, LOW, LOW_FACTOR
from .video import GROUP, GroupEncoder

CHUNK_FRAMES = GROUP
SIGHTING_COLUMNS = ("frame", "object_id", "visible_pixels", "x0", "y0", "x1", "y1")


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedChunk:
    """Consecutive frames of one camera, encoded."""

    first_frame: int
    num_frames: int
    width: int
    height: int
    fps: int
    profile: str
    layers: dict[str, tuple[bytes, ...]]
    """Layer key (`layers.layer_keys`) -> one blob per frame."""
    sightings: Int32[np.ndarray, "N 7"]
    """SIGHTING_COLUMNS of every visible object; the box is half open: x0 <= x < x1."""
    video: bytes
    """One H.264 group of pictures as an mp4 file."""


def encode_chunk(
    frames: Iterable[GroundTruth], camera: Camera, *, profile: str = "default", fps: int = 60
) -> EncodedChunk:
    """Encode up to 16 consecutive frames, holding one at a time.

    Args:
        frames: Read once, in order; no frame is kept after it is encoded.
        camera: The camera they were rendered with.
        profile: `default` (compact, bounded error) or `lossless` (every bit of float32).
        fps: Frame rate of the clip [Hz].

    Raises:
        StoreError: A value no codec of the profile can hold, with its frame, layer and pixel.
    """
    encoder = ChunkEncoder(camera, profile=profile, fps=fps)
    for frame in frames:
        encoder.add(frame)
        del frame  # the next one is rendered before the loop would let go of it
    return encoder.finish()


class ChunkEncoder:
    """`encode_chunk`, frame by frame: for cameras that are drawn side by side."""

    def __init__(self, camera: Camera, *, profile: str = "default", fps: int = 60) -> None:
        """Args: as of `encode_chunk`."""
        self._camera, self._profile, self._fps = camera, profile, fps
        self._blobs: dict[str, list[bytes]] = {}
        self._sightings: list[np.ndarray] = []
        self._video = GroupEncoder(camera.width, camera.height, fps)
        self._first, self._count = 0, 0

    def add(self, frame: GroundTruth) -> None:
        """Encode the next frame; it is not kept."""
        if self._count == 0:
            self._first = frame.frame
        _check_frame(frame, self._first + self._count, self._camera)
        _encode_layers(frame, self._profile, self._blobs)
        self._sightings.append(sightings_of(frame.segmentation, frame.frame))
        self._video.add(frame.rgb)
        self._count += 1

    def finish(self) -> EncodedChunk:
        """The chunk; nothing can be added any more."""
        count = self._count
        if not count:
            raise StoreError("encode_chunk: no frames given; a chunk has 1 to 16.")
        if partial := sorted(key for key, parts in self._blobs.items() if len(parts) != count):
            raise StoreError(f"encode_chunk: only some frames have {', '.join(partial)}.")
        return EncodedChunk(
            first_frame=self._first,
            num_frames=count,
            width=self._camera.width,
            height=self._camera.height,
            fps=self._fps,
            profile=self._profile,
            layers={key: tuple(parts) for key, parts in self._blobs.items()},
            sightings=np.concatenate(self._sightings),
            video=self._video.finish(),
        )


def sightings_of(segmentation: UInt16[np.ndarray, "H W"], frame: int) -> Int32[np.ndarray, "N 7"]:
    """Pixel count and bounding box of every visible object, in the order of their ids."""
    boxes = np.zeros((int(segmentation.max(initial=0)) + 1, 5), np.int32)
    _measure(np.ascontiguousarray(segmentation), boxes)
    ids = np.flatnonzero(boxes[:, 0])
    ids = ids[ids > 0]
    rows = np.empty((len(ids), len(SIGHTING_COLUMNS)), np.int32)
    rows[:, 0], rows[:, 1], rows[:, 2:] = frame, ids, boxes[ids]
    return rows


def _check_frame(frame: GroundTruth, expected: int, camera: Camera) -> None:
    if min(camera.width, camera.height) < LOW_FACTOR:
        raise StoreError(
            f"picture of {camera.width}x{camera.height}: a stored one has at least "
            f"{LOW_FACTOR}x{LOW_FACTOR} pixels; raise width and height."
        )
    if frame.frame != expected:
        raise StoreError(
            f"frame {frame.frame} came where frame {expected} was due; keep the order."
        )
    if frame.depth.shape != (camera.height, camera.width):
        raise StoreError(
            f"frame {frame.frame}: picture {frame.depth.shape[::-1]}, but the camera has "
            f"{(camera.width, camera.height)}; render with the camera that is stored."
        )


def _encode_layers(frame: GroundTruth, profile: str, blobs: dict[str, list[bytes]]) -> None:
    for name, layer in LAYERS.items():
        codec, array = layer.codec_of(profile), layer.take(frame)
        if array is None:
            continue
        try:
            blobs.setdefault(name, []).append(codec.encode(array))
            if layer.has_low:
                blobs.setdefault(LOW + name, []).append(codec.encode(layer.low(array)))
        except StoreError as error:
            raise StoreError(f"frame {frame.frame}, layer {name}: {error}") from error


@exact
def _measure(segmentation, boxes):
    """Fill (count, x0, y0, x1, y1) per id, run by run along the rows."""
    H, W = segmentation.shape
    for y in range(H):
        x = 0
        while x < W:
            start, name = x, segmentation[y, x]
            while x < W and segmentation[y, x] == name:
                x += 1
            box = boxes[name]
            if box[0] == 0:
                box[1], box[2] = start, y
            box[0] += x - start
            box[1], box[3], box[4] = min(box[1], start), max(box[3], x), y + 1
