"""All stages in order on two small clips, as a user runs them, and what each may touch."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from lesson_store import make_lessons
from safetensors.torch import load_file

import training_jobs
from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.loading import load_backbone
from phys4d_pipeline.models.toy import toy_backbone
from phys4d_pipeline.objectives import Weights
from training_jobs import (
    base_model,
    measure,
    meters,
    stage1_pseudo_pretraining,
    stage2_physics_finetuning,
    stage3_simulation_rl,
    trials,
    video_codec,
)
from training_jobs.engine.latents import module_sha256
from training_jobs.engine.stage import Draw
from training_jobs.lessons.world_model import HEADS

STAGES = (
    video_codec,
    base_model,
    meters,
    stage1_pseudo_pretraining,
    stage2_physics_finetuning,
    stage3_simulation_rl,
)
DRAW = Draw(step=0, first=0, size=1, seed=0)


def short(stage: ModuleType) -> Any:
    """The preset `tiny` in two steps."""
    config = stage.PRESETS["tiny"]
    engine = replace(config.engine, steps=2, checkpoint_every=2, log_every=1, batch_size=2)
    return replace(config, engine=replace(engine, warmup_steps=0))


@pytest.fixture(autouse=True)
def _on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHYS4D_DEVICE", "cpu")


@pytest.fixture(scope="module")
def store_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two labelled clips of split `train`, one that is held out."""
    return make_lessons(tmp_path_factory.mktemp("store"))


