"""A wooden hopper full of sand is carried along and pours out a ridge, or rests over a heap."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_sign, pick, sentence
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..planks import plank
from ..rigging import shifted
from ..sand_hopper import BOARD, BOARD_CELLS, SLOT_CELLS, WOODS, Trough
from ..staging import drawn_at, stage

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

WIDTH = (0.18, 0.24)  # of the hopper inside, at the top [m]
DEPTH = (0.07, 0.09)  # inside, but never less than SLOT_CELLS [m]
SLOT = (0.03, 0.04)  # but never less than SLOT_CELLS [m]
SLOPE = (48.0, 60.0)  # of the boards [deg]
FALL = (0.11, 0.17)  # of the slot above the floor [m]
FILLED = (0.02, 0.06)  # height of the sand above the boards' upper ends [m]
RIM = 0.01  # of the hopper above the sand [m]
CARRIED_SHARE = 0.65  # of the clips: the hopper moves
CARRIED = (0.2, 0.4)  # how far [m]
MOVING = (1.2, 1.7)  # for how long [s]
PILE = 0.17  # how far grains may run to the sides [m]
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The slot starts beside the origin and is carried across it along x."""
    trough = Trough(
        width=draw(rng, WIDTH),
        depth=draw(rng, DEPTH),
        slot=draw(rng, SLOT),
        fall=draw(rng, FALL),
        slope=float(np.tan(np.radians(draw(rng, SLOPE, 1)))),
        filled=draw(rng, FILLED),
    )
    way = draw(rng, CARRIED) if chance(rng, CARRIED_SHARE) else 0.0
    cell, grain = cell_for(preset.particles, trough.filling()), pick(rng, DRY)
    least = round(SLOT_CELLS * cell, 4)  # of few particles, cells and openings are large
    trough = replace(trough, slot=max(trough.slot, least), depth=max(trough.depth, least))
    solid, start = trough.filling(), round(way / 2, 4) * draw_sign(rng)
    at, rotation = drawn_at(solid, (start, 0.0, 0.0))
    thick = max(BOARD, round(BOARD_CELLS * cell, 4))
    walls = [shifted(wall, (start, 0.0, 0.0)) for wall in _walls(rng, trough, thick)]
    if way:
        ends = ((0.0, 0.0, 0.0), (round(-2 * start, 6), 0.0, 0.0))
        path = Path(times=(0.05, 0.05 + draw(rng, MOVING, 2)), shifts=ends)
        walls = [replace(wall, is_static=False, path=path) for wall in walls]
    reach, top = way / 2 + PILE, trough.shoulder + trough.filled + RIM
    x, y = way / 2 + trough.width / 2 + thick, trough.depth / 2 + thick
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[grain_body(rng, "sand", solid, grain, at=at, rotation=rotation), *walls],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-reach, -PILE, 0.0), (reach, PILE, 0.02)),
                    corners((-x, -y, 0.0), (x, y, top)),
                ]
            ),
            elevation=(6.0, 28.0),
        ),
        grid=grid_over(
            (-reach - 0.15, -PILE - 0.12, 0.0),
            (reach + 0.15, PILE + 0.12, top + 2 * cell),
            cell,
            open_sides=("-x", "+x", "-y", "+y", "+z"),
        ),
        caption=sentence(
            f"{grain} pours from a {'moving' if way else 'resting'} hopper, through a slot "
            f"{1000 * trough.slot:.0f} mm wide, and builds up a {'ridge' if way else 'heap'} on "
            "{floor}."
        ),
    )


def _walls(rng: np.random.Generator, trough: Trough, thick: float) -> list[Body]:
    """Sloping boards, upright ones above them, and two ends that close the hopper."""
    wood = pick(rng, WOODS)
    look, y = surface(rng, wood, 0.2), trough.depth / 2
    inner, outer, top = trough.slot / 2, trough.width / 2, trough.shoulder + trough.filled + RIM
    below = thick * np.hypot(1.0, trough.slope)
    upright = np.array(
        [
            (outer, trough.shoulder - below),
            (outer + thick, trough.shoulder - below),
            (outer + thick, top),
            (outer, top),
        ]
    )
    half = np.array(
        [
            (inner, trough.fall - below),
            (outer + thick, trough.shoulder - below),
            (outer + thick, top),
        ]
    )
    end = np.concatenate([half, half[::-1] * (-1.0, 1.0)])
    return [
        *trough.boards(rng, thick),
        plank("side_left", wood, look, upright * (-1.0, 1.0), -y, y),
        plank("side_right", wood, look, upright, -y, y),
        plank("end_front", wood, look, end, -y - thick, -y),
        plank("end_back", wood, look, end, y, y + thick),
    ]
