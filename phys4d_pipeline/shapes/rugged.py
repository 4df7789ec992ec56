"""Boulder, stellation: stones and polyhedra that are not convex."""

import numpy as np
from scipy.spatial import ConvexHull

from .faceted import regular_corners, stone_points
from .limits import check_range, check_sizes
from .pieces import hull
from .solid import Solid
from .union import union

STONES = 3
"""That a boulder has grown together from."""
LEAST_STONE = 0.55
"""Size of the smallest of them over the radius [1]."""


def boulder(radius: float, roughness: float, seed: int) -> Solid:
    """Three rough stones grown into one, with dents where they meet.

    Args:
        radius: Of the sphere around all of them, about [m].
        roughness: How far their corners are pulled in, over their size; 0 to 0.4.
        seed: Of their corners and places.
    """
    check_sizes("boulder", radius=radius)
    check_range("boulder", "roughness", roughness, 0.0, 0.4)
    check_range("boulder", "seed", seed, 0, 2**53)
    rng = np.random.Generator(np.random.PCG64(seed))
    pieces = []
    for turn in 2 * np.pi * (np.arange(STONES) / STONES + rng.uniform(0.0, 0.12, STONES)):
        size = radius * rng.uniform(LEAST_STONE, 0.7)
        place = (radius - size) * np.array([np.cos(turn), np.sin(turn), rng.uniform(-0.5, 0.5)])
        pieces.append(hull(stone_points(size, roughness, rng) + place))
    return Solid.centred(*union(pieces))


def stellation(faces: int, radius: float, depth: float = 0.5) -> Solid:
    """A regular solid with a pyramid on every face.

    Args:
        faces: 4, 6, 8, 12 or 20.
        radius: At the tips [m].
        depth: Radius of the corners between the tips over that at the tips; 0.4 to 0.8.
    """
    check_sizes("stellation", radius=radius)
    check_range("stellation", "depth", depth, 0.4, 0.8)
    corners = depth * radius * regular_corners("stellation", faces)
    planes = ConvexHull(corners).equations
    pieces = [hull(corners)]
    for normal in np.unique(planes[:, :3].round(9), axis=0):
        heights = corners @ normal
        rim = corners[heights > heights.max() - 1e-6 * radius]
        pieces.append(hull(np.concatenate([rim, [radius * normal / np.linalg.norm(normal)]])))
    return Solid.centred(*union(pieces))
