"""A digger swings its motor-driven arm through towers of blocks and rakes them in."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..linkage import (
    LONGEST,
    bar,
    block,
    direction,
    fixed,
    hinge,
    inertia,
    paints,
    pin,
    servo,
    sliding,
    weight_moment,
)
from ..materials import surface
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1440)  # [Hz]; the bucket moves 1.4 mm a step at 2 m/s
CONVERGENCE = (0.25, 0.001)  # before the bucket meets the first tower [s], [m]

BOOM = (0.42, 0.55)  # between its joints [m]: a model of 1:10
STICK = (0.75, 0.9)  # over the boom [1]; real ones have 0.5 to 0.9
BUCKET = (0.11, 0.15)  # from its joint to its teeth [m]
BUCKET_WIDTH = (0.055, 0.08)  # half [m]
PLATE = 0.006  # half the thickness of the bucket's plates [m]
WIDTH = (0.045, 0.06)  # of the boom [m]
DEPTH = (0.035, 0.05)  # of the boom, across [m]
PIVOT = (0.2, 0.26)  # height of the boom's joint [m]
REACH = (0.74, 0.86)  # of the bucket's joint at the towers, over boom and stick [1]
AHEAD = (35.0, 60.0)  # of the towers' middle from the arm's first heading [deg]
OVERSHOOT = (25.0, 45.0)  # of the arm beyond the towers' middle [deg]
SWING_TIME = (0.7, 1.0)  # of the arm through the towers [s]
DIP = 0.3  # time in which the bucket comes down at the start [s]
RAISED = (0.12, 0.25)  # height of the bucket over its low level at the start [m]
PULL = (0.15, 0.3)  # way of the raking bucket towards the machine [m]
TORQUE = 2.0  # of a motor over what holds the level arm [1]
ACCELERATION = 60.0  # that the motors can give the arm besides [rad/s2]
NUM_TOWERS = (1, 3)
SPREAD = 14.0  # between neighbouring towers, about the machine [deg]
NUM_BLOCKS = (2, 4)  # in a tower
BLOCK = (0.03, 0.04)  # half edge [m]
MACHINE_MATERIALS = ("plastic", "painted wood")
BLOCK_MATERIALS = ("pine", "cork", "painted wood", "plastic")
FLOORS = ("wooden floor", "concrete floor", "linoleum floor", "brick paving", "green mat")
BACK = (0.0, -1.0, 0.0)
"""Axis of the arm's hinges: positive turns lift the arm."""
UP = (0.0, 0.0, 1.0)
TICK = 0.05  # between keys of the motors [s]
THROW = 0.2  # how far blocks get beyond the bucket's circle [m]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Lengths of the arm and how it moves [m]."""

    boom: float
    stick: float
    bucket: float
    pivot: float
    """Height of the boom's joint."""
    out: float
    """Of that joint from the axis of the turret."""

    def angles(self, x: float, z: float) -> tuple[float, float]:
        """Of boom and stick from hanging down, with the bucket's joint at (x, z) [deg]."""
        dx, dz = x - self.out, z - self.pivot
        gap = np.hypot(dx, dz)
        inner = (self.boom**2 + gap**2 - self.stick**2) / (2 * self.boom * gap)
        boom = np.arctan2(dx, -dz) + np.arccos(np.clip(inner, -1.0, 1.0))
        elbow = self.boom * np.array((np.sin(boom), -np.cos(boom)))
        stick = np.arctan2(dx - elbow[0], -(dz - elbow[1]))
        return float(np.degrees(boom)), float(np.degrees(stick))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where the bucket's joint is over time: keys joined by straight lines."""

    times: np.ndarray
    """[s]"""
    reach: np.ndarray
    """From the axis of the turret [m]."""
    height: np.ndarray
    """[m]"""
    yaw: np.ndarray
    """Of the turret from its start [deg]."""
    curl: np.ndarray
    """Of the bucket from hanging down [deg]."""


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The machine stands at the origin; its arm starts along +x and swings about the vertical."""
    boom = draw(rng, BOOM)
    arm = Arm(
        boom=boom,
        stick=round(boom * draw(rng, STICK, 3), 4),
        bucket=draw(rng, BUCKET),
        pivot=draw(rng, PIVOT),
        out=0.07,
    )
    reach = arm.out + (arm.boom + arm.stick) * draw(rng, REACH, 3)
    towards, sign = draw(rng, AHEAD, 1), draw_sign(rng)
    plan = _plan(rng, arm, reach, sign, towards)
    material = pick(rng, MACHINE_MATERIALS)
    machine, joints, base = _machine(rng, arm, plan, material)
    blocks, count = _towers(rng, reach, sign, towards)
    ring = reach + THROW
    turns = np.radians(sign * np.linspace(-15.0, towards + OVERSHOOT[1], 9))
    sweep = [(ring * np.cos(turn), ring * np.sin(turn), 0.0) for turn in turns]
    highest = corners((-0.2, -0.2, 0.0), (0.3 * reach, 0.2, arm.pivot + 0.8 * arm.boom))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*machine, *blocks, *base]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around([*machine, *blocks]), np.array(sweep), highest]),
            azimuth=_azimuth(rng, sign * towards),
            elevation=(12.0, 36.0),
        ),
        caption=sentence(
            f"a toy digger of {material} swings its arm through {in_words(count, 'tower')} of "
            f"{in_words(len(blocks), 'block')} on {{floor}} and rakes them in."
        ),
    )


def _azimuth(rng: np.random.Generator, middle: float) -> tuple[float, float]:
    """To the left or to the right of the towers, so that the arm does not hide them [deg]."""
    side = 65.0 * draw_sign(rng)
    return middle + side - 25.0, middle + side + 25.0


def _plan(rng: np.random.Generator, arm: Arm, reach: float, sign: int, towards: float) -> Plan:
    """Down, through the towers, up and beyond them, down again and in, and all the way back."""
    low = arm.bucket + 0.02
    up = low + draw(rng, RAISED)
    end = sign * (towards + draw(rng, OVERSHOOT, 1))
    swing, pull = draw(rng, SWING_TIME, 3), draw(rng, PULL)
    inner = reach - pull
    keys = [  # time, reach, height, yaw, curl
        (0.0, reach, up, 0.0, 25.0),
        (DIP, reach, low, 0.1 * end, 10.0),
        (DIP + swing, reach, low, end, 5.0),
        (DIP + swing + 0.35, reach, up, 0.85 * end, 30.0),
        (DIP + swing + 0.7, reach, low, sign * towards, 20.0),
        (DIP + swing + 1.3, inner, low + 0.01, sign * towards, -35.0),
        (DIP + swing + 1.8, inner, up, 0.6 * end, -60.0),
        (DIP + 2 * swing + 1.8, inner, up + 0.05, -0.3 * end, -20.0),
        (LONGEST + 1.0, inner, up, 0.4 * end, 20.0),
    ]
    times, reaches, heights, yaws, curls = np.array(keys).T
    ticks = np.arange(0.0, LONGEST + TICK, TICK)
    return Plan(
        times=ticks,
        reach=np.interp(ticks, times, reaches),
        height=np.interp(ticks, times, heights),
        yaw=np.interp(ticks, times, yaws),
        curl=np.interp(ticks, times, curls),
    )


def _machine(
    rng: np.random.Generator, arm: Arm, plan: Plan, material: str
) -> tuple[list[Body], list[Joint], list[Body]]:
    """What moves, its joints, and the tracks it stands on."""
    bright, dark = paints(rng, material, 1)[0], surface(rng, "rubber", 0.1)
    metal = surface(rng, "steel", 0.1)
    floor = 0.45 * arm.pivot
    base = [
        slab(f"track_{name}", "rubber", dark, (-0.17, low, 0.0), (0.17, high, 0.8 * floor))
        for name, low, high in (("left", 0.07, 0.13), ("right", -0.13, -0.07))
    ]
    base.append(slab("carriage", "steel", metal, (-0.12, -0.07, 0.2 * floor), (0.12, 0.07, floor)))
    turret = pin("turret", "steel", metal, ((0, 0, floor), (0, 0, floor + 0.02)), 0.06)
    upper = [
        block("house", material, bright, ((-0.17, -0.11, floor + 0.021), (0.04, 0.11, arm.pivot))),
        block(
            "cab",
            material,
            paints(rng, material, 1)[0],
            ((-0.09, 0.035, arm.pivot + 0.001), (0.04, 0.11, arm.pivot + 0.12)),
        ),
    ]
    boom_angle, stick_angle = arm.angles(float(plan.reach[0]), float(plan.height[0]))
    links, held = _links(rng, arm, material, bright, (boom_angle, stick_angle, plan.curl[0]))
    boom, stick, bucket, *plates = links
    moved = [turret, *upper, *links]
    root = np.array((arm.out, 0.0, arm.pivot))
    elbow = root + arm.boom * direction(boom_angle)
    wrist = elbow + arm.stick * direction(stick_angle)
    pairs = [arm.angles(x, z) for x, z in zip(plan.reach, plan.height, strict=True)]
    booms, sticks = np.radians(np.array(pairs)).T
    curls, yaws = np.radians(plan.curl), np.radians(plan.yaw)
    outer = [stick, bucket, *plates]
    joints = [
        _driven(turret, base[-1], (0, 0, floor), UP, yaws, moved, plan.times),
        fixed(upper[0], turret),
        fixed(upper[1], upper[0]),
        _driven(boom, upper[0], root, BACK, booms, links, plan.times),
        _driven(stick, boom, elbow, BACK, sticks - booms, outer, plan.times),
        _driven(bucket, stick, wrist, BACK, curls - sticks, outer[1:], plan.times),
        *held,
    ]
    return moved, joints, base


def _driven(
    child: Body,
    parent: Body,
    at: tuple[float, float, float] | np.ndarray,
    axis: tuple[float, float, float],
    places: np.ndarray,
    load: list[Body],
    times: np.ndarray,
) -> Joint:
    """A hinge whose motor follows places [rad]; the load is all that hangs on it."""
    moment = inertia(load, at, axis)
    hold = 0.0 if axis == UP else TORQUE * weight_moment(load, at)
    motor = servo(
        moment, times.tolist(), (places - places[0]).tolist(), limit=hold + ACCELERATION * moment
    )
    return hinge(child, parent, at, axis=axis, motor=motor)


def _links(
    rng: np.random.Generator,
    arm: Arm,
    material: str,
    look: Surface,
    angles: tuple[float, float, float],
) -> tuple[list[Body], list[Joint]]:
    """Boom, stick, the bucket's back plate, then its other plates and what fixes them."""
    width, depth = draw(rng, WIDTH), draw(rng, DEPTH)
    root = np.array((arm.out, 0.0, arm.pivot))
    elbow = root + arm.boom * direction(angles[0])
    wrist = elbow + arm.stick * direction(angles[1])
    boom = bar("boom", material, look, (root, elbow), width=width, depth=depth)
    stick = bar("stick", material, look, (elbow, wrist), width=0.8 * width, depth=0.8 * depth)
    half, metal = draw(rng, BUCKET_WIDTH), surface(rng, "steel", 0.1)
    turn = turned("y", -angles[2])

    def plate(name: str, low: tuple, high: tuple) -> Body:
        """Between corners in the bucket's frame: it hangs along -z and opens towards -x."""
        extents = np.abs(np.subtract(high, low)) / 2
        solid = shape("box", half_extents=(extents[0], extents[1], extents[2]))
        middle = wrist + turn.apply(np.add(low, high) / 2)
        return body(name, solid, "plastic", metal, at=middle, rotation=turn)

    thick, long, seam = 2 * PLATE, arm.bucket, 0.0005
    back = plate("bucket", (0.0, -half, -long + thick), (thick, half, 0.01))
    low, deep = -long + thick + seam, -0.55 * long
    plates = [
        plate("bucket_floor", (deep, -half, -long), (thick, half, -long + thick - seam)),
        plate("bucket_left", (deep, half - thick, low), (-seam, half, -0.25 * long)),
        plate("bucket_right", (deep, -half, low), (-seam, -half + thick, -0.25 * long)),
    ]
    return [boom, stick, back, *plates], [fixed(one, back) for one in plates]


def _towers(
    rng: np.random.Generator, reach: float, sign: int, towards: float
) -> tuple[list[Body], int]:
    """Blocks on the circle of the bucket, and the number of towers."""
    count, half = draw_count(rng, NUM_TOWERS), draw(rng, BLOCK)
    material = pick(rng, BLOCK_MATERIALS)
    looks = paints(rng, material, 4) if material in ("painted wood", "plastic") else None
    looks = looks or [surface(rng, material, half) for _ in range(4)]
    solid = shape("box", half_extents=(half, half, half))
    bodies: list[Body] = []
    for tower in range(count):
        turn = sign * (towards + (tower - (count - 1) / 2) * SPREAD)
        place = turned("z", turn).apply((reach, 0.0, 0.0))
        for level in range(draw_count(rng, NUM_BLOCKS)):
            bodies.append(
                body(
                    f"block_{len(bodies)}",
                    solid,
                    material,
                    looks[level % 4],
                    at=(place[0], place[1], (2 * level + 1) * half),
                    rotation=turned("z", turn),
                )
            )
    return bodies, count
