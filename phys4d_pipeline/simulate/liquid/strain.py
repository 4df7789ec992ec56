# pyright: reportInvalidTypeForm=false
"""Fluid and solid faces of a MAC grid -> rows of strain rates and the faces that they join.

Variational viscosity (Batty & Bridson 2008, "Accurate viscous free surfaces for buckling, coiling
and rotating liquids"): stretching is measured at cell centres, shear on the edges of cells, each
over the liquid's share of its control volume. A row holds up to four faces and their weights g; a
rigid motion has g . u = 0 in every row, so viscosity takes neither momentum nor spin.
Lengths in cells; a solid that sticks pulls at its distance, not at the next face.
"""

from typing import no_type_check

from ...kernels import ti
from .fields import CellIndices, FaceMarks, Indices, is_cell, ivec3

KINDS = 6
"""Of rows: stretching along x, y, z; shear on edges along x, y, z."""
LEAST_MASS = 0.05
"""Of a face that viscosity moves [cells of liquid]: less is spray."""
NEAREST = 0.1
"""Least distance of a face from the solid that holds it [cells]."""
FREE, FIXED = 1, 2
"""What a face may be, beside 0: air."""
THICK, STIFF = 1.0, 100.0
"""Kinematic viscosity times step from which stray faces move as the liquid does [cells^2]: those
that viscosity leaves out, and those that it acts on but no pressure. At 130 the latter threw a
corner of a glass bar aside; streams of honey, far thinner, need theirs."""
BEYOND = 3
"""Stands for the number of fixed faces of a pair that lies half beyond the grid."""

vec4i, vec4d = ti.types.vector(4, ti.i32), ti.types.vector(4, ti.f64)
faces_f32 = ti.types.ndarray(dtype=ti.f32, ndim=4)
faces_i32 = ti.types.ndarray(dtype=ti.i32, ndim=4)
cells_f32 = ti.types.ndarray(dtype=ti.f32, ndim=3)
Lines = ti.types.ndarray(dtype=ti.i32, ndim=3)


@no_type_check
@ti.func
def unit(axis: int):
    """The unit step along an axis."""
    step = ti.Vector([0, 0, 0])
    for e in ti.static(range(3)):
        step[e] = 1 if e == axis else 0
    return step


@no_type_check
@ti.real_func
def fill(rho: cells_f32, solid: cells_f32, cell: ivec3) -> ti.f32:
    """Share of a cell's open part that is liquid; -1 inside solids and beyond the grid."""
    share = -1.0
    if is_cell(rho, cell):
        i, j, k = cell[0], cell[1], cell[2]
        if solid[i, j, k] <= 0.5:
            share = ti.min(rho[i, j, k], 1.0)
    return share


@no_type_check
@ti.real_func
def face_kind(kind: faces_i32, d: ti.i32, at: ivec3) -> ti.i32:
    """What a face is; -1 beyond the grid."""
    found = -1
    inside = True
    for e in ti.static(range(3)):
        most = kind.shape[e + 1] - 1 + (1 if e == d else 0)
        inside = inside and at[e] >= 0 and at[e] < most
    if inside:
        found = kind[d, at[0], at[1], at[2]]
    return found


