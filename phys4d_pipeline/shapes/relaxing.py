"""Tetrahedra in a mesh -> the same with nodes on its corners and creases, and higher ones.

Nodes move one by one, only where the lowest tetrahedron around them stays high enough or grows:
the lower a tetrahedron, the shorter the steps in which waves through it can be followed.
"""

import numpy as np
from jaxtyping import Float64, Int, Int64

from ..jit import exact
from .creases import creases
from .nearest import on_triangle
from .solid import Mesh

INNER, SURFACE, CREASE, CORNER = 0, 1, 2, 3
SWEEPS = 6
"""Over all nodes, after which heights grow by less than a per cent a sweep."""
ROUNDS = 3
"""Of putting nodes on creases and relaxing: what did not fit before may then."""
LOWEST = 0.12
"""Of a tetrahedron, for the sake of a corner or crease [cells]; relaxing makes it higher."""
REACH = 0.9
"""How far nodes move to a corner or crease [cells]."""
STEPS = (1.0, 0.5, 0.25)
"""Shares of the way to the middle of its neighbours that a node tries."""


def relaxed(
    nodes: Float64[np.ndarray, "N 3"],
    elements: Int[np.ndarray, "E 4"],
    faces: Int[np.ndarray, "F 3"],
    mesh: Mesh,
    cell: float,
) -> Float64[np.ndarray, "N 3"]:
    """Where the nodes go.

    Args:
        nodes: [m]
        elements: Positively oriented.
        faces: Of the boundary, whose nodes lie on the mesh.
        mesh: Closed.
        cell: [m]
    """
    found = creases(mesh)
    triangles = mesh.vertices[mesh.faces]
    nodes = nodes.copy()
    sides = np.full(len(nodes), INNER)
    sides[faces] = SURFACE
    around = _lists(elements, len(nodes))
    boundary = np.flatnonzero(sides == SURFACE)
    near = _near(nodes, sides, triangles.min(1), triangles.max(1), 2 * cell)
    lines = found.edges
    near_lines = _near(nodes, sides, lines.min(1), lines.max(1), 2 * cell)
    links = np.unique(np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    table = elements.astype(np.int64)
    for _ in range(ROUNDS):
        _to_corners(nodes, sides, boundary, found.corners, table, around, cell)
        _to_creases(
            nodes,
            sides,
            links,
            (triangles, *near, found.patches),
            (lines, *near_lines),
            table,
            around,
            cell,
        )
        _sweep(nodes, sides, (triangles, *near), (lines, *near_lines), table, around, SWEEPS)
    return nodes


def _lists(
    elements: Int[np.ndarray, "E 4"], count: int
) -> tuple[Int64[np.ndarray, " M"], Int64[np.ndarray, " L"]]:
    """Elements around every node: those of node n are rows first[n] to first[n + 1]."""
    owners = elements.ravel()
    rows = np.argsort(owners, kind="stable") // 4
    first = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=count))])
    return first.astype(np.int64), rows.astype(np.int64)


@exact
def _near(nodes, sides, lows, highs, reach):
    """Boxes within reach of every node of the surface, in the layout of `_lists`."""
    first = np.zeros(len(nodes) + 1, np.int64)
    rows = np.empty(0, np.int64)
    for stage in range(2):
        if stage:
            rows = np.empty(first[len(nodes)], np.int64)
        total = 0
        for n in range(len(nodes)):
            first[n] = total
            if sides[n] == INNER:
                continue
            for k in range(len(lows)):
                far = 0.0
                for e in range(3):
                    off = max(lows[k, e] - nodes[n, e], nodes[n, e] - highs[k, e], 0.0)
                    far += off * off
                if far <= reach * reach:
                    if stage:
                        rows[total] = k
                    total += 1
        first[len(nodes)] = total
    return first, rows


@exact
def _nearest(place, n, surface):
    """Nearest point of the triangles or lines near node n, and which it is on; -1: none is."""
    triangles, first, rows = surface[0], surface[1], surface[2]
    best, which = np.inf, -1
    x, y, z = place[0], place[1], place[2]
    for row in range(first[n], first[n + 1]):
        corners = triangles[rows[row]]
        if len(corners) == 2:
            dx, dy, dz = _on_line(place, corners)
        else:
            dx, dy, dz = on_triangle(place[0], place[1], place[2], corners)
        square = dx * dx + dy * dy + dz * dz
        if square < best:
            best, which = square, rows[row]
            x, y, z = place[0] - dx, place[1] - dy, place[2] - dz
    return x, y, z, which


@exact
def _on_line(place, ends):
    """From the nearest point of a line to a place."""
    way, off = ends[1] - ends[0], place - ends[0]
    share = min(max((way * off).sum() / (way * way).sum(), 0.0), 1.0)
    return off[0] - share * way[0], off[1] - share * way[1], off[2] - share * way[2]


