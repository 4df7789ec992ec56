"""Hoops, wheels, tubes, hollow and solid balls roll side by side: what is hollow lags behind."""

from collections.abc import Callable

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_rotation,
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    sentence,
    shuffled,
    turned,
    with_article,
)
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..staging import body, drawn_at, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; a rim moves 1 mm a step at 2 m/s
CONVERGENCE = (0.5, 0.002)  # [s], [m]: down to the foot of the ramp

NUM_ROLLERS = (3, 6)
RADIUS = (0.05, 0.08)  # of all rollers of a scene [m]: only what is inside differs
WIDTH = (0.25, 0.6)  # of hoops, tubes, discs and wheels, over the radius [1]
WALL = (0.06, 0.14)  # of hollow things, over the radius [1]
EGG = ((1.25, 1.5), (0.08, 0.16))  # length over diameter and taper; hens' have 1.3 and 0.12 [1]
LANE_GAP = (0.5, 0.9)  # free way between rollers, over the radius [1]
SLOPE = (16.0, 24.0)  # [deg]; a thin hoop rolls without slip below atan(2 friction), 37 degrees
FREE_WAY = (0.32, 0.42)  # down to the floor [m]: 0.45 to 0.65 s for a solid ball
FLAT = (0.3, 0.9)  # floor behind the ramp [m]
ENDS = ("a counter-slope", "a padded board")
BOARD = (1.6, 0.04, 0.12)  # height over the radius [1]; thickness, width beyond the ramp [m]
SOLID_MATERIALS = ("oak", "steel", "brass", "plastic", "painted wood", "marble", "granite")
HOLLOW_MATERIALS = ("steel", "brass", "plastic", "painted wood", "ceramic")
RAMP_MATERIALS = ("pine", "oak", "painted wood", "granite")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


def _hoop(rng: np.random.Generator, radius: float) -> Shape:
    return _ring(rng, radius, draw(rng, WIDTH) / 2)


def _tube(rng: np.random.Generator, radius: float) -> Shape:
    return _ring(rng, radius, 2 * draw(rng, WIDTH))


def _ring(rng: np.random.Generator, radius: float, width: float) -> Shape:
    wall = radius * draw(rng, WALL)
    return shape("hoop", radius=radius, half_width=radius * width, thickness=wall)


def _disc(rng: np.random.Generator, radius: float) -> Shape:
    return shape("cylinder", radius=radius, half_height=radius * draw(rng, WIDTH) / 2)


def _cylinder(rng: np.random.Generator, radius: float) -> Shape:
    return shape("cylinder", radius=radius, half_height=2 * radius * draw(rng, WIDTH))


def _wheel(rng: np.random.Generator, radius: float) -> Shape:
    return shape(
        "wheel",
        radius=radius,
        half_width=radius * draw(rng, WIDTH) / 2,
        rim=radius * draw(rng, WALL),
        hub=0.2 * radius,
        spokes=pick(rng, (4, 8)),
    )


def _ball(rng: np.random.Generator, radius: float) -> Shape:
    return shape("sphere", radius=radius)


def _hollow_ball(rng: np.random.Generator, radius: float) -> Shape:
    return shape("hollow_ball", radius=radius, thickness=radius * draw(rng, WALL))


def _egg(rng: np.random.Generator, radius: float) -> Shape:
    length, taper = (draw(rng, interval, 3) for interval in EGG)
    return shape("egg", length=2 * radius * length, radius=radius, taper=taper)


