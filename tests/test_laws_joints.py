"""Joints, couplings, ties and drives: true motion passes, planted violations of them do not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import (
    changed,
    fails,
    hinge,
    line,
    measured,
    pendulum_scene,
    recorded,
    rope_body,
    rope_states,
    single_swing,
    swung,
)
from rigid_scenes import body, scene, substance
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Coupling, Joint, Motor, Path, Tie
from phys4d_pipeline.motion.joints import joint_rate
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.simulate import simulate


@pytest.fixture(scope="module")
def swinging():
    return single_swing()


def failed(spec, states):
    return {check.name for check in physics_checks(spec, states) if not check.passed}


def test_a_pendulum_in_closed_form_passes_every_law(swinging):
    spec, states = swinging
    checks = {check.name: check for check in physics_checks(spec, states)}
    assert failed(spec, states) == set()
    assert {"joint_gap", "joint_tilt", "energy_drift", "pendulum_period"} <= set(checks)
    assert checks["joint_gap"].value < 1e-3  # [mm] float32
    assert checks["energy_drift"].value < 1e-5


def test_a_joint_opened_by_two_millimetres_fails(swinging):
    spec, states = swinging
    poses = states.poses.copy()
    poses[40:, 0, 1] += 0.002
    opened = changed(spec, states, poses=poses)
    assert measured("joint_gap", spec, opened).value == pytest.approx(2.0, abs=0.01)
    assert "joint_gap" in failed(spec, opened)


def test_a_hinge_that_tilts_by_half_a_degree_fails(swinging):
    spec, states = swinging
    poses = states.poses.copy()
    tilt = Rotation.from_rotvec([np.radians(0.5), 0.0, 0.0])
    turn = Rotation.from_quat(poses[60:, 0, 3:], scalar_first=True)
    poses[60:, 0, 3:] = (tilt * turn).as_quat(scalar_first=True)
    tilted = changed(spec, states, poses=poses)
    assert measured("joint_tilt", spec, tilted).value == pytest.approx(0.5, abs=0.01)
    assert "joint_tilt" in failed(spec, tilted)


def test_a_pendulum_that_gains_energy_fails_both_ways(swinging):
    spec, states = swinging
    for factor, laws in ((1.02, {"energy_rise", "energy_drift"}), (0.98, {"energy_drift"})):
        velocities = states.velocities.copy()
        velocities[70:] *= factor
        assert laws <= failed(spec, changed(spec, states, velocities=velocities))


def test_a_pendulum_that_jumps_for_one_frame_fails(swinging):
    spec, states = swinging
    poses = states.poses.copy()
    poses[50] = poses[47]
    assert {"kinematics", "turning"} <= failed(spec, changed(spec, states, poses=poses))


@pytest.mark.parametrize(("limit", "passes"), [(-1.01, True), (-0.99, True), (-0.9, False)])
def test_a_limit_may_give_way_by_a_degree(limit, passes):
    """It swings from 1 rad to -1 rad: its place goes down to -2."""
    spec, states = single_swing(limits=(limit - 1.0, 0.0))
    assert fails("joint_limits", spec, states) is not passes


@pytest.mark.parametrize(("ratio", "passes"), [(-2.0, True), (-2.01, False)])
def test_coupled_joints_keep_their_ratio(ratio, passes):
    spec = pendulum_scene(count=2, angle=0.0, frames=60)
    first, second = (joint.name for joint in spec.joints)
    spec = replace(spec, couplings=(Coupling(driver=first, follower=second, ratio=-2.0),))
    angle = np.linspace(0.0, 1.5, 60)
    angles = np.stack([angle, ratio * angle], 1)
    states = swung(spec, angles, np.full((60, 2), 1.5) * (1.0, ratio))
    assert fails("couplings", spec, states) is not passes


def carried_rope(*, until=None):
    """A rope hangs from a block that is led sideways; (scene, states) with the rope in step."""
    path = Path(times=(0.0, 1.0), shifts=((0.0, 0.0, 0.0), (0.5, 0.0, 0.0)))
    block = body("hand", "box", (0, 0, 1.5), {"half_extents": (0.05, 0.05, 0.05)}, path=path)
    rope = rope_body("rope", line((0, 0, 1.45), (0, 0, 0.95), 26))
    tie = Tie(body="rope", point=0, holder="hand", until=until)
    spec = replace(scene([block, rope], frames=61), ties=(tie,))
    states = simulate(scene([block], solver="rigid_mujoco", frames=61))
    shift = states.poses[:, :1, :3] - states.poses[:1, :1, :3]
    places = np.array(rope.points) + shift
    speeds = np.tile(states.velocities[:, :1, :3], (1, 26, 1))
    whole = rope_states(spec, {1: places}, {1: speeds})
    poses, velocities = whole.poses.copy(), whole.velocities.copy()
    poses[:, 0], velocities[:, 0] = states.poses[:, 0], states.velocities[:, 0]
    return spec, changed(spec, whole, poses=poses, velocities=velocities)


def test_ties_hold_until_they_are_let_go():
    spec, states = carried_rope()
    assert measured("ties", spec, states).value < 1e-3
    points = {1: states.points[1].copy()}
    points[1][40:, :, 1] += 0.002
    slipped = changed(spec, states, points=points)
    assert fails("ties", spec, slipped)
    let_go = replace(spec, ties=(replace(spec.ties[0], until=0.6),))
    assert not fails("ties", let_go, slipped)


def test_a_led_body_that_leaves_its_path_fails():
    spec, states = carried_rope()
    assert not fails("led_path", spec, states)
    poses = states.poses.copy()
    poses[30:, 0, 0] += 0.001
    assert fails("led_path", spec, changed(spec, states, poses=poses))


def arm_scene(frames=100):
    """A bar on a hinge that a motor lifts within a second."""
    motor = Motor(times=(0.0, 1.0), goals=(0.0, -1.2), stiffness=60.0, damping=3.0, limit=20.0)
    return pendulum_scene(angle=0.3, frames=frames, motor=motor)


def test_the_work_of_a_motor_is_torque_times_motion():
    spec = arm_scene()
    states = simulate(spec)
    assert states.work[-1] > 0.5
    check = measured("motor_work", spec, states)
    assert check.value < 0.02  # it starts with a jolt, within a frame
    assert check.bound < 0.07
    assert failed(spec, states) == set()


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_work_misstated_by_a_tenth_fails(factor):
    spec = arm_scene()
    states = simulate(spec)
    assert fails("motor_work", spec, replace(states, work=factor * states.work))


def test_work_where_nothing_drives_fails(swinging):
    spec, states = swinging
    assert fails("motor_work", spec, replace(states, work=np.linspace(0, 1e-3, 150)))


def pushed_scene():
    """A led block pushes a box over the ground."""
    path = Path(times=(0.0, 1.0), shifts=((0.0, 0.0, 0.0), (0.4, 0.0, 0.0)))
    sizes = {"half_extents": (0.05, 0.05, 0.05)}
    hand = body("hand", "box", (0, 0, 0.06), sizes, path=path)
    box = body("box", "box", (0.12, 0, 0.05), sizes)
    return scene([hand, box], solver="rigid_mujoco", rate=3840, frames=70)


def test_a_led_body_works_through_its_contacts_only():
    spec = pushed_scene()
    states = simulate(spec)
    assert states.work[-1] > 0.1
    assert not fails("led_work", spec, states)
    early = np.where(np.arange(70) > 3, 0.1 * states.work[-1], 0.0)  # before they touch
    assert fails("led_work", spec, replace(states, work=states.work + early))


@pytest.mark.parametrize(("share", "passes"), [(1.0, True), (7.0, False)])
def test_friction_all_round_an_axis_works(share, passes):
    """A disc held on a turntable: torque 2/3 mu N r, while its mean contact is on the axis.

    The law grants 1.5 sqrt(1 + mu^2) N r at the disc's bounding sphere: 5.6 times as much.
    """
    friction, radius, rate, frames, normal = 0.5, 0.1, 3.0, 40, 10.0
    rough = substance(friction=friction**0.5)
    path = Path(times=(0.0, 1.0), turns=(0.0, 1.0))
    table = body("table", "cylinder", (0, 0, 0.1), {"radius": 0.3, "half_height": 0.1}, rough)
    disc = body("disc", "cylinder", (0, 0, 0.25), {"radius": radius, "half_height": 0.05}, rough)
    spec = scene([replace(table, path=path), disc], solver="rigid_mujoco", frames=frames)
    poses, velocities = np.zeros((frames, 2, 7)), np.zeros((frames, 2, 6))
    poses[:] = [(*one.position, *one.quaternion) for one in spec.bodies]
    velocities[:, 0, 5] = rate
    up = (0.0, 0.0, 1.0)
    rows = [(t, 1, 2, (0, 0, 0.2), up, normal / 60, 0.0) for t in range(1, frames)]
    power = 2 / 3 * friction * normal * radius * rate
    work = share * power * np.arange(frames) / 60
    states = recorded(spec, poses, velocities, rows=rows, work=work)
    assert fails("led_work", spec, states) is not passes


@pytest.mark.parametrize("kind", ["hinge", "slider"])
def test_the_rate_of_a_joint_is_the_slope_of_its_place(kind):
    """A bar on a cart that moves and turns: the rate must not see the cart's motion."""
    if kind == "hinge":
        spec, states = single_swing()
        place = np.unwrap(np.arctan2(*-(states.poses[:, 0, :3:2] - (0.0, 1.5)).T))
        rate = joint_rate(spec, spec.joints[0], states.poses, states.velocities)
        np.testing.assert_allclose(rate[1:-1], np.gradient(place, 1 / 60)[1:-1], atol=0.01)
        return
    spec = pendulum_scene(count=2, angle=0.0, frames=60)
    joint = Joint(
        name="rail",
        kind="slider",
        child="bob 1",
        parent="bob 0",
        anchor=(0.0, 0.0, 1.0),
        axis=(1.0, 0.0, 0.0),
    )
    spec = replace(spec, joints=(hinge("bob 0"), joint))
    times = np.arange(60) / 60
    turn = Rotation.from_rotvec(np.outer(0.8 * times, (0.0, 1.0, 0.0)))
    start = np.array([item.position for item in spec.bodies]) - (0.0, 0.0, 1.5)
    slid = start[1] + np.outer(0.3 * times, (1.0, 0.0, 0.0))
    poses, velocities = np.zeros((60, 2, 7)), np.zeros((60, 2, 6))
    poses[..., 3:] = turn.as_quat(scalar_first=True)[:, None]
    poses[:, 0, :3], poses[:, 1, :3] = turn.apply(start[0]), turn.apply(slid)
    velocities[..., 3:] = (0.0, 0.8, 0.0)
    velocities[..., :3] = np.cross(velocities[..., 3:], poses[..., :3])
    velocities[:, 1, :3] += 0.3 * turn.apply((1.0, 0.0, 0.0))
    poses[..., 2] += 1.5
    rate = joint_rate(spec, joint, poses, velocities)
    np.testing.assert_allclose(rate, 0.3, atol=1e-9)
