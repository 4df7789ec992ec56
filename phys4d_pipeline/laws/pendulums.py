"""Closed forms of mechanisms: the pendulum's period, impacts in a row of pendulums, a held top."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation
from scipy.special import ellipk

from ..checks import Check
from ..mechanism import Joint
from ..motion.joints import joint_rate
from ..simulate.energy import spins
from ..simulate.spin import matrices, rotated
from .evidence import FLIGHT_FRAMES, Evidence
from .groups import hung

NEAR_LIMIT = 1e-2  # [rad]; a pendulum that comes this near may have been stopped
SMALLEST_SWING, LARGEST_SWING = 0.02, 2.8
"""[rad]: below, float32 blurs the crossings; above, the period runs away towards infinity."""
SLOW_LOSS = 0.1
"""Amplitude that a damper may take within half a period: this changes the period by 0.05 % [1]."""
PARALLEL = 1e-6  # [1]; one less the cosine between axes
EQUAL = 1e-3  # [1]; of masses, lengths


@dataclass(frozen=True, kw_only=True, eq=False)
class Pendulum:
    """Bodies, one as it were, that turn about a fixed axis and are driven by weight only."""

    joint: Joint
    bodies: list[int]
    angle: Float64[np.ndarray, " T"]
    """From where it hangs at rest [rad]."""
    rate: Float64[np.ndarray, " T"]
    """[rad/s]"""
    inertia: float
    """About the axis [kg m2]."""
    torque: float
    """Of its weight when it is horizontal [N m]."""


def pendulum_period(evidence: Evidence) -> Check | None:
    """Half periods of single pendulums that nothing touches, against the elliptic integral."""
    off = []
    for one in _pendulums(evidence):
        frames = _untouched(evidence, one.bodies)
        crossings = _zero_times(one.angle[:frames], one.rate[:frames], evidence.frame_s)
        energy = one.inertia * one.rate[0] ** 2 / 2 - one.torque * np.cos(one.angle[0])
        lost = np.append(0.0, np.cumsum(one.joint.damping * one.rate[1:] ** 2 * evidence.frame_s))
        for start, end in pairwise(crossings):
            between = np.interp((start + end) / 2, evidence.states.times, lost)
            cosine = (between - energy) / one.torque
            half = 2 * np.sqrt(one.inertia / one.torque) * ellipk((1 - min(cosine, 1.0)) / 2)
            is_free = one.joint.damping * half < SLOW_LOSS * one.inertia
            if is_free and np.cos(LARGEST_SWING) < cosine < np.cos(SMALLEST_SWING):
                off.append(float(abs((end - start) / half - 1.0)))
    if not off:
        return None
    return Check(
        name="pendulum_period",
        value=max(off),
        bound=0.005,
        unit="1",
        source="Half a period is 2 sqrt(I / (m g l)) K(sin^2(amplitude / 2)), amplitude from the "
        "energy at the start less what the damper took; 0.5 % is asked of every pendulum",
    )


def cradle_momentum(evidence: Evidence) -> Check | None:
    """Momentum that a row of equal pendulums gains or loses beyond the impulse of weight."""
    off = []
    for row in _rows(evidence):
        total = np.sum([one.inertia * one.rate for one in row], axis=0)
        pushes = [one.torque * np.sin(one.angle) + one.joint.damping * one.rate for one in row]
        push = -np.sum(pushes, axis=0)
        gained = np.append(0.0, np.cumsum((push[1:] + push[:-1]) / 2 * evidence.frame_s))
        rubbed = _rubbing(evidence, row)[1:]
        change = np.abs(np.diff(total - gained)) - rubbed
        scale = float(np.abs(total).max())
        meets = np.isin(np.arange(1, len(total)), evidence.contact_frames)
        if scale > 0 and meets.any():
            off.append(max(0.0, float(change[meets].max())) / scale)
    if not off:
        return None
    return Check(
        name="cradle_momentum",
        value=max(off),
        bound=0.01,
        unit="1",
        source="In a row of equal pendulums impacts pass momentum on: its sum changes by weight "
        "and by what friction between turning balls can do; 1 % is asked of every cradle",
    )


def pivot_momentum(evidence: Evidence) -> Check | None:
    """Change of a top's or spherical pendulum's angular momentum about the vertical."""
    off = []
    for joint, bodies in hung(evidence.spec):
        frames = _untouched(evidence, bodies)
        free = joint.kind == "ball" and not joint.damping
        if not free or frames < FLIGHT_FRAMES or not evidence.weight_rate:
            continue
        whole = np.zeros((frames, 3))
        for body in bodies:
            path, speed = evidence.poses[:frames, body], evidence.states.velocities[:frames, body]
            arm = path[:, :3] - joint.anchor
            whole += rotated(matrices(path[:, 3:]), spins(path, speed) * evidence.moments[body])
            whole += evidence.masses[body] * np.cross(arm, evidence.linear[:frames, body])
        upward = whole @ evidence.gravity / evidence.weight_rate
        off.append(float(np.ptp(upward) / max(np.linalg.norm(whole, axis=1).max(), 1e-12)))
    if not off:
        return None
    return Check(
        name="pivot_momentum",
        value=max(off),
        bound=0.01,
        unit="1",
        source="Weight has no torque about the vertical through a frictionless pivot: of a top or "
        "spherical pendulum this angular momentum stays; 1 % of all of it over the clip",
    )


def _pendulums(evidence: Evidence) -> Iterator[Pendulum]:
    """Groups whose only joint is a free hinge to the world."""
    for joint, bodies in hung(evidence.spec):
        resists = joint.motor or joint.friction or joint.stiffness
        if joint.kind != "hinge" or resists:
            continue
        place = evidence.motions[joint.name].place
        if joint.limits and (
            place.min() < joint.limits[0] + NEAR_LIMIT or place.max() > joint.limits[1] - NEAR_LIMIT
        ):
            continue
        yield from _pendulum(evidence, joint, bodies, place)


def _pendulum(
    evidence: Evidence, joint: Joint, bodies: list[int], place: Float64[np.ndarray, " T"]
) -> Iterator[Pendulum]:
    """The pendulum, unless its axis is vertical or goes through its centre of mass."""
    axis, mass = np.array(joint.axis), evidence.masses[bodies]
    items = [evidence.spec.bodies[body] for body in bodies]
    arms = np.array([np.subtract(item.position, joint.anchor) for item in items])
    arms -= np.outer(arms @ axis, axis)
    arm = mass @ arms / mass.sum()
    down = evidence.gravity - (evidence.gravity @ axis) * axis
    length, pull = float(np.linalg.norm(arm)), float(np.linalg.norm(down))
    if length < 1e-6 or pull < 1e-6:
        return
    turns = Rotation.from_quat([item.quaternion for item in items], scalar_first=True)
    own = (turns.inv().apply(axis) ** 2 * evidence.moments[bodies]).sum()
    states = evidence.states
    # A joint may name the standing body as its child: its place then counts the other way.
    sign = 1.0 if evidence.number[joint.child] in bodies else -1.0
    rate = joint_rate(evidence.spec, joint, states.poses, states.velocities)
    yield Pendulum(
        joint=joint,
        bodies=bodies,
        angle=np.arctan2(np.cross(down, arm) @ axis, down @ arm) + sign * place,
        rate=sign * rate,
        inertia=float(own + mass @ (arms**2).sum(1)),
        torque=float(mass.sum() * pull * length),
    )


def _untouched(evidence: Evidence, bodies: list[int]) -> int:
    """Frames before anything touches any of the bodies."""
    touched = evidence.states.in_contact[:, bodies].any(1)
    return int(np.argmax(np.append(touched, True)))


def _zero_times(
    angle: Float64[np.ndarray, " T"], rate: Float64[np.ndarray, " T"], frame_s: float
) -> Float64[np.ndarray, " C"]:
    """When it hangs straight down [s]: zeros of cubics with the angles and rates of two frames."""
    times = []
    for frame in np.flatnonzero((angle[:-1] > 0) != (angle[1:] > 0)):
        before, after = angle[frame], angle[frame + 1]
        fast, last = rate[frame] * frame_s, rate[frame + 1] * frame_s
        cubic = (2 * (before - after) + fast + last, 3 * (after - before) - 2 * fast - last)
        roots = np.roots([*cubic, fast, before])
        real = roots[np.abs(roots.imag) < 1e-9].real
        inside = real[(real > -1e-9) & (real < 1 + 1e-9)]
        if len(inside):
            times.append((frame + inside[0]) * frame_s)
    return np.array(times)


def _rows(evidence: Evidence) -> Iterator[list[Pendulum]]:
    """Two or more equal pendulums side by side that touch each other and nothing else."""
    alike: list[list[Pendulum]] = []
    for one in _pendulums(evidence):
        for row in alike:
            if _are_alike(row[0], one):
                row.append(one)
                break
        else:
            alike.append([one])
    for row in alike:
        members = [body for one in row for body in one.bodies]
        touched = np.isin(evidence.contact_bodies, members)
        if len(row) > 1 and (touched.all(1) == touched.any(1)).all():
            yield row


def _rubbing(evidence: Evidence, row: list[Pendulum]) -> Float64[np.ndarray, " T"]:
    """Most that friction between the bodies can change the sum of momenta by [kg m2/s].

    Where two turning balls rub, both forces turn their pendulums the same way.
    """
    contacts, pairs = evidence.states.contacts, evidence.contact_bodies
    total = np.zeros(evidence.states.num_frames)
    for one in row:
        rows = np.isin(pairs, one.bodies).any(1)
        arm = contacts.position[rows] - np.array(one.joint.anchor)
        lever = np.abs((arm * contacts.normal[rows]).sum(1))
        push = contacts.impulse[rows] * evidence.pair_product("friction")[rows]
        np.add.at(total, evidence.contact_frames[rows], push * lever)
    return total


def _are_alike(one: Pendulum, other: Pendulum) -> bool:
    parallel = np.dot(one.joint.axis, other.joint.axis) > 1 - PARALLEL
    sizes = abs(one.inertia / other.inertia - 1) + abs(one.torque / other.torque - 1)
    return bool(
        parallel and sizes < EQUAL and abs(one.joint.anchor[2] - other.joint.anchor[2]) < EQUAL
    )
