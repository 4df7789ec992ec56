"""Grains: spheres that do not overlap, sink into bodies or jump, and whose energy only falls.

All from stored centres and radii. A body of grains is one of form `particles` whose shape is made
of balls; particles of a continuum fill other shapes and may overlap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.solids import distance
from ..shapes import build
from ..simulate.energy import point_masses, rigid_energy
from .evidence import Evidence
from .motion import SLACK, unexplained, velocity_changes

OVERLAP = 0.08
"""Of two grains over the smaller radius: 0.4 mm for beads of 1 cm, half a pixel at 1 m in 1080p."""
LARGE = 1.5  # over the median radius, from which a grain is looked at by itself [1]
SPINNING = 0.4
"""Energy of a rolling sphere's spin over that of its travel: 2/5 [1]."""
REBOUND = 2.0
"""Share of the frame time times a change of velocity by which a bounce moves a grain aside [1]."""
UNSEEN = 0.25
"""Share of the way of the fastest grain by which two collisions within a frame may move one [1]."""
THROUGH = 0.2
"""Depth of a centre inside a body over the radius, from which it goes through [1]."""
PARTS_OF_FRAME = 8  # at which fast grains are looked at between frames


def grain_overlap(evidence: Evidence) -> Check | None:
    """How deep grains are inside each other, of the smaller radius."""
    spheres = _spheres(evidence)
    if spheres is None:
        return None
    places, radii = spheres.places, spheres.radii
    worst = 0.0
    for now in places:
        for one, other in _near_pairs(now, radii):
            gap = np.linalg.norm(now[one] - now[other], axis=1) - radii[one] - radii[other]
            depth = -gap / np.minimum(radii[one], radii[other])
            worst = max(worst, float(depth.max(initial=0.0)))
    return Check(
        name="grain_overlap",
        value=worst,
        bound=OVERLAP,
        unit="1",
        source="Rigid spheres do not overlap: at frames, by 8 % of the smaller radius at most, "
        "which contact springs take to stop an impact",
    )


def grain_depth(evidence: Evidence) -> Check | None:
    """How deep grains are inside rigid bodies and the ground, of their radius."""
    spheres = _spheres(evidence)
    if spheres is None:
        return None
    places, radii = spheres.places, spheres.radii
    worst = float((1.0 - places[..., 2] / radii).max())
    for body in np.flatnonzero(evidence.is_rigid):
        for frame, now in enumerate(places):
            gaps = _gaps(evidence, int(body), evidence.poses[frame, body], now, float(radii.max()))
            worst = max(worst, float((1.0 - gaps / radii).max()))
    return Check(
        name="grain_depth",
        value=max(worst, 0.0),
        bound=OVERLAP,
        unit="1",
        source="Exact distances of centres from rigid bodies and the ground: a grain sinks in by "
        "8 % of its radius at most, as into other grains",
    )


def grain_passages(evidence: Evidence) -> Check | None:
    """How many grains have their centre in a rigid body between frames."""
    spheres = _spheres(evidence)
    if spheres is None:
        return None
    places, radii, count = spheres.places, spheres.radii, 0
    for body in np.flatnonzero(evidence.is_rigid):
        poses = evidence.poses[:, body]
        for frame in range(len(places) - 1):
            moved = places[frame + 1] - places[frame] - (poses[frame + 1] - poses[frame])[:3]
            fast = np.flatnonzero(np.linalg.norm(moved, axis=1) > radii)
            inside = np.zeros(len(fast), bool)
            for part in np.arange(1, PARTS_OF_FRAME) / PARTS_OF_FRAME if len(fast) else ():
                line = (1.0 - part) * places[frame, fast] + part * places[frame + 1, fast]
                pose = (1.0 - part) * poses[frame] + part * poses[frame + 1]
                inside |= _gaps(evidence, int(body), pose, line, 0.0) < -THROUGH * radii[fast]
            count += int(inside.sum())
    return Check(
        name="grain_passages",
        value=float(count),
        bound=0.0,
        unit="grains",
        source="On the straight line from frame to frame no centre enters a rigid body",
    )


def grain_kinematics(evidence: Evidence) -> Check | None:
    """How far grains moved beyond what their velocities explain."""
    spheres = _spheres(evidence)
    if spheres is None:
        return None
    speeds = spheres.speeds
    off = unexplained(spheres.places, speeds, evidence.frame_s)
    off -= REBOUND * evidence.frame_s * velocity_changes(speeds)
    fastest = np.linalg.norm(speeds, axis=2).max(1)
    off -= UNSEEN * evidence.frame_s * np.maximum(fastest[1:], fastest[:-1])[:, None]
    return Check(
        name="grain_kinematics",
        value=1e3 * max(0.0, float(off.max())),
        bound=1e3 * SLACK,
        unit="mm",
        source="Between frames a grain moves by its mean velocity, up to twice the frame time "
        "times the largest change of velocity around, and a quarter of the way of the fastest "
        "grain for collisions in between; 1 mm as for rigid bodies",
    )


