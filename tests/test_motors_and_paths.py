"""Springs, motors and led bodies in MuJoCo, against closed forms and their work."""

from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import EARTH, body, scene, substance

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.mechanism import Motor, Path
from phys4d_pipeline.motion.paths import led
from phys4d_pipeline.simulate import simulate
from tests.linkages import (
    FLOAT32,
    KEYS,
    SMOOTH,
    articulated,
    ball,
    bar,
    drift,
    hinge,
    motions,
    slider,
    turntable,
)


def test_springs_dampers_and_dry_friction_of_a_slider():
    """Overdamped none: a damped spring, and a block that dry friction stops at v^2 / (2 f / m)."""
    mass, stiffness, damping = 8.0, 200.0, 4.0
    block = body("block", "box", (0, 0, 1), {"half_extents": (0.1,) * 3}, SMOOTH)
    along = {"axis": (1.0, 0.0, 0.0)}
    sprung = slider("s", "block", stiffness=stiffness, rest=0.1, damping=damping, **along)
    spec = articulated([block], [sprung], frames=121)
    states = simulate(spec)
    place = motions(spec, states)[0].place
    decay = damping / (2 * mass)
    turning = np.sqrt(stiffness / mass - decay**2)
    time = states.times
    wave = np.cos(turning * time) + decay / turning * np.sin(turning * time)
    np.testing.assert_allclose(place, 0.1 * (1 - np.exp(-decay * time) * wave), atol=FLOAT32)
    pushed = replace(block, linear_velocity=(1.0, 0.0, 0.0))
    rubbed = articulated([pushed], [slider("s", "block", friction=20.0, **along)], frames=61)
    place = motions(rubbed, simulate(rubbed))[0].place
    # The last step stops it as a damper does, within one step's travel.
    assert place[-1] == pytest.approx(1.0 / (2 * 20.0 / mass), abs=1e-4)
    assert np.ptp(place[30:]) < FLOAT32


def test_a_limit_stops_a_falling_slider():
    spec = articulated(
        [ball("weight", (0, 0, 3), 0.1)], [slider("rail", "weight", limits=(-0.5, 0.0))], frames=61
    )
    place = motions(spec, simulate(spec))[0].place
    arrival = np.sqrt(2 * 0.5 / EARTH)
    assert place.min() > -0.5 - np.sqrt(2 * EARTH * 0.5) * 4 / 1920  # four steps' travel
    assert place[int((arrival + 0.2) * 60) :] == pytest.approx(-0.5, abs=1e-5)


def test_a_motor_does_the_work_that_the_arm_gains():
    """Up a quarter turn and held: the spec's law, statics, and the energy balance."""
    arm = bar("arm", (0, 0, 1), (0.5, 0, 1))
    motor = Motor(
        times=(0.0, 1.0, 3.0), goals=(0.0, -1.0, -1.0), stiffness=200.0, damping=5.0, limit=500.0
    )
    joint = hinge("shoulder", "arm", (0, 0, 1), motor=motor)
    spec = articulated([arm], [joint], frames=301)
    states = simulate(spec)
    place = motions(spec, states)[0].place[-1]
    weight = states.masses[0] * EARTH * 0.25 * np.cos(place)
    assert 200.0 * (place + 1.0) == pytest.approx(weight, rel=1e-3)
    gain = states.total_energy[-1] - states.total_energy[0]
    assert states.work[-1] == pytest.approx(gain, rel=1e-3)


def test_a_damped_motor_pays_for_what_it_dissipates():
    """A steady turn against a damped joint costs c * rate^2 * time."""
    disc = body("disc", "cylinder", (0, 0, 1), {"radius": 0.2, "half_height": 0.02}, SMOOTH)
    disc = replace(disc, angular_velocity=(0.0, 0.0, 3.0))
    motor = Motor(times=(0.0, 9.0), goals=(0.6, 27.6), stiffness=5.0, damping=0.1, limit=10.0)
    joint = hinge("axle", "disc", (0, 0, 1), axis=(0.0, 0.0, 1.0), damping=1.0, motor=motor)
    spec = articulated([disc], [joint], frames=121)
    states = simulate(spec)
    assert motions(spec, states)[0].place[-1] == pytest.approx(6.0, abs=1e-5)
    assert states.work[-1] == pytest.approx(1.0 * 3.0**2 * 2.0, rel=1e-4)


def test_a_weak_motor_gives_no_more_than_its_limit():
    block = body("block", "box", (0, 0, 1), {"half_extents": (0.1,) * 3}, SMOOTH)
    motor = Motor(times=(0.0,), goals=(100.0,), stiffness=1e3, damping=1.0, limit=4.0)
    spec = articulated(
        [block], [slider("s", "block", axis=(1.0, 0.0, 0.0), motor=motor)], frames=61
    )
    states = simulate(spec)
    place = motions(spec, states)[0].place
    np.testing.assert_allclose(place, 0.5 * 4.0 / 8.0 * states.times**2, atol=FLOAT32)
    np.testing.assert_allclose(states.work, 4.0 * place, atol=4.0 * FLOAT32)


