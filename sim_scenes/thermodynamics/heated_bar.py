"""Bars of different metals stand on a turning hot plate in time-lapse: the glow climbs them."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, draw_sign, in_words, listed, pick, sentence, shuffled
from ..filming import Shot, corners
from ..hot_metals import FROZEN, carousel, celsius, hot, metal_surface, thermal
from ..materials import surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="heat", rate=480)  # [Hz]; half the step changes no temperature by 2 K
CONVERGENCE = (0.5, 1e-6)  # [s], [m]: all bodies are led

TIME_LAPSE = 100.0
"""Heat runs this many times as fast as in nature [1]; so would the plate turn slower."""
NUM_BARS = (3, 6)
PLATE_RADIUS = (0.11, 0.15)  # [m]
PLATE_THICKNESS = (0.018, 0.03)  # [m]
PLATE_HEAT = (1230.0, 1320.0)  # [K]: copper melts at 1358
FOOT = (0.7, 0.05)  # radius of the foot over the plate's, and its height [m]
SEAT = 0.68  # of the bars' middles, in radii of the plate [1]
HALF_WIDTH = (0.011, 0.018)  # of a bar [m]
HEIGHT = (0.12, 0.2)  # of a bar [m]
RATE = (0.5, 1.1)  # of the plate [rad/s]
METALS = ("copper", "nickel", "iron", "steel", "stainless steel", "titanium", "molybdenum")
SECTIONS = ("square", "flat", "round", "hexagonal")
EDGE = 0.006  # of the triangles on a bar [m]
FLOORS = ("concrete floor", "tiled floor", "brick paving", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate turns about the z axis, the bars with it."""
    radius, thickness = draw(rng, PLATE_RADIUS), draw(rng, PLATE_THICKNESS)
    kelvin, rate = draw(rng, PLATE_HEAT, 0), draw(rng, RATE, 2) * draw_sign(rng)
    count = draw_count(rng, NUM_BARS)
    metals = ["copper", *shuffled(rng, METALS[1:])[: count - 1]]
    seconds, top = preset.num_frames / preset.fps, FOOT[1] + thickness
    plate = hot(
        "plate",
        shape("prism", sides=48, radius=radius, half_height=thickness / 2),
        "molybdenum",
        metal_surface(rng, "molybdenum", radius / 2),
        thermal("molybdenum", kelvin, lapse=TIME_LAPSE, is_held=True),
        at=(0.0, 0.0, FOOT[1] + thickness / 2),
        path=carousel((0.0, 0.0), rate, seconds),
    )
    foot = body(
        "foot",
        shape("prism", sides=48, radius=FOOT[0] * radius, half_height=FOOT[1] / 2),
        "brick",
        surface(rng, "brick", 0.1),
        at=(0.0, 0.0, FOOT[1] / 2),
        is_static=True,
    )
    first, bars = draw(rng, (0.0, 360.0), 1), []
    for index, metal in enumerate(metals):
        angle = np.radians(first + 360.0 * index / count)
        bars.append(_bar(rng, index, metal, SEAT * radius, angle, top, rate, seconds))
    tallest = max(one.position[2] for one in bars) * 2 - top
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[plate, foot, *bars],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-radius, -radius, 0.0), (radius, radius, tallest)),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"time-lapse, heat {TIME_LAPSE:.0f} times as fast: {in_words(count, 'bar')} of "
            f"{listed(metals)} on a turning plate of {celsius(kelvin)} on {{floor}} begin to glow "
            "from below, good conductors first."
        ),
    )


def _bar(
    rng: np.random.Generator,
    index: int,
    metal: str,
    seat: float,
    angle: float,
    top: float,
    rate: float,
    seconds: float,
) -> Body:
    half, height = draw(rng, HALF_WIDTH), draw(rng, HEIGHT)
    at = (seat * np.cos(angle), seat * np.sin(angle), top + height / 2)
    return hot(
        f"bar_{index + 1}",
        _section(pick(rng, SECTIONS), half, height / 2),
        metal,
        metal_surface(rng, metal, 2 * half),
        thermal(metal, FROZEN, lapse=TIME_LAPSE),
        at=at,
        path=carousel(at, rate, seconds),
    )


def _section(section: str, half: float, half_height: float) -> Shape:
    """Upright, of equal width."""
    if section in ("square", "flat"):
        flatness = 1.0 if section == "square" else 0.5
        extents = (round(half * flatness, 4), half, half_height)
        return shape("box", half_extents=extents, longest_edge=EDGE)
    sides = 24 if section == "round" else 6
    return shape("prism", sides=sides, radius=half, half_height=half_height, longest_edge=EDGE)
