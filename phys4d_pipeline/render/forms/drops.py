"""Drops apart from the rest of a liquid's surface -> the same, with their particles' volume."""

import numpy as np
from jaxtyping import Float32, Float64, Int32
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from ...jit import fast

MOST_VERTICES = 250
"""Of a drop, a ball of some 6 radii of its particles; the field itself holds larger ones to their
volume."""
FARTHEST = 6.0
"""How far a particle may lie from the surface of its drop, in radii [1]."""
LEAST, MOST = 0.6, 1.5
"""What the width of a drop may be multiplied by."""


def fill_drops(
    vertices: Float64[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    points: Float32[np.ndarray, "P 3"],
    radii: Float32[np.ndarray, " P"],
) -> None:
    """Widen or narrow every drop about its middle, in place.

    As polyhedra of a few cells drops are too small by a third, and where fields of some particles
    overlap they are too large.

    Args:
        vertices: Of a closed surface [m].
        faces: Between them.
        points: The particles [m].
        radii: Of particles that each fill (2 radius)^3 [m].
    """
    starts, ends = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(starts), np.int8), (starts, ends)), (len(vertices),) * 2)
    count, labels = connected_components(links, directed=False)
    part = np.asarray(labels)
    size = np.bincount(part, minlength=count)
    small = size <= MOST_VERTICES
    chosen = np.flatnonzero(small[part])
    if not len(chosen) or not len(points):
        return
    reach = FARTHEST * float(np.median(radii))
    away, nearest = KDTree(vertices[chosen]).query(points, distance_upper_bound=reach)
    found = np.isfinite(away)
    owner = part[chosen[np.asarray(nearest, np.int64)[found]]]
    wanted = np.bincount(owner, (2 * radii[found].astype(np.float64)) ** 3, minlength=count)
    middle = np.stack([np.bincount(part, vertices[:, axis]) for axis in range(3)], 1)
    middle /= size[:, None]
    held = np.zeros(count)
    _volumes(vertices, faces, part, middle, held)
    fits = small & (held > 0.0) & (wanted > 0.0)
    factor = np.ones(count)
    factor[fits] = np.clip(np.cbrt(wanted[fits] / held[fits]), LEAST, MOST)
    around = middle[part[chosen]]
    vertices[chosen] = around + (vertices[chosen] - around) * factor[part[chosen], None]


@fast
def _volumes(vertices, faces, part, middle, held):
    """Of every part, from tetrahedra between its middle and its faces."""
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        own = part[i]
        x, y, z = middle[own, 0], middle[own, 1], middle[own, 2]
        ax, ay, az = vertices[i, 0] - x, vertices[i, 1] - y, vertices[i, 2] - z
        bx, by, bz = vertices[j, 0] - x, vertices[j, 1] - y, vertices[j, 2] - z
        cx, cy, cz = vertices[k, 0] - x, vertices[k, 1] - y, vertices[k, 2] - z
        volume = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
        held[own] += volume / 6
