"""`make demo`: what it does about others that are at work, or were killed."""

import shutil
from pathlib import Path

import dagster as dg
import pytest
from filelock import FileLock

from assets import demo
from assets.definitions import defs

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("home")
def test_a_demo_ends_the_runs_of_one_that_was_killed() -> None:
    job, started = defs.resolve_implicit_global_asset_job_def(), dg.DagsterRunStatus.STARTED
    with dg.DagsterInstance.get() as instance:
        ours, others = (
            instance.create_run_for_job(job, status=started, tags=tags)
            for tags in ({demo.TAG: "yes"}, {})
        )
        demo.end_dead_runs()
        left = {run.run_id: run.status for run in instance.get_runs()}
        assert left == {ours.run_id: dg.DagsterRunStatus.FAILURE, others.run_id: started}


def test_two_demos_at_once_are_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".dagster").mkdir()
    with FileLock(home / ".dagster" / "demo.lock"):
        assert demo.main() == 2
    assert "another one is at work" in capsys.readouterr().err
