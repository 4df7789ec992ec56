"""Heights of everything seen from above and from below -> how open to the sky every place is.

The maps do not depend on the camera and keep their place over a clip, so they do not swim. Each
texel knows three things: how much sky the ground there sees, how much the highest surface there
sees, and that surface's height; in between, openness follows the height.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from ..jit import fast, fast_borrowing, inline
from .noise import F, clamp
from .planes import HIT, NORMAL_X, NORMAL_Y, NORMAL_Z, OPEN, POINT_X, POINT_Y, POINT_Z

RINGS = (0.012, 0.035, 0.1, 0.28)
"""Distances at which the surroundings are looked at [m]."""
DIRECTIONS = 8
BLOCK_LEVEL = 4
BLOCK = 1 << BLOCK_LEVEL
"""Texels per side of a block with a common height limit."""
SIDESTEP = F(1.8)
"""How far surfaces look ahead along their normal [texels]."""
SOFTNESS = 1.3
"""Blur of the finished map [texels]."""
STEPS = np.float32(256)
"""Steps of openness: light that differs by one differs by less than half a display value."""
CLEARANCE = 0.12
"""A body this high over the ground still takes 1/e of the sky under it [m]."""


def openness(
    top: Float32[np.ndarray, "G G"],
    low: Float32[np.ndarray, "G G"],
    texels_per_metre: float,
) -> tuple[Float32[np.ndarray, "G G 4"], Float32[np.ndarray, "B B"]]:
    """The openness map of a frame.

    Args:
        top: Height of the highest surface of every texel, 0 for bare ground [m].
        low: Height of the lowest surface that faces down [m]; +inf for bare ground.
        texels_per_metre: Scale of the maps.

    Returns:
        Per texel: share of the sky seen from the ground, from the highest surface, height of that
        surface [m], unused; per block of BLOCK texels: the height above which all is open [m].
    """
    covered = (top > 0).astype(np.float32)
    hanging = np.where(np.isfinite(low), low, 0.0).astype(np.float32) * covered
    columns = np.stack([covered, covered * top, hanging], -1)
    distances = np.maximum(RINGS, np.arange(1, len(RINGS) + 1) / texels_per_metre)
    distances = distances.astype(np.float32)
    radii = distances * np.float32(texels_per_metre)
    reach = int(np.ceil(radii[-1])) + 1
    shape = (len(RINGS), len(top) + 2 * reach, len(top) + 2 * reach)
    ground, share, height = (np.empty(shape, np.float32) for _ in range(3))
    for ring, radius in enumerate(radii):
        mean = _blurred(columns, 0.35 * float(radius))
        whole = 1.0 / (mean[..., 0] + 1e-6)
        over = (mean[..., 1] * whole / distances[ring]) ** 2
        under = (mean[..., 2] * whole / distances[ring]) ** 2
        blocked = np.maximum(over / (1 + over) - under / (1 + under), 0) * mean[..., 0]
        values = 1.0 - blocked, mean[..., 0], mean[..., 1] * whole
        for plane, value in zip((ground, share, height), values, strict=True):
            plane[ring] = np.pad(value, reach, mode="edge")
    near = np.where(np.isfinite(low), np.exp(-np.maximum(low, 0.0) / CLEARANCE), 0.0)
    ceiling = _blurred(near.astype(np.float32), 0.02 * texels_per_metre + 0.5)
    angles = 2 * np.pi * (np.arange(DIRECTIONS) + 0.5 * (np.arange(len(RINGS))[:, None] % 2))
    angles = angles / DIRECTIONS
    offsets = np.stack([np.sin(angles), np.cos(angles)], -1) * radii[:, None, None]
    offsets = np.round(offsets).astype(np.int32) + reach
    limits = _limits(top, int(np.ceil(radii[-1] * 1.7)))
    out = np.ones((*top.shape, 4), np.float32)
    out[..., 2] = 0.0
    inverse = 1.0 / distances
    _look_around(top, (ground, share, height), ceiling, offsets, inverse, limits, out)
    out = _blurred(out, SOFTNESS)  # silhouettes of texels would show on round bodies
    # Blurs reach far: without steps, a body that moves would change all maps around by nothing.
    out[..., :2] = np.round(out[..., :2] * STEPS) / STEPS
    return out, _quiet(limits, out)


def _blurred(values: Float32[np.ndarray, "G G ..."], sigma: float) -> np.ndarray:
    """Gauss filter; wide ones at a lower resolution that does not show."""
    step = 1 << max(int(np.log2(max(sigma, 0.4) / 1.5)), 0)
    size = values.shape[1], values.shape[0]
    small = (max(size[0] // step, 1), max(size[1] // step, 1))
    if step > 1:
        values = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
    values = cv2.GaussianBlur(values, (0, 0), max(sigma / step, 0.4))
    return cv2.resize(values, size, interpolation=cv2.INTER_LINEAR) if step > 1 else values


def _quiet(
    limits: Float32[np.ndarray, "B B"], out: Float32[np.ndarray, "G G 4"]
) -> Float32[np.ndarray, "B B"]:
    """No limit for blocks that take less than a fiftieth of the sky anywhere."""
    count = len(limits)
    padded = np.ones((count * BLOCK, count * BLOCK), np.float32)
    padded[: len(out), : len(out)] = np.minimum(out[..., 0], out[..., 1])
    darkest = padded.reshape(count, BLOCK, count, BLOCK).min((1, 3))
    darkest = cv2.erode(darkest, np.ones((3, 3), np.uint8))
    return np.where(darkest < 0.98, limits, np.float32(0))


def _limits(top: Float32[np.ndarray, "G G"], reach: int) -> Float32[np.ndarray, "B B"]:
    """Per block, the highest surface within `reach` texels, and a little more; 0 for none."""
    count = -(-len(top) // BLOCK)
    padded = np.zeros((count * BLOCK, count * BLOCK), np.float32)
    padded[: len(top), : len(top)] = top
    highest = padded.reshape(count, BLOCK, count, BLOCK).max((1, 3))
    blocks = -(-reach // BLOCK)
    highest = cv2.dilate(highest, np.ones((2 * blocks + 1,) * 2, np.uint8))
    return np.where(highest > 0, highest + np.float32(0.3), 0).astype(np.float32)


@fast
def _look_around(top, rings, ceiling, offsets, inverse, limits, out):
    """Horizons in all directions, for the ground and for the highest surface of every texel."""
    size = len(top)
    open_ground, share, height = rings
    sums, ways = np.empty((2, size), np.float32), np.empty((2, size), np.float32)
    for row in range(size):
        left, right = size, 0
        for block in range(limits.shape[1]):
            if limits[row >> BLOCK_LEVEL, block] > F(0):
                left, right = min(left, block * BLOCK), min(block * BLOCK + BLOCK, size)
        count = right - left
        if count <= 0:
            continue
        here = top[row, left:right]
        ground, upper = sums[0, :count], sums[1, :count]
        ground_way, upper_way = ways[0, :count], ways[1, :count]
        ground[:] = F(0)
        upper[:] = F(0)
        for direction in range(DIRECTIONS):
            ground_way[:] = F(1)
            upper_way[:] = F(1)
            for ring in range(len(inverse)):
                y = row + offsets[ring, direction, 0]
                x = left + offsets[ring, direction, 1]
                free = open_ground[ring, y, x : x + count]
                covered = share[ring, y, x : x + count]
                high = height[ring, y, x : x + count]
                near = inverse[ring] * inverse[ring]
                for k in range(count):
                    ground_way[k] *= free[k]
                    d = max(high[k] - here[k], F(0))
                    d = d * d * near
                    upper_way[k] *= F(1) - covered[k] * d / (F(1) + d)
            for k in range(count):
                ground[k] += ground_way[k] * F(1.0 / DIRECTIONS)
                upper[k] += upper_way[k] * F(1.0 / DIRECTIONS)
        for k in range(count):
            out[row, left + k, 0] = ground[k] * (F(1) - F(0.85) * ceiling[row, left + k])
            out[row, left + k, 1] = upper[k]
            out[row, left + k, 2] = here[k]


@fast_borrowing
def find_openness(lighting, P):
    """Fill OPEN of a span."""
    px, py, pz = P[POINT_X], P[POINT_Y], P[POINT_Z]
    nx, ny, nz = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z]
    hit, opened = P[HIT], P[OPEN]
    G, blocks, open_map = lighting.open_from_world, lighting.open_blocks, lighting.open_map
    for i in range(len(hit)):
        # What faces down over the ground sees the ground's own darkness.
        down, low = F(0.5) - F(0.5) * nz[i], F(1) - clamp(pz[i] * F(4))
        opened[i] = F(1) - F(0.6) * down * low
    extent = G[3]
    for i in range(len(hit)):
        # Walls look at the texels before them, not at their own.
        x = (px[i] + G[0]) * G[2] + nx[i] * SIDESTEP - F(0.5)
        y = (py[i] + G[1]) * G[2] + ny[i] * SIDESTEP - F(0.5)
        if hit[i] > F(0) and x > F(0) and y > F(0) and x < extent and y < extent:
            column, row = np.uint32(x), np.uint32(y)
            if pz[i] < blocks[row >> BLOCK_LEVEL, column >> BLOCK_LEVEL]:
                fx, fy, z, n = x - F(column), y - F(row), pz[i], nz[i]
                one, lower = open_map[row], open_map[row + 1]
                if z < F(1e-4):
                    a = one[column, 0] + (one[column + 1, 0] - one[column, 0]) * fx
                    b = lower[column, 0] + (lower[column + 1, 0] - lower[column, 0]) * fx
                    opened[i] *= a + (b - a) * fy
                    continue
                a = _at_height(one, column, z, n) * (F(1) - fx)
                a += _at_height(one, column + 1, z, n) * fx
                b = _at_height(lower, column, z, n) * (F(1) - fx)
                b += _at_height(lower, column + 1, z, n) * fx
                opened[i] *= a + (b - a) * fy


@inline
def _at_height(line, column, z, nz):
    """Openness at a height over one texel."""
    ground, upper, height = line[column, 0], line[column, 1], line[column, 2]
    if z >= height:
        # Above everything here: what is missing comes back with the distance.
        over = (z - height) * F(8)
        start = upper if height > F(0) else ground
        return F(1) - (F(1) - start) / (F(1) + over * over * F(4) + over)
    share = z / height
    inside = ground + (upper - ground) * share
    # Looking up from under the highest surface: something hangs over this place.
    buried = clamp((height - z) * F(40) - F(0.4)) * clamp(nz * F(2) - F(0.6))
    buried = buried * clamp(z * F(200))
    return inside * (F(1) - F(0.55) * buried)
