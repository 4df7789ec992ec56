"""Coloured panels of a clip -> one H.264 sheet, all layers of a frame in one picture.

One video decodes to one frame at a time, so panels cut from it can never drift apart.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ..store.reader import Clip
from ..store.video import GROUP, GroupEncoder, VideoWriter
from . import panels

COLUMNS = 3


def write_sheet(
    clip: Clip,
    scales: panels.Scales,
    path: Path,
    on_rgb: Callable[[int, UInt8[np.ndarray, "h w 3"]], object],
) -> None:
    """Encode every frame, a group of pictures at a time; a seek decodes one group at most.

    Args:
        clip: Shown by one of its cameras.
        scales: What the colours mean.
        path: The video.
        on_rgb: Told every frame's number and small picture: the stored video is decoded once.
    """
    height, width = panels.panel_size(clip)
    layers = panels.layers_of(clip)
    rows = -(-len(layers) // COLUMNS)
    writer = VideoWriter(path, clip.manifest.fps)
    for start, stop in panels.windows(len(clip), GROUP):
        group = GroupEncoder(COLUMNS * width, rows * height, clip.manifest.fps)
        window = panels.clip_panels(clip, scales, start, stop, layers=layers)
        for frame, (pictures, sheet) in enumerate(zip(window, _sheets(window), strict=True), start):
            on_rgb(frame, pictures[layers.index("rgb")])
            group.add(sheet)
        writer.add(group.finish())
    writer.close()


def _sheets(window: UInt8[np.ndarray, "N L h w 3"]) -> UInt8[np.ndarray, "N H W 3"]:
    """Layers in reading order, `COLUMNS` to a row; places of the last row may stay black."""
    frames, layers, height, width, _ = window.shape
    rows = -(-layers // COLUMNS)
    missing = rows * COLUMNS - layers
    window = np.pad(window, ((0, 0), (0, missing), (0, 0), (0, 0), (0, 0)))
    grid = window.reshape(frames, rows, COLUMNS, height, width, 3)
    return grid.transpose(0, 1, 3, 2, 4, 5).reshape(frames, rows * height, COLUMNS * width, 3)
