"""SceneSpec -> States of cloth, skins and soft bodies with rigid bodies and ropes, explicit steps.

Membranes are linear triangles with plates' hinges (`motion.skins`), all forces gradients of
energies that no rotation changes: momentum and angular momentum stay to rounding. Vertices are
points of the ropes' world, which has their contacts with rigid bodies, ties and led bodies. Steps
are as short as the stiffest element needs; `Solver.rate` is a lower bound of their number (0.35
of it where only soft bodies have points) and sets how stiff contacts are: things sink in by what is
travelled in OVERLAP_STEPS steps of that rate.
"""

from importlib.metadata import version

import numpy as np
from jaxtyping import Float64

from ...errors import SceneError, SimulationError
from ...motion.rods import rod
from ...motion.skins import skin
from ...motion.solids import soft
from ...motion.touching import skin_touching
from ...scene import Body, SceneSpec
from ...states import States
from ..recorder import Recorder
from ..rope import SKIN as ROPE_SKIN
from ..rope import stable_step as rope_step
from ..world.contact_law import TANGENTIAL
from ..world.hinges import joint_faults
from ..world.led import Led
from ..world.neighbours import BARE_SKIN
from ..world.pair_laws import CONTACT_SHARE, CONTACT_STIFFNESS, OVERLAP_STEPS, SOFT_RATIO
from ..world.recording import motion_of_bodies, taken_contacts
from ..world.stability import longest_step
from .gas_world import PRESSED_SHARE, blown_step, pressed_frequency, raise_if_burst
from .solid_arrays import stable_step as solid_step
from .stability import skin_step
from .steps import advance, begin
from .stretching import raise_if_stretched, raise_if_torn
from .world import elastic_world

__all__ = [
    "CONTACT_STIFFNESS",
    "OVERLAP_STEPS",
    "TAKES",
    "TANGENTIAL",
    "VERSION",
    "run",
    "steps_per_frame",
]
ABLE = ("rigid", "rope", "deforming", "soft")
VERSION = f"elastic-4 numba-{version('numba')}"
TAKES = frozenset({"deforming", "soft", "rope", "ties", "paths", "joints", "wind", "gas"})
SOFT_CONTACTS = 4
"""At one node of a soft body that steps are stable with; points of sheets and ropes have ten."""
MOST_STEPS = 120_000
"""Per second [Hz]: 4,000 vertices then take a minute of computing for two seconds."""
SKIN_EDGES = 1.0
"""Neighbours of vertices are listed up to this share of their triangles' edges apart."""
SUNK_START = 0.1
"""A vertex may start this share of the distance at which it touches inside others."""


def run(spec: SceneSpec) -> States:
    """Simulate in float64, serially.

    Raises:
        SceneError: If the scene has what the solver has no law for, or a sheet starts inside
            something.
        SimulationError: If a body leaves the world, or a sheet is stretched beyond all measure.
    """
    _raise_unless_able(spec)
    return Simulation(spec, Recorder(spec, VERSION)).run()


def steps_per_frame(spec: SceneSpec) -> int:
    """As many as the stiffest body needs, and the solver rate asks for.

    Raises:
        SceneError: If that is more than MOST_STEPS per second.
    """
    is_soft = all(body.form in ("rigid", "soft") for body in spec.bodies)
    stable = {"the solver": _soft_step(spec, np.inf) if is_soft else 1 / spec.solver.rate}
    for body in spec.bodies:
        if body.form == "rope":
            stable[f"rope {body.name!r}"] = rope_step(rod(body))
        if body.form == "deforming":
            blown = body.gas is not None
            step = blown_step(body, spec.air_temperature) if blown else skin_step(skin(body))
            stable[f"skin {body.name!r}"] = step
            if (pressed := _pressed(spec, body)) > 0.0:
                stable[f"pressure in {body.name!r}"] = PRESSED_SHARE / pressed
        if body.form == "soft":
            step = solid_step(soft(body))
            stable[f"soft body {body.name!r}"] = _soft_step(spec, step) if is_soft else step
    stiffest = min(stable, key=lambda name: stable[name])
    count = int(np.ceil(1 / spec.fps / stable[stiffest] - 1e-9))
    if count * spec.fps > MOST_STEPS:
        raise SceneError(
            f"Scene {spec.category}/{spec.family} seed {spec.seed}: {stiffest} asks for "
            f"{count * spec.fps} steps per second, at most {MOST_STEPS} are taken. Lower its "
            "youngs_modulus, bending_modulus, poissons_ratio or damping, or give it fewer, more "
            "even triangles or a larger cell."
        )
    return count


def _soft_step(spec: SceneSpec, free: float) -> float:
    """Longest stable step of a soft body with SOFT_CONTACTS at a node [s].

    Frequencies and damping of both add up; elements are pressed.

    Args:
        spec: The scene.
        free: The same for the body alone, pressed (`solid_arrays.STEP_SHARE`).
    """
    contact = CONTACT_SHARE * spec.solver.rate
    square = (2 / free) ** 2 + SOFT_CONTACTS * contact**2
    return longest_step(square, SOFT_CONTACTS * SOFT_RATIO * contact)


def _pressed(spec: SceneSpec, body: Body) -> float:
    """Frequency of contacts that the gas in a body asks for [rad/s]."""
    if not body.gas:
        return 0.0
    return pressed_frequency(body, skin_touching(body, skin(body)), spec.air_temperature)


