"""Temperatures of a body's points at a frame."""

import numpy as np
from jaxtyping import Float32

from ...states import States


def heat_of(states: States, index: int, frame: int, count: int) -> Float32[np.ndarray, " N"]:
    """Temperature of every point [K]: its own, the body's, or 0 where none is known."""
    if index not in states.temperatures:
        return np.zeros(count, np.float32)
    return np.broadcast_to(states.temperatures[index][frame], (count,))
