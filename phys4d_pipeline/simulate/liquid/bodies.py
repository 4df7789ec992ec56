"""Rigid bodies in the grid of a liquid: distances to them -> shares of faces, and no way through.

Bodies cover shares of faces that follow their surface smoothly. Of those with walls thinner than
two cells, a cell belongs to the side of the wall on which its centre is, or is nearest to; faces
between the two sides are closed, and a particle's way ends at the wall: neither leaks, however thin
the wall is.
"""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .fields import (
    INSIDE,
    Cells,
    Columns,
    Faces,
    Indices,
    Numbers,
    Places,
    Table,
    Vectors,
    ivec3,
    mat3,
    vec3,
)
from .particles import is_face, offset

FIRST, COUNTS, IS_THIN = 0, 1, 4
"""Columns of a body's whole numbers: its first value in the lattices, nodes along x, y, z."""
LOW, RATE, REACH = 0, 3, 4
"""Columns of its numbers: first node [cells], nodes per cell, radius of the sphere around it."""
PLACE, TURN, OLD_PLACE, OLD_TURN, SPEED, SPIN = 0, 3, 12, 15, 24, 27
"""Columns of its pose: now and a step ago (turns row by row), and how it moves [cells, s]."""
SHAPE_COLUMNS, SIZE_COLUMNS, POSE_COLUMNS = 5, 5, 30
LATTICE_MARGIN = 2.0
"""By which lattices reach beyond their bodies [cells]."""
LEAST_OPEN = 0.02
"""Share of a face below which a thick body closes it [1]: keeps the matrix well-conditioned."""
SKIN = 0.02
"""Distance at which particles are kept [cells]."""
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
INNER, OUTER = 0.138, 0.528
"""Middles of the inner and outer quarters of a linear kernel, on either side [cells]."""
BLUR = 0.4
"""Width over which such a quarter is covered [cells]."""
COVERING = 1.2
"""Distance from a cell's middle beyond which a body covers nothing of its kernel and its faces
[cells]: the kernel's farthest quarter, half a blur, and a few per cent by which lattices err."""
CellMarks = ti.types.ndarray(dtype=ti.i8, ndim=3)
Owners = ti.types.ndarray(dtype=ti.i32, ndim=4)


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
def distance(lattice: ti.template(), shape: ti.template(), size: ti.template(), b, q):
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
@ti.func
def away(lattice: ti.template(), shape: ti.template(), size: ti.template(), b, q):
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
@ti.func
def free_share(
    lattice: ti.template(), shape: ti.template(), size: ti.template(), b, start, end, keep
):
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
@ti.func
def beside(lattice: ti.template(), shape: ti.template(), size: ti.template(), b, q):
    """A place outside the body, or the nearest one: on which side of a wall a cell is."""
    place = q
    here = distance(lattice, shape, size, b, q)
    if here < ASIDE:
        place += (ASIDE - here) * away(lattice, shape, size, b, q)
    return place


@no_type_check
@ti.func
def covered(lattice: ti.template(), shape: ti.template(), size: ti.template(), b, turn, middle):
    """Share of a cell's linear kernel that a body fills or, where it is thin, hides [1].

    Args:
        lattice: Distances of all bodies.
        shape: Their whole numbers.
        size: Their numbers.
        b: Which body.
        turn: Its orientation.
        middle: The cell's centre in its frame.
    """
    total = 0.0
    seen_from = middle
    clear = 0.0
    if shape[b, IS_THIN] == 1:
        seen_from = beside(lattice, shape, size, b, middle)
        clear = STRIDE * distance(lattice, shape, size, b, seen_from)
    for o in ti.grouped(ti.ndrange(4, 4, 4)):
        arm = vec3(0.0)
        for e in ti.static(range(3)):
            far = INNER if o[e] == 1 or o[e] == 2 else OUTER
            arm[e] = far if o[e] > 1 else -far
        place = middle + turn.transpose() @ arm
        share = 0.5 - distance(lattice, shape, size, b, place) / BLUR
        if (
            shape[b, IS_THIN] == 1
            and share < 1.0
            and arm.norm() > clear
            and free_share(lattice, shape, size, b, seen_from, place, 0.0) < 1.0
        ):
            share = 1.0
        total += ti.min(ti.max(share, 0.0), 1.0)
    return total / 64


@no_type_check
@ti.func
def speed_at(pose: ti.template(), b, x):
    """Of a place that moves with a body [cells/s]."""
    arm = x - vector_of(pose, b, PLACE)
    return vector_of(pose, b, SPEED) + vector_of(pose, b, SPIN).cross(arm)


