"""MuJoCo's joints, couplings, motors and led bodies against closed forms."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rigid_scenes import EARTH, body, scene, substance
from scipy.spatial.transform import Rotation
from scipy.special import ellipk

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.joint_motion import joint_motion
from phys4d_pipeline.mechanism import Coupling, Joint, Motor, Path
from phys4d_pipeline.paths import led
from phys4d_pipeline.simulate import simulate

SMOOTH = substance(friction=0.0)
GAP, TILT = 1e-3, np.radians(0.2)  # what the issue allows [m, rad]
FLOAT32 = 2e-7  # [m]; two roundings of stored poses a metre or two from the origin


def articulated(bodies, joints, *, couplings=(), rate=1920, **settings):
    spec = scene(bodies, solver="rigid_mujoco", rate=rate, **settings)
    return replace(spec, joints=tuple(joints), couplings=tuple(couplings))


def hinge(name, child, anchor, *, parent="", axis=(0.0, 1.0, 0.0), **settings):
    anchor = tuple(float(x) for x in anchor)
    return Joint(
        name=name, kind="hinge", child=child, parent=parent, anchor=anchor, axis=axis, **settings
    )


def slider(name, child, *, axis=(0.0, 0.0, 1.0), **settings):
    settings = {"anchor": (0.0, 0.0, 0.0), **settings}
    return Joint(name=name, kind="slider", child=child, axis=axis, **settings)


def bar(name, start, end, *, width=0.02, **others):
    """A square bar from one point to another."""
    start, end = np.array(start, float), np.array(end, float)
    length = np.linalg.norm(end - start)
    turn = Rotation.align_vectors([(end - start) / length], [(1.0, 0.0, 0.0)])[0]
    return body(
        name,
        "box",
        (start + end) / 2,
        {"half_extents": (length / 2, width / 2, width / 2)},
        SMOOTH,
        quaternion=tuple(turn.as_quat(scalar_first=True).tolist()),
        **others,
    )


def ball(name, position, radius, **others):
    return body(name, "sphere", position, {"radius": radius}, others.pop("of", SMOOTH), **others)


def motions(spec, states):
    """Of all joints, that all hold."""
    found = [joint_motion(spec, joint, states.poses) for joint in spec.joints]
    assert max(motion.gap.max() for motion in found) < GAP
    assert max(motion.tilt.max() for motion in found) < TILT
    return found


def drift(states):
    """Largest change of energy less work, over the largest kinetic energy."""
    return np.ptp(states.total_energy - states.work) / states.kinetic_energy.max()


def crossings(times, values):
    """When values fall through zero."""
    at = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    return times[at] + values[at] / (values[at] - values[at + 1]) * (times[1] - times[0])


@pytest.mark.parametrize("rate", [480, 1920])
@pytest.mark.parametrize("degrees", [60.0, 150.0])
def test_a_pendulum_swings_with_the_period_of_the_elliptic_integral(degrees, rate):
    length, radius, angle = 0.5, 0.05, np.radians(degrees)
    place = (length * np.sin(angle), 0.0, 1.5 - length * np.cos(angle))
    spec = articulated(
        [ball("bob", place, radius)],
        [hinge("pivot", "bob", (0, 0, 1.5))],
        rate=rate,
        frames=301,
    )
    states = simulate(spec)
    motions(spec, states)
    inertia = length**2 + 0.4 * radius**2
    period = 4 * np.sqrt(inertia / (EARTH * length)) * ellipk(np.sin(angle / 2) ** 2)
    measured = np.diff(crossings(states.times, states.poses[:, 0, 0].astype(np.float64)))
    # Straight lines between frames, near where the path has no curvature.
    np.testing.assert_allclose(measured, period, rtol=1e-4)
    assert drift(states) < 1e-7


def test_a_double_pendulum_keeps_its_energy():
    first, second, third = (0.0, 0.0, 2.0), (0.5, 0.0, 2.1), (0.9, 0.0, 2.4)
    spec = articulated(
        [bar("upper", first, second), bar("lower", second, third)],
        [hinge("shoulder", "upper", first), hinge("elbow", "lower", second, parent="upper")],
        frames=301,
    )
    states = simulate(spec)
    assert np.ptp(motions(spec, states)[1].place) > np.pi  # large angles, it goes over
    assert drift(states) < 1e-6  # fourth order: 1.7e-6 at 480 Hz, 6e-9 here


def four_bar(**first_hinge):
    """Crank, coupler and rocker over a ground of 0.5 m."""
    pivot, far, crank = np.array((0, 0, 1.0)), np.array((0.5, 0, 1.0)), np.array((0, 0, 1.2))
    # The coupler's end is 0.5 from the crank's and 0.4 from the far pivot.
    apart = far - crank
    along = (apart @ apart + 0.5**2 - 0.4**2) / (2 * np.linalg.norm(apart))
    unit = apart / np.linalg.norm(apart)
    corner = crank + along * unit + np.sqrt(0.5**2 - along**2) * np.array((-unit[2], 0, unit[0]))
    bodies = [bar("crank", pivot, crank), bar("coupler", crank, corner), bar("rocker", corner, far)]
    joints = [
        hinge("1", "crank", pivot, **first_hinge),
        hinge("2", "coupler", crank, parent="crank"),
        hinge("3", "rocker", corner, parent="coupler"),
        hinge("4", "rocker", far),
    ]
    return bodies, joints


def test_a_four_bar_linkage_stays_closed_and_keeps_its_energy():
    spec = articulated(*four_bar(), frames=301)
    states = simulate(spec)
    assert max(motion.gap.max() for motion in motions(spec, states)) < 1e-6
    assert drift(states) < 1e-4  # what closes the loop gives and takes as a stiff spring does


def test_a_slider_crank_moves_as_its_geometry_says():
    crank, rod = 0.15, 0.6
    pin, wrist = (0.0, 0.0, 1.0 + crank), (np.sqrt(rod**2 - crank**2), 0.0, 1.0)
    motor = Motor(times=(0.0, 5.0), goals=(0.0, 40.0), stiffness=50.0, damping=1.0, limit=50.0)
    spec = articulated(
        [
            bar("crank", (0, 0, 1), pin),
            bar("rod", pin, wrist),
            body("piston", "box", wrist, {"half_extents": (0.05,) * 3}, SMOOTH),
        ],
        [
            hinge("main", "crank", (0, 0, 1), motor=motor),
            hinge("pin", "rod", pin, parent="crank"),
            hinge("wrist", "piston", wrist, parent="rod"),
            slider("bore", "piston", axis=(1.0, 0.0, 0.0), anchor=wrist),
        ],
        frames=121,
    )
    states = simulate(spec)
    angle = motions(spec, states)[0].place
    assert angle[-1] > 12.0
    place = crank * np.sin(angle) + np.sqrt(rod**2 - (crank * np.cos(angle)) ** 2)
    np.testing.assert_allclose(states.poses[:, 2, 0], place, atol=2e-6)
    assert drift(states) < 1e-4  # the motor's work is counted


def test_coupled_sliders_fall_as_atwoods_weights():
    bodies = [ball("heavy", (0, 0, 2), 0.1), ball("light", (1, 0, 2), 0.08)]
    spec = articulated(
        bodies,
        [slider("left", "heavy"), slider("right", "light")],
        couplings=[Coupling(driver="left", follower="right", ratio=-1.0)],
        frames=31,
    )
    states = simulate(spec)
    left, right = motions(spec, states)
    heavy, light = states.masses
    fall = 0.5 * EARTH * (heavy - light) / (heavy + light) * states.times**2
    np.testing.assert_allclose(-left.place, fall, atol=FLOAT32)
    np.testing.assert_allclose(right.place, -left.place, atol=FLOAT32)


def test_coupled_wheels_share_their_spin_by_inertia():
    """A driver at speed, geared down: kinetic energy and angles follow the ratio."""
    wheels = [
        body("small", "cylinder", (0, 0, 1), {"radius": 0.1, "half_height": 0.02}, SMOOTH),
        body("large", "cylinder", (0.31, 0, 1), {"radius": 0.2, "half_height": 0.02}, SMOOTH),
    ]
    wheels[0] = replace(wheels[0], angular_velocity=(0.0, 0.0, 8.0))
    wheels[1] = replace(wheels[1], angular_velocity=(0.0, 0.0, -4.0))
    axle = {"axis": (0.0, 0.0, 1.0)}
    joints = [hinge("1", "small", (0, 0, 1), **axle), hinge("2", "large", (0.31, 0, 1), **axle)]
    gears = [Coupling(driver="1", follower="2", ratio=-0.5)]
    spec = articulated(wheels, joints, couplings=gears, frames=61)
    states = simulate(spec)
    small, large = motions(spec, states)
    np.testing.assert_allclose(small.place, 8.0 * states.times, atol=1e-5)
    np.testing.assert_allclose(large.place, -0.5 * small.place, atol=1e-5)
    contradicting = [wheels[0], replace(wheels[1], angular_velocity=(0.0, 0.0, 4.0))]
    with pytest.raises(SceneError, match=r"starts .* off what its joints allow"):
        simulate(articulated(contradicting, joints, couplings=gears, frames=2))


@pytest.mark.parametrize("rate", [1920, 3840])
def test_a_gyroscope_precesses_at_m_g_r_over_i_w(rate):
    arm, radius, spin = 0.1, 0.06, 400.0
    turn = Rotation.from_euler("y", 90, degrees=True).as_quat(scalar_first=True)
    precession = EARTH * arm / (0.5 * radius**2 * spin)
    disc = body(
        "disc",
        "cylinder",
        (arm, 0, 1),
        {"radius": radius, "half_height": 0.01},
        SMOOTH,
        quaternion=tuple(turn.tolist()),
        angular_velocity=(spin, 0.0, precession),
        linear_velocity=(0.0, precession * arm, 0.0),
    )
    spec = articulated(
        [disc],
        [Joint(name="pivot", kind="ball", child="disc", anchor=(0.0, 0.0, 1.0))],
        rate=rate,
        frames=121,
    )
    states = simulate(spec)
    motions(spec, states)
    angle = np.unwrap(np.arctan2(states.poses[:, 0, 1], states.poses[:, 0, 0]))
    # 8e-5 at 1920 Hz, where it turns by 0.2 rad a step; fourth order.
    np.testing.assert_allclose(angle[-1], precession * states.times[-1], rtol=2e-4)
    assert np.ptp(states.poses[:, 0, 2]) < 1e-5  # no nutation


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


def cradle(gap, *, count=5, radius=0.025, length=0.3, lift=35.0):
    steel = substance(density=7800.0, friction=0.0, restitution=1.0)
    bodies, joints = [], []
    for index in range(count):
        angle = 0.0 if index else -np.radians(lift)
        pivot = np.array((index * (2 * radius + gap), 0.0, 0.6))
        place = pivot + length * np.array((np.sin(angle), 0.0, -np.cos(angle)))
        bodies.append(ball(f"ball {index}", place, radius, of=steel))
        joints.append(hinge(f"string {index}", f"ball {index}", pivot))
    return bodies, joints


@pytest.mark.parametrize(("gap", "rate"), [(1e-4, 7680), (5e-5, 15360)])
def test_the_last_ball_of_a_cradle_leaves_with_the_speed_of_the_first(gap, rate):
    spec = articulated(*cradle(gap), rate=rate, frames=50)
    states = simulate(spec)
    swing = np.stack([motion.place for motion in motions(spec, states)])
    first, last = 1 - np.cos(np.radians(35.0)), 1 - np.cos(swing[-1])
    assert np.sqrt(last.max() / first) > 0.97  # speeds, by the heights they come from
    # Momentum two frames after the impact, each ball's speed taken back to its lowest point.
    angle = swing - np.array([[np.radians(35.0)], *[[0.0]] * 4]) * np.sign(swing[0].sum())
    frame = int(np.argmax(np.abs(angle[-1]) > 0.02)) + 1
    rate = states.velocities[frame, :, 4].astype(np.float64)
    inertia = 1 + 0.4 * (0.025 / 0.3) ** 2
    energy = 0.5 * inertia * rate**2 + EARTH / 0.3 * (1 - np.cos(angle[:, frame]))
    momentum = (np.sign(rate) * np.sqrt(energy)).sum()
    assert abs(momentum) == pytest.approx(np.sqrt(EARTH / 0.3 * first), rel=0.01)


KEYS = tuple((np.arange(-10, 31) / 10).tolist())
"""Times of a steady path [s]; its ends stand still, a second away they are forgotten to 2e-6."""


def turntable(rate, *, distance=0.3, friction=0.5):
    """A box on a table that turns steadily, moving with it."""
    path = Path(times=KEYS, turns=tuple(rate * time for time in KEYS))
    table = {"radius": 0.6, "half_height": 0.02}
    return [
        body("table", "cylinder", (0, 0, 0.05), table, substance(friction=1.0), path=path),
        body(
            "box",
            "box",
            (distance, 0, 0.09),
            {"half_extents": (0.02,) * 3},
            substance(friction=friction),
            linear_velocity=(0.0, rate * distance, 0.0),
            angular_velocity=(0.0, 0.0, rate),
        ),
    ]


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


def test_joined_bodies_do_not_collide_and_others_do():
    """A flail: its links overlap at the pin, its head hits the wall."""
    first, second, third = (0.0, 0.0, 2.0), (0.4, 0.0, 2.0), (0.8, 0.0, 2.0)
    wall = body("wall", "box", (-0.3, 0, 1.5), {"half_extents": (0.05, 0.5, 0.5)}, is_static=True)
    spec = articulated(
        [bar("a", first, second), bar("b", second, third), wall],
        [hinge("1", "a", first), hinge("2", "b", second, parent="a")],
        frames=91,
    )
    states = simulate(spec)
    motions(spec, states)
    pairs = set(
        zip(states.contacts.object_a.tolist(), states.contacts.object_b.tolist(), strict=False)
    )
    assert (2, 1) not in pairs
    assert {(3, 1), (3, 2)} & pairs
    assert (np.diff(states.total_energy) < 1e-3 * states.kinetic_energy.max()).all()


def chain_of_limbs(rng):
    """A ragdoll's topology: a trunk on the way down, limbs with limits, some joints reversed."""
    trunk = body("trunk", "box", (0, 0, 1.2), {"half_extents": (0.12, 0.08, 0.25)})
    bodies, joints = [trunk], []
    for number, (x, z) in enumerate([(0.12, 1.4), (-0.12, 1.4), (0.08, 0.95), (-0.08, 0.95)]):
        out = np.array((np.sign(x) * 0.25, 0.0, 0.0) if z > 1 else (0.0, 0.0, -0.25))
        start = np.array((x, 0.0, z))
        for part, name in enumerate(("upper", "lower")):
            end = start + out
            bodies.append(bar(f"{name} {number}", start + 0.1 * out, end, width=0.06))
            bodies[-1] = replace(bodies[-1], substance=substance(friction=0.8, restitution=0.2))
            joint = hinge(
                f"{name} {number}",
                bodies[-1].name,
                start,
                parent="trunk" if part == 0 else f"upper {number}",
                limits=(-1.0, 0.8),
                damping=0.02,
                axis=tuple(Rotation.from_rotvec(rng.normal(size=3)).apply((0, 1, 0)).tolist()),
            )
            if number == 3:
                joint = replace(joint, child=joint.parent, parent=joint.child)
            joints.append(joint)
            start = end
    stair = {"half_extents": (0.4, 1.0, 0.1)}
    bodies += [
        body(f"stair {k}", "box", (0.5 - 0.3 * k, 0, 0.1 - 0.05 * k), stair, is_static=True)
        for k in range(2)
    ]
    return bodies, joints


