"""Rigid bodies as lattices of distances: how far off, which way, what stands in a way (functions).

A way ends at a wall however thin it is.
"""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .fields import Columns, Numbers, Table, ivec3, mat3, vec3

FIRST, COUNTS, IS_THIN = 0, 1, 4
"""Columns of a body's whole numbers: its first value in the lattices, nodes along x, y, z."""
LOW, RATE, REACH = 0, 3, 4
"""Columns of its numbers: first node [cells], nodes per cell, radius of the sphere around it."""
PLACE, TURN, OLD_PLACE, OLD_TURN, SPEED, SPIN = 0, 3, 12, 15, 24, 27
"""Columns of its pose: now and a step ago (turns row by row), and how it moves [cells, s]."""
SHAPE_COLUMNS, SIZE_COLUMNS, POSE_COLUMNS = 5, 5, 30
LATTICE_MARGIN = 2.0
"""By which lattices reach beyond their bodies [cells]."""
STRIDE = 0.9
"""Share of the distance to a body that a way may go on unseen [1]: lattices err by a few per
cent far from the surface."""
SHORTEST = 0.3
"""Least step of a way [nodes]: walls are WALL_NODES or more thick."""
MOST_STEPS = 128
"""Of a way: a cell through a wall of a twentieth of it."""
SLOPE = 0.5
"""Half the base of differences of distances [nodes]."""
NEAR = 1.0
"""Distance up to which particles count as touching a body [cells]."""
ASIDE = 0.05
"""Distance to a wall that the middle of a cell is taken to have at least [cells]."""


@no_type_check
@ti.func
def turn_of(pose: ti.template(), b, first):
    """world-from-body."""
    turn = mat3(0.0)
    for i in ti.static(range(3)):
        for j in ti.static(range(3)):
            turn[i, j] = pose[b, first + 3 * i + j]
    return turn


@no_type_check
@ti.func
def vector_of(pose: ti.template(), b, first):
    """Three numbers of a body."""
    return vec3(pose[b, first], pose[b, first + 1], pose[b, first + 2])


@no_type_check
@ti.func
def speed_at(pose: ti.template(), b, x):
    """Of a place that moves with a body [cells/s]."""
    arm = x - vector_of(pose, b, PLACE)
    return vector_of(pose, b, SPEED) + vector_of(pose, b, SPIN).cross(arm)


@no_type_check
@ti.real_func
def distance(lattice: Numbers, shape: Columns, size: Table, b: ti.i32, q: vec3) -> ti.f32:
    """Of a place in the body's frame; negative inside [cells]."""
    rate = size[b, RATE]
    g = (q - vector_of(size, b, LOW)) * rate
    c = g
    n = ivec3(shape[b, COUNTS], shape[b, COUNTS + 1], shape[b, COUNTS + 2])
    for e in ti.static(range(3)):
        c[e] = ti.min(ti.max(g[e], 0.0), n[e] - 1.001)
    beyond = (g - c).norm() / rate
    found = beyond + LATTICE_MARGIN
    if beyond < 1e-3:
        at = ti.floor(c, ti.i32)
        f = c - at
        start = shape[b, FIRST] + (at[0] * n[1] + at[1]) * n[2] + at[2]
        found = 0.0
        for o in ti.static(ti.grouped(ti.ndrange(2, 2, 2))):
            w = 1.0
            for e in ti.static(range(3)):
                w *= f[e] if o[e] == 1 else 1 - f[e]
            found += w * lattice[start + (o[0] * n[1] + o[1]) * n[2] + o[2]]
    return found


@no_type_check
@ti.real_func
def away(lattice: Numbers, shape: Columns, size: Table, b: ti.i32, q: vec3) -> vec3:
    """Unit vector of rising distance, body frame."""
    slope = vec3(0.0)
    base = SLOPE / size[b, RATE]
    for e in ti.static(range(3)):
        step = vec3(0.0)
        step[e] = base
        slope[e] = distance(lattice, shape, size, b, q + step) - distance(
            lattice, shape, size, b, q - step
        )
    return slope / ti.max(slope.norm(), 1e-9)


@no_type_check
@ti.real_func
def free_share(
    lattice: Numbers,
    shape: Columns,
    size: Table,
    b: ti.i32,
    start: vec3,
    end: vec3,
    keep: ti.f32,
) -> ti.f32:
    """Share of a straight way in the body's frame until it is nearer than `keep` [1]; 1: never."""
    way = end - start
    length = ti.max(way.norm(), 1e-9)
    s = 0.0
    least = SHORTEST / size[b, RATE]
    for _ in range(MOST_STEPS):
        if s < 1.0:
            here = distance(lattice, shape, size, b, start + s * way)
            if here < keep:
                break
            s += ti.max(STRIDE * here, least) / length
    if s >= 1.0:
        s = 1.0
        if distance(lattice, shape, size, b, end) < keep:
            s = ti.max(0.0, 1.0 - least / length)
    return s


@no_type_check
@ti.real_func
def beside(lattice: Numbers, shape: Columns, size: Table, b: ti.i32, q: vec3) -> vec3:
    """A place outside the body, or the nearest one: on which side of a wall a cell is."""
    place = q
    here = distance(lattice, shape, size, b, q)
    if here < ASIDE:
        place += (ASIDE - here) * away(lattice, shape, size, b, q)
    return place
