"""A stream of honey or syrup falls on a plate, folds and coils."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, with_article
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..staging import body, shape, slab, stage
from ..syrups import SYRUPS, syrup_body

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.15, 0.012)  # [s], [m]; before the stream lands

RADIUS = (0.006, 0.0075)  # of the stream at the nozzle [m]
SPEED = (0.11, 0.16)  # at the nozzle [m/s]
FALL = (0.055, 0.08)  # from the nozzle to the plate [m]
STOCK = 2.1  # of liquid above the nozzle [s]
PLATE = (0.045, 0.014)  # half its breadth, its thickness [m]
NOZZLE = 0.02  # seen of it [m]
WALL = 1.35  # outer over inner radius of the nozzle [1]
HEADROOM = 0.004  # of the grid over the nozzle's mouth [m]
SIDEWAYS = (0.0, 0.012)  # of the nozzle from the middle of the plate [m]
PLATES = ("ceramic", "oak", "pine", "marble", "granite", "plastic")
FLOORS = ("wooden floor", "marble floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate lies about the origin; the liquid waits in a pipe above the nozzle's mouth."""
    kind, radius, speed = pick(rng, tuple(SYRUPS)), draw(rng, RADIUS), draw(rng, SPEED, 3)
    half, thick = PLATE
    mouth = thick + draw(rng, FALL)
    x = draw(rng, SIDEWAYS)
    material = pick(rng, PLATES)
    plate = slab(
        "plate", material, surface(rng, material, 0.1), (-half, -half, 0.0), (half, half, thick)
    )
    column = shape("cylinder", radius=radius, half_height=round(STOCK * speed / 2, 4))
    top = mouth + HEADROOM
    stream = syrup_body(
        "stream",
        column,
        kind,
        at=(x, 0.0, mouth + STOCK * speed / 2),
        velocity=(0.0, 0.0, -speed),
    )
    cell = cell_for(preset.particles, column)
    grid = grid_over(
        (-half, -half, 0.0), (half, half, top), cell, open_sides=("-x", "+x", "-y", "+y", "+z")
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[stream, plate, _nozzle(rng, x, radius, grid.high[2])],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -half, 0.0), (half, half, mouth + NOZZLE)),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"{kind} of {SYRUPS[kind].viscosity:.0f} Pa s flows from a nozzle {2000 * radius:.0f} "
            f"mm wide and piles up {100 * (mouth - thick):.0f} cm below on "
            f"{with_article(material)} plate on {{floor}}."
        ),
        grid=grid,
    )


def _nozzle(rng: np.random.Generator, x: float, radius: float, low: float) -> Body:
    """A pipe around the waiting liquid, above the grid."""
    solid = shape(
        "pipe",
        radius=round(WALL * radius, 5),
        inner_radius=round(1.03 * radius, 5),
        half_height=0.12,
    )
    look = surface(rng, "steel", 0.05)
    return body("nozzle", solid, "steel", look, at=(x, 0.0, low + 0.121), is_static=True)
