"""Jellies of several shapes fall on a surface, splay out and quiver to rest."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    sentence,
    shuffled,
    turned,
    with_article,
)
from ..filming import Shot, corners
from ..rigging import shifted
from ..soft_bodies import cell_for, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import SOFT_MATERIALS, soft_surface
from ..staging import reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts
CONVERGENCE = (0.3, 0.002)  # [s], [m]; then corners that touch late decide

COUNT = (2, 4)  # jellies
SIZE = (0.07, 0.1)  # half the width of a jelly [m]
DROP = (0.06, 0.13)
"""Height of fall over that of a column as heavy as Young's modulus [1]: from 0.3 of it, jelly would
be torn."""
SPACING = (0.05, 0.08)  # between jellies at the start, side by side [m]
MATERIALS = ("jelly", "firm jelly", "panna cotta")
KINDS = ("cube", "ball", "ring", "star", "heart", "flower", "egg", "loaf")
TILT = (-30.0, 30.0)  # about two axes [deg]
FLOORS = ("marble floor", "tiled floor", "wooden floor", "linoleum floor")


def jelly_shape(kind: str, size: float) -> Shape:
    """One of KINDS, about twice `size` wide [m]."""
    if kind == "cube":
        return shape("superquadric", radii=(size, size, 0.8 * size), exponents=(0.3, 0.3))
    if kind == "ball":
        return shape("sphere", radius=size)
    if kind == "ring":
        return shape("torus", radius=0.65 * size, tube_radius=0.42 * size)
    if kind == "star":
        return shape("star", points=5, radius=1.25 * size, half_height=0.5 * size, depth=0.6)
    if kind == "heart":
        return shape("heart", width=2.2 * size, half_height=0.45 * size)
    if kind == "flower":
        return shape("gear", radius=1.1 * size, teeth=6, half_height=0.5 * size, bore=0.25)
    if kind == "egg":
        return shape("egg", length=2.4 * size, radius=0.9 * size, taper=0.2)
    return shape("superquadric", radii=(1.3 * size, 0.8 * size, 0.7 * size), exponents=(0.4, 0.4))


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """They fall side by side, in a row along y."""
    count, material = draw_count(rng, COUNT), pick(rng, MATERIALS)
    kinds = shuffled(rng, KINDS)[:count]
    sizes = [draw(rng, SIZE) for _ in range(count)]
    solids = [jelly_shape(*pair) for pair in zip(kinds, sizes, strict=True)]
    cell = cell_for(sum(map(volume_of, solids)), preset, thinnest=0.55 * min(sizes))
    fall = SOFT_MATERIALS[material].stiffness / (SOFT_MATERIALS[material].density * 9.81)
    bodies, edge, top = [], 0.0, 0.0
    for k, (solid, size) in enumerate(zip(solids, sizes, strict=True)):
        soft, radius = divided(solid, cell), reach(solid)
        rotation = turned("x", draw(rng, TILT, 1)) * turned("y", draw(rng, TILT, 1))
        middle = draw(rng, DROP) * fall + lowest(soft, rotation)
        edge += radius
        look = soft_surface(rng, material, size, soft.kind)
        at = (0.0, edge, middle)
        bodies.append(soft_body(f"jelly_{k + 1}", soft, material, look, at=at, rotation=rotation))
        edge += radius + draw(rng, SPACING)
        top = max(top, middle + radius)
    half = (edge - SPACING[0]) / 2
    bodies = [shifted(one, (0.0, -half, 0.0)) for one in bodies]
    what = listed([f"{with_article(kind)} of {material}" for kind in kinds])
    wide = 1.2 * max(sizes)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, material, cell),
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-wide, -half, 0.0), (wide, half, 0.9 * top)),
            azimuth=pick(rng, ((-50.0, 50.0), (130.0, 230.0))),
            elevation=(8.0, 28.0),
        ),
        caption=sentence(
            f"{in_words(count, 'jelly')}, {what}, fall onto {{floor}}, splay out and quiver."
        ),
    )
