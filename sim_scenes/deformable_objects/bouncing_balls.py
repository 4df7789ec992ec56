"""Soft rubber balls fall and bounce, flattening at every bounce and ringing in between."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..soft_bodies import cell_for, contacts, divided, soft_body, volume_of
from ..soft_materials import SOFT_MATERIALS, soft_surface
from ..staging import shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.5, 0.004)  # [s], [m]

COUNT = (2, 4)  # balls
RADIUS = (0.05, 0.08)  # [m]
FALL = (0.05, 0.1)
"""Under a ball, over the height of a column as heavy as Young's modulus [1]."""
HIGHEST = 0.6  # under a ball [m]
DRIFT = 0.25  # sideways speed, at most [m/s]
SPIN = 6.0  # at most, about any axis [rad/s]
SPACING = 3.2  # between balls over their radius [1]
MATERIALS_USED = ("silicone gel", "silicone rubber")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """They start in a row along y."""
    count, material = draw_count(rng, COUNT), pick(rng, MATERIALS_USED)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    solids = [shape("sphere", radius=radius) for radius in radii]
    cell = cell_for(sum(map(volume_of, solids)), preset, thinnest=0.55 * min(radii), nodes=0.7)
    made = SOFT_MATERIALS[material]
    fall = made.stiffness / (made.density * 9.81)
    pitch, bodies, tops = SPACING * max(radii), [], []
    for k, (solid, radius) in enumerate(zip(solids, radii, strict=True)):
        height = min(draw(rng, FALL) * fall, HIGHEST)
        tops.append(height + 2 * radius)
        bodies.append(
            soft_body(
                f"ball_{k + 1}",
                divided(solid, cell),
                material,
                soft_surface(rng, material, radius, "sphere"),
                at=(0.0, (k - (count - 1) / 2) * pitch, height + radius),
                rotation=any_rotation(rng),
                velocity=(*rng.uniform(-DRIFT, DRIFT, 2), 0.0),
                spin=rng.uniform(-SPIN, SPIN, 3),
            )
        )
    half = (count - 1) / 2 * pitch + max(radii) + DRIFT / 2
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
            points=corners((-0.15, -half, 0.0), (0.15, half, max(tops))), elevation=(4.0, 20.0)
        ),
        caption=sentence(
            f"{in_words(count, 'soft ball')} of {material} {'falls' if count == 1 else 'fall'} "
            f"onto {{floor}}, {'flattens' if count == 1 else 'flatten'} and "
            f"{'bounces' if count == 1 else 'bounce'}."
        ),
    )
