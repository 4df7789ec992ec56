"""Contacts: bodies do not overlap or pass through each other, and bounce as high as they should."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from ..checks import Check
from ..clearance.overlap import crossings, depth_in_ground, overlaps
from ..motion.touching import touching_gap
from ..shapes import build
from .evidence import Evidence

OVERLAP_BOUND = 1e-3  # [m]; half a pixel at 2 m in 1080p
BOUNCE_SPEED, BOUNCE_RESTITUTION = 0.5, 0.2  # [m/s], [1]; below, bounces follow within a frame


def overlap(evidence: Evidence) -> Check | None:
    """Depth to which the meshes of rigid bodies are inside each other or the ground."""
    travel, spec, states = _travel(evidence), evidence.spec, evidence.states
    excess = [float((depth_in_ground(spec, states) - travel[:, :-1]).max())]
    excess += [
        depth - travel[frame, a] - travel[frame, b] for frame, a, b, depth in overlaps(spec, states)
    ]
    return Check(
        name="overlap",
        value=1e3 * float(max(0.0, *excess)),
        bound=1e3 * OVERLAP_BOUND,
        unit="mm",
        source=_overlap_source(evidence),
    )


def penetration(evidence: Evidence) -> Check | None:
    """Overlap between the frames, as the solver saw it, of what is drawn.

    Contacts of skins and soft bodies begin before that meets (`motion.touching`).
    """
    frames, pairs = evidence.contact_frames, evidence.contact_bodies
    gaps = np.array([*(touching_gap(body) for body in evidence.spec.bodies), 0.0])  # the ground's
    allowed = _travel(evidence)[frames[:, None], pairs].sum(1) + gaps[pairs].sum(1)
    excess = evidence.states.contacts.penetration.astype(np.float64) - allowed
    return Check(
        name="penetration",
        value=1e3 * float(excess.max(initial=0.0)),
        bound=1e3 * OVERLAP_BOUND,
        unit="mm",
        source=_overlap_source(evidence) + " and touch from what is drawn",
        blocking=False,  # what is drawn is checked by overlap
    )


def tunnelling(evidence: Evidence) -> Check | None:
    """How often the centre of a body passed through a static one."""
    return Check(
        name="tunnelling",
        value=float(crossings(evidence.spec, evidence.states)),
        bound=0.0,
        unit="crossings",
        source="The centre of a body cannot pass through a static body",
    )


def restitution(evidence: Evidence) -> Check | None:
    """Spheres that fall on the ground out of one flight and leave it into another."""
    spec = evidence.spec
    off = [
        abs(measured - spec.bodies[body].substance.restitution * spec.ground.substance.restitution)
        for body, measured in _bounces(evidence)
    ]
    if not off:
        return None
    return Check(
        name="restitution",
        value=float(max(off)),
        bound=0.05,
        unit="1",
        source="Speed after over speed before, extrapolated to the impact, against the product of "
        "both coefficients; 0.04 is the spread of a contact of 12 steps",
    )


def _travel(evidence: Evidence) -> Float64[np.ndarray, "T _"]:
    """What any point of a body (last: the ground) covers before its contacts act [m]."""
    speed = np.linalg.norm(evidence.linear, axis=-1)
    speed += evidence.radii * np.linalg.norm(evidence.angular, axis=-1)
    for index, moves in evidence.states.point_velocities.items():
        speed[:, index] = np.linalg.norm(moves, axis=2).max(1)  # the mean of cloth is not a speed
    speed[1:] = np.maximum(speed[1:], speed[:-1])
    reach = evidence.solver.OVERLAP_STEPS * evidence.step_s
    return np.append(speed * reach, np.zeros((len(speed), 1)), axis=1)


def _overlap_source(evidence: Evidence) -> str:
    return (
        "Half a pixel at 2 m in 1080p, beyond what the bodies travel in "
        f"{evidence.solver.OVERLAP_STEPS:g} solver steps"
    )


def _bounces(evidence: Evidence) -> Iterator[tuple[int, float]]:
    """(body, restitution) of every isolated bounce of a sphere on the ground."""
    spec, states, fall = evidence.spec, evidence.states, -evidence.gravity[2]
    if fall <= 0 or evidence.gravity[:2].any():
        return
    for (body, before), (other, after) in pairwise(evidence.flights()):
        shape = spec.bodies[body].shape
        is_ball = shape.kind == "sphere" and spec.bodies[body].form == "rigid"
        if body != other or not is_ball or after.start - before.stop > 1:
            continue
        if not _only_ground(evidence, body, before.stop, after.start):
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


def _only_ground(evidence: Evidence, body: int, first: int, last: int) -> bool:
    """Did the body touch the ground, and nothing else, in these frames?"""
    frames, pairs = evidence.contact_frames, evidence.contact_bodies
    ours = (pairs == body).any(1) & (frames >= first) & (frames <= last)
    return bool(ours.any()) and bool((pairs[ours].min(1) < 0).all())
