"""RGB frames -> H.264 groups of pictures -> one rgb.mp4, and back.

Each group of 16 frames comes from a fresh single-threaded encoder with fixed settings, so that
workers can encode groups apart from each other and the file does not depend on how many there are.
Colours: BT.709, limited range, 4:2:0 with chroma in the middle of each 2x2 block.
"""

import contextlib
import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from jaxtyping import UInt8

from ..errors import ClipFormatError
from ..jit import exact
from .layout import REMEDY

GROUP = 16
CRF = 18
PRESET = "superfast"
BT709 = 1  # the number of ITU-R BT.709 in every colour field of H.264 (table E-3, E-4, E-5)
LIMITED_RANGE = 1


class GroupEncoder:
    """At most 16 RGB frames -> one closed group of pictures as a small mp4 file."""

    def __init__(self, width: int, height: int, fps: int) -> None:
        self._buffer = io.BytesIO()
        self._container = av.open(self._buffer, "w", format="mp4", options={"fflags": "+bitexact"})
        stream: Any = self._container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.color_range = LIMITED_RANGE
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.thread_count = 1
        settings = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0:open-gop=0:threads=1"
        context.options = {"preset": PRESET, "crf": str(CRF), "x264-params": settings}
        self._stream, self._frame_time, self._num_frames = stream, Fraction(1, fps), 0

    def add(self, rgb: UInt8[np.ndarray, "H W 3"]) -> None:
        """Encode the next frame."""
        if self._num_frames == GROUP:
            raise ValueError(f"a group of pictures has at most {GROUP} frames.")
        height, width, _ = rgb.shape
        frame = VideoFrame(width, height, "yuv420p")
        rgb_to_yuv(rgb, *_planes(frame))
        frame.pts, frame.time_base = self._num_frames, self._frame_time
        self._num_frames += 1
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        """The mp4 file of the group."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._buffer.getvalue()


class VideoWriter:
    """Groups of pictures in order -> one mp4 with `moov` at the front."""

    def __init__(self, path: Path, fps: int) -> None:
        self._container = av.open(
            str(path),
            "w",
            format="mp4",
            options={"movflags": "+faststart", "fflags": "+bitexact"},
        )
        self._frame_time = Fraction(1, fps)
        self._stream: Any = None
        self._settings = b""
        self.num_frames = 0

    def add(self, group: bytes) -> None:
        """Append a group made by `GroupEncoder`."""
        with av.open(io.BytesIO(group), "r") as source:
            template: Any = source.streams.video[0]
            settings = bytes(template.codec_context.extradata)
            if self._stream is None:
                self._stream = self._container.add_stream_from_template(template)
                self._settings = settings
            if settings != self._settings:
                raise ValueError("groups of one video must come from the same encoder settings.")
            for packet in source.demux(template):
                if packet.size:
                    self._add_packet(packet)

    def _add_packet(self, packet: Any) -> None:
        packet.stream = self._stream
        packet.time_base = self._frame_time
        packet.pts = packet.dts = self.num_frames
        packet.duration = 1
        self._container.mux_one(packet)
        self.num_frames += 1

    def close(self) -> None:
        """Finish the file; `moov` moves to the front."""
        self._container.close()

    def abandon(self) -> None:
        """Close the file as it is; it is about to be removed."""
        with contextlib.suppress(OSError, av.error.FFmpegError):
            self._container.close()


def decode_frames(path: Path, first: int, stop: int) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Frames `first` to `stop - 1`; decodes only the groups of pictures they lie in."""
    try:
        with av.open(str(path)) as container:
            stream: Any = container.streams.video[0]
            stream.thread_count = 1
            ticks = 1 / (stream.average_rate * stream.time_base)
            container.seek(int((first - first % GROUP) * ticks), stream=stream)
            expected = first
            for frame in container.decode(stream):
                index = round(cast(int, frame.pts) / ticks)
                if index < first:
                    continue
                if index >= stop:
                    return
                if index != expected:
                    raise ClipFormatError(f"{path}: frame {expected} is missing; {REMEDY}")
                yield yuv_to_rgb(*_planes(frame))
                expected += 1
    except (av.error.FFmpegError, IndexError) as error:
        raise ClipFormatError(f"{path}: not a readable H.264 file ({error}); {REMEDY}") from error
    if expected < stop:
        raise ClipFormatError(f"{path}: ends before frame {expected}; {REMEDY}")


