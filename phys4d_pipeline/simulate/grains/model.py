"""The arrays that the grain kernels work on: spheres, their neighbours, and what touches whom.

Float64, world frame, SI. Objects are counted as in `world.model`: 0 is the ground, body k is k + 1.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64


class Grains(NamedTuple):
    """All spheres of all bodies of particles, one body after the other."""

    place: Float64[np.ndarray, "N 3"]
    speed: Float64[np.ndarray, "N 3"]
    spin: Float64[np.ndarray, "N 3"]
    force: Float64[np.ndarray, "N 3"]
    torque: Float64[np.ndarray, "N 3"]
    radius: Float64[np.ndarray, " N"]
    mass: Float64[np.ndarray, " N"]
    inertia: Float64[np.ndarray, " N"]
    """2/5 of mass times radius squared [kg m2]."""
    owner: Int64[np.ndarray, " N"]
    """Object it belongs to."""


class Near(NamedTuple):
    """What is within the skin of each grain, in rising order: other grains, or parts of bodies."""

    first: Int64[np.ndarray, " M"]
    """Row of `other` at which each grain's begin; M is one more than there are grains."""
    other: Int64[np.ndarray, " C"]
    slip: Float64[np.ndarray, "C 3"]
    """Stretch of the tangential spring [m]."""


class Worst(NamedTuple):
    """The extremes since they were last set to 0, which tell whether the steps are short enough."""

    overlap: Float64[np.ndarray, "1"]
    """Of two grains, or of a grain and a part, over the smaller radius [1]."""
    travel: Float64[np.ndarray, "1"]
    """Way of a grain in one step over its radius [1]."""
