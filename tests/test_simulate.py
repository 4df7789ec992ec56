"""Both engines against closed forms; determinism."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rigid_scenes import (
    EARTH,
    ball,
    body,
    dominoes,
    scene,
    shower,
    stack,
    substance,
)
from scipy.spatial.transform import Rotation

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Solver
from phys4d_pipeline.simulate import rigid_pybullet, simulate, solver_version, solvers
from tests.digests import digest_elsewhere

RATES = {"rigid_pybullet": 1920, "rigid_mujoco": 3840}
ENGINES = list(RATES)


def run(bodies, engine, **settings):
    return simulate(scene(bodies, solver=engine, **{"rate": RATES[engine], **settings}))


def energy_rise(states):
    total = states.total_energy
    return float((total - np.minimum.accumulate(total)).max() / total[0])


def rebounds(states, radius):
    """Square roots of the ratios of energy between one flight and the next."""
    level = states.total_energy / states.masses[0] / EARTH - radius
    levels, start = [], None
    for frame, touching in enumerate(states.in_contact[:, 0]):
        if touching and start is not None:
            levels.append(np.median(level[start:frame]))
        start = None if touching else (frame if start is None else start)
    if start is not None and len(level) - start > 2:
        levels.append(np.median(level[start:]))
    ratios = [b / a for a, b in pairwise(levels) if b > 0.01]
    return np.sqrt(ratios)


def test_engines_are_found_by_name():
    assert set(ENGINES) <= set(solvers())
    assert solver_version(scene([ball()])).startswith("rigid_pybullet-")
    with pytest.raises(SceneError, match="Did you mean 'rigid_pybullet'"):
        simulate(scene([ball()], solver="rigid_pybulet"))


@pytest.mark.parametrize("engine", ENGINES)
def test_free_fall_is_half_g_t_squared(engine):
    states = run([ball(height=30.0)], engine)
    fallen = states.poses[0, 0, 2] - states.poses[:, 0, 2].astype(np.float64)
    expected = 0.5 * EARTH * states.times**2
    assert np.abs(fallen - expected).max() < 4e-6  # float32 at 30 m: half an ulp is 1e-6 m
    assert (np.abs(fallen - expected)[6:] < 5e-3 * expected[6:]).all()
    np.testing.assert_allclose(states.velocities[:, 0, 2], -EARTH * states.times, atol=2e-6)
    assert not states.in_contact.any()


@pytest.mark.parametrize("restitution", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_pybullet_keeps_its_restitution_from_bounce_to_bounce(restitution):
    states = run([ball(restitution=restitution)], "rigid_pybullet", frames=180)
    measured = rebounds(states, 0.06)
    assert len(measured) >= (1 if restitution < 0.5 else 2)
    # One step of gravity (5 mm/s) on the slowest impact counted (0.4 m/s).
    np.testing.assert_allclose(measured, restitution, atol=0.012)
    assert measured[0] == pytest.approx(restitution, abs=1e-3)


@pytest.mark.parametrize(
    ("restitution", "spread"),
    [(0.3, 0.14), (0.5, 0.08), (0.7, 0.05), (0.9, 0.02), (0.95, 0.02)],
)
def test_mujoco_rebounds_at_its_restitution(restitution, spread):
    """The spread is that of `_rebound` over where in a step an impact begins, plus gravity."""
    measured = np.concatenate(
        [
            rebounds(
                run([ball(height=h, restitution=restitution)], "rigid_mujoco", frames=45), 0.06
            )
            for h in (0.4, 0.5, 0.6, 0.7, 0.8)
        ]
    )
    np.testing.assert_allclose(measured, restitution, rtol=spread)
    assert len(measured) >= 5


@pytest.mark.parametrize("engine", ENGINES)
def test_elastic_pair_keeps_momentum_and_exchanges_speeds(engine):
    smooth = substance(restitution=1.0, friction=0.0)
    heavy = substance(restitution=1.0, friction=0.0, density=2000.0)
    size = {"radius": 0.05}
    states = run(
        [
            body("a", "sphere", (0, 0, 1), size, smooth, linear_velocity=(2.0, 0.0, 0.0)),
            body("b", "sphere", (0.5, 0, 1), size, heavy),
        ],
        engine,
        gravity=0.0,
        frames=60,
    )
    momentum = states.velocities[..., :3].astype(np.float64).transpose(0, 2, 1) @ states.masses
    np.testing.assert_allclose(momentum, np.tile(momentum[0], (60, 1)), atol=1e-6 * momentum.max())
    tolerance = 1e-3 if engine == "rigid_pybullet" else 0.02  # spread of a spring's 12 steps
    np.testing.assert_allclose(
        states.velocities[-1, :, 0], (2 * -1 / 3, 2 * 2 / 3), atol=2 * tolerance
    )
    assert len(states.contacts.frame) == 1
    assert states.contacts.impulse[0] == pytest.approx(states.masses[1] * 4 / 3, rel=tolerance)
    np.testing.assert_allclose(states.contacts.normal[0], (1.0, 0.0, 0.0), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("velocity", [(2.0, 0.0, 0.0), (1.5, 1.5, 0.0)])
def test_block_slides_v_squared_over_two_mu_g(engine, velocity):
    block = body(
        "block",
        "box",
        (0, 0, 0.02),
        {"half_extents": (0.1, 0.1, 0.02)},
        substance(friction=0.4),
        linear_velocity=velocity,
    )
    slid = np.linalg.norm(run([block], engine).poses[-1, 0, :2])
    assert slid == pytest.approx(np.dot(velocity, velocity) / (2 * 0.4 * EARTH), rel=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("kind", "share"), [("sphere", 5 / 7), ("cylinder", 2 / 3)])
def test_round_bodies_roll_down_a_ramp_without_slipping(engine, kind, share):
    slope, radius = 0.3, 0.1
    tilt = Rotation.from_euler("y", -slope)
    turn = tilt if kind == "sphere" else tilt * Rotation.from_euler("x", np.pi / 2)
    normal, uphill = tilt.apply((0, 0, 1)), tilt.apply((1, 0, 0))
    top = np.array((0.0, 0.0, 3.0))
    ramp = body(
        "ramp",
        "box",
        top - 0.1 * normal,
        {"half_extents": (5.0, 1.0, 0.1)},
        substance(friction=1.0, restitution=1.0),
        is_static=True,
        quaternion=tuple(tilt.as_quat(scalar_first=True).tolist()),
    )
    size = {"radius": radius} | ({} if kind == "sphere" else {"half_height": 0.1})
    roller = body(
        "roller",
        kind,
        top + 4 * uphill + radius * normal,
        size,
        substance(friction=0.6),
        quaternion=tuple(turn.as_quat(scalar_first=True).tolist()),
    )
    states = run([ramp, roller], engine, frames=91)
    travelled = -(states.poses[90, 1, :3] - states.poses[0, 1, :3]) @ uphill
    # 0.2 %: a cylinder's contact is found to 0.03 mm, a slope of 1e-3 of its half height.
    assert 2 * travelled / states.times[90] ** 2 == pytest.approx(
        share * EARTH * np.sin(slope), rel=2e-3
    )
    spin = np.linalg.norm(states.velocities[90, 1, 3:])
    assert spin * radius == pytest.approx(np.linalg.norm(states.velocities[90, 1, :3]), rel=2e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_rolling_friction_slows_a_ball_by_five_sevenths_g_rho_over_r(engine):
    roller = body(
        "roller",
        "sphere",
        (0, 0, 0.1),
        {"radius": 0.1},
        substance(friction=0.8, rolling=0.002),
        linear_velocity=(1.0, 0.0, 0.0),
        angular_velocity=(0.0, 10.0, 0.0),
    )
    states = run([roller], engine, frames=61, ground=substance(friction=0.5, rolling=0.001))
    moment = 0.002 * 0.5 + 0.001 * 0.8  # the contact law in simulate/__init__
    slowed = 1.0 - states.velocities[60, 0, 0]
    assert slowed == pytest.approx(5 / 7 * EARTH * moment / 0.1, rel=0.01)


@pytest.mark.parametrize("engine", ENGINES)
def test_stack_of_ten_boxes_stands_still(engine):
    states = run(stack(10), engine, frames=121)
    assert np.abs(states.poses[..., :3] - states.poses[0, :, :3]).max() < 1e-3
    assert states.contacts.penetration.max() < 1e-4
    resting = (states.contacts.frame == 100) & (states.contacts.object_b == 0)
    weight = states.masses.sum() * EARTH / 60
    assert states.contacts.impulse[resting].sum() == pytest.approx(weight, rel=1e-2)
    np.testing.assert_allclose(states.contacts.normal[resting], ((0.0, 0.0, 1.0),), atol=1e-3)
    np.testing.assert_allclose(states.contacts.position[resting][:, 2], 0.0, atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_dominoes_fall_one_after_the_other(engine):
    states = run(dominoes(6), engine, frames=90, rate=3840)
    heights = states.poses[..., 2]
    assert (heights[-1] < 0.09).all()
    fell = [int(np.argmax(heights[:, index] < 0.09)) for index in range(6)]
    assert fell == sorted(fell)
    assert fell[-1] > fell[0]
    # MuJoCo's contacts are springs: 2 m/s sink in by 4 steps of travel.
    sunk = 1e-3 if engine == "rigid_pybullet" else 2.0 * 4 / 3840
    assert states.contacts.penetration.max() < sunk
    assert energy_rise(states) < 1e-3


def test_energy_never_rises_in_a_shower_of_every_shape():
    rate = 1920
    states = run(shower(12, 0.9), "rigid_pybullet", rate=rate, frames=60)
    assert energy_rise(states) < 2e-3
    assert states.contacts.penetration.max() < 8.0 * 1.5 / rate  # fall speed, both move


def test_an_eccentric_impact_creates_no_energy(monkeypatch):
    """A spinning cone on its tip: with Newton's restitution alone it gains 24 %."""
    rng = np.random.default_rng(9)
    quaternion = rng.normal(size=4)
    cone = body(
        "cone",
        "cone",
        (0, 0, 0.3),
        {"radius": 0.06, "height": 0.15},
        substance(restitution=0.9),
        quaternion=tuple((quaternion / np.linalg.norm(quaternion)).tolist()),
        angular_velocity=tuple((3 * rng.normal(size=3)).tolist()),
    )
    assert energy_rise(run([cone], "rigid_pybullet", rate=960, frames=40)) < 1e-3
    monkeypatch.setattr(rigid_pybullet, "LESS_RESTITUTION", ())
    assert energy_rise(run([cone], "rigid_pybullet", rate=960, frames=40)) > 0.1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spinning_book_keeps_momentum_and_energy(engine):
    """About the middle axis, where it tumbles; engines alone were off by 10 % a second."""
    book = body(
        "book",
        "box",
        (0, 0, 30),
        {"half_extents": (0.05, 0.1, 0.2)},
        angular_velocity=(0.1, 40.0, 0.1),
    )
    states = run([book], engine, gravity=0.0, frames=60)
    turns = Rotation.from_quat(states.poses[:, 0, 3:].astype(np.float64), scalar_first=True)
    spin = turns.inv().apply(states.velocities[:, 0, 3:].astype(np.float64))
    moments = np.array((0.1**2 + 0.2**2, 0.05**2 + 0.2**2, 0.05**2 + 0.1**2))
    momentum = turns.apply(spin * moments)
    assert np.abs(spin[:, 1]).min() < 30.0  # it does tumble
    assert np.ptp(momentum, axis=0).max() < 1e-5 * np.linalg.norm(momentum[0])  # float32 poses
    assert (
        np.ptp(states.kinetic_energy) < 1e-4 * states.kinetic_energy[0]
    )  # second order in 40/1920


