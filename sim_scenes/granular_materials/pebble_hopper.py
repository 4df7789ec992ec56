"""Stones rattle out of a hopper whose gates are drawn."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, in_words, pick
from ..filming import Shot, corners
from ..hoppers import BOARD, Hopper, gates, walls
from ..materials import surface
from ..packing import packed
from ..staging import body, reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1440)  # [Hz]; impacts at 2 m/s overlap by 1.4 mm
CONVERGENCE = (0.1, 0.008)  # [s], [m]; then stones begin to drop through the slot

STONES = (24, 80)  # by the preset
PER_STONE = 375  # particles of a preset for one stone: a hull costs as much as hundreds
WIDTH = (0.5, 0.6)  # between the side walls [m]
DEPTH = 2.6  # between the panes, in diameters of the spheres around stones, with the most stones
AREA = (0.3, 0.36)  # of the bed seen from the front, over the width squared [1]
PACKING = 0.5  # share of the bed that the spheres around stones fill [1]
SIZES = (0.78, 1.0)  # of the sphere around a stone over that of the largest [1]
ROUGHNESS = (0.1, 0.4)  # how far a stone's corners are pulled in, over its radius [1]
SLOPE = (48.0, 60.0)  # of the hopper's floor, from the horizontal [deg]
SLOT = (2.6, 3.0)  # width of the outlet in diameters of the spheres around stones [1]
FALL = (0.3, 0.36)  # height of the outlet over the width, about [m]
OPENING = (0.15, 0.9)  # when the gates begin to move, and how long it takes [s]
MATERIALS = ("granite", "marble", "brick")
FLOORS = ("wooden floor", "concrete floor", "brick paving", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The panes are across y, the front one at +y."""
    count = int(np.clip(preset.particles // PER_STONE, *STONES))
    width, across = draw(rng, WIDTH), DEPTH * (count / STONES[1]) ** (1 / 3)
    area = draw(rng, AREA, 3) * width**2
    size = float(np.sqrt(6 * PACKING * across * area / (np.pi * count)))
    solids = [
        shape(
            "rock",
            radius=round(size / 2 * draw(rng, SIZES), 5),
            roughness=draw(rng, ROUGHNESS, 3),
            seed=int(rng.integers(2**31)),
        )
        for _ in range(count)
    ]
    radii = np.array([reach(solid) for solid in solids])
    hopper = Hopper(
        width=width,
        depth=round(across * size, 4),
        slot=round(draw(rng, SLOT, 2) * size, 4),
        fall=draw(rng, FALL),
        slope=float(np.radians(draw(rng, SLOPE, 1))),
    )
    half = (width / 2, hopper.depth / 2)
    centres = packed(rng, radii, (-half[0], -half[1]), half, hopper.floor)
    top = round(float(centres[:, 2].max()) + size, 4)
    outer = half[0] + BOARD
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            *_stones(rng, solids, centres),
            *walls(rng, hopper, top),
            *gates(rng, hopper, OPENING),
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-outer, -half[1], 0.0), (outer, half[1], top)),
            azimuth=(65.0, 115.0),
            elevation=(4.0, 16.0),
        ),
        caption=(
            f"A flat glass hopper on {{floor}}: {in_words(count, 'stone')} rattle out of it when "
            "the two gates under them are drawn aside."
        ),
    )


def _stones(rng: np.random.Generator, solids: list, centres: np.ndarray) -> list[Body]:
    """Each of one of two materials, in any orientation."""
    kinds = [pick(rng, MATERIALS), pick(rng, MATERIALS)]
    stones = []
    for k, (solid, centre) in enumerate(zip(solids, centres, strict=True)):
        material = pick(rng, kinds)
        look = surface(rng, material, reach(solid))
        turn = any_rotation(rng)
        stones.append(body(f"stone_{k + 1}", solid, material, look, at=centre, rotation=turn))
    return stones
