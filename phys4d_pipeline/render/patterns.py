"""Flat patterns: a point of a plane and a pixel's footprint there -> colour weight, gloss, relief.

Every pattern takes x and y in repeats, the pixel's extent along both axes and its overall size
(the same unit), and returns four numbers: the weight of the second colour in 0..1, what to add to
the roughness, and the slope of its relief along x and y. Details fade before they would alias.
"""

# ruff: noqa: D103  (one line of mathematics each; the module docstring says what goes in and out)

import numpy as np

from ..jit import inline
from .noise import F, cells2, clamp, edge, fade, hash3, noise2, sine, smooth, wave

_O = F(0)


@inline
def flat_checker(x, y, fx, fy, f):
    return F(0.5) - F(0.5) * wave(x, fx) * wave(y, fy), _O, _O, _O


@inline
def flat_stripes(x, y, fx, fy, f):
    return F(0.5) - F(0.5) * wave(x + F(0.25), fx), _O, _O, _O


@inline
def flat_dots(x, y, fx, fy, f):
    u, v = x - np.floor(x) - F(0.5), y - np.floor(y) - F(0.5)
    # Far off, the mean: pi 0.33^2.
    near = clamp(F(2) - F(2) * f)
    return F(0.342) + (edge(F(0.33) - np.sqrt(u * u + v * v), f) - F(0.342)) * near, _O, _O, _O


@inline
def joint(t, half_width, f):
    """A groove at whole numbers: how much of the pixel's box it fills, and its slope."""
    a, b = t - F(0.5) * f, t + F(0.5) * f
    i, j = np.floor(a + F(0.5)), np.floor(b + F(0.5))
    end = min(max(b - j, -half_width), half_width)
    start = min(max(a - i, -half_width), half_width)
    share = clamp((F(2) * half_width * (j - i) + end - start) / f)
    d = t - np.floor(t + F(0.5))
    rim = clamp(F(2) - abs(d) / half_width) * min(half_width / f, F(1)) * fade(f)
    return share, rim * (F(1) if d > F(0) else F(-1))


@inline
def flat_wood(x, y, fx, fy, f):
    """Boards one repeat wide and eight long: flame figure, fibres, pores, open joints."""
    board = np.floor(y)
    along = x * F(0.125) + hash3(np.int32(board), np.int32(7), np.int32(1))
    number = np.floor(along)
    tone = hash3(np.int32(board), np.int32(number), np.int32(2))
    shift = tone * F(91)
    bow, _, _ = noise2(x * F(0.35) + shift, y * F(1.3) + shift, np.int32(5))
    rings = (y - board) * F(3.5) + F(5) * bow
    ring = F(0.5) + F(0.5) * sine(rings)
    ring = F(0.5) + (ring * ring - F(0.5)) * fade(max(fx, fy * F(5)))
    fibre, _, slope = noise2(x * F(1.1) + shift, y * F(28), np.int32(6))
    fine = fade(max(fx * F(1.1), fy * F(28)))
    pore, _, _ = noise2(x * F(5) + shift, y * F(75), np.int32(7))
    pore = clamp(F(4) * pore - F(2.9)) * fade(max(fx * F(5), fy * F(75)))
    gap_y, rim_y = joint(y, F(0.011), fy)
    gap_x, rim_x = joint(along, F(0.0011), fx * F(0.125))
    gap = max(gap_y, gap_x)
    weight = F(0.34) * tone + F(0.3) * ring + F(0.36) * (fibre - F(0.5)) * fine + F(0.35) * pore
    weight = clamp(weight + gap * F(0.75))
    rough = F(0.12) * (fibre - F(0.5)) * fine + F(0.12) * pore + F(0.3) * gap
    return weight, rough, rim_x * F(0.3), rim_y * F(0.3) + slope * F(0.035) * fine


@inline
def veins(t, turbulence, f):
    """Thin bright lines where a warped coordinate crosses whole numbers."""
    d = abs(t + turbulence - np.floor(t + turbulence + F(0.5)))
    width = max(F(0.05), f)
    line = clamp(F(1) - d / width) * F(0.05) / width
    return line + clamp(F(1) - d * F(3.2)) * F(0.3)


