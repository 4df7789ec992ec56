"""A fast ball is shot into a wall of blocks."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import Range, draw, draw_count, in_words, pick, sentence, with_article
from ..filming import Shot, around, corners
from ..materials import ball_of_mass, bold_surface, surface
from ..staging import body, mass, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=2880)  # [Hz]; the ball moves 9 mm a step at 25 m/s
CONVERGENCE = (0.1, 0.008)  # [s], [m]: the hit; blocks fly at 20 m/s

ROWS = (4, 7)
COLUMNS = (3, 5)  # of whole blocks; every second row starts and ends with a half block
LENGTH = (0.16, 0.24)  # of a block, along the wall [m]
HEIGHT = (0.4, 0.6)  # of a block over its length [1]
DEPTH = (0.5, 0.8)  # of a block through the wall, over its length [1]
JOINT = 0.0005  # between neighbours in a row [m]: they must not start wedged
SPEED = (8.0, 25.0)  # of the ball [m/s]
MOMENTUM = (0.25, 0.55)  # of the ball over the wall's mass [m/s]: the speed it gives the wall
BALL_RADIUS = (0.05, 0.11)  # [m]
DISTANCE = (1.0, 1.8)  # free way to the wall [m]: it hits after 0.04 to 0.23 s
AIM_HEIGHT = (0.45, 0.75)  # share of the wall's height [1]
AIM_SIDEWAYS = (-0.25, 0.25)  # share of the wall's width [1]
SPIN = (-30.0, 30.0)  # about the horizontal axis across [rad/s]
BARRIER_AT = (0.6, 1.0)  # behind the wall [m]
BARRIER_HEIGHT = (0.9, 1.2)  # over the wall's [1]
BARRIER_MARGIN = 0.5  # beyond the ends of the wall [m]
BLOCK_MATERIALS = ("pine", "oak", "painted wood", "plastic", "brick")
BALL_MATERIALS = ("cork", "leather", "oak", "rubber", "granite", "steel")
FLOORS = ("wooden floor", "concrete floor", "green mat", "tiled floor", "brick paving")
REBOUND = 0.6  # how far most blocks get in front of the wall [m]
SPREAD = 0.25  # how far most get beyond its ends [m]
GRAVITY = 9.81  # [m/s2]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The wall stands in the plane x = 0, the ball comes along +x."""
    length = draw(rng, LENGTH)
    half = (length * draw(rng, DEPTH) / 2, length / 2, length * draw(rng, HEIGHT) / 2)
    rows, columns = draw_count(rng, ROWS), draw_count(rng, COLUMNS)
    material = pick(rng, BLOCK_MATERIALS)
    wall = _wall(rng, material, half, rows, columns)
    wall_mass = sum(mass(block.shape, material) for block in wall)
    size = (columns * length, 2 * half[2] * rows)
    ball, ball_material, speed = _ball(rng, wall_mass, half[0], size)
    bodies = [ball, *wall]
    far = half[0] + draw(rng, BARRIER_AT)
    bodies.append(_barrier(rng, far, size))
    side = size[0] / 2 + SPREAD
    debris = corners((-REBOUND, -side, 0.0), (far, side, half[2]))
    floor = pick(rng, FLOORS)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=floor,
        shot=Shot(
            points=np.concatenate([around([ball, *wall]), debris]),
            azimuth=pick(rng, ((95.0, 165.0), (195.0, 265.0))),
        ),
        caption=sentence(
            f"{with_article(ball_material)} ball hits a wall of "
            f"{in_words(len(wall), f'{material} block')} in front of a padded barrier on {{floor}} "
            f"at {speed:.0f} m/s."
        ),
    )


def _wall(
    rng: np.random.Generator, material: str, half: tuple[float, float, float], rows: int, cols: int
) -> list[Body]:
    """Stretcher bond: rows shifted by half a block, square ends."""
    bodies: list[Body] = []
    length = 2 * half[1]
    for row in range(rows):
        parts = [1.0] * cols if row % 2 == 0 else [0.5, *[1.0] * (cols - 1), 0.5]
        edge = -cols / 2
        for part in parts:
            extents = (half[0], part * half[1] - JOINT / 2, half[2])
            bodies.append(
                body(
                    f"block_{len(bodies)}",
                    shape("box", half_extents=extents),
                    material,
                    surface(rng, material, length),
                    at=(0.0, (edge + part / 2) * length, (2 * row + 1) * half[2]),
                )
            )
            edge += part
    return bodies


def _ball(
    rng: np.random.Generator, wall_mass: float, half_depth: float, size: Range
) -> tuple[Body, str, float]:
    """A ball whose momentum suits the wall: light and fast or heavy and slower."""
    speed = draw(rng, SPEED, 1)
    ball_mass = draw(rng, MOMENTUM) * wall_mass / speed
    material, radius = ball_of_mass(rng, ball_mass, BALL_MATERIALS, BALL_RADIUS)
    way = draw(rng, DISTANCE)
    drop = GRAVITY * (way / speed) ** 2 / 2
    start = -(half_depth + radius + way)
    ball = body(
        "ball",
        shape("sphere", radius=radius),
        material,
        bold_surface(rng, material, radius),
        at=(start, draw(rng, AIM_SIDEWAYS) * size[0], draw(rng, AIM_HEIGHT) * size[1] + drop),
        velocity=(speed, 0.0, 0.0),
        spin=(0.0, draw(rng, SPIN, 2), 0.0),
        is_fast=True,
    )
    return ball, material, speed


def _barrier(rng: np.random.Generator, near: float, size: Range) -> Body:
    width, height = size[0] / 2 + BARRIER_MARGIN, size[1] * draw(rng, BARRIER_HEIGHT)
    return slab(
        "barrier",
        "felt",
        surface(rng, "felt", 1.0),
        (near, -width, 0.0),
        (near + 0.08, width, height),
    )