def run(stage: ModuleType, store_uri: str, runs: Path) -> Path:
    """Train one stage; the folder of its export."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(stage.PRESETS, "short", short(stage))
        result = training_jobs.run(
            stage, preset="short", store_uri=store_uri, out=runs / stage.NAME, resume=True
        )
    return result.export


@pytest.fixture(scope="module")
def runs(store_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every stage, trained in order beside the others."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHYS4D_DEVICE", "cpu")
        for stage in STAGES:
            run(stage, store_uri, folder)
    return folder


def exported(runs: Path, stage: str) -> dict[str, Any]:
    return json.loads((runs / stage / "export" / "export.json").read_text())


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.NAME)
def test_a_stage_is_done_says_what_it_is_made_of_and_runs_no_more(stage, store_uri, runs):
    report = exported(runs, stage.NAME)
    assert report["step"] == 2
    assert report["sources"]["clips"]
    before = {path: path.stat().st_mtime_ns for path in (runs / stage.NAME / "export").iterdir()}
    run(stage, store_uri, runs)
    after = {path: path.stat().st_mtime_ns for path in (runs / stage.NAME / "export").iterdir()}
    assert after == before


def test_the_codec_measures_what_its_latents_are(runs):
    config = json.loads((runs / "codec/export/backbone/vae/config.json").read_text())
    assert any(mean != 0 for mean in config["latents_mean"])
    assert all(std > 0 for std in config["latents_std"])


def test_the_base_model_differs_from_the_codecs_in_its_transformer_only(runs):
    before, after = (load_backbone(runs / name / "export/backbone") for name in ("codec", "base"))
    assert module_sha256(before.vae) == module_sha256(after.vae)
    assert module_sha256(before.transformer) != module_sha256(after.transformer)


def test_stage_1_leaves_the_backbone_without_gradient_and_refuses_if_it_changed(
    store_uri, runs, tmp_path
):
    config = short(stage1_pseudo_pretraining)
    stage = stage1_pseudo_pretraining.prepare(config, store_uri, runs / "stage1")
    ((loss, _),) = stage.losses(stage.batch(DRAW), DRAW.rng("losses"))
    loss.backward()
    transformer = stage.model.backbone.transformer
    assert all(each.grad is None for each in transformer.parameters())
    assert all(each.grad is not None for each in stage.heads.parameters())
    with torch.no_grad():
        next(transformer.parameters()).add_(1e-3)
    with pytest.raises(TrainingError, match="backbone's weights changed"):
        stage.export(tmp_path, {})


def test_stage_2_trains_adapters_and_heads_and_leaves_out_what_weighs_nothing(store_uri, runs):
    config = short(stage2_physics_finetuning)
    stage = stage2_physics_finetuning.prepare(config, store_uri, runs / "stage2")
    ((loss, parts),) = stage.losses(stage.batch(DRAW), DRAW.rng("losses"))
    assert set(parts) == {"flow_matching", "depth", "motion", "warp"}
    loss.backward()
    for name, each in stage.model.backbone.transformer.named_parameters():
        assert (each.grad is not None) == (".sft." in name)
    bare = replace(config, losses=Weights(depth=0.0, warp=0.0))
    stage = stage2_physics_finetuning.prepare(bare, store_uri, runs / "stage2")
    ((_, parts),) = stage.losses(stage.batch(DRAW), DRAW.rng("losses"))
    assert set(parts) == {"flow_matching", "motion"}


def test_stage_2_without_losses_of_geometry_leaves_the_heads_as_they_are(
    store_uri, runs, tmp_path, monkeypatch
):
    config = short(stage2_physics_finetuning)
    bare = replace(config, losses=Weights(depth=0.0, motion=0.0, warp=0.0))
    monkeypatch.setitem(stage2_physics_finetuning.PRESETS, "bare", bare)
    for name in ("base", "latents", "stage1"):
        (tmp_path / name).symlink_to(runs / name)
    out = tmp_path / "stage2"
    training_jobs.run(
        stage2_physics_finetuning, preset="bare", store_uri=store_uri, out=out, resume=False
    )
    before, after = (load_file(each / "export" / HEADS) for each in (runs / "stage1", out))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_trial_trains_and_measures_every_stage_and_control_once(
    store_uri, runs, tmp_path, monkeypatch
):
    for stage in STAGES:
        monkeypatch.setitem(stage.PRESETS, "short", short(stage))
    for name in trials.SHARED:
        (tmp_path / name).symlink_to(runs / name)
    measured = trials.trial(1, store_uri=store_uri, runs=tmp_path, preset="short")
    assert set(measured) == {*measure.STAGES, *trials.CONTROLS}
    assert "pixel_mse" in measured["stage1"][0] and "pixel_mse" not in measured["untrained"][0]
    assert measured["stage1"][0]["abs_rel"] != measured["untrained"][0]["abs_rel"]
    assert measured["stage2"][0]["warp"] != measured["without_warp"][0]["warp"]
    assert exported(tmp_path / "seed_1", "stage2")["config"]["engine"]["seed"] == 1
    monkeypatch.setattr(trials, "run_config", None)  # nothing is trained twice
    assert trials.trial(1, store_uri=store_uri, runs=tmp_path, preset="short") == measured
    assert "1 seeds, 1 held-out windows" in trials.report([measured])[0]


def test_stage_3_exports_an_adapter_on_top_of_stage_2s(runs):
    sft, rl = (
        load_file(runs / name / "export/pytorch_lora_weights.safetensors")
        for name in ("stage2", "stage3")
    )
    assert sft.keys() == rl.keys()
    assert any(bool(each.any()) for name, each in rl.items() if "lora_B" in name)


def test_stage_3_samples_once_for_all_updates_on_the_same_clips(store_uri, runs):
    config = short(stage3_simulation_rl)
    assert config.policy.updates == 2
    stage = stage3_simulation_rl.prepare(config, store_uri, runs / "stage3")
    size = config.engine.micro_batch_size
    kept = []
    for step in range(3):
        draw = Draw(step=step, first=step * config.engine.batch_size, size=size, seed=0)
        list(stage.losses(stage.batch(draw), draw.rng("losses")))
        kept.append(stage._rollouts[draw.first - step % 2 * config.engine.batch_size])
    assert kept[0] is kept[1]
    assert kept[2] is not kept[0]


def test_a_stage_3_that_could_not_be_resumed_is_refused(store_uri, runs):
    config = short(stage3_simulation_rl)
    config = replace(config, engine=replace(config.engine, steps=3, checkpoint_every=3))
    with pytest.raises(TrainingError, match=r"checkpoint_every \(3\) must be a multiple .* \(2\)"):
        stage3_simulation_rl.prepare(config, store_uri, runs / "stage3")


@pytest.mark.parametrize("family", ["wan", "cogvideox", "opensora"])
def test_a_published_checkpoint_in_bfloat16_goes_through_all_stages(family, store_uri, tmp_path):
    published = str(tmp_path / family)
    toy_backbone(family, rng=torch.Generator().manual_seed(0)).save(published)
    settings = [f"backbone={published}", "engine.warmup_steps=0", "engine.steps=2"]
    settings += ["engine.checkpoint_every=2", "windows.geometry_reduction=2"]
    settings += ["windows.height=48", "windows.width=64"]
    half = ["engine.dtype=bfloat16"]
    for stage in (
        stage1_pseudo_pretraining,
        stage2_physics_finetuning,
        meters,
        stage3_simulation_rl,
    ):
        training_jobs.run(
            stage,
            preset="tiny",
            store_uri=store_uri,
            out=tmp_path / stage.NAME,
            resume=False,
            settings=settings if stage is meters else settings + half,
        )
        assert exported(tmp_path, stage.NAME)["sources"]["base"] == published
    for name in ("stage2", "stage3"):
        weights = load_file(tmp_path / name / "export/pytorch_lora_weights.safetensors")
        assert {each.dtype for each in weights.values()} == {torch.float32}
        assert any(each.any() for key, each in weights.items() if "lora_B" in key)
    measured = measure.measure_stages(store_uri, tmp_path, "tiny", measure.STAGES, seed=0)
    assert set(measured) == set(measure.STAGES)
    for rows in measured.values():
        assert all(math.isfinite(each) for name, each in rows[0].items())


def test_what_is_missing_is_told_with_the_command_that_makes_it(store_uri, runs, tmp_path):
    tiny = {stage: short(stage) for stage in STAGES}
    with pytest.raises(TrainingError, match="phys4d generate --preset lesson"):
        windows = replace(tiny[video_codec].windows, fps=24)
        config = replace(tiny[video_codec], windows=windows)
        video_codec.prepare(config, store_uri, tmp_path / "codec")
    with pytest.raises(TrainingError, match="no weights of stage 'codec'"):
        base_model.prepare(tiny[base_model], store_uri, tmp_path / "base")
    with pytest.raises(TrainingError, match=r"phys4d label --store .* --depth dpt --flow dis"):
        config = replace(tiny[stage1_pseudo_pretraining], depth="dpt")
        stage1_pseudo_pretraining.prepare(config, store_uri, runs / "stage1")
