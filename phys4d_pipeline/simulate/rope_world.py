"""SceneSpec -> the arrays of a World at t = 0, and the convex parts of its bodies."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from ..mechanism import Joint
from ..motion.rods import Rod, nearest_contact, rod, start
from ..scene import Body, SceneSpec
from ..shapes import ConvexPart, Solid
from . import rope_model as model
from .body_distance import GROUND, KINDS, Parts, distance
from .body_probes import probes
from .rope_laws import contact_laws

TIE_SHARE = 0.4
"""Frequency of a tie's spring times the step."""
CLOTH_SHARE, CLOTH_RATIO = 0.9, 0.1
"""The same, and the damping ratio, of cloth where it is held by what moves as it is told. Elastic
forces take 0.6 of what is stable, 0.9^2 / 4 + 0.1 * 0.9 is another 0.29; springs of a share of 0.4
gave way by 1.1 to 2.4 mm under a thrown ball, in gusts and where one finger lifts a corner."""
CLAMP_SHARE = 1.0
"""The same of soft bodies, where they are held by what stands still: they take shorter steps
for themselves, and a clamped beam sags by its clamp's part of this squared too far."""
TIE_RATIO = 0.3
"""Damping ratio of ties [1]."""
INSIDE = 0.05
"""Overlap, as a share of the radius, from which a tied rope counts as inside its holder."""


class Nodes(NamedTuple):
    """Points of a body that is neither rigid nor a rope: of a sheet, of a soft solid."""

    body: int
    """Its index in the scene."""
    place: Float64[np.ndarray, "N 3"]
    speed: Float64[np.ndarray, "N 3"]
    mass: Float64[np.ndarray, " N"]
    radius: Float64[np.ndarray, " N"]
    """[m]"""
    node_of: Int64[np.ndarray, " V"]
    """The one that each point of the body's states is."""


def world(
    spec: SceneSpec,
    solids: list[Solid],
    masses: Float64[np.ndarray, " B"],
    step_s: float,
    frequency: float,
    others: Sequence[Nodes] = (),
) -> tuple[model.World, Parts]:
    """Everything as it starts.

    Args:
        spec: The scene.
        solids: Of its bodies.
        masses: Of its bodies [kg].
        step_s: [s]
        frequency: Of contact springs [rad/s].
        others: Points that follow those of the ropes.
    """
    ropes = [index for index, body in enumerate(spec.bodies) if body.form == "rope"]
    rods = [rod(spec.bodies[index]) for index in ropes]
    points = _points(spec, ropes, rods, others)
    hinges = _hinges(spec, solids, masses)
    probe = probes(spec, solids)
    bodies = _bodies(spec, solids, masses, probe, hinges)
    chains, parts = _chains(rods), collision_parts(spec, solids)
    ties = _ties(spec, rows_of(points, others), points, bodies, step_s)
    _mark_inside(points, chains, ties, parts)
    everything = model.World(
        chains=chains,
        points=points,
        segments=np.concatenate(
            [np.arange(a, b - 1) for a, b in zip(chains.first, chains.last, strict=True)]
            or [np.zeros(0, np.int64)]
        ),
        bodies=bodies,
        hinges=hinges,
        probes=probe,
        ties=ties,
        laws=contact_laws(spec, frequency),
        tally=model.Tally(
            touch=np.zeros((len(spec.bodies) + 1,) * 2 + (8,)),
            work=np.zeros(1),
            travelled=np.zeros(1),
        ),
    )
    return everything, parts


def rows_of(points: model.Points, others: Sequence[Nodes] = ()) -> dict[int, np.ndarray]:
    """By the index of a body with points: which row of `points` each point of its states is."""
    owners = np.unique(points.owner)
    rows = {int(owner) - 1: np.flatnonzero(points.owner == owner) for owner in owners}
    return rows | {one.body: rows[one.body][one.node_of] for one in others}


def highest_frequencies(one: Rod) -> tuple[float, float]:
    """Of stretching and of bending [rad/s]: bounds by the sums of matrix rows."""
    mass = min(one.masses[1:-1].min(initial=np.inf), 2 * one.masses[[0, -1]].min())
    stretching = 4 * one.stretch_stiffness / one.spacing / mass
    bending = 16 * one.bending_stiffness / one.spacing**3 / mass
    return float(np.sqrt(stretching)), float(np.sqrt(bending))


