"""A clip and an estimator -> its stored label, frame by frame, measured if the truth is known.

A label that is there already, of the same version and for the same content, is left alone. So a
run that was interrupted goes on with the clip it was at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import LabelError
from ..store import Store
from .estimator import DepthEstimator, FlowEstimator, FlowLabel, Kind
from .footage import Footage, Rgb
from .label_store import (
    DEPTH_LAYERS,
    FLOW_LAYERS,
    LabelManifest,
    LabelSource,
    LabelWriter,
    is_stored,
    read_manifest,
)
from .quality import measure_depth, measure_flow
from .subjects import Subject
from .validity import agrees

LARGEST_FLOW_PX = 1023.0
"""What a stored flow can hold; an estimate beyond is a mistake."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """What became of one clip and estimator."""

    manifest: LabelManifest
    reused: bool


def ignore(_: int) -> None:
    """Do nothing with a number of frames."""


def label_depth(
    subject: Subject,
    estimator: DepthEstimator,
    store: Store,
    *,
    on_frames: Callable[[int], object] = ignore,
) -> Labelled:
    """Depth of every camera.

    Args:
        subject: What to label.
        estimator: With what.
        store: Receives the label.
        on_frames: Called with the number of frames just labelled.
    """
    kind = estimator.kind
    space = "disparity" if kind is Kind.AFFINE_DISPARITY else "depth"
    source = _source(subject, estimator, kind.family, space)
    if (found := _reused(store, source, on_frames)) is not None:
        return found
    start = perf_counter()
    with LabelWriter(store, source, DEPTH_LAYERS[kind]) as writer:
        for camera, footage in enumerate(subject.cameras):
            count = 0
            for label in estimator.depth(footage):
                writer.add(camera, depth=label.depth, valid=label.valid)
                count += 1
                on_frames(1)
            _expect(count, footage)
        writer.finish()
        quality = measure_depth(writer.frames, subject.views, kind) if subject.views else {}
        manifest = writer.commit(quality=quality, seconds=perf_counter() - start)
    return Labelled(manifest=manifest, reused=False)


def label_flow(
    subject: Subject,
    estimator: FlowEstimator,
    store: Store,
    *,
    on_frames: Callable[[int], object] = ignore,
) -> Labelled:
    """Flow of every camera, there and back; arguments as of `label_depth`."""
    source = _source(subject, estimator, Kind.METRIC.family, "flow")
    if (found := _reused(store, source, on_frames)) is not None:
        return found
    start = perf_counter()
    with LabelWriter(store, source, FLOW_LAYERS) as writer:
        for camera, footage in enumerate(subject.cameras):
            count = 0
            for forward, backward in flow_labels(footage.frames(), estimator):
                writer.add(
                    camera,
                    flow_forward=forward.flow,
                    flow_backward=backward.flow,
                    valid=np.stack([forward.valid, backward.valid]),
                )
                count += 1
                on_frames(1)
            _expect(count, footage)
        writer.finish()
        quality = measure_flow(writer.frames, subject.views) if subject.views else {}
        manifest = writer.commit(quality=quality, seconds=perf_counter() - start)
    return Labelled(manifest=manifest, reused=False)


def flow_labels(
    frames: Iterator[Rgb], estimator: FlowEstimator
) -> Iterator[tuple[FlowLabel, FlowLabel]]:
    """(forward, backward) of every frame; all NaN where there is no next or previous frame."""
    here = next(frames)
    backward = _undefined(here)
    for there in frames:
        out, back = estimator.flow(here, there), estimator.flow(there, here)
        yield _label(out, agrees(out, back)), backward
        backward, here = _label(back, agrees(back, out)), there
    yield _undefined(here), backward


def _label(flow: np.ndarray, valid: np.ndarray) -> FlowLabel:
    holds = np.abs(flow).max(-1) < LARGEST_FLOW_PX  # NaN compares false
    kept = np.where(holds[..., None], flow, np.float32(np.nan)).astype(np.float32)
    return FlowLabel(flow=kept, valid=valid & holds)


def _undefined(frame: Rgb) -> FlowLabel:
    size = frame.shape[:2]
    return FlowLabel(flow=np.full((*size, 2), np.nan, np.float32), valid=np.zeros(size, bool))


def _source(subject: Subject, estimator: Any, kind: str, space: str) -> LabelSource:
    first = subject.cameras[0]
    return LabelSource(
        clip_id=subject.clip_id,
        source_sha256=subject.content_sha256,
        estimator=estimator.name,
        version=estimator.version,
        kind=kind,
        space=space,
        num_frames=first.num_frames,
        fps=first.fps,
        width=first.width,
        height=first.height,
        cameras=len(subject.cameras),
    )


def _reused(
    store: Store, source: LabelSource, on_frames: Callable[[int], object]
) -> Labelled | None:
    if not is_stored(store, source):
        return None
    manifest = read_manifest(store, source.estimator, source.clip_id)
    assert manifest is not None, "is_stored has just read it."
    on_frames(source.num_frames * source.cameras)
    return Labelled(manifest=manifest, reused=True)


def _expect(count: int, footage: Footage) -> None:
    if count != footage.num_frames:
        raise LabelError(
            f"{footage.name}: {count} labels for {footage.num_frames} frames; the video or the "
            "estimator ended early. Verify the clip with 'phys4d verify'."
        )
