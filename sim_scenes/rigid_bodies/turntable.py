"""Things on a turntable that starts, stops or keeps turning hold on, topple or slide off it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_rotation,
    draw,
    draw_count,
    draw_sign,
    in_words,
    pick,
    sentence,
    turned,
    with_article,
)
from ..filming import Shot, around, corners
from ..materials import bold_surface, surface
from ..staging import body, height_above_base, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; a ball moves 1 mm a step at 2 m/s
CONVERGENCE = (0.2, 0.002)

WAYS = ("starts", "stops", "turns")
RATE = (4.0, 8.0)  # of the turntable [rad/s]: 40 to 76 rpm
RAMP = (0.4, 1.0)  # time to start or to stop [s]
RAMP_AT = (0.1, 0.4)  # when it begins to start or to stop [s]
RUN_UP = 1.0  # turning before and after the clip [s]
RADIUS = (0.28, 0.4)  # of the turntable [m]; pottery banding wheels and cake stands have 0.1 to 0.2
THICKNESS = (0.012, 0.025)  # [m]
FOOT = (0.35, 0.08)  # radius over the turntable's, and height [m]
KEY_STEP = 0.1  # between the angles of a path [s]
CLEARANCE = 0.002  # between foot and turntable [m]
NUM_THINGS = (4, 7)
SIZE = (0.03, 0.05)  # half width of a thing [m]
SEATS = (0.3, 0.85)  # of a thing's middle, in radii of the turntable [1]
NUM_BALLS = (1, 3)
BALL = (0.02, 0.035)  # radius [m]
BALL_AT = (0.25, 0.75)  # where a ball lands, in radii of the turntable [1]
BALL_DROP = (0.03, 0.25)  # free height [m]: it lands after 0.08 to 0.23 s
BALL_SPEED = (0.0, 0.5)  # level [m/s]
OVERHEAD = 0.16  # balls start above the things [m]
FLUNG = 0.35  # how far from the edge most things come to rest [m]
DISC_MATERIALS = ("oak", "plastic", "painted wood", "steel", "glass", "marble")
THING_MATERIALS = ("oak", "pine", "plastic", "painted wood", "ceramic", "cork", "rubber", "brass")
BALL_MATERIALS = ("rubber", "steel", "glass", "plastic", "oak")
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


def _pawn(rng: np.random.Generator, size: float) -> Shape:
    return shape("pawn", height=3.5 * size)


def _bottle(rng: np.random.Generator, size: float) -> Shape:
    return shape("bottle", height=4 * size, radius=0.8 * size)


THINGS: dict[str, Callable[[np.random.Generator, float], Shape]] = {
    "block": _block,
    "cylinder": _cylinder,
    "cone": _cone,
    "prism": _prism,
    "pawn": _pawn,
    "bottle": _bottle,
}


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The turntable's axis is the z axis; what stands on it turns with it at t = 0."""
    way, rate = pick(rng, WAYS), draw(rng, RATE, 2) * draw_sign(rng)
    radius, thickness = draw(rng, RADIUS), draw(rng, THICKNESS)
    seconds = preset.num_frames / preset.fps
    disc_material = pick(rng, DISC_MATERIALS)
    top = FOOT[1] + CLEARANCE + thickness
    disc = replace(
        body(
            "turntable",
            shape("cylinder", radius=radius, half_height=thickness / 2),
            disc_material,
            bold_surface(rng, disc_material, radius),
            at=(0.0, 0.0, top - thickness / 2),
        ),
        path=_path(rng, way, rate, seconds),
    )
    foot = body(
        "foot",
        shape("prism", sides=32, radius=FOOT[0] * radius, half_height=FOOT[1] / 2),
        "steel",
        surface(rng, "steel", 0.2),
        at=(0.0, 0.0, FOOT[1] / 2),
        is_static=True,
    )
    things = _things(rng, radius, top, 0.0 if way == "starts" else rate)
    balls = _balls(rng, radius, top)
    far = radius + FLUNG
    points = [
        corners((-far, -far, 0.0), (far, far, 0.05)),
        corners((-radius, -radius, top), (radius, radius, top + OVERHEAD)),
        around(balls),
    ]
    told = {"starts": "starts to turn, up to", "stops": "is stopped from", "turns": "turns at"}
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[disc, foot, *things, *balls],
        floor=pick(rng, FLOORS),
        shot=Shot(points=np.concatenate(points), elevation=(20.0, 42.0)),
        caption=sentence(
            f"{with_article(disc_material)} turntable on {{floor}} {told[way]} "
            f"{abs(rate) * 30 / np.pi:.0f} rpm with {in_words(len(things), 'thing')} on it, and "
            f"{in_words(len(balls), 'ball')} "
            f"{'falls' if len(balls) == 1 else 'fall'} onto it."
        ),
    )


