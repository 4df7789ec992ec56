"""A direction -> the radiance of the sky: gradient, glow around the sun, its disc, drawn clouds.

The sky is a function of two colours and a sun, smooth enough to be blurred by formula for rough
reflections: nothing is sampled, so nothing is noisy.
"""

import numpy as np

from ..jit import fast_borrowing, inline
from .noise import F, clamp, noise2, smooth
from .planes import WEIGHT, WORLD_X, WORLD_Y, WORLD_Z

DISC = F(40)
"""Radiance of the drawn sun over its irradiance: bright enough to show white."""
CLOUDS_PER_TURN = F(1.3)
"""Clouds over the distance at which one looks up at 45 degrees."""


@inline
def gradient(up, blur):
    """Weight of the zenith colour in a direction, for a lobe of the given width."""
    soft = F(0.5) * (up + np.sqrt(up * up + F(0.3) * blur * blur))
    return np.sqrt(clamp(soft))


@inline
def ground_weight(up, blur):
    """Share of a lobe that falls below the horizon."""
    return smooth(clamp((F(0.8) * blur - up) / (F(0.12) + F(1.6) * blur)))


@inline
def halo(towards_sun, blur):
    """Glow around the sun over its irradiance."""
    c = max(towards_sun, F(0))
    c = c * c
    c = c * c
    wide = c * c
    c = wide * wide
    c = c * c
    narrow = c * c
    keep = F(1) - blur
    return F(0.03) * wide + F(0.16) * keep * keep * narrow


@fast_borrowing
def draw_sky(lighting, P, red, green, blue):
    """Radiance of the sky in all directions of a span; clouds too.

    Args:
        lighting: Sun and sky.
        P: The span.
        red: (N,) f32 out.
        green: (N,) f32 out.
        blue: (N,) f32 out.
    """
    wx, wy, wz, cloud = P[WORLD_X], P[WORLD_Y], P[WORLD_Z], P[WEIGHT]
    S0, S1, S2 = lighting.sun[0], lighting.sun[1], lighting.sun[2]
    zenith, horizon, beam = lighting.zenith, lighting.horizon, lighting.sun_color
    z0, z1, z2 = zenith[0], zenith[1], zenith[2]
    h0, h1, h2 = horizon[0], horizon[1], horizon[2]
    b0, b1, b2 = beam[0], beam[1], beam[2]
    inverse_disc = F(2) / (lighting.sun_radius * lighting.sun_radius + F(1e-9))
    _draw_clouds(lighting, wx, wy, wz, cloud)
    white = F(0.25) * (b0 + b1 + b2) * F(1 / 3)
    for i in range(len(wx)):
        length = F(1) / np.sqrt(wx[i] * wx[i] + wy[i] * wy[i] + wz[i] * wz[i])
        up = wz[i] * length
        c = (wx[i] * S0 + wy[i] * S1 + wz[i] * S2) * length
        t = gradient(up, F(0))
        glow = halo(c, F(0))
        disc = clamp(F(5) - F(4) * (F(1) - c) * inverse_disc) * DISC
        disc = disc if up > F(0) else F(0)
        cover = clamp(cloud[i])
        # Thick middles are grey below, thin rims let the sun through.
        shine = F(1.15) - F(0.45) * cover * cover + F(2.5) * glow
        clear = (F(1) - cover) * (F(1) - cover)
        glow = glow + disc * clear
        r, g, b = h0 + (z0 - h0) * t, h1 + (z1 - h1) * t, h2 + (z2 - h2) * t
        grey = (F(0.4) * h1 + F(0.25) * z1 + white) * shine
        warm = F(0.5) * (h1 + F(0.3))
        red[i] = r + b0 * glow + ((grey + F(0.3) * (h0 - warm)) - r) * cover
        green[i] = g + b1 * glow + ((grey + F(0.3) * (h1 - warm)) - g) * cover
        blue[i] = b + b2 * glow + ((grey + F(0.3) * (h2 - warm)) - b) * cover


@fast_borrowing
def _draw_clouds(lighting, wx, wy, wz, cloud):
    """Opacity of the clouds: fractal noise on a level plane, thinning out at the horizon."""
    cover = lighting.cloud_cover
    if cover <= F(0):
        cloud[:] = F(0)
        return
    # The share of the sky above a threshold falls about linearly over the noise's middle half.
    threshold = F(0.76) - F(0.52) * cover
    for i in range(len(wx)):
        flat = np.sqrt(wx[i] * wx[i] + wy[i] * wy[i])
        rise = max(wz[i] / (flat + F(1e-6)), F(0.01))
        distance = F(1) / (rise + F(0.08))
        inverse = CLOUDS_PER_TURN * distance / (flat + F(1e-6))
        x, y = wx[i] * inverse + F(11.3), wy[i] * inverse + F(4.7)
        a, _, _ = noise2(x * F(0.55), y * F(0.55), np.int32(301))
        b, _, _ = noise2(x * F(1.4) + a, y * F(1.4), np.int32(302))
        c, _, _ = noise2(x * F(3.1), y * F(3.1) + b, np.int32(303))
        d, _, _ = noise2(x * F(7.3) + c, y * F(7.3), np.int32(304))
        e, _, _ = noise2(x * F(16.1), y * F(16.1) + d, np.int32(305))
        far = clamp(F(1.6) - F(0.16) * distance)
        n = F(0.44) * a + F(0.27) * b + F(0.15) * c + far * (F(0.09) * d + F(0.05) * e)
        n = n + F(0.07) * (F(1) - far)
        body = clamp((n - threshold) * F(4.5))
        cloud[i] = smooth(body) * clamp((rise - F(0.01)) * F(9))