@inline
def flat_marble(x, y, fx, fy, f):
    """Polished slabs one repeat wide: clouds, broad and thin veins, hairline joints."""
    i, j = np.int32(np.floor(x)), np.int32(np.floor(y))
    turn = hash3(i, j, np.int32(11)) * F(40)
    u, v = x + turn, y - turn
    a, _, _ = noise2(u * F(1.7), v * F(1.7), np.int32(12))
    b, _, _ = noise2(u * F(4.3), v * F(4.3), np.int32(13))
    c, _, _ = noise2(u * F(11), v * F(11), np.int32(14))
    c = (c - F(0.5)) * fade(f * F(11))
    turbulence = F(1.5) * a + F(0.6) * b + F(0.2) * c
    broad = veins(u * F(0.55) + v * F(0.33), turbulence, f)
    thin = veins(u * F(-0.7) + v * F(1.3), turbulence * F(1.4) + F(0.3), f * F(1.4))
    weight = F(0.9) * broad * b + F(0.55) * thin * a + F(0.3) * a * b + F(0.12) * c
    gap_x, rim_x = joint(x, F(0.0025), fx)
    gap_y, rim_y = joint(y, F(0.0025), fy)
    gap = max(gap_x, gap_y)
    weight = clamp(weight + gap * F(0.5))
    return weight, F(0.3) * gap, rim_x * F(0.12), rim_y * F(0.12)


@inline
def flat_noise(x, y, fx, fy, f):
    """Cast concrete or linoleum: clouds, speckle and small pits."""
    a, _, _ = noise2(x * F(1.7), y * F(1.7), np.int32(21))
    b, bx, by = noise2(x * F(6.1), y * F(6.1), np.int32(22))
    c, cx, cy = noise2(x * F(29), y * F(29), np.int32(23))
    fa, fb, fc = fade(f * F(1.7)), fade(f * F(6.1)), fade(f * F(29))
    a, b, c = (a - F(0.5)) * fa, (b - F(0.5)) * fb, (c - F(0.5)) * fc
    pit = clamp((c - F(0.3)) * F(8))
    weight = clamp(F(0.45) + F(0.55) * a + F(0.4) * b + F(0.32) * c + F(0.4) * pit)
    k, m = F(0.012) * fb, F(0.035) * fc
    return weight, F(0.15) * b + F(0.2) * pit, bx * k + cx * m, by * k + cy * m


@inline
def flat_brick(x, y, fx, fy, f):
    """Bricks one repeat long, half a repeat high, every second row shifted; mortar is 1."""
    rough_x, _, _ = noise2(x * F(13), y * F(13), np.int32(31))
    wobble = (rough_x - F(0.5)) * F(0.022) * fade(f * F(13))
    row = np.floor(y * F(2) + wobble * F(2))
    u = x + F(0.5) * (row - F(2) * np.floor(row * F(0.5))) + wobble
    column = np.floor(u)
    gap_x, rim_x = joint(u, F(0.024), fx)
    gap_y, rim_y = joint(y * F(2) + wobble * F(2), F(0.048), fy * F(2))
    gap = max(gap_x, gap_y)
    tone = hash3(np.int32(row), np.int32(column), np.int32(3))
    dark = hash3(np.int32(row), np.int32(column), np.int32(4))
    grain, gx, gy = noise2(x * F(37), y * F(37), np.int32(32))
    fine = fade(f * F(37))
    grain = (grain - F(0.5)) * fine
    stone = F(0.3) * tone - F(0.25) * dark * dark + F(0.3) * grain + F(0.06)
    mortar = F(0.92) + F(0.25) * grain
    weight = stone + (mortar - stone) * gap
    k = F(0.02) * fine
    slope_x, slope_y = rim_x * F(0.6) + gx * k, rim_y * F(0.6) + gy * k
    return min(max(weight, F(-0.15)), F(1)), F(0.1) * gap, slope_x, slope_y


