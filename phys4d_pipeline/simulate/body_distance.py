"""A point -> its signed distance to a convex part of a body, and the direction away from it.

Outside, distances are exact Euclidean ones, so that a rope lies round an edge as on a fillet of
its own radius; of a hull they are exact too, by projection onto the planes a point is beyond.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ..jit import exact

BOX, SPHERE, CYLINDER, CAPSULE, HULL = 0, 1, 2, 3, 4
KINDS = {"box": BOX, "sphere": SPHERE, "cylinder": CYLINDER, "capsule": CAPSULE, "hull": HULL}
SWEEPS = 12
"""Projections onto the planes beyond which a point lies: beside an edge of 90 degrees one is
enough; sharper ones converge by the cosine squared of the angle each."""
TINY = 1e-12  # [m]; nearer to a surface than this, the direction away is that of its face
Found = tuple[float, float, float, float]
"""Signed distance [m] and the unit vector away from the part."""


class Parts(NamedTuple):
    """Convex parts of all rigid bodies, and the ground as one plane of object 0."""

    kind: Int64[np.ndarray, " P"]
    owner: Int64[np.ndarray, " P"]
    """Object they belong to."""
    sizes: Float64[np.ndarray, "P 3"]
    """As in `shapes.ConvexPart` [m]."""
    first_plane: Int64[np.ndarray, " P"]
    last_plane: Int64[np.ndarray, " P"]
    """Of a hull: its rows of `planes`, the last one excluded."""
    planes: Float64[np.ndarray, "K 4"]
    """Outward unit normal and offset, frame of the part."""
    middle: Float64[np.ndarray, "P 3"]
    """Of the sphere around a part, frame of the part [m]."""
    reach: Float64[np.ndarray, " P"]
    """Radius of that sphere [m]; +inf: the ground."""
    place_in_body: Float64[np.ndarray, "P 3"]
    turn_in_body: Float64[np.ndarray, "P 3 3"]
    place: Float64[np.ndarray, "P 3"]
    """Now, world [m]."""
    turn: Float64[np.ndarray, "P 3 3"]
    """Now, world-from-part."""


@exact
def _box(x: float, y: float, z: float, a: float, b: float, c: float) -> Found:
    qx, qy, qz = abs(x) - a, abs(y) - b, abs(z) - c
    if qx <= TINY and qy <= TINY and qz <= TINY:
        if qx >= qy and qx >= qz:
            return qx, np.copysign(1.0, x), 0.0, 0.0
        if qy >= qz:
            return qy, 0.0, np.copysign(1.0, y), 0.0
        return qz, 0.0, 0.0, np.copysign(1.0, z)
    qx, qy, qz = max(qx, 0.0), max(qy, 0.0), max(qz, 0.0)
    far = np.sqrt(qx * qx + qy * qy + qz * qz)
    return far, np.copysign(qx / far, x), np.copysign(qy / far, y), np.copysign(qz / far, z)


@exact
def _cylinder(x: float, y: float, z: float, radius: float, half: float) -> Found:
    away = np.sqrt(x * x + y * y)
    ux, uy = (x / away, y / away) if away > TINY else (1.0, 0.0)
    side, end = away - radius, abs(z) - half
    if side <= TINY and end <= TINY:
        if side >= end:
            return side, ux, uy, 0.0
        return end, 0.0, 0.0, np.copysign(1.0, z)
    side, end = max(side, 0.0), max(end, 0.0)
    far = np.sqrt(side * side + end * end)
    return far, ux * side / far, uy * side / far, np.copysign(end / far, z)


@exact
def _ball(x: float, y: float, z: float, radius: float) -> Found:
    away = np.sqrt(x * x + y * y + z * z)
    if away < TINY:
        return -radius, 0.0, 0.0, 1.0
    return away - radius, x / away, y / away, z / away


@exact
def _hull(x: float, y: float, z: float, planes: np.ndarray, first: int, last: int) -> Found:
    most, deepest, beyond = -np.inf, first, 0
    for k in range(first, last):
        over = planes[k, 0] * x + planes[k, 1] * y + planes[k, 2] * z + planes[k, 3]
        beyond += over > TINY
        if over > most:
            most, deepest = over, k
    if beyond > 1:
        # Hildreth's row action for the nearest point of the hull: each plane keeps its multiplier.
        px, py, pz = x, y, z
        pull = np.zeros(last - first)
        for _ in range(SWEEPS):
            moved = 0.0
            for k in range(first, last):
                nx, ny, nz = planes[k, 0], planes[k, 1], planes[k, 2]
                over = nx * px + ny * py + nz * pz + planes[k, 3]
                step = max(over, -pull[k - first])
                if step != 0.0:
                    pull[k - first] += step
                    px, py, pz = px - step * nx, py - step * ny, pz - step * nz
                    moved = max(moved, abs(step))
            if moved < TINY:
                break
        px, py, pz = x - px, y - py, z - pz
        far = np.sqrt(px * px + py * py + pz * pz)
        if far > TINY:
            return far, px / far, py / far, pz / far
    return most, planes[deepest, 0], planes[deepest, 1], planes[deepest, 2]


@exact
def distance(parts: Parts, p: int, x: float, y: float, z: float) -> Found:
    """Of a world point to part p."""
    turn = parts.turn[p]
    dx, dy, dz = x - parts.place[p, 0], y - parts.place[p, 1], z - parts.place[p, 2]
    lx = turn[0, 0] * dx + turn[1, 0] * dy + turn[2, 0] * dz
    ly = turn[0, 1] * dx + turn[1, 1] * dy + turn[2, 1] * dz
    lz = turn[0, 2] * dx + turn[1, 2] * dy + turn[2, 2] * dz
    kind, a, b = parts.kind[p], parts.sizes[p, 0], parts.sizes[p, 1]
    if kind == HULL:
        far, nx, ny, nz = _hull(lx, ly, lz, parts.planes, parts.first_plane[p], parts.last_plane[p])
    elif kind == CYLINDER:
        far, nx, ny, nz = _cylinder(lx, ly, lz, a, b)
    elif kind == BOX:
        far, nx, ny, nz = _box(lx, ly, lz, a, b, parts.sizes[p, 2])
    elif kind == CAPSULE:
        far, nx, ny, nz = _ball(lx, ly, lz - min(max(lz, -b), b), a)
    else:
        far, nx, ny, nz = _ball(lx, ly, lz, a)
    return (
        far,
        turn[0, 0] * nx + turn[0, 1] * ny + turn[0, 2] * nz,
        turn[1, 0] * nx + turn[1, 1] * ny + turn[1, 2] * nz,
        turn[2, 0] * nx + turn[2, 1] * ny + turn[2, 2] * nz,
    )
