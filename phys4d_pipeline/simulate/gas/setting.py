"""SceneSpec -> Setting: what the gas flows around, what lets it in, and what heats it.

Bodies of particles are gas: one at rest fills its shape with warm gas at t = 0; one with a velocity
is an inlet: gas streams out of its shape at that velocity and at its temperature all the time.
Rigid bodies are obstacles, but for those lighter than HEAVIEST_GAS: flames, in which the heat of
their `power` is released. Obstacles heat the gas at their surface by their temperature and
`film`, or by their power.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from ...continuum import SIDES
from ...motion.paths import led
from ...scene import SceneSpec
from ...shapes import build
from .layout import Layout
from .medium import Medium, grid_of, is_flame, is_inlet
from .rasters import Placed, Raster


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """Flat arrays as the kernels take them (see `layout`); faces across x, y and z."""

    openings: list[Float32[np.ndarray, " N"]]
    """Share of each face that is open [1]."""
    conductances: list[Float32[np.ndarray, " N"]]
    """The same, doubled on open sides: p = 0 is half a cell away."""
    held: list[Float32[np.ndarray, " N"]]
    """Mean speed through the closed share of faces, times it [m/s]."""
    source: Float32[np.ndarray, " N"]
    """What closed shares push into each cell [m/s]."""
    carried: Float32[np.ndarray, " N"]
    """Heat that inlets push in, over that of the air [K m/s]."""
    swept: Float32[np.ndarray, " N"]
    """What led bodies push in: it has the cell's own temperature [m/s]."""
    rate: Float32[np.ndarray, " N"]
    towards: Float32[np.ndarray, " N"]
    """Surfaces warm a cell by towards - rate * (its temperature over the air's) [1/s, K/s]."""
    power: Float32[np.ndarray, " N"]
    """Heat released in each cell [K/s]."""


