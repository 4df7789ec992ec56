"""Blocks and solids in an upright frame turned about the vertical -> Scenery."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.scene import Quat, Scenery, Shape, Sky, Surface, Texture, Vec3

from .draws import quat, turned, vec

Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Space:
    """The part of a place that scenery must leave free: the motion, and the cameras around it."""

    centre: tuple[float, float]
    """The axis that cameras circle [m]."""
    motion: float
    """Radius around it in which the motion happens [m]."""
    eyes: float
    """Radius around it of the widest circle of a camera [m]."""
    top: float
    """Highest point of the motion and the cameras [m]."""
    azimuth: float
    """Of the first camera, seen from the scene [deg]."""
    ground: Surface
    """Of the plane z = 0."""
    goes_on: bool
    """Does the ground look the same as far as the eye can see?"""

    @property
    def reach(self) -> float:
        """Radius of the cylinder that stays empty [m]."""
        return max(self.motion, self.eyes)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is around a scene, and what lights it."""

    scenery: tuple[Scenery, ...]
    sky: Sky


@dataclass(frozen=True, kw_only=True)
class Site:
    """A frame on the ground: origin [m], x axis turned from the world's by `yaw` [deg]."""

    x: float
    y: float
    yaw: float

    def world(self, point: Point) -> np.ndarray:
        """A point of the site in the world [m]."""
        x, y, z = point
        cosine, sine = self._heading()
        return np.array((self.x + cosine * x - sine * y, self.y + sine * x + cosine * y, z))

    def _heading(self) -> tuple[float, float]:
        angle = math.radians(self.yaw)
        return math.cos(angle), math.sin(angle)

    def at(self, x: float, y: float, yaw: float = 0.0) -> "Site":
        """Another site, given in this one's frame."""
        origin = self.world((x, y, 0.0))
        return Site(x=float(origin[0]), y=float(origin[1]), yaw=self.yaw + yaw)

    def block(self, look: Surface, low: Point, high: Point, *, shadow: bool = False) -> Scenery:
        """A box between two corners, given in the site's frame [m]."""
        x, y, z = (np.add(low, high) / 2).tolist()
        half = vec(np.abs(np.subtract(high, low)) / 2)
        angle = math.radians(self.yaw) / 2
        turn = (round(math.cos(angle), 9), 0.0, 0.0, round(math.sin(angle), 9) + 0.0)
        return self._box(look, half, (x, y, z), turn, shadow=shadow)

    def slanted(
        self,
        look: Surface,
        profile: tuple[tuple[float, float], tuple[float, float]],
        half_length: float,
        thickness: float,
    ) -> Scenery:
        """A board along x whose upper face runs between two points (y, z) of the site [m]."""
        (y, z), (end_y, end_z) = profile
        width, tilt = np.hypot(end_y - y, end_z - z), np.arctan2(end_z - z, end_y - y)
        middle_y = (y + end_y) / 2 + np.sin(tilt) * thickness / 2
        middle_z = (z + end_z) / 2 - np.cos(tilt) * thickness / 2
        half = vec((half_length, width / 2, thickness / 2))
        at = (0.0, float(middle_y), float(middle_z))
        turn = turned("z", self.yaw) * turned("x", float(np.degrees(tilt)))
        return self._box(look, half, at, quat(turn), shadow=False)

    def solid(
        self,
        shape: Shape,
        look: Surface,
        at: Point,
        rotation: Rotation | None = None,
        *,
        shadow: bool = False,
    ) -> Scenery:
        """A shape whose drawing has this pose in the site's frame."""
        turn = turned("z", self.yaw) * (rotation or Rotation.identity())
        position, quaternion = shapes.body_pose(shape, vec(self.world(at)), quat(turn))
        return Scenery(
            shape=shape,
            surface=look,
            position=vec(position),
            quaternion=quat(Rotation.from_quat(quaternion, scalar_first=True)),
            casts_shadow=shadow,
        )

    def _box(self, look: Surface, half: Vec3, at: Point, turn: Quat, *, shadow: bool) -> Scenery:
        """A box's drawing frame is its body frame: no solid has to be built for it."""
        return Scenery(
            shape=shape("box", half_extents=half),
            surface=look,
            position=vec(self.world(at)),
            quaternion=turn,
            casts_shadow=shadow,
        )


def shape(kind: str, **parameters: Any) -> Shape:
    """A Shape from plain numbers, lengths rounded to a micrometre."""
    return Shape(
        kind=kind,
        parameters={
            name: vec(value)
            if isinstance(value, tuple) and len(value) == 3
            else tuple(round(float(number), 6) for number in value)
            if isinstance(value, tuple)
            else round(float(value), 6)
            for name, value in parameters.items()
        },
    )


def paint(
    color: Vec3,
    roughness: float = 0.8,
    *,
    kind: str = "plain",
    scale: float = 1.0,
    other: Vec3 | None = None,
) -> Surface:
    """A surface of one colour, or of two in a pattern."""
    texture = Texture(kind=kind, scale=scale, second_color=other or color)
    return Surface(base_color=color, roughness=roughness, texture=texture)


def glow(color: Vec3, strength: float) -> Surface:
    """A pane or lamp that gives off light of its own."""
    red, green, blue = (round(strength * channel, 4) for channel in color)
    return Surface(base_color=(0.8, 0.8, 0.8), roughness=0.4, emission=(red, green, blue))
