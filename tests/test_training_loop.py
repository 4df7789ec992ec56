import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from toy_training.adapters import PRESETS, ToyStage
from training_runs import TINY, final_state, interrupted, logged, trained

from phys4d_pipeline.errors import DeviceError, TrainingError
from training_jobs.engine.config import EngineConfig
from training_jobs.engine.distributed import training_device
from training_jobs.engine.exports import export_of, load_weights
from training_jobs.engine.loop import TrainingResult
from training_jobs.engine.stage import Draw, Trained, Weights


@pytest.fixture(autouse=True)
def _on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHYS4D_DEVICE", "cpu")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    """Six steps, checkpoints at 2, 4 and 6."""
    out = tmp_path_factory.mktemp("runs") / "toy_adapters"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHYS4D_DEVICE", "cpu")
        return out, trained(out)


@pytest.fixture
def copied(finished: tuple[Path, TrainingResult], tmp_path: Path) -> Path:
    """The finished run, without its export: it may be spoilt."""
    out = tmp_path / "toy_adapters"
    shutil.copytree(finished[0], out)
    shutil.rmtree(out / "export")
    return out


def test_a_stopped_and_resumed_run_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(TINY, engine=replace(TINY.engine, steps=10, checkpoint_every=5))
    monkeypatch.setattr("training_runs.TINY", config)
    straight = final_state(tmp_path / "straight", monkeypatch)
    interrupted(tmp_path / "stopped", 5, config)
    resumed = final_state(tmp_path / "stopped", monkeypatch, resume=True)
    assert straight.keys() == resumed.keys()
    kinds = {name.split("/")[1] for name in straight}
    assert kinds == {"modules", "optimizer", "averages", "step"}
    different = [
        name
        for name, value in straight.items()
        if not (
            torch.equal(value, resumed[name]) if torch.is_tensor(value) else value == resumed[name]
        )
    ]
    assert not different
    for name in ("loss", "scalars/flow", "gradient_norm"):
        assert logged(tmp_path / "stopped", name) == logged(tmp_path / "straight", name)
    assert list(logged(tmp_path / "stopped")) == list(range(1, 11))


def test_the_trained_parts_learn_and_the_trunk_stays(
    finished: tuple[Path, TrainingResult],
) -> None:
    out, result = finished
    assert result.step == 6
    assert result.losses[-1] < 0.9 * result.losses[0]
    exported, report = export_of(out.parent / "other", "toy_adapters")
    assert exported == result.export.resolve()
    assert (report.stage, report.step, report.averaged) == ("toy_adapters", 6, True)
    assert report.sources == {"latents": "made up"}
    fresh = ToyStage(TINY)
    before = {name: each.clone() for name, each in fresh.transformer.named_parameters()}
    load_weights(fresh.transformer, exported / "transformer.safetensors", frozen_too=False)
    changed = {
        name
        for name, each in fresh.transformer.named_parameters()
        if not torch.equal(each, before[name])
    }
    assert changed == {name for name in before if "lora" in name}
    load_weights(fresh.head, exported / "head.safetensors")


def test_bfloat16_learns_with_float32_weights_over_a_bfloat16_trunk(
    tmp_path: Path, finished: tuple[Path, TrainingResult]
) -> None:
    config = PRESETS["bfloat16"]
    result = trained(tmp_path, config, stage=ToyStage(config, trunk=torch.bfloat16))
    # The first loss differs by rounding alone: 8 bits, averaged over 4 clips of 768 numbers.
    assert result.losses[0] == pytest.approx(finished[1].losses[0], rel=2e-3)
    assert result.losses[0] != finished[1].losses[0]
    assert result.losses[-1] < 0.9 * result.losses[0]


def test_a_finished_run_is_not_trained_again(
    copied: Path, finished: tuple[Path, TrainingResult]
) -> None:
    result = trained(copied, resume=True)
    assert (result.step, result.losses) == (6, ())
    for name in ("transformer.safetensors", "head.safetensors"):
        assert (result.export / name).read_bytes() == (finished[1].export / name).read_bytes()
    made = (result.export / "export.json").stat().st_mtime_ns
    trained(copied, resume=True)
    assert (result.export / "export.json").stat().st_mtime_ns == made


def test_checkpoints_are_never_overwritten_by_a_new_run(copied: Path) -> None:
    with pytest.raises(TrainingError, match="holds checkpoints up to step_00000006; add --resume"):
        trained(copied)
    assert len(list((copied / "checkpoints").iterdir())) == 3


def test_a_resume_with_another_config_names_what_differs(copied: Path) -> None:
    other = replace(TINY, rank=2, engine=replace(TINY.engine, learning_rate=0.5, log_every=3))
    with pytest.raises(TrainingError) as error:
        trained(copied, other, resume=True)
    told = "(config.engine.learning_rate was 0.01, now 0.5; config.rank was 4, now 2)"
    assert told in str(error.value)
    moved = ToyStage(TINY)
    moved.sources = {"latents": "others"}
    with pytest.raises(TrainingError, match=r"sources.latents was 'made up', now 'others'"):
        trained(copied, resume=True, stage=moved)


def _truncated(folder: Path) -> str:
    path = folder / "__0_0.distcp"
    path.write_bytes(path.read_bytes()[:-1])
    return "__0_0.distcp has"


def _without_report(folder: Path) -> str:
    (folder / "complete.json").unlink()
    return "it has no complete.json"


def _half_written_report(folder: Path) -> str:
    (folder / "complete.json").write_text('{"step": 6')
    return "its complete.json cannot be read"


def _unfinished(folder: Path) -> str:
    folder.rename(folder.with_name(f"{folder.name}.tmp"))
    return "half-written by a run that was stopped; removed"


@pytest.mark.parametrize("spoil", [_truncated, _without_report, _half_written_report, _unfinished])
def test_a_half_written_checkpoint_is_left_aside_for_the_one_before(
    copied: Path,
    finished: tuple[Path, TrainingResult],
    caplog: pytest.LogCaptureFixture,
    spoil: object,
) -> None:
    told = spoil(copied / "checkpoints" / "step_00000006")  # type: ignore[operator]
    with caplog.at_level(logging.INFO, logger="training_jobs"):
        result = trained(copied, resume=True)
    lines = [record.getMessage() for record in caplog.records]
    assert told in lines[0]
    assert lines[1].endswith("step_00000004")
    assert lines[2].startswith("step 5/6 | loss ")
    assert result.losses == finished[1].losses[4:]
    assert (copied / "checkpoints" / "step_00000006" / "complete.json").exists()


def test_a_run_without_any_good_checkpoint_is_not_started_anew(copied: Path) -> None:
    for folder in (copied / "checkpoints").iterdir():
        _truncated(folder)
    with pytest.raises(TrainingError, match=r"no complete checkpoint among step_00000002, step"):
        trained(copied, resume=True)
    assert len(list((copied / "checkpoints").iterdir())) == 3


def test_a_checkpoint_with_wrong_bytes_is_told_in_one_line(copied: Path) -> None:
    path = copied / "checkpoints" / "step_00000006" / "__0_0.distcp"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(TrainingError, match=r"step_00000006: cannot be read .* remove this folder"):
        trained(copied, resume=True)


def test_a_loss_that_is_not_a_number_stops_and_keeps_the_last_good_checkpoint(
    tmp_path: Path,
) -> None:
    with pytest.raises(TrainingError) as error:
        trained(tmp_path, PRESETS["broken"])
    assert str(error.value).startswith("Step 5: loss is nan, gradient norm is nan, depth is nan")
    kept = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert kept == ["step_00000002", "step_00000004"]
    assert f"last good checkpoint: {tmp_path / 'checkpoints' / kept[-1]}." in str(error.value)
    assert not (tmp_path / "export").exists()


def test_a_second_trainer_is_refused(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(TrainingError, match="another trainer works in this folder"),
    ):
        trained(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_old_checkpoints_are_removed(tmp_path: Path) -> None:
    config = replace(TINY, engine=replace(TINY.engine, checkpoint_every=1, keep_checkpoints=2))
    trained(tmp_path, config)
    kept = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert kept == ["step_00000005", "step_00000006"]
    assert json.loads((tmp_path / "config.json").read_text())["stage"] == "toy_adapters"


@dataclass(frozen=True, kw_only=True)
class PointConfig:
    engine: EngineConfig


class PointStage:
    """One weight w; a clip with value c costs (w - c)^2 in two equal parts."""

    name = "point"
    sources = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.point = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.constant_(self.point.weight, 3.0)
        self.trained = {"point": Trained(module=self.point)}

    def batch(self, draw: Draw) -> torch.Tensor:
        return torch.tensor([float(clip) for clip in draw.clips(4)])

    def losses(
        self, batch: torch.Tensor, rng: torch.Generator
    ) -> Iterator[tuple[torch.Tensor, dict[str, float]]]:
        for _ in range(2):
            yield (self.point(torch.ones(1)) - batch).square().mean() / 2, {"clips": len(batch)}

    def export(self, folder: Path, weights: Weights) -> None:
        (folder / "point.txt").write_text(str(weights["point"]["weight"].item()))


@pytest.mark.parametrize("micro_batch_size", [1, 2, 4])
def test_parts_and_micro_batches_add_up_to_the_mean_over_clips(
    tmp_path: Path, micro_batch_size: int
) -> None:
    engine = EngineConfig(
        steps=1, batch_size=4, micro_batch_size=micro_batch_size, learning_rate=0.5, log_every=1
    )
    config = PointConfig(engine=replace(engine, weight_decay=0.0))
    result = trained(tmp_path, config, stage=PointStage())
    assert result.losses == pytest.approx([(9 + 4 + 1 + 0) / 4])
    assert logged(tmp_path, "gradient_norm")[1] == pytest.approx(2 * (3 - 1.5))
    assert logged(tmp_path, "scalars/clips")[1] == 2 * micro_batch_size
    # AdamW's first step is as long as the learning rate, whatever the gradient.
    assert float((tmp_path / "export" / "point.txt").read_text()) == pytest.approx(2.5)


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("PHYS4D_DEVICE", "cuda")
    with pytest.raises(DeviceError, match="finds 0; start fewer processes, or set PHYS4D_DEVICE"):
        training_device()
    monkeypatch.setenv("PHYS4D_DEVICE", "auto")
    assert training_device() == torch.device("cpu")
