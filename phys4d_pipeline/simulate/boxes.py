"""Places, elements of a mesh -> boxes around them, sorted into a hashed grid (for kernels)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ..jit import exact
from .buckets import buckets


class Boxes(NamedTuple):
    """Around elements, in a hashed grid."""

    low: Float64[np.ndarray, "K 3"]
    high: Float64[np.ndarray, "K 3"]
    cells: Int64[np.ndarray, "K 3"]
    """Of their middles."""
    cell: float
    """[m]"""
    first: Int64[np.ndarray, " H"]
    order: Int64[np.ndarray, " K"]


@exact
def boxes(place: np.ndarray, elements: np.ndarray, share: float, margin: float) -> Boxes:
    """Cells as large as this share of the largest box and the margin."""
    count = len(elements)
    low, high = np.empty((count, 3)), np.empty((count, 3))
    largest = 0.0
    for k in range(count):
        for axis in range(3):
            low[k, axis] = high[k, axis] = place[elements[k, 0], axis]
            for corner in elements[k, 1:]:
                low[k, axis] = min(low[k, axis], place[corner, axis])
                high[k, axis] = max(high[k, axis], place[corner, axis])
            largest = max(largest, high[k, axis] - low[k, axis])
    cell = share * largest + margin
    cells = np.empty((count, 3), np.int64)
    for k in range(count):
        for axis in range(3):
            cells[k, axis] = int(np.floor((low[k, axis] + high[k, axis]) / 2.0 / cell))
    size = 64
    while size < 2 * count:
        size *= 2
    first, order = buckets(cells, size)
    return Boxes(low, high, cells, cell, first, order)
