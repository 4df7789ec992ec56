"""The assets of training on a small published checkpoint: what they run, keep and tell."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import torch
from lesson_store import make_lessons

from assets.definitions import defs
from assets.resources import StoreResource
from assets.training import TrainerResource
from phys4d_pipeline.models.toy import toy_backbone

SHORT = ["engine.steps=2", "engine.checkpoint_every=2", "engine.log_every=1"]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store of labelled clips, a checkpoint in the published layout, a folder of runs."""
    folder = tmp_path_factory.mktemp("training")
    backbone = str(folder / "published")
    toy_backbone("wan", rng=torch.Generator().manual_seed(0)).save(backbone)
    store = make_lessons(folder / "store")
    return {"store": store, "backbone": backbone, "runs": str(folder / "runs")}


def materialize(
    places: dict[str, str], *assets: str, **settings: list[str]
) -> dg.ExecuteInProcessResult:
    trainer = {"preset": "tiny", "backbone": places["backbone"], "runs": places["runs"]}
    config: Any = {
        "resources": {
            "store": {"config": {"uri": places["store"]}},
            "trainer": {"config": {**trainer, "settings": settings}},
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with dg.instance_for_test() as instance:
        return defs.resolve_implicit_global_asset_job_def().execute_in_process(
            run_config=config,
            instance=instance,
            asset_selection=[dg.AssetKey(each) for each in assets],
            raise_on_error=False,
        )


def shown(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """Asset -> metadata of its materialization."""
    return {
        event.asset_key.to_user_string(): {
            name: value.value
            for name, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def test_a_published_checkpoint_goes_through_stages_1_and_2_once(places, monkeypatch):
    monkeypatch.setenv("PHYS4D_DEVICE", "cpu")
    chosen = ("base_model", "stage1_pseudo_pretraining", "stage2_physics_finetuning")
    words = {"stage1": SHORT, "stage2": [*SHORT, "losses.warp=0"]}
    told = shown(materialize(places, *chosen, **words))
    assert told["base_model"] == {"weights": places["backbone"]}
    stage2 = told["stage2_physics_finetuning"]
    assert stage2["steps"] == {"stage2": 2}
    assert stage2["sources"]["base"] == places["backbone"]
    assert stage2["config"]["losses"]["warp"] == 0
    files = [path for path in Path(places["runs"]).rglob("*") if path.is_file()]
    assert not [path for path in files if path.parts[-4:-2] == ("base", "export")]
    before = {path: path.stat().st_mtime_ns for path in files if path.suffix == ".safetensors"}
    assert shown(materialize(places, *chosen, **words)) == told
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_wrong_setting_fails_the_run_with_the_trainers_line(places):
    result = materialize(places, "stage1_pseudo_pretraining", stage1=["num_tap=3"])
    (failed,) = (event for event in result.all_events if event.is_step_failure)
    error = failed.step_failure_data.error
    assert error and "Did you mean 'num_taps'?" in str(error.cause or error)


def test_runs_of_other_clips_checkpoints_or_settings_lie_apart(places, tmp_path):
    store = StoreResource(uri=places["store"])
    trainers = [
        TrainerResource(),
        TrainerResource(preset="desk"),
        TrainerResource(backbone="a/b"),
        TrainerResource(settings={"stage2": ["rank=8"]}),
        TrainerResource(settings={"stage3": ["rank=8"]}),
    ]
    folders = [each.folder(store) for each in trainers]
    folders.append(TrainerResource().folder(StoreResource(uri=str(tmp_path))))
    assert len({*folders}) == 6
