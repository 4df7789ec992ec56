"""Share of filled space on a lattice -> the surface of level one half.

Surface nets (Gibson 1998): one vertex in every cell that the surface passes, at the mean of where
it crosses the cell's edges; a quadrilateral around every edge of the lattice that it crosses.
"""

import numpy as np
from jaxtyping import Float64, Int32

from ...jit import fast
from .density import BLOCK, LEVEL, Lattice

CELL = BLOCK + 1  # lattice points along one side of a block's cells


def surface(
    lattice: Lattice,
) -> tuple[Float64[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
    """Vertices in the world [m], and faces counter-clockwise seen from where there is less."""
    table, places, blocks = lattice.table, lattice.places, lattice.blocks
    crossed = np.empty(len(blocks), np.int32)
    edges = np.empty(len(blocks), np.int32)
    _count(table, places, blocks, crossed, edges)
    first = np.concatenate([[0], np.cumsum(crossed)])
    vertices = np.empty((first[-1], 3))
    of_cell = np.full(blocks.shape, -1, np.int32)
    _place(table, places, blocks, first, vertices, of_cell)
    faces = np.empty((2 * int(edges.sum()), 3), np.int32)
    _connect(table, places, blocks, vertices, of_cell, faces)
    return (vertices + lattice.corner) * lattice.spacing, faces


@fast
def _corners(table, place, blocks, local):
    """The block's lattice points and the next ones after it; may any surface pass?"""
    low, high = np.float32(1e30), np.float32(-1e30)
    X, Y, Z = table.shape
    for i in range(CELL):
        for j in range(CELL):
            for k in range(CELL):
                x, y, z = place[0] + i // BLOCK, place[1] + j // BLOCK, place[2] + k // BLOCK
                row = table[x, y, z] if x < X and y < Y and z < Z else 0
                value = blocks[row, i % BLOCK, j % BLOCK, k % BLOCK]
                local[i, j, k] = value
                low, high = min(low, value), max(high, value)
    return low <= LEVEL < high


@fast
def _count(table, places, blocks, crossed, edges):
    """Cells with a vertex, and lattice edges with a quadrilateral, per block."""
    local = np.empty((CELL, CELL, CELL), np.float32)
    for b in range(len(blocks)):
        crossed[b], edges[b] = 0, 0
        if b == 0 or not _corners(table, places[b], blocks, local):
            continue
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    inside = 0
                    for corner in range(8):
                        at = local[i + (corner >> 2), j + (corner >> 1 & 1), k + (corner & 1)]
                        inside += at > LEVEL
                    crossed[b] += 0 < inside < 8
                    here = local[i, j, k] > LEVEL
                    edges[b] += here != (local[i + 1, j, k] > LEVEL)
                    edges[b] += here != (local[i, j + 1, k] > LEVEL)
                    edges[b] += here != (local[i, j, k + 1] > LEVEL)


@fast
def _place(table, places, blocks, first, vertices, of_cell):
    """Vertices, in lattice units from the table's corner."""
    local = np.empty((CELL, CELL, CELL), np.float32)
    value = np.empty(8, np.float32)
    total = np.empty(3)
    for b in range(1, len(blocks)):
        if first[b + 1] == first[b]:
            continue
        _corners(table, places[b], blocks, local)
        vertex = first[b]
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    inside = 0
                    for corner in range(8):
                        at = local[i + (corner >> 2), j + (corner >> 1 & 1), k + (corner & 1)]
                        value[corner] = at - np.float32(LEVEL)
                        inside += value[corner] > 0
                    if 0 < inside < 8:
                        _mean_crossing(value, total)
                        vertices[vertex, 0] = places[b, 0] * BLOCK + i + total[0]
                        vertices[vertex, 1] = places[b, 1] * BLOCK + j + total[1]
                        vertices[vertex, 2] = places[b, 2] * BLOCK + k + total[2]
                        of_cell[b, i, j, k] = vertex
                        vertex += 1


@fast
def _mean_crossing(value, total):
    """Mean place where the surface crosses the edges of a unit cell; corner bits are x, y, z."""
    total[:] = 0.0
    count = 0
    for axis in range(3):
        step = 4 >> axis
        for corner in range(8):
            if corner & step or (value[corner] > 0) == (value[corner | step] > 0):
                continue
            share = value[corner] / (value[corner] - value[corner | step])
            count += 1
            for other in range(3):
                total[other] += share if other == axis else (corner >> (2 - other)) & 1
    total /= count


@fast
def _connect(table, places, blocks, vertices, of_cell, faces):
    local = np.empty((CELL, CELL, CELL), np.float32)
    cells = np.empty(4, np.int32)
    at = np.empty(3, np.int64)
    face = 0
    for b in range(1, len(blocks)):
        if not _corners(table, places[b], blocks, local):
            continue
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    here = local[i, j, k] > LEVEL
                    for axis in range(3):
                        there = local[i + (axis == 0), j + (axis == 1), k + (axis == 2)] > LEVEL
                        if here == there:
                            continue
                        for turn in range(4):  # the four cells around the edge, about +axis
                            at[0] = places[b, 0] * BLOCK + i
                            at[1] = places[b, 1] * BLOCK + j
                            at[2] = places[b, 2] * BLOCK + k
                            at[(axis + 1) % 3] -= turn == 0 or turn == 3
                            at[(axis + 2) % 3] -= turn < 2
                            row = table[at[0] // BLOCK, at[1] // BLOCK, at[2] // BLOCK]
                            cells[turn] = of_cell[row, at[0] % BLOCK, at[1] % BLOCK, at[2] % BLOCK]
                        _split(cells, vertices, here, faces, face)
                        face += 2


@fast
def _split(cells, vertices, outward, faces, face):
    """A quadrilateral as two triangles along its shorter diagonal."""
    one, other = 0.0, 0.0
    for axis in range(3):
        one += (vertices[cells[0], axis] - vertices[cells[2], axis]) ** 2
        other += (vertices[cells[1], axis] - vertices[cells[3], axis]) ** 2
    shift = 0 if one <= other else 1
    a, b = cells[shift], cells[shift + 1]
    c, d = cells[shift + 2], cells[(shift + 3) % 4]
    if outward:
        faces[face] = (a, b, c)
        faces[face + 1] = (a, c, d)
    else:
        faces[face] = (a, c, b)
        faces[face + 1] = (a, d, c)
