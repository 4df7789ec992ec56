"""Particles -> velocities and filling of the grid, and back (APIC); their motion in its flow.

APIC: Jiang, Schroeder, Selle, Teran and Stomakhin 2015. Sums into the grid are of 64-bit integers,
so that they do not depend on the order in which particles come.
"""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .fields import (
    CHUNKS,
    INSIDE,
    LEFT,
    WAITING,
    CellIndices,
    Cells,
    CellSums,
    Faces,
    FaceSums,
    Indices,
    Numbers,
    Places,
    Table,
    Tensors,
    Vectors,
    bound,
    ivec3,
    mat3,
    vec3,
)

FIXED_POINT = float(2**34)
"""Per unit of mass or momentum: 29 bits are left above for sums up to 5e8 cells/s."""
LEAST_FILLED = 0.5
"""Share of a cell above which it holds liquid [1]."""
LEAST_FREE = 0.2
"""Share of a cell's kernel that counts as free of solids at least: keeps its filling finite [1]."""
FARTHEST_SHIFT = 0.25
"""By which the density correction moves a particle in a step [cells]."""
AROUND = 6
"""Cells around the liquid that passes over the grid take in: a step, kernels, two sweeps of
extrapolation, and two to spare."""
MARGIN = 1e-3
"""From a wall at which particles are kept [cells]: ten steps of float32 at 1000 cells."""


@no_type_check
@ti.func
def offset(d):
    """From a face's index to its place [cells]."""
    o = vec3(0.5, 0.5, 0.5)
    o[d] = 0.0
    return o


@no_type_check
@ti.func
def is_face(d, at, n):
    """Does the face exist?"""
    found = True
    for e in ti.static(range(3)):
        found = found and at[e] >= 0 and at[e] < n[e] + (1 if e == d else 0)
    return found


@no_type_check
@ti.func
def share(f, o):
    """Of a corner in the trilinear kernel."""
    w = 1.0
    for e in ti.static(range(3)):
        w *= f[e] if o[e] == 1 else 1 - f[e]
    return w


@no_type_check
@ti.kernel
def enclose(x: Vectors, where: Places, cells: ivec3, box: Indices):
    """Find the cells around the liquid: passes over the grid go no further.

    Args:
        x: Places.
        where: The particles are; those that wait count where they will come in.
        cells: Of the grid.
        box: First and last cells, brought up to date.
    """
    for e in range(3):
        box[e], box[3 + e] = box[6 + e], box[9 + e]
        box[6 + e], box[9 + e] = cells[e], 0
    for p in x:
        at = ti.floor(x[p], ti.i32)
        is_near = (at > -AROUND).all() and (at < cells + AROUND).all()
        if where[p] == INSIDE or (where[p] == WAITING and is_near):
            for e in ti.static(range(3)):
                ti.atomic_min(box[6 + e], ti.min(ti.max(at[e] - AROUND, 0), cells[e]))
                ti.atomic_max(box[9 + e], ti.min(ti.max(at[e] + AROUND + 1, 0), cells[e]))
    for e in range(3):
        box[e] = ti.min(box[e], box[6 + e])
        box[3 + e] = ti.max(box[3 + e], box[9 + e])


