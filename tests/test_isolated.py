"""The worker process: same states, and one clear line for every way it can die."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from rigid_scenes import ball, scene

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.simulate import servers, simulate, simulate_isolated


def test_a_worker_gives_the_same_states():
    spec = scene([ball(restitution=0.5)], frames=20)
    isolated = simulate_isolated(spec, timeout_s=120.0, memory_gb=8.0)
    assert isolated.digest() == simulate(spec).digest()


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"timeout_s": 0.05, "memory_gb": 8.0}, "longer than 0.05 s.*raise timeout_s"),
        ({"timeout_s": 120.0, "memory_gb": 0.15}, "memory_gb"),
    ],
)
def test_a_worker_beyond_a_limit_says_which(limits, message):
    with pytest.raises(SimulationError, match=message):
        simulate_isolated(scene([ball()]), **limits)


def test_a_worker_passes_scene_errors_on():
    with pytest.raises(SceneError, match="Did you mean 'rigid_mujoco'"):
        simulate_isolated(scene([ball()], solver="rigid_mujocco"), timeout_s=120.0, memory_gb=8.0)


def test_scenes_share_a_server_and_one_that_fails_leaves_the_next_unharmed():
    spec = scene([ball(restitution=0.5)], frames=20)
    servers.close_idle()
    first = simulate_isolated(spec, timeout_s=120.0, memory_gb=8.0)
    (server,) = servers._idle
    with pytest.raises(SimulationError, match="memory_gb"):
        simulate_isolated(spec, timeout_s=120.0, memory_gb=0.15)
    with pytest.raises(SceneError):
        simulate_isolated(scene([ball()], solver="none"), timeout_s=120.0, memory_gb=8.0)
    again = simulate_isolated(spec, timeout_s=120.0, memory_gb=8.0)
    assert again.digest() == first.digest()
    assert servers._idle == [server]


def test_a_server_that_is_gone_is_replaced():
    spec = scene([ball()], frames=5)
    simulate_isolated(spec, timeout_s=120.0, memory_gb=8.0)
    before = [each._process for each in servers._idle]
    for each in before:
        each.kill()
        each.wait()
    simulate_isolated(spec, timeout_s=120.0, memory_gb=8.0)
    (server,) = servers._idle
    assert server._process not in before


def test_a_worker_that_takes_too_long_is_killed_and_so_is_one_whose_server_dies():
    spec = scene([ball(restitution=0.5)], frames=60_000)
    simulate_isolated(scene([ball()], frames=5), timeout_s=120.0, memory_gb=8.0)
    server = servers._idle[-1]._process
    with pytest.raises(SimulationError, match="longer than 2 s"):
        simulate_isolated(spec, timeout_s=2.0, memory_gb=8.0)
    assert server.wait(20) and not _workers_of(server.pid)
    simulate_isolated(scene([ball()], frames=5), timeout_s=120.0, memory_gb=8.0)
    server = servers._idle[-1]._process
    with ThreadPoolExecutor(1) as threads:
        lost = threads.submit(simulate_isolated, spec, timeout_s=120.0, memory_gb=8.0)
        while not (workers := _workers_of(server.pid)):
            time.sleep(0.01)
        server.kill()
        with pytest.raises(SimulationError, match="SIGKILL"):
            lost.result(20)
    psutil.wait_procs(workers, timeout=20)
    assert not any(each.is_running() for each in workers)


def _workers_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children() if psutil.pid_exists(pid) else []


def test_a_killed_worker_is_reported_by_its_signal(monkeypatch, tmp_path):
    """A stand-in interpreter that dies as PyBullet does on a missing file."""
    crash = tmp_path / "python"
    crash.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crash.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crash))
    servers.close_idle()
    with pytest.raises(SimulationError, match=r"rigid_bodies/test seed 0.*SIGSEGV.*engine crashed"):
        simulate_isolated(scene([ball()]), timeout_s=60.0, memory_gb=8.0)


def test_servers_end_with_the_scenes_they_were_kept_for():
    with servers.kept_servers():
        simulate_isolated(scene([ball()], frames=5), timeout_s=120.0, memory_gb=8.0)
        kept = [each._process for each in servers._idle]
    assert kept and not servers._idle
    assert all(each.returncode is not None for each in kept)
