"""Real videos -> shots; shots and clips -> pseudo-labels, with what they are worth as a check."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from phys4d_pipeline.errors import LabelError

from .clips import OWNERS, category_manifest
from .partitions import REAL_VIDEOS, label_categories, simulated_only
from .report import table
from .resources import StoreResource
from .versions import data_version, source_version

if TYPE_CHECKING:  # its imports bring in the renderer and the store
    from phys4d_pipeline.labels.label_clips import Labelled
    from phys4d_pipeline.labels.subjects import Subject
    from phys4d_pipeline.store import Store

GROUP = "labels"
BOUNDS = {"abs_rel": 0.1, "epe": 1.0}
"""Of valid pixels; a category above them gets a warning, never a stop: labels are estimates."""


class LabelResource(dg.ConfigurableResource):
    """Which estimators label, with which weights, and where real videos lie."""

    videos: str = Field(default="", description="A folder of video files; empty: none.")
    depth: str = Field(default="sgbm", description="For simulated clips; none: no depth.")
    depth_weights: str = Field(default="", description="Checkpoint folder or hub id.")
    real_depth: str = Field(default="none", description="For real videos; needs weights.")
    real_depth_weights: str = Field(default="", description="Checkpoint folder or hub id.")
    flow: str = Field(default="dis", description="For both; none: no flow.")
    flow_weights: str = Field(default="", description="Checkpoint folder or hub id.")

    def steps(self, category: str) -> list[tuple[Any, Any]]:
        """(labelling function, loaded estimator), as many as this category gets."""
        from phys4d_pipeline.labels.estimator import load_depth, load_flow
        from phys4d_pipeline.labels.label_clips import label_depth, label_flow

        depth, weights = (
            (self.real_depth, self.real_depth_weights)
            if category == REAL_VIDEOS
            else (self.depth, self.depth_weights)
        )
        found: list[tuple[Any, Any]] = []
        if depth != "none":
            found.append((label_depth, load_depth(depth, weights)))
        if self.flow != "none":
            found.append((label_flow, load_flow(self.flow, self.flow_weights)))
        return found


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "video"},
    code_version=source_version("phys4d_pipeline/real_video"),
)
def real_videos(
    context: dg.AssetExecutionContext, store: StoreResource, labels: LabelResource
) -> dg.MaterializeResult:
    """Shots of the videos in a folder: upright, evenly timed, cut apart, static ones left out."""
    from phys4d_pipeline.real_video.ingest import ingest

    opened, rows, ingested = store.open(), [], []
    files = sorted(path for path in Path(labels.videos).rglob("*") if path.is_file())
    for path in files if labels.videos else []:
        try:
            video = ingest(path, opened, on_frames=lambda _: None)
        except LabelError as error:
            context.log.warning(str(error))
            rows.append({"file": path.name, "shots": 0, "left out": 0, "fault": str(error)})
            continue
        ingested.append(video)
        left_out = len(video.left_out)
        fault = video.damage
        rows.append(
            {"file": path.name, "shots": len(video.shots), "left out": left_out, "fault": fault}
        )
    shots = [shot for video in ingested for shot in video.shots]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(shots),
            "seconds": float(sum(shot.num_frames / shot.fps for shot in shots)),
            "unreadable": len(files) * bool(labels.videos) - len(ingested),
            "files": table(rows),
        },
        data_version=data_version(sorted(shot.sha256 for shot in shots)),
    )


@dg.asset(
    partitions_def=label_categories,
    deps=[real_videos, dg.AssetDep(category_manifest, partition_mapping=simulated_only)],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"opencv", "parquet"},
    pool="label",
    code_version=source_version("phys4d_pipeline/labels", "phys4d_pipeline/metrics"),
)
def pseudo_labels(
    context: dg.AssetExecutionContext, store: StoreResource, labels: LabelResource
) -> dg.MaterializeResult:
    """Depth and flow as estimators see them, for stored clips and for real videos."""
    opened, made = store.open(), []
    steps = labels.steps(context.partition_key)
    for subject in _subjects(opened, context.partition_key):
        for step, estimator in steps:
            made.append(step(subject, estimator, opened))
            source = made[-1].manifest.source
            told = "labelled before" if made[-1].reused else f"{made[-1].manifest.seconds:.1f} s"
            context.log.info(f"{source.clip_id} | {source.estimator} | {told}")
    return dg.MaterializeResult(
        metadata={**_report(made), **_quality(opened, context.partition_key)},
        data_version=data_version(
            f"{file.file} {file.sha256}" for each in made for file in each.manifest.files
        ),
    )


def _subjects(store: "Store", category: str) -> list["Subject"]:
    from phys4d_pipeline.labels.subjects import real, simulated
    from phys4d_pipeline.real_video.ingest import videos
    from phys4d_pipeline.release import current_clips

    if category == REAL_VIDEOS:
        return [real(store, video, shot) for video in videos(store) for shot in video.shots]
    return [simulated(store, each.clip_id) for each in current_clips(store, category)]


def _report(made: list["Labelled"]) -> dict[str, Any]:
    rows = [
        {
            "clip": each.manifest.source.clip_id,
            "estimator": each.manifest.source.estimator,
            "kind": each.manifest.source.kind,
            "seconds": each.manifest.seconds,
            "reused": each.reused,
        }
        for each in made
    ]
    size = sum(file.bytes for each in made for file in each.manifest.files)
    return {"dagster/row_count": len(rows), "bytes": size, "labels": table(rows)}


def _quality(store: "Store", category: str) -> dict[str, Any]:
    """Tables of what the stored labels of a category are worth."""
    from phys4d_pipeline.labels.label_store import label_manifests
    from phys4d_pipeline.labels.quality import quality_rows

    manifests = list(label_manifests(store, category))
    rows = {what: quality_rows(manifests, what) for what in ("depth", "flow")}
    return {f"{what} quality": table(found) for what, found in rows.items() if found}


with warnings.catch_warnings():
    # Partitioned checks are a preview of Dagster 1.13; docs/operations.md says what to watch.
    warnings.simplefilter("ignore", dg.PreviewWarning)

    @dg.asset_check(asset=pseudo_labels, partitions_def=label_categories)
    def label_quality(
        context: dg.AssetCheckExecutionContext, store: StoreResource
    ) -> dg.AssetCheckResult:
        """Valid labels of simulated clips are near the ground truth, on the mean of a category."""
        from phys4d_pipeline.labels.label_store import label_manifests
        from phys4d_pipeline.labels.quality import quality_rows

        opened = store.open()
        manifests = list(label_manifests(opened, context.partition_key))
        found = [row for what in ("depth", "flow") for row in quality_rows(manifests, what)]
        poor = [
            f"{row['estimator']}: {name} {row[name]:g} > {bound:g}"
            for row in found
            for name, bound in BOUNDS.items()
            if row["region"] == "all" and not row.get(name, 0.0) <= bound
        ]
        return dg.AssetCheckResult(
            passed=not poor,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(poor) or None,
            metadata=_quality(opened, context.partition_key),
        )


the_labels = LabelResource(videos=os.environ.get("PHYS4D_VIDEOS", ""))
