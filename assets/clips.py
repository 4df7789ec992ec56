"""Scenes -> states -> clips -> manifests -> release: the dataset, one asset per arrow."""

import dagster as dg

from phys4d_pipeline.scene_catalog import catalog

from .partitions import all_batches, categories, clip_batches, parse_batch
from .report import category_report, clip_report, release_report, scene_report, states_report
from .resources import StoreResource, StudioResource
from .versions import data_version, source_version

OWNERS = ["team:clips"]
GROUP = "clips"
changed = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
)


@dg.asset(
    partitions_def=clip_batches,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "json"},
    code_version=source_version("sim_scenes"),
)
def scene_specs(
    context: dg.AssetExecutionContext, store: StoreResource, studio: StudioResource
) -> dg.MaterializeResult:
    """Complete scene descriptions, sampled from their seeds: bodies, cameras, light, solver."""
    batch = parse_batch(context.partition_key)
    specs = studio.scenes(batch)
    store.open().write_specs(batch.category, batch.name, specs)
    return dg.MaterializeResult(
        metadata=scene_report(specs), data_version=data_version(spec.to_json() for spec in specs)
    )


@dg.asset(
    partitions_def=clip_batches,
    deps=[scene_specs],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "parquet"},
    pool="simulate",
    code_version=source_version(
        "phys4d_pipeline/simulate", "phys4d_pipeline/shapes", engines=("pybullet", "mujoco")
    ),
)
def simulated_states(
    context: dg.AssetExecutionContext, store: StoreResource, studio: StudioResource
) -> dg.MaterializeResult:
    """Poses, velocities, contacts and energies of every frame. Kept when only looks change."""
    from phys4d_pipeline.production import simulate_all

    batch, opened = parse_batch(context.partition_key), store.open()
    specs = opened.read_specs(batch.category, batch.name)
    simulations = []
    for each in simulate_all(specs, opened, workers=studio.workers, limits=studio.limits()):
        context.log.info(each.summary)
        simulations.append(each)
    return dg.MaterializeResult(
        metadata=states_report(simulations),
        data_version=data_version(each.digest or each.failure for each in simulations),
    )


@dg.asset(
    partitions_def=clip_batches,
    deps=[scene_specs, simulated_states],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"numba", "parquet"},
    pool="render",
    code_version=source_version("phys4d_pipeline/render", "phys4d_pipeline/store"),
)
def rendered_clips(
    context: dg.AssetExecutionContext, store: StoreResource, studio: StudioResource
) -> dg.MaterializeResult:
    """1080p60 video with exact depth, flow, occlusion, segmentation and normals, checked."""
    from phys4d_pipeline.production import RenderPool, render_all
    from phys4d_pipeline.store import Clip

    batch, opened = parse_batch(context.partition_key), store.open()
    renderings = []
    with RenderPool(studio.workers) as pool:
        specs = opened.read_specs(batch.category, batch.name)
        for each in render_all(specs, opened, pool=pool):
            context.log.info(each.summary)
            renderings.append(each)
    return dg.MaterializeResult(
        metadata=clip_report(renderings, lambda manifest: Clip(opened, manifest).preview),
        data_version=data_version(each.content for each in renderings),
    )


@dg.asset(
    partitions_def=categories,
    deps=[dg.AssetDep(rendered_clips, partition_mapping=all_batches)],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"json"},
    automation_condition=changed,
    code_version="1",
)
def category_manifest(
    context: dg.AssetExecutionContext, store: StoreResource
) -> dg.MaterializeResult:
    """The clips of a category that its current scene specs name and that passed every check."""
    from phys4d_pipeline.release import current_clips

    manifests = current_clips(store.open(), context.partition_key)
    return dg.MaterializeResult(
        metadata=category_report(manifests),
        data_version=data_version(f"{each.clip_id} {each.content_sha256}" for each in manifests),
    )


@dg.asset(
    deps=[category_manifest],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"json"},
    automation_condition=changed,
    code_version="1",
)
def dataset_release(store: StoreResource) -> dg.MaterializeResult:
    """A frozen list of clips, splits and hashes: what a training run reads."""
    from phys4d_pipeline.release import current_clips, release

    opened = store.open()
    manifests = [each for name in catalog() for each in current_clips(opened, name)]
    released = release(opened, manifests)
    return dg.MaterializeResult(
        metadata=release_report(released, manifests),
        data_version=dg.DataVersion(released["sha256"][:16]),
    )
