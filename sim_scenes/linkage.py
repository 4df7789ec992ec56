"""Places of joints -> bars, pins, posts and motors that fit between them.

Mechanisms are planar unless a family says otherwise: links move in planes of constant y, one
behind the other, and turn about the y axis; a positive angle turns z towards x.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Joint, Motor
from phys4d_pipeline.scene import Body, Surface, Vec3

from .draws import draw, quat, shuffled, vec
from .materials import MATERIALS
from .palette import PAINTS, TINT, tinted
from .staging import body, drawn_at, shape, slab

Point = tuple[float, float, float] | np.ndarray
ACROSS = (0.0, 1.0, 0.0)
"""Axis of the hinges of a planar mechanism, world."""
PLAY = 0.0015
"""Between neighbouring parts that move past each other [m]: a washer."""
PIN_SIDES = 24
"""Of the prism that a moving pin is: round to the eye."""
LONGEST = 5.0
"""Clip of any preset [s]: motors are told what to do for this long."""
BANDWIDTH = 30.0
"""Of a motor with its load [rad/s]: it settles within a fifth of a second."""


def bar(
    name: str,
    material: str,
    look: Surface,
    ends: tuple[Point, Point],
    *,
    width: float,
    depth: float,
    overhang: float | None = None,
    across: Vec3 = ACROSS,
) -> Body:
    """A flat bar between two points.

    Args:
        name: Of the body.
        material: One of MATERIALS.
        look: Its surface.
        ends: Places of the joints [m].
        width: In the plane of motion [m].
        depth: Along `across` [m].
        overhang: Beyond both ends [m]; half the width by default.
        across: Axis of its hinges, perpendicular to the bar.
    """
    along = np.subtract(ends[1], ends[0])
    length = float(np.linalg.norm(along))
    beyond = width / 2 if overhang is None else overhang
    solid = shape("box", half_extents=(length / 2 + beyond, depth / 2, width / 2))
    middle = np.add(*ends) / 2
    return body(name, solid, material, look, at=middle, rotation=_frame(along, across))


def block(name: str, material: str, look: Surface, corners: tuple[Point, Point]) -> Body:
    """An upright box that moves, between two opposite corners [m]."""
    extents = np.abs(np.subtract(*corners)) / 2
    solid = shape("box", half_extents=(extents[0], extents[1], extents[2]))
    return body(name, solid, material, look, at=np.add(*corners) / 2)


def rod(name: str, material: str, look: Surface, ends: tuple[Point, Point], radius: float) -> Body:
    """A round bar with half spheres about both ends [m]."""
    along = np.subtract(ends[1], ends[0])
    half = float(np.linalg.norm(along)) / 2
    turn = _frame(along, _any_across(along)) * Rotation.from_euler("y", 90, degrees=True)
    solid = shape("capsule", radius=radius, half_length=half)
    return body(name, solid, material, look, at=np.add(*ends) / 2, rotation=turn)


def pin(name: str, material: str, look: Surface, ends: tuple[Point, Point], radius: float) -> Body:
    """A moving axle between two points [m]."""
    along = np.subtract(ends[1], ends[0])
    half = float(np.linalg.norm(along)) / 2
    solid = shape("prism", sides=PIN_SIDES, radius=radius, half_height=half)
    turn = _frame(along, _any_across(along)) * Rotation.from_euler("y", 90, degrees=True)
    middle = np.add(*ends) / 2
    place, rotation = drawn_at(solid, (middle[0], middle[1], middle[2]), turn)
    return body(name, solid, material, look, at=place, rotation=rotation)


def axle(name: str, material: str, look: Surface, ends: tuple[Point, Point], radius: float) -> Body:
    """A round bar with flat ends that never moves [m]."""
    along = np.subtract(ends[1], ends[0])
    half = float(np.linalg.norm(along)) / 2
    turn = _frame(along, _any_across(along)) * Rotation.from_euler("y", 90, degrees=True)
    solid = shape("cylinder", radius=radius, half_height=half)
    at = np.add(*ends) / 2
    return body(name, solid, material, look, at=at, rotation=turn, is_static=True)


def bearing_post(
    name: str,
    material: str,
    looks: tuple[Surface, Surface],
    at: Point,
    *,
    base: float,
    width: float,
    reach: float,
    radius: float,
) -> tuple[Body, Body]:
    """A post that carries an axle towards +y, and the axle.

    Args:
        name: Of the post; the axle is `<name>_axle`.
        material: Of the post; the axle is of steel.
        looks: Of post and axle.
        at: Where the axle leaves the post's front [m].
        base: Height that the post stands on [m].
        width: Of the square post [m].
        reach: Length of the axle [m].
        radius: Of the axle [m].
    """
    x, y, z = at
    half = width / 2
    post = slab(name, material, looks[0], (x - half, y - width, base), (x + half, y, z + width))
    return post, axle(f"{name}_axle", "steel", looks[1], ((x, y, z), (x, y + reach, z)), radius)


def hinge(
    child: Body,
    parent: Body,
    at: Point,
    *,
    axis: Vec3 = ACROSS,
    limits: tuple[float, ...] = (),
    damping: float = 0.0,
    friction: float = 0.0,
    motor: Motor | None = None,
) -> Joint:
    """The child turns against the parent about an axis through a point [m]."""
    return Joint(
        name=f"{child.name}_on_{parent.name}",
        kind="hinge",
        child=child.name,
        parent=parent.name,
        anchor=vec(at),
        axis=axis,
        limits=limits,
        damping=damping,
        friction=friction,
        motor=motor,
    )


def ball_joint(child: Body, parent: Body, at: Point, *, damping: float = 0.0) -> Joint:
    """The child turns freely about a point of the parent [m]."""
    return Joint(
        name=f"{child.name}_on_{parent.name}",
        kind="ball",
        child=child.name,
        parent=parent.name,
        anchor=vec(at),
        damping=damping,
    )


def fixed(child: Body, parent: Body) -> Joint:
    """The child is part of the parent."""
    return Joint(
        name=f"{child.name}_on_{parent.name}",
        kind="fixed",
        child=child.name,
        parent=parent.name,
        anchor=child.position,
    )


def turning(bodies: Iterable[Body], about: Point, spin: Point) -> list[Body]:
    """The same bodies turning together about a point that stands still [m, rad/s]."""
    return [
        replace(
            one,
            linear_velocity=vec(np.cross(spin, np.subtract(one.position, about))),
            angular_velocity=vec(spin),
        )
        for one in bodies
    ]


def sliding(bodies: Iterable[Body]) -> list[Body]:
    """The same bodies; only balls keep their resistance to rolling.

    Boxes and bars do not roll, and wheels have bearings; without it their contacts cost half.
    """
    return [
        one
        if one.shape.kind == "sphere"
        else replace(one, substance=replace(one.substance, rolling_friction=0.0))
        for one in bodies
    ]


def inertia(bodies: Iterable[Body], about: Point, axis: Point = ACROSS) -> float:
    """Moment of bodies about an axis [kg m2]."""
    total = 0.0
    for one in bodies:
        solid = shapes.build(one.shape)
        turn = Rotation.from_quat(one.quaternion, scalar_first=True)
        own = turn.inv().apply(axis)
        arm = np.linalg.norm(np.cross(axis, np.subtract(one.position, about)))
        moment = float(own @ solid.inertia @ own) + solid.volume * float(arm) ** 2
        total += one.substance.density * moment
    return total


def weight_moment(bodies: Iterable[Body], about: Point) -> float:
    """Largest moment of bodies' weights if their arms were level [N m]."""
    return sum(
        9.81
        * one.substance.density
        * shapes.build(one.shape).volume
        * float(np.linalg.norm(np.subtract(one.position, about)))
        for one in bodies
    )


