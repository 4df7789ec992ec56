"""A ball on a rope circles a pole; the rope winds round it."""

import numpy as np

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_sign, in_words, pick, sentence, with_article
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..rigging import GAP, a_rope, ring, turning
from ..rope_materials import NOUNS
from ..rope_shapes import laid, straight
from ..staging import body, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (0.5, 0.02)  # [s], [m]; friction winds up what is left

POLE_HEIGHT = (1.2, 1.6)  # [m]
POLE_RADIUS = (0.025, 0.05)  # [m]; tetherball poles are 44 to 60 mm thick
POLE_MATERIALS = ("steel", "pine", "oak", "painted wood")
ROPE_LENGTH = (0.7, 1.1)  # [m]
ROPE_RADIUS = (0.007, 0.011)  # [m]
ROPES = ("nylon", "cotton", "climbing")
BALL = (0.06, 0.09)  # radius [m]
BALL_MATERIALS = ("cork", "leather", "rubber", "pine")
ANGLE = (50.0, 68.0)  # of the rope from the pole [deg]
FASTER = (1.0, 1.25)  # than a ball that keeps its height, sqrt(g L sin tan) [1]
SPACING = 3.0  # of points over the radius [1]
FLOORS = ("concrete floor", "green mat", "brick paving", "wooden floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pole stands at the origin; the rope starts straight, turning with the ball."""
    height, thick, made = draw(rng, POLE_HEIGHT), draw(rng, POLE_RADIUS), pick(rng, ROPES)
    radius, length, angle = draw(rng, ROPE_RADIUS), draw(rng, ROPE_LENGTH), draw(rng, ANGLE, 1)
    size, material, way = draw(rng, BALL), pick(rng, BALL_MATERIALS), draw_sign(rng)
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    top = np.array([thick + radius + GAP, 0.0, height - 0.04])
    along = np.array([sine, 0.0, -cosine])
    whole = length + radius + GAP + size
    spin = way * draw(rng, FASTER, 3) * np.sqrt(9.81 / (whole * cosine))
    points = laid(straight(top, top + length * along), SPACING * radius)
    rope = turning(a_rope(rng, "rope", points, radius, made), top, (0.0, 0.0, spin))
    ball = turning(
        body(
            "ball",
            shape("sphere", radius=size),
            material,
            bold_surface(rng, material, size),
            at=top + whole * along,
            rotation=any_rotation(rng),
        ),
        top,
        (0.0, 0.0, spin),
    )
    speed = float(np.linalg.norm(ball.linear_velocity))
    reach = thick + (whole + size) * np.sin(np.radians(min(angle + 10.0, 85.0)))
    lowest = max(0.0, top[2] - whole - size)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[rope, ball, _pole(rng, height, thick)],
        ties=[Tie(body="rope", point=0), Tie(body="rope", point=-1, holder="ball")],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-thick, -thick, 0.0), (thick, thick, height + 0.05)),
                    *(ring((0.0, 0.0, z), reach) for z in (lowest, float(top[2]))),
                ]
            ),
            elevation=(4.0, 28.0),
        ),
        caption=sentence(
            f"{with_article(material)} ball at {speed:.1f} m/s, held by "
            f"{in_words(1, NOUNS[made])}, circles a pole on {{floor}}; the rope winds round it."
        ),
    )


def _pole(rng: np.random.Generator, height: float, radius: float) -> Body:
    material = pick(rng, POLE_MATERIALS)
    return body(
        "pole",
        shape("cylinder", radius=radius, half_height=height / 2),
        material,
        surface(rng, material, 0.3),
        at=(0.0, 0.0, height / 2),
        is_static=True,
    )
