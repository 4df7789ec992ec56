"""Vessels that a channel connects below: a high level falls, the others rise and swing."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_in, parcels, whole
from ..materials import surface
from ..staging import shape, slab, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=120)  # [Hz]: at 60, swings lag by 8 ms
CONVERGENCE = (0.08, 0.03)  # [s], [m]; then it shoots up in the others

VESSELS = (2, 4)
OPENING = (0.09, 0.2)  # of a vessel along the row [m]
BETWEEN = (0.06, 0.12)  # thickness of the blocks between vessels [m]
WIDTH = (0.1, 0.14)  # across the row [m]
CHANNEL = (0.06, 0.09)  # height of the channel under the blocks [m]
HIGH = (0.3, 0.4)  # level of the vessel that empties [m]
LOW = (0.0, 0.06)  # levels of the others above the channel [m]
RIM = 0.05  # of the blocks and panes above the highest level [m]
BLOCKS = ("plastic", "painted wood", "marble", "brick")
LIQUIDS = ("water", "blue water", "blue water", "red juice", "milk", "tea", "orange juice")
VIEWS = ((60.0, 120.0), (-120.0, -60.0))  # azimuths [deg]: of the long sides
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The row's lowest corner is (0, 0, PANE), and it lies along x."""
    count, width, channel = draw_count(rng, VESSELS), draw(rng, WIDTH), draw(rng, CHANNEL)
    openings = [draw(rng, OPENING) for _ in range(count)]
    blocks = [draw(rng, BETWEEN) for _ in range(count - 1)]
    high, full = draw(rng, HIGH), int(rng.integers(count))
    levels = [high if k == full else channel + draw(rng, LOW) for k in range(count)]
    ends = _ends(openings, blocks)
    cell = cell_for(
        preset.particles,
        shape("box", half_extents=(ends[-1][1] / 2, width / 2, channel / 2)),
        shape("box", half_extents=(openings[full] / 2, width / 2, (high - channel) / 2)),
    )
    channel = max(whole(channel, cell), 1.5 * cell)
    ends = [(whole(low, cell) if low else 0.0, whole(end, cell)) for low, end in ends]
    top = PANE + high + RIM
    grid = grid_over((0.0, 0.0, PANE), (ends[-1][1], width, top), cell, open_sides=("+z",))
    length, width, top = grid.high
    ends[-1] = ends[-1][0], length
    boxes = [((0.0, 0.0, PANE), (length, width, PANE + channel))]
    for (low, end), level in zip(ends, levels, strict=True):
        rise = whole(level, cell)
        if rise > channel + 1e-6:
            boxes.append(((low, 0.0, PANE + channel), (end, width, PANE + rise)))
    material, liquid = pick(rng, BLOCKS), pick(rng, LIQUIDS)
    look = surface(rng, material, 0.1)
    between = [
        slab(
            f"block_{k + 1}",
            material,
            look,
            (ends[k][1], 0.0, PANE + channel),
            (ends[k + 1][0], width, top),
        )
        for k in range(count - 1)
    ]
    said = in_words(count - 1, f"{material} block")
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            liquid_in("liquid", parcels(boxes), liquid),
            *between,
            *tank(grid, top - PANE),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((0.0, 0.0, 0.0), (length, width, top)),
            azimuth=pick(rng, VIEWS),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"{in_words(count, 'vessel')} on {{floor}}, parted by {said}, are connected below: "
            f"{liquid} {100 * high:.0f} cm high in one of them presses the level up in "
            f"{'the other' if count == 2 else 'the others'}."
        ),
        grid=grid,
    )


def _ends(openings: list[float], blocks: list[float]) -> list[tuple[float, float]]:
    """Where every vessel begins and ends along the row [m]."""
    starts = np.cumsum([0.0, *(a + b for a, b in zip(openings[:-1], blocks, strict=True))])
    return [(float(x), float(x) + opening) for x, opening in zip(starts, openings, strict=True)]
