"""Things are poured into a box, a bin or a drawer until it is full."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

from phys4d_pipeline import shapes
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
    with_article,
)
from ..filming import Shot
from ..materials import bold_surface, surface
from ..pouring import entering, stacked
from ..solids import draw_solid
from ..staging import body, drawn_at, reach, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_pybullet", rate=1440)  # [Hz]; impacts at 4 m/s overlap by 3 mm
CONVERGENCE = (0.1, 0.003)  # just after the first impacts: 1 mm at most measured [s, m]

NUM_BODIES = (12, 16)
SIZE = (0.055, 0.075)  # radius of the sphere around a body, to a fifth [m]
ONE_NOUN_SHARE = 0.3  # of the clips: all bodies are of one sort
FEW_NOUNS = (3, 6)  # sorts in the others
NOUNS = (
    "ball",
    "block",
    "cylinder",
    "capsule",
    "polyhedron",
    "prism",
    "rock",
    "boulder",
    "nut",
    "star",
    "heart",
    "cross",
    "arrow",
    "letter",
    "jack",
    "dumbbell",
    "pawn",
    "bolt",
    "gear",
    "horseshoe",
    "key",
    "angle beam",
    "girder",
)
TOO_LIVELY = ("rubber", "glass", "steel")  # would bounce out
FILLED = (0.5, 0.6)
"""Volume of the convex hulls of the bodies over that of the container [1]: loose packings of
spheres take up 0.55 (Onoda and Liniger 1990)."""
ASPECT = (0.75, 1.0)  # depth over width of boxes and drawers [1]
ROOMY = 4.6  # least width over the radius of the sphere around the largest body [1]
BOX_HEIGHT = (0.5, 0.7)  # over its width, unless that is the least [1]
DRAWER_HEIGHT = (0.3, 0.4)  # the same for drawers [1]
BIN_HEIGHT = (1.0, 1.3)  # over the radius of its rim, unless that is the least [1]
LEAST_BIN = 0.75  # the same, at least [1]
BIN_WALL = 0.06  # over the radius of its rim [1]
WALL = (0.012, 0.018)  # thickness [m]
LOWEST = (0.01, 0.06)  # free height of the first body above the rim [m]
GAP = (0.0, 0.02)  # free height between bodies above each other [m]
DOWN = (0.8, 1.5)  # speed at the start [m/s]
SPIN = (0.0, 4.0)  # [rad/s]
ENTRY = 0.45  # of the height of the stream is in the picture: the rest falls into it [1]
BOX_MATERIALS = ("oak", "pine", "painted wood", "plastic")
BIN_MATERIALS = ("plastic", "brass", "ceramic", "painted wood")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "green mat")


@dataclass(frozen=True, kw_only=True)
class Container:
    """Something that stands on the floor and is open above."""

    name: str
    bodies: list[Body]
    opening: np.ndarray
    """(2,) half extents of what fits in, along x and y [m]."""
    rim: float
    """Height of its edge [m]."""


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The container is as large as what is poured into it."""
    count = draw_count(rng, NUM_BODIES)
    sorts = 1 if chance(rng, ONE_NOUN_SHARE) else draw_count(rng, FEW_NOUNS)
    nouns = shuffled(rng, NOUNS)[:sorts]
    drawn = [draw_solid(rng, draw(rng, SIZE), nouns, without=TOO_LIVELY) for _ in range(count)]
    radii = [reach(one[1]) for one in drawn]
    room = sum(_hull_volume(one[1]) for one in drawn) / draw(rng, FILLED)
    container = pick(rng, (_box, _bin, _drawer))(rng, room, ROOMY * max(radii))
    centres = _stream(rng, radii, container)
    bodies = [
        body(
            f"{noun.replace(' ', '_')}_{index}",
            solid,
            material,
            look,
            at=centres[index],
            rotation=any_rotation(rng),
            velocity=(0.0, 0.0, -draw(rng, DOWN)),
            spin=any_direction(rng) * draw(rng, SPIN),
        )
        for index, (noun, solid, material, look) in enumerate(drawn)
    ]
    counts = Counter(one[0] for one in drawn).most_common()
    what = listed([in_words(number, noun) for noun, number in counts])
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, *container.bodies],
        floor=pick(rng, FLOORS),
        shot=Shot(points=entering([*bodies, *container.bodies], ENTRY), elevation=(26.0, 50.0)),
        caption=sentence(
            f"{with_article(container.name)} on {{floor}} is filled with {what}, poured from above."
        ),
    )


