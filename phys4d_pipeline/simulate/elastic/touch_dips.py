"""What vertices do not see of rigid bodies: their edges across edges of surfaces.

The edge of a surface is pushed where it is deepest between its ends, by as much as it is deeper
there than they are, which vertices push already.
"""

import numpy as np

from ...jit import exact, exact_borrowing, exact_part
from ..world.contact_law import push_body, speed_at
from ..world.distance import CAPSULE, GROUND, SPHERE, Parts, distance
from ..world.model import Bodies, Laws, Points, Tally
from ..world.neighbours import is_near
from .model import Touch, Touches
from .touch_pairs import longer, room_for, with_memory
from .touch_rigid import ROUND_SHARE, is_held, pressed

SHALLOW = 0.2
"""Of half the thickness: an edge that lies this much deeper in a part than its ends is pushed."""
GUESSES = 24  # at most, for where an edge is deepest
SURE = 1e-3
"""Of half the thickness: the depth is known this well. Depths that jump from step to step push
without anyone having pressed."""
BLUNT = 0.5
"""Least cosine of half the angle between two faces that an edge passes through [1]; for sharper
ones, and for plates with an edge across, depths count as if they were as blunt."""


@exact
def dip_touches(touch: Touch, points: Points, parts: Parts, skin: float, old: Touches) -> Touches:
    """(edge, part) that may touch between the edge's ends; planes never do, nor do ropes here."""
    (pairs, reaches), row, count = room_for(old), 0, 0
    while True:
        row, count = _pair_parts(touch, points, parts, skin, pairs, reaches, row, count)
        if row == len(touch.edges):
            break
        pairs, reaches = longer(pairs, reaches)
    return with_memory(pairs[:count], reaches[:count], old)


@exact_part
def _pair_parts(
    touch: Touch, points: Points, parts: Parts, skin: float,
    pairs: np.ndarray, reaches: np.ndarray, first: int, count: int,
) -> tuple[int, int]:  # fmt: skip
    """Fill in pairs of edges from the first on; the edge that found no room, the count."""
    place = points.place
    for e in range(first, len(touch.edges)):
        a, b = touch.edges[e, 0], touch.edges[e, 1]
        if points.chain[a] >= 0:
            continue
        if count + len(parts.kind) > len(pairs):
            return e, count
        x, y, z = (
            (place[a, 0] + place[b, 0]) / 2.0,
            (place[a, 1] + place[b, 1]) / 2.0,
            (place[a, 2] + place[b, 2]) / 2.0,
        )
        half = 0.0
        for axis in range(3):
            half += (place[b, axis] - place[a, axis]) ** 2
        margin = points.radius[a] + np.sqrt(half) / 2.0 + skin
        for p in range(len(parts.kind)):
            if parts.kind[p] == GROUND or is_held(points.is_inside, touch.edges[e], parts.owner[p]):
                continue
            if parts.kind[p] in (SPHERE, CAPSULE) and (
                half / 8.0 < ROUND_SHARE * points.radius[a] * parts.sizes[p, 0]
            ):
                continue
            if not is_near(parts, p, x, y, z, margin):
                continue
            pairs[count, 0], pairs[count, 1], reaches[count] = e, p, points.radius[a]
            count += 1
    return len(touch.edges), count


@exact_part
def dip_forces(
    touches: Touches, now: float, touch: Touch, points: Points, parts: Parts, bodies: Bodies,
    laws: Laws, tally: Tally, step_s: float,
) -> None:  # fmt: skip
    """Edges of surfaces against parts of rigid bodies, between their ends."""
    place, speed = points.place, points.speed
    for row in range(len(touches.one)):
        if touches.due[row] > now:
            continue
        p, edge = touches.other[row], touch.edges[touches.one[row]]
        a, b, radius = edge[0], edge[1], touches.reach[row]
        least = _tangents(parts, p, place[a], place[b], radius)
        if least >= radius:
            touches.due[row] = now + (least - radius) / 2.0
            touches.slip[row] = 0.0
            continue
        depth, s, nx, ny, nz = deepest(parts, p, place[a], place[b], radius)
        if depth <= SHALLOW * radius:
            touches.slip[row] = 0.0
            continue
        depth -= SHALLOW * radius
        r, owner, body = 1.0 - s, points.owner[a], parts.owner[p]
        x = r * place[a, 0] + s * place[b, 0]
        y = r * place[a, 1] + s * place[b, 1]
        z = r * place[a, 2] + s * place[b, 2]
        ax, ay, az, apart = _end(parts, p, place[a], speed[a], radius, bodies, body)
        bx, by, bz, beyond = _end(parts, p, place[b], speed[b], radius, bodies, body)
        # Less what the ends go deeper by: the depth grows by the rest only.
        less = r * apart + s * beyond
        vx = r * speed[a, 0] + s * speed[b, 0] - less * nx
        vy = r * speed[a, 1] + s * speed[b, 1] - less * ny
        vz = r * speed[a, 2] + s * speed[b, 2] - less * nz
        fx, fy, fz = pressed(
            touches, row, bodies, laws, tally, (owner, body), radius,
            max(1.0 / points.mass[a], 1.0 / points.mass[b]), depth, (nx, ny, nz), (x, y, z),
            (vx, vy, vz), step_s,
        )  # fmt: skip
        push = fx * nx + fy * ny + fz * nz
        for k, weight, ux, uy, uz in ((a, r, ax, ay, az), (b, s, bx, by, bz)):
            give = weight * push
            points.force[k, 0] += weight * fx - give * ux
            points.force[k, 1] += weight * fy - give * uy
            points.force[k, 2] += weight * fz - give * uz
            tally.work[0] += step_s * push_body(
                bodies, body, place[k, 0], place[k, 1], place[k, 2], give * ux, give * uy, give * uz
            )


