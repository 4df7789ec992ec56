"""Two hands turn a long rope that swings over and past the floor."""

import numpy as np

from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_sign, in_words, pick, sentence
from ..filming import Shot
from ..rigging import a_rope, handle, motion_seconds, ring, turning
from ..rope_materials import NOUNS
from ..rope_shapes import catenary, laid
from ..staging import stage

SPLIT = "held_out"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (1.0, 0.002)  # [s], [m]

SPAN = (1.4, 1.9)  # between the hands [m]
SLACK = (1.3, 1.5)  # length of the rope over the span [1]: a sag of a third to a half of it
RADIUS = (0.010, 0.015)  # [m]
ROPES = ("cotton", "nylon", "climbing", "hemp")
TURNS = (1.5, 2.0)  # per second [Hz]; skippers turn at 1.5 to 2
CIRCLE = (0.08, 0.16)  # radius that the hands describe [m]
CLEARANCE = (0.002, 0.05)  # of the rope's lowest point at the start [m]
KEYS_PER_TURN = 12  # of the hands' path: a spline through them leaves the circle by 1e-4 of it
SPACING = 4.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "green mat", "brick paving", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The hands lie along x and circle together in planes across it, the rope with them."""
    span, made, radius = draw(rng, SPAN), pick(rng, ROPES), draw(rng, RADIUS)
    circle, turns, way = draw(rng, CIRCLE), draw(rng, TURNS, 2), draw_sign(rng)
    half = span / 2
    hanging = catenary((-half, 0.0, 0.0), (half, 0.0, 0.0), span * draw(rng, SLACK))
    sag = -float(hanging[:, 2].min())
    low = sag + radius + draw(rng, CLEARANCE)
    points = laid(np.add(hanging, (0.0, 0.0, low)), SPACING * radius)
    seconds = motion_seconds(preset)
    path = _circling(circle, turns, way, seconds)
    axle = np.array([0.0, 0.0, low + circle])
    rope = turning(
        a_rope(rng, "rope", points, radius, made), axle, (way * 2 * np.pi * turns, 0.0, 0.0)
    )
    hands, ties = [], []
    for index, side in enumerate((-1.0, 1.0)):
        inward = np.array([-side, 0.0, 0.0])
        hand = handle(rng, f"hand_{index + 1}", points[-index], inward, radius, path)
        hands.append(hand)
        ties.append(Tie(body="rope", point=-index, holder=hand.name))
    reach = half + 0.18
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
            points=np.concatenate(
                [
                    ring(axle, sag + circle, "x"),
                    *(ring(np.add(axle, (x, 0.0, 0.0)), circle, "x") for x in (-reach, reach)),
                ]
            ),
            azimuth=pick(rng, ((45.0, 135.0), (-135.0, -45.0))),
            elevation=(3.0, 16.0),
        ),
        caption=sentence(
            f"{in_words(2, 'hand')} turn a {NOUNS[made]} of {span:.1f} m span "
            f"{turns:.1f} times a second over {{floor}}."
        ),
    )


def _circling(radius: float, turns: float, way: int, seconds: float) -> Path:
    """Round and round, at the lowest point at t = 0; from a turn before to beyond the clip."""
    count = int(np.ceil((seconds + 0.2) * turns * KEYS_PER_TURN))
    keys = np.arange(-KEYS_PER_TURN, count + 1)
    angles = 2 * np.pi * keys / KEYS_PER_TURN
    return Path(
        times=tuple(round(float(key / (turns * KEYS_PER_TURN)), 6) for key in keys),
        shifts=tuple(
            (0.0, round(way * radius * float(np.sin(a)), 6), round(-radius * float(np.cos(a)), 6))
            for a in angles
        ),
    )
