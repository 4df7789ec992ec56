"""Band-limited building blocks of patterns: a point and a pixel's footprint -> values.

All are pure arithmetic without branches, so loops over them run in SIMD lanes. Lengths are in
repeats of the pattern; footprints are box widths in the same unit.
"""

# ruff: noqa: D103  (one line of mathematics each; the module docstring says what goes in and out)

import numpy as np

from ..jit import inline

F = np.float32


@inline
def wave(p, f):
    """Square wave of period 1, values -1 and 1, averaged over a box of width f."""
    a, b = p - F(0.5) * f, p + F(0.5) * f
    low = abs(a - np.floor(a) - F(0.5))
    high = abs(b - np.floor(b) - F(0.5))
    return min(max((low - high) / f, F(-1)), F(1))


@inline
def sine(p):
    """Smooth wave of period 1, values -1 to 1 (two parabolas, 6 % from a sine)."""
    t = p - np.floor(p)
    s = F(1) if t < F(0.5) else F(-1)
    u = t if t < F(0.5) else t - F(0.5)
    return s * F(16) * u * (F(0.5) - u)


@inline
def mixed(h):
    """Scramble lattice bits; 24 of them as a whole number."""
    # Every step is cast back: numba widens, and wide products leave the fast lanes.
    h = np.uint32(h)
    h = np.uint32(h ^ np.uint32(h >> np.uint32(15)))
    h = np.uint32(h * np.uint32(0x2C1B3C6D))
    return F(np.int32(np.uint32(h >> np.uint32(8))))


@inline
def hash3(i, j, k):
    """Lattice point -> 0..1, the same on every platform."""
    h = np.uint32(np.uint32(i) * np.uint32(0x8DA6B343))
    h = np.uint32(h ^ np.uint32(np.uint32(j) * np.uint32(0xD8163841)))
    h = np.uint32(h ^ np.uint32(np.uint32(k) * np.uint32(0xCB1AB31F)))
    return mixed(h) * F(1 / 16777216)


@inline
def smooth(t):
    return t * t * (F(3) - F(2) * t)


@inline
def clamp(t):
    return min(max(t, F(0)), F(1))


@inline
def fade(f):
    """Share of a detail of period 1 that is kept: all while a pixel is much smaller than it."""
    return min(max(F(1.6) - F(2) * f, F(0)), F(1))


@inline
def edge(distance, f):
    """0 to 1 across an edge at distance 0, as wide as a pixel."""
    return min(max(distance / f + F(0.5), F(0)), F(1))


@inline
def noise2(x, y, layer):
    """Value noise in 0..1, its slopes along x and y."""
    xf, yf = np.floor(x), np.floor(y)
    s, t = x - xf, y - yf
    u, v = smooth(s), smooth(t)
    i0 = np.uint32(np.uint32(np.int32(xf)) * np.uint32(0x8DA6B343))
    i1 = np.uint32(i0 + np.uint32(0x8DA6B343))
    # The layer is added to the row's bits, so that layers share no lattice lines.
    j0 = np.uint32(np.uint32(np.int32(yf)) * np.uint32(0xD8163841))
    j1 = np.uint32(j0 + np.uint32(0xD8163841))
    k = np.uint32(np.uint32(np.int32(layer)) * np.uint32(0xCB1AB31F))
    j0, j1 = np.uint32(j0 ^ k), np.uint32(j1 ^ k)
    a, b, c, d = mixed(i0 ^ j0), mixed(i1 ^ j0), mixed(i0 ^ j1), mixed(i1 ^ j1)
    low, high = a + (b - a) * u, c + (d - c) * u
    du, dv = F(6) * s * (F(1) - s), F(6) * t * (F(1) - t)
    along = ((b - a) + (d - c - b + a) * v) * du
    scale = F(1 / 16777216)
    return (low + (high - low) * v) * scale, along * scale, (high - low) * dv * scale


@inline
def noise3(x, y, z, layer):
    """Value noise in 0..1, its slopes along x, y and z."""
    zf = np.floor(z)
    r = z - zf
    k = np.int32(zf) * np.int32(131) + np.int32(layer)
    n0, x0, y0 = noise2(x, y, k)
    n1, x1, y1 = noise2(x, y, k + np.int32(131))
    w = smooth(r)
    dw = F(6) * r * (F(1) - r)
    return n0 + (n1 - n0) * w, x0 + (x1 - x0) * w, y0 + (y1 - y0) * w, (n1 - n0) * dw


@inline
def cells2(x, y, layer):
    """Scattered stones: distance to the nearest of the four jittered points around, its tone.

    Returns distance [cells], tone 0..1, and the direction to the point, not normalized.
    """
    xf, yf = np.floor(x - F(0.5)), np.floor(y - F(0.5))
    best, tone, to_x, to_y = F(9), F(0), F(0), F(0)
    for n in range(4):
        i, j = np.int32(xf) + np.int32(n & 1), np.int32(yf) + np.int32(n >> 1)
        a = hash3(i, j, np.int32(layer))
        b = hash3(j, i, np.int32(layer) + np.int32(17))
        dx = F(i) + F(0.2) + F(0.6) * a - x
        dy = F(j) + F(0.2) + F(0.6) * b - y
        d = dx * dx + dy * dy
        nearer = d < best
        tone = (a * F(7.3) - np.floor(a * F(7.3))) if nearer else tone
        to_x, to_y = (dx if nearer else to_x), (dy if nearer else to_y)
        best = d if nearer else best
    return np.sqrt(best), tone, to_x, to_y