@exact_part
def _end(
    parts: Parts,
    p: int,
    place: np.ndarray,
    speed: np.ndarray,
    radius: float,
    bodies: Bodies,
    o: int,
) -> tuple[float, float, float, float]:
    """Direction in which a vertex comes out of a part of object o, and how fast it does [m/s].

    Zero where it does not touch. What an edge is pushed by is taken from its ends: their own
    contacts have it, and the depth between them shrinks as they go deeper.
    """
    far, nx, ny, nz = distance(parts, p, place[0], place[1], place[2])
    if far >= radius:
        return 0.0, 0.0, 0.0, 0.0
    vx, vy, vz = speed_at(bodies, o, place[0], place[1], place[2])
    away = (speed[0] - vx) * nx + (speed[1] - vy) * ny + (speed[2] - vz) * nz
    return nx, ny, nz, away


@exact_borrowing
def deepest(
    parts: Parts, p: int, start: np.ndarray, end: np.ndarray, radius: float
) -> tuple[float, float, float, float, float]:
    """How much deeper a segment is inside a part between its ends than they are.

    Distance to a convex part is convex along a line, and so is what it falls short of that of the
    ends: the least value lies where tangents at both ends of an interval meet, or beyond in one of
    its halves (Kelley 1960). Where the segment passes under an edge between two faces, that edge
    comes out of it the shortest way.

    Returns:
        Depth [m], 0 if an end is nearest; place along the segment from 0 to 1; direction away.
    """
    ex, ey, ez = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    first, ax, ay, az = distance(parts, p, start[0], start[1], start[2])
    last, bx, by, bz = distance(parts, p, end[0], end[1], end[2])
    one, other = max(0.0, radius - first), max(0.0, radius - last)
    tilt = other - one
    slope, rise = ax * ex + ay * ey + az * ez + tilt, bx * ex + by * ey + bz * ez + tilt
    if slope >= 0.0 or rise <= 0.0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    low, high, s, far, below, above = 0.0, 1.0, 0.0, first, first + one, last + other
    for _ in range(GUESSES):
        s = low + (above - below - rise * (high - low)) / (slope - rise)
        least = below + slope * (s - low)
        x, y, z = start[0] + s * ex, start[1] + s * ey, start[2] + s * ez
        far, nx, ny, nz = distance(parts, p, x, y, z)
        lies, here = far + one + s * tilt, nx * ex + ny * ey + nz * ez + tilt
        if here < 0.0:
            low, below, slope, ax, ay, az = s, lies, here, nx, ny, nz
        else:
            high, above, rise, bx, by, bz = s, lies, here, nx, ny, nz
        if lies - least < SURE * radius:
            break
    # Of all slopes at the lowest place, that along which the segment does not fall.
    share = rise / (rise - slope)
    nx, ny, nz = (
        share * ax + (1.0 - share) * bx,
        share * ay + (1.0 - share) * by,
        share * az + (1.0 - share) * bz,
    )
    size = np.sqrt(nx * nx + ny * ny + nz * nz)
    if size == 0.0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    depth = radius - far if far > 0.0 else radius - far / max(size, BLUNT)
    return depth - one - s * tilt, s, nx / size, ny / size, nz / size


@exact_part
def _tangents(parts: Parts, p: int, start: np.ndarray, end: np.ndarray, radius: float) -> float:
    """How near a segment comes to a part between its ends, at least [m]; +inf: nowhere nearer.

    Distance to a convex part is convex along a line, so above both its tangents.
    """
    ex, ey, ez = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    first, ax, ay, az = distance(parts, p, start[0], start[1], start[2])
    last, bx, by, bz = distance(parts, p, end[0], end[1], end[2])
    slope, rise = ax * ex + ay * ey + az * ez, bx * ex + by * ey + bz * ez
    if slope >= 0.0 or rise <= 0.0:
        return max(radius, min(first, last))
    s = (last - first - rise) / (slope - rise)
    least = first + s * slope
    # `deepest` takes at least the smaller of what both ends are pushed by off.
    if min(radius, max(first, last)) - least < SHALLOW * radius:
        return max(radius, least)
    return least
