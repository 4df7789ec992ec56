"""Two weights hang on a rope over a wheel; the heavier one sinks and lands on a mat."""

import numpy as np

from phys4d_pipeline.mechanism import Joint, Tie
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..materials import bold_surface, substance, surface
from ..rigging import GAP, a_rope, gallows, motion_seconds
from ..rope_materials import NOUNS
from ..rope_shapes import arc, chain, laid, straight
from ..staging import body, mass, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (1.0, 0.003)  # [s], [m]

HEIGHT = (0.95, 1.2)  # of the axle [m]
WHEEL = (0.14, 0.22)  # radius of the groove [m]
WHEEL_MATERIALS = ("plastic", "painted wood", "oak")
HALF_GROOVE = 1.3  # half the width of the groove over the rope's radius [1]
RIM = (2.2, 1.2)  # height and thickness of the rims over the rope's radius [1]
ROPE_RADIUS = (0.008, 0.011)  # [m]
ROPES = ("hemp", "cotton", "nylon", "climbing")
LIGHT = (2.0, 4.0)  # the lighter weight [kg]
LANDS_AT = (0.6, 0.8)  # of the clip [1]
SINKS = (0.35, 0.5)  # way of the heavier weight [m]
WEIGHT_MATERIALS = ("steel", "brass", "granite", "brick", "oak")
SLENDER = (0.8, 1.4)  # height of a weight over its width [1]
MAT = (0.14, 0.05)  # half width and height [m]
FASTEST = 0.45  # of the difference over the sum of the weights [1]
Y = (0.0, 1.0, 0.0)
BESIDE = 0.25  # posts beside the wheel [m]
SPACING = 3.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "linoleum floor", "brick paving", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The axle lies along y, the heavier weight hangs at +x or -x."""
    height, radius, side = draw(rng, HEIGHT), draw(rng, ROPE_RADIUS), draw_sign(rng)
    way, seconds = draw(rng, SINKS), motion_seconds(preset)
    groove = draw(rng, WHEEL)
    wheel = _wheel(rng, height, groove, radius)
    # Pieces are chords: their middles lie nearer to the axle than their ends.
    arm = groove + radius + GAP + (SPACING * radius) ** 2 / (8 * groove)
    light = draw(rng, LIGHT, 2)
    heavy = light * _ratio(way, draw(rng, LANDS_AT, 3) * seconds, wheel, light)
    weights = [_weight(rng, light), _weight(rng, heavy)]
    low = MAT[1] + 0.02 + radius + GAP
    tops = (low + 2 * weights[0][2], low + way + 2 * weights[1][2])  # of the weights [m]
    made, bodies, ties = pick(rng, ROPES), [wheel], []
    for index, (solid, material, half) in enumerate(weights):
        x = (2 * index - 1) * side * arm
        at = (x, 0.0, tops[index] - half - radius - GAP)
        name = f"weight_{index + 1}"
        bodies.append(body(name, solid, material, surface(rng, material, half), at=at))
        ties.append(Tie(body="rope", point=-index, holder=name))
    line = _over(height, arm, side, tops)
    bodies.append(a_rope(rng, "rope", laid(line, SPACING * radius), radius, made))
    bodies += _support(rng, height, groove, radius)
    bodies.append(_mat(rng, side * arm))
    ratio = mass(weights[1][0], weights[1][1]) / mass(weights[0][0], weights[0][1])
    reach = arm + BESIDE + 0.12
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        ties=ties,
        joints=[Joint(name="axle", kind="hinge", child="wheel", anchor=wheel.position, axis=Y)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, -0.16, 0.0), (reach, 0.16, height + arm + 0.15)),
            azimuth=pick(rng, ((55.0, 125.0), (-125.0, -55.0))),
            elevation=(3.0, 18.0),
        ),
        caption=sentence(
            f"{in_words(2, 'weight')}, one {ratio:.2f} times as heavy as the other, hang on a "
            f"{NOUNS[made]} over a wheel; the heavier one sinks {100 * way:.0f} cm onto a mat on "
            "{floor}."
        ),
    )


def _wheel(rng: np.random.Generator, height: float, groove: float, radius: float) -> Body:
    material = pick(rng, WHEEL_MATERIALS)
    solid = shape(
        "pulley",
        radius=groove,
        half_width=HALF_GROOVE * radius,
        rim=RIM[0] * radius,
        rim_width=RIM[1] * radius,
    )
    return body(
        "wheel",
        solid,
        material,
        bold_surface(rng, material, groove),
        at=(0.0, 0.0, height),
        rotation=turned("x", 90.0),
    )


def _ratio(way: float, seconds: float, wheel: Body, light: float) -> float:
    """Of the weights, so that the heavier one sinks this far in this time.

    Atwood's machine: a = g (M - m) / (M + m + I / r^2), with I / r^2 half the wheel's mass.
    """
    share = min(2 * way / seconds**2 / 9.81, FASTEST)
    turning = mass(wheel.shape, "oak") * wheel.substance.density / substance("oak").density / 2
    return (light * (1 + share) + share * turning) / (light * (1 - share))


def _weight(rng: np.random.Generator, kilograms: float) -> tuple[Shape, str, float]:
    """A block of this mass: its shape, material and half height [m]."""
    material, slender = pick(rng, WEIGHT_MATERIALS), draw(rng, SLENDER, 3)
    volume = kilograms / substance(material).density
    wide = (volume / (8 * slender)) ** (1 / 3)
    half = round(slender * wide, 6)
    return shape("box", half_extents=(wide, wide, half)), material, half


def _over(height: float, arm: float, side: int, tops: tuple[float, float]) -> np.ndarray:
    """From the lighter weight up, over the wheel and down to the heavier one."""
    light, heavy = (-side * arm, 0.0, tops[0]), (side * arm, 0.0, tops[1])
    middle = np.array([0.0, 0.0, height])
    across, up = np.array([-side * arm, 0.0, 0.0]), np.array([0.0, 0.0, arm])
    return chain(
        straight(light, middle + across),
        arc(middle, across, up, 0.0, np.pi),
        straight(middle - across, heavy),
    )


def _support(rng: np.random.Generator, height: float, groove: float, radius: float) -> list[Body]:
    """A beam on two posts above the wheel, and two steel straps down to the axle."""
    outer = groove + RIM[0] * radius
    inside = (HALF_GROOVE + RIM[1]) * radius + 0.004
    top = height + outer + 0.05
    look = surface(rng, "steel", 0.1)
    straps = [
        slab(
            f"strap_{index + 1}",
            "steel",
            look,
            (-0.015, side * inside, height - 0.03),
            (0.015, side * (inside + 0.006), top),
        )
        for index, side in enumerate((-1.0, 1.0))
    ]
    return [*straps, *gallows(rng, outer + BESIDE, top, along="x")]


def _mat(rng: np.random.Generator, x: float) -> Body:
    half, thick = MAT
    look = surface(rng, "leather", 0.2)
    return slab("mat", "leather", look, (x - half, -half, 0.0), (x + half, half, thick))
