"""SceneSpec -> World: the arrays of a sand simulation on the device, stepped frame by frame."""

import math

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...errors import SceneError, SimulationError
from ...kernels import ti
from ...motion.paths import led
from ...scene import Body, SceneSpec
from ...shapes import Solid
from ..distance_grid import DistanceGrid, distance_grid, thinnest
from . import obstacles
from .grid import Counters, Mat3, Vec3, Vec4, Vec8, one_thread
from .keeping_out import keep_out
from .medium import BULK_SHARE, SHEAR_SHARE, constants, grid_of, media, sound_speed, wall_friction
from .medium import steps_per_frame as steps_of
from .mixing import FINE, crowd, drift
from .obstacles import BODY_COLUMNS, FAR, MOST_BODIES, TALLY, TOTAL_COLUMNS, move_nodes
from .rigid import STATE_COLUMNS, move_bodies
from .seeding import PER_EDGE, seeds
from .stress import BOND
from .transfer import gather, scatter

PAD = 4
"""Cells of the kernels' grid beyond the scene's on every side: nodes reach over 1.5 cells."""
REACH = 2.0
"""Beyond a body, where its distance is known [cells]."""
FINER, FINEST = 2.0, 5.0
"""Nodes of a distance lattice per cell [1]: as a rule, and of thin walls at most."""
BESIDE = np.full(3, 1e-4)
"""Overlap with the grid at which a pane still only stands beside it [m]."""
WALL = 0.9
"""Thinnest wall that has nodes of the grid inside it wherever it lies [cells]."""
MEMORY = 20.0
"""Cells that sound passes until particles forget what the grid does not see of their velocity."""
MIXING = 4
"""Every so many steps particles drift apart."""

Vec3i = ti.types.vector(3, ti.i32)


