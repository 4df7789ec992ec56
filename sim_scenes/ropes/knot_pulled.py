"""A loose knot in a rope is pulled tight by two hands."""

import numpy as np

from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, in_words, pick, sentence, with_article
from ..filming import Shot, corners
from ..rigging import a_rope, handle, motion_seconds
from ..rope_materials import NOUNS, SOFT
from ..rope_shapes import figure_eight, laid, overhand
from ..staging import stage

SPLIT = "held_out"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (1.0, 0.005)  # [s], [m]

KNOTS = {"overhand knot": overhand, "figure-eight knot": figure_eight}
TIGHT = {"overhand knot": 26.0, "figure-eight knot": 36.0}
"""Rope left in the knot at the end, over the rope's radius [1]: twice what Katritch et al. 1996
give for ideal knots, since real ones jam before they are ideal."""
RADIUS = (0.008, 0.013)  # [m]
SIZE = (9.0, 12.0)  # half width of the loose knot over the rope's radius [1]
LIFT = 2.6  # distance of crossing strands over the rope's radius [1]: 2 touch
SPAN = (5.0, 6.5)  # of the hands at the start over the knot's half width [1]
ABOVE = (1.2, 1.8)  # hands above the knot over its half width [1]
HEIGHT = (0.6, 0.9)  # of the hands [m]
ENDS_AT = 0.9  # of the clip: the hands stand still [1]
SPACING = 2.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "linoleum floor", "tiled floor", "green mat")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The hands lie along x and move apart as far as the rope allows."""
    knot, made = pick(rng, tuple(KNOTS)), pick(rng, SOFT)
    radius = draw(rng, RADIUS)
    size = radius * draw(rng, SIZE)
    half, above = size * draw(rng, SPAN) / 2, size * draw(rng, ABOVE)
    height, seconds = draw(rng, HEIGHT), motion_seconds(preset)
    curve = KNOTS[knot](size, LIFT * radius, ((-half, 0.0, above), (half, 0.0, above)))
    points = laid(np.add(curve, (0.0, 0.0, height - above)), SPACING * radius)
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    apart = (length - TIGHT[knot] * radius - 2 * half) / 2  # each hand moves by
    rope = a_rope(rng, "rope", points, radius, made)
    hands, ties = [], []
    for index, side in enumerate((-1.0, 1.0)):
        times = (0.0, round(ENDS_AT * seconds, 4))
        path = Path(times=times, shifts=((0.0, 0.0, 0.0), (round(side * apart, 5), 0.0, 0.0)))
        inward = np.array([-side, 0.0, 0.0])
        hand = handle(rng, f"hand_{index + 1}", points[-index], inward, radius, path)
        hands.append(hand)
        ties.append(Tie(body="rope", point=-index, holder=hand.name))
    reach = half + apart + 0.17
    lowest = float(points[:, 2].min()) - 0.05
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
            points=corners((-reach, -0.05, lowest), (reach, 0.05, height + 0.04)),
            azimuth=pick(rng, ((50.0, 130.0), (-130.0, -50.0))),
            elevation=(5.0, 25.0),
        ),
        caption=sentence(
            f"{in_words(2, 'hand')} pull {with_article(knot)} in a {NOUNS[made]} tight over "
            "{floor}."
        ),
    )
