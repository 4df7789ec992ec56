"""Cups, mugs and bowls by size -> their shapes, and what liquid fills in one up to a level."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from phys4d_pipeline.scene import Body, Shape, Surface

from .draws import vec
from .liquids import liquid_body
from .scenery import shape
from .staging import UPRIGHT, body, drawn_at

SIDES = 32
"""Around a filling."""
CLEAR = 0.98
"""Radius of a filling over that inside the vessel [1]: flat sides, and room to start in."""


@dataclass(frozen=True, kw_only=True)
class Vessel:
    """A round vessel that stands on z = 0."""

    noun: str
    solid: Shape
    radius: float
    """Of its rim, outside [m]."""
    height: float
    """[m]"""
    radii: tuple[float, ...]
    heights: tuple[float, ...]
    """Its inside, upwards from the floor, straight between these stations [m]."""

    def volume(self, level: float) -> float:
        """Of the filling up to a level over its base [m3]."""
        heights, radii = self._inside(level)
        squares = radii[:-1] ** 2 + radii[:-1] * radii[1:] + radii[1:] ** 2
        return float(np.diff(heights) @ squares) * SIDES / 6 * np.sin(2 * np.pi / SIDES)

    def filling(self, level: float) -> Shape:
        """What liquid fills up to a level over its base, its drawing standing where the base is."""
        heights, radii = self._inside(level)
        turns = 2 * np.pi * np.arange(SIDES) / SIDES
        rings = [
            (radius * np.cos(turn), radius * np.sin(turn), height)
            for radius, height in zip(radii, heights, strict=True)
            for turn in turns
        ]
        last = len(heights) * SIDES
        vertices = [*rings, (0.0, 0.0, heights[0]), (0.0, 0.0, heights[-1])]
        faces = []
        for k in range(SIDES):
            near, far = k, (k + 1) % SIDES
            faces += [(last, far, near), (last + 1, last - SIDES + near, last - SIDES + far)]
            for ring in range(len(heights) - 1):
                a, b = ring * SIDES + near, ring * SIDES + far
                faces += [(a, b, b + SIDES), (a, b + SIDES, a + SIDES)]
        return shape(
            "triangles",
            vertices=tuple(round(float(x), 6) for vertex in vertices for x in vertex),
            faces=tuple(float(corner) for face in faces for corner in face),
        )

    def _inside(self, level: float) -> tuple[Float64[np.ndarray, " H"], Float64[np.ndarray, " H"]]:
        """Heights and radii of a filling's rings [m]."""
        heights = np.array([height for height in self.heights if height < level] + [level])
        return heights, CLEAR * np.interp(heights, self.heights, self.radii)

    def standing(
        self,
        name: str,
        material: str,
        look: Surface,
        *,
        at: tuple[float, float, float],
        turn: Rotation = UPRIGHT,
    ) -> Body:
        """The vessel, its base's middle at a point [m]; it never moves unless it is led."""
        place, rotation = drawn_at(self.solid, at, turn)
        return body(name, self.solid, material, look, at=place, rotation=rotation, is_static=True)

    def filled(
        self, name: str, liquid: str, level: float, *, at: tuple[float, float, float]
    ) -> Body:
        """The liquid in it up to a level over its base [m]."""
        solid = self.filling(level)
        place, rotation = drawn_at(solid, at)
        return liquid_body(name, solid, liquid, at=vec(place), rotation=rotation)


def cup(radius: float, height: float, share: float, noun: str = "glass") -> Vessel:
    """A beaker that widens towards its rim; its wall is `share` of the radius."""
    thick = share * radius
    return Vessel(
        noun=noun,
        solid=shape("cup", radius=radius, height=height, wall_share=share),
        radius=radius,
        height=height,
        radii=(0.8 * radius - thick, radius - thick),
        heights=(thick, height),
    )


def mug(radius: float, height: float) -> Vessel:
    """A straight mug with a handle to +x."""
    thick = 0.11 * radius
    return Vessel(
        noun="mug",
        solid=shape("mug", radius=radius, height=height),
        radius=radius,
        height=height,
        radii=(0.8 * radius, radius - thick, radius - thick),
        heights=(thick, 0.16 * height, height),
    )


def bowl(radius: float, share: float) -> Vessel:
    """A round bowl on a flat floor."""
    thick, angles = share * radius, np.radians([24.0, 44.0, 66.0, 90.0])
    foot = 0.6 * (1 - np.cos(angles[0]))
    outer = np.column_stack([np.sin(angles), 0.6 * (1 - np.cos(angles)) - foot]) * radius
    radii = outer[:, 0] - thick * np.sin(angles)
    heights = outer[:, 1] + thick * np.cos(angles) / np.cos(angles[0])
    return Vessel(
        noun="bowl",
        solid=shape("bowl", radius=radius, wall_share=share),
        radius=radius,
        height=float(outer[-1, 1]),
        radii=tuple(radii.tolist()),
        heights=tuple(heights.tolist()),
    )
