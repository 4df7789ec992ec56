# pyright: reportInvalidTypeForm=false
"""Particles of sand that came too near to a wall or a body -> out of it, with what they touch."""

from typing import no_type_check

from ...kernels import ti
from .grid import Vec3, Vec4, address, one_thread
from .obstacles import (
    CLAMP,
    FIRST_SIDE,
    GROUND,
    TOUCH,
    Counts,
    Lattices,
    Layout,
    Table,
    Totals,
    Values,
    away_from,
    push,
)
from .transfer import FIRST_BODY, Kinds, Points, Whole, is_within


@no_type_check
@ti.kernel
def keep_out(
    x: Points,
    v: Points,
    kinds: Whole,
    media: Kinds,
    touch: Whole,
    near: Whole,
    bodies: Table,
    lattices: Lattices,
    layout: Layout,
    values: Values,
    totals: Totals,
    counts: Counts,
    walls_low: Vec3,
    walls_high: Vec3,
    ground: Vec4,
    movable: ti.i32,
):
    """Push particles out of walls, and note what they lie against.

    A body that pushes a particle gives it its velocity too: where a blade's edge ends between two
    nodes, those below it do not move with it, and sand that was only put back from the blade was
    packed by 1.3 to 1.7 before it.

    Args:
        x: [cells]
        v: [cells/s]; of particles beyond the grid, stopped by the ground.
        kinds: Row of `media`.
        media: Materials.
        touch: Bits, written.
        near: Of nodes, bits of static bodies in reach.
        bodies: Table of BODY_COLUMNS.
        lattices: Of distances.
        layout: Of distances.
        values: Distances [cells].
        totals: As of `move_nodes`; added to.
        counts: Of nodes.
        walls_low: As of `move_nodes`.
        walls_high: As of `move_nodes`.
        ground: Height [cells], friction.
        movable: Bits of the bodies that move.
    """
    stride_x, stride_y = counts[1] * counts[2] * 4, counts[2] * 16
    ti.loop_config(serialize=ti.static(one_thread()))
    for p in range(x.shape[0]):
        place = x[p]
        bits = 0
        if is_within(place, counts):
            nearest = ti.cast(place + 0.5, ti.i32)
            close = movable | near[address(nearest[0], nearest[1], nearest[2], stride_x, stride_y)]
            if close != 0:
                for b in range(bodies.shape[0]):
                    if (close >> b) & 1:
                        found = away_from(bodies, lattices, layout, values, b, place)
                        if found[3] < TOUCH:
                            bits |= 1 << (FIRST_BODY + b)
                            if found[3] < CLAMP:
                                normal = Vec3(found[0], found[1], found[2])
                                v[p] += push(
                                    totals, bodies, b, place, v[p], normal, media[kinds[p]][3]
                                )
                                place += (CLAMP - found[3]) * normal
            for axis in ti.static(range(3)):
                if place[axis] < walls_low[axis] + TOUCH:
                    bits |= 1 << (FIRST_SIDE + 2 * axis)
                    place[axis] = ti.max(place[axis], walls_low[axis] + CLAMP)
                if place[axis] > walls_high[axis] - TOUCH:
                    bits |= 2 << (FIRST_SIDE + 2 * axis)
                    place[axis] = ti.min(place[axis], walls_high[axis] - CLAMP)
        if place[2] < ground[0] + TOUCH:
            bits |= GROUND
            if place[2] < ground[0] + CLAMP:
                place[2] = ground[0] + CLAMP
                if not is_within(place, counts):
                    v[p] = Vec3(0.0)
        x[p] = place
        touch[p] = bits
