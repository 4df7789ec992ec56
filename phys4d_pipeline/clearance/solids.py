"""Solid, points -> exact signed distances to its surface, as far as they are within a reach.

`ConvexPart.signed_distance` is a lower bound outside boxes, cylinders and hulls: beside an edge it
would find a rope too deep.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from ..shapes import ConvexPart, Solid

CHUNK = 200_000
"""Point-edge pairs looked at in one go: tens of megabytes."""


def distance(
    solid: Solid, points: Float64[np.ndarray, "N 3"], reach: float
) -> Float64[np.ndarray, " N"]:
    """Of body-frame points to a union of convex parts [m]; negative inside, +inf beyond the reach.

    Args:
        solid: What the points are near.
        points: [m]
        reach: Farther points are not told apart [m].
    """
    nearest = np.full(len(points), np.inf)
    for part in solid.parts:
        rows = _near_box(part, points, reach)
        found = part.signed_distance(points[rows])
        rows, found = rows[found < reach], found[found < reach]
        outside = found > 0.0
        found[outside] = _outside(part, points[rows[outside]])
        nearest[rows] = np.minimum(nearest[rows], found)
    nearest[nearest > reach] = np.inf
    return nearest


def _near_box(
    part: ConvexPart, points: Float64[np.ndarray, "N 3"], reach: float
) -> Int64[np.ndarray, " M"]:
    """Points within the reach of the box around a hull; of other kinds, all."""
    if part.kind != "hull":
        return np.arange(len(points))
    low, high = part.points.min(0) - reach, part.points.max(0) + reach
    return np.flatnonzero(((points > low) & (points < high)).all(1))


def _outside(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
    """Euclidean distance of points outside."""
    if part.kind == "hull":
        return _to_hull(part, points)
    turn = Rotation.from_quat(part.quaternion, scalar_first=True)
    local = turn.inv().apply(points - part.position) if len(points) else points
    if part.kind == "box":
        return np.linalg.norm(np.maximum(np.abs(local) - part.sizes, 0.0), axis=1)
    if part.kind == "cylinder":
        side = np.hypot(local[:, 0], local[:, 1]) - part.sizes[0]
        end = np.abs(local[:, 2]) - part.sizes[1]
        return np.hypot(np.maximum(side, 0.0), np.maximum(end, 0.0))
    return part.signed_distance(points)  # exact for spheres and capsules


def _to_hull(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
    """To the nearest face that a point lies over, or the nearest edge."""
    corners, normals = _faces(part)
    nearest = np.empty(len(points))
    size = max(1, CHUNK // len(corners))
    for start in range(0, len(points), size):
        some = points[start : start + size]
        over = np.ones((len(some), len(corners)), bool)
        edge_gap = np.full((len(some), len(corners)), np.inf)
        for k in range(3):
            origin = corners[:, k]
            edge = corners[:, (k + 1) % 3] - origin
            from_origin = some[:, None] - origin
            along = np.einsum("nfx,fx->nf", from_origin, edge) / (edge**2).sum(1)
            gap = from_origin - np.clip(along, 0.0, 1.0)[..., None] * edge
            edge_gap = np.minimum(edge_gap, np.linalg.norm(gap, axis=2))
            over &= np.einsum("nfx,fx->nf", from_origin, np.cross(normals, edge)) >= 0.0
        height = np.abs(np.einsum("nfx,fx->nf", some[:, None] - corners[:, 0], normals))
        nearest[start : start + size] = np.where(over, height, edge_gap).min(1)
    return nearest


@lru_cache(maxsize=4096)
def _faces(part: ConvexPart) -> tuple[Float64[np.ndarray, "F 3 3"], Float64[np.ndarray, "F 3"]]:
    """Corners of the hull's triangles, counter-clockwise seen from outside, and their normals."""
    hull = ConvexHull(part.points)
    corners, outward = part.points[hull.simplices], hull.equations[:, :3]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    turned = np.einsum("fx,fx->f", crossed, outward) < 0
    corners = np.where(turned[:, None, None], corners[:, ::-1], corners)
    return corners, outward
