"""A row of hanging balls hands on the swing of those that are let go at one end."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import WORDS, chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..linkage import axle, direction, fixed, hinge, rod, sliding
from ..materials import bold_surface, own_share, surface
from ..staging import body, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_mujoco", rate=15360)  # [Hz]; an impact of 12 steps takes 0.8 ms
CONVERGENCE = (0.2, 0.001)  # before the first impact [s], [m]

NUM_BALLS = (3, 7)
LIFTED = (1, 3)  # balls let go together; at least one stays hanging
RADIUS = (0.02, 0.045)  # [m]
LENGTH = (5.0, 8.0)  # from the rails to the middle of a ball, in radii [1]
ANGLE = (22.0, 48.0)  # of the lifted balls from hanging down [deg]
BOTH_SHARE = 0.25  # of the clips: balls are let go at both ends
SLIT = (0.0008, 0.0015)  # between hanging balls [m]: they strike one after the other
RESTITUTION = (0.93, 0.985)  # of ball on ball; bearing steel at 1 m/s reaches 0.97 to 0.99
FRICTION = (0.02, 0.08)  # of ball on ball: hung on two lines they cannot roll off each other
DAMPING = (0.0, 2e-5)  # of a string's ends [N m s/rad]: air takes 1 % of a swing's height
SPREAD = (1.4, 2.2)  # half the distance of the rails, in radii [1]
STRING = 0.001  # radius of a line [m]
KNOT = 1.5  # of both lines' ends from the ball's middle plane, in radii [1]
HUNG = 1.8  # depth of its end under the rail, in radii [1]: its loop turns without touching
RAIL = (0.005, 0.009)  # radius [m]
BASE = (0.015, 0.03)  # thickness of the board [m]
CLEARANCE = (0.6, 1.5)  # of the balls above the base, in radii [1]
BALL_MATERIALS = ("steel", "brass", "phenolic resin", "glass")
STAND_MATERIALS = ("pine", "oak", "painted wood", "marble", "plastic")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The row and both rails run along x; each ball hangs on two lines from them."""
    count = draw_count(rng, NUM_BALLS)
    radius, material = draw(rng, RADIUS), pick(rng, BALL_MATERIALS)
    length = round(draw(rng, LENGTH, 2) * radius, 4)
    spread = round(draw(rng, SPREAD, 2) * radius, 4)
    thick, base = draw(rng, RAIL), draw(rng, BASE)
    angles = _angles(rng, count)
    height = base + length + draw(rng, CLEARANCE, 2) * radius + radius
    pitch = 2 * radius + draw(rng, SLIT, 6)
    places = (np.arange(count) - (count - 1) / 2) * pitch
    stand = _stand(rng, (places[-1] + 2 * radius, spread, height), (thick, base))
    elastic, slick = (own_share(draw(rng, one, 3)) for one in (RESTITUTION, FRICTION))
    damping = draw(rng, DAMPING, 7)
    balls: list[Body] = []
    lines: list[Body] = []
    joints: list[Joint] = []
    for index, (x, angle) in enumerate(zip(places, angles, strict=True)):
        top = np.array((x, 0.0, height - HUNG * STRING))
        ball = _ball(rng, index, material, radius, top + length * direction(angle))
        ball = replace(ball, substance=replace(ball.substance, restitution=elastic, friction=slick))
        held = _strings(index, ball, top, spread)
        balls.append(ball)
        lines += held
        joints.append(hinge(ball, stand[-1], top, damping=damping))
        joints += [fixed(line, ball) for line in held]
    swing = length * np.sin(np.radians(max(map(abs, angles)))) + radius
    end = places[-1] + swing
    sweep = corners((-end, -spread, 0.0), (end, spread, height))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*balls, *lines, *stand]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around(balls), sweep]),
            azimuth=pick(rng, ((50.0, 80.0), (100.0, 130.0), (230.0, 260.0), (280.0, 310.0))),
            elevation=(6.0, 26.0),
        ),
        caption=_caption(material, angles),
    )


def _caption(material: str, angles: list[float]) -> str:
    lifted = len(angles) - angles.count(0.0)
    verb = "is" if lifted == 1 else "are"
    where = "both ends" if angles[0] and angles[-1] else "one end"
    row = in_words(len(angles), f"{material} ball")
    return sentence(
        f"{WORDS[lifted]} of the {row} of a Newton's cradle {verb} let go at {where} and "
        f"{'strikes' if lifted == 1 else 'strike'} those that hang, on {{floor}}."
    )


def _angles(rng: np.random.Generator, count: int) -> list[float]:
    """Of every ball from hanging down, in the order of the row [deg]."""
    lifted = min(draw_count(rng, LIFTED), count - 1)
    angle, far = draw(rng, ANGLE, 1), draw(rng, ANGLE, 1)
    angles = [-angle] * lifted + [0.0] * (count - lifted)
    if chance(rng, BOTH_SHARE) and lifted < count - 1:
        angles[-1] = far
    return angles if draw_sign(rng) > 0 else [-angle + 0.0 for angle in reversed(angles)]


def _ball(
    rng: np.random.Generator, index: int, material: str, radius: float, at: np.ndarray
) -> Body:
    return body(
        f"ball_{index}",
        shape("sphere", radius=radius),
        material,
        bold_surface(rng, material, radius),
        at=at,
        rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
    )


def _strings(index: int, ball: Body, top: np.ndarray, spread: float) -> list[Body]:
    """Two lines from points on the axis of the hinge to the top of the ball."""
    down = np.subtract(ball.position, top)
    knot = top + (1 - 0.9 * _radius(ball) / np.linalg.norm(down)) * down
    look = Surface(base_color=(0.75, 0.75, 0.72), roughness=0.6)
    lines = []
    tied = np.array((0.0, KNOT * STRING, 0.0))
    for number, side in enumerate((-1, 1)):
        ends = top + side * np.array((0.0, spread, 0.0)), knot + side * tied
        lines.append(rod(f"line_{index}_{number}", "plastic", look, ends, STRING))
    return lines


def _radius(ball: Body) -> float:
    return float(np.atleast_1d(ball.shape.parameters["radius"])[0])


def _stand(
    rng: np.random.Generator, size: tuple[float, float, float], bars: tuple[float, float]
) -> list[Body]:
    """A board, four posts, and two rails along x that the lines hang under."""
    half, spread, height = size
    thick, base = bars
    material = pick(rng, STAND_MATERIALS)
    look, metal = surface(rng, material, 2 * half), surface(rng, "steel", 0.1)
    posts = [
        axle(
            f"post_{number}",
            "steel",
            metal,
            ((side * half, edge * spread, base), (side * half, edge * spread, height)),
            thick,
        )
        for number, (side, edge) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1)))
    ]
    board = slab(
        "base",
        material,
        look,
        (-half - 4 * thick, -spread - 4 * thick, 0.0),
        (half + 4 * thick, spread + 4 * thick, base),
    )
    rails = [
        axle(
            f"rail_{number}",
            "steel",
            metal,
            (
                (-half - thick, edge * spread, height + thick),
                (half + thick, edge * spread, height + thick),
            ),
            thick,
        )
        for number, edge in enumerate((1, -1))
    ]
    return [board, *posts, *rails]