@no_type_check
@ti.kernel
def place(
    b: ti.i32,
    low: ivec3,
    high: ivec3,
    lattice: Numbers,
    shape: Columns,
    size: Table,
    pose: Table,
    open: Faces,
    us: Faces,
    owner: Owners,
    solid: Cells,
):
    """Cover faces and cells by one body.

    Args:
        b: Which.
        low: First cell that it may cover.
        high: The last one, excluded.
        lattice: Distances of all bodies.
        shape: Their whole numbers.
        size: Their numbers.
        pose: Where they are.
        open: Free shares, lowered.
        us: Velocities, set where this body covers most.
        owner: The body that covers most; -1: none.
        solid: Covered shares of cells, raised.
    """
    n = ivec3(solid.shape[0], solid.shape[1], solid.shape[2])
    turn, origin = turn_of(pose, b, TURN), vector_of(pose, b, PLACE)
    for i, j in ti.ndrange((low[0], high[0]), (low[1], high[1])):
        for k in range(low[2], high[2]):
            at = ivec3(i, j, k)
            middle = turn.transpose() @ (at + 0.5 - origin)
            if distance(lattice, shape, size, b, middle) < COVERING:
                if (at < n).all():
                    share = covered(lattice, shape, size, b, turn, middle)
                    solid[at] = 1 - (1 - solid[at]) * (1 - share)
                for d in ti.static(range(3)):
                    if is_face(d, at, n):
                        x = ti.cast(at, ti.f32) + offset(d)
                        local = turn.transpose() @ (x - origin)
                        free = ti.min(
                            1.0, ti.max(0.0, 0.5 + distance(lattice, shape, size, b, local))
                        )
                        if shape[b, IS_THIN] == 1:
                            start = beside(lattice, shape, size, b, 2 * local - middle)
                            end = beside(lattice, shape, size, b, middle)
                            if free_share(lattice, shape, size, b, start, end, 0.0) < 1.0:
                                free = 0.0
                        if free < LEAST_OPEN:
                            free = 0.0
                        if free < open[d, i, j, k]:
                            open[d, i, j, k] = free
                            us[d, i, j, k] = speed_at(pose, b, x)[d]
                            owner[d, i, j, k] = b


@no_type_check
@ti.kernel
def restore(
    low: ivec3,
    high: ivec3,
    open_still: Faces,
    owner_still: Owners,
    solid_still: Cells,
    open: Faces,
    us: Faces,
    owner: Owners,
    solid: Cells,
):
    """Take moving bodies out of a box of cells: only what stands still covers it."""
    n = ivec3(solid.shape[0], solid.shape[1], solid.shape[2])
    for i, j in ti.ndrange((low[0], high[0]), (low[1], high[1])):
        for k in range(low[2], high[2]):
            at = ivec3(i, j, k)
            if (at < n).all():
                solid[at] = solid_still[at]
            for d in ti.static(range(3)):
                if is_face(d, at, n):
                    open[d, i, j, k] = open_still[d, i, j, k]
                    owner[d, i, j, k] = owner_still[d, i, j, k]
                    us[d, i, j, k] = 0.0


@no_type_check
@ti.kernel
def set_speeds(b: ti.i32, low: ivec3, high: ivec3, pose: Table, us: Faces, owner: Owners):
    """Velocities of the faces that a body covers, after its own has changed."""
    n = ivec3(us.shape[1] - 1, us.shape[2] - 1, us.shape[3] - 1)
    for i, j in ti.ndrange((low[0], high[0]), (low[1], high[1])):
        for k in range(low[2], high[2]):
            for d in ti.static(range(3)):
                if is_face(d, ivec3(i, j, k), n) and owner[d, i, j, k] == b:
                    us[d, i, j, k] = speed_at(pose, b, ivec3(i, j, k) + offset(d))[d]


@no_type_check
@ti.kernel
def occupy(
    box: Indices,
    bodies: ti.i32,
    lattice: Numbers,
    shape: Columns,
    size: Table,
    pose: Table,
    x: Vectors,
    where: Places,
    occupied: CellMarks,
):
    """Mark cells that hold a particle on their own side of all thin walls."""
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            at = ivec3(i, j, k)
            occupied[at] = ti.cast(0, ti.i8)
    for p in x:
        if where[p] == INSIDE:
            at = ti.floor(x[p], ti.i32)
            is_seen = True
            for b in range(bodies):
                arm = x[p] - vector_of(pose, b, PLACE)
                if shape[b, IS_THIN] == 1 and arm.norm() < size[b, REACH] + NEAR:
                    turn = turn_of(pose, b, TURN).transpose()
                    place = turn @ arm
                    if distance(lattice, shape, size, b, place) < NEAR:
                        middle = turn @ (at + 0.5 - vector_of(pose, b, PLACE))
                        seat = beside(lattice, shape, size, b, middle)
                        if free_share(lattice, shape, size, b, place, seat, 0.0) < 1.0:
                            is_seen = False
            n = ivec3(occupied.shape[0], occupied.shape[1], occupied.shape[2])
            if is_seen and (at >= 0).all() and (at < n).all():
                occupied[at] = ti.cast(1, ti.i8)


