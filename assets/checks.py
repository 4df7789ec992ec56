"""Blocking checks: what a partition may not get past if its data could be wrong.

A clip that fails is in quarantine already, so a batch that lost a few only warns; a batch that
lost more than MAX_QUARANTINED of its clips points to a fault of the code and stops everything
downstream of it.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from phys4d_pipeline.checks import Check

from .clips import rendered_clips, simulated_states
from .partitions import clip_batches, parse_batch
from .report import table
from .resources import StoreResource

if TYPE_CHECKING:  # its imports bring in the renderer and the store
    from phys4d_pipeline.verdicts import Verdict

MAX_QUARANTINED = 0.25  # share of a batch


def physics(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """The stored states obey conservation and contact laws, each within its stated bound."""
    from phys4d_pipeline.verdicts import judge_states

    batch, opened = parse_batch(context.partition_key), store.open()
    specs = opened.read_specs(batch.category, batch.name)
    return _result([judge_states(spec, opened) for spec in specs])


def ground_truth(
    context: dg.AssetCheckExecutionContext, store: StoreResource
) -> dg.AssetCheckResult:
    """Every clip of the batch is stored whole, and its layers agree with each other."""
    from phys4d_pipeline.verdicts import judge_clip

    batch, opened = parse_batch(context.partition_key), store.open()
    specs = opened.read_specs(batch.category, batch.name)
    return _result([judge_clip(spec, opened) for spec in specs])


def _result(verdicts: Sequence["Verdict"]) -> dg.AssetCheckResult:
    failed = [each for each in verdicts if each.failure]
    too_many = len(failed) > MAX_QUARANTINED * len(verdicts)
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if too_many else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{each.clip_id}: {each.failure}" for each in failed) or None,
        metadata={"clips": len(verdicts), "failed": len(failed), "checks": _worst(verdicts)},
    )


def _worst(verdicts: Sequence["Verdict"]) -> dg.TableMetadataValue:
    """One row per law: the clip that came nearest to its bound."""
    rows = []
    by_name: dict[str, list[tuple[str, Check]]] = {}
    for verdict in verdicts:
        for check in verdict.checks:
            by_name.setdefault(check.name, []).append((verdict.clip_id, check))
    for name, found in sorted(by_name.items()):
        clip_id, worst = max(found, key=lambda pair: pair[1].value)
        rows.append(
            {
                "check": name,
                "clips": len(found),
                "failed": sum(not check.passed for _, check in found),
                "worst": float(worst.value),
                "bound": float(worst.bound),
                "unit": worst.unit,
                "worst clip": clip_id,
                "source": worst.source,
            }
        )
    return table(rows)


with warnings.catch_warnings():
    # Partitioned checks are a preview of Dagster 1.13; docs/operations.md says what to watch.
    warnings.simplefilter("ignore", dg.PreviewWarning)
    clip_checks = [
        dg.asset_check(asset=asset, blocking=True, partitions_def=clip_batches)(function)
        for asset, function in ((simulated_states, physics), (rendered_clips, ground_truth))
    ]
