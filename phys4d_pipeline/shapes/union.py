"""Pieces that touch or overlap -> the closed surface of their union, and its convex parts.

Every polygon of a piece loses what lies inside the other pieces; where two surfaces coincide one of
them stays if they face the same way, none if they face each other. Normals are carried along, so
round pieces stay smooth up to the seams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from .solid import ConvexPart, Mesh, hull_planes

ON_PLANE = 1e-9
"""Share of the size of the drawing within which a corner lies on a plane [1]: rounding."""
AT_ONE_PLACE = 1e-7
"""The same for two corners: cuts of shallow angles differ by more than rounding [1]."""
STRAIGHT = 1e-6
"""Sine of the turn below which a polygon goes straight on at a corner [1]."""

Polygon = Float64[np.ndarray, "_ 6"]
"""Corners [m] and unit normals; planar, convex, counter-clockwise seen from outside."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """One closed surface of a drawing, and what it is made of."""

    polygons: tuple[Polygon, ...]
    cells: tuple[ConvexPart, ...]
    """Hulls whose union is exactly what the polygons enclose."""
    parts: tuple[ConvexPart, ...] = ()
    """What collides, if it is coarser than the cells."""

    @staticmethod
    def of(mesh: Mesh, cells: Sequence[ConvexPart], parts: Sequence[ConvexPart] = ()) -> "Piece":
        """A piece whose polygons are the triangles of a mesh, by twos where they are flat."""
        rows = np.column_stack([mesh.vertices, mesh.normals])
        polygons, faces, k = [], mesh.faces, 0
        while k < len(faces):
            ids = list(faces[k])
            if k + 1 < len(faces) and _is_flat(mesh, faces[k], faces[k + 1]):
                ids.append(faces[k + 1][2])
                k += 1
            polygons.append(rows[ids])
            k += 1
        return Piece(polygons=tuple(polygons), cells=tuple(cells), parts=tuple(parts))

    def moved(
        self, shift: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0), turn: Rotation | None = None
    ) -> "Piece":
        """The piece after a rotation about the origin, then a shift."""
        turn = turn or Rotation.identity()
        offset = np.array(shift, np.float64)
        return Piece(
            polygons=tuple(
                np.column_stack([turn.apply(one[:, :3]) + offset, turn.apply(one[:, 3:])])
                for one in self.polygons
            ),
            cells=tuple(cell.moved(turn, offset) for cell in self.cells),
            parts=tuple(part.moved(turn, offset) for part in self.parts),
        )

    def stretched(self, factors: Sequence[float]) -> "Piece":
        """The piece after scaling along x, y and z by positive factors."""
        scale = np.array(factors, np.float64)

        def stretch(part: ConvexPart) -> ConvexPart:
            return ConvexPart(kind="hull", points=part.points * scale)

        polygons = []
        for one in self.polygons:
            normals = one[:, 3:] / scale
            normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
            polygons.append(np.column_stack([one[:, :3] * scale, normals]))
        return Piece(
            polygons=tuple(polygons),
            cells=tuple(stretch(cell) for cell in self.cells),
            parts=tuple(stretch(part) for part in self.parts),
        )


def _is_flat(mesh: Mesh, one: np.ndarray, other: np.ndarray) -> bool:
    """Are two triangles a, b, c and a, c, d one flat quadrilateral?"""
    if one[0] != other[0] or one[2] != other[1]:
        return False
    a, b, c, d = mesh.vertices[[*one, other[2]]]
    normal = np.cross(b - a, c - a)
    reach = max(np.abs(b - a).max(), np.abs(c - a).max(), np.abs(d - a).max())
    return bool(abs(normal @ (d - a)) <= ON_PLANE * reach * np.linalg.norm(normal))


def union(pieces: Sequence[Piece]) -> tuple[Mesh, list[ConvexPart]]:
    """The surface around all pieces, and all their convex parts."""
    size = max(np.abs(one[:, :3]).max() for piece in pieces for one in piece.polygons)
    polygons = []
    for index, piece in enumerate(pieces):
        others = [
            (cell, index < other)
            for other in range(len(pieces))
            if other != index
            for cell in pieces[other].cells
        ]
        polygons += _outside(piece.polygons, others, ON_PLANE * size)
    parts = [part for piece in pieces for part in (piece.parts or piece.cells)]
    return _stitched(polygons, AT_ONE_PLACE * size), parts


def _outside(
    polygons: Sequence[Polygon], cells: Sequence[tuple[ConvexPart, bool]], near: float
) -> list[Polygon]:
    """What of the polygons is not in the cells; each cell says if coinciding faces stay."""
    if not cells:
        return list(polygons)
    lows = np.array([cell.points.min(0) for cell, _ in cells]) - near
    highs = np.array([cell.points.max(0) for cell, _ in cells]) + near
    left = []
    for whole in polygons:
        corners = whole[:, :3]
        meets = ((corners.max(0) >= lows) & (corners.min(0) <= highs)).all(1)
        fragments = [whole]
        for number in np.flatnonzero(meets).tolist():
            cell, keeps_shared = cells[number]
            planes = hull_planes(cell)
            fragments = [
                rest
                for fragment in fragments
                for rest in _minus(fragment, planes, keeps_shared, near)
            ]
        left += fragments
    return left


def _minus(
    polygon: Polygon, planes: Float64[np.ndarray, "F 4"], keeps_shared: bool, near: float
) -> list[Polygon]:
    """Convex pieces of a polygon outside a hull, given as planes with outward normals."""
    heights = polygon[:, :3] @ planes[:, :3].T + planes[:, 3]
    within = np.abs(heights).max(0) <= near
    if (heights.min(0) >= -near)[~within].any():
        return [polygon]
    facing = planes[:, :3] @ _normal(polygon) > 0
    if keeps_shared and (within & facing).any():
        return [polygon]
    cutting = planes[(heights.max(0) > near) & ~within]
    inside: Polygon | None = polygon
    for plane in cutting:
        inside = _split(inside, plane, near)[1]
        if inside is None:
            return [polygon]
    # Planes without an edge of the cut-out would only cut the rest into splinters.
    bounds = np.abs(inside[:, :3] @ cutting[:, :3].T + cutting[:, 3]) <= 2 * near
    kept, rest = [], polygon
    for plane in cutting[(bounds & np.roll(bounds, -1, axis=0)).any(0)]:
        outside, rest = _split(rest, plane, near)
        if outside is not None:
            kept.append(outside)
        if rest is None:
            break
    return kept


def _split(
    polygon: Polygon, plane: Float64[np.ndarray, "4"], near: float
) -> tuple[Polygon | None, Polygon | None]:
    """What of a convex polygon lies outside and inside of a plane."""
    heights = polygon[:, :3] @ plane[:3] + plane[3]
    if heights.max() <= near:
        return None, polygon
    if heights.min() >= -near:
        return polygon, None
    outside, inside = [], []
    for k, height in enumerate(heights):
        after = (k + 1) % len(polygon)
        if height >= -near:
            outside.append(polygon[k])
        if height <= near:
            inside.append(polygon[k])
        if min(height, heights[after]) < -near and max(height, heights[after]) > near:
            share = height / (height - heights[after])
            crossing = (1 - share) * polygon[k] + share * polygon[after]
            outside.append(crossing)
            inside.append(crossing)
    return np.array(outside), np.array(inside)


def _normal(polygon: Polygon) -> Float64[np.ndarray, "3"]:
    offsets = polygon[:, :3] - polygon[0, :3]
    return np.cross(offsets[1:-1], offsets[2:]).sum(0)


def _stitched(polygons: Sequence[Polygon], near: float) -> Mesh:
    """One closed mesh: corners at one place are one, and no corner lies on another's edge."""
    rows = np.concatenate(polygons)
    places, place_of = _places(rows[:, :3], near)
    starts = np.cumsum([0, *map(len, polygons)])
    rings = []
    for first, stop in pairwise(starts):
        ring = [
            k
            for k in range(first, stop)
            if place_of[k] != place_of[first + (k + 1 - first) % (stop - first)]
        ]
        if len(ring) > 2:
            rings.append((place_of[ring], rows[ring, 3:]))
    rings = _with_seams(rings, places, near)
    corners = [triangle for ring in rings for triangle in _triangles(ring, places, near)]
    return _indexed(np.array(corners))


