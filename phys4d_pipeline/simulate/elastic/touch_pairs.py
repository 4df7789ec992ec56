"""Surfaces of soft things -> lists of vertices near faces, and of edges near edges.

A surface is all skins and all boundary faces of soft bodies in one; vertices and segments of ropes
are in it too, without faces. Lists hold what may touch before they are made anew; what a contact
remembers stays with it. What is near at rest is left to touch only where it comes nearer than
REST_SHARE of that distance: neighbours in a mesh, however fine, never push each other at rest.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from ...jit import exact, exact_borrowing, exact_part
from ..boxes import (
    Around,
    Boxes,
    boxes,
    hits,
    look_around,
    points_among,
    put_in_order,
    room_around,
)
from ..world.contacts import nearest
from ..world.model import Points
from .model import Touch, Touches
from .touch_geometry import on_face

REST_SHARE = 0.8
"""Of the distance at rest at which two elements of one body touch at most [1]: fabrics that are
squeezed in their plane by a fifth have folded long before."""
EVEN_SHARE = 1e-2 / 4
"""Of the squared lengths of two edges: what the square of their distance is overestimated by, at
most, by `nearest`, which draws the place to their middles."""
FIRST_ROOM = 1024


def no_touches() -> Touches:
    """An empty list."""
    none, rows = np.empty(0, np.int64), np.empty((0, 3))
    return Touches(none, none.copy(), np.empty(0), np.empty(0), rows, rows.copy())


@exact
def by_rows(
    pairs: np.ndarray, reach: np.ndarray, count: int, rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """The first few pairs in rising order, and their reaches; those of one row are in order."""
    first = np.zeros(rows + 1, np.int64)
    for k in range(count):
        first[pairs[k, 0] + 1] += 1
    for row in range(rows):
        first[row + 1] += first[row]
    put, far = np.empty((count, 2), np.int64), np.empty(count)
    for k in range(count):
        at = first[pairs[k, 0]]
        put[at, 0], put[at, 1], far[at] = pairs[k, 0], pairs[k, 1], reach[k]
        first[pairs[k, 0]] += 1
    return put, far


@exact
def with_memory(pairs: np.ndarray, reach: np.ndarray, old: Touches) -> Touches:
    """Pairs as found, with the sides and slips that they had in the old list."""
    count = len(pairs)
    new = Touches(
        pairs[:, 0].copy(),
        pairs[:, 1].copy(),
        reach.copy(),
        np.full(count, -np.inf),
        np.zeros((count, 3)),
        np.zeros((count, 3)),
    )
    k = 0
    for row in range(len(new.one)):
        a, b = new.one[row], new.other[row]
        while k < len(old.one) and (old.one[k] < a or (old.one[k] == a and old.other[k] < b)):
            k += 1
        if k < len(old.one) and old.one[k] == a and old.other[k] == b:
            new.due[row] = old.due[k]
            new.way[row] = old.way[k]
            new.slip[row] = old.slip[k]
    return new


@exact
def room_for(old: Touches) -> tuple[np.ndarray, np.ndarray]:
    """For about as many pairs as there were, and their reaches."""
    count = FIRST_ROOM + len(old.one)
    return np.empty((count, 2), np.int64), np.empty(count)


@exact
def longer(pairs: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Twice the room for pairs."""
    more, further = np.empty((2 * len(pairs), 2), np.int64), np.empty(2 * len(reach))
    more[: len(pairs)] = pairs
    further[: len(reach)] = reach
    return more, further


@exact_part
def _square(a: np.ndarray, b: np.ndarray) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return x * x + y * y + z * z


@exact_borrowing
def face_distance(place: np.ndarray, spot: np.ndarray, a: int, b: int, c: int) -> float:
    """Of a spot from a triangle [m]."""
    u, v, w, _ = on_face(spot, place[a], place[b], place[c])
    square = 0.0
    for axis in range(3):
        x = spot[axis] - u * place[a, axis] - v * place[b, axis] - w * place[c, axis]
        square += x * x
    return np.sqrt(square)


@exact_borrowing
def edge_gap(place: np.ndarray, a: int, b: int, c: int, d: int) -> float:
    """Distance of two edges, at least [m]."""
    s, t = nearest(place[a], place[b], place[c], place[d])
    square = 0.0
    for axis in range(3):
        x = place[a, axis] + s * (place[b, axis] - place[a, axis])
        x -= place[c, axis] + t * (place[d, axis] - place[c, axis])
        square += x * x
    lengths = _square(place[a], place[b]) + _square(place[c], place[d])
    return np.sqrt(max(0.0, square - EVEN_SHARE * lengths))


class Kin(NamedTuple):
    """Of elements of one kind: what tells which of them are near each other at rest."""

    middle: Float64[np.ndarray, "K 3"]
    """At rest [m]."""
    half: Float64[np.ndarray, " K"]
    """Distance of the farthest corner from there [m]."""


@exact
def _kin(rest: np.ndarray, elements: np.ndarray) -> Kin:
    K, C = elements.shape
    middle, half = np.zeros((K, 3)), np.zeros(K)
    for k in range(K):
        for axis in range(3):
            for corner in elements[k]:
                middle[k, axis] += rest[corner, axis] / C
        for corner in elements[k]:
            half[k] = max(half[k], np.sqrt(_square(rest[corner], middle[k])))
    return Kin(middle, half)


