"""Names of the patterns, and the loops that run one of them over many points.

Flat patterns serve the ground (world xy) and, by the face's main direction, bodies; solid ones live
in the rest coordinates of bodies. All return weight, roughness change and relief slopes.
"""

import numpy as np

from ..jit import fast_borrowing, inline
from .patterns import (
    flat_asphalt,
    flat_brick,
    flat_checker,
    flat_dots,
    flat_fabric,
    flat_grass,
    flat_marble,
    flat_metal,
    flat_noise,
    flat_plaster,
    flat_sand,
    flat_stripes,
    flat_tiles,
    flat_wood,
)
from .solids import (
    solid_checker,
    solid_dots,
    solid_fruit,
    solid_gores,
    solid_marble,
    solid_noise,
    solid_stripes,
    solid_wood,
)

KINDS = (
    "plain",
    "checker",
    "wood",
    "marble",
    "stripes",
    "dots",
    "brick",
    "noise",
    "fabric",
    "metal",
    "fruit",
    "plaster",
    "grass",
    "sand",
    "asphalt",
    "tiles",
    "gores",
)
"""Names for `scene.Texture.kind`; the place in this tuple is the kernel's code."""

SOLID = tuple(
    kind in ("checker", "wood", "marble", "stripes", "dots", "noise", "fruit", "gores")
    for kind in KINDS
)
"""Does the pattern fill a body's volume? The others lie on its faces."""

F = np.float32


@inline
def pixel(fx, fy):
    """Size of a pixel for patterns without direction: long ones blur less than they could."""
    return max(min(fx, fy), F(0.45) * max(fx, fy))


@fast_borrowing
def flat_span(kind, x, y, fx, fy, weight, rough, slope_x, slope_y):
    """One flat pattern over a span.

    Args:
        kind: Code of the pattern.
        x: (N,) repeats.
        y: (N,) repeats.
        fx: (N,) extent of the pixel along x, repeats.
        fy: (N,) along y.
        weight: (N,) out, of the second colour.
        rough: (N,) out, to be added to the roughness.
        slope_x: (N,) out, of the relief.
        slope_y: (N,) out.
    """
    # One loop per pattern: a branch inside would keep the loop from being vectorised.
    n = len(x)
    if kind == 1:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_checker(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 2:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_wood(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 3:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_marble(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 4:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_stripes(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 5:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_dots(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 6:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_brick(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 7:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_noise(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 8:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_fabric(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 9:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_metal(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 11:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_plaster(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 12:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_grass(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 13:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_sand(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 14:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_asphalt(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    elif kind == 15:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = flat_tiles(
                x[i], y[i], fx[i], fy[i], pixel(fx[i], fy[i])
            )
    else:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i] = F(0), F(0), F(0), F(0)


@fast_borrowing
def solid_span(kind, x, y, z, f, weight, rough, slope_x, slope_y, slope_z):
    """One solid pattern over a span; arguments as for `flat_span`, in three dimensions."""
    n = len(x)
    if kind == 1:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_checker(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 2:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_wood(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 3:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_marble(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 4:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_stripes(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 5:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_dots(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 7:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_noise(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 10:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_fruit(
                x[i], y[i], z[i], f[i]
            )
    elif kind == 16:
        for i in range(n):
            weight[i], rough[i], slope_x[i], slope_y[i], slope_z[i] = solid_gores(
                x[i], y[i], z[i], f[i]
            )
