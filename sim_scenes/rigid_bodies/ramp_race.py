"""Boxes slide and balls and cylinders roll down ramps side by side, into small stacks of blocks."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    Range,
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
from ..materials import bold_surface, substance, surface
from ..staging import UPRIGHT, body, drawn_at, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=1920)  # [Hz]; a racer moves 1.5 mm a step at 3 m/s
CONVERGENCE = (0.3, 0.005)  # [s], [m]: sliding and rolling down

NUM_LANES = (2, 4)
LANE_WIDTH = (0.24, 0.3)  # of a ramp [m]
LANE_GAP = (0.04, 0.1)  # between ramps [m]
SLOPE = (26.0, 36.0)  # [deg]; boxes slide above atan(friction), 20 to 24 degrees here
LENGTH = (0.5, 0.8)  # of the slope [m]
START_SPEED = (0.5, 1.0)  # down the slope [m/s]: the first stack is hit within 0.7 s
GRIP_MARGIN = 0.05  # tan(slope) exceeds the friction of every box by this [1]
RACER = (0.045, 0.07)  # radius, or half edge of a box [m]
RUN_OUT = (0.1, 0.25)  # flat ground between ramp and blocks [m]
CYLINDER_LENGTH = (0.7, 1.3)  # over its diameter [1]
BLOCK = (0.025, 0.04)  # half edge of the blocks at the end [m]
STACK_GAP = (0.05, 0.5)  # between two blocks under a third, as a share of the edge [1]
RAMP_MATERIALS = ("pine", "oak", "plastic", "marble", "steel")
BOX_MATERIALS = ("glass", "plastic", "painted wood", "steel", "ceramic")  # slippery ones
ROUND_MATERIALS = ("rubber", "oak", "steel", "glass", "plastic", "painted wood", "brass")
BLOCK_MATERIALS = ("pine", "cork", "painted wood", "plastic")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")
BARRIER_AT = (0.35, 0.55)  # free ground behind the stacks [m]
BARRIER = (0.12, 0.05)  # height and thickness: blocks pile up before it [m]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """All ramps are alike, the racers differ; they start together near the top."""
    count = draw_count(rng, NUM_LANES)
    slope, length, width = draw(rng, SLOPE, 2), draw(rng, LENGTH), draw(rng, LANE_WIDTH)
    pitch = width + draw(rng, LANE_GAP)
    ramp_material = pick(rng, RAMP_MATERIALS)
    ramp = shape("wedge", half_extents=_half_extents(slope, length, width))
    look = surface(rng, ramp_material, 0.3)
    stack_at = draw(rng, RUN_OUT)
    shapes = shuffled(rng, ("box", "ball", "cylinder", pick(rng, ("box", "ball", "cylinder"))))
    slippery = _slippery(ramp_material, slope)
    racers, bodies = [], []
    for lane, kind in enumerate(shapes[:count]):
        y = (lane - (count - 1) / 2) * pitch
        material = pick(rng, slippery if kind == "box" else ROUND_MATERIALS)
        racers.append(with_article(f"{material} {kind}"))
        bodies.append(_ramp(f"ramp_{lane}", ramp, ramp_material, look, y))
        bodies.append(_racer(rng, f"{kind}_{lane}", material, (slope, length), y))
        bodies += _stack(rng, f"block_{lane}", (stack_at, y))
    barrier_at = stack_at + 2 * BLOCK[1] + draw(rng, BARRIER_AT)
    bodies.append(_barrier(rng, barrier_at, count * pitch))
    floor = pick(rng, FLOORS)
    rise, run = length * np.sin(np.radians(slope)), length * np.cos(np.radians(slope))
    across = count * pitch / 2
    points = np.concatenate(
        [
            corners((-run, -across, 0.0), (barrier_at, across, 0.05)),
            corners((-run, -across, rise), (-0.8 * run, across, rise + RACER[1])),
        ]
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=floor,
        shot=Shot(
            points=points,
            azimuth=pick(rng, ((25.0, 85.0), (-85.0, -25.0))),
            elevation=(10.0, 34.0),
        ),
        caption=sentence(
            f"{listed(racers)} race down "
            f"{in_words(count, f'{ramp_material} ramp')} of {slope:.0f} degrees "
            f"into stacks of blocks before a padded barrier on {{floor}}."
        ),
    )


def _half_extents(slope: float, length: float, width: float) -> tuple[float, float, float]:
    angle = np.radians(slope)
    return length * np.cos(angle) / 2, width / 2, length * np.sin(angle) / 2


def _slippery(ramp_material: str, slope: float) -> list[str]:
    """Materials of boxes that gain speed on this ramp."""
    on_ramp = substance(ramp_material).friction
    limit = np.tan(np.radians(slope)) - GRIP_MARGIN
    return [name for name in BOX_MATERIALS if substance(name).friction * on_ramp < limit]


def _ramp(name: str, ramp: Shape, material: str, look: Surface, y: float) -> Body:
    """A wedge that ends at x = 0; it is drawn rising towards +x, so it is turned about."""
    half_x, _, half_z = np.atleast_1d(ramp.parameters["half_extents"])
    place, rotation = drawn_at(ramp, (-half_x, y, half_z), turned("z", 180.0))
    return body(name, ramp, material, look, at=place, rotation=rotation, is_static=True)


def _racer(rng: np.random.Generator, name: str, material: str, slope: Range, y: float) -> Body:
    """A body near the top, already sliding or rolling without slip; slope is angle and length."""
    angle, size, speed = np.radians(slope[0]), draw(rng, RACER), draw(rng, START_SPEED, 3)
    down = np.array([np.cos(angle), 0.0, -np.sin(angle)])
    normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
    top = np.array([-slope[1] * np.cos(angle), y, slope[1] * np.sin(angle)])
    centre = top + down * (size + 0.01) + normal * size
    kind = name.partition("_")[0]
    if kind == "box":
        solid = shape("box", half_extents=(size, size, size))
        return body(
            name,
            solid,
            material,
            surface(rng, material, size),
            at=centre,
            rotation=turned("y", slope[0]),
            velocity=speed * down,
        )
    is_ball = kind == "ball"
    return body(
        name,
        shape("sphere", radius=size)
        if is_ball
        else shape("cylinder", radius=size, half_height=size * draw(rng, CYLINDER_LENGTH)),
        material,
        bold_surface(rng, material, size),
        at=centre,
        rotation=UPRIGHT if is_ball else turned("x", 90.0),
        velocity=speed * down,
        spin=speed / size * np.cross(normal, down),
    )


def _stack(rng: np.random.Generator, name: str, place: tuple[float, float]) -> list[Body]:
    """A column of three blocks, or two with a third on top, their faces at x = place[0]."""
    half = draw(rng, BLOCK)
    material = pick(rng, BLOCK_MATERIALS)
    apart = half * draw(rng, STACK_GAP)
    seats = pick(
        rng,
        (
            ((0.0, 1), (0.0, 3), (0.0, 5)),
            ((-half - apart, 1), (half + apart, 1), (0.0, 3)),
        ),
    )
    return [
        body(
            f"{name}_{index}",
            shape("box", half_extents=(half, half, half)),
            material,
            surface(rng, material, half),
            at=(place[0] + half, place[1] + sideways, level * half),
        )
        for index, (sideways, level) in enumerate(seats)
    ]


def _barrier(rng: np.random.Generator, near: float, width: float) -> Body:
    height, thickness = BARRIER
    low, high = (near, -width / 2 - 0.1, 0.0), (near + thickness, width / 2 + 0.1, height)
    return slab("barrier", "felt", surface(rng, "felt", 1.0), low, high)
