"""Places of tracers, parts of bodies -> tracers beside the bodies, and who pushed them there."""

import numpy as np
from jaxtyping import Float64, Int64

from ...jit import exact
from ..body_distance import Parts, distance

ROUNDS = 4
"""Pushes in a row: out of one part of a body a tracer may come into the next."""


@exact
def keep_out(
    parts: Parts,
    places: Float64[np.ndarray, "N 3"],
    gaps: Float64[np.ndarray, " N"],
    owners: Int64[np.ndarray, " N"],
) -> None:
    """Push tracers out of parts to their own gap, in place.

    Args:
        parts: Of all bodies, and the ground.
        places: [m]
        gaps: Least distance of each [m]; negative: left alone.
        owners: Filled with the object that pushed last; -1: none did.
    """
    for n in range(len(places)):
        owners[n] = -1
        if gaps[n] < 0.0:
            continue
        for _ in range(ROUNDS):
            is_free = True
            for p in range(len(parts.kind)):
                middle, turn, reach = parts.middle[p], parts.turn[p], parts.reach[p]
                square = 0.0
                for d in range(3):
                    centre = parts.place[p, d]
                    for e in range(3):
                        centre += turn[d, e] * middle[e]
                    square += (places[n, d] - centre) ** 2
                if square > (reach + gaps[n]) ** 2:
                    continue
                found = distance(parts, p, places[n, 0], places[n, 1], places[n, 2])
                if found[0] < gaps[n]:
                    for d in range(3):
                        places[n, d] += (gaps[n] - found[0]) * found[1 + d]
                    owners[n] = parts.owner[p]
                    is_free = False
            if is_free:
                break
