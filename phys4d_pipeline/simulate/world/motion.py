"""Forces and torques on rigid bodies -> their motion; where their parts and probes then are.

Free bodies carry their angular momentum and turn by the midpoint rule, which keeps it exactly and
the energy of free spin to second order; hinged ones have an angle only.
"""

import numpy as np

from ...jit import exact_part
from .distance import Parts
from .model import FREE, HINGED, STILL, Bodies, Hinges, Probes

Four = tuple[float, float, float, float]
STICTION_RATE = 1e-3  # [rad/s]; a hinge's dry friction grows in proportion up to this rate


@exact_part
def kick_bodies(bodies: Bodies, hinges: Hinges, time_s: float) -> None:
    """Forces change speeds and angular momenta, or the rates of hinges."""
    for o in range(len(bodies.kind)):
        if bodies.kind[o] == FREE:
            for axis in range(3):
                bodies.speed[o, axis] += time_s * bodies.force[o, axis] / bodies.mass[o]
                bodies.momentum[o, axis] += time_s * bodies.torque[o, axis]
            _set_spin(bodies, o)
        elif bodies.kind[o] == HINGED:
            hinges.rate[o] += time_s * _hinge_torque(bodies, hinges, o) / hinges.inertia[o]
            _set_hinged(bodies, hinges, o)


@exact_part
def _hinge_torque(bodies: Bodies, hinges: Hinges, o: int) -> float:
    axis, force, whole = hinges.axis[o], bodies.force[o], bodies.torque[o]
    x = bodies.place[o, 0] - hinges.anchor[o, 0]
    y = bodies.place[o, 1] - hinges.anchor[o, 1]
    z = bodies.place[o, 2] - hinges.anchor[o, 2]
    torque = axis[0] * (whole[0] + (y * force[2] - z * force[1]))
    torque += axis[1] * (whole[1] + (z * force[0] - x * force[2]))
    torque += axis[2] * (whole[2] + (x * force[1] - y * force[0]))
    rate = hinges.rate[o]
    torque -= hinges.stiffness[o] * (hinges.angle[o] - hinges.rest[o]) + hinges.damping[o] * rate
    return torque - hinges.friction[o] * rate / max(abs(rate), STICTION_RATE)


@exact_part
def drift_bodies(bodies: Bodies, hinges: Hinges, step_s: float) -> float:
    """Speeds move and turn bodies; that of the fastest point at most [m/s]."""
    fastest = 0.0
    for o in range(len(bodies.kind)):
        if bodies.kind[o] == FREE:
            for axis in range(3):
                bodies.place[o, axis] += step_s * bodies.speed[o, axis]
            before = _quaternion(bodies.quaternion, o)
            _turn(bodies, o, before, step_s / 2)
            _set_spin(bodies, o)
            _turn(bodies, o, before, step_s)
            _set_spin(bodies, o)
        elif bodies.kind[o] == HINGED:
            hinges.angle[o] += step_s * hinges.rate[o]
            _set_hinged(bodies, hinges, o)
        else:
            continue
        speed, spin = _size(bodies.speed, o), _size(bodies.spin, o)
        fastest = max(fastest, speed + bodies.reach[o] * spin)
    return fastest


@exact_part
def _size(vectors: np.ndarray, o: int) -> float:
    x, y, z = vectors[o, 0], vectors[o, 1], vectors[o, 2]
    return np.sqrt(x * x + y * y + z * z)


@exact_part
def _quaternion(rows: np.ndarray, o: int) -> Four:
    return rows[o, 0], rows[o, 1], rows[o, 2], rows[o, 3]


@exact_part
def _turn(bodies: Bodies, o: int, before: Four, time_s: float) -> None:
    """From an orientation, at the present spin."""
    x, y, z = time_s * bodies.spin[o, 0], time_s * bodies.spin[o, 1], time_s * bodies.spin[o, 2]
    angle = np.sqrt(x * x + y * y + z * z)
    half = np.sin(angle / 2) / angle if angle > 1e-12 else 0.5
    w, x, y, z = np.cos(angle / 2), half * x, half * y, half * z
    a, b, c, d = before
    e = w * a - x * b - y * c - z * d
    f = w * b + x * a + y * d - z * c
    g = w * c - x * d + y * a + z * b
    h = w * d + x * c - y * b + z * a
    size = np.sqrt(e * e + f * f + g * g + h * h)
    quaternion = bodies.quaternion[o]
    quaternion[0], quaternion[1] = e / size, f / size
    quaternion[2], quaternion[3] = g / size, h / size
    set_turn(bodies, o)


