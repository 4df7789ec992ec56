"""A closed surface -> tetrahedra that fill it: isosurface stuffing (Labelle and Shewchuk 2007).

A body-centred cubic lattice of `cell` [m] is cut where the surface crosses its edges. Nodes close
to a crossing move onto it first, which keeps every angle between faces within bounds.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64

from ..jit import exact
from .crossings import is_inside

NEAR_LONG, NEAR_SHORT = 0.24999, 0.41189
"""Shares of an edge within which its node moves to the crossing (their table 1, safe and best)."""
OVERLAP = 1e-2
"""How far beyond an edge's ends a crossing counts as on it [edges]: signs are told 1e-3 beside."""
INSIDE, ON, OUTSIDE = 0, 1, 2
FACE_AXES = ((1, 2), (2, 0), (0, 1))
"""Axes across x, y and z, so that the three are right-handed."""


class Lattice(NamedTuple):
    """Body-centred cubic: the corners and the middles of cubes."""

    nodes: Float64[np.ndarray, "N 3"]
    inside: Bool[np.ndarray, " N"]
    elements: Int64[np.ndarray, "E 4"]
    """Two neighbouring middles, then two neighbouring corners of the face between them."""


def stuffed(
    triangles: Float64[np.ndarray, "F 3 3"], cell: float
) -> tuple[Float64[np.ndarray, "N 3"], Int32[np.ndarray, "E 4"]]:
    """Nodes and positively oriented tetrahedra; none where the surface is thinner than a cell.

    Args:
        triangles: Counter-clockwise seen from outside [m].
        cell: Side of the lattice's cubes [m].
    """
    lattice = _lattice(triangles, cell)
    edges, is_long = _cut_edges(lattice)
    if not len(edges):
        return np.zeros((0, 3)), np.zeros((0, 4), np.int32)
    starts, ends = lattice.nodes[edges[:, 0]], lattice.nodes[edges[:, 1]]
    shares = _first_crossings(starts, ends, triangles)
    sides = np.where(lattice.inside, INSIDE, OUTSIDE)
    nodes = lattice.nodes.copy()
    is_moved = _warp(nodes, edges, shares, np.where(is_long, NEAR_LONG, NEAR_SHORT))
    sides[is_moved] = ON
    kept = ~is_moved[edges].any(1)
    cuts = (starts + shares[:, None] * (ends - starts))[kept]
    first = len(nodes)
    cut_of = {(int(a), int(b)): first + k for k, (a, b) in enumerate(edges[kept])}
    places = np.concatenate([nodes, cuts])
    # Diagonals start at the highest rank: at cuts of long edges, then of short ones.
    rank = np.zeros(len(places), np.int64)
    rank[first:] = np.where(is_long[kept], 2, 1)
    rank = rank * len(places) + np.arange(len(places))
    elements = _filled(lattice.elements, sides, cut_of, rank)
    return _tidied(places, elements)


def _lattice(triangles: Float64[np.ndarray, "F 3 3"], cell: float) -> Lattice:
    low, high = triangles.min((0, 1)), triangles.max((0, 1))
    counts = np.ceil((high - low) / cell).astype(np.int64) + 2  # cubes
    corner = (low + high - counts * cell) / 2  # symmetric bodies get symmetric lattices
    inner = is_inside((triangles - corner) / (cell / 2), 2 * counts + 1)
    at_corners, at_middles = inner[::2, ::2, ::2], inner[1::2, 1::2, 1::2]
    grids = [
        np.stack(np.meshgrid(*map(np.arange, n), indexing="ij"), -1) for n in (counts + 1, counts)
    ]
    nodes = np.concatenate([grids[0].reshape(-1, 3), grids[1].reshape(-1, 3) + 0.5])
    corner_id = np.arange((counts + 1).prod()).reshape(counts + 1)
    middle_id = corner_id.size + np.arange(counts.prod()).reshape(counts)
    elements = np.concatenate([_between(corner_id, middle_id, axis) for axis in range(3)])
    inside = np.concatenate([at_corners.ravel(), at_middles.ravel()])
    return Lattice(corner + cell * nodes, inside, elements[inside[elements].any(1)])