@exact
def _lowest(nodes, n, elements, around):
    """Least height of the elements around a node [m]; below 0 where one is turned inside out."""
    least = np.inf
    for row in range(around[0][n], around[0][n + 1]):
        e = elements[around[1][row]]
        a, b, c, d = nodes[e[0]], nodes[e[1]], nodes[e[2]], nodes[e[3]]
        bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        cx, cy, cz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        dx, dy, dz = d[0] - a[0], d[1] - a[1], d[2] - a[2]
        px, py, pz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
        qx, qy, qz = cy * dz - cz * dy, cz * dx - cx * dz, cx * dy - cy * dx
        rx, ry, rz = dy * bz - dz * by, dz * bx - dx * bz, dx * by - dy * bx
        sx, sy, sz = px + qx + rx, py + qy + ry, pz + qz + rz
        largest = max(
            px * px + py * py + pz * pz,
            qx * qx + qy * qy + qz * qz,
            rx * rx + ry * ry + rz * rz,
            sx * sx + sy * sy + sz * sz,
        )
        least = min(least, (px * dx + py * dy + pz * dz) / np.sqrt(largest))
    return least


@exact
def _moved(nodes, n, x, y, z, elements, around, lowest):
    """Move a node if everything around it stays higher than `lowest` [m]; was it moved?"""
    ox, oy, oz = nodes[n, 0], nodes[n, 1], nodes[n, 2]
    nodes[n, 0], nodes[n, 1], nodes[n, 2] = x, y, z
    if _lowest(nodes, n, elements, around) > lowest:
        return True
    nodes[n, 0], nodes[n, 1], nodes[n, 2] = ox, oy, oz
    return False


@exact
def _to_corners(nodes, sides, boundary, corners, elements, around, cell):
    for c in range(len(corners)):
        x, y, z = corners[c]
        squares = np.empty(len(boundary))
        for k in range(len(boundary)):
            n = boundary[k]
            dx, dy, dz = nodes[n, 0] - x, nodes[n, 1] - y, nodes[n, 2] - z
            squares[k] = dx * dx + dy * dy + dz * dz
        if squares.min() == 0.0:  # there is one already
            continue
        for _ in range(4):
            k = squares.argmin()
            if squares[k] > (REACH * cell) ** 2:
                break
            n = boundary[k]
            if sides[n] < CORNER and _moved(nodes, n, x, y, z, elements, around, LOWEST * cell):
                sides[n] = CORNER
                break
            squares[k] = np.inf


@exact
def _to_creases(nodes, sides, links, surface, lines, elements, around, cell):
    """Where an edge of the boundary leads over a crease, one of its ends moves onto it."""
    patches = surface[3]
    patch = np.full(len(nodes), -1)
    for n in range(len(nodes)):
        if sides[n] == SURFACE:
            which = _nearest(nodes[n], n, (surface[0], surface[1], surface[2]))[3]
            patch[n] = patches[which] if which >= 0 else -1
    for k in range(len(links)):
        a, b = links[k]
        if sides[a] != SURFACE or sides[b] != SURFACE or patch[a] == patch[b]:
            continue
        places = np.empty((2, 3))
        far = np.full(2, np.inf)
        for end in range(2):
            n = links[k, end]
            x, y, z, which = _nearest(nodes[n], n, lines)
            if which >= 0:
                places[end] = x, y, z
                far[end] = np.sqrt(((places[end] - nodes[n]) ** 2).sum())
        order = (0, 1) if far[0] <= far[1] else (1, 0)
        for end in order:
            n = links[k, end]
            if far[end] < REACH * cell and _moved(
                nodes,
                n,
                places[end, 0],
                places[end, 1],
                places[end, 2],
                elements,
                around,
                LOWEST * cell,
            ):
                sides[n] = CREASE
                break


@exact
def _sweep(nodes, sides, surface, lines, elements, around, sweeps):
    """Nodes towards the middle of their neighbours, on the surface or crease that they are on."""
    place = np.empty(3)
    for _ in range(sweeps):
        for n in range(len(nodes)):
            if sides[n] == CORNER or around[0][n] == around[0][n + 1]:
                continue
            middle, count = np.zeros(3), 0
            for row in range(around[0][n], around[0][n + 1]):
                for corner in elements[around[1][row]]:
                    if corner != n and (sides[corner] >= sides[n]):
                        middle += nodes[corner]
                        count += 1
            if count == 0:
                continue
            middle /= count
            start = nodes[n].copy()
            for share in STEPS:
                lowest = _lowest(nodes, n, elements, around)
                for e in range(3):
                    place[e] = start[e] + share * (middle[e] - start[e])
                x, y, z = place[0], place[1], place[2]
                if sides[n] == SURFACE:
                    x, y, z, _ = _nearest(place, n, surface)
                elif sides[n] == CREASE:
                    x, y, z, _ = _nearest(place, n, lines)
                if _moved(nodes, n, x, y, z, elements, around, lowest):
                    break