class World:
    """Everything of one run; lengths on the device are in cells from the kernels' lowest node."""

    def __init__(self, spec: SceneSpec, solids: list[Solid], masses: Float64[np.ndarray, " B"]):
        grid = grid_of(spec)
        self.spec, self.cell = spec, grid.cell
        self.steps = steps_of(spec)
        self.step_s = 1.0 / (spec.fps * self.steps)
        self.keep = math.exp(-self.step_s * sound_speed(spec) / (MEMORY * grid.cell))
        self.origin = np.array(grid.low) - PAD * grid.cell
        blocks = -(-(np.array(grid.cells) + 2 * PAD + 1) // 4)
        self.counts = Vec3i(4 * blocks)
        self.modulus = (sound_speed(spec) / self.cell) ** 2
        self.gravity = np.array(spec.gravity) / self.cell
        self._make_particles(spec, solids, masses)
        self._make_nodes(int(blocks.prod()))
        self.rigid = [k for k, body in enumerate(spec.bodies) if self._is_wall(body, solids[k])]
        self._make_bodies(solids, masses)
        self._make_walls()
        self._near_static(solids)
        self._keep_out()

    def _make_particles(self, spec, solids, masses) -> None:
        grid, places, speeds, kinds, shares = grid_of(spec), [], [], [], []
        for kind, index in enumerate(media(spec)):
            body = spec.bodies[index]
            found = seeds(body, solids[index], grid, np.random.default_rng([spec.seed, index]))
            places.append(found)
            spin = np.cross(body.angular_velocity, found - np.array(body.position))
            speeds.append(np.array(body.linear_velocity) + spin)
            kinds.append(np.full(len(found), kind, np.int32))
            shares.append(masses[index] / len(found))
        self.unit = max(shares)  # [kg]
        self.kind_of = np.concatenate(kinds)
        self.ids = np.arange(len(self.kind_of))
        count = len(self.ids)
        self.media = ti.ndarray(Vec4, len(shares))
        self.media.from_numpy(constants(spec, self.cell, [share / self.unit for share in shares]))
        self.x, self.v = ti.ndarray(Vec3, count), ti.ndarray(Vec3, count)
        self.moved = ti.ndarray(Vec3, count)
        self.gradients, self.strains = ti.ndarray(Mat3, count), ti.ndarray(Vec8, count)
        self.kinds, self.touch = ti.ndarray(ti.i32, count), ti.ndarray(ti.i32, count)
        self.x.from_numpy(self._to_cells(np.concatenate(places)).astype(np.float32))
        self.v.from_numpy((np.concatenate(speeds) / self.cell).astype(np.float32))
        self.gradients.fill(0.0)
        strains = np.zeros((count, 8), np.float32)
        strains[:, BOND] = 1.0
        self.strains.from_numpy(strains)
        self.kinds.from_numpy(self.kind_of)
        self.touch.fill(0)

    def _is_wall(self, body: Body, solid: Solid) -> bool:
        """Is it rigid, and not a thin pane that only stands beside a side of the grid?"""
        if body.form != "rigid" or not body.is_static or thinnest(solid) >= WALL * self.cell:
            return body.form == "rigid"
        grid = grid_of(self.spec)
        turn = Rotation.from_quat(body.quaternion, scalar_first=True)
        corners = turn.apply(solid.mesh.vertices.copy()) + body.position
        beside = (corners.max(0) <= grid.low + BESIDE) | (corners.min(0) >= grid.high - BESIDE)
        return not beside.any()

    def _make_nodes(self, blocks: int) -> None:
        nodes = blocks * 64
        sums = Vec8 if one_thread() else Counters
        self.sums, self.sides = ti.ndarray(sums, nodes), ti.ndarray(sums, nodes)
        self.speeds = ti.ndarray(Vec8, nodes)
        self.touched, self.near = ti.ndarray(ti.i32, nodes), ti.ndarray(ti.i32, nodes)
        self.marks = ti.ndarray(ti.i32, blocks)
        self.fine = ti.ndarray(ti.i32, FINE**3 * nodes)
        self.fine.fill(0)
        for array in (self.sums, self.sides, self.speeds, self.touched, self.near, self.marks):
            array.fill(0)

    def _make_bodies(self, solids: list[Solid], masses: Float64[np.ndarray, " B"]) -> None:
        spec, bodies = self.spec, [self.spec.bodies[k] for k in self.rigid]
        if len(bodies) > MOST_BODIES:
            raise SceneError(f"{len(bodies)} rigid bodies; solver 'sand' takes {MOST_BODIES}.")
        rows = max(len(bodies), 1)
        lattices = [self._lattice(solids[k], k) for k in self.rigid]
        table = np.zeros((rows, BODY_COLUMNS), np.float32)
        layout, frames = np.zeros((rows, 4), np.int32), np.ones((rows, 4), np.float32)
        inertia, start = np.zeros((rows, 4)), 0
        for row, (lattice, k) in enumerate(zip(lattices, self.rigid, strict=True)):
            counts = np.array(lattice.values.shape)
            corners = np.array([lattice.low, lattice.low + lattice.spacing * (counts - 1)])
            table[row, obstacles.REACH] = np.linalg.norm(np.abs(corners).max(0)) / self.cell
            table[row, obstacles.FRICTION] = wall_friction(spec, spec.bodies[k].substance)
            layout[row] = (start, *counts)
            frames[row] = (*(np.array(lattice.low) / self.cell), lattice.spacing / self.cell)
            start += lattice.values.size
            if spec.bodies[k].is_free:
                moments = spec.bodies[k].substance.density * np.diag(solids[k].inertia)
                inertia[row] = (masses[k], *(moments / self.cell**2))
        values = [lattice.values.ravel() / self.cell for lattice in lattices] or [np.zeros(8)]
        self.bodies, self.layout = ti.ndarray(ti.f32, table.shape), ti.ndarray(ti.i32, layout.shape)
        self.lattices, self.values = (
            ti.ndarray(ti.f32, frames.shape),
            ti.ndarray(ti.f32, sum(map(len, values))),
        )
        self.bodies.from_numpy(table)
        self.layout.from_numpy(layout)
        self.lattices.from_numpy(frames)
        self.values.from_numpy(np.concatenate(values).astype(np.float32))
        self.inertia, self.state = (
            ti.ndarray(ti.f64, inertia.shape),
            ti.ndarray(ti.f64, (rows, STATE_COLUMNS)),
        )
        self.inertia.from_numpy(inertia / self.unit)
        self.paths = ti.ndarray(ti.f64, (self.steps, rows, STATE_COLUMNS))
        self.totals = ti.ndarray(ti.i64, (rows + 1, TOTAL_COLUMNS))
        self.spent = ti.ndarray(ti.i64, (rows + 1, TOTAL_COLUMNS))
        first = self._led(np.zeros(1))[0]
        self.state.from_numpy(first)
        self.totals.fill(0)
        self.spent.fill(0)
        self._place(first, table)

    def _place(self, state: Float64[np.ndarray, "R 13"], table: np.ndarray) -> None:
        turn = Rotation.from_quat(state[:, 3:7], scalar_first=True).as_matrix()
        table[:, obstacles.PLACE : obstacles.PLACE + 3] = state[:, :3]
        table[:, obstacles.TURN : obstacles.TURN + 9] = turn.reshape(-1, 9)
        table[:, obstacles.SPEED : obstacles.SPEED + 3] = state[:, 7:10]
        table[:, obstacles.SPIN : obstacles.SPIN + 3] = state[:, 10:13]
        self.bodies.from_numpy(table)

    def _lattice(self, solid: Solid, k: int) -> DistanceGrid:
        wall = thinnest(solid)  # at sharp edges next to nothing
        spacing = max(min(self.cell / FINER, wall / 3), self.cell / FINEST)
        lattice = distance_grid(solid, spacing, REACH * self.cell)
        # The middle of a wall lies up to half a spacing from a node of the lattice.
        thick = spacing - 2.0 * float(lattice.values.min())
        if thick < WALL * self.cell:
            raise SceneError(
                f"Body {self.spec.bodies[k].name!r} is {1e3 * thick:.3g} mm thick, grains pass "
                f"through what is thinner than a cell of {1e3 * self.cell:.3g} mm: thicken it or "
                "take smaller cells."
            )
        return lattice

    def _led(self, times: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, "T R 13"]:
        rows = np.zeros((len(times), max(len(self.rigid), 1), STATE_COLUMNS))
        rows[:, :, 3] = 1.0
        for row, k in enumerate(self.rigid):
            poses, velocities = led(self.spec.bodies[k], times)
            poses[:, 3:] /= np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
            rows[:, row, :3] = self._to_cells(poses[:, :3])
            rows[:, row, 3:7] = poses[:, 3:]
            rows[:, row, 7:10] = velocities[:, :3] / self.cell
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
        level = -self.origin[2] / self.cell
        if abs(level - PAD) < 1e-3:  # the ground is the lowest side: it has friction
            low[2], level = -FAR, float(PAD)
        self.walls = Vec3(low), Vec3(high)
        self.ground = Vec4(level, wall_friction(spec, spec.ground.substance), 0.0, 0.0)
        self.movable = sum(
            1 << row for row, k in enumerate(self.rigid) if not spec.bodies[k].is_static
        )

    def _near_static(self, solids: list[Solid]) -> None:
        """Bits of static bodies for all nodes they are in reach of."""
        counts = np.array([int(count) for count in self.counts])
        bits = np.zeros(counts, np.int32)
        for row, k in enumerate(self.rigid):
            body = self.spec.bodies[k]
            if not body.is_static:
                continue
            turn = Rotation.from_quat(body.quaternion, scalar_first=True)
            middle = self._to_cells(np.array(body.position))
            corners = turn.apply(solids[k].mesh.vertices.copy()) / self.cell + middle
            first = np.clip(np.floor(corners.min(0) - REACH), 0, counts).astype(int)
            last = np.clip(np.ceil(corners.max(0) + REACH) + 1, 0, counts).astype(int)
            axes = [np.arange(a, b) for a, b in zip(first, last, strict=True)]
            nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
            local = turn.inv().apply((nodes.reshape(-1, 3) - middle) * self.cell)
            close = self._lattice(solids[k], k).at(local) < REACH * self.cell
            box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
            bits[box] |= close.reshape(nodes.shape[:3]).astype(np.int32) << row
        tiles = bits.reshape(counts[0] // 4, 4, counts[1] // 4, 4, counts[2] // 4, 4)
        self.near.from_numpy(np.ascontiguousarray(tiles.transpose(0, 2, 4, 1, 3, 5)).ravel())

    def _to_cells(self, places: Float64[np.ndarray, "*N 3"]) -> Float64[np.ndarray, "*N 3"]:
        return (places - self.origin) / self.cell

    def _keep_out(self) -> None:
        keep_out(
            self.x,
            self.v,
            self.kinds,
            self.media,
            self.touch,
            self.near,
            self.bodies,
            self.lattices,
            self.layout,
            self.values,
            self.totals,
            self.counts,
            *self.walls,
            self.ground,
            self.movable,
        )

    def _sort(self) -> None:
        """Particles in the order of the nodes around them: neighbours share cache lines."""
        first = np.clip(self.x.to_numpy() - 0.5, 0, None).astype(np.int64) >> 1
        keys = (first[:, 0] * 4096 + first[:, 1]) * 4096 + first[:, 2]
        order = np.argsort(keys, kind="stable")
        for array in (self.x, self.v, self.gradients, self.strains, self.kinds, self.touch):
            array.from_numpy(np.ascontiguousarray(array.to_numpy()[order]))
        self.ids = self.ids[order]

    def advance(self, frame: int) -> None:
        """Simulate until the given frame."""
        self._sort()
        begin = (frame - 1) / self.spec.fps
        self.paths.from_numpy(self._led(begin + self.step_s * np.arange(1, self.steps + 1)))
        self.totals.fill(0)
        self.spent.fill(0)
        gravity, bulk = Vec3(self.gravity), BULK_SHARE * self.modulus
        for step in range(self.steps):
            scatter(
                self.x,
                self.v,
                self.gradients,
                self.strains,
                self.kinds,
                self.touch,
                self.media,
                self.sums,
                self.sides,
                self.touched,
                self.marks,
                self.counts,
                bulk,
                SHEAR_SHARE * self.modulus,
                self.step_s,
            )
            move_nodes(
                self.sums,
                self.sides,
                self.speeds,
                self.touched,
                self.marks,
                self.bodies,
                self.lattices,
                self.layout,
                self.values,
                self.totals,
                self.counts,
                *self.walls,
                self.ground,
                gravity,
                float(PER_EDGE**3),
                self.step_s,
            )
            gather(
                self.x,
                self.v,
                self.gradients,
                self.strains,
                self.speeds,
                self.counts,
                gravity,
                self.step_s,
                self.keep,
            )
            if step % MIXING == MIXING - 1:
                self._mix()
            if self.movable:
                move_bodies(
                    self.state,
                    self.inertia,
                    self.paths,
                    self.spent,
                    self.totals,
                    self.bodies,
                    gravity,
                    step,
                    self.step_s,
                )
            self._keep_out()
        self._raise_if_diverged(frame)

    def _mix(self) -> None:
        crowd(self.x, self.fine, self.counts, 1)
        span = MIXING * self.step_s
        drift(self.x, self.moved, self.gradients, self.fine, self.counts, span)
        crowd(self.x, self.fine, self.counts, -1)
        self.x, self.moved = self.moved, self.x

    def _raise_if_diverged(self, frame: int) -> None:
        fastest = float(np.abs(self.v.to_numpy()).max()) * self.cell
        bound = self.cell / self.step_s
        if not fastest < bound:
            spec = self.spec
            raise SimulationError(
                f"{spec.category}/{spec.family} seed {spec.seed}: grains at {fastest:.3g} m/s at "
                f"frame {frame} cross a cell in a step (bound {bound:.3g} m/s). Raise the solver "
                f"rate ({self.steps * spec.fps} Hz)."
            )

    def points(self) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
        """Places [m] and velocities [m/s] of the particles, by index of their body."""
        places, speeds = np.empty((len(self.ids), 3)), np.empty((len(self.ids), 3))
        places[self.ids] = self.origin + self.cell * self.x.to_numpy().astype(np.float64)
        speeds[self.ids] = self.cell * self.v.to_numpy().astype(np.float64)
        rows = {index: self.kind_of == kind for kind, index in enumerate(media(self.spec))}
        return (
            {index: places[mask] for index, mask in rows.items()},
            {index: speeds[mask] for index, mask in rows.items()},
        )

    def rigid_motion(self) -> tuple[Float64[np.ndarray, "R 7"], Float64[np.ndarray, "R 6"]]:
        """Poses and velocities of the rigid bodies [m, m/s, rad/s]."""
        state = self.state.to_numpy()[: len(self.rigid)]
        poses, velocities = state[:, :7].copy(), state[:, 7:].copy()
        poses[:, :3] = self.origin + self.cell * poses[:, :3]
        velocities[:, :3] *= self.cell
        return poses, velocities

    def contacts(self) -> tuple[list[tuple[float | int, ...]], float]:
        """Rows of the recorder since the frame before, and the work of led bodies [J]."""
        totals = np.asarray(self.totals.to_numpy(), np.float64) / TALLY
        impulse = self.unit * self.cell  # [N s]
        rows, work = [], 0.0
        grains = media(self.spec)[0] + 1
        for row, total in enumerate(totals[: len(self.rigid) + 1]):
            load = total[obstacles.LOAD]
            if load <= 0.0:
                continue
            place = self.origin + 0.0
            if row:
                k = self.rigid[row - 1]
                place = self.origin + self.cell * self.state.to_numpy()[row - 1, :3]
                if self.spec.bodies[k].path:
                    work += float(total[obstacles.WORK]) * impulse * self.cell
            place = place + self.cell * total[obstacles.WHERE : obstacles.WHERE + 3] / load
            away = total[obstacles.AWAY : obstacles.AWAY + 3]
            away = away / max(float(np.linalg.norm(away)), 1e-300)
            other = self.rigid[row - 1] + 1 if row else 0
            rows.append((grains, other, *place, *away, load * impulse, 0.0))
        return rows, work
