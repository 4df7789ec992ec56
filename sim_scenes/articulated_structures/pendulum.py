"""Pendulums of different lengths swing side by side on a pole; some hit columns of blocks."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    Range,
    chance,
    draw,
    draw_count,
    draw_sign,
    in_words,
    pick,
    sentence,
    shuffled,
    turned,
)
from ..filming import Shot, around, corners
from ..linkage import axle, direction, fixed, hinge, paints, pin, rod, sliding
from ..materials import bold_surface, surface
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; a bob moves 1.6 mm a step at 3 m/s
CONVERGENCE = (0.3, 0.001)  # before the first bob meets its blocks [s], [m]

NUM_BOBS = (1, 5)
LENGTH = (0.3, 0.7)  # from the pole to the middle of the bob [m]: periods of 1.1 to 1.7 s
GRADED_SHARE = 0.5  # of the clips: lengths rise from one end to the other, as in a pendulum wave
ANGLE = (25.0, 70.0)  # of the start from hanging down [deg]
IN_STEP_SHARE = 0.6  # of the clips: all start at the same angle
BOB = (0.035, 0.07)  # radius, or half edge of a box [m]
ROD = (0.003, 0.006)  # radius [m]
DAMPING = (0.0, 0.01)  # of a bearing [N m s/rad]; ball bearings of this size are below 0.001
FREE_SHARE = 0.4  # of the clips: bearings without any damping
MOST_COLUMNS = 2  # of a clip
GAP = (0.03, 0.08)  # between neighbouring bobs [m]
STRUCK_SHARE = 0.5  # of the bobs: a column of blocks stands beyond the lowest point
BLOCK = (0.7, 1.0)  # half edge of its blocks over the bob's radius [1]
CLEARANCE = (0.05, 0.15)  # of the lowest bob above the base [m]
POLE = (0.012, 0.02)  # radius [m]
POST = (0.04, 0.06)  # width of the two posts [m]
BASE = (0.02, 0.04)  # thickness of the board they stand on [m]
COLLAR = 1.5  # radius of the ring on the pole over the pole's [1]
BOB_MATERIALS = ("steel", "brass", "oak", "coated maple", "marble", "phenolic resin")
STAND_MATERIALS = ("pine", "oak", "painted wood", "steel")
BLOCK_MATERIALS = ("pine", "cork", "painted wood", "plastic")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")
THROW = 0.5  # how far blocks are knocked [m]


@dataclass(frozen=True, kw_only=True)
class Pendulum:
    """One of them, before it is placed."""

    solid: Shape
    radius: float
    """Half of the bob's width [m]."""
    length: float
    angle: float
    """[deg]"""
    y: float = 0.0


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pole runs along y; the pendulums swing in planes of constant y."""
    material = pick(rng, BOB_MATERIALS)
    drawn = _pendulums(rng)
    base = draw(rng, BASE)
    lowest = max(one.length + one.radius for one in drawn)
    height = round(base + draw(rng, CLEARANCE) + lowest, 4)
    damping = 0.0 if chance(rng, FREE_SHARE) else draw(rng, DAMPING, 5)
    stand = _stand(rng, drawn, height, base)
    pole = stand[-1]
    bobs: list[Body] = []
    hardware: list[Body] = []
    joints: list[Joint] = []
    look = surface(rng, "steel", 0.3)
    radius = draw(rng, ROD)
    for index, one in enumerate(drawn):
        parts, its_joints = _hang(rng, index, one, (material, pole, height, look, radius), damping)
        bobs.append(parts[-1])
        hardware += parts[:-1]
        joints += its_joints
    blocks = [
        block
        for index, one in _struck(rng, drawn)
        for block in _column(rng, index, one, height, base)
    ]
    reach = max((one.length + one.radius) * np.sin(np.radians(one.angle)) for one in drawn)
    sweep = corners((-reach, drawn[0].y, base), (reach, drawn[-1].y, height))
    debris = corners((-THROW, drawn[0].y, 0.0), (THROW, drawn[-1].y, 0.1)) if blocks else sweep
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*bobs, *hardware, *blocks, *stand]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around(bobs), sweep, debris]),
            azimuth=pick(rng, ((22.0, 60.0), (120.0, 158.0), (202.0, 240.0), (300.0, 338.0))),
            elevation=(4.0, 24.0),
        ),
        caption=_caption(drawn, material, len(blocks)),
    )


def _caption(drawn: list[Pendulum], material: str, num_blocks: int) -> str:
    noun = "bob"
    lengths = sorted(round(100 * one.length) for one in drawn)
    rods = f"a rod of {lengths[0]} cm"
    if len(drawn) > 1:
        rods = f"rods of {lengths[0]} to {lengths[-1]} cm"
    swing = "swings" if len(drawn) == 1 else "swing"
    knocked = ""
    if num_blocks:
        knocked = f" and {swing.replace('swing', 'knock')} over {in_words(num_blocks, 'block')}"
    return sentence(
        f"{in_words(len(drawn), f'{material} {noun}')} on {rods} {swing} from a pole "
        f"on {{floor}}{knocked}."
    )


def _pendulums(rng: np.random.Generator) -> list[Pendulum]:
    """Side by side about y = 0, in the order of the pole."""
    count = draw_count(rng, NUM_BOBS)
    lengths = [draw(rng, LENGTH) for _ in range(count)]
    if chance(rng, GRADED_SHARE):
        lengths = [round(float(value), 4) for value in np.linspace(*_two(rng, LENGTH), count)]
    together = draw(rng, ANGLE, 1) * draw_sign(rng)
    in_step = chance(rng, IN_STEP_SHARE)
    kind = pick(rng, ("sphere", "box", "cylinder"))
    size = draw(rng, BOB)
    gap = draw(rng, GAP)
    pitch = 2 * size + gap
    return [
        Pendulum(
            solid=_bob(kind, size),
            radius=size,
            length=length,
            angle=together if in_step else draw(rng, ANGLE, 1) * draw_sign(rng),
            y=round((index - (count - 1) / 2) * pitch, 4),
        )
        for index, length in enumerate(lengths)
    ]


def _struck(rng: np.random.Generator, drawn: list[Pendulum]) -> list[tuple[int, Pendulum]]:
    """Those that meet a column of blocks, with their places in the row."""
    chosen = [pair for pair in enumerate(drawn) if chance(rng, STRUCK_SHARE)]
    return shuffled(rng, chosen)[:MOST_COLUMNS]


def _two(rng: np.random.Generator, interval: Range) -> tuple[float, float]:
    """Two numbers of a range, far apart, in any order."""
    low, high = interval
    third = (high - low) / 3
    near, far = draw(rng, (low, low + third)), draw(rng, (high - third, high))
    return (near, far) if chance(rng, 0.5) else (far, near)


def _bob(kind: str, size: float) -> Shape:
    if kind == "sphere":
        return shape("sphere", radius=size)
    if kind == "box":
        return shape("box", half_extents=(size, size, size))
    return shape("cylinder", radius=size, half_height=0.8 * size)


def _hang(
    rng: np.random.Generator,
    index: int,
    one: Pendulum,
    fittings: tuple,
    damping: float,
) -> tuple[list[Body], list[Joint]]:
    """Collar, rod and bob, and what holds them together."""
    material, pole, height, look, radius = fittings
    down = direction(one.angle)
    top = np.array([0.0, one.y, height])
    ring = COLLAR * pole.shape.parameters["radius"]
    end = top + one.length * down
    half = np.array((0.0, 1.2 * ring, 0.0))
    collar = pin(
        f"collar_{index}",
        "brass",
        look,
        (top - half, top + half),
        ring,
    )
    arm = rod(f"rod_{index}", "steel", look, (top + 1.02 * ring * down, end), radius)
    bob = body(
        f"bob_{index}",
        one.solid,
        material,
        bold_surface(rng, material, one.radius),
        at=end,
        rotation=turned("y", -one.angle)
        if one.solid.kind != "cylinder"
        else turned("y", -one.angle) * turned("x", 90.0),
    )
    joints = [
        hinge(collar, pole, top, damping=damping),
        fixed(arm, collar),
        fixed(bob, arm),
    ]
    return [collar, arm, bob], joints


def _column(
    rng: np.random.Generator, index: int, one: Pendulum, height: float, base: float
) -> list[Body]:
    """Blocks beyond the lowest point of a bob, up to above its middle."""
    middle = height - one.length
    half = one.radius * draw(rng, BLOCK)
    count = max(1, round((middle - base) / (2 * half)))
    half_height = (middle + 0.6 * one.radius - base) / (2 * count)
    material = pick(rng, BLOCK_MATERIALS)
    looks = (surface(rng, material, half), *paints(rng, material, 1))
    x = -np.sign(one.angle) * (one.radius + half + 0.01)
    return [
        body(
            f"block_{index}_{level}",
            shape("box", half_extents=(half, half, half_height)),
            material,
            looks[level % 2],
            at=(x, one.y, base + (2 * level + 1) * half_height),
        )
        for level in range(count)
    ]


def _stand(
    rng: np.random.Generator, drawn: list[Pendulum], height: float, base: float
) -> list[Body]:
    """A board, two posts on it and the pole between them, which comes last."""
    material = pick(rng, STAND_MATERIALS)
    look = surface(rng, material, 0.4)
    width, thick = draw(rng, POST), draw(rng, POLE)
    inner = drawn[-1].y + drawn[-1].radius + draw(rng, GAP)
    outer = inner + width
    length = 0.45 * height
    half = width / 2
    top = height + 2 * thick
    return [
        slab("base", material, look, (-length, -outer, 0.0), (length, outer, base)),
        slab("post_left", material, look, (-half, inner, base), (half, outer, top)),
        slab("post_right", material, look, (-half, -outer, base), (half, -inner, top)),
        axle(
            "pole",
            "steel",
            surface(rng, "steel", 0.3),
            ((0.0, -inner, height), (0.0, inner, height)),
            thick,
        ),
    ]
