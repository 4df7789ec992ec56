"""Balls fly into the wall of a bouncy castle, whose tubes give way and throw them back."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_direction, any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..inflated import Inflated, blown, edge_for, inflated_body
from ..materials import bold_surface
from ..skins import skin_surface, thickness
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.3, 0.008)  # [s], [m]; then the first ball has hit the wall

NUM_BALLS = (3, 4)
WIDTH = (1.5, 1.9)  # across the tubes, flat [m]
HEIGHT = (1.0, 1.25)  # [m]
TUBES = (3, 4)
CORNER = 0.06  # radius of its corners [m]
GAUGE = (1500.0, 2500.0)  # above the air [Pa]
BALL = (0.08, 0.11)  # [m]
BALL_MATERIALS = ("cork", "pine", "rubber", "plastic")
FLIGHT = (0.16, 0.2)  # until the first ball hits the wall [s]
LATER = (0.18, 0.24)  # from one ball to the next [s]
SPEED = (3.5, 5.0)  # of the first one, along the level [m/s]
FARTHEST = 1.2  # from the wall at first [m]
POST = 0.07  # radius of the posts beside it [m]
ACROSS = 5.01
"""Least edges across a tube [1]: with four, wrinkles of the seam start through each other."""
RIM = 0.02  # of the panels' size, from their edges, that counts as seam [1]
UPRIGHT = Rotation.from_matrix([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""World from body: across the tubes along y, along them up."""
POINTS = 1500  # of the skin at the demo's preset
FLOORS = ("concrete floor", "brick paving", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The wall stands along y at x = 0, sewn to posts and to the floor along its edge."""
    width, height, tubes = draw(rng, WIDTH, 3), draw(rng, HEIGHT, 3), draw_count(rng, TUBES)
    solid = shape(
        "air_mattress",
        width=width,
        depth=height,
        tubes=float(tubes),
        corner=CORNER,
        edge=min(edge_for(preset, 2 * width * height, POINTS), round(width / tubes / ACROSS, 5)),
        thickness=thickness(rng, "tarpaulin"),
    )
    one = blown(solid, "tarpaulin", draw(rng, GAUGE, -1))
    wall = inflated_body(
        "wall",
        one,
        skin_surface(rng, "tarpaulin", width / tubes, "stripes", repeat=(2.0, 2.0)),
        at=(0.0, 0.0, one.below(UPRIGHT)),
        rotation=UPRIGHT,
        exponent=1.4,
    )
    places = one.turned(UPRIGHT)
    side, front = float(places[:, 1].max()), float(-places[:, 0].min())
    top = float(np.ptp(places[:, 2]))
    balls, speeds = _balls(rng, side, front, top)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[wall, *balls, *_posts(rng, side, top)],
        ties=[Tie(body="wall", point=point) for point in _sewn_points(one, width, height)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-1.9, -side - POST, 0.0), (front, side + POST, 1.1 * top)),
            azimuth=pick(rng, ((110.0, 160.0), (-160.0, -110.0))),
            elevation=(6.0, 24.0),
        ),
        caption=sentence(
            f"{in_words(len(balls), 'ball')} fly at up to {max(speeds):.1f} m/s into an inflated "
            f"wall of {in_words(tubes, 'tube')} on {{floor}} and bounce off."
        ),
    )


def _sewn_points(one: Inflated, width: float, height: float) -> list[int]:
    """Vertices, one at each place, on its seams below and at both sides."""
    mesh = shapes.mesh(one.shape)
    kept, _ = shapes.weld(mesh)
    x, y, z = mesh.vertices[kept].T
    is_seam = np.abs(z) < 1e-6
    below, beside = y < -(0.5 - RIM) * height, np.abs(x) > (0.5 - RIM) * width
    return kept[is_seam & (below | beside)].tolist()


def _balls(
    rng: np.random.Generator, side: float, front: float, top: float
) -> tuple[list[Body], list[float]]:
    """In front of the wall, side by side, each on its way to the middle of its height."""
    count, seconds, balls, speeds = draw_count(rng, NUM_BALLS), 0.0, [], []
    for number in range(count):
        size, material = draw(rng, BALL), pick(rng, BALL_MATERIALS)
        seconds += draw(rng, LATER) if number else draw(rng, FLIGHT)
        away = min(seconds * draw(rng, SPEED), FARTHEST)
        aimed = draw(rng, (0.45, 0.75)) * top
        rise = 4.905 * seconds  # falls back by then
        speeds.append(float(np.hypot(away / seconds, rise)))
        balls.append(
            body(
                f"ball_{number + 1}",
                shape("sphere", radius=size),
                material,
                bold_surface(rng, material, size),
                at=(
                    -front - size - away,
                    ((number + 0.5) / count * 2 - 1) * 0.75 * side,
                    aimed,
                ),
                rotation=any_rotation(rng),
                velocity=(away / seconds, 0.0, rise),
                spin=draw(rng, (0.0, 4.0)) * any_direction(rng),
            )
        )
    return balls, speeds


def _posts(rng: np.random.Generator, side: float, top: float) -> list[Body]:
    look = bold_surface(rng, "painted wood", 0.25)
    return [
        body(
            f"post_{number + 1}",
            shape("cylinder", radius=POST, half_height=top / 2 + 0.03),
            "painted wood",
            look,
            at=(0.0, way * (side + POST + 0.015), top / 2 + 0.03),
            is_static=True,
        )
        for number, way in enumerate((-1, 1))
    ]
