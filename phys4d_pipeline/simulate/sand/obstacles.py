# pyright: reportInvalidTypeForm=false
"""Kernels for what grains lie against: the ground, sides of the grid, rigid bodies by distances.

A wall acts on the nodes inside it, but only where a particle lies against it: kernels that reach
over 1.5 cells would otherwise stop grains a cell above a floor. Bits of what a particle touches:
GROUND, then the six sides, then one for each body.
"""

from typing import no_type_check

from ...kernels import ti
from .grid import BLOCK, LEAST_OPEN, Vec3, Vec4, Vec8, one_thread, open_share, total
from .transfer import (
    FIRST_BODY,
    NodeSpeeds,
    NodeSums,
    Whole,
    first_three,
)

GROUND = 1
FIRST_SIDE = 1
"""Bit by number."""
MOST_BODIES = 24
CLAMP = 0.25
"""Least distance of a particle's centre from a wall: half the spacing at the start [cells]."""
TOUCH = 0.45
"""From here on a wall acts on the nodes around a particle [cells]."""
ON_WALL = 0.25
"""Nodes this near to a wall count as inside: no particle is nearer [cells]."""
SQUARE = 0.99
"""Cosine between a face and a side of the grid from which they are parallel [1]: 8 degrees."""
BEHIND = 0.3
"""Share of the way to the particles that shows them behind a wall's nearest face [1]."""
FAR = 1e3
TALLY = 2.0**24
"""One unit of the totals in fixed point."""
PLACE, TURN, SPEED, SPIN, REACH, FRICTION = 0, 3, 12, 15, 18, 19
"""Columns of `bodies`: centre [cells], world-from-body row by row, velocity [cells/s], spin
[rad/s], radius of the sphere around its lattice [cells], friction against the grains [1]."""
BODY_COLUMNS = 20
PUSH, TWIST, LOAD, WHERE, AWAY, WORK = 0, 3, 6, 7, 10, 13
"""Columns of `totals`: impulse on the body, its moment about the centre, sum of normal impulses,
that times place, that times normal, work done by the body."""
TOTAL_COLUMNS = 14

Table = ti.types.ndarray(dtype=ti.f32, ndim=2)
Lattices = ti.types.ndarray(dtype=ti.f32, ndim=2)
"""Of each body: lowest node, body frame [cells], spacing [cells]."""
Layout = ti.types.ndarray(dtype=ti.i32, ndim=2)
"""Of each body: where its values begin, and how many nodes along x, y and z."""
Values = ti.types.ndarray(dtype=ti.f32, ndim=1)
Totals = ti.types.ndarray(dtype=ti.i64, ndim=2)
Counts = ti.types.vector(3, ti.i32)


@no_type_check
@ti.func
def _tally(totals: ti.template(), row: ti.i32, column: ti.i32, value: ti.f32):
    amount = ti.cast(ti.cast(value, ti.f64) * TALLY, ti.i64)
    if ti.static(one_thread()):
        totals[row, column] = totals[row, column] + amount
    else:
        totals[row, column] += amount


@no_type_check
@ti.func
def _towards_body(bodies: ti.template(), b: ti.i32, world: Vec3) -> Vec3:
    """A direction, world to body frame."""
    local = Vec3(0.0)
    for c in ti.static(range(3)):
        for r in ti.static(range(3)):
            local[c] += bodies[b, TURN + 3 * r + c] * world[r]
    return local


@no_type_check
@ti.func
def _towards_world(bodies: ti.template(), b: ti.i32, local: Vec3) -> Vec3:
    world = Vec3(0.0)
    for r in ti.static(range(3)):
        for c in ti.static(range(3)):
            world[r] += bodies[b, TURN + 3 * r + c] * local[c]
    return world


@no_type_check
@ti.func
def _lever(bodies: ti.template(), b: ti.i32, place: Vec3) -> Vec3:
    return place - Vec3(bodies[b, PLACE], bodies[b, PLACE + 1], bodies[b, PLACE + 2])


