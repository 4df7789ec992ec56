"""Spans of surface points -> display colours: sun with shadows, sky light, reflections, haze.

Reflectance: GGX distribution, height-correlated Smith visibility (Hammon 2017's approximation),
Schlick's Fresnel; light from all around by the fit of Karis 2014 ("Physically Based Shading on
Mobile"), with the energy of repeated scattering given back (Fdez-Aguera 2019): a white surface
under a uniform sky returns what it receives.
Radiance becomes display values by `display`.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from ..jit import fast, fast_borrowing
from .ambient import find_openness
from .display import MIXING, encode, film
from .memory import span_scratch
from .noise import F, clamp
from .planes import (
    BEND_X,
    BEND_Y,
    BEND_Z,
    BLUE,
    GLOW_BLUE,
    GLOW_GREEN,
    GLOW_RED,
    GREEN,
    HIT,
    METALLIC,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    OPEN,
    RED,
    ROUGHNESS,
    SUNLIT,
    WORLD_X,
    WORLD_Y,
    WORLD_Z,
    Z,
)
from .shadow import find_sunlight
from .sky import draw_sky, gradient, ground_weight, halo


class Lighting(NamedTuple):
    """Sun, sky and the maps that say how much of them arrives."""

    sun: Float32[np.ndarray, "3"]
    """Unit vector towards the sun, world"""
    sun_radius: np.float32
    """Half the angle it fills [rad]"""
    sun_color: Float32[np.ndarray, "3"]
    """Irradiance over pi on a surface that faces it"""
    zenith: Float32[np.ndarray, "3"]
    horizon: Float32[np.ndarray, "3"]
    bounce: Float32[np.ndarray, "3"]
    """Radiance of the ground far around"""
    cloud_cover: np.float32
    exposure: np.float32
    """Radiance -> what the film curve takes"""
    sun_from_world: Float32[np.ndarray, "3 4"]
    """World point -> texel x, texel y, closeness to the sun [m]"""
    sun_depth: Float32[np.ndarray, "S S"]
    """Closeness of the surface nearest to the sun; 0 where there is none"""
    sun_levels: Float32[np.ndarray, "3 S S2"]
    """Lowest, highest and share of casters in ever larger squares (`sun_levels.empty_levels`)"""
    sun_ground: Float32[np.ndarray, "3"]
    """Closeness of the ground over the map (`sun_levels.ground_plane`)"""
    sun_bounds: Float32[np.ndarray, "2 B B"]
    """Where all points are lit, where all are dark (`SunMap.bounds`)"""
    sun_rise: np.float32
    """No caster lies farther from what it shades, along the sun's rays [m]"""
    open_from_world: Float32[np.ndarray, "4"]
    """World xy -> openness map: x offset, y offset [m], texels per metre, edge of the map"""
    open_map: Float32[np.ndarray, "G G 4"]
    """How open to the sky the surroundings are (`ambient.openness`)"""
    open_blocks: Float32[np.ndarray, "B B"]
    """Height below which the openness map has something to say [m]"""


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
    hit = P[HIT]
    surfaces = F(0)
    for i in range(len(hit)):
        surfaces += hit[i]
    if surfaces > F(0):
        _reflect(lighting, P, red, green, blue)
        if surfaces < F(len(hit)):
            sky = span_scratch(3, hit, np.float32)
            draw_sky(lighting, P, sky[0], sky[1], sky[2])
            for i in range(len(hit)):
                red[i] = red[i] if hit[i] > F(0) else sky[0, i]
                green[i] = green[i] if hit[i] > F(0) else sky[1, i]
                blue[i] = blue[i] if hit[i] > F(0) else sky[2, i]
    else:
        draw_sky(lighting, P, red, green, blue)
    own, other = (F(1) - F(2) * MIXING) * lighting.exposure, MIXING * lighting.exposure
    for i in range(len(hit)):
        r, g, b = red[i], green[i], blue[i]
        red[i] = encode(film(own * r + other * (g + b)))
        green[i] = encode(film(own * g + other * (r + b)))
        blue[i] = encode(film(own * b + other * (r + g)))


