"""The sun's depth map -> the share of the sun's disc that a point sees (PCSS, without noise).

Percentage-closer soft shadows (Fernando 2005): find the casters in the cone towards the sun, take
the penumbra their height makes, and filter the map over it. Instead of random samples, every
filter is eight by eight squares of a level of the map whose squares fit the filter: smooth at any
width, and the same in every frame.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from ..jit import fast, inline
from .noise import F, clamp
from .planes import (
    FOOTPRINT,
    HIT,
    MAP_X,
    MAP_Y,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    POINT_X,
    POINT_Y,
    POINT_Z,
    SUNLIT,
    WEIGHT,
)

TAPS = 8
"""Squares of the map per side of a filter."""
NUM_LEVELS = 9
"""Squares are 1, 2, 4, ... texels wide."""
ROWS, COLUMNS = (a.ravel().astype(np.float32) for a in np.mgrid[:TAPS, :TAPS])
COARSE = 4
"""The level that answers 'is anything here at all'."""
BLOCK_LEVEL = 3
BLOCK = 1 << BLOCK_LEVEL
"""Texels per side of a square with one common answer to 'surely lit' and 'surely dark'."""
SHARPEST = F(1.5)
"""Least radius of a filter [texels]: hides the map's own steps."""
FILTER = F(3.4)
"""Largest radius of a filter, in squares of its level."""


@inline
def _first_row(level, size):
    """Levels from 1 lie under each other: rows of level `level` start here."""
    return size - (size >> (level - 1))


