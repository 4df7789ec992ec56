"""A heavy ball on a rope swings into a wall of blocks."""

import numpy as np

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..materials import ball_of_mass, bold_surface, surface
from ..rigging import GAP, a_rope, clamp, gallows
from ..rope_materials import NOUNS
from ..rope_shapes import laid, straight
from ..staging import body, mass, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=1920)  # [Hz]
CONVERGENCE = (0.4, 0.002)  # [s], [m]; then the ball hits the wall

HEIGHT = (1.5, 2.0)  # of the beam [m]
LOWEST = (0.12, 0.3)  # of the ball's lowest point over the floor [m]
PULLED = (40.0, 62.0)  # of the rope from the vertical [deg]
BALL_MASS = (3.0, 8.0)  # [kg]
BALL_RADIUS = (0.06, 0.12)  # [m]
BALL_MATERIALS = ("steel", "brass", "granite", "oak", "rubber", "marble")
ROPE_RADIUS = (0.009, 0.013)  # [m]
ROPES = ("hemp", "nylon", "steel")  # under 8 kg, at most 3 times their weight, they give 0.4 %
ROWS, COLUMNS = (3, 6), (2, 4)  # of blocks
BLOCK = (0.04, 0.06)  # half height [m]
SHAPE = (0.8, 1.6)  # half width of a block over its half height [1]
BLOCK_MATERIALS = ("pine", "cork", "painted wood", "plastic", "brick")
BEFORE = (0.0, 0.15)  # of the lowest point, where the ball meets the wall [m]
HALF_SPAN = (0.75, 0.95)  # between the posts [m]
SPACING = 4.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "brick paving", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rope hangs from (0, 0, height) and the ball comes along +x."""
    height = draw(rng, HEIGHT)
    made = pick(rng, ROPES)
    material, size = ball_of_mass(rng, draw(rng, BALL_MASS, 2), BALL_MATERIALS, BALL_RADIUS)
    radius = draw(rng, ROPE_RADIUS)
    top = np.array([0.0, 0.0, height - 4.0 * radius - radius - 2 * GAP])
    length = top[2] - draw(rng, LOWEST) - 2 * size - radius
    angle = draw(rng, PULLED, 1)
    way = np.array([-np.sin(np.radians(angle)), 0.0, -np.cos(np.radians(angle))])
    rope = a_rope(
        rng, "rope", laid(straight(top, top + length * way), SPACING * radius), radius, made
    )
    ball = body(
        "ball",
        shape("sphere", radius=size),
        material,
        bold_surface(rng, material, size),
        at=top + (length + radius + GAP + size) * way,
        rotation=any_rotation(rng),
    )
    wall, half_width, wall_top = _wall(rng, size + GAP - draw(rng, BEFORE), top[2] - length)
    span = draw(rng, HALF_SPAN)
    swing = (length + 2 * size) * np.sin(np.radians(angle))
    weight = mass(ball.shape, material)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[rope, ball, clamp(rng, "clamp", top, radius), *gallows(rng, span, height), *wall],
        ties=[Tie(body="rope", point=0), Tie(body="rope", point=-1, holder="ball")],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-0.05, -span - 0.1, 0.0), (0.05, span + 0.1, height + 0.07)),
                    corners((-swing, -size, 0.05), (0.6 * swing, size, wall_top)),
                    corners((0.0, -half_width, 0.0), (0.9, half_width, 0.1)),
                ]
            ),
            azimuth=pick(rng, ((25.0, 70.0), (-70.0, -25.0), (110.0, 150.0), (-150.0, -110.0))),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"{in_words(1, f'{material} ball')} of {weight:.0f} kg on a {NOUNS[made]} swings from "
            f"{angle:.0f} degrees into a wall of {in_words(len(wall), 'block')} on {{floor}}."
        ),
    )


def _wall(rng: np.random.Generator, near: float, middle: float) -> tuple[list[Body], float, float]:
    """Columns of blocks beyond x = near, higher than the ball's middle; half width and top [m]."""
    half, wide = draw(rng, BLOCK), draw(rng, SHAPE, 2)
    least = int(np.ceil(middle / (2 * half)))
    rows = int(np.clip(least + 1, *ROWS))
    columns = draw_count(rng, COLUMNS)
    material = pick(rng, BLOCK_MATERIALS)
    solid = shape("box", half_extents=(half, wide * half, half))
    blocks = []
    for row in range(rows):
        shift = 0.5 if row % 2 else 0.0  # every second row bridges the gaps of the one below
        for column in range(columns - row % 2):
            y = (column + shift - (columns - 1) / 2) * 2 * (wide * half + GAP)
            blocks.append(
                body(
                    f"block_{len(blocks) + 1}",
                    solid,
                    material,
                    surface(rng, material, half),
                    at=(near + half, y, (2 * row + 1) * half),
                )
            )
    return blocks, columns * wide * half, 2 * rows * half
