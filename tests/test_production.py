import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from phys4d_pipeline import production, render_pool, verdicts
from phys4d_pipeline.cameras.views import seen_by
from phys4d_pipeline.checks import Check
from phys4d_pipeline.errors import SimulationError, StoreError
from phys4d_pipeline.production import (
    Limits,
    produce,
    render_all,
    render_to_store,
    simulate_to_store,
)
from phys4d_pipeline.release import current_clips, release
from phys4d_pipeline.render_pool import RenderPool, kept_pools
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.store import Clip, Store, open_dataset, open_store
from tests import toys

FRAMES = 20  # two chunks: 16 + 4


def falling_ball(seed: int = 0) -> SceneSpec:
    ball = toys.body("ball", toys.shape("sphere", radius=0.2), (0.0, 0.0, 1.5))
    spec = toys.scene(
        [ball], eye=((3.0, -2.0, 1.5),), target=((0.0, 0.0, 0.8),), num_frames=FRAMES, size=(96, 54)
    )
    return replace(spec, seed=seed)


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    with RenderPool(2) as workers:
        yield workers


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pool: RenderPool) -> Store:
    """A store with one clip in it."""
    store = open_store(tmp_path_factory.mktemp("made"))
    simulate_to_store(falling_ball(), store)
    assert not render_to_store(falling_ball(), store, pool=pool).failure
    return store


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_clip_falls_as_far_as_gravity_says(made: Store) -> None:
    clip = open_dataset(made.uri)[0]
    assert len(clip) == FRAMES
    fallen = float(clip.states.poses[0, 0, 2] - clip.states.poses[-1, 0, 2])
    seconds = (FRAMES - 1) / 60
    # Semi-implicit steps at 240 Hz start half a step behind: exact up to float32 storage.
    assert fallen == pytest.approx(0.5 * 9.81 * seconds**2, abs=1e-5)
    assert clip.manifest.timings.keys() == {"simulate", "render", "encode", "store"}
    assert min(clip.manifest.timings.values()) > 0
    assert 0 < len(clip.preview) < 60_000


def test_a_second_run_changes_no_file(made: Store, pool: RenderPool) -> None:
    before = files(Path(made.uri))
    assert simulate_to_store(falling_ball(), made).reused
    assert render_to_store(falling_ball(), made, pool=pool).reused
    assert files(Path(made.uri)) == before


@pytest.mark.slow
def test_the_number_of_workers_does_not_change_a_byte(made: Store, tmp_path: Path) -> None:
    (alone,) = produce([falling_ball()], open_store(tmp_path), workers=1)
    assert alone.manifest is not None
    assert alone.manifest.content_sha256 == next(made.manifests()).content_sha256


