"""Velocities of faces -> free of divergence, by the pressure of cells with liquid; and beyond them.

The surface lies where filling crosses one half, the pressure there is 0 (ghost fluid: Enright,
Nguyen, Gibou and Fedkiw 2003); solids cover shares of faces and bodies that the liquid moves enter
the same system (Batty, Bertails and Bridson 2007). A second solve with the same matrix moves
particles out of cells that hold too many (after Kugelstadt, Longva, Thuerey and Bender 2019).
"""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .fields import (
    CellIndices,
    Cells,
    Columns,
    FaceMarks,
    Faces,
    Indices,
    Neighbours,
    Numbers,
    Sixes,
    Triples,
    ivec3,
    ivec6,
    vec3,
    vec6,
)
from .particles import LEAST_FILLED, is_face

LEAST_GAP = 0.1
"""From a cell's centre to the surface [cells]: bounds the matrix; ten times the usual gap's."""
LEAST_OPEN = 0.02
"""Share of a face below which it counts as closed [1]."""
FALLING = 0.2
"""Pressure gradient over weight from which on liquid does not fall freely at all [1]."""
RELAXATION = 0.5
"""Share of a wrong density that one step corrects [1]."""
BESIDE_AIR = 0.1
"""Excess of density beside air that is let be [1]: too little there cannot be told from a surface,
so that to correct all that is too much would let liquid swell."""
NEAR_AIR = 0.05
"""The same, both ways, of cells with air at an edge or corner only [1]."""
MOST_EXCESS = (-0.5, 1.0)
"""Of density, that a step corrects [1]."""


@no_type_check
@ti.func
def gap(a, b):
    """From the centre of a cell with liquid to the surface before its neighbour [cells].

    A flat surface fills both by as much as it lies above their centres.
    """
    return ti.min(1.0, ti.max(LEAST_GAP, a + b - 0.5))


@no_type_check
@ti.func
def is_cell(at, n):
    """Does the cell exist?"""
    return (at >= 0).all() and (at < n).all()


@no_type_check
@ti.func
def free_share(at, d, side, n, open: ti.template(), solid: ti.template(), number: ti.template()):
    """Of the face of a row's cell towards a side: none towards what is solid and has no row.

    Such a neighbour would be taken for air, and drain the cell into the wall.
    """
    face, beside = at, at
    face[d] += side
    beside[d] += 2 * side - 1
    free = open[d, face[0], face[1], face[2]]
    if is_cell(beside, n) and number[beside] < 0 and solid[beside] > 0.5:
        free = 0.0
    return free


@no_type_check
@ti.kernel
def number_rows(
    box: Indices,
    open: Faces,
    solid: Cells,
    rho: Cells,
    number: CellIndices,
    columns: Columns,
    cell: Triples,
    counts: Indices,
):
    """Number the cells that hold liquid, column by column."""
    n = ivec3(number.shape[0], number.shape[1], number.shape[2])
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            at = ivec3(i, j, k)
            if solid[at] > 0.5:  # but perhaps open towards a cell with liquid
                widest = LEAST_OPEN
                filled = 0.0
                for d in ti.static(range(3)):
                    for side in ti.static(range(2)):
                        beside, face = at, at
                        beside[d] += 2 * side - 1
                        face[d] += side
                        if is_cell(beside, n):
                            free = open[d, face[0], face[1], face[2]]
                            if solid[beside] <= 0.5 and number[beside] == 0 and free > widest:
                                widest, filled = free, rho[beside]
                if widest > LEAST_OPEN:
                    number[at] = -2
                    if rho[at] < LEAST_FILLED:
                        rho[at] = ti.min(filled, 1.0)
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        found = 0
        for k in range(box[2], box[5]):
            if number[i, j, k] != -1:
                found += 1
        columns[i, j] = found
    for _ in range(1):
        total = 0
        for i in range(box[0], box[3]):
            for j in range(box[1], box[4]):
                found = columns[i, j]
                columns[i, j] = total
                total += found
        counts[0] = total
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        row = columns[i, j]
        for k in range(box[2], box[5]):
            if number[i, j, k] != -1:
                number[i, j, k] = row
                cell[row] = ivec3(i, j, k)
                row += 1


