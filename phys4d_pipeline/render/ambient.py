"""Heights of everything seen from above and from below -> how open to the sky every place is.

The maps do not depend on the camera and keep their place over a clip, so they do not swim. Each
texel knows three things: how much sky the ground there sees, how much the highest surface there
sees, and that surface's height; in between, openness follows the height.
"""

import cv2
import numpy as np
from jaxtyping import Float32

from ..jit import fast, inline
from .noise import F, clamp
from .planes import HIT, NORMAL_Z, OPEN, POINT_X, POINT_Y, POINT_Z

RINGS = (0.012, 0.035, 0.1, 0.28)
"""Distances at which the surroundings are looked at [m]."""
DIRECTIONS = 8
BLOCK = 16
"""Texels per side of a block with a common height limit."""
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
        surface [m], and how much room the surroundings leave under it; per block of BLOCK texels:
        the height above which all is open [m].
    """
    size = len(top)
    covered = (top > 0).astype(np.float32)
    hanging = np.where(np.isfinite(low), low, 0.0).astype(np.float32) * covered
    columns = np.stack([covered, covered * top, hanging], -1)
    radii = np.array(RINGS) * texels_per_metre
    rings = np.stack(
        [cv2.GaussianBlur(columns, (0, 0), max(0.35 * radius, 0.4)) for radius in radii]
    )
    near = np.where(np.isfinite(low), np.exp(-np.maximum(low, 0.0) / CLEARANCE), 0.0)
    ceiling = cv2.GaussianBlur(near.astype(np.float32), (0, 0), 0.02 * texels_per_metre + 0.5)
    angles = 2 * np.pi * (np.arange(DIRECTIONS) + 0.5 * (np.arange(len(RINGS))[:, None] % 2))
    angles = angles / DIRECTIONS
    offsets = np.stack([np.sin(angles), np.cos(angles)], -1) * radii[:, None, None]
    offsets = np.round(offsets).astype(np.int32)
    limits = _limits(top, int(np.ceil(radii[-1] * 1.7)))
    out = np.ones((size, size, 4), np.float32)
    out[..., 2] = 0.0
    _look_around(top, rings, ceiling, offsets, np.array(RINGS, np.float32), limits, out)
    return out, limits


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
def _look_around(top, rings, ceiling, offsets, distances, limits, out):
    """Horizons in all directions, for the ground and for the highest surface of every texel."""
    size = len(top)
    ground, upper = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    ground_way, upper_way = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    share = F(1.0 / DIRECTIONS)
    for row in range(size):
        for block in range(limits.shape[1]):
            if limits[row // BLOCK, block] <= F(0):
                continue
            left = block * BLOCK
            count = min(BLOCK, size - left)
            ground[:] = F(0)
            upper[:] = F(0)
            for direction in range(DIRECTIONS):
                ground_way[:] = F(1)
                upper_way[:] = F(1)
                for ring in range(len(distances)):
                    inverse = F(1) / distances[ring]
                    y = min(max(row + offsets[ring, direction, 0], 0), size - 1)
                    shift = offsets[ring, direction, 1]
                    for k in range(count):
                        x = min(max(left + k + shift, 0), size - 1)
                        c = rings[ring, y, x, 0]
                        whole = F(1) / (c + F(1e-6))
                        height = rings[ring, y, x, 1] * whole
                        under = rings[ring, y, x, 2] * whole
                        s, b = height * inverse, under * inverse
                        s, b = s * s, b * b
                        blocked = s / (F(1) + s) - b / (F(1) + b)
                        ground_way[k] *= F(1) - c * max(blocked, F(0))
                        d = max(height - top[row, left + k], F(0)) * inverse
                        d = d * d
                        upper_way[k] *= F(1) - c * d / (F(1) + d)
                for k in range(count):
                    ground[k] += ground_way[k] * share
                    upper[k] += upper_way[k] * share
            for k in range(count):
                out[row, left + k, 0] = ground[k] * (F(1) - F(0.85) * ceiling[row, left + k])
                out[row, left + k, 1] = upper[k]
                out[row, left + k, 2] = top[row, left + k]


@fast
def find_openness(lighting, P):
    """Fill OPEN of a span."""
    px, py, pz, nz = P[POINT_X], P[POINT_Y], P[POINT_Z], P[NORMAL_Z]
    hit, opened = P[HIT], P[OPEN]
    G, blocks, open_map = lighting.open_from_world, lighting.open_blocks, lighting.open_map
    for i in range(len(hit)):
        # What faces down over the ground sees the ground's own darkness.
        down, low = F(0.5) - F(0.5) * nz[i], F(1) - clamp(pz[i] * F(4))
        opened[i] = F(1) - F(0.6) * down * low
    extent = G[3]
    for i in range(len(hit)):
        x, y = (px[i] + G[0]) * G[2] - F(0.5), (py[i] + G[1]) * G[2] - F(0.5)
        if hit[i] > F(0) and x > F(0) and y > F(0) and x < extent and y < extent:
            column, row = np.int32(x), np.int32(y)
            if pz[i] < blocks[row // BLOCK, column // BLOCK]:
                fx, fy, z, n = x - F(column), y - F(row), pz[i], nz[i]
                one, lower = open_map[row], open_map[row + 1]
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
