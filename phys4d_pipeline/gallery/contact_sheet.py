"""A store of clips -> one PNG: per clip a row of RGB at three times and its ground truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from ..errors import StoreError
from ..store.reader import Clip, Dataset
from . import panels

MARGIN, GAP, HEADER, LABEL = 16, 6, 26, 30
"""Page border, space between pictures, column titles and the line under each row [px]."""
TIMES = (0.0, 0.45, 0.9)
"""Where in the clip RGB is shown [1]; ground truth is shown with the middle one."""
GROUND_TRUTH = ("depth", "flow", "segmentation")
PAPER, INK, SOFT, LINE = (255, 255, 255), (24, 28, 36), (105, 112, 124), (208, 212, 218)


def contact_sheet(
    dataset: Dataset, path: Path | str, *, picture_width: int = 256, max_clips: int = 32
) -> Path:
    """Write the sheet of the first `max_clips` clips; the README shows one of these.

    Args:
        dataset: What `open_dataset` returns.
        path: The PNG to write (under a temporary name first).
        picture_width: Width of each of the six pictures in a row [px].
        max_clips: Rows at most.
    """
    num_rows = min(len(dataset), max_clips)
    if not num_rows:
        raise StoreError("contact sheet: the store has no clips; run `phys4d generate` first.")
    rows = [_row(dataset[index], picture_width) for index in range(num_rows)]
    columns = len(TIMES) + len(GROUND_TRUTH)
    width = 2 * MARGIN + columns * picture_width + (columns - 1) * GAP
    height = 2 * MARGIN + HEADER + sum(row.height for row in rows)
    sheet = Image.new("RGB", (width, height), PAPER)
    _titles(sheet, picture_width)
    top = MARGIN + HEADER
    for row in rows:
        sheet.paste(row, (MARGIN, top))
        top += row.height
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    sheet.save(unfinished, "PNG", optimize=True)
    unfinished.replace(path)
    return path


def _titles(sheet: Image.Image, picture_width: int) -> None:
    titles = ("RGB", "", "", "depth", "optical flow", "segmentation")
    pen = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        left = MARGIN + column * (picture_width + GAP)
        pen.text((left, MARGIN), title, fill=INK, font=ImageFont.load_default(15))


def _row(clip: Clip, picture_width: int) -> Image.Image:
    """Six pictures with their times, under them family and caption."""
    manifest = clip.manifest
    last = max(len(clip) - 2, 0)  # the last frame's forward flow is undefined
    frames = [round(time * last) for time in TIMES]
    frames += [frames[len(TIMES) // 2]] * len(GROUND_TRUTH)
    pictures = _pictures(clip, frames, picture_width)
    height = pictures[0].shape[0]
    width = len(pictures) * picture_width + (len(pictures) - 1) * GAP
    row = Image.new("RGB", (width, height + LABEL), PAPER)
    pen = ImageDraw.Draw(row)
    for column, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
        left = column * (picture_width + GAP)
        row.paste(Image.fromarray(picture), (left, 0))
        # Still flow is white, and so is the paper.
        pen.rectangle((left, 0, left + picture_width - 1, height - 1), outline=LINE)
        _time_label(pen, left, height, frame / manifest.fps)
    name = f"{manifest.category} / {manifest.family}".replace("_", " ")
    bold, plain = ImageFont.load_default(14), ImageFont.load_default(13)
    pen.text((0, height + 5), name, fill=INK, font=bold)
    left = pen.textlength(f"{name}   ", font=bold)
    caption = _shortened(manifest.caption, pen, plain, width - left)
    pen.text((left, height + 6), caption, fill=SOFT, font=plain)
    return row


def _time_label(pen: ImageDraw.ImageDraw, left: int, bottom: int, time_s: float) -> None:
    text, font = f"{time_s:.2f} s", ImageFont.load_default(11)
    width = pen.textlength(text, font=font) + 8
    pen.rectangle((left, bottom - 16, left + width, bottom - 1), fill=INK)
    pen.text((left + 4, bottom - 15), text, fill=PAPER, font=font)


def _pictures(
    clip: Clip, frames: Sequence[int], picture_width: int
) -> list[UInt8[np.ndarray, "h w 3"]]:
    """RGB and ground truth at the frames of each column."""
    scales = panels.clip_scales(clip, frames[-1:])  # made for the one frame it is used on
    full_height, full_width = clip.manifest.height, clip.manifest.width
    size = (round(picture_width * full_height / full_width), picture_width)
    # Coloured at up to three times the size and then averaged: smooth edges, no invented values.
    finer = max(1, min(3, full_width // picture_width))
    painted = (finer * size[0], finer * size[1])
    layers = ["rgb"] * len(TIMES) + list(GROUND_TRUTH)
    return [
        panels.shrink(
            panels.clip_panels(clip, scales, at, at + 1, layers=(layer,), size=painted)[:, 0], size
        )[0]
        for at, layer in zip(frames, layers, strict=True)
    ]


def _shortened(text: str, pen: ImageDraw.ImageDraw, font: Any, width: float) -> str:
    """The text, or as many whole words as fit and an ellipsis."""
    if pen.textlength(text, font=font) <= width:
        return text
    words = text.split()
    while words and pen.textlength(" ".join(words) + " ...", font=font) > width:
        words.pop()
    return " ".join(words) + " ..."
