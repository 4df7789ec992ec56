"""Motion blur: what moves while the shutter is open smears along its way.

Blurs exposed light, not display values, at fixed steps (no noise), and leaves pixels alone around
which nothing moves.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from ..jit import exact_borrowing, fast_borrowing, inline
from .display import DECODED, encode, film
from .noise import F, clamp

FAST_BITS = 6
SIDE = 1 << FAST_BITS
"""Pixels per side of the squares that share a fastest motion: wider than FASTEST."""
SHUTTER_TAPS = 13
"""Taps of the longest motion blur; short ones need fewer."""
FASTEST = F(48)
"""Longest motion blur, to each side [px]."""
LEAST = F(0.5)
"""Shortest motion that blurs, to each side, and the speed of what moves less [px]."""


def motion_blur(
    rgb: UInt8[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    flow_forward: Float32[np.ndarray, "H W 2"],
    flow_backward: Float32[np.ndarray, "H W 2"],
    *,
    shutter: float,
) -> None:
    """Smear what moves while the shutter is open, in place.

    Gathers along the fastest motion around every pixel (McGuire et al. 2012, "A reconstruction
    filter for plausible motion blur"); what is in front decides who smears over whom.

    Args:
        rgb: Display values.
        depth: Camera z [m], +inf for sky.
        flow_forward: To the next frame [px]; NaN where unknown.
        flow_backward: To the previous frame [px]; NaN where unknown.
        shutter: Share of the frame interval that the shutter is open, centred on the frame.
    """
    if shutter <= 0.0:
        return
    height, width = depth.shape
    rows, columns = ((height - 1) >> FAST_BITS) + 1, ((width - 1) >> FAST_BITS) + 1
    motion = np.empty((2, height, width), np.float32)
    fastest = np.zeros((rows, columns, 2), np.float32)
    _half_motion(flow_forward, flow_backward, np.float32(0.5 * shutter), motion)
    _fastest(motion, np.zeros_like(fastest), fastest)
    if np.hypot(fastest[..., 0], fastest[..., 1]).max() >= LEAST:
        reach = int(np.abs(fastest[..., 1]).max()) + 1
        band = np.empty((5, SIDE + 2 * reach, width), np.float32)
        _smear(rgb.copy(), depth, motion, fastest, band, np.empty((4, SIDE), np.float32), rgb)


@exact_borrowing
def _half_motion(forward, backward, share, motion):
    """(2, H, W) motion from the middle of the exposure to its end [px], from what is known."""
    for row in range(forward.shape[0]):
        for k in range(2):
            for column in range(forward.shape[1]):
                ahead, back = forward[row, column, k], -backward[row, column, k]
                ahead, back = (ahead if ahead == ahead else back), (back if back == back else ahead)
                mean = F(0.5) * (ahead + back) * share
                mean = mean if mean == mean else F(0)
                motion[k, row, column] = min(max(mean, -FASTEST), FASTEST)


@fast_borrowing
def _fastest(motion, own, around):
    """Per square of a grid, the longest motion in it, and in it and its neighbours [px]."""
    (height, width), (rows, columns) = motion.shape[1:], own.shape[:2]
    for row in range(rows):
        for column in range(columns):
            top, left = row << FAST_BITS, column << FAST_BITS
            bottom, right = min(top + SIDE, height), min(left + SIDE, width)
            best = own[row, column]
            for y in range(top, bottom):
                longest = F(0)
                for x in range(left, right):
                    longest = max(longest, motion[0, y, x] ** 2 + motion[1, y, x] ** 2)
                if longest > best[0] * best[0] + best[1] * best[1]:
                    for x in range(left, right):
                        _keep_longer(best, motion[0, y, x], motion[1, y, x])
    for row in range(rows):
        for column in range(columns):
            for y in range(max(row - 1, 0), min(row + 2, rows)):
                for x in range(max(column - 1, 0), min(column + 2, columns)):
                    _keep_longer(around[row, column], own[y, x, 0], own[y, x, 1])


@inline
def _keep_longer(best, x, y):
    if x * x + y * y > best[0] * best[0] + best[1] * best[1]:
        best[0], best[1] = x, y


@fast_borrowing
def _smear(sharp, depth, motion, fastest, band, sums, rgb):
    """Square by square: what surrounds a pixel of one lies at the same offsets for all of them.

    `band` and `sums` are scratch: light, 1 / speed and 1 / depth of the rows that a row of squares
    needs, and what a span of pixels gathers.
    """
    height, width = depth.shape
    for square_row in range(len(fastest)):
        reach, longest = F(0), F(0)
        for column in range(fastest.shape[1]):
            x, y = fastest[square_row, column, 0], fastest[square_row, column, 1]
            reach, longest = max(reach, abs(y)), max(longest, x * x + y * y)
        if longest < LEAST * LEAST:
            continue
        top = square_row * SIDE
        bottom, first = min(top + SIDE, height), max(top - np.int64(reach) - 1, 0)
        _expose(sharp, depth, motion, first, min(bottom + np.int64(reach) + 1, height), band)
        for row in range(top, bottom):
            for left in range(0, width, SIDE):
                along = fastest[square_row, left >> FAST_BITS]
                length = np.sqrt(along[0] * along[0] + along[1] * along[1])
                if length >= LEAST:
                    ends = left, min(left + SIDE, width)
                    _gather_along(band, row - first, height - first, ends, along, length, sums)
                    _show(sums, rgb[row], ends[0], ends[1])


@fast_borrowing
def _expose(sharp, depth, motion, first, last, band):
    """Fill a band with some rows of the picture."""
    for row in range(first, last):
        at = row - first
        for column in range(sharp.shape[1]):
            for channel in range(3):
                band[channel, at, column] = DECODED[sharp[row, column, channel]]
        for column in range(sharp.shape[1]):
            x, y = motion[0, row, column], motion[1, row, column]
            band[3, at, column] = F(1) / max(np.sqrt(x * x + y * y), LEAST)
            band[4, at, column] = F(1) / min(depth[row, column], F(1e6))


@fast_borrowing
def _gather_along(band, row, rows, ends, along, length, sums):
    """Weighted light around a span of pixels of a row, and the weights' sum.

    Args:
        band: What `_expose` found.
        row: Of the band.
        rows: Rows of the picture from the band's first on.
        ends: First and last plus one column of the span.
        along: (2,) f32 motion to gather along, to each side [px].
        length: Of that motion.
        sums: (4, N) f32 out: red, green, blue, weight.
    """
    left, right = ends
    for i in range(right - left):
        weight = band[3, row, left + i]
        for channel in range(3):
            sums[channel, i] = weight * band[channel, row, left + i]
        sums[3, i] = weight
    middle = min(np.int64(F(0.7) * length) + 1, SHUTTER_TAPS >> 1)
    taps = 2 * middle + 1
    for k in range(taps):
        t = (F(2) * F(k) + F(1)) / F(taps) - F(1)
        across = np.int64(np.floor(along[0] * t + F(0.5)))
        y = row + np.int64(np.floor(along[1] * t + F(0.5)))
        if k == middle or y < 0 or y >= rows:
            continue
        start, stop = max(left, -across), min(right, band.shape[2] - across)
        a, b = start + across, stop + across
        here = band[3, row, start:stop], band[4, row, start:stop]
        there = band[3, y, a:b], band[4, y, a:b]
        light = band[0, y, a:b], band[1, y, a:b], band[2, y, a:b]
        a, b = start - left, stop - left
        gathered = sums[0, a:b], sums[1, a:b], sums[2, a:b], sums[3, a:b]
        _add_tap(here, there, light, abs(t) * length, gathered)


@fast_borrowing
def _add_tap(here, there, light, distance, gathered):
    """Light of one place for every pixel of a span, weighted: spans of `_gather_along`'s rows."""
    (own_speed, own_near), (other_speed, other_near) = here, there
    (red, green, blue), (sum_red, sum_green, sum_blue, weight) = light, gathered
    for i in range(len(weight)):
        own, other, near = own_speed[i], other_speed[i], own_near[i]
        # Inverse depths, 2 % apart or more, tell which of the two is in front.
        ahead = (other_near[i] - near) / (near + F(1e-6)) * F(50)
        w = clamp(F(1) + ahead) * clamp(F(1) - distance * other)
        w += clamp(F(1) - ahead) * clamp(F(1) - distance * own)
        both = min(own, other) if distance * max(own, other) < F(1) else F(0)
        w = w * own + F(2) * both
        sum_red[i] += w * red[i]
        sum_green[i] += w * green[i]
        sum_blue[i] += w * blue[i]
        weight[i] += w


@fast_borrowing
def _show(sums, line, left, right):
    """Gathered light -> display values of a row of the picture."""
    for i in range(right - left):
        inverse = F(1) / sums[3, i]
        for channel in range(3):
            sums[channel, i] = encode(film(sums[channel, i] * inverse))
    for i in range(right - left):
        for channel in range(3):
            line[left + i, channel] = np.uint8(sums[channel, i])