def test_a_motor_too_stiff_for_the_rate_is_refused_with_the_rate_it_needs():
    block = body("block", "box", (0, 0, 1), {"half_extents": (0.1,) * 3}, SMOOTH)
    motor = Motor(times=(0.0,), goals=(1.0,), stiffness=1.0, damping=1e5, limit=4.0)
    spec = articulated([block], [slider("s", "block", axis=(1.0, 0.0, 0.0), motor=motor)], frames=3)
    with pytest.raises(SceneError, match=r"joint 's' has damping 100000 .* to 6300 or more"):
        simulate(spec)


@pytest.mark.parametrize("share", [0.5, 0.9, 1.1])
def test_a_turntable_carries_a_box_until_friction_is_too_weak(share):
    rate = np.sqrt(share * 0.5 * EARTH / 0.3)
    spec = scene(turntable(rate), solver="rigid_mujoco", rate=1920, frames=91)
    states = simulate(spec)
    distance = np.linalg.norm(states.poses[:, 1, :2], axis=1)
    angle = np.unwrap(np.arctan2(states.poses[:, 1, 1], states.poses[:, 1, 0]))
    if share < 1:
        # Friction leaves bodies the slip that their acceleration makes in one step.
        assert np.ptp(distance) < 1.2 * rate**2 * 0.3 / 1920 * states.times[-1]
        assert angle[-1] == pytest.approx(rate * states.times[-1], abs=5e-3)
        assert np.abs(states.work).max() < 0.06 * states.kinetic_energy[0]  # for its creep
    else:
        assert distance[-1] > 0.4
    np.testing.assert_allclose(states.poses[:, 0], led(spec.bodies[0], states.times)[0], atol=1e-6)


def test_a_turntable_brings_a_resting_box_to_its_speed_by_friction():
    """While it slips, friction accelerates it by mu g; half the work becomes heat."""
    rate, distance = 2.0, 0.3
    table, box = turntable(rate, distance=distance)
    box = replace(box, linear_velocity=(0.0,) * 3, angular_velocity=(0.0,) * 3)
    states = simulate(scene([table, box], solver="rigid_mujoco", rate=1920, frames=61))
    speed = np.linalg.norm(states.velocities[:, 1, :2].astype(np.float64), axis=1)
    assert speed[4] == pytest.approx(0.5 * EARTH * states.times[4], rel=0.02)  # the edge turns, too
    assert speed[-1] == pytest.approx(rate * np.linalg.norm(states.poses[-1, 1, :2]), rel=2e-3)
    assert states.work[-1] == pytest.approx(2 * states.kinetic_energy[-1], rel=0.05)


def test_a_wall_pushes_a_block_at_its_speed_and_pays_for_the_friction():
    speed = 0.5
    path = Path(times=KEYS, shifts=tuple((speed * time, 0.0, 0.0) for time in KEYS))
    wall = {"half_extents": (0.05, 0.3, 0.2)}
    bodies = [
        body("wall", "box", (-0.15, 0, 0.21), wall, substance(friction=0.0), path=path),
        body(
            "block", "box", (0.001, 0, 0.1), {"half_extents": (0.1,) * 3}, substance(friction=0.4)
        ),
    ]
    states = simulate(scene(bodies, solver="rigid_mujoco", rate=1920, frames=121))
    # A body that slides hops by friction * speed * step and loses the wall for a moment.
    apart = states.poses[30:, 1, 0] - states.poses[30:, 0, 0]
    np.testing.assert_allclose(apart, 0.15, atol=1e-3)
    assert states.velocities[30:, 1, 0].mean() == pytest.approx(speed, rel=5e-3)
    weight, way = states.masses[1] * EARTH, states.poses[-1, 1, 0] - states.poses[0, 1, 0]
    # Friction, and the block's start: inelastic, so it costs twice the kinetic energy.
    spent = 0.4 * weight * way + states.masses[1] * speed**2
    assert states.work[-1] == pytest.approx(spent, rel=5e-3)


def test_a_led_crank_swings_a_pendulum_that_feels_its_acceleration():
    """A pendulum whose pivot is shaken: small angles obey a driven oscillator's equation."""
    shake = tuple((0.002 * np.sin(4.0 * time), 0.0, 0.0) for time in KEYS)
    pivot = body(
        "pivot", "sphere", (0, 0, 2), {"radius": 0.02}, path=Path(times=KEYS, shifts=shake)
    )
    length, radius = 0.5, 0.05
    begin = led(pivot, np.zeros(1))[1][0, :3]
    bob = ball("bob", (0, 0, 2 - length), radius, linear_velocity=tuple(begin.tolist()))
    spec = articulated([pivot, bob], [hinge("pin", "bob", (0, 0, 2), parent="pivot")], frames=121)
    states = simulate(spec)
    place = motions(spec, states)[0].place
    inertia = 1 + 0.4 * (radius / length) ** 2
    natural, driven = np.sqrt(EARTH / (length * inertia)), 4.0
    # inertia L a'' + g a = shaken acceleration; starts at 0, at rest.
    amplitude = 0.002 * driven**2 / (length * inertia) / (natural**2 - driven**2)
    time = states.times
    expected = amplitude * (np.sin(driven * time) - driven / natural * np.sin(natural * time))
    np.testing.assert_allclose(np.abs(place), np.abs(expected), atol=0.01 * np.abs(expected).max())
    assert drift(states) < 1e-3