def _between(
    corner_id: Int64[np.ndarray, "X Y Z"], middle_id: Int64[np.ndarray, "I J K"], axis: int
) -> Int64[np.ndarray, "E 4"]:
    """The four tetrahedra around every line between two middles along an axis."""
    order = (axis, *FACE_AXES[axis])
    corners, middles = corner_id.transpose(order), middle_id.transpose(order)
    low, high = middles[:-1].ravel(), middles[1:].ravel()
    face = corners[1:-1]
    ring = [face[:, :-1, :-1], face[:, 1:, :-1], face[:, 1:, 1:], face[:, :-1, 1:]]
    ring = [part.ravel() for part in ring]
    return np.concatenate([np.stack([low, high, ring[k], ring[(k + 1) % 4]], 1) for k in range(4)])


def _cut_edges(lattice: Lattice) -> tuple[Int64[np.ndarray, "K 2"], Bool[np.ndarray, " K"]]:
    """Edges from a node inside to one outside, each once; is it along an axis?"""
    pairs = np.array([(i, j) for i in range(4) for j in range(i)])
    both = lattice.elements[:, pairs].reshape(-1, 2)
    is_long = np.tile(
        [set(pair) in ({0, 1}, {2, 3}) for pair in pairs.tolist()], len(lattice.elements)
    )
    cut = lattice.inside[both[:, 0]] != lattice.inside[both[:, 1]]
    both, is_long = both[cut], is_long[cut]
    turned = np.where(lattice.inside[both[:, :1]], both, both[:, ::-1])
    edges, first = np.unique(turned, axis=0, return_index=True)
    return edges, is_long[first]


def _warp(
    nodes: Float64[np.ndarray, "N 3"],
    edges: Int64[np.ndarray, "K 2"],
    shares: Float64[np.ndarray, " K"],
    near: Float64[np.ndarray, " K"],
) -> Bool[np.ndarray, " N"]:
    """Move nodes onto the nearest crossings that are too close, in place; which moved?"""
    nearer = np.minimum(shares, 1.0 - shares)
    is_moved = np.zeros(len(nodes), bool)
    start = nodes.copy()
    for edge in np.lexsort((np.arange(len(edges)), nearer)):
        if nearer[edge] > near[edge]:
            continue
        a, b = edges[edge]
        if is_moved[a] or is_moved[b]:  # the crossing went with the node
            continue
        mover = a if shares[edge] < 0.5 else b
        nodes[mover] = start[a] + shares[edge] * (start[b] - start[a])
        is_moved[mover] = True
    return is_moved


