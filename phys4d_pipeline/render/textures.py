"""Procedural patterns: a point in repeats of the pattern -> weight of the second colour in 0..1.

Every pattern takes the footprint of a pixel, in repeats, and fades to its mean before it would
alias. `solid` patterns live in body coordinates, `ground` patterns in world xy.
"""

# ruff: noqa: D103  (one line of mathematics each; the module docstring says what goes in and out)

import numpy as np

from ..jit import fast, inline

KINDS = ("plain", "checker", "wood", "marble", "stripes", "dots", "brick", "noise")
"""Names for `scene.Texture.kind`; the place in this tuple is the kernel's code."""

F = np.float32


@inline
def _wave(p, f):
    """Square wave of period 1, values -1 and 1, averaged over a box of width f."""
    a, b = p - F(0.5) * f, p + F(0.5) * f
    low = abs(a - np.floor(a) - F(0.5))
    high = abs(b - np.floor(b) - F(0.5))
    return (low - high) / f


@inline
def _hash(i, j, k):
    """Lattice point -> 0..1, the same on every platform."""
    h = np.uint32(i) * np.uint32(0x8DA6B343)
    h ^= np.uint32(j) * np.uint32(0xD8163841)
    h ^= np.uint32(k) * np.uint32(0xCB1AB31F)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    return F(np.int32(h & np.uint32(0xFFFFFF))) * F(1 / 16777216)


@inline
def _smooth(t):
    return t * t * (F(3) - F(2) * t)


@inline
def _fade(f):
    """Keep a detail of period 1 while a pixel is much smaller than it."""
    return min(max(F(1.6) - F(2) * f, F(0)), F(1))


@inline
def _noise2(x, y):
    xf, yf = np.floor(x), np.floor(y)
    u, v = _smooth(x - xf), _smooth(y - yf)
    i, j, o = np.int32(xf), np.int32(yf), np.int32(1)
    a = _hash(i, j, np.int32(0)) * (F(1) - u) + _hash(i + o, j, np.int32(0)) * u
    b = _hash(i, j + o, np.int32(0)) * (F(1) - u) + _hash(i + o, j + o, np.int32(0)) * u
    return a * (F(1) - v) + b * v


@inline
def _noise3(x, y, z):
    zf = np.floor(z)
    w = _smooth(z - zf)
    shift = F(37.7) * zf  # one 2-D lattice per layer
    return _noise2(x + shift, y) * (F(1) - w) + _noise2(x + shift + F(37.7), y) * w


@inline
def _edge_step(distance, f):
    """0 to 1 across an edge at distance 0, as wide as a pixel."""
    return min(max(distance / f + F(0.5), F(0)), F(1))


@inline
def ground_wood(x, y, f):
    """Boards one repeat wide and eight long, with grain and dark joints."""
    board = np.floor(y)
    along = x * F(0.125) + _hash(np.int32(board), np.int32(7), np.int32(1))
    number = np.floor(along)
    tone = _hash(np.int32(board), np.int32(number), np.int32(2))
    grain = _noise2(x * F(1.5) + tone * F(91), y * F(22)) * _fade(f * F(14))
    rings = _noise2(x * F(0.35) + tone * F(57), y * F(5) + tone * F(13)) * _fade(f * F(4))
    across = abs(y - board - F(0.5))
    lengthwise = abs(along - number - F(0.5)) * F(8)
    joint = max(_edge_step(across - F(0.492), f), _edge_step(lengthwise - F(3.99), f))
    joint = joint * min(F(0.02) / f, F(1))
    return min(F(0.45) * tone + F(0.28) * grain + F(0.3) * rings + joint * F(0.6), F(1))


@inline
def ground_marble(x, y, f):
    turbulence = _noise2(x * F(1.3), y * F(1.3)) + F(0.5) * _noise2(x * F(2.9), y * F(2.9))
    vein = abs(np.sin((x + F(0.6) * y + F(2.3) * turbulence) * F(2.2)))
    sharp = F(1) - min(vein * F(2.2), F(1))
    joint = max(abs(x - np.floor(x) - F(0.5)), abs(y - np.floor(y) - F(0.5)))
    tile = _edge_step(joint - F(0.494), f) * min(F(0.012) / f, F(1))
    cloud = F(0.25) * _noise2(x * F(0.7), y * F(0.7))
    return min(sharp * sharp * F(0.55) * _fade(f * F(2)) + cloud + tile * F(0.5), F(1))


@inline
def ground_noise(x, y, f):
    """Concrete or turf: three octaves of value noise."""
    a = (_noise2(x * F(1.7), y * F(1.7)) - F(0.5)) * _fade(f * F(1.7))
    b = (_noise2(x * F(6.1), y * F(6.1)) - F(0.5)) * _fade(f * F(6.1))
    c = (_noise2(x * F(29), y * F(29)) - F(0.5)) * _fade(f * F(29))
    return min(max(F(0.5) + F(0.7) * a + F(0.45) * b + F(0.4) * c, F(0)), F(1))


