"""Warm chocolate pours over a cold body and thickens where it cools (heat in time-lapse).

Heat runs TIME_LAPSE times as fast as in reality: conductivity and the air's film are multiplied,
and so are those of the body under it by dividing its heat capacity.
"""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, turned, with_article
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..meltables import MELTABLES, held_at, in_celsius, lumped_at, meltable_body
from ..staging import body, height_above_base, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.15, 0.01)  # [s], [m]; before the stream lands

TIME_LAPSE = 60.0
RADIUS = (0.011, 0.014)  # of the stream [m]
SPEED = (0.32, 0.42)  # where it enters the picture [m/s]
POURED = (1.3, 1.6)  # for how long [s]
OVERHEATED = (12.0, 25.0)  # above melting [K]
CORE_TEMPERATURE = (258.0, 280.0)  # [K]
CORE_CAPACITY = 2400.0  # of a frozen filling, as of ice cream [J/kg/K]
CORE = (0.022, 0.028)  # radius or half breadth [m]
ABOVE = (0.035, 0.05)  # of the grid's top over the core [m]
PLATE = (0.085, 0.022)  # half its breadth, its thickness [m]
PLATES = ("marble", "steel", "ceramic", "oak")
CORES = ("ceramic", "cork", "plastic", "painted wood")
FLOORS = ("wooden floor", "marble floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate lies about the origin, the core stands on its middle."""
    hot = MELTABLES["chocolate"].melting_point + draw(rng, OVERHEATED, 0)
    cold, (half, thick) = draw(rng, CORE_TEMPERATURE, 0), PLATE
    radius, speed, seconds = draw(rng, RADIUS), draw(rng, SPEED, 3), draw(rng, POURED, 2)
    noun, solid = _core(rng)
    tall = height_above_base(solid)
    made_of, under = pick(rng, CORES), pick(rng, PLATES)
    core = body(
        "core",
        solid,
        made_of,
        surface(rng, made_of, 0.05),
        at=(0.0, 0.0, thick + tall),
        rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
        is_static=True,
    )
    plate = slab("plate", under, surface(rng, under, 0.1), (-half, -half, 0.0), (half, half, thick))
    top = thick + 2 * tall + draw(rng, ABOVE)
    column = shape("cylinder", radius=radius, half_height=round(speed * seconds / 2, 4))
    cell = cell_for(preset.particles, column)
    grid = grid_over(
        (-half, -half, 0.0), (half, half, top), cell, open_sides=("-x", "+x", "-y", "+y", "+z")
    )
    stream = meltable_body(
        "chocolate",
        column,
        "chocolate",
        at=(0.0, 0.0, grid.high[2] + speed * seconds / 2),
        temperature=hot,
        time_lapse=TIME_LAPSE,
        velocity=(0.0, 0.0, -speed),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            stream,
            lumped_at(core, cold, round(CORE_CAPACITY / TIME_LAPSE, 3)),
            held_at(plate, cold),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.8 * half, -0.8 * half, 0.0), (0.8 * half, 0.8 * half, top)),
            elevation=(28.0, 46.0),
        ),
        caption=sentence(
            f"chocolate of {in_celsius(hot)} pours over {with_article(noun)} of {in_celsius(cold)} "
            f"on {with_article(under)} plate and thickens; heat flows {TIME_LAPSE:.0f} times as "
            "fast as in reality."
        ),
        grid=grid,
    )


def _core(rng: np.random.Generator) -> tuple[str, Shape]:
    size = draw(rng, CORE)
    half = round(0.8 * size, 4)
    return pick(
        rng,
        (
            ("ball", shape("sphere", radius=size)),
            ("cylinder", shape("cylinder", radius=size, half_height=half)),
            ("cube", shape("box", half_extents=(half, half, half))),
            ("cone", shape("cone", radius=size, height=round(1.6 * size, 4))),
            ("ring", shape("torus", radius=round(1.1 * size, 4), tube_radius=round(0.5 * size, 4))),
        ),
    )
