"""A stream from a tap fills a glass until it runs over into a tray."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_direction, draw, pick, sentence, turned, vec, with_article
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_body
from ..materials import surface
from ..staging import body, drawn_at, shape, stage
from ..vessels import Vessel, bowl, cup, mug

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.06, 0.02)  # [s], [m]; then the stream strikes the liquid in the glass

GLASS = (0.036, 0.044), (2.2, 2.7)  # radius [m], height over it [1]
BOWL = (0.06, 0.07)  # radius [m]
KINDS = ("glass", "glass", "mug", "bowl")
WALL = (0.1, 0.13)  # thickness over the radius [1]
MATERIALS = ("glass", "glass", "ceramic", "plastic")
FULL_AFTER = (0.5, 1.0)  # when the stream has filled it, were none to splash out [s]
LEAST_LEVEL = 0.35  # of the liquid at the start, over the height [1]
STREAM = (0.009, 0.012)  # radius [m]
SPEED = (0.8, 1.2)  # of the stream where it enters [m/s]
OFF = (0.0, 0.25)  # of the stream from the glass's middle, over its radius [1]
OVER = (0.06, 0.09)  # from the rim to the tap [m]
TRAY = (2.1, 2.5), (0.022, 0.03), 0.006  # width over the glass's [1], height and wall [m]
SPOUT = 0.004  # thickness of the tap's pipe [m]
SIDES = ("-x", "+x", "-y", "+y")  # open ones of the grid
LIQUIDS = ("water", "blue water", "red juice", "tea", "milk", "orange juice")
TAPS = ("brass", "steel", "plastic")
FLOORS = ("wooden floor", "tiled floor", "linoleum floor", "marble floor", "concrete floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The glass stands on the tray over the origin."""
    glass, liquid = _glass(rng), pick(rng, LIQUIDS)
    stream, speed = draw(rng, STREAM), draw(rng, SPEED)
    length = round(speed * preset.num_frames / preset.fps, 4)
    column = shape("cylinder", radius=stream, half_height=length / 2)
    level = _level(glass, np.pi * stream**2 * speed * draw(rng, FULL_AFTER))
    cell = cell_for(preset.particles, column, glass.filling(level))
    width, (height, wall) = 2 * glass.radius * draw(rng, TRAY[0]), (draw(rng, TRAY[1]), TRAY[2])
    half = round(width / 2, 4)
    top = wall + glass.height + draw(rng, OVER)
    grid = grid_over((-half, -half, 0.0), (half, half, top), cell, open_sides=SIDES)
    off = glass.radius * draw(rng, OFF) * any_direction(rng)
    x, y, top = round(float(off[0]), 4), round(float(off[1]), 4), grid.high[2]
    material, made = pick(rng, MATERIALS), pick(rng, TAPS)
    standing = glass.standing(
        "glass",
        material,
        surface(rng, material, glass.radius),
        at=(0.0, 0.0, wall),
        turn=turned("z", draw(rng, (0.0, 360.0), 1)),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            standing,
            _tray(rng, 2 * half - 2 * cell, height, wall),
            _tap(rng, made, (x, y, top), stream, length),
            glass.filled("liquid", liquid, level, at=(0.0, 0.0, wall)),
            liquid_body(
                "stream", column, liquid, at=(x, y, top + length / 2), velocity=(0.0, 0.0, -speed)
            ),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -half, 0.0), (half, half, top + 0.01)), elevation=(8.0, 28.0)
        ),
        caption=sentence(
            f"{liquid} runs from a {made} pipe at {speed:.1f} m/s into {with_article(material)} "
            f"{glass.noun} on a tray on {{floor}} until it runs over."
        ),
        grid=grid,
    )


def _glass(rng: np.random.Generator) -> Vessel:
    kind = pick(rng, KINDS)
    if kind == "bowl":
        return bowl(draw(rng, BOWL), draw(rng, WALL))
    radius = draw(rng, GLASS[0])
    height = round(radius * draw(rng, GLASS[1]), 4)
    return cup(radius, height, draw(rng, WALL)) if kind == "glass" else mug(radius, height)


def _level(glass: Vessel, missing: float) -> float:
    """Up to which it is full at the start, so that this much volume is missing [m]."""
    levels = np.linspace(LEAST_LEVEL, 0.97, 32) * glass.height
    volumes = np.array([glass.volume(float(level)) for level in levels])
    full = glass.volume(glass.height)
    return round(float(np.interp(full - missing, volumes, levels)), 4)


def _tray(rng: np.random.Generator, width: float, height: float, wall: float) -> Body:
    material = pick(rng, ("steel", "oak", "plastic", "ceramic"))
    width = round(width, 4)
    solid = shape("tray", width=width, depth=width, height=height, wall=wall)
    place, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    look = surface(rng, material, width)
    return body("tray", solid, material, look, at=place, rotation=rotation, is_static=True)


def _tap(
    rng: np.random.Generator,
    material: str,
    end: tuple[float, float, float],
    stream: float,
    length: float,
) -> Body:
    """A pipe that reaches up beyond all that still has to come."""
    half = round(0.55 * length, 4)
    solid = shape(
        "pipe",
        radius=round(stream + 2 * SPOUT, 6),
        inner_radius=round(stream + SPOUT, 6),
        half_height=half,
    )
    look = surface(rng, material, stream)
    return body(
        "tap", solid, material, look, at=vec((end[0], end[1], end[2] + half)), is_static=True
    )