class Surroundings:
    """A scene's bodies on its grid; `at` any time, since some are led."""

    def __init__(self, spec: SceneSpec, medium: Medium) -> None:
        self.spec, self.medium = spec, medium
        self.grid = grid_of(spec)
        self.layout = Layout(*self.grid.cells)
        self.low = np.array(self.grid.low)
        self._solids = [build(body.shape) for body in spec.bodies]
        # Where bodies meet, the first owns the face: inlets, which sit in pipes, come last.
        rigid = [k for k, body in enumerate(spec.bodies) if body.form == "rigid"]
        self._obstacles = [k for k in rigid if not is_flame(spec.bodies[k])]
        self._flames = [k for k in rigid if is_flame(spec.bodies[k])]
        self._inlets = [k for k, body in enumerate(spec.bodies) if is_inlet(body)]

    @property
    def changes(self) -> bool:
        """Do bodies move?"""
        return any(self.spec.bodies[k].path for k in self._obstacles)

    def placed(self, index: int, time_s: float) -> Placed:
        """A body at a time."""
        body = self.spec.bodies[index]
        poses, velocities = led(body, np.array([time_s]))
        return Placed(solid=self._solids[index], pose=poses[0], velocity=velocities[0])

    def filled(self, index: int) -> Float32[np.ndarray, "X Y Z"]:
        """Share of every cell that a body takes up at t = 0 [1]."""
        placed = self.placed(index, 0.0)
        first, last = self._block([placed])
        share = np.zeros(self.layout.cells, np.float32)
        if (last > first).all():
            raster = Raster(self.low, self.grid.cell, first, last)
            raster.add(index, placed)
            share[_span(first, last)] = raster.filled(index)
        return share

    def at(self, time_s: float) -> Setting:
        """All faces and cells at a time."""
        owners = [*self._obstacles, *self._inlets]
        placed = {index: self.placed(index, time_s) for index in owners}
        first, last = self._block(list(placed.values()))
        raster = Raster(self.low, self.grid.cell, first, last)
        for index in owners:
            raster.add(index, placed[index])
        openings = [self._sides(axis) for axis in range(3)]
        flows = [self._wind(axis) for axis in range(3)]
        held = [flow.copy() for flow in flows]
        warm_flows = [np.zeros_like(flow) for flow in flows]
        led_flows = [np.zeros_like(flow) for flow in flows]
        touched = {k: np.zeros(self.layout.cells, np.float32) for k in self._warm()}
        for axis in range(3):
            faces = raster.faces(axis, owners)
            span = _span(first, last + np.eye(3, dtype=int)[axis])
            openings[axis][span] *= faces.opening
            for air in (flows, held):
                air[axis][span] *= faces.opening  # a wall in the wind
            points = self._face_points(axis, first, last)
            for index in owners:
                share = faces.shares[index]
                flow = share * placed[index].speeds(points, axis)
                held[axis][span] += flow
                if index in self._inlets:
                    flow = flow * _leaves(raster.filled(index), flow, axis)
                    flows[axis][span] += flow
                    warm_flows[axis][span] += flow * self._warmer(index)
                else:
                    led_flows[axis][span] += flow
                if index in touched:
                    low, high = _cut(faces.shares[index], axis)
                    touched[index][_span(first, last)] += low + high
        return self._setting(openings, held, flows, warm_flows, led_flows, touched)

    def _setting(self, openings, held, flows, warm_flows, led_flows, touched) -> Setting:
        ways = [part for axis in range(3) for part in _cut(openings[axis], axis)]
        is_active = np.sum(ways, axis=0) > 0
        rate, towards, power = self._heating(touched, is_active)
        flat, swept = self.layout.flat, _entering(led_flows)
        conductances = [opening.copy() for opening in openings]
        for axis in range(3):
            ends = np.moveaxis(conductances[axis], axis, 0)
            ends[[0, -1]] *= 2.0
        return Setting(
            openings=[flat(opening) for opening in openings],
            conductances=[flat(conductance) for conductance in conductances],
            held=[flat(flow.astype(np.float32)) for flow in held],
            source=flat((_blown(flows, flows) + swept) * is_active),
            carried=flat(_blown(warm_flows, flows) * is_active),
            swept=flat(swept * is_active),
            rate=flat(rate),
            towards=flat(towards),
            power=flat(power),
        )

    def _heating(
        self,
        touched: dict[int, Float32[np.ndarray, "X Y Z"]],
        is_active: np.ndarray,
    ) -> list[Float32[np.ndarray, "X Y Z"]]:
        """`rate`, `towards` and `power` of all cells."""
        cell, capacity = self.grid.cell, self.medium.heat_capacity
        rate, towards, power = (np.zeros(self.layout.cells) for _ in range(3))
        for index, faces in touched.items():
            thermal, mesh = self.spec.bodies[index].thermal, self._solids[index].mesh
            assert thermal is not None
            area = faces * is_active * cell**2 * _true_share(mesh.vertices[mesh.faces])
            if thermal.power:
                total = area.sum()
                power += thermal.power * area / (max(total, cell**2) * capacity * cell**3)
            if thermal.is_held:
                film = thermal.film or 2.0 * self.medium.conductivity / cell
                rate += film * area / (capacity * cell**3)
                towards += film * area * self._warmer(index) / (capacity * cell**3)
        for index in self._flames:
            thermal, share = self.spec.bodies[index].thermal, self.filled(index) * is_active
            assert thermal is not None
            power += thermal.power * share / (max(share.sum(), 1e-3) * capacity * cell**3)
        return [array.astype(np.float32) for array in (rate, towards, power)]

    def _warm(self) -> list[int]:
        """Obstacles that give off heat."""
        return [k for k in self._obstacles if self.spec.bodies[k].thermal]

    def _warmer(self, index: int) -> float:
        """Temperature of a body over that of the air [K]."""
        thermal = self.spec.bodies[index].thermal
        return thermal.temperature - self.spec.air_temperature if thermal else 0.0

    def warmth(self) -> Float32[np.ndarray, "X Y Z"]:
        """Temperature of all cells at t = 0 over that of the air [K]."""
        heat = np.zeros(self.layout.cells, np.float32)
        for index, body in enumerate(self.spec.bodies):
            if body.form == "particles" and not is_inlet(body) and self._warmer(index):
                heat += self.filled(index) * np.float32(self._warmer(index))
        return heat

    def _block(self, placed: list[Placed]):
        """Cells around some bodies: the first and the one beyond the last."""
        if not placed:
            return np.zeros(3, int), np.ones(3, int)
        lows, highs = zip(*(each.box() for each in placed), strict=True)
        first = np.floor((np.min(lows, 0) - self.low) / self.grid.cell).astype(int) - 1
        last = np.ceil((np.max(highs, 0) - self.low) / self.grid.cell).astype(int) + 1
        most = np.array(self.layout.cells)
        return np.clip(first, 0, most - 1), np.clip(last, 1, most)

    def _face_points(self, axis: int, first, last) -> Float64[np.ndarray, "X Y Z 3"]:
        """Middles of a block's faces [m]."""
        offsets = 0.5 - 0.5 * np.eye(3)[axis]
        counts = last - first + np.eye(3, dtype=int)[axis]
        axes = [
            self.low[d] + self.grid.cell * (first[d] + np.arange(counts[d]) + offsets[d])
            for d in range(3)
        ]
        return np.stack(np.meshgrid(*axes, indexing="ij"), -1)

    def _sides(self, axis: int) -> Float32[np.ndarray, "X Y Z"]:
        """Open inside; at both ends where the side is open and no wind blows in."""
        shape = np.array(self.layout.cells)
        shape[axis] += 1
        opening = np.ones(shape, np.float32)
        ends = np.moveaxis(opening, axis, 0)
        for end, name in ((0, SIDES[2 * axis]), (-1, SIDES[2 * axis + 1])):
            is_upwind = self.grid.wind[axis] * (1 if end == 0 else -1) > 0
            ends[end] = name in self.grid.open_sides and not is_upwind
        return opening

    def _wind(self, axis: int) -> Float32[np.ndarray, "X Y Z"]:
        """Speed through faces of open sides through which wind blows in [m/s]."""
        flow = np.zeros_like(self._sides(axis))
        ends, wind = np.moveaxis(flow, axis, 0), self.grid.wind[axis]
        if wind > 0 and SIDES[2 * axis] in self.grid.open_sides:
            ends[0] = wind
        if wind < 0 and SIDES[2 * axis + 1] in self.grid.open_sides:
            ends[-1] = wind
        return flow