@no_type_check
@ti.func
def away_from(
    bodies: ti.template(),
    lattices: ti.template(),
    layout: ti.template(),
    values: ti.template(),
    b: ti.i32,
    place: Vec3,
) -> Vec4:
    """Unit vector away from a body and the signed distance to it [cells], trilinear."""
    found = Vec4(0.0, 0.0, 1.0, FAR)
    lever = _lever(bodies, b, place)
    if lever.norm_sqr() < bodies[b, REACH] ** 2:
        low = Vec3(lattices[b, 0], lattices[b, 1], lattices[b, 2])
        local = (_towards_body(bodies, b, lever) - low) / lattices[b, 3]
        nodes = Counts(layout[b, 1], layout[b, 2], layout[b, 3])
        first = ti.cast(ti.floor(local), ti.i32)
        if (first >= 0).all() and (first + 1 < nodes).all():
            part = local - ti.cast(first, ti.f32)
            size, slope = 0.0, Vec3(0.0)
            for i, j, k in ti.static(ti.ndrange(2, 2, 2)):
                at = ((first[0] + i) * nodes[1] + first[1] + j) * nodes[2] + first[2] + k
                value = values[layout[b, 0] + at]
                wx = part[0] if ti.static(i == 1) else 1.0 - part[0]
                wy = part[1] if ti.static(j == 1) else 1.0 - part[1]
                wz = part[2] if ti.static(k == 1) else 1.0 - part[2]
                size += wx * wy * wz * value
                slope[0] += (2 * i - 1) * wy * wz * value
                slope[1] += (2 * j - 1) * wx * wz * value
                slope[2] += (2 * k - 1) * wx * wy * value
            normal = _towards_world(bodies, b, slope)
            length = normal.norm()
            if length > 1e-6:
                found = Vec4(normal[0] / length, normal[1] / length, normal[2] / length, size)
    return found


@no_type_check
@ti.func
def _slid(relative: Vec3, normal: Vec3, friction: ti.f32) -> Vec3:
    """Velocity relative to a wall after it: not into it, slowed along it (Coulomb)."""
    into = -relative.dot(normal)
    result = relative
    if into > 0.0:
        along_wall = relative + into * normal
        speed = along_wall.norm()
        result = along_wall * ti.max(0.0, 1.0 - friction * into / ti.max(speed, 1e-12))
    return result


@no_type_check
@ti.func
def _account(
    totals: ti.template(), row: ti.i32, change: Vec3, normal: Vec3, lever: Vec3, wall: Vec3
):
    """Book the impulse `change` on the grains against a body; `wall`: its velocity there."""
    load = change.dot(normal)
    twist = -lever.cross(change)
    for c in ti.static(range(3)):
        _tally(totals, row, PUSH + c, -change[c])
        _tally(totals, row, TWIST + c, twist[c])
        _tally(totals, row, WHERE + c, load * lever[c])
        _tally(totals, row, AWAY + c, load * normal[c])
    _tally(totals, row, LOAD, load)
    _tally(totals, row, WORK, change.dot(wall))


@no_type_check
@ti.func
def push(
    totals: ti.template(),
    bodies: ti.template(),
    b: ti.i32,
    place: Vec3,
    v: Vec3,
    normal: Vec3,
    mass: ti.f32,
) -> Vec3:
    """Change of a velocity by a body at this place, booked."""
    lever = _lever(bodies, b, place)
    spin = Vec3(bodies[b, SPIN], bodies[b, SPIN + 1], bodies[b, SPIN + 2])
    wall = spin.cross(lever) + Vec3(bodies[b, SPEED], bodies[b, SPEED + 1], bodies[b, SPEED + 2])
    change = wall + _slid(v - wall, normal, bodies[b, FRICTION]) - v
    _account(totals, b + 1, mass * change, normal, lever, wall)
    return change


@no_type_check
@ti.func
def _is_active(marks: ti.template(), i: ti.i32, j: ti.i32, k: ti.i32, blocks: Counts) -> bool:
    """Does a particle's first node lie in this block, or in one before it along an axis?"""
    found = 0
    for a, b, c in ti.static(ti.ndrange(2, 2, 2)):
        if i >= a and j >= b and k >= c:
            found |= marks[((i - a) * blocks[1] + j - b) * blocks[2] + k - c]
    return found != 0


