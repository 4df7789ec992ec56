"""MuJoCo's joints, couplings, motors and led bodies against closed forms."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rigid_scenes import EARTH, body, scene, substance
from scipy.spatial.transform import Rotation
from scipy.special import ellipk

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.mechanism import Coupling, Joint, Motor
from phys4d_pipeline.simulate import simulate
from tests.digests import digest_elsewhere
from tests.linkages import (
    FLOAT32,
    SMOOTH,
    articulated,
    ball,
    bar,
    crossings,
    drift,
    four_bar,
    hinge,
    motions,
    slider,
    turntable,
)


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
    assert digest_elsewhere(spec) == simulate(spec).digest()


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
