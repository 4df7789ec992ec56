"""One contact: overlap and speed -> force with friction; how bodies move and yield at a place.

Friction is a tangential spring (Cundall and Strack 1979): it stretches while two things stick and
slips at the Coulomb limit.
"""

import numpy as np

from ...jit import exact_part
from .model import FREE, HINGED, LED, Bodies, Hinges

TANGENTIAL = 2 / 7
"""Stiffness across over along a contact [1]: a ball that rolls and one that bounces then move its
spring equally fast, since only 2/7 of its mass resists at the rim."""
STIFFENING = 8.0
"""A contact of a surface is this much stiffer, and one, at its full depth than at first [1]."""
DEEPEST = 2.0
"""Of its full depth [1]: beyond, nothing pushes harder."""
ROLLING_SPIN = 0.2  # [rad/s]; slower rolling is braked in proportion
Vector = tuple[float, float, float]


@exact_part
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


@exact_part
def hardness(share: float, stiffening: float) -> float:
    """Force of a contact over that of its first stiffness [1].

    It grows with the cube of the depth up to the full one, then along the tangent there: steeper,
    steps that hold a contact as deep as that would be too long for a deeper one.

    Args:
        share: Depth over the full one [1].
        stiffening: How much stiffer it is there than at first [1].
    """
    if share < 1.0:
        return 1.0 + stiffening * share * share
    return 1.0 + 3.0 * stiffening - 2.0 * stiffening / share


@exact_part
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


@exact_part
def speed_at(bodies: Bodies, o: int, x: float, y: float, z: float) -> Vector:
    """Of a place that moves with a body [m/s]."""
    rx, ry, rz = x - bodies.place[o, 0], y - bodies.place[o, 1], z - bodies.place[o, 2]
    wx, wy, wz = bodies.spin[o, 0], bodies.spin[o, 1], bodies.spin[o, 2]
    return (
        bodies.speed[o, 0] + wy * rz - wz * ry,
        bodies.speed[o, 1] + wz * rx - wx * rz,
        bodies.speed[o, 2] + wx * ry - wy * rx,
    )


@exact_part
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


@exact_part
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


@exact_part
def brake_rolling(bodies: Bodies, a: int, b: int, moment: float) -> None:
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
