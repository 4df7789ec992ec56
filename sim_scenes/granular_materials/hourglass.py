"""Sand runs through the slot of a flat hourglass between two panes."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..sand_hopper import BOARD, BOARD_CELLS, SLOT_CELLS, WOODS, Trough
from ..staging import drawn_at, slab, stage
from ..tanks import CLEAR

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

WIDTH = (0.2, 0.26)  # inside [m]
DEPTH = (0.055, 0.07)  # between the panes, but never less than DEPTH_CELLS [m]
DEPTH_CELLS = 4
SLOT = (0.03, 0.042)  # width of the slot, but never less than SLOT_CELLS [m]
SLOPE = (45.0, 58.0)  # of the boards [deg]
FALL = (0.16, 0.19)  # of the slot above the floor: what runs out does not reach it again [m]
FILLED = (0.03, 0.07)  # height of the sand above the boards' upper ends [m]
PANE = 0.005  # of the glass [m]
ABOVE = 0.02  # from the sand to the rim [m]
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The slot runs along y, above the origin; grains lie on the boards from the start."""
    trough = Trough(
        width=draw(rng, WIDTH),
        depth=draw(rng, DEPTH),
        slot=draw(rng, SLOT),
        fall=draw(rng, FALL),
        slope=float(np.tan(np.radians(draw(rng, SLOPE, 1)))),
        filled=draw(rng, FILLED),
    )
    cell, grain = cell_for(preset.particles, trough.filling()), pick(rng, DRY)
    # Of few particles, cells are large: the slot is wider, the panes stand on cells' sides.
    trough = replace(
        trough,
        width=round(2 * round(trough.width / 2 / cell) * cell, 6),
        depth=round(max(round(trough.depth / cell), DEPTH_CELLS) * cell, 6),
        slot=max(trough.slot, round(SLOT_CELLS * cell, 4)),
    )
    solid, rim = trough.filling(), round(trough.shoulder + trough.filled + ABOVE, 4)
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    thick = max(BOARD, round(BOARD_CELLS * cell, 4))
    x, y = trough.width / 2, trough.depth / 2
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            grain_body(rng, "sand", solid, grain, at=at, rotation=rotation),
            *_frame(rng, trough, rim, thick),
            *trough.boards(rng, thick),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-x - thick, -y - PANE, 0.0), (x + thick, y + PANE, rim)),
            azimuth=pick(rng, ((-120.0, -60.0), (60.0, 120.0))),
            elevation=(3.0, 22.0),
        ),
        grid=grid_over((-x, -y, 0.0), (x, y, rim), cell, open_sides=("+z",)),
        caption=sentence(
            f"{grain} runs through a slot of {1000 * trough.slot:.0f} mm between two sloping "
            "boards and piles up below, behind glass on {floor}."
        ),
    )


def _frame(rng: np.random.Generator, trough: Trough, rim: float, thick: float) -> list[Body]:
    """Wooden sides and two panes, just outside the grid."""
    x, y, wood = trough.width / 2, trough.depth / 2, pick(rng, WOODS)
    look = surface(rng, wood, 0.3)
    sides = [
        slab(name, wood, look, (sign * x, -y, 0.0), (sign * (x + thick), y, rim))
        for name, sign in (("side_left", -1), ("side_right", 1))
    ]
    panes = [
        slab(name, "glass", CLEAR, (-x - thick, low, 0.0), (x + thick, high, rim))
        for name, low, high in (("pane_front", y, y + PANE), ("pane_back", -y - PANE, -y))
    ]
    return [*sides, *panes]
