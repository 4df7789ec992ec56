import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets import partitions
from assets.checks import clip_checks
from assets.definitions import defs
from assets.report import MAX_INLINE_BYTES, inline_previews
from assets.schedules import BATCH_SIZE, nightly_batch
from phys4d_pipeline import production, verdicts
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.store import open_dataset

ROOT = Path(__file__).parents[1]
# One clip: seed 2 draws from the third family, bouncing_drop, well inside every bound.
BATCH = partitions.Batch(category="rigid_bodies", seeds=range(2, 3))
STAGES = {
    "clips": (("scene_specs", "simulated_states", "rendered_clips"), BATCH.key),
    "manifest": (("category_manifest",), BATCH.category),
    "release": (("dataset_release",), None),
}


class Factory:
    """The definitions on an instance of their own, with small pictures."""

    def __init__(self, store: Path, instance: dg.DagsterInstance) -> None:
        self.store, self.instance = store, instance
        instance.add_dynamic_partitions(partitions.SEED_BATCH, [BATCH.name])

    def run(self, *assets: str, key: str | None, strict: bool = True) -> dg.ExecuteInProcessResult:
        studio = {"num_frames": 4, "width": 96, "height": 54, "workers": 1}
        config: Any = {
            "resources": {
                "store": {"config": {"uri": str(self.store)}},
                "studio": {"config": studio},
            },
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        }
        return defs.resolve_implicit_global_asset_job_def().execute_in_process(
            run_config=config,
            instance=self.instance,
            asset_selection=[dg.AssetKey(name) for name in assets],
            partition_key=key,
            raise_on_error=strict,
        )

    def versions(self, results: list[dg.ExecuteInProcessResult]) -> dict[str, str]:
        found = {}
        for result in results:
            for event in result.get_asset_materialization_events():
                tags = event.step_materialization_data.materialization.tags or {}
                found[event.asset_key.to_user_string()] = tags["dagster/data_version"]
        return found


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Factory]:
    with dg.instance_for_test() as instance:
        yield Factory(tmp_path_factory.mktemp("store"), instance)


@pytest.fixture(scope="module")
def first_run(factory: Factory) -> list[dg.ExecuteInProcessResult]:
    return [factory.run(*assets, key=key) for assets, key in STAGES.values()]


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    (event,) = (e for e in result.get_asset_materialization_events() if e.asset_key.path == [asset])
    return {k: v.value for k, v in event.step_materialization_data.materialization.metadata.items()}


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_graph_is_the_contract() -> None:
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    edges = {
        key.to_user_string(): sorted(
            parent.to_user_string() for parent in graph.get(key).parent_keys
        )
        for key in graph.get_all_asset_keys()
    }
    assert edges == {
        "scene_specs": [],
        "simulated_states": ["scene_specs"],
        "rendered_clips": ["scene_specs", "simulated_states"],
        "category_manifest": ["rendered_clips"],
        "dataset_release": ["category_manifest"],
        "real_videos": [],
        "pseudo_labels": ["category_manifest", "real_videos"],
        "base_model": ["dataset_release"],
        "stage1_pseudo_pretraining": ["base_model", "pseudo_labels"],
        "stage2_physics_finetuning": ["dataset_release", "stage1_pseudo_pretraining"],
        "stage3_simulation_rl": ["dataset_release", "stage2_physics_finetuning"],
    }
    names = {check.name for spec in clip_checks for check in spec.check_specs}
    assert names == {"physics", "ground_truth"}
    assert all(check.blocking for spec in clip_checks for check in spec.check_specs)


def test_every_asset_says_what_it_is() -> None:
    for key in defs.resolve_asset_graph().get_all_asset_keys():
        spec = defs.resolve_asset_graph().get(key)
        assert spec.description
        assert spec.owners
        assert spec.kinds
        assert spec.group_name in ("clips", "labels", "training")
        assert spec.code_version


@pytest.mark.parametrize("key", ["0", "8-", "-8", "a-b", "0-7-9", " 0-7", "0_7", "\u0661-\u0662"])
def test_a_malformed_seed_batch_is_named_with_the_right_form(key: str) -> None:
    with pytest.raises(SceneError, match=re.escape(repr(key)) + ".*'0-7'"):
        partitions.parse_seeds(key)


