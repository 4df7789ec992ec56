"""Laws of gas: tracers in a uniform wind pass; planted depth, jumps, heat, crowds, haste do not."""

from dataclasses import replace

import numpy as np
import pytest
from gas_boxes import AIR_TEMPERATURE, air, gas_scene
from law_states import changed, fails, measured
from rigid_scenes import body

from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import Contacts, States
from tests.points_scenes import mean_motion

FRAMES, COUNT = 13, 1000
WIND = (0.3, 0.0, 0.1)  # [m/s]
HOT = 350.0  # [K]
SPHERE = {"radius": 0.1}


@pytest.fixture
def drifting():
    """A ball of warm tracers that a wind carries past a post."""
    smoke = air("smoke", "box", {"half_extents": (0.1, 0.1, 0.1)}, (-0.05, 0, 0.2), temperature=HOT)
    post = body("post", "box", (0.3, 0, 0.2), {"half_extents": (0.02, 0.02, 0.2)}, is_static=True)
    spec = gas_scene([smoke, post], cells=(40, 20, 20), frames=FRAMES, wind=WIND)
    rng = np.random.default_rng(0)
    start = np.array(smoke.position) + rng.uniform(-0.1, 0.1, (COUNT, 3))
    times = np.arange(FRAMES) / spec.fps
    points = (start + times[:, None, None] * np.array(WIND)).astype(np.float32)
    speeds = np.tile(np.array(WIND, np.float32), (FRAMES, COUNT, 1))
    poses, velocities = np.zeros((FRAMES, 2, 7), np.float32), np.zeros((FRAMES, 2, 6), np.float32)
    poses[:, 0], velocities[:, 0] = mean_motion(points, times)
    poses[:, 1, :4] = (*post.position, 1.0)
    states = States(
        times=times,
        poses=poses,
        velocities=velocities,
        in_contact=np.zeros((FRAMES, 2), bool),
        masses=np.array([1.0, np.inf]),
        kinetic_energy=np.zeros(FRAMES),
        potential_energy=np.zeros(FRAMES),
        work=np.zeros(FRAMES),
        contacts=Contacts.none(),
        solver_version="test",
        points={0: points},
        point_velocities={0: speeds},
        radii={0: np.full(COUNT, 0.002, np.float32)},
        temperatures={0: np.full((FRAMES, COUNT), HOT, np.float32)},
    )
    return spec, states


LAWS = ("depth", "paths", "heat", "density", "speed", "rise")


@pytest.mark.parametrize("name", LAWS)
def test_tracers_in_a_wind_pass(drifting, name):
    check = measured(f"tracer_{name}", *drifting)
    assert check is not None
    assert check.passed, check


@pytest.mark.parametrize("name", LAWS)
def test_grains_are_no_gas(drifting, name):
    spec, states = drifting
    dry = replace(spec.bodies[0].substance, viscosity=0.0)
    grains = replace(spec, bodies=(replace(spec.bodies[0], substance=dry), spec.bodies[1]))
    assert measured(f"tracer_{name}", grains, states) is None


def _with_points(states, points, speeds=None):
    return replace(
        states,
        points={0: points},
        point_velocities={0: states.point_velocities[0] if speeds is None else speeds},
    )


def test_tracers_two_millimetres_inside_a_body_fail(drifting):
    spec, states = drifting
    points = states.points[0].copy()
    points[-1, 0] = (0.3 - 0.018, 0.0, 0.2)
    assert fails("tracer_depth", spec, _with_points(states, points))


def test_tracers_under_the_ground_fail(drifting):
    spec, states = drifting
    points = states.points[0].copy()
    points[-1, 0, 2] = -0.002
    assert fails("tracer_depth", spec, _with_points(states, points))


def test_a_tracer_that_jumps_by_a_cell_fails(drifting):
    spec, states = drifting
    points = states.points[0].copy()
    points[6:, 5, 1] += np.float32(spec.grid.cell)
    assert fails("tracer_paths", spec, _with_points(states, points))


def test_a_body_may_hold_a_tracer_back(drifting):
    spec, states = drifting
    points = states.points[0].copy()
    points[:, 5] = (0.27, 0.0, 0.2)  # a centimetre before the post
    assert not fails("tracer_paths", spec, _with_points(states, points))
    points[:, 5] = (0.2, 0.0, 0.2)
    speeds = 8.0 * states.point_velocities[0]  # 2 cells a frame
    assert fails("tracer_paths", spec, _with_points(states, points, speeds))


def test_tracers_hotter_than_their_source_fail(drifting):
    spec, states = drifting
    for wrong in (HOT + 3.0, AIR_TEMPERATURE - 3.0):
        heat = states.temperatures[0].copy()
        heat[-1, 7] = wrong
        assert fails("tracer_heat", spec, replace(states, temperatures={0: heat}))


def test_a_cloud_squeezed_to_two_thirds_fails(drifting):
    spec, states = drifting
    points = states.points[0].astype(np.float64)
    middle = points.mean(1, keepdims=True)
    share = np.linspace(1.0, 0.87, FRAMES)[:, None, None]  # 0.66 of the volume at the end
    squeezed = (middle + share * (points - middle)).astype(np.float32)
    assert fails("tracer_density", spec, _with_points(states, squeezed))


def test_gas_faster_than_its_weight_can_drive_it_fails(drifting):
    spec, states = drifting
    # sqrt(0.32^2 + 2 * 9.81 * 0.16 * 0.4) = 1.17 m/s; times 1.5.
    speeds = np.tile(np.array((0.0, 0.0, 2.0), np.float32), (FRAMES, COUNT, 1))
    assert fails("tracer_speed", spec, _with_points(states, states.points[0], speeds))


def test_warm_gas_that_sinks_is_advised_against(drifting):
    spec, states = drifting
    velocities = states.velocities.copy()
    velocities[6:, 0, 2] = -0.05
    sinking = changed(spec, states, velocities=velocities)
    assert fails("tracer_rise", spec, sinking)
    check = measured("tracer_rise", spec, sinking)
    assert check is not None
    assert not check.blocking


def test_simulated_smoke_passes_all_laws():
    ball = body("ball", "sphere", (0.0, 0.0, 0.3), {"radius": 0.05}, is_static=True)
    smoke = air("smoke", "sphere", SPHERE, (0, 0, 0.11), temperature=380.0)
    spec = gas_scene([smoke, ball], cells=(16, 16, 24), frames=45, unrest=0.03)
    states = simulate(spec)
    for name in LAWS:
        check = measured(f"tracer_{name}", spec, states)
        assert check is not None
        assert check.passed, check
