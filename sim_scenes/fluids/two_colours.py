"""Two liquids of different colours, side by side in a tank, fall into each other and swirl."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface, Vec3
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, shuffled
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_body
from ..staging import shape, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.12, 0.03)  # [s], [m]; then the front is a sheet
LEAST = 8000  # particles: fewer keep energy to 3 % only

LENGTH = (0.3, 0.42)  # of the tank [m]
WIDTH = (0.09, 0.14)  # of the tank [m]
HIGH = (0.16, 0.22)  # of the deeper liquid [m]
SHALLOW = (0.3, 0.6)  # of the other's depth over that [1]
DEEP_SHARE = (0.3, 0.45)  # of the tank's length [1]
ROOM = 1.5  # height of the tank over that of the deeper liquid [1]
COLOURS: dict[str, tuple[str, Vec3]] = {
    "blue": ("blue water", (0.03, 0.12, 0.62)),
    "red": ("red juice", (0.62, 0.02, 0.02)),
    "yellow": ("orange juice", (0.85, 0.55, 0.02)),
    "green": ("water", (0.03, 0.40, 0.10)),
    "white": ("milk", (0.80, 0.80, 0.78)),
}
"""Name -> liquid that it flows like, and its colour with dye so dense that it is opaque."""
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE), its length along x."""
    length, width, high = draw(rng, LENGTH), draw(rng, WIDTH), draw(rng, HIGH)
    low, border = high * draw(rng, SHALLOW), length * draw(rng, DEEP_SHARE)
    first, second = shuffled(rng, tuple(COLOURS))[:2]
    solids = (
        shape("box", half_extents=(border / 2, width / 2, high / 2)),
        shape("box", half_extents=((length - border) / 2, width / 2, low / 2)),
    )
    cell = cell_for(max(preset.particles, LEAST), *solids)
    length, width, border, high, low = (
        max(round(size / cell), 2) * cell for size in (length, width, border, high, low)
    )
    top = PANE + high * ROOM
    grid = grid_over((0.0, 0.0, PANE), (length, width, top), cell, open_sides=("+z",))
    bodies = [
        _dyed(
            name,
            shape("box", half_extents=((x1 - x0) / 2, width / 2, tall / 2)),
            ((x0 + x1) / 2, width / 2, PANE + tall / 2),
        )
        for name, x0, x1, tall in ((first, 0.0, border, high), (second, border, length, low))
    ]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            *bodies,
            *tank(grid, grid.high[2] - PANE),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((0.0, 0.0, 0.0), (length, width, top)),
            azimuth=pick(rng, ((-125.0, -55.0), (55.0, 125.0))),
            elevation=(6.0, 28.0),
        ),
        caption=sentence(
            f"a {first} liquid {100 * high:.0f} cm deep falls over a {second} one "
            f"{100 * low:.0f} cm deep in a glass tank on {{floor}}, and they swirl."
        ),
        grid=grid,
    )


def _dyed(name: str, solid: Shape, at: tuple[float, float, float]) -> Body:
    liquid, color = COLOURS[name]
    plain = liquid_body(f"{name}_liquid", solid, liquid, at=at)
    return replace(plain, surface=Surface(base_color=color, roughness=0.05))