def _span(first, last) -> tuple[slice, slice, slice]:
    x, y, z = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return x, y, z


def _cut(faces: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of the low and of the high face of every cell."""
    along = np.moveaxis(faces, axis, 0)
    return np.moveaxis(along[:-1], 0, axis), np.moveaxis(along[1:], 0, axis)


def _entering(flows: list[np.ndarray]) -> np.ndarray:
    """Flows along the axes through faces -> what they bring into each cell."""
    pairs = [_cut(flow, axis) for axis, flow in enumerate(flows)]
    return np.asarray(np.sum([low - high for low, high in pairs], axis=0), np.float32)


def _blown(amounts: list[np.ndarray], flows: list[np.ndarray]) -> np.ndarray:
    """What flows bring into the cells downstream; those upstream lose nothing."""
    total = np.zeros(1)
    for axis, (amount, flow) in enumerate(zip(amounts, flows, strict=True)):
        low, _ = _cut(np.where(flow > 0, amount, 0.0), axis)
        _, high = _cut(np.where(flow < 0, amount, 0.0), axis)
        total = total + low - high
    return total.astype(np.float32)


def _leaves(filled: np.ndarray, flow: np.ndarray, axis: int) -> np.ndarray:
    """Does the inlet end at a face, downstream, so that gas comes out there?"""
    along = np.moveaxis(filled, axis, 0)
    beyond = np.pad(along, ((1, 1), (0, 0), (0, 0)), mode="edge")
    below, above = np.moveaxis(beyond[:-1], 0, axis), np.moveaxis(beyond[1:], 0, axis)
    return np.where(flow > 0, below > above, above > below)


def _true_share(triangles: Float64[np.ndarray, "F 3 3"]) -> float:
    """Area of a surface over that of the same surface made of cubes [1]."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return float(np.linalg.norm(normals, axis=1).sum() / np.abs(normals).sum())
