"""Gears, hooks, mugs, letters and other hollow or branched things fall on each other and catch."""

from collections import Counter

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_direction,
    any_rotation,
    chance,
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    sentence,
    with_article,
)
from ..filming import Shot, around
from ..materials import surface
from ..pouring import entering, stacked
from ..solids import CONCAVE, draw_solid
from ..staging import body, drawn_at, reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=1440)  # [Hz]; impacts at 4 m/s overlap by 3 mm
CONVERGENCE = (0.15, 0.002)  # just after the first impacts: 0.3 mm at most measured [s, m]

NUM_BODIES = (8, 12)
SIZE = (0.085, 0.12)  # radius of the sphere around a body, to a fifth [m]
BOWL_SHARE = 0.5  # of the clips: into a large bowl; the others fall between upright pegs
BOWL = (0.36, 0.42)  # radius [m]
BOWL_WALL = 0.06  # over its radius [1]
BOWL_MATERIALS = ("oak", "pine", "painted wood", "plastic", "ceramic", "brass")
NUM_PEGS = (6, 10)
PEG_RADIUS = (0.011, 0.016)  # [m]
PEG_HEIGHT = (0.13, 0.2)  # [m]
PEG_MATERIALS = ("oak", "painted wood", "brass", "steel")
PEG_SPREAD = 0.088  # of a sunflower's spiral: mean distance 1.7 times as large [m]
LOWEST = (0.04, 0.12)  # free height under the first body [m]; contact after 0.1 to 0.25 s
GAP = (0.0, 0.04)  # free height between bodies above each other [m]
COLUMN = (0.16, 0.21)  # distance of the bodies' places from the axis of the pile [m]
PER_TURN = (4, 5)  # bodies of a turn around the axis
SWING = 20.0  # standard deviation of their headings [deg]
DOWN = (0.0, 0.6)  # speed at the start [m/s]
INWARD = (0.1, 0.4)  # [m/s]
SPIN = (0.0, 6.0)  # [rad/s]
TOO_LIVELY = ("rubber", "glass", "steel")  # bounce out of a pile instead of catching in it
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "green mat")
ENTRY = 0.55  # of the height of the column is in the picture: the others fall into it [1]
GOLDEN_ANGLE = np.pi * (3 - 5**0.5)  # [rad]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The bodies start on a spiral around a vertical axis, apart in any orientation."""
    count = draw_count(rng, NUM_BODIES)
    catching, where = (_bowl if chance(rng, BOWL_SHARE) else _pegs)(rng)
    top = max(float(around([item])[:, 2].max()) for item in catching)
    bodies, nouns = _spiral(rng, count, top + draw(rng, LOWEST))
    common = [in_words(number, noun) for noun, number in Counter(nouns).most_common(3)]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, *catching],
        floor=pick(rng, FLOORS),
        shot=Shot(points=entering([*bodies, *catching], ENTRY), elevation=(14.0, 38.0)),
        caption=sentence(
            f"a shower of {in_words(count, 'body')} with holes, hooks and prongs, among them "
            f"{listed(common)}, piles up {where} on {{floor}}."
        ),
    )


def _spiral(rng: np.random.Generator, count: int, bottom: float) -> tuple[list[Body], list[str]]:
    """Each body just above those before it, and what they are."""
    drawn = [draw_solid(rng, draw(rng, SIZE), CONCAVE, without=TOO_LIVELY) for _ in range(count)]
    turn = 360.0 / draw_count(rng, PER_TURN)
    swing = SWING * rng.normal(size=count)
    headings = np.radians(draw(rng, (0.0, 360.0)) + turn * np.arange(count) + swing)
    out = np.column_stack([np.cos(headings), np.sin(headings)])
    places = np.array([[draw(rng, COLUMN)] for _ in range(count)]) * out
    centres = stacked(rng, [reach(one[1]) for one in drawn], places, bottom=bottom, gap=GAP)
    bodies = [
        body(
            f"{noun.replace(' ', '_')}_{index}",
            solid,
            material,
            look,
            at=centres[index],
            rotation=any_rotation(rng),
            velocity=(*(-draw(rng, INWARD) * out[index]), -draw(rng, DOWN)),
            spin=any_direction(rng) * draw(rng, SPIN),
        )
        for index, (noun, solid, material, look) in enumerate(drawn)
    ]
    return bodies, [one[0] for one in drawn]


def _bowl(rng: np.random.Generator) -> tuple[list[Body], str]:
    """A bowl that stands on the floor, and where that is."""
    material = pick(rng, BOWL_MATERIALS)
    solid = shape("bowl", radius=draw(rng, BOWL), wall_share=BOWL_WALL)
    look = surface(rng, material, reach(solid))
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    bowl = body("bowl", solid, material, look, at=at, rotation=rotation, is_static=True)
    return [bowl], f"in {with_article(f'large {material} bowl')}"


def _pegs(rng: np.random.Generator) -> tuple[list[Body], str]:
    """Upright bars, spread like the seeds of a sunflower, and where that is."""
    count, material = draw_count(rng, NUM_PEGS), pick(rng, PEG_MATERIALS)
    look = surface(rng, material, PEG_HEIGHT[1])
    half = draw(rng, PEG_HEIGHT) / 2
    solid = shape("prism", sides=12, radius=draw(rng, PEG_RADIUS), half_height=half)
    start = draw(rng, (0.0, 2 * np.pi))
    pegs = []
    for index in range(count):
        turn, out = start + index * GOLDEN_ANGLE, PEG_SPREAD * np.sqrt(index + 0.5)
        at = (out * np.cos(turn), out * np.sin(turn), half)
        pegs.append(body(f"peg_{index}", solid, material, look, at=at, is_static=True))
    return pegs, f"between {in_words(count, f'{material} peg')}"
