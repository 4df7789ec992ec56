"""A scene of liquids -> their temperatures and viscosities, step after step."""

import math
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...continuum import Thermal
from ...enthalpy import enthalpy
from ...errors import SimulationError
from ...kernels import ti
from ...scene import Body, SceneSpec
from ...shapes import Solid, build
from ..distance_grid import distance_grid
from . import heat
from .fields import Fields

STEFAN_BOLTZMANN = 5.670374419e-8
"""[W/m2/K4], CODATA 2018."""
SOLID_VISCOSITY = 1e4
"""Of what is not melted [Pa s]: a cube of wax of 4 cm creeps by 0.5 mm in 2 s."""
LEAST_VISCOSITY = 1e-9
"""Of what has none [Pa s]."""
LEAST_SPREAD = 0.05
"""Viscosity times a frame below which viscosity is left out [cells2]: 0.2 mm of 1 mm cells."""
FASTEST = 30.0
"""Conductance of a cell of which half is filled to one side, over that between full cells, with
that within: 2 * 9 + WITHIN [1]."""
WIDEST = 7.0
"""Surface of a cell towards the air per mass, at most [1]: two filled by half, sqrt(12) sides."""
MOST_PARTS = 2000
"""Of a step: more would take longer than the flow."""
INERT = Thermal(temperature=293.15, conductivity=1e-9, heat_capacity=1000.0)
"""Of a liquid without heat."""
FAR = 1e3
"""From every warm body [cells]."""


