"""Cells of a grid without bounds -> which of them share a bucket of a hash table (for kernels)."""

import numpy as np

from ..jit import exact, exact_part


@exact_part
def bucket_of(x: int, y: int, z: int, size: int) -> int:
    """Of a cell, in a table of a power of two (Teschner et al. 2003)."""
    return ((x * 73856093) ^ (y * 19349663) ^ (z * 83492791)) & (size - 1)


@exact
def buckets(cells: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each bucket begins in the order, and what lies in the cells, in the order of buckets.

    Args:
        cells: (N, 3) of N things.
        size: Of the table, a power of two.
    """
    first = np.zeros(size + 1, np.int64)
    for i in range(len(cells)):
        first[bucket_of(cells[i, 0], cells[i, 1], cells[i, 2], size) + 1] += 1
    first = np.cumsum(first)
    room, order = first[:-1].copy(), np.empty(len(cells), np.int64)
    for i in range(len(cells)):
        bucket = bucket_of(cells[i, 0], cells[i, 1], cells[i, 2], size)
        order[room[bucket]] = i
        room[bucket] += 1
    return first, order
