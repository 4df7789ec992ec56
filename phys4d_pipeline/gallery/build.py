"""A store of clips -> a static gallery: a page of cards and a player page per clip.

Opens from file:// or any static server and asks nothing of the network. Built beside its place
under a temporary name, then renamed, so that readers see the old gallery or the new one.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..errors import StoreError
from ..render_pool import RenderPool
from ..store.folder import storage_errors
from ..store.reader import Clip, Dataset
from . import colors, legends, page, panels
from .preview import MAX_FRAMES, fitted, make_preview
from .sheet_video import write_sheet

VERSION = 1
"""Raised when pictures of an older gallery must not be used again."""
MARK = "gallery.json"
"""Names a folder as ours: only such a folder is ever replaced."""
MEDIA = ("sheet.mp4", "preview.webp", "poster.webp")
PREVIEW_SIZE = (384, 216)


def build_gallery(
    dataset: Dataset, out_dir: Path | str, *, title: str = "phys4d gallery", workers: int = 1
) -> Path:
    """Write the gallery of every clip of a dataset; clips shown before are not drawn again.

    Args:
        dataset: What `open_dataset` returns.
        out_dir: Created, or replaced if it is an older gallery. Inside the store, pages link to
            the stored video; elsewhere they get a copy of it.
        title: Heading of the index page.
        workers: Processes that draw, a page each; 0 for one per core. A script that asks for
            more than one needs `if __name__ == "__main__":`, as always with processes.

    Returns:
        The index page.

    Raises:
        StoreError: The dataset has no clips, or `out_dir` holds something else.
    """
    out_dir = Path(out_dir).resolve()
    _check(dataset, out_dir)
    with storage_errors(out_dir):
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-", dir=out_dir.parent))
        try:
            _fill(dataset, building, out_dir, title=title, workers=workers)
            _replace(building, out_dir)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return out_dir / "index.html"


def _check(dataset: Dataset, out_dir: Path) -> None:
    if not len(dataset):
        raise StoreError("gallery: the store has no clips; run `phys4d generate` first.")
    ours = not out_dir.exists() or (out_dir / MARK).is_file()
    if not ours and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise StoreError(
            f"gallery: {out_dir} holds something that is no gallery; choose another folder."
        )


def _fill(dataset: Dataset, building: Path, out_dir: Path, *, title: str, workers: int) -> None:
    for name in page.ASSETS:
        (building / name).write_text(page.asset_text(name), "utf-8")
    legends.draw_legends(building)
    views = _draw_pages(dataset, building, out_dir, workers)
    _write_clip_pages(building, views)
    fronts = [cameras[0] for cameras in views]
    (building / "index.html").write_text(page.index_html(title, fronts), "utf-8")
    mark = {"version": VERSION, "pages": [front.name for front in fronts]}
    _write_json(building / MARK, mark)


def _draw_pages(
    dataset: Dataset, building: Path, out_dir: Path, workers: int
) -> list[list[page.ClipPage]]:
    """Folders of all clips and cameras: for each clip, what its cameras' pages will show."""
    views = [
        [clip.from_camera(camera) for camera in range(clip.manifest.cameras)] for clip in dataset
    ]
    flat = list(chain(*views))
    root = dataset.store.folder.root.resolve()
    draw = partial(_clip_folder, building=building, out_dir=out_dir, root=root)
    workers = min(workers or os.cpu_count() or 1, len(flat))
    with ExitStack() as opened:
        drawn = map(draw, flat)
        if workers > 1:
            drawn = opened.enter_context(RenderPool(workers)).map(draw, flat)
        drawn = iter(tqdm(drawn, desc="gallery", unit="page", total=len(flat), disable=None))
        try:
            return [list(islice(drawn, len(cameras))) for cameras in views]
        except BrokenProcessPool as error:
            raise StoreError(
                "gallery: a drawing process ended before its page was done, out of memory most "
                "likely; the old gallery is untouched. Run again with fewer workers."
            ) from error