def _path(rng: np.random.Generator, way: str, rate: float, seconds: float) -> Path:
    """Angles at even times; the ends, where a path stands still, lie outside the clip."""
    begin, ramp = draw(rng, RAMP_AT), draw(rng, RAMP)
    times = np.arange(-RUN_UP, seconds + 2 * RUN_UP, KEY_STEP)
    share = np.ones(len(times))
    if way != "turns":
        rise = np.clip((times - begin) / ramp, 0.0, 1.0)
        rise = rise**2 * (3 - 2 * rise)  # no jerk
        share = rise if way == "starts" else 1 - rise
    angles = np.concatenate([[0.0], np.cumsum((share[1:] + share[:-1]) / 2)]) * rate * KEY_STEP
    return Path(
        times=tuple(round(float(time), 6) for time in times),
        turns=tuple(round(float(angle), 6) for angle in angles),
    )


def _things(rng: np.random.Generator, radius: float, top: float, rate: float) -> list[Body]:
    """Around the axis, apart, at different distances from it."""
    count = draw_count(rng, NUM_THINGS)
    first = draw(rng, (0.0, 360.0), 1)
    things: list[Body] = []
    for index in range(count):
        kind = pick(rng, list(THINGS))
        material, size = pick(rng, THING_MATERIALS), draw(rng, SIZE)
        solid = THINGS[kind](rng, size)
        seat = radius * draw(rng, SEATS)
        # Neighbours at one distance from the axis must not touch.
        seat = max(seat, 1.1 * SIZE[1] * 1.5 / np.sin(np.pi / count))
        angle = np.radians(first + 360.0 * index / count)
        at = np.array([seat * np.cos(angle), seat * np.sin(angle), top + height_above_base(solid)])
        look = bold_surface if kind == "cylinder" else surface
        things.append(
            body(
                f"thing_{index + 1}",
                solid,
                material,
                look(rng, material, size),
                at=at,
                rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
                velocity=rate * np.array([-at[1], at[0], 0.0]),
                spin=(0.0, 0.0, rate),
            )
        )
    return things


def _balls(rng: np.random.Generator, radius: float, top: float) -> list[Body]:
    """Above the things, falling."""
    count = draw_count(rng, NUM_BALLS)
    first = draw(rng, (0.0, 360.0), 1)
    balls = []
    for index in range(count):
        size, material = draw(rng, BALL), pick(rng, BALL_MATERIALS)
        angle = np.radians(first + 360.0 * index / count)
        seat = radius * draw(rng, BALL_AT)
        heading = turned("z", draw(rng, (0.0, 360.0), 1)).apply((1.0, 0.0, 0.0))
        height = top + OVERHEAD + draw(rng, BALL_DROP)
        balls.append(
            body(
                f"ball_{index + 1}",
                shape("sphere", radius=size),
                material,
                bold_surface(rng, material, size),
                at=(seat * np.cos(angle), seat * np.sin(angle), height),
                rotation=any_rotation(rng),
                velocity=draw(rng, BALL_SPEED, 3) * heading,
            )
        )
    return balls
