"""A glowing bar of glass between two blocks softens, sags under its weight and stiffens again."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..meltables import held_at, in_celsius, meltable_body
from ..staging import shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.3, 0.004)  # [s], [m]

HALF_LENGTH = (0.042, 0.055)  # of the bar [m]
THICKNESS = (0.0065, 0.009)  # half its height [m]
BREADTH = (1.0, 1.8)  # over its height [1]
TEMPERATURE = (1205.0, 1235.0)  # [K]: 10^4 to 10^3.6 Pa s
SUPPORT = (0.018, 0.016)  # breadth of a block, and how far the bar lies on it [m]
HEIGHT = (0.028, 0.04)  # of the blocks [m]
DEPTH = 1.6  # of a block over the bar's breadth [1]
BASE = 0.014  # thickness of the plate under the blocks [m]
BLOCK_TEMPERATURE = 500.0  # [K]
MATERIALS = ("brick", "granite", "steel")
FLOORS = ("concrete floor", "brick paving", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The bar lies along x over the origin."""
    long, tall = draw(rng, HALF_LENGTH), draw(rng, THICKNESS)
    broad, hot = round(tall * draw(rng, BREADTH), 4), draw(rng, TEMPERATURE, 0)
    high = BASE + draw(rng, HEIGHT)
    bar = shape("box", half_extents=(long, broad, tall))
    cell = cell_for(preset.particles, bar)
    deep = max(DEPTH * broad, broad + 0.008)
    material = pick(rng, MATERIALS)
    supports = _supports(rng, material, long, deep, high)
    glass = meltable_body("bar", bar, "glass", at=(0.0, 0.0, high + tall), temperature=hot)
    grid = grid_over(
        (-long - SUPPORT[0], -deep, 0.0), (long + SUPPORT[0], deep, high + 2 * tall + 0.01), cell,
        open_sides=("-x", "+x", "-y", "+y", "+z"),
    )  # fmt: skip
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[glass, *supports],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (-long - SUPPORT[0], -deep, 0.0), (long + SUPPORT[0], deep, high + 2 * tall)
            ),
            azimuth=pick(rng, ((-120.0, -60.0), (60.0, 120.0))),
            elevation=(46.0, 60.0),
        ),
        caption=sentence(
            f"a bar of soft glass {200 * long:.0f} cm long, glowing at {in_celsius(hot)}, sags "
            f"between two {material} blocks on {{floor}}."
        ),
        grid=grid,
    )


def _supports(
    rng: np.random.Generator, material: str, long: float, deep: float, high: float
) -> list[Body]:
    """Two warm blocks on a plate; the bar lies on them and sticks."""
    look, wide = surface(rng, material, 0.05), long + SUPPORT[0]
    inner = long - SUPPORT[1]
    boxes = {
        "left_block": ((-wide, -deep, BASE), (-inner, deep, high)),
        "right_block": ((inner, -deep, BASE), (wide, deep, high)),
        "plate": ((-wide, -deep, 0.0), (wide, deep, BASE)),
    }
    return [
        held_at(slab(name, material, look, *ends), BLOCK_TEMPERATURE)
        for name, ends in boxes.items()
    ]
