"""Rubber balls full of air are thrown at the floor and a wall; they flatten and spring back."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_direction, any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..inflated import blown, edge_for, inflated_body
from ..materials import surface
from ..skins import skin_colors, skin_surface, thickness
from ..staging import shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.25, 0.004)  # [s], [m]; then the first ball has hit the floor

NUM_BALLS = (2, 3)
RADIUS = (0.10, 0.14)  # playground balls of 8 to 11 inches [m]
GAUGE = (5e3, 1.1e4)  # above the air [Pa]
HEIGHT = (0.35, 0.75)  # of the balls' middles at first [m]
SPEED = (2.8, 4.4)  # [m/s]
DOWNWARDS = (10.0, 40.0)  # of their way, below the level [deg]
SPIN = (0.0, 8.0)  # [rad/s]
AWAY = (0.7, 0.9)  # from the wall [m]
SPACING = 0.42  # of neighbours [m]
WALL = (0.06, 1.0)  # half thickness and height [m]
WALL_MATERIALS = ("brick", "oak", "pine", "granite")
POINTS = 1200  # of all skins at the demo's preset
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Side by side along y, towards a wall whose face is x = 0."""
    count = draw_count(rng, NUM_BALLS)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    edge = edge_for(preset, sum(4 * np.pi * r**2 for r in radii), POINTS)
    colors = skin_colors(rng, "rubber", count)
    balls, speeds = [], []
    for number, radius in enumerate(radii):
        solid = shape("air_ball", radius=radius, edge=edge, thickness=thickness(rng, "rubber"))
        speed, fall = draw(rng, SPEED, 1), np.radians(draw(rng, DOWNWARDS, 1))
        speeds.append(speed)
        balls.append(
            inflated_body(
                f"ball_{number + 1}",
                blown(solid, "rubber", draw(rng, GAUGE, -2)),
                skin_surface(
                    rng, "rubber", radius, "stripes", "checker", "dots", "gores",
                    color=colors[number], repeat=(0.7, 1.0),
                ),
                at=(
                    -draw(rng, AWAY) - radius,
                    (number - (count - 1) / 2) * SPACING,
                    max(draw(rng, HEIGHT), radius + 0.1),
                ),
                rotation=any_rotation(rng),
                velocity=speed * np.array([np.cos(fall), 0.0, -np.sin(fall)]),
                spin=draw(rng, SPIN) * any_direction(rng),
                exponent=1.4,
            )
        )  # fmt: skip
    half = count / 2 * SPACING + 0.15
    material = pick(rng, WALL_MATERIALS)
    wall = slab(
        "wall",
        material,
        surface(rng, material, 0.5),
        (0.0, -half, 0.0),
        (2 * WALL[0], half, WALL[1]),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*balls, wall],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-1.6, -half, 0.0), (0.12, half, 0.95)),
            azimuth=pick(rng, ((-140.0, -100.0), (100.0, 140.0))),
        ),
        caption=sentence(
            f"{in_words(count, 'ball')} of rubber full of air fly at up to {max(speeds):.1f} m/s "
            f"at {{floor}} and a wall of {material}, flatten, and spring back."
        ),
    )