def _places(
    points: Float[np.ndarray, "N 3"], near: float
) -> tuple[Float64[np.ndarray, "P 3"], Int64[np.ndarray, " N"]]:
    """Distinct places, and which of them every point is at."""
    pairs = KDTree(points).query_pairs(near, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(points), len(points)))
    _, labels = connected_components(links, directed=False)
    _, first, place_of = np.unique(labels, return_index=True, return_inverse=True)
    return points[first], place_of.ravel().astype(np.int64)


Ring = tuple[Int64[np.ndarray, " _"], Float64[np.ndarray, "_ 3"]]
"""A polygon by the places of its corners, and its normals there."""


def _with_seams(rings: list[Ring], places: Float64[np.ndarray, "P 3"], near: float) -> list[Ring]:
    """Add to every edge the corners of neighbours that lie on it."""
    edges = {pair for ids, _ in rings for pair in _sides(ids)}
    ends = np.unique([end for a, b in edges if (b, a) not in edges for end in (a, b)]).astype(int)
    seamed = []
    for ids, normals in rings:
        new_ids, new_normals = [], []
        for k, (a, b) in enumerate(_sides(ids)):
            new_ids.append(a)
            new_normals.append(normals[k])
            if (b, a) in edges:
                continue
            for share, place in _between(a, b, ends, places, near):
                mixed = (1 - share) * normals[k] + share * normals[(k + 1) % len(ids)]
                new_ids.append(place)
                new_normals.append(mixed)
        seamed.append((np.array(new_ids), np.array(new_normals)))
    return seamed


