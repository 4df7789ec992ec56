"""Forces and torques on rigid bodies -> their motion; where their parts and probes then are.

Free bodies carry their angular momentum and turn by the midpoint rule, which keeps it exactly and
the energy of free spin to second order; hinged ones have an angle only.
"""

import numpy as np

from ...jit import exact, exact_part
from .distance import Parts
from .model import FREE, HINGED, STILL, Bodies, Hinges, Probes

STICTION_RATE = 1e-3  # [rad/s]; a hinge's dry friction grows in proportion up to this rate


@exact
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


@exact
def _hinge_torque(bodies: Bodies, hinges: Hinges, o: int) -> float:
    axis = hinges.axis[o]
    arm = bodies.place[o] - hinges.anchor[o]
    torque = np.dot(axis, bodies.torque[o] + np.cross(arm, bodies.force[o]))
    rate = hinges.rate[o]
    torque -= hinges.stiffness[o] * (hinges.angle[o] - hinges.rest[o]) + hinges.damping[o] * rate
    return torque - hinges.friction[o] * rate / max(abs(rate), STICTION_RATE)


@exact
def drift_bodies(bodies: Bodies, hinges: Hinges, step_s: float) -> float:
    """Speeds move and turn bodies; that of the fastest point at most [m/s]."""
    fastest = 0.0
    for o in range(len(bodies.kind)):
        if bodies.kind[o] == FREE:
            for axis in range(3):
                bodies.place[o, axis] += step_s * bodies.speed[o, axis]
            before = bodies.quaternion[o].copy()
            _turn(bodies, o, before, step_s / 2)
            _set_spin(bodies, o)
            _turn(bodies, o, before, step_s)
            _set_spin(bodies, o)
        elif bodies.kind[o] == HINGED:
            hinges.angle[o] += step_s * hinges.rate[o]
            _set_hinged(bodies, hinges, o)
        else:
            continue
        speed = np.sqrt((bodies.speed[o] ** 2).sum())
        fastest = max(fastest, speed + bodies.reach[o] * np.sqrt((bodies.spin[o] ** 2).sum()))
    return fastest


@exact
def _turn(bodies: Bodies, o: int, before: np.ndarray, time_s: float) -> None:
    """From an orientation, at the present spin."""
    x, y, z = time_s * bodies.spin[o, 0], time_s * bodies.spin[o, 1], time_s * bodies.spin[o, 2]
    angle = np.sqrt(x * x + y * y + z * z)
    half = np.sin(angle / 2) / angle if angle > 1e-12 else 0.5
    w, x, y, z = np.cos(angle / 2), half * x, half * y, half * z
    a, b, c, d = before[0], before[1], before[2], before[3]
    quaternion = bodies.quaternion[o]
    quaternion[0] = w * a - x * b - y * c - z * d
    quaternion[1] = w * b + x * a + y * d - z * c
    quaternion[2] = w * c - x * d + y * a + z * b
    quaternion[3] = w * d + x * c - y * b + z * a
    quaternion /= np.sqrt((quaternion**2).sum())
    set_turn(bodies, o)


@exact_part
def set_turn(bodies: Bodies, o: int) -> None:
    """Rotation matrix from the quaternion."""
    w, x, y, z = bodies.quaternion[o]
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
    bodies.spin[o] = 0.0
    for k in range(3):
        own = turn[0, k] * momentum[0] + turn[1, k] * momentum[1] + turn[2, k] * momentum[2]
        own /= bodies.moments[o, k]
        for axis in range(3):
            bodies.spin[o, axis] += turn[axis, k] * own


@exact
def _set_hinged(bodies: Bodies, hinges: Hinges, o: int) -> None:
    """Pose and velocity of a hinged body from its angle and rate."""
    axis, angle = hinges.axis[o], hinges.angle[o]
    bodies.spin[o] = angle * axis
    _turn(bodies, o, hinges.start_quaternion[o], 1.0)
    bodies.spin[o] = hinges.rate[o] * axis
    arm = hinges.start_place[o] - hinges.anchor[o]
    across = np.cross(axis, arm)
    bodies.place[o] = hinges.anchor[o] + (
        np.cos(angle) * arm
        + np.sin(angle) * across
        + (1.0 - np.cos(angle)) * np.dot(axis, arm) * axis
    )
    bodies.speed[o] = np.cross(bodies.spin[o], bodies.place[o] - hinges.anchor[o])


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