def _chains(rods: list[Rod]) -> model.Chains:
    counts = np.array([len(one.masses) for one in rods], np.int64)
    stretch = np.array([one.stretch_stiffness / one.spacing for one in rods])
    bending = np.array([one.bending_stiffness / one.spacing**3 for one in rods])
    lasting = np.array([one.damping for one in rods])
    return model.Chains(
        first=np.cumsum(counts) - counts,
        last=np.cumsum(counts),
        radius=np.array([one.radius for one in rods]),
        spacing=np.array([one.spacing for one in rods]),
        stretch=stretch,
        stretch_damping=stretch * lasting,
        bending=bending,
        bending_damping=bending * lasting,
        apart=np.array([nearest_contact(one) for one in rods], np.int64),
    )


def _points(
    spec: SceneSpec, ropes: list[int], rods: list[Rod], others: Sequence[Nodes]
) -> model.Points:
    places, speeds, owners, chain = [np.zeros((0, 3))], [np.zeros((0, 3))], [], []
    radii = [np.zeros(0)]
    for number, (index, one) in enumerate(zip(ropes, rods, strict=True)):
        body = spec.bodies[index]
        place = start(body)
        arm = place - np.average(place, axis=0, weights=one.masses)
        places.append(place)
        speeds.append(body.linear_velocity + np.cross(body.angular_velocity, arm))
        owners += [index + 1] * len(place)
        chain += [number] * len(place)
        radii.append(np.full(len(place), one.radius))
    for nodes in others:
        places.append(nodes.place)
        speeds.append(nodes.speed)
        owners += [nodes.body + 1] * len(nodes.mass)
        chain += [model.NO_CHAIN] * len(nodes.mass)
        radii.append(nodes.radius)
    return model.Points(
        place=np.concatenate(places),
        speed=np.concatenate(speeds),
        force=np.zeros((len(owners), 3)),
        mass=np.concatenate(
            [np.zeros(0), *(one.masses for one in rods), *(nodes.mass for nodes in others)]
        ),
        radius=np.concatenate(radii),
        chain=np.array(chain, np.int64),
        owner=np.array(owners, np.int64),
        is_inside=np.zeros((len(owners), len(spec.bodies) + 1), bool),
    )


def _bodies(
    spec: SceneSpec,
    solids: list[Solid],
    masses: Float64[np.ndarray, " B"],
    probe: model.Probes,
    hinges: model.Hinges,
) -> model.Bodies:
    count = len(spec.bodies) + 1
    kind, mass, moments = np.zeros(count, np.int64), np.zeros(count), np.ones((count, 3))
    place, speed, spin, momentum = (np.zeros((count, 3)) for _ in range(4))
    quaternion, turn = np.tile([1.0, 0.0, 0.0, 0.0], (count, 1)), np.tile(np.eye(3), (count, 1, 1))
    lightness, reach_ = np.zeros(count), np.zeros(count)
    for o, (body, solid) in enumerate(zip(spec.bodies, solids, strict=True), 1):
        if body.form != "rigid":
            continue
        place[o], quaternion[o] = body.position, body.quaternion
        quaternion[o] /= np.linalg.norm(quaternion[o])
        turn[o] = Rotation.from_quat(quaternion[o], scalar_first=True).as_matrix()
        speed[o], spin[o], reach_[o] = (
            body.linear_velocity,
            body.angular_velocity,
            solid.bounding_radius,
        )
        if body.path:
            kind[o] = model.LED
        elif not body.is_static:
            kind[o], mass[o] = model.FREE, masses[o - 1]
            moments[o] = body.substance.density * np.diag(solid.inertia)
            momentum[o] = turn[o] @ (moments[o] * (turn[o].T @ spin[o]))
            arm = np.linalg.norm(probe.place_in_body[probe.owner == o], axis=1).max(initial=0.0)
            lightness[o] = 1 / mass[o] + arm**2 / moments[o].min()
        if hinges.inertia[o] > 0:
            kind[o] = model.HINGED
            reach_[o] += np.linalg.norm(place[o] - hinges.anchor[o])
            lightness[o] = reach_[o] ** 2 / hinges.inertia[o]
    return model.Bodies(
        kind=kind, place=place, quaternion=quaternion, turn=turn, speed=speed, spin=spin,
        momentum=momentum, force=np.zeros((count, 3)), torque=np.zeros((count, 3)), mass=mass,
        moments=moments, lightness=lightness, reach=reach_,
    )  # fmt: skip


