"""The sun's depth map -> the share of the sun's disc that a point sees (PCSS, without noise).

Percentage-closer soft shadows (Fernando 2005): find the casters in the cone towards the sun, take
the penumbra their height makes, and filter the map over it. Instead of random samples, every
filter is eight by eight squares of a level of the map whose squares fit the filter: smooth at any
width, and the same in every frame.
"""

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
NUM_LEVELS = 8
"""Squares are 1, 2, 4, ... texels wide."""
COARSE = 4
"""The level that answers 'is anything here at all'."""
SHARPEST = F(1.5)
"""Least radius of a filter [texels]: hides the map's own steps."""
FILTER = F(3.4)
"""Largest radius of a filter, in squares of its level."""


@inline
def _first_row(level, size):
    """Levels from 1 lie under each other: rows of level `level` start here."""
    return size - (size >> (level - 1))


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
                levels[2, y, x] + levels[2, y, x + 1] + levels[2, y + 1, x] + levels[2, y + 1, x + 1]
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
    limit = lighting.sun_highest
    reach = max(spread * (limit - lowest), SHARPEST)
    if _highest_within(lighting.sun_levels, size, left, right, top, bottom, reach) <= lowest:
        return
    edge = F(size)
    for i in range(len(hit)):
        if facing[i] <= F(0):
            continue
        x, y = sun_x[i], sun_y[i]
        if x <= F(1) or y <= F(1) or x >= edge - F(1) or y >= edge - F(1):
            continue
        # Along the receiving surface, closeness changes by this much per texel.
        inverse = F(-1) / (max(facing[i], F(0.12)) * scale2)
        gx = (nx[i] * L[0, 0] + ny[i] * L[0, 1] + nz[i] * L[0, 2]) * inverse
        gy = (nx[i] * L[1, 0] + ny[i] * L[1, 1] + nz[i] * L[1, 2]) * inverse
        place = (x, y, towards[i], gx, gy)
        sunlit[i] = _sun_share(lighting.sun_depth, lighting.sun_levels, place, spread, limit)


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
    while level < NUM_LEVELS - 1 and radius > FILTER:
        radius = radius * F(0.5)
        level += 1
    return level


@fast
def _sun_share(depth, levels, place, spread, highest):
    """Share of the sun's disc seen from one point.

    Args:
        depth: The map.
        levels: Its levels.
        place: Texel x, texel y, closeness, and the receiver's change of closeness per texel.
        spread: Radius of the cone to the sun [texels per metre].
        highest: No caster is closer to the sun than this.
    """
    x, y, t = place[0], place[1], place[2]
    # Twice: within a smaller reach, casters may be lower.
    for _ in range(2):
        reach = max(spread * (highest - t), SHARPEST)
        highest = _highest_within(levels, len(depth), x, x, y, y, reach)
        if highest <= t:
            return F(1)
    reach = max(spread * (highest - t), SHARPEST)
    level = _level(reach)
    if level == 0:
        found, above, lit = _search_map(depth, place, spread)
    else:
        found, above, lit = _search_level(levels, len(depth), level, place, spread)
    if found <= F(0):
        return F(1)
    if lit <= F(0):
        return F(0)
    radius = max(spread * above / found, SHARPEST)
    level = _level(radius)
    if level == 0:
        return F(1) - _blocked_on_map(depth, place, radius)
    return F(1) - _blocked_on_level(levels, len(depth), level, place, radius)


@inline
def _corner(x, squares):
    """First of the eight squares around a position, kept inside the map."""
    return min(max(np.int32(x - F(3.5)), 0), squares - TAPS)


@inline
def _search_map(depth, place, spread):
    x, y, t, gx, gy = place
    size = len(depth)
    left, top = _corner(x, size), _corner(y, size)
    found, above, lit = F(0), F(0), F(0)
    for j in range(TAPS):
        dy = F(top + j) + F(0.5) - y
        line = depth[top + j, left : left + TAPS]
        for k in range(TAPS):
            dx = F(left + k) + F(0.5) - x
            rise = line[k] - (t + max(gx * dx + gy * dy, F(-1)))
            inside = F(max(spread * rise, SHARPEST)) + F(0.7)
            hit = F(1) if rise > F(0) else F(0)
            lit += F(1) - hit
            hit = hit if dx * dx + dy * dy < inside * inside else F(0)
            found += hit
            above += hit * max(line[k] - t, F(0))
    return found, above, lit


@inline
def _search_level(levels, size, level, place, spread):
    x, y, t, gx, gy = place
    width = F(1 << level)
    inverse = F(1) / width
    squares, start = size >> level, _first_row(level, size)
    left, top = _corner(x * inverse, squares), _corner(y * inverse, squares)
    slack = F(0.5) * (abs(gx) + abs(gy)) * width
    found, above, lit = F(0), F(0), F(0)
    for j in range(TAPS):
        dy = (F(top + j) + F(0.5)) * width - y
        low = levels[0, start + top + j, left : left + TAPS]
        high = levels[1, start + top + j, left : left + TAPS]
        share = levels[2, start + top + j, left : left + TAPS]
        for k in range(TAPS):
            dx = (F(left + k) + F(0.5)) * width - x
            own = t + gx * dx + gy * dy + slack
            rise = high[k] - own
            inside = max(spread * rise, SHARPEST) + F(0.7) * width
            hit = share[k] if rise > F(0) else F(0)
            lit += F(1) - (hit if low[k] > own else F(0))
            hit = hit if dx * dx + dy * dy < inside * inside else F(0)
            found += hit
            above += hit * max(F(0.5) * (high[k] + max(low[k], own)) - t, F(0))
    return found, above, lit


@inline
def _blocked_on_map(depth, place, radius):
    x, y, t, gx, gy = place
    size = len(depth)
    left, top = _corner(x, size), _corner(y, size)
    reach = radius + F(0.5)
    inverse = F(1) / (reach * reach)
    blocked, total = F(0), F(0)
    for j in range(TAPS):
        dy = F(top + j) + F(0.5) - y
        line = depth[top + j, left : left + TAPS]
        for k in range(TAPS):
            dx = F(left + k) + F(0.5) - x
            weight = max(F(1) - (dx * dx + dy * dy) * inverse, F(0))
            total += weight
            blocked += weight if line[k] > t + max(gx * dx + gy * dy, F(-1)) else F(0)
    return blocked / total


@inline
def _blocked_on_level(levels, size, level, place, radius):
    x, y, t, gx, gy = place
    width = F(1 << level)
    scale = F(1) / width
    squares, start = size >> level, _first_row(level, size)
    left, top = _corner(x * scale, squares), _corner(y * scale, squares)
    slack = F(0.5) * (abs(gx) + abs(gy)) * width
    reach = radius + F(0.5) * width
    inverse = F(1) / (reach * reach)
    blocked, total = F(0), F(0)
    for j in range(TAPS):
        dy = (F(top + j) + F(0.5)) * width - y
        low = levels[0, start + top + j, left : left + TAPS]
        high = levels[1, start + top + j, left : left + TAPS]
        share = levels[2, start + top + j, left : left + TAPS]
        for k in range(TAPS):
            dx = (F(left + k) + F(0.5)) * width - x
            own = t + gx * dx + gy * dy + slack
            weight = max(F(1) - (dx * dx + dy * dy) * inverse, F(0))
            total += weight
            # Heights between the lowest and the highest caster of a square are equally likely.
            part = clamp((high[k] - own) / (high[k] - low[k] + F(1e-3)))
            blocked += weight * share[k] * part
    return blocked / total
