"""Coulomb friction: what both engines do passes, other coefficients and creep do not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import changed, fails, measured
from rigid_scenes import body, scene, substance
from scipy.spatial.transform import Rotation

from phys4d_pipeline.simulate import simulate

ENGINES = pytest.mark.parametrize(
    ("engine", "rate"), [("rigid_pybullet", 1920), ("rigid_mujoco", 3840)], ids=["bullet", "mujoco"]
)
BOX = {"half_extents": (0.1, 0.1, 0.05)}


def sliding(engine, rate, friction=0.3):
    """A box thrown over the ground stops after 0.7 s."""
    box = body(
        "box",
        "box",
        (0, 0, 0.05),
        BOX,
        substance(friction=friction),
        linear_velocity=(2.0, 0.5, 0.0),
    )
    return scene([box], solver=engine, rate=rate, frames=50)


@ENGINES
def test_a_sliding_box_slows_down_by_friction_times_gravity(engine, rate):
    spec = sliding(engine, rate)
    states = simulate(spec)
    assert measured("sliding_friction", spec, states).value < 0.02
    assert not fails("friction_cone", spec, states)


@ENGINES
@pytest.mark.parametrize("factor", [0.0, 0.9, 1.1])
def test_friction_off_by_a_tenth_fails(engine, rate, factor):
    spec = sliding(engine, rate)
    wrong = simulate(sliding(engine, rate, 0.3 * factor))
    assert fails("sliding_friction", spec, wrong)
    assert measured("sliding_friction", spec, wrong).value == pytest.approx(
        abs(factor - 1), abs=0.02
    )


@ENGINES
def test_friction_beyond_the_cone_fails(engine, rate):
    """Twice the coefficient, on a ball that a back spin brings to a stop."""
    ball = body(
        "ball",
        "sphere",
        (0, 0, 0.1),
        {"radius": 0.1},
        substance(friction=0.2),
        linear_velocity=(2.0, 0.0, 0.0),
        angular_velocity=(0.0, -20.0, 0.0),
    )
    spec = scene([ball], solver=engine, rate=rate, frames=40)
    assert not fails("friction_cone", spec, simulate(spec))
    doubled = replace(ball, substance=substance(friction=0.4))
    assert fails("friction_cone", spec, simulate(replace(spec, bodies=(doubled,))))


@ENGINES
def test_a_ground_that_pulls_fails(engine, rate):
    spec = sliding(engine, rate)
    states = simulate(spec)
    velocities = states.velocities.copy()
    velocities[20:, 0, 2] -= 0.25  # by more than the weight of a frame, 0.16 m/s
    assert fails("friction_cone", spec, changed(spec, states, velocities=velocities))


def test_a_box_that_hops_while_it_slides_fails():
    """MuJoCo's convex friction pushes what slips off the ground: by 16 mm here."""
    spec = sliding("rigid_pybullet", 1920)
    assert measured("lift_off", spec, simulate(spec)).value == 0.0
    hopping = sliding("rigid_mujoco", 3840)
    assert fails("lift_off", hopping, simulate(hopping))


def on_slope(engine, rate, angle, friction=0.5):
    """A box at rest on a tilted board."""
    turn = Rotation.from_rotvec([0.0, np.radians(angle), 0.0])
    x, y, z, w = turn.as_quat().tolist()
    normal = turn.apply((0.0, 0.0, 1.0))
    board = body(
        "board",
        "box",
        (0, 0, 0.6),
        {"half_extents": (0.8, 0.5, 0.05)},
        substance(friction=1.0),
        quaternion=(w, x, y, z),
        is_static=True,
    )
    box = body(
        "box",
        "box",
        np.add((0, 0, 0.6), 0.1 * normal),
        BOX,
        substance(friction=friction),
        quaternion=(w, x, y, z),
    )
    return scene([board, box], solver=engine, rate=rate, frames=60)


@ENGINES
@pytest.mark.parametrize("angle", [0, 15, 23])
def test_a_box_stays_on_a_slope_below_its_friction_angle(engine, rate, angle):
    """atan(0.5) is 26.6 degrees."""
    spec = on_slope(engine, rate, angle)
    states = simulate(spec)
    assert not fails("resting", spec, states)
    poses = states.poses.copy()
    poses[:, 1, 0] += np.float32(0.002) * states.times.astype(np.float32)
    creeping = changed(spec, states, poses=poses)
    assert measured("resting", spec, creeping).value == pytest.approx(2.0, abs=0.3)  # [mm/s]


@ENGINES
def test_a_box_that_slides_down_for_want_of_friction_fails(engine, rate):
    spec = on_slope(engine, rate, 15)
    slippery = simulate(on_slope(engine, rate, 15, friction=0.25))
    assert fails("sliding_friction", spec, slippery)


def test_a_box_on_a_steep_slope_need_not_rest():
    spec = on_slope("rigid_pybullet", 1920, 30)
    states = simulate(spec)
    assert measured("resting", spec, states) is None
    assert not fails("sliding_friction", spec, states)


@ENGINES
def test_a_ball_that_slips_begins_to_roll_and_goes_on(engine, rate):
    """After v / (3.5 mu g) = 0.4 s, at 5/7 of its speed."""
    made_of = substance(friction=0.15)
    ball = body(
        "ball", "sphere", (0, 0, 0.1), {"radius": 0.1}, made_of, linear_velocity=(2.0, 0.0, 0.0)
    )
    spec = scene([ball], solver=engine, rate=rate, frames=60)
    states = simulate(spec)
    assert states.velocities[-1, 0, 0] == pytest.approx(2.0 * 5 / 7, rel=0.01)
    assert not fails("rolling", spec, states)
    assert not fails("sliding_friction", spec, states)
    velocities = states.velocities.copy()
    velocities[40:, 0, 3:] *= np.float32(0.97)
    assert fails("rolling", spec, changed(spec, states, velocities=velocities))
