"""Elements of a mesh -> boxes around them in a hashed grid; which of them are near (kernels)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from ..jit import exact, exact_borrowing, exact_part
from .buckets import bucket_of, buckets


class Boxes(NamedTuple):
    """Around K elements, cell by cell."""

    low: Float64[np.ndarray, "K 3"]
    high: Float64[np.ndarray, "K 3"]
    half: float
    """Of the longest side of any [m]."""
    cells: Int64[np.ndarray, "K 3"]
    """Of their middles."""
    cell: float
    """[m]"""
    first: Int64[np.ndarray, " H"]
    """Where each bucket of cells begins."""
    order: Int64[np.ndarray, " K"]
    """Numbers of the elements."""


class Around(NamedTuple):
    """Boxes in one cell and the 26 around it, side by side for SIMD lanes."""

    cell: Int64[np.ndarray, " 3"]
    size: Int64[np.ndarray, " 1"]
    """How many; -1: no cell yet."""
    numbers: Int64[np.ndarray, " K"]
    bounds: Float64[np.ndarray, "6 K"]
    """Lowest and highest corners [m]."""
    hits: UInt8[np.ndarray, " K"]
    """Is it near what was looked for last?"""


@exact
def boxes(place: np.ndarray, elements: np.ndarray, margin: float) -> Boxes:
    """Around elements of any number of corners; what is asked for is about as near as the margin.

    Args:
        place: (N, 3) of all corners [m].
        elements: (K, C) corners of each.
        margin: [m]
    """
    count = len(elements)
    low, high = np.empty((count, 3)), np.empty((count, 3))
    longest = 0.0
    for k in range(count):
        for axis in range(3):
            low[k, axis] = high[k, axis] = place[elements[k, 0], axis]
            for corner in elements[k, 1:]:
                low[k, axis] = min(low[k, axis], place[corner, axis])
                high[k, axis] = max(high[k, axis], place[corner, axis])
            longest = max(longest, high[k, axis] - low[k, axis])
    return _binned(low, high, longest, longest + margin)


@exact
def points_among(grid: Boxes, place: np.ndarray, rows: np.ndarray) -> Boxes:
    """Boxes around single points, in the cells of a grid.

    Args:
        grid: Of the cells.
        place: (N, 3) [m]
        rows: Which of them.
    """
    low = np.empty((len(rows), 3))
    for k in range(len(rows)):
        for axis in range(3):
            low[k, axis] = place[rows[k], axis]
    return _binned(low, low.copy(), 0.0, grid.cell)


@exact
def _binned(low: np.ndarray, high: np.ndarray, longest: float, cell: float) -> Boxes:
    count = len(low)
    cells = np.empty((count, 3), np.int64)
    for k in range(count):
        for axis in range(3):
            cells[k, axis] = int(np.floor((low[k, axis] + high[k, axis]) / 2.0 / cell))
    size = 64
    while size < 2 * count:
        size *= 2
    first, order = buckets(cells, size)
    # In this order, so that what is looked at together lies together.
    return Boxes(low[order], high[order], longest / 2.0, cells[order], cell, first, order)


@exact_borrowing
def overlapping(
    grid: Boxes, low: np.ndarray, high: np.ndarray, margin: float, least: int, found: np.ndarray
) -> int:
    """How many boxes come nearer to the given one than the margin, along each axis.

    Args:
        grid: Of the boxes.
        low: Lowest corner of one more [m].
        high: Its highest corner [m].
        margin: [m]
        least: Those with lower numbers are left out.
        found: Room for K; holds their numbers then, in no order.
    """
    size, count, way = len(grid.first) - 1, 0, margin + grid.half
    # One number at a time: a row of an array costs more than all that is done with it.
    ux, uy, uz = low[0] - margin, low[1] - margin, low[2] - margin
    vx, vy, vz = high[0] + margin, high[1] + margin, high[2] + margin
    ax, bx = int(np.floor((low[0] - way) / grid.cell)), int(np.floor((high[0] + way) / grid.cell))
    ay, by = int(np.floor((low[1] - way) / grid.cell)), int(np.floor((high[1] + way) / grid.cell))
    az, bz = int(np.floor((low[2] - way) / grid.cell)), int(np.floor((high[2] + way) / grid.cell))
    for x in range(ax, bx + 1):
        for y in range(ay, by + 1):
            for z in range(az, bz + 1):
                bucket = bucket_of(x, y, z, size)
                for k in range(grid.first[bucket], grid.first[bucket + 1]):
                    if grid.order[k] < least or not _is_in(grid, k, x, y, z):
                        continue
                    if grid.high[k, 0] < ux or grid.low[k, 0] > vx:
                        continue
                    if grid.high[k, 1] < uy or grid.low[k, 1] > vy:
                        continue
                    if grid.high[k, 2] < uz or grid.low[k, 2] > vz:
                        continue
                    found[count] = grid.order[k]
                    count += 1
    return count


@exact_part
def _is_in(grid: Boxes, k: int, x: int, y: int, z: int) -> bool:
    """Is the k-th box in a cell? Others share its bucket."""
    return grid.cells[k, 0] == x and grid.cells[k, 1] == y and grid.cells[k, 2] == z


@exact
def room_around(grid: Boxes) -> Around:
    """For all there may be."""
    K = len(grid.low)
    return Around(
        np.zeros(3, np.int64),
        np.full(1, -1),
        np.empty(K, np.int64),
        np.empty((6, K)),
        np.empty(K, np.uint8),
    )


@exact_part
def look_around(grid: Boxes, around: Around, cell: np.ndarray) -> None:
    """Fill in what is in and around a cell, unless it is there already."""
    own, size = around.cell, len(grid.first) - 1
    is_same = own[0] == cell[0] and own[1] == cell[1] and own[2] == cell[2]
    if is_same and around.size[0] >= 0:
        return
    own[0], own[1], own[2] = cell[0], cell[1], cell[2]
    count = 0
    for step in range(27):
        x, y, z = cell[0] + step // 9 - 1, cell[1] + step // 3 % 3 - 1, cell[2] + step % 3 - 1
        bucket = bucket_of(x, y, z, size)
        for k in range(grid.first[bucket], grid.first[bucket + 1]):
            if _is_in(grid, k, x, y, z):
                around.numbers[count] = grid.order[k]
                for axis in range(3):
                    around.bounds[axis, count] = grid.low[k, axis]
                    around.bounds[3 + axis, count] = grid.high[k, axis]
                count += 1
    around.size[0] = count


@exact_part
def hits(
    around: Around, low: np.ndarray, high: np.ndarray, margin: float, least: int, found: np.ndarray
) -> int:
    """What `overlapping` finds, for a box whose middle is in the cell that was looked around.

    Boxes whose margin is no more than the grid was made for lie in that cell and the next ones.
    """
    bounds, near, count = around.bounds, around.hits, 0
    ux, uy, uz = low[0] - margin, low[1] - margin, low[2] - margin
    vx, vy, vz = high[0] + margin, high[1] + margin, high[2] + margin
    for k in range(np.uint64(around.size[0])):
        near[k] = (
            (bounds[0, k] <= vx)
            & (bounds[1, k] <= vy)
            & (bounds[2, k] <= vz)
            & (bounds[3, k] >= ux)
            & (bounds[4, k] >= uy)
            & (bounds[5, k] >= uz)
            & (around.numbers[k] >= least)
        )
    for k in range(np.uint64(around.size[0])):
        if near[k] != 0:
            found[count] = around.numbers[k]
            count += 1
    return count


@exact_part
def put_in_order(found: np.ndarray, count: int) -> None:
    """Sort the first few numbers, by insertion: for a dozen that is quickest."""
    for k in range(1, count):
        value, at = found[k], k
        while at > 0 and found[at - 1] > value:
            found[at] = found[at - 1]
            at -= 1
        found[at] = value
