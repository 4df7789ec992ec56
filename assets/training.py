"""The released clips and their labels -> a video model, and three stages that teach it physics.

Every stage runs in a process of its own: its memory, and a GPU's, are free again when it ends. A
run that was stopped goes on from its newest checkpoint when the asset is materialized again; with
other clips in the store, training starts in a new folder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
from pydantic import Field

from .clips import OWNERS, dataset_release
from .labels import pseudo_labels
from .resources import StoreResource
from .versions import data_version, source_version

GROUP = "training"


class TrainerResource(dg.ConfigurableResource):
    """How large the models are, where they are kept, and on how many processes they train."""

    preset: str = Field(default="demo", description="tiny, demo, desk or small.")
    backbone: str = Field(
        default="", description="Folder or hub id of a published checkpoint; empty trains a small."
    )
    settings: dict[str, list[str]] = Field(
        default={}, description='Stage -> what differs from the preset: ["losses.warp=0"].'
    )
    runs: str = Field(default="runs", description="Folder of checkpoints, logs and weights.")
    processes: int = Field(default=1, description="One per GPU; more than one run under torchrun.")

    def folder(self, store: StoreResource) -> Path:
        """Of all stages on the clips that the store holds now."""
        manifests = store.open().manifests()
        clips = data_version(f"{each.clip_id} {each.content_sha256}" for each in manifests)
        changes = [f"{stage} {each}" for stage, some in self.settings.items() for each in some]
        changes += [self.backbone] if self.backbone else []
        words = [self.preset, clips.value, *([data_version(changes).value] if changes else [])]
        return Path(self.runs) / "-".join(words)

    def command(self, stage: str, store_uri: str, out: Path) -> list[str]:
        """What a user would type to train one stage, or go on with it."""
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
        several = [*torchrun, str(self.processes)] if self.processes > 1 else []
        words = [stage, "--preset", self.preset, "--store", store_uri, "--out", str(out)]
        settings = [f"backbone={self.backbone}"] if self.backbone else []
        for each in settings + self.settings.get(stage, []):
            words += ["--set", each]
        return [sys.executable, *several, "-m", "phys4d_pipeline.cli", "train", *words, "--resume"]


the_trainer = TrainerResource(
    preset=os.environ.get("PHYS4D_TRAINING_PRESET", "demo"),
    backbone=os.environ.get("PHYS4D_BACKBONE", ""),
    runs=os.environ.get("PHYS4D_RUNS", "runs"),
)


@dg.asset(
    deps=[dataset_release],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"pytorch", "safetensors"},
    pool="train",
    code_version=source_version("training_jobs", "phys4d_pipeline/models"),
)
def base_model(
    context: dg.AssetExecutionContext, store: StoreResource, trainer: TrainerResource
) -> dg.MaterializeResult:
    """A small VAE and video DiT from nothing, unless the trainer names a published checkpoint."""
    if trainer.backbone:
        context.log.info(f"{trainer.backbone} takes its place: nothing to train")
        return dg.MaterializeResult(
            metadata={"weights": trainer.backbone}, data_version=data_version([trainer.backbone])
        )
    return _trained(context, store, trainer, "codec", "base")


@dg.asset(
    deps=[base_model, pseudo_labels],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"pytorch", "safetensors"},
    pool="train",
    code_version=source_version("training_jobs", "phys4d_pipeline/models"),
)
def stage1_pseudo_pretraining(
    context: dg.AssetExecutionContext, store: StoreResource, trainer: TrainerResource
) -> dg.MaterializeResult:
    """Heads for depth and motion on the frozen model, from pseudo-labels."""
    return _trained(context, store, trainer, "stage1")


@dg.asset(
    deps=[stage1_pseudo_pretraining, dataset_release],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"pytorch", "safetensors"},
    pool="train",
    code_version=source_version("training_jobs", "phys4d_pipeline/models"),
)
def stage2_physics_finetuning(
    context: dg.AssetExecutionContext, store: StoreResource, trainer: TrainerResource
) -> dg.MaterializeResult:
    """Adapters and heads on ground truth: flow matching, depth, motion, warp consistency."""
    return _trained(context, store, trainer, "stage2")


@dg.asset(
    deps=[stage2_physics_finetuning, dataset_release],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"pytorch", "safetensors"},
    pool="train",
    code_version=source_version("training_jobs", "phys4d_pipeline/models"),
)
def stage3_simulation_rl(
    context: dg.AssetExecutionContext, store: StoreResource, trainer: TrainerResource
) -> dg.MaterializeResult:
    """PPO with the 4D distance to the simulator's trajectories as the reward."""
    return _trained(context, store, trainer, "meters", "stage3")


def _trained(
    context: dg.AssetExecutionContext,
    store: StoreResource,
    trainer: TrainerResource,
    *stages: str,
) -> dg.MaterializeResult:
    folder, reports = trainer.folder(store), {}
    for stage in stages:
        _run(context, trainer.command(stage, store.uri, folder / stage))
        reports[stage] = json.loads((folder / stage / "export" / "export.json").read_text())
    last = reports[stages[-1]]
    return dg.MaterializeResult(
        metadata={
            "steps": {stage: report["step"] for stage, report in reports.items()},
            "weights": dg.MetadataValue.path(str((folder / stages[-1] / "export").resolve())),
            "sources": last["sources"],
            "config": last["config"],
        },
        data_version=data_version(sorted(last["files"].values())),
    )


def _run(context: dg.AssetExecutionContext, command: list[str]) -> None:
    """Lines of the process become the run's log, its last one the reason of a failure."""
    line = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for each in process.stdout:
            line = each.strip()
            context.log.info(line)
    if process.returncode:
        raise dg.Failure(line, metadata={"command": " ".join(command)})
