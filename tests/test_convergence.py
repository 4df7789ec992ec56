"""Smaller steps give the same motion before first chaos; other processes give the same bytes."""

import importlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import States
from tests.digests import SEED, digest
from tests.sampled_scenes import FAMILIES, every_family, sampled

DECLARED = [family for family in FAMILIES if hasattr(family.module, "CONVERGENCE")]


def shifts(spec: SceneSpec, rough: States, fine: States) -> np.ndarray:
    """(B,) how far each body, or the farthest of its points, moved in the last frame [m]."""
    off = np.linalg.norm(rough.poses[-1, :, :3].astype(np.float64) - fine.poses[-1, :, :3], axis=1)
    for body, points in rough.points.items():
        other = fine.points[body][-1].astype(np.float64)
        off[body] = np.linalg.norm(points[-1] - other, axis=1).max()
    return off


def steps_per_second(spec: SceneSpec) -> int:
    """Some solvers take more than the scene's rate asks for."""
    solver = importlib.import_module(f"phys4d_pipeline.simulate.{spec.solver.name}")
    if hasattr(solver, "steps_per_frame"):
        return solver.steps_per_frame(spec) * spec.fps
    return spec.solver.rate


def halved(spec: SceneSpec) -> SceneSpec:
    """With contacts for half the step, and at least twice as many steps."""
    steps = steps_per_second(spec)

    def at(rate: int) -> SceneSpec:
        return replace(spec, solver=replace(spec.solver, rate=rate))

    asked = 2 * max(spec.solver.rate, steps)
    fine = (at(asked), at(2 * asked), at(4 * asked))
    # Those of a liquid follow its speed.
    return next((one for one in fine if steps_per_second(one) >= 2 * steps), fine[0])


@pytest.mark.slow
@pytest.mark.parametrize("family", DECLARED, ids=lambda family: family.name)
def test_half_the_step_moves_nothing_by_more_than_the_family_declares(family):
    seconds, metres = family.module.CONVERGENCE
    spec = sampled(family, SEED)
    spec = spec.with_frames(round(seconds * spec.fps) + 1)
    off = shifts(spec, simulate(spec), simulate(halved(spec)))
    worst = int(off.argmax())
    assert off[worst] < metres, f"{spec.bodies[worst].name} is off by {off[worst]:.2g} m"


def test_the_measure_of_convergence_sees_a_coarse_step():
    """Planted: at 120 Hz contacts are so soft that what rolls is off by 19 times the bound."""
    family = next(family for family in DECLARED if family.name == "rolling_objects")
    seconds, metres = family.module.CONVERGENCE
    spec = sampled(family, SEED)
    spec = spec.with_frames(round(seconds * spec.fps) + 1)
    coarse = replace(spec, solver=replace(spec.solver, rate=120))
    assert shifts(spec, simulate(coarse), simulate(spec)).max() > metres


def test_every_family_declares_its_convergence():
    assert [family.name for family in FAMILIES] == [family.name for family in DECLARED]


@pytest.fixture(scope="module")
def elsewhere():
    """Family -> digest, computed in another process."""
    command = [sys.executable, "-m", "tests.digests"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2400, check=True)
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.xdist_group("test_convergence")  # where `elsewhere` is
@every_family
def test_another_process_computes_the_same_bytes(family, elsewhere):
    assert digest(family) == elsewhere[family.name]
