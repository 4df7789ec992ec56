# pyright: reportInvalidTypeForm=false
"""Face velocities, viscosity per cell -> face velocities a step later (implicit, symmetric).

Solves (M + dt K) u = M u* with K = sum of stiffness g g^T over the rows of strain.py: the least of
1/2 |u - u*|^2 + dt * dissipation, hence stable for any step and viscosity. Conjugate gradients in
64 bits, sums in a fixed order. Lengths in cells, velocities in cells/s, viscosity in cells2/s.
"""

import math
from typing import Any, no_type_check

from ...errors import SimulationError
from ...kernels import ti
from .fields import Indices, Table, vec3
from .lattices import PLACE, vector_of
from .links import FIXED_POINT, Sums
from .strain import (
    FIXED,
    KINDS,
    cells_f32,
    face_kind,
    faces_f32,
    faces_i32,
    mark_rows,
    number,
    row,
    row_faces,
    sort_faces,
    unit,
    vec4d,
    vec4i,
)

CHUNKS = 64
"""Parts of a sum that may be added at the same time."""
TOLERANCE = 1e-4
"""Of the residual over the momentum of the faces, both weighted by 1 / diagonal [1]."""
SLOW = 10.0
"""Speed that counts as much as none [cells/s]."""
PER_LAUNCH = 10
"""Iterations between looks at the residual."""
MOST_ITERATIONS = 4000
"""Ten times what wax that melts on a plate needs."""
RESIDUAL, PULL, RATIO, SCALE = 0, 1, 2, 3
"""Places in the scalars of a solve."""

vec6i, vec6d = ti.types.vector(6, ti.i32), ti.types.vector(6, ti.f64)
numbers = ti.types.ndarray(dtype=ti.f64, ndim=1)
counts = ti.types.ndarray(dtype=ti.i32, ndim=1)
quads_i = ti.types.ndarray(dtype=vec4i, ndim=1)
quads = ti.types.ndarray(dtype=vec4d, ndim=1)
sixes_i = ti.types.ndarray(dtype=vec6i, ndim=1)
sixes = ti.types.ndarray(dtype=vec6d, ndim=1)


