"""SceneSpec -> States of warm solids: an engine moves them, finite volumes carry their heat.

Bodies with `thermal` hold a temperature field: conduction inside (cubes cut by the surface), film
and radiation to the air, power, contact with each other. What moves is moved by MuJoCo, heat does
not act back on it; pairs of deforming strips bend as bimetal (bimetal.py). States hold a
temperature per vertex. `Solver.rate` is that of both, at least.
"""

from dataclasses import replace
from importlib.metadata import version

import numpy as np
from jaxtyping import Float64

from ...errors import SimulationError
from ...scene import SceneSpec, Solver
from ...states import States
from .. import rigid_mujoco
from ..recorder import Recorder
from ..rigid_mujoco import CONTACT_STIFFNESS, OVERLAP_STEPS
from .bimetal import Bend, strips
from .steps import advance
from .world import World

__all__ = ["CONTACT_STIFFNESS", "OVERLAP_STEPS", "TAKES", "VERSION", "run"]
VERSION = f"heat-1 numba-{version('numba')} {rigid_mujoco.VERSION}"
TAKES: frozenset[str] = frozenset({"heat", "paths", "joints", "deforming"})
COLDEST, HOTTEST = 1.0, 1e5
"""Temperatures beyond these are no solid's [K]."""
BALANCE = 1e-6
"""Of the heat that passed, most that may be lost between the first frame and any other [1]."""


def run(spec: SceneSpec) -> States:
    """Simulate in float64, serially.

    Raises:
        SceneError: If something else than a rigid body or a bimetal strip has heat, or melts.
        SimulationError: If a temperature or the balance of heat goes astray.
    """
    return _Simulation(spec).run()


class _Simulation:
    """The loop over frames; the steps of a frame are one call."""

    def __init__(self, spec: SceneSpec) -> None:
        self.spec, self.world = spec, World(spec)
        self.recorder = Recorder(spec, VERSION)
        self.moved = _moved(spec)
        self.temperature = self.world.start.copy()
        self.ledger = np.zeros(3)
        self.bends = [Bend(self.world, pair) for pair in strips(spec)]
        self.steps = spec.solver.rate // spec.fps

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        step_s = 1 / self.spec.fps / self.steps
        poses, _ = self._motion(0)
        joined = self.world.network(poses)
        surface = self.temperature[joined.network.cell]
        for bend in self.bends:
            bend.update(self.temperature, 0.0)
        self._record(0, joined.patches(self.temperature, surface))
        for frame in range(1, self.spec.num_frames):
            joined = self.world.network(self._motion(frame)[0])
            for steps in (self.steps - 1, 1):
                converged = advance(
                    joined.network,
                    self.temperature,
                    surface,
                    self.ledger,
                    self.spec.air_temperature,
                    step_s,
                    steps,
                )
                for bend in self.bends:
                    bend.update(self.temperature, step_s)
            self._raise_if_astray(frame, converged)
            self._record(frame, joined.patches(self.temperature, surface))
        return self.recorder.states()

    def _motion(self, frame: int) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        """Poses and velocities of all bodies; strips as they start."""
        poses, velocities = self.recorder.led(frame / self.spec.fps)
        if self.moved is not None:
            rigid, states = self.moved
            poses[rigid] = states.poses[frame]
            velocities[rigid] = states.velocities[frame]
        return poses, velocities

    def _record(self, frame: int, patches: Float64[np.ndarray, " P"]) -> None:
        points, speeds = {}, {}
        for bend in self.bends:
            points |= bend.points
            speeds |= bend.speeds
        # A plane fitted to patches may reach beyond what is hottest or coldest.
        bounds = self.temperature.min(), self.temperature.max()
        heat = {
            index: one.spread(patches[one.first_patch :][: len(one.cells.wall.area)]).clip(*bounds)
            for index, one in self.world.warm.items()
        }
        work = 0.0
        if self.moved is not None:
            rigid, states = self.moved
            work = float(states.work[frame])
            self.recorder.add_contacts(_contacts(rigid, states, frame))
        self.recorder.add_frame(
            *self._motion(frame),
            points=points,
            point_velocities=speeds,
            temperatures=heat,
            work=work,
        )

    def _raise_if_astray(self, frame: int, converged: bool) -> None:
        low, high = self.temperature.min(), self.temperature.max()
        where = f"{self.spec.category}/{self.spec.family} seed {self.spec.seed}, frame {frame}"
        if not (converged and low > COLDEST and high < HOTTEST):
            raise SimulationError(
                f"{where}: temperatures of {low:.4g} to {high:.4g} K, allowed {COLDEST:g} to "
                f"{HOTTEST:g} K ({VERSION}). Lower power, or raise the solver rate "
                f"({self.spec.solver.rate} Hz)."
            )
        world = self.world
        own = ~world.is_held
        gained = float((world.capacity * (self.temperature - world.start))[own].sum())
        given, released, taken = self.ledger
        passed = float((world.capacity * np.abs(self.temperature - world.start))[own].sum())
        lost = abs(gained + given - released - taken)
        if lost > BALANCE * max(passed, abs(released), abs(given), 1e-12):
            raise SimulationError(
                f"{where}: {lost:.3g} J of {passed:.3g} J are missing, allowed {BALANCE:g} of "
                f"them ({VERSION}). Use a larger cell of the grid."
            )


def _moved(spec: SceneSpec) -> tuple[list[int], States] | None:
    """Indices and states of the rigid bodies, by the engine; None if forces move none of them."""
    rigid = [k for k, body in enumerate(spec.bodies) if body.form == "rigid"]
    if not any(spec.bodies[k].is_free for k in rigid):
        return None
    cold = replace(
        spec,
        bodies=tuple(replace(spec.bodies[k], thermal=None) for k in rigid),
        solver=Solver(name="rigid_mujoco", rate=spec.solver.rate),
    )
    return rigid, rigid_mujoco.run(cold)


def _contacts(rigid: list[int], states: States, frame: int) -> list[tuple[float | int, ...]]:
    """The engine's contacts of a frame, bodies numbered as in the whole scene."""
    numbers = [0, *(k + 1 for k in rigid)]
    contacts = states.contacts
    return [
        (
            numbers[contacts.object_a[row]],
            numbers[contacts.object_b[row]],
            *contacts.position[row].tolist(),
            *contacts.normal[row].tolist(),
            float(contacts.impulse[row]),
            float(contacts.penetration[row]),
        )
        for row in np.flatnonzero(contacts.frame == frame)
    ]