def test_a_ragdoll_falls_on_stairs_without_exploding():
    bodies, joints = chain_of_limbs(np.random.default_rng(4))
    spec = articulated(bodies, joints, rate=1920, frames=121)
    states = simulate(spec)
    found = motions(spec, states)
    assert max(np.ptp(motion.place) for motion in found) > 0.5
    for motion in found:  # limits give way by what a limb turns in four steps, 20 rad/s
        assert motion.place.min() > -1.0 - 0.05
        assert motion.place.max() < 0.8 + 0.05
    total = states.total_energy
    rise = (total - np.minimum.accumulate(total)).max()
    assert rise < 0.01 * (total[0] - total[-1])
    assert np.linalg.norm(states.velocities[-1, :, :3], axis=1).max() < 2.0


def test_a_cart_rolls_on_its_wheels():
    """Down a slope without slipping: a = g sin(slope) M / (M + sum of I / r^2)."""
    slope, radius = 0.2, 0.08
    tilt = Rotation.from_euler("y", slope)

    def place(*point):
        """From the axes of the ramp."""
        return tuple((tilt.apply(point) + np.array((0.0, 0.0, 2.0))).tolist())

    def turn(more=None):
        whole = tilt if more is None else tilt * more
        return {"quaternion": tuple(whole.as_quat(scalar_first=True).tolist())}

    bed, deck = {"half_extents": (0.3, 0.12, 0.04)}, {"half_extents": (4.0, 1.0, 0.1)}
    rough = substance(friction=1.0)
    bodies = [
        body("bed", "box", place(0.0, 0.0, radius + 0.05), bed, **turn()),
        body("ramp", "box", place(3.0, 0.0, -0.1), deck, rough, is_static=True, **turn()),
    ]
    joints, wheel = [], {"radius": radius, "half_height": 0.02}
    across = turn(Rotation.from_euler("x", np.pi / 2))
    for number, (x, y) in enumerate([(0.2, 0.2), (0.2, -0.2), (-0.2, 0.2), (-0.2, -0.2)]):
        centre = place(x, y, radius)
        bodies.append(body(f"wheel {number}", "cylinder", centre, wheel, **across))
        joints.append(hinge(f"axle {number}", f"wheel {number}", centre, parent="bed"))
    spec = articulated(bodies, joints, frames=61)
    states = simulate(spec)
    motions(spec, states)
    wheels = states.masses[2:].sum()
    mass = states.masses[0] + wheels
    share = mass / (mass + wheels / 2)
    way = np.linalg.norm(states.poses[-1, 0, :3] - states.poses[0, 0, :3])
    # 0.2 %: a cylinder's contact is found to 0.03 mm; see the rolling cylinder of test_simulate.
    assert way == pytest.approx(0.5 * share * EARTH * np.sin(slope), rel=2e-3)


