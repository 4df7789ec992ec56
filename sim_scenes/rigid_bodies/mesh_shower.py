"""Solids of many shapes tumble into a tray."""

from collections import Counter
from collections.abc import Callable

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
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
    shuffled,
)
from ..filming import Shot, around, corners
from ..materials import bold_surface, surface
from ..staging import body, reach, shape, slab, stage

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
MATERIALS = (
    "rubber",
    "oak",
    "pine",
    "plastic",
    "ceramic",
    "marble",
    "granite",
    "brass",
    "steel",
    "glass",
    "painted wood",
    "cork",
    "leather",
)
TRAY_MATERIALS = ("oak", "pine", "plastic", "painted wood")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


def _rock(rng: np.random.Generator, size: float) -> Shape:
    seed = rng.integers(2**31)
    return shape("rock", radius=size, roughness=draw(rng, (0.1, 0.4)), seed=seed)


def _superquadric(rng: np.random.Generator, size: float) -> Shape:
    radii = tuple(size * draw(rng, (0.5, 0.8)) for _ in range(3))
    exponents = (draw(rng, (0.3, 1.2), 2), draw(rng, (0.3, 1.2), 2))
    return shape("superquadric", radii=radii, exponents=exponents)


def _polyhedron(rng: np.random.Generator, size: float) -> Shape:
    return shape("polyhedron", faces=pick(rng, (4, 6, 8, 12, 20)), radius=size)


def _prism(rng: np.random.Generator, size: float) -> Shape:
    sides = draw_count(rng, (3, 8))
    return shape(
        "prism", sides=sides, radius=0.75 * size, half_height=size * draw(rng, (0.35, 0.7))
    )


def _bottle(rng: np.random.Generator, size: float) -> Shape:
    return shape("bottle", height=2 * size, radius=size * draw(rng, (0.4, 0.55)))


def _dumbbell(rng: np.random.Generator, size: float) -> Shape:
    radius = size * draw(rng, (0.35, 0.42))
    return shape("dumbbell", radius=radius, half_length=size - radius)


def _cone(rng: np.random.Generator, size: float) -> Shape:
    return shape("cone", radius=size * draw(rng, (0.5, 0.8)), height=1.3 * size)


def _capsule(rng: np.random.Generator, size: float) -> Shape:
    radius = size * draw(rng, (0.35, 0.6))
    return shape("capsule", radius=radius, half_length=size - radius)


SHAPES: dict[str, Callable[[np.random.Generator, float], Shape]] = {
    "rock": _rock,
    "superquadric": _superquadric,
    "polyhedron": _polyhedron,
    "prism": _prism,
    "bottle": _bottle,
    "dumbbell": _dumbbell,
    "cone": _cone,
    "capsule": _capsule,
}


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The solids start in layers above each other, apart in any orientation."""
    count = draw_count(rng, NUM_SOLIDS)
    kinds = [pick(rng, list(SHAPES)) for _ in range(count)]
    solids, half = _layers(rng, kinds)
    inner = half + draw(rng, TRAY_MARGIN)
    tray_material = pick(rng, TRAY_MATERIALS)
    floor = pick(rng, FLOORS)
    edge = inner + TRAY_THICKNESS
    tray = corners((-edge, -edge, 0.0), (edge, edge, TRAY_WALL[0]))
    counts = Counter(kinds).most_common(3)
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
            f"{listed([in_words(number, kind) for kind, number in counts])}."
        ),
    )


def _layers(rng: np.random.Generator, kinds: list[str]) -> tuple[list[Body], float]:
    """Bodies and the half width of their layers [m]."""
    shapes = [SHAPES[kind](rng, draw(rng, SIZE)) for kind in kinds]
    largest = max(reach(solid) for solid in shapes)
    pitch = 2 * largest * draw(rng, SPREAD)
    slack = pitch / 2 - largest
    rows = [pitch * (place - (LAYER - 1) / 2) for place in range(LAYER)]
    bottom = draw(rng, LOWEST)
    bodies: list[Body] = []
    for start in range(0, len(shapes), LAYER**2):
        seats = shuffled(rng, [(x, y) for x in rows for y in rows])
        for index, (x, y) in zip(range(start, len(shapes)), seats, strict=False):
            place = (
                x + draw(rng, (-slack, slack)),
                y + draw(rng, (-slack, slack)),
                bottom + largest,
            )
            bodies.append(_tumbler(rng, f"{kinds[index]}_{index}", shapes[index], place))
        bottom += 2 * largest + draw(rng, LAYER_GAP)
    return bodies, pitch * LAYER / 2


def _tumbler(
    rng: np.random.Generator, name: str, solid: Shape, place: tuple[float, float, float]
) -> Body:
    material = pick(rng, MATERIALS)
    look = (bold_surface if chance(rng, 0.4) else surface)(rng, material, reach(solid))
    drift = rng.normal(size=2) * SIDEWAYS
    return body(
        name,
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
