"""Latex balloons are thrown at the floor, bounce, turn over, and slow down in the air."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..balloons import balloon_area, latex_balloon
from ..draws import any_direction, any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..inflated import edge_for, inflated_body
from ..skins import skin_colors, skin_surface
from ..staging import stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.3, 0.004)  # [s], [m]; then the first balloon has bounced

NUM_BALLOONS = (3, 4)
RADIUS = (0.11, 0.15)  # inflated: balloons of 9 to 12 inches [m]
DROP = (0.1, 0.45)  # free height below them [m]
THROWN = (0.5, 2.0)  # downwards, by hand [m/s]
DRIFT = (0.0, 0.15)  # sideways [m/s]
SPIN = (0.3, 1.5)  # [rad/s]
SPACING = 2.7  # of neighbours over the largest radius [1]
POINTS = 1800  # of all skins at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """A row of balloons at different heights."""
    count = draw_count(rng, NUM_BALLOONS)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    pitch = SPACING * max(radii)
    edge = edge_for(preset, sum(balloon_area(radius) for radius in radii), POINTS)
    balloons: list[Body] = []
    colors = skin_colors(rng, "latex", count)
    for number, radius in enumerate(radii):
        one = latex_balloon(rng, radius, edge)
        spread = (number - (count - 1) / 2) * pitch
        at = (spread, draw(rng, (-0.1, 0.1)), one.reach() + draw(rng, DROP))
        way = any_direction(rng) * (1.0, 1.0, 0.0)
        balloons.append(
            inflated_body(
                f"balloon_{number + 1}",
                one,
                skin_surface(rng, "latex", radius / 2, "plain", "dots", color=colors[number]),
                at=at,
                rotation=any_rotation(rng),
                velocity=draw(rng, DRIFT) * way - (0.0, 0.0, draw(rng, THROWN, 1)),
                spin=draw(rng, SPIN) * any_direction(rng),
            )
        )
    half = (count - 1) / 2 * pitch + 1.8 * max(radii)
    top = max(item.position[2] for item in balloons) + max(radii)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=balloons,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -0.25, 0.0), (half, 0.25, top)),
            azimuth=pick(rng, ((40.0, 140.0), (-140.0, -40.0))),
        ),
        caption=sentence(
            f"{in_words(count, 'balloon')} of latex are thrown at {{floor}}, bounce, and sink "
            "again slowly, for the air brakes them."
        ),
    )
