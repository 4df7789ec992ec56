# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# Kernels take arrays from lists, whose lengths and types the compiler declares too widely.
"""Bodies of gas -> Tracers: where they start, how the gas carries them, what they touch.

A tracer is a point of gas that is drawn as a small sphere. There is one for every CELLS_A_TRACER
cells of the grid, shared among the bodies of gas by volume. Those of an inlet fill its shape, move
with its velocity until they leave it, and then with the gas: a pipe's stock that comes out in time.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial.transform import Rotation

from ...errors import SceneError
from ...kernels import ti
from ...motion.paths import led
from ...scene import Body, SceneSpec
from ...shapes import Solid, build
from ..recorder import RawContact
from ..world.distance import Parts
from ..world.parts import collision_parts
from . import tracer_kernels as kernels
from .flow import Flow
from .medium import is_flame, is_inlet
from .tracer_walls import keep_out

CELLS_A_TRACER = 12
"""Cells of the grid for each tracer [1]: 30,000 in 64 x 64 x 88."""
RADIUS = 0.5
"""Of a drawn tracer, over the distance between them at the start [1]."""
JITTER = 0.9
"""Of places at the start, over the distance between them [1]."""
TRIES = 12
"""Of finding the lattice on which a shape holds as many places as asked for."""
EXIT_ROUNDS = 20
"""Of halving the time in which a tracer leaves its inlet: microseconds are left."""


def count_of(spec: SceneSpec) -> dict[int, int]:
    """How many tracers each body of gas has, by its index."""
    assert spec.grid is not None
    volumes = {
        k: build(body.shape).volume
        for k, body in enumerate(spec.bodies)
        if body.form == "particles"
    }
    total = np.prod(spec.grid.cells) / CELLS_A_TRACER / sum(volumes.values())
    return {k: max(round(total * volume), 1) for k, volume in volumes.items()}


def filling(
    body: Body, solid: Solid, count: int, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, "N 3"], float]:
    """Places evenly spread in a body at t = 0 [m], and the distance between them [m]."""
    spacing = (solid.volume / count) ** (1 / 3)
    low, high = solid.mesh.vertices.min(0), solid.mesh.vertices.max(0)
    for attempt in range(TRIES):
        step = spacing * 0.97**attempt
        axes = [np.arange(a + 0.5 * step, b, step) for a, b in zip(low, high, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        points += JITTER * step * (rng.random(points.shape) - 0.5)
        depth = np.min([part.signed_distance(points) for part in solid.parts], axis=0)
        inside = np.flatnonzero(depth < 0.0)
        if len(inside) >= count:
            chosen = np.sort(rng.permutation(inside)[:count])
            turn = Rotation.from_quat(body.quaternion, scalar_first=True)
            return turn.apply(points[chosen]) + body.position, spacing
    raise SceneError(
        f"Body {body.name!r} has no room for {count} tracers; make it thicker or its grid coarser."
    )


def exits(
    body: Body, solid: Solid, places: Float64[np.ndarray, "N 3"], seconds: float
) -> Float64[np.ndarray, " N"]:
    """When each tracer of a convex inlet has left its shape [s]; 0 for a body at rest."""
    leaves = np.zeros(len(places))
    if not is_inlet(body):
        return leaves
    turn = Rotation.from_quat(body.quaternion, scalar_first=True).inv()
    start, speed = turn.apply(places - body.position), turn.apply(np.array(body.linear_velocity))
    longest = min(2.0 * seconds, 2.0 * solid.bounding_radius / float(np.linalg.norm(speed)))
    inside, outside = leaves.copy(), np.full(len(places), longest)
    for _ in range(EXIT_ROUNDS):
        leaves = 0.5 * (inside + outside)
        at = start + leaves[:, None] * speed
        is_in = np.min([part.signed_distance(at) for part in solid.parts], axis=0) < 0.0
        inside, outside = np.where(is_in, leaves, inside), np.where(is_in, outside, leaves)
    return outside


class Tracers:
    """All tracers of a scene."""

    def __init__(self, spec: SceneSpec, flow: Flow) -> None:
        self.spec, self.flow = spec, flow
        self.low = np.array(spec.grid.low) if spec.grid else np.zeros(3)
        self.cell = flow.cell
        self.counts = count_of(spec)
        seconds = spec.num_frames / spec.fps
        places, radii, leaves, speeds = [], [], [], []
        for index, count in self.counts.items():
            body, solid = spec.bodies[index], build(spec.bodies[index].shape)
            rng = np.random.default_rng([spec.seed, index])
            some, spacing = filling(body, solid, count, rng)
            places.append(some)
            radii.append(np.full(count, RADIUS * spacing))
            leaves.append(exits(body, solid, some, seconds))
            speeds.append(np.tile(body.linear_velocity, (count, 1)))
        self.radii = np.concatenate(radii)
        self._leaves = np.concatenate(leaves)
        self._speeds = np.concatenate(speeds)
        self._owner = np.repeat(list(self.counts), list(self.counts.values()))
        self._masses = self._shares()
        self._x, self._inlet = (_flat(3 * len(self.radii)) for _ in range(2))
        self._release, self._seen = _flat(len(self.radii)), _flat(4 * len(self.radii))
        self._release.from_numpy(self._leaves.astype(np.float32))
        self._inlet.from_numpy(self._speeds.astype(np.float32).ravel())
        bodies = spec.bodies
        rigid = [k for k, body in enumerate(bodies) if body.form == "rigid"]
        self._walls = [k for k in rigid if not is_flame(bodies[k])]
        obstacles = [bodies[k] for k in self._walls]
        self._parts: Parts | None = None
        if obstacles:
            solids = [build(body.shape) for body in obstacles]
            self._parts = collision_parts(replace(spec, bodies=tuple(obstacles)), solids)
        self.contacts: list[RawContact] = []
        """With bodies that held tracers back since the list was emptied."""
        start = np.concatenate(places)
        self._put(self._beside_walls(start, start, 0.0, 0.0))

    def move(self, now: float, seconds: float) -> None:
        """Carry all by the flow's last step."""
        flow, before = self.flow, self.places()
        kernels.drift(
            self._x,
            self._release,
            self._inlet,
            *flow.before,
            *flow.velocities,
            now,
            seconds,
            self.cell,
            *flow.layout.cells,
        )
        self._put(self._beside_walls(self.places(), before, now + seconds, seconds))

    def places(self) -> Float64[np.ndarray, "N 3"]:
        """Of all tracers [m]."""
        return self.low + self.cell * self._x.to_numpy().reshape(-1, 3).astype(np.float64)

    def look(self, now: float) -> tuple[Float64[np.ndarray, "N 3"], Float64[np.ndarray, " N"]]:
        """Velocities [m/s] and temperatures [K] of all."""
        flow = self.flow
        kernels.look(self._x, *flow.velocities, flow.heat, self._seen, *flow.layout.cells)
        seen = self._seen.to_numpy().reshape(-1, 4).astype(np.float64)
        waits = self._leaves > now
        speeds = np.where(waits[:, None], self._speeds, seen[:, :3])
        own = np.array([self._own_temperature(k) for k in self.counts])
        temperatures = self.spec.air_temperature + seen[:, 3]
        repeated = np.repeat(own, list(self.counts.values()))
        return speeds, np.where(waits, repeated, temperatures)

    def of(self, index: int) -> slice:
        """Rows of the tracers of a body."""
        rows = np.flatnonzero(self._owner == index)
        return slice(int(rows[0]), int(rows[-1]) + 1)

    def _own_temperature(self, index: int) -> float:
        thermal = self.spec.bodies[index].thermal
        return thermal.temperature if thermal else self.spec.air_temperature

    def _shares(self) -> Float64[np.ndarray, " N"]:
        """Mass of the gas that each tracer stands for [kg]."""
        masses = [
            self.spec.bodies[k].substance.density * build(self.spec.bodies[k].shape).volume / count
            for k, count in self.counts.items()
        ]
        return np.repeat(masses, list(self.counts.values()))

    def _put(self, places: Float64[np.ndarray, "N 3"]) -> None:
        self._x.from_numpy(((places - self.low) / self.cell).astype(np.float32).ravel())

    def _beside_walls(
        self,
        places: Float64[np.ndarray, "N 3"],
        before: Float64[np.ndarray, "N 3"],
        now: float,
        seconds: float,
    ) -> Float64[np.ndarray, "N 3"]:
        """Out of bodies and closed sides, by their radius; adds to `contacts`."""
        gaps = np.where(self._leaves > now, -1.0, self.radii)
        kept = np.where((gaps < 0)[:, None], places, self._inside(places))
        if self._parts is None:
            return kept
        self._lead(now)
        owners, free = np.empty(len(places), np.int64), kept.copy()
        keep_out(self._parts, kept, before, gaps, owners)
        if seconds:
            self._touch(owners, kept, kept - free, seconds)
        return kept

    def _inside(self, places: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "N 3"]:
        assert self.spec.grid is not None
        kept, grid, high = places.copy(), self.spec.grid, np.array(self.spec.grid.high)
        for axis, letter in enumerate("xyz"):
            if f"-{letter}" not in grid.open_sides:
                kept[:, axis] = np.maximum(kept[:, axis], self.low[axis] + self.radii)
            if f"+{letter}" not in grid.open_sides:
                kept[:, axis] = np.minimum(kept[:, axis], high[axis] - self.radii)
        return kept

    def _lead(self, now: float) -> None:
        """Put the parts of led bodies where they are."""
        parts = self._parts
        assert parts is not None
        for number, index in enumerate(self._walls, 1):
            body = self.spec.bodies[index]
            if body.path is None:
                continue
            pose = led(body, np.array([now]))[0][0]
            turn = Rotation.from_quat(pose[3:], scalar_first=True).as_matrix()
            for p in np.flatnonzero(parts.owner == number):
                parts.place[p] = pose[:3] + turn @ parts.place_in_body[p]
                parts.turn[p] = turn @ parts.turn_in_body[p]

    def _touch(
        self,
        owners: Int64[np.ndarray, " N"],
        places: Float64[np.ndarray, "N 3"],
        pushes: Float64[np.ndarray, "N 3"],
        seconds: float,
    ) -> None:
        """One contact of each gas with each body that held it back."""
        away = np.linalg.norm(pushes, axis=1)
        for wall in np.unique(owners[owners >= 0]):
            for gas in self.counts:
                rows = np.flatnonzero((owners == wall) & (self._owner == gas) & (away > 0))
                push = (self._masses[rows, None] * pushes[rows] / seconds).sum(0)
                size = float(np.linalg.norm(push))
                if size > 0.0:
                    weights = self._masses[rows] * away[rows]
                    middle = np.average(places[rows], axis=0, weights=weights)
                    other = self._walls[wall - 1] + 1 if wall > 0 else 0
                    row = (gas + 1, other, *middle, *(push / size), size, 0.0)
                    self.contacts.append(row)


def _flat(size: int) -> ti.Ndarray:
    return ti.ndarray(ti.f32, shape=(size,))
