"""A video file -> upright RGB frames at even times; a damaged tail is left out and told.

Variable frame rates are resampled to the nearest frame; nothing is interpolated. Pixels become
square, sides even. Colours: as the file says, BT.709 from 720 rows on and BT.601 below if it does
not. High dynamic range is not tone-mapped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from av.video.reformatter import Colorspace
from jaxtyping import UInt8

from ..errors import LabelError

Rgb = UInt8[np.ndarray, "H W 3"]
LONG_SIDE, SHORT_SIDE = 1920, 1080
"""Larger pictures are made smaller [px]."""
LEAST_SIDE = 32
"""Smaller pictures are refused [px]."""
LONGEST_GAP_S = 0.5
"""A longer pause between two frames ends a shot; repeating a frame would invent stillness."""
EARLY_S = 0.5
"""A file that ends this much before its own length is told to be cut short."""
UNSPECIFIED = 2  # ITU-T H.273


@dataclass(kw_only=True)
class Tail:
    """How reading a file ended; filled while its frames are read."""

    num_decoded: int = 0
    end_s: float = 0.0
    damage: str = ""
    """Empty if the file is whole."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tick:
    """A frame at an even time."""

    rgb: Rgb
    time_s: float
    """Since the first frame of the file."""
    follows: bool
    """Is it one interval after the tick before?"""


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened video file."""

    path: Path
    codec: str
    average_fps: float
    duration_s: float
    """As the file says; 0 if it does not."""
    aspect: float
    """Width of a pixel per height."""
    tail: Tail = field(default_factory=Tail, compare=False)

    @staticmethod
    def open(path: Path) -> "Source":
        """Read the head of the file; anything but a video raises LabelError."""
        try:
            with av.open(str(path)) as container:
                stream = _video_stream(container, path)
                rate = stream.average_rate or stream.guessed_rate or 30
                ratio = stream.sample_aspect_ratio
                ticks = stream.duration
                whole = container.duration or 0
                return Source(
                    path=path,
                    codec=stream.codec_context.name,
                    average_fps=float(rate),
                    duration_s=float(ticks * stream.time_base) if ticks else whole / av.time_base,
                    aspect=float(ratio) if ratio else 1.0,
                )
        except (av.error.FFmpegError, OSError) as error:
            raise _not_a_video(path, error.strerror or str(error)) from error

    def ticks(self, fps: int) -> Iterator[Tick]:
        """The nearest frame at every 1/fps s, starting anew after a gap; fills `tail`."""
        frames = self._frames()
        first = next(frames, None)
        if first is None:
            raise _not_a_video(self.path, self.tail.damage or "it holds no picture")
        (start, held), number, follows, last = first, 0, False, first[0]
        for time, rgb in frames:
            middle = (last + time) / 2 if time - last <= LONGEST_GAP_S else last + 0.5 / fps
            while start + number / fps < middle:
                yield Tick(rgb=held, time_s=start + number / fps - first[0], follows=follows)
                number, follows = number + 1, True
            if time - last > LONGEST_GAP_S:
                start, number, follows = time, 0, False
            last, held = time, rgb
        if start + number / fps <= last + 0.5 / fps:
            yield Tick(rgb=held, time_s=start + number / fps - first[0], follows=follows)

    def _frames(self) -> Iterator[tuple[float, Rgb]]:
        """(time [s], frame) as far as the file can be decoded."""
        tail, before = self.tail, -np.inf
        try:
            with av.open(str(self.path)) as container:
                stream: Any = _video_stream(container, self.path)
                stream.thread_count = 1
                for frame in container.decode(stream):
                    if frame.is_corrupt:
                        tail.damage = f"frame {tail.num_decoded} is damaged"
                        return
                    late = before + 1 / self.average_fps if np.isfinite(before) else 0.0
                    time = late if frame.time is None else float(frame.time)
                    if time <= before:  # a repeated time stamp
                        continue
                    before = time
                    tail.num_decoded, tail.end_s = tail.num_decoded + 1, time
                    yield time, upright(frame, self.aspect)
        except av.error.FFmpegError as error:
            tail.damage = f"after frame {tail.num_decoded - 1}: {error.strerror}"
            return
        if tail.end_s + EARLY_S < self.duration_s:
            tail.damage = f"ends at {tail.end_s:.2f} s of {self.duration_s:.2f} s"


def upright(frame: Any, aspect: float) -> Rgb:
    """RGB as a player shows it: turned by its rotation flag, square pixels, even sides, fitted."""
    untold = int(frame.colorspace) == UNSPECIFIED
    standard = Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601
    told: dict[str, Any] = {"src_colorspace": standard} if untold else {}
    rgb = frame.reformat(format="rgb24", **told).to_ndarray()
    height, width = rgb.shape[0], rgb.shape[1] * aspect
    fit = min(1.0, LONG_SIDE / max(height, width), SHORT_SIDE / min(height, width))
    size = round(width * fit), round(height * fit)
    if size != rgb.shape[1::-1]:
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    rgb = np.rot90(rgb, round(frame.rotation / 90) % 4)
    height, width = (side - side % 2 for side in rgb.shape[:2])
    return np.ascontiguousarray(rgb[:height, :width])


def _video_stream(container: Any, path: Path) -> Any:
    if not container.streams.video:
        raise _not_a_video(path, "it has no video stream")
    return container.streams.video[0]


def _not_a_video(path: Path, reason: str) -> LabelError:
    return LabelError(f"{path}: not a readable video ({reason}). Give a file that a player plays.")
