"""Sheets of rubber: constants of the material, energy of a metric, pressure of a balloon.

Mooney (1940) and Rivlin (1948): incompressible, stress from c1 and c2 whose ratio is that of
balloons (Mueller and Strehlow 2004, sect. 3.2: 3 and 0.3 bar).
"""

import numpy as np
from jaxtyping import Float64

from ..scene import Substance

INCOMPRESSIBLE = 0.49
"""Isotropic skins of this Poisson's ratio or more are rubber [1]; others obey Hooke's law."""
SECOND_SHARE = 0.1
"""c2 over c1 [1]."""
FLAT = 0.4
"""Square of the area over that at rest [1] below which the energy goes on as a parabola: a sheet
crumpled below the size of its faces would otherwise become hard without bound."""
SAMPLES = 33  # of the stretches looked at
BURST = 7.0
"""Stretch at which latex tears [1]: 600 to 800 % elongation (ASTM D412, natural rubber)."""
LINEAR = 1.3
"""Stretch up to which Hooke's law describes a skin that is not rubber [1]."""


def most_stretch(substance: Substance) -> float:
    """Of a skin, over its length at rest, until it tears or is described no more [1]."""
    return BURST if is_rubber(substance) else LINEAR


def is_rubber(substance: Substance) -> bool:
    """Does a skin of it stretch like a balloon?"""
    return (
        substance.poissons_ratio >= INCOMPRESSIBLE
        and substance.weft_modulus == substance.shear_modulus == 0.0
    )


def constants(youngs_modulus: float) -> tuple[float, float]:
    """c1 and c2, in the unit of the modulus: that of small stretches is 6 (c1 + c2)."""
    first = youngs_modulus / 6 / (1 + SECOND_SHARE)
    return first, SECOND_SHARE * first


def energy_density(
    trace: Float64[np.ndarray, "*N"] | float,
    square: Float64[np.ndarray, "*N"] | float,
    youngs_modulus: float,
) -> Float64[np.ndarray, "*N"]:
    """Per rest volume [J/m3], or per rest area from a modulus times thickness [J/m2].

    Args:
        trace: Of C, the metric over that at rest [1].
        square: Its determinant: of the area over that at rest, squared [1].
        youngs_modulus: [Pa or N/m]
    """
    first, second = constants(youngs_modulus)
    off = np.minimum(square / FLAT - 1.0, 0.0)
    thinner = np.where(square >= FLAT, 1.0 / np.maximum(square, FLAT), (1.0 - off + off**2) / FLAT)
    stored = first * (trace + thinner - 3.0) + second * (square + trace * thinner - 3.0)
    return np.asarray(stored)


def hardest(shortest: float, longest: float) -> float:
    """Stiffness of a triangle against any change of shape, over the most at rest [1].

    Args:
        shortest: Principal stretches of it lie from here [1]
        longest: to here [1].
    """
    s = np.linspace(shortest, longest, SAMPLES)
    first, second = s[:, None], s[None]
    h = 1e-4

    def energy(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return energy_density(one**2 + other**2, (one * other) ** 2, 1.0)

    middle = energy(first, second)
    right, left = energy(first + h, second), energy(first - h, second)
    up, down = energy(first, second + h), energy(first, second - h)
    slope, other_slope = (right - left) / (2 * h), (up - down) / (2 * h)
    own, other = (right - 2 * middle + left) / h**2, (up - 2 * middle + down) / h**2
    mixed = energy(first + h, second + h) - energy(first + h, second - h)
    mixed = (mixed - energy(first - h, second + h) + energy(first - h, second - h)) / (4 * h**2)
    along = (own + other) / 2 + np.hypot((own - other) / 2, mixed)
    across = (slope + other_slope) / (first + second)
    apart = np.where(np.abs(first - second) > 10 * h, first - second, np.inf)
    turning = np.where(np.isinf(apart), own - mixed, (slope - other_slope) / apart)
    return float(np.max([along, across, turning])) / 2.0


def balloon_pressure(
    stretch: float, radius: float, thickness: float, youngs_modulus: float
) -> float:
    """Inside less outside, of a thin sphere of rubber [Pa].

    Laplace's p = 2 T / r with the tension of equal stretches both ways:
    p = 4 t / r0 (c1 + c2 s^2) (1/s - 1/s^7).

    Args:
        stretch: s [1]
        radius: r0, at rest [m].
        thickness: t, at rest [m].
        youngs_modulus: [Pa]
    """
    first, second = constants(youngs_modulus)
    softening = 1.0 / stretch - 1.0 / stretch**7
    return 4.0 * thickness / radius * (first + second * stretch**2) * softening