@inline
def weave_height(x, y):
    cross = sine(x * F(0.5)) * sine(y * F(0.5))
    sx, sy = sine(x * F(0.5)), sine(y * F(0.5))
    warp = sx * sx * (F(0.5) + F(0.5) * cross)
    weft = sy * sy * (F(0.5) - F(0.5) * cross)
    return warp, weft


@inline
def flat_fabric(x, y, fx, fy, f):
    """Plain weave, 24 threads per repeat, threads of uneven strength."""
    u, v, k = x * F(24), y * F(24), f * F(24)
    slub_x, _, _ = noise2(u * F(0.97), v * F(0.06), np.int32(41))
    slub_y, _, _ = noise2(u * F(0.06), v * F(0.97), np.int32(42))
    keep = fade(k)
    warp, weft = weave_height(u, v)
    warp_x, weft_x = weave_height(u + F(0.1), v)
    warp_y, weft_y = weave_height(u, v + F(0.1))
    height = max(warp, weft)
    gx, gy = max(warp_x, weft_x) - height, max(warp_y, weft_y) - height
    yarn = slub_x if warp > weft else slub_y
    slubs = fade(k * F(0.5))
    dark = (F(0.75) - height) * keep + (yarn - F(0.5)) * F(0.6) * slubs
    weight = clamp(F(0.3) + F(0.55) * dark)
    return weight, F(0.05), gx * F(3) * keep, gy * F(3) * keep


@inline
def flat_metal(x, y, fx, fy, f):
    """Brushed along x: long fine scratches, faint broad ones."""
    fine, _, slope = noise2(x * F(3), y * F(140), np.int32(51))
    wide, _, broad = noise2(x * F(0.7), y * F(19), np.int32(52))
    a, b = fade(max(fx * F(3), fy * F(140))), fade(max(fx, fy * F(19)))
    weight = clamp(F(0.08) + F(0.22) * (fine - F(0.5)) * a + F(0.16) * (wide - F(0.5)) * b)
    rough = F(0.14) * (fine - F(0.5)) * a + F(0.1) * (wide - F(0.5)) * b
    return weight, rough, _O, slope * F(0.09) * a + broad * F(0.05) * b


@inline
def flat_plaster(x, y, fx, fy, f):
    """Trowelled wall: broad waves, fine grit."""
    a, ax, ay = noise2(x * F(2.1), y * F(2.9), np.int32(61))
    b, bx, by = noise2(x * F(9), y * F(7), np.int32(62))
    c, cx, cy = noise2(x * F(41), y * F(41), np.int32(63))
    fb, fc = fade(f * F(9)), fade(f * F(41))
    weight = F(0.3) + F(0.5) * (a - F(0.5)) * fade(f * F(2)) + F(0.3) * (b - F(0.5)) * fb
    weight = clamp(weight + F(0.2) * (c - F(0.5)) * fc)
    p, q, r = F(0.04), F(0.06) * fb, F(0.11) * fc
    return weight, _O, ax * p + bx * q + cx * r, ay * p + by * q + cy * r


@inline
def blades(x, y, c, s, layer):
    """Grass blades lying along (c, s): value with its slopes."""
    u, v = c * x + s * y, c * y - s * x
    n, nu, nv = noise2(u * F(9), v * F(38), layer)
    nu, nv = nu * F(9), nv * F(38)
    return n, c * nu - s * nv, s * nu + c * nv


@inline
def flat_grass(x, y, fx, fy, f):
    """Turf: blades in three directions, the highest seen; clumps and paler patches."""
    n0, x0, y0 = blades(x, y, F(0.92), F(0.39), 71)
    n1, x1, y1 = blades(x, y, F(0.31), F(0.95), 72)
    n2, x2, y2 = blades(x, y, F(-0.69), F(0.72), 73)
    first = n0 > n1
    n, gx, gy = (n0 if first else n1), (x0 if first else x1), (y0 if first else y1)
    second = n > n2
    n, gx, gy = (n if second else n2), (gx if second else x2), (gy if second else y2)
    clump, _, _ = noise2(x * F(1.1), y * F(1.1), np.int32(74))
    tuft, tx, ty = noise2(x * F(4.3), y * F(4.3), np.int32(75))
    fine, mid = fade(f * F(20)), fade(f * F(4.3))
    tall = (n - F(0.66)) * fine
    weight = F(0.42) + F(0.55) * (clump - F(0.5)) * fade(f) + F(0.5) * (tuft - F(0.5)) * mid
    weight = clamp(weight + F(1.5) * tall)
    k, m = F(0.012) * fine, F(0.12) * mid
    return weight, F(-0.18) * clamp(tall * F(3)), gx * k + tx * m, gy * k + ty * m


