"""Bodies of liquid -> where their particles start, and what is wrong with a scene of liquids."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int8
from scipy.spatial.transform import Rotation

from ...clearance.solids import distance
from ...continuum import SIDES, Grid
from ...errors import SceneError
from ...scene import Body, SceneSpec
from ...shapes import build
from .fields import INSIDE, LEFT, WAITING

PER_EDGE = 2
"""Particles along the edge of a cell: 8 in a full one."""
SAME_FILLING = 0.005
"""Wrong density that is not worth leaving the grid's lattice [1]: a quarter of the law's bound."""
JITTER = 0.125
"""Width of the random offset from the lattice, of its spacing [1]: breaks its symmetry."""
MOST_PARTICLES = 10_000_000
"""At some 400 bytes each with their surface, what a worker with 4 GiB can hold."""
MOST_UNLIKE = 0.06
"""Difference of densities that is neglected [1]: juice in water (CRC Handbook)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """Particles of all bodies of liquid at t = 0, N in total."""

    bodies: dict[int, slice]
    """Index of a body -> its particles."""
    places: Float64[np.ndarray, "N 3"]
    """[cells], from the grid's lowest corner."""
    velocities: Float64[np.ndarray, "N 3"]
    """[cells/s]"""
    volumes: Float64[np.ndarray, " N"]
    """[cells]"""
    where: Int8[np.ndarray, " N"]


def fill(spec: SceneSpec, grid: Grid) -> Start:
    """Particles on a lattice aligned with the cells, in every body of liquid.

    Raises:
        SceneError: If a body is too small, too large, never comes into the grid, or differs too
            much in density from the others.
    """
    indices = [k for k, body in enumerate(spec.bodies) if body.form == "liquid"]
    if faults := list(_faults(spec, grid, indices)):
        raise SceneError(f"Scene {spec.category}/{spec.family}: {'; '.join(faults)}.")
    bodies, places, velocities, volumes = {}, [], [], []
    total = 0
    for index in indices:
        body = spec.bodies[index]
        found = _places(body, grid, np.random.default_rng([spec.seed, index]))
        if not len(found):
            raise SceneError(
                f"Body {body.name!r} holds no particle on cells of {grid.cell} m: use smaller "
                "cells, or a larger body."
            )
        speed = np.array(body.linear_velocity) / grid.cell
        spin = np.array(body.angular_velocity)
        middle = (np.array(body.position) - grid.low) / grid.cell
        bodies[index] = slice(total, total + len(found))
        total += len(found)
        places.append(found)
        velocities.append(speed + np.cross(spin, found - middle))
        volume = build(body.shape).volume / grid.cell**3
        volumes.append(np.full(len(found), volume / len(found)))
    start = Start(
        bodies=bodies,
        places=np.concatenate(places),
        velocities=np.concatenate(velocities),
        volumes=np.concatenate(volumes),
        where=_where(np.concatenate(places), np.concatenate(velocities), grid),
    )
    _raise_if_lost(spec, grid, start)
    return start


def opened(grid: Grid) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """1 for open sides: lower and upper, per axis."""
    is_open = [int(side in grid.open_sides) for side in SIDES]
    return tuple(is_open[::2]), tuple(is_open[1::2])


def _faults(spec: SceneSpec, grid: Grid, indices: list[int]) -> Iterator[str]:
    if not indices:
        yield "no body of form 'liquid', which this solver is for"
        return
    densities = [spec.bodies[k].substance.density for k in indices]
    if max(densities) > (1 + MOST_UNLIKE) * min(densities):
        yield (
            f"liquids of {min(densities)} and {max(densities)} kg/m3 in one grid: the solver "
            f"treats all as equally dense, within {100 * MOST_UNLIKE:.0f} %; choose like ones"
        )
    volume = sum(build(spec.bodies[k].shape).volume for k in indices)
    count = volume / grid.cell**3 * PER_EDGE**3
    if count > MOST_PARTICLES:
        yield (
            f"{count:.3g} particles do not fit in memory (most {MOST_PARTICLES}); use cells "
            f"larger than {grid.cell} m"
        )


