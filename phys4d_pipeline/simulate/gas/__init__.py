"""SceneSpec -> States of gas that hot bodies make rise: flow on a grid, seen by tracers in it.

The flow is that of Boussinesq: one density but for weight, which follows the temperature. Bodies
are rough (gas at their surface is at rest), sides of the grid smooth. What a scene says in which
words: `setting`; how a step goes: `flow`; what is drawn: `tracers`.
"""

import math

import numpy as np

from ...kernels import start, ti
from ...scene import SceneSpec
from ...states import States
from ..recorder import Recorder
from .flow import Flow
from .medium import Medium, grid_of, is_flame, is_inlet, medium_of
from .setting import Surroundings
from .tracers import Tracers
from .unrest import swirls

VERSION = f"gas-1 taichi {ti.__version__}"
TAKES = {"particles", "heat", "paths"}
OVERLAP_STEPS = 0
"""Bodies that meet in this solver are led or fixed: they may not overlap at all."""

CELLS_A_STEP = 2.0
"""That the fastest gas is expected to cross in a step [1]."""
RISE = 0.35
"""Speed of a rising plume over that of a parcel that nothing holds back [1]."""
SHEAR = 1 / 8
"""Diffusivity * step / cell^2 at most [1]: beyond 1/6 explicit steps blow up."""
PLUME = 1.0
"""Speed at the root of a plume, over (power * gravity / (heat capacity * T * cell))^(1/3) [1]."""


def steps_per_frame(spec: SceneSpec) -> int:
    """At least as many as the solver's rate asks for; more for fast gas in small cells."""
    grid, medium = grid_of(spec), medium_of(spec)
    crossed = _speed(spec, medium) / spec.fps / (CELLS_A_STEP * grid.cell)
    spread = max(medium.viscosity, medium.diffusivity) / spec.fps / (SHEAR * grid.cell**2)
    return max(spec.solver.rate // spec.fps, math.ceil(crossed), math.ceil(spread))


def _speed(spec: SceneSpec, medium: Medium) -> float:
    """What the gas may reach [m/s]."""
    grid, strength = grid_of(spec), float(np.linalg.norm(spec.gravity))
    fastest = float(np.linalg.norm(grid.wind))
    rise = 0.0
    for body in spec.bodies:
        if is_inlet(body):
            fastest = max(fastest, float(np.linalg.norm(body.linear_velocity)))
        if body.thermal is None:
            continue
        warmer = abs(body.thermal.temperature - spec.air_temperature)
        height = grid.cell * max(grid.cells)
        if body.form == "particles" or body.thermal.is_held:
            light = medium.lightness(warmer)
            rise = max(rise, RISE * math.sqrt(2.0 * strength * light * height))
        if is_flame(body) or body.thermal.power:
            flux = body.thermal.power * medium.expansion * strength / medium.heat_capacity
            rise = max(rise, PLUME * (flux / grid.cell) ** (1 / 3))
    return fastest + rise


def run(spec: SceneSpec) -> States:
    """Simulate a scene.

    Raises:
        SceneError: If it has no grid, or what is in it is no gas among led or fixed bodies.
        SimulationError: If the gas outruns the steps, or the pressure finds no solution.
    """
    start()
    grid, medium = grid_of(spec), medium_of(spec)
    surroundings = Surroundings(spec, medium)
    is_open = [side in grid.open_sides for side in ("-x", "+x", "-y", "+y", "-z", "+z")]
    flow = Flow(
        surroundings.layout,
        grid.cell,
        medium,
        spec.gravity,
        surroundings.at(0.0),
        is_open,
        grid.wind,
    )
    swirl = swirls(grid.cells, grid.cell, grid.unrest, np.random.default_rng([spec.seed]))
    speeds = [field + np.float32(wind) for field, wind in zip(swirl, grid.wind, strict=True)]
    flow.begin(speeds, surroundings.warmth())
    tracers = Tracers(spec, flow)
    recorder = Recorder(spec, VERSION)
    for index in tracers.counts:
        recorder.set_radii(index, tracers.radii[tracers.of(index)])
    steps = steps_per_frame(spec)
    seconds = 1.0 / (spec.fps * steps)
    for frame in range(spec.num_frames):
        for step in range(steps if frame else 0):
            now = (frame - 1) / spec.fps + step * seconds
            if surroundings.changes:
                flow.set(surroundings.at(now + seconds))
            flow.step(seconds)
            tracers.move(now, seconds)
        _record(recorder, tracers, frame / spec.fps)
    return recorder.states()


def _record(recorder: Recorder, tracers: Tracers, now: float) -> None:
    poses, velocities = recorder.led(now)
    places, (speeds, temperatures) = tracers.places(), tracers.look(now)
    rows = {index: tracers.of(index) for index in tracers.counts}
    warm = {index: temperatures[row] for index, row in rows.items()}
    for index, body in enumerate(recorder.spec.bodies):
        if body.form == "rigid" and body.thermal:
            warm[index] = np.array([body.thermal.temperature])
    recorder.add_contacts(tracers.contacts)
    tracers.contacts.clear()
    recorder.add_frame(
        poses,
        velocities,
        points={index: places[row] for index, row in rows.items()},
        point_velocities={index: speeds[row] for index, row in rows.items()},
        temperatures=warm,
    )
