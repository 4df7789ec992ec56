"""The sun's depth map -> the share of the sun's disc that a point sees (PCSS, without noise).

Percentage-closer soft shadows (Fernando 2005): find the casters in the cone towards the sun, take
the penumbra their height makes, and filter the map over it. Instead of random samples, every
filter is eight by eight squares of a level of the map whose squares fit the filter: smooth at any
width, and the same in every frame.
"""

import cv2
import numpy as np
from jaxtyping import Float32, Float64

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


def ground_plane(sun_from_world: Float64[np.ndarray, "3 4"]) -> Float32[np.ndarray, "3"]:
    """Closeness of the ground to the sun over the map: change per texel x and y, value at 0."""
    flat = sun_from_world[:2, :2]
    if abs(np.linalg.det(flat)) < 0.03 * np.linalg.norm(sun_from_world[0, :3]) ** 2:
        return np.zeros(3, np.float32)  # the sun touches the horizon: every ray is level
    slope = sun_from_world[2, :2] @ np.linalg.inv(flat)
    start = sun_from_world[2, 3] - slope @ sun_from_world[:2, 3]
    return np.array([*slope, start], np.float32)


def bounds(
    depth: Float32[np.ndarray, "S S"],
    levels: Float32[np.ndarray, "3 S S2"],
    ground: Float32[np.ndarray, "3"],
    reach: float,
) -> Float32[np.ndarray, "2 B B"]:
    """Limits of the penumbras: where nothing needs to be filtered.

    Args:
        depth: A map of casters.
        levels: Its levels.
        ground: Closeness of the ground, as `ground_plane` gives it: heights over it along the
            sun's rays do not change over a level surface, as closeness does.
        reach: How far from a point its casters may lie [texels].

    Returns:
        Per BLOCK texels: the height above which all points are lit; below which all are dark.
    """
    count = len(depth) // BLOCK
    high, dark = np.zeros((2, count, count), np.float32)
    _block_heights(depth, levels, ground, high, dark)
    around = int(np.ceil((reach + 1.0) / BLOCK))
    square = np.ones((2 * around + 1,) * 2, np.uint8)
    return np.stack([cv2.dilate(high, square), cv2.erode(dark, square)])


@fast
def _block_heights(depth, levels, ground, high, dark):
    """Highest caster of every block, and the lowest where casters fill it; 0 where nothing is."""
    size = len(depth)
    start, shift = _first_row(COARSE, size), COARSE - BLOCK_LEVEL
    for row in range(len(high)):
        for column in range(len(high)):
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
    ground = lighting.sun_ground
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
        height = t - ground[0] * x - ground[1] * y - ground[2]
        lowest = min(lowest, height if lit else F(1e9))
    if left > right or not _any_higher(lighting.sun_bounds[0], left, right, top, bottom, lowest):
        return
    spread = np.tan(lighting.sun_radius) / texel
    levels, limits = lighting.sun_levels, lighting.sun_bounds
    reach = max(spread * lighting.sun_rise, SHARPEST) + F(BLOCK)
    slope = abs(ground[0]) + abs(ground[1])
    W = np.empty((3, TAPS * TAPS), np.float32)
    edge = F(size - 1)
    for i in range(len(hit)):
        x, y, t = sun_x[i], sun_y[i], towards[i]
        if facing[i] <= F(0) or x <= F(1) or y <= F(1) or x >= edge or y >= edge:
            continue
        row, column = np.uint32(y) >> BLOCK_LEVEL, np.uint32(x) >> BLOCK_LEVEL
        height = t - ground[0] * x - ground[1] * y - ground[2]
        rise = limits[0, row, column] - height
        if rise <= F(0):
            continue
        # Along the receiving surface, closeness changes by this much per texel.
        inverse = F(-1) / (max(facing[i], F(0.12)) * scale2)
        gx = (nx[i] * L[0, 0] + ny[i] * L[0, 1] + nz[i] * L[0, 2]) * inverse
        gy = (nx[i] * L[1, 0] + ny[i] * L[1, 1] + nz[i] * L[1, 2]) * inverse
        if limits[1, row, column] > height + (abs(gx - ground[0]) + abs(gy - ground[1])) * reach:
            sunlit[i] = F(0)
            continue
        highest = t + min(rise + slope * F(BLOCK), lighting.sun_rise)
        sunlit[i] = _sun_share(lighting.sun_depth, levels, (x, y, t, gx, gy), spread, highest, W)


@inline
def _any_higher(limits, left, right, top, bottom, lowest):
    """Does a box of the map hold a limit above a height?"""
    last, scale = len(limits) - 1, F(1.0 / BLOCK)
    x0 = min(max(np.int32(left * scale), 0), last)
    x1 = min(max(np.int32(right * scale), 0), last)
    y0 = min(max(np.int32(top * scale), 0), last)
    y1 = min(max(np.int32(bottom * scale), 0), last)
    for row in range(y0, y1 + 1):
        for column in range(x0, x1 + 1):
            if limits[row, column] > lowest:
                return True
    return False


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
