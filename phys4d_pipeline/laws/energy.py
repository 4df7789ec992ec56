"""Energy: it never rises without work, stays where nothing dissipates it, and is told truly."""

import numpy as np
from jaxtyping import Float64

from ..checks import Check
from .evidence import FLIGHT_FRAMES, Evidence

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
    """Change of the energy less work, up or down, before the first thing that may dissipate it."""
    frames = _frames_without_loss(evidence)
    if frames < FLIGHT_FRAMES or not evidence.energy_is_known:
        return None
    balance = _balance(evidence)[:frames]
    off = np.abs(balance - balance[0]) - _spring_energy(evidence)[:frames]
    return Check(
        name="energy_drift",
        value=float(max(0.0, off.max()) / evidence.energy_scale),
        bound=0.01,
        unit="1",
        source="No contact, friction or damping: the energy less work stays. Relative to the "
        "energy exchanged; 1 % over a clip is asked of frictionless mechanisms",
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
    states, contacts = evidence.states, evidence.states.contacts
    mass = np.append(states.masses, np.inf)
    inverse = (1 / mass[evidence.contact_bodies]).sum(1)
    moved = 1 / np.maximum(inverse, 1e-300)
    stiffness = evidence.solver.CONTACT_STIFFNESS * evidence.spec.solver.rate**2
    energy = 0.5 * stiffness * moved * contacts.penetration.astype(np.float64) ** 2
    summed = np.bincount(contacts.frame, energy, states.num_frames)
    return summed.astype(np.float64)  # without contacts, numpy counts in integers


def _frames_without_loss(evidence: Evidence) -> int:
    """How many frames from the start pass before energy may turn into heat."""
    spec = evidence.spec
    if evidence.rope_indices or any(joint.damping or joint.friction for joint in spec.joints):
        return 0
    is_lossy = (evidence.pair_product("friction") > 0) | (evidence.pair_product("restitution") < 1)
    first = int(evidence.contact_frames[is_lossy].min(initial=evidence.states.num_frames))
    for joint in spec.joints:
        if joint.limits:
            place = evidence.motions[joint.name].place
            inside = (place > joint.limits[0] + AT_LIMIT) & (place < joint.limits[1] - AT_LIMIT)
            first = min(first, int(np.argmin(np.append(inside, False))))
    return first
