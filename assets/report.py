"""Library results -> typed metadata of an asset's page, small enough for the event log."""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from phys4d_pipeline.scene import SceneSpec

if TYPE_CHECKING:  # their imports bring in the renderer and the store
    from phys4d_pipeline.production import Rendering, Simulation
    from phys4d_pipeline.store import Manifest

MAX_INLINE_BYTES = 96_000
"""Of all previews of one materialization: each is a row of the event log's database."""
COLUMN_TYPES = {int: "int", float: "float", str: "string", bool: "bool"}


def table(rows: Sequence[dict[str, Any]]) -> dg.TableMetadataValue:
    """Rows with equal keys -> a table; the first row gives the column types."""
    first = rows[0] if rows else {}
    columns = [
        dg.TableColumn(name=name, type=COLUMN_TYPES[type(value)]) for name, value in first.items()
    ]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(row) for row in rows], schema=dg.TableSchema(columns=columns)
    )


def scene_report(specs: Sequence[SceneSpec]) -> dict[str, Any]:
    """Counts and one row per scene."""
    rows = [
        {
            "family": spec.family,
            "seed": spec.seed,
            "split": spec.split,
            "bodies": len(spec.bodies),
            "frames": spec.num_frames,
            "size": f"{spec.width}x{spec.height}",
            "solver": spec.solver.name,
            "caption": spec.caption,
        }
        for spec in specs
    ]
    return {
        "dagster/row_count": len(specs),
        "frames": sum(spec.num_frames for spec in specs),
        "scenes": table(rows),
    }


def states_report(simulations: Sequence["Simulation"]) -> dict[str, Any]:
    """Counts, seconds and one row per simulated scene."""
    rows = [
        {
            "clip": each.clip_id,
            "family": each.spec.family,
            "seed": each.spec.seed,
            "seconds": round(each.seconds, 2),
            "reused": each.reused,
            "checks": len(each.checks),
            "failure": each.failure,
        }
        for each in simulations
    ]
    return {
        "dagster/row_count": len(rows),
        "simulated": sum(not each.reused for each in simulations),
        "reused": sum(each.reused for each in simulations),
        "seconds": float(sum(each.seconds for each in simulations)),
        "simulations": table(rows),
    }


def clip_report(
    renderings: Sequence["Rendering"], read_preview: Callable[["Manifest"], bytes]
) -> dict[str, Any]:
    """Counts, bytes, seconds, one row per clip and moving previews."""
    rows = [_clip_row(each) for each in renderings]
    previews = {
        f"{each.manifest.family}, seed {each.manifest.seed}": read_preview(each.manifest)
        for each in renderings
        if each.manifest is not None
    }
    return {
        "dagster/row_count": sum(not each.failure for each in renderings),
        "rendered": sum(not each.reused and not each.failure for each in renderings),
        "reused": sum(each.reused for each in renderings),
        "quarantined": sum(bool(each.failure) for each in renderings),
        "bytes": sum(each.manifest.num_bytes for each in renderings if each.manifest),
        "clips": table(rows),
        "preview": dg.MetadataValue.md(inline_previews(previews)),
    }


def _clip_row(rendering: "Rendering") -> dict[str, Any]:
    manifest = rendering.manifest
    timings = manifest.timings if manifest else {}
    return {
        "clip": rendering.clip_id,
        "family": rendering.spec.family,
        "seed": rendering.spec.seed,
        "frames": manifest.num_frames if manifest else 0,
        "MB": round(manifest.num_bytes / 1e6, 2) if manifest else 0.0,
        "checks": manifest.checks["total"] if manifest else 0,
        **{f"{name} [s]": round(timings.get(name, 0.0), 2) for name in STAGES},
        "reused": rendering.reused,
        "failure": rendering.failure,
    }


STAGES = ("simulate", "render", "encode", "store")


def inline_previews(previews: dict[str, bytes]) -> str:
    """Animated WebP pictures as markdown, as many as fit."""
    lines, room = [], MAX_INLINE_BYTES
    for title, data in previews.items():
        line = f"![{title}](data:image/webp;base64,{base64.b64encode(data).decode()})"
        if len(line) <= room:
            lines.append(line)
            room -= len(line)
    return "\n".join(lines)


def category_report(manifests: Sequence["Manifest"]) -> dict[str, Any]:
    """What a list of manifests amounts to."""
    return {
        "dagster/row_count": len(manifests),
        **totals(manifests),
        "families": _families(manifests),
    }


def totals(manifests: Iterable["Manifest"]) -> dict[str, Any]:
    """Clips, frames, hours and bytes."""
    manifests = list(manifests)
    return {
        "clips": len(manifests),
        "frames": sum(each.num_frames for each in manifests),
        "hours": sum(each.num_frames / each.fps for each in manifests) / 3600,
        "bytes": sum(each.num_bytes for each in manifests),
    }


def _families(manifests: Sequence["Manifest"]) -> dg.TableMetadataValue:
    counts = Counter((each.family, each.split) for each in manifests)
    return table(
        [
            {"family": family, "split": split, "clips": n}
            for (family, split), n in sorted(counts.items())
        ]
    )


def release_report(release: dict[str, Any], manifests: Sequence["Manifest"]) -> dict[str, Any]:
    """Its name, what it amounts to, and one row per category and split."""
    counts = Counter((each.category, each.split) for each in manifests)
    rows = [
        {"category": category, "split": split, "clips": n}
        for (category, split), n in sorted(counts.items())
    ]
    return {
        "dagster/row_count": len(manifests),
        "release": release["release_id"],
        "sha256": release["sha256"],
        **totals(manifests),
        "splits": table(rows),
    }
