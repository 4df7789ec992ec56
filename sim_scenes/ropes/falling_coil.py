"""Hands lay ropes down on the floor in loops."""

import numpy as np

from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, draw_sign, in_words, listed, pick, sentence, shuffled, vec
from ..filming import Shot, corners
from ..rigging import GAP, a_rope, handle, motion_seconds
from ..rope_materials import NOUNS, SOFT
from ..rope_shapes import arc, chain, laid, straight
from ..staging import stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (1.0, 0.002)  # [s], [m]

NUM_ROPES = (1, 2)
HEIGHT = (0.75, 1.0)  # of the hand over the floor at the start [m]
LOWERED = (0.72, 0.85)  # of that height in a clip [1]
RADIUS = (0.007, 0.010)  # [m]: ropes of 14 to 20 mm
CIRCLE = (0.03, 0.05)  # radius that the hand describes [m]
LOOP = (8.0, 11.0)  # radius of a loop on the floor over the rope's radius [1]
KEYS_PER_TURN = 12  # of the hand's path
BEND = (6.0, 10.0)  # radius of the bend on the floor over the rope's radius [1]
TAIL = (0.05, 0.15)  # that lies on the floor at the start [m]
APART = (0.3, 0.4)  # ropes [m]
ENDS_AT = 0.95  # of the clip: the hands stand still [1]
SPACING = 2.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "linoleum floor", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Ropes hang side by side along y; each tail points its own way."""
    count = draw_count(rng, NUM_ROPES)
    apart, seconds = draw(rng, APART), motion_seconds(preset)
    made_of = shuffled(rng, SOFT)[:count]
    bodies, ties, tops = [], [], []
    for index, made in enumerate(made_of):
        height, name = draw(rng, HEIGHT), f"rope_{index + 1}"
        place = np.array([0.0, (index - (count - 1) / 2) * apart, 0.0])
        rope, radius = _rope(rng, name, made, place, height)
        path = _lowering(rng, draw(rng, LOWERED, 3) * height, radius, ENDS_AT * seconds)
        top = np.add(place, (0.0, 0.0, height))
        hand = handle(rng, f"hand_{index + 1}", top, np.array([0.0, 0.0, -1.0]), radius, path)
        bodies += [rope, hand]
        ties.append(Tie(body=name, point=0, holder=hand.name))
        tops.append(top[2])
    half = 0.22 + (count - 1) / 2 * apart
    kinds = [NOUNS[made] for made in made_of]
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
            points=np.concatenate(
                [
                    corners((-0.2, -half, 0.0), (0.2, half, 0.05)),
                    corners((-0.05, -half + 0.15, 0.0), (0.05, half - 0.15, max(tops) + 0.17)),
                ]
            ),
            azimuth=(0.0, 360.0) if count == 1 else pick(rng, ((-50.0, 50.0), (130.0, 230.0))),
            elevation=(8.0, 28.0),
        ),
        caption=sentence(
            f"{in_words(count, 'rope')} ({listed(kinds)}), held by "
            f"{in_words(count, 'hand')}, {'is' if count == 1 else 'are'} laid down in loops on "
            "{floor}."
        ),
    )


def _rope(
    rng: np.random.Generator, name: str, made: str, place: np.ndarray, height: float
) -> tuple[Body, float]:
    """From the hand straight down, round a bend and along the floor; and its radius [m]."""
    radius, tail = draw(rng, RADIUS), draw(rng, TAIL)
    bend, floor = radius * draw(rng, BEND), radius + GAP
    way = np.radians(draw(rng, (0.0, 360.0), 1))
    out, down = np.array([np.cos(way), np.sin(way), 0.0]), np.array([0.0, 0.0, -1.0])
    corner = np.add(place, (0.0, 0.0, floor + bend))
    middle = corner + bend * out
    curve = chain(
        straight(np.add(place, (0.0, 0.0, height)), corner),
        arc(middle, -bend * out, bend * down, 0.0, np.pi / 2),
        straight(middle + bend * down, middle + bend * down + tail * out),
    )
    return a_rope(rng, name, laid(curve, SPACING * radius), radius, made), radius


def _lowering(rng: np.random.Generator, drop: float, radius: float, seconds: float) -> Path:
    """Down in a helix: each turn pays out the rope of one loop."""
    circle, loop, way = draw(rng, CIRCLE), radius * draw(rng, LOOP), draw_sign(rng)
    turns = drop / (2 * np.pi * loop)
    share = np.linspace(0.0, 1.0, int(np.ceil(turns * KEYS_PER_TURN)) + 1)
    angle = draw(rng, (0.0, 2 * np.pi)) + way * 2 * np.pi * turns * share
    places = np.column_stack([circle * np.cos(angle), circle * np.sin(angle), -drop * share])
    return Path(
        times=tuple(round(float(part * seconds), 6) for part in share),
        shifts=tuple(vec(place - places[0]) for place in places),
    )
