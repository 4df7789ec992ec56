"""Triangles of surfaces -> which edges pierce which triangles, in float64, beyond rounding.

Two triangles that cross each other always have an edge of one that pierces the other. An edge and
a triangle that share a corner are left out: they meet there.
"""

import numpy as np
from jaxtyping import Float64, Int64

from ..jit import exact
from ..simulate.boxes import boxes, overlapping

FIRST_ROOM = 64
NEAREST = 1e-6
"""An end of an edge that is less far from a plane lies in it [m]: stored places are float32, and
pleats that are still flat between two crests lie in one plane to 1e-17 m."""


def edges_of(faces: Int64[np.ndarray, "F 3"]) -> Int64[np.ndarray, "E 2"]:
    """Every edge once, its lower corner first, in rising order."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(np.sort(sides, axis=1), axis=0)


def piercings(
    places: Float64[np.ndarray, "N 3"],
    faces: Int64[np.ndarray, "F 3"],
    edges: Int64[np.ndarray, "E 2"],
) -> Int64[np.ndarray, "P 2"]:
    """(edge, face) of all that pierce.

    Args:
        places: Of corners [m].
        faces: Their corners.
        edges: Their ends.
    """
    if len(faces) == 0 or len(edges) == 0:
        return np.zeros((0, 2), np.int64)
    return _piercings(places, faces, edges)


@exact
def _volume(p: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray) -> float:
    """Six times that of a tetrahedron; its sign is the side of s against p, q, r."""
    ax, ay, az = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    bx, by, bz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
    cx, cy, cz = s[0] - p[0], s[1] - p[1], s[2] - p[2]
    return (ay * bz - az * by) * cx + (az * bx - ax * bz) * cy + (ax * by - ay * bx) * cz


@exact
def _double_area(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
    ax, ay, az = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    bx, by, bz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return np.sqrt(x * x + y * y + z * z)


@exact
def pierces(p: np.ndarray, q: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> bool:
    """Does the segment from p to q cross the inside of a triangle?"""
    before, behind = _volume(a, b, c, p), _volume(a, b, c, q)
    if before * behind >= 0.0 or min(abs(before), abs(behind)) < NEAREST * _double_area(a, b, c):
        return False
    u, v, w = _volume(p, q, a, b), _volume(p, q, b, c), _volume(p, q, c, a)
    return (u > 0.0 and v > 0.0 and w > 0.0) or (u < 0.0 and v < 0.0 and w < 0.0)


@exact
def _piercings(places: np.ndarray, faces: np.ndarray, edges: np.ndarray) -> np.ndarray:
    grid, near = boxes(places, faces, 0.0), np.empty(len(faces), np.int64)
    found, count = np.empty((FIRST_ROOM, 2), np.int64), 0
    for e in range(len(edges)):
        a, b = edges[e]
        p, q = places[a], places[b]
        here = overlapping(grid, np.minimum(p, q), np.maximum(p, q), 0.0, 0, near)
        near[:here].sort()
        for f in near[:here]:
            i, j, k = faces[f]
            if a in (i, j, k) or b in (i, j, k):
                continue
            if pierces(p, q, places[i], places[j], places[k]):
                if count == len(found):
                    longer = np.empty((2 * count, 2), np.int64)
                    longer[:count] = found
                    found = longer
                found[count, 0], found[count, 1] = e, f
                count += 1
    return found[:count]
