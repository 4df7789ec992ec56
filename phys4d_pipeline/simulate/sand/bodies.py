"""SceneSpec -> Bodies: rigid bodies, the ground and sides of the grid, as the sand meets them.

Lengths on the device are in cells from the kernels' lowest node, as `Cells` has them.
"""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from ...errors import SceneError
from ...kernels import ti
from ...motion.paths import led
from ...scene import Body, SceneSpec
from ...shapes import Solid
from ..distance_grid import DistanceGrid, distance_grid, thinnest
from . import obstacles
from .cells import PAD, Cells
from .grid import Vec3, Vec4
from .medium import grid_of, media, wall_friction
from .obstacles import BODY_COLUMNS, FAR, MOST_BODIES, TALLY, TOTAL_COLUMNS, Counts
from .rigid import STATE_COLUMNS, move_bodies

REACH = 2.0
"""Beyond a body, where its distance is known [cells]."""
FINER, FINEST = 2.0, 5.0
"""Nodes of a distance lattice per cell [1]: as a rule, and of thin walls at most."""
BESIDE = np.full(3, 1e-4)
"""Overlap with the grid at which a pane still only stands beside it [m]."""
WALL = 0.9
"""Thinnest wall that has nodes of the grid inside it wherever it lies [cells]."""


class Bodies:
    """All that grains lie against: where it is, how it moves, what it was pushed with."""

    def __init__(
        self,
        spec: SceneSpec,
        solids: list[Solid],
        masses: Float64[np.ndarray, " B"],
        *,
        cells: Cells,
        unit: float,
        steps: int,
    ):
        """Of a scene at its start.

        Args:
            spec: The scene.
            solids: Of its bodies.
            masses: Of its bodies [kg].
            cells: Of the device.
            unit: Mass that the kernels count in [kg].
            steps: Per frame.

        Raises:
            SceneError: If there are too many bodies, or walls thinner than a cell.
        """
        self.spec, self.cells, self.unit = spec, cells, unit
        self.indices = [k for k, body in enumerate(spec.bodies) if self._is_wall(body, solids[k])]
        if len(self.indices) > MOST_BODIES:
            found = len(self.indices)
            raise SceneError(f"{found} rigid bodies; solver 'sand' takes {MOST_BODIES}.")
        self.rows = max(len(self.indices), 1)
        begun = self._led(np.zeros(1))[0]
        self._make_lattices([self._lattice(solids[k], k) for k in self.indices], begun)
        self._make_motion(solids, masses, steps, begun)
        self._make_walls()
        self._near_static(solids)
        arrays = (self.table, self.lattices, self.layout, self.values, self.totals)
        # Of kernels that keep grains off all this, in their order: from `bodies` to `ground`.
        self.arguments = (*arrays, Counts(cells.counts), *self.walls, self.ground)

    def _is_wall(self, body: Body, solid: Solid) -> bool:
        """Is it rigid, and not a thin pane that only stands beside a side of the grid?"""
        if body.form != "rigid" or not body.is_static or thinnest(solid) >= WALL * self.cells.edge:
            return body.form == "rigid"
        grid = grid_of(self.spec)
        turn = Rotation.from_quat(body.quaternion, scalar_first=True)
        corners = turn.apply(solid.mesh.vertices.copy()) + body.position
        beside = (corners.max(0) <= grid.low + BESIDE) | (corners.min(0) >= grid.high - BESIDE)
        return not beside.any()

    def _lattice(self, solid: Solid, k: int) -> DistanceGrid:
        cell, wall = self.cells.edge, thinnest(solid)  # at sharp edges next to nothing
        spacing = max(min(cell / FINER, wall / 3), cell / FINEST)
        lattice = distance_grid(solid, spacing, REACH * cell)
        # The middle of a wall lies up to half a spacing from a node of the lattice.
        thick = spacing - 2.0 * float(lattice.values.min())
        if thick < WALL * cell:
            raise SceneError(
                f"Body {self.spec.bodies[k].name!r} is {1e3 * thick:.3g} mm thick, grains pass "
                f"through what is thinner than a cell of {1e3 * cell:.3g} mm: thicken it or "
                "take smaller cells."
            )
        return lattice

    def _make_lattices(
        self, lattices: list[DistanceGrid], begun: Float64[np.ndarray, "R 13"]
    ) -> None:
        layout, frames = np.zeros((self.rows, 4), np.int32), np.ones((self.rows, 4), np.float32)
        cell, start = self.cells.edge, 0
        for row, lattice in enumerate(lattices):
            layout[row] = (start, *lattice.values.shape)
            frames[row] = (*(np.array(lattice.low) / cell), lattice.spacing / cell)
            start += lattice.values.size
        parts = [lattice.values.ravel() / cell for lattice in lattices] or [np.zeros(8)]
        values = np.concatenate(parts).astype(np.float32)
        self.layout = ti.ndarray(ti.i32, layout.shape)
        self.lattices = ti.ndarray(ti.f32, frames.shape)
        self.values = ti.ndarray(ti.f32, len(values))
        self.layout.from_numpy(layout)
        self.lattices.from_numpy(frames)
        self.values.from_numpy(values)
        self.table = ti.ndarray(ti.f32, (self.rows, BODY_COLUMNS))
        self.table.from_numpy(self._table(lattices, begun))

    def _table(
        self, lattices: list[DistanceGrid], begun: Float64[np.ndarray, "R 13"]
    ) -> Float32[np.ndarray, "R C"]:
        table = np.zeros((self.rows, BODY_COLUMNS), np.float32)
        turn = Rotation.from_quat(begun[:, 3:7], scalar_first=True).as_matrix()
        table[:, obstacles.PLACE : obstacles.PLACE + 3] = begun[:, :3]
        table[:, obstacles.TURN : obstacles.TURN + 9] = turn.reshape(-1, 9)
        table[:, obstacles.SPEED : obstacles.SPEED + 3] = begun[:, 7:10]
        table[:, obstacles.SPIN : obstacles.SPIN + 3] = begun[:, 10:13]
        for row, (lattice, k) in enumerate(zip(lattices, self.indices, strict=True)):
            counts = np.array(lattice.values.shape)
            corners = np.array([lattice.low, lattice.low + lattice.spacing * (counts - 1)])
            size = np.linalg.norm(np.abs(corners).max(0))
            table[row, obstacles.REACH] = size / self.cells.edge
            table[row, obstacles.FRICTION] = wall_friction(self.spec, self.spec.bodies[k].substance)
        return table

    def _make_motion(
        self,
        solids: list[Solid],
        masses: Float64[np.ndarray, " B"],
        steps: int,
        begun: Float64[np.ndarray, "R 13"],
    ) -> None:
        inertia = np.zeros((self.rows, 4))
        for row, k in enumerate(self.indices):
            body = self.spec.bodies[k]
            if body.is_free:
                moments = body.substance.density * np.diag(solids[k].inertia)
                inertia[row] = (masses[k], *(moments / self.cells.edge**2))
        self.inertia = ti.ndarray(ti.f64, inertia.shape)
        self.inertia.from_numpy(inertia / self.unit)
        self.state = ti.ndarray(ti.f64, (self.rows, STATE_COLUMNS))
        self.state.from_numpy(begun)
        self.paths = ti.ndarray(ti.f64, (steps, self.rows, STATE_COLUMNS))
        self.totals = ti.ndarray(ti.i64, (self.rows + 1, TOTAL_COLUMNS))
        self.spent = ti.ndarray(ti.i64, (self.rows + 1, TOTAL_COLUMNS))
        self.totals.fill(0)
        self.spent.fill(0)

    def _led(self, times: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, "T R 13"]:
        rows = np.zeros((len(times), self.rows, STATE_COLUMNS))
        rows[:, :, 3] = 1.0
        for row, k in enumerate(self.indices):
            poses, velocities = led(self.spec.bodies[k], times)
            poses[:, 3:] /= np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
            rows[:, row, :3] = self.cells.from_world(poses[:, :3])
            rows[:, row, 3:7] = poses[:, 3:]
            rows[:, row, 7:10] = velocities[:, :3] / self.cells.edge
            rows[:, row, 10:] = velocities[:, 3:]
        return rows

    def _make_walls(self) -> None:
        spec, grid = self.spec, grid_of(self.spec)
        low, high = np.full(3, float(PAD)), PAD + np.array(grid.cells, np.float64)
        for axis, name in enumerate("xyz"):
            if f"-{name}" in grid.open_sides:
                low[axis] = -FAR
            if f"+{name}" in grid.open_sides:
                high[axis] = FAR
        level = -self.cells.origin[2] / self.cells.edge
        if abs(level - PAD) < 1e-3:  # the ground is the lowest side: it has friction
            low[2], level = -FAR, float(PAD)
        self.walls = Vec3(low), Vec3(high)
        self.ground = Vec4(level, wall_friction(spec, spec.ground.substance), 0.0, 0.0)
        self.movable = sum(
            1 << row for row, k in enumerate(self.indices) if not spec.bodies[k].is_static
        )

    def _near_static(self, solids: list[Solid]) -> None:
        """Bits of static bodies for all nodes they are in reach of."""
        counts, cell = self.cells.counts, self.cells.edge
        bits = np.zeros(counts, np.int32)
        for row, k in enumerate(self.indices):
            body = self.spec.bodies[k]
            if not body.is_static:
                continue
            turn = Rotation.from_quat(body.quaternion, scalar_first=True)
            middle = self.cells.from_world(np.array(body.position))
            corners = turn.apply(solids[k].mesh.vertices.copy()) / cell + middle
            first = np.clip(np.floor(corners.min(0) - REACH), 0, counts).astype(int)
            last = np.clip(np.ceil(corners.max(0) + REACH) + 1, 0, counts).astype(int)
            axes = [np.arange(a, b) for a, b in zip(first, last, strict=True)]
            nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
            local = turn.inv().apply((nodes.reshape(-1, 3) - middle) * cell)
            close = self._lattice(solids[k], k).at(local) < REACH * cell
            box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
            bits[box] |= close.reshape(nodes.shape[:3]).astype(np.int32) << row
        tiles = bits.reshape(counts[0] // 4, 4, counts[1] // 4, 4, counts[2] // 4, 4)
        self.near = ti.ndarray(ti.i32, bits.size)
        self.near.from_numpy(np.ascontiguousarray(tiles.transpose(0, 2, 4, 1, 3, 5)).ravel())

    def begin_frame(self, times: Float64[np.ndarray, " T"]) -> None:
        """Lead bodies along their paths, at the ends of its steps [s]; nothing was pushed yet."""
        self.paths.from_numpy(self._led(times))
        self.totals.fill(0)
        self.spent.fill(0)

    def move(self, step: int, step_s: float, gravity: ti.Matrix) -> None:
        """By one step of the frame, under gravity [cells/s2]."""
        if self.movable:
            move_bodies(
                self.state,
                self.inertia,
                self.paths,
                self.spent,
                self.totals,
                self.table,
                gravity,
                step,
                step_s,
            )

    def motion(self) -> tuple[Float64[np.ndarray, "R 7"], Float64[np.ndarray, "R 6"]]:
        """Poses and velocities of the rigid bodies [m, m/s, rad/s]."""
        state = self.state.to_numpy()[: len(self.indices)]
        poses, velocities = state[:, :7].copy(), state[:, 7:].copy()
        poses[:, :3] = self.cells.to_world(poses[:, :3])
        velocities[:, :3] *= self.cells.edge
        return poses, velocities

    def contacts(self) -> tuple[list[tuple[float | int, ...]], float]:
        """Rows of the recorder since the frame before, and the work of led bodies [J]."""
        totals = np.asarray(self.totals.to_numpy(), np.float64) / TALLY
        poses, _ = self.motion()
        cell = self.cells.edge
        impulse = self.unit * cell  # [N s]
        rows, work = [], 0.0
        grains = media(self.spec)[0] + 1
        for row, total in enumerate(totals[: len(self.indices) + 1]):
            load = total[obstacles.LOAD]
            if load <= 0.0:
                continue
            place = self.cells.origin
            if row:
                k = self.indices[row - 1]
                place = poses[row - 1, :3]
                if self.spec.bodies[k].path:
                    work += float(total[obstacles.WORK]) * impulse * cell
            place = place + cell * total[obstacles.WHERE : obstacles.WHERE + 3] / load
            away = total[obstacles.AWAY : obstacles.AWAY + 3]
            away = away / max(float(np.linalg.norm(away)), 1e-300)
            other = self.indices[row - 1] + 1 if row else 0
            rows.append((grains, other, *place, *away, load * impulse, 0.0))
        return rows, work
