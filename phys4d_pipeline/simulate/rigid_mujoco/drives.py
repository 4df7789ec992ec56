"""Motors and led bodies of a MuJoCo world: what they do at every step, and their work."""

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...mechanism import Motor
from ...motion.paths import led
from ...scene import Body
from .world import LED_AXES, World, joint_label


class Motors:
    """Sets their controls; MuJoCo obeys the law of `Motor`."""

    def __init__(self, world: World, num_steps: int) -> None:
        joints = [one for one in world.spec.joints if one.motor and one.motor.limit > 0.0]
        motors = [joint.motor for joint in joints if joint.motor]
        self.rate = world.addresses([joint_label(joint.name) for joint in joints])[1]
        halves = np.arange(2 * num_steps + 1) * (world.model.opt.timestep / 2)
        self.springs, self.dampers = np.zeros((2, len(halves), len(motors)))
        for column, motor in enumerate(motors):
            self.springs[:, column] = motor.stiffness * np.interp(halves, motor.times, motor.goals)
            self.dampers[:, column] = motor.damping * _goal_rates(motor, halves)

    @no_type_check  # see Steps
    def lead(self, data: Any, step: int, part: float) -> None:
        """Before the forces at a half or whole part of a step are computed."""
        if len(self.rate):
            # The rate of a goal may jump between steps: that of the middle holds in all of one.
            data.ctrl[:] = self.springs[2 * step + round(2 * part)] + self.dampers[2 * step + 1]

    @no_type_check  # see Steps
    def power(self, data: Any) -> float:
        """Now [W]."""
        return float(data.actuator_force @ data.qvel[self.rate]) if len(self.rate) else 0.0


class LedBodies:
    """Bodies on paths: placed anew at every step, and so heavy that nothing disturbs them within.

    What they push against shows as the little speed they lose: inertia times that is an impulse.
    """

    def __init__(self, world: World, num_steps: int) -> None:
        led_bodies = [index for index, is_led in enumerate(world.is_led) if is_led]
        names = [f"{index} {axis}" for index in led_bodies for axis in LED_AXES]
        self.place, self.rate = world.addresses(names)
        self.inertia = np.array(world.model.dof_armature[self.rate])
        self.step_s = float(world.model.opt.timestep)
        times = np.arange(num_steps + 1) * self.step_s
        tables = [_coordinates(world.spec.bodies[index], times) for index in led_bodies]
        empty = np.zeros((num_steps + 1, 0))
        self.places = np.concatenate([empty, *(place for place, _ in tables)], axis=1)
        self.speeds = np.concatenate([empty, *(speed for _, speed in tables)], axis=1)

    @no_type_check  # see Steps
    def lead(self, data: Any, step: int) -> None:
        """Before a step."""
        if len(self.place):
            data.qpos[self.place], data.qvel[self.rate] = self.places[step], self.speeds[step]
            change = self.speeds[step + 1] - self.speeds[step]
            data.qfrc_applied[self.rate] = self.inertia * change / self.step_s

    @no_type_check  # see Steps
    def work(self, data: Any, step: int) -> float:
        """Done in the step on all others [J]; then they are where they belong."""
        if not len(self.place):
            return 0.0
        impulse = self.inertia * (self.speeds[step + 1] - data.qvel[self.rate])
        data.qpos[self.place], data.qvel[self.rate] = self.places[step + 1], self.speeds[step + 1]
        return float(impulse @ (self.places[step + 1] - self.places[step])) / self.step_s


def _goal_rates(motor: Motor, times: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
    """Slopes of its goal [rad/s or m/s]."""
    rates = np.diff(motor.goals) / np.diff(motor.times)
    piece = np.searchsorted(motor.times, times, side="right")
    return np.concatenate([[0.0], rates, [0.0]])[piece]


def _coordinates(
    body: Body, times: Float64[np.ndarray, " T"]
) -> tuple[Float64[np.ndarray, "T 4"], Float64[np.ndarray, "T 4"]]:
    """Shift and turn since t = 0, and their rates."""
    poses, velocities = led(body, times)
    assert body.path is not None
    axis = np.array(body.path.axis)
    start = Rotation.from_quat(body.quaternion, scalar_first=True)
    turns = Rotation.from_quat(poses[:, 3:], scalar_first=True) * start.inv()
    quaternions = turns.as_quat(scalar_first=True)
    angles = np.unwrap(2 * np.arctan2(quaternions[:, 1:] @ axis, quaternions[:, 0]))
    # Times begin at 0, where nothing has turned yet.
    places = np.column_stack([poses[:, :3] - np.array(body.position), angles])
    return places, np.column_stack([velocities[:, :3], velocities[:, 3:] @ axis])
