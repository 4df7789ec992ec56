"""Cells beside bodies -> how their outflow depends on the bodies' motion, and the impulses back.

After Batty, Bertails and Bridson 2007: the same shares of faces carry a body's velocity into the
divergence of a cell and the cell's pressure onto the body.
"""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .covering import Owners
from .fields import (
    CellIndices,
    Cells,
    Columns,
    Faces,
    Indices,
    Sixes,
    Table,
    ivec3,
    vec3,
    vec6,
)
from .lattices import PLACE, vector_of
from .particles import is_face, offset
from .pressure import free_share, is_cell

FIXED_POINT = float(2**24)
"""Of summed impulses, per unit: sums up to 5e11 fit."""
SUMS = 10
"""Impulse, its moment about the body's centre, size of the impulses, that size times place."""
Sums = ti.types.ndarray(dtype=ti.i64, ndim=2)


@no_type_check
@ti.func
def arm_of(
    b,
    at,
    n,
    origin,
    open: ti.template(),
    owner: ti.template(),
    solid: ti.template(),
    number: ti.template(),
):
    """Flow out of a cell per unit of the body's velocity and spin."""
    arm = vec6(0.0)
    for d in ti.static(range(3)):
        for side in ti.static(range(2)):
            face = at
            face[d] += side
            if owner[d, face[0], face[1], face[2]] == b:
                flow = (2 * side - 1) * (1 - free_share(at, d, side, n, open, solid, number))
                axis = vec3(0.0)
                axis[d] = 1.0
                turning = (ti.cast(face, ti.f32) + offset(d) - origin).cross(axis)
                for e in ti.static(range(3)):
                    arm[e] += flow * axis[e]
                    arm[3 + e] += flow * turning[e]
    return arm


@no_type_check
@ti.kernel
def link(
    b: ti.i32,
    number_of_body: ti.i32,
    low: ivec3,
    high: ivec3,
    pose: Table,
    open: Faces,
    owner: Owners,
    solid: Cells,
    number: CellIndices,
    columns: Columns,
    counts: Indices,
    link_row: Indices,
    link_body: Indices,
    link_arm: Sixes,
):
    """Append the links of one body, column by column; `columns` is room for their counts."""
    n = ivec3(number.shape[0], number.shape[1], number.shape[2])
    origin = vector_of(pose, b, PLACE)
    for i, j in ti.ndrange((low[0], ti.min(high[0], n[0])), (low[1], ti.min(high[1], n[1]))):
        found = 0
        for k in range(low[2], ti.min(high[2], n[2])):
            if number[i, j, k] >= 0:
                arm = arm_of(b, ivec3(i, j, k), n, origin, open, owner, solid, number)
                if arm.norm_sqr() > 0:
                    found += 1
        columns[i, j] = found
    for _ in range(1):
        total = counts[1]
        for i in range(low[0], ti.min(high[0], n[0])):
            for j in range(low[1], ti.min(high[1], n[1])):
                found = columns[i, j]
                columns[i, j] = total
                total += found
        counts[1] = ti.min(total, link_row.shape[0])
    for i, j in ti.ndrange((low[0], ti.min(high[0], n[0])), (low[1], ti.min(high[1], n[1]))):
        at_link = columns[i, j]
        for k in range(low[2], ti.min(high[2], n[2])):
            if number[i, j, k] >= 0 and at_link < link_row.shape[0]:
                arm = arm_of(b, ivec3(i, j, k), n, origin, open, owner, solid, number)
                if arm.norm_sqr() > 0:
                    link_row[at_link] = number[i, j, k]
                    link_body[at_link] = number_of_body
                    link_arm[at_link] = arm
                    at_link += 1


@no_type_check
@ti.kernel
def start_links(counts: Indices, velocities: ti.i32):
    """No links yet, between rows and so many velocities."""
    for _ in range(1):
        counts[1] = 0
        counts[2] = velocities


@no_type_check
@ti.kernel
def push(
    box: Indices,
    open: Faces,
    owner: Owners,
    solid: Cells,
    number: CellIndices,
    pressure: Cells,
    pose: Table,
    sums: Sums,
):
    """Impulses of the pressure on all bodies, in fixed point."""
    n = ivec3(pressure.shape[0], pressure.shape[1], pressure.shape[2])
    for b, k in sums:
        sums[b, k] = 0
    for d, i, j in ti.ndrange(owner.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            b = owner[d, i, j, k]
            if b >= 0:
                upper, lower = ivec3(i, j, k), ivec3(i, j, k)
                for e in ti.static(range(3)):
                    if e == d:
                        lower[e] -= 1
                if is_face(d, upper, n):
                    total = 0.0
                    if is_cell(lower, n) and number[lower] >= 0:
                        free = free_share(lower, d, 1, n, open, solid, number)
                        total += (1 - free) * pressure[lower]
                    if is_cell(upper, n) and number[upper] >= 0:
                        free = free_share(upper, d, 0, n, open, solid, number)
                        total -= (1 - free) * pressure[upper]
                    if total != 0.0:
                        axis, place = vec3(0.0), ti.cast(upper, ti.f32)
                        for e in ti.static(range(3)):
                            axis[e] = 1.0 if e == d else 0.0
                            place[e] += 0.0 if e == d else 0.5
                        turning = (place - vector_of(pose, b, PLACE)).cross(axis)
                        size = ti.abs(total)
                        for e in ti.static(range(3)):
                            sums[b, e] += ti.cast(total * axis[e] * FIXED_POINT, ti.i64)
                            sums[b, 3 + e] += ti.cast(total * turning[e] * FIXED_POINT, ti.i64)
                            sums[b, 7 + e] += ti.cast(size * place[e] * FIXED_POINT, ti.i64)
                        sums[b, 6] += ti.cast(size * FIXED_POINT, ti.i64)
