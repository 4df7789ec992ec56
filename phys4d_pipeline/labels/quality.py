"""Labels of a simulated clip against its ground truth -> figures per region, pooled per category.

Every region is measured twice: where the label calls itself valid, and wherever there is one. So a
reader sees what the validity mask is worth.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..metrics.depth import DepthSums, depth_sums
from ..metrics.flow import FlowSums, flow_sums
from ..store import Clip
from .alignment import IDENTITY, ScaleShift, fit_clip
from .estimator import Kind
from .label_store import LabelManifest

REGIONS = ("all", "objects", "background")
Frames = Iterable[np.ndarray]


def measure_depth(
    read: Callable[[str, int], Frames], views: Sequence[Clip], kind: Kind
) -> dict[str, Any]:
    """Depth labels of every camera.

    Args:
        read: (layer, camera) -> frames of the label.
        views: The clip as each of its cameras sees it.
        kind: Affine labels get one scale and one shift per camera and clip, from ground truth.
    """
    regions, scales = _Regions(DepthSums()), []
    for camera, view in enumerate(views):
        aligned = _aligned(read, view, camera, kind)
        scales.append(asdict(aligned))
        for label, valid, truth, ids in zip(
            read("depth", camera), read("valid", camera), view.depth, view.segmentation, strict=True
        ):
            metres = aligned.depth(label, kind)
            regions.add(
                lambda mask, a=metres, b=truth: depth_sums(a, b, mask),
                known=np.isfinite(truth),
                valid=valid.astype(bool),
                ids=ids,
            )
    return {"what": "depth", "regions": regions.plain(), "alignment": scales}


def _aligned(read: Callable[[str, int], Frames], view: Clip, camera: int, kind: Kind) -> ScaleShift:
    if kind is Kind.METRIC:
        return IDENTITY
    frames = zip(read("depth", camera), view.depth, read("valid", camera), strict=True)
    return fit_clip(((label, truth, valid.astype(bool)) for label, truth, valid in frames), kind)


def measure_flow(read: Callable[[str, int], Frames], views: Sequence[Clip]) -> dict[str, Any]:
    """Flow labels of every camera, forward; arguments as of `measure_depth`."""
    regions = _Regions(FlowSums())
    for camera, view in enumerate(views):
        for label, valid, truth, ids in zip(
            read("flow_forward", camera),
            read("valid", camera),
            view.flow_forward,
            view.segmentation,
            strict=True,
        ):
            regions.add(
                lambda mask, a=label, b=truth: flow_sums(a, b, mask),
                known=np.isfinite(truth).all(-1),
                valid=valid[0].astype(bool),
                ids=ids,
            )
    return {"what": "flow", "regions": regions.plain()}


class _Regions:
    """Sums of all frames so far."""

    def __init__(self, empty: DepthSums | FlowSums) -> None:
        self._known = dict.fromkeys(REGIONS, 0)
        self._trusted = dict.fromkeys(REGIONS, 0)
        self._sums: dict[str, dict[str, Any]] = {
            name: {"valid": empty, "everywhere": empty} for name in REGIONS
        }

    def add(
        self, measure: Callable[[np.ndarray], Any], known: Any, valid: Any, ids: np.ndarray
    ) -> None:
        for name, inside in zip(
            REGIONS, (known, known & (ids > 0), known & (ids == 0)), strict=True
        ):
            self._known[name] += int(inside.sum())
            self._trusted[name] += int((inside & valid).sum())
            self._sums[name]["valid"] += measure(inside & valid)
            self._sums[name]["everywhere"] += measure(inside)

    def plain(self) -> dict[str, Any]:
        return {
            name: {
                "pixels": self._known[name],
                "trusted": self._trusted[name],
                **{key: asdict(sums) for key, sums in self._sums[name].items()},
            }
            for name in REGIONS
        }


def quality_rows(manifests: Iterable[LabelManifest], what: str) -> list[dict[str, Any]]:
    """One row per estimator, category and region, pooled over the pixels of its clips.

    Args:
        manifests: Of labels; those of real videos have no quality and are left out.
        what: `depth` (abs_rel, delta1) or `flow` (epe [px], f1_all). `_any` stands for all pixels
            that carry a label, otherwise they are the valid ones; NaN where there are none.
    """
    groups: dict[tuple[str, str], list[LabelManifest]] = {}
    for manifest in manifests:
        if manifest.quality and manifest.quality["what"] == what:
            groups.setdefault((manifest.source.estimator, manifest.category), []).append(manifest)
    return [_row(group, region) for _, group in sorted(groups.items()) for region in REGIONS]


def _row(group: Sequence[LabelManifest], region: str) -> dict[str, Any]:
    parts = [each.quality["regions"][region] for each in group]
    known, trusted = (sum(part[name] for part in parts) for name in ("pixels", "trusted"))
    figures = _depth_figures if group[0].quality["what"] == "depth" else _flow_figures
    found = {
        "coverage": trusted / known if known else float("nan"),
        **figures(parts, "valid"),
        **{f"{name}_any": value for name, value in figures(parts, "everywhere").items()},
    }
    return {
        "estimator": group[0].source.estimator,
        "kind": group[0].source.kind,
        "category": group[0].category,
        "clips": len(group),
        "region": region,
        **{name: round(value, 4) for name, value in found.items()},
    }


def _depth_figures(parts: Sequence[dict[str, Any]], which: str) -> dict[str, float]:
    pooled = sum((DepthSums(**part[which]) for part in parts), DepthSums())
    return {"abs_rel": pooled.abs_rel, "delta1": pooled.delta1}


def _flow_figures(parts: Sequence[dict[str, Any]], which: str) -> dict[str, float]:
    pooled = sum((FlowSums(**part[which]) for part in parts), FlowSums())
    return {"epe": pooled.epe, "f1_all": pooled.f1_all}
