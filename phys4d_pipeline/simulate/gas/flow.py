# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# Kernels take arrays from lists, whose lengths and types the compiler declares too widely.
"""Flow: velocities and temperatures of the gas in a grid, step by step.

One step, of second order: heat is carried along the velocities half a step ahead, conducted and
released; the velocities, with half of what acts on them, are carried along them too (MacCormack)
and gain the other half; the pressure makes them free of divergence. A pressure that acts at the
end of the step only would damp eddies by a tenth in the time they need for a turn (Zehnder,
Narain and Thomaszewski 2018).
"""

import math

import numpy as np
from jaxtyping import Float32, Float64

from ...errors import SimulationError
from ...kernels import ti
from . import advection, heat
from .layout import Layout, zeros
from .medium import Medium
from .pressure import Pressure
from .setting import Setting

INFLOW_BOUND = 1e-4
"""Largest inflow left in a cell, over the largest speed [1]: in 2 s at a cell a frame its volume
would change by 1 %, if the error always had the same sign."""
LEAST_BOUND = 1e-7  # [m/s]; rounding of a flow at rest
MOST_CELLS = 8.0
"""That gas may cross in a step [1]: the limiter keeps longer steps finite, but not true."""
HEAT_CELLS = 0.9  # crossed in a step of heat along one axis, of at most 1 [1]
CELL_ARRAYS = ("carried", "swept", "rate", "towards", "power")
SHARES = 64  # into which an array is cut to find its largest number


