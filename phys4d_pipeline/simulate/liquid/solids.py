"""Rigid bodies of a scene -> their lattices on the device, the cells they cover, how they move."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64
from scipy.spatial.transform import Rotation

from ...continuum import Grid
from ...errors import SceneError
from ...kernels import ti
from ...scene import SceneSpec
from ...shapes import Solid
from ..distance_grid import distance_grid, thinnest
from . import covering, keeping_out, lattices
from .fields import Fields, ivec3, vec3
from .filling import Start
from .particles import MARGIN

THICK = 2.0
"""Cells: a body that is nowhere thinner contains the centres of some cells everywhere, and their
closed faces hold without looking for its walls."""
THICK_NODES, WALL_NODES = 2.0, 2.5
"""Nodes per cell; and across the thinnest wall, so that one lies well inside it."""
BESIDE = 1.5
"""Cells around a body whose faces and kernels it may cover."""
INTRUSION = 1e-3
"""By which a body reaches into the grid [cells]; less, and it stands beside it, as panes do."""


class Solids:
    """Bodies of form `rigid` that stand in the grid, or may come there; B of them."""

    def __init__(
        self, spec: SceneSpec, grid: Grid, solids: Sequence[Solid], fields: Fields, start: Start
    ) -> None:
        self.grid, self.fields = grid, fields
        first = first_poses(spec)
        self.corners = [solid.mesh.vertices / grid.cell for solid in solids]
        self.indices = [
            index
            for index, body in enumerate(spec.bodies)
            if body.form == "rigid"
            and (not body.is_static or self._intrudes(self.corners[index], first[index]))
        ]
        self.is_moving: Bool[np.ndarray, " B"] = np.array(
            [not spec.bodies[index].is_static for index in self.indices], bool
        )
        self.count = len(self.indices)
        self._fill_lattices(spec, [solids[index] for index in self.indices])
        self.pose = _array(ti.f32, (max(self.count, 1), lattices.POSE_COLUMNS))
        self.before = _array(vec3, (len(start.places),))
        medium = np.zeros(len(start.places), np.int32)
        for number, rows in enumerate(start.bodies.values()):
            medium[rows] = number
        self.medium = _array(ti.i32, medium.shape)
        self.medium.from_numpy(medium)
        self.touching = _array(ti.i32, (max(self.count, 1), len(start.bodies)))
        self.occupied = _array(ti.i8, grid.cells)
        self.boxes: list[tuple[Any, Any]] = [(ivec3(0), ivec3(0))] * self.count
        self._stand(first[self.indices])

    def pose_at(
        self,
        poses: Float64[np.ndarray, "B 7"],
        old_poses: Float64[np.ndarray, "B 7"],
        velocities: Float64[np.ndarray, "B 6"],
    ) -> None:
        """State where the bodies are, where they were a step ago, and how they move (SI)."""
        if not self.count:
            return
        rows = np.zeros((self.count, lattices.POSE_COLUMNS))
        for column, array in ((lattices.PLACE, poses), (lattices.OLD_PLACE, old_poses)):
            rows[:, column : column + 3] = (array[:, :3] - self.grid.low) / self.grid.cell
            turns = Rotation.from_quat(array[:, 3:], scalar_first=True).as_matrix()
            rows[:, column + 3 : column + 12] = turns.reshape(-1, 9)
        rows[:, lattices.SPEED : lattices.SPIN] = velocities[:, :3] / self.grid.cell
        rows[:, lattices.SPIN :] = velocities[:, 3:]
        self.pose.from_numpy(rows.astype(np.float32))

    def place(self, poses: Float64[np.ndarray, "B 7"]) -> None:
        """Cover faces and cells by the moving bodies, which `pose_at` has put there."""
        f = self.fields
        for b in np.flatnonzero(self.is_moving):
            covering.restore(*self.boxes[b], *self.still, f.open, f.us, self.owner, f.solid)
        for b in np.flatnonzero(self.is_moving):
            self.boxes[b] = self._box(self.corners[self.indices[b]], poses[b])
            self._cover(int(b))

    def set_speeds(self) -> None:
        """Velocities of covered faces, after `pose_at` has changed those of moving bodies."""
        for b in np.flatnonzero(self.is_moving):
            covering.set_speeds(int(b), *self.boxes[b], self.pose, self.fields.us, self.owner)

    def forget_far_side(self) -> None:
        """Keep liquid on one side of a thin wall out of what moves on the other."""
        if self.has_thin:
            f = self.fields
            covering.occupy(f.box, self.count, *self.tables, self.pose, f.x, f.where, self.occupied)
            covering.forget_far_side(f.box, self.occupied, f.solid, f.mass)

    def remember(self) -> None:
        """Keep the places of particles, before they move."""
        if self.count:
            keeping_out.remember(self.fields.x, self.before)

    def keep_out(self, farthest: float) -> None:
        """End the ways of particles at bodies, which have moved by at most so much [cells]."""
        if not self.count:
            return
        f, sides = self.fields, self.grid.open_sides
        low = [-np.inf if side in sides else MARGIN for side in ("-x", "-y", "-z")]
        high = [
            np.inf if side in sides else count - MARGIN
            for side, count in zip(("+x", "+y", "+z"), self.grid.cells, strict=True)
        ]
        keeping_out.keep_out(
            self.count,
            farthest,
            *self.tables,
            self.pose,
            ti.Vector(low, ti.f32),
            ti.Vector(high, ti.f32),
            self.before,
            f.x,
            f.v,
            f.where,
            self.medium,
            self.touching,
        )

    def shares(self) -> Float64[np.ndarray, "B L"]:
        """Of the particles that touch a body, those of each liquid [1]; none: all the first's."""
        counts = self.touching.to_numpy().astype(np.float64)
        counts[counts.sum(1) == 0.0, 0] = 1.0
        return counts / counts.sum(1, keepdims=True)

    def _fill_lattices(self, spec: SceneSpec, solids: Sequence[Solid]) -> None:
        cell = self.grid.cell
        shape = np.zeros((max(self.count, 1), lattices.SHAPE_COLUMNS), np.int32)
        size = np.zeros((max(self.count, 1), lattices.SIZE_COLUMNS), np.float32)
        values: list[np.ndarray] = [np.zeros(1, np.float32)]
        total = 1
        for b, (index, solid) in enumerate(zip(self.indices, solids, strict=True)):
            wall = thinnest(solid)
            spacing = min(cell / THICK_NODES, wall / WALL_NODES)
            try:
                lattice = distance_grid(solid, spacing, lattices.LATTICE_MARGIN * cell)
            except SceneError as error:
                raise SceneError(f"Body {spec.bodies[index].name!r}: {error}") from error
            shape[b] = (total, *lattice.values.shape, wall < THICK * cell)
            size[b] = (
                *(np.array(lattice.low) / cell),
                cell / spacing,
                solid.bounding_radius / cell,
            )
            values.append(lattice.values.ravel() / np.float32(cell))
            total += lattice.values.size
        device = _array(ti.f32, (total,)), _array(ti.i32, shape.shape), _array(ti.f32, size.shape)
        for array, numbers in zip(device, (np.concatenate(values), shape, size), strict=True):
            array.from_numpy(numbers)
        self.tables = device
        self.has_thin = bool(shape[:, lattices.IS_THIN].any())

    def _stand(self, poses: Float64[np.ndarray, "B 7"]) -> None:
        """Cover faces and cells by what stands still, and keep copies without what moves."""
        f = self.fields
        self.owner = _array(ti.i32, f.open.shape)
        self.owner.fill(-1)
        self.pose_at(poses, poses, np.zeros((self.count, 6)))
        for b in np.flatnonzero(~self.is_moving):
            self.boxes[b] = self._box(self.corners[self.indices[b]], poses[b])
            self._cover(int(b))
        keep = _copy if self.is_moving.any() else _same
        self.still = keep(f.open), keep(self.owner), keep(f.solid)

    def _cover(self, b: int) -> None:
        f = self.fields
        covering.place(
            b, *self.boxes[b], *self.tables, self.pose, f.open, f.us, self.owner, f.solid
        )

    def _box(
        self, corners: Float64[np.ndarray, "V 3"], pose: Float64[np.ndarray, "7"]
    ) -> tuple[Any, Any]:
        """First cells that a body may cover, and the last ones, excluded; faces beyond included."""
        low, high = self._extent(corners, pose)
        first = np.clip(np.floor(low - BESIDE), 0, np.add(self.grid.cells, 1))
        last = np.clip(np.ceil(high + BESIDE), first, np.add(self.grid.cells, 1))
        return ivec3(*map(int, first)), ivec3(*map(int, last))

    def _extent(
        self, corners: Float64[np.ndarray, "V 3"], pose: Float64[np.ndarray, "7"]
    ) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
        turn = Rotation.from_quat(pose[3:], scalar_first=True).as_matrix()
        places = corners @ turn.T + (pose[:3] - self.grid.low) / self.grid.cell
        return places.min(0), places.max(0)

    def _intrudes(
        self, corners: Float64[np.ndarray, "V 3"], pose: Float64[np.ndarray, "7"]
    ) -> bool:
        low, high = self._extent(corners, pose)
        return bool(
            (high > INTRUSION).all() and (low < np.array(self.grid.cells) - INTRUSION).all()
        )


def first_poses(spec: SceneSpec) -> Float64[np.ndarray, "B 7"]:
    """Of all bodies, as the scene describes them."""
    return np.array([(*body.position, *body.quaternion) for body in spec.bodies], np.float64)


def _array(dtype: Any, shape: tuple[int, ...]) -> Any:
    array = ti.ndarray(dtype, shape)
    array.fill(0)
    return array


def _same(array: Any) -> Any:
    return array


def _copy(array: Any) -> Any:
    copy = ti.ndarray(array.dtype, array.shape)
    copy.copy_from(array)
    return copy
