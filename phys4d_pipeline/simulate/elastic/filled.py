"""A skin and what presses inside -> where it comes to rest with nothing around it.

What scenes with gas in them start from: a pillow is drawn flat, and starts full. Dynamic relaxation
with kinetic damping (Cundall 1976): points move freely, and stop all together whenever their
kinetic energy has passed a peak.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from ... import shapes
from ...air import GAS_CONSTANT, PRESSURE
from ...jit import exact_borrowing, exact_part
from ...motion.gas import volumes
from ...motion.skins import Skin, skin, start
from ...scene import (
    Body,
    CameraPath,
    Ground,
    SceneSpec,
    Shape,
    Sky,
    Solver,
    Substance,
    Surface,
)
from ..world.model import Points
from ..world.moves import drift_points
from .folds import fold_forces
from .model import Elastic, Lists, Skins
from .skins import skin_forces, spread_forces
from .stability import skin_step
from .touch import soft_forces
from .touch_lists import is_look_due, no_lists, refreshed, renewed, travel
from .world import elastic_world

STEPS = 2400
"""Of relaxing: kinetic energy has peaked some ten times by then."""
STEP_SHARE = 0.5
"""Of the longest stable step [1]: contacts of wrinkles are four times as stiff for it, and none
starts deep in itself."""
TOUCH_SHARE = 0.35
"""Frequency of contacts of a skin with itself times the step [rad]."""
GREY = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)


@dataclass(frozen=True, kw_only=True, eq=False)
class Filled:
    """A skin full of gas, with its centre of mass at the origin."""

    vertices: Float64[np.ndarray, "V 3"]
    """Of its mesh, in the body frame [m]."""
    volume: float
    """[m3]"""
    pressure: float
    """Of what is inside above that outside [Pa]."""

    def amount(self, temperature: float) -> float:
        """Of gas inside [mol], under the air of z = 0."""
        return (PRESSURE + self.pressure) * self.volume / (GAS_CONSTANT * temperature)


def filled(
    shape: Shape, substance: Substance, *, pressure: float = 0.0, volume: float = 0.0
) -> Filled:
    """The skin at rest, once per process and set of arguments.

    Args:
        shape: Of the skin; its mesh has no tension.
        substance: It is made of.
        pressure: Inside less outside [Pa].
        volume: In place of the pressure: for rubber, which holds two volumes at one pressure [m3].
    """
    return _filled(shape.kind, tuple(sorted(shape.parameters.items())), substance, pressure, volume)


@lru_cache(maxsize=256)
def _filled(
    kind: str,
    parameters: tuple[tuple[str, float | tuple[float, ...]], ...],
    substance: Substance,
    pressure: float,
    volume: float,
) -> Filled:
    body = Body(
        name=kind,
        shape=Shape(kind=kind, parameters=dict(parameters)),
        substance=substance,
        surface=GREY,
        position=(0.0, 0.0, 0.0),
        form="deforming",
    )
    one = skin(body)
    if volume:
        place = start(body)
        larger = (volume / float(volumes(place[one.kept], one.faces))) ** (1 / 3)
        points = tuple((x, y, z) for x, y, z in (larger * place).tolist())
        body = replace(body, points=points)
    spec = _alone(body)
    step_s = STEP_SHARE * skin_step(one, _breathing(body, one) if volume else 0.0)
    solids = [shapes.build(body.shape)]
    elastic, _, _ = elastic_world(spec, solids, np.ones(1), step_s, TOUCH_SHARE / step_s)
    relax(elastic, pressure, volume, step_s)
    places = elastic.world.points.place
    places = places - np.average(places, axis=0, weights=one.masses)
    inside = float(volumes(places, one.faces))
    level = PRESSURE * (volume / inside - 1.0) if volume else pressure
    return Filled(vertices=places[one.point_of], volume=inside, pressure=level)


def _breathing(body: Body, one: Skin) -> float:
    """Frequency at which a skin goes in and out on air in it [rad/s]."""
    places = start(body)[one.kept]
    a, b, c = places[one.faces].transpose(1, 0, 2)
    areas = np.zeros_like(places)
    for corner in range(3):
        np.add.at(areas, one.faces[:, corner], np.cross(b - a, c - a) / 6)
    moved = ((areas**2).sum(1) / one.masses).sum()
    return float(np.sqrt(PRESSURE / volumes(places, one.faces) * moved))


def relax(elastic: Elastic, pressure: float, volume: float, step_s: float) -> None:
    """Bring the points of one skin to rest; it does not pass through itself.

    Args:
        elastic: Of nothing but the skin; its speeds start at 0.
        pressure: Inside, above that outside [Pa].
        volume: Of the gas when it is outside, in place of the pressure [m3].
        step_s: [s]
    """
    points, touch, done, last = elastic.world.points, elastic.touch, 0, np.zeros(1)
    lists = refreshed(touch, points, no_lists(points), 0.0, step_s)
    while True:
        done = _relaxed(elastic, lists, pressure, volume, step_s, last, done)
        if done == STEPS:
            break
        lists = renewed(touch, points, lists)


@exact_borrowing
def _relaxed(
    elastic: Elastic,
    lists: Lists,
    pressure: float,
    volume: float,
    step_s: float,
    last: np.ndarray,
    first: int,
) -> int:
    """Steps until lists of neighbours may have to be made anew; how many are done then.

    `last` is the energy of motion of the last step [J].
    """
    skins, points, touch = elastic.skins, elastic.world.points, elastic.touch
    laws, tally = elastic.world.laws, elastic.world.tally
    speed, force, mass = points.speed, points.force, points.mass
    for done in range(first, STEPS):
        force[:] = 0.0
        skin_forces(skins, points)
        fold_forces(elastic.folds, skins, points)
        spread_forces(skins, points)
        soft_forces(touch, lists, points, laws, tally, step_s)
        push_out(skins, points, pressure, volume)
        moving = 0.0
        for k in range(len(mass)):
            for axis in range(3):
                speed[k, axis] += step_s / mass[k] * force[k, axis]
                moving += mass[k] * speed[k, axis] * speed[k, axis]
        if moving < last[0]:
            speed[:] = 0.0
            moving = 0.0
        last[0] = moving
        travel(points, lists.clock, drift_points(points, step_s), step_s)
        if is_look_due(touch, lists.clock):
            return done + 1
    return STEPS


@exact_part
def push_out(skins: Skins, points: Points, pressure: float, volume: float) -> None:
    """Add what presses from inside: a pressure, or that of a gas that outside fills a volume."""
    corners, normal, place, force = skins.corners, skins.normal, points.place, points.force
    if volume > 0.0:
        filled_now = 0.0
        for f in range(len(skins.area)):
            i = corners[0, f]
            reach = 0.0
            for axis in range(3):
                reach += normal[axis, f] * place[i, axis]
            filled_now += reach * skins.doubled[f] / 6.0
        pressure = PRESSURE * (volume / filled_now - 1.0)
    for f in range(len(skins.area)):
        share = pressure * skins.doubled[f] / 6.0
        for corner in range(3):
            for axis in range(3):
                force[corners[corner, f], axis] += share * normal[axis, f]


def _alone(body: Body) -> SceneSpec:
    return SceneSpec(
        category="",
        family="",
        split="train",
        seed=0,
        caption="",
        bodies=(body,),
        ground=Ground(substance=body.substance, surface=GREY),
        sky=Sky(
            sun_azimuth=0.0,
            sun_elevation=1.0,
            sun_color=(1.0, 1.0, 1.0),
            zenith_color=(1.0, 1.0, 1.0),
            horizon_color=(1.0, 1.0, 1.0),
        ),
        cameras=(CameraPath(vertical_fov=1.0, eye=((1.0, 0.0, 0.0),), target=((0.0, 0.0, 0.0),)),),
        solver=Solver(name="elastic", rate=60),
        num_frames=1,
        fps=60,
        width=2,
        height=2,
    )
