"""Rubber beams held at one end are let go, bend under their weight and ring, each at its pitch."""

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..materials import surface
from ..soft_bodies import cell_for, divided, soft_body, volume_of
from ..soft_materials import SOFT_MATERIALS, soft_surface
from ..staging import shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=6000)  # [Hz]
CONVERGENCE = (0.5, 0.003)  # [s], [m]

COUNT = (2, 4)
LENGTH = (0.13, 0.26)  # of the longest [m]
SHORTER = (0.62, 0.9)  # each next one, over the one before [1]
DROOP = (0.14, 0.26)  # of the longest under its weight at rest, over its length, by Euler-Bernoulli
WIDTH = (0.025, 0.045)  # [m]
SPACING = (0.02, 0.04)  # between beams [m]
MATERIALS_USED = ("silicone rubber", "silicone gel", "gummy")
ABOVE = 1.6  # height of the beams over the longest one's length [1]: none reaches the floor
POST = 0.05  # thickness of what holds them [m]
LIP = (0.02, 0.04)  # of it above and beside the beams [m]
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """They stick out along +x of a post at x = 0, side by side along y."""
    count, material = draw_count(rng, COUNT), pick(rng, MATERIALS_USED)
    made, width = SOFT_MATERIALS[material], draw(rng, WIDTH)
    lengths = [draw(rng, LENGTH)]
    while len(lengths) < count:
        lengths.append(round(lengths[-1] * draw(rng, SHORTER), 4))
    droop = draw(rng, DROOP) * lengths[0]
    # Tip of a cantilever: rho g A L^4 / (8 E I), I = A t^2 / 12.
    thick = float(np.sqrt(1.5 * made.density * 9.81 * lengths[0] ** 4 / (made.stiffness * droop)))
    thick = round(min(thick, 0.3 * lengths[0]), 4)
    solids = [shape("box", half_extents=(one / 2, width / 2, thick / 2)) for one in lengths]
    cell = cell_for(sum(map(volume_of, solids)), preset, thinnest=min(thick / 2, width / 2))
    pitch, high = width + draw(rng, SPACING), ABOVE * lengths[0]
    order = rng.permutation(count)
    bodies: list[Body] = []
    ties: list[Tie] = []
    for place, k in enumerate(order):
        name, soft = f"beam_{place + 1}", divided(solids[k], cell)
        middle = (lengths[k] / 2, (place - (count - 1) / 2) * pitch, high)
        look = soft_surface(rng, material, 2 * width)
        bodies.append(soft_body(name, soft, material, look, at=middle))
        ends = shapes.tetrahedra(soft).nodes[:, 0] < -lengths[k] / 2 + 1e-6
        ties += [Tie(body=name, point=int(n), holder="post") for n in np.flatnonzero(ends)]
    half, lip = (count - 1) / 2 * pitch + width / 2, draw(rng, LIP)
    wood = pick(rng, ("oak", "pine", "painted wood"))
    low, top = (-POST, -half - lip, 0.0), (-GAP, half + lip, high + thick / 2 + lip)
    bodies.append(slab("post", wood, surface(rng, wood, 0.2), low, top))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (-POST, -half - lip, high - 0.75 * lengths[0]),
                (lengths[0], half + lip, high + thick / 2 + lip),
            ),
            azimuth=pick(rng, ((-80.0, -20.0), (20.0, 80.0))),
            elevation=(4.0, 24.0),
        ),
        caption=sentence(
            f"{in_words(count, f'{material} beam')} of different lengths, held at one end above "
            "{floor}, are let go, bend down and swing at their own pace."
        ),
    )


GAP = 0.004  # between the post and the beams' held ends, beyond where contacts begin [m]
