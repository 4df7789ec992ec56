"""A gate opens and beads run out of a flat glass hopper onto a heap."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..beads import any_bead, how_many, sorted_by_color
from ..draws import draw, draw_count, listed, pick, sentence
from ..filming import Shot, corners
from ..hoppers import BOARD, Hopper, gates, walls
from ..packing import packed
from ..staging import stage

SPLIT = "train"
SOLVER = Solver(name="grains", rate=30000)  # [Hz]; impacts at 2 m/s sink in by 0.3 mm
CONVERGENCE = (0.1, 0.005)  # [s], [m]; then the gate has begun to open

GRAINS = (250, 2400)  # by the preset
SPREAD = 0.1  # of the radii, both ways [1]
WIDTH = (0.3, 0.36)  # between the side walls [m]
DEPTH = 6.5  # between the panes, in diameters, with the most grains; with fewer, their cube root
AREA = (0.27, 0.33)  # of the bed seen from the front, over the width squared [1]
PACKING = 0.57  # share of the bed that beads fill [1]
SLOPE = (42.0, 58.0)  # of the hopper's floor, from the horizontal [deg]
SLOT = (4.2, 5.2)  # width of the outlet in diameters [1]
FALL = (0.19, 0.23)  # height of the outlet [m]
OPENING = (0.06, 0.25)  # when the gates begin to move, and how long it takes [s]
LAYERS = (2, 4)  # of different colours, above each other
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The panes are across y, the front one at +y."""
    count, width = how_many(preset, GRAINS[1], GRAINS[0]), draw(rng, WIDTH)
    across = DEPTH * (count / GRAINS[1]) ** (1 / 3)
    # count * pi/6 d^3 = packing * area * across * d
    area = draw(rng, AREA, 3) * width**2
    size = round(float(np.sqrt(6 * PACKING * across * area / (np.pi * count))), 5)
    hopper = Hopper(
        width=width,
        depth=round(across * size, 4),
        slot=round(draw(rng, SLOT, 2) * size, 4),
        fall=draw(rng, FALL),
        slope=float(np.radians(draw(rng, SLOPE, 1))),
    )
    radii = size / 2 * rng.uniform(1.0 - SPREAD, 1.0 + SPREAD, count)
    half = (width / 2, hopper.depth / 2)
    centres = packed(rng, radii, (-half[0], -half[1]), half, hopper.floor)
    top = round(float(centres[:, 2].max()) + 2 * size, 4)
    bead, layers = any_bead(rng), draw_count(rng, LAYERS)
    order = np.argsort(np.argsort(centres[:, 2]))
    beads, colors = sorted_by_color(rng, bead, centres, radii, order * layers // count)
    told = f" in layers of {listed(colors)}" if all(colors) else ""
    outer = half[0] + BOARD
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*beads, *walls(rng, hopper, top), *gates(rng, hopper, OPENING)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-outer, -half[1], 0.0), (outer, half[1], top)),
            azimuth=(65.0, 115.0),
            elevation=(4.0, 16.0),
        ),
        caption=sentence(
            f"two gates under a flat glass hopper on {{floor}} are drawn aside, and {bead.noun}"
            f"{told} run out onto a heap."
        ),
    )