def _write_clip_pages(building: Path, views: Sequence[Sequence[page.ClipPage]]) -> None:
    names = [None, *(cameras[0].name for cameras in views), None]
    for number, cameras in enumerate(views, 1):
        neighbours = page.Neighbours(
            before=names[number - 1],
            after=names[number + 1],
            place=f"{number} of {len(views)}",
            cameras=[each.name for each in cameras],
        )
        for each in cameras:
            text = page.clip_html(each, neighbours)
            (building / "clips" / each.name / "index.html").write_text(text, "utf-8")


def _clip_folder(clip: Clip, building: Path, out_dir: Path, root: Path) -> page.ClipPage:
    """Pictures of one clip, and what its page will show."""
    name = page.page_name(clip)
    folder, final = building / "clips" / name, out_dir / "clips" / name
    folder.mkdir(parents=True)
    scales = _reuse(final, folder, clip.manifest.content_sha256)
    if scales is None:
        scales = panels.clip_scales(clip)
        _draw(clip, scales, folder)
    made = {
        "version": VERSION,
        "content_sha256": clip.manifest.content_sha256,
        "depth": asdict(scales.depth),
        "flow": scales.flow,
        "heat": asdict(scales.heat) if scales.heat else None,
    }
    _write_json(folder / "made.json", made)
    return page.ClipPage(clip=clip, scales=scales, rgb_link=_rgb_link(clip, folder, final, root))


def _write_json(path: Path, plain: Any) -> None:
    path.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


def _reuse(older: Path, folder: Path, content_sha256: str) -> panels.Scales | None:
    """Take the pictures of an older gallery if they show the same content."""
    try:
        made = json.loads((older / "made.json").read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if (made.get("version"), made.get("content_sha256")) != (VERSION, content_sha256):
        return None
    if not all((older / name).is_file() for name in MEDIA):
        return None
    for name in MEDIA:
        shutil.copy2(older / name, folder / name)
    heat = made.get("heat")
    return panels.Scales(
        depth=colors.DepthScale(**made["depth"]),
        flow=made["flow"],
        heat=colors.HeatScale(**heat) if heat else None,
    )


def _draw(clip: Clip, scales: panels.Scales, folder: Path) -> None:
    """All of `MEDIA`."""
    every = -(-len(clip) // MAX_FRAMES)
    stills: list[np.ndarray] = []

    def keep(frame: int, rgb: np.ndarray) -> None:
        if frame % every == 0:
            stills.append(np.asarray(fitted(rgb, *PREVIEW_SIZE)))

    write_sheet(clip, scales, folder / "sheet.mp4", keep)
    width, height = PREVIEW_SIZE
    fps = clip.manifest.fps / every
    preview = make_preview(stills, fps=fps, width=width, height=height, max_bytes=250_000)
    (folder / "preview.webp").write_bytes(preview)
    Image.fromarray(stills[0]).save(folder / "poster.webp", quality=80)


def _rgb_link(clip: Clip, folder: Path, final: Path, root: Path) -> str:
    """Link to the stored video from the page's final place if both lie in the store, or copy."""
    stored = clip.path / f"camera_{clip.camera_index}" / "rgb.mp4"
    if final.is_relative_to(root):
        return Path(os.path.relpath(stored.resolve(), final)).as_posix()
    shutil.copy2(stored, folder / "rgb.mp4")
    return "rgb.mp4"


def _replace(building: Path, out_dir: Path) -> None:
    """Swap the finished gallery in; a folder in use keeps its old files until the last moment."""
    building.chmod(0o755)  # mkdtemp makes it private; a static server must read it
    if not out_dir.exists():
        building.rename(out_dir)
        return
    retired = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-old-", dir=out_dir.parent))
    out_dir.rename(retired / "gallery")
    try:
        building.rename(out_dir)
    except OSError:
        (retired / "gallery").rename(out_dir)
        raise
    finally:
        shutil.rmtree(retired)
