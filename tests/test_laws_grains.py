"""The ledger's laws of grains: true motion passes, planted violations are caught."""

from dataclasses import replace

import numpy as np
import pytest
from grain_scenes import RADIUS, grain_scene, grains, lattice
from law_states import fails, measured
from rigid_scenes import EARTH, body, substance

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.simulate import simulate

LAWS = ("grain_overlap", "grain_depth", "grain_passages", "grain_kinematics", "grain_energy")
BOARD = {"half_extents": (0.1, 0.1, 0.005)}
MADE_OF = substance(friction=0.5, restitution=0.5)


def falling(board, frames=31):
    """Grains of two sizes drop on a board 10 cm above the ground."""
    places = lattice((4, 4, 3), 0.022, (-0.033, -0.033, 0.13), jitter=0.001)
    radii = np.where(np.arange(48) % 9 == 4, 2.0, 1.0) * RADIUS
    return grain_scene([grains("beads", places, radii, MADE_OF), board], frames=frames, rate=36000)


@pytest.fixture(scope="module")
def heap():
    made_of = substance(friction=1.0, restitution=1.0)
    spec = falling(body("board", "box", (0.0, 0.0, 0.1), BOARD, made_of, is_static=True))
    return spec, simulate(spec)


@pytest.fixture(scope="module")
def lifted():
    """The same on a board that goes up."""
    path = Path(times=(0.1, 0.4), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, 0.08)))
    made_of = substance(friction=1.0, restitution=1.0)
    spec = falling(body("board", "box", (0.0, 0.0, 0.1), BOARD, made_of, path=path))
    return spec, simulate(spec)


def with_grains(states, *, places=None, speeds=None):
    """The same states with other centres or velocities of the first body."""
    points = {0: states.points[0] if places is None else places.astype(np.float32)}
    moving = {0: states.point_velocities[0] if speeds is None else speeds.astype(np.float32)}
    return replace(states, points=points, point_velocities=moving)


@pytest.mark.parametrize("scene", ["heap", "lifted"])
def test_true_grains_pass_every_law(request, scene):
    spec, states = request.getfixturevalue(scene)
    for name in LAWS:
        check = measured(name, spec, states)
        assert check is not None
        assert check.passed, f"{name}: {check.value}"
        assert name != "grain_overlap" or check.value > 0.002  # impacts are seen


def test_laws_of_grains_leave_rigid_bodies_alone():
    spec = grain_scene([body("box", "box", (0.0, 0.0, 0.1), BOARD)], frames=8)
    assert all(measured(name, spec, simulate(spec)) is None for name in LAWS)


def test_grains_a_tenth_inside_each_other_fail(heap):
    spec, states = heap
    places = states.points[0].astype(np.float64).copy()
    last = places[-1]
    apart = np.linalg.norm(last - last[0], axis=1) + np.where(np.arange(48) == 0, 9.0, 0.0)
    other = int(apart.argmin())
    reach = float(states.radii[0][0] + states.radii[0][other])
    way = (last[other] - last[0]) / apart[other]
    last[other] = last[0] + (reach - 0.1 * RADIUS) * way
    assert fails("grain_overlap", spec, with_grains(states, places=places))


def test_a_grain_a_tenth_inside_the_board_fails(heap):
    spec, states = heap
    places = states.points[0].astype(np.float64).copy()
    lowest = np.abs(places[-1, :, :2]).max(1).argmin()
    radius = float(states.radii[0][lowest])
    places[-1, lowest, 2] = 0.105 + 0.9 * radius
    assert fails("grain_depth", spec, with_grains(states, places=places))
    places[-1, lowest] = (0.3, 0.0, 0.9 * radius)  # beside the board, in the ground
    assert fails("grain_depth", spec, with_grains(states, places=places))


def test_a_grain_that_falls_through_the_board_fails(heap):
    """Between frames 10 and 11 it goes from above the board to below it."""
    spec, states = heap
    places = states.points[0].astype(np.float64).copy()
    places[:10, 0] = (0.08, 0.08, 0.12)
    places[10:, 0] = (0.08, 0.08, 0.08)
    assert fails("grain_passages", spec, with_grains(states, places=places))


def test_a_grain_that_jumps_by_two_centimetres_fails(heap):
    spec, states = heap
    places = states.points[0].astype(np.float64).copy()
    places[15:, places[15, :, 2].argmax(), 2] += 0.02
    assert fails("grain_kinematics", spec, with_grains(states, places=places))


def test_grains_that_bounce_up_without_cause_fail(heap):
    spec, states = heap
    speeds = states.point_velocities[0].astype(np.float64).copy()
    speeds[-1] += (0.0, 0.0, 0.4)
    assert fails("grain_energy", spec, with_grains(states, speeds=speeds))


def test_work_that_is_left_out_of_the_ledger_fails_as_energy(lifted):
    """Raising 48 grains by 8 cm."""
    spec, states = lifted
    weight = float(states.masses[0]) * EARTH
    assert states.work[-1] == pytest.approx(weight * 0.08, rel=0.2)  # and what they lose in it
    assert fails("grain_energy", spec, replace(states, work=0.0 * states.work))