ROLLERS: dict[str, Callable[[np.random.Generator, float], Shape]] = {
    "hoop": _hoop,
    "tube": _tube,
    "disc": _disc,
    "cylinder": _cylinder,
    "wheel": _wheel,
    "ball": _ball,
    "hollow ball": _hollow_ball,
    "egg": _egg,
}
FULL = ("disc", "cylinder", "ball", "egg")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """All of one radius, let go at one height; the ramp's foot lies at x = 0."""
    radius, slope, way = draw(rng, RADIUS), draw(rng, SLOPE, 2), draw(rng, FREE_WAY)
    kinds = shuffled(rng, list(ROLLERS))[: draw_count(rng, NUM_ROLLERS)]
    # An egg rolls in a curve: from the first lane its pointed end leads it away from the others.
    kinds.sort(key=lambda kind: kind != "egg")
    solids = [ROLLERS[kind](rng, radius) for kind in kinds]
    gap = radius * draw(rng, LANE_GAP)
    lanes = np.cumsum([gap + 2 * _half_width(solid) for solid in solids])
    half = float(lanes[-1] + gap) / 2
    made_of, rollers = [], []
    for kind, solid, left in zip(kinds, solids, lanes, strict=True):
        material = pick(rng, SOLID_MATERIALS if kind in FULL else HOLLOW_MATERIALS)
        made_of.append(with_article(f"{material} {kind}"))
        y = float(left) - _half_width(solid) - half
        rollers.append(
            _let_go(rng, f"{kind.replace(' ', '_')}_1", solid, material, (slope, way, y))
        )
    ramp_material = pick(rng, RAMP_MATERIALS)
    look = surface(rng, ramp_material, 0.3)
    angle = np.radians(slope)
    length = (way + 1.5 * radius) * np.cos(angle)
    wedge = shape("wedge", half_extents=(length / 2, half, length * np.tan(angle) / 2))
    flat, end = draw(rng, FLAT), pick(rng, ENDS)
    bodies = [*rollers, _ramp("ramp", wedge, ramp_material, look, (-length / 2, 180.0))]
    if end == "a counter-slope":
        flat /= 2
        bodies.append(_ramp("counter_slope", wedge, ramp_material, look, (flat + length / 2, 0.0)))
        reach, top = flat + length, length * np.tan(angle)
    else:
        wide, height = half + BOARD[2], BOARD[0] * radius
        pad = (flat, -wide, 0.0), (flat + BOARD[1], wide, height)
        bodies.append(slab("padded_board", "felt", surface(rng, "felt", 1.0), *pad))
        reach, top = flat + BOARD[1], 2 * radius
    points = [
        corners((-length, -half, 0.0), (reach, half, 2 * radius)),
        corners((-length, -half, 0.0), (-0.5 * length, half, length * np.tan(angle) + 2 * radius)),
        corners((reach - 0.05, -half, 0.0), (reach, half, top)),
    ]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(points),
            azimuth=pick(rng, ((-65.0, -15.0), (15.0, 65.0), (115.0, 165.0), (195.0, 245.0))),
            elevation=(18.0, 40.0),
        ),
        caption=sentence(
            f"{in_words(len(rollers), 'body')} of one radius, {listed(made_of)}, roll down "
            f"{with_article(ramp_material)} ramp of {slope:.0f} degrees and over {{floor}} "
            f"to {end}."
        ),
    )


def _half_width(solid: Shape) -> float:
    """Along the axis about which it rolls, which lies across the ramp [m]."""
    size = solid.parameters
    for name in ("half_width", "half_height"):
        if name in size:
            return float(np.max(size[name]))
    return float(np.max(size["length"])) / 2 if "length" in size else float(np.max(size["radius"]))


def _let_go(
    rng: np.random.Generator,
    name: str,
    solid: Shape,
    material: str,
    lane: tuple[float, float, float],
) -> Body:
    """At rest on the ramp: slope [deg], way down to the floor and y [m] of its lane."""
    slope, way, y = lane
    angle, radius = np.radians(slope), float(np.max(solid.parameters["radius"]))
    normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
    up = np.array([-np.cos(angle), 0.0, np.sin(angle)])
    is_ball = solid.kind in ("sphere", "hollow_ball")
    phase = turned("z", draw(rng, (0.0, 360.0), 1))
    about = any_rotation(rng) if is_ball else turned("x", 90.0) * phase
    return body(
        name,
        solid,
        material,
        bold_surface(rng, material, radius),
        at=way * up + radius * normal + (0.0, y, 0.0),
        rotation=about,
    )


def _ramp(
    name: str, wedge: Shape, material: str, look: Surface, place: tuple[float, float]
) -> Body:
    """A wedge whose middle lies at x = place[0] [m]; it rises to +x, or is turned by place[1]."""
    height = float(np.atleast_1d(wedge.parameters["half_extents"])[2])
    at, rotation = drawn_at(wedge, (place[0], 0.0, height), turned("z", place[1]))
    return body(name, wedge, material, look, at=at, rotation=rotation, is_static=True)
