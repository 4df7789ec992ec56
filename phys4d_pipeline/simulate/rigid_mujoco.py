"""SceneSpec -> States with MuJoCo: rigid bodies, joints, motors, led bodies.

Scenes without joints take symplectic Euler, started half a step back, so that free fall is exact
at every step; bodies in flight keep their angular momentum (spin.py). Joints take Runge-Kutta 4.
Contacts: mujoco_contact.py. Joints hold within micrometres: mujoco_tree.py.
"""

from importlib.metadata import version

import numpy as np
from jaxtyping import Float64

from ..errors import SceneError
from ..scene import SceneSpec
from ..states import States
from .mujoco_drives import LedBodies, Motors
from .mujoco_world import World, mujoco
from .recorder import RawContact, Recorder
from .spin import FreeSpin, matrices, rotated, unrotated

VERSION = f"rigid_mujoco-2 mujoco-{version('mujoco')}"
TAKES: frozenset[str] = frozenset({"joints", "paths"})
START_SPEED = 1e-3
"""Part of the largest speed by which a body's may differ from what its joints allow [1]."""


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
        self.step = 1.0 / spec.solver.rate
        self.gravity = np.asarray(spec.gravity)
        self.is_staggered = not (spec.joints or any(body.path for body in spec.bodies))
        integrators = mujoco.mjtIntegrator
        self.world = World(
            spec,
            recorder,
            integrator=integrators.mjINT_EULER if self.is_staggered else integrators.mjINT_RK4,
        )
        self.model = self.world.model
        self.data = mujoco.MjData(self.model)
        self.object_of = self.world.object_of_geom
        self.free = np.array(
            [
                link.body
                for link in self.world.links
                if link.joint is None and recorder.is_moving[link.body]
            ],
            int,
        )
        place, rate = self.world.addresses([f"{index}" for index in self.free])
        self.place = place[:, None] + np.arange(7)
        self.rate = rate[:, None] + np.arange(6)
        self.free_spin = FreeSpin(recorder.moments[self.free], self.step)
        self.spins = np.zeros((len(self.free), 3))
        num_steps = (spec.num_frames - 1) * (spec.solver.rate // spec.fps)
        self.motors = Motors(self.world, num_steps)
        self.led = LedBodies(self.world, num_steps, is_staggered=self.is_staggered)
        self._set_start()

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        self.recorder.add_frame(*self.recorder.initial())
        steps = self.spec.solver.rate // self.spec.fps
        work, contacts = 0.0, []
        for frame in range(1, self.spec.num_frames):
            for step in range((frame - 1) * steps, frame * steps):
                self.motors.lead(self.data, step)
                self.led.lead(self.data, step)
                mujoco.mj_step(self.model, self.data)
                work += self.motors.work(self.data, step) + self.led.work(self.data, step)
                contacts = self._contacts()
                self.recorder.add_contacts(contacts)
                if self.is_staggered:
                    self._hold_spins(_objects(contacts))
            state = (
                self._staggered_state(_objects(contacts)) if self.is_staggered else self._state()
            )
            poses, velocities = self.recorder.led(frame / self.spec.fps)
            moving = self.recorder.is_moving
            poses[moving], velocities[moving] = state[0][moving], state[1][moving]
            self.recorder.add_frame(poses, velocities, work=work)
        return self.recorder.states()

    def _set_start(self) -> None:
        poses, velocities = self.recorder.initial()
        if not self.is_staggered:
            self._project_start(velocities)
            return
        poses, velocities = poses[self.free], velocities[self.free]
        # Symplectic Euler lags half a step: start it half a step behind.
        velocities[:, :3] -= self.gravity * self.step / 2
        # A free joint has its angular velocity in the body frame.
        velocities[:, 3:] = unrotated(matrices(poses[:, 3:]), velocities[:, 3:])
        self.data.qpos[self.place] = poses
        self.data.qvel[self.rate] = velocities
        self._hold_spins(set())

    def _project_start(self, velocities: Float64[np.ndarray, "B 6"]) -> None:
        """Rates of all joints at which the bodies move as described."""
        mujoco.mj_forward(self.model, self.data)
        rows, wanted, owners = [], [], []
        for link in self.world.links:
            body = self.spec.bodies[link.body]
            if not body.is_static:
                linear, angular = np.zeros((2, 3, self.model.nv))
                number = self.model.body(link.name).id
                mujoco.mj_jacBody(self.model, self.data, linear, angular, number)
                reach = self.recorder.solids[link.body].bounding_radius
                rows.append(np.concatenate([linear, angular * reach]))
                wanted.append(velocities[link.body] * np.repeat((1.0, reach), 3))
                owners.append(body.name)
        for coupling in self.spec.couplings:
            row = np.zeros((6, self.model.nv))
            row[0, self.model.joint(coupling.follower).dofadr] = 1.0
            row[0, self.model.joint(coupling.driver).dofadr] = -coupling.ratio
            rows.append(row)
            wanted.append(np.zeros(6))
            owners.append(coupling.follower)
        matrix, goal = np.concatenate(rows), np.concatenate(wanted)
        rates = np.linalg.lstsq(matrix, goal, rcond=None)[0]
        off = np.linalg.norm((matrix @ rates - goal).reshape(-1, 6), axis=1)
        worst = int(off.argmax())
        if off[worst] > START_SPEED * np.abs(goal).max():
            raise SceneError(
                f"Scene {self.spec.category}/{self.spec.family} seed {self.spec.seed}: "
                f"{owners[worst]!r} starts {off[worst]:.3g} m/s off what its joints allow. "
                "Give all bodies that hang together velocities of one motion."
            )
        self.data.qvel[:] = rates

    def _hold_spins(self, touching: set[int]) -> None:
        """Hand the engine spins of bodies in flight that keep their angular momentum."""
        touched = {index for index, body in enumerate(self.free) if body + 1 in touching}
        chosen = self.free_spin.select(touched)
        if not len(chosen):
            return
        quaternions = self.data.qpos[self.place[chosen, 3:]]
        if np.isfinite(quaternions).all():
            rates = self.rate[chosen, 3:]
            # A free joint has its angular velocity in the body frame.
            spins, staggered = self.free_spin.hold(
                chosen, matrices(quaternions), self.data.qvel[rates]
            )
            self.spins[chosen] = spins
            self.data.qvel[rates] = staggered

    def _contacts(self) -> list[RawContact]:
        """Points that acted in the last step."""
        if not self.data.ncon:
            return []
        contact = self.data.contact
        rows = contact.efc_address
        active = np.flatnonzero((contact.dist < 0.0) & (rows >= 0))
        if not len(active):
            return []
        first, second = self.object_of[contact.geom[active]].T
        impulse = self.data.efc_force[rows[active]] * self.step
        table = np.column_stack(
            [
                second,
                first,
                contact.pos[active],
                contact.frame[active, :3],
                impulse,
                -contact.dist[active],
            ]
        )
        return [tuple(row) for row in table[impulse > 0.0].tolist()]

    def _state(self) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        """Poses and velocities of all bodies as the coordinates have them now."""
        model, data = self.model, self.data
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        numbers = [model.body(f"{index}").id for index in range(len(self.spec.bodies))]
        places = data.xpos[numbers]
        # MuJoCo gives the speed of what moves with the body at the centre of mass of its tree.
        angular, linear = data.cvel[numbers, :3], data.cvel[numbers, 3:]
        arms = places - data.subtree_com[model.body_rootid[numbers]]
        return (
            np.concatenate([places, data.xquat[numbers]], axis=1),
            np.concatenate([linear + np.cross(angular, arms), angular], axis=1),
        )

    def _staggered_state(
        self, touching: set[int]
    ) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        poses, velocities = self.recorder.initial()
        moved = self.data.qpos[self.place]
        moved[:, 3:] /= np.linalg.norm(moved[:, 3:], axis=1, keepdims=True)
        speed = self.data.qvel[self.rate]
        speed[self.free_spin.is_held, 3:] = self.spins[self.free_spin.is_held]
        if np.isfinite(moved).all():
            speed[:, 3:] = rotated(matrices(moved[:, 3:]), speed[:, 3:])
        # Bodies in free flight are half a step behind; contact forces have no such lag.
        is_free = [index + 1 not in touching for index in self.free]
        speed[is_free, :3] += self.gravity * self.step / 2
        poses[self.free], velocities[self.free] = moved, speed
        return poses, velocities


def _objects(contacts: list[RawContact]) -> set[int]:
    return {int(number) for contact in contacts for number in contact[:2]}