@fast_borrowing
def _reflect(lighting, P, red, green, blue):
    """Radiance of the surfaces of a span."""
    nx, ny, nz = P[BEND_X], P[BEND_Y], P[BEND_Z]
    gx, gy, gz = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z]
    wx, wy, wz = P[WORLD_X], P[WORLD_Y], P[WORLD_Z]
    depth, sunlit, opened = P[Z], P[SUNLIT], P[OPEN]
    rough, metal = P[ROUGHNESS], P[METALLIC]
    base_r, base_g, base_b = P[RED], P[GREEN], P[BLUE]
    glow_r, glow_g, glow_b = P[GLOW_RED], P[GLOW_GREEN], P[GLOW_BLUE]
    S0, S1, S2 = lighting.sun[0], lighting.sun[1], lighting.sun[2]
    z0, z1, z2 = lighting.zenith[0], lighting.zenith[1], lighting.zenith[2]
    h0, h1, h2 = lighting.horizon[0], lighting.horizon[1], lighting.horizon[2]
    b0, b1, b2 = lighting.sun_color[0], lighting.sun_color[1], lighting.sun_color[2]
    d0, d1, d2 = lighting.bounce[0], lighting.bounce[1], lighting.bounce[2]
    one, zero, widen = F(1), F(0), F(0.5) * lighting.sun_radius
    for i in range(len(depth)):
        length = one / np.sqrt(wx[i] * wx[i] + wy[i] * wy[i] + wz[i] * wz[i])
        vx, vy, vz = -wx[i] * length, -wy[i] * length, -wz[i] * length
        n0, n1, n2, r, m = nx[i], ny[i], nz[i], clamp(rough[i]), metal[i]
        nl = max(n0 * S0 + n1 * S1 + n2 * S2, zero)
        nv = max(n0 * vx + n1 * vy + n2 * vz, F(0.02))
        hx, hy, hz = vx + S0, vy + S1, vz + S2
        h = one / np.sqrt(hx * hx + hy * hy + hz * hz + F(1e-9))
        nh = clamp((n0 * hx + n1 * hy + n2 * hz) * h)
        vh = clamp((vx * hx + vy * hy + vz * hz) * h)
        # The sun is a disc: it widens sharp highlights to its own size.
        a = max(r * r, F(0.002)) + widen
        a2 = a * a
        d = nh * nh * (a2 - one) + one
        smith = F(2) * nl * nv * (one - a) + (nl + nv) * a + F(1e-4)
        shine = a2 * F(0.5) * nl / (d * d * smith)  # D V pi: the sun's colour is E / pi
        shine = min(shine, F(60)) * sunlit[i]
        f = one - vh
        f5 = f * f * f * f * f
        # Karis 2014: a surface reflects F0 A + B of a uniform sky.
        e = one - F(0.402) * nv  # exp2(-9.28 nv) as a power of sixteen
        e = e * e
        e = e * e
        e = e * e
        e = e * e
        q = one - r
        falloff = min(q * q, e) * q + F(0.0425) - F(0.0275) * r
        A = clamp(F(1.04) - F(1.04) * falloff - F(0.572) * r)
        B = clamp(F(1.04) * falloff + F(0.022) * r - F(0.04))
        B = min(B, one - A)
        again = one / (A + B) - one
        # Light from all around: sky above, ground below.
        up = n2 * F(0.5) + F(0.5)
        t = F(0.6) + F(0.2) * n2
        rx, ry, rz = F(2) * nv * n0 - vx, F(2) * nv * n1 - vy, F(2) * nv * n2 - vz
        blur = r * r
        mirror_t = gradient(rz, blur)
        below = ground_weight(rz, blur)
        glow = halo(rx * S0 + ry * S1 + rz * S2, blur) * (one - below)
        # Fine relief cannot reflect what lies under its own surface.
        seen = clamp(one + F(2) * (rx * gx[i] + ry * gy[i] + rz * gz[i]))
        o = opened[i]
        mirrored = seen * o
        haze = clamp(depth[i] * F(1 / 160) - F(0.2))
        haze = haze * haze * (F(3) - F(2) * haze)
        sun_part = nl * sunlit[i]

        albedo = base_r[i]
        F0 = F(0.04) * (one - m) + albedo * m
        whole = F0 * A + B
        boost = one + F0 * again
        diffuse = (one - m) * albedo * (one - min(whole * boost, one))
        sky = d0 + (h0 + (z0 - h0) * t - d0) * up
        mirror = h0 + (z0 - h0) * mirror_t + b0 * glow
        mirror = mirror + (d0 - mirror) * below
        lit = b0 * (diffuse * sun_part + shine * (F0 + (one - F0) * f5) * boost)
        lit = lit + diffuse * sky * o + whole * boost * mirror * mirrored + glow_r[i]
        red[i] = lit + (h0 - lit) * haze

        albedo = base_g[i]
        F0 = F(0.04) * (one - m) + albedo * m
        whole = F0 * A + B
        boost = one + F0 * again
        diffuse = (one - m) * albedo * (one - min(whole * boost, one))
        sky = d1 + (h1 + (z1 - h1) * t - d1) * up
        mirror = h1 + (z1 - h1) * mirror_t + b1 * glow
        mirror = mirror + (d1 - mirror) * below
        lit = b1 * (diffuse * sun_part + shine * (F0 + (one - F0) * f5) * boost)
        lit = lit + diffuse * sky * o + whole * boost * mirror * mirrored + glow_g[i]
        green[i] = lit + (h1 - lit) * haze

        albedo = base_b[i]
        F0 = F(0.04) * (one - m) + albedo * m
        whole = F0 * A + B
        boost = one + F0 * again
        diffuse = (one - m) * albedo * (one - min(whole * boost, one))
        sky = d2 + (h2 + (z2 - h2) * t - d2) * up
        mirror = h2 + (z2 - h2) * mirror_t + b2 * glow
        mirror = mirror + (d2 - mirror) * below
        lit = b2 * (diffuse * sun_part + shine * (F0 + (one - F0) * f5) * boost)
        lit = lit + diffuse * sky * o + whole * boost * mirror * mirrored + glow_b[i]
        blue[i] = lit + (h2 - lit) * haze


@fast_borrowing
def light(lighting, P):
    """Fill SUNLIT and OPEN of a span: the share of the sun and of the sky that arrives."""
    find_sunlight(lighting, P)
    find_openness(lighting, P)
