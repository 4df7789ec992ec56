"""Spans of surface points -> display colours: sun with shadows, sky light, reflections, haze.

Reflectance: GGX distribution, Schlick-GGX visibility, Schlick Fresnel (Walter et al. 2007,
Karis 2013). Display: ACES-like curve (Narkowicz 2015), then the sRGB transfer function.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from ..jit import fast, inline
from .planes import (
    BLUE,
    FOOTPRINT,
    GREEN,
    HIT,
    MAP_X,
    MAP_Y,
    METALLIC,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    OPEN,
    POINT_X,
    POINT_Y,
    POINT_Z,
    RED,
    ROUGHNESS,
    SUNLIT,
    WEIGHT,
    WORLD_X,
    WORLD_Y,
    WORLD_Z,
    Z,
)

F = np.float32
INVERSE_PI = F(0.31830989)
EXPOSURE = F(0.72)
"""Puts a sunlit white wall just below white."""
AMBIENT = F(0.4)
"""Sky light on a level surface from the two sky colours: shade is about a third of sunlight."""
BLOCK = 16
"""Texels of the sun depth map per side of a block."""


class Lighting(NamedTuple):
    """Sun, sky and the two maps that say how much of them arrives."""

    sun: Float32[np.ndarray, "3"]
    """Unit vector towards the sun, world"""
    sun_color: Float32[np.ndarray, "3"]
    zenith: Float32[np.ndarray, "3"]
    horizon: Float32[np.ndarray, "3"]
    bounce: Float32[np.ndarray, "3"]
    """Light thrown back by the ground"""
    sun_from_world: Float32[np.ndarray, "3 4"]
    """World point -> texel x, texel y, closeness to the sun [m]"""
    sun_bias: Float32[np.ndarray, "2"]
    """Step along the normal, step towards the sun before looking up the map [m]"""
    sun_depth: Float32[np.ndarray, "S S"]
    sun_blocks: Float32[np.ndarray, "B B"]
    """Largest closeness around every block of BLOCK x BLOCK texels"""
    ground_from_world: Float32[np.ndarray, "4"]
    """World xy -> ground map: x offset, y offset [m], texels per metre, edge of the map"""
    ground_open: Float32[np.ndarray, "G G"]
    """Share of the sky seen from the ground under and around bodies"""


@inline
def _display(c):
    """Linear radiance -> sRGB 0..255 plus half a step, so that truncation rounds."""
    c = c * (F(2.51) * c + F(0.03)) / (c * (F(2.43) * c + F(0.59)) + F(0.14))
    c = min(max(c, F(0)), F(1))
    # The sRGB power law as a sum of roots, within 0.4/255 (measured): stays in SIMD lanes.
    a = np.sqrt(c)
    b = np.sqrt(a)
    d = np.sqrt(b)
    s = F(0.585122381) * a + F(0.783140355) * b - F(0.368262736) * d
    s = s if c > F(0.0031308) else F(12.92) * c
    return min(max(s, F(0)), F(1)) * F(255) + F(0.5)


@inline
def _sky(up, towards_sun, zenith, horizon, sun, below):
    """Radiance of one channel of the sky in a direction."""
    t = np.sqrt(max(up, F(0)))
    glow = max(towards_sun, F(0))
    glow = glow * glow
    glow = glow * glow
    wide = glow * glow
    narrow = wide * wide
    narrow = narrow * narrow
    narrow = narrow * narrow
    narrow = narrow * narrow
    narrow = narrow * narrow
    sky = horizon + (zenith - horizon) * t + sun * (F(0.05) * wide + F(0.8) * narrow)
    under = min(max(-up * F(6), F(0)), F(1))
    return sky + (below - sky) * under


@fast
def light(lighting, P):
    """Fill SUNLIT from the sun depth map (3x3 taps, bilinear) and OPEN from the ground map."""
    px, py, pz = P[POINT_X], P[POINT_Y], P[POINT_Z]
    nx, ny, nz = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z]
    hit, sunlit, opened = P[HIT], P[SUNLIT], P[OPEN]
    sun_x, sun_y, towards, facing = P[MAP_X], P[MAP_Y], P[FOOTPRINT], P[WEIGHT]
    L, sun = lighting.sun_from_world, lighting.sun
    step, ease = lighting.sun_bias[0], lighting.sun_bias[1]
    for i in range(len(hit)):
        # Step off the surface along the normal: the map is coarser than the picture.
        X, Y, W = px[i] + nx[i] * step, py[i] + ny[i] * step, pz[i] + nz[i] * step
        sun_x[i] = L[0, 0] * X + L[0, 1] * Y + L[0, 2] * W + L[0, 3] - F(0.5)
        sun_y[i] = L[1, 0] * X + L[1, 1] * Y + L[1, 2] * W + L[1, 3] - F(0.5)
        towards[i] = L[2, 0] * X + L[2, 1] * Y + L[2, 2] * W + L[2, 3] + ease
        facing[i] = (nx[i] * sun[0] + ny[i] * sun[1] + nz[i] * sun[2]) * hit[i]
        sunlit[i] = F(1) if facing[i] > F(0) else F(0)
        opened[i] = F(1)
    last = F(lighting.sun_depth.shape[0] - 3)
    blocks, highest = lighting.sun_blocks, len(lighting.sun_blocks) * BLOCK - 1
    for i in range(len(hit)):
        x, y = sun_x[i], sun_y[i]
        if facing[i] > F(0) and x > F(1) and y > F(1) and x < last and y < last:
            column, row = min(np.int32(x), highest), min(np.int32(y), highest)
            if blocks[row // BLOCK, column // BLOCK] > towards[i]:
                sunlit[i] = _sun_share(lighting.sun_depth, x, y, towards[i])
    G, extent = lighting.ground_from_world, lighting.ground_from_world[3]
    for i in range(len(hit)):
        # Bodies turn away from the sky where they face down, and the ground hides it there.
        down, low = F(0.5) - F(0.5) * nz[i], F(1) - min(max(pz[i] * F(4), F(0)), F(1))
        opened[i] = F(1) - F(0.8) * down * low
        x, y = (px[i] + G[0]) * G[2], (py[i] + G[1]) * G[2]
        on_ground = hit[i] > F(0) and abs(pz[i]) < F(1e-4)
        if on_ground and x > F(0) and y > F(0) and x < extent and y < extent:
            opened[i] = _bilinear(lighting.ground_open, x, y)


@inline
def _sun_share(depth, x, y, towards):
    """Share of the 3x3 texels around (x, y), bilinear, that do not lie nearer to the sun."""
    column, row = np.int32(x), np.int32(y)
    fx, fy = x - F(column), y - F(row)
    total = F(0)
    for j in range(4):
        taps = depth[row + j - 1]
        a = F(1) if taps[column - 1] <= towards else F(0)
        b = F(1) if taps[column] <= towards else F(0)
        c = F(1) if taps[column + 1] <= towards else F(0)
        d = F(1) if taps[column + 2] <= towards else F(0)
        share = F(1) - fy if j == 0 else (fy if j == 3 else F(1))
        total += share * ((F(1) - fx) * a + b + c + fx * d)
    return total * F(1 / 9)


@inline
def _bilinear(values, x, y):
    column, row = np.int32(x), np.int32(y)
    fx, fy = x - F(column), y - F(row)
    a = values[row, column] * (F(1) - fx) + values[row, column + 1] * fx
    b = values[row + 1, column] * (F(1) - fx) + values[row + 1, column + 1] * fx
    return a * (F(1) - fy) + b * fy


@fast
def block_maxima(depth, blocks):
    """Largest closeness within BLOCK x BLOCK texels and a border of two: a quick 'no shadow'."""
    size = depth.shape[0]
    for j in range(len(blocks)):
        for k in range(len(blocks)):
            highest = F(0)
            for row in range(max(j * BLOCK - 2, 0), min(j * BLOCK + BLOCK + 2, size)):
                for column in range(max(k * BLOCK - 2, 0), min(k * BLOCK + BLOCK + 2, size)):
                    highest = max(highest, depth[row, column])
            blocks[j, k] = highest


@fast
def shade(lighting, P, red, green, blue):
    """Display values 0..255 (float32, rounding included) of a span.

    Args:
        lighting: Sun, sky and maps.
        P: The span, complete.
        red: (N,) f32 out.
        green: (N,) f32 out.
        blue: (N,) f32 out.
    """
    sun = lighting.sun
    nx, ny, nz = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z]
    wx, wy, wz = P[WORLD_X], P[WORLD_Y], P[WORLD_Z]
    hit, depth, sunlit, opened = P[HIT], P[Z], P[SUNLIT], P[OPEN]
    rough, metal = P[ROUGHNESS], P[METALLIC]
    S0, S1, S2 = sun[0], sun[1], sun[2]
    one, zero = F(1), F(0)
    for channel in range(3):
        albedo = P[RED] if channel == 0 else (P[GREEN] if channel == 1 else P[BLUE])
        out = red if channel == 0 else (green if channel == 1 else blue)
        zenith, horizon = lighting.zenith[channel], lighting.horizon[channel]
        beam, bounce = lighting.sun_color[channel], lighting.bounce[channel]
        ambient = AMBIENT * (zenith + horizon)
        for i in range(len(hit)):
            length = one / np.sqrt(wx[i] * wx[i] + wy[i] * wy[i] + wz[i] * wz[i])
            vx, vy, vz = -wx[i] * length, -wy[i] * length, -wz[i] * length
            n0, n1, n2, r, m = nx[i], ny[i], nz[i], rough[i], metal[i]
            nl = max(n0 * S0 + n1 * S1 + n2 * S2, zero)
            nv = max(n0 * vx + n1 * vy + n2 * vz, F(1e-3))
            hx, hy, hz = vx + S0, vy + S1, vz + S2
            h = one / np.sqrt(hx * hx + hy * hy + hz * hz + F(1e-9))
            nh = max((n0 * hx + n1 * hy + n2 * hz) * h, zero)
            vh = max((vx * hx + vy * hy + vz * hz) * h, zero)
            a2 = max(r * r * r * r, F(1e-4))
            d = nh * nh * (a2 - one) + one
            D = a2 * INVERSE_PI / (d * d)
            k = (r + one) * (r + one) * F(0.125)
            V = F(0.25) / ((nl * (one - k) + k) * (nv * (one - k) + k))
            f = one - vh
            f5 = f * f * f * f * f
            g = one - nv
            g5 = g * g * g * g * g
            A = albedo[i]
            F0 = F(0.04) * (one - m) + A * m
            fresnel = F0 + (one - F0) * f5
            grazing = F0 + (max((one - r) * (one - r), F0) - F0) * g5
            diffuse = (one - m) * A
            direct = (diffuse * (one - fresnel) * INVERSE_PI + D * V * fresnel) * nl
            up = n2 * F(0.5) + F(0.5)
            around = ambient * up + bounce * (one - up)
            rx, ry, rz = F(2) * nv * n0 - vx, F(2) * nv * n1 - vy, F(2) * nv * n2 - vz
            mirror = _sky(
                rz, rx * S0 + ry * S1 + rz * S2, zenith, horizon, beam * (one - r), bounce
            )
            mirror = mirror * (one - r) + around * r
            lit = direct * beam * sunlit[i]
            lit += (diffuse * (one - grazing) * around + grazing * mirror) * opened[i]
            behind = _sky(-vz, -(vx * S0 + vy * S1 + vz * S2), zenith, horizon, beam, horizon)
            # Haze: the ground meets the sky's horizon without an edge.
            haze = min(max(depth[i] * F(1 / 160) - F(0.2), zero), one)
            haze = haze * haze * (F(3) - F(2) * haze)
            lit = lit + (horizon - lit) * haze
            out[i] = _display((lit * hit[i] + behind * (one - hit[i])) * EXPOSURE)
