"""Pairs of neighbours -> forces where they overlap: spring, damper, Coulomb friction with stick.

Friction is a tangential spring (Cundall and Strack 1979): it stretches while two things stick and
slips at the Coulomb limit. Ropes are pushed at their middle lines, and bodies at the same place, so
that momentum and angular momentum are kept; a rope round a pulley thus acts at wheel plus rope
radius. Between two strands normal forces keep both; friction there turns a strand as if its
cross-section could not roll.
"""

import numpy as np

from ..jit import exact
from .body_distance import Parts, distance
from .rope_model import (
    FREE,
    HINGED,
    LED,
    Bodies,
    Chains,
    Hinges,
    Laws,
    Pairs,
    Points,
    Probes,
    Tally,
)

TANGENTIAL = 2 / 7
"""Stiffness across over along a contact [1]: a ball that rolls and one that bounces then move its
spring equally fast, since only 2/7 of its mass resists at the rim."""
ROLLING_SPIN = 0.2  # [rad/s]; slower rolling is braked in proportion
GUESSES = 6  # at most, for where a segment is nearest to a part
LEVEL = 1e-3
"""Slope of the distance along a segment that counts as none [1]: it is then off by less than a
thousandth of the square of the remaining way over the radius."""
EVEN = 1e-2
"""Relative weight that draws the nearest points of two segments to their middles: parallel ones
then have a definite pair, others are off by a thousandth of their length."""
Vector = tuple[float, float, float]


@exact
def press(
    slip: np.ndarray,
    row: int,
    stiffness: float,
    mass: float,
    ratio: float,
    friction: float,
    depth: float,
    normal: Vector,
    speed: Vector,
    step_s: float,
) -> tuple[float, float, float, float]:
    """Force on the first body [N], and its part along the normal.

    Args:
        slip: Of all contacts; the row of this one is brought up to date [m].
        row: Which.
        stiffness: [N/m]
        mass: That moves when the contact is pressed [kg].
        ratio: Of its damping [1].
        friction: Coefficient.
        depth: Overlap [m].
        normal: Unit vector towards the first body.
        speed: Of the first body relative to the other [m/s].
        step_s: [s]
    """
    nx, ny, nz = normal
    vx, vy, vz = speed
    damping = 2.0 * ratio * np.sqrt(stiffness * mass)
    along = vx * nx + vy * ny + vz * nz
    push = max(0.0, stiffness * depth - damping * along)
    if friction == 0.0:
        return nx * push, ny * push, nz * push, push
    tx, ty, tz = vx - along * nx, vy - along * ny, vz - along * nz
    sx, sy, sz = slip[row, 0], slip[row, 1], slip[row, 2]
    out = sx * nx + sy * ny + sz * nz
    sx, sy, sz = (
        sx - out * nx + tx * step_s,
        sy - out * ny + ty * step_s,
        sz - out * nz + tz * step_s,
    )
    spring, damper = TANGENTIAL * stiffness, np.sqrt(TANGENTIAL) * damping
    fx, fy, fz = -spring * sx - damper * tx, -spring * sy - damper * ty, -spring * sz - damper * tz
    size = np.sqrt(fx * fx + fy * fy + fz * fz)
    if size > friction * push:
        share = friction * push / size
        fx, fy, fz = fx * share, fy * share, fz * share
        sx, sy, sz = -fx / spring, -fy / spring, -fz / spring
    slip[row, 0], slip[row, 1], slip[row, 2] = sx, sy, sz
    return nx * push + fx, ny * push + fy, nz * push + fz, push


@exact
def note(
    touch: np.ndarray, a: int, b: int, place: Vector, normal: Vector, impulse: float, depth: float
) -> None:
    """Add a contact of two objects, or of a rope with itself, to what is recorded."""
    sign = 1.0
    if a < b:
        a, b, sign = b, a, -1.0
    row = touch[a, b]
    for axis in range(3):
        row[axis] += impulse * place[axis]
        row[3 + axis] += sign * impulse * normal[axis]
    row[6] += impulse
    row[7] = max(row[7], depth)


