"""A spinning ball rolls into bowling pins in front of a pit cushion."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface, Texture
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..floors import ROOM
from ..materials import bold_surface, surface
from ..palette import PAINTS
from ..staging import body, drawn_at, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_pybullet", rate=2880)  # [Hz]; the ball moves 3 mm a step at 9 m/s
CONVERGENCE = (0.15, 0.003)  # [s], [m]: the first pins

BALL_RADIUS = 0.108  # USBC: circumference of 27 inches [m]
PIN_HEIGHT = 0.381  # USBC: 15 inches [m]
PIN_SPACING = 0.3048  # USBC: 12 inches between neighbours [m]
PIN_ROWS = (2, 3, 4)  # 3, 6 or 10 pins in a triangle
SPEED = (4.5, 9.0)  # [m/s]; league players 7 to 9
ROLL = (0.3, 1.0)  # forward spin over that of rolling [1]: it slides at first
SIDE_SPIN = (-20.0, 20.0)  # about the direction of travel: what makes it hook [rad/s]
DISTANCE = (1.0, 1.8)  # to the head pin [m]: it hits after 0.11 to 0.4 s
AIM = (-0.1, 0.1)  # off the middle of the head pin [m]
ANGLE = (-3.0, 3.0)  # of travel to the lane [deg]; 4 to 6 at the pocket in play
KICKBACK_AT = 0.25  # side walls beyond the outer pins [m]
KICKBACK = (0.4, 0.04)  # height and thickness [m]
PIT_AT = (0.5, 0.8)  # cushion behind the last row [m]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The head pin stands at the origin, the ball comes along +x."""
    rows = pick(rng, PIN_ROWS)
    pins = _pins(rng, rows)
    speed = draw(rng, SPEED, 2)
    ball = _ball(rng, speed)
    side = (rows - 1) * PIN_SPACING / 2 + KICKBACK_AT
    pit = (rows - 1) * PIN_SPACING * 3**0.5 / 2 + draw(rng, PIT_AT)
    inside = corners((0.0, -side, 0.0), (pit, side, 0.2))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[ball, *pins, *_pit(rng, side, pit)],
        floor="wooden floor",
        places=(ROOM,),
        shot=Shot(
            points=np.concatenate([around([ball, *pins]), inside]),
            azimuth=(115.0, 245.0),
            elevation=(8.0, 32.0),
        ),
        caption=sentence(
            f"a bowling ball at {speed:.1f} m/s rolls over a wooden lane into "
            f"{in_words(len(pins), 'pin')} and knocks them about."
        ),
    )


def _pins(rng: np.random.Generator, rows: int) -> list[Body]:
    solid = shape("bowling_pin", height=PIN_HEIGHT)
    stripe = pick(rng, ("red", "blue", "green", "black"))
    plain = surface(rng, "coated maple", PIN_HEIGHT)
    painted = Surface(
        base_color=plain.base_color,
        roughness=plain.roughness,
        texture=Texture(kind="dots", scale=0.09, second_color=PAINTS[stripe]),
    )
    bodies: list[Body] = []
    for row in range(rows):
        for place in range(row + 1):
            x = row * PIN_SPACING * 3**0.5 / 2
            y = (place - row / 2) * PIN_SPACING
            at, rotation = drawn_at(solid, (x, y, 0.0), turned("z", draw(rng, (0.0, 360.0), 1)))
            bodies.append(
                body(
                    f"pin_{len(bodies) + 1}",
                    solid,
                    "coated maple",
                    painted,
                    at=at,
                    rotation=rotation,
                )
            )
    return bodies


def _ball(rng: np.random.Generator, speed: float) -> Body:
    heading = turned("z", draw(rng, ANGLE, 2))
    forward = heading.apply((1.0, 0.0, 0.0))
    way = draw(rng, DISTANCE) + BALL_RADIUS
    aim = np.array([0.0, draw(rng, AIM), BALL_RADIUS])
    roll = draw(rng, ROLL, 3) * speed / BALL_RADIUS
    across = np.cross((0.0, 0.0, 1.0), forward)
    return body(
        "ball",
        shape("sphere", radius=BALL_RADIUS),
        "urethane",
        bold_surface(rng, "urethane", BALL_RADIUS),
        at=aim - way * forward,
        rotation=any_rotation(rng),
        velocity=speed * forward,
        spin=roll * across + draw(rng, SIDE_SPIN, 2) * forward,
    )


def _pit(rng: np.random.Generator, side: float, end: float) -> list[Body]:
    """Two kickbacks beside the pins and the cushion behind them."""
    boards = surface(rng, "painted wood", 0.3)
    cushion = surface(rng, "leather", 0.2)
    height, thickness = KICKBACK
    return [
        slab("kickback_left", "oak", boards, (-0.3, side, 0.0), (end, side + thickness, height)),
        slab("kickback_right", "oak", boards, (-0.3, -side - thickness, 0.0), (end, -side, height)),
        slab("pit_cushion", "leather", cushion, (end, -side, 0.0), (end + 0.1, side, 1.2 * height)),
    ]
