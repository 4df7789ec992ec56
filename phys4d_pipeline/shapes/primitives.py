"""Box, sphere, cylinder, capsule: solids that collision engines know exactly."""

import numpy as np

from ..scene import Vec3
from .limits import check_sizes
from .solid import ConvexPart, Mesh, Solid
from .surface import SPHERE_FREQUENCY, facets, geodesic_sphere, revolved

CAP_RINGS = 16
"""Bands of a capsule's half sphere: as fine as the 64 sides."""


def box(half_extents: Vec3) -> Solid:
    """A cuboid about the origin."""
    check_sizes("box", half_extents=half_extents)
    signs = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij")).reshape(3, -1).T
    part = ConvexPart(kind="box", sizes=half_extents)
    return Solid.centred(facets(signs * half_extents), [part])


def sphere(radius: float) -> Solid:
    """A ball about the origin."""
    check_sizes("sphere", radius=radius)
    unit = geodesic_sphere(SPHERE_FREQUENCY)
    volume = 4 / 3 * np.pi * radius**3
    moment = 0.4 * volume * radius**2
    return Solid.centred(
        Mesh(vertices=radius * unit.vertices, faces=unit.faces, normals=unit.normals),
        [ConvexPart(kind="sphere", sizes=(radius,))],
        exact=(volume, (moment, moment, moment)),
    )


def cylinder(radius: float, half_height: float) -> Solid:
    """A cylinder about the z axis."""
    check_sizes("cylinder", radius=radius, half_height=half_height)
    volume = 2 * np.pi * radius**2 * half_height
    across = volume * (radius**2 / 4 + half_height**2 / 3)
    return Solid.centred(
        revolved(
            np.array([0.0, radius, radius, 0.0]),
            np.array([-half_height, -half_height, half_height, half_height]),
        ),
        [ConvexPart(kind="cylinder", sizes=(radius, half_height))],
        exact=(volume, (across, across, volume * radius**2 / 2)),
    )


def capsule(radius: float, half_length: float) -> Solid:
    """A cylinder of `half_length` about the z axis with half spheres on its ends."""
    check_sizes("capsule", radius=radius, half_length=half_length)
    angles = np.linspace(0.0, np.pi / 2, CAP_RINGS + 1)
    radii = radius * np.sin(angles)
    heights = half_length + radius * np.cos(angles)
    radii[0] = 0.0
    return Solid.centred(
        revolved(np.append(radii, radii[::-1]), np.append(-heights, heights[::-1])),
        [ConvexPart(kind="capsule", sizes=(radius, half_length))],
        exact=capsule_moments(radius, half_length),
    )


def capsule_moments(radius: float, half_length: float) -> tuple[float, Vec3]:
    """Volume and principal moments of a cylinder and two half spheres, density 1."""
    tube = 2 * np.pi * radius**2 * half_length
    ball = 4 / 3 * np.pi * radius**3
    along = tube * radius**2 / 2 + 0.4 * ball * radius**2
    # A half sphere has its centre of mass 3/8 radius above its flat side.
    across = tube * (radius**2 / 4 + half_length**2 / 3) + ball * (
        0.4 * radius**2 + half_length**2 + 0.75 * half_length * radius
    )
    return tube + ball, (across, across, along)
