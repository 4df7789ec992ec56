"""Deformation of what yields -> its plastic strain (von Mises, multiplicative, Simo 1988).

The plastic strain is Cp^-1, symmetric, of determinant 1, as (xx, yy, zz, yz, zx, xy), in the frame
at rest; b = F Cp^-1 F^T is what is left to be elastic, and mu dev b the Kirchhoff stress that a
yield stress bounds: sqrt(3/2) |mu dev b| <= yield stress.
"""

import numpy as np
from jaxtyping import Float64

from ..jit import exact, exact_part

ROUNDS = 8
"""Newton steps for the mean of b: from the mean before, three settle a strain step of a half."""
SETTLED = 1e-12  # [1], relative


@exact
def plastic_flow(
    deformations: Float64[np.ndarray, "D 3 3"],
    plastic: Float64[np.ndarray, "D 6"],
    limit: float,
) -> None:
    """Bring plastic strains up to date.

    Args:
        deformations: F, of positive determinants.
        plastic: Changed where the stress would be beyond the limit.
        limit: Yield stress over shear modulus [1].
    """
    b, inverse = np.empty(6), np.empty((3, 3))
    for d in range(len(deformations)):
        yield_one(deformations[d], plastic[d], limit, b, inverse)


@exact_part
def yield_one(
    f: np.ndarray, plastic: np.ndarray, limit: float, b: np.ndarray, inverse: np.ndarray
) -> None:
    """The plastic strain after the deformation f; the last two are room to work in."""
    _push(f, plastic, b)
    mean = (b[0] + b[1] + b[2]) / 3.0
    s0, s1, s2, s3, s4, s5 = b[0] - mean, b[1] - mean, b[2] - mean, b[3], b[4], b[5]
    square = s0 * s0 + s1 * s1 + s2 * s2 + 2.0 * (s3 * s3 + s4 * s4 + s5 * s5)
    if 1.5 * square <= limit * limit:
        return
    share = limit / np.sqrt(1.5 * square)
    s0, s1, s2, s3, s4, s5 = s0 * share, s1 * share, s2 * share, s3 * share, s4 * share, s5 * share
    half = square * share * share / 2.0
    volume = _inverse(f, inverse)
    third = s0 * (s1 * s2 - s3 * s3) - s5 * (s5 * s2 - s3 * s4) + s4 * (s5 * s3 - s1 * s4)
    for _ in range(ROUNDS):  # det(s + mean) = det(F)^2: plastic strain keeps volume
        off = (mean * mean - half) * mean + third - volume * volume
        slope = 3.0 * mean * mean - half
        mean -= off / slope
        if abs(off) < SETTLED * slope * mean:
            break
    b[0], b[1], b[2], b[3], b[4], b[5] = s0 + mean, s1 + mean, s2 + mean, s3, s4, s5
    _push(inverse, b, plastic)


@exact_part
def _push(f: np.ndarray, c: np.ndarray, out: np.ndarray) -> None:
    """Fill in f c f^T, c being symmetric."""
    xx, yy, zz, yz, zx, xy = c[0], c[1], c[2], c[3], c[4], c[5]
    a00 = f[0, 0] * xx + f[0, 1] * xy + f[0, 2] * zx
    a01 = f[0, 0] * xy + f[0, 1] * yy + f[0, 2] * yz
    a02 = f[0, 0] * zx + f[0, 1] * yz + f[0, 2] * zz
    a10 = f[1, 0] * xx + f[1, 1] * xy + f[1, 2] * zx
    a11 = f[1, 0] * xy + f[1, 1] * yy + f[1, 2] * yz
    a12 = f[1, 0] * zx + f[1, 1] * yz + f[1, 2] * zz
    a20 = f[2, 0] * xx + f[2, 1] * xy + f[2, 2] * zx
    a21 = f[2, 0] * xy + f[2, 1] * yy + f[2, 2] * yz
    a22 = f[2, 0] * zx + f[2, 1] * yz + f[2, 2] * zz
    out[0] = a00 * f[0, 0] + a01 * f[0, 1] + a02 * f[0, 2]
    out[1] = a10 * f[1, 0] + a11 * f[1, 1] + a12 * f[1, 2]
    out[2] = a20 * f[2, 0] + a21 * f[2, 1] + a22 * f[2, 2]
    out[3] = a10 * f[2, 0] + a11 * f[2, 1] + a12 * f[2, 2]
    out[4] = a00 * f[2, 0] + a01 * f[2, 1] + a02 * f[2, 2]
    out[5] = a00 * f[1, 0] + a01 * f[1, 1] + a02 * f[1, 2]


@exact_part
def _inverse(f: np.ndarray, out: np.ndarray) -> float:
    """Fills in the inverse; returns the determinant."""
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        for r in range(3):
            m, n = (r + 1) % 3, (r + 2) % 3
            out[r, i] = f[j, m] * f[k, n] - f[j, n] * f[k, m]
    volume = f[0, 0] * out[0, 0] + f[0, 1] * out[1, 0] + f[0, 2] * out[2, 0]
    for i in range(3):
        for r in range(3):
            out[i, r] /= volume
    return volume
