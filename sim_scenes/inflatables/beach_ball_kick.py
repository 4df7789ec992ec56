"""A bat hits a beach ball, which dents, knocks balls away, and comes back from a wall."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, quat, sentence, turned, vec
from ..filming import Shot, corners
from ..inflated import blown, edge_for, inflated_body
from ..materials import bold_surface, substance, surface
from ..skins import skin_surface, thickness
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.3, 0.02)  # [s], [m]; then the ball has left the bat

NUM_BALLS = (3, 5)
RADIUS = (0.17, 0.23)  # beach balls of 16 to 22 inches, measured flat [m]
GAUGE = (800.0, 1800.0)  # above the air [Pa]
BAT = (0.035, 0.25)  # radius and half length [m]
GAP = (0.10, 0.16)  # between bat and ball at first [m]
RISE = (3.0, 10.0)  # of the bat's way above the level [deg]
SWING = (0.45, 0.6)  # length of its way [m]
LASTING = (0.26, 0.34)  # of the swing: 2 to 3.5 m/s in its middle [s]
SMALL = (0.055, 0.08)  # radius of the balls in its way [m]
SMALL_MATERIALS = ("cork", "pine", "painted wood", "plastic")
SMALL_AT = (0.75, 1.0)  # from the beach ball [m]
APART = 0.18  # of the small balls [m]
WALL = (0.3, 0.55)  # from the small balls, and its height [m]
POINTS = 1300  # of the skin at the demo's preset
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "brick paving")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The ball lies at the origin; the bat comes from -x."""
    radius, count = draw(rng, RADIUS), draw_count(rng, NUM_BALLS)
    edge = edge_for(preset, 4 * np.pi * radius**2, POINTS)
    solid = shape("air_ball", radius=radius, edge=edge, thickness=thickness(rng, "vinyl"))
    one = blown(solid, "vinyl", draw(rng, GAUGE, -1))
    turn = any_rotation(rng)
    ball = inflated_body(
        "beach_ball",
        one,
        skin_surface(rng, "vinyl", radius, "gores", repeat=(1.0, 1.0)),
        at=(0.0, 0.0, one.below(turn)),
        rotation=turn,
        exponent=1.4,
    )
    material, far = pick(rng, SMALL_MATERIALS), draw(rng, SMALL_AT)
    size = draw(rng, SMALL)
    small = [
        body(
            f"ball_{number + 1}",
            shape("sphere", radius=size),
            material,
            bold_surface(rng, material, size),
            at=(far + radius, (number - (count - 1) / 2) * APART, size + 1e-4),
            rotation=any_rotation(rng),
        )
        for number in range(count)
    ]
    bat, speed = _bat(rng, radius)
    side, behind = max(count / 2 * APART, 0.45), far + radius + WALL[0]
    built = pick(rng, ("brick", "granite", "oak", "pine"))
    wall = slab(
        "wall",
        built,
        surface(rng, built, 0.4),
        (behind, -side, 0.0),
        (behind + 0.1, side, WALL[1]),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[ball, bat, *small, wall],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.55, -side, 0.0), (behind + 0.1, side, 0.6)),
            azimuth=pick(rng, ((-120.0, -60.0), (60.0, 120.0))),
        ),
        caption=sentence(
            f"A bat swings at {speed:.1f} metres a second into a beach ball, which flies into "
            f"{in_words(count, 'ball')} of {material} on {{floor}}, and off a wall."
        ),
    )


def _bat(rng: np.random.Generator, radius: float) -> tuple[Body, float]:
    """Lying along y behind the ball, and its highest speed [m/s]."""
    thick, half = BAT
    rise = np.radians(draw(rng, RISE, 1))
    way = np.array([np.cos(rise), 0.0, np.sin(rise)])
    start = np.array([0.0, 0.0, radius]) - (radius + thick + draw(rng, GAP) + 0.005) * way
    start[2] = max(start[2], thick + 0.005)
    length, lasting = draw(rng, SWING, 3), draw(rng, LASTING, 3)
    bat = Body(
        name="bat",
        shape=shape("capsule", radius=thick, half_length=half),
        substance=substance("oak"),
        surface=surface(rng, "oak", half),
        position=vec(start),
        quaternion=quat(turned("x", 90.0)),
        path=Path(times=(0.05, 0.05 + lasting), shifts=((0.0, 0.0, 0.0), vec(length * way))),
    )
    return bat, 1.5 * length / lasting
