"""Solid patterns: a point inside a body and a pixel's footprint -> colour weight, gloss, relief.

As flat patterns, in three dimensions: x, y, z in repeats, the pixel's size in repeats -> weight of
the second colour, what to add to the roughness, slope of the relief along x, y and z.
"""

# ruff: noqa: D103  (one line of mathematics each; the module docstring says what goes in and out)

import numpy as np

from ..jit import inline
from .noise import F, clamp, edge, fade, noise3, wave
from .patterns import veins

_O = F(0)


@inline
def solid_checker(x, y, z, f):
    share = F(0.5) - F(0.5) * wave(x, f) * wave(y, f) * wave(z + F(0.25), f)
    return share, _O, _O, _O, _O


@inline
def solid_stripes(x, y, z, f):
    return F(0.5) - F(0.5) * wave(x + F(0.25), f), _O, _O, _O, _O


@inline
def solid_dots(x, y, z, f):
    u, v, w = x - np.floor(x) - F(0.5), y - np.floor(y) - F(0.5), z - np.floor(z) - F(0.5)
    return edge(F(0.33) - np.sqrt(u * u + v * v + w * w), f), _O, _O, _O, _O


@inline
def solid_wood(x, y, z, f):
    """Growth rings around an axis beside the body's x axis, with fibres and pores along it."""
    bow, _, _, _ = noise3(x * F(0.5), y * F(1.3), z * F(1.3), np.int32(201))
    dy, dz = y + F(0.63), z + F(0.37)
    radius = np.sqrt(dy * dy + dz * dz) * F(4.5) + F(1.8) * bow
    ring = radius - np.floor(radius)
    late = ring * ring * ring * clamp((F(1) - ring) * F(8))
    late = F(0.2) + (late - F(0.2)) * fade(f * F(4.5))
    fibre, _, fy, fz = noise3(x * F(1.3), y * F(26), z * F(26), np.int32(202))
    fine = fade(f * F(26))
    fibre = (fibre - F(0.5)) * fine
    pore = clamp(fibre * F(4) - F(0.9))
    weight = clamp(F(0.12) + F(0.75) * late + F(0.45) * fibre + F(0.3) * pore)
    k = F(0.03) * fine
    return weight, F(0.15) * fibre + F(0.15) * pore, _O, fy * k, fz * k


@inline
def solid_marble(x, y, z, f):
    a, _, _, _ = noise3(x * F(1.7), y * F(1.7), z * F(1.7), np.int32(211))
    b, _, _, _ = noise3(x * F(4.3), y * F(4.3), z * F(4.3), np.int32(212))
    turbulence = F(1.5) * a + F(0.7) * b
    broad = veins(x * F(0.55) + y * F(0.33) + z * F(0.4), turbulence, f)
    thin = veins(y * F(1.3) - x * F(0.7) + z * F(0.5), turbulence * F(1.4) + F(0.3), f * F(1.5))
    return clamp(F(0.6) * broad * b + F(0.35) * thin * a + F(0.16) * a), _O, _O, _O, _O


@inline
def solid_noise(x, y, z, f):
    a, _, _, _ = noise3(x * F(1.7), y * F(1.7), z * F(1.7), np.int32(221))
    b, bx, by, bz = noise3(x * F(6.1), y * F(6.1), z * F(6.1), np.int32(222))
    c, cx, cy, cz = noise3(x * F(23), y * F(23), z * F(23), np.int32(223))
    fb, fc = fade(f * F(6.1)), fade(f * F(23))
    a, b, c = (a - F(0.5)) * fade(f * F(1.7)), (b - F(0.5)) * fb, (c - F(0.5)) * fc
    weight = clamp(F(0.45) + F(0.6) * a + F(0.5) * b + F(0.4) * c)
    k, m = F(0.03) * fb, F(0.07) * fc
    return weight, F(0.15) * b, bx * k + cx * m, by * k + cy * m, bz * k + cz * m


@inline
def solid_fruit(x, y, z, f):
    """Peel: blotches of ripeness, paler specks, and pores."""
    a, _, _, _ = noise3(x * F(1.3), y * F(1.3), z * F(1.3), np.int32(231))
    b, _, _, _ = noise3(x * F(5), y * F(5), z * F(5), np.int32(232))
    c, cx, cy, cz = noise3(x * F(31), y * F(31), z * F(31), np.int32(233))
    fc = fade(f * F(31))
    speck = clamp((c - F(0.72)) * F(7)) * fc
    a, b = (a - F(0.5)) * fade(f * F(1.3)), (b - F(0.5)) * fade(f * F(5))
    blush = clamp(F(0.5) + F(1.5) * a + F(0.5) * b)
    weight = clamp(blush * F(0.75) + speck * F(0.35))
    k = F(0.12) * fc
    return weight, F(0.12) * speck, cx * k, cy * k, cz * k


@inline
def solid_gores(x, y, z, f):
    """Six slices around the body's z axis, as beach balls are sewn from; a repeat is its radius."""
    rim = F(6.2831853) * max(np.sqrt(x * x + y * y), F(1e-3))
    turn = F(3) * np.arctan2(y, x) / F(6.2831853)
    share = F(0.5) - F(0.5) * wave(turn, F(3) * f / rim) * fade(f)
    return share, _O, _O, _O, _O