@exact_part
def set_turn(bodies: Bodies, o: int) -> None:
    """Rotation matrix from the quaternion."""
    w, x, y, z = _quaternion(bodies.quaternion, o)
    turn = bodies.turn[o]
    turn[0, 0], turn[0, 1], turn[0, 2] = (
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
    )
    turn[1, 0], turn[1, 1], turn[1, 2] = (
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
    )
    turn[2, 0], turn[2, 1], turn[2, 2] = (
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    )


@exact_part
def _set_spin(bodies: Bodies, o: int) -> None:
    """Angular velocity from angular momentum."""
    turn, momentum = bodies.turn[o], bodies.momentum[o]
    bodies.spin[o, 0], bodies.spin[o, 1], bodies.spin[o, 2] = 0.0, 0.0, 0.0
    for k in range(3):
        own = turn[0, k] * momentum[0] + turn[1, k] * momentum[1] + turn[2, k] * momentum[2]
        own /= bodies.moments[o, k]
        for axis in range(3):
            bodies.spin[o, axis] += turn[axis, k] * own


@exact_part
def _set_hinged(bodies: Bodies, hinges: Hinges, o: int) -> None:
    """Pose and velocity of a hinged body from its angle and rate."""
    axis, anchor, start = hinges.axis[o], hinges.anchor[o], hinges.start_place[o]
    place, spin, speed = bodies.place[o], bodies.spin[o], bodies.speed[o]
    angle, rate = hinges.angle[o], hinges.rate[o]
    for k in range(3):
        spin[k] = angle * axis[k]
    _turn(bodies, o, _quaternion(hinges.start_quaternion, o), 1.0)
    for k in range(3):
        spin[k] = rate * axis[k]
    x, y, z = start[0] - anchor[0], start[1] - anchor[1], start[2] - anchor[2]
    across = axis[1] * z - axis[2] * y, axis[2] * x - axis[0] * z, axis[0] * y - axis[1] * x
    along = (1.0 - np.cos(angle)) * (axis[0] * x + axis[1] * y + axis[2] * z)
    place[0] = anchor[0] + (np.cos(angle) * x + np.sin(angle) * across[0] + along * axis[0])
    place[1] = anchor[1] + (np.cos(angle) * y + np.sin(angle) * across[1] + along * axis[1])
    place[2] = anchor[2] + (np.cos(angle) * z + np.sin(angle) * across[2] + along * axis[2])
    x, y, z = place[0] - anchor[0], place[1] - anchor[1], place[2] - anchor[2]
    speed[0] = spin[1] * z - spin[2] * y
    speed[1] = spin[2] * x - spin[0] * z
    speed[2] = spin[0] * y - spin[1] * x


@exact_part
def place_parts(bodies: Bodies, parts: Parts, probes: Probes) -> None:
    """Parts and probes follow their bodies."""
    for o in range(len(bodies.kind)):
        if bodies.kind[o] > FREE:  # led: the others know their rotation already
            set_turn(bodies, o)
    for p in range(len(parts.kind)):
        o = parts.owner[p]
        if bodies.kind[o] != STILL:
            turn = bodies.turn[o]
            for i in range(3):
                parts.place[p, i] = bodies.place[o, i]
                for k in range(3):
                    parts.place[p, i] += turn[i, k] * parts.place_in_body[p, k]
                    total = 0.0
                    for j in range(3):
                        total += turn[i, j] * parts.turn_in_body[p, j, k]
                    parts.turn[p, i, k] = total
    for q in range(len(probes.owner)):
        o, own = probes.owner[q], probes.place_in_body[q]
        if bodies.kind[o] != STILL:
            turn = bodies.turn[o]
            for i in range(3):
                probes.place[q, i] = (
                    bodies.place[o, i]
                    + turn[i, 0] * own[0]
                    + turn[i, 1] * own[1]
                    + turn[i, 2] * own[2]
                )