@no_type_check
@ti.kernel
def move_nodes(
    sums: NodeSums,
    sides: NodeSums,
    speeds: NodeSpeeds,
    touched: Whole,
    marks: Whole,
    bodies: Table,
    lattices: Lattices,
    layout: Layout,
    values: Values,
    totals: Totals,
    counts: Counts,
    walls_low: Vec3,
    walls_high: Vec3,
    ground: Vec4,
    gravity: Vec3,
    rest_mass: ti.f32,
    step_s: ti.f32,
):
    """Sums of nodes -> their velocities under weight and walls; sums and marks are cleared.

    Args:
        sums: Momentum, mass and impulse.
        sides: Way from nodes to the particles that lie against bodies, times mass.
        speeds: Velocity [cells/s], density over that at rest, change of velocity; written.
        touched: Bits of what particles around a node lie against.
        marks: Of blocks.
        bodies: Table of BODY_COLUMNS.
        lattices: Of distances.
        layout: Of distances.
        values: Distances [cells].
        totals: Row 0 the ground's, then the bodies'; TOTAL_COLUMNS; added to.
        counts: Of nodes.
        walls_low: Where the lower sides are [cells]; -FAR: open.
        walls_high: Where the upper sides are [cells]; FAR: open.
        ground: Height [cells], friction; two numbers unused.
        gravity: [cells/s2]
        rest_mass: Of grains that fill a cell.
        step_s: [s]
    """
    blocks = counts // 4
    ti.loop_config(serialize=ti.static(one_thread()))
    for block in range(blocks[0] * blocks[1] * blocks[2]):
        bi = block // (blocks[1] * blocks[2])
        bj, bk = (block // blocks[2]) % blocks[1], block % blocks[2]
        if _is_active(marks, bi, bj, bk, blocks):
            for inner in range(BLOCK):
                node = block * BLOCK + inner
                held = total(sums, node)
                speed = Vec8(0.0)
                mass = held[3]
                if mass > 0.0:
                    place = Vec3(
                        4 * bi + (inner >> 4), 4 * bj + (inner >> 2) % 4, 4 * bk + inner % 4
                    )
                    before = Vec3(held[0], held[1], held[2]) / mass
                    v = before + Vec3(held[4], held[5], held[6]) / mass + step_s * gravity
                    bits = touched[node]
                    lows, highs, share_open = Vec3(0.0), Vec3(0.0), 1.0
                    for axis in ti.static(range(3)):
                        lows[axis] = open_share(place[axis] - walls_low[axis])
                        highs[axis] = open_share(walls_high[axis] - place[axis])
                    lows[2] = ti.min(lows[2], open_share(place[2] - ground[0]))
                    if bits >> FIRST_BODY != 0:
                        for b in range(bodies.shape[0]):
                            if (bits >> (FIRST_BODY + b)) & 1:
                                found = away_from(bodies, lattices, layout, values, b, place)
                                is_square = False
                                for axis in ti.static(range(3)):
                                    if found[axis] > SQUARE:
                                        lows[axis] = ti.min(lows[axis], open_share(found[3]))
                                        is_square = True
                                    if found[axis] < -SQUARE:
                                        highs[axis] = ti.min(highs[axis], open_share(found[3]))
                                        is_square = True
                                if not is_square:
                                    share_open *= open_share(found[3])
                                if found[3] < ON_WALL:
                                    normal = Vec3(found[0], found[1], found[2])
                                    # In a thin wall the nearest face may be the one behind.
                                    way = first_three(total(sides, node))
                                    if normal.dot(way) < -BEHIND * way.norm():
                                        normal = -normal
                                    v += push(totals, bodies, b, place, v, normal, mass)
                    if bits & GROUND and place[2] < ground[0] + ON_WALL:
                        up = Vec3(0.0, 0.0, 1.0)
                        after = _slid(v, up, ground[1])
                        _account(totals, 0, mass * (after - v), up, place, Vec3(0.0))
                        v = after
                    if (bits >> FIRST_SIDE) & 63:
                        for axis in ti.static(range(3)):
                            if place[axis] < walls_low[axis] + ON_WALL:
                                v[axis] = ti.max(v[axis], 0.0)
                            if place[axis] > walls_high[axis] - ON_WALL:
                                v[axis] = ti.min(v[axis], 0.0)
                    for axis in ti.static(range(3)):
                        share_open *= lows[axis] * highs[axis]
                    filled = mass / (rest_mass * ti.max(share_open, LEAST_OPEN))
                    speed = Vec8(*v, filled, *(v - before), 0.0)
                speeds[node] = speed
                sums[node] = 0
                if touched[node] >> FIRST_BODY != 0:
                    sides[node] = 0
                touched[node] = 0
    for block in range(blocks[0] * blocks[1] * blocks[2]):
        marks[block] = 0
