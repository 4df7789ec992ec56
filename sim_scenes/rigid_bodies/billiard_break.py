"""A cue ball breaks a rack of billiard balls on a table with cushions."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface, Texture
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..floors import ROOM
from ..materials import bold_surface, surface
from ..palette import PAINTS
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=3840)  # [Hz]; a ball moves 2 mm a step at 8 m/s
CONVERGENCE = (0.1, 1e-4)  # [s], [m]: the cue ball; the break multiplies differences

BALL_RADIUS = 0.028575  # pool balls of 57.15 mm: WPA equipment specification [m]
PLAYFIELD = ((1.42, 0.71), (1.68, 0.84), (1.98, 0.99))  # 5, 6 and 7 foot tables [m]
NOSE_HEIGHT = 0.0363  # of the cushions over the cloth, 63.5 % of the ball's diameter: WPA [m]
CUSHION_WIDTH = 0.05  # [m]
CUSHION = (0.017, 0.018)  # half thickness and half height of the rubber [m]
LIP = 0.004  # of the rubber above the nose [m]
CUSHION_GAP = 0.015  # end cushions stop short of the side cushions, which fill the corners [m]
RAIL_WIDTH = (0.09, 0.14)  # wooden frame outside the cushions [m]
BED_HEIGHT = (0.74, 0.79)  # of the cloth over the floor: WPA [m]
BED_THICKNESS = 0.05  # slate and frame [m]
LEG = 0.12  # width [m]
RACKS = ("six", "nine", "ten", "fifteen")
ROWS = {
    "six": (1, 2, 3),
    "nine": (1, 2, 3, 2, 1),
    "ten": (1, 2, 3, 4),
    "fifteen": (1, 2, 3, 4, 5),
}
RACK_GAP = (0.00005, 0.0004)  # left between racked balls [m]; Alciatore finds 0 to 0.5 mm
SPEED = (3.5, 8.0)  # of the cue ball [m/s]; amateurs break with 5 to 9
ROLL = (-0.3, 1.2)  # spin over that of rolling: draw, stun, follow [1]
SIDE_SPIN = (-15.0, 15.0)  # about the vertical [rad/s]
AIM_ERROR = (-0.4, 0.4)  # where it meets the first ball, in radii off the centre [1]
CUE_SIDEWAYS = (-0.25, 0.25)  # start, as a share of the table's width off the middle [1]
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rack stands on the foot spot, the cue ball comes from behind the head string."""
    length, width = pick(rng, PLAYFIELD)
    bed = draw(rng, BED_HEIGHT)
    rack = pick(rng, RACKS)
    speed = draw(rng, SPEED, 2)
    balls = _rack(rng, rack, length / 4, bed)
    cue = _cue_ball(rng, (length, width), bed, speed)
    floor = pick(rng, FLOORS)
    reach_x, reach_y = length / 2 + CUSHION_WIDTH, width / 2 + CUSHION_WIDTH
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[cue, *balls, *_table(rng, length, width, bed)],
        floor=floor,
        places=(ROOM,),
        shot=Shot(
            points=corners((-reach_x, -reach_y, bed), (reach_x, reach_y, bed + 2 * BALL_RADIUS)),
            elevation=(16.0, 42.0),
        ),
        caption=sentence(
            f"a cue ball at {speed:.1f} m/s breaks a rack of {in_words(len(balls), 'object ball')} "
            f"on a {length:.2f} m by {width:.2f} m billiard table; they scatter off the cushions."
        ),
    )


def _rack(rng: np.random.Generator, rack: str, foot_spot: float, bed: float) -> list[Body]:
    step = 2 * BALL_RADIUS + draw(rng, RACK_GAP, 6)
    bodies: list[Body] = []
    for row, count in enumerate(ROWS[rack]):
        for place in range(count):
            bodies.append(
                body(
                    f"object_ball_{len(bodies) + 1}",
                    shape("sphere", radius=BALL_RADIUS),
                    "phenolic resin",
                    bold_surface(rng, "phenolic resin", BALL_RADIUS),
                    at=(
                        foot_spot + row * step * 3**0.5 / 2,
                        (place - (count - 1) / 2) * step,
                        bed + BALL_RADIUS,
                    ),
                    rotation=any_rotation(rng),
                )
            )
    return bodies