@exact_part
def _is_close(one: Kin, a: int, other: Kin, b: int, reach: float) -> bool:
    """May two elements of one body touch at rest?"""
    square = 0.0
    for axis in range(3):
        square += (one.middle[a, axis] - other.middle[b, axis]) ** 2
    return square < (one.half[a] + other.half[b] + reach / REST_SHARE) ** 2


@exact
def vertex_touches(touch: Touch, points: Points, skin: float, old: Touches) -> Touches:
    """(vertex, face) nearer than their contact distance and the skin."""
    place, rest, vertices, faces = points.place, touch.rest, touch.vertices, touch.faces
    pairs, reaches = room_for(old)
    margin = 2.0 * points.radius.max() + skin
    kin, own = _kin(rest, faces), _kin(rest, vertices.reshape(-1, 1))
    grid, near = boxes(place, faces, margin), np.empty(max(len(faces), 1), np.int64)
    spots, around, at, count = points_among(grid, place, vertices), room_around(grid), 0, 0
    while True:
        at, count = _pair_faces(
            touch, points, skin, margin, own, kin, grid, spots, around, near, pairs, reaches,
            at, count,
        )  # fmt: skip
        if at == len(vertices):
            break
        pairs, reaches = longer(pairs, reaches)
    return with_memory(*by_rows(pairs, reaches, count, len(vertices)), old)


@exact_part
def _pair_faces(
    touch: Touch, points: Points, skin: float, margin: float, own: Kin, kin: Kin,
    grid: Boxes, spots: Boxes, around: Around, near: np.ndarray,
    pairs: np.ndarray, reaches: np.ndarray, first: int, count: int,
) -> tuple[int, int]:  # fmt: skip
    """Fill in pairs of vertices, cell by cell; where there was no room for more, the count."""
    place, rest, faces = points.place, touch.rest, touch.faces
    for at in range(first, len(touch.vertices)):
        row = spots.order[at]
        i, here = touch.vertices[row], 0
        look_around(grid, around, spots.cells[at])
        for k in range(hits(around, place[i], place[i], margin, 0, near)):
            f = near[k]
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            if i in (a, b, c):
                continue
            near[here] = f
            here += 1
        if count + here > len(pairs):
            return at, count
        put_in_order(near, here)
        for f in near[:here]:
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            reach = float(points.radius[i] + points.radius[a])
            if points.owner[i] == points.owner[a] and _is_close(own, row, kin, f, reach):
                reach = min(reach, REST_SHARE * face_distance(rest, rest[i], a, b, c))
            if face_distance(place, place[i], a, b, c) > reach + skin:
                continue
            pairs[count, 0], pairs[count, 1], reaches[count] = row, f, reach
            count += 1
    return len(touch.vertices), count


@exact
def edge_touches(touch: Touch, points: Points, skin: float, old: Touches) -> Touches:
    """(edge, later edge) nearer than their contact distance and the skin; not of two ropes."""
    place, edges = points.place, touch.edges
    pairs, reaches = room_for(old)
    margin, kin = 2.0 * points.radius.max() + skin, _kin(touch.rest, edges)
    grid, near = boxes(place, edges, margin), np.empty(max(len(edges), 1), np.int64)
    around, at, count = room_around(grid), 0, 0
    while True:
        at, count = _pair_edges(
            touch, points, skin, margin, kin, grid, around, near, pairs, reaches, at, count
        )
        if at == len(edges):
            break
        pairs, reaches = longer(pairs, reaches)
    return with_memory(*by_rows(pairs, reaches, count, len(edges)), old)


@exact_part
def _pair_edges(
    touch: Touch, points: Points, skin: float, margin: float, kin: Kin, grid: Boxes,
    around: Around, near: np.ndarray, pairs: np.ndarray, reaches: np.ndarray,
    first: int, count: int,
) -> tuple[int, int]:  # fmt: skip
    """Fill in pairs of edges, cell by cell; where there was no room for more, the count."""
    place, rest, edges = points.place, touch.rest, touch.edges
    for at in range(first, len(edges)):
        row = grid.order[at]
        a, b, here = edges[row, 0], edges[row, 1], 0
        look_around(grid, around, grid.cells[at])
        for k in range(hits(around, grid.low[at], grid.high[at], margin, row + 1, near)):
            e = near[k]
            c, d = edges[e, 0], edges[e, 1]
            if a in (c, d) or b in (c, d) or (points.chain[a] >= 0 and points.chain[c] >= 0):
                continue
            near[here] = e
            here += 1
        if count + here > len(pairs):
            return at, count
        put_in_order(near, here)
        for e in near[:here]:
            c, d = edges[e, 0], edges[e, 1]
            reach = float(points.radius[a] + points.radius[c])
            if points.owner[a] == points.owner[c] and _is_close(kin, row, kin, e, reach):
                reach = min(reach, REST_SHARE * edge_gap(rest, a, b, c, d))
            if edge_gap(place, a, b, c, d) > reach + skin:
                continue
            pairs[count, 0], pairs[count, 1], reaches[count] = row, e, reach
            count += 1
    return len(edges), count
