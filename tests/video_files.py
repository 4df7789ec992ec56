"""Small video files of the kinds that ingesting has to live with."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from textures import shifted, texture

MILLISECOND = Fraction(1, 1000)


def pan(num_frames: int, *, width: int = 96, height: int = 64, seed: int = 0) -> list[np.ndarray]:
    """A texture that moves 2 px per frame to the right."""
    picture = texture(width, height, seed, grain=4.0)
    return [shifted(picture, 2.0 * number, 0.0) for number in range(num_frames)]


def write(
    path: Path,
    frames: Sequence[np.ndarray],
    *,
    fps: int = 24,
    times_ms: Sequence[int] | None = None,
    codec: str = "libx264",
) -> Path:
    """A video of these frames, at even times or at given ones."""
    height, width, _ = frames[0].shape
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p" if width % 2 == height % 2 == 0 else "yuv444p"
        stream.codec_context.time_base = MILLISECOND
        stream.codec_context.thread_count = 1
        stream.options = {"crf": "15", "preset": "ultrafast", "g": "12"}
        for number, rgb in enumerate(frames):
            frame = VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts = times_ms[number] if times_ms else round(1000 * number / fps)
            frame.time_base = MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn(path: Path, matrix: Sequence[int]) -> None:
    """Set the 2x2 part of the display matrix (a, b, c, d) in the track header of an mp4 file."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0: 40 bytes before the matrix
    for place, value in zip((0, 4, 12, 16), matrix, strict=True):
        data[at + place : at + place + 4] = (value << 16).to_bytes(4, "big", signed=True)
    path.write_bytes(bytes(data))
