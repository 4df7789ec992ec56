"""Joint, Motor, Coupling, Tie, Path: what holds, drives and leads the bodies of a scene.

SI units, world frame at t = 0. Places of joints are measured from where they start: 0 at t = 0.
Pure data: `simulate` obeys it, `physics_checks` measures whether it did.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .plain import Vec3

JOINTS = ("hinge", "slider", "ball", "fixed")
"""hinge: turns about an axis; slider: moves along it; ball: turns freely; fixed: not at all."""


@dataclass(frozen=True, kw_only=True)
class Motor:
    """Drives a joint towards a goal like a spring and a damper of limited strength.

    torque = stiffness * (goal - place) + damping * (rate of the goal - rate), at most `limit`.
    """

    times: tuple[float, ...]
    """Rising [s]; before the first and after the last the goal stands still."""
    goals: tuple[float, ...]
    """Places at these times [rad or m], straight lines between them."""
    stiffness: float
    """[N m/rad or N/m]"""
    damping: float
    """[N m s/rad or N s/m]"""
    limit: float
    """Largest torque or force [N m or N]."""


@dataclass(frozen=True, kw_only=True)
class Joint:
    """Lets a body move against another, or the world, in some ways only."""

    name: str
    kind: str
    """One of JOINTS."""
    child: str
    """Name of a body."""
    anchor: Vec3
    """A point of both bodies [m]."""
    parent: str = ""
    """Name of a body; empty: the world."""
    axis: Vec3 = (0.0, 0.0, 1.0)
    """Unit vector; the child turns about it or moves along it."""
    limits: tuple[float, ...] = ()
    """Lowest and highest place [rad or m]; empty: none."""
    stiffness: float = 0.0
    """Of a spring that pulls it to `rest` [N m/rad or N/m]."""
    rest: float = 0.0
    """Place at which the spring is slack [rad or m]."""
    damping: float = 0.0
    """Torque or force against its rate [N m s/rad or N s/m]."""
    friction: float = 0.0
    """Dry: torque or force against any motion [N m or N]."""
    motor: Motor | None = None


@dataclass(frozen=True, kw_only=True)
class Coupling:
    """Two hinges or sliders that move in a fixed ratio, as toothed wheels and racks do."""

    driver: str
    follower: str
    """Names of joints; the place of the follower is `ratio` times that of the driver."""
    ratio: float


@dataclass(frozen=True, kw_only=True)
class Tie:
    """Holds a point of a rope (or sheet) where it is in a body, or in the world, at t = 0."""

    body: str
    """Name of a body with points."""
    point: int
    """Which of its points; negative ones count from the end."""
    holder: str = ""
    """Name of a rigid body; empty: the world."""
    until: float | None = None
    """When it is let go [s]; None: never."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """Leads a body through places and turns, whatever it meets: a hand, a turntable, a blade.

    Cubic splines that stand still at both ends, and before and after them; the body's own
    position and quaternion are those of t = 0, places and turns count from there.
    """

    times: tuple[float, ...]
    """Rising [s], two or more; a path that is already moving at t = 0 begins before."""
    shifts: tuple[Vec3, ...] = ()
    """Of the centre of mass from its start [m]; empty: it stays."""
    turns: tuple[float, ...] = ()
    """About `axis`, from the first orientation [rad]; empty: it does not turn."""
    axis: Vec3 = (0.0, 0.0, 1.0)
    """Unit vector, world."""


def motor_faults(motor: Motor) -> Iterator[str]:
    """What a motor cannot do."""
    if not motor.times or len(motor.times) != len(motor.goals):
        yield f"motor has {len(motor.times)} times for {len(motor.goals)} goals"
    yield from _rising("motor", motor.times)
    for name in ("stiffness", "damping", "limit"):
        if not 0.0 <= getattr(motor, name) < math.inf:
            yield f"motor: {name} ({getattr(motor, name)}) must not be negative"


def path_faults(path: Path) -> Iterator[str]:
    """What no body can follow."""
    if len(path.times) < 2:
        yield f"path has {len(path.times)} times, needs two or more"
    yield from _rising("path", path.times)
    for name, keys in (("shifts", path.shifts), ("turns", path.turns)):
        if keys and len(keys) != len(path.times):
            yield f"path has {len(path.times)} times for {len(keys)} {name}"
    if not path.shifts and not path.turns:
        yield "path has neither shifts nor turns; make the body static instead"
    yield from _unit("path", path.axis)


def joint_faults(
    joints: Sequence[Joint], couplings: Sequence[Coupling], movable: dict[str, bool]
) -> Iterator[str]:
    """What is wrong with the joints of a scene.

    Args:
        joints: All of them.
        couplings: Between them.
        movable: For every rigid body, by name: can forces move it?
    """
    names = [joint.name for joint in joints]
    if repeated := sorted(name for name, count in Counter(names).items() if count > 1):
        yield f"joint names used twice: {repeated}"
    for joint in joints:
        for fault in _faults(joint, movable):
            yield f"joint {joint.name!r}: {fault}"
    kinds = {joint.name: joint.kind for joint in joints}
    for one in couplings:
        for name in (one.driver, one.follower):
            if kinds.get(name) not in ("hinge", "slider"):
                yield f"coupling names {name!r}, which is no hinge or slider of the scene"
        if not math.isfinite(one.ratio) or one.ratio == 0.0:
            yield f"coupling of {one.driver!r} and {one.follower!r}: ratio ({one.ratio}) is useless"


def _faults(joint: Joint, movable: dict[str, bool]) -> Iterator[str]:
    if joint.kind not in JOINTS:
        yield f"kind ({joint.kind!r}) must be one of {', '.join(JOINTS)}"
    for name in (joint.child, *filter(None, [joint.parent])):
        if name not in movable:
            yield f"{name!r} is no rigid body of the scene"
    if joint.child == joint.parent:
        yield f"joins {joint.child!r} to itself"
    elif not movable.get(joint.child, True) and not movable.get(joint.parent, False):
        yield "neither of its bodies can move; leave it out"
    yield from _unit("", joint.axis)
    if not all(math.isfinite(number) for number in joint.anchor):
        yield f"anchor {joint.anchor} is not finite"
    if joint.limits and (len(joint.limits) != 2 or not joint.limits[0] < joint.limits[1]):
        yield f"limits {joint.limits} cross; give the lower one first"
    elif joint.limits and not joint.limits[0] <= 0.0 <= joint.limits[1]:
        yield f"limits {joint.limits} leave out the start, which is 0"
    if joint.kind not in ("hinge", "slider") and (
        joint.limits or joint.motor or joint.stiffness or joint.friction
    ):
        yield f"a {joint.kind} joint has no limits, spring, friction or motor"
    for name in ("stiffness", "damping", "friction"):
        if not 0.0 <= getattr(joint, name) < math.inf:
            yield f"{name} ({getattr(joint, name)}) must not be negative"
    if joint.motor:
        yield from motor_faults(joint.motor)


def _rising(what: str, times: Sequence[float]) -> Iterator[str]:
    if not all(math.isfinite(time) for time in times):
        yield f"{what}: times {times} are not finite"
    elif any(after <= before for before, after in pairwise(times)):
        yield f"{what}: times {times} must rise"


def _unit(what: str, axis: Vec3) -> Iterator[str]:
    if abs(math.hypot(*axis) - 1.0) > 1e-6:
        yield f"{what}{': ' if what else ''}axis {axis} is not of length 1"
