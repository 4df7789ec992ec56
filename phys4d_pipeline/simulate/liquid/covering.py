"""Rigid bodies in the grid of a liquid -> shares of faces and cells that they cover.

They follow a body's surface smoothly. Of bodies with walls thinner than two cells, a cell belongs
to the side of the wall on which its centre is, or is nearest to; faces between the two sides are
closed: walls do not leak, however thin they are.
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
    vec3,
)
from .lattices import (
    IS_THIN,
    NEAR,
    PLACE,
    REACH,
    STRIDE,
    TURN,
    beside,
    distance,
    free_share,
    speed_at,
    turn_of,
    vector_of,
)
from .particles import is_face, offset

LEAST_OPEN = 0.02
"""Share of a face below which a thick body closes it [1]: keeps the matrix well-conditioned."""
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