def joint_faults(spec: SceneSpec) -> list[str]:
    """What of a scene's joints `World` has no law for: it has hinges to the world, one per body."""
    faults = [
        f"joint {joint.name!r} ({joint.kind} of {joint.child!r} to {joint.parent or 'the world'!r})"
        for joint in spec.joints
        if joint.kind != "hinge" or joint.parent or joint.limits or joint.motor
    ]
    faults += ["couplings"] if spec.couplings else []
    hinged = [joint.child for joint in spec.joints]
    return faults + [
        f"two joints of {name!r}" for name in sorted({n for n in hinged if hinged.count(n) > 1})
    ]


def _hinges(
    spec: SceneSpec, solids: list[Solid], masses: Float64[np.ndarray, " B"]
) -> model.Hinges:
    count = len(spec.bodies) + 1
    vectors, numbers = np.zeros((3, count, 3)), np.zeros((7, count))
    hinges = model.Hinges(
        axis=vectors[0],
        anchor=vectors[1],
        inertia=numbers[0],
        angle=numbers[1],
        rate=numbers[2],
        damping=numbers[3],
        friction=numbers[4],
        stiffness=numbers[5],
        rest=numbers[6],
        start_place=vectors[2],
        start_quaternion=np.zeros((count, 4)),
    )
    names = [body.name for body in spec.bodies]
    for joint in spec.joints:
        index = names.index(joint.child)
        _set_hinge(hinges, index + 1, joint, spec, solids[index], float(masses[index]))
    return hinges


def _set_hinge(
    hinges: model.Hinges, o: int, joint: Joint, spec: SceneSpec, solid: Solid, mass: float
) -> None:
    body, axis = spec.bodies[o - 1], np.array(joint.axis)
    turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
    own = turn.T @ axis
    across = np.cross(axis, np.subtract(body.position, joint.anchor))
    moments = body.substance.density * np.diag(solid.inertia)
    hinges.axis[o], hinges.anchor[o] = axis, joint.anchor
    hinges.inertia[o] = own @ (moments * own) + mass * (across @ across)
    hinges.rate[o] = np.dot(body.angular_velocity, axis)
    hinges.damping[o], hinges.friction[o] = joint.damping, joint.friction
    hinges.stiffness[o], hinges.rest[o] = joint.stiffness, joint.rest
    hinges.start_place[o], hinges.start_quaternion[o] = body.position, body.quaternion


def _ties(
    spec: SceneSpec,
    rows: dict[int, np.ndarray],
    points: model.Points,
    bodies: model.Bodies,
    step_s: float,
) -> model.Ties:
    names = [body.name for body in spec.bodies]
    K = len(spec.ties)
    ties = model.Ties(
        point=np.zeros(K, np.int64), holder=np.zeros(K, np.int64), place_in_body=np.zeros((K, 3)),
        until=np.full(K, np.inf), stiffness=np.zeros(K), damping=np.zeros(K),
    )  # fmt: skip
    for k, tie in enumerate(spec.ties):
        i = rows[names.index(tie.body)][tie.point]
        o = names.index(tie.holder) + 1 if tie.holder else 0
        arm = points.place[i] - bodies.place[o]
        light = 1 / points.mass[i] + bodies.lightness[o]
        if bodies.kind[o] == model.FREE:
            light += arm @ arm / bodies.moments[o].min()
        ties.point[k], ties.holder[k] = i, o
        ties.place_in_body[k] = bodies.turn[o].T @ arm
        if tie.until is not None:
            ties.until[k] = tie.until
        share, ratio = _tie_springs(spec.bodies[names.index(tie.body)], float(bodies.lightness[o]))
        ties.stiffness[k] = (share / step_s) ** 2 / light
        ties.damping[k] = 2 * ratio * share / step_s / light
    return ties


