"""Glowing balls drop on each other between bricks and roll apart; small ones go dark first."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_direction, any_rotation, draw, draw_count, in_words, listed, pick, sentence
from ..filming import Shot, corners
from ..hot_metals import celsius, hot, metal_surface, thermal
from ..materials import BOLD, surface
from ..staging import shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="heat", rate=3840)  # [Hz]; of contacts: a ball of 2 m/s moves 0.5 mm a step
CONVERGENCE = (0.2, 0.005)  # [s], [m]; then the first balls bounce off each other

TIME_LAPSE = 100.0
"""Heat runs this many times as fast as the motion [1]: these balls cool for some minutes."""
NUM_BALLS = (5, 8)
RADIUS = (0.022, 0.06)  # [m]
HEAT = (1250.0, 1420.0)  # [K]
LAYER = (3, 0.17)  # balls side by side at the start, and height of such a layer [m]
HEIGHT = (0.01, 0.05)  # of a ball above the bottom of its layer [m]
SEAT = (0.09, 0.13)  # of their middles from the z axis [m]
SPEED = (0.3, 0.8)  # sideways [m/s]
SPIN = (0.0, 5.0)  # [rad/s]
BALL_METALS = ("iron", "steel", "nickel", "titanium", "stainless steel")
HEARTH = (0.3, 0.4)  # half width of the square between the bricks [m]
CURB = (0.05, 0.06)  # thickness and height of the bricks around it [m]
FLOORS = ("concrete floor", "tiled floor", "brick paving", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The balls start in layers above each other, around the z axis."""
    count, kelvin = draw_count(rng, NUM_BALLS), draw(rng, HEAT, 0)
    metals = [pick(rng, BALL_METALS) for _ in range(count)]
    balls: list[Body] = []
    first = draw(rng, (0.0, 360.0), 1)
    for index, metal in enumerate(metals):
        layer, place = divmod(index, LAYER[0])
        angle = np.radians(first + 60.0 * layer + 360.0 * place / LAYER[0])
        balls.append(_ball(rng, index, metal, (angle, layer * LAYER[1]), kelvin))
    height = ((count - 1) // LAYER[0] + 1) * LAYER[1]
    half, thick = draw(rng, HEARTH), CURB[0]
    kinds, outer = listed(list(dict.fromkeys(metals))), half + thick
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*balls, *_curb(rng, half)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-outer, -outer, 0.0), (outer, outer, CURB[1])),
                    corners((-SEAT[1], -SEAT[1], 0.0), (SEAT[1], SEAT[1], height)),
                ]
            ),
            elevation=(16.0, 38.0),
        ),
        caption=sentence(
            f"{in_words(count, 'ball')} of {kinds}, at {celsius(kelvin)}, drop between bricks on "
            f"{{floor}} and cool in the air, shown {TIME_LAPSE:.0f} times as fast as they move; "
            "the small ones go dark first."
        ),
    )


def _ball(
    rng: np.random.Generator, index: int, metal: str, start: tuple[float, float], kelvin: float
) -> Body:
    """At an angle around the z axis [rad], above a height [m], moving sideways and spinning."""
    radius, seat = draw(rng, RADIUS), draw(rng, SEAT)
    height = start[1] + draw(rng, HEIGHT, 3) + radius
    way, speed = np.radians(draw(rng, (0.0, 360.0), 1)), draw(rng, SPEED, 3)
    return hot(
        f"ball_{index + 1}",
        shape("sphere", radius=radius),
        metal,
        metal_surface(rng, metal, radius, pick(rng, BOLD)),
        thermal(metal, kelvin, lapse=TIME_LAPSE),
        at=(seat * np.cos(start[0]), seat * np.sin(start[0]), height),
        rotation=any_rotation(rng),
        velocity=(speed * np.cos(way), speed * np.sin(way), 0.0),
        spin=draw(rng, SPIN, 2) * any_direction(rng),
    )


def _curb(rng: np.random.Generator, half: float) -> list[Body]:
    """Four bricks around a square that keep the balls together."""
    look, (thick, high) = surface(rng, "brick", 0.1), CURB
    outer = half + thick
    sides = (
        ((-outer, -outer, 0.0), (-half, outer, high)),
        ((half, -outer, 0.0), (outer, outer, high)),
        ((-half, -outer, 0.0), (half, -half, high)),
        ((-half, half, 0.0), (half, outer, high)),
    )
    return [slab(f"curb_{k + 1}", "brick", look, *ends) for k, ends in enumerate(sides)]
