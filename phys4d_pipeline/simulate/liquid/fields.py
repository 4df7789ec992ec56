"""The arrays of one simulated liquid: particles, faces and cells of its grid, rows of its matrix.

Lengths in cells from the grid's lowest corner, times in s, velocities in cells/s; a full cell holds
mass 1. Face d of cell (i, j, k) is the one at its lower end along axis d.
"""

# pyright: reportInvalidTypeForm=false

from dataclasses import dataclass, fields
from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float64, Int8

from ...kernels import ti

WAITING, INSIDE, LEFT = 0, 1, 2
"""Where a particle is: in a pipe outside the grid, in the grid, gone through an open side."""
CHUNKS = 64
"""Parts of a sum over rows: fixed, so that sums do not depend on the number of threads."""
COUNTERS = 3
"""Rows, links between bodies and rows, and velocities (6 each) of those bodies."""
SCALARS = 8
MOST_LINKED = 6 * 64
"""Velocities of bodies that the liquid moves: 64 bodies."""
vec3, vec6, mat3 = (
    ti.types.vector(3, ti.f32),
    ti.types.vector(6, ti.f32),
    ti.types.matrix(3, 3, ti.f32),
)
ivec3, ivec6 = ti.types.vector(3, ti.i32), ti.types.vector(6, ti.i32)
Numbers = ti.types.ndarray(dtype=ti.f32, ndim=1)
Indices = ti.types.ndarray(dtype=ti.i32, ndim=1)
Places = ti.types.ndarray(dtype=ti.i8, ndim=1)
Vectors = ti.types.ndarray(dtype=vec3, ndim=1)
Tensors = ti.types.ndarray(dtype=mat3, ndim=1)
Sixes = ti.types.ndarray(dtype=vec6, ndim=1)
Triples = ti.types.ndarray(dtype=ivec3, ndim=1)
Neighbours = ti.types.ndarray(dtype=ivec6, ndim=1)
Table = ti.types.ndarray(dtype=ti.f32, ndim=2)
Columns = ti.types.ndarray(dtype=ti.i32, ndim=2)
Cells = ti.types.ndarray(dtype=ti.f32, ndim=3)
CellIndices = ti.types.ndarray(dtype=ti.i32, ndim=3)
CellSums = ti.types.ndarray(dtype=ti.i64, ndim=3)
Faces = ti.types.ndarray(dtype=ti.f32, ndim=4)
FaceMarks = ti.types.ndarray(dtype=ti.i8, ndim=4)
FaceSums = ti.types.ndarray(dtype=ti.i64, ndim=4)


