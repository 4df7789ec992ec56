"""A stamp is pressed into modelling dough and lifted: the print stays."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, turned, with_article
from ..filming import Shot, corners
from ..materials import bold_surface
from ..soft_bodies import cell_for, clear_of, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import soft_surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.5, 0.002)  # [s], [m]

MATERIAL = "modelling dough"
YIELDING = 20.0  # of contacts [1]: dough bears a thirtieth of its modulus, rubber all of it
WIDTH = (0.07, 0.1)  # half of the dough's [m]
THICKNESS = (0.02, 0.03)  # half of the dough's [m]
STAMPS = ("star", "heart", "cross", "gear", "ball", "letter")
STAMP = (0.45, 0.6)  # radius of the stamp over half the dough's width [1]
DEPTH = (0.3, 0.45)  # of the print over the dough's thickness [1]
HANDLE = (0.014, 0.03)  # radius and half height of the stamp's stem [m]
PRESSING, LIFTING = (0.85, 1.05), (0.6, 0.75)  # [s]
LIFT = (0.03, 0.045)  # at the end, above the dough [m]
ASIDE = (0.9, 1.1)  # at the end, over half the dough's width [1]: its print is seen
TURNING = 0.6  # of the lifting, until it goes aside [1]
ABOVE = (0.008, 0.02)  # at the start, above the dough [m]
LETTERS = "ACEFHKLTXYZ"
FLOORS = ("wooden floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The dough lies at the origin, the stamp comes straight down on it."""
    half, thick, kind = draw(rng, WIDTH), draw(rng, THICKNESS), pick(rng, STAMPS)
    exponent = pick(rng, (0.4, 1.0))
    solid = shape("superquadric", radii=(half, half, thick), exponents=(0.3, exponent))
    cell = cell_for(volume_of(solid), preset, thinnest=0.7 * thick, nodes=0.8)
    soft = divided(solid, cell)
    rest, radius = lowest(soft), draw(rng, STAMP) * half
    head, high = _stamp(rng, kind, radius)
    over, metal = draw(rng, ABOVE), pick(rng, ("steel", "brass", "oak", "plastic"))
    start, deep = 2 * rest + clear_of(cell) + over + high, over + draw(rng, DEPTH) * 2 * rest
    down = draw(rng, PRESSING)
    held, lifting, lift = down + 0.15, draw(rng, LIFTING), draw(rng, LIFT)
    aside = pick(rng, (-1.0, 1.0)) * draw(rng, ASIDE) * half
    times = (0.0, down, held, held + TURNING * lifting, held + lifting)
    shifts = (
        (0.0, 0.0, 0.0), (0.0, 0.0, -deep), (0.0, 0.0, -deep), (0.0, 0.0, lift), (aside, 0.0, lift),
    )  # fmt: skip
    path = Path(times=tuple(round(t, 4) for t in times), shifts=shifts)
    look = bold_surface(rng, metal, 0.03)
    facing = turned("z", draw(rng, (0.0, 360.0), 1))
    stem = shape("cylinder", radius=HANDLE[0], half_height=HANDLE[1])
    bodies = [
        soft_body(
            "dough",
            soft,
            MATERIAL,
            soft_surface(rng, MATERIAL, half),
            at=(0, 0, rest + clear_of(cell)),
        ),
        replace(body("stamp", head, metal, look, at=(0, 0, start), rotation=facing), path=path),
        replace(body("stem", stem, metal, look, at=(0, 0, start + high + HANDLE[1])), path=path),
    ]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, MATERIAL, cell, stiff=YIELDING),
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-1.2 * half, -1.2 * half, 0.0), (1.2 * half, 1.2 * half, 2 * rest)),
                    corners(
                        (min(0.0, aside) - radius, -radius, 0.0),
                        (max(0.0, aside) + radius, radius, start + high + 2 * HANDLE[1] + lift),
                    ),
                ]
            ),
            azimuth=pick(rng, ((-120.0, -60.0), (60.0, 120.0))),
            elevation=(26.0, 46.0),
        ),
        caption=sentence(
            f"One {metal} stamp in the shape of {with_article(kind)} is pressed "
            "into modelling dough on {floor} and lifted; its print stays."
        ),
    )


def _stamp(rng: np.random.Generator, kind: str, radius: float) -> tuple[Shape, float]:
    """Its head, and half the height of that [m]."""
    high = 0.02
    if kind == "star":
        return shape("star", points=5, radius=radius, half_height=high, depth=0.5), high
    if kind == "heart":
        return shape("heart", width=1.8 * radius, half_height=high), high
    if kind == "cross":
        return shape("cross", radius=radius, arm=0.45, half_height=high), high
    if kind == "gear":
        return shape("gear", radius=radius, teeth=8, half_height=high, bore=0.3), high
    if kind == "letter":
        letter = ord(pick(rng, tuple(LETTERS)))
        return shape("letter", code=letter, height=1.7 * radius, half_depth=high), high
    return shape("sphere", radius=0.6 * radius), 0.6 * radius