class Warmth:
    """Enthalpy of all particles of a flow, temperatures of the warm bodies around it."""

    def __init__(self, spec: SceneSpec, fields: Fields, bodies: dict[int, slice]) -> None:
        """Start as the scene says.

        Args:
            spec: With a grid.
            fields: Of the flow.
            bodies: Index of a body of liquid -> its particles.
        """
        assert spec.grid is not None
        self.spec, self.fields, self.bodies, self.grid = spec, fields, bodies, spec.grid
        self.density = spec.bodies[min(bodies)].substance.density
        liquids = [spec.bodies[index] for index in sorted(bodies)]
        self.warm = [
            k for k, body in enumerate(spec.bodies) if body.form == "rigid" and body.thermal
        ]
        self.is_active = any(body.thermal for body in liquids)
        self.is_uneven = self.is_active or len({b.substance.viscosity for b in liquids}) > 1
        self._kinds = [body.thermal or INERT for body in liquids]
        rows = np.array([self._row(body) for body in liquids])
        self.table = _filled(ti.f64, rows)
        count = max(rows.stop for rows in bodies.values())
        material, start = np.zeros(count, np.int32), np.zeros(count)
        for number, index in enumerate(sorted(bodies)):
            thermal = self._kinds[number]
            material[bodies[index]] = number
            start[bodies[index]] = enthalpy(thermal, thermal.temperature)
        self.material, self.enthalpy = _filled(ti.i32, material), _filled(ti.f64, start)
        self.sums = ti.ndarray(ti.i64, (heat.SUMS, *fields.cells))
        self.sums.fill(0)
        self.rates = ti.ndarray(ti.f64, (2, *fields.cells))
        self.nu = ti.ndarray(ti.f32, fields.cells)
        self.nu.fill(float(np.exp(rows[0, heat.LOG_VISCOSITY])))
        self.out = ti.ndarray(ti.f64, count)
        temperatures = [self._thermal(k).temperature for k in self.warm] or [0.0]
        self.body_temperatures = np.array(temperatures)
        self._body, self._received = (
            _filled(ti.f64, self.body_temperatures),
            ti.ndarray(ti.i64, len(temperatures)),
        )
        self._received.fill(0)
        self._gap, self._owner = ti.ndarray(ti.f32, fields.cells), ti.ndarray(ti.i32, fields.cells)
        self._gap.fill(FAR)
        self._owner.fill(-1)
        self._placed: Float64[np.ndarray, "B 7"] | None = None

    def place(self, poses: Float64[np.ndarray, "B 7"]) -> None:
        """Say where all bodies are now; costs nothing while no warm one moves."""
        now = poses[self.warm]
        if not self.warm or (self._placed is not None and np.array_equal(now, self._placed)):
            return
        self._placed = now.copy()
        cell, cells = self.grid.cell, self.fields.cells
        centres = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in cells), indexing="ij"), -1)
        points = centres.reshape(-1, 3) * cell + np.array(self.grid.low)
        gap, owner = np.full(len(points), FAR), np.full(len(points), -1, np.int32)
        for number, pose in enumerate(now):
            solid = build(self.spec.bodies[self.warm[number]].shape)
            reach = solid.bounding_radius + 2 * cell
            near = np.flatnonzero(np.linalg.norm(points - pose[:3], axis=1) < reach)
            turn = Rotation.from_quat(pose[3:], scalar_first=True)
            local = turn.inv().apply(points[near] - pose[:3])
            found = distance_grid(solid, cell / 2, 2 * cell).at(local) / cell
            nearer = found < gap[near]
            gap[near[nearer]], owner[near[nearer]] = found[nearer], number
        self._gap.from_numpy(gap.reshape(cells).astype(np.float32))
        self._owner.from_numpy(owner.reshape(cells))

    @property
    def is_viscous(self) -> bool:
        """Does momentum spread by a visible share of a cell in a frame?"""
        melts = any(kind.melting_point or kind.thinning for kind in self._kinds)
        return melts or self.stiffest / self.spec.fps > LEAST_SPREAD

    @property
    def stiffest(self) -> float:
        """Largest kinematic viscosity of any liquid at its start [cells2/s]."""
        return math.exp(self.table.to_numpy()[:, heat.LOG_VISCOSITY].max())

    def lift(self, dt: float, gravity: Float64[np.ndarray, "3"]) -> None:
        """Let warm liquid rise for a time [s], under this gravity [cells/s2]."""
        if any(kind.expansion for kind in self._kinds):
            fall, f = ti.Vector(dt * gravity, ti.f32), self.fields
            particles = (f.where, self.material, self.enthalpy, self.table)
            heat.lift(fall, self.spec.air_temperature, *particles, f.v)

    def step(self, dt: float) -> None:
        """Let heat flow for a time, at the places that `fields.rho` was made of; then viscosity.

        Raises:
            SimulationError: If it flows too fast for the cells.
        """
        if not self.is_uneven:
            return
        parts = max(1, math.ceil(dt * self._fastest())) if self.is_active else 1
        if parts > MOST_PARTS:
            raise SimulationError(
                f"heat spreads so fast that a step of {dt:.3g} s takes {parts} parts, bound "
                f"{MOST_PARTS}. Use larger cells, or lower conductivity and films."
            )
        for part in range(parts):
            self._gather()
            if self.is_active:
                self._flow(dt / parts)
            if part < parts - 1:
                self._clear()
        if self.is_active:
            self._clear()
            self._gather()
        heat.viscosities(self.fields.box, self.sums, self.fields.rho, self.nu)
        self._clear()

    def temperatures(self) -> dict[int, Float64[np.ndarray, " _"]]:
        """Of all particles, and of every warm body as a whole [K]; by index of the body."""
        if not self.is_active:
            return {}
        heat.temperatures(self.material, self.enthalpy, self.table, self.out)
        every = self.out.to_numpy()
        found = {
            index: every[rows]
            for index, rows in self.bodies.items()
            if self.spec.bodies[index].thermal
        }
        return found | {k: self.body_temperatures[n : n + 1] for n, k in enumerate(self.warm)}

    def _row(self, body: Body) -> list[float]:
        """Of the table of materials: densities are neglected in what flows, but for buoyancy."""
        thermal, cell = body.thermal or INERT, self.grid.cell
        per_second = 1 / (self.density * cell**2)
        loose = max(body.substance.viscosity, LEAST_VISCOSITY) * per_second
        columns = {
            heat.CAPACITY: thermal.heat_capacity,
            heat.MELTING: thermal.melting_point,
            heat.RANGE: thermal.melting_range,
            heat.LATENT: thermal.latent_heat,
            heat.CONDUCTS: thermal.conductivity * per_second,
            heat.FILMS: thermal.film * cell * per_second,
            heat.RADIATES: thermal.emissivity * STEFAN_BOLTZMANN * cell * per_second,
            heat.LOG_VISCOSITY: math.log(loose),
            heat.THINNING: thermal.thinning,
            heat.START: thermal.temperature,
            heat.LOG_SOLID: math.log(max(SOLID_VISCOSITY * per_second, loose)),
            heat.EXPANDS: 3.0 * thermal.expansion,
        }
        return [columns[column] for column in range(heat.COLUMNS)]

    def _fastest(self) -> float:
        """Bound on the rate at which a cell or particle follows what is around it [1/s]."""
        rows = self.table.to_numpy()
        hottest = max(
            self.body_temperatures.max(),
            self.spec.air_temperature,
            *(thermal.temperature for thermal in self._kinds),
        )
        rates = FASTEST * rows[:, heat.CONDUCTS] + WIDEST * (
            rows[:, heat.FILMS] + 4 * rows[:, heat.RADIATES] * hottest**3
        )
        return float(rates.max() / rows[:, heat.CAPACITY].min())

    def _gather(self) -> None:
        f = self.fields
        particles = (f.x, f.volume, f.where, self.material, self.enthalpy)
        heat.gather(*particles, self.table, f.rho, self.sums)

    def _flow(self, dt: float) -> None:
        f = self.fields
        surroundings = (f.rho, f.solid, self._gap, self._owner, self._body, self._received)
        heat.exchange(
            self.fields.box, dt, self.spec.air_temperature, self.sums, *surroundings, self.rates
        )
        particles = (f.x, f.where, self.material, self.enthalpy)
        heat.spread(*particles, self.table, f.rho, self.sums, self.rates)
        if self.warm:
            self._warm_bodies(dt)

    def _clear(self) -> None:
        heat.clear(self.fields.x, self.fields.where, self.fields.rho, self.sums)

    def _warm_bodies(self, dt: float) -> None:
        """Bodies that are not held take what the liquid gave, their power, and the air's share."""
        unit = self.density * self.grid.cell**3 / heat.HEAT_POINT
        received = self._received.to_numpy().astype(np.float64) * unit
        self._received.fill(0)
        for number, index in enumerate(self.warm):
            thermal, body = self._thermal(index), self.spec.bodies[index]
            if not thermal.is_held:
                solid = build(body.shape)
                t, air = self.body_temperatures[number], self.spec.air_temperature
                loss = thermal.film * (t - air)
                loss += thermal.emissivity * STEFAN_BOLTZMANN * (t**4 - air**4)
                gained = received[number] + dt * (thermal.power - _area(solid) * loss)
                capacity = body.substance.density * solid.volume * thermal.heat_capacity
                self.body_temperatures[number] += gained / capacity
        self._body.from_numpy(self.body_temperatures)

    def _thermal(self, index: int) -> Thermal:
        thermal = self.spec.bodies[index].thermal
        assert thermal is not None
        return thermal


@cache
def _area(solid: Solid) -> float:
    """Of its surface [m2]."""
    corners = solid.mesh.vertices[solid.mesh.faces].astype(np.float64)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return 0.5 * float(np.linalg.norm(across, axis=1).sum())


def _filled(dtype: Any, values: np.ndarray) -> Any:
    array = ti.ndarray(dtype, values.shape)
    array.from_numpy(values)
    return array
