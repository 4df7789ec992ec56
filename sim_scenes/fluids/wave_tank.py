"""A wall moves to and fro at one end of a tank and sends waves along it."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, in_words, pick, sentence, vec
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_in, parcels, whole
from ..materials import substance, surface
from ..staging import shape, stage
from ..tanks import PANE, tank

SPLIT = "held_out"
SOLVER = Solver(name="liquid", rate=240)  # [Hz]: swings lag by half a step
CONVERGENCE = (0.25, 0.02)  # [s], [m]

LENGTH = (0.65, 0.9)  # of the tank [m]
WIDTH = (0.2, 0.28)  # of the tank [m]
DEPTH = (0.17, 0.23)  # of the liquid [m]
RIM = (0.16, 0.22)  # of the panes above the liquid [m]
THICKNESS = (0.04, 0.06)  # of the moving wall [m]
STROKE = (0.07, 0.12)  # from end to end [m]
PERIOD = (0.7, 1.0)  # of the wall that goes to and fro [s]
PUSH = (0.35, 0.5)  # of the wall that moves once [s]
PUSH_SHARE = 0.3  # of the clips
MATERIALS = ("plastic", "painted wood", "oak", "steel", "marble")
LIQUIDS = ("water", "blue water", "blue water", "red juice", "milk", "tea")
VIEWS = ((55.0, 125.0), (-125.0, -55.0))  # azimuths [deg]: of the long sides
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE); the wall stands at x = 0 and moves along +x."""
    length, width, depth = draw(rng, LENGTH), draw(rng, WIDTH), draw(rng, DEPTH)
    rim, stroke = draw(rng, RIM), draw(rng, STROKE)
    water = shape("box", half_extents=(length / 2, width / 2, depth / 2))
    cell = cell_for(preset.particles, water)
    top = PANE + depth + rim
    grid = grid_over((0.0, 0.0, PANE), (length, width, top), cell, open_sides=("+z",))
    length, width, top = grid.high
    thick, depth = whole(draw(rng, THICKNESS), cell), whole(depth, cell)
    is_push, material, liquid = chance(rng, PUSH_SHARE), pick(rng, MATERIALS), pick(rng, LIQUIDS)
    half = draw(rng, PUSH) if is_push else draw(rng, PERIOD) / 2
    seconds = preset.num_frames / preset.fps
    moves = 1 if is_push else int(np.ceil(seconds / half))
    path = Path(
        times=tuple(round(half * k, 4) for k in range(moves + 1)),
        shifts=tuple((stroke * (k % 2), 0.0, 0.0) for k in range(moves + 1)),
    )
    low, high = np.array([0.0, 0.0, PANE]), np.array([thick, width, top])
    wall = Body(
        name="wall",
        shape=shape("box", half_extents=vec((high - low) / 2)),
        substance=substance(material),
        surface=surface(rng, material, 0.1),
        position=vec((low + high) / 2),
        path=path,
    )
    box = (thick, 0.0, PANE), (length, width, PANE + depth)
    how = "is pushed once" if is_push else f"moves to and fro every {2 * half:.1f} s"
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[liquid_in("liquid", parcels([box]), liquid), wall, *tank(grid, top - PANE)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((0.0, 0.0, 0.0), (length, width, top)),
            azimuth=pick(rng, VIEWS),
            elevation=(5.0, 24.0),
        ),
        caption=sentence(
            f"{in_words(1, f'{material} wall')} {how} by {100 * stroke:.0f} cm and makes waves in "
            f"{liquid} {100 * depth:.0f} cm deep, in a glass tank {100 * length:.0f} cm long on "
            "{floor}."
        ),
        grid=grid,
    )
