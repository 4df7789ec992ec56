"""A blade pushes through a bed of sand and heaps it up."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, turned
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]
LEAST = 9000  # particles: a bed of fewer is a few cells deep and packs by 21 %

LENGTH = (0.34, 0.42)  # of the bed [m]
WIDTH = (0.2, 0.3)  # of the bed [m]
DEPTH = (0.035, 0.055)  # of the bed [m]
BLADE = (0.55, 0.85)  # width of the blade, of the bed's [1]
HEIGHT = (0.1, 0.13)  # of the blade [m]
THICK, THICK_CELLS = 0.016, 1.3  # of the blade, the larger of both [m], [1]
SKEW = (-25.0, 25.0)  # of the blade from square to its way [deg]
LIFTED = (0.001, 0.002)  # of its edge above the floor [m]
WAY = (0.8, 1.0)  # of the bed's length [1]
LASTING = (1.5, 1.85)  # [s]
MATERIALS = ("steel", "brass", "oak", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The bed lies around the origin; the blade comes along +x from outside it."""
    length, width, depth = draw(rng, LENGTH), draw(rng, WIDTH), draw(rng, DEPTH)
    bed = shape("box", half_extents=(length / 2, width / 2, depth / 2))
    cell = cell_for(max(preset.particles, LEAST), bed)
    grain = pick(rng, DRY)
    thick = max(THICK, round(THICK_CELLS * cell, 4))
    half = (thick / 2, round(draw(rng, BLADE) * width / 2, 4), draw(rng, HEIGHT) / 2)
    material, skew = pick(rng, MATERIALS), draw(rng, SKEW, 1)
    back = half[1] * abs(np.sin(np.radians(skew))) + half[0]
    start = (-length / 2 - back - 0.01, 0.0, half[2] + draw(rng, LIFTED))
    way = round(draw(rng, WAY, 2) * length, 4)
    blade = replace(
        body(
            "blade",
            shape("box", half_extents=half),
            material,
            surface(rng, material, 0.2),
            at=start,
            rotation=turned("z", skew),
        ),
        path=Path(times=(0.0, draw(rng, LASTING, 2)), shifts=((0.0, 0.0, 0.0), (way, 0.0, 0.0))),
    )
    low = np.array([-length / 2 - 2 * back - 0.03, -width / 2 - 0.12, 0.0])
    high = np.array([length / 2 + 0.22, width / 2 + 0.12, 2 * half[2] + 0.02])
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[grain_body(rng, "bed", bed, grain, at=(0.0, 0.0, depth / 2)), blade],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(low + np.array([0.0, 0.07, 0.0]), high - (0.06, 0.07, 0.0)),
            elevation=(16.0, 38.0),
        ),
        grid=grid_over(low, high, cell, open_sides=("-x", "+x", "-y", "+y", "+z")),
        caption=sentence(
            f"a {material} blade {200 * half[1]:.0f} cm wide pushes through a bed of {grain} "
            f"{100 * depth:.0f} cm deep on {{floor}} and heaps it up."
        ),
    )
