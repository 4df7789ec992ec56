"""Newton's laws for bodies that touch nothing."""

import numpy as np

from ..checks import Check
from ..simulate.energy import spins
from ..simulate.spin import matrices, rotated
from .evidence import Evidence

SLOWEST_SPIN = 0.01  # [rad/s]; slower ones leave ratios to rounding


def free_fall(evidence: Evidence) -> Check | None:
    """Acceleration of parabolas fitted to flights, against gravity."""
    off = []
    for body, frames in evidence.flights():
        times = evidence.states.times[frames] - evidence.states.times[frames].mean()
        path = evidence.poses[frames, body, :3]
        acceleration = 2 * np.polynomial.polynomial.polyfit(times, path, 2)[2]
        off.append(np.linalg.norm(acceleration - evidence.gravity))
    if not off:
        return None
    return Check(
        name="free_fall",
        value=float(max(off)) / max(evidence.weight_rate, 1.0),
        bound=0.005,
        unit="1",
        source="Parabola fitted to every flight of 6 frames or more: its acceleration is gravity",
    )


def flight_momentum(evidence: Evidence) -> Check | None:
    """Change of velocity in flight that gravity does not explain."""
    off = []
    for body, frames in evidence.flights():
        times = evidence.states.times[frames]
        steady = evidence.linear[frames, body] - times[:, None] * evidence.gravity
        off.append(np.linalg.norm(steady - steady[0], axis=1).max())
    if not off:
        return None
    return Check(
        name="flight_momentum",
        value=float(max(off)),
        bound=evidence.weight_rate * evidence.step_s + 1e-4,
        unit="m/s",
        source="Velocity less gravity times time is constant in flight; one solver step of "
        "gravity, 0.1 mm/s for float32",
    )


def flight_spin(evidence: Evidence) -> Check | None:
    """Change of the angular momentum of rigid bodies in flight."""
    off = []
    for body, frames in evidence.flights():
        if evidence.is_rigid[body]:
            path, speed = evidence.poses[frames, body], evidence.states.velocities[frames, body]
            moment = evidence.moments[body]
            momentum = rotated(matrices(path[:, 3:]), spins(path, speed) * moment)
            size = np.linalg.norm(momentum, axis=1).max()
            change = np.linalg.norm(momentum - momentum[0], axis=1).max()
            off.append(change / max(size, SLOWEST_SPIN * moment.max()))
    if not off:
        return None
    return Check(
        name="flight_spin",
        value=float(max(off)),
        bound=0.02,
        unit="1",
        source="Angular momentum is constant in flight; 2 % for the implicit gyroscopic step",
    )
