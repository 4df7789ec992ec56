"""Things on a turntable that turns freely or is braked hold on, topple, roll or slide off it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_rotation,
    chance,
    draw,
    draw_count,
    draw_sign,
    in_words,
    pick,
    quat,
    sentence,
    turned,
    vec,
    with_article,
)
from ..filming import Shot, corners
from ..materials import bold_surface, substance, surface
from ..staging import body, height_above_base, reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=1920)  # [Hz]; the rim moves 1.7 mm a step at 3.2 m/s
CONVERGENCE = (0.05, 0.005)  # [s], [m]: landing flat, four corners at once, is ill-conditioned

WAYS = ("carries", "catches", "brakes")
"""Things turn with it from the start; or are let go at rest just above it; or it is braked."""
RATE = (4.0, 8.0)  # of the turntable [rad/s]: 40 to 76 rpm
RADIUS = (0.28, 0.4)  # of the turntable [m]
THICKNESS = (0.012, 0.025)  # [m]
FOOT = (0.6, 0.08)  # radius of the foot over the turntable's, and its height [m]
BRAKE = (0.35, 0.6)  # sliding friction of foot and turntable where it is braked [1]; else none
GUIDES = (4, 0.012, 0.0005)  # posts around the rim: how many, radius, and play [m]
NUM_THINGS = (4, 6)  # around the axis; one more falls on the middle
BALL_SHARE = 0.35  # of the things are balls
SIZE = (0.03, 0.05)  # half width of a thing [m]
SEATS = (0.35, 0.8)  # of their middles, in radii of the turntable [1]
LET_GO = (0.004, 0.012)  # height above the turntable of things at rest [m]
DROP = (0.01, 0.06)  # height from which one falls on the middle [m]: after 0.05 to 0.14 s
FLUNG = 0.35  # how far from the edge most things come to rest [m]
DISC_MATERIALS = ("oak", "plastic", "painted wood", "steel", "glass", "marble")
THING_MATERIALS = ("oak", "pine", "plastic", "painted wood", "ceramic", "cork", "rubber", "brass")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


def _block(rng: np.random.Generator, size: float) -> Shape:
    half = (size, size * draw(rng, (0.5, 1.0)), size * draw(rng, (0.4, 1.8)))
    return shape("box", half_extents=half)


def _cylinder(rng: np.random.Generator, size: float) -> Shape:
    return shape("cylinder", radius=0.8 * size, half_height=size * draw(rng, (0.4, 1.6)))


def _cone(rng: np.random.Generator, size: float) -> Shape:
    return shape("cone", radius=size, height=size * draw(rng, (1.5, 3.0)))


def _prism(rng: np.random.Generator, size: float) -> Shape:
    half = size * draw(rng, (0.4, 1.6))
    return shape("prism", sides=pick(rng, (3, 5, 6, 8)), radius=size, half_height=half)


def _bottle(rng: np.random.Generator, size: float) -> Shape:
    return shape("bottle", height=3 * size, radius=0.7 * size)


def _ball(rng: np.random.Generator, size: float) -> Shape:
    return shape("sphere", radius=0.7 * size)


THINGS: dict[str, Callable[[np.random.Generator, float], Shape]] = {
    "block": _block,
    "cylinder": _cylinder,
    "cone": _cone,
    "prism": _prism,
    "bottle": _bottle,
}


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The turntable's axis is the z axis."""
    way, rate = pick(rng, WAYS), draw(rng, RATE, 2) * draw_sign(rng)
    radius, thickness, material = draw(rng, RADIUS), draw(rng, THICKNESS), pick(rng, DISC_MATERIALS)
    brake = draw(rng, BRAKE) if way == "brakes" else 0.0
    table = _turntable(rng, (radius, thickness), material, rate, brake)
    top = FOOT[1] + thickness
    things = _things(rng, radius, top, None if way == "catches" else rate)
    things.append(_tumbling(_thing(rng, "dropped", (0.0, 0.0), top, 0.0), rng, top))
    far = radius + FLUNG
    points = [
        corners((-far, -far, 0.0), (far, far, 0.05)),
        corners((-radius, -radius, top), (radius, radius, top + 4 * SIZE[1])),
    ]
    told = {
        "carries": "carries {} along",
        "catches": "catches {} that stand still when they land on it",
        "brakes": "is braked with {} on it",
    }
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*table, *things],
        floor=pick(rng, FLOORS),
        shot=Shot(points=np.concatenate(points), elevation=(22.0, 42.0)),
        caption=sentence(
            f"{with_article(material)} turntable on {{floor}}, turning at "
            f"{abs(rate) * 30 / np.pi:.0f} rpm, {told[way].format(_counted(things))}; "
            "another thing drops on its middle."
        ),
    )