@no_type_check
@ti.kernel
def assemble(
    u: Faces,
    us: Faces,
    open: Faces,
    solid: Cells,
    rho: Cells,
    number: CellIndices,
    cell: Triples,
    counts: Indices,
    neighbour: Neighbours,
    weight: Sixes,
    diagonal: Numbers,
    divergence: Numbers,
    excess: Numbers,
):
    """Rows of the matrix, and both right sides."""
    n = ivec3(number.shape[0], number.shape[1], number.shape[2])
    for row in range(counts[0]):
        at = cell[row]
        total, outflow, by_air, near_air = 0.0, 0.0, False, False
        rows, shares = ivec6(0), vec6(0.0)
        for d in ti.static(range(3)):
            for side in ti.static(range(2)):
                beside, face = at, at
                beside[d] += 2 * side - 1
                face[d] += side
                free = free_share(at, d, side, n, open, solid, number)
                through = free * u[d, face[0], face[1], face[2]]
                through += (1 - free) * us[d, face[0], face[1], face[2]]
                outflow += (2 * side - 1) * through
                rows[2 * d + side] = row
                if free > 0:
                    other, filled = -1, 0.0
                    if is_cell(beside, n):
                        other, filled = number[beside], rho[beside]
                    if other >= 0:
                        rows[2 * d + side] = other
                        shares[2 * d + side] = free
                        total += free
                    else:
                        total += free / gap(rho[at], filled)
                        by_air = True
        for o in ti.grouped(ti.ndrange(3, 3, 3)):
            beside = at + o - 1
            if is_cell(beside, n) and number[beside] == -1 and solid[beside] < 0.5:
                near_air = True
        wrong = rho[at] - 1
        if by_air:
            wrong = ti.max(wrong - BESIDE_AIR, 0.0)
        elif near_air:
            wrong -= ti.min(ti.max(wrong, -NEAR_AIR), NEAR_AIR)
        if solid[at] > 0.5:  # too little is left of its kernel to miss some liquid there
            wrong = ti.max(wrong, 0.0)
        neighbour[row] = rows
        weight[row] = shares
        diagonal[row] = total if total > 1e-3 else 1.0
        divergence[row] = -outflow
        excess[row] = RELAXATION * ti.min(ti.max(wrong, MOST_EXCESS[0]), MOST_EXCESS[1])