def _raise_unless_able(spec: SceneSpec) -> None:
    """Collect what the solver has no law for."""
    faults = joint_faults(spec)
    faults += [
        f"a {body.form} body, {body.name!r}" for body in spec.bodies if body.form not in ABLE
    ]
    faults += [
        f"a static {body.form} body, {body.name!r} (tie its points instead)"
        for body in spec.bodies
        if body.form != "rigid" and body.is_static
    ]
    if faults:
        raise SceneError(
            f"Solver 'elastic' cannot take {'; '.join(faults)}. It has hinges to the world without "
            "limits and motors, one per body; lead a body along a path instead."
        )


class Simulation:
    """The loop over frames; the steps of a frame are one call."""

    def __init__(self, spec: SceneSpec, recorder: Recorder) -> None:
        self.spec, self.recorder = spec, recorder
        self.steps = steps_per_frame(spec)
        self.step_s = 1 / spec.fps / self.steps
        frequency = max(
            CONTACT_SHARE * spec.solver.rate, *(_pressed(spec, body) for body in spec.bodies)
        )
        self.elastic, self.parts, self.rows = elastic_world(
            spec, recorder.solids, recorder.masses, self.step_s, frequency
        )
        self.world = self.elastic.world
        self.skin = self._skin()
        self.led = Led(spec, self.step_s, self.steps)
        self.blown = [k for k, body in enumerate(spec.bodies) if body.gas]

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        world, parts, elastic = self.world, self.parts, self.elastic
        lists = begin(elastic, parts, self.skin, self.step_s)
        self._raise_if_sunk()
        raise_if_stretched(self.spec, elastic)
        world.tally.touch[:] = 0.0
        world.tally.work[:] = 0.0
        self._record()
        for frame in range(1, self.spec.num_frames):
            begun = (frame - 1) / self.spec.fps
            led = self.led.before(frame)
            lists = advance(elastic, parts, lists, self.skin, begun, self.step_s, *led)
            raise_if_torn(self.spec, self.elastic, frame)
            self._raise_if_inverted(frame)
            self._record()
            for index in self.blown:
                places = world.points.place[self.rows[index]]
                raise_if_burst(self.spec.bodies[index], places, frame)
        return self.recorder.states()

    def _skin(self) -> float:
        """How far apart neighbours are listed [m]."""
        thickest = 2 * float(self.world.chains.radius.max(initial=0.0))
        skins, solids = self.elastic.skins, self.elastic.solids
        edges = np.append(np.sqrt(2 * skins.area), np.cbrt(6 * solids.volume))
        return (
            max(ROPE_SKIN * thickest, SKIN_EDGES * float(np.median(edges)) if len(edges) else 0.0)
            or BARE_SKIN
        )

    def _raise_if_sunk(self) -> None:
        """What starts inside something would be thrown out of it."""
        names = ["the ground", *(f"{body.name!r}" for body in self.spec.bodies)]
        depths = np.maximum(self.world.tally.touch[:, :, 7], self.world.tally.touch[:, :, 7].T)
        faults = []
        for index, rows in self.rows.items():
            o, radius = index + 1, float(self.world.points.radius[rows].max())
            faults += [
                f"{names[o]} starts {1e3 * depths[o, other]:.3g} mm inside "
                f"{'itself' if other == o else names[other]}, at most "
                f"{2e3 * SUNK_START * radius:.2g} mm are possible"
                for other in np.flatnonzero(depths[o] > 2 * SUNK_START * radius)
            ]
        if faults:
            raise SceneError(
                f"Scene {self.spec.category}/{self.spec.family} seed {self.spec.seed}: "
                f"{'; '.join(faults)}. Move them apart, or tie what is inside to its holder."
            )

    def _raise_if_inverted(self, frame: int) -> None:
        """A tetrahedron that turned inside out would stay so."""
        solids = self.elastic.solids
        if (solids.least > 0.0).all():
            return
        e = int(np.argmin(solids.least))
        corner = solids.corners[e, 0]
        body = self.spec.bodies[self.world.points.owner[corner] - 1]
        place = np.array2string(self.world.points.place[corner], precision=3)
        raise SimulationError(
            f"{self.spec.category}/{self.spec.family} seed {self.spec.seed}: a tetrahedron of soft "
            f"body {body.name!r} at {place} m was pressed to {solids.least[e]:.3g} of its volume "
            f"before frame {frame}; it must stay above 0. Raise the solver rate "
            f"({self.spec.solver.rate} Hz), let things hit it more slowly, or make it stiffer."
        )

    def _record(self) -> None:
        points = self.world.points
        self.recorder.add_contacts(taken_contacts(self.world.tally))
        self.recorder.add_frame(
            *motion_of_bodies(self.recorder, self.world.bodies),
            points={index: points.place[rows] for index, rows in self.rows.items()},
            point_velocities={index: points.speed[rows] for index, rows in self.rows.items()},
            gas=dict(zip(self.blown, self._gas(), strict=True)),
            work=float(self.world.tally.work[0]),
        )

    def _gas(self) -> Float64[np.ndarray, "C 2"]:
        """Amount [mol] and pressure [Pa] of every chamber now."""
        chambers = self.elastic.chambers
        return np.stack([chambers.amount, chambers.pressure], axis=1)
