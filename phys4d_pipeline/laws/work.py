"""Work that the solver says was done on the scene, against what motors and led bodies can do."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..mechanism import Joint, Motor
from ..motion.joints import joint_rate
from .evidence import Evidence
from .groups import WORLD

IMPULSE_SLACK = 1.5
"""Engines with several stages a step record the impulse of the last only: off by this in windows
of WINDOW frames, and more in single ones [1]."""
WINDOW = 10
TRAPEZOID = 0.05
"""Of the work done both ways: what sums over frames may miss of a smooth motor [1]."""
RESOLVED = 0.1
"""Where taking every second frame changes less, of the work both ways, sums over frames converge;
a stiffer motor swings between frames, and both sums are off: up to 1.7 times their difference
measured at 15 frames/s [1]."""


def motor_work(evidence: Evidence) -> Check | None:
    """Work of all motors by their law, summed over frames, against the stored work."""
    spec = evidence.spec
    if any(body.path for body in spec.bodies) or _is_pumped(evidence):
        return None
    powers = [_steps(evidence, joint) for joint in spec.joints if joint.motor]
    if not powers:
        return _no_work(evidence)
    fine = sum(power for power, _ in powers)
    coarse = sum(power for _, power in powers)
    gross = float(sum(np.abs(power).sum() for power, _ in powers))
    scale = max(gross, 0.01 * evidence.energy_scale)
    told = evidence.states.work - evidence.states.work[0]
    off = np.abs(np.append(0.0, np.cumsum(fine)) - told).max()
    changed = float(np.abs(np.cumsum(fine)[1::2] - np.cumsum(coarse)).max(initial=0.0) / scale)
    return Check(
        name="motor_work",
        value=float(off / scale),
        bound=TRAPEZOID + changed * (1.0 + min(1.0, changed / RESOLVED)),
        unit="1",
        source="Torque by the motor's law times the joint's motion, trapezoids over frames, "
        "relative to the work done both ways; 5 % and what every second frame would change, twice "
        "where that is 10 % or more",
    )


def led_work(evidence: Evidence) -> Check | None:
    """Work of led bodies beyond what their contacts can transmit."""
    spec, states = evidence.spec, evidence.states
    led = np.array([body.path is not None for body in spec.bodies])
    if not led.any() or evidence.is_held[led].any() or any(joint.motor for joint in spec.joints):
        return None
    led = np.append(led, False)  # WORLD, which is -1, is the last
    pairs, frames = evidence.contact_bodies, evidence.contact_frames
    rows = led[pairs].any(1)
    is_first = led[pairs[rows, 0]]
    mover = np.where(is_first, pairs[rows, 0], pairs[rows, 1])
    other = np.where(is_first, pairs[rows, 1], pairs[rows, 0])
    frame, speed = frames[rows], np.zeros(int(rows.sum()))
    for one, two in {*zip(mover.tolist(), other.tolist(), strict=True)}:
        fastest = _fastest(evidence, one, two)
        here = (mover == one) & (other == two)
        speed[here] = np.maximum(fastest[frame[here] - 1], fastest[frame[here]])
    slope = np.hypot(1.0, evidence.pair_product("friction")[rows])
    most = np.bincount(frame, states.contacts.impulse[rows] * slope * speed, states.num_frames)
    window = np.ones(min(WINDOW, len(most)))
    told = np.convolve(np.abs(np.diff(states.work, prepend=states.work[0])), window)
    excess = told - IMPULSE_SLACK * np.convolve(most, window)
    return Check(
        name="led_work",
        value=float(excess.max(initial=0.0) / evidence.energy_scale),
        bound=0.01,
        unit="1",
        source="Within ten frames, work is at most 1.5 times the contact impulses on led bodies, "
        "with friction, times the speed of the fastest place that both bodies reach; over the "
        "energy exchanged",
    )


def _fastest(evidence: Evidence, mover: int, other: int) -> Float64[np.ndarray, " T"]:
    """Speed of the fastest place of a body that another can reach, in every frame [m/s].

    A record of a contact has its mean place only: under cloth all round a turning post that is on
    the axis, where nothing moves, while its friction turns all of it.
    """
    poses, linear, angular = evidence.poses, evidence.linear[:, mover], evidence.angular[:, mover]
    centre = poses[:, mover, :3]
    turn = Rotation.from_quat(poses[:, mover, 3:], scalar_first=True)
    corners = evidence.solids[mover].mesh.vertices.astype(np.float64)
    own = np.cross(turn.inv().apply(angular)[:, None], corners)
    own += turn.inv().apply(linear)[:, None]
    rim = np.linalg.norm(own, axis=2).max(1)
    if other == WORLD or other in evidence.media:
        return rim
    places = evidence.states.points.get(other)
    if places is not None:
        arms = places.astype(np.float64) - centre[:, None]
        moves = linear[:, None] + np.cross(angular[:, None], arms)
        return np.minimum(rim, np.linalg.norm(moves, axis=2).max(1))
    far = linear + np.cross(angular, poses[:, other, :3] - centre)
    reach = np.linalg.norm(angular, axis=1) * evidence.radii[other]
    return np.minimum(rim, np.linalg.norm(far, axis=1) + reach)


def _no_work(evidence: Evidence) -> Check:
    return Check(
        name="motor_work",
        value=float(np.abs(evidence.states.work).max()),
        bound=0.0,
        unit="J",
        source="Nothing drives or leads a body: no work is done",
    )


def _steps(
    evidence: Evidence, joint: Joint
) -> tuple[Float64[np.ndarray, " S"], Float64[np.ndarray, " R"]]:
    """Work of a motor from frame to frame, and from every second frame to the next [J]."""
    assert joint.motor is not None
    states = evidence.states
    place = evidence.motions[joint.name].place
    rate = joint_rate(evidence.spec, joint, states.poses, states.velocities)
    torque = _torque(joint.motor, states.times, place, rate)
    works = []
    for stride in (1, 2):
        some, moved = torque[::stride], np.diff(place[::stride])
        works.append((some[1:] + some[:-1]) / 2 * moved)
    return works[0], works[1]


def _torque(
    motor: Motor,
    times: Float64[np.ndarray, " T"],
    place: Float64[np.ndarray, " T"],
    rate: Float64[np.ndarray, " T"],
) -> Float64[np.ndarray, " T"]:
    """By the law in `mechanism.Motor` [N m or N]."""
    goal = np.interp(times, motor.times, motor.goals)
    slopes = np.diff(motor.goals) / np.diff(motor.times)
    goal_rate = np.concatenate([[0.0], slopes, [0.0]])[np.searchsorted(motor.times, times, "right")]
    torque = motor.stiffness * (goal - place) + motor.damping * (goal_rate - rate)
    return np.clip(torque, -motor.limit, motor.limit)


def _is_pumped(evidence: Evidence) -> bool:
    """Does liquid wait in a pipe outside the grid, does wind blow, or gas from a pump?"""
    bodies = evidence.spec.bodies
    supplied = any(body.gas and body.gas.valve for body in bodies)
    piped = any(body.form == "liquid" and any(body.linear_velocity) for body in bodies)
    return piped or supplied or evidence.spec.wind is not None
