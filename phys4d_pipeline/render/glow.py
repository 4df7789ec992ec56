"""Temperature -> radiance a hot body gives off, linear sRGB, in units of a white sky's.

Colour matching functions: the analytic fit of Wyman, Sloan and Shirley 2013 (JCGT 2-2, table 1).
"""

import numpy as np
from jaxtyping import Float32, Float64

from ..jit import inline

F = np.float32
COLDEST, STEP = 600.0, 20.0
"""First temperature of the table, and its spacing [K]."""
HOTTEST = 6000.0
BRIGHT_AT, BRIGHTNESS = 1500.0, 5.0
"""A body at this temperature [K] has this luminance."""
SECOND_CONSTANT = 1.438776877e-2
"""h c / k [m K], CODATA 2018."""
EXPOSURE_POWER = 0.25
"""Cameras expose for what they film: luminance enters as its fourth root, colours stay true."""

_XYZ_LOBES = (
    ((1.056, 599.8, 37.9, 31.0), (0.362, 442.0, 16.0, 26.7), (-0.065, 501.1, 20.4, 26.2)),
    ((0.821, 568.8, 46.9, 40.5), (0.286, 530.9, 16.3, 31.1)),
    ((1.217, 437.0, 11.8, 36.0), (0.681, 459.0, 26.0, 13.8)),
)
# IEC 61966-2-1.
_RGB_FROM_XYZ = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)


def matching_functions(wavelength: Float64[np.ndarray, " W"]) -> Float64[np.ndarray, "3 W"]:
    """CIE 1931 x, y, z at wavelengths [nm]."""

    def lobe(peak: float, middle: float, left: float, right: float) -> Float64[np.ndarray, " W"]:
        width = np.where(wavelength < middle, left, right)
        return peak * np.exp(-0.5 * ((wavelength - middle) / width) ** 2)

    return np.stack([np.sum([lobe(*part) for part in lobes], 0) for lobes in _XYZ_LOBES])


def blackbody(temperature: Float64[np.ndarray, " K"]) -> Float64[np.ndarray, "K 3"]:
    """Linear sRGB of Planck's law, up to one factor for all; negative outside the gamut."""
    wavelength = np.arange(360.0, 831.0)
    exponent = SECOND_CONSTANT / (wavelength * 1e-9 * temperature[:, None])
    radiance = (wavelength / 560.0) ** -5 / np.expm1(exponent)
    return radiance @ matching_functions(wavelength).T @ _RGB_FROM_XYZ.T


def glow_table() -> Float32[np.ndarray, "K 3"]:
    """Radiance at COLDEST, COLDEST + STEP, ... [K]."""
    temperature = np.arange(COLDEST, HOTTEST + STEP / 2, STEP)
    weights = np.array([0.2126, 0.7152, 0.0722])
    rgb = np.maximum(blackbody(temperature), 0.0)
    bright = np.maximum(blackbody(np.array([BRIGHT_AT])), 0.0) @ weights
    share = (rgb @ weights / bright) ** EXPOSURE_POWER
    shown = rgb / (rgb @ weights)[:, None] * (BRIGHTNESS * share)[:, None]
    # Ease in from nothing: the table starts where the eye sees nothing.
    start = np.clip((temperature - COLDEST) / 200.0, 0.0, 1.0)
    return (shown * start[:, None] ** 2).astype(np.float32)


TABLE = glow_table()
_LAST = F(len(TABLE) - 1.001)


@inline
def glow(temperature, channel):
    """Radiance of one channel at a temperature [K], from TABLE."""
    place = min(max((temperature - F(COLDEST)) * F(1 / STEP), F(0)), _LAST)
    row = np.int32(place)
    part = place - F(row)
    return TABLE[row, channel] * (F(1) - part) + TABLE[row + 1, channel] * part
