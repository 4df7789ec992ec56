"""Depth of field: what is out of focus spreads over its circle of confusion.

Blurs exposed light, not display values, at half the size; gathers from a fixed pattern (no noise),
and leaves pixels alone that are sharp.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from ..jit import fast, fast_borrowing, inline
from .display import DECODED, encode, film
from .noise import F, clamp

LARGEST_BLUR = 20.0
"""Radius of the widest blur circle [half-size px]: what is farther out of focus stays at it."""
RINGS = ((0.0, 1), (0.42, 6), (0.74, 11), (0.98, 14))
"""Radius and number of the taps of a blur circle."""
SHARP = F(0.25)
"""Circles smaller than this are left alone [half-size px]."""
RIM = int(LARGEST_BLUR) + 1
"""Pixels around the half-size picture that repeat its edges: wider than LARGEST_BLUR."""
LEAST_SHARE = F(0.004)
"""Of the blurred picture in a pixel: with less, it is sharp [1]."""
TILE_BITS = 4
TILE = 1 << TILE_BITS
"""Pixels per side of the squares that share a largest blur."""


def _circle() -> Float32[np.ndarray, "K 2"]:
    taps = []
    for index, (radius, count) in enumerate(RINGS):
        angle = 2 * np.pi * (np.arange(count) + 0.5 * (index % 2)) / count
        taps.append(radius * np.stack([np.cos(angle), np.sin(angle)], -1))
    return np.concatenate(taps).astype(np.float32)


CIRCLE = _circle()


def depth_of_field(
    rgb: UInt8[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    *,
    focal_px: float,
    aperture: float,
    focus_distance: float,
) -> None:
    """Blur what is out of focus, in place.

    Args:
        rgb: Display values.
        depth: Camera z [m], +inf for sky.
        focal_px: Focal length [px].
        aperture: Radius of the lens opening [m]; 0 leaves the picture as it is.
        focus_distance: Camera z that is sharp [m].
    """
    strength = np.float32(0.5 * aperture * focal_px)  # circles are measured in half-size pixels
    if strength * max(1.0 / focus_distance, 1.0 / 0.05) < 0.3:
        return
    focus = np.float32(1.0 / focus_distance)
    rows, columns = rgb.shape[0] // 2, rgb.shape[1] // 2
    small = np.empty((4, rows + 2 * RIM, columns + 2 * RIM), np.float32)
    _halve(rgb, depth, strength, focus, small)
    small[:, :RIM], small[:, rows + RIM :] = small[:, RIM, None], small[:, rows + RIM - 1, None]
    small[..., :RIM] = small[..., RIM, None]
    small[..., columns + RIM :] = small[..., columns + RIM - 1, None]
    reach = _reach(small)
    if reach.max() > SHARP:
        blurred, sums = np.empty((4, rows, columns), np.float32), np.empty((5, TILE), np.float32)
        _gather(small, reach, sums, blurred)
        _merge(rgb, depth, strength, focus, blurred, np.empty((12, 2 * columns + 2), np.float32))


@inline
def _circle_radius(z, strength, focus):
    """Signed radius of the blur circle [half-size px]: negative before the focus."""
    radius = strength * (focus - F(1) / z)
    return min(max(radius, F(-LARGEST_BLUR)), F(LARGEST_BLUR))


@fast_borrowing
def _halve(rgb, depth, strength, focus, small):
    """Exposed light and blur radius at half the size; the radius is the nearest point's."""
    for row in range(small.shape[1] - 2 * RIM):
        for column in range(small.shape[2] - 2 * RIM):
            y, x = 2 * row, 2 * column
            for channel in range(3):
                total = DECODED[rgb[y, x, channel]] + DECODED[rgb[y, x + 1, channel]]
                total += DECODED[rgb[y + 1, x, channel]] + DECODED[rgb[y + 1, x + 1, channel]]
                small[channel, row + RIM, column + RIM] = F(0.25) * total
            z = min(min(depth[y, x], depth[y, x + 1]), min(depth[y + 1, x], depth[y + 1, x + 1]))
            radius = _circle_radius(min(z, F(1e6)), strength, focus)
            small[3, row + RIM, column + RIM] = radius


@fast
def _reach(small):
    """Per tile, the largest blur radius that could reach into it [half-size px]."""
    height, width = small.shape[1] - 2 * RIM, small.shape[2] - 2 * RIM
    rows, columns = (height + TILE - 1) // TILE, (width + TILE - 1) // TILE
    own = np.zeros((rows, columns), np.float32)
    for row in range(height):
        for column in range(width):
            y, x = row >> TILE_BITS, column >> TILE_BITS
            own[y, x] = max(own[y, x], abs(small[3, row + RIM, column + RIM]))
    near = np.int64(np.ceil(LARGEST_BLUR / TILE))
    reach = np.zeros_like(own)
    for row in range(rows):
        for column in range(columns):
            for y in range(max(row - near, 0), min(row + near + 1, rows)):
                for x in range(max(column - near, 0), min(column + near + 1, columns)):
                    apart = max(max(abs(y - row), abs(x - column)) - 1, 0) * TILE
                    if own[y, x] > F(apart):
                        reach[row, column] = max(reach[row, column], own[y, x])
    return reach


