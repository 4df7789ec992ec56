"""Pieces of butter drop into a hot square pan, melt and run together (heat in time-lapse).

Heat runs TIME_LAPSE times as fast as in reality: conductivity and the air's film are multiplied.
"""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..meltables import MELTABLES, held_at, in_celsius, meltable_body
from ..staging import body, height_above_base, shape, stage

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.1, 0.015)  # [s], [m]; before the pieces melt

TIME_LAPSE = 150.0
COUNT = (2, 4)
HALF = (0.009, 0.013)  # of a piece's edges [m]
PAN = (0.06, 0.014, 0.03)  # half its inside, thickness of walls and floor, height of the rim [m]
PAN_TEMPERATURE = (390.0, 430.0)  # [K]
COLDER = (12.0, 20.0)  # than butter melts, at the start [K]
FIRST = (0.004, 0.03)  # height of a piece over the pan's floor [m]
LATER = 0.022  # more for every piece [m]
AWAY = 0.026  # of pieces from the middle [m]
HEADROOM = 0.005  # of the grid over the pieces [m]
FLOORS = ("wooden floor", "marble floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pan stands about the origin."""
    count, hot = draw_count(rng, COUNT), draw(rng, PAN_TEMPERATURE, 0)
    start = MELTABLES["butter"].melting_point - draw(rng, COLDER, 0)
    material = pick(rng, ("steel", "brass"))
    pan, pieces = _pan(rng, material), _pieces(rng, count, start)
    half, thick, rim = PAN
    tallest = max(piece.position[2] for piece in pieces) + 1.75 * HALF[1]
    cell = cell_for(preset.particles, *(piece.shape for piece in pieces))
    outer = half + thick
    grid = grid_over(
        (-outer, -outer, 0.0), (outer, outer, tallest + HEADROOM), cell,
        open_sides=("-x", "+x", "-y", "+y", "+z"),
    )  # fmt: skip
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*pieces, held_at(pan, hot)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-outer, -outer, 0.0), (outer, outer, thick + rim + 0.02)),
            elevation=(30.0, 48.0),
        ),
        caption=sentence(
            f"{in_words(count, 'piece')} of butter fall into a {material} pan of "
            f"{in_celsius(hot)}, melt and run together; heat flows {TIME_LAPSE:.0f} times as fast "
            "as in reality."
        ),
        grid=grid,
    )


def _pan(rng: np.random.Generator, material: str) -> Body:
    """One body, without seams, and so thick that a coarse grid sees its walls."""
    half, thick, rim = PAN
    outer = half + thick
    solid = shape("tray", width=2 * outer, depth=2 * outer, height=thick + rim, wall=thick)
    return body(
        "pan",
        solid,
        material,
        surface(rng, material, 0.15),
        at=(0.0, 0.0, height_above_base(solid)),
        is_static=True,
    )


def _pieces(rng: np.random.Generator, count: int, temperature: float) -> list[Body]:
    """Boxes around the middle, each falling from a greater height than the one before."""
    first, pieces = draw(rng, (0.0, 360.0), 1), []
    for number in range(count):
        halves = tuple(draw(rng, HALF) for _ in range(3))
        angle = np.radians(first + 360.0 * number / count)
        height = PAN[1] + draw(rng, FIRST) + number * LATER + max(halves)
        pieces.append(
            meltable_body(
                f"butter_{number + 1}",
                shape("box", half_extents=halves),
                "butter",
                at=(AWAY * np.cos(angle), AWAY * np.sin(angle), height),
                temperature=temperature,
                time_lapse=TIME_LAPSE,
                rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
            )
        )
    return pieces
