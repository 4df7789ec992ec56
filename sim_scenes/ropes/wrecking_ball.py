"""A heavy ball on a rope swings into a pile of balls."""

import numpy as np

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, in_words, pick, sentence
from ..filming import Shot, corners
from ..materials import ball_of_mass, bold_surface, surface
from ..rigging import CLAMP_HEIGHT, GAP, a_rope, clamp, gallows, shifted
from ..rope_materials import NOUNS
from ..rope_shapes import laid, straight
from ..staging import body, mass, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (0.25, 0.005)  # [s], [m]; then the ball hits the pile

HEIGHT = (1.25, 1.6)  # of the beam [m]
PULLED = (42.0, 62.0)  # of the rope from the vertical [deg]
BALL_MASS = (4.0, 9.0)  # [kg]
BALL_RADIUS = (0.06, 0.12)  # [m]
BALL_MATERIALS = ("steel", "brass", "granite", "oak", "rubber", "marble")
ROPE_RADIUS = (0.009, 0.013)  # [m]
ROPES = ("hemp", "nylon", "steel")  # under 3 times the weight of 9 kg they give 0.5 %
PILES = {2: (0.06, 0.075), 3: (0.045, 0.055)}
"""Balls along an edge of the pile, and their radius [m]: 5 or 14 balls, 20 to 27 cm high."""
PILED = ("plastic", "cork", "pine", "rubber", "painted wood")
TRAY = (0.02, 0.9)  # thickness [m] and height over a ball's radius [1] of the tray's walls
STRUCK_AT = (0.5, 0.8)  # height of the heavy ball's middle over that of the pile [1]
BEYOND = (0.0, 0.12)  # from the lowest point of the swing to the pile's near edge [m]
HALF_SPAN = (0.6, 0.8)  # between the posts [m]
CLEAR = 0.015  # of the heavy ball over the tray [m]
SPACING = 4.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "brick paving", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rope hangs from (0, 0, height) and the ball comes along +x."""
    height, made = draw(rng, HEIGHT), pick(rng, ROPES)
    material, size = ball_of_mass(rng, draw(rng, BALL_MASS, 2), BALL_MATERIALS, BALL_RADIUS)
    side = pick(rng, tuple(PILES))
    piled = draw(rng, PILES[side])
    balls, tray, pile_top = _pyramid(rng, side, piled)
    middle = max(draw(rng, STRUCK_AT, 3) * pile_top, TRAY[1] * piled + size + CLEAR)
    radius = draw(rng, ROPE_RADIUS)
    top = np.array([0.0, 0.0, height - (CLAMP_HEIGHT + 1) * radius - 2 * GAP])
    length = top[2] - middle - size - radius - GAP
    angle = draw(rng, PULLED, 1)
    way = np.array([-np.sin(np.radians(angle)), 0.0, -np.cos(np.radians(angle))])
    points = laid(straight(top, top + length * way), SPACING * radius)
    heavy = body(
        "wrecking_ball",
        shape("sphere", radius=size),
        material,
        bold_surface(rng, material, size),
        at=top + (length + radius + GAP + size) * way,
        rotation=any_rotation(rng),
    )
    near = size / 2 + draw(rng, BEYOND)
    pile = [shifted(item, (near + side * piled, 0.0, 0.0)) for item in (*balls, *tray)]
    span = draw(rng, HALF_SPAN)
    swing = (length + 2 * size) * np.sin(np.radians(angle))
    weight = mass(heavy.shape, material)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            a_rope(rng, "rope", points, radius, made),
            heavy,
            clamp(rng, "clamp", top, radius),
            *gallows(rng, span, height),
            *pile,
        ],
        ties=[Tie(body="rope", point=0), Tie(body="rope", point=-1, holder="wrecking_ball")],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-0.05, -span - 0.1, 0.0), (0.05, span + 0.1, height + 0.07)),
                    corners((-swing, -size, 0.05), (0.6 * swing, size, pile_top)),
                    corners((0.0, -0.3, 0.0), (0.9, 0.3, 0.1)),
                ]
            ),
            azimuth=pick(rng, ((25.0, 70.0), (-70.0, -25.0), (110.0, 150.0), (-150.0, -110.0))),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"{in_words(1, f'{material} wrecking ball')} of {weight:.0f} kg on a {NOUNS[made]} "
            f"swings from {angle:.0f} degrees into a pile of {in_words(len(balls), 'ball')} in a "
            "tray on {floor}."
        ),
    )


def _pyramid(
    rng: np.random.Generator, side: int, radius: float
) -> tuple[list[Body], list[Body], float]:
    """Layers of side^2, (side - 1)^2, ... balls about the origin in a tray; and its top [m].

    Neighbours are a hair apart, so that each ball falls into the hollow of four by that much.
    """
    pitch = 2 * radius + GAP
    material, balls = pick(rng, PILED), []
    for layer in range(side):
        first = -(side - layer - 1) / 2 * pitch
        for row in range(side - layer):
            for column in range(side - layer):
                balls.append(
                    body(
                        f"ball_{len(balls) + 1}",
                        shape("sphere", radius=radius),
                        material,
                        bold_surface(rng, material, radius),
                        at=(
                            first + row * pitch,
                            first + column * pitch,
                            radius + GAP + layer * pitch / 2**0.5,
                        ),
                        rotation=any_rotation(rng),
                    )
                )
    inner, thick, high = side * pitch / 2 + GAP, TRAY[0], TRAY[1] * radius
    look, outer = surface(rng, "pine", 0.2), side * pitch / 2 + GAP + TRAY[0]
    sides = (
        ((-outer, -outer, 0.0), (-inner, outer, high)),
        ((inner, -outer, 0.0), (outer, outer, high)),
        ((-inner, -outer, 0.0), (inner, -outer + thick, high)),
        ((-inner, outer - thick, 0.0), (inner, outer, high)),
    )
    tray = [slab(f"tray_{k + 1}", "pine", look, *ends) for k, ends in enumerate(sides)]
    return balls, tray, 2 * radius + (side - 1) * pitch / 2**0.5
