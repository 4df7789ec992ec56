"""A MuJoCo model -> steps of Runge-Kutta 4 that show what acts at each of their four stages.

MuJoCo's own show the contacts of the last stage only: at inelastic impacts up to 30 % of the
impulse was wrong, and bodies that grazed each other touched unseen.
Turns follow Munthe-Kaas 1999 (High order Runge-Kutta methods on manifolds), with rates in the body
frame: without the two cross products a gyroscope's precession is of second order only.
"""

from collections.abc import Callable
from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float64

from .world import mujoco

TURNS = {int(mujoco.mjtJoint.mjJNT_FREE): 3, int(mujoco.mjtJoint.mjJNT_BALL): 0}
"""Joints that turn freely, and at which of their rates turning begins."""
Vector = Float64[np.ndarray, " V"]


class Steps:
    """Advances one state of a model."""

    def __init__(self, model: Any, data: Any) -> None:
        self.model, self.data = model, data
        self.step_s = float(model.opt.timestep)
        kinds = zip(model.jnt_dofadr.tolist(), model.jnt_type.tolist(), strict=True)
        first = np.array([rate + TURNS[kind] for rate, kind in kinds if kind in TURNS], int)
        self.x, self.y, self.z = first, first + 1, first + 2

    @no_type_check  # at thousands of steps a second, the tests' shape checker would be the cost
    def advance(self, forces: Callable[[float, float], None]) -> None:
        """One step.

        Args:
            forces: Computes the accelerations, when in the step [1] and for which share of it [1].
        """
        data, step_s = self.data, self.step_s
        place, speed = data.qpos.copy(), data.qvel.copy()
        forces(0.0, 1 / 6)
        first, change = speed, data.qacc.copy()
        self._set(place, first, step_s / 2, speed + (step_s / 2) * change)
        forces(0.5, 1 / 3)
        second, turned = data.qvel.copy(), self._twist(first, data.qvel)
        change += 2 * data.qacc
        self._set(
            place, second + (step_s / 4) * turned, step_s / 2, speed + (step_s / 2) * data.qacc
        )
        forces(0.5, 1 / 3)
        third = data.qvel.copy()
        change += 2 * data.qacc
        self._set(place, third, step_s, speed + step_s * data.qacc)
        forces(1.0, 1 / 6)
        change += data.qacc
        mean = first + 2 * (second + third) + data.qvel
        mean += (step_s / 2) * self._twist(first, data.qvel)
        self._set(place, mean / 6, step_s, speed + (step_s / 6) * change)

    @no_type_check
    def _set(
        self, place: Float64[np.ndarray, " Q"], speed: Vector, time_s: float, next_speed: Vector
    ) -> None:
        """Where `speed` leads in that time, moving at the next one."""
        self.data.qpos[:] = place
        mujoco.mj_integratePos(self.model, self.data.qpos, speed, time_s)
        self.data.qvel[:] = next_speed

    @no_type_check
    def _twist(self, one: Vector, other: Vector) -> Vector:
        """Cross products of the turning rates, zero elsewhere."""
        cross = np.zeros(len(one))
        if len(self.x):
            x, y, z = self.x, self.y, self.z
            cross[x] = one[y] * other[z] - one[z] * other[y]
            cross[y] = one[z] * other[x] - one[x] * other[z]
            cross[z] = one[x] * other[y] - one[y] * other[x]
        return cross