def _tumbling(thing: Body, rng: np.random.Generator, top: float) -> Body:
    """The thing in any orientation above the table: it lands on a corner."""
    height = top + reach(thing.shape) + draw(rng, DROP)
    return replace(thing, position=vec((0.0, 0.0, height)), quaternion=quat(any_rotation(rng)))


def _counted(things: list[Body]) -> str:
    """`four things and one ball`, without the one that drops."""
    counts = {
        noun: sum(one.name.startswith(f"{noun}_") for one in things) for noun in ("thing", "ball")
    }
    return " and ".join(in_words(count, noun) for noun, count in counts.items() if count)


def _turntable(
    rng: np.random.Generator, size: tuple[float, float], material: str, rate: float, brake: float
) -> list[Body]:
    """A disc of some radius and thickness that lies on a foot between posts without friction."""
    radius, thickness = size
    number, slim, play = GUIDES
    disc = body(
        "turntable",
        shape("cylinder", radius=radius, half_height=thickness / 2),
        material,
        bold_surface(rng, material, radius),
        at=(0.0, 0.0, FOOT[1] + thickness / 2),
        spin=(0.0, 0.0, rate),
    )
    metal, smooth = surface(rng, "steel", 0.2), replace(substance("steel"), friction=0.0)
    grip = replace(smooth, friction=round(brake / disc.substance.friction, 6))
    foot = shape("prism", sides=32, radius=FOOT[0] * radius, half_height=FOOT[1] / 2)
    height = FOOT[1] + thickness
    post = shape("prism", sides=24, radius=slim, half_height=height / 2)
    fixed = [("foot", foot, grip, (0.0, 0.0, FOOT[1] / 2))]
    for index in range(number):
        angle = 2 * np.pi * index / number
        at = (radius + slim + play) * np.array([np.cos(angle), np.sin(angle)])
        fixed.append((f"guide_{index + 1}", post, smooth, (at[0], at[1], height / 2)))
    return [disc] + [
        replace(body(name, solid, "steel", metal, at=at, is_static=True), substance=made_of)
        for name, solid, made_of, at in fixed
    ]


def _things(rng: np.random.Generator, radius: float, top: float, rate: float | None) -> list[Body]:
    """Around the axis, apart, turning at a rate, or just above the table at rest."""
    count = draw_count(rng, NUM_THINGS)
    nouns = ["ball" if chance(rng, BALL_SHARE) else "thing" for _ in range(count)]
    first = draw(rng, (0.0, 360.0), 1)
    # Neighbours at one distance from the axis, and what drops on the middle, must not touch.
    nearest = max(1.2 * SIZE[1] / np.sin(np.pi / count), 2.5 * SIZE[1])
    things = []
    for index, noun in enumerate(nouns):
        seat = max(nearest, radius * draw(rng, SEATS))
        angle = np.radians(first + 360.0 * index / count)
        at = seat * np.cos(angle), seat * np.sin(angle)
        height = top + draw(rng, LET_GO) if rate is None else top
        name = f"{noun}_{1 + nouns[:index].count(noun)}"
        things.append(_thing(rng, name, at, height, rate or 0.0))
    return things


def _thing(
    rng: np.random.Generator, name: str, at: tuple[float, float], top: float, rate: float
) -> Body:
    """Standing at a height, turning about the z axis."""
    is_ball = name.startswith("ball")
    kind = "ball" if is_ball else pick(rng, list(THINGS))
    material, size = pick(rng, THING_MATERIALS), draw(rng, SIZE)
    solid = _ball(rng, size) if is_ball else THINGS[kind](rng, size)
    is_round = kind in ("cylinder", "ball")
    look = (
        bold_surface(rng, material, float(np.max(solid.parameters["radius"])))
        if is_round
        else surface(rng, material, size)
    )
    return body(
        name,
        solid,
        material,
        look,
        at=(*at, top + height_above_base(solid)),
        rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
        velocity=(-rate * at[1], rate * at[0], 0.0),
        spin=(0.0, 0.0, rate),
    )