@exact
def speed_at(bodies: Bodies, o: int, x: float, y: float, z: float) -> Vector:
    """Of a place that moves with a body [m/s]."""
    rx, ry, rz = x - bodies.place[o, 0], y - bodies.place[o, 1], z - bodies.place[o, 2]
    wx, wy, wz = bodies.spin[o, 0], bodies.spin[o, 1], bodies.spin[o, 2]
    return (
        bodies.speed[o, 0] + wy * rz - wz * ry,
        bodies.speed[o, 1] + wz * rx - wx * rz,
        bodies.speed[o, 2] + wx * ry - wy * rx,
    )


@exact
def push_body(
    bodies: Bodies, o: int, x: float, y: float, z: float, fx: float, fy: float, fz: float
) -> float:
    """Add a force at a place to a body; the power it takes from a led one [W]."""
    kind = bodies.kind[o]
    if kind == LED:
        vx, vy, vz = speed_at(bodies, o, x, y, z)
        return -(fx * vx + fy * vy + fz * vz)
    if kind in (FREE, HINGED):
        rx, ry, rz = x - bodies.place[o, 0], y - bodies.place[o, 1], z - bodies.place[o, 2]
        bodies.force[o, 0] += fx
        bodies.force[o, 1] += fy
        bodies.force[o, 2] += fz
        bodies.torque[o, 0] += ry * fz - rz * fy
        bodies.torque[o, 1] += rz * fx - rx * fz
        bodies.torque[o, 2] += rx * fy - ry * fx
    return 0.0


@exact
def lightness_at(
    bodies: Bodies, hinges: Hinges, o: int, x: float, y: float, z: float, normal: Vector
) -> float:
    """One over the mass that a push along the normal meets [1/kg]."""
    kind = bodies.kind[o]
    nx, ny, nz = normal
    if kind == FREE:
        rx, ry, rz = x - bodies.place[o, 0], y - bodies.place[o, 1], z - bodies.place[o, 2]
        tx, ty, tz = ry * nz - rz * ny, rz * nx - rx * nz, rx * ny - ry * nx
        turn, total = bodies.turn[o], 1.0 / bodies.mass[o]
        for k in range(3):
            part = turn[0, k] * tx + turn[1, k] * ty + turn[2, k] * tz
            total += part * part / bodies.moments[o, k]
        return total
    if kind == HINGED:
        anchor, axis = hinges.anchor[o], hinges.axis[o]
        rx, ry, rz = x - anchor[0], y - anchor[1], z - anchor[2]
        tx, ty, tz = ry * nz - rz * ny, rz * nx - rx * nz, rx * ny - ry * nx
        torque = tx * axis[0] + ty * axis[1] + tz * axis[2]
        return torque * torque / hinges.inertia[o]
    return 0.0


@exact
def probe_forces(
    pairs: Pairs,
    points: Points,
    chains: Chains,
    probes: Probes,
    bodies: Bodies,
    hinges: Hinges,
    parts: Parts,
    laws: Laws,
    tally: Tally,
    step_s: float,
) -> None:
    """Points of ropes, and corners and balls of bodies, against parts."""
    N, square = len(points.mass), laws.frequency[0] ** 2
    for row in range(len(pairs.one)):
        probe, p = pairs.one[row], pairs.other[row]
        place = points.place[probe] if probe < N else probes.place[probe - N]
        x, y, z = place[0], place[1], place[2]
        radius = chains.radius[points.chain[probe]] if probe < N else probes.radius[probe - N]
        far, nx, ny, nz = distance(parts, p, x, y, z)
        depth = radius - far
        if depth <= 0.0:
            pairs.slip[row] = 0.0
            continue
        normal, body = (nx, ny, nz), parts.owner[p]
        if probe < N:
            owner = points.owner[probe]
            ux, uy, uz = points.speed[probe, 0], points.speed[probe, 1], points.speed[probe, 2]
            mass = 1.0 / (1.0 / points.mass[probe] + bodies.lightness[body])
            stiffness = mass * square
        else:
            owner = probes.owner[probe - N]
            inward = radius - depth / 2
            x, y, z = x - inward * nx, y - inward * ny, z - inward * nz
            ux, uy, uz = speed_at(bodies, owner, x, y, z)
            share = probes.share[probe - N]
            stiffness = share * square / (bodies.lightness[owner] + bodies.lightness[body])
            mass = share / (
                lightness_at(bodies, hinges, owner, x, y, z, normal)
                + lightness_at(bodies, hinges, body, x, y, z, normal)
            )
        vx, vy, vz = speed_at(bodies, body, x, y, z)
        fx, fy, fz, push = press(
            pairs.slip,
            row,
            stiffness,
            mass,
            laws.damping_ratio[owner, body],
            laws.friction[owner, body],
            depth,
            normal,
            (ux - vx, uy - vy, uz - vz),
            step_s,
        )
        note(tally.touch, owner, body, (x, y, z), normal, push * step_s, depth)
        power = push_body(bodies, body, x, y, z, -fx, -fy, -fz)
        if probe < N:
            points.force[probe, 0] += fx
            points.force[probe, 1] += fy
            points.force[probe, 2] += fz
        else:
            power += push_body(bodies, owner, x, y, z, fx, fy, fz)
            _brake_rolling(bodies, owner, body, laws.rolling[owner, body] * push)
        tally.work[0] += power * step_s


