"""The worker process: same states, and one clear line for every way it can die."""

import sys

import pytest
from rigid_scenes import ball, scene

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.simulate import simulate, simulate_isolated


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


def test_a_killed_worker_is_reported_by_its_signal(monkeypatch, tmp_path):
    """A stand-in interpreter that dies as PyBullet does on a missing file."""
    crash = tmp_path / "python"
    crash.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crash.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crash))
    with pytest.raises(SimulationError, match=r"rigid_bodies/test seed 0.*SIGSEGV.*engine crashed"):
        simulate_isolated(scene([ball()]), timeout_s=60.0, memory_gb=8.0)