def _planes(frame: VideoFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Writable views of Y, U and V without the padding of their rows."""
    views = [
        np.frombuffer(cast(Any, plane), np.uint8).reshape(plane.height, plane.line_size)
        for plane in frame.planes
    ]
    width, half = frame.width, (frame.width + 1) // 2
    return views[0][:, :width], views[1][:, :half], views[2][:, :half]


def rgb_to_yuv(
    rgb: UInt8[np.ndarray, "H W 3"],
    luma: UInt8[np.ndarray, "H W"],
    blue: UInt8[np.ndarray, "h w"],
    red: UInt8[np.ndarray, "h w"],
) -> None:
    """RGB with even H and W -> BT.709 limited range, into the three given planes."""
    rows = np.ascontiguousarray(rgb).reshape(len(rgb), -1)
    _rgb_to_yuv(rows, luma, blue, red)


def yuv_to_rgb(
    luma: UInt8[np.ndarray, "H W"], blue: UInt8[np.ndarray, "h w"], red: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "H W 3"]:
    """BT.709 limited range -> RGB."""
    rgb = np.empty((*luma.shape, 3), np.uint8)
    _yuv_to_rgb(luma, blue, red, rgb.reshape(len(rgb), -1))
    return rgb


@exact
def _rgb_to_yuv(rgb, luma, blue, red):
    """Interleaved (H, 3 W) -> planes; weights in 1/65536 (ITU-R BT.709-6, section 3)."""
    for y in range(rgb.shape[0]):
        row, grey = rgb[y], luma[y]
        for x in range(grey.size):
            r, g, b = np.int32(row[3 * x]), np.int32(row[3 * x + 1]), np.int32(row[3 * x + 2])
            grey[x] = (11_966 * r + 40_254 * g + 4_064 * b + 1_081_344) >> 16
    for y in range(blue.shape[0]):
        above, below = rgb[2 * y], rgb[2 * y + 1]
        for x in range(blue.shape[1]):
            at = 6 * x
            r = np.int32(above[at]) + above[at + 3] + below[at] + below[at + 3]
            g = np.int32(above[at + 1]) + above[at + 4] + below[at + 1] + below[at + 4]
            b = np.int32(above[at + 2]) + above[at + 5] + below[at + 2] + below[at + 5]
            # 128.5 in the scale of a sum of four, so that the shift rounds to nearest.
            blue[y, x] = (-6_596 * r - 22_189 * g + 28_785 * b + 33_685_504) >> 18
            red[y, x] = (28_785 * r - 26_145 * g - 2_640 * b + 33_685_504) >> 18


@exact
def _yuv_to_rgb(luma, blue, red, rgb):
    """Planes -> interleaved (H, 3 W); a chroma sample serves its 2x2 block."""
    for y in range(luma.shape[0]):
        row, greys, blues, reds = rgb[y], luma[y], blue[y // 2], red[y // 2]
        for x in range(blues.size):
            u, v = np.int32(blues[x]) - np.int32(128), np.int32(reds[x]) - np.int32(128)
            for place in range(2):
                at = 6 * x + 3 * place
                grey = np.int32(76_309 * (np.int32(greys[2 * x + place]) - 16) + 32_768)
                row[at] = min(max(np.int32(grey + 117_489 * v) >> 16, 0), 255)
                row[at + 1] = min(max(np.int32(grey - 13_975 * u - 34_925 * v) >> 16, 0), 255)
                row[at + 2] = min(max(np.int32(grey + 138_438 * u) >> 16, 0), 255)
