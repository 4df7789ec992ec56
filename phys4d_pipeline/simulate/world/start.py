"""SceneSpec -> the arrays of a World at t = 0, and the convex parts of its bodies."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial.transform import Rotation

from ...motion.rods import Rod, nearest_contact, rod, start
from ...scene import Body, SceneSpec
from ...shapes import Solid
from . import model
from .distance import Parts
from .hinges import hinges_of
from .pair_laws import contact_laws
from .parts import collision_parts
from .probes import probes
from .ties import mark_inside, ties_of


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


def world_of(
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
    hinges = hinges_of(spec, solids, masses)
    probe = probes(spec, solids)
    bodies = _bodies(spec, solids, masses, probe, hinges)
    chains, parts = _chains(rods), collision_parts(spec, solids)
    ties = ties_of(spec, rows_of(points, others), points, bodies, step_s)
    mark_inside(points, chains, ties, parts)
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


def start_speeds(
    body: Body, place: Float64[np.ndarray, "N 3"], mass: Float64[np.ndarray, " N"]
) -> Float64[np.ndarray, "N 3"]:
    """Of points of a body that starts like a rigid one, turning about their centre of mass."""
    arm = place - np.average(place, axis=0, weights=mass)
    return body.linear_velocity + np.cross(body.angular_velocity, arm)


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
        places.append(place)
        speeds.append(start_speeds(body, place, one.masses))
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
