# pyright: reportInvalidTypeForm=false
"""Kernels that keep particles evenly spread while the medium shears.

A medium squeezed to a third of its width has its particles in rows, a third of their spacing apart
and three times as far from the next row: the grid cannot tell, rows lock, and steep faces stand.
Grains mix as they shear. So particles drift from where they are crowded on a lattice as fine as
their spacing, in proportion to the plastic rate: what rests does not move.
"""

from typing import no_type_check

from ...kernels import ti
from .grid import Vec3, one_thread, spline
from .transfer import Gradients, Points, Whole, is_within

FINE = 2
"""Nodes of the lattice per cell [1]: one for each particle along an edge."""
UNIT = 2.0**16
"""One particle in fixed point."""
DRIFT = 0.5
"""Way per shear strain and slope of the lattice's density [1]: at 0.1 an hourglass has voids."""
ELASTIC = 2.0
"""Shear rate up to which the medium may only swing elastically [1/s]; flows shear by 10 to 50."""
LONGEST = 0.02
"""Longest way at a time [cells]."""
DENSE = 0.8
"""Particles per node of the lattice from which they drift: surfaces stay sharp [1]."""
Counts = ti.types.vector(3, ti.i32)


@no_type_check
@ti.func
def _node(base: ti.template(), i: ti.i32, j: ti.i32, k: ti.i32, counts: Counts) -> ti.i32:
    return ((base[0] + i) * FINE * counts[1] + base[1] + j) * FINE * counts[2] + base[2] + k


@no_type_check
@ti.kernel
def crowd(x: Points, fine: Whole, counts: Counts, sign: ti.i32):
    """Add particles to the lattice, or take them away (sign -1): it is empty again then.

    Args:
        x: [cells]
        fine: Particles at nodes of the lattice, in fixed point; added to.
        counts: Of nodes of the grid.
        sign: 1 or -1.
    """
    ti.loop_config(serialize=ti.static(one_thread()))
    for p in range(x.shape[0]):
        if is_within(x[p], counts):
            place = FINE * x[p]
            base = ti.cast(place - 0.5, ti.i32)
            offset = place - ti.cast(base, ti.f32)
            for i, j, k in ti.static(ti.ndrange(3, 3, 3)):
                weight = spline(offset, i)[0] * spline(offset, j)[1] * spline(offset, k)[2]
                amount = sign * ti.cast(UNIT * weight, ti.i32)
                node = _node(base, i, j, k, counts)
                if ti.static(one_thread()):
                    fine[node] = fine[node] + amount
                else:
                    fine[node] += amount


@no_type_check
@ti.kernel
def drift(
    x: Points,
    moved: Points,
    gradients: Gradients,
    fine: Whole,
    counts: Counts,
    span_s: ti.f32,
):
    """Where particles go from crowded nodes of the lattice.

    Args:
        x: [cells]
        moved: [cells], written.
        gradients: Of the velocity [1/s].
        fine: Particles at nodes of the lattice.
        counts: Of nodes of the grid.
        span_s: Since the last time [s].
    """
    for p in range(x.shape[0]):
        moved[p] = x[p]
        if is_within(x[p], counts):
            rate = 0.5 * (gradients[p] + gradients[p].transpose())
            rate -= rate.trace() / 3.0 * ti.Matrix.identity(ti.f32, 3)
            strain = span_s * ti.max(ti.sqrt(2.0) * rate.norm() - ELASTIC, 0.0)
            place = FINE * x[p]
            base = ti.cast(place - 0.5, ti.i32)
            offset = place - ti.cast(base, ti.f32)
            slope, held = Vec3(0.0), 0.0
            for i, j, k in ti.static(ti.ndrange(3, 3, 3)):
                weight = spline(offset, i)[0] * spline(offset, j)[1] * spline(offset, k)[2]
                value = ti.cast(fine[_node(base, i, j, k, counts)], ti.f32) / UNIT
                held += weight * value
                slope += 4.0 * weight * value * (Vec3(float(i), float(j), float(k)) - offset)
            way = -DRIFT * strain * slope
            length = way.norm()
            if held > DENSE and length > 0.0:
                moved[p] = x[p] + ti.min(1.0, LONGEST / length) * way