@exact
def _brake_rolling(bodies: Bodies, a: int, b: int, moment: float) -> None:
    """A torque of at most this size [N m] against the relative spin."""
    if moment == 0.0:
        return
    x = bodies.spin[a, 0] - bodies.spin[b, 0]
    y = bodies.spin[a, 1] - bodies.spin[b, 1]
    z = bodies.spin[a, 2] - bodies.spin[b, 2]
    size = moment / max(np.sqrt(x * x + y * y + z * z), ROLLING_SPIN)
    for o, sign in ((a, -size), (b, size)):
        bodies.torque[o, 0] += sign * x
        bodies.torque[o, 1] += sign * y
        bodies.torque[o, 2] += sign * z


@exact
def _dip(
    parts: Parts, p: int, start: np.ndarray, end: np.ndarray, radius: float
) -> tuple[float, float, float, float, float]:
    """How much deeper a segment is inside a part between its ends than they are.

    Distance to a convex part is convex along a line: the zero of its slope by the Illinois method.

    Returns:
        Depth [m], 0 if an end is nearest; place along the segment from 0 to 1; direction away.
    """
    ex, ey, ez = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    length = np.sqrt(ex * ex + ey * ey + ez * ez)
    first, ax, ay, az = distance(parts, p, start[0], start[1], start[2])
    last, bx, by, bz = distance(parts, p, end[0], end[1], end[2])
    if first + last - length > 2.0 * radius:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    slope, rise = ax * ex + ay * ey + az * ez, bx * ex + by * ey + bz * ez
    if slope >= 0.0 or rise <= 0.0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    low, high, s = 0.0, 1.0, 0.5
    far, nx, ny, nz = first, ax, ay, az
    last_side = 0
    for _ in range(GUESSES):
        s = (low * rise - high * slope) / (rise - slope)
        far, nx, ny, nz = distance(
            parts, p, start[0] + s * ex, start[1] + s * ey, start[2] + s * ez
        )
        here = nx * ex + ny * ey + nz * ez
        if abs(here) < LEVEL * length:
            break
        if here < 0.0:
            low, slope = s, here
            rise = rise / 2.0 if last_side < 0 else rise
            last_side = -1
        else:
            high, rise = s, here
            slope = slope / 2.0 if last_side > 0 else slope
            last_side = 1
    depth = radius - far
    ends = (1.0 - s) * max(0.0, radius - first) + s * max(0.0, radius - last)
    return min(depth, depth - ends), s, nx, ny, nz


@exact
def segment_forces(
    pairs: Pairs,
    points: Points,
    chains: Chains,
    segments: np.ndarray,
    bodies: Bodies,
    parts: Parts,
    laws: Laws,
    tally: Tally,
    step_s: float,
) -> None:
    """Segments against parts, between their ends."""
    place, speed, force = points.place, points.speed, points.force
    for row in range(len(pairs.one)):
        a, p = segments[pairs.one[row]], pairs.other[row]
        b = a + 1
        radius = chains.radius[points.chain[a]]
        depth, s, nx, ny, nz = _dip(parts, p, place[a], place[b], radius)
        if depth <= 0.0:
            pairs.slip[row] = 0.0
            continue
        r, body, owner = 1.0 - s, parts.owner[p], points.owner[a]
        x = r * place[a, 0] + s * place[b, 0]
        y = r * place[a, 1] + s * place[b, 1]
        z = r * place[a, 2] + s * place[b, 2]
        vx, vy, vz = speed_at(bodies, body, x, y, z)
        vx = r * speed[a, 0] + s * speed[b, 0] - vx
        vy = r * speed[a, 1] + s * speed[b, 1] - vy
        vz = r * speed[a, 2] + s * speed[b, 2] - vz
        light = r * r / points.mass[a] + s * s / points.mass[b]
        mass = 1.0 / (light + bodies.lightness[body])
        fx, fy, fz, push = press(
            pairs.slip,
            row,
            mass * laws.frequency[0] ** 2,
            mass,
            laws.damping_ratio[owner, body],
            laws.friction[owner, body],
            depth,
            (nx, ny, nz),
            (vx, vy, vz),
            step_s,
        )
        note(tally.touch, owner, body, (x, y, z), (nx, ny, nz), push * step_s, depth)
        tally.work[0] += push_body(bodies, body, x, y, z, -fx, -fy, -fz) * step_s
        for axis, f in enumerate((fx, fy, fz)):
            force[a, axis] += r * f
            force[b, axis] += s * f


