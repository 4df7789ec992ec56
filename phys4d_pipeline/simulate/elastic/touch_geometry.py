"""Places of four points -> where two elements are nearest, and how the four turn together."""

import numpy as np

from ...jit import exact_borrowing, exact_part

Vector = tuple[float, float, float]
Four = tuple[int, int, int, int]
FLAT_CLUSTER = 1e-9
"""Determinant of the inertia over the cube of a third of its trace from which four points count as
lying on a line [1]."""

EVEN = 1e-4
"""Relative weight that draws the nearest places of two edges to their middles [1]: edges within a
hundredth of a radian have a definite pair; at more the distance is off by 1e-4 of their lengths, so
that pushes along it are the slope of an energy."""


@exact_part
def on_edges(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray
) -> tuple[float, float, bool]:
    """Where a-b and c-d are nearest, from 0 to 1 along each; is that between the ends of both?

    Ericson 2005, 5.1.9. The square of the distance is overestimated by EVEN / 4 of the squared
    lengths at most.
    """
    ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    gx, gy, gz = d[0] - c[0], d[1] - c[1], d[2] - c[2]
    wx, wy, wz = a[0] - c[0], a[1] - c[1], a[2] - c[2]
    ee, gg = ex * ex + ey * ey + ez * ez, gx * gx + gy * gy + gz * gz
    eg = ex * gx + ey * gy + ez * gz
    ew = ex * wx + ey * wy + ez * wz - EVEN / 2.0 * ee
    gw = gx * wx + gy * wy + gz * wz + EVEN / 2.0 * gg
    ee, gg = (1.0 + EVEN) * ee, (1.0 + EVEN) * gg
    s = min(max((eg * gw - ew * gg) / (ee * gg - eg * eg), 0.0), 1.0)
    t = min(max((eg * s + gw) / gg, 0.0), 1.0)
    s = min(max((eg * t - ew) / ee, 0.0), 1.0)
    return s, t, 0.0 < s < 1.0 and 0.0 < t < 1.0


@exact_borrowing
def on_face(
    p: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> tuple[float, float, float, bool]:
    """Weights of a triangle's corners at its point nearest to p; does p lie over its inside?

    Ericson 2005, 5.1.5.
    """
    bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    cx, cy, cz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    px, py, pz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    bb, cc = bx * bx + by * by + bz * bz, cx * cx + cy * cy + cz * cz
    bc = bx * cx + by * cy + bz * cz
    pb, pc = px * bx + py * by + pz * bz, px * cx + py * cy + pz * cz
    size = bb * cc - bc * bc
    if size > 0.0:
        v, w = (pb * cc - pc * bc) / size, (pc * bb - pb * bc) / size
        if v > 0.0 and w > 0.0 and v + w < 1.0:
            return 1.0 - v - w, v, w, True
    best, v, w = np.inf, 0.0, 0.0
    along = min(max(((pc - bc) - (pb - bb)) / (bb + cc - 2.0 * bc), 0.0), 1.0)
    for s, t in (
        (min(max(pb / bb, 0.0), 1.0), 0.0),
        (0.0, min(max(pc / cc, 0.0), 1.0)),
        (1.0 - along, along),
    ):
        # The square of the distance, less that of p to a.
        square = s * (s * bb + 2.0 * t * bc - 2.0 * pb) + t * (t * cc - 2.0 * pc)
        if square < best:
            best, v, w = square, s, t
    return 1.0 - v - w, v, w, False


@exact_part
def softness(
    place: np.ndarray, mass: np.ndarray, four: Four
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Inverse inertia of four points about their centre (xx, yy, zz, xy, xz, yz); the centre.

    Of points on a line it is zero.
    """
    whole, x, y, z = 0.0, 0.0, 0.0, 0.0
    for k in four:
        whole += mass[k]
        x += mass[k] * place[k, 0]
        y += mass[k] * place[k, 1]
        z += mass[k] * place[k, 2]
    x, y, z = x / whole, y / whole, z / whole
    xx, yy, zz, xy, xz, yz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in four:
        m, rx, ry, rz = mass[k], place[k, 0] - x, place[k, 1] - y, place[k, 2] - z
        xx += m * (ry * ry + rz * rz)
        yy += m * (rx * rx + rz * rz)
        zz += m * (rx * rx + ry * ry)
        xy -= m * rx * ry
        xz -= m * rx * rz
        yz -= m * ry * rz
    a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    size = xx * a + xy * b + xz * c
    if size < FLAT_CLUSTER * ((xx + yy + zz) / 3.0) ** 3:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, x, y, z
    return (
        a / size,
        (xx * zz - xz * xz) / size,
        (xx * yy - xy * xy) / size,
        b / size,
        c / size,
        (xy * xz - xx * yz) / size,
        x,
        y,
        z,
    )


@exact_part
def turned(
    inverse: tuple[float, float, float, float, float, float, float, float, float],
    x: float,
    y: float,
    z: float,
) -> Vector:
    """Angular velocity from an angular momentum, or the same of their rates."""
    return (
        inverse[0] * x + inverse[3] * y + inverse[4] * z,
        inverse[3] * x + inverse[1] * y + inverse[5] * z,
        inverse[4] * x + inverse[5] * y + inverse[2] * z,
    )


@exact_part
def spin(
    place: np.ndarray,
    speed: np.ndarray,
    mass: np.ndarray,
    four: Four,
    inverse: tuple[float, float, float, float, float, float, float, float, float],
) -> Vector:
    """Angular velocity that four points have as a whole [rad/s]."""
    lx, ly, lz = 0.0, 0.0, 0.0
    for k in four:
        rx, ry, rz = place[k, 0] - inverse[6], place[k, 1] - inverse[7], place[k, 2] - inverse[8]
        vx, vy, vz = mass[k] * speed[k, 0], mass[k] * speed[k, 1], mass[k] * speed[k, 2]
        lx += ry * vz - rz * vy
        ly += rz * vx - rx * vz
        lz += rx * vy - ry * vx
    return turned(inverse, lx, ly, lz)


@exact_part
def twist(
    place: np.ndarray,
    force: np.ndarray,
    mass: np.ndarray,
    four: Four,
    inverse: tuple[float, float, float, float, float, float, float, float, float],
    torque: Vector,
) -> None:
    """Add forces that turn four points as a whole by a torque [N m], and do nothing else."""
    ax, ay, az = turned(inverse, torque[0], torque[1], torque[2])
    for k in four:
        rx, ry, rz = place[k, 0] - inverse[6], place[k, 1] - inverse[7], place[k, 2] - inverse[8]
        force[k, 0] += mass[k] * (ay * rz - az * ry)
        force[k, 1] += mass[k] * (az * rx - ax * rz)
        force[k, 2] += mass[k] * (ax * ry - ay * rx)