@inline
def ground_brick(x, y, f):
    """Paving: one repeat long, half a repeat wide, every second row shifted; mortar is 1."""
    row = np.floor(y * F(2))
    x = x + F(0.5) * (row - F(2) * np.floor(row * F(0.5)))
    column = np.floor(x)
    gap = max(
        _edge_step(abs(x - column - F(0.5)) - F(0.48), f),
        _edge_step(F(0.5) * abs(F(2) * y - row - F(0.5)) - F(0.23), f),
    )
    gap = gap * min(F(0.05) / f, F(1))
    tone = _hash(np.int32(row), np.int32(column), np.int32(3)) * F(0.3)
    grain = (_noise2(x * F(31), y * F(31)) - F(0.5)) * F(0.2) * _fade(f * F(31))
    return min(max(tone + grain, gap), F(1))


@inline
def solid_brick(x, y, z, f):
    return ground_brick(x + y, z, f)


@inline
def solid_checker(x, y, z, f):
    return F(0.5) - F(0.5) * _wave(x, f) * _wave(y, f) * _wave(z + F(0.25), f)


@inline
def ground_checker(x, y, f):
    return F(0.5) - F(0.5) * _wave(x, f) * _wave(y, f)


@inline
def solid_stripes(x, y, z, f):
    return F(0.5) - F(0.5) * _wave(x + F(0.25), f)


@inline
def solid_wood(x, y, z, f):
    """Growth rings around the body's x axis."""
    wobble = _noise3(x * F(0.4), y * F(1.1), z * F(1.1))
    radius = np.sqrt(y * y + z * z) * F(2.2) + F(1.7) * wobble
    ring = radius - np.floor(radius)
    grain = (_noise3(x * F(1.2), y * F(19), z * F(19)) - F(0.5)) * _fade(f * F(19))
    return min(max(ring * ring * _fade(f * F(2.2)) * F(0.8) + F(0.35) * grain, F(0)), F(1))


@inline
def solid_marble(x, y, z, f):
    turbulence = _noise3(x * F(1.3), y * F(1.3), z * F(1.3))
    turbulence = turbulence + F(0.5) * _noise3(x * F(2.9), y * F(2.9), z * F(2.9))
    vein = abs(np.sin((x + F(0.6) * y + F(0.4) * z + F(2.3) * turbulence) * F(2.2)))
    sharp = F(1) - min(vein * F(2.2), F(1))
    return sharp * sharp * F(0.8) * _fade(f * F(2))


@inline
def solid_dots(x, y, z, f):
    u, v, w = x - np.floor(x) - F(0.5), y - np.floor(y) - F(0.5), z - np.floor(z) - F(0.5)
    return _edge_step(F(0.33) - np.sqrt(u * u + v * v + w * w), f)


@inline
def solid_noise(x, y, z, f):
    a = (_noise3(x * F(1.7), y * F(1.7), z * F(1.7)) - F(0.5)) * _fade(f * F(1.7))
    b = (_noise3(x * F(6.1), y * F(6.1), z * F(6.1)) - F(0.5)) * _fade(f * F(6.1))
    return min(max(F(0.5) + F(0.8) * a + F(0.5) * b, F(0)), F(1))


@fast
def solid(kind, x, y, z, f):
    """Weight of the second colour of pattern `kind` at body point (x, y, z), in repeats."""
    weight = F(0)
    if kind == 1:
        weight = solid_checker(x, y, z, f)
    elif kind == 2:
        weight = solid_wood(x, y, z, f)
    elif kind == 3:
        weight = solid_marble(x, y, z, f)
    elif kind == 4:
        weight = solid_stripes(x, y, z, f)
    elif kind == 5:
        weight = solid_dots(x, y, z, f)
    elif kind == 6:
        weight = solid_brick(x, y, z, f)
    elif kind == 7:
        weight = solid_noise(x, y, z, f)
    return weight


@fast
def ground_span(kind, scale, x, y, footprint, weight):
    """Weights along a row of ground points.

    Args:
        kind: Code of the pattern.
        scale: Repeats per metre.
        x: (N,) world x [m].
        y: (N,) world y [m].
        footprint: (N,) pixel size on the ground [m].
        weight: (N,) out.
    """
    # One loop per pattern: a branch inside would keep the loop from being vectorised.
    n = len(x)
    if kind == 1:
        for i in range(n):
            weight[i] = ground_checker(x[i] * scale, y[i] * scale, footprint[i] * scale)
    elif kind == 2:
        for i in range(n):
            weight[i] = ground_wood(x[i] * scale, y[i] * scale, footprint[i] * scale)
    elif kind == 3:
        for i in range(n):
            weight[i] = ground_marble(x[i] * scale, y[i] * scale, footprint[i] * scale)
    elif kind == 4:
        for i in range(n):
            weight[i] = F(0.5) - F(0.5) * _wave(x[i] * scale, footprint[i] * scale)
    elif kind == 5:
        for i in range(n):
            weight[i] = solid_dots(x[i] * scale, y[i] * scale, F(0.5), footprint[i] * scale)
    elif kind == 6:
        for i in range(n):
            weight[i] = ground_brick(x[i] * scale, y[i] * scale, footprint[i] * scale)
    elif kind == 7:
        for i in range(n):
            weight[i] = ground_noise(x[i] * scale, y[i] * scale, footprint[i] * scale)
    else:
        for i in range(n):
            weight[i] = F(0)
