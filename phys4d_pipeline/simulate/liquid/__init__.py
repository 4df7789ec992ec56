"""SceneSpec -> States: liquids as particles that carry their flow through a grid (APIC).

Incompressible, free surfaces, smooth walls; the state depends on no number of threads.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from ...continuum import Grid
from ...errors import SceneError, SimulationError
from ...kernels import start as start_compiler
from ...kernels import ti
from ...scene import SceneSpec
from ...shapes import Solid
from ...states import States
from ..recorder import Recorder
from . import conjugate_gradients, inflow, particles, pressure
from .coupling import CONTACT_STIFFNESS, OVERLAP_STEPS, Coupling
from .fields import WAITING, Fields, allocate
from .filling import Start, fill, opened
from .outside import Outside
from .strain import loosen
from .viscosity import Viscosity
from .warmth import Warmth

__all__ = ["CONTACT_STIFFNESS", "OVERLAP_STEPS", "TAKES", "VERSION", "run", "steps_per_frame"]
VERSION = f"liquid-4 taichi {'.'.join(map(str, ti.__version__))}"
TAKES = {"liquid", "paths", "joints", "heat"}
CFL = 1.0
"""Cells that the fastest particle passes in a step [1]."""
PRESSURE_TOLERANCE, DENSITY_TOLERANCE = 1e-4, 3e-2
"""Of the residuals [1]: velocities to 1e-4 of a step's change; corrections are repeated anyway."""
SWEEPS = 2
"""Of extrapolation: particles move by a cell, and their kernel reaches one further."""
MOST_STEPS = 400
"""In a frame: 24 m/s through cells of 1 mm at 60 Hz."""


def run(spec: SceneSpec) -> States:
    """Simulate all frames.

    Raises:
        SceneError: If the scene has no grid, or its liquid does not fit into it.
        SimulationError: If the solver diverges.
    """
    if spec.grid is None:
        raise SceneError(
            f"Scene {spec.category}/{spec.family} has no grid, which solver 'liquid' needs: pass "
            "`grid` to `stage`."
        )
    start = fill(spec, spec.grid)
    start_compiler()
    recorder = Recorder(spec, VERSION)
    for index in start.bodies:
        count = start.bodies[index].stop - start.bodies[index].start
        volume = recorder.solids[index].volume / count
        recorder.set_radii(index, np.full(count, 0.5 * volume ** (1 / 3)))
    flow = Flow(spec, spec.grid, start, recorder.solids)
    for frame in range(spec.num_frames):
        if frame:
            flow.frame()
        poses, velocities = recorder.led(frame / spec.fps)
        flow.coupling.states(poses, velocities)
        flow.warmth.place(poses)
        recorder.add_contacts(flow.coupling.contacts())
        points, speeds = flow.points()
        recorder.add_frame(
            poses,
            velocities,
            points=points,
            point_velocities=speeds,
            temperatures=flow.warmth.temperatures(),
            work=flow.work + flow.coupling.work,
        )
    return recorder.states()


def steps_per_frame(spec: SceneSpec) -> int:
    """About how many steps the fastest frame takes: a fall through the whole grid."""
    assert spec.grid is not None
    height = spec.grid.cell * spec.grid.cells[2]
    fastest = max(math.dist(body.linear_velocity, (0.0, 0.0, 0.0)) for body in spec.bodies)
    fall = 2 * math.dist(spec.gravity, (0.0, 0.0, 0.0)) * height
    return math.ceil(math.sqrt(fastest**2 + fall) / (CFL * spec.grid.cell * spec.fps))


