"""Balls: any number of separate balls in fixed places, each with its own radius.

What a body of grains is at the start: its volume is the sum of all balls, to the last digit.
"""

from dataclasses import replace
from math import isqrt

import numpy as np

from ..errors import SceneError
from .solid import ConvexPart, Mesh, Solid, principal
from .surface import SPHERE_FREQUENCY, geodesic_sphere

MOST_FACES = 16_000
"""Of the mesh, which nobody draws where there are many: bodies of grains are drawn as spheres."""


def balls(centres: tuple[float, ...], radii: tuple[float, ...]) -> Solid:
    """Balls that do not touch each other.

    Args:
        centres: x, y, z of each [m].
        radii: Of each [m].
    """
    if not radii or len(centres) != 3 * len(radii):
        raise SceneError(
            f"Shape 'balls': {len(centres)} numbers for centres of {len(radii)} balls; "
            "give three for each radius."
        )
    if min(radii) <= 0:
        raise SceneError(f"Shape 'balls': radius {min(radii)} must be positive.")
    places, sizes = np.array(centres).reshape(-1, 3), np.array(radii)
    volumes = 4 / 3 * np.pi * sizes**3
    middle = volumes @ places / volumes.sum()
    moments = _moments(places - middle, sizes, volumes)
    turn = principal(moments)
    places = turn.apply(places - middle)
    axes = turn.as_matrix()
    x, y, z = (float(moment) for moment in np.diag(axes @ moments @ axes.T))
    solid = Solid.centred(
        _mesh(places, sizes),
        [
            ConvexPart(kind="sphere", sizes=(size,), position=(place[0], place[1], place[2]))
            for place, size in zip(places.tolist(), sizes.tolist(), strict=True)
        ],
        exact=(float(volumes.sum()), (x, y, z)),
    )
    i, j, k = (float(value) for value in -turn.apply(middle))
    a, b, c, d = (float(value) for value in turn.as_quat(scalar_first=True))
    return replace(solid, drawing_position=(i, j, k), drawing_quaternion=(a, b, c, d))


def _moments(arms: np.ndarray, sizes: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """Of all balls about the origin, for density 1 (parallel axes) [m5]."""
    own = 0.4 * volumes * sizes**2 + volumes * (arms**2).sum(1)
    return own.sum() * np.eye(3) - np.einsum("n,ni,nj->ij", volumes, arms, arms)


def _mesh(places: np.ndarray, sizes: np.ndarray) -> Mesh:
    """A geodesic sphere for each ball, coarser the more there are."""
    frequency = min(max(isqrt(MOST_FACES // (20 * len(sizes))), 1), SPHERE_FREQUENCY)
    unit = geodesic_sphere(frequency)
    corners = len(unit.vertices)
    starts = corners * np.arange(len(sizes), dtype=np.int32)
    return Mesh(
        vertices=(places[:, None] + sizes[:, None, None] * unit.vertices).reshape(-1, 3),
        faces=(unit.faces + starts[:, None, None]).reshape(-1, 3),
        normals=np.tile(unit.normals, (len(sizes), 1)),
    )
