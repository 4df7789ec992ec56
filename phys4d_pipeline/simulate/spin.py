"""Free spin of rigid bodies -> angular velocities with which engines keep angular momentum.

PyBullet takes the gyroscopic torque to first order: at 10 turns a second a long body loses 10 % of
its momentum per second. Here momentum is held while nothing touches a body, and the engine is
handed the velocity half a step back, which makes its step second order.
"""

import numpy as np
from jaxtyping import Float64, Int
from scipy.spatial.transform import Rotation

ISOTROPIC = 1e-6
"""Relative difference of moments below which a body needs none of this."""


class FreeSpin:
    """Angular momenta of the moving bodies that have touched nothing since the last call."""

    def __init__(self, moments: Float64[np.ndarray, "M 3"], step_s: float) -> None:
        self.moments, self.step_s = moments, step_s
        self.is_uneven = np.ptp(moments, axis=1) > ISOTROPIC * moments.max(1, initial=0.0)
        self.is_held = np.zeros(len(moments), bool)
        self.momentum = np.zeros((len(moments), 3))

    def select(self, touching: set[int]) -> Int[np.ndarray, " N"]:
        """Bodies whose spin is to be set now; those in `touching` are given up."""
        touched = np.zeros(len(self.moments), bool)
        touched[list(touching)] = True
        self.is_held &= ~touched
        return np.flatnonzero(self.is_uneven & ~touched)

    def hold(
        self,
        chosen: Int[np.ndarray, " N"],
        turns: Float64[np.ndarray, "N 3 3"],
        angular: Float64[np.ndarray, "N 3"],
    ) -> tuple[Float64[np.ndarray, "N 3"], Float64[np.ndarray, "N 3"]]:
        """Spins of the chosen bodies, body frame [rad/s]: now, and half a step back.

        Args:
            chosen: What `select` returned.
            turns: Their orientation, world-from-body.
            angular: Their angular velocity as the engine has it, body frame [rad/s].
        """
        moments = self.moments[chosen]
        new = ~self.is_held[chosen]
        if new.any():
            self.momentum[chosen[new]] = rotated(turns, moments * angular)[new]
            self.is_held[chosen] = True
        body_momentum = unrotated(turns, self.momentum[chosen])
        spin = body_momentum / moments
        change = np.cross(body_momentum, spin) / moments  # Euler's equations without torque
        return spin, spin - change * self.step_s / 2


def matrices(quaternions: Float64[np.ndarray, "N 4"]) -> Float64[np.ndarray, "N 3 3"]:
    """world-from-body, of quaternions wxyz."""
    return Rotation.from_quat(quaternions, scalar_first=True).as_matrix()


def rotated(
    turns: Float64[np.ndarray, "N 3 3"], vectors: Float64[np.ndarray, "N 3"]
) -> Float64[np.ndarray, "N 3"]:
    """Body frame -> world frame."""
    return (turns @ vectors[:, :, None])[:, :, 0]


def unrotated(
    turns: Float64[np.ndarray, "N 3 3"], vectors: Float64[np.ndarray, "N 3"]
) -> Float64[np.ndarray, "N 3"]:
    """World frame -> body frame."""
    return (vectors[:, None] @ turns)[:, 0]
