"""Conjugate gradients on the rows of a liquid's cells, scaled by the diagonal; fixed-order sums.

The matrix is that of neighbouring cells plus, for bodies that the liquid moves, J mobility J^T,
where J lists how much of a cell's outflow each body's velocities make (links).
"""

# pyright: reportInvalidTypeForm=false

from typing import Any, no_type_check

from ...errors import SimulationError
from ...kernels import ti
from .fields import (
    CHUNKS,
    Cells,
    Fields,
    Indices,
    Neighbours,
    Numbers,
    Sixes,
    Table,
    Triples,
    bound,
)

PER_LAUNCH = 8
"""Iterations between looks at the residual."""
MOST_ITERATIONS = 1200
"""Ten times what the widest tested splash needs."""
LEAST_SCALE = 1e-12
"""Of b.b: a right side below it is rounding."""
OLD, STEP, RATIO, SCALE = 0, 1, 2, 3
"""Places in `scalars`: z.r, the step along the direction, the next direction's share, b.b."""


def solve(fields: Fields, right: Any, warm: Any, tolerance: float, *, has_links: bool) -> int:
    """Solve for `warm` (cells), from what it holds.

    Args:
        fields: With numbered rows and the matrix.
        right: Right side by row, `fields.divergence` or `fields.excess`.
        warm: `fields.pressure` or `fields.correction`.
        tolerance: Of the residual over the right side, both scaled by the diagonal [1].
        has_links: Do bodies that the liquid moves take part?

    Returns:
        How many iterations it took.

    Raises:
        SimulationError: If they do not suffice.
    """
    f, links = fields, int(has_links)
    matrix = (f.neighbour, f.weight, f.diagonal)
    bodies = (f.link_row, f.link_body, f.link_arm, f.mobility, f.push)
    vectors = (f.p, f.r, f.d, f.q)
    begin(warm, f.cell, links, f.counts, right, *matrix, *bodies, *vectors, f.parts, f.scalars)
    most, taken = tolerance**2, 0
    left = residual(f.scalars)
    while left > most:
        if taken >= MOST_ITERATIONS or left != left:
            raise SimulationError(
                f"the pressure did not converge: residual {left**0.5:.3g} of the right side after "
                f"{taken} iterations, bound {tolerance}. Use a finer grid or calmer liquid."
            )
        left = iterate(links, f.counts, *matrix, *bodies, *vectors, f.parts, f.scalars)
        taken += PER_LAUNCH
    store(f.box, warm, f.cell, f.counts, f.p)
    return taken


@no_type_check
@ti.func
def _link(
    counts: ti.template(),
    row_of: ti.template(),
    body_of: ti.template(),
    arm: ti.template(),
    mobility: ti.template(),
    push: ti.template(),
    d: ti.template(),
    q: ti.template(),
):
    """Add J mobility J^T d to q; returns d.J mobility J^T d."""
    energy = 0.0
    for k in range(counts[2]):
        push[k, 0] = 0.0
    for link in range(counts[1]):
        for a in ti.static(range(6)):
            push[6 * body_of[link] + a, 0] += arm[link][a] * d[row_of[link]]
    for k in range(counts[2]):
        total = 0.0
        for m in range(counts[2]):
            total += mobility[k, m] * push[m, 0]
        push[k, 1] = total
        energy += total * push[k, 0]
    for link in range(counts[1]):
        total = 0.0
        for a in ti.static(range(6)):
            total += arm[link][a] * push[6 * body_of[link] + a, 1]
        q[row_of[link]] += total
    return energy


@no_type_check
@ti.func
def _row(
    row,
    d: ti.template(),
    neighbour: ti.template(),
    weight: ti.template(),
    diagonal: ti.template(),
):
    """Of the matrix without bodies, times d."""
    total = diagonal[row] * d[row]
    for m in ti.static(range(6)):
        total -= weight[row][m] * d[neighbour[row][m]]
    return total


