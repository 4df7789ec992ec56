"""The pipeline on one screen: scenes -> states -> clips -> release; labels; model -> 3 stages."""

import dagster as dg

from .checks import clip_checks
from .clips import (
    category_manifest,
    dataset_release,
    rendered_clips,
    scene_specs,
    simulated_states,
)
from .labels import label_quality, pseudo_labels, real_videos, the_labels
from .resources import the_store, the_studio
from .schedules import generate_clips, nightly_batch, publish
from .training import (
    base_model,
    stage1_pseudo_pretraining,
    stage2_physics_finetuning,
    stage3_simulation_rl,
    the_trainer,
)

defs = dg.Definitions(
    assets=[
        scene_specs,
        simulated_states,
        rendered_clips,
        category_manifest,
        dataset_release,
        real_videos,
        pseudo_labels,
        base_model,
        stage1_pseudo_pretraining,
        stage2_physics_finetuning,
        stage3_simulation_rl,
    ],
    asset_checks=[*clip_checks, label_quality],
    jobs=[generate_clips],
    schedules=[nightly_batch],
    sensors=[publish],
    resources={
        "store": the_store,
        "studio": the_studio,
        "labels": the_labels,
        "trainer": the_trainer,
    },
)
