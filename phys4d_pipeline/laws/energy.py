"""Energy: it never rises without work, stays where nothing dissipates it, and is told truly."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from ..checks import Check
from ..mechanism import Joint
from ..motion.joints import joint_rate
from ..simulate.energy import rigid_energy
from .evidence import FLIGHT_FRAMES, Evidence
from .groups import components, lasting_pairs

LEAST_FALL = 0.01  # [m]; weight times it is the least scale of energies
TURNS = ("hinge", "slider")
"""Joints whose rate, and so what their damper takes, is one number."""

AT_LIMIT = 1e-3
"""A joint this near to its limit may be stopped by it, which costs energy [rad or m]."""


def energy_rise(evidence: Evidence) -> Check | None:
    """Largest rise of kinetic plus potential energy, less work done, over any earlier frame."""
    if not evidence.energy_is_known:
        return None
    balance = _balance(evidence)
    # What a spring holds at most between two frames may be there again in the second.
    floor = np.minimum.accumulate(balance + _spring_energy(evidence))
    return Check(
        name="energy_rise",
        value=float((balance - floor).max() / evidence.energy_scale),
        bound=0.01,
        unit="1",
        source="Kinetic, potential, elastic energy less the work of motors and led bodies may only "
        "fall. Relative to the energy exchanged; energy in contact springs counted by the solver's "
        "stiffness; 1 % for time steps",
    )


def energy_drift(evidence: Evidence) -> Check | None:
    """Change, up or down, of the energy of groups that only their joints can take it from."""
    off = []
    for bodies in _alone(evidence):
        joints = [joint for joint in evidence.spec.joints if evidence.number[joint.child] in bodies]
        frames = _frames_without_loss(evidence, bodies, joints)
        if frames >= FLIGHT_FRAMES:
            mass, states = evidence.masses[bodies], evidence.states
            motion = states.poses[:, bodies], states.velocities[:, bodies]
            kinetic, potential = rigid_energy(
                *motion, mass, evidence.moments[bodies], evidence.gravity
            )
            weight = mass.sum() * evidence.weight_rate
            scale = max(kinetic.max(), np.ptp(potential), LEAST_FALL * weight, 1e-12)
            total = kinetic + potential + _joint_energy(evidence, joints)
            off.append(float(np.abs(total - total[0])[:frames].max() / scale))
    if not off:
        return None
    return Check(
        name="energy_drift",
        value=max(off),
        bound=0.01,
        unit="1",
        source="Of rigid bodies that joints connect, until something touches or stops them: "
        "energy less the work of motors, with what dampers took, stays. Relative to the energy "
        "exchanged; 1 % over a clip is asked of frictionless mechanisms",
    )


def reported_energy(evidence: Evidence) -> Check | None:
    """Do the stored energies follow from the stored motion?"""
    if not evidence.energy_is_known:
        return None
    states, (kinetic, potential) = evidence.states, evidence.energies
    scale = np.abs(kinetic).max() + np.abs(potential).max() + 1e-12
    off = np.abs(states.kinetic_energy - kinetic) + np.abs(states.potential_energy - potential)
    return Check(
        name="reported_energy",
        value=float(off.max() / scale),
        bound=1e-5,
        unit="1",
        source="Stored energies equal those of the stored poses and velocities; float32 rounding",
    )


def _balance(evidence: Evidence) -> Float64[np.ndarray, " T"]:
    """Energy that no motor has put in [J]."""
    kinetic, potential = evidence.energies
    return kinetic + potential - evidence.states.work


def _spring_energy(evidence: Evidence) -> Float64[np.ndarray, " T"]:
    """At most this much is stored in contacts that are springs [J]."""
    states = evidence.states
    summed = np.bincount(states.contacts.frame, evidence.spring_energies, states.num_frames)
    return summed.astype(np.float64)  # without contacts, numpy counts in integers


def _alone(evidence: Evidence) -> Iterator[list[int]]:
    """Free rigid bodies and groups that joints connect, unless motors drive several of them.

    The work of motors is known for the scene as a whole only.
    """
    spec = evidence.spec
    inner = [pair for pair in lasting_pairs(spec) if min(pair) >= 0]
    inner = [pair for pair in inner if evidence.is_free[list(pair)].all()]
    label = components(len(spec.bodies), inner)[:-1]
    driven = {int(label[evidence.number[joint.child]]) for joint in spec.joints if joint.motor}
    for one in np.unique(label[evidence.is_free & evidence.is_rigid]):
        bodies = np.flatnonzero(label == one)
        led = one in driven and (len(driven) > 1 or any(body.path for body in spec.bodies))
        if not led and evidence.is_rigid[bodies].all():
            yield bodies.tolist()


def _joint_energy(evidence: Evidence, joints: list[Joint]) -> Float64[np.ndarray, " T"]:
    """In springs, and taken by dampers so far, less the work of motors [J]."""
    states, total = evidence.states, np.zeros(evidence.states.num_frames)
    for joint in joints:
        total += 0.5 * joint.stiffness * (evidence.motions[joint.name].place - joint.rest) ** 2
        if joint.damping:
            rate = joint_rate(evidence.spec, joint, states.poses, states.velocities)
            power = joint.damping * rate**2
            total[1:] += np.cumsum(power[1:] + power[:-1]) / 2 * evidence.frame_s
    return total - states.work if any(joint.motor for joint in joints) else total


def _frames_without_loss(evidence: Evidence, bodies: list[int], joints: list[Joint]) -> int:
    """How many frames from the start pass before the energy of a group may turn into heat."""
    spec = evidence.spec
    holders = {tie.holder for tie in spec.ties}
    is_tied = any(spec.bodies[body].name in holders for body in bodies)
    if is_tied or any(
        joint.friction or (joint.damping and joint.kind not in TURNS) for joint in joints
    ):
        return 0
    touched = evidence.states.in_contact[:, bodies].any(1)
    first = int(np.argmax(np.append(touched, True)))
    for joint in joints:
        if joint.limits:
            place = evidence.motions[joint.name].place
            inside = (place > joint.limits[0] + AT_LIMIT) & (place < joint.limits[1] - AT_LIMIT)
            first = min(first, int(np.argmin(np.append(inside, False))))
    return first