@exact
def nearest(p: np.ndarray, q: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """Where segments p-q and u-v are nearest, from 0 to 1 along each (Ericson 2005, 5.1.9)."""
    ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    gx, gy, gz = v[0] - u[0], v[1] - u[1], v[2] - u[2]
    wx, wy, wz = p[0] - u[0], p[1] - u[1], p[2] - u[2]
    ee, gg = ex * ex + ey * ey + ez * ez, gx * gx + gy * gy + gz * gz
    eg = ex * gx + ey * gy + ez * gz
    ew, gw = ex * wx + ey * wy + ez * wz, gx * wx + gy * wy + gz * wz
    ew, gw = ew - EVEN / 2 * ee, gw + EVEN / 2 * gg
    ee, gg = (1.0 + EVEN) * ee, (1.0 + EVEN) * gg
    s = min(max((eg * gw - ew * gg) / (ee * gg - eg * eg), 0.0), 1.0)
    t = min(max((eg * s + gw) / gg, 0.0), 1.0)
    s = min(max((eg * t - ew) / ee, 0.0), 1.0)
    return s, t


@exact
def strand_forces(
    pairs: Pairs,
    points: Points,
    chains: Chains,
    segments: np.ndarray,
    laws: Laws,
    tally: Tally,
    step_s: float,
) -> None:
    """Segments of ropes against each other."""
    place, speed, force, mass = points.place, points.speed, points.force, points.mass
    for row in range(len(pairs.one)):
        a, c = segments[pairs.one[row]], segments[pairs.other[row]]
        b, d = a + 1, c + 1
        s, t = nearest(place[a], place[b], place[c], place[d])
        r, q = 1.0 - s, 1.0 - t
        x = r * place[a, 0] + s * place[b, 0] - q * place[c, 0] - t * place[d, 0]
        y = r * place[a, 1] + s * place[b, 1] - q * place[c, 1] - t * place[d, 1]
        z = r * place[a, 2] + s * place[b, 2] - q * place[c, 2] - t * place[d, 2]
        far = np.sqrt(x * x + y * y + z * z)
        depth = chains.radius[points.chain[a]] + chains.radius[points.chain[c]] - far
        if depth <= 0.0 or far == 0.0:
            pairs.slip[row] = 0.0
            continue
        normal = (x / far, y / far, z / far)
        vx = r * speed[a, 0] + s * speed[b, 0] - q * speed[c, 0] - t * speed[d, 0]
        vy = r * speed[a, 1] + s * speed[b, 1] - q * speed[c, 1] - t * speed[d, 1]
        vz = r * speed[a, 2] + s * speed[b, 2] - q * speed[c, 2] - t * speed[d, 2]
        light = r * r / mass[a] + s * s / mass[b] + q * q / mass[c] + t * t / mass[d]
        one, other = points.owner[a], points.owner[c]
        fx, fy, fz, push = press(
            pairs.slip,
            row,
            laws.frequency[0] ** 2 / light,
            1.0 / light,
            laws.damping_ratio[one, other],
            laws.friction[one, other],
            depth,
            normal,
            (vx, vy, vz),
            step_s,
        )
        at = (place[c, 0] + x / 2, place[c, 1] + y / 2, place[c, 2] + z / 2)
        note(tally.touch, one, other, at, normal, push * step_s, depth)
        for axis, f in enumerate((fx, fy, fz)):
            force[a, axis] += r * f
            force[b, axis] += s * f
            force[c, axis] -= q * f
            force[d, axis] -= t * f