class Flow:
    """The gas of one scene. Arrays as in `layout`."""

    def __init__(
        self,
        layout: Layout,
        cell: float,
        medium: Medium,
        gravity: tuple[float, float, float],
        setting: Setting,
        is_open: list[bool],
        wind: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        self.layout, self.cell, self.medium = layout, cell, medium
        self.gravity, self.wind = gravity, wind
        self.pressure = Pressure(layout.cells, is_open)
        size = layout.size
        self.velocities = [zeros(size) for _ in range(3)]
        """[m/s]"""
        self.before = [zeros(size) for _ in range(3)]
        """A step earlier."""
        self.heat = zeros(size)
        """Temperature over that of the air [K]."""
        self._midway = [zeros(size) for _ in range(3)]
        self._step_pressure, self._colder = zeros(size), zeros(size)
        self._spare = [zeros(size) for _ in range(5)]
        self._openings = [zeros(size) for _ in range(3)]
        self._held = [zeros(size) for _ in range(3)]
        self._cells = {name: zeros(size) for name in ("source", *CELL_ARRAYS, "one")}
        self._largest = ti.ndarray(ti.f64, shape=(SHARES,))
        self._cells["one"].fill(1.0)
        self._is_even = True
        self.inflow = 0.0
        """Largest inflow left in a cell by the last step [m/s]."""
        self.set(setting)

    def set(self, setting: Setting) -> None:
        """Put bodies where they are now."""
        for axis in range(3):
            self._openings[axis].from_numpy(setting.openings[axis])
            self._held[axis].from_numpy(setting.held[axis])
            finest = np.zeros(self.pressure.conductances[axis].shape, np.float32)
            finest[: self.layout.size] = setting.conductances[axis]
            self.pressure.conductances[axis].from_numpy(finest)
        self.pressure.prepare()
        for name, array in self._cells.items():
            if name != "one":
                array.from_numpy(getattr(setting, name))

    def heat_walls(
        self, rate: Float32[np.ndarray, "X Y Z"], towards: Float32[np.ndarray, "X Y Z"]
    ) -> None:
        """Let walls warm cells by towards - rate * T, T over the air's [K/s, 1/s]."""
        self._cells["rate"].from_numpy(self.layout.flat(rate))
        self._cells["towards"].from_numpy(self.layout.flat(towards))

    def begin(
        self, speeds: list[Float32[np.ndarray, "_ _ _"]], warmth: Float32[np.ndarray, "X Y Z"]
    ) -> None:
        """Start from speeds of all faces [m/s] and temperatures over the air's [K]."""
        for axis, values in enumerate(speeds):
            flat = self.layout.flat(values)
            closed = self._openings[axis].to_numpy() == 0.0
            flat[closed] = self._held[axis].to_numpy()[closed]
            self.velocities[axis].from_numpy(flat)
        self.heat.from_numpy(self.layout.flat(warmth))
        self._project()
        self.pressure.p.fill(0.0)  # it made the start free of divergence, and is no force
        for new, old in zip(self.velocities, self.before, strict=True):
            old.copy_from(new)

    def step(self, seconds: float) -> None:
        """Move on.

        Raises:
            SimulationError: If the gas crosses more than MOST_CELLS, or a number is not finite.
        """
        fastest = self.fastest()
        if not fastest * seconds / self.cell <= MOST_CELLS:
            raise SimulationError(
                f"The gas moves at {fastest:.3g} m/s, {fastest * seconds / self.cell:.3g} cells in "
                f"a step of {1e3 * seconds:.3g} ms; at most {MOST_CELLS:g} stay true. Raise the "
                "solver rate."
            )
        for now, before, midway in zip(self.velocities, self.before, self._midway, strict=True):
            advection.midway(now, before, midway)
        self._colder.copy_from(self.heat)
        self._carry_heat(seconds)
        self._carry_velocities(seconds, self._colder)
        self._project()
        # Half of it acts where the gas departs, half where it arrives.
        advection.add_half(self.pressure.p, self._step_pressure)

    def speeds(self, axis: int) -> Float64[np.ndarray, "_ _ _"]:
        """Velocities through all faces across an axis [m/s]."""
        return self.layout.cube(self.velocities[axis].to_numpy(), axis).astype(np.float64)

    def warmth(self) -> Float64[np.ndarray, "X Y Z"]:
        """Temperatures of all cells over that of the air [K]."""
        return self.layout.cube(self.heat.to_numpy()).astype(np.float64)

    def fastest(self) -> float:
        """Largest component of all velocities [m/s]."""
        return max(self._most(array) for array in self.velocities)

    def _carry_velocities(self, seconds: float, colder: ti.Ndarray) -> None:
        step, cells = seconds / self.cell, self.layout.cells
        once, low, high, carried, *_ = self._spare
        light = (self.medium.expansion, self.medium.saturation)
        for axis in range(3):
            opening, weight = self._openings[axis], 0.5 * self.gravity[axis] * seconds
            advection.load(
                self.velocities[axis],
                self._step_pressure,
                opening,
                self.pressure.conductances[axis],
                colder,
                carried,
                self.medium.viscosity * seconds / self.cell**2,
                weight,
                *light,
                *cells,
                axis,
            )
            by = (*self._midway, carried, once, low, high)
            advection.fetch(*by, self.wind[axis], step, *cells, axis)
            faces = (opening, self._held[axis], self.heat, self.before[axis])
            advection.correct(*by, *faces, step, weight, *light, *cells, axis)
        self.velocities, self.before = self.before, self.velocities

    def _project(self) -> None:
        cells, (inflow, *_) = self.layout.cells, self._spare
        advection.inflow(*self.velocities, *self._openings, self._cells["source"], inflow, *cells)
        bound = max(INFLOW_BOUND * self.fastest(), LEAST_BOUND)
        self.inflow = self.pressure.solve(inflow, bound)
        for axis in range(3):
            advection.push(
                self.velocities[axis],
                self.pressure.p,
                self._openings[axis],
                self.pressure.conductances[axis],
                *cells,
                axis,
            )

    def _carry_heat(self, seconds: float) -> None:
        fastest = max(self._most(array) for array in self._midway)
        parts = max(1, math.ceil(fastest * seconds / (self.cell * HEAT_CELLS)))
        cells, step, names = self.layout.cells, seconds / parts, self._cells
        one, other, room, next_room, _ = self._spare
        path = (
            (self.heat, names["one"], one, room),
            (one, room, other, next_room),
            (other, next_room, one, room),
        )
        for _ in range(parts):
            # Back and forth, so that no axis is always the first (Strang 1968).
            order = (0, 1, 2) if self._is_even else (2, 1, 0)
            self._is_even = not self._is_even
            for axis, arrays in zip(order, path, strict=True):
                speed, opening = self._midway[axis], self._openings[axis]
                heat.carry(*arrays, speed, opening, step / self.cell, *cells, axis)
            heat.warm(
                one,
                room,
                self.heat,
                *self._openings,
                *(names[name] for name in CELL_ARRAYS),
                step,
                self.cell,
                self.medium.diffusivity * step / self.cell**2,
                *cells,
            )

    def _most(self, array: ti.Ndarray) -> float:
        advection.fastest(array, self._largest)
        return float(self._largest.to_numpy().max())
