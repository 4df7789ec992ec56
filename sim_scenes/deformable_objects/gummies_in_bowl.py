"""Gummy sweets of several shapes rain into a bowl, bounce off each other and come to lie."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..materials import surface
from ..soft_bodies import cell_for, contacts, divided, soft_body, volume_of
from ..soft_materials import soft_surface
from ..staging import body, height_above_base, reach, shape, stage
from ..vessels import bowl

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.15, 0.004)  # [s], [m]; then sweets touch sweets

COUNT = (3, 6)  # sweets
SIZE = (0.04, 0.052)  # half the width of a sweet [m]
BOWL = (0.15, 0.19)  # [m]
WALL = 0.12  # thickness over the bowl's radius [1]
FIRST, NEXT = 0.02, 0.012  # over the rim, and between sweets, upwards [m]
ASIDE = 0.35  # over the bowl's radius [1]
TOSSED = 1.5  # upwards, of the last sweet: they come down one after the other [m/s]
KINDS = ("cube", "ball", "ring", "star", "heart", "egg", "drum")
WARE = ("ceramic", "glass", "oak", "plastic")
MATERIAL = "gummy"
FLOORS = ("wooden floor", "tiled floor", "marble floor", "linoleum floor")


def sweet_shape(kind: str, size: float) -> Shape:
    """One of KINDS, about twice `size` wide [m]."""
    if kind == "cube":
        return shape(
            "superquadric", radii=(0.8 * size, 0.8 * size, 0.8 * size), exponents=(0.4, 0.4)
        )
    if kind == "ring":
        return shape("torus", radius=0.68 * size, tube_radius=0.4 * size)
    if kind == "star":
        return shape("star", points=5, radius=1.2 * size, half_height=0.45 * size, depth=0.65)
    if kind == "heart":
        return shape("heart", width=2 * size, half_height=0.42 * size)
    if kind == "egg":
        return shape("egg", length=2.1 * size, radius=0.75 * size, taper=0.15)
    if kind == "drum":
        return shape(
            "superquadric", radii=(0.9 * size, 0.9 * size, 0.6 * size), exponents=(0.4, 1.0)
        )
    return shape("sphere", radius=0.8 * size)


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The bowl stands at the origin."""
    count, radius, ware = draw_count(rng, COUNT), draw(rng, BOWL), pick(rng, WARE)
    vessel = bowl(radius, WALL)
    sizes = [draw(rng, SIZE) for _ in range(count)]
    solids = [sweet_shape(pick(rng, KINDS), size) for size in sizes]
    cell = cell_for(sum(map(volume_of, solids)), preset, thinnest=0.48 * min(sizes), nodes=0.55)
    bodies = [
        body(
            "bowl",
            vessel.solid,
            ware,
            surface(rng, ware, radius),
            at=(0.0, 0.0, height_above_base(vessel.solid)),
            is_static=True,
        )
    ]
    height = 0.5 * vessel.height + FIRST
    for k, (solid, size) in enumerate(zip(solids, sizes, strict=True)):
        middle = height + reach(solid)
        bodies.append(
            soft_body(
                f"sweet_{k + 1}",
                divided(solid, cell),
                MATERIAL,
                soft_surface(rng, MATERIAL, size, solid.kind),
                at=(*(rng.uniform(-ASIDE, ASIDE, 2) * radius), middle),
                rotation=any_rotation(rng),
                velocity=(0.0, 0.0, round(TOSSED * k / (count - 1), 3)),
            )
        )
        height = middle + NEXT + reach(solid)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, MATERIAL, cell),
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-radius, -radius, 0.0), (radius, radius, vessel.height)),
                    corners((-0.06, -0.06, 0.0), (0.06, 0.06, 0.8 * height)),
                ]
            ),
            elevation=(20.0, 42.0),
        ),
        caption=sentence(
            f"{in_words(count, 'soft gummy sweet')} rain into a bowl of {ware} on {{floor}}."
        ),
    )
