"""Random parallel rays through a solid: how much of each the mesh encloses, and the parts fill."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.shapes import Solid
from phys4d_pipeline.shapes.solid import hull_planes

PARALLEL = 1e-12
"""Cosine of a ray to a plane's normal from which it never meets the plane."""


def columns(
    solid: Solid, rng: np.random.Generator, count: int = 300
) -> tuple[np.ndarray, np.ndarray]:
    """Length along each ray inside the mesh and inside any of the hulls [m]."""
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    corners = solid.mesh.vertices[solid.mesh.faces] @ turn
    low, high = corners[..., :2].min((0, 1)), corners[..., :2].max((0, 1))
    rays = rng.uniform(low, high, (count, 2))
    return _enclosed(corners, rays), _filled(solid, turn, rays)


def _enclosed(corners: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Heights where the rays leave the mesh less those where they enter."""
    a, u, v = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    seen = np.abs(area) > PARALLEL * np.abs(corners).max() ** 2
    a, u, v, area = a[seen], u[seen], v[seen], area[seen]
    x, y = (rays[:, None] - a[:, :2]).transpose(2, 0, 1)
    s, t = (x * v[:, 1] - y * v[:, 0]) / area, (u[:, 0] * y - u[:, 1] * x) / area
    hit = (s >= 0) & (t >= 0) & (s + t <= 1)
    return (hit * (a[:, 2] + s * u[:, 2] + t * v[:, 2]) * np.sign(area)).sum(1)


def _filled(solid: Solid, turn: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Length of the union of the intervals in which the rays are inside a hull."""
    ends = []
    for part in solid.parts:
        planes = hull_planes(part)
        normals = planes[:, :3] @ turn
        heights = planes[:, 3] + rays @ normals[:, :2].T
        rise = np.where(np.abs(normals[:, 2]) < PARALLEL, 0.0, normals[:, 2])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = -heights / rise
        first = np.where(rise < 0, at, -np.inf).max(1)
        last = np.where(rise > 0, at, np.inf).min(1)
        missed = (last < first) | ((rise == 0) & (heights > 0)).any(1)
        ends.append((first, np.where(missed, first, last)))
    first, last = np.array(ends).transpose(1, 2, 0)
    order = np.argsort(first, axis=1)
    first, last = (np.take_along_axis(one, order, axis=1) for one in (first, last))
    reached = np.maximum.accumulate(last, axis=1)[:, :-1]
    first[:, 1:] = np.maximum(first[:, 1:], reached)
    return np.maximum(last - first, 0.0).sum(1)
