"""Pairs of neighbours -> forces where they overlap.

Ropes are pushed at their middle lines, and bodies at the same place, so that momentum and angular
momentum are kept; a rope round a pulley thus acts at wheel plus rope radius. Between two strands
normal forces keep both; friction there turns a strand as if its cross-section could not roll.
"""

import numpy as np

from ...jit import exact_borrowing, exact_part
from .contact_law import (
    Vector,
    brake_rolling,
    hardness,
    lightness_at,
    note,
    press,
    push_body,
    speed_at,
)
from .distance import Parts, distance
from .model import Bodies, Chains, Hinges, Laws, Pairs, Points, Probes, Tally

LEAST_YIELD = 1e-3
"""Share of its greatest lightness that a body has at least: a wheel pushed straight at its axle
has none."""
GUESSES = 6  # at most, for where a segment is nearest to a part
LEVEL = 1e-3
"""Slope of the distance along a segment that counts as none [1]: it is then off by less than a
thousandth of the square of the remaining way over the radius."""
EVEN = 1e-2
"""Relative weight that draws the nearest points of two segments to their middles: parallel ones
then have a definite pair, others are off by a thousandth of their length."""


@exact_part
def probe_forces(
    pairs: Pairs,
    points: Points,
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
        radius = points.radius[probe] if probe < N else probes.radius[probe - N]
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
            hard = hardness(depth / radius, laws.stiffening[owner, body])
            # A damper as strong as at first: it, too, would ask for shorter steps.
            stiffness, ratio = mass * square * hard, laws.damping_ratio[owner, body] / np.sqrt(hard)
        else:
            owner = probes.owner[probe - N]
            inward = radius - depth / 2
            x, y, z = x - inward * nx, y - inward * ny, z - inward * nz
            ux, uy, uz = speed_at(bodies, owner, x, y, z)
            mass, most = _moved(bodies, hinges, owner, body, (x, y, z), normal)
            mass *= probes.share[probe - N]
            stiffness = probes.share[probe - N] * square / most
            ratio = laws.damping_ratio[owner, body]
        vx, vy, vz = speed_at(bodies, body, x, y, z)
        fx, fy, fz, push = press(
            pairs.slip,
            row,
            stiffness,
            mass,
            ratio,
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
            brake_rolling(bodies, owner, body, laws.rolling[owner, body] * push)
        tally.work[0] += power * step_s


@exact_part
def _moved(
    bodies: Bodies, hinges: Hinges, a: int, b: int, place: Vector, normal: Vector
) -> tuple[float, float]:
    """Mass that a push between two bodies moves [kg], and the sum of their lightness [1/kg]."""
    x, y, z = place
    most = bodies.lightness[a] + bodies.lightness[b]
    light = lightness_at(bodies, hinges, a, x, y, z, normal)
    light += lightness_at(bodies, hinges, b, x, y, z, normal)
    return 1.0 / max(light, LEAST_YIELD * most), most


@exact_part
def dip(
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


@exact_part
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
        depth, s, nx, ny, nz = dip(parts, p, place[a], place[b], radius)
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


@exact_borrowing
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


@exact_part
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
