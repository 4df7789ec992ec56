"""Particles that have left the grid -> kept out of the bodies that stand beside it."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...clearance.solids import distance
from ...continuum import Grid
from ...scene import SceneSpec
from ...shapes import Solid, build
from .fields import LEFT, Fields

STEP = 1e-3
"""Of differences for the direction out of a body, of a cell [1]."""


class Outside:
    """Bodies that never move, such as the panes of a tank."""

    def __init__(self, spec: SceneSpec, grid: Grid, fields: Fields) -> None:
        self._grid, self._fields = grid, fields
        self._bodies = [
            (
                build(body.shape),
                np.array(body.position),
                Rotation.from_quat(body.quaternion, scalar_first=True),
            )
            for body in spec.bodies
            if body.form == "rigid" and body.is_static
        ]

    def keep_out(self) -> None:
        """Put particles that have left, and are inside a body, onto its surface at rest there."""
        f, grid = self._fields, self._grid
        rows = np.flatnonzero(f.read("where") == LEFT)
        if not len(rows) or not self._bodies:
            return
        x, v = f.read("x"), f.read("v")
        points = x[rows].astype(np.float64) * grid.cell + grid.low
        moved = np.zeros(len(rows), bool)
        for solid, middle, turn in self._bodies:
            local = turn.inv().apply(points - middle)
            reach = solid.bounding_radius
            near = np.flatnonzero((local**2).sum(1) < reach**2)
            depth = -_distances(solid, local[near], grid.cell)
            near, depth = near[depth > 0], depth[depth > 0]
            if not len(near):
                continue
            way = _way_out(solid, local[near], STEP * grid.cell, grid.cell)
            points[near] = turn.apply(local[near] + depth[:, None] * way) + middle
            moved[near] = True
        if moved.any():
            x[rows[moved]] = ((points[moved] - grid.low) / grid.cell).astype(np.float32)
            v[rows[moved], :2] = 0.0  # it runs down along what it struck
            f.x.from_numpy(x)
            f.v.from_numpy(v)


def _distances(
    solid: Solid, points: Float64[np.ndarray, "N 3"], reach: float
) -> Float64[np.ndarray, " N"]:
    return distance(solid, points, reach) if len(points) else np.zeros(0)


def _way_out(
    solid: Solid, points: Float64[np.ndarray, "N 3"], step: float, reach: float
) -> Float64[np.ndarray, "N 3"]:
    """Unit vectors along which the distance grows."""
    slopes = [
        distance(solid, points + step * axis, reach) - distance(solid, points - step * axis, reach)
        for axis in np.eye(3)
    ]
    way = np.stack(slopes, 1)
    return way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
