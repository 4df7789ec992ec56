"""Ropes hang from a beam, are held aside and let go together."""

import numpy as np

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, draw_sign, in_words, listed, pick, sentence
from ..filming import Shot, corners
from ..rigging import a_rope, clamp, gallows
from ..rope_materials import FIBRE, NOUNS
from ..rope_shapes import laid, straight
from ..staging import stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (1.0, 0.0005)  # [s], [m]

NUM_ROPES = (2, 5)
LENGTH = (0.7, 1.2)  # [m]: periods of 1.4 to 1.8 s (2 pi sqrt(2 L / 3 g) for a small swing)
RADIUS = (0.011, 0.018)  # [m]: gym and sailing ropes of 22 to 36 mm
PULLED = (25.0, 60.0)  # from the vertical [deg]: beyond 60 a released rope folds, not swings
APART = (0.25, 0.4)  # neighbours on the beam [m]
CLEARANCE = (0.12, 0.3)  # of the longest rope over the floor [m]
SPACING = 3.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "green mat", "brick paving", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The beam runs along y, the ropes swing in planes across it."""
    count = draw_count(rng, NUM_ROPES)
    apart, side = draw(rng, APART), draw_sign(rng)
    lengths = [draw(rng, LENGTH) for _ in range(count)]
    height = max(lengths) + draw(rng, CLEARANCE) + 0.1
    angle = draw(rng, PULLED, 1)
    bodies, ties, made_of = [], [], []
    for index, length in enumerate(lengths):
        top = np.array([0.0, (index - (count - 1) / 2) * apart, height - 0.1])
        made_of.append(pick(rng, FIBRE))
        rope, radius = _rope(rng, f"rope_{index + 1}", made_of[-1], (top, length), side * angle)
        bodies += [rope, clamp(rng, f"clamp_{index + 1}", top, radius)]
        ties.append(Tie(body=rope.name, point=0))
    bodies += gallows(rng, (count - 1) / 2 * apart + 0.3, height)
    swing = max(lengths) * np.sin(np.radians(angle))
    half_width = (count - 1) / 2 * apart + 0.38
    kinds = list(dict.fromkeys(NOUNS[made] for made in made_of))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-swing, -half_width, 0.0), (swing, half_width, height + 0.08)),
            azimuth=pick(rng, ((30.0, 68.0), (112.0, 150.0), (-68.0, -30.0), (-150.0, -112.0))),
            elevation=(2.0, 18.0),
        ),
        caption=sentence(
            f"{in_words(count, 'rope')} ({listed(kinds)}) hang from a beam over {{floor}}, "
            f"are let go {angle:.0f} degrees from the vertical and swing."
        ),
    )


def _rope(
    rng: np.random.Generator, name: str, made: str, line: tuple[np.ndarray, float], angle: float
) -> tuple[Body, float]:
    """A straight rope from the top, at an angle from the vertical [deg]; and its radius [m]."""
    top, length = line
    radius = draw(rng, RADIUS)
    way = np.array([np.sin(np.radians(angle)), 0.0, -np.cos(np.radians(angle))])
    points = laid(straight(top, top + length * way), SPACING * radius)
    return a_rope(rng, name, points, radius, made), radius
