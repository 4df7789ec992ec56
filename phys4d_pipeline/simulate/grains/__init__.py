"""SceneSpec -> States of grains, each a rigid sphere that rolls and rubs, among rigid bodies.

Discrete elements (Cundall and Strack 1979) in explicit steps: contacts are springs and dampers that
only push, with a tangential spring that slips at Coulomb's limit, and a moment against rolling.
Bodies are those of the rope solver: static, led, free or on hinges, pushed back by what they push.

Springs are as stiff as `Solver.rate` can follow: a sphere that comes at speed v sinks in by
v * OVERLAP_STEPS / rate, grains under a column by 2 g / (CONTACT_SHARE * rate)^2 for each above.
At 24000 Hz: 0.2 mm per m/s, 1 % of the radius of grains of 5 mm under a heap 30 cm high.
"""

from importlib.metadata import version

import numpy as np

from ...errors import SceneError, SimulationError
from ...scene import SceneSpec
from ...states import States
from ..recorder import Recorder
from ..world.contact_law import TANGENTIAL
from ..world.led import Led
from ..world.neighbours import BARE_SKIN, no_pairs
from ..world.pair_laws import CONTACT_SHARE, CONTACT_STIFFNESS, OVERLAP_STEPS
from ..world.recording import motion_of_bodies, taken_contacts
from ..world.start import world_of
from .kernels import advance, listed, push_all
from .model import Worst
from .neighbours import nothing_near
from .start import grains_of, raise_unless_able, softened

__all__ = [
    "CONTACT_STIFFNESS",
    "OVERLAP_STEPS",
    "TAKES",
    "TANGENTIAL",
    "VERSION",
    "run",
    "steps_per_frame",
]
VERSION = f"grains-2 numba-{version('numba')}"
TAKES = frozenset({"particles", "paths", "joints"})
SKIN = 0.3
"""Neighbours are listed up to this share of the median radius apart."""
USUAL = 0.75
"""Share of the grains that look for others in adjacent cells only."""
SUNK_START = 0.02
"""A grain may start this share of its radius inside others."""
MOST_OVERLAP = 0.5
"""Over the smaller radius: beyond, grains would pass through each other [1]."""
MOST_TRAVEL = 0.25
"""Way of a grain in one step over its radius: beyond, contacts would be missed [1]."""


def run(spec: SceneSpec) -> States:
    """Simulate in float64, serially.

    Raises:
        SceneError: If the scene asks for what the solver lacks, or grains start inside something.
        SimulationError: If grains overlap or travel too far in a step, or leave the world.
    """
    recorder = Recorder(spec, VERSION)
    raise_unless_able(spec, recorder.solids)
    return _Simulation(spec, recorder).run()


def steps_per_frame(spec: SceneSpec) -> int:
    """As many as the solver rate asks for: it sets how stiff grains are."""
    return spec.solver.rate // spec.fps


class _Simulation:
    """The loop over frames; the steps of a frame are one call."""

    def __init__(self, spec: SceneSpec, recorder: Recorder) -> None:
        self.spec, self.recorder = spec, recorder
        self.steps = steps_per_frame(spec)
        self.step_s = 1 / spec.fps / self.steps
        world, self.parts = world_of(
            spec, recorder.solids, recorder.masses, self.step_s, CONTACT_SHARE * spec.solver.rate
        )
        is_grain = np.array([False, *(body.form == "particles" for body in spec.bodies)])
        self.world = world._replace(laws=softened(world.laws, is_grain))
        self.grains, self.spans = grains_of(spec, recorder.solids)
        for index, span in self.spans.items():
            recorder.set_radii(index, self.grains.radius[span])
        self.worst = Worst(np.zeros(1), np.zeros(1))
        radius = self.grains.radius if len(self.grains.radius) else np.array([BARE_SKIN])
        self.skin = SKIN * float(np.median(radius))
        self.cell = 2 * float(np.quantile(radius, USUAL)) + self.skin
        self.led = Led(spec, self.step_s, self.steps)

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        world, parts, grains = self.world, self.parts, self.grains
        empty = nothing_near(len(grains.mass))
        lists = no_pairs(), empty, empty
        lists = listed(world, parts, grains, lists, self.skin, self.cell)
        push_all(world, parts, grains, lists, self.worst, self.step_s)
        self._raise_if_sunk()
        world.tally.touch[:] = 0.0
        world.tally.work[:] = 0.0
        self._record()
        for frame in range(1, self.spec.num_frames):
            led = self.led.before(frame)
            lists = advance(
                world, parts, grains, lists, self.worst, self.skin, self.cell, self.step_s, *led,
            )  # fmt: skip
            self._raise_if_diverged(frame)
            self._record()
        return self.recorder.states()

    def _raise_if_sunk(self) -> None:
        """Grains that start inside something would be thrown out of it."""
        overlap = float(self.worst.overlap[0])
        if overlap > SUNK_START:
            raise SceneError(
                f"Scene {self.spec.category}/{self.spec.family} seed {self.spec.seed}: grains "
                f"start {100 * overlap:.3g} % of their radius inside others or a body, at most "
                f"{100 * SUNK_START:g} % are taken. Move them apart."
            )

    def _raise_if_diverged(self, frame: int) -> None:
        for what, value, bound in (
            ("overlap by", float(self.worst.overlap[0]), MOST_OVERLAP),
            ("travel in a step", float(self.worst.travel[0]), MOST_TRAVEL),
        ):
            if not value <= bound:
                raise SimulationError(
                    f"{self.spec.category}/{self.spec.family} seed {self.spec.seed}: grains "
                    f"{what} {value:.3g} of a radius before frame {frame}, more than {bound:g} "
                    f"({VERSION}). Raise the solver rate ({self.spec.solver.rate} Hz) or lower "
                    "their speed."
                )
        self.worst.overlap[:] = 0.0

    def _record(self) -> None:
        grains = self.grains
        self.recorder.add_contacts(taken_contacts(self.world.tally))
        self.recorder.add_frame(
            *motion_of_bodies(self.recorder, self.world.bodies),
            points={k: grains.place[span] for k, span in self.spans.items()},
            point_velocities={k: grains.speed[span] for k, span in self.spans.items()},
            work=float(self.world.tally.work[0]),
        )