def _cue_ball(
    rng: np.random.Generator, table: tuple[float, float], bed: float, speed: float
) -> Body:
    start = np.array([-table[0] / 4, draw(rng, CUE_SIDEWAYS) * table[1]])
    aim = np.array([table[0] / 4, draw(rng, AIM_ERROR) * BALL_RADIUS])
    forward = (aim - start) / np.linalg.norm(aim - start)
    roll = draw(rng, ROLL, 3) * speed / BALL_RADIUS
    white = PAINTS["white"]
    return body(
        "cue_ball",
        shape("sphere", radius=BALL_RADIUS),
        "phenolic resin",
        Surface(
            base_color=white,
            roughness=0.06,
            texture=Texture(kind="dots", scale=0.6 * BALL_RADIUS, second_color=PAINTS["red"]),
        ),
        at=(start[0], start[1], bed + BALL_RADIUS),
        velocity=(speed * forward[0], speed * forward[1], 0.0),
        # Rolling without slip means spin = up x velocity / radius.
        spin=(-roll * forward[1], roll * forward[0], draw(rng, SIDE_SPIN, 2)),
    )


def _table(rng: np.random.Generator, length: float, width: float, bed: float) -> list[Body]:
    """Bed, cushions, rails and legs; they touch and do not overlap."""
    cloth = surface(rng, "felt", 1.0)
    wood = pick(rng, ("oak", "painted wood"))
    varnish = surface(rng, wood, 0.15)
    rail = draw(rng, RAIL_WIDTH)
    in_x, in_y = length / 2, width / 2
    out_x, out_y = in_x + CUSHION_WIDTH, in_y + CUSHION_WIDTH
    end_x, end_y = out_x + rail, out_y + rail
    top, under = bed + NOSE_HEIGHT + 2 * LIP, bed - BED_THICKNESS
    sides, ends = ((1, 1), (1, -1)), ((1, 1), (-1, 1))
    corners = (*sides, (-1, 1), (-1, -1))
    frame = (wood, varnish)
    parts = (
        ("bed", ("felt", cloth), (-out_x, -out_y, under), (out_x, out_y, bed), ((1, 1),)),
        ("side_rail", frame, (-end_x, out_y, under), (end_x, end_y, top), sides),
        ("end_rail", frame, (out_x, -out_y, under), (end_x, out_y, top), ends),
        ("leg", frame, (out_x - LEG, out_y - LEG, 0.0), (out_x, out_y, under), corners),
    )
    blocks = [
        slab(f"{name}_{index}", *made_of, np.multiply(low, flip), np.multiply(high, flip))
        for name, made_of, low, high, flips in parts
        for index, flip in enumerate((*xy, 1) for xy in flips)
    ]
    return blocks + [
        _cushion(f"cushion_{index}", cloth, nose, bed, run)
        for index, (nose, run) in enumerate(
            (
                ((in_x, 0.0), in_y - CUSHION_GAP),
                ((-in_x, 0.0), in_y - CUSHION_GAP),
                ((0.0, in_y), in_x + CUSHION_GAP),
                ((0.0, -in_y), in_x + CUSHION_GAP),
            )
        )
    ]


def _cushion(
    name: str, cloth: Surface, nose: tuple[float, float], bed: float, half_length: float
) -> Body:
    """A bar tilted so that balls at the cloth touch it at nose height and are pressed down."""
    thickness, height = CUSHION
    tilt = np.degrees(np.arcsin(NOSE_HEIGHT / BALL_RADIUS - 1))
    inward = turned("z", np.degrees(np.arctan2(-nose[1], -nose[0])))
    rotation = inward * turned("y", tilt)
    face = rotation.apply((thickness, 0.0, height - LIP))
    solid = shape("box", half_extents=(thickness, half_length, height))
    at = np.array((*nose, bed + NOSE_HEIGHT)) - face
    return body(name, solid, "cushion rubber", cloth, at=at, rotation=rotation, is_static=True)