def _places(body: Body, grid: Grid, rng: np.random.Generator) -> Float64[np.ndarray, "N 3"]:
    """Lattice points inside the body's shape [cells].

    The lattice is the grid's, or the one that divides the body's extent evenly, where particles
    of the body's volume fill that better: a thin bar would start too dense, or too loose.
    """
    solid = build(body.shape)
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    middle = (np.array(body.position) - grid.low) / grid.cell
    corners = (turn.apply(np.array(solid.mesh.vertices)) / grid.cell + middle) * PER_EDGE
    low, high = corners.min(0), corners.max(0)

    def filled(first: np.ndarray, counts: np.ndarray, spacing: np.ndarray) -> tuple:
        lattice = _lattice(first, counts, spacing) / PER_EDGE
        local = turn.inv().apply((lattice - middle) * grid.cell)
        inside = lattice[distance(solid, local, grid.cell) < 0.0]
        taken = len(inside) * spacing.prod() * (grid.cell / PER_EDGE) ** 3
        return inside, abs(taken / solid.volume - 1)

    points, fault = filled(np.floor(low), np.ceil(high) - np.floor(low), np.ones(3))
    if len(points) > 0 and fault > SAME_FILLING:
        evenly = np.maximum(np.round(high - low), 1)
        others, other_fault = filled(low, evenly, (high - low) / evenly)
        points = others if other_fault < fault - SAME_FILLING else points
    return points + (rng.random(points.shape) - 0.5) * JITTER / PER_EDGE


def _lattice(
    first: Float64[np.ndarray, "3"],
    counts: Float64[np.ndarray, "3"],
    spacing: Float64[np.ndarray, "3"],
) -> Float64[np.ndarray, "N 3"]:
    """Middles of boxes of this size, so many along each axis."""
    axes = [
        start + (np.arange(count) + 0.5) * step
        for start, count, step in zip(first, counts, spacing, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def _where(
    places: Float64[np.ndarray, "N 3"], velocities: Float64[np.ndarray, "N 3"], grid: Grid
) -> Int8[np.ndarray, " N"]:
    """In the grid, or outside: waiting if it moves, falling freely if it is at rest."""
    outside = np.where(np.any(velocities != 0.0, axis=1), WAITING, LEFT)
    is_inside = np.all((places > 0.0) & (places < grid.cells), axis=1)
    return np.where(is_inside, INSIDE, outside).astype(np.int8)


def _raise_if_lost(spec: SceneSpec, grid: Grid, start: Start) -> None:
    """Refuse liquid outside the grid that neither its velocity nor its fall leads into it."""
    for index, rows in start.bodies.items():
        waiting = start.where[rows] != INSIDE
        if not waiting.any():
            continue
        body = spec.bodies[index]
        speed = np.array(body.linear_velocity) / grid.cell
        if not speed.any() and "+z" in grid.open_sides:
            speed = np.array([0.0, 0.0, -1.0])
        meets = _meets(start.places[rows][waiting], speed, np.array(grid.cells, np.float64))
        if not meets.all():
            place = start.places[rows][waiting][~meets][0] * grid.cell + grid.low
            raise SceneError(
                f"Liquid {body.name!r} starts outside the grid, at {place.round(3).tolist()} m, "
                f"and its velocity {body.linear_velocity} m/s does not lead into it: move it "
                f"between {grid.low} and {tuple(round(x, 4) for x in grid.high)} m."
            )


def _meets(
    places: Float64[np.ndarray, "N 3"],
    speed: Float64[np.ndarray, "3"],
    size: Float64[np.ndarray, "3"],
) -> Bool[np.ndarray, " N"]:
    """Does the ray from a place along the velocity meet the box from 0 to `size`?"""
    first, last = np.zeros(len(places)), np.full(len(places), np.inf)
    for axis in range(3):
        x, v = places[:, axis], speed[axis]
        if v == 0.0:
            last[(x < 0.0) | (x > size[axis])] = -1.0
            continue
        ends = np.sort([-x / v, (size[axis] - x) / v], axis=0)
        first, last = np.maximum(first, ends[0]), np.minimum(last, ends[1])
    return last > first
