"""Towels drop across a rail, wrap over it and swing until they hang, or slide off."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import rail, sheet
from ..draws import draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..fabrics import cloth, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import surface
from ..staging import slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.05, 0.01)  # [s], [m]; then it lies on the rail

NUM_TOWELS = (1, 2)
LENGTH = (0.8, 1.0)  # across the rail [m]
WIDTH = (0.42, 0.55)  # along it, of all towels together [m]
OFFSET = (0.02, 0.16)  # of a towel's middle from the rail, over its length [1]
DROP = (0.005, 0.06)  # [m]
TURN = (-12.0, 12.0)  # of a towel from square to the rail [deg]
RADIUS = (0.022, 0.032)  # of the rail [m]
HEIGHT = (0.62, 0.8)  # of the rail [m]
FABRICS = ("terry", "terry", "cotton", "linen", "fleece")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("tiled floor", "wooden floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rail is along y."""
    count, fabric = draw_count(rng, NUM_TOWELS), pick(rng, FABRICS)
    length, width = draw(rng, LENGTH), draw(rng, WIDTH)
    radius, height = draw(rng, RADIUS), draw(rng, HEIGHT)
    thick, side = fabric_thickness(fabric, preset, 1 / count), draw_sign(rng)
    share = width if count == 1 else 0.7 * width
    towels = []
    for k in range(count):
        solid, _, _ = sheet((length, share), preset, thick, 1 / count)
        towels.append(
            cloth(
                f"towel_{k + 1}",
                solid,
                fabric,
                fabric_surface(rng, fabric, PRINTS),
                at=(
                    side * draw(rng, OFFSET) * length,
                    (k - (count - 1) / 2) * 1.5 * share,
                    height + radius + thick / 2 + draw(rng, DROP),
                ),
                rotation=turned("z", draw(rng, TURN, 1)),
            )
        )
    half = count * share * 0.75 + 0.12
    look = surface(rng, "steel", radius)
    bar = rail("rail", ((0.0, -half, height), (0.0, half, height)), radius, "steel", look)
    points = [
        corners((-length / 2, -half, height - 0.05), (length / 2, half, height + 0.06)),
        corners((-0.3 * length, -half, height - 0.66 * length), (0.3 * length, half, height)),
    ]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*towels, bar, *_posts(rng, half, height)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(points),
            azimuth=pick(rng, ((25.0, 65.0), (-65.0, -25.0), (115.0, 155.0), (-155.0, -115.0))),
            elevation=(4.0, 22.0),
        ),
        caption=sentence(
            f"{in_words(count, f'{fabric} towel')} {'drops' if count == 1 else 'drop'} across a "
            "steel rail over {floor} and "
            f"{'wraps' if count == 1 else 'wrap'} over it."
        ),
    )


def _posts(rng: np.random.Generator, half: float, height: float) -> list[Body]:
    """One at each end of the rail."""
    look, wide = surface(rng, "oak", 0.1), 0.03
    return [
        slab(
            f"post_{k + 1}",
            "oak",
            look,
            (-wide, side * half - wide, 0.0),
            (wide, side * half + wide, height + 0.06),
        )
        for k, side in enumerate((-1, 1))
    ]
