"""Stress of a sheet of rubber: incompressible, for stretches of several times its length.

Mooney (1940) and Rivlin (1948), plane stress: per rest volume
W = c1 (I1 + 1/J2 - 3) + c2 (J2 + I1/J2 - 3), C the metric over that at rest, I1 = tr C, J2 = det C.
"""

from ...jit import exact_borrowing
from ...motion.rubber import FLAT


@exact_borrowing
def rubber_stress(
    warp: float, shear: float, weft: float, first: float, second: float
) -> tuple[float, float, float]:
    """Second Piola-Kirchhoff stress from C = (warp, shear; shear, weft).

    Args:
        warp: [1]
        shear: [1]
        weft: [1]
        first: c1, of pressure or of force per width.
        second: c2

    Returns:
        Its entries warp, shear, weft, in the unit of c1.
    """
    trace, square = warp + weft, warp * weft - shear * shear
    if square >= FLAT:
        thinner = 1.0 / square
        slope = -thinner * thinner
    else:
        off = square / FLAT - 1.0
        thinner = (1.0 - off + off * off) / FLAT
        slope = (2.0 * off - 1.0) / (FLAT * FLAT)
    even = 2.0 * (first + second * thinner)
    cofactor = 2.0 * (first * slope + second * (1.0 + trace * slope))
    return even + cofactor * weft, -cofactor * shear, even + cofactor * warp
