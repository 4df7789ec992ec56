"""A weight falls on a soft body, squashes it, is thrown up and sinks in again."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, turned, with_article
from ..filming import Shot, corners
from ..materials import MATERIALS, bold_surface
from ..soft_bodies import cell_for, clear_of, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import SOFT_MATERIALS, soft_surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; weights that fall off land on a point of a rim
CONVERGENCE = (0.3, 0.002)  # [s], [m]; then the weight is off the body again

SIZE = (0.07, 0.1)  # half the width of the soft body [m]
HEIGHT = (0.7, 1.0)  # of it, over its width [1]
PRESSED = (0.2, 0.32)  # share of its height that the weight takes it down by [1]
FALL = (0.1, 0.2)  # of the weight [m]
WIDTH = (0.6, 0.85)  # of the weight over that of the soft body [1]
SLIM = (0.25, 1.3)  # height of the weight over its width [1]
MATERIALS_USED = ("firm jelly", "gummy", "marshmallow", "foam", "silicone gel", "plush")
KINDS = ("block", "drum", "ball")
WEIGHTS = ("steel", "brass", "granite", "oak", "marble", "plastic", "pine", "cork")
GRAVITY = 9.81
ASIDE = 0.05  # of the weight from the middle, over its width [1]
FLOORS = ("marble floor", "tiled floor", "wooden floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The soft body lies at the origin, the weight hangs above it at t = 0."""
    material, kind, size = pick(rng, MATERIALS_USED), pick(rng, KINDS), draw(rng, SIZE)
    high = 2 * size * draw(rng, HEIGHT)
    solid = _soft(kind, size, high)
    cell = cell_for(volume_of(solid), preset, thinnest=0.3 * high)
    soft = divided(solid, cell)
    rest, fall, share = lowest(soft), draw(rng, FALL), draw(rng, PRESSED)
    width = draw(rng, WIDTH) * size
    # A column of this stiffness takes up the work of the weight's fall, or nearly so.
    area = volume_of(solid) / (2 * rest)
    work = SOFT_MATERIALS[material].stiffness * area * share**2 * rest
    mass = work / (GRAVITY * (fall + 2 * share * rest))
    weight, half = _weight(rng, mass, width)
    look = bold_surface(rng, weight, width)
    top = 2 * rest + fall
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, material, cell),
        bodies=[
            soft_body(
                "soft_body",
                soft,
                material,
                soft_surface(rng, material, size, soft.kind),
                at=(0, 0, rest + clear_of(cell)),
            ),
            replace(
                body(
                    "weight",
                    shape("cylinder", radius=width, half_height=half),
                    weight,
                    look,
                    at=(*(rng.uniform(-ASIDE, ASIDE, 2) * width), top + half),
                    rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
                ),
            ),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-1.6 * size, -1.6 * size, 0.0), (1.6 * size, 1.6 * size, rest)),
                    corners((-width, -width, 0.0), (width, width, top + 1.6 * half)),
                ]
            ),
            elevation=(5.0, 22.0),
        ),
        caption=sentence(
            f"One {weight} weight of {_told(mass)} falls {100 * fall:.0f} cm onto "
            f"{with_article(kind)} of {material} on {{floor}} and squashes it."
        ),
    )


def _soft(kind: str, size: float, high: float) -> Shape:
    if kind == "block":
        return shape("superquadric", radii=(size, size, high / 2), exponents=(0.35, 0.35))
    if kind == "drum":
        return shape("superquadric", radii=(size, size, high / 2), exponents=(0.35, 1.0))
    return shape("sphere", radius=size)


def _weight(rng: np.random.Generator, mass: float, width: float) -> tuple[str, float]:
    """What it is made of, and half its height [m]: of those that are neither plates nor towers."""
    halves = {name: mass / (2 * np.pi * width**2 * MATERIALS[name].density) for name in WEIGHTS}
    off = {
        name: max(SLIM[0] - half / width, half / width - SLIM[1], 0.0)
        for name, half in halves.items()
    }
    best = [name for name in WEIGHTS if off[name] == min(off.values())]
    name = pick(rng, best)
    return name, round(float(halves[name]), 5)


def _told(mass: float) -> str:
    return f"{mass:.1f} kg" if mass >= 1.0 else f"{1000 * mass:.0f} g"
