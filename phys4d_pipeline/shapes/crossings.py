"""Triangles and the nodes of a cubic lattice -> which nodes the surface winds around.

All in the units of the lattice: one from node to node.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ..jit import exact

BESIDE = (1.37e-3, 2.11e-3)
"""Shift of the lines on which inside and outside are told apart [nodes]: past edges and corners."""


def is_inside(
    triangles: Float64[np.ndarray, "F 3 3"], counts: Int64[np.ndarray, "3"]
) -> Bool[np.ndarray, "X Y Z"]:
    """Does the surface wind around a node? Two of three lines through it, along x, y, z, decide."""
    votes = np.zeros(counts, np.int8)
    for axis in range(3):
        order = [(axis + 1) % 3, (axis + 2) % 3, axis]
        crossings = np.zeros(counts[order], np.int32)
        fill_crossings(np.ascontiguousarray(triangles[:, :, order]), crossings, *BESIDE)
        beyond = np.cumsum(crossings[:, :, ::-1], axis=2)[:, :, ::-1]
        votes += (beyond > 0).transpose(np.argsort(order))
    return votes >= 2


@exact
def fill_crossings(
    triangles: np.ndarray, crossings: np.ndarray, beside_x: float, beside_y: float
) -> None:
    """Count, at the last node before it, every triangle that a line along z goes through.

    Args:
        triangles: Counter-clockwise seen from outside.
        crossings: +1 where the line leaves the solid, -1 where it enters; brought up to date.
        beside_x: Shift of the lines from the nodes.
        beside_y: The same along y.
    """
    for f in range(len(triangles)):
        a, b, c = triangles[f]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0.0:
            continue
        first_x = max(int(np.ceil(min(a[0], b[0], c[0]) - beside_x)), 0)
        last_x = min(int(np.floor(max(a[0], b[0], c[0]) - beside_x)), crossings.shape[0] - 1)
        first_y = max(int(np.ceil(min(a[1], b[1], c[1]) - beside_y)), 0)
        last_y = min(int(np.floor(max(a[1], b[1], c[1]) - beside_y)), crossings.shape[1] - 1)
        for i in range(first_x, last_x + 1):
            x = i + beside_x
            for j in range(first_y, last_y + 1):
                y = j + beside_y
                u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
                v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0:
                    z = u * a[2] + v * b[2] + w * c[2]
                    k = min(int(np.floor(z)), crossings.shape[2] - 1)
                    if k >= 0:
                        crossings[i, j, k] += 1 if area > 0.0 else -1
