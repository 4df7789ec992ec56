"""`phys4d train` as a command, under torchrun, and killed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from toy_training.adapters import TINY
from training_runs import announced, command, interrupted, logged, trained

from phys4d_pipeline import cli
from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.train_command import stages
from training_jobs.engine.distributed import Processes
from training_jobs.engine.loop import _check_shares

Train = Callable[..., tuple[int, str, list[str]]]
"""Exit code, stdout, lines of stderr."""
WORDS = ("train", "toy_adapters", "--store", "unused")


@pytest.fixture
def train(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Train:
    """The command in this process."""
    monkeypatch.setenv("PHYS4D_DEVICE", "cpu")
    monkeypatch.syspath_prepend(announced(tmp_path / "installed"))

    def run(*words: object) -> tuple[int, str, list[str]]:
        try:
            code = cli.main([str(word) for word in (*WORDS, *words)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return run


def test_the_command_trains_and_goes_on(train: Train, tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, printed, err = train("--preset", "tiny", "--out", out)
    assert (code, printed, err) == (0, f"{out / 'export'}\n", [])
    code, printed, err = train("--preset", "tiny", "--out", out, "--resume")
    assert (code, printed, err) == (0, f"{out / 'export'}\n", [])


def test_stages_are_found_by_their_name_in_announced_packages(train: Train) -> None:
    package, module = stages()["toy_adapters"]
    assert (package.__name__, module.__name__) == ("toy_training", "toy_training.adapters")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--preset", "tinny", "--out", "{}"), "Unknown preset of stage toy_adapters 'tinny'. Did"),
        (("--out", "{}"), "the following arguments are required: --preset"),
        (("--preset", "tiny", "--out", "{}/file"), "file: a file of this name is in the way"),
        (("--preset", "tiny", "--out", "{}/file/run"), "file/run: a part of the path is a file"),
    ],
)
def test_a_wrong_request_is_one_line(
    train: Train, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "file").touch()
    code, out, err = train(*(word.format(tmp_path) for word in words))
    assert (code, out, len(err)) == (2, "", 1)
    assert told in err[0]


def test_an_unknown_stage_is_met_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(announced(tmp_path))
    assert cli.main(["train", "toy", "--preset", "p", "--store", "s", "--out", str(tmp_path)]) == 2
    assert "Unknown training stage 'toy'" in capsys.readouterr().err


def test_a_run_killed_while_it_writes_a_checkpoint_goes_on_from_the_one_before(
    train: Train, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    words = ("--preset", "tiny", "--store", "unused", "--out", out)
    done = command(
        "-m", "toy_training.adapters", *words, path=tmp_path / "installed", TOY_DIES_AT="4"
    )
    assert done.returncode == -9, done.stderr
    lines = done.stderr.splitlines()
    assert [line.split(" | loss")[0] for line in lines] == [f"step {n}/6" for n in (1, 2, 3, 4)]
    left = sorted(path.name for path in (out / "checkpoints").iterdir())
    assert left == ["step_00000002", "step_00000004.tmp"]
    code, _, err = train("--preset", "tiny", "--out", out, "--resume")
    assert (code, err) == (0, [])
    straight = trained(tmp_path / "straight")
    for name in ("transformer.safetensors", "head.safetensors"):
        assert (out / "export" / name).read_bytes() == (straight.export / name).read_bytes()


def test_one_and_two_processes_take_over_from_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PHYS4D_DEVICE", "cpu")
    out = tmp_path / "run"
    straight = trained(tmp_path / "straight").losses
    interrupted(out, 2)  # one process: steps 1 and 2
    done = command(
        *("-m", "torch.distributed.run", "--nproc-per-node=2", "--local-addr=127.0.0.1"),
        *("--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0"),
        *("-m", "phys4d_pipeline.cli", *WORDS, "--preset", "tiny", "--out", out, "--resume"),
        path=announced(tmp_path / "installed"),
        GLOO_SOCKET_IFNAME="lo",
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith(("step", "resuming"))]
    assert lines[0].endswith("step_00000002")
    assert [line.split("/6")[0] for line in lines[1:]] == [f"step {n}" for n in (3, 4, 5, 6)]
    shutil.rmtree(out / "checkpoints" / "step_00000006")
    last = trained(out, resume=True).losses  # one process again: steps 5 and 6
    assert last == pytest.approx(straight[4:], rel=1e-6)  # sums are added in another order
    losses = [logged(out)[step] for step in range(1, 7)]
    assert losses == pytest.approx(straight, rel=1e-6)


def test_processes_that_cannot_share_a_batch_are_told_how_many_can() -> None:
    three = Processes(rank=0, count=3, device=torch.device("cpu"), mesh=None)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=r"2 micro-batches per step .* by 3 processes"):
        _check_shares(TINY, three)
