"""SceneSpec -> World: the arrays of a sand simulation on the device, stepped frame by frame."""

import math

import numpy as np
from jaxtyping import Float64

from ...errors import SimulationError
from ...kernels import ti
from ...scene import SceneSpec
from ...shapes import Solid
from .bodies import Bodies
from .cells import cells_around
from .grid import BLOCK, Counters, Mat3, Vec3, Vec4, Vec8, one_thread
from .keeping_out import keep_out
from .medium import BULK_SHARE, SHEAR_SHARE, constants, grid_of, media, sound_speed
from .medium import steps_per_frame as steps_of
from .mixing import FINE, crowd, drift
from .obstacles import Counts, move_nodes
from .seeding import PER_EDGE, seeds
from .stress import BOND
from .transfer import gather, scatter

MEMORY = 20.0
"""Cells that sound passes until particles forget what the grid does not see of their velocity."""
MIXING = 4
"""Every so many steps particles drift apart."""


class World:
    """Everything of one run; lengths on the device are in cells from the kernels' lowest node."""

    def __init__(self, spec: SceneSpec, solids: list[Solid], masses: Float64[np.ndarray, " B"]):
        grid = grid_of(spec)
        self.spec, self.cells = spec, cells_around(grid)
        self.counts = Counts(self.cells.counts)
        self.steps = steps_of(spec)
        self.step_s = 1.0 / (spec.fps * self.steps)
        self.keep = math.exp(-self.step_s * sound_speed(spec) / (MEMORY * grid.cell))
        self.modulus = (sound_speed(spec) / grid.cell) ** 2
        self.gravity = np.array(spec.gravity) / grid.cell
        self._make_particles(spec, solids, masses)
        self._make_nodes(int(self.cells.counts.prod()))
        self.bodies = Bodies(
            spec, solids, masses, cells=self.cells, unit=self.unit, steps=self.steps
        )
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
        self.media.from_numpy(
            constants(spec, self.cells.edge, [share / self.unit for share in shares])
        )
        self.x, self.v = ti.ndarray(Vec3, count), ti.ndarray(Vec3, count)
        self.moved = ti.ndarray(Vec3, count)
        self.gradients, self.strains = ti.ndarray(Mat3, count), ti.ndarray(Vec8, count)
        self.kinds, self.touch = ti.ndarray(ti.i32, count), ti.ndarray(ti.i32, count)
        self.x.from_numpy(self.cells.from_world(np.concatenate(places)).astype(np.float32))
        self.v.from_numpy((np.concatenate(speeds) / self.cells.edge).astype(np.float32))
        self.gradients.fill(0.0)
        strains = np.zeros((count, 8), np.float32)
        strains[:, BOND] = 1.0
        self.strains.from_numpy(strains)
        self.kinds.from_numpy(self.kind_of)
        self.touch.fill(0)

    def _make_nodes(self, nodes: int) -> None:
        sums = Vec8 if one_thread() else Counters
        self.sums, self.sides = ti.ndarray(sums, nodes), ti.ndarray(sums, nodes)
        self.speeds = ti.ndarray(Vec8, nodes)
        self.touched = ti.ndarray(ti.i32, nodes)
        self.marks = ti.ndarray(ti.i32, nodes // BLOCK)
        self.fine = ti.ndarray(ti.i32, FINE**3 * nodes)
        self.fine.fill(0)
        for array in (self.sums, self.sides, self.speeds, self.touched, self.marks):
            array.fill(0)

    def _keep_out(self) -> None:
        keep_out(
            self.x,
            self.v,
            self.kinds,
            self.media,
            self.touch,
            self.bodies.near,
            *self.bodies.arguments,
            self.bodies.movable,
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
        self.bodies.begin_frame(begin + self.step_s * np.arange(1, self.steps + 1))
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
                *self.bodies.arguments,
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
            self.bodies.move(step, self.step_s, gravity)
            self._keep_out()
        self._raise_if_diverged(frame)

    def _mix(self) -> None:
        crowd(self.x, self.fine, self.counts, 1)
        span = MIXING * self.step_s
        drift(self.x, self.moved, self.gradients, self.fine, self.counts, span)
        crowd(self.x, self.fine, self.counts, -1)
        self.x, self.moved = self.moved, self.x

    def _raise_if_diverged(self, frame: int) -> None:
        fastest = float(np.abs(self.v.to_numpy()).max()) * self.cells.edge
        bound = self.cells.edge / self.step_s
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
        places[self.ids] = self.cells.to_world(self.x.to_numpy().astype(np.float64))
        speeds[self.ids] = self.cells.edge * self.v.to_numpy().astype(np.float64)
        rows = {index: self.kind_of == kind for kind, index in enumerate(media(self.spec))}
        return (
            {index: places[mask] for index, mask in rows.items()},
            {index: speeds[mask] for index, mask in rows.items()},
        )