@fast_borrowing
def _gather(small, reach, sums, blurred):
    """Average what spreads over every pixel; the last channel becomes the weight of the result.

    The taps of a tile lie at the same offsets for all its pixels. `sums` is scratch: red, green,
    blue, their weight, and how much of it lies before the focus.
    """
    height, width = blurred.shape[1:]
    for row in range(height):
        for left in range(0, width, TILE):
            far = reach[row >> TILE_BITS, left >> TILE_BITS]
            right = min(left + TILE, width)
            start, stop = left + RIM, right + RIM
            if far < SHARP:
                for column in range(left, right):
                    for k in range(3):
                        blurred[k, row, column] = small[k, row + RIM, column + RIM]
                    blurred[3, row, column] = F(0)
                continue
            sums[:] = F(0)
            own, inverse = small[3, row + RIM, start:stop], F(1) / (F(0.3) * far + F(0.5))
            for k in range(len(CIRCLE)):
                dx, dy = CIRCLE[k, 0] * far, CIRCLE[k, 1] * far
                x, y = np.int64(np.floor(dx + F(0.5))), np.int64(np.floor(dy + F(0.5)))
                y, a, b = y + row + RIM, start + x, stop + x
                tap = small[0, y, a:b], small[1, y, a:b], small[2, y, a:b], small[3, y, a:b]
                _add_circle_tap(tap, own, np.sqrt(dx * dx + dy * dy), inverse, sums)
            for i in range(right - left):
                share = F(1) / max(sums[3, i], F(1e-6))
                blurred[0, row, left + i] = sums[0, i] * share
                blurred[1, row, left + i] = sums[1, i] * share
                blurred[2, row, left + i] = sums[2, i] * share
                over = F(1.6) * sums[4, i] / F(len(CIRCLE))
                blurred[3, row, left + i] = max(clamp(F(2) * abs(own[i]) - F(0.4)), clamp(over))


@fast_borrowing
def _add_circle_tap(tap, own, distance, inverse, sums):
    """Light of one place of the circles for every pixel of a span, weighted."""
    red, green, blue, circles = tap
    for i in range(len(own)):
        circle = circles[i]
        # What lies behind spreads over this pixel no farther than the pixel is blurred.
        spread = abs(circle)
        spread = min(spread, abs(own[i]) + F(0.5)) if circle > own[i] else spread
        weight = clamp((spread - distance) * inverse + F(1)) / (F(1) + spread * spread)
        sums[0, i] += red[i] * weight
        sums[1, i] += green[i] * weight
        sums[2, i] += blue[i] * weight
        sums[3, i] += weight
        sums[4, i] += clamp((-circle - distance) * inverse + F(0.5))


@fast_borrowing
def _merge(rgb, depth, strength, focus, blurred, lines):
    """Lay the blurred half-size picture over the sharp one, where it is blurred.

    `lines` is scratch: a row of the blurred picture, of twice its width, and of display values.
    """
    (height, width), (rows, columns) = rgb.shape[:2], blurred.shape[1:]
    for row in range(height):
        fy = F(0.5) * F(row) - F(0.25)
        y0 = min(max(np.int64(np.floor(fy)), 0), rows - 1)
        y1, v = min(y0 + 1, rows - 1), clamp(fy - F(y0))
        for k in range(4):
            for x in range(columns):
                lines[k, x] = blurred[k, y0, x] + (blurred[k, y1, x] - blurred[k, y0, x]) * v
        for k in range(4):
            lines[4 + k, 0] = lines[k, 0]
            for x in range(columns - 1):
                step = F(0.25) * (lines[k, x + 1] - lines[k, x])
                lines[4 + k, 2 * x + 1] = lines[k, x] + step
                lines[4 + k, 2 * x + 2] = lines[k, x + 1] - step
            for x in range(2 * columns - 1, width):
                lines[4 + k, x] = lines[k, columns - 1]
        most = F(0)
        for column in range(width):
            own = abs(_circle_radius(min(depth[row, column], F(1e6)), strength, focus))
            share = lines[7, column]
            lines[7, column] = max(clamp(F(2) * own - F(0.4)), share * share)
            most = max(most, lines[7, column])
        if most < LEAST_SHARE:
            continue
        for k in range(3):
            for column in range(width):
                light = DECODED[rgb[row, column, k]]
                soft = light + (lines[4 + k, column] - light) * lines[7, column]
                lines[8 + k, column] = encode(film(soft))
        for column in range(width):
            if lines[7, column] >= LEAST_SHARE:
                for k in range(3):
                    rgb[row, column, k] = np.uint8(lines[8 + k, column])
