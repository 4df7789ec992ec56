"""A jet from a pipe strikes a body, spreads over it and gathers in a tank."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, in_words, pick, sentence, with_article
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_body
from ..materials import bold_surface, surface
from ..staging import body, drawn_at, height_above_base, shape, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.1, 0.03)  # [s], [m]

SIDE = (0.3, 0.42)  # of the square tank [m]
RADIUS = (0.026, 0.036)  # of the jet [m]
SPEED = (1.0, 1.7)  # at the nozzle [m/s]
BODY = (0.07, 0.1)  # half the body's size [m]
ABOVE = (0.1, 0.18)  # from the body to the nozzle [m]
OFF_MIDDLE = 0.35  # of the jet, of the body's half size [1]
PIPE = (1.03, 1.3)  # inner and outer radius over the jet's [1]
SHAPES = ("ball", "ball", "cone", "block", "egg")
MATERIALS = ("oak", "granite", "marble", "plastic", "painted wood", "steel", "ceramic")
PIPES = ("steel", "brass")
LIQUIDS = ("water", "blue water", "milk", "red juice", "orange juice", "tea")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE); the nozzle is where the grid ends above."""
    side, radius, speed = draw(rng, SIDE), draw(rng, RADIUS), draw(rng, SPEED, 2)
    half, kind, material = draw(rng, BODY), pick(rng, SHAPES), pick(rng, MATERIALS)
    long = round(speed * preset.num_frames / preset.fps, 4)
    jet = shape("cylinder", radius=radius, half_height=long / 2)
    cell = cell_for(preset.particles, jet)
    solid = _solid(kind, half)
    turn = drawn_at(solid, (0.0, 0.0, 0.0))[1]
    middle = height_above_base(solid, turn)
    top = PANE + 2 * middle + draw(rng, ABOVE)
    grid = grid_over((0.0, 0.0, PANE), (side, side, top), cell, open_sides=("+z",))
    side, _, top = grid.high
    is_round = kind in ("ball", "egg")
    standing = body(
        kind,
        solid,
        material,
        (bold_surface if is_round else surface)(rng, material, half),
        at=(side / 2, side / 2, PANE + middle),
        rotation=turn,
        is_static=True,
    )
    off = half * OFF_MIDDLE * rng.uniform(-1, 1, 2)
    x, y = side / 2 + off
    liquid, metal = pick(rng, LIQUIDS), pick(rng, PIPES)
    pipe = shape(
        "pipe",
        radius=round(PIPE[1] * radius, 5),
        inner_radius=round(PIPE[0] * radius, 5),
        half_height=long / 2,
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            liquid_body("jet", jet, liquid, at=(x, y, top + long / 2), velocity=(0.0, 0.0, -speed)),
            body(
                "pipe",
                pipe,
                metal,
                surface(rng, metal, radius),
                at=(x, y, top + long / 2),
                is_static=True,
            ),
            standing,
            *tank(grid, top - PANE),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners((0.0, 0.0, 0.0), (side, side, 1.15 * top)), elevation=(8.0, 30.0)),
        caption=sentence(
            f"{in_words(1, f'{liquid} jet')} leaves {with_article(metal)} pipe at "
            f"{speed:.1f} m/s, strikes {with_article(material)} {kind} and gathers in a glass "
            "tank on {floor}."
        ),
        grid=grid,
    )


def _solid(kind: str, half: float) -> Shape:
    """What the jet strikes, about twice `half` large [m]."""
    if kind == "ball":
        return shape("sphere", radius=half)
    if kind == "egg":
        return shape("ellipsoid", radii=(half, half, round(1.3 * half, 4)))
    if kind == "cone":
        return shape("cone", radius=half, height=round(1.6 * half, 4))
    return shape("box", half_extents=(half, half, round(0.8 * half, 4)))