@inline
def flat_sand(x, y, fx, fy, f):
    """Grains of two tones on shallow wind ripples; a repeat holds about ninety grains."""
    warp, _, _ = noise2(x * F(0.9), y * F(0.9), np.int32(81))
    phase = x * F(2.2) + y * F(0.8) + warp * F(2.4)
    ripple = sine(phase + F(0.25)) * fade(f * F(3))
    a, ax, ay = noise2(x * F(88), y * F(88), np.int32(82))
    b, bx, by = noise2(x * F(37), y * F(37), np.int32(83))
    fa, fb = fade(f * F(88)), fade(f * F(37))
    dark = clamp((a - F(0.68)) * F(6)) * fa
    weight = F(0.3) + F(0.35) * (a - F(0.5)) * fa + F(0.25) * (b - F(0.5)) * fb
    weight = clamp(weight + F(0.25) * (warp - F(0.5)) + F(0.35) * dark)
    p, q = F(0.0065) * fa, F(0.009) * fb
    slope_x = ripple * F(0.16) + ax * p * F(40) * F(0.5) + bx * q * F(10)
    slope_y = ripple * F(0.06) + ay * p * F(40) * F(0.5) + by * q * F(10)
    return weight, _O, slope_x, slope_y


@inline
def flat_asphalt(x, y, fx, fy, f):
    """Broken stones in tar, about twenty-two to a repeat."""
    d, tone, to_x, to_y = cells2(x * F(22), y * F(22), np.int32(91))
    worn, _, _ = noise2(x * F(0.8), y * F(0.8), np.int32(92))
    grit, gx, gy = noise2(x * F(70), y * F(70), np.int32(93))
    fine, grain = fade(f * F(22)), fade(f * F(70))
    stone = clamp((F(0.52) - d) * F(6)) * fine
    rim = clamp((d - F(0.2)) * F(3)) * stone
    weight = F(0.28) + stone * (tone * tone - F(0.22)) + F(0.3) * (grit - F(0.5)) * grain
    weight = clamp(weight + F(0.25) * (worn - F(0.5)))
    slope_x = to_x * rim * F(1.2) + gx * grain * F(0.12)
    slope_y = to_y * rim * F(1.2) + gy * grain * F(0.12)
    return weight, F(-0.12) * stone * tone, slope_x, slope_y


@inline
def flat_tiles(x, y, fx, fy, f):
    """Glazed tiles one repeat wide, each of its own tone, in sunken grout; grout is 1."""
    i, j = np.int32(np.floor(x)), np.int32(np.floor(y))
    tone = hash3(i, j, np.int32(8))
    lean_x, lean_y = hash3(i, j, np.int32(9)) - F(0.5), hash3(j, i, np.int32(10)) - F(0.5)
    gap_x, rim_x = joint(x, F(0.017), fx)
    gap_y, rim_y = joint(y, F(0.017), fy)
    gap = max(gap_x, gap_y)
    glaze, ax, ay = noise2(x * F(3), y * F(3), np.int32(101))
    body = F(0.14) * (tone - F(0.5)) + F(0.1) * (glaze - F(0.5)) * fade(f * F(3)) + F(0.1)
    weight = body + (F(0.95) - body) * smooth(gap)
    flat = F(1) - gap
    slope_x = rim_x * F(0.5) + (lean_x * F(0.02) + ax * F(0.003)) * flat
    slope_y = rim_y * F(0.5) + (lean_y * F(0.02) + ay * F(0.003)) * flat
    return weight, F(0.65) * gap, slope_x, slope_y
