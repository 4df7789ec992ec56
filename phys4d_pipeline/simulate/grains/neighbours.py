"""Grains, parts of bodies -> for every grain what is nearer than a skin, with the slips kept.

A pair of grains stands with the larger one, which looks around itself as far as its own size
needs: few large grains among many small ones then cost no more than they have neighbours.
"""

import numpy as np

from ...jit import exact
from ..buckets import bucket_of, buckets
from ..world.distance import GROUND, Parts, distance
from .model import Grains, Near

ROOM = 16  # rows per grain at first; lists grow by doubling
BUCKETS_PER_GRAIN = 2


@exact
def nothing_near(num_grains: int) -> Near:
    """Empty lists."""
    return Near(
        np.zeros(num_grains + 1, np.int64), np.empty(0, np.int64), np.empty((0, 3), np.float64)
    )


@exact
def near_grains(grains: Grains, skin: float, cell: float, old: Near) -> Near:
    """Smaller (or as large and earlier) grains around each grain, by a hashed grid of cells."""
    place, radius = grains.place, grains.radius
    N = len(radius)
    cells = np.floor(place / cell).astype(np.int64)
    size = 64
    while size < BUCKETS_PER_GRAIN * N:
        size *= 2
    start, order = buckets(cells, size)
    first, other = np.zeros(N + 1, np.int64), np.empty(ROOM * N + ROOM, np.int64)
    count = 0
    for i in range(N):
        begun, span = count, int(np.ceil((2.0 * radius[i] + skin) / cell))
        for cx in range(cells[i, 0] - span, cells[i, 0] + span + 1):
            for cy in range(cells[i, 1] - span, cells[i, 1] + span + 1):
                for cz in range(cells[i, 2] - span, cells[i, 2] + span + 1):
                    bucket = bucket_of(cx, cy, cz, size)
                    for k in range(start[bucket], start[bucket + 1]):
                        j = order[k]
                        if radius[j] > radius[i] or (radius[j] == radius[i] and j >= i):
                            continue
                        if cells[j, 0] != cx or cells[j, 1] != cy or cells[j, 2] != cz:
                            continue
                        x, y, z = (
                            place[i, 0] - place[j, 0],
                            place[i, 1] - place[j, 1],
                            place[i, 2] - place[j, 2],
                        )
                        reach = radius[i] + radius[j] + skin
                        if x * x + y * y + z * z < reach * reach:
                            if count == len(other):
                                other = _grown(other)
                            other[count] = j
                            count += 1
        other[begun:count].sort()
        first[i + 1] = count
    return _with_slips(first, other[:count].copy(), old)


@exact
def near_parts(grains: Grains, parts: Parts, skin: float, old: Near) -> Near:
    """Convex parts of bodies, and the ground, around each grain."""
    N = len(grains.radius)
    middles = _middles(parts)
    first, other, count = np.zeros(N + 1, np.int64), np.empty(ROOM * N + ROOM, np.int64), 0
    for i in range(N):
        x, y, z = grains.place[i, 0], grains.place[i, 1], grains.place[i, 2]
        margin = grains.radius[i] + skin
        for p in range(len(parts.kind)):
            if parts.kind[p] == GROUND:
                is_near = z < margin
            else:
                dx, dy, dz = x - middles[p, 0], y - middles[p, 1], z - middles[p, 2]
                reach = parts.reach[p] + margin
                is_near = dx * dx + dy * dy + dz * dz < reach * reach
                is_near = is_near and distance(parts, p, x, y, z)[0] < margin
            if is_near:
                if count == len(other):
                    other = _grown(other)
                other[count] = p
                count += 1
        first[i + 1] = count
    return _with_slips(first, other[:count].copy(), old)


@exact
def _middles(parts: Parts) -> np.ndarray:
    """Of the spheres around parts, world [m]."""
    middles = parts.place.copy()
    for p in range(len(parts.kind)):
        for axis in range(3):
            for k in range(3):
                middles[p, axis] += parts.turn[p, axis, k] * parts.middle[p, k]
    return middles


@exact
def _grown(array: np.ndarray) -> np.ndarray:
    longer = np.empty(2 * len(array), np.int64)
    longer[: len(array)] = array
    return longer


@exact
def _with_slips(first: np.ndarray, other: np.ndarray, old: Near) -> Near:
    """Lists as found, with the slips that the same neighbours had in the old ones."""
    slip = np.zeros((len(other), 3))
    for i in range(len(first) - 1):
        k = old.first[i]
        for row in range(first[i], first[i + 1]):
            while k < old.first[i + 1] and old.other[k] < other[row]:
                k += 1
            if k < old.first[i + 1] and old.other[k] == other[row]:
                for axis in range(3):
                    slip[row, axis] = old.slip[k, axis]
    return Near(first, other, slip)