def bounds(levels: Float32[np.ndarray, "3 S S2"], reach: float) -> Float32[np.ndarray, "2 B B"]:
    """Limits of the penumbras: where nothing needs to be filtered.

    Args:
        levels: Filled levels of a map.
        reach: How far from a point its casters may lie [texels].

    Returns:
        Per BLOCK texels: closeness above which all points are lit; below which all are dark.
    """
    size = levels.shape[1]
    first = size - (size >> (BLOCK_LEVEL - 1))
    low, high, share = levels[:, first : first + size // BLOCK, : size // BLOCK]
    around = int(np.ceil((reach + 1.0) / BLOCK))
    square = np.ones((2 * around + 1,) * 2, np.uint8)
    dark = np.where(share == 1.0, low, np.float32(0))
    return np.stack([cv2.dilate(high, square), cv2.erode(dark, square)])


def empty_levels(size: int) -> Float32[np.ndarray, "3 S S2"]:
    """Levels of a map without casters; pages that stay empty are never allocated."""
    return np.zeros((3, size, size // 2), np.float32)


@fast
def build_levels(depth, levels):
    """Fill the levels of a map of casters.

    Args:
        depth: (S, S) f32, closeness of the caster nearest to the sun; 0 where there is none.
        levels: (3, S, S / 2) f32 of zeros, out: lowest and highest closeness of the casters in a
            square, and the share of it that they fill. Level l starts at row S - S / 2^(l - 1).
    """
    size = len(depth)
    block = 1 << COARSE
    lows, highs, shares = levels[0], levels[1], levels[2]
    for block_row in range(size // block):
        for block_column in range(size // block):
            top, left = block_row * block, block_column * block
            highest = F(0)
            for row in range(top, top + block):
                line = depth[row]
                for column in range(left, left + block):
                    highest = max(highest, line[column])
            if highest == F(0):
                continue  # most of the map: memory that nobody touches costs nothing
            for row in range(top // 2, (top + block) // 2):
                above, below = depth[2 * row], depth[2 * row + 1]
                for column in range(left // 2, (left + block) // 2):
                    a, b = above[2 * column], above[2 * column + 1]
                    c, d = below[2 * column], below[2 * column + 1]
                    lows[row, column] = _lowest(a, b, c, d)
                    highs[row, column] = max(max(a, b), max(c, d))
                    count = (F(1) if a > F(0) else F(0)) + (F(1) if b > F(0) else F(0))
                    count += (F(1) if c > F(0) else F(0)) + (F(1) if d > F(0) else F(0))
                    shares[row, column] = F(0.25) * count
            for level in range(2, COARSE + 1):
                _halve(levels, level, size, top >> level, left >> level, block >> level)
    for level in range(COARSE + 1, NUM_LEVELS):
        _halve(levels, level, size, 0, 0, size >> level)


@inline
def _lowest(a, b, c, d):
    """Of those that are not zero; zero if all are."""
    far = F(1e9)
    a, b = (a if a > F(0) else far), (b if b > F(0) else far)
    c, d = (c if c > F(0) else far), (d if d > F(0) else far)
    low = min(min(a, b), min(c, d))
    return low if low < far else F(0)


@inline
def _halve(levels, level, size, top, left, count):
    """A square part of one level from the level below."""
    here, there = _first_row(level, size), _first_row(level - 1, size)
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


@fast
def find_sunlight(lighting, P):
    """Fill SUNLIT of a span."""
    px, py, pz = P[POINT_X], P[POINT_Y], P[POINT_Z]
    nx, ny, nz = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z]
    hit, sunlit = P[HIT], P[SUNLIT]
    sun_x, sun_y, towards, facing = P[MAP_X], P[MAP_Y], P[FOOTPRINT], P[WEIGHT]
    L, sun, size = lighting.sun_from_world, lighting.sun, len(lighting.sun_depth)
    scale2 = L[0, 0] * L[0, 0] + L[0, 1] * L[0, 1] + L[0, 2] * L[0, 2]
    texel = F(1) / np.sqrt(scale2)
    step = F(0.8) * texel
    left, right, top, bottom = F(1e9), F(-1e9), F(1e9), F(-1e9)
    lowest = F(1e9)
    for i in range(len(hit)):
        # Step off the surface along the normal: the map is coarser than the picture.
        X, Y, W = px[i] + nx[i] * step, py[i] + ny[i] * step, pz[i] + nz[i] * step
        x = L[0, 0] * X + L[0, 1] * Y + L[0, 2] * W + L[0, 3]
        y = L[1, 0] * X + L[1, 1] * Y + L[1, 2] * W + L[1, 3]
        t = L[2, 0] * X + L[2, 1] * Y + L[2, 2] * W + L[2, 3] + F(0.6) * texel
        sun_x[i], sun_y[i], towards[i] = x, y, t
        facing[i] = (nx[i] * sun[0] + ny[i] * sun[1] + nz[i] * sun[2]) * hit[i]
        lit = facing[i] > F(0)
        sunlit[i] = F(1) if lit else F(0)
        left, right = min(left, x if lit else F(1e9)), max(right, x if lit else F(-1e9))
        top, bottom = min(top, y if lit else F(1e9)), max(bottom, y if lit else F(-1e9))
        lowest = min(lowest, t if lit else F(1e9))
    if left > right:
        return
    spread = np.tan(lighting.sun_radius) / texel
    levels, limits = lighting.sun_levels, lighting.sun_bounds
    reach = max(spread * lighting.sun_rise, SHARPEST) + F(BLOCK)
    if _highest_within(levels, size, left, right, top, bottom, reach) <= lowest:
        return
    W = np.empty((3, TAPS * TAPS), np.float32)
    edge, slack = F(size - 1), reach * F(1.5)
    for i in range(len(hit)):
        x, y, t = sun_x[i], sun_y[i], towards[i]
        if facing[i] <= F(0) or x <= F(1) or y <= F(1) or x >= edge or y >= edge:
            continue
        row, column = np.uint32(y) >> BLOCK_LEVEL, np.uint32(x) >> BLOCK_LEVEL
        highest = limits[0, row, column]
        if highest <= t:
            continue
        # Along the receiving surface, closeness changes by this much per texel.
        inverse = F(-1) / (max(facing[i], F(0.12)) * scale2)
        gx = (nx[i] * L[0, 0] + ny[i] * L[0, 1] + nz[i] * L[0, 2]) * inverse
        gy = (nx[i] * L[1, 0] + ny[i] * L[1, 1] + nz[i] * L[1, 2]) * inverse
        if limits[1, row, column] > t + (abs(gx) + abs(gy)) * slack:
            sunlit[i] = F(0)
            continue
        highest = min(highest, t + lighting.sun_rise)
        sunlit[i] = _sun_share(lighting.sun_depth, levels, (x, y, t, gx, gy), spread, highest, W)


@inline
def _highest_within(levels, size, left, right, top, bottom, reach):
    """The closest caster to the sun in a box of the map, widened by `reach` [texels]."""
    level = COARSE
    while level < NUM_LEVELS - 1 and reach > F(2 << level):
        level += 1
    width, last = F(1 << level), (size >> level) - 1
    x0 = min(max(np.int32((left - reach) / width), 0), last)
    x1 = min(max(np.int32((right + reach) / width), 0), last)
    y0 = min(max(np.int32((top - reach) / width), 0), last)
    y1 = min(max(np.int32((bottom + reach) / width), 0), last)
    start = _first_row(level, size)
    highest = F(0)
    for row in range(y0, y1 + 1):
        for column in range(x0, x1 + 1):
            highest = max(highest, levels[1, start + row, column])
    return highest


@inline
def _level(radius):
    """The finest level on which a filter of this radius [texels] is eight squares wide."""
    level = 0
    while level < NUM_LEVELS - 2 and radius > FILTER:
        radius = radius * F(0.5)
        level += 1
    return level


@fast
def _sun_share(depth, levels, place, spread, highest, W):
    """Share of the sun's disc seen from one point.

    Args:
        depth: The map.
        levels: Its levels.
        place: Texel x, texel y, closeness, and the receiver's change of closeness per texel.
        spread: Radius of the cone to the sun [texels per metre].
        highest: No caster is closer to the sun than this.
        W: (3, TAPS * TAPS) f32 scratch.
    """
    level = _level(max(spread * (highest - place[2]), SHARPEST))
    if _all_below(levels, len(depth), level + 1, place):
        return F(1)
    found, above, lit = _search(depth, levels, level, place, spread, W)
    if found <= F(0):
        return F(1)
    if lit <= F(0):
        return F(0)
    radius = max(spread * above / found, SHARPEST)
    return F(1) - _blocked(depth, levels, _level(radius), place, radius, W)


@inline
def _all_below(levels, size, level, place):
    """Do no casters around rise over the receiving surface? Five by five squares of a level."""
    x, y, t, gx, gy = place
    width = F(1 << level)
    squares, scale = size >> level, F(1) / width
    left = min(max(np.int32(x * scale - F(2)), 0), squares - 5)
    top = min(max(np.int32(y * scale - F(2)), 0), squares - 5)
    row = _first_row(level, size) + top
    from_x, from_y = (F(left) + F(0.5)) * width - x, (F(top) + F(0.5)) * width - y
    start = t + F(0.5) * (abs(gx) + abs(gy)) * width
    rise = F(-1)
    for j in range(5):
        line = levels[1, row + j]
        own = start + gx * from_x + gy * (from_y + F(j) * width)
        for k in range(5):
            rise = max(rise, line[left + k] - own - gx * F(k) * width)
    return rise <= F(0)


@inline
def _window(depth, levels, level, x, y, W):
    """Copy the eight by eight squares around a position; returns the first one's centre."""
    size = len(depth)
    squares, scale = size >> level, F(1) / F(1 << level)
    left = min(max(np.int32(x * scale - F(3.5)), 0), squares - TAPS)
    top = min(max(np.int32(y * scale - F(3.5)), 0), squares - TAPS)
    low, high, share = W[0], W[1], W[2]
    if level == 0:
        for j in range(TAPS):
            line = depth[top + j]
            for k in range(TAPS):
                low[j * TAPS + k] = line[left + k]
                high[j * TAPS + k] = line[left + k]
                share[j * TAPS + k] = F(1)
    else:
        row = _first_row(level, size) + top
        for j in range(TAPS):
            lows, highs, shares = levels[0, row + j], levels[1, row + j], levels[2, row + j]
            for k in range(TAPS):
                low[j * TAPS + k] = lows[left + k]
                high[j * TAPS + k] = highs[left + k]
                share[j * TAPS + k] = shares[left + k]
    width = F(1 << level)
    return (F(left) + F(0.5)) * width - x, (F(top) + F(0.5)) * width - y


@inline
def _search(depth, levels, level, place, spread, W):
    """Casters in the cone to the sun: how many, the sum of their heights; and what is lit."""
    x, y, t, gx, gy = place
    width = F(1 << level)
    from_x, from_y = _window(depth, levels, level, x, y, W)
    slack = t + (F(0.5) * (abs(gx) + abs(gy)) * width if level > 0 else F(0))
    low, high, share = W[0], W[1], W[2]
    found, above, lit = F(0), F(0), F(0)
    for k in range(TAPS * TAPS):
        dx, dy = from_x + COLUMNS[k] * width, from_y + ROWS[k] * width
        own = slack + gx * dx + gy * dy
        rise = high[k] - own
        inside = max(spread * rise, SHARPEST) + F(0.7) * width
        hit = share[k] if rise > F(0) else F(0)
        lit += F(1) - (hit if low[k] > own else F(0))
        hit = hit if dx * dx + dy * dy < inside * inside else F(0)
        found += hit
        above += hit * max(F(0.5) * (high[k] + max(low[k], own)) - t, F(0))
    return found, above, lit


@inline
def _blocked(depth, levels, level, place, radius, W):
    """Share of a disc that lies behind casters."""
    x, y, t, gx, gy = place
    width = F(1 << level)
    from_x, from_y = _window(depth, levels, level, x, y, W)
    slack = t + (F(0.5) * (abs(gx) + abs(gy)) * width if level > 0 else F(0))
    low, high, share = W[0], W[1], W[2]
    reach = radius + F(0.5) * width
    inverse = F(1) / (reach * reach)
    blocked, total = F(0), F(0)
    for k in range(TAPS * TAPS):
        dx, dy = from_x + COLUMNS[k] * width, from_y + ROWS[k] * width
        own = slack + gx * dx + gy * dy
        weight = max(F(1) - (dx * dx + dy * dy) * inverse, F(0))
        total += weight
        # Heights between the lowest and the highest caster of a square are equally likely.
        part = clamp((high[k] - own) / (high[k] - low[k] + F(1e-4)))
        blocked += weight * share[k] * part
    return blocked / total