def servo(load: float, times: Sequence[float], goals: Sequence[float], *, limit: float) -> Motor:
    """A motor tuned for a load [kg m2 or kg]: critically damped at BANDWIDTH."""
    return Motor(
        times=tuple(round(float(time), 6) for time in times),
        goals=tuple(round(float(goal), 6) for goal in goals),
        stiffness=_short(load * BANDWIDTH**2),
        damping=_short(2 * load * BANDWIDTH),
        limit=_short(limit),
    )


def steady(load: float, speed: float, *, spin_up: float, limit: float) -> Motor:
    """A motor that brings a load up to a speed [rad/s] within a time [s] and keeps it turning."""
    reached = speed * spin_up / 2
    ends = (0.0, reached, reached + speed * LONGEST)
    return servo(load, (0.0, spin_up, spin_up + LONGEST), ends, limit=limit)


def paints(rng: np.random.Generator, material: str, count: int) -> list[Surface]:
    """Looks of parts that must be told apart: one material, a colour each."""
    names = shuffled(rng, [name for name in PAINTS if name != "black"])
    return [
        Surface(
            base_color=tinted(PAINTS[names[index % len(names)]], draw(rng, TINT)),
            roughness=draw(rng, MATERIALS[material].roughness, 3),
        )
        for index in range(count)
    ]


def direction(angle: float) -> np.ndarray:
    """Of a link in the plane of motion, `angle` from hanging down towards +x [deg]."""
    radians = np.radians(angle)
    return np.array([np.sin(radians), 0.0, -np.cos(radians)])


def _frame(along: np.ndarray, across: Point) -> Rotation:
    """Axes of a bar: x along it, y across."""
    x = along / np.linalg.norm(along)
    y = np.asarray(across)
    turn = Rotation.from_matrix(np.column_stack([x, y, np.cross(x, y)]))
    return Rotation.from_quat(quat(turn), scalar_first=True)


def _any_across(along: np.ndarray) -> np.ndarray:
    """A unit vector perpendicular to a round bar: y, where that is one."""
    helper = np.array(ACROSS) if abs(along[1]) < 0.9 * np.linalg.norm(along) else np.eye(3)[0]
    across = helper - along * (helper @ along) / (along @ along)
    return across / np.linalg.norm(across)


def _short(value: float) -> float:
    """Four digits: motors need no more, and the JSON stays short."""
    return float(f"{value:.4g}")