@no_type_check
@ti.kernel
def _fill_rows(
    box: Indices,
    row_of: faces_i32, face_of: faces_i32, kind: faces_i32, is_open: faces_f32, rho: cells_f32,
    solid: cells_f32, nu: cells_f32, sticks: int, walls_stick: int, dt: float,
    stiffness: numbers, faces: quads_i, weights: quads,
):  # fmt: skip
    """Stiffness times the step, faces and face weights of every numbered row."""
    for t, i, j in ti.ndrange(row_of.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            s = row_of[t, i, j, k]
            if s >= 0:
                at = ti.Vector([i, j, k])
                found, g = row(kind, is_open, rho, solid, nu, t, at, sticks, walls_stick)
                directions, places = row_faces(t, at)
                for e in ti.static(range(4)):
                    place = ti.Vector([places[e, 0], places[e, 1], places[e, 2]])
                    f = -1
                    if g[e] != 0 and face_kind(kind, directions[e], place) > 0:
                        f = face_of[directions[e], place[0], place[1], place[2]]
                    faces[s][e] = ti.max(f, 0)
                    weights[s][e] = g[e] if f >= 0 else ti.cast(0.0, ti.f64)
                stiffness[s] = found * dt


@no_type_check
@ti.func
def _joined(row_of: ti.template(), t: int, at: ti.template()):
    """The number of the row of kind t at at; -1: there is none."""
    found = -1
    inside = True
    for e in ti.static(range(3)):
        inside = inside and at[e] >= 0 and at[e] < row_of.shape[e + 1]
    if inside:
        found = row_of[t, at[0], at[1], at[2]]
    return found


@no_type_check
@ti.kernel
def _fill_faces(
    box: Indices,
    face_of: faces_i32, row_of: faces_i32, kind: faces_i32, weight: faces_f32, u: faces_f32,
    us: faces_f32, stiffness: numbers, weights: quads, rows: sixes_i, shares: sixes,
    mass: numbers, inverse: numbers, x: numbers, b: numbers,
):  # fmt: skip
    """The rows that every numbered face is in, its mass, 1 / diagonal, start and right side."""
    for d, i, j in ti.ndrange(face_of.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            f = face_of[d, i, j, k]
            if f >= 0:
                at = ti.Vector([i, j, k])
                p, q = (d + 1) % 3, (d + 2) % 3
                # An edge along q holds this face in its first pair, one along p in its second.
                kinds = ti.Vector([d, d, 3 + q, 3 + q, 3 + p, 3 + p])
                slots = ti.Vector([1, 0, 1, 0, 3, 2])
                places = ti.Matrix.rows([at - unit(d), at, at, at + unit(p), at, at + unit(q)])
                pull = ti.cast(weight[d, i, j, k], ti.f64)
                mass[f], b[f] = pull, pull * u[d, i, j, k]
                for e in ti.static(range(6)):
                    place = ti.Vector([places[e, 0], places[e, 1], places[e, 2]])
                    s = _joined(row_of, kinds[e], place)
                    rows[f][e] = ti.max(s, 0)
                    g = ti.cast(0.0, ti.f64)
                    if s >= 0:
                        g = weights[s][slots[e]]
                        pull += stiffness[s] * g * g
                    shares[f][e] = g
                x[f] = u[d, i, j, k]
                inverse[f] = 1.0 / pull
                if kind[d, i, j, k] == FIXED:  # no direction ever moves it
                    x[f] = us[d, i, j, k]
                    mass[f], b[f], inverse[f] = 0.0, 0.0, 0.0


@no_type_check
@ti.func
def _product(
    f: int, d: ti.template(), strain: ti.template(), mass: ti.template(), rows: ti.template(),
    shares: ti.template(),
):  # fmt: skip
    total = mass[f] * d[f]
    for e in ti.static(range(6)):
        total += shares[f][e] * strain[rows[f][e]]
    return total


@no_type_check
@ti.func
def _stress(s: int, d: ti.template(), stiffness: ti.template(), faces: ti.template(), weights: ti.template()):  # fmt: skip  # noqa: E501
    total = ti.cast(0.0, ti.f64)
    for e in ti.static(range(4)):
        total += weights[s][e] * d[faces[s][e]]
    return stiffness[s] * total


@no_type_check
@ti.kernel
def _start(
    total: counts, stiffness: numbers, faces: quads_i, weights: quads, rows: sixes_i,
    shares: sixes, mass: numbers, inverse: numbers, x: numbers, b: numbers, r: numbers,
    d: numbers, strain: numbers, partial: quads, scalars: numbers,
):  # fmt: skip
    """First residual and direction."""
    for s in range(total[1]):
        strain[s] = _stress(s, x, stiffness, faces, weights)
    for c in range(CHUNKS):
        n = total[0]
        square, scale = ti.cast(0.0, ti.f64), ti.cast(0.0, ti.f64)
        for f in range(n * c // CHUNKS, n * (c + 1) // CHUNKS):
            r[f] = b[f] - _product(f, x, strain, mass, rows, shares)
            d[f] = r[f] * inverse[f]
            square += r[f] * d[f]
            scale += (b[f] * b[f] + mass[f] * mass[f] * SLOW * SLOW) * inverse[f]
        partial[c] = vec4d(square, 0.0, 0.0, scale)
    for _ in range(1):
        sums = vec4d(0)
        for c in range(CHUNKS):
            sums += partial[c]
        scalars[RESIDUAL], scalars[SCALE] = sums[0], sums[3]


@no_type_check
@ti.kernel
def _iterate(
    total: counts, stiffness: numbers, faces: quads_i, weights: quads, rows: sixes_i,
    shares: sixes, mass: numbers, inverse: numbers, x: numbers, r: numbers, d: numbers,
    q: numbers, strain: numbers, partial: quads, scalars: numbers,
):  # fmt: skip
    """PER_LAUNCH steps of conjugate gradients: a launch costs as much as two of them."""
    for _ in ti.static(range(PER_LAUNCH)):
        for s in range(total[1]):
            strain[s] = _stress(s, d, stiffness, faces, weights)
        for c in range(CHUNKS):
            n, pull = total[0], ti.cast(0.0, ti.f64)
            for f in range(n * c // CHUNKS, n * (c + 1) // CHUNKS):
                q[f] = _product(f, d, strain, mass, rows, shares)
                pull += q[f] * d[f]
            partial[c][1] = pull
        for _once in range(1):
            pull = ti.cast(0.0, ti.f64)
            for c in range(CHUNKS):
                pull += partial[c][1]
            scalars[PULL] = scalars[RESIDUAL] / pull if pull > 0 else ti.cast(0.0, ti.f64)
        for c in range(CHUNKS):
            n, square = total[0], ti.cast(0.0, ti.f64)
            for f in range(n * c // CHUNKS, n * (c + 1) // CHUNKS):
                x[f] += scalars[PULL] * d[f]
                r[f] -= scalars[PULL] * q[f]
                square += r[f] * r[f] * inverse[f]
            partial[c][0] = square
        for _once in range(1):
            square, before = ti.cast(0.0, ti.f64), scalars[RESIDUAL]
            for c in range(CHUNKS):
                square += partial[c][0]
            scalars[RATIO] = square / before if before > 0 else ti.cast(0.0, ti.f64)
            scalars[RESIDUAL] = square
        for f in range(total[0]):
            d[f] = r[f] * inverse[f] + scalars[RATIO] * d[f]


@no_type_check
@ti.kernel
def _store(box: Indices, face_of: faces_i32, x: numbers, u: faces_f32):
    for d, i, j in ti.ndrange(face_of.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            if face_of[d, i, j, k] >= 0:
                u[d, i, j, k] = ti.cast(x[face_of[d, i, j, k]], ti.f32)


@no_type_check
@ti.kernel
def _drag(
    box: Indices,
    face_of: faces_i32, kind: faces_i32, owner: faces_i32, total: counts, stiffness: numbers,
    faces: quads_i, weights: quads, rows: sixes_i, shares: sixes, x: numbers, strain: numbers,
    pose: Table, sums: Sums,
):  # fmt: skip
    """Impulses of the stresses on all bodies, in fixed point, as `links.push` sums them."""
    for b, column in sums:
        sums[b, column] = 0
    for s in range(total[1]):
        strain[s] = _stress(s, x, stiffness, faces, weights)
    for d, i, j in ti.ndrange(owner.shape[0], (box[0], box[3] + 1), (box[1], box[4] + 1)):
        for k in range(box[2], box[5] + 1):
            b, f = owner[d, i, j, k], face_of[d, i, j, k]
            if b >= 0 and f >= 0 and kind[d, i, j, k] == FIXED:
                pull = ti.cast(0.0, ti.f64)
                for e in ti.static(range(6)):
                    pull -= shares[f][e] * strain[rows[f][e]]
                impulse, place = vec3(0.0), vec3(i, j, k)
                for e in ti.static(range(3)):
                    impulse[e] = ti.cast(pull, ti.f32) if e == d else 0.0
                    place[e] += 0.0 if e == d else 0.5
                turning = (place - vector_of(pose, b, PLACE)).cross(impulse)
                size = ti.abs(ti.cast(pull, ti.f32))
                sums[b, 6] += ti.cast(size * FIXED_POINT, ti.i64)
                for e in ti.static(range(3)):
                    sums[b, e] += ti.cast(impulse[e] * FIXED_POINT, ti.i64)
                    sums[b, 3 + e] += ti.cast(turning[e] * FIXED_POINT, ti.i64)
                    sums[b, 7 + e] += ti.cast(size * place[e] * FIXED_POINT, ti.i64)


class Viscosity:
    """The implicit viscous step on one grid; holds its work arrays.

    Those of the pressure before it, too: `pressure`, and the velocities `before` that.
    """

    def __init__(
        self, cells: tuple[int, int, int], *, sticks: bool = True, walls_stick: bool = False
    ) -> None:
        """Make arrays for a grid.

        Args:
            cells: Of the grid.
            sticks: Does the liquid stick to solids?
            walls_stick: And to the sides of the grid?
        """
        nodes = tuple(count + 1 for count in cells)
        most_faces = 3 * math.prod(nodes)
        self.sticks, self.walls_stick = int(sticks), int(walls_stick)
        self.kind = ti.ndarray(ti.i32, (3, *nodes))
        self.face_of = ti.ndarray(ti.i32, (3, *nodes))
        self.row_of = ti.ndarray(ti.i32, (KINDS, *nodes))
        self.weight = ti.ndarray(ti.f32, (3, *nodes))
        self.counts = ti.ndarray(ti.i32, (KINDS, *nodes[:2]))
        self.face_counts = ti.ndarray(ti.i32, (3, *nodes[:2]))
        self.total = ti.ndarray(ti.i32, 2)
        self.x, self.b, self.r, self.d, self.q = (ti.ndarray(ti.f64, most_faces) for _ in range(5))
        self.mass, self.inverse = ti.ndarray(ti.f64, most_faces), ti.ndarray(ti.f64, most_faces)
        self.strain = ti.ndarray(ti.f64, 2 * most_faces)
        self.stiffness = ti.ndarray(ti.f64, 2 * most_faces)
        self.faces = ti.Vector.ndarray(4, ti.i32, 2 * most_faces)
        self.weights = ti.Vector.ndarray(4, ti.f64, 2 * most_faces)
        self.rows = ti.Vector.ndarray(6, ti.i32, most_faces)
        self.shares = ti.Vector.ndarray(6, ti.f64, most_faces)
        self.partial = ti.Vector.ndarray(4, ti.f64, CHUNKS)
        self.scalars = ti.ndarray(ti.f64, 4)
        self.pressure, self.before = ti.ndarray(ti.f32, cells), ti.ndarray(ti.f32, (3, *nodes))
        self.pressure.fill(0)
        self.iterations = 0

    def step(self, box, u, mass, is_open, us, rho, solid, nu, dt: float) -> None:
        """Let viscosity act on face velocities for a time.

        Args:
            box: Of cells around the liquid.
            u: Of the faces, changed in place; those of solids become the solid's.
            mass: Of the particles on each face.
            is_open: Open fraction of each face.
            us: Velocity of the solid at each face.
            rho: Of the cells, 1 full.
            solid: Share of each cell inside solids.
            nu: Kinematic viscosity of each cell that holds liquid, positive.
            dt: [s]

        Raises:
            SimulationError: If conjugate gradients stall.
        """
        stick = self.sticks, self.walls_stick
        sort_faces(box, self.kind, self.weight, mass, is_open, rho, solid)
        mark_rows(box, self.row_of, self.face_of, self.kind, is_open, rho, solid, nu, *stick)
        number(box, self.face_of, self.face_counts, self.total, 0)
        number(box, self.row_of, self.counts, self.total, 1)
        _fill_rows(
            box, self.row_of, self.face_of, self.kind, is_open, rho, solid, nu, *stick, dt,
            self.stiffness, self.faces, self.weights,
        )  # fmt: skip
        _fill_faces(
            box, self.face_of, self.row_of, self.kind, self.weight, u, us, self.stiffness,
            self.weights, self.rows, self.shares, self.mass, self.inverse, self.x, self.b,
        )  # fmt: skip
        self._solve()
        _store(box, self.face_of, self.x, u)

    def drag(self, box: Any, owner: Any, pose: Any, sums: Any) -> None:
        """Impulses of the last step's stresses on bodies, as `links.push` sums them."""
        rows = (self.faces, self.weights, self.rows, self.shares, self.x, self.strain)
        of = (self.face_of, self.kind, owner)
        _drag(box, *of, self.total, self.stiffness, *rows, pose, sums)

    def _solve(self) -> None:
        system = (
            self.total, self.stiffness, self.faces, self.weights, self.rows, self.shares,
            self.mass, self.inverse, self.x,
        )  # fmt: skip
        sums = self.strain, self.partial, self.scalars
        _start(*system, self.b, self.r, self.d, *sums)
        residual = scale = math.nan
        for self.iterations in range(0, MOST_ITERATIONS + 1, PER_LAUNCH):
            residual, scale = self.scalars.to_numpy()[[RESIDUAL, SCALE]]
            if residual <= TOLERANCE**2 * scale or not math.isfinite(residual):
                break
            _iterate(*system, self.r, self.d, self.q, *sums)
        if not residual <= TOLERANCE**2 * scale:
            raise SimulationError(
                f"Viscosity: residual {math.sqrt(residual / scale):.2g} after {self.iterations} "
                f"iterations, bound {TOLERANCE}. Lower the greatest viscosity or use larger cells."
            )
