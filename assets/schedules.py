"""When new clips are made: a job for one batch, a nightly schedule that adds the next one."""

from collections.abc import Iterator

import dagster as dg

from .clips import category_manifest, dataset_release, rendered_clips, scene_specs, simulated_states
from .partitions import SEED_BATCH, Batch, categories, next_seeds, parse_seeds, seed_key

BATCH_SIZE = 8  # clips per category and night

generate_clips = dg.define_asset_job(
    "generate_clips",
    selection=[scene_specs, simulated_states, rendered_clips],
    description="One batch of one category: sample, simulate, render, store, check.",
)


@dg.schedule(
    job=generate_clips,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def nightly_batch(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Adds the next batch of seeds and asks for it in every category."""
    seeds = _waiting_seeds(context.instance)
    context.instance.add_dynamic_partitions(SEED_BATCH, [seed_key(seeds)])
    for category in categories.get_partition_keys():
        key = Batch(category=category, seeds=seeds).key
        yield dg.RunRequest(run_key=str(key), partition_key=key)


def _waiting_seeds(instance: dg.DagsterInstance) -> range:
    """The newest batch if no run has touched it yet, else the one after it.

    A tick that died between adding the batch and starting its runs is so taken up again.
    """
    newest = max(
        instance.get_dynamic_partitions(SEED_BATCH),
        key=lambda key: parse_seeds(key).stop,
        default=None,
    )
    if newest is None:
        return next_seeds([], BATCH_SIZE)
    touched = dg.RunsFilter(tags={f"dagster/partition/{SEED_BATCH}": newest})
    return (
        next_seeds([newest], BATCH_SIZE)
        if instance.get_runs_count(touched)
        else parse_seeds(newest)
    )


publish = dg.AutomationConditionSensorDefinition(
    "publish",
    target=[category_manifest, dataset_release],
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Keeps manifests and the release up to date with every rendered batch.",
)