@no_type_check
@ti.kernel
def forget_far_side(box: Indices, occupied: CellMarks, solid: Cells, mass: Faces):
    """Take mass off faces by walls that no particle is beside, but only across the wall.

    They would fall freely, and pull down what hangs at the other side.
    """
    n = ivec3(solid.shape[0], solid.shape[1], solid.shape[2])
    for d, i, j in ti.ndrange(mass.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            if mass[d, i, j, k] > 0:
                is_lone, is_by_wall = True, False
                for side in ti.static(range(2)):
                    at = ivec3(i, j, k)
                    for e in ti.static(range(3)):
                        if e == d:
                            at[e] -= side
                    if (at >= 0).all() and (at < n).all():
                        if occupied[at] == 1:
                            is_lone = False
                        if solid[at] > 0:
                            is_by_wall = True
                if is_lone and is_by_wall:
                    mass[d, i, j, k] = 0.0


@no_type_check
@ti.kernel
def remember(x: Vectors, before: Vectors):
    """Copy places, before particles move."""
    for p in x:
        before[p] = x[p]


@no_type_check
@ti.kernel
def keep_out(
    bodies: ti.i32,
    skipped: ti.f32,
    lattice: Numbers,
    shape: Columns,
    size: Table,
    pose: Table,
    low: vec3,
    high: vec3,
    before: Vectors,
    x: Vectors,
    v: Vectors,
    where: Places,
    medium: Indices,
    touching: Columns,
):
    """End the ways of particles at bodies, slide along them, and take the speed into them away.

    Args:
        bodies: How many.
        skipped: Distance beyond which no particle can have met a body [cells].
        lattice: Distances of all bodies.
        shape: Their whole numbers.
        size: Their numbers.
        pose: Where they are and were.
        low: Where walls of the grid hold particles back; -inf at open sides.
        high: The same above.
        before: Places before the step.
        x: And after it.
        v: Velocities.
        where: The particles are.
        medium: Which liquid a particle belongs to.
        touching: Particles of each liquid near each body, counted.
    """
    for b, m in touching:
        touching[b, m] = 0
    for p in x:
        if where[p] == INSIDE:
            for _ in range(2):  # the second time, for what one body pushed towards another
                for b in range(bodies):
                    arm = x[p] - vector_of(pose, b, PLACE)
                    if arm.norm() < size[b, REACH] + skipped:
                        _hold(b, p, lattice, shape, size, pose, before, x, v)
                for e in ti.static(range(3)):
                    x[p][e] = ti.min(ti.max(x[p][e], low[e]), high[e])
            for b in range(bodies):
                arm = x[p] - vector_of(pose, b, PLACE)
                if arm.norm() < size[b, REACH] + NEAR:
                    local = turn_of(pose, b, TURN).transpose() @ arm
                    if distance(lattice, shape, size, b, local) < NEAR:
                        touching[b, medium[p]] += 1


@no_type_check
@ti.func
def _hold(
    b,
    p,
    lattice: ti.template(),
    shape: ti.template(),
    size: ti.template(),
    pose: ti.template(),
    before: ti.template(),
    x: ti.template(),
    v: ti.template(),
):
    """One particle and one body."""
    turn, origin = turn_of(pose, b, TURN), vector_of(pose, b, PLACE)
    old_turn, old_origin = turn_of(pose, b, OLD_TURN), vector_of(pose, b, OLD_PLACE)
    start = old_turn.transpose() @ (before[p] - old_origin)
    end = turn.transpose() @ (x[p] - origin)
    gap = distance(lattice, shape, size, b, start)
    if gap < SKIN:
        start += (1.5 * SKIN - gap) * away(lattice, shape, size, b, start)
        gap = SKIN
    if gap * STRIDE < (end - start).norm() + SKIN:
        s = free_share(lattice, shape, size, b, start, end, SKIN)
        if s < 1.0:
            hit = start + s * (end - start)
            normal = away(lattice, shape, size, b, hit)
            rest = (1 - s) * (end - start)
            rest -= ti.min(rest.dot(normal), 0.0) * normal
            hit += ti.max(1.5 * SKIN - distance(lattice, shape, size, b, hit), 0.0) * normal
            end = hit + free_share(lattice, shape, size, b, hit, hit + rest, SKIN) * rest
            x[p] = origin + turn @ end
            outward = turn @ normal
            inward = (v[p] - speed_at(pose, b, x[p])).dot(outward)
            v[p] -= ti.min(inward, 0.0) * outward