def test_new_looks_keep_the_states(
    made: Store, pool: RenderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("simulated again")

    states = files(Path(made.uri) / "v1/states")
    monkeypatch.setattr(production, "simulate_isolated", refuse)
    other = falling_ball()
    other = replace(other, sky=replace(other.sky, sun_azimuth=2.0), width=64, height=36)
    assert simulate_to_store(other, made).reused
    rendering = render_to_store(other, made, pool=pool)
    assert rendering.manifest is not None
    assert not rendering.reused
    assert files(Path(made.uri) / "v1/states") == states


def test_a_new_renderer_draws_again_from_the_same_states(
    tmp_path: Path, pool: RenderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, spec = open_store(tmp_path), falling_ball()
    simulate_to_store(spec, store)
    first = render_to_store(spec, store, pool=pool)
    states = files(tmp_path / "v1/states")
    for module in (production, verdicts):
        monkeypatch.setattr(module, "RENDERER_VERSION", "next")
    second = render_to_store(spec, store, pool=pool)
    assert first.manifest is not None
    assert second.manifest is not None
    assert second.clip_id == first.clip_id
    assert second.manifest.attempt != first.manifest.attempt
    assert store.manifest(first.clip_id).renderer_version == "next"
    assert files(tmp_path / "v1/states") == states


def test_a_failed_simulation_leaves_only_its_reason(tmp_path: Path, pool: RenderPool) -> None:
    store, spec = open_store(tmp_path), falling_ball()
    simulation = simulate_to_store(spec, store, limits=Limits(timeout_s=0.01))
    assert "0.01 s" in simulation.failure
    rendering = render_to_store(spec, store, pool=pool)
    assert rendering.manifest is None
    assert rendering.failure == simulation.failure
    assert store.clip_ids() == []
    assert store.quarantined() == {simulation.clip_id: simulation.failure}


def test_a_clip_that_fails_a_check_is_kept_out_until_it_passes(
    tmp_path: Path, pool: RenderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Check(name="depth", value=2.0, bound=1.0, unit="m", source="test")
    store, spec = open_store(tmp_path), falling_ball()
    simulate_to_store(spec, store)
    with monkeypatch.context() as patched:
        patched.setattr(production, "ground_truth_checks", lambda *_: [bad])
        rendering = render_to_store(spec, store, pool=pool)
    assert rendering.failure == "depth 2 > 1 m"
    assert store.clip_ids() == []
    assert not [path for path in (tmp_path / "v1/clips").rglob("*") if path.is_file()]
    assert render_to_store(spec, store, pool=pool).manifest is not None
    assert store.quarantined() == {}


def test_rendering_before_simulating_says_so(tmp_path: Path, pool: RenderPool) -> None:
    with pytest.raises(StoreError, match="no states yet; simulate its scene first"):
        render_to_store(falling_ball(), open_store(tmp_path), pool=pool)


@pytest.mark.slow
def test_a_dead_worker_is_one_clear_line_and_leaves_nothing(
    tmp_path: Path, pool: RenderPool
) -> None:
    # Long enough that a fast worker has most of it before it when the first frames are stored.
    store, spec = open_store(tmp_path), falling_ball().with_frames(960)
    simulate_to_store(spec, store)
    others = set(psutil.Process().children())

    def kill(_: int) -> None:
        for process in set(psutil.Process().children()) - others:
            process.kill()

    with RenderPool(1) as alone, pytest.raises(SimulationError) as caught:
        render_to_store(spec, store, pool=alone, on_frames=kill)
    message = str(caught.value)
    assert "rigid_bodies/toy seed 0" in message
    assert "of camera 0 were due" in message
    assert "\n" not in message
    assert store.clip_ids() == []
    assert not [path for path in (tmp_path / "v1/clips").rglob("*") if path.is_file()]


HOLD_A_POOL = """
import os, time
from phys4d_pipeline.render_pool import RenderPool
if __name__ == "__main__":
    with RenderPool(2) as pool:
        for each in [pool._executor.submit(os.getpid) for _ in range(8)]:
            each.result()
        print("ready", flush=True)
        time.sleep(600)
"""


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "hold.py"
    script.write_text(HOLD_A_POOL)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        workers = psutil.Process(holder.pid).children()
        holder.kill()
    assert len(workers) >= 2  # and the resource tracker of multiprocessing
    _, alive = psutil.wait_procs(workers, timeout=120)  # they may still be importing
    assert not alive


@pytest.mark.slow
def test_a_short_last_chunk_is_the_same_drawn_with_the_one_before(
    made: Store, pool: RenderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (states_id,) = {manifest.states_id for manifest in made.manifests()}

    def files() -> list[dict[str, object]]:
        found = [chunk.encoded for chunk in pool.chunks(falling_ball(), made.uri, states_id)]
        return [{**vars(each), "sightings": each.sightings.tolist()} for each in found]

    apart = files()
    monkeypatch.setattr(render_pool, "SHORT", 5)
    together = files()
    assert [each["num_frames"] for each in apart] == [16, 4]
    assert apart == together


@pytest.mark.slow
def test_clips_come_in_the_order_of_their_scenes_and_stop_when_nobody_wants_them(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    specs = [falling_ball(seed) for seed in range(4)]
    for spec in specs:
        simulate_to_store(spec, store)
    with RenderPool(1) as pool:
        made = render_all(iter(specs), store, pool=pool)
        assert [next(made).spec.seed, next(made).spec.seed] == [0, 1]
        made.close()
        with pytest.raises(RuntimeError, match="cannot schedule"):
            render_to_store(specs[3], store, pool=pool)
    clips = {clip.manifest.seed: clip.clip_id for clip in open_dataset(tmp_path)}
    assert {0, 1} <= set(clips) and 3 not in clips
    files = {path.parent for path in (tmp_path / "v1/clips").rglob("scene.json")}
    assert len(files) == len(clips)


@pytest.mark.slow
def test_workers_kept_for_the_next_pool_end_with_the_last() -> None:
    def worker() -> int:
        with RenderPool(1) as pool:
            return pool._executor.submit(os.getpid).result()

    with kept_pools():
        first = worker()
        with kept_pools():
            assert worker() == first
        assert worker() == first
        with pytest.raises(ValueError, match="of the batch"), RenderPool(1):
            raise ValueError("of the batch")
        second = worker()
        assert second != first  # what went wrong is not used again
    assert not psutil.pid_exists(second)


def test_added_cameras_circle_and_need_no_new_simulation() -> None:
    spec = falling_ball()
    ring = seen_by(spec, 4)
    assert ring.states_id("s") == spec.states_id("s")
    assert ring.cameras[0] == spec.cameras[0]
    (target,) = spec.cameras[0].target
    for camera in ring.cameras:
        assert camera.target[0] == pytest.approx(target)
        offset = [a - b for a, b in zip(camera.eye[0], target, strict=True)]
        assert sum(x * x for x in offset) == pytest.approx(3.0**2 + 2.0**2 + 0.7**2)
    # Half a turn puts the third of four cameras opposite the first.
    assert ring.cameras[2].eye[0] == pytest.approx((-3.0, 2.0, 1.5))


def test_a_lost_file_is_seen_and_made_again(tmp_path: Path, pool: RenderPool) -> None:
    store, spec = open_store(tmp_path), falling_ball()
    assert verdicts.judge_states(spec, store).failure == "no states"
    simulate_to_store(spec, store)
    assert verdicts.judge_states(spec, store).failure == ""
    assert verdicts.judge_clip(spec, store).failure == "not rendered"
    rendering = render_to_store(spec, store, pool=pool)
    assert rendering.manifest is not None
    verdict = verdicts.judge_clip(spec, store)
    assert verdict.failure == ""
    assert len(verdict.checks) == rendering.manifest.checks["total"]
    (Clip(store, rendering.manifest).path / "camera_0/depth.parquet").unlink()
    assert "depth.parquet: missing" in verdicts.judge_clip(spec, store).failure
    assert not render_to_store(spec, store, pool=pool).reused
    assert verdicts.judge_clip(spec, store).failure == ""


def test_damaged_states_are_simulated_again_to_the_same_bytes(tmp_path: Path) -> None:
    store, spec = open_store(tmp_path), falling_ball()
    first = simulate_to_store(spec, store)
    (path,) = (tmp_path / "v1/states").rglob("states.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    second = simulate_to_store(spec, store)
    assert not second.reused
    assert second.digest == first.digest
    assert simulate_to_store(spec, store).reused


def test_a_release_holds_what_the_specs_name_now(tmp_path: Path, pool: RenderPool) -> None:
    store = open_store(tmp_path)
    with pytest.raises(StoreError, match="no clip to release"):
        release(store, current_clips(store, "rigid_bodies"))
    old, new = falling_ball(), falling_ball(seed=1)
    for spec in (old, new):
        store.write_specs("rigid_bodies", "0-0", [spec])
        simulate_to_store(spec, store)
        render_to_store(spec, store, pool=pool)
    assert len(store.clip_ids()) == 2
    (clip,) = current_clips(store, "rigid_bodies")
    assert clip.seed == 1
    frozen = release(store, [clip])
    before = files(tmp_path)
    assert release(store, [clip]) == frozen
    assert files(tmp_path) == before
