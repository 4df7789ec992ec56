# pyright: reportInvalidTypeForm=false
"""Strain of a grain medium -> its stress: linear elasticity under a frictional yield surface.

Strains stay below a per cent, so that small strains, turned with the medium (Jaumann 1911), stand
for the logarithmic ones of Klar et al. 2016, and no singular values are needed. Yield is that of
Matsuoka and Nakai 1974: sqrt(J2) = strength(J3) * (internal_friction * pressure + cohesion). The
strength is 1 in simple shear, where tau / sigma = internal_friction then (Jop et al. 2006 at
vanishing rate): an endless slope slides at the angle whose tangent it is. A circular cone through
the same point (Drucker and Prager) has 26 instead of 33 degrees under axial load at 0.6, and left
round heaps too flat by 1 to 3 degrees more. Flow keeps the volume. Loosened grains bear nothing
until they are as dense as at rest again (the volume correction of Klar et al. 2016).

Strain in a vector of 8: deviator xx, yy, zz, xy, yz, xz; change of volume; share of cohesion left.
Stress is per density [cells2/s2].
"""

from typing import no_type_check

from ...kernels import ti
from .grid import Mat3, Vec8

VOLUME, BOND = 6, 7
MOST = 2.0 / 3.0**1.5
"""Largest third invariant over the second to the power of 3/2: under axial load [1]."""
STEEPEST = 0.9
"""Largest friction for which the root was compared [1]: 42 degrees."""
NEWTON = 4
"""Steps to the root: 1e-4 of it up to STEEPEST."""
WEAKEST = 0.85
"""Least strength, that in axial extension, is 0.867 at STEEPEST [1]."""
LOOSEST = 1.0
"""Logarithm of the volume beyond which grains are apart, whatever happens to them [1]."""


@no_type_check
@ti.func
def strained(old: Vec8, rate: Mat3, step_s: ti.f32) -> Vec8:
    """Elastic strain if nothing yields.

    Args:
        old: Before the step.
        rate: Gradient of the velocity [1/s].
        step_s: [s]
    """
    third = (rate[0, 0] + rate[1, 1] + rate[2, 2]) / 3.0
    turn_x = rate[2, 1] - rate[1, 2]  # twice the spin
    turn_y = rate[0, 2] - rate[2, 0]
    turn_z = rate[1, 0] - rate[0, 1]
    xx, yy, zz, xy, yz, xz = old[0], old[1], old[2], old[3], old[4], old[5]
    half = 0.5 * step_s
    return Vec8(
        xx + step_s * (rate[0, 0] - third + turn_y * xz - turn_z * xy),
        yy + step_s * (rate[1, 1] - third + turn_z * xy - turn_x * yz),
        zz + step_s * (rate[2, 2] - third + turn_x * yz - turn_y * xz),
        xy + half * (rate[0, 1] + rate[1, 0] + turn_z * (xx - yy) + turn_y * yz - turn_x * xz),
        yz + half * (rate[1, 2] + rate[2, 1] + turn_x * (yy - zz) + turn_z * xz - turn_y * xy),
        xz + half * (rate[0, 2] + rate[2, 0] + turn_y * (zz - xx) + turn_x * xy - turn_z * yz),
        ti.min(old[VOLUME] + 3.0 * step_s * third, LOOSEST),
        old[BOND],
    )


@no_type_check
@ti.func
def pressure(strain: Vec8, bulk: ti.f32, tension: ti.f32) -> ti.f32:
    """Over density; cohesion bears tension up to a limit, loose grains none."""
    bearing = ti.max(-bulk * strain[VOLUME], -tension * strain[BOND])
    return bearing


@no_type_check
@ti.func
def strength(deviator: Vec8, friction: ti.f32) -> ti.f32:
    """Of a direction in the space of deviators, over that in simple shear [1].

    The least positive root of friction^2 - x^2 + (1.5 - friction^2 / 2) j x^3 = 0 over friction,
    with j the third invariant over the second to the power of 3/2: Matsuoka and Nakai's
    I1 I2 = k I3 at pressure 1, with k such that j = 0 (simple shear) gives friction.
    """
    xx, yy, zz = deviator[0], deviator[1], deviator[2]
    xy, yz, xz = deviator[3], deviator[4], deviator[5]
    second = 0.5 * (xx**2 + yy**2 + zz**2) + xy**2 + yz**2 + xz**2
    third = xx * (yy * zz - yz**2) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz)
    # Strain is positive in tension, the invariants of yield in compression.
    share = -third / ti.max(second * ti.sqrt(second), 1e-30)
    mu = ti.min(friction, STEEPEST)
    bend, root = (1.5 - 0.5 * mu**2) * ti.min(ti.max(share, -MOST), MOST), mu
    for _ in ti.static(range(NEWTON)):
        root -= (mu**2 - root**2 + bend * root**3) / (3.0 * bend * root**2 - 2.0 * root)
    return root / ti.max(mu, 1e-6)


@no_type_check
@ti.func
def yielded(
    trial: Vec8,
    bulk: ti.f32,
    shear: ti.f32,
    friction: ti.f32,
    cohesion: ti.f32,
    brittleness: ti.f32,
) -> Vec8:
    """Strain back on the yield surface, at constant volume.

    Args:
        trial: Elastic strain.
        bulk: Modulus over density [cells2/s2].
        shear: Modulus over density [cells2/s2].
        friction: Tangent of the angle of internal friction [1].
        cohesion: Over density [cells2/s2].
        brittleness: Rate at which plastic shear strain breaks cohesion [1].
    """
    strain = trial
    tension = cohesion / ti.max(friction, 1e-3)
    squares = trial[0] ** 2 + trial[1] ** 2 + trial[2] ** 2
    squares += 2.0 * (trial[3] ** 2 + trial[4] ** 2 + trial[5] ** 2)
    load = shear * ti.sqrt(2.0 * squares)
    bond = trial[BOND]
    limit = friction * pressure(trial, bulk, tension) + cohesion * bond
    if load > WEAKEST * limit:
        limit *= strength(trial, friction)
    if load > limit:
        share = ti.max(limit, 0.0) / load
        for k in ti.static(range(6)):
            strain[k] = share * trial[k]
        if cohesion > 0.0:
            flowed = (load - limit) / shear
            torn = ti.max(trial[VOLUME] - tension / bulk, 0.0)
            strain[BOND] = bond * ti.exp(-brittleness * (flowed + torn))
    return strain


@no_type_check
@ti.func
def stress(strain: Vec8, bulk: ti.f32, shear: ti.f32, tension: ti.f32) -> Mat3:
    """Over density, tension positive [cells2/s2]."""
    s, p, twice = strain, pressure(strain, bulk, tension), 2.0 * shear
    return ti.Matrix(
        [
            [twice * s[0] - p, twice * s[3], twice * s[5]],
            [twice * s[3], twice * s[1] - p, twice * s[4]],
            [twice * s[5], twice * s[4], twice * s[2] - p],
        ]
    )
