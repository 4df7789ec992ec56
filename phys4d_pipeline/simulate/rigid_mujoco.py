"""SceneSpec -> States with MuJoCo: compliant contacts, a second opinion on `rigid_pybullet`.

A contact is a spring and a damper per unit of the mass it moves. The spring is as stiff as the
solver rate allows, so a body sinks in by its approach speed times `COMPRESSION_STEPS` steps.
Restitution holds on average over impacts without slip (spread 8 % at 0.3, 1 % at 0.9). A body that
slips while it bounces loses up to 15 % more speed: MuJoCo solves friction and normal force as one
convex problem. The start is staggered by half a step, so free fall is exact at every step; bodies
in flight keep their angular momentum (spin.py).
"""

import importlib
from functools import cache
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.optimize import brentq

from ..scene import SceneSpec, Substance
from ..shapes import ConvexPart
from ..states import States
from .recorder import RawContact, Recorder
from .spin import FreeSpin, matrices, rotated, unrotated

mujoco: Any = importlib.import_module("mujoco")  # its compiled half ships no types
VERSION = f"rigid_mujoco-1 mujoco-{version('mujoco')}"
TAKES: frozenset[str] = frozenset()
COMPRESSION_STEPS = 4.0
"""1 / (natural frequency * step): an impact takes pi times as many steps."""
CONTACT_STIFFNESS = COMPRESSION_STEPS**-2
"""Twice the energy a contact stores per overlap squared, moved mass and rate squared [1]."""
OVERLAP_STEPS = COMPRESSION_STEPS
"""A body sinks in by what it travels in this many steps before the contact has stopped it."""
IMPEDANCE = (0.9999, 0.9999, 0.001, 0.5, 2.0)
"""solimp: constraint forces reach 99.99 % of what the spring asks for, at any depth."""
PHASES = 32
"""First overlaps, as parts of a step's travel, over which a rebound is averaged."""
FRICTIONLESS, FRICTION, ROLLING = 1, 3, 6  # condim: dimensions of the contact force


def run(spec: SceneSpec) -> States:
    """Simulate in an engine of its own."""
    recorder = Recorder(spec, VERSION)
    return _Engine(spec, recorder).run()


@cache
def contact_damping(restitution: float) -> float:
    """Damping times step [1] with which the discrete contact rebounds at `restitution`.

    The continuous law (Schwager and Poeschel 2007) is off by some percent at this few steps
    per impact, so the rebound of one point is computed in the engine's own steps.
    """
    softest = _rebound(1.0)
    if restitution <= softest:
        return 1.0
    if restitution >= _rebound(0.0):
        return 0.0
    root: Any = brentq(lambda damping: _rebound(damping) - restitution, 0.0, 1.0, xtol=1e-9)
    return float(root)


def _rebound(damping: float) -> float:
    """Mean speed after over speed before an impact, in units of one step."""
    speeds = []
    for phase in (np.arange(PHASES) + 0.5) / PHASES:
        depth, speed = float(phase), 1.0
        while depth > 0.0:
            # A contact pushes only: the bodies part when the damper would pull.
            speed -= max(0.0, CONTACT_STIFFNESS * depth + damping * speed)
            depth += speed
        speeds.append(-speed)
    return float(np.mean(speeds))