def test_seed_batches_read_back() -> None:
    assert partitions.parse_seeds("0-7") == range(8)
    assert partitions.parse_seeds("5-5") == range(5, 6)
    assert partitions.parse_batch(str(BATCH.key)) == BATCH
    with pytest.raises(SceneError, match="write '3-7'"):
        partitions.parse_seeds("7-3")


def test_a_batch_becomes_a_release(
    factory: Factory, first_run: list[dg.ExecuteInProcessResult]
) -> None:
    clips, manifest, release = first_run
    (clip,) = open_dataset(factory.store)
    assert (clip.scene.family, clip.scene.seed, len(clip)) == ("bouncing_drop", 2, 4)
    shown = metadata(clips, "rendered_clips")
    assert shown["rendered"] == 1
    assert shown["bytes"] == clip.manifest.num_bytes
    assert shown["preview"].startswith("![bouncing_drop, seed 2](data:image/webp;base64,")
    assert metadata(manifest, "category_manifest")["clips"] == 1
    name = metadata(release, "dataset_release")["release"]
    frozen = json.loads((factory.store / f"v1/releases/{name}.json").read_text())
    assert [each["clip_id"] for each in frozen["clips"]] == [clip.clip_id]
    checks = {each.check_name: each for each in clips.get_asset_check_evaluations()}
    assert checks.keys() == {"physics", "ground_truth"}
    assert all(each.passed for each in checks.values())
    assert {each.partition for each in checks.values()} == {str(BATCH.key)}


def test_a_rerun_is_a_no_op_with_the_same_versions(
    factory: Factory, first_run: list[dg.ExecuteInProcessResult]
) -> None:
    before = files(factory.store / "v1/clips") | files(factory.store / "v1/states")
    again = [factory.run(*assets, key=key) for assets, key in STAGES.values()]
    assert metadata(again[0], "simulated_states")["reused"] == 1
    assert metadata(again[0], "rendered_clips")["reused"] == 1
    assert files(factory.store / "v1/clips") | files(factory.store / "v1/states") == before
    assert factory.versions(again) == factory.versions(first_run)


