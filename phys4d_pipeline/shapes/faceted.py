"""Prism, polyhedron, wedge, rock: convex solids with flat faces."""

import numpy as np
from scipy.spatial import ConvexHull

from ..errors import SceneError
from ..scene import Vec3
from .limits import check_range, check_sizes
from .solid import ConvexPart, Solid
from .surface import facets, icosahedron, unit_circle

ROCK_POINTS = 40
MOST_SIDES = 64


def prism(sides: int, radius: float, half_height: float) -> Solid:
    """A right prism about the z axis on a regular polygon of circumradius `radius`."""
    check_range("prism", "sides", sides, 3, MOST_SIDES)
    check_sizes("prism", radius=radius, half_height=half_height)
    ring = radius * unit_circle(sides)
    return _hull(
        np.concatenate(
            [np.column_stack([ring, np.full(sides, z)]) for z in (-half_height, half_height)]
        )
    )


def polyhedron(faces: int, radius: float) -> Solid:
    """The regular solid with 4, 6, 8, 12 or 20 faces and circumradius `radius`."""
    check_sizes("polyhedron", radius=radius)
    return _hull(radius * regular_corners("polyhedron", faces))


def regular_corners(kind: str, faces: int) -> np.ndarray:
    """(C, 3) corners on the unit sphere of the regular solid with this many faces."""
    if faces not in _CORNERS:
        raise SceneError(
            f"Shape {kind!r}: faces ({faces}) must be one of {', '.join(map(str, _CORNERS))}."
        )
    corners = _CORNERS[faces]()
    return corners / np.linalg.norm(corners, axis=1, keepdims=True)


def wedge(half_extents: Vec3) -> Solid:
    """A ramp in the cuboid about the origin: full base, rising from -x to the top at +x."""
    check_sizes("wedge", half_extents=half_extents)
    profile = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0)])
    corners = [(x, y, z) for x, z in profile for y in (-1.0, 1.0)]
    return _hull(np.array(corners) * half_extents)


def rock(radius: float, roughness: float, seed: int) -> Solid:
    """The convex hull of points on a sphere, pulled in by up to `roughness` of the radius."""
    check_sizes("rock", radius=radius)
    check_range("rock", "roughness", roughness, 0.0, 0.6)
    check_range("rock", "seed", seed, 0, 2**53)
    rng = np.random.Generator(np.random.PCG64(seed))
    return _hull(stone_points(radius, roughness, rng))


def stone_points(radius: float, roughness: float, rng: np.random.Generator) -> np.ndarray:
    """(40, 3) points on a sphere, pulled in by up to `roughness` of the radius [m]."""
    directions = rng.normal(size=(ROCK_POINTS, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * (radius * (1 - roughness * rng.uniform(size=(ROCK_POINTS, 1))))


def _hull(points: np.ndarray) -> Solid:
    corners = points[ConvexHull(points).vertices]
    return Solid.centred(facets(corners), [ConvexPart(kind="hull", points=corners)])


def _tetrahedron() -> np.ndarray:
    return np.array([(1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0)])


def _cube() -> np.ndarray:
    return np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


def _octahedron() -> np.ndarray:
    return np.concatenate([np.eye(3), -np.eye(3)])


def _dodecahedron() -> np.ndarray:
    """The middles of an icosahedron's faces."""
    corners = icosahedron()
    return corners[ConvexHull(corners).simplices].mean(1)


_CORNERS = {4: _tetrahedron, 6: _cube, 8: _octahedron, 12: _dodecahedron, 20: icosahedron}
