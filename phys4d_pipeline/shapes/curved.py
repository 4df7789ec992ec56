"""Ellipsoid and superquadric: smooth convex solids, collided as the hull that is drawn."""

import numpy as np
from jaxtyping import Float, Float64

from ..scene import Vec3
from .limits import check_range, check_sizes
from .solid import ConvexPart, Mesh, Solid
from .surface import HULL_FREQUENCY, geodesic_sphere, hull_faces

EXPONENTS = (0.2, 1.6)
"""Convex up to 2; beyond this range edges and tips get sharper than the mesh can show."""


def ellipsoid(radii: Vec3) -> Solid:
    """An ellipsoid about the origin."""
    check_sizes("ellipsoid", radii=radii)
    unit = geodesic_sphere(HULL_FREQUENCY).vertices
    return _solid(unit * radii, unit / radii)


def superquadric(radii: Vec3, exponents: tuple[float, float]) -> Solid:
    """Barr's superellipsoid: ((x/a)^(2/e) + (y/b)^(2/e))^(e/n) + (z/c)^(2/n) = 1.

    Args:
        radii: a, b, c [m].
        exponents: n (north-south) and e (east-west); 0.2 is nearly a box, 1 an ellipsoid.
    """
    check_sizes("superquadric", radii=radii)
    for value in exponents:
        check_range("superquadric", "exponents", value, *EXPONENTS)
    north, east = exponents
    unit = geodesic_sphere(HULL_FREQUENCY).vertices
    level = _inside_outside(unit, north, east)
    scaled = unit * level[:, None] ** (-north / 2)
    return _solid(scaled * radii, _gradient(scaled, north, east) / radii)


def _inside_outside(
    points: Float[np.ndarray, "P 3"], north: float, east: float
) -> Float64[np.ndarray, " P"]:
    """1 on the surface of unit radii, smaller inside; homogeneous of degree 2 / north."""
    x, y, z = np.abs(points).T
    return (x ** (2 / east) + y ** (2 / east)) ** (east / north) + z ** (2 / north)


def _gradient(
    points: Float[np.ndarray, "P 3"], north: float, east: float
) -> Float64[np.ndarray, "P 3"]:
    """Direction of steepest rise of `_inside_outside`."""
    x, y, z = np.abs(points).T
    flat = x ** (2 / east) + y ** (2 / east)
    # On the z axis the east-west term has no direction; its limit there is zero.
    common = np.where(flat > 0, np.maximum(flat, 1e-300) ** (east / north - 1), 0.0)
    steep = [common * x ** (2 / east - 1), common * y ** (2 / east - 1), z ** (2 / north - 1)]
    return np.sign(points) * np.column_stack(steep)


def _solid(points: np.ndarray, outward: np.ndarray) -> Solid:
    normals = outward / np.linalg.norm(outward, axis=1, keepdims=True)
    mesh = Mesh(vertices=points, faces=hull_faces(points), normals=normals)
    return Solid.centred(mesh, [ConvexPart(kind="hull", points=points)])