@no_type_check
@ti.kernel
def begin(
    warm: Cells,
    cell: Triples,
    links: ti.i32,
    counts: Indices,
    right: Numbers,
    neighbour: Neighbours,
    weight: Sixes,
    diagonal: Numbers,
    link_row: Indices,
    link_body: Indices,
    link_arm: Sixes,
    mobility: Table,
    push: Table,
    p: Numbers,
    r: Numbers,
    d: Numbers,
    q: Numbers,
    parts: Table,
    scalars: Numbers,
):
    """First guess, residual and direction."""
    for row in range(counts[0]):
        p[row] = warm[cell[row]]
    for row in range(counts[0]):
        q[row] = _row(row, p, neighbour, weight, diagonal)
    for _ in range(1):
        if links == 1:
            _link(counts, link_row, link_body, link_arm, mobility, push, p, q)
    for chunk in range(CHUNKS):
        old, scale = 0.0, 0.0
        for row in range(bound(counts[0], chunk), bound(counts[0], chunk + 1)):
            r[row] = right[row] - q[row]
            d[row] = r[row] / diagonal[row]
            old += r[row] * d[row]
            scale += right[row] * right[row] / diagonal[row]
        parts[chunk, 0] = old
        parts[chunk, 1] = scale
    for _ in range(1):
        old, scale = 0.0, 0.0
        for chunk in range(CHUNKS):
            old += parts[chunk, 0]
            scale += parts[chunk, 1]
        scalars[OLD] = old
        scalars[SCALE] = ti.max(scale, LEAST_SCALE)


@no_type_check
@ti.kernel
def residual(scalars: Numbers) -> ti.f32:
    """Square of the residual over that of the right side."""
    return scalars[OLD] / scalars[SCALE]


@no_type_check
@ti.kernel
def iterate(
    links: ti.i32,
    counts: Indices,
    neighbour: Neighbours,
    weight: Sixes,
    diagonal: Numbers,
    link_row: Indices,
    link_body: Indices,
    link_arm: Sixes,
    mobility: Table,
    push: Table,
    p: Numbers,
    r: Numbers,
    d: Numbers,
    q: Numbers,
    parts: Table,
    scalars: Numbers,
) -> ti.f32:
    """PER_LAUNCH iterations; returns what `residual` does."""
    for _ in ti.static(range(PER_LAUNCH)):
        for chunk in range(CHUNKS):
            product = 0.0
            for row in range(bound(counts[0], chunk), bound(counts[0], chunk + 1)):
                q[row] = _row(row, d, neighbour, weight, diagonal)
                product += q[row] * d[row]
            parts[chunk, 0] = product
        for _once in range(1):
            product = 0.0
            for chunk in range(CHUNKS):
                product += parts[chunk, 0]
            if links == 1:
                product += _link(counts, link_row, link_body, link_arm, mobility, push, d, q)
            scalars[STEP] = scalars[OLD] / product if product > 0 else 0.0
        for chunk in range(CHUNKS):
            new = 0.0
            for row in range(bound(counts[0], chunk), bound(counts[0], chunk + 1)):
                p[row] += scalars[STEP] * d[row]
                r[row] -= scalars[STEP] * q[row]
                new += r[row] * r[row] / diagonal[row]
            parts[chunk, 1] = new
        for _once in range(1):
            new = 0.0
            for chunk in range(CHUNKS):
                new += parts[chunk, 1]
            scalars[RATIO] = new / scalars[OLD] if scalars[OLD] > 0 else 0.0
            scalars[OLD] = new
        for row in range(counts[0]):
            d[row] = r[row] / diagonal[row] + scalars[RATIO] * d[row]
    return scalars[OLD] / scalars[SCALE]


@no_type_check
@ti.kernel
def store(box: Indices, into: Cells, cell: Triples, counts: Indices, p: Numbers):
    """The solution, by cell."""
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            into[i, j, k] = 0.0
    for row in range(counts[0]):
        into[cell[row]] = p[row]
