"""A plate presses a sponge or foam block down, holds it and lets it spring back."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, turned, with_article
from ..filming import Shot, corners
from ..materials import surface
from ..soft_bodies import cell_for, clear_of, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import soft_surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.5, 0.002)  # [s], [m]

HALF = ((0.09, 0.14), (0.06, 0.09), (0.035, 0.06))  # of the block along x, y, z [m]
MATERIALS_USED = ("sponge", "foam", "plush", "marshmallow")
PRESSED = ((0.18, 0.28), (0.12, 0.22))  # share of the height, first and second time [1]
DOWN, HOLD, UP = (0.3, 0.45), (0.1, 0.3), (0.12, 0.25)  # how long each takes [s]
PAUSE = (0.15, 0.3)  # before pressing again [s]
OFF = (-0.15, 0.15)  # of the plate's middle from the block's, over its half width [1]
PLATE = ((1.2, 1.35), 0.008)  # half its width over the block's [1], half its thickness [m]
ABOVE = (0.01, 0.03)  # of the plate over the block at first [m]
FLOORS = ("wooden floor", "tiled floor", "marble floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The block lies at the origin; the plate comes down on it, twice."""
    material, half = pick(rng, MATERIALS_USED), [draw(rng, one) for one in HALF]
    solid = shape("superquadric", radii=(half[0], half[1], half[2]), exponents=(0.25, 0.25))
    cell = cell_for(volume_of(solid), preset, thinnest=0.6 * half[2], nodes=0.6)
    soft = divided(solid, cell)
    rest, wood = lowest(soft), pick(rng, ("oak", "pine", "painted wood", "steel"))
    wide = [draw(rng, PLATE[0]) * one for one in half[:2]]
    over, thick = draw(rng, ABOVE), PLATE[1]
    start = 2 * rest + clear_of(cell) + over + thick
    times, depths, now = [0.0], [0.0], 0.0
    for share in PRESSED:
        deep = -(over + draw(rng, share) * 2 * rest)
        for interval, depth in ((DOWN, deep), (HOLD, deep), (UP, 0.0), (PAUSE, 0.0)):
            now = round(now + draw(rng, interval), 4)
            times.append(now)
            depths.append(round(depth, 5))
    plate = body(
        "plate",
        shape("box", half_extents=(wide[0], wide[1], thick)),
        wood,
        surface(rng, wood, 0.15),
        at=(draw(rng, OFF) * half[0], draw(rng, OFF) * half[1], start),
        rotation=turned("z", draw(rng, (-6.0, 6.0), 1)),
    )
    path = Path(times=tuple(times), shifts=tuple((0.0, 0.0, depth) for depth in depths))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, material, cell),
        bodies=[
            soft_body(
                "block",
                soft,
                material,
                soft_surface(rng, material, 0.2),
                at=(0, 0, rest + clear_of(cell)),
            ),
            replace(plate, path=path),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-wide[0], -wide[1], 0.0), (wide[0], wide[1], start + thick)),
            elevation=(7.0, 18.0),
        ),
        caption=sentence(
            f"One {wood} plate presses {with_article(f'block of {material}')} on "
            "{floor} down twice and lets it spring back."
        ),
    )
