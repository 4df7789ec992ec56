"""SceneSpec -> States with MuJoCo: rigid bodies, joints, motors, led bodies.

Runge-Kutta 4 for everything: symplectic Euler in joint coordinates is of first order only, so a
turning body would leave its circle, a double pendulum its energy and a spinning body its angular
momentum. At equal rate it costs twice as much. Contacts are in contact.py, joints in
tree.py and world.py, motors and paths in drives.py.
"""

from importlib.metadata import version
from typing import no_type_check

import numpy as np
from jaxtyping import Float64

from ...scene import SceneSpec
from ...states import States
from ..recorder import Recorder
from .contact import COMPRESSION_STEPS, CONTACT_STIFFNESS
from .drives import LedBodies, Motors
from .start import start_rates
from .steps import Steps
from .touches import Touches
from .world import World, mujoco

__all__ = ["CONTACT_STIFFNESS", "OVERLAP_STEPS", "TAKES", "VERSION", "run"]  # what checks read
VERSION = f"rigid_mujoco-2 mujoco-{version('mujoco')}"
TAKES: frozenset[str] = frozenset({"joints", "paths"})
OVERLAP_STEPS = COMPRESSION_STEPS
"""A body sinks in by what it travels in this many steps before the contact has stopped it."""


def run(spec: SceneSpec) -> States:
    """Simulate in an engine of its own.

    Raises:
        SceneError: If bodies start with velocities that their joints forbid.
    """
    return _Engine(spec, Recorder(spec, VERSION)).run()


class _Engine:
    """One compiled MuJoCo model and its state."""

    def __init__(self, spec: SceneSpec, recorder: Recorder) -> None:
        self.spec, self.recorder = spec, recorder
        self.world = World(spec, recorder)
        self.model = self.world.model
        self.data = mujoco.MjData(self.model)
        self.steps = Steps(self.model, self.data)
        self.step, self.work = 0, 0.0
        self.touches = Touches(self.world.object_of_geom)
        self.numbers = [self.model.body(f"{index}").id for index in range(len(spec.bodies))]
        num_steps = (spec.num_frames - 1) * (spec.solver.rate // spec.fps)
        self.motors = Motors(self.world, num_steps)
        self.led = LedBodies(self.world, num_steps)
        self.data.qvel[:] = start_rates(self.world, self.data)

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        self.recorder.add_frame(*self.recorder.initial())
        steps = self.spec.solver.rate // self.spec.fps
        for frame in range(1, self.spec.num_frames):
            for self.step in range((frame - 1) * steps, frame * steps):
                self.led.lead(self.data, self.step)
                self.steps.advance(self._forces)
                self.work += self.led.work(self.data, self.step)
            self.recorder.add_contacts(self.touches.rows())
            self.recorder.add_frame(*self._state(frame), work=self.work)
        return self.recorder.states()

    @no_type_check  # see Steps
    def _forces(self, part: float, share: float) -> None:
        """What acts at a part of the step and counts for a share of it."""
        data = self.data
        self.motors.lead(data, self.step, part)
        mujoco.mj_forward(self.model, data)
        data.qacc_warmstart[:] = data.qacc
        self.work += self.motors.power(data) * share * self.steps.step_s
        if data.ncon and data.nefc:
            self.touches.add(data, share * self.steps.step_s)

    def _state(self, frame: int) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        """Poses and velocities of all bodies."""
        model, data = self.model, self.data
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        poses, velocities = self.recorder.led(frame / self.spec.fps)
        moving = self.recorder.is_moving
        numbers = np.array(self.numbers)[moving]
        places, turns, speeds = data.xpos[numbers], data.xquat[numbers], data.cvel[numbers]
        # MuJoCo gives the speed of what moves with the body at the centre of mass of its tree.
        arms = places - data.subtree_com[model.body_rootid[numbers]]
        poses[moving] = np.concatenate([places, turns], axis=1)
        linear = speeds[:, 3:] + np.cross(speeds[:, :3], arms)
        velocities[moving] = np.concatenate([linear, speeds[:, :3]], axis=1)
        return poses, velocities
