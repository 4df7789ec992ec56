"""A cloth falls over balls and a rounded post, which then rises and turns under it."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import rail, sheet
from ..draws import (
    any_rotation,
    chance,
    draw,
    draw_count,
    draw_sign,
    in_words,
    pick,
    sentence,
    turned,
)
from ..fabrics import cloth, edge_for, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..rigging import motion_seconds
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.1, 0.002)  # [s], [m]; then folds choose their sides

WIDTH = (1.05, 1.35)  # of a square cloth, or across a round one [m]
ROUND_SHARE = 0.4  # of the clips
POST_RADIUS = (0.09, 0.14)  # [m]
POST_HEIGHT = (0.42, 0.6)  # [m]
NUM_BALLS = (2, 4)  # around the post
BALL = (0.11, 0.18)  # radius [m]
APART = (0.24, 0.32)  # of the balls from the middle of the post, over the cloth's width [1]
DROP = (0.15, 0.3)  # free fall of the cloth before it meets the post [m]
RISES = (0.12, 0.2)  # the post, when the cloth has fallen [m]
TURNS = (60.0, 130.0)  # meanwhile [deg]
WHEN = (0.25, 0.95)  # of the clip [1]
FABRICS = ("silk", "cotton", "linen", "wool", "denim", "satin", "fleece")
BALLS = ("rubber", "oak", "plastic", "cork")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The post stands at the origin, the cloth starts level above it."""
    fabric, width = pick(rng, FABRICS), draw(rng, WIDTH, 3)
    is_round = chance(rng, ROUND_SHARE)
    thick = fabric_thickness(fabric, preset)
    radius, height = draw(rng, POST_RADIUS, 3), draw(rng, POST_HEIGHT, 3)
    balls = _balls(rng, width)
    top = max(height, *(2 * item.position[2] for item in balls))
    drop = draw(rng, DROP)
    post, rise = _post(rng, radius, height, preset)
    falling = cloth(
        "cloth",
        _cut(is_round, width, thick, preset),
        fabric,
        fabric_surface(rng, fabric, PRINTS),
        at=(0.0, 0.0, top + thick / 2 + drop),
        rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
    )
    half = 0.36 * width
    kind = "round" if is_round else "square"
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[falling, post, *balls],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -half, 0.0), (half, half, top + max(drop, rise))),
            elevation=(14.0, 34.0),
        ),
        caption=sentence(
            f"A {kind} {fabric} cloth, {width:.2f} m across, falls over a post and "
            f"{in_words(len(balls), 'ball')} on {{floor}}, and the post rises and turns under it."
        ),
    )


def _cut(is_round: bool, width: float, thick: float, preset: Preset) -> Shape:
    if not is_round:
        return sheet((width, width), preset, thick)[0]
    edge = edge_for(np.pi / 4 * width**2, preset)
    return shape("round_cloth", radius=width / 2, edge=edge, thickness=thick)


def _balls(rng: np.random.Generator, width: float) -> list[Body]:
    """Around the post at even angles, each free to be moved."""
    count, turn = draw_count(rng, NUM_BALLS), draw(rng, (0.0, 6.2832))
    balls = []
    for k in range(count):
        radius, material = draw(rng, BALL, 3), pick(rng, BALLS)
        away = max(APART[0] * width, POST_RADIUS[1] + radius + 0.02)
        away = max(away, draw(rng, APART) * width)
        angle = turn + 2 * np.pi * k / count
        balls.append(
            body(
                f"ball_{k + 1}",
                shape("sphere", radius=radius),
                material,
                bold_surface(rng, material, radius),
                at=(away * np.cos(angle), away * np.sin(angle), radius),
                rotation=any_rotation(rng),
            )
        )
    return balls


def _post(
    rng: np.random.Generator, radius: float, height: float, preset: Preset
) -> tuple[Body, float]:
    """A post that comes out of the floor, turning, and how far [m]."""
    rise, turn = draw(rng, RISES, 3), draw_sign(rng) * np.radians(draw(rng, TURNS, 1))
    look = surface(rng, "oak", radius)
    ends = (0.0, 0.0, -radius - rise), (0.0, 0.0, height - radius)
    standing = rail("post", ends, radius, "oak", look)
    times = tuple(round(share * motion_seconds(preset), 4) for share in WHEN)
    path = Path(
        times=times,
        shifts=((0.0, 0.0, 0.0), (0.0, 0.0, rise)),
        turns=(0.0, round(float(turn), 5)),
    )
    return replace(standing, is_static=False, path=path), rise
