"""Latex balloons fall, bounce off the floor and off a step, and slow down in the air."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_direction, any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..inflated import blown_up, edge_for, inflated_body
from ..skins import skin_surface, thickness
from ..staging import shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=6000)  # [Hz]; of contacts: the skins need more
CONVERGENCE = (0.3, 0.004)  # [s], [m]; then the first balloon has bounced

NUM_BALLOONS = (3, 4)
RADIUS = (0.11, 0.15)  # inflated: balloons of 9 to 12 inches [m]
STRETCH = (2.4, 3.2)  # of the skin, over its size at rest [1]
LENGTH = (2.15, 2.6)  # from the top to the neck, over the radius [1]
NECK = 0.16  # radius of the neck at rest, over that of the balloon at rest [1]
NECK_LENGTH = 0.6  # over the radius at rest [1]
DROP = (0.25, 0.8)  # free height below them [m]
THROWN = (0.4, 1.6)  # downwards, by hand [m/s]
DRIFT = (0.1, 0.5)  # sideways [m/s]
SPIN = (0.5, 3.0)  # [rad/s]
SPACING = 2.5  # of neighbours over the largest radius [1]
POINTS = 3600  # of all skins at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """A row of balloons at different heights, thrown down gently."""
    count = draw_count(rng, NUM_BALLOONS)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    pitch = SPACING * max(radii)
    balloons: list[Body] = []
    for number, radius in enumerate(radii):
        stretch = draw(rng, STRETCH)
        rest = round(radius / stretch, 5)
        area = sum(4 * np.pi * (r / stretch) ** 2 for r in radii) * 1.3
        solid = shape(
            "balloon",
            radius=rest,
            length=round(rest * draw(rng, LENGTH), 5),
            neck=round(NECK * rest, 5),
            neck_length=round(NECK_LENGTH * rest, 5),
            edge=edge_for(preset, area, POINTS),
            thickness=thickness(rng, "latex"),
        )
        one = blown_up(solid, "latex", round(4.5 * radius**3, 6))
        spread = (number - (count - 1) / 2) * pitch
        at = (spread, draw(rng, (-0.2, 0.2)), one.reach() + draw(rng, DROP))
        way = any_direction(rng) * (1.0, 1.0, 0.0)
        velocity = draw(rng, DRIFT) * way - (0.0, 0.0, draw(rng, THROWN, 1))
        balloons.append(
            inflated_body(
                f"balloon_{number + 1}",
                one,
                skin_surface(rng, "latex", rest, "plain", "plain", "dots", repeat=(0.5, 0.8)),
                at=at,
                rotation=any_rotation(rng),
                velocity=velocity,
                spin=draw(rng, SPIN) * any_direction(rng),
            )
        )
    half = (count - 1) / 2 * pitch + 2.0 * max(radii)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=balloons,
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners((-half, -0.35, 0.0), (half, 0.35, 1.1))),
        caption=sentence(
            f"{in_words(count, 'balloon')} of latex fall onto {{floor}}, bounce, and soon sink "
            "slowly, for the air brakes them."
        ),
    )
