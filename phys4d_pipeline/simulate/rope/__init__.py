"""SceneSpec -> States of ropes and rigid bodies that pull and push each other, in explicit steps.

A rope is a chain of points with springs against stretching and bending (rods.py) and is round:
segments of the same rope, of others, and of bodies push each other apart, with friction. Steps are
as short as the stiffest spring needs; `Solver.rate` is a lower bound of their number and sets how
stiff contacts are: they sink in by what is travelled in OVERLAP_STEPS steps of that rate.

What serves (a rope of radius r):
- spacing of points: r to 4 r; up to 2 r for coils, heaps and knots, 4 r to 8 r for bridges;
- youngs_modulus: so that strain stays under 0.5 %: 200 to 400 times the largest stress, which is
  the tension over pi r^2; a step is at most about 0.6 spacing / sqrt(youngs_modulus / density);
- bending_modulus: 1e5 to 1e7 Pa for strands that slide; above youngs_modulus only for rods;
- damping: 1e-3 to 2e-2 s. That of stretching is free; that of bending asks for steps shorter than
  spacing^4 density / (5 r^2 bending_modulus damping), which only stiff rods notice;
- Solver.rate: 24000 to 48000 Hz, the upper end for r under 5 mm or speeds above 4 m/s.
"""

from importlib.metadata import version

import numpy as np

from ...errors import SceneError
from ...motion.rods import Rod, rod
from ...scene import SceneSpec
from ...states import States
from ..recorder import Recorder
from ..world.contact_law import TANGENTIAL
from ..world.forces import add_forces
from ..world.hinges import joint_faults
from ..world.led import Led
from ..world.neighbours import BARE_SKIN, listed, no_pairs
from ..world.pair_laws import CONTACT_SHARE, CONTACT_STIFFNESS, OVERLAP_STEPS
from ..world.recording import motion_of_bodies, taken_contacts
from ..world.stability import longest_step
from ..world.start import highest_frequencies, world_of
from .steps import advance

__all__ = [
    "CONTACT_STIFFNESS",
    "OVERLAP_STEPS",
    "TAKES",
    "TANGENTIAL",
    "VERSION",
    "run",
    "steps_per_frame",
]
ABLE = ("rigid", "rope")
VERSION = f"rope-2 numba-{version('numba')}"
TAKES = frozenset({"rope", "ties", "paths", "joints"})
ELASTIC_SHARE = 0.4
"""Of the stable step that stretching and bending may use; contacts and ties need the rest."""
SKIN = 0.5
"""Neighbours are listed up to this share of the thickest rope's diameter apart."""
MOST_STEPS = 500_000
"""Per second [Hz]: a rope of 100 points then takes ten seconds for one."""
SUNK_START = 0.1
"""A rope may start this share of its diameter inside others: contacts part them within a frame."""


def run(spec: SceneSpec) -> States:
    """Simulate in float64, serially.

    Raises:
        SceneError: If the scene has joints other than hinges to the world without limits and
            motors, or couplings.
        SimulationError: If a body leaves the world.
    """
    _raise_unless_able(spec)
    return _Simulation(spec, Recorder(spec, VERSION)).run()


def steps_per_frame(spec: SceneSpec) -> int:
    """As many as the stiffest rope needs, and the solver rate asks for."""
    rods = [rod(body) for body in spec.bodies if body.form == "rope"]
    stable = min([stable_step(one) for one in rods], default=np.inf)
    count = max(spec.solver.rate // spec.fps, int(np.ceil(1 / spec.fps / stable)))
    if count * spec.fps > MOST_STEPS:
        raise SceneError(
            f"The stiffest rope asks for {count * spec.fps} steps per second, at most {MOST_STEPS} "
            "are taken. Lower its youngs_modulus, its bending_modulus or its damping, or give it "
            "fewer segments."
        )
    return count


def stable_step(one: Rod) -> float:
    """Of a chain with nothing else attached [s]; its highest frequencies by sums of rows."""
    stretching, bending = highest_frequencies(one)
    rate = one.damping * bending**2 / 2
    return longest_step(stretching**2 + bending**2, rate, ELASTIC_SHARE)


def _raise_unless_able(spec: SceneSpec) -> None:
    """Collect what the solver has no law for."""
    faults = joint_faults(spec)
    faults += [
        f"a {body.form} body, {body.name!r}" for body in spec.bodies if body.form not in ABLE
    ]
    if faults:
        raise SceneError(
            f"Solver 'rope' cannot take {'; '.join(faults)}. It has hinges to the world without "
            "limits and motors, one per body; lead a body along a path instead."
        )


class _Simulation:
    """The loop over frames; the steps of a frame are one call."""

    def __init__(self, spec: SceneSpec, recorder: Recorder) -> None:
        self.spec, self.recorder = spec, recorder
        self.steps = steps_per_frame(spec)
        self.step_s = 1 / spec.fps / self.steps
        self.world, self.parts = world_of(
            spec, recorder.solids, recorder.masses, self.step_s, CONTACT_SHARE * spec.solver.rate
        )
        self.thickest = 2 * float(self.world.chains.radius.max(initial=0.0))
        self.skin = SKIN * self.thickest or BARE_SKIN
        self.ropes = [k for k, body in enumerate(spec.bodies) if body.form == "rope"]
        self.led = Led(spec, self.step_s, self.steps)

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        world, parts = self.world, self.parts
        lists = listed(world, parts, (no_pairs(), no_pairs(), no_pairs()), self.skin)
        add_forces(world, parts, lists, 0.0, self.step_s)
        self._raise_if_sunk()
        world.tally.touch[:] = 0.0
        world.tally.work[:] = 0.0
        self._record()
        for frame in range(1, self.spec.num_frames):
            begun = (frame - 1) / self.spec.fps
            led = self.led.before(frame)
            lists = advance(world, parts, lists, self.skin, begun, self.step_s, *led)
            self._record()
        return self.recorder.states()

    def _raise_if_sunk(self) -> None:
        """A rope that starts inside something would be thrown out of it."""
        names = ["the ground", *(f"{body.name!r}" for body in self.spec.bodies)]
        depths = self.world.tally.touch[:, :, 7]
        faults = []
        for index in self.ropes:
            o, one = index + 1, rod(self.spec.bodies[index])
            for other in np.flatnonzero(
                np.maximum(depths[o], depths[:, o]) > 2 * SUNK_START * one.radius
            ):
                depth = 1e3 * max(depths[o, other], depths[other, o])
                where = "itself" if other == o else names[other]
                faults.append(f"rope {names[o]} starts {depth:.3g} mm inside {where}")
        if faults:
            raise SceneError(
                f"Scene {self.spec.category}/{self.spec.family} seed {self.spec.seed}: "
                f"{'; '.join(faults)}. Move them apart, or tie the rope to what it is inside of."
            )

    def _record(self) -> None:
        world = self.world
        spans = [slice(*ends) for ends in zip(world.chains.first, world.chains.last, strict=True)]
        self.recorder.add_contacts(taken_contacts(self.world.tally))
        self.recorder.add_frame(
            *motion_of_bodies(self.recorder, self.world.bodies),
            points={k: world.points.place[span] for k, span in zip(self.ropes, spans, strict=True)},
            point_velocities={
                k: world.points.speed[span] for k, span in zip(self.ropes, spans, strict=True)
            },
            work=float(world.tally.work[0]),
        )
