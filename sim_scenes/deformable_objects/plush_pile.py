"""Soft toys, stars, hearts and balls of plush or foam, tumble onto a pile and settle."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..soft_bodies import cell_for, contacts, divided, soft_body, volume_of
from ..soft_materials import soft_surface
from ..staging import reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.25, 0.004)  # [s], [m]; then toys touch toys

COUNT = (3, 6)  # toys
SIZE = (0.08, 0.11)  # half the width of a toy [m]
FIRST, NEXT = 0.06, 0.05  # under the first toy, and between each and the next above it [m]
ASIDE = 0.25  # over the size [1]
COLUMN = 1.03  # from the middle, of either of two columns that toys fall in, over their reach [1]
TOGETHER = 0.2  # speed towards the other column [m/s]
SPIN = 2.0  # at most, about any axis [rad/s]
TOSSED = 0.9  # upwards, more for every toy of a column: so they come down one after the other [m/s]
MATERIALS_USED = ("plush", "foam")
KINDS = ("star", "heart", "ring", "ball", "cross", "cushion")
FLOORS = ("wooden floor", "green mat", "linoleum floor", "tiled floor")


def toy_shape(rng: np.random.Generator, kind: str, size: float) -> Shape:
    """One of KINDS, about twice `size` wide [m]."""
    if kind == "star":
        return shape("star", points=5, radius=1.2 * size, half_height=0.4 * size, depth=0.6)
    if kind == "heart":
        return shape("heart", width=2 * size, half_height=0.4 * size)
    if kind == "ring":
        return shape("torus", radius=0.65 * size, tube_radius=0.36 * size)
    if kind == "cross":
        return shape("cross", radius=size, arm=0.5, half_height=0.35 * size)
    if kind == "cushion":
        return shape("superquadric", radii=(size, size, 0.45 * size), exponents=(0.9, 0.5))
    return shape("sphere", radius=0.7 * size)


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """They fall about the origin, in two columns."""
    count, material = draw_count(rng, COUNT), pick(rng, MATERIALS_USED)
    kinds, sizes = [pick(rng, KINDS) for _ in range(count)], [draw(rng, SIZE) for _ in range(count)]
    solids = [toy_shape(rng, *pair) for pair in zip(kinds, sizes, strict=True)]
    cell = cell_for(sum(map(volume_of, solids)), preset, thinnest=0.5 * min(sizes))
    bodies, heights, apart = [], [FIRST, FIRST], COLUMN * max(map(reach, solids))
    for k, (solid, size) in enumerate(zip(solids, sizes, strict=True)):
        side, middle = k % 2, heights[k % 2] + reach(solid)
        bodies.append(
            soft_body(
                f"toy_{k + 1}",
                divided(solid, cell),
                material,
                soft_surface(rng, material, size, solid.kind),
                at=(rng.uniform(-ASIDE, ASIDE) * size, (2 * side - 1) * apart, middle),
                rotation=any_rotation(rng),
                velocity=(0.0, (1 - 2 * side) * TOGETHER, TOSSED * (k // 2)),
                spin=rng.uniform(-SPIN, SPIN, 3),
            )
        )
        heights[side] = middle + reach(solid) + NEXT
    wide = 2.4 * max(sizes)
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
                    corners((-wide, -wide, 0.0), (wide, wide, 2.5 * max(sizes))),
                    corners((-0.1, -wide, 0.0), (0.1, wide, max(heights) + 0.1)),
                ]
            ),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"{in_words(count, f'soft {material} toy')} tumble onto each other on {{floor}}."
        ),
    )