@no_type_check
@ti.kernel
def sort_faces(
    box: Indices,
    kind: faces_i32, weight: faces_f32, mass: faces_f32, is_open: faces_f32, rho: cells_f32,
    solid: cells_f32,
):  # fmt: skip
    """Say what every face is, and how much liquid viscosity moves with it."""
    for d, i, j in ti.ndrange(kind.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            at = ti.Vector([i, j, k])
            inside = True
            for e in ti.static(range(3)):
                inside = inside and at[e] < rho.shape[e] + (1 if e == d else 0)
            found, share = 0, 0.0
            if inside:
                if is_open[d, i, j, k] <= 0.5:
                    found = FIXED
                elif mass[d, i, j, k] > LEAST_MASS:
                    low, high = fill(rho, solid, at - unit(d)), fill(rho, solid, at)
                    share = ti.max(low, high)
                    if low >= 0 and high >= 0:
                        share = 0.5 * (low + high)
                    if share > LEAST_MASS:
                        found = FREE
            kind[d, i, j, k] = found
            weight[d, i, j, k] = share


@no_type_check
@ti.real_func
def _reach(is_open: faces_f32, d: ti.i32, near: ivec3, far: ivec3) -> ti.f32:
    """Distance of a liquid's face from the solid between it and a solid's face."""
    here, there = is_open[d, near[0], near[1], near[2]], is_open[d, far[0], far[1], far[2]]
    distance = 0.5 + there if here >= 1.0 else here - 0.5
    return ti.min(ti.max(distance, NEAREST), 1.0)


@no_type_check
@ti.func
def _pair(
    kind: ti.template(), is_open: ti.template(), d: int, across: int, at: ti.template(),
    sticks: int, walls_stick: int,
):  # fmt: skip
    """How an edge sees the two faces of one direction on its two sides.

    Returns (weight, share of the edge's volume, number of fixed faces, is it usable).
    """
    low = at - unit(across)
    a, b = face_kind(kind, d, low), face_kind(kind, d, at)
    weight, fixed, usable = 1.0, 0, 1
    if a == 0 or b == 0:
        usable = 0
    elif a == -1 or b == -1:  # beyond the grid: its wall lies on the edge
        weight, fixed, usable = 2.0, BEYOND, walls_stick
    elif a == FIXED and b == FIXED:
        fixed = 2
    elif a == FIXED:
        weight, fixed, usable = 1.0 / _reach(is_open, d, at, low), 1, sticks
    elif b == FIXED:
        weight, fixed, usable = 1.0 / _reach(is_open, d, low, at), 1, sticks
    return weight, 1.0 / weight, fixed, usable


@no_type_check
@ti.func
def _stretching(
    kind: ti.template(), is_open: ti.template(), rho: ti.template(), solid: ti.template(),
    nu: ti.template(), a: int, at: ti.template(),
):  # fmt: skip
    """Stiffness and face weights of the stretching of one cell along one axis.

    Of a cell mostly inside a solid: of the layer between its free face and the solid.
    """
    stiffness, g, weight = ti.cast(0.0, ti.f64), vec4d(0), 1.0
    low, high = face_kind(kind, a, at), face_kind(kind, a, at + unit(a))
    if low > 0 and high > 0 and (low == FREE or high == FREE):
        cell, share = at, fill(rho, solid, at)
        if share < 0:
            near, far = at, at + unit(a)
            cell = at - unit(a)
            if high == FREE:
                near, far = at + unit(a), at
                cell = at + unit(a)
            if low == FIXED or high == FIXED:
                share = fill(rho, solid, cell)
                weight = 1.0 / _reach(is_open, a, near, far)
        if share > 0:
            stiffness = 2.0 * ti.cast(share / weight * nu[cell[0], cell[1], cell[2]], ti.f64)
            g = vec4d(-weight, weight, 0.0, 0.0)
    return stiffness, g


@no_type_check
@ti.func
def _shear(
    kind: ti.template(), is_open: ti.template(), rho: ti.template(), solid: ti.template(),
    nu: ti.template(), c: int, at: ti.template(), sticks: int, walls_stick: int,
):  # fmt: skip
    """The same of the shear on one edge along axis c; viscosities join as layers do."""
    a, b = (c + 1) % 3, (c + 2) % 3
    stiffness, g = ti.cast(0.0, ti.f64), vec4d(0)
    full, count, thinness = 0.0, 0, 0.0
    for o in ti.static(ti.grouped(ti.ndrange(2, 2))):
        cell = at - o[0] * unit(a) - o[1] * unit(b)
        share = fill(rho, solid, cell)
        if share >= 0:
            count += 1
            full += share
        if share > 0:
            thinness += share / nu[cell[0], cell[1], cell[2]]
    if full > 0:
        wa, va, na, ua = _pair(kind, is_open, a, b, at, sticks, walls_stick)
        wb, vb, nb, ub = _pair(kind, is_open, b, a, at, sticks, walls_stick)
        # What lies beyond the grid is its wall if the faces on its side are closed.
        if (na == BEYOND and nb < 2) or (nb == BEYOND and na < 2):
            ua = 0
        # A wall thinner than a cell between two free faces: they do not see each other.
        if (na == 2 and nb == 0) or (nb == 2 and na == 0):
            ua = 0
        if ua == 1 and ub == 1 and (na < 2 or nb < 2 or na == BEYOND or nb == BEYOND):
            share = full / count * va * vb
            stiffness = ti.cast(share * full / thinness, ti.f64)
            g = vec4d(-wa, wa, -wb, wb)
    return stiffness, g


@no_type_check
@ti.func
def row_faces(t: int, at: ti.template()):
    """The four faces (direction, place) that a row of kind t at at may join."""
    axis = t % 3
    a, b = axis, axis
    p0, p1, p2, p3 = at, at + unit(axis), at, at
    if t >= 3:
        a, b = (axis + 1) % 3, (axis + 2) % 3
        p0, p1, p2, p3 = at - unit(b), at, at - unit(a), at
    return ti.Vector([a, a, b, b]), ti.Matrix.rows([p0, p1, p2, p3])


@no_type_check
@ti.func
def row(
    kind: ti.template(), is_open: ti.template(), rho: ti.template(), solid: ti.template(),
    nu: ti.template(), t: int, at: ti.template(), sticks: int, walls_stick: int,
):  # fmt: skip
    """Stiffness [cells2/s] and face weights of the row of kind t at at; 0: there is none."""
    stiffness, g = ti.cast(0.0, ti.f64), vec4d(0)
    inside = True
    for e in ti.static(range(3)):
        most = rho.shape[e] + (1 if t >= 3 and e != t % 3 else 0)
        inside = inside and at[e] < most
    if inside:
        if t < 3:
            stiffness, g = _stretching(kind, is_open, rho, solid, nu, t, at)
        else:
            stiffness, g = _shear(kind, is_open, rho, solid, nu, t - 3, at, sticks, walls_stick)
    return stiffness, g


@no_type_check
@ti.kernel
def mark_rows(
    box: Indices,
    row_of: faces_i32, face_of: faces_i32, kind: faces_i32, is_open: faces_f32, rho: cells_f32,
    solid: cells_f32, nu: cells_f32, sticks: int, walls_stick: int,
):  # fmt: skip
    """0 in `row_of` where there is a row and in `face_of` where it needs a face; -1 elsewhere."""
    for d, i, j in ti.ndrange(face_of.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            face_of[d, i, j, k] = 0 if kind[d, i, j, k] == FREE else -1
    for t, i, j in ti.ndrange(row_of.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            at = ti.Vector([i, j, k])
            stiffness, g = row(kind, is_open, rho, solid, nu, t, at, sticks, walls_stick)
            row_of[t, i, j, k] = 0 if stiffness > 0 else -1
            if stiffness > 0:
                directions, places = row_faces(t, at)
                for s in ti.static(range(4)):
                    place = ti.Vector([places[s, 0], places[s, 1], places[s, 2]])
                    if g[s] != 0 and face_kind(kind, directions[s], place) == FIXED:
                        face_of[directions[s], place[0], place[1], place[2]] = 0


@no_type_check
@ti.kernel
def number(box: Indices, marks: faces_i32, count: Lines, total: Indices, slot: int):
    """Turn the 0s of `marks` into 0, 1, 2, ... in the order of the array; their number to slot."""
    for d, i, j in ti.ndrange(marks.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        found = 0
        for k in range(box[2], box[5] + 1):
            if marks[d, i, j, k] >= 0:
                found += 1
        count[d, i, j] = found
    for _ in range(1):
        before = 0
        for d in range(marks.shape[0]):
            for i in range(box[0], box[3] + 1):
                for j in range(box[1], box[4] + 1):
                    found = count[d, i, j]
                    count[d, i, j] = before
                    before += found
        total[slot] = before
    for d, i, j in ti.ndrange(marks.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        place = count[d, i, j]
        for k in range(box[2], box[5] + 1):
            if marks[d, i, j, k] >= 0:
                marks[d, i, j, k] = place
                place += 1


@no_type_check
@ti.func
def _holds(number: ti.template(), d: int, at: ti.template()):
    """Does one of a face's two cells hold liquid?"""
    found = False
    for cell in ti.static(range(2)):
        place = at - cell * unit(d)
        if is_cell(number, place):
            found = found or number[place[0], place[1], place[2]] >= 0
    return found


@no_type_check
@ti.func
def _spreads(
    rho: ti.template(), nu: ti.template(), d: int, at: ti.template(), dt: ti.f32, cells: ti.f32
):
    """Does momentum spread over so many squares of cells in a step, beside this face?"""
    found = False
    for cell in ti.static(range(2)):
        place = at - cell * unit(d)
        if is_cell(rho, place):
            i, j, k = place[0], place[1], place[2]
            found = found or (rho[i, j, k] > 0 and nu[i, j, k] * dt > cells)
    return found


@no_type_check
@ti.kernel
def loosen(
    box: Indices, dt: ti.f32, kind: faces_i32, number: CellIndices, rho: cells_f32, nu: cells_f32,
    shift: faces_f32, known: FaceMarks,
):  # fmt: skip
    """Forget the velocity of faces with stray mass by the liquid: they move as it does.

    Left alone they would fall freely, and thick liquid would drip from below: of faces beside the
    liquid's, and of those by thick liquid that no pressure acts on.
    """
    for d, i, j in ti.ndrange(known.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            at = ti.Vector([i, j, k])
            if known[d, i, j, k] == 1 and not _holds(number, d, at):
                limit = THICK if kind[d, i, j, k] == 0 else STIFF
                stray = _spreads(rho, nu, d, at, dt, limit)
                for e in range(3):
                    for side in range(2):
                        stray = stray or _holds(number, d, at + (2 * side - 1) * unit(e))
                if stray:
                    known[d, i, j, k] = ti.cast(0, ti.i8)
                    if kind[d, i, j, k] == 0:
                        shift[d, i, j, k] = 0.0
