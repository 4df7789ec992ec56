"""The sun's depth map -> its levels and limits, with which soft shadows are found at any width."""

import numpy as np
from jaxtyping import Float32, Float64

from ..jit import fast_borrowing, inline
from .noise import F

NUM_LEVELS = 9
"""Squares are 1, 2, 4, ... texels wide."""
COARSE = 4
"""The level that answers 'is anything here at all'."""
WHOLE = 1 << COARSE
"""Texels per side of a square of that level."""
BLOCK_LEVEL = 3
BLOCK = 1 << BLOCK_LEVEL
"""Texels per side of a square with one common answer to 'surely lit' and 'surely dark'."""


@inline
def first_row(level, size):
    """Levels from 1 lie under each other: rows of level `level` start here."""
    return size - (size >> (level - 1))


def ground_plane(sun_from_world: Float64[np.ndarray, "3 4"]) -> Float32[np.ndarray, "3"]:
    """Closeness of the ground to the sun over the map: change per texel x and y, value at 0."""
    flat = sun_from_world[:2, :2]
    if abs(np.linalg.det(flat)) < 0.03 * np.linalg.norm(sun_from_world[0, :3]) ** 2:
        return np.zeros(3, np.float32)  # the sun touches the horizon: every ray is level
    slope = sun_from_world[2, :2] @ np.linalg.inv(flat)
    start = sun_from_world[2, 3] - slope @ sun_from_world[:2, 3]
    return np.array([*slope, start], np.float32)


@fast_borrowing
def block_heights(depth, levels, ground, window, high, dark):
    """Highest caster of every block of a window, and the lowest where casters fill the block.

    Args:
        depth: (S, S) f32, a map of casters.
        levels: (3, S, S / 2) f32, its levels.
        ground: (3,) f32, closeness of the ground.
        window: First and last column, first and last row of blocks to fill.
        high: (B, B) f32, changed in place; blocks without casters are left alone.
        dark: (B, B) f32, changed in place.
    """
    left, right, top, bottom = window
    size = len(depth)
    start, shift = first_row(COARSE, size), COARSE - BLOCK_LEVEL
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if levels[1, start + (row >> shift), column >> shift] == F(0):
                continue
            highest, lowest, filled = F(0), F(1e9), F(1)
            for y in range(row * BLOCK, row * BLOCK + BLOCK):
                across = ground[1] * (F(y) + F(0.5)) + ground[2]
                line = depth[y, column * BLOCK : column * BLOCK + BLOCK]
                for k in range(BLOCK):
                    x = F(column * BLOCK + k) + F(0.5)
                    height = line[k] - ground[0] * x - across
                    on = line[k] > F(0)
                    highest = max(highest, height if on else F(0))
                    lowest = min(lowest, height)
                    filled = filled if on else F(0)
            high[row, column] = highest
            dark[row, column] = max(lowest, F(0)) * filled


def empty_levels(size: int) -> Float32[np.ndarray, "3 S S2"]:
    """Levels of a map without casters; pages that stay empty are never allocated.

    Lowest and highest closeness of the casters in a square, and the share of it that they fill.
    Level l starts at row S - S / 2^(l - 1).
    """
    return np.zeros((3, size, size // 2), np.float32)


@inline
def build_square(depth, levels, top, left):
    """Fill the finer levels, up to COARSE, of one square of WHOLE texels."""
    lows, highs, shares = levels[0], levels[1], levels[2]
    highest = F(0)
    for row in range(top, top + WHOLE):
        line = depth[row]
        for column in range(left, left + WHOLE):
            highest = max(highest, line[column])
    if highest == F(0):
        return  # most of the map: memory that nobody touches costs nothing
    for row in range(top // 2, (top + WHOLE) // 2):
        above, below = depth[2 * row], depth[2 * row + 1]
        for column in range(left // 2, (left + WHOLE) // 2):
            a, b = above[2 * column], above[2 * column + 1]
            c, d = below[2 * column], below[2 * column + 1]
            lows[row, column] = _lowest(a, b, c, d)
            highs[row, column] = max(max(a, b), max(c, d))
            count = (F(1) if a > F(0) else F(0)) + (F(1) if b > F(0) else F(0))
            count += (F(1) if c > F(0) else F(0)) + (F(1) if d > F(0) else F(0))
            shares[row, column] = F(0.25) * count
    for level in range(2, COARSE + 1):
        halve(levels, level, len(depth), top >> level, left >> level, WHOLE >> level)


@inline
def _lowest(a, b, c, d):
    """Of those that are not zero; zero if all are."""
    far = F(1e9)
    a, b = (a if a > F(0) else far), (b if b > F(0) else far)
    c, d = (c if c > F(0) else far), (d if d > F(0) else far)
    low = min(min(a, b), min(c, d))
    return low if low < far else F(0)


@inline
def halve(levels, level, size, top, left, count):
    """A square part of one level from the level below."""
    here, there = first_row(level, size), first_row(level - 1, size)
    for row in range(top, top + count):
        for column in range(left, left + count):
            y, x = there + 2 * row, 2 * column
            levels[0, here + row, column] = _lowest(
                levels[0, y, x],
                levels[0, y, x + 1],
                levels[0, y + 1, x],
                levels[0, y + 1, x + 1],
            )
            levels[1, here + row, column] = max(
                max(levels[1, y, x], levels[1, y, x + 1]),
                max(levels[1, y + 1, x], levels[1, y + 1, x + 1]),
            )
            levels[2, here + row, column] = F(0.25) * (
                levels[2, y, x]
                + levels[2, y, x + 1]
                + levels[2, y + 1, x]
                + levels[2, y + 1, x + 1]
            )
