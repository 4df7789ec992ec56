"""Drops fall into a pool one after the other and throw up crowns and spray."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_in, parcels, whole
from ..staging import shape, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.1, 0.01)  # [s], [m]

SIDE = (0.24, 0.3)  # of the square tank [m]
DEPTH = (0.13, 0.16)  # of the pool [m]
RIM = (0.14, 0.2)  # of the panes above the pool [m]
DROPS = (2, 4)
DROP_RADIUS = (0.03, 0.042)  # [m]
FIRST = (0.14, 0.2)  # fall of the first drop [s]
LATER = (0.13, 0.21)  # from drop to drop [s]: the fourth falls from up to 3 m
OFF_MIDDLE = 0.22  # of drops, of the tank's side [1]
LIQUIDS = ("milk", "blue water", "water", "red juice", "orange juice", "tea")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")
GRAVITY = 9.81  # [m/s2]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE); the drops start at rest, most of them above it."""
    side, depth, rim = draw(rng, SIDE), draw(rng, DEPTH), draw(rng, RIM)
    radius, count = draw(rng, DROP_RADIUS), draw_count(rng, DROPS)
    falls = np.cumsum([draw(rng, FIRST), *(draw(rng, LATER) for _ in range(count - 1))])
    cell = cell_for(
        preset.particles,
        shape("box", half_extents=(side / 2, side / 2, depth / 2)),
        *[shape("sphere", radius=radius)] * count,
    )
    grid = grid_over((0.0, 0.0, PANE), (side, side, PANE + depth + rim), cell, open_sides=("+z",))
    side, depth = grid.high[0], whole(depth, cell)
    heights = PANE + depth + radius + GRAVITY * falls**2 / 2
    middles = side * (0.5 + rng.uniform(-OFF_MIDDLE, OFF_MIDDLE, (count, 2)))
    balls = [((x, y, z), radius) for (x, y), z in zip(middles, heights, strict=True)]
    liquid = pick(rng, LIQUIDS)
    pool = parcels([((0.0, 0.0, PANE), (side, side, PANE + depth))], balls)
    top = grid.high[2]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[liquid_in("pool", pool, liquid), *tank(grid, top - PANE)],
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners((0.0, 0.0, 0.0), (side, side, 1.25 * top)), elevation=(8.0, 30.0)),
        caption=sentence(
            f"{in_words(count, 'drop')} of {liquid}, {200 * radius:.0f} cm wide, fall one after "
            f"the other into one pool of it, {100 * depth:.0f} cm deep, in a glass tank on "
            "{floor}."
        ),
        grid=grid,
    )
