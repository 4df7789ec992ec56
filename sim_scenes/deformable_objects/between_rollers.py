"""A soft body is drawn in between two turning rollers and comes out below, squeezed and whole."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, with_article
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..rigging import lying
from ..soft_bodies import cell_for, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import soft_surface
from ..staging import body, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.4, 0.004)  # [s], [m]

RADIUS = (0.07, 0.1)  # of a roller [m]
SIZE = (0.04, 0.055)  # half the width of the soft body [m]
SQUEEZE = (0.5, 0.7)  # gap between the rollers over the body's width [1]
SPEED = (0.18, 0.3)  # of the rollers' surface [m/s]
LENGTH = 0.11  # half of a roller's [m]
MATERIALS_USED = ("silicone gel", "gummy", "firm jelly", "foam")
KINDS = ("ball", "block", "roll", "egg")
POST = 0.012  # half the width of what holds the rollers [m]
ABOVE = 0.008  # of the body over the rollers at the start [m]
CLEAR = 0.09  # of the rollers over the floor, over twice the body's height [m]
SECONDS = 20.0  # that the rollers turn for
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rollers lie along y, beside each other along x."""
    radius, size, kind = draw(rng, RADIUS), draw(rng, SIZE), pick(rng, KINDS)
    material, speed = pick(rng, MATERIALS_USED), draw(rng, SPEED)
    gap = 2 * size * draw(rng, SQUEEZE)
    solid = _soft(kind, size)
    cell = cell_for(volume_of(solid), preset, thinnest=0.5 * size, nodes=0.75)
    soft = divided(solid, cell)
    high = radius + 2 * lowest(soft) + CLEAR
    apart = radius + gap / 2
    # A round body of this size touches both rollers; a block as wide lies higher by less than size.
    touch = np.sqrt(max((radius + size) ** 2 - apart**2, 0.0))
    start = high + (touch if kind in ("ball", "roll") else radius + lowest(soft)) + ABOVE
    bodies = [
        soft_body(
            "soft_body",
            soft,
            material,
            soft_surface(rng, material, size, soft.kind),
            at=(0.0, 0.0, start),
        )
    ]
    angle = round(speed / radius * SECONDS, 5)
    look = bold_surface(rng, "rubber", radius)
    for name, side in (("left", -1.0), ("right", 1.0)):
        roller = body(
            f"{name}_roller",
            shape("cylinder", radius=radius, half_height=LENGTH),
            "rubber",
            look,
            at=(side * apart, 0.0, high),
            rotation=lying((0.0, 1.0, 0.0)),
        )
        path = Path(
            times=(-SECONDS / 2, SECONDS / 2), turns=(0.0, -side * angle), axis=(0.0, 1.0, 0.0)
        )
        bodies.append(replace(roller, path=path))
    wood = pick(rng, ("oak", "pine", "painted wood"))
    wooden, wide = surface(rng, wood, 0.2), apart + radius
    for k, (x, y) in enumerate(((-apart, -1.0), (apart, -1.0), (-apart, 1.0), (apart, 1.0))):
        near, far = sorted((y * (LENGTH + 0.004), y * (LENGTH + 0.025)))
        low, top = (x - POST, near, 0.0), (x + POST, far, high + POST)
        bodies.append(slab(f"post_{k + 1}", wood, wooden, low, top))
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
            points=np.concatenate(
                [
                    corners((-wide, -LENGTH, high - radius), (wide, LENGTH, high + radius)),
                    corners((-2 * size, -size, 0.0), (2 * size, size, start + size)),
                ]
            ),
            azimuth=pick(rng, ((-115.0, -65.0), (65.0, 115.0))),
            elevation=(6.0, 30.0),
        ),
        caption=sentence(
            f"One soft body, {with_article(kind)} of {material}, is drawn in between two turning "
            "rollers and squeezed through onto {floor}."
        ),
    )


def _soft(kind: str, size: float) -> Shape:
    if kind == "ball":
        return shape("sphere", radius=size)
    if kind == "block":
        return shape("superquadric", radii=(size, 1.4 * size, 1.3 * size), exponents=(0.4, 0.4))
    if kind == "roll":
        return shape("superquadric", radii=(size, 1.6 * size, size), exponents=(0.9, 0.5))
    return shape("ellipsoid", radii=(size, size, 1.4 * size))
