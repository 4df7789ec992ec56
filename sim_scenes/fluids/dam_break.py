"""A column of liquid collapses in a glass tank and runs against what stands there."""

import numpy as np

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, in_words, pick, sentence, with_article
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_in, parcels, whole
from ..materials import bold_surface, surface
from ..staging import body, shape, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.15, 0.03)  # [s], [m]; then its front is a sheet

LENGTH = (0.7, 1.0)  # of the tank [m]
WIDTH = (0.16, 0.3)  # of the tank [m]
COLUMN_HEIGHT = (0.22, 0.32)  # [m]
COLUMN_BASE = (0.22, 0.36)  # of the tank's length [1]
TANK_HEIGHT = (1.5, 1.8)  # over the column's height: it runs up the far pane [1]
LIQUIDS = ("water", "blue water", "blue water", "red juice", "tea", "milk", "orange juice")
STARTS = ("end", "end", "middle", "corner")
CORNER = 0.6  # of the tank's width that a column in a corner takes [1]
OBSTACLES = ("none", "block", "post", "post", "step")
OBSTACLE_AT = (0.6, 0.75)  # of the tank's length [1]
OBSTACLE_SIZE = (0.05, 0.09)  # breadth [m]
OBSTACLE_MATERIALS = ("oak", "brick", "granite", "marble", "plastic", "painted wood")
VIEWS = ((50.0, 130.0), (-130.0, -50.0))  # azimuths [deg]: of the long sides
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE), its length along x."""
    length, width, height = draw(rng, LENGTH), draw(rng, WIDTH), draw(rng, COLUMN_HEIGHT)
    base, start = length * draw(rng, COLUMN_BASE), pick(rng, STARTS)
    across = width * (CORNER if start == "corner" else 1.0)
    cell = cell_for(preset.particles, shape("box", half_extents=(base / 2, across / 2, height / 2)))
    top = PANE + height * draw(rng, TANK_HEIGHT)
    grid = grid_over((0.0, 0.0, PANE), (length, width, top), cell, open_sides=("+z",))
    length, width, _ = grid.high
    across = whole(width * CORNER, cell) if start == "corner" else width
    left = whole(length / 2 - base / 2, cell) if start == "middle" else 0.0
    high = whole(height, cell)
    box = (left, 0.0, PANE), (left + whole(base, cell), across, PANE + high)
    liquid = pick(rng, LIQUIDS)
    obstacles, said = _obstacle(rng, grid, high) if start != "middle" else ([], "")
    where = {"end": "at one end", "middle": "in the middle", "corner": "in one corner"}[start]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            liquid_in("column", parcels([box]), liquid),
            *obstacles,
            *tank(grid, grid.high[2] - PANE),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((0.0, 0.0, 0.0), (length, width, top)),
            azimuth=pick(rng, VIEWS),
            elevation=(6.0, 28.0),
        ),
        caption=sentence(
            f"{in_words(1, f'{liquid} column')} {100 * high:.0f} cm high {where} of a glass tank "
            f"{100 * length:.0f} cm long on {{floor}} collapses{said}."
        ),
        grid=grid,
    )


def _obstacle(rng: np.random.Generator, grid: Grid, height: float) -> tuple[list[Body], str]:
    """Something on the tank's bottom in the way of the front, and what it does there."""
    kind, material = pick(rng, OBSTACLES), pick(rng, OBSTACLE_MATERIALS)
    length, width, _ = grid.high
    x, size = length * draw(rng, OBSTACLE_AT), draw(rng, OBSTACLE_SIZE)
    tall = round(height * {"block": 0.35, "post": 1.2, "step": 0.2}.get(kind, 0.0), 4)
    if kind == "none":
        return [], " and runs up the far pane"
    if kind == "post":
        solid = shape("cylinder", radius=round(size / 2, 4), half_height=tall / 2)
        look, said = bold_surface(rng, material, size), f" around {with_article(material)} post"
    else:
        breadth = width if kind == "step" else 0.5 * width
        solid = shape("box", half_extents=(round(size / 2, 4), round(breadth / 2, 6), tall / 2))
        look = surface(rng, material, size)
        said = f" {'over' if kind == 'step' else 'against'} {with_article(material)} {kind}"
    standing = body(kind, solid, material, look, at=(x, width / 2, PANE + tall / 2), is_static=True)
    return [standing], said