def grain_energy(evidence: Evidence) -> Check | None:
    """Largest rise of energy of travel and weight, less work done, over any earlier frame."""
    spheres = _spheres(evidence)
    others = np.flatnonzero(evidence.is_free & ~evidence.is_rigid)
    is_strange = any(not _are_grains(evidence, int(index)) for index in others)
    if spheres is None or evidence.spec.joints or is_strange:
        return None
    places, speeds, mass = spheres.places, spheres.speeds, spheres.masses
    free = np.flatnonzero(evidence.is_rigid & evidence.is_free)
    kinetic, potential = rigid_energy(
        evidence.states.poses[:, free],
        evidence.states.velocities[:, free],
        evidence.masses[free],
        evidence.moments[free],
        evidence.gravity,
    )
    travel = 0.5 * (speeds**2).sum(2) @ mass
    least = kinetic + travel + potential - places @ evidence.gravity @ mass - evidence.states.work
    most = np.minimum.accumulate(least + SPINNING * travel)
    exchanged = np.ptp(potential - places @ evidence.gravity @ mass), np.ptp(evidence.states.work)
    scale = max(float((kinetic + travel).max()), *(float(each) for each in exchanged), 1e-12)
    return Check(
        name="grain_energy",
        value=max(0.0, float((least - most).max())) / scale,
        bound=0.02,
        unit="1",
        source="Energy of travel and weight less the work of led bodies may only rise by what "
        "spins hold, at most 2/5 of the energy of travel before; relative to the energy "
        "exchanged; 2 % for contact springs and time steps",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Spheres:
    """All grains of a clip."""

    places: Float64[np.ndarray, "T N 3"]
    speeds: Float64[np.ndarray, "T N 3"]
    radii: Float64[np.ndarray, " N"]
    masses: Float64[np.ndarray, " N"]


def _are_grains(evidence: Evidence, index: int) -> bool:
    """Is each particle of a body a ball of its shape?"""
    body, points = evidence.spec.bodies[index], evidence.states.points.get(index)
    if body.form != "particles" or points is None:
        return False
    parts = build(body.shape).parts
    return len(parts) == points.shape[1] and all(part.kind == "sphere" for part in parts)


def _spheres(evidence: Evidence) -> _Spheres | None:
    states = evidence.states
    chosen = [k for k in evidence.media if _are_grains(evidence, k)]
    chosen = [k for k in chosen if k in states.radii and k in states.point_velocities]
    if not chosen:
        return None
    masses = [
        point_masses(evidence.spec.bodies[k], states.points[k].shape[1], states.radii[k])
        for k in chosen
    ]
    return _Spheres(
        places=np.concatenate([states.points[k] for k in chosen], axis=1).astype(np.float64),
        speeds=np.concatenate([states.point_velocities[k] for k in chosen], 1).astype(np.float64),
        radii=np.concatenate([states.radii[k] for k in chosen]).astype(np.float64),
        masses=np.concatenate(masses),
    )


def _near_pairs(
    places: Float64[np.ndarray, "N 3"], radii: Float64[np.ndarray, " N"]
) -> Iterator[tuple[Int64[np.ndarray, " P"], Int64[np.ndarray, " P"]]]:
    """Pairs that may overlap: among those of usual size, then around each large one."""
    is_large = radii > LARGE * np.median(radii)
    usual = np.flatnonzero(~is_large)
    tree = KDTree(places[usual])
    pairs = tree.query_pairs(2 * float(radii[usual].max()), output_type="ndarray")
    yield usual[pairs[:, 0]], usual[pairs[:, 1]]
    for one in np.flatnonzero(is_large):
        others = np.flatnonzero(np.linalg.norm(places - places[one], axis=1) < 2 * radii.max())
        others = others[others != one]
        yield np.full(len(others), one), others


def _gaps(
    evidence: Evidence,
    body: int,
    pose: Float64[np.ndarray, "7"],
    places: Float64[np.ndarray, "N 3"],
    reach: float,
) -> Float64[np.ndarray, " N"]:
    """Signed distances of centres to a body [m]; +inf beyond the reach."""
    solid = evidence.solids[body]
    apart = places - pose[:3]
    near = np.flatnonzero((apart**2).sum(1) < (solid.bounding_radius + reach) ** 2)
    gaps = np.full(len(places), np.inf)
    turn = Rotation.from_quat(pose[3:], scalar_first=True)
    if len(near):
        gaps[near] = distance(solid, turn.inv().apply(apart[near]), reach)
    return gaps