class Flow:
    """The liquid, step after step."""

    def __init__(self, spec: SceneSpec, grid: Grid, start: Start, solids: Sequence[Solid]) -> None:
        self.spec, self.grid, self.bodies = spec, grid, start.bodies
        self.fields: Fields = allocate(
            grid.cells,
            places=start.places,
            velocities=start.velocities,
            volumes=start.volumes,
            where=start.where,
        )
        self.waiting = bool((start.where == WAITING).any())
        self.work, self.last_step = 0.0, 0.0
        first = next(iter(start.bodies))
        self.density = spec.bodies[first].substance.density
        self.gravity = np.array(spec.gravity) / grid.cell
        self.time, self.frames, self.steps, self.iterations = 0.0, 0, 0, 0
        low, high = opened(grid)
        self._low_open, self._high_open = ti.Vector(low, ti.i32), ti.Vector(high, ti.i32)
        self._floor = -grid.low[2] / grid.cell
        f = self.fields
        pressure.walls(self._low_open, self._high_open, f.open, f.us, f.solid)
        self.coupling = Coupling(spec, grid, solids, f, start)
        self.warmth = Warmth(spec, f, start.bodies)
        self._viscosity = Viscosity(grid.cells) if self.warmth.is_viscous else None
        self.longest_drag = math.inf
        if self._viscosity:
            self.longest_drag = self.coupling.longest_drag(self.warmth.stiffest)
        self.outside = Outside(spec, grid, f) if grid.open_sides else None

    def points(
        self,
    ) -> tuple[dict[int, Float64[np.ndarray, "N 3"]], dict[int, Float64[np.ndarray, "N 3"]]]:
        """Places [m] and velocities [m/s] of every body's particles."""
        places = self.fields.read("x").astype(np.float64) * self.grid.cell + self.grid.low
        speeds = self.fields.read("v").astype(np.float64) * self.grid.cell
        return (
            {index: places[rows] for index, rows in self.bodies.items()},
            {index: speeds[rows] for index, rows in self.bodies.items()},
        )

    def pressure_pa(self) -> Float64[np.ndarray, "X Y Z"]:
        """Of the last step, at the middles of cells; 0 where there is no liquid [Pa]."""
        assert self.last_step > 0.0
        scale = self.density * self.grid.cell**2 / self.last_step
        return self.fields.read("pressure").astype(np.float64) * scale

    def frame(self) -> None:
        """Go on to the next frame.

        Raises:
            SimulationError: If velocities are not finite, too large, or without a pressure.
        """
        self.frames += 1
        end, taken = self.frames / self.spec.fps, 0
        while self.time < end * (1 - 1e-12):
            dt = self._step_length(end - self.time, taken)
            try:
                self.step(dt)
            except SimulationError as error:
                raise SimulationError(f"{self._where()}: {error}") from error
            self.time += dt
            taken += 1
        self.time = end
        if self.outside:
            self.outside.keep_out()
        self.waiting = self.waiting and bool((self.fields.read("where") == WAITING).any())

    def step(self, dt: float) -> None:
        """One step of this length [s]."""
        f, coupling = self.fields, self.coupling
        self.last_step = dt
        coupling.begin(self.time, dt)
        self.warmth.lift(dt, self.gravity)
        self._to_grid(dt)
        if self.waiting:
            inflow.prescribe(f.x, f.v, f.volume, f.where, f.momentum_sum, f.open, f.us)
        pressure.number_rows(f.box, f.open, f.solid, f.rho, f.number, f.columns, f.cell, f.counts)
        self.warmth.step(dt)
        if self._viscosity:
            self._flow_viscously(self._viscosity, dt)
        self._find_pressure(f.pressure)
        coupling.push(dt)
        self.iterations += conjugate_gradients.solve(
            f, f.excess, f.correction, DENSITY_TOLERANCE, has_links=False
        )
        self._project(f.pressure, dt, self._viscosity.before if self._viscosity else f.u)
        if self._viscosity:
            kind, nu = self._viscosity.kind, self.warmth.nu
            loosen(f.box, dt, kind, f.number, f.rho, nu, f.shift, f.known)
        for _ in range(SWEEPS // 2):
            pressure.extend(f.box, f.u, f.known, f.known_next)
            pressure.extend(f.box, f.u, f.known_next, f.known)
        if self.waiting:
            self._pump(dt)
        coupling.solids.remember()
        self._move(dt)
        coupling.keep_out(dt)
        self.steps += 1

    def _flow_viscously(self, viscosity: Viscosity, dt: float) -> None:
        """Viscosity acts on a flow free of divergence, or it would fight the weight alone."""
        f, coupling = self.fields, self.coupling
        self._find_pressure(viscosity.pressure)
        coupling.yield_to(viscosity.pressure)
        particles.keep(f.box, f.u, viscosity.before)
        self._project(viscosity.pressure, dt, f.u)
        nu = self.warmth.nu
        viscosity.step(f.box, f.u, f.mass, f.open, f.us, f.rho, f.solid, nu, dt)
        coupling.yield_to_drag(viscosity)

    def _find_pressure(self, into: Any) -> None:
        f = self.fields
        rows = (f.neighbour, f.weight, f.diagonal, f.divergence, f.excess)
        pressure.assemble(f.u, f.us, f.open, f.solid, f.rho, f.number, f.cell, f.counts, *rows)
        self.coupling.link()
        self.iterations += conjugate_gradients.solve(
            f, f.divergence, into, PRESSURE_TOLERANCE, has_links=self.coupling.has_links
        )

    def _project(self, found: Any, dt: float, before: Any) -> None:
        f, weight = self.fields, ti.Vector(self.gravity, ti.f32)
        cells, shifts = (f.rho, f.number, found, f.correction), (f.shift, f.known)
        pressure.project(
            f.box, dt, weight, before, f.u, f.us, f.open, f.solid, f.mass, *cells, *shifts
        )

    def _pump(self, dt: float) -> None:
        """Count the work of what pushes liquid into the grid, and lifts what waits."""
        f = self.fields
        done = inflow.work_done(f.us, f.open, f.pressure, f.q)
        if self._viscosity:
            done += inflow.work_done(f.us, f.open, self._viscosity.pressure, f.q)
        gravity = ti.Vector(self.gravity, ti.f32)
        done += dt * inflow.lifted(gravity, f.v, f.volume, f.where, f.q)
        self.work += done * self.density * self.grid.cell**5

    def _to_grid(self, dt: float) -> None:
        f = self.fields
        sums = (f.mass_sum, f.momentum_sum, f.rho_sum)
        particles.enclose(f.x, f.where, ti.Vector(f.cells, ti.i32), f.box)
        particles.scatter(f.box, f.x, f.v, f.c, f.volume, f.where, *sums)
        weight = ti.Vector(self.gravity * dt, ti.f32)
        particles.mean(f.box, weight, *sums, f.solid, f.mass, f.u, f.rho, f.number)
        self.coupling.solids.forget_far_side()

    def _move(self, dt: float) -> None:
        f = self.fields
        sides = (self._low_open, self._high_open)
        gravity = ti.Vector(self.gravity, ti.f32)
        particles.move(dt, gravity, self._floor, *sides, f.x, f.v, f.c, f.where, f.u, f.shift)

    def _step_length(self, left: float, taken: int) -> float:
        """Of the next step: whole steps to the frame's end, none too long for the fastest [s]."""
        speed = particles.fastest(self.fields.v, self.fields.parts)
        speed = max(speed, self.coupling.fastest())
        pull = float(np.linalg.norm(self.gravity))
        longest = 2 * CFL / (speed + math.sqrt(speed**2 + 4 * pull * CFL) + 1e-30)
        longest = min(longest, self.longest_drag)
        rate = self.spec.solver.rate
        steps = math.inf if math.isinf(speed) else math.ceil(left / min(longest, 1.01 / rate))
        if taken + steps > MOST_STEPS:
            raise SimulationError(
                f"{self._where()}: speed {speed * self.grid.cell:.3g} m/s, and the drag on bodies, "
                f"need {steps} steps to the end of a frame, bound {MOST_STEPS}. Use larger cells, "
                "calmer or thinner liquid, or larger bodies."
            )
        return left / steps

    def _where(self) -> str:
        spec = self.spec
        return f"{spec.category}/{spec.family} seed {spec.seed} at {self.time:.4f} s ({VERSION})"