def _filled(
    elements: Int64[np.ndarray, "E 4"],
    sides: Int64[np.ndarray, " N"],
    cut_of: dict[tuple[int, int], int],
    rank: Int64[np.ndarray, " P"],
) -> Int64[np.ndarray, "T 4"]:
    """What of every tetrahedron lies inside, in tetrahedra, of either orientation."""
    elements = elements[(sides[elements] == INSIDE).any(1)]
    order = np.lexsort((elements, sides[elements]), axis=1)
    sorted_ = np.take_along_axis(elements, order, axis=1)
    inner = (sides[sorted_] == INSIDE).sum(1)
    outer = (sides[sorted_] == OUTSIDE).sum(1)

    def cuts(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        return np.array(
            [cut_of[a, b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)], np.int64
        )

    pieces = [sorted_[outer == 0]]
    for count in (1, 2, 3):
        one = sorted_[(inner == 1) & (outer == count)]
        kept = [one[:, k] if k < 4 - count else cuts(one[:, 0], one[:, k]) for k in range(4)]
        pieces.append(np.stack(kept, 1))
    p, q, on, out = sorted_[(inner == 2) & (outer == 1)].T
    pieces.append(_pyramids(on, (p, q, cuts(q, out), cuts(p, out)), rank))
    p, q, out, far = sorted_[(inner == 2) & (outer == 2)].T
    pieces.append(_prisms((p, cuts(p, out), cuts(p, far)), (q, cuts(q, out), cuts(q, far)), rank))
    p, q, r, out = sorted_[(inner == 3) & (outer == 1)].T
    pieces.append(_prisms((p, q, r), (cuts(p, out), cuts(q, out), cuts(r, out)), rank))
    return np.concatenate(pieces)


Column = Int64[np.ndarray, " E"]


def _pyramids(
    top: Column, base: tuple[Column, Column, Column, Column], rank: Int64[np.ndarray, " P"]
) -> Int64[np.ndarray, "T 4"]:
    """Split along the base's diagonal that ends at its highest rank."""
    a, b, c, d = _quad(base, rank)
    return np.concatenate([np.stack([top, a, b, c], 1), np.stack([top, a, c, d], 1)])


def _quad(
    ring: tuple[Column, ...], rank: Int64[np.ndarray, " P"]
) -> tuple[Column, Column, Column, Column]:
    """Turn quadrilaterals so that the corner of highest rank is the first."""
    table = np.stack(ring, 1)
    first = rank[table].argmax(1)
    turned = np.take_along_axis(table, (first[:, None] + np.arange(4)) % 4, axis=1)
    a, b, c, d = turned.T
    return a, b, c, d


def _prisms(
    low: tuple[Column, Column, Column],
    high: tuple[Column, Column, Column],
    rank: Int64[np.ndarray, " P"],
) -> Int64[np.ndarray, "T 4"]:
    """Split every side along the diagonal that ends at its corner of highest rank.

    The corner of highest rank of all sees the triangle and the side that it is not part of.
    """
    table = np.stack([*low, *high], 1)
    first = rank[table].argmax(1)
    around = (first[:, None] % 3 + np.arange(3)) % 3
    own = np.where(first >= 3, 3, 0)[:, None]
    a = np.take_along_axis(table, around + own, axis=1)
    b = np.take_along_axis(table, around + 3 - own, axis=1)
    p, q, r, s = _quad((a[:, 1], a[:, 2], b[:, 2], b[:, 1]), rank)
    top = a[:, 0]
    return np.concatenate(
        [
            np.stack([top, b[:, 0], b[:, 1], b[:, 2]], 1),
            np.stack([top, p, q, r], 1),
            np.stack([top, p, r, s], 1),
        ]
    )


def _tidied(
    places: Float64[np.ndarray, "P 3"], elements: Int64[np.ndarray, "T 4"]
) -> tuple[Float64[np.ndarray, "N 3"], Int32[np.ndarray, "T 4"]]:
    """Only nodes in use, every element positively oriented, in an order fit for caches."""
    used, elements = np.unique(elements, return_inverse=True)
    elements = elements.reshape(-1, 4)
    nodes = places[used]
    order = np.lexsort(nodes.round(12).T)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    elements, nodes = rank[elements], nodes[order]
    a, b, c, d = nodes[elements].transpose(1, 0, 2)
    flipped = np.einsum("ei,ei->e", np.cross(b - a, c - a), d - a) < 0
    elements[flipped] = elements[flipped][:, [0, 1, 3, 2]]
    return nodes, elements[np.lexsort(elements.T[::-1])].astype(np.int32)


@exact
def _first_crossings(
    starts: np.ndarray, ends: np.ndarray, triangles: np.ndarray
) -> Float64[np.ndarray, " K"]:
    """Share of the way from start to end at which the first triangle is met; 0.5 if none is."""
    lows, highs = np.empty((len(triangles), 3)), np.empty((len(triangles), 3))
    for f in range(len(triangles)):
        for e in range(3):
            a, b, c = triangles[f, 0, e], triangles[f, 1, e], triangles[f, 2, e]
            lows[f, e], highs[f, e] = min(a, b, c), max(a, b, c)
    found = np.full(len(starts), np.inf)
    for k in range(len(starts)):
        way = ends[k] - starts[k]
        margin = OVERLAP * np.abs(way).max()
        low = np.minimum(starts[k], ends[k]) - margin
        high = np.maximum(starts[k], ends[k]) + margin
        for f in range(len(triangles)):
            if (
                lows[f, 0] > high[0]
                or highs[f, 0] < low[0]
                or lows[f, 1] > high[1]
                or highs[f, 1] < low[1]
                or lows[f, 2] > high[2]
                or highs[f, 2] < low[2]
            ):
                continue
            share = _meeting(starts[k], way, triangles[f])
            if share < found[k]:
                found[k] = share
        found[k] = min(max(found[k], 0.0), 1.0) if found[k] < np.inf else 0.5
    return found


@exact
def _meeting(start: np.ndarray, way: np.ndarray, triangle: np.ndarray) -> float:
    """Where a segment meets a triangle (Moeller and Trumbore 1997) [its lengths]; +inf: nowhere."""
    b, c, s = triangle[1] - triangle[0], triangle[2] - triangle[0], start - triangle[0]
    across = np.cross(way, c)
    size = (b * across).sum()
    if size == 0.0:
        return np.inf
    u = (s * across).sum() / size
    other = np.cross(s, b)
    v = (way * other).sum() / size
    share = (c * other).sum() / size
    slack = 1e-9
    if u < -slack or v < -slack or u + v > 1.0 + slack:
        return np.inf
    return share if -OVERLAP <= share <= 1.0 + OVERLAP else np.inf