def test_drawing_differently_does_not_simulate_again(
    factory: Factory,
    first_run: list[dg.ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = files(factory.store / "v1/states")
    attempt = open_dataset(factory.store)[0].path
    with monkeypatch.context() as patched:
        for module in (production, verdicts):
            patched.setattr(module, "RENDERER_VERSION", "next")
        result = factory.run("rendered_clips", key=BATCH.key)
    assert metadata(result, "rendered_clips")["rendered"] == 1
    assert open_dataset(factory.store)[0].path != attempt
    assert files(factory.store / "v1/states") == states
    factory.run("rendered_clips", key=BATCH.key)  # back to the renderer of the other tests


def test_a_lost_file_fails_the_blocking_check_and_is_made_again(
    factory: Factory,
    first_run: list[dg.ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (open_dataset(factory.store)[0].path / "camera_0/normals.parquet").unlink()
    with monkeypatch.context() as patched:  # an asset that does not look
        fine = verdicts.Verdict(clip_id="", checks=(), failure="")
        patched.setattr(production, "judge_clip", lambda *_: fine)
        result = factory.run("rendered_clips", key=BATCH.key, strict=False)
    (check,) = result.get_asset_check_evaluations()
    assert not result.success
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert "normals.parquet: missing" in (check.description or "")
    (check,) = factory.run("rendered_clips", key=BATCH.key).get_asset_check_evaluations()
    assert check.passed


# Dagster's own tags of a multi-partition do not follow the rule it set for tags later.
dagster_tags = pytest.mark.filterwarnings("ignore:Non-compliant tag keys:DeprecationWarning")


def schedule_context(instance: dg.DagsterInstance) -> dg.ScheduleEvaluationContext:
    return dg.build_schedule_context(instance=instance, repository_def=defs.get_repository_def())


@dagster_tags
def test_the_nightly_schedule_asks_for_the_next_seeds_once() -> None:
    with dg.instance_for_test() as instance:
        for expected in ("0-7", "0-7"):  # a tick that died before its runs is taken up again
            context = schedule_context(instance)
            tick = nightly_batch.evaluate_tick(context)
            keys = {request.partition_key for request in tick.run_requests or []}
            assert keys == {
                f"{name}|{expected}" for name in partitions.categories.get_partition_keys()
            }
            assert instance.get_dynamic_partitions(partitions.SEED_BATCH) == [expected]
        assert partitions.next_seeds(["0-7", "16-23", "8-15"], BATCH_SIZE) == range(24, 32)


@dagster_tags
def test_the_schedule_goes_on_after_a_batch_has_run(
    factory: Factory, first_run: list[dg.ExecuteInProcessResult]
) -> None:
    # The factory's instance has runs of the batch 2-2.
    tick = nightly_batch.evaluate_tick(schedule_context(factory.instance))
    assert {request.partition_key for request in tick.run_requests or []} == {
        f"{name}|3-10" for name in partitions.categories.get_partition_keys()
    }
    factory.instance.delete_dynamic_partition(partitions.SEED_BATCH, "3-10")


def test_a_new_clip_asks_for_manifest_and_then_release(
    factory: Factory, first_run: list[dg.ExecuteInProcessResult]
) -> None:
    def asked(cursor: Any = None) -> tuple[dict[str, int], Any]:
        names = ("category_manifest", "dataset_release")
        chosen = dg.AssetSelection.assets(*names)
        result = dg.evaluate_automation_conditions(defs, factory.instance, chosen, cursor=cursor)
        return {name: result.get_num_requested(dg.AssetKey(name)) for name in names}, result.cursor

    _, cursor = asked()
    idle, cursor = asked(cursor)
    assert idle == {"category_manifest": 0, "dataset_release": 0}
    factory.run("rendered_clips", key=BATCH.key)
    after, cursor = asked(cursor)
    assert after["category_manifest"] == 1


def test_previews_stay_small_enough_for_the_event_log() -> None:
    text = inline_previews({f"clip {index}": bytes(50_000) for index in range(8)})
    assert 0 < len(text) <= MAX_INLINE_BYTES
    assert text.count("data:image/webp") == 1


def test_dagster_yaml_keeps_everything_below_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        instance.add_dynamic_partitions(partitions.SEED_BATCH, ["0-7"])
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled
        pools = instance.get_concurrency_config().pool_config
        assert pools.default_pool_limit == 1
        assert pools.pool_granularity and pools.pool_granularity.value == "run"
    assert {path.name for path in tmp_path.iterdir()} == {"dagster.yaml", ".dagster"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The repository as seen from a folder of its own, so that runs leave nothing in ours."""
    for name in ("pyproject.toml", "dagster.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("assets", "sim_scenes", "phys4d_pipeline", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def environment(project: Path) -> dict[str, str]:
    """What a shell with the virtual environment activated has."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": sys.prefix, "DAGSTER_HOME": str(project)}


@pytest.mark.parametrize("words", [("check", "defs"), ("list", "defs")])
@pytest.mark.slow
def test_dg_needs_no_flags(project: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["dg", *words], cwd=project, env=environment(project), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "successfully" in done.stdout or "rendered_clips" in done.stdout


@pytest.mark.slow
def test_dg_dev_serves_the_graph(project: Path) -> None:
    subprocess.run(
        ["dagster", "instance", "info"], cwd=project, env=environment(project), check=True
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (project / "dev.log").open("w+")
    server = subprocess.Popen(
        ["dg", "dev", "--host", "127.0.0.1", "--port", str(port)],
        cwd=project,
        env=environment(project),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in STOPS],
    )
    try:
        query = "{ assetNodes { assetKey { path } } }"
        nodes = ask(f"http://127.0.0.1:{port}/graphql", query, patience_s=180.0)["assetNodes"]
        assert {node["assetKey"]["path"][0] for node in nodes} >= {"scene_specs", "rendered_clips"}
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(60)
        log.close()
    assert code == 0
    assert not list(project.glob(".tmp_dagster_home_*"))


STOPS = (signal.SIGINT, signal.SIGTERM)


def ask(url: str, query: str, *, patience_s: float) -> dict[str, Any]:
    """A GraphQL answer, as soon as the server gives one that lists assets."""
    request = urllib.request.Request(
        url, json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    end = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                data = json.load(answer)["data"]
            if data["assetNodes"]:
                return data
        except (OSError, TypeError):
            pass
        assert time.monotonic() < end, f"{url} listed no assets in {patience_s:g} s"
        time.sleep(1.0)