def test_a_fast_ball_is_stopped_by_a_thin_wall_only_with_continuous_collision():
    wall = body("wall", "box", (1.05, 0, 0.5), {"half_extents": (0.005, 0.5, 0.5)}, is_static=True)
    shot = {"linear_velocity": (40.0, 0.0, 0.0)}
    for is_fast in (True, False):
        bullet = body("shot", "sphere", (0, 0, 0.5), {"radius": 0.03}, is_fast=is_fast, **shot)
        states = run([wall, bullet], "rigid_pybullet", rate=60, gravity=0.0, frames=30)
        assert (states.poses[-1, 1, 0] < 1.05) == is_fast


def test_half_the_step_hardly_moves_bodies_before_chaos():
    paths = []
    for rate in (1920, 3840):
        paths.append(run(shower(3, 0.5), "rigid_pybullet", rate=rate, frames=31).poses[:, :, :3])
    moved = np.abs(paths[0] - paths[1]).max((1, 2))
    assert moved[8] < 1e-5  # before the first impact
    # After it: an impact half a step sooner, at 2 m/s and 10 rad/s, then again.
    assert moved.max() < 0.03


@pytest.mark.parametrize("engine", ENGINES)
def test_same_scene_same_bytes_in_another_process(engine):
    spec = scene(shower(6, 0.5), solver=engine, frames=40)
    assert digest_elsewhere(spec) == simulate(spec).digest()


@pytest.mark.parametrize("engine", ENGINES)
def test_static_bodies_stay_and_have_infinite_mass(engine):
    fixed = replace(ball(height=0.5), is_static=True)
    states = run([fixed], engine, frames=10)
    assert np.isinf(states.masses).all()
    assert (states.poses == states.poses[0]).all()
    assert not states.kinetic_energy.any()


def test_solver_rate_is_part_of_the_scene():
    spec = scene([ball()])
    other = replace(spec, solver=Solver(name="rigid_pybullet", rate=3840))
    assert spec.states_id("v") != other.states_id("v")
