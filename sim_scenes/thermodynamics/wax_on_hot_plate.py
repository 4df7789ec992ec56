"""Wax, chocolate or ice on a hot plate melts from below, and the melt spreads (heat in time-lapse).

Heat runs so many times as fast as in reality (TIME_LAPSE): conductivity and the air's film are
multiplied, weight and flow are as they are.
"""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..meltables import MELTABLES, held_at, in_celsius, meltable_body
from ..staging import height_above_base, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.15, 0.016)  # [s], [m]; then a film runs away from under the block

TIME_LAPSE = {"paraffin wax": 200.0, "red wax": 200.0, "chocolate": 250.0, "blue ice": 30.0}
"""Of what melts [1]: a piece melts in about 2 s."""
PLATE_TEMPERATURE = {
    "paraffin wax": (390.0, 430.0),
    "red wax": (390.0, 430.0),
    "chocolate": (350.0, 368.0),
    "blue ice": (335.0, 360.0),
}
"""[K]"""
COUNT = (1, 3)
SIZE = (0.013, 0.018)  # half the breadth of a piece [m]
COLDER = (4.0, 14.0)  # than its melting point, a piece at the start [K]
PLATE = (0.075, 0.012)  # half its breadth, its thickness [m]
SPACING = 0.042  # between pieces [m]
HEADROOM = 0.012  # of the grid over the pieces [m]
PLATES = ("steel", "brass", "granite")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate lies about the origin."""
    kind, count = pick(rng, tuple(TIME_LAPSE)), draw_count(rng, COUNT)
    made, hot = MELTABLES[kind], draw(rng, PLATE_TEMPERATURE[kind], 0)
    start = made.melting_point - draw(rng, COLDER, 0)
    half, thick = PLATE
    material = pick(rng, PLATES)
    plate = slab(
        "plate", material, surface(rng, material, 0.1), (-half, -half, 0.0), (half, half, thick)
    )
    shapes = [_piece(rng) for _ in range(count)]
    places = _ring(rng, count)
    pieces = [
        meltable_body(
            f"piece_{number + 1}",
            solid,
            kind,
            at=(*place, thick + height_above_base(solid)),
            temperature=start,
            time_lapse=TIME_LAPSE[kind],
            rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
        )
        for number, (solid, place) in enumerate(zip(shapes, places, strict=True))
    ]
    tallest = max(2 * height_above_base(solid) for solid in shapes)
    cell = cell_for(preset.particles, *shapes)
    top = thick + tallest + HEADROOM
    grid = grid_over(
        (-half, -half, 0.0), (half, half, top), cell, open_sides=("-x", "+x", "-y", "+y", "+z")
    )
    reach = 0.75 * half
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*pieces, held_at(plate, hot)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, -reach, 0.0), (reach, reach, thick + tallest)),
            elevation=(28.0, 46.0),
        ),
        caption=sentence(
            f"{in_words(count, 'piece')} of {kind} melt{'s' if count == 1 else ''} and spread"
            f"{'s' if count == 1 else ''} on a {material} plate of {in_celsius(hot)}; heat flows "
            f"{TIME_LAPSE[kind]:.0f} times as fast as in reality."
        ),
        grid=grid,
    )


def _piece(rng: np.random.Generator) -> Shape:
    size = draw(rng, SIZE)
    return pick(
        rng,
        (
            shape("box", half_extents=(size, size, size)),
            shape("cylinder", radius=size, half_height=size),
            shape("star", points=5, radius=round(1.5 * size, 4), half_height=0.012),
            shape("heart", width=round(2.4 * size, 4), half_height=0.012),
            shape("box", half_extents=(size, round(0.7 * size, 4), round(1.3 * size, 4))),
        ),
    )


def _ring(rng: np.random.Generator, count: int) -> list[tuple[float, float]]:
    """Places of pieces around the middle [m]."""
    if count == 1:
        return [(0.0, 0.0)]
    away = SPACING / (2 * np.sin(np.pi / count))
    angles = np.radians(draw(rng, (0.0, 360.0), 1)) + 2 * np.pi * np.arange(count) / count
    return [(round(away * np.cos(a), 5), round(away * np.sin(a), 5)) for a in angles]
