"""`phys4d label`: words -> pseudo-labels of stored clips or of videos, and their quality."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from .errors import LabelError

if TYPE_CHECKING:  # their imports bring in the renderer and the store
    from .labels.label_clips import Labelled
    from .labels.subjects import Subject
    from .store import Store

NONE = "none"


def add_options(added: argparse.ArgumentParser) -> None:
    """Everything but --store and --json."""
    added.add_argument(
        "videos", nargs="*", metavar="VIDEO", help="label these instead of the stored clips"
    )
    added.add_argument("--depth", default=NONE, metavar="NAME", help=f"estimator of depth ({NONE})")
    added.add_argument("--flow", default="dis", metavar="NAME", help="estimator of flow (dis)")
    for what in ("depth", "flow"):
        added.add_argument(
            f"--{what}-weights", default="", metavar="DIR", help="checkpoint folder or hub id"
        )
    added.add_argument("--clip", metavar="ID", help="only this stored clip")


def label_all(options: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Label what is asked for; rows of a table, and plain data of `clips` and `quality`.

    Raises:
        LabelError: A wrong estimator, checkpoint or video; what is stored stays as it is.
    """
    if options.depth == options.flow == NONE:
        raise LabelError(f"--depth {NONE} and --flow {NONE}: name an estimator for one of them.")
    if options.videos and options.clip:
        raise LabelError(f"--clip {options.clip} and {options.videos[0]}: give one of them.")
    if options.videos and options.depth == "sgbm":
        raise LabelError(
            f"--depth sgbm on {options.videos[0]}: it renders a second view, so it serves stored "
            "clips only. Choose another estimator."
        )
    from .labels.estimator import load_depth, load_flow
    from .labels.label_clips import label_depth, label_flow
    from .store import open_store

    # Estimators first: a wrong name or checkpoint is told before a video is read.
    steps: list[tuple[Any, Any]] = []
    if options.depth != NONE:
        steps.append((label_depth, load_depth(options.depth, options.depth_weights)))
    elif options.depth_weights:
        raise LabelError(f"--depth-weights {options.depth_weights}: give --depth, too.")
    if options.flow != NONE:
        steps.append((label_flow, load_flow(options.flow, options.flow_weights)))
    elif options.flow_weights:
        raise LabelError(f"--flow-weights {options.flow_weights}: give --flow, too.")
    store = open_store(options.store)
    subjects = _subjects(store, options)
    made: list[Labelled] = []
    with tqdm(desc="labels", unit="frame", disable=None) as bar:
        bar.total = len(steps) * sum(subject.num_frames for subject in subjects)
        for subject in subjects:
            for step, estimator in steps:
                made.append(step(subject, estimator, store, on_frames=bar.update))
    return _told(made)


def _subjects(store: "Store", options: argparse.Namespace) -> list["Subject"]:
    from .labels.subjects import real, simulated
    from .real_video.ingest import ingest

    if not options.videos:
        chosen = [options.clip] if options.clip else store.clip_ids()
        if not chosen:
            raise LabelError(f"{store.uri}: no clips to label; make some with 'phys4d generate'.")
        return [simulated(store, clip_id) for clip_id in chosen]
    ingested = []
    with tqdm(desc="videos", unit="frame", disable=None) as bar:
        for path in options.videos:
            ingested.append(ingest(Path(path), store, on_frames=bar.update))
    found = [real(store, video, shot) for video in ingested for shot in video.shots]
    if not found:
        reasons = "; ".join(reason for video in ingested for reason in video.left_out)
        raise LabelError(f"{', '.join(options.videos)}: no shot worth a label ({reasons}).")
    return found


def _told(made: Sequence["Labelled"]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from .labels.quality import quality_rows

    rows = [
        {
            "clip": each.manifest.source.clip_id,
            "estimator": each.manifest.source.estimator,
            "kind": each.manifest.source.kind,
            "frames": each.manifest.source.num_frames * each.manifest.source.cameras,
            "MB": round(sum(file.bytes for file in each.manifest.files) / 1e6, 1),
            "seconds": each.manifest.seconds,
            "reused": each.reused,
        }
        for each in made
    ]
    manifests = [each.manifest for each in made]
    quality = {what: quality_rows(manifests, what) for what in ("depth", "flow")}
    return rows, {"clips": rows, "quality": _without_nan(quality)}


def _without_nan(quality: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """JSON knows no NaN."""
    return {
        what: [
            {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in row.items()
            }
            for row in rows
        ]
        for what, rows in quality.items()
    }
