"""A World -> what a `Recorder` takes of it: motion of its rigid bodies, contacts between frames."""

import numpy as np
from jaxtyping import Float64

from ..recorder import RawContact, Recorder
from .model import Bodies, Tally


def motion_of_bodies(
    recorder: Recorder, bodies: Bodies
) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
    """Poses and velocities of rigid bodies now; what does not move stays as the scene has it."""
    poses, velocities = recorder.initial()
    for index, body in enumerate(recorder.spec.bodies):
        if body.form == "rigid" and not body.is_static:
            o = index + 1
            poses[index] = (*bodies.place[o], *bodies.quaternion[o])
            velocities[index] = (*bodies.speed[o], *bodies.spin[o])
    return poses, velocities


def taken_contacts(tally: Tally) -> list[RawContact]:
    """Contacts since they were taken last, which are forgotten."""
    rows = _rows(tally.touch)
    tally.touch[:] = 0.0
    return rows


def _rows(touch: Float64[np.ndarray, "O O 8"]) -> list[RawContact]:
    """One row per pair of objects that pushed each other since the last frame.

    What a rope does to itself is left out: it changes neither its momentum nor its flight.
    """
    rows: list[RawContact] = []
    for a, b in np.argwhere(np.tril(touch[:, :, 6], -1) > 0.0):
        sums = touch[a, b]
        normal = sums[3:6] / max(float(np.linalg.norm(sums[3:6])), 1e-300)
        rows.append((int(a), int(b), *sums[:3] / sums[6], *normal, sums[6], sums[7]))
    return rows
