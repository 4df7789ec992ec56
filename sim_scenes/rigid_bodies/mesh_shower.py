"""Solids of many shapes tumble into a tray."""

from collections import Counter

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_direction,
    any_rotation,
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    sentence,
    shuffled,
)
from ..filming import Shot, around, corners
from ..materials import surface
from ..solids import CONVEX, draw_solid
from ..staging import body, reach, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=2880)  # [Hz]; impacts at 4 m/s overlap by 1.2 mm
CONVERGENCE = (0.3, 0.004)  # [s], [m]: first landings

NUM_SOLIDS = (12, 24)
SIZE = (0.06, 0.1)  # radius of the sphere around a solid, about [m]
LAYER = 3  # solids on each side of a layer
LOWEST = (0.3, 0.45)  # height of the first layer [m]; contact after 0.2 to 0.3 s
LAYER_GAP = (0.02, 0.12)  # free height between layers [m]
SPREAD = (1.02, 1.15)  # pitch of a layer over the diameter of its largest solid [1]
DOWN = (0.0, 0.8)  # speed at the start [m/s]
SIDEWAYS = 0.15  # standard deviation of the speed in x and y [m/s]
SPIN = (0.0, 8.0)  # [rad/s]
TRAY_MARGIN = (0.03, 0.07)  # free floor around the layers [m]
TRAY_WALL = (0.18, 0.26)  # height [m]
TRAY_THICKNESS = 0.02  # [m]
NOUNS = (
    *CONVEX,
    "bottle",
    "dumbbell",
    "spinning top",
    "pawn",
    "star",
    "heart",
    "nut",
)
TRAY_MATERIALS = ("oak", "pine", "plastic", "painted wood")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The solids start in layers above each other, apart in any orientation."""
    count = draw_count(rng, NUM_SOLIDS)
    solids, half, nouns = _layers(rng, count)
    inner = half + draw(rng, TRAY_MARGIN)
    tray_material = pick(rng, TRAY_MATERIALS)
    floor = pick(rng, FLOORS)
    edge = inner + TRAY_THICKNESS
    tray = corners((-edge, -edge, 0.0), (edge, edge, TRAY_WALL[0]))
    counts = Counter(nouns).most_common(3)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*solids, *_tray(rng, tray_material, inner)],
        floor=floor,
        shot=Shot(points=np.concatenate([around(solids), tray]), elevation=(20.0, 42.0)),
        caption=sentence(
            f"a shower of {in_words(count, 'solid')} tumbles into a square {tray_material} tray "
            "on {floor}, among them "
            f"{listed([in_words(number, noun) for noun, number in counts])}."
        ),
    )


def _layers(rng: np.random.Generator, count: int) -> tuple[list[Body], float, list[str]]:
    """Bodies, the half width of their layers [m], and what they are."""
    drawn = [draw_solid(rng, draw(rng, SIZE), NOUNS) for _ in range(count)]
    largest = max(reach(one[1]) for one in drawn)
    pitch = 2 * largest * draw(rng, SPREAD)
    slack = pitch / 2 - largest
    rows = [pitch * (place - (LAYER - 1) / 2) for place in range(LAYER)]
    bottom = draw(rng, LOWEST)
    bodies: list[Body] = []
    for start in range(0, count, LAYER**2):
        seats = shuffled(rng, [(x, y) for x in rows for y in rows])
        for index, (x, y) in zip(range(start, count), seats, strict=False):
            place = (
                x + draw(rng, (-slack, slack)),
                y + draw(rng, (-slack, slack)),
                bottom + largest,
            )
            bodies.append(_tumbler(rng, index, drawn[index], place))
        bottom += 2 * largest + draw(rng, LAYER_GAP)
    return bodies, pitch * LAYER / 2, [one[0] for one in drawn]


def _tumbler(
    rng: np.random.Generator,
    index: int,
    drawn: tuple[str, Shape, str, Surface],
    place: tuple[float, float, float],
) -> Body:
    noun, solid, material, look = drawn
    drift = rng.normal(size=2) * SIDEWAYS
    return body(
        f"{noun.replace(' ', '_')}_{index}",
        solid,
        material,
        look,
        at=place,
        rotation=any_rotation(rng),
        velocity=(drift[0], drift[1], -draw(rng, DOWN)),
        spin=any_direction(rng) * draw(rng, SPIN),
    )


def _tray(rng: np.random.Generator, material: str, inner: float) -> list[Body]:
    """A floor and four walls of boxes that touch and do not overlap."""
    look = surface(rng, material, 0.2)
    wall = draw(rng, TRAY_WALL)
    edge = inner + TRAY_THICKNESS
    floor = TRAY_THICKNESS
    return [
        slab("tray_floor", material, look, (-edge, -edge, 0.0), (edge, edge, floor)),
        slab("tray_left", material, look, (-edge, inner, floor), (edge, edge, floor + wall)),
        slab("tray_right", material, look, (-edge, -edge, floor), (edge, -inner, floor + wall)),
        slab("tray_front", material, look, (inner, -inner, floor), (edge, inner, floor + wall)),
        slab("tray_back", material, look, (-edge, -inner, floor), (-inner, inner, floor + wall)),
    ]
