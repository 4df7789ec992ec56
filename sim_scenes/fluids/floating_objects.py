"""Solids of several densities are dropped into a tank of water: some float, some sink."""

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from .. import liquids
from ..draws import (
    any_direction,
    any_rotation,
    draw,
    draw_count,
    listed,
    pick,
    sentence,
    shuffled,
    with_article,
)
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_body
from ..materials import bold_surface, substance, surface
from ..solids import ROUND, draw_solid
from ..staging import body, reach, shape, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=240)  # [Hz]
CONVERGENCE = (0.1, 0.02)  # [s], [m]; then the first solid strikes the water
LEAST = 5000  # particles: fewer keep volume and energy to 3 % only

LENGTH = (0.32, 0.4)  # of the tank [m]
WIDTH = (0.21, 0.26)  # of the tank [m]
DEPTH = (0.1, 0.15)  # of the water [m]
FREEBOARD = (0.09, 0.13)  # of the tank above the water [m]
SLOTS = (3, 2)  # places along the tank and across it, one solid each
COUNT = (3, 6)
SIZE = (0.036, 0.05)  # radius of the sphere around a solid [m]
ASIDE = 0.003  # [m], of a solid from the middle of its place, at most
FALL = (0.015, 0.12)  # from the sphere's lowest point to the water [m]
SPIN = (0.5, 4.0)  # [rad/s]
DRAFT = 1.0  # of what floats, at least [cells]: levels are known to a tenth or two
NOUNS = ("ball", "ball", "block", "cylinder", "capsule", "ellipsoid")
LIGHT = ("cork", "pine", "oak", "painted wood")
HEAVY = ("granite", "marble", "steel", "brass", "ceramic")
LIQUIDS = ("water", "water", "blue water", "tea", "red juice")
VIEWS = ((60.0, 120.0), (-120.0, -60.0))  # azimuths [deg]: of the long sides
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE), its length along x."""
    size = draw(rng, LENGTH), draw(rng, WIDTH)
    depth = draw(rng, DEPTH)
    cell = cell_for(
        max(preset.particles, LEAST),
        shape("box", half_extents=(size[0] / 2, size[1] / 2, depth / 2)),
    )
    depth = max(round(2 * depth / cell), 4) * cell / 2  # what a lattice fills evenly
    level = PANE + depth
    top = level + draw(rng, FREEBOARD)
    grid = grid_over((0.0, 0.0, PANE), (*size, top), cell, open_sides=("+z",))
    length, width, top = grid.high
    liquid = pick(rng, LIQUIDS)
    water = liquid_body(
        "liquid",
        shape("box", half_extents=(length / 2, width / 2, depth / 2)),
        liquid,
        at=(length / 2, width / 2, PANE + depth / 2),
    )
    dropped, said = _dropped(rng, length, width, level, cell)
    highest = max(one.position[2] for one in dropped) + SIZE[1]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*dropped, water, *tank(grid, top - PANE)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((0.0, 0.0, 0.0), (length, width, max(top, highest))),
            azimuth=pick(rng, VIEWS),
            elevation=(5.0, 24.0),
        ),
        caption=sentence(
            f"{said} fall into {liquid} {100 * depth:.0f} cm deep in a glass tank on {{floor}}: "
            "what is lighter than the liquid floats, the rest sinks."
        ),
        grid=grid,
    )


def _dropped(
    rng: np.random.Generator, length: float, width: float, level: float, cell: float
) -> tuple[list[Body], str]:
    """Solids over their places, at least one that floats and one that sinks, and their names."""
    count = draw_count(rng, COUNT)
    slots = shuffled(rng, [(i, j) for i in range(SLOTS[0]) for j in range(SLOTS[1])])[:count]
    kinds = [LIGHT, HEAVY, *(pick(rng, (LIGHT, LIGHT, HEAVY)) for _ in range(count - 2))]
    dropped, names = [], []
    for number, ((i, j), kind) in enumerate(zip(slots, kinds, strict=True), 1):
        radius = draw(rng, SIZE)
        noun, solid, _, _ = draw_solid(rng, radius, NOUNS)
        material = pick(rng, kind)
        if kind == LIGHT and _draft(solid, material) < DRAFT * cell:
            noun, solid, _, _ = draw_solid(rng, radius, ("ball",))
            if _draft(solid, material) < DRAFT * cell:
                material = pick(rng, [each for each in LIGHT if each != material])
        look = (bold_surface if noun in ROUND else surface)(
            rng, material, min(radius, reach(solid))
        )
        middle = np.array([(i + 0.5) * length / SLOTS[0], (j + 0.5) * width / SLOTS[1]])
        middle += draw(rng, (-ASIDE, ASIDE)), draw(rng, (-ASIDE, ASIDE))
        dropped.append(
            body(
                f"solid_{number}",
                solid,
                material,
                look,
                at=(*middle, level + 1.2 * radius + draw(rng, FALL)),
                rotation=any_rotation(rng),
                spin=draw(rng, SPIN) * any_direction(rng),
            )
        )
        names.append(with_article(f"{material} {noun}"))
    return dropped, listed(names)


def _draft(solid: Shape, material: str) -> float:
    """How deep a solid dips into water, as if it were a box of its least extent [m]."""
    least = float(np.ptp(shapes.build(solid).mesh.vertices, axis=0).min())
    return least * substance(material).density / liquids.LIQUIDS["water"].density