@no_type_check
@ti.kernel
def keep(box: Indices, u: Faces, copy: Faces):
    """Copy a field of faces."""
    for d, i, j in ti.ndrange(u.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            copy[d, i, j, k] = u[d, i, j, k]


@no_type_check
@ti.kernel
def scatter(
    box: Indices,
    x: Vectors,
    v: Vectors,
    c: Tensors,
    volume: Numbers,
    where: Places,
    mass_sum: FaceSums,
    momentum_sum: FaceSums,
    rho_sum: CellSums,
):
    """Add up mass, momentum and filling around every particle."""
    n = ivec3(rho_sum.shape[0], rho_sum.shape[1], rho_sum.shape[2])
    for d, i, j in ti.ndrange(mass_sum.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            mass_sum[d, i, j, k] = 0
            momentum_sum[d, i, j, k] = 0
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            at = ivec3(i, j, k)
            rho_sum[at] = 0
    for p in x:
        if where[p] == INSIDE:
            scale = volume[p] * FIXED_POINT
            for d in range(3):
                g = x[p] - offset(d)
                b = ti.floor(g, ti.i32)
                f = g - b
                for o in ti.static(ti.grouped(ti.ndrange(2, 2, 2))):
                    at = b + o
                    if is_face(d, at, n):
                        w = share(f, o) * scale
                        a = v[p][d]
                        for e in ti.static(range(3)):
                            a += c[p][d, e] * (o[e] - f[e])
                        mass_sum[d, at[0], at[1], at[2]] += ti.cast(w, ti.i64)
                        momentum_sum[d, at[0], at[1], at[2]] += ti.cast(w * a, ti.i64)
            g = x[p] - 0.5
            b = ti.floor(g, ti.i32)
            f = g - b
            for o in ti.static(ti.grouped(ti.ndrange(2, 2, 2))):
                at = b + o
                if (at >= 0).all() and (at < n).all():
                    rho_sum[at] += ti.cast(share(f, o) * scale, ti.i64)


@no_type_check
@ti.kernel
def mean(
    box: Indices,
    gravity_step: vec3,
    mass_sum: FaceSums,
    momentum_sum: FaceSums,
    rho_sum: CellSums,
    solid: Cells,
    mass: Faces,
    u: Faces,
    rho: Cells,
    number: CellIndices,
):
    """Sums -> velocities with the weight of one step, filling, and which cells hold liquid."""
    for d, i, j in ti.ndrange(u.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            m = mass_sum[d, i, j, k]
            velocity = 0.0
            if m > 0:
                quotient = ti.cast(momentum_sum[d, i, j, k], ti.f64) / ti.cast(m, ti.f64)
                velocity = ti.cast(quotient, ti.f32) + gravity_step[d]
            u[d, i, j, k] = velocity
            mass[d, i, j, k] = ti.cast(m, ti.f32) / FIXED_POINT
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            at = ivec3(i, j, k)
            filled = ti.cast(rho_sum[at], ti.f32) / FIXED_POINT
            filled /= ti.max(1 - solid[at], LEAST_FREE)
            rho[at] = filled
            number[at] = 0 if filled >= LEAST_FILLED and solid[at] <= 0.5 else -1


@no_type_check
@ti.func
def interpolated(field: ti.template(), x, n):
    """A face field at a place: the value, and its three derivatives along each axis."""
    value = vec3(0.0)
    slope = mat3(0.0)
    for d in range(3):
        g = x - offset(d)
        b = ti.floor(g, ti.i32)
        f = g - b
        for o in ti.static(ti.grouped(ti.ndrange(2, 2, 2))):
            at = b + o
            for e in ti.static(range(3)):
                at[e] = ti.min(ti.max(at[e], 0), n[e] - 1 + (1 if e == d else 0))
            here = field[d, at[0], at[1], at[2]]
            value[d] += share(f, o) * here
            for e in ti.static(range(3)):
                w = 2.0 * o[e] - 1
                for h in ti.static(range(3)):
                    if h != e:
                        w *= f[h] if o[h] == 1 else 1 - f[h]
                slope[d, e] += w * here
    return value, slope


@no_type_check
@ti.real_func
def flow_at(field: Faces, x: vec3, n: ivec3) -> vec3:
    """A face field at a place."""
    value = vec3(0.0)
    for d in range(3):
        g = x - offset(d)
        b = ti.floor(g, ti.i32)
        f = g - b
        for o in ti.static(ti.grouped(ti.ndrange(2, 2, 2))):
            at = b + o
            for e in ti.static(range(3)):
                at[e] = ti.min(ti.max(at[e], 0), n[e] - 1 + (1 if e == d else 0))
            value[d] += share(f, o) * field[d, at[0], at[1], at[2]]
    return value


@no_type_check
@ti.func
def is_within(x, n):
    """Is a place in the grid?"""
    return (x >= 0.0).all() and (x[0] <= n[0]) and (x[1] <= n[1]) and (x[2] <= n[2])


@no_type_check
@ti.func
def passed(old, new, n, low_open, high_open):
    """A place in the grid and one after -> the latter, held back by walls; and has it left?"""
    x = new
    has_left = False
    for e in ti.static(range(3)):
        if (x[e] < 0.0 and low_open[e] == 1) or (x[e] > n[e] and high_open[e] == 1):
            has_left = True
        elif (low_open[e] == 0 and x[e] < MARGIN) or (high_open[e] == 0 and x[e] > n[e] - MARGIN):
            x[e] = ti.min(ti.max(x[e], MARGIN), n[e] - MARGIN)
    return x, has_left


@no_type_check
@ti.func
def comes_back(old, new, n, low_open, high_open):
    """Does the way of a particle outside lead into the grid through open sides only?"""
    comes = is_within(new, n)
    for e in ti.static(range(3)):
        if (old[e] < 0.0 and low_open[e] == 0) or (old[e] > n[e] and high_open[e] == 0):
            comes = False
    return comes


@no_type_check
@ti.kernel
def move(
    dt: ti.f32,
    gravity: vec3,
    floor: ti.f32,
    low_open: ivec3,
    high_open: ivec3,
    x: Vectors,
    v: Vectors,
    c: Tensors,
    where: Places,
    u: Faces,
    shift: Faces,
):
    """Take velocities from the grid and move particles with its flow (second order), or freely.

    Args:
        dt: [s]
        gravity: [cells/s2]
        floor: Height of the ground [cells].
        low_open: Per axis, 1 if the grid's lower side is open.
        high_open: The same of the upper side.
        x: Places.
        v: Velocities.
        c: Their derivatives.
        where: The particles are.
        u: Velocities of the faces.
        shift: Displacements that correct the density.
    """
    n = ivec3(u.shape[1] - 1, u.shape[2] - 1, u.shape[3] - 1)
    for p in x:
        old = x[p]
        if where[p] == INSIDE:
            velocity, slope = interpolated(u, old, n)
            v[p] = velocity
            c[p] = slope
            middle = flow_at(u, old + 0.5 * dt * velocity, n)
            push = flow_at(shift, old, n)
            push *= ti.min(1.0, FARTHEST_SHIFT / ti.max(push.norm(), 1e-6))
            new, has_left = passed(old, old + dt * middle + push, n, low_open, high_open)
            x[p] = new
            if has_left:
                where[p] = LEFT
                c[p] = mat3(0.0)
        elif where[p] == WAITING:
            x[p] = old + dt * v[p]
            if is_within(x[p], n):
                where[p] = INSIDE
        else:
            v[p] += dt * gravity
            x[p] = old + dt * (v[p] - 0.5 * dt * gravity)
            if x[p][2] < floor:
                x[p][2] = floor
                v[p] = vec3(0.0)
            elif comes_back(old, x[p], n, low_open, high_open):
                where[p] = INSIDE


@no_type_check
@ti.kernel
def fastest(v: Vectors, parts: Table) -> ti.f32:
    """Largest speed of particles [cells/s]; +inf if one is not finite."""
    for chunk in range(CHUNKS):
        most = 0.0
        for p in range(
            bound(v.shape[0], chunk),
            bound(v.shape[0], chunk + 1),
        ):
            square = v[p].norm_sqr()
            most = ti.max(most, square) if square < ti.math.inf else ti.math.inf
        parts[chunk, 0] = most
    for _ in range(1):
        top = 0.0
        for chunk in range(CHUNKS):
            top = ti.max(top, parts[chunk, 0])
        parts[0, 0] = top
    return ti.sqrt(parts[0, 0])
