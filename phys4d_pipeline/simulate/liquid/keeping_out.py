"""Ways of a liquid's particles in a step -> the same ways, ended at rigid bodies, along them on."""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .fields import INSIDE, Columns, Indices, Numbers, Places, Table, Vectors, vec3
from .lattices import (
    NEAR,
    OLD_PLACE,
    OLD_TURN,
    PLACE,
    REACH,
    STRIDE,
    TURN,
    away,
    distance,
    free_share,
    speed_at,
    turn_of,
    vector_of,
)

SKIN = 0.02
"""Distance at which particles are kept [cells]."""


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
