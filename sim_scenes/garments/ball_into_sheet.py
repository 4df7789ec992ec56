"""Balls are thrown into a hanging sheet, which catches them, swings and lets them drop."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import bent, grid, pleats, rail, sheet, tied
from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.1, 0.004)  # [s], [m]; then the first ball is in the sheet

WIDTH, HEIGHT = (0.95, 1.15), (0.85, 1.0)  # of the sheet [m]
GATHERED = (0.9, 0.95)  # of its width when it hangs [1]
OFF_FLOOR = (0.04, 0.1)  # [m]
RAIL = (0.014, 0.02)  # radius [m]
NUM_BALLS = (1, 3)
RADIUS = (0.08, 0.11)  # [m]
SPEED = (2.2, 3.4)  # [m/s]
AWAY = (0.45, 0.7)  # of the first ball from the sheet [m]
LATER = (0.35, 0.5)  # the next ball is so much further [m]
SHELL = (0.0025, 0.004)  # of the balls, which are hollow [m]: 0.2 to 0.5 kg
FABRICS = ("cotton", "linen", "canvas", "wool")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "green mat")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The sheet hangs in the plane x = 0, balls come along +x."""
    fabric, width, height = pick(rng, FABRICS), draw(rng, WIDTH), draw(rng, HEIGHT)
    gathered, low, count = draw(rng, GATHERED), draw(rng, OFF_FLOOR), draw_count(rng, NUM_BALLS)
    solid, columns, rows = sheet((width, height), preset, fabric_thickness(fabric, preset))
    wave = pleats(width, gathered, 2)
    flat = bent(
        rest_points(solid), wave, float(np.linalg.norm(np.diff(wave, axis=0), axis=1).sum()) / 2
    )
    points = flat[:, [2, 0, 1]] + (0.0, 0.0, low + height / 2)
    hanging = cloth("sheet", solid, fabric, fabric_surface(rng, fabric, PRINTS), points=points)
    radius, half, over = draw(rng, RAIL), gathered * width / 2 + 0.1, low + height + 0.045
    bar = rail(
        "rail", ((0.0, -half, over), (0.0, half, over)), radius, "oak", surface(rng, "oak", 0.1)
    )
    balls, away, speed = [], draw(rng, AWAY), draw(rng, SPEED, 2)
    for k in range(count):
        size = draw(rng, RADIUS, 3)
        across = (k - (count - 1) / 2) * 0.6 * width / max(count - 1, 1) + draw(rng, (-0.05, 0.05))
        # Thrown so that it comes level where it meets the sheet.
        seconds, aim = away / speed, low + draw(rng, (0.35, 0.55)) * height
        balls.append(
            body(
                f"ball_{k + 1}",
                shape("hollow_ball", radius=size, thickness=draw(rng, SHELL)),
                "rubber",
                bold_surface(rng, "rubber", size),
                at=(-away, across, max(aim - 9.81 / 2 * seconds**2, size + 0.01)),
                rotation=any_rotation(rng),
                velocity=(speed, 0.0, min(9.81 * seconds, 2.5)),
                spin=(0.0, draw(rng, (0.0, 6.0)), draw(rng, (-3.0, 3.0))),
            )
        )
        away += draw(rng, LATER)
    thrown = float(np.linalg.norm(balls[0].linear_velocity))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[hanging, bar, *balls],
        ties=tied("sheet", grid(columns, rows)[-1, :: max(1, columns // 12)]),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-0.1, -half, low), (0.1, half, over + 0.03)),
                    corners((-0.3, -0.4 * width, 0.0), (0.35, 0.4 * width, 0.6 * height)),
                ]
            ),
            azimuth=pick(rng, ((105.0, 150.0), (-150.0, -105.0), (30.0, 60.0), (-60.0, -30.0))),
            elevation=(3.0, 18.0),
        ),
        caption=sentence(
            f"{in_words(count, 'ball')} {'flies' if count == 1 else 'fly'} into a {fabric} sheet "
            f"that hangs over {{floor}}, "
            f"thrown at {thrown:.1f} m/s."
        ),
    )