def test_a_spinning_top_keeps_its_energy_on_its_tip():
    """Steady precession while it touches; without slip nothing is dissipated."""
    spin, tilt, arm = 200.0, 0.3, 0.045
    axial, across = 0.3 * 0.04**2, 3 / 20 * 0.04**2 + 3 / 80 * 0.06**2 + arm**2
    a, b, c = across * np.cos(tilt), -axial * spin, EARTH * arm
    precession = (-b - np.sqrt(b**2 - 4 * a * c)) / (2 * a)
    lean = Rotation.from_euler("y", tilt)
    axis = lean.apply((0, 0, 1))
    angular = precession * np.array((0, 0, 1)) + (spin - precession * np.cos(tilt)) * axis
    top = body(
        "top",
        "cone",
        tuple(arm * axis),
        {"radius": 0.04, "height": 0.06},
        substance(friction=0.8),
        quaternion=tuple(
            (lean * Rotation.from_euler("x", np.pi)).as_quat(scalar_first=True).tolist()
        ),
        angular_velocity=tuple(angular.tolist()),
        linear_velocity=tuple(np.cross(angular, arm * axis).tolist()),
    )
    states = simulate(scene([top], solver="rigid_mujoco", rate=3840, frames=121))
    assert np.ptp(states.total_energy) < 0.01 * states.kinetic_energy[0]
    turns = Rotation.from_quat(states.poses[:, 0, 3:].astype(np.float64), scalar_first=True)
    leaning = turns.apply((0, 0, -1))
    angle = np.unwrap(np.arctan2(leaning[:, 1], leaning[:, 0]))
    assert angle[-1] == pytest.approx(precession * states.times[-1], rel=0.01)


