"""Pulley: a wheel with a groove for a rope, collided as three cylinders."""

import numpy as np

from ..scene import Vec3
from .limits import check_sizes
from .solid import ConvexPart, Solid
from .surface import revolved


def pulley(radius: float, half_width: float, rim: float, rim_width: float) -> Solid:
    """A wheel about the z axis.

    Args:
        radius: Of the bottom of the groove [m].
        half_width: Of the groove [m].
        rim: By how much the rims on both sides stand above the groove [m].
        rim_width: Thickness of each rim [m].
    """
    check_sizes("pulley", radius=radius, half_width=half_width, rim=rim, rim_width=rim_width)
    edge, outer = half_width + rim_width, radius + rim
    middle = half_width + rim_width / 2
    profile = np.array(
        [
            *((0.0, -edge), (outer, -edge), (outer, -half_width), (radius, -half_width)),
            *((radius, half_width), (outer, half_width), (outer, edge), (0.0, edge)),
        ]
    )
    parts = [
        ConvexPart(kind="cylinder", sizes=(radius, half_width)),
        *(
            ConvexPart(
                kind="cylinder", sizes=(outer, rim_width / 2), position=(0.0, 0.0, side * middle)
            )
            for side in (-1.0, 1.0)
        ),
    ]
    return Solid.centred(
        revolved(*profile.T), parts, exact=_moments(radius, outer, half_width, edge)
    )


def _moments(radius: float, outer: float, half_width: float, edge: float) -> tuple[float, Vec3]:
    """Volume and principal moments of a disc less the ring that the groove leaves out."""
    disc, hole, core = (
        np.pi * r**2 * 2 * h for r, h in ((outer, edge), (outer, half_width), (radius, half_width))
    )
    volume = disc - hole + core
    along = (disc * outer**2 - hole * outer**2 + core * radius**2) / 2
    across = (
        disc * (outer**2 / 4 + edge**2 / 3)
        - hole * (outer**2 / 4 + half_width**2 / 3)
        + core * (radius**2 / 4 + half_width**2 / 3)
    )
    return volume, (across, across, along)
