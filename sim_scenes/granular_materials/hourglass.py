"""Sand runs through the slot of a flat hourglass between two panes."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..planks import plank, prism
from ..staging import drawn_at, slab, stage
from ..tanks import CLEAR

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

WIDTH = (0.2, 0.26)  # inside [m]
DEPTH = (0.055, 0.07)  # between the panes [m]
SLOT = (0.03, 0.042)  # width of the slot, but never less than SLOT_CELLS [m]
SLOT_CELLS = 3.0
SLOPE = (45.0, 58.0)  # of the boards [deg]
FALL = (0.1, 0.13)  # of the slot above the floor [m]
FILLED = (0.03, 0.07)  # height of the sand above the boards' upper ends [m]
BOARD, BOARD_CELLS = 0.014, 1.3  # thickness of boards and sides, the larger of both [m], [1]
PANE = 0.005  # of the glass [m]
ABOVE = 0.02  # from the sand to the rim [m]
WOODS = ("oak", "pine", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The slot runs along y, above the origin; grains lie on the boards from the start."""
    width, depth, grain = draw(rng, WIDTH), draw(rng, DEPTH), pick(rng, DRY)
    fall, slope = draw(rng, FALL), np.tan(np.radians(draw(rng, SLOPE, 1)))
    slot, filled = draw(rng, SLOT), draw(rng, FILLED)
    # The cell follows from the grains, the slot from the cell: on few particles it is wider.
    cell = cell_for(preset.particles, _filling(width, depth, slot, fall, slope, filled))
    slot = max(slot, round(SLOT_CELLS * cell, 4))
    depth = round(max(round(depth / cell), 3) * cell, 6)
    width = round(2 * round(width / 2 / cell) * cell, 6)
    solid = _filling(width, depth, slot, fall, slope, filled)
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    sand = grain_body(rng, "sand", solid, grain, at=at, rotation=rotation)
    rim = round(fall + (width - slot) / 2 * slope + filled + ABOVE, 4)
    thick = max(BOARD, round(BOARD_CELLS * cell, 4))
    frame = _frame(rng, width, depth, rim, thick)
    boards = _boards(rng, width, depth, (slot, fall, slope), thick)
    x, y = width / 2 + thick, depth / 2 + PANE
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[sand, *frame, *boards],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-x, -y, 0.0), (x, y, rim)),
            azimuth=pick(rng, ((-120.0, -60.0), (60.0, 120.0))),
            elevation=(3.0, 22.0),
        ),
        grid=grid_over(
            (-width / 2, -depth / 2, 0.0), (width / 2, depth / 2, rim), cell, open_sides=("+z",)
        ),
        caption=sentence(
            f"{grain} runs through a slot of {1000 * slot:.0f} mm between two sloping boards and "
            "piles up below, behind glass on {floor}."
        ),
    )


def _filling(
    width: float, depth: float, slot: float, fall: float, slope: float, filled: float
):
    """What lies on the boards: from the slot up to a level top."""
    inner, outer = slot / 2, width / 2
    rise = fall + (outer - inner) * slope
    half = np.array([(inner, fall), (outer, rise), (outer, rise + filled)])
    outline = np.concatenate([half, half[::-1] * (-1.0, 1.0)])
    return prism(outline, -depth / 2, depth / 2)


def _frame(
    rng: np.random.Generator, width: float, depth: float, rim: float, thick: float
) -> list[Body]:
    x, y, wood = width / 2, depth / 2, pick(rng, WOODS)
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


def _boards(
    rng: np.random.Generator,
    width: float,
    depth: float,
    slit: tuple[float, float, float],
    thick: float,
) -> list[Body]:
    (slot, fall, slope), wood = slit, pick(rng, WOODS)
    look = surface(rng, wood, 0.2)
    inner, outer = slot / 2, width / 2
    below = thick * np.hypot(1.0, slope)
    rise = fall + (outer - inner) * slope
    outline = np.array(
        [(inner, fall), (inner, fall - below), (outer, rise - below), (outer, rise)]
    )
    return [
        plank(name, wood, look, outline * (sign, 1.0), -depth / 2, depth / 2)
        for name, sign in (("board_left", -1.0), ("board_right", 1.0))
    ]