class _Engine:
    """One compiled MuJoCo model and its state."""

    def __init__(self, spec: SceneSpec, recorder: Recorder) -> None:
        self.spec, self.recorder = spec, recorder
        self.step = 1.0 / spec.solver.rate
        self.gravity = np.asarray(spec.gravity)
        builder = mujoco.MjSpec()
        self._set_options(builder)
        self.geoms: list[list[str]] = [self._add_ground(builder)]
        self.geoms += [self._add_body(builder, index) for index in range(len(spec.bodies))]
        self._add_pairs(builder)
        self.model = builder.compile()
        self.data = mujoco.MjData(self.model)
        self.object_of = np.zeros(self.model.ngeom, int)
        for number, names in enumerate(self.geoms):
            for name in names:
                self.object_of[self.model.geom(name).id] = number
        self.moving = np.flatnonzero(recorder.is_moving)
        self.free_spin = FreeSpin(recorder.moments[self.moving], self.step)
        self.spins = np.zeros((len(self.moving), 3))
        self._set_start()

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        self.recorder.add_frame(*self.recorder.initial())
        steps = self.spec.solver.rate // self.spec.fps
        contacts: list[RawContact] = []
        for _ in range(1, self.spec.num_frames):
            for _ in range(steps):
                mujoco.mj_step(self.model, self.data)
                contacts = self._contacts()
                self.recorder.add_contacts(contacts)
                self._hold_spins(_objects(contacts))
            self.recorder.add_frame(*self._state(_objects(contacts)))
        return self.recorder.states()

    def _set_options(self, builder: Any) -> None:
        option = builder.option
        option.timestep = self.step
        option.gravity = self.gravity
        option.integrator = mujoco.mjtIntegrator.mjINT_EULER
        option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        option.solver = mujoco.mjtSolver.mjSOL_NEWTON
        option.iterations = 100
        option.tolerance = 1e-12
        # A failed step must end the run, not silently start it anew.
        option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
        # Our damping is given in steps on purpose; MuJoCo's own limit would change it.
        option.disableflags |= mujoco.mjtDisableBit.mjDSBL_REFSAFE

    def _add_ground(self, builder: Any) -> list[str]:
        builder.worldbody.add_geom(
            name="ground",
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=(0.0, 0.0, 1.0),
            contype=0,
            conaffinity=0,
        )
        return ["ground"]

    def _add_body(self, builder: Any, index: int) -> list[str]:
        body, recorder = self.spec.bodies[index], self.recorder
        target = builder.worldbody.add_body(
            name=f"{index}", pos=body.position, quat=body.quaternion
        )
        if not body.is_static:
            target.add_freejoint()
            target.explicitinertial = True
            # Left out, the compiler would put the centre of mass at the body's world position.
            target.ipos, target.iquat = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
            target.mass = float(recorder.masses[index])
            target.inertia = recorder.moments[index]
        names = []
        for number, part in enumerate(recorder.solids[index].parts):
            name = f"{index}/{number}"
            target.add_geom(
                name=name,
                pos=part.position,
                quat=part.quaternion,
                mass=0.0,
                contype=0,
                conaffinity=0,
                **_geometry(builder, part, name),
            )
            names.append(name)
        return names

    def _add_pairs(self, builder: Any) -> None:
        """One explicit pair per two parts that may meet: only so can a pair have its own law."""
        bodies = self.spec.bodies
        substances = [self.spec.ground.substance, *(body.substance for body in bodies)]
        is_static = [True, *(body.is_static for body in bodies)]
        for a in range(1, len(substances)):
            for b in range(a):
                if is_static[a] and is_static[b]:
                    continue
                law = self._law(substances[a], substances[b])
                for one, other in product(self.geoms[b], self.geoms[a]):
                    builder.add_pair(geomname1=one, geomname2=other, **law)

    def _law(self, a: Substance, b: Substance) -> dict[str, object]:
        rate = self.spec.solver.rate
        friction = a.friction * b.friction
        rolling = a.rolling_friction * b.friction + b.rolling_friction * a.friction
        damping = contact_damping(a.restitution * b.restitution) * rate
        stiffness = CONTACT_STIFFNESS * rate**2
        return {
            "condim": ROLLING if rolling else FRICTION if friction else FRICTIONLESS,
            "friction": (friction, friction, 0.0, rolling, rolling),
            # Minus: stiffness and damping themselves. Zero would mean "default", so damping is
            # never quite zero.
            "solref": (-stiffness, -max(damping, 1e-9)),
            # Slip is stopped within a step, or as far as Coulomb's limit allows.
            "solreffriction": (-1.0, -float(rate)),
            "solimp": IMPEDANCE,
        }

    def _set_start(self) -> None:
        poses, velocities = self.recorder.initial()
        poses, velocities = poses[self.moving], velocities[self.moving]
        # Symplectic Euler lags half a step: start it half a step behind.
        velocities[:, :3] -= self.gravity * self.step / 2
        # A free joint has its angular velocity in the body frame.
        velocities[:, 3:] = unrotated(matrices(poses[:, 3:]), velocities[:, 3:])
        self.data.qpos[:] = poses.ravel()
        self.data.qvel[:] = velocities.ravel()
        self._hold_spins(set())

    def _hold_spins(self, touching: set[int]) -> None:
        """Hand the engine spins of bodies in flight that keep their angular momentum."""
        touched = {index for index, body in enumerate(self.moving) if body + 1 in touching}
        chosen = self.free_spin.select(touched)
        quaternions = self.data.qpos.reshape(-1, 7)[chosen, 3:]
        if len(chosen) and np.isfinite(quaternions).all():
            speed = self.data.qvel.reshape(-1, 6)
            # A free joint has its angular velocity in the body frame.
            spins, staggered = self.free_spin.hold(chosen, matrices(quaternions), speed[chosen, 3:])
            self.spins[chosen] = spins
            speed[chosen, 3:] = staggered

    def _contacts(self) -> list[RawContact]:
        """Points that acted in the last step."""
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

    def _state(
        self, touching: set[int]
    ) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        poses, velocities = self.recorder.initial()
        moved = self.data.qpos.reshape(-1, 7).copy()
        moved[:, 3:] /= np.linalg.norm(moved[:, 3:], axis=1, keepdims=True)
        speed = self.data.qvel.reshape(-1, 6).copy()
        speed[self.free_spin.is_held, 3:] = self.spins[self.free_spin.is_held]
        if np.isfinite(moved).all():
            speed[:, 3:] = rotated(matrices(moved[:, 3:]), speed[:, 3:])
        # Bodies in free flight are half a step behind; contact forces have no such lag.
        is_free = [index + 1 not in touching for index in self.moving]
        speed[is_free, :3] += self.gravity * self.step / 2
        poses[self.moving], velocities[self.moving] = moved, speed
        return poses, velocities


def _objects(contacts: list[RawContact]) -> set[int]:
    return {int(number) for contact in contacts for number in contact[:2]}


def _geometry(builder: Any, part: ConvexPart, name: str) -> dict[str, object]:
    """MuJoCo's arguments for a part: its primitives take the same sizes in the same order."""
    if part.kind == "hull":
        builder.add_mesh(name=name, uservert=part.points.ravel())
        return {"type": mujoco.mjtGeom.mjGEOM_MESH, "meshname": name}
    size = (*part.sizes, 0.0, 0.0)[:3]
    return {"type": _TYPES[part.kind], "size": size}


_TYPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}
