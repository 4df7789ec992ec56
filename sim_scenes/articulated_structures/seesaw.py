"""A heavy ball drops onto the raised end of a seesaw and launches the blocks on the other end."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned, with_article
from ..filming import Shot, around, corners
from ..linkage import axle, hinge, inertia, paints, sliding
from ..materials import ball_of_mass, bold_surface, surface
from ..staging import body, mass, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; the ball moves 2 mm a step at 4 m/s
CONVERGENCE = (0.2, 0.001)  # before the ball meets the plank [s], [m]

HALF_LENGTH = (0.45, 0.75)  # of the plank [m]
WIDTH = (0.09, 0.14)  # half, of the plank [m]
THICKNESS = (0.012, 0.02)  # half, of the plank [m]
TILT = (10.0, 17.0)  # of the plank at the start [deg]; blocks would slide from 20 on
DROP = (0.4, 0.8)  # free height of the ball over the raised end [m]
START_SPEED = (0.0, 1.0)  # of the ball, downwards [m/s]
MASS_RATIO = (1.5, 5.0)  # of the ball to all blocks [1]
BALL_RADIUS = (0.05, 0.11)  # [m]
NUM_COLUMNS = (1, 2)  # of blocks, one behind the other on the plank
NUM_HIGH = (1, 2)  # blocks in a column; three would topple on the slope
BLOCK = (0.03, 0.05)  # half edge [m]
EDGE = (0.05, 0.2)  # of blocks and ball from the ends of the plank, over its half length [1]
FRICTION = (0.0, 0.02)  # dry, of the axle [N m]
DAMPING = (0.0, 0.05)  # of the axle [N m s/rad]
AXLE = 0.7  # radius over the plank's half thickness [1]
POST = (0.03, 0.05)  # thickness of the two posts [m]
PLAY = 0.004  # between plank and posts [m]
GAP = 0.001  # between the low end and the ground at the start [m]
PLANK_MATERIALS = ("pine", "oak", "painted wood")
BLOCK_MATERIALS = ("pine", "oak", "cork", "rubber", "painted wood")
BALL_MATERIALS = ("urethane", "marble", "steel", "brass", "oak", "phenolic resin")
FLOORS = ("wooden floor", "concrete floor", "linoleum floor", "green mat", "tiled floor")
REBOUND = 1.4  # speed of the far end over that of a plastic impact [1]
HIGHEST = 1.2  # flight that is kept in the picture [m]
THROW = 0.25  # beyond the ends of the plank [m]
GRAVITY = 9.81  # [m/s2]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plank lies along x, its low end at -x with the blocks; the axle runs along y."""
    half = (draw(rng, HALF_LENGTH), draw(rng, WIDTH), draw(rng, THICKNESS))
    tilt = draw(rng, TILT, 2)
    turn = turned("y", -tilt)
    slope = np.radians(tilt)
    height = half[0] * np.sin(slope) + half[2] * np.cos(slope) + GAP
    pivot = np.array((0.0, 0.0, height))
    material = pick(rng, PLANK_MATERIALS)
    look = surface(rng, material, 2 * half[0])
    plank = body("plank", shape("box", half_extents=half), material, look, at=pivot, rotation=turn)
    blocks, block_material = _blocks(rng, half, pivot, tilt)
    load = sum(mass(one.shape, block_material) for one in blocks)
    ball, ball_material, speed, drop = _ball(rng, half, pivot, tilt, load)
    posts = _posts(rng, half, pivot)
    joint = hinge(plank, posts[-1], pivot, friction=draw(rng, FRICTION), damping=draw(rng, DAMPING))
    moved = [plank, *blocks]
    impact = mass(ball.shape, ball_material) * half[0] * np.sqrt(speed**2 + 2 * GRAVITY * drop)
    end_speed = REBOUND * half[0] * impact / inertia([*moved, ball], pivot)
    top = min(HIGHEST, pivot[2] + max(end_speed**2 / (2 * GRAVITY), 2 * pivot[2]))
    reach = half[0] + THROW
    low, high = (-reach, -half[1] - 0.05, 0.0), (reach, half[1] + 0.05, 2 * pivot[2])
    column = corners((-half[0], -0.1, 0.0), (-0.3 * half[0], 0.1, top))
    count = len(blocks)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([ball, plank, *blocks, *posts]),
        joints=[joint],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around([ball]), corners(low, high), column]),
            azimuth=pick(rng, ((50.0, 130.0), (230.0, 310.0))),
            elevation=(3.0, 22.0),
        ),
        caption=sentence(
            f"{with_article(ball_material)} ball drops onto the raised end of a {material} seesaw "
            f"on {{floor}} and launches {in_words(count, f'{block_material} block')} from the "
            f"other end."
        ),
    )


def _blocks(
    rng: np.random.Generator, half: tuple[float, float, float], pivot: np.ndarray, tilt: float
) -> tuple[list[Body], str]:
    """Columns that stand upright on the plank near its low end."""
    material, size = pick(rng, BLOCK_MATERIALS), draw(rng, BLOCK)
    turn = turned("y", -tilt)
    high = draw_count(rng, NUM_HIGH)
    looks = (surface(rng, material, size), *paints(rng, material, 1))
    along = -half[0] * (1 - draw(rng, EDGE, 3)) + size
    bodies: list[Body] = []
    for column in range(draw_count(rng, NUM_COLUMNS)):
        for level in range(high):
            local = (along + 2.3 * size * column, 0.0, half[2] + (2 * level + 1) * size)
            bodies.append(
                body(
                    f"block_{len(bodies)}",
                    shape("box", half_extents=(size, size, size)),
                    material,
                    looks[(column + level) % 2],
                    at=pivot + turn.apply(local),
                    rotation=turn,
                )
            )
    return bodies, material


def _ball(
    rng: np.random.Generator,
    half: tuple[float, float, float],
    pivot: np.ndarray,
    tilt: float,
    load: float,
) -> tuple[Body, str, float, float]:
    """Over the raised end: the ball, its material, speed [m/s] and free height [m]."""
    material, radius = ball_of_mass(rng, draw(rng, MASS_RATIO) * load, BALL_MATERIALS, BALL_RADIUS)
    drop, speed = draw(rng, DROP), draw(rng, START_SPEED, 2)
    met = turned("y", -tilt).apply((half[0] * (1 - draw(rng, EDGE, 3)), 0.0, half[2]))
    ball = body(
        "ball",
        shape("sphere", radius=radius),
        material,
        bold_surface(rng, material, radius),
        at=pivot + met + (0.0, 0.0, radius + drop),
        velocity=(0.0, 0.0, -speed),
        rotation=turned("x", draw(rng, (0.0, 360.0), 1)),
    )
    return ball, material, speed, drop


def _posts(
    rng: np.random.Generator, half: tuple[float, float, float], pivot: np.ndarray
) -> list[Body]:
    """Two posts beside the plank, and the axle between them, last."""
    material = pick(rng, PLANK_MATERIALS)
    look = surface(rng, material, 0.3)
    thick, inner = draw(rng, POST), half[1] + PLAY
    radius = AXLE * half[2]
    wide, top = 3 * thick, pivot[2] + 3 * half[2]
    posts = [
        slab(
            f"post_{name}",
            material,
            look,
            (-wide / 2, side * inner, 0.0),
            (wide / 2, side * (inner + thick), top),
        )
        for name, side in (("left", 1), ("right", -1))
    ]
    beside = np.array((0.0, inner, 0.0))
    ends = pivot - beside, pivot + beside
    return [*posts, axle("axle", "steel", surface(rng, "steel", 0.1), ends, radius)]
