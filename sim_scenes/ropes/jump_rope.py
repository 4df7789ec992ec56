"""Two hands turn a long rope: it rises, swings over and brushes the floor."""

import numpy as np

from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_sign, in_words, pick, sentence
from ..filming import Shot, corners
from ..rigging import a_rope, handle, motion_seconds
from ..rope_materials import NOUNS
from ..rope_shapes import catenary, laid
from ..staging import stage

SPLIT = "held_out"
SOLVER = Solver(name="rope", rate=1920)  # [Hz]
CONVERGENCE = (0.8, 0.02)  # [s], [m]

SPAN = (1.7, 2.3)  # between the hands [m]
SLACK = (1.3, 1.5)  # length of the rope over the span [1]: a sag of a third to a half of it
RADIUS = (0.007, 0.011)  # [m]
ROPES = ("cotton", "nylon", "climbing", "hemp")
TURNS = (1.2, 1.7)  # per second, after half a turn [Hz]; skippers turn at 1.5 to 2
CIRCLE = (0.10, 0.18)  # radius that the hands describe [m]
CLEARANCE = (-0.02, 0.06)  # of the rope's lowest point when the hands are lowest [m]
START = 0.5  # the hands speed up evenly for so long [s]
KEYS_PER_TURN = 12  # of the hands' path: a spline through them leaves the circle by 1e-4 of it
SPACING = 4.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "green mat", "brick paving", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The hands lie along x and circle together in planes across it, from their lowest point."""
    span, made, radius = draw(rng, SPAN), pick(rng, ROPES), draw(rng, RADIUS)
    circle, turns, way = draw(rng, CIRCLE), draw(rng, TURNS, 2), draw_sign(rng)
    half = span / 2
    hanging = catenary((-half, 0.0, 0.0), (half, 0.0, 0.0), span * draw(rng, SLACK))
    sag = -float(hanging[:, 2].min())
    low = sag + radius + max(draw(rng, CLEARANCE), 0.001)
    points = laid(np.add(hanging, (0.0, 0.0, low)), SPACING * radius)
    seconds = motion_seconds(preset)
    path = _circling(circle, turns, way, seconds)
    rope, hands, ties = a_rope(rng, "rope", points, radius, made), [], []
    for index, side in enumerate((-1.0, 1.0)):
        inward = np.array([-side, 0.0, 0.0])
        hand = handle(rng, f"hand_{index + 1}", points[-index], inward, radius, path)
        hands.append(hand)
        ties.append(Tie(body="rope", point=-index, holder=hand.name))
    reach, swing = half + 0.18, sag + circle
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[rope, *hands],
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, -0.6 * swing, 0.0), (reach, 0.6 * swing, low + circle + swing)),
            azimuth=pick(rng, ((45.0, 135.0), (-135.0, -45.0))),
            elevation=(3.0, 16.0),
        ),
        caption=sentence(
            f"{in_words(2, 'hand')} turn a {NOUNS[made]} of {span:.1f} m span "
            f"{turns:.1f} times a second over {{floor}}."
        ),
    )


def _circling(radius: float, turns: float, way: int, seconds: float) -> Path:
    """Round and round from the lowest point, speeding up evenly at first; beyond the clip's end."""
    full = 2 * np.pi * turns
    last = full * (seconds + 0.2 - START / 2)
    angles = np.arange(0.0, last, 2 * np.pi / KEYS_PER_TURN)
    ramp = full * START / 2
    times = np.where(angles < ramp, np.sqrt(2 * angles * START / full), START / 2 + angles / full)
    shifts = [
        (0.0, round(way * radius * float(np.sin(a)), 6), round(radius * float(1 - np.cos(a)), 6))
        for a in angles
    ]
    return Path(times=tuple(round(float(t), 6) for t in times), shifts=tuple(shifts))