@no_type_check
@ti.func
def bound(count, chunk):
    """First of `count` rows that belongs to a chunk of a sum."""
    return ti.cast(ti.cast(count, ti.i64) * chunk // CHUNKS, ti.i32)


@no_type_check
@ti.func
def is_cell(values: ti.template(), place: ti.template()):
    """Is there such a cell in the grid?"""
    inside = True
    for e in ti.static(range(3)):
        inside = inside and place[e] >= 0 and place[e] < values.shape[e]
    return inside


@dataclass(frozen=True, kw_only=True, eq=False)
class Fields:
    """All of it, on the chosen device; N particles, M cells."""

    cells: tuple[int, int, int]
    x: Any
    """(N) vectors: places of particles."""
    v: Any
    c: Any
    """(N) matrices: how the velocity changes around a particle (APIC) [1/s]."""
    volume: Any
    """(N) of particles [cells]."""
    where: Any
    """(N) WAITING, INSIDE or LEFT."""
    u: Any
    """(3, x+1, y+1, z+1) velocity of the liquid at the faces."""
    shift: Any
    """The same of the displacement that corrects the density [cells]."""
    mass: Any
    """Of particles at the faces."""
    open: Any
    """Share of a face that solids leave free."""
    us: Any
    """Velocity of the solid at a face."""
    known: Any
    known_next: Any
    """Faces whose velocity is known, before and after a sweep of extrapolation."""
    mass_sum: Any
    momentum_sum: Any
    """Fixed-point sums at faces."""
    rho: Any
    """(x, y, z) share of a cell's free part that is filled; 1: full."""
    solid: Any
    """Share of the kernel around a cell's centre that is inside solids and walls."""
    number: Any
    """Row of a cell with liquid, -1 of others."""
    rho_sum: Any
    pressure: Any
    """Times time step over density [cells^2/s]."""
    correction: Any
    """The same of the density correction [cells^2]."""
    columns: Any
    """(x, y) rows before this column."""
    box: Any
    """(12) first cells and those after the last: of what is around the liquid now or was a step
    ago, outside of which all is empty; then of what is around it now."""
    cell: Any
    """(M) place of a row's cell."""
    neighbour: Any
    """(M) six rows beside a row: -x, +x, -y, +y, -z, +z; its own where there is none."""
    weight: Any
    """(M) six open shares towards those rows; 0 where there is none."""
    diagonal: Any
    divergence: Any
    """(M) right side of the pressure's system."""
    excess: Any
    """(M) right side of the correction's system."""
    p: Any
    r: Any
    d: Any
    q: Any
    """(M) of conjugate gradients: solution, residual, direction, matrix times direction."""
    parts: Any
    """(CHUNKS, 2) of sums."""
    scalars: Any
    counts: Any
    """Of rows, of links, of linked velocities."""
    link_row: Any
    """Row that a body presses on."""
    link_body: Any
    """Number of that body among those that the liquid moves."""
    link_arm: Any
    """Flow out of the row's cell per unit of the body's six velocities."""
    mobility: Any
    """(6 B, 6 B) velocities of bodies per impulse on them."""
    push: Any
    """(6 B, 2) impulses on bodies, and velocities from them."""

    def read(self, name: str) -> np.ndarray:
        """One of the arrays, for tests and records."""
        return getattr(self, name).to_numpy()


def allocate(
    cells: tuple[int, int, int],
    *,
    places: Float64[np.ndarray, "N 3"],
    velocities: Float64[np.ndarray, "N 3"],
    volumes: Float64[np.ndarray, " N"],
    where: Int8[np.ndarray, " N"],
) -> Fields:
    """Arrays for a grid and the particles that start in it."""
    count, total = len(places), int(np.prod(cells))
    faces = (3, cells[0] + 1, cells[1] + 1, cells[2] + 1)
    shapes: dict[str, tuple[Any, tuple[int, ...]]] = {
        **dict.fromkeys(("x", "v"), (vec3, (count,))),
        "c": (mat3, (count,)),
        "volume": (ti.f32, (count,)),
        "where": (ti.i8, (count,)),
        **dict.fromkeys(("u", "shift", "mass", "open", "us"), (ti.f32, faces)),
        **dict.fromkeys(("known", "known_next"), (ti.i8, faces)),
        **dict.fromkeys(("mass_sum", "momentum_sum"), (ti.i64, faces)),
        **dict.fromkeys(("rho", "solid", "pressure", "correction"), (ti.f32, cells)),
        "number": (ti.i32, cells),
        "rho_sum": (ti.i64, cells),
        "columns": (ti.i32, cells[:2]),
        "box": (ti.i32, (12,)),
        "cell": (ivec3, (total,)),
        "neighbour": (ivec6, (total,)),
        "weight": (vec6, (total,)),
        **dict.fromkeys(
            ("diagonal", "divergence", "excess", "p", "r", "d", "q"), (ti.f32, (total,))
        ),
        "parts": (ti.f32, (CHUNKS, 2)),
        "scalars": (ti.f32, (SCALARS,)),
        "counts": (ti.i32, (COUNTERS,)),
        "link_row": (ti.i32, (total,)),
        "link_body": (ti.i32, (total,)),
        "link_arm": (vec6, (total,)),
        "mobility": (ti.f32, (MOST_LINKED, MOST_LINKED)),
        "push": (ti.f32, (MOST_LINKED, 2)),
    }
    arrays = {name: _zeros(dtype, shape) for name, (dtype, shape) in shapes.items()}
    assert {*arrays, "cells"} == {each.name for each in fields(Fields)}
    for name, values in (("x", places), ("v", velocities), ("volume", volumes)):
        arrays[name].from_numpy(np.ascontiguousarray(values, np.float32))
    arrays["where"].from_numpy(where)
    arrays["box"].from_numpy(np.array([0, 0, 0, *cells] * 2, np.int32))
    return Fields(cells=cells, **arrays)


def _zeros(dtype: Any, shape: tuple[int, ...]) -> Any:
    array = ti.ndarray(dtype, shape)
    array.fill(0)
    return array
