"""Places of tracers, parts of bodies -> tracers beside the bodies, and who pushed them there."""

import numpy as np
from jaxtyping import Float64, Int64

from ...jit import exact
from ..world.distance import Parts, distance

ROUNDS = 4
"""Pushes in a row: out of one part of a body a tracer may come into the next."""
MORE = 1e-3
"""Of a push beyond what is needed [1]: rounding would ask for another one."""


@exact
def nearest(
    parts: Parts, middles: Float64[np.ndarray, "P 3"], x: float, y: float, z: float, reach: float
) -> tuple[float, int, tuple[float, float, float]]:
    """Least distance to a part within reach [m], that part (-1: none), and the way from it."""
    least, which, ax, ay, az = reach, -1, 0.0, 0.0, 0.0
    for p in range(len(parts.kind)):
        dx, dy, dz = x - middles[p, 0], y - middles[p, 1], z - middles[p, 2]
        if dx * dx + dy * dy + dz * dz > (parts.reach[p] + reach) ** 2:
            continue
        found = distance(parts, p, x, y, z)
        if found[0] < least:
            least, which = found[0], p
            ax, ay, az = found[1], found[2], found[3]
    return least, which, (ax, ay, az)


@exact
def keep_out(
    parts: Parts,
    places: Float64[np.ndarray, "N 3"],
    before: Float64[np.ndarray, "N 3"],
    gaps: Float64[np.ndarray, " N"],
    owners: Int64[np.ndarray, " N"],
) -> None:
    """Push tracers out of parts to their own gap, in place.

    Args:
        parts: Of all bodies, and the ground.
        places: [m]
        before: Where they were a step ago: who is not free after ROUNDS pushes goes back there.
        gaps: Least distance of each [m]; negative: left alone.
        owners: Filled with the object that pushed last; -1: none did.
    """
    middles = parts.place.copy()  # of the spheres around parts
    for p in range(len(parts.kind)):
        for d in range(3):
            for e in range(3):
                middles[p, d] += parts.turn[p, d, e] * parts.middle[p, e]
    for n in range(len(places)):
        owners[n] = -1
        if gaps[n] < 0.0:
            continue
        found = nearest(parts, middles, places[n, 0], places[n, 1], places[n, 2], gaps[n])
        for _ in range(ROUNDS):
            if found[1] < 0:
                break
            owners[n] = parts.owner[found[1]]
            for d in range(3):
                places[n, d] += (gaps[n] - found[0]) * (1.0 + MORE) * found[2][d]
            found = nearest(parts, middles, places[n, 0], places[n, 1], places[n, 2], gaps[n])
        if found[1] >= 0 and found[0] < 0.5 * gaps[n]:
            for d in range(3):
                places[n, d] = before[n, d]
