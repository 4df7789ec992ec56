"""Balls drop into a box of sand and leave craters."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..grain_materials import DRY, GRAINS, grain_body
from ..liquids import cell_for, grid_over
from ..materials import MATERIALS, bold_surface, surface
from ..staging import body, shape, slab, stage, walls_round

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

SPACING = 0.16  # of the places where balls fall [m]
WIDTH = (0.15, 0.18)  # of the box, across the row of balls [m]
COUNT = (1, 3)
FOR_EACH = 6000  # particles that show how one ball sinks in [1]
RADIUS = (0.028, 0.036)  # [m]
HEIGHT = (0.12, 0.5)  # of a ball's lowest point above the sand [m]
DEEP = 1.5  # depth of the sand over that of the deepest crater, with the ball [1]
RIM = 0.025  # of the walls above the sand [m]
BOARD, BOARD_CELLS = 0.015, 1.3  # thickness of the box, the larger of both [m], [1]
BALLS = ("steel", "brass", "granite", "glass", "marble", "ceramic")
WOODS = ("oak", "pine", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The balls fall in a row along x, each from its own height."""
    count, width, grain = draw_count(rng, COUNT), draw(rng, WIDTH), pick(rng, DRY)
    count = max(min(count, preset.particles // FOR_EACH), 1)
    drops = [(pick(rng, BALLS), draw(rng, RADIUS), draw(rng, HEIGHT, 3)) for _ in range(count)]
    depth = round(max(DEEP * sinking(*drop, grain) for drop in drops), 3)
    length = SPACING * (count + 0.2)
    bed = shape("box", half_extents=(length / 2, width / 2, depth / 2))
    cell = cell_for(preset.particles, bed)
    thick = max(BOARD, round(BOARD_CELLS * cell, 4))
    counts = np.maximum(np.round(np.array([length, width, depth]) / cell), 2)
    # The walls stand on the grid's sides: the box is a whole number of cells.
    length, width, depth = (round(float(size), 6) for size in counts * cell)
    bed = shape("box", half_extents=(length / 2, width / 2, depth / 2))
    level = thick + depth
    balls = [
        body(
            f"ball_{k + 1}",
            shape("sphere", radius=radius),
            material,
            bold_surface(rng, material, radius),
            at=(SPACING * (k - (count - 1) / 2), 0.0, level + height + radius),
            rotation=any_rotation(rng),
        )
        for k, (material, radius, height) in enumerate(drops)
    ]
    x, y, top = length / 2 + thick, width / 2 + thick, max(ball.position[2] for ball in balls)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            grain_body(rng, "bed", bed, grain, at=(0.0, 0.0, thick + depth / 2)),
            *balls,
            *_box(rng, (length, width), level + RIM, thick),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners((-x, -y, 0.0), (x, y, top + RADIUS[1])), elevation=(18.0, 38.0)),
        grid=grid_over(
            (-length / 2, -width / 2, thick),
            (length / 2, width / 2, level + 6 * cell + RADIUS[1]),
            cell,
            open_sides=("+z",),
        ),
        caption=sentence(
            f"{in_words(count, 'ball')} of different materials drop into a box of {grain}"
            if count > 1
            else f"one {drops[0][0]} ball drops by {100 * drops[0][2]:.0f} cm into a box of {grain}"
        )
        + (" on {floor} and leave craters." if count > 1 else " on {floor} and leaves a crater."),
    )


def sinking(material: str, radius: float, height: float, grain: str) -> float:
    """Depth of a ball's lowest point after its fall [m] (Uehara et al. 2003, eq. 1)."""
    kind = GRAINS[grain]
    denser = (MATERIALS[material].density / kind.density) ** 0.5
    friction = np.tan(np.radians(kind.repose[0]))
    drop = height + 0.05  # with the depth of the crater itself
    return float(0.14 / friction * denser * (2 * radius) ** (2 / 3) * drop ** (1 / 3))


def _box(
    rng: np.random.Generator, inside: tuple[float, float], rim: float, thick: float
) -> list[Body]:
    (length, width), wood = inside, pick(rng, WOODS)
    look, x, y = surface(rng, wood, 0.3), length / 2, width / 2
    ends = {
        "bottom": ((-x - thick, -y - thick, 0.0), (x + thick, y + thick, thick)),
        **walls_round(((-x, x), (-y, y)), thick, thick, rim),
    }
    return [slab(f"box_{name}", wood, look, *pair) for name, pair in ends.items()]
