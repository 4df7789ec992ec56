# pyright: reportInvalidTypeForm=false
"""Places of tracers -> where the gas has carried them a step later, and what it is like there.

Places are in cells from the grid's lowest corner, three numbers a tracer.
"""

from typing import no_type_check

from ...kernels import ti
from .advection import Vec, sample, velocity
from .pressure_kernels import Flat


@ti.func
@no_type_check
def between(
    u0: ti.template(),
    v0: ti.template(),
    w0: ti.template(),
    u1: ti.template(),
    v1: ti.template(),
    w1: ti.template(),
    p,
    share,
    nx,
    ny,
    nz,
):
    """Velocity at a place, a share of a step after its begin [m/s]."""
    return (1.0 - share) * velocity(u0, v0, w0, p, nx, ny, nz) + share * velocity(
        u1, v1, w1, p, nx, ny, nz
    )


@ti.kernel
@no_type_check
def drift(
    x: Flat,
    release: Flat,
    inlet: Flat,
    u0: Flat,
    v0: Flat,
    w0: Flat,
    u1: Flat,
    v1: Flat,
    w1: Flat,
    now: ti.f32,
    seconds: ti.f32,
    cell: ti.f32,
    nx: int,
    ny: int,
    nz: int,
):
    """Ralston's third-order rule along velocities that change linearly within the step.

    Arrays and numbers:
        x: Places, changed in place.
        release: When a tracer leaves its inlet [s]; until then it moves with it.
        inlet: Velocities of the inlets of all tracers [m/s].
        u0, v0, w0: Velocity at the begin of the step [m/s].
        u1, v1, w1: At its end.
        now: Time at its begin [s].
        seconds: Its length.
        cell: [m]
        nx, ny, nz: Counts of cells.
    """
    for n in range(release.shape[0]):
        p = Vec(x[3 * n], x[3 * n + 1], x[3 * n + 2])
        held = ti.min(ti.max(release[n] - now, 0.0), seconds)
        for d in ti.static(range(3)):
            p[d] += held / cell * inlet[3 * n + d]
        if held < seconds:
            begin, left = held / seconds, seconds - held
            length = left / cell
            one = between(u0, v0, w0, u1, v1, w1, p, begin, nx, ny, nz)
            at = begin + 0.5 * (1.0 - begin)
            two = between(u0, v0, w0, u1, v1, w1, p + 0.5 * length * one, at, nx, ny, nz)
            at = begin + 0.75 * (1.0 - begin)
            three = between(u0, v0, w0, u1, v1, w1, p + 0.75 * length * two, at, nx, ny, nz)
            p += length / 9.0 * (2.0 * one + 3.0 * two + 4.0 * three)
        for d in ti.static(range(3)):
            x[3 * n + d] = p[d]


@ti.kernel
@no_type_check
def look(x: Flat, u: Flat, v: Flat, w: Flat, heat: Flat, out: Flat, nx: int, ny: int, nz: int):
    """Velocity [m/s] and temperature over the air's [K] of the gas: four numbers a tracer."""
    for n in range(x.shape[0] // 3):
        p = Vec(x[3 * n], x[3 * n + 1], x[3 * n + 2])
        speed = velocity(u, v, w, p, nx, ny, nz)
        for d in ti.static(range(3)):
            out[4 * n + d] = speed[d]
        out[4 * n + 3] = sample(heat, p, nx, ny, nz, 3)
