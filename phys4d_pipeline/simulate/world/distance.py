"""A point -> its signed distance to a convex part of a body, and the direction away from it.

Outside, distances are Euclidean, so that a rope lies round an edge as on a fillet of its own
radius; inside they are those to the nearest face.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ...jit import exact_borrowing, exact_part
from ...shapes.nearest import on_triangle

BOX, SPHERE, CYLINDER, CAPSULE, HULL, GROUND = 0, 1, 2, 3, 4, 5
KINDS = {"box": BOX, "sphere": SPHERE, "cylinder": CYLINDER, "capsule": CAPSULE, "hull": HULL}
TINY = 1e-12  # [m]; nearer to a surface than this, the direction away is that of its face
Found = tuple[float, float, float, float]
"""Signed distance [m] and the unit vector away from the part."""


class Parts(NamedTuple):
    """Convex parts of all rigid bodies, and the ground, the plane z = 0 of object 0."""

    kind: Int64[np.ndarray, " P"]
    owner: Int64[np.ndarray, " P"]
    """Object they belong to."""
    sizes: Float64[np.ndarray, "P 3"]
    """As in `shapes.ConvexPart` [m]."""
    first_face: Int64[np.ndarray, " P"]
    last_face: Int64[np.ndarray, " P"]
    """Of a hull: its rows of `planes` and `corners`, the last one excluded."""
    planes: Float64[np.ndarray, "K 4"]
    """Of triangles: outward unit normal and offset, frame of the part."""
    corners: Float64[np.ndarray, "K 3 3"]
    """Of the same triangles [m], frame of the part."""
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


@exact_part
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


@exact_part
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


@exact_part
def _ball(x: float, y: float, z: float, radius: float) -> Found:
    away = np.sqrt(x * x + y * y + z * z)
    if away < TINY:
        return -radius, 0.0, 0.0, 1.0
    return away - radius, x / away, y / away, z / away


@exact_part
def _hull(
    x: float, y: float, z: float, planes: np.ndarray, corners: np.ndarray, first: int, last: int
) -> Found:
    most, deepest = -np.inf, first
    for k in range(first, last):
        over = planes[k, 0] * x + planes[k, 1] * y + planes[k, 2] * z + planes[k, 3]
        if over > most:
            most, deepest = over, k
    if most > TINY:
        least, fx, fy, fz = np.inf, 0.0, 0.0, 0.0
        for k in range(first, last):
            over = planes[k, 0] * x + planes[k, 1] * y + planes[k, 2] * z + planes[k, 3]
            if over > TINY and over * over < least:
                px, py, pz = on_triangle(x, y, z, corners[k])
                square = px * px + py * py + pz * pz
                if square < least:
                    least, fx, fy, fz = square, px, py, pz
        far = np.sqrt(least)
        return far, fx / far, fy / far, fz / far
    return most, planes[deepest, 0], planes[deepest, 1], planes[deepest, 2]


@exact_borrowing
def distance(parts: Parts, p: int, x: float, y: float, z: float) -> Found:
    """Of a world point to part p."""
    turn = parts.turn[p]
    dx, dy, dz = x - parts.place[p, 0], y - parts.place[p, 1], z - parts.place[p, 2]
    lx = turn[0, 0] * dx + turn[1, 0] * dy + turn[2, 0] * dz
    ly = turn[0, 1] * dx + turn[1, 1] * dy + turn[2, 1] * dz
    lz = turn[0, 2] * dx + turn[1, 2] * dy + turn[2, 2] * dz
    kind, a, b = parts.kind[p], parts.sizes[p, 0], parts.sizes[p, 1]
    if kind == GROUND:
        return dz, 0.0, 0.0, 1.0
    if kind == HULL:
        first, last = parts.first_face[p], parts.last_face[p]
        far, nx, ny, nz = _hull(lx, ly, lz, parts.planes, parts.corners, first, last)
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
