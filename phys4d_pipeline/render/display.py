"""Exposed light -> display values, and back.

A film-like curve (Narkowicz 2015) after a little mixing between the channels, so that bright
colours turn white instead of clipping; then the sRGB transfer function.
"""

import numpy as np
from jaxtyping import Float32

from ..jit import inline
from .noise import F, clamp

MIXING = F(0.02)
"""Share of every channel's light that reaches each other channel before the film curve."""


@inline
def film(c):
    """Exposed light -> share of the display's light (Narkowicz 2015)."""
    return clamp(c * (F(2.51) * c + F(0.03)) / (c * (F(2.43) * c + F(0.59)) + F(0.14)))


@inline
def encode(c):
    """Share of the display's light -> sRGB 0..255 plus half a step, so that truncation rounds."""
    # The sRGB power law as a sum of roots, within 0.4/255 (measured): stays in SIMD lanes.
    a = np.sqrt(c)
    b = np.sqrt(a)
    d = np.sqrt(b)
    s = F(0.585122381) * a + F(0.783140355) * b - F(0.368262736) * d
    s = s if c > F(0.0031308) else F(12.92) * c
    return clamp(s) * F(255) + F(0.5)


def decoding() -> Float32[np.ndarray, "256"]:
    """Exposed light, still mixed between the channels, of every display value."""
    value = np.arange(256) / 255.0
    share = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    # The film curve is a quotient of quadratics: solve for what went in.
    a, b, c = 2.51 - 2.43 * share, 0.03 - 0.59 * share, -0.14 * share
    return ((-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)).astype(np.float32)


DECODED = decoding()
