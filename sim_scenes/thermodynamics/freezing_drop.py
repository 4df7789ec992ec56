"""Drops of molten metal or wax fall on a cold plate, spread, and freeze where they are."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..meltables import MELTABLES, held_at, in_celsius, meltable_body
from ..staging import shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.08, 0.018)  # [s], [m]; then the first drop is a splash

TIME_LAPSE = {"tin": 1.0, "lead": 1.0, "paraffin wax": 60.0, "red wax": 60.0}
"""By which heat runs faster than in reality [1]; metals freeze in a second."""
OVERHEATED = {"tin": (25.0, 60.0), "lead": (25.0, 60.0)}
"""Above melting [K]."""
OVERHEATED_WAX = (12.0, 20.0)  # [K]
COUNT = (2, 4)
RADIUS = (0.008, 0.011)  # of a drop [m]
FIRST = 0.008  # height of the lowest drop over the plate [m]
INTERVAL = (0.3, 0.45)  # between drops [s]
SPEED = (0.35, 0.5)  # of all drops until they come into the grid [m/s]
PLATE = (0.06, 0.014)  # half its breadth, its thickness [m]
PLATE_TEMPERATURE = (255.0, 290.0)  # [K]
ASIDE = 0.016  # of a drop from the middle, at most [m]
SEEN = 0.036  # over the plate [m]
PLATES = ("steel", "brass")
FLOORS = ("concrete floor", "tiled floor", "linoleum floor", "wooden floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate lies about the origin; later drops come from above the picture."""
    kind, count = pick(rng, tuple(TIME_LAPSE)), draw_count(rng, COUNT)
    made = MELTABLES[kind]
    hot = made.melting_point + draw(rng, OVERHEATED.get(kind, OVERHEATED_WAX), 0)
    cold, (half, thick) = draw(rng, PLATE_TEMPERATURE, 0), PLATE
    material = pick(rng, PLATES)
    plate = slab(
        "plate", material, surface(rng, material, 0.1), (-half, -half, 0.0), (half, half, thick)
    )
    drops = _drops(rng, kind, count, hot, thick)
    cell = cell_for(preset.particles, *(drop.shape for drop in drops))
    grid = grid_over(
        (-half, -half, 0.0), (half, half, thick + SEEN), cell,
        open_sides=("-x", "+x", "-y", "+y", "+z"),
    )  # fmt: skip
    lapse = TIME_LAPSE[kind]
    faster = "" if lapse == 1.0 else f"; heat flows {lapse:.0f} times as fast as in reality"
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*drops, held_at(plate, cold)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.7 * half, -0.7 * half, 0.0), (0.7 * half, 0.7 * half, 0.055)),
            elevation=(46.0, 60.0),
        ),
        caption=sentence(
            f"{in_words(count, 'drop')} of molten {kind} of {in_celsius(hot)} fall on a {material} "
            f"plate of {in_celsius(cold)}, spread and freeze{faster}."
        ),
        grid=grid,
    )


def _drops(rng: np.random.Generator, kind: str, count: int, hot: float, thick: float) -> list[Body]:
    """One above the other, so far apart that they land one after the other."""
    speed, drops, height = draw(rng, SPEED, 3), [], thick + FIRST
    for number in range(count):
        radius = draw(rng, RADIUS)
        x, y = draw(rng, (-ASIDE, ASIDE)), draw(rng, (-ASIDE, ASIDE))
        drops.append(
            meltable_body(
                f"drop_{number + 1}",
                shape("sphere", radius=radius),
                kind,
                at=(x, y, height + radius),
                temperature=hot,
                time_lapse=TIME_LAPSE[kind],
                velocity=(0.0, 0.0, -speed),
            )
        )
        height += 2 * radius + speed * draw(rng, INTERVAL, 3)
    return drops
