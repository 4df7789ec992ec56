"""Triangles -> distances near them, depths of the walls behind them.

All in the units of the lattice (one from node to node) but for `wall_depths`.
"""

import numpy as np
from jaxtyping import Float64

from ..jit import exact
from ..shapes.nearest import on_triangle

FACING = 0.5
"""Cosine between a ray and the normal where it leaves: less is a corner, not the back of a wall."""


@exact
def fill_band(triangles: np.ndarray, squares: np.ndarray, band: float) -> None:
    """Lower squared distances of all nodes within `band` of a triangle to its own."""
    for f in range(len(triangles)):
        a, b, c = triangles[f]
        low, high = np.empty(3, np.int64), np.empty(3, np.int64)
        for e in range(3):
            low[e] = max(int(np.ceil(min(a[e], b[e], c[e]) - band)), 0)
            high[e] = min(int(np.floor(max(a[e], b[e], c[e]) + band)), squares.shape[e] - 1)
        for i in range(low[0], high[0] + 1):
            for j in range(low[1], high[1] + 1):
                for k in range(low[2], high[2] + 1):
                    x, y, z = on_triangle(i, j, k, triangles[f])
                    square = x * x + y * y + z * z
                    if square < squares[i, j, k]:
                        squares[i, j, k] = square


@exact
def wall_depths(triangles: np.ndarray, step: int) -> Float64[np.ndarray, " R"]:
    """From the middle of every `step`-th triangle inwards to where the ray leaves again.

    +inf where it leaves at a slant (behind a corner) or not at all.
    """
    count = len(triangles)
    normals = np.empty((count, 3))
    for f in range(count):
        a, b, c = triangles[f]
        normal = np.cross(b - a, c - a)
        normals[f] = normal / np.sqrt((normal**2).sum())
    depths = np.full((count + step - 1) // step, np.inf)
    for row in range(len(depths)):
        f = row * step
        start = (triangles[f, 0] + triangles[f, 1] + triangles[f, 2]) / 3.0
        ray = -normals[f]
        size = np.sqrt(((triangles[f] - start) ** 2).max())
        for g in range(count):
            along = np.dot(ray, normals[g])
            if along < FACING:
                continue
            far = np.dot(triangles[g, 0] - start, normals[g]) / along
            if far > 1e-9 * size and far < depths[row] and _holds(triangles[g], start + far * ray):
                depths[row] = far
    return depths


@exact
def _holds(triangle: np.ndarray, point: np.ndarray) -> bool:
    """Is a point of its plane inside a triangle?"""
    a, b, c = triangle
    normal = np.cross(b - a, c - a)
    return (
        np.dot(np.cross(b - a, point - a), normal) >= 0.0
        and np.dot(np.cross(c - b, point - b), normal) >= 0.0
        and np.dot(np.cross(a - c, point - c), normal) >= 0.0
    )
