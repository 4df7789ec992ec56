"""Cone, bowling pin, bottle, dumbbell, top, pawn: profiles turned about z.

They collide frustum by frustum.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

from ..errors import SceneError
from .limits import check_range, check_sizes
from .solid import ConvexPart, Solid
from .surface import lathe_parts, revolved

# Height above the lane and diameter of a ten-pin [inch]: USBC Equipment Specifications Manual.
PIN_HEIGHTS = (
    0.0,
    0.75,
    2.25,
    3.375,
    4.5,
    5.875,
    7.25,
    8.625,
    9.375,
    10.0,
    10.875,
    11.75,
    12.625,
    13.5,
)
PIN_DIAMETERS = (
    2.031,
    2.828,
    3.906,
    4.51,
    4.766,
    4.563,
    3.703,
    2.472,
    1.965,
    1.797,
    1.87,
    2.094,
    2.406,
    2.547,
)
PIN_HEIGHT, PIN_TOP_RADIUS = 15.0, 1.273


def cone(radius: float, height: float) -> Solid:
    """A circular cone, its base on z = 0 and its tip on +z."""
    check_sizes("cone", radius=radius, height=height)
    return _turned(np.array([0.0, radius, 0.0]), np.array([0.0, 0.0, height]))


def bowling_pin(height: float) -> Solid:
    """A ten-pin, standing on z = 0."""
    check_sizes("bowling_pin", height=height)
    belly = np.linspace(0.0, PIN_HEIGHTS[-1], 20)
    radii = PchipInterpolator(PIN_HEIGHTS, PIN_DIAMETERS)(belly) / 2
    middle = PIN_HEIGHT - PIN_TOP_RADIUS
    angles = np.linspace(0.0, np.pi / 2, 8)
    crown = np.column_stack([np.cos(angles), np.sin(angles)]) * PIN_TOP_RADIUS + (0.0, middle)
    crown[-1, 0] = 0.0
    profile = np.concatenate([[(0.0, 0.0)], np.column_stack([radii, belly]), crown])
    profile *= height / PIN_HEIGHT
    return _turned(*profile.T)


def bottle(height: float, radius: float) -> Solid:
    """A closed, full bottle standing on z = 0, with a neck of a third of the radius."""
    check_sizes("bottle", height=height, radius=radius)
    if height < 2 * radius:
        raise SceneError(
            f"Shape 'bottle': height ({height:g}) must be at least twice the radius ({radius:g})."
        )
    shoulder = np.linspace(0.0, 1.0, 9)
    blend = (1 + np.cos(np.pi * shoulder)) / 2
    radii = radius * (1 / 3 + 2 / 3 * blend)
    heights = height * (0.58 + 0.22 * shoulder)
    return _turned(
        np.concatenate([[0.0, radius], radii, [radius / 3, 0.0]]),
        np.concatenate([[0.0, 0.0], heights, [height, height]]),
    )


def dumbbell(radius: float, half_length: float) -> Solid:
    """Two balls of `radius`, centres at z = +-`half_length`, on a bar of 0.4 of the radius."""
    check_sizes("dumbbell", radius=radius, half_length=half_length)
    if half_length < 1.2 * radius:
        raise SceneError(
            f"Shape 'dumbbell': half_length ({half_length:g}) must be at least 1.2 times the "
            f"radius ({radius:g}), or the balls overlap."
        )
    bar = np.arcsin(0.4)
    angles = np.linspace(0.0, np.pi - bar, 24)
    radii, heights = radius * np.sin(angles), half_length + radius * np.cos(angles)
    radii[0] = 0.0
    return _turned(np.append(radii, radii[::-1]), np.append(-heights, heights[::-1]))


def spinning_top(radius: float, height: float) -> Solid:
    """A top on its tip at the origin, with a stem to spin it by.

    Args:
        radius: Of its body, which lies at 0.4 of the height [m].
        height: 0.8 to 3 times the radius [m].
    """
    check_sizes("spinning_top", radius=radius, height=height)
    if not 0.8 * radius <= height <= 3 * radius:
        raise SceneError(
            f"Shape 'spinning_top': height ({height:g}) must be 0.8 to 3 times the radius "
            f"({radius:g})."
        )
    profile = np.array(
        [
            (0.0, 0.0),
            (0.86, 0.32),
            (0.97, 0.37),
            (1.0, 0.42),
            (0.97, 0.47),
            (0.86, 0.51),
            (0.2, 0.56),
            (0.13, 0.6),
            (0.11, 0.92),
            (0.13, 0.96),
            (0.09, 1.0),
            (0.0, 1.0),
        ]
    )
    return _turned(*(profile * (radius, height)).T)


def pawn(height: float) -> Solid:
    """A chess pawn that stands on z = 0; its foot is half as wide as it is high (Staunton)."""
    check_sizes("pawn", height=height)
    ball, middle = 0.16, 0.84
    neck = np.arcsin(0.1 / ball)
    turns = np.linspace(np.pi - neck, 0.0, 15)
    head = np.column_stack([ball * np.sin(turns), middle + ball * np.cos(turns)])
    head[-1, 0] = 0.0
    body = [
        (0.0, 0.0),
        (0.25, 0.0),
        (0.26, 0.03),
        (0.25, 0.09),
        (0.21, 0.13),
        (0.21, 0.17),
        (0.15, 0.24),
        (0.115, 0.36),
        (0.095, 0.55),
        (0.17, 0.61),
        (0.17, 0.64),
        (0.1, 0.68),
    ]
    return _turned(*(height * np.concatenate([body, head])).T)


def pudding(radius: float, height: float) -> Solid:
    """Jelly from a mould, on z = 0: narrower towards its rounded top."""
    check_sizes("pudding", radius=radius, height=height)
    check_range("pudding", "height over radius", height / radius, 0.8, 2.0)
    top, shoulder = 0.72 * radius, 0.2 * radius
    turns = np.radians([0.0, 22.5, 45.0, 67.5, 90.0])
    rounded = np.column_stack(
        [top - shoulder * (1 - np.cos(turns)), height - shoulder * (1 - np.sin(turns))]
    )
    edge = 0.05 * radius
    foot = np.array([(0.0, 0.0), (radius - edge, 0.0), (radius, edge)])
    profile = np.concatenate([foot, rounded, [(0.0, height)]])
    return _turned(*profile.T)


def _turned(radii: np.ndarray, heights: np.ndarray) -> Solid:
    parts: list[ConvexPart] = lathe_parts(radii, heights)
    return Solid.centred(revolved(radii, heights), parts)
