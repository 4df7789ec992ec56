"""SceneSpec, States -> list[Check]: conservation laws and closed forms, from the stored numbers.

Nothing here asks the solver how it did: energies are computed again from poses and velocities,
overlaps from meshes. Only the stored contacts are taken as the solver's word, and they are tested.
"""

import importlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from .checks import Check
from .overlap import crossings, depth_in_ground, overlaps
from .scene import SceneSpec
from .shapes import build
from .simulate.energy import masses, mechanical_energy, moments, spins
from .states import States

FLIGHT_FRAMES = 6  # shorter flights leave the parabola to float32 rounding
OVERLAP_BOUND = 1e-3  # [m]; half a pixel at 2 m in 1080p
KINEMATIC_SLACK = 1e-3  # [m]; overlap that a solver undoes by moving bodies without velocity
BOUNCE_SPEED, BOUNCE_RESTITUTION = 0.5, 0.2  # [m/s], [1]; below, bounces follow within a frame


def physics_checks(spec: SceneSpec, states: States) -> list[Check]:
    """Every law that applies to the scene, measured on its states."""
    checks = [_finite(states)]
    if checks[0].passed:  # the other laws say nothing about NaN
        checks += [
            _energy_rise(spec, states),
            _reported_energy(spec, states),
            _overlap(spec, states),
            _reported_penetration(spec, states),
            _tunnelling(spec, states),
            _kinematics(spec, states),
            *_free_flight(spec, states),
            *_restitution(spec, states),
        ]
    return checks


def _finite(states: States) -> Check:
    arrays = (states.poses, states.velocities, states.kinetic_energy, states.potential_energy)
    bad = sum(int((~np.isfinite(array)).sum()) for array in arrays)
    return Check(
        name="finite", value=float(bad), bound=0.0, unit="numbers", source="States hold no NaN"
    )


def _energy_rise(spec: SceneSpec, states: States) -> Check:
    """Largest rise of kinetic plus potential energy over any earlier frame."""
    total = np.sum(_mechanical_energy(spec, states), axis=0)
    stored = _spring_energy(spec, states)
    floor = np.minimum.accumulate(total + stored)
    return Check(
        name="energy_rise",
        value=float((total - floor).max() / _energy_scale(spec, float(total[0]))),
        bound=0.01,
        unit="1",
        source="No motor: energy may only fall. Relative to the initial energy above rest; energy "
        "in contact springs counted by the solver's stiffness; 1 % for time steps",
    )


