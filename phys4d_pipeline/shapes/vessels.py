"""Cup, bowl, plate, goblet, vase, bell, funnel, pipe, torus: hollow turned things.

All stand on z = 0 with their axis along z. Their parts fill the inside of a bend by at most 0.5 %
of the radius (hollow.py); the mesh gives mass and inertia.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.spatial.transform import Rotation

from ..errors import SceneError
from .hollow import ring, vessel, wall
from .limits import check_range, check_sizes
from .solid import Solid
from .surface import unit_circle
from .union import union

WALL = (0.06, 0.4)
"""Thickness over radius [1]: paper cups need a shell solver, thicker ones are no vessels."""
TORUS_SIDES = 24
"""Around a torus's tube: chords lie 0.9 % of the tube's radius inside."""


def cup(radius: float, height: float, wall_share: float = 0.1) -> Solid:
    """A beaker that widens by a quarter towards its rim.

    Args:
        radius: Of the rim, outside [m].
        height: [m]
        wall_share: Thickness of wall and floor over `radius`.
    """
    check_sizes("cup", radius=radius, height=height)
    _check_wall("cup", wall_share)
    _check_slender("cup", height, radius, 0.7)
    thick = wall_share * radius
    outer = np.array([(0.8 * radius, 0.0), (radius, height)])
    inner = np.array([(0.8 * radius - thick, thick), (radius - thick, height)])
    return Solid.centred(*union([vessel(_AXIS, outer, inner)]))


def bowl(radius: float, wall_share: float = 0.1) -> Solid:
    """A round bowl on a flat floor, 0.55 radii deep."""
    check_sizes("bowl", radius=radius)
    _check_wall("bowl", wall_share)
    thick = wall_share * radius
    angles = np.radians([24.0, 44.0, 66.0, 90.0])
    outer = np.column_stack([np.sin(angles), 0.6 * (1 - np.cos(angles))]) * radius
    outer[:, 1] -= outer[0, 1]
    inner = outer - thick * np.column_stack([np.sin(angles), 0.0 * angles])
    inner[:, 1] += thick * np.cos(angles) / np.cos(angles[0])
    return Solid.centred(*union([vessel(_AXIS, outer, inner)]))


def plate(radius: float, wall_share: float = 0.09) -> Solid:
    """A dinner plate: flat middle, steep step, gently rising rim."""
    check_sizes("plate", radius=radius)
    check_range("plate", "wall_share", wall_share, 0.04, 0.15)
    thick = wall_share * radius
    outer = radius * np.array([(0.55, 0.0), (0.68, 0.09), (1.0, 0.16)])
    inner = outer + np.array([0.0, thick])
    inner[0, 0] -= 0.02 * radius
    return Solid.centred(*union([vessel(_AXIS, outer, inner)]))


def goblet(radius: float, height: float, wall_share: float = 0.12) -> Solid:
    """A wine glass: foot, stem, and a bowl over the upper half.

    Args:
        radius: Of the bowl, outside [m].
        height: At least 2.2 times the radius [m].
        wall_share: Thickness of the wall over `radius`.
    """
    check_sizes("goblet", radius=radius, height=height)
    _check_wall("goblet", wall_share)
    _check_slender("goblet", height, radius, 2.2)
    thick, stem = wall_share * radius, 0.16 * radius
    foot = np.array([(0.0, 0.0), (0.8 * radius, 0.0), (0.8 * radius, 0.06 * radius)])
    neck = [(stem, 0.18 * radius), (stem, 0.45 * height)]
    outer = np.array([(0.55, 0.5), (0.9, 0.64), (1.0, 0.8), (0.9, 1.0)]) * (radius, height)
    inner = outer - (thick, 0.0)
    inner[0, 1] += thick
    return Solid.centred(*union([vessel(np.concatenate([foot, neck]), outer, inner)]))


def vase(height: float, radius: float, neck: float = 0.45, wall_share: float = 0.12) -> Solid:
    """A vase with a belly at a third of its height and a lip.

    Args:
        height: [m]
        radius: Of the belly, outside [m].
        neck: Radius of the narrowest place over that of the belly.
        wall_share: Thickness over `radius`.
    """
    check_sizes("vase", height=height, radius=radius)
    check_range("vase", "neck", neck, 0.3, 0.9)
    _check_wall("vase", wall_share)
    _check_slender("vase", height, radius, 1.5)
    thick = wall_share * radius
    stations = np.array([0.0, 0.35, 0.8, 1.0]) * height
    curve = PchipInterpolator(stations, radius * np.array([0.6, 1.0, neck, neck + 0.15]))
    heights = np.array([0.0, 0.16, 0.35, 0.55, 0.8, 1.0]) * height
    outer = np.column_stack([curve(heights), heights])
    inner = outer - (thick, 0.0)
    inner[0, 1] = thick
    return Solid.centred(*union([vessel(_AXIS, outer, inner)]))


def bell(radius: float, wall_share: float = 0.14) -> Solid:
    """A hand bell: a flaring cup upside down, with a knob; its mouth on z = 0.

    It is 1.9 radii high.
    """
    check_sizes("bell", radius=radius)
    _check_wall("bell", wall_share)
    thick = wall_share * radius
    knob = np.array([(0.0, 0.0), (0.14, 0.02), (0.2, 0.14), (0.14, 0.28), (0.09, 0.42)])
    outer = np.array([(0.45, 0.45), (0.6, 0.6), (0.66, 1.1), (0.78, 1.55), (1.0, 1.9)])
    inner = outer * radius - (thick, 0.0)
    inner[0, 1] += thick
    inner[1, 1] += thick * 0.5
    upside_down = vessel(knob * radius, outer * radius, inner)
    return Solid.centred(*union([upside_down.moved((0.0, 0.0, 1.9 * radius), _HALF_TURN)]))


def funnel(radius: float, height: float, wall_share: float = 0.12) -> Solid:
    """A cone that is open at both ends, with a spout of a quarter of its radius downwards."""
    check_sizes("funnel", radius=radius, height=height)
    _check_wall("funnel", wall_share)
    _check_slender("funnel", height, radius, 0.7)
    thick = wall_share * radius
    spout = 0.25 * radius + thick
    outer = np.array([(spout, 0.0), (spout, 0.4 * height), (radius, height)])
    inner = outer - (thick, 0.0)
    return Solid.centred(*union([wall(outer, inner)]))


def pipe(radius: float, inner_radius: float, half_height: float) -> Solid:
    """A hollow cylinder about the z axis and the origin; a flat one is a washer."""
    check_sizes("pipe", radius=radius, inner_radius=inner_radius, half_height=half_height)
    if inner_radius > (1 - WALL[0]) * radius:
        raise SceneError(
            f"Shape 'pipe': inner_radius ({inner_radius:g}) must be at most {1 - WALL[0]:g} times "
            f"the radius ({radius:g}); thinner walls are no solids."
        )
    low, high = (inner_radius, -half_height), (radius, half_height)
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    return Solid.centred(*union([ring(corners)]))


def torus(radius: float, tube_radius: float) -> Solid:
    """A ring about the z axis and the origin; `radius` is that of its tube's middle line."""
    check_sizes("torus", radius=radius, tube_radius=tube_radius)
    if tube_radius > 0.7 * radius:
        raise SceneError(
            f"Shape 'torus': tube_radius ({tube_radius:g}) must be at most 0.7 times the radius "
            f"({radius:g}), or its hole is no hole."
        )
    profile = tube_radius * unit_circle(TORUS_SIDES) + np.array([radius, 0.0])
    return Solid.centred(*union([ring(profile)]))


_AXIS = np.array([(0.0, 0.0)])
_HALF_TURN = Rotation.from_euler("x", 180.0, degrees=True)


def _check_wall(kind: str, share: float) -> None:
    check_range(kind, "wall_share", share, *WALL)


def _check_slender(kind: str, height: float, radius: float, least: float) -> None:
    if height < least * radius:
        raise SceneError(
            f"Shape {kind!r}: height ({height:g}) must be at least {least:g} times the radius "
            f"({radius:g})."
        )
