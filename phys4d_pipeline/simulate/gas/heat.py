# pyright: reportInvalidTypeForm=false
"""Temperatures of cells -> the same a step later: carried, conducted, heated.

What leaves a cell enters the next one, so that heat is kept to the last bits of its sum. Cells that
a body cuts hold as much heat as whole ones. Flat arrays as in `layout`.
"""

from typing import no_type_check

from ...kernels import ti
from .pressure_kernels import Flat

TINY = 1e-20
"""Under any product of slopes that means something [K2]."""


@ti.func
@no_type_check
def slope(low, middle, high):
    """Difference across a cell, limited (monotonised central, van Leer 1977)."""
    below, above = middle - low, high - middle
    least = ti.min(2.0 * ti.abs(below), 2.0 * ti.abs(above), 0.5 * ti.abs(below + above))
    return ti.select(below * above > TINY, ti.select(below > 0, least, -least), 0.0)


@ti.func
@no_type_check
def flux(a, b, c, d, courant):
    """Heat through the face between b and c in a step, per cell [K].

    Arrays and numbers:
        a, b, c, d: Temperatures of two cells below and two above the face.
        courant: Cells that flow through it.
    """
    from_below = b + 0.5 * (1.0 - courant) * slope(a, b, c)
    from_above = c - 0.5 * (1.0 + courant) * slope(b, c, d)
    return courant * ti.select(courant > 0, from_below, from_above)


@ti.kernel
@no_type_check
def carry(
    heat: Flat,
    room: Flat,
    out: Flat,
    room_out: Flat,
    a: Flat,
    opening: Flat,
    step: ti.f32,
    nx: int,
    ny: int,
    nz: int,
    d: ti.template(),
):
    """Along one axis (van Leer 1979, one-step); `room` is the volume that has come so far.

    Arrays and numbers:
        heat, out: Before and after [K].
        room, room_out: The same [1]; 1 before the first axis and, up to what bodies let in, after
            the last.
        a: Velocity along axis d [m/s].
        opening: Share of each face across it that is open [1].
        step: Seconds over metres of a cell.
        nx, ny, nz: Counts of cells.
    """
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        s = ti.Vector([sx, sy, 1])[d]
        row = i * sx + j * sy
        # Two cells away lies outside the arrays for the first and last layer: the nearer stands in.
        far_low, far_high = s, s
        if ti.static(d < 2):
            far_low = 2 * s if ti.Vector([i, j])[d] > 1 else s
            far_high = 2 * s if ti.Vector([i, j])[d] < ti.Vector([nx, ny])[d] else s
        for k in range(row + 1, row + nz + 1):
            low, high = far_low, far_high
            if ti.static(d == 2):
                low = 2 if k > row + 1 else 1
                high = 2 if k < row + nz else 1
            enters = step * a[k] * opening[k]
            leaves = step * a[k + s] * opening[k + s]
            gain = flux(heat[k - low], heat[k - s], heat[k], heat[k + s], enters)
            gain -= flux(heat[k - s], heat[k], heat[k + s], heat[k + high], leaves)
            volume = room[k] + enters - leaves
            room_out[k] = volume
            out[k] = (heat[k] * room[k] + gain) / ti.max(volume, 0.1)


@ti.kernel
@no_type_check
def warm(
    heat: Flat,
    room: Flat,
    out: Flat,
    ox: Flat,
    oy: Flat,
    oz: Flat,
    carried: Flat,
    swept: Flat,
    rate: Flat,
    towards: Flat,
    power: Flat,
    step: ti.f32,
    cell: ti.f32,
    conduction: ti.f32,
    nx: int,
    ny: int,
    nz: int,
):
    """Close a step: what bodies let in or give off, and conduction between cells.

    Arrays and numbers:
        heat, room: As `carry` left them.
        out: A step later [K]; closed cells keep 0.
        ox, oy, oz: Shares of faces that are open [1].
        carried: Heat that inlets push into a cell [K m/s].
        swept: Volume that led bodies push into it, at its own temperature [m/s].
        rate, towards: Surfaces warm a cell by towards - rate * T [1/s, K/s].
        power: Heat released in cells [K/s].
        step: [s]
        cell: [m]
        conduction: Diffusivity * step / cell^2 [1].
        nx, ny, nz: Counts of cells.
    """
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row = i * sx + j * sy
        for k in range(row + 1, row + nz + 1):
            total = ox[k] + ox[k + sx] + oy[k] + oy[k + sy] + oz[k] + oz[k + 1]
            here = heat[k]
            spread = ox[k] * (heat[k - sx] - here) + ox[k + sx] * (heat[k + sx] - here)
            spread += oy[k] * (heat[k - sy] - here) + oy[k + sy] * (heat[k + sy] - here)
            spread += oz[k] * (heat[k - 1] - here) + oz[k + 1] * (heat[k + 1] - here)
            moved = step / cell * (carried[k] + swept[k] * here)
            gained = here * room[k] + moved + conduction * spread + step * power[k]
            warmed = (gained + step * towards[k]) / (1.0 + step * rate[k])
            out[k] = ti.select(total > 0.0, warmed, 0.0)
