"""The sun's depth map -> the share of the sun's disc that a point sees (PCSS, without noise).

Percentage-closer soft shadows (Fernando 2005): find the casters in the cone towards the sun, take
the penumbra their height makes, and filter the map over it. Instead of random samples, every
filter is eight by eight squares of a level of the map whose squares fit the filter: smooth at any
width, and the same in every frame.
"""

import numpy as np

from ..jit import fast, inline
from .memory import scratch
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
from .sun_levels import BLOCK, BLOCK_LEVEL, NUM_LEVELS, first_row

TAPS = 8
"""Squares of the map per side of a filter."""
NUM_TAPS = TAPS * TAPS
ROWS, COLUMNS = (a.ravel().astype(np.float32) for a in np.mgrid[:TAPS, :TAPS])
SHARPEST = F(1.5)
"""Least radius of a filter [texels]: hides the map's own steps."""
FILTER = F(3.4)
"""Largest radius of a filter, in squares of its level."""


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
    # Scalars first: loads inside the loop would keep it from SIMD lanes.
    x0, x1, x2, x3 = L[0, 0], L[0, 1], L[0, 2], L[0, 3]
    y0, y1, y2, y3 = L[1, 0], L[1, 1], L[1, 2], L[1, 3]
    t0, t1, t2, t3 = L[2, 0], L[2, 1], L[2, 2], L[2, 3] + F(0.6) * texel
    s0, s1, s2 = sun[0], sun[1], sun[2]
    g0, g1, g2 = ground[0], ground[1], ground[2]
    left, right, top, bottom = F(1e9), F(-1e9), F(1e9), F(-1e9)
    lowest = F(1e9)
    for i in range(len(hit)):
        # Step off the surface along the normal: the map is coarser than the picture.
        X, Y, W = px[i] + nx[i] * step, py[i] + ny[i] * step, pz[i] + nz[i] * step
        x = x0 * X + x1 * Y + x2 * W + x3
        y = y0 * X + y1 * Y + y2 * W + y3
        t = t0 * X + t1 * Y + t2 * W + t3
        sun_x[i], sun_y[i], towards[i] = x, y, t
        facing[i] = (nx[i] * s0 + ny[i] * s1 + nz[i] * s2) * hit[i]
        lit = facing[i] > F(0)
        sunlit[i] = F(1) if lit else F(0)
        left, right = min(left, x if lit else F(1e9)), max(right, x if lit else F(-1e9))
        top, bottom = min(top, y if lit else F(1e9)), max(bottom, y if lit else F(-1e9))
        height = t - g0 * x - g1 * y - g2
        lowest = min(lowest, height if lit else F(1e9))
    if left > right or not _any_higher(lighting.sun_bounds[0], left, right, top, bottom, lowest):
        return
    spread = np.tan(lighting.sun_radius) / texel
    # Arrays out of their tuple once: in the loop that costs a reference count each.
    depth, levels, limits = lighting.sun_depth, lighting.sun_levels, lighting.sun_bounds
    rise_limit = lighting.sun_rise
    reach = max(spread * lighting.sun_rise, SHARPEST) + F(BLOCK)
    slope = abs(ground[0]) + abs(ground[1])
    W = scratch(3, NUM_TAPS, np.float32)
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
        highest = t + min(rise + slope * F(BLOCK), rise_limit)
        sunlit[i] = _sun_share(depth, levels, (x, y, t, gx, gy), spread, highest, W)


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


@inline
def _sun_share(depth, levels, place, spread, highest, W):
    """Share of the sun's disc seen from one point.

    Args:
        depth: The map.
        levels: Its levels.
        place: Texel x, texel y, closeness, and the receiver's change of closeness per texel.
        spread: Radius of the cone to the sun [texels per metre].
        highest: No caster is closer to the sun than this.
        W: (3, NUM_TAPS) f32 scratch.
    """
    if spread * (highest - place[2]) <= SHARPEST:
        return F(1) - _sharply_blocked(depth, place)
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
    row = first_row(level, size) + top
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
        row = first_row(level, size) + top
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
    for k in range(NUM_TAPS):
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
def _sharply_blocked(depth, place):
    """`_blocked` for the sharpest filter: the four by four texels that it reaches."""
    x, y, t, gx, gy = place
    left = min(max(np.int32(x - F(1.5)), 0), len(depth) - 4)
    top = min(max(np.int32(y - F(1.5)), 0), len(depth) - 4)
    reach = SHARPEST + F(0.5)
    inverse = F(1) / (reach * reach)
    blocked, total = F(0), F(0)
    for j in range(4):
        line = depth[top + j]
        dy = F(top + j) + F(0.5) - y
        for k in range(4):
            dx = F(left + k) + F(0.5) - x
            weight = max(F(1) - (dx * dx + dy * dy) * inverse, F(0))
            total += weight
            high = line[left + k] - t - gx * dx - gy * dy
            blocked += weight * clamp(high * F(1e4))
    return blocked / total


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
    for k in range(NUM_TAPS):
        dx, dy = from_x + COLUMNS[k] * width, from_y + ROWS[k] * width
        own = slack + gx * dx + gy * dy
        weight = max(F(1) - (dx * dx + dy * dy) * inverse, F(0))
        total += weight
        # Heights between the lowest and the highest caster of a square are equally likely.
        part = clamp((high[k] - own) / (high[k] - low[k] + F(1e-4)))
        blocked += weight * share[k] * part
    return blocked / total