def _stream(rng: np.random.Generator, radii: Sequence[float], container: Container) -> np.ndarray:
    """(N, 3) centres over the opening, each body above those before it [m]."""
    spread = np.maximum(container.opening - np.array(radii)[:, None], 0.0)
    places = rng.uniform(-1.0, 1.0, (len(radii), 2)) * spread
    bottom = container.rim + draw(rng, LOWEST)
    return stacked(rng, radii, places.round(4), bottom=bottom, gap=GAP)


def _hull_volume(solid: Shape) -> float:
    return float(ConvexHull(shapes.build(solid).mesh.vertices).volume)


def _box(rng: np.random.Generator, room: float, least: float) -> Container:
    """Five boards."""
    boards, half, rim, material = _boards(rng, room, least, draw(rng, BOX_HEIGHT))
    return Container(name=f"{material} box", bodies=boards, opening=half, rim=rim)


def _drawer(rng: np.random.Generator, room: float, least: float) -> Container:
    """A low and wide box with a knob in front."""
    boards, half, rim, material = _boards(rng, room, least, draw(rng, DRAWER_HEIGHT))
    radius = 0.12 * rim
    front = 2 * boards[-1].position[1] + half[1]
    knob = body(
        "knob",
        shape("sphere", radius=radius),
        "brass",
        bold_surface(rng, "brass", radius),
        at=(0.0, front - radius, 0.6 * rim),
        is_static=True,
    )
    return Container(name=f"{material} drawer", bodies=[*boards, knob], opening=half, rim=rim)


def _boards(
    rng: np.random.Generator, room: float, least: float, height: float
) -> tuple[list[Body], np.ndarray, float, str]:
    """A floor and four walls that touch and do not overlap, the front last.

    Then half extents inside and the height of the rim [m], and the material.
    """
    depth, material, thick = draw(rng, ASPECT), pick(rng, BOX_MATERIALS), draw(rng, WALL)
    look = surface(rng, material, 0.3)
    width = max(float((room / depth / height) ** (1 / 3)), least)
    x, y = half = np.array([width, depth * width]).round(4) / 2
    rim = round(thick + room / (depth * width**2), 4)
    boards = {
        "floor": ((-x - thick, -y - thick, 0.0), (x + thick, y + thick, thick)),
        "left": ((-x - thick, -y, thick), (-x, y, rim)),
        "right": ((x, -y, thick), (x + thick, y, rim)),
        "back": ((-x - thick, y, thick), (x + thick, y + thick, rim)),
        "front": ((-x - thick, -y - thick, thick), (x + thick, -y, rim)),
    }
    walls = [slab(f"wall_{name}", material, look, *ends) for name, ends in boards.items()]
    return walls, half, rim, material


def _bin(rng: np.random.Generator, room: float, least: float) -> Container:
    """A round one that widens towards its rim."""
    # A frustum between 0.8 and 1 radii has 0.81 of the cylinder; its wall takes a part of it.
    area = 0.81 * np.pi * (1 - BIN_WALL) ** 2
    radius = max(float((room / area / draw(rng, BIN_HEIGHT)) ** (1 / 3)), least / 2)
    height = max(room / (area * radius**2), LEAST_BIN * radius)
    material = pick(rng, BIN_MATERIALS)
    solid = shape("cup", radius=radius, height=height, wall_share=BIN_WALL)
    look = surface(rng, material, radius)
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    item = body("bin", solid, material, look, at=at, rotation=rotation, is_static=True)
    # The square in the circle of its rim.
    opening = np.full(2, (1 - BIN_WALL) / 2**0.5 * radius)
    return Container(name=f"{material} bin", bodies=[item], opening=opening, rim=height)