def _sides(ids: Int64[np.ndarray, " K"]) -> list[tuple[int, int]]:
    numbers = ids.tolist()
    return list(zip(numbers, numbers[1:] + numbers[:1], strict=True))


def _between(
    a: int, b: int, candidates: Int64[np.ndarray, " C"], places: np.ndarray, near: float
) -> list[tuple[float, int]]:
    """Candidates on the open segment from a to b, in order, with their share of the way."""
    way = places[b] - places[a]
    length = np.linalg.norm(way)
    offsets = places[candidates] - places[a]
    along = offsets @ way / length
    off = np.linalg.norm(offsets - along[:, None] * way / length, axis=1)
    on_it = (off <= near) & (along > near) & (along < length - near)
    return sorted(zip(along[on_it] / length, candidates[on_it].tolist(), strict=True))


def _triangles(ring: Ring, places: np.ndarray, near: float) -> list[np.ndarray]:
    """(3, 6) corners: a fan from a corner, or from the middle if edges have corners on them."""
    ids, normals = ring
    corners = np.column_stack([places[ids], normals])
    # Spelt out: numpy's roll, cross and norm took most of the time of a union of balls.
    after = [*range(1, len(ids)), 0]
    steps = corners[after, :3] - corners[:, :3]
    steps /= np.sqrt((steps * steps).sum(1))[:, None]
    ahead, left = steps[after][:, [1, 2, 0]], steps[after][:, [2, 0, 1]]
    turns = steps[:, [1, 2, 0]] * left - steps[:, [2, 0, 1]] * ahead
    if ((turns * turns).sum(1) < STRAIGHT**2).any():
        middle = corners.mean(0)
        if _width(corners[:, :3]) <= near:
            return []
        return [np.array([middle, a, b]) for a, b in zip(corners, corners[after], strict=True)]
    return [np.array([corners[0], corners[k], corners[k + 1]]) for k in range(1, len(ids) - 1)]


def _width(points: np.ndarray) -> float:
    """Of a polygon across its longest extent [m]."""
    offsets = points - points[0]
    far = offsets[np.argmax((offsets**2).sum(1))]
    return float(np.linalg.norm(np.cross(offsets, far), axis=1).max() / np.linalg.norm(far))


def _indexed(corners: Float64[np.ndarray, "F 3 6"]) -> Mesh:
    """Triangles that share a corner and its normal share the vertex."""
    rows = corners.reshape(-1, 6)
    rows[:, 3:] /= np.linalg.norm(rows[:, 3:], axis=1, keepdims=True)
    scale = np.abs(rows[:, :3]).max()
    keys = np.column_stack([rows[:, :3] / scale, rows[:, 3:] * 1e-3]).round(9) + 0.0
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return Mesh(
        vertices=rows[first, :3],
        faces=where.reshape(-1, 3).astype(np.int32),
        normals=rows[first, 3:],
    )