@no_type_check
@ti.kernel
def project(
    box: Indices,
    dt: ti.f32,
    gravity: vec3,
    before: Faces,
    u: Faces,
    us: Faces,
    open: Faces,
    solid: Cells,
    mass: Faces,
    rho: Cells,
    number: CellIndices,
    pressure: Cells,
    correction: Cells,
    shift: Faces,
    known: FaceMarks,
):
    """Take the gradient of the pressure off the velocities; find what shifts particles as well.

    They move with the velocity after the step, which keeps waves as high as they are. What falls
    freely is shifted back by half of the speed that it gained: falls are exact.
    """
    n = ivec3(number.shape[0], number.shape[1], number.shape[2])
    for d, i, j in ti.ndrange(u.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            upper, lower = ivec3(i, j, k), ivec3(i, j, k)
            for e in ti.static(range(3)):
                if e == d:
                    lower[e] -= 1
            push, is_known = 0.0, 0
            if is_face(d, upper, n):
                free = open[d, i, j, k]
                if is_cell(upper, n) and is_cell(lower, n):
                    if number[lower] >= 0:
                        free = free_share(lower, d, 1, n, open, solid, number)
                    elif number[upper] >= 0:
                        free = free_share(upper, d, 0, n, open, solid, number)
                unheld = before[d, i, j, k]  # may be u itself
                if free > 0:
                    above, below = -1, -1
                    p_above, p_below, q_above, q_below = 0.0, 0.0, 0.0, 0.0
                    rho_above, rho_below = 0.0, 0.0
                    if is_cell(upper, n):
                        above, rho_above = number[upper], rho[upper]
                        p_above, q_above = pressure[upper], correction[upper]
                    if is_cell(lower, n):
                        below, rho_below = number[lower], rho[lower]
                        p_below, q_below = pressure[lower], correction[lower]
                    if above >= 0 or below >= 0:
                        length = 1.0
                        if above < 0 or below < 0:
                            length = gap(rho_above, rho_below)
                        u[d, i, j, k] -= (p_above - p_below) / length
                        push = (q_below - q_above) / length
                        is_known = 1
                    elif mass[d, i, j, k] > 0:
                        is_known = 1
                    weight = dt * gravity[d]
                    if is_known == 1 and weight != 0:
                        held = ti.abs((u[d, i, j, k] - unheld) / (FALLING * weight))
                        push -= 0.5 * dt * weight * ti.max(0.0, 1 - held)
                else:  # a wall: of the grid, or of a body beside a free cell
                    is_wall = True
                    if is_cell(upper, n) and is_cell(lower, n):
                        is_wall = solid[upper] <= 0.5 or solid[lower] <= 0.5
                    if is_wall:
                        u[d, i, j, k] = us[d, i, j, k]
                        is_known = 1
            shift[d, i, j, k] = push
            known[d, i, j, k] = ti.cast(is_known, ti.i8)


@no_type_check
@ti.kernel
def extend(box: Indices, u: Faces, known: FaceMarks, known_next: FaceMarks):
    """One sweep of means of known neighbours into faces that are not known."""
    n = ivec3(u.shape[1] - 1, u.shape[2] - 1, u.shape[3] - 1)
    for d, i, j in ti.ndrange(u.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            is_known = known[d, i, j, k]
            if is_known == 0 and is_face(d, ivec3(i, j, k), n):
                total, found = 0.0, 0
                for e in ti.static(range(3)):
                    for side in ti.static((-1, 1)):
                        beside = ivec3(i, j, k)
                        beside[e] += side
                        if is_face(d, beside, n) and known[d, beside[0], beside[1], beside[2]] == 1:
                            total += u[d, beside[0], beside[1], beside[2]]
                            found += 1
                if found > 0:
                    u[d, i, j, k] = total / found
                    is_known = ti.cast(1, ti.i8)
            known_next[d, i, j, k] = is_known


@no_type_check
@ti.kernel
def walls(low_open: ivec3, high_open: ivec3, open: Faces, us: Faces, solid: Cells):
    """The grid alone: closed sides, smooth and at rest; no solids inside."""
    n = ivec3(solid.shape[0], solid.shape[1], solid.shape[2])
    for d, i, j in ti.ndrange(open.shape[0], open.shape[1], open.shape[2]):
        for k in range(open.shape[3]):
            at = ivec3(i, j, k)
            free = 1.0
            for e in ti.static(range(3)):
                if e == d and at[e] == 0 and low_open[e] == 0:
                    free = 0.0
                if e == d and at[e] == n[e] and high_open[e] == 0:
                    free = 0.0
            open[d, i, j, k] = free
            us[d, i, j, k] = 0.0
    for i, j in ti.ndrange(solid.shape[0], solid.shape[1]):
        for k in range(solid.shape[2]):
            at = ivec3(i, j, k)
            free = 1.0
            for e in ti.static(range(3)):  # 1/8 of a linear kernel lies more than half a cell away
                if at[e] == 0:
                    free *= 0.875
                if at[e] == n[e] - 1:
                    free *= 0.875
            solid[at] = 1 - free
