"""Elements of a mesh -> boxes around them in a hashed grid; which of them are near (kernels)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ..jit import exact, exact_borrowing, exact_part
from .buckets import bucket_of, buckets


class Boxes(NamedTuple):
    """Around K elements."""

    low: Float64[np.ndarray, "K 3"]
    high: Float64[np.ndarray, "K 3"]
    half: float
    """Of the longest side of any [m]."""
    cells: Int64[np.ndarray, "K 3"]
    """Of their middles."""
    cell: float
    """[m]"""
    first: Int64[np.ndarray, " H"]
    order: Int64[np.ndarray, " K"]
    bounds: Float64[np.ndarray, "K 6"]
    """Lowest and highest corners once more, in this order: whoever looks reads them in a row."""


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
    cell = longest + margin
    cells = np.empty((count, 3), np.int64)
    for k in range(count):
        for axis in range(3):
            cells[k, axis] = int(np.floor((low[k, axis] + high[k, axis]) / 2.0 / cell))
    size = 64
    while size < 2 * count:
        size *= 2
    first, order = buckets(cells, size)
    bounds = np.empty((count, 6))
    for k in range(count):
        for axis in range(3):
            bounds[k, axis], bounds[k, 3 + axis] = low[order[k], axis], high[order[k], axis]
    return Boxes(low, high, longest / 2.0, cells, cell, first, order, bounds)


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
                for k in range(np.uint64(grid.first[bucket]), np.uint64(grid.first[bucket + 1])):
                    e, box = grid.order[k], grid.bounds[k]
                    if e < least or box[3] < ux or box[0] > vx or box[4] < uy or box[1] > vy:
                        continue
                    if box[5] < uz or box[2] > vz:
                        continue
                    # Other cells that share the bucket have their turn, or are not near.
                    if grid.cells[e, 0] != x or grid.cells[e, 1] != y or grid.cells[e, 2] != z:
                        continue
                    found[count] = e
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