def _tie_springs(body: Body, lightness: float) -> tuple[float, float]:
    """Frequency times step and damping ratio of what ties a body to a holder so light [1]."""
    if lightness == 0.0 and body.form == "soft":
        return CLAMP_SHARE, TIE_RATIO
    if lightness == 0.0 and body.form == "deforming" and body.gas is None:
        return CLOTH_SHARE, CLOTH_RATIO
    return TIE_SHARE, TIE_RATIO


def _mark_inside(
    points: model.Points, chains: model.Chains, ties: model.Ties, parts: Parts
) -> None:
    """From a tied point on, as far as the rope starts inside what holds it.

    Of other bodies: the tied point itself, and all that start inside the same holder.
    """
    for i, o in zip(ties.point, ties.holder, strict=True):
        r = points.chain[i]
        owned = np.flatnonzero(parts.owner == o)
        if r == model.NO_CHAIN:
            points.is_inside[i, o] = True
            _mark_all_inside(points, parts, int(points.owner[i]), int(o))
            continue
        for way in (-1, 1):
            k = i
            while chains.first[r] <= k < chains.last[r]:
                near = min(distance(parts, p, *points.place[k])[0] for p in owned)
                if near > (1 - INSIDE) * chains.radius[r]:
                    break
                points.is_inside[k, o] = True
                k += way


def _mark_all_inside(points: model.Points, parts: Parts, owner: int, o: int) -> None:
    owned = np.flatnonzero((parts.owner == o) & (o > 0))
    for k in np.flatnonzero((points.owner == owner) & ~points.is_inside[:, o]):
        near = min((distance(parts, p, *points.place[k])[0] for p in owned), default=np.inf)
        points.is_inside[k, o] = near < (1 - INSIDE) * points.radius[k]


def collision_parts(spec: SceneSpec, solids: list[Solid]) -> Parts:
    """Convex parts of all rigid bodies where they start; the ground first."""
    owned: list[tuple[int, ConvexPart]] = [
        (index + 1, part)
        for index, (body, solid) in enumerate(zip(spec.bodies, solids, strict=True))
        if body.form == "rigid"
        for part in solid.parts
    ]
    count = len(owned) + 1
    planes, corners = [np.zeros((0, 4))], [np.zeros((0, 3, 3))]
    sizes, middle, reach = np.zeros((count, 3)), np.zeros((count, 3)), np.full(count, np.inf)
    place, turn = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1))
    for p, (_, part) in enumerate(owned, 1):
        sizes[p, : len(part.sizes)] = part.sizes
        place[p] = part.position
        turn[p] = Rotation.from_quat(part.quaternion, scalar_first=True).as_matrix()
        hull = ConvexHull(part.points) if part.kind == "hull" else None
        planes.append(hull.equations if hull else planes[0])
        corners.append(part.points[hull.simplices] if hull else corners[0])
        middle[p] = part.points.mean(0) if hull else 0.0
        reach[p] = sum(part.sizes) if part.kind == "capsule" else np.linalg.norm(part.sizes)
        if hull:
            reach[p] = np.linalg.norm(part.points - middle[p], axis=1).max()
    last = np.cumsum([len(block) for block in planes])
    parts = Parts(
        kind=np.array([GROUND, *(KINDS[part.kind] for _, part in owned)], np.int64),
        owner=np.array([0, *(o for o, _ in owned)], np.int64),
        sizes=sizes,
        first_face=last - [len(block) for block in planes],
        last_face=last,
        planes=np.concatenate(planes),
        corners=np.concatenate(corners),
        middle=middle,
        reach=reach,
        place_in_body=place,
        turn_in_body=turn,
        place=place.copy(),
        turn=turn.copy(),
    )
    for p in range(1, count):
        body = spec.bodies[parts.owner[p] - 1]
        whole = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
        parts.place[p] = body.position + whole @ place[p]
        parts.turn[p] = whole @ turn[p]
    return parts
