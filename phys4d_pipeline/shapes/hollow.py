"""Walls turned about z: exact wedges of a ring, and vessels made of a foot, a floor and a wall."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64

from .solid import ConvexPart, Mesh
from .surface import SIDES, lathe_parts, revolved
from .union import Piece

WEDGES = (32, 16, 8)
"""Into which a ring may be cut for collisions: a hull closes the bend between two cuts, which adds
at most 1 - cos(pi / 32) = 0.5 % of the radius to the inside of the largest number."""
SLIMMEST = 0.15
"""Inner width of a wedge over its thickness, at least [1]: engines round the edges of parts."""
NARROWEST = 2.6e-3
"""Inner width of a wedge, at least [m]: engines put a skin of 1 mm around parts inside them."""


def ring(profile: Float[np.ndarray, "K 2"]) -> Piece:
    """A convex polygon (radius, height), counter-clockwise, turned about z [m]."""
    return _walled(revolved(*profile.T), [], [profile])


def vessel(
    foot: Float[np.ndarray, "A 2"], outer: Float[np.ndarray, "K 2"], inner: Float[np.ndarray, "K 2"]
) -> Piece:
    """A solid foot, on it a floor, around it a wall; open above.

    Args:
        foot: Profile (radius, height) from the axis below up to, not including, the first of
            `outer` [m].
        outer: The wall from the floor to the rim [m].
        inner: As many points; the first is the edge of the floor inside [m].
    """
    below = np.concatenate([foot, outer[:1], inner[:1], [(0.0, inner[0, 1])]])
    profile = np.concatenate([foot, outer, inner[::-1], [(0.0, inner[0, 1])]])
    quads = [
        np.array([outer[k], outer[k + 1], inner[k + 1], inner[k]]) for k in range(len(outer) - 1)
    ]
    return _walled(revolved(*profile.T), lathe_parts(*below.T), quads)


def wall(outer: Float[np.ndarray, "K 2"], inner: Float[np.ndarray, "K 2"]) -> Piece:
    """A ring without a floor between two lines (radius, height) with as many points, upwards."""
    profile = np.concatenate([outer, inner[::-1]])
    quads = [
        np.array([outer[k], outer[k + 1], inner[k + 1], inner[k]]) for k in range(len(outer) - 1)
    ]
    return _walled(revolved(*profile.T), [], quads)


def _walled(
    mesh: Mesh, solid: Sequence[ConvexPart], quads: Sequence[Float64[np.ndarray, "_ 2"]]
) -> Piece:
    cells = [*solid, *(wedge for quad in quads for wedge in _wedges(quad, SIDES))]
    parts = [*solid, *(wedge for quad in quads for wedge in _wedges(quad, _num_wedges(quad)))]
    return Piece.of(mesh, cells, parts)


def _num_wedges(quad: Float64[np.ndarray, "K 2"]) -> int:
    spread = quad - quad.mean(0)
    thickness = 2 * np.linalg.svd(spread, compute_uv=False)[-1] / np.sqrt(len(quad))
    for count in WEDGES[:-1]:
        if 2 * np.pi * quad[:, 0].min() / count >= max(NARROWEST, SLIMMEST * thickness):
            return count
    return WEDGES[-1]


def _wedges(quad: Float64[np.ndarray, "K 2"], count: int) -> list[ConvexPart]:
    """Hulls of a convex profile between cuts through the axis, with all vertices of the mesh."""
    steps = SIDES // count
    wedges = []
    for first in range(0, SIDES, steps):
        turns = 2 * np.pi * np.arange(first, first + steps + 1) / SIDES
        points = [
            np.column_stack([quad[:, 0] * np.cos(turn), quad[:, 0] * np.sin(turn), quad[:, 1]])
            for turn in turns
        ]
        wedges.append(ConvexPart(kind="hull", points=np.concatenate(points)))
    return wedges
