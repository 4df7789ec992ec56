"""RGB frames -> a small animated WebP, for Dagster metadata, `preview.webp` and gallery cards."""

import io
from collections.abc import Iterable

import cv2
import numpy as np
from PIL import Image

from ..errors import StoreError

MAX_FRAMES = 24
MAX_BYTES = 60_000
QUALITIES = (70, 55, 40, 25, 10)


def make_preview(
    rgb_frames: Iterable[np.ndarray],
    *,
    fps: float = 60,
    width: int = 192,
    height: int = 108,
    max_bytes: int = MAX_BYTES,
) -> bytes:
    """At most 24 frames evenly over the clip, looping in the clip's own time.

    Args:
        rgb_frames: (H, W, 3) uint8 each; read once, never held at full size.
        fps: Rate of `rgb_frames` [Hz].
        width: The picture is fitted into `width` x `height`, keeping its proportions [px].
        height: See `width`.
        max_bytes: The quality is lowered until the file is smaller than this.
    """
    frames, num_frames = _thin_out(rgb_frames, width, height)
    if not frames:
        raise StoreError("preview: no frames given; a clip has at least 1.")
    milliseconds = max(20, round(1000 * num_frames / fps / len(frames)))
    data = b""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        frames[0].save(
            buffer,
            "WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=milliseconds,
            loop=0,
            quality=quality,
            method=4,
        )
        data = buffer.getvalue()
        if len(data) < max_bytes:
            break
    return data


def fitted(rgb: np.ndarray, width: int, height: int) -> Image.Image:
    """A frame made small enough for a `width` x `height` box, proportions kept."""
    scale = min(1.0, width / rgb.shape[1], height / rgb.shape[0])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return Image.fromarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def _thin_out(
    rgb_frames: Iterable[np.ndarray], width: int, height: int
) -> tuple[list[Image.Image], int]:
    """Evenly spaced small frames of a sequence whose length is known only at its end."""
    kept: list[Image.Image] = []
    stride, num_frames = 1, 0
    for rgb in rgb_frames:
        if num_frames % stride == 0:
            kept.append(fitted(rgb, width, height))
        num_frames += 1
        if len(kept) == 4 * MAX_FRAMES:  # bounded memory, and still enough to choose evenly from
            kept, stride = kept[::2], 2 * stride
    step = -(-len(kept) // MAX_FRAMES)  # a whole step: uneven spacing shows as stutter
    return kept[:: max(1, step)], num_frames