def _mechanical_energy(
    spec: SceneSpec, states: States
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    return mechanical_energy(
        spec, states.poses, states.velocities, states.points, states.point_velocities
    )


def _energy_scale(spec: SceneSpec, initial: float) -> float:
    """Initial energy above the lowest that the scene can reach [J]."""
    weight, lowest = 0.0, 0.0
    for body, mass in zip(spec.bodies, masses(spec), strict=True):
        if not body.is_static:
            solid = build(body.shape)
            # Resting on the ground, the centre is at least the inscribed radius up.
            inside = -min(part.signed_distance(np.zeros((1, 3)))[0] for part in solid.parts)
            weight += mass * np.linalg.norm(spec.gravity)
            lowest += mass * np.linalg.norm(spec.gravity) * max(0.0, float(inside))
    # A scene at rest has no such energy: a centimetre of its weight keeps the ratio meaningful.
    return max(initial - lowest, 0.01 * weight, 1e-12)


def _spring_energy(spec: SceneSpec, states: States) -> Float64[np.ndarray, " T"]:
    """At most this much is stored in contacts that are springs [J]."""
    solver = importlib.import_module(f".simulate.{spec.solver.name}", __package__)
    mass = np.append(np.inf, states.masses)
    contacts = states.contacts
    inverse = 1 / mass[contacts.object_a] + 1 / mass[contacts.object_b]
    moved = 1 / np.maximum(inverse, 1e-300)
    stiffness = solver.CONTACT_STIFFNESS * spec.solver.rate**2
    energy = 0.5 * stiffness * moved * contacts.penetration.astype(np.float64) ** 2
    summed = np.bincount(contacts.frame, energy, states.num_frames)
    return summed.astype(np.float64)  # without contacts, numpy counts in integers


def _reported_energy(spec: SceneSpec, states: States) -> Check:
    kinetic, potential = _mechanical_energy(spec, states)
    scale = np.abs(kinetic).max() + np.abs(potential).max() + 1e-12
    off = np.abs(states.kinetic_energy - kinetic) + np.abs(states.potential_energy - potential)
    return Check(
        name="reported_energy",
        value=float(off.max() / scale),
        bound=1e-5,
        unit="1",
        source="Stored energies equal those of the stored poses and velocities; float32 rounding",
    )


def _travel(spec: SceneSpec, states: States) -> Float64[np.ndarray, "T C"]:
    """What any point of an object (0: the ground) covers before its contacts act [m]."""
    solver = importlib.import_module(f".simulate.{spec.solver.name}", __package__)
    radii = np.array([build(body.shape).bounding_radius for body in spec.bodies])
    speed = np.linalg.norm(states.velocities[..., :3].astype(np.float64), axis=-1)
    speed += radii * np.linalg.norm(states.velocities[..., 3:].astype(np.float64), axis=-1)
    speed[1:] = np.maximum(speed[1:], speed[:-1])
    ground = np.zeros((len(speed), 1))
    return np.concatenate([ground, speed], 1) * solver.OVERLAP_STEPS / spec.solver.rate


def _overlap_source(spec: SceneSpec) -> str:
    solver = importlib.import_module(f".simulate.{spec.solver.name}", __package__)
    return (
        f"Half a pixel at 2 m in 1080p, beyond what the bodies travel in "
        f"{solver.OVERLAP_STEPS:g} solver steps"
    )


def _overlap(spec: SceneSpec, states: States) -> Check:
    """Of the meshes, at the frames."""
    travel = _travel(spec, states)
    excess = [float((depth_in_ground(spec, states) - travel[:, 1:]).max())]
    excess += [
        depth - travel[frame, a + 1] - travel[frame, b + 1]
        for frame, a, b, depth in overlaps(spec, states)
    ]
    return Check(
        name="overlap",
        value=1e3 * float(max(0.0, *excess)),
        bound=1e3 * OVERLAP_BOUND,
        unit="mm",
        source=_overlap_source(spec),
    )


def _reported_penetration(spec: SceneSpec, states: States) -> Check:
    """Between the frames, as the solver saw it."""
    contacts, travel = states.contacts, _travel(spec, states)
    allowed = travel[contacts.frame, contacts.object_a] + travel[contacts.frame, contacts.object_b]
    excess = contacts.penetration.astype(np.float64) - allowed
    return Check(
        name="penetration",
        value=1e3 * float(excess.max(initial=0.0)),
        bound=1e3 * OVERLAP_BOUND,
        unit="mm",
        source=_overlap_source(spec),
        blocking=False,  # what is drawn is checked by overlap
    )


def _tunnelling(spec: SceneSpec, states: States) -> Check:
    return Check(
        name="tunnelling",
        value=float(crossings(spec, states)),
        bound=0.0,
        unit="crossings",
        source="The centre of a body cannot pass through a static body",
    )


def _kinematics(spec: SceneSpec, states: States) -> Check:
    """How far a body moved beyond what its velocities and contact impulses explain."""
    step = 1 / spec.fps
    moved = np.diff(states.poses[..., :3].astype(np.float64), axis=0)
    speed = states.velocities[..., :3].astype(np.float64)
    off = np.linalg.norm(moved - step * (speed[1:] + speed[:-1]) / 2, axis=-1)
    allowed = step * _impulse_per_mass(spec, states)[1:] + step**2 * np.linalg.norm(spec.gravity)
    excess = off - np.where(states.in_contact[1:], allowed, 0.0)
    return Check(
        name="kinematics",
        value=1e3 * float(excess.max(initial=0.0)),
        bound=1e3 * KINEMATIC_SLACK,
        unit="mm",
        source="Between frames a body moves by its mean velocity, in contact up to the frame time "
        "times the impulse per mass; 1 mm for overlap that is undone",
    )


def _impulse_per_mass(spec: SceneSpec, states: States) -> Float64[np.ndarray, "T B"]:
    """Largest change of speed that contacts can have caused since the last frame [m/s]."""
    contacts = states.contacts
    friction = [spec.ground.substance.friction, *(b.substance.friction for b in spec.bodies)]
    coefficients = np.array(friction)
    slope = coefficients[contacts.object_a] * coefficients[contacts.object_b]
    total = np.zeros((states.num_frames, len(spec.bodies) + 1))
    for column in (contacts.object_a, contacts.object_b):
        np.add.at(total, (contacts.frame, column), contacts.impulse * np.hypot(1.0, slope))
    return total[:, 1:] / states.masses


def _flights(states: States) -> Iterator[tuple[int, slice]]:
    """(body, frames) of every stretch in which a moving body touched nothing."""
    for body in np.flatnonzero(np.isfinite(states.masses)):
        start = 0
        for frame in range(1, states.num_frames + 1):
            if frame == states.num_frames or states.in_contact[frame, body]:
                if frame - start >= FLIGHT_FRAMES:
                    yield int(body), slice(start, frame)
                start = frame


def _free_flight(spec: SceneSpec, states: States) -> Iterator[Check]:
    """Newton's laws for a body that touches nothing."""
    gravity, moment = np.asarray(spec.gravity), moments(spec)
    fall, drift, spin = [], [], []
    for body, frames in _flights(states):
        times = states.times[frames] - states.times[frames].mean()
        path = states.poses[frames, body].astype(np.float64)
        speed = states.velocities[frames, body].astype(np.float64)
        acceleration = 2 * np.polynomial.polynomial.polyfit(times, path[:, :3], 2)[2]
        fall.append(np.linalg.norm(acceleration - gravity) / max(np.linalg.norm(gravity), 1.0))
        steady = speed[:, :3] - times[:, None] * gravity
        drift.append(np.linalg.norm(steady - steady[0], axis=1).max())
        momentum = np.linalg.norm(spins(path, speed) * moment[body], axis=1)
        spin.append(np.ptp(momentum) / max(momentum.max(), 1e-300) if momentum.max() > 0 else 0.0)
    if not fall:
        return
    yield Check(
        name="free_fall",
        value=float(max(fall)),
        bound=0.005,
        unit="1",
        source="Parabola fitted to every flight of 6 frames or more: its acceleration is gravity",
    )
    yield Check(
        name="flight_momentum",
        value=float(max(drift)),
        bound=float(np.linalg.norm(gravity)) / spec.solver.rate + 1e-4,
        unit="m/s",
        source="Velocity less gravity times time is constant in flight; one solver step of "
        "gravity, 0.1 mm/s for float32",
    )
    yield Check(
        name="flight_spin",
        value=float(max(spin)),
        bound=0.02,
        unit="1",
        source="Angular momentum is constant in flight; 2 % for the implicit gyroscopic step",
    )


def _restitution(spec: SceneSpec, states: States) -> Iterator[Check]:
    """Spheres that fall on the ground out of one flight and leave it into another."""
    off = [
        abs(measured - spec.bodies[body].substance.restitution * spec.ground.substance.restitution)
        for body, measured in _bounces(spec, states)
    ]
    if off:
        yield Check(
            name="restitution",
            value=float(max(off)),
            bound=0.05,
            unit="1",
            source="Speed after over speed before, extrapolated to the impact, against the product "
            "of both coefficients; 0.04 is the spread of a contact of 12 steps",
        )


def _bounces(spec: SceneSpec, states: States) -> Iterator[tuple[int, float]]:
    """(body, restitution) of every isolated bounce of a sphere on the ground."""
    fall = -spec.gravity[2]
    if fall <= 0 or any(spec.gravity[:2]):
        return
    flights = list(_flights(states))
    for (body, before), (other, after) in pairwise(flights):
        shape = spec.bodies[body].shape
        if body != other or shape.kind != "sphere" or after.start - before.stop > 1:
            continue
        if not _only_ground(states, body, before.stop, after.start):
            continue
        expected = spec.bodies[body].substance.restitution * spec.ground.substance.restitution
        radius = build(shape).bounding_radius
        squares = [
            states.velocities[frame, body, 2] ** 2
            + 2 * fall * (float(states.poses[frame, body, 2]) - radius)
            for frame in (before.stop - 1, after.start + 1)
        ]
        if squares[0] > BOUNCE_SPEED**2 and expected >= BOUNCE_RESTITUTION:
            yield body, float(np.sqrt(max(squares[1], 0.0) / squares[0]))


def _only_ground(states: States, body: int, first: int, last: int) -> bool:
    """Did the body touch the ground, and nothing else, in these frames?"""
    contacts = states.contacts
    ours = (contacts.object_a == body + 1) | (contacts.object_b == body + 1)
    ours &= (contacts.frame >= first) & (contacts.frame <= last)
    others = contacts.object_a[ours] + contacts.object_b[ours] - (body + 1)
    return bool(len(others)) and not others.any()