def test_same_scene_same_bytes_in_another_process():
    bodies, joints = chain_of_limbs(np.random.default_rng(4))
    spec = articulated([*bodies, turntable(2.0, distance=0.4)[0]], joints, frames=20)
    spec = replace(
        spec,
        bodies=tuple(replace(b, position=(3.0, 0.0, 0.05)) if b.path else b for b in spec.bodies),
    )
    code = (
        "import sys; from phys4d_pipeline.scene import SceneSpec;"
        "from phys4d_pipeline.simulate import simulate;"
        "print(simulate(SceneSpec.from_json(sys.stdin.read())).digest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=spec.to_json(),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.stdout.strip() == simulate(spec).digest()


def test_velocities_that_joints_forbid_are_refused():
    bob = ball("bob", (0.5, 0, 2), 0.05, linear_velocity=(1.0, 0.0, 0.0))
    with pytest.raises(SceneError, match=r"'bob' starts .* m/s off what its joints allow"):
        simulate(articulated([bob], [hinge("pivot", "bob", (0, 0, 2))], frames=2))


@pytest.mark.slow
def test_half_the_step_hardly_moves_a_linkage_and_a_double_pendulum():
    bodies, joints = four_bar()
    ends = []
    for rate in (480, 960, 1920):
        states = simulate(articulated(bodies, joints, rate=rate, frames=121))
        ends.append(states.poses[-1, :, :3].astype(np.float64))
    steps = [np.abs(after - before).max() for before, after in pairwise(ends)]
    assert steps[1] < 2e-5
    assert steps[1] < steps[0]
