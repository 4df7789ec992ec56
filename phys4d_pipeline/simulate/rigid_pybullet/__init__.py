"""SceneSpec -> States with PyBullet: many rigid bodies, fast ones by continuous collision.

- The start is staggered by half a step, so free fall is exact at every step.
- Bodies in flight keep their angular momentum (spin.py).
- Newton's restitution with friction can create energy in eccentric impacts (Kane and Levinson
  1985). Such a step is taken back and repeated with less restitution until it does not.
"""

from importlib.metadata import version

import numpy as np
from jaxtyping import Float64

from ...scene import SceneSpec
from ...shapes import Solid
from ...states import States
from ..recorder import RawContact, Recorder
from ..spin import FreeSpin, matrices, rotated, unrotated
from .world import BulletWorld, Motion

VERSION = f"rigid_pybullet-1 pybullet-{version('pybullet')}"
TAKES: frozenset[str] = frozenset()
CONTACT_STIFFNESS = 0.0
"""Twice the energy a contact stores per overlap squared, moved mass and rate squared: none [1]."""
OVERLAP_STEPS = 1.0
"""A body sinks in by what it travels in this many steps before the contact acts."""
LESS_RESTITUTION = (0.8, 0.6, 0.4, 0.2, 0.0)
CREATED_ENERGY = 1e-4
"""Kinetic energy that a step's contacts may add, relative: spins are half a step old."""


def run(spec: SceneSpec) -> States:
    """Simulate in an engine of its own, which is gone afterwards."""
    recorder = Recorder(spec, VERSION)
    world = BulletWorld(spec, recorder.solids, recorder.masses, recorder.moments)
    try:
        return _Simulation(spec, recorder, world).run()
    finally:
        world.close()


class _Simulation:
    """The loop over frames and steps."""

    def __init__(self, spec: SceneSpec, recorder: Recorder, world: BulletWorld) -> None:
        self.spec, self.recorder, self.world = spec, recorder, world
        self.moving = np.flatnonzero(recorder.is_moving)
        self.half_kick = np.asarray(spec.gravity) / spec.solver.rate / 2
        self.object_of = self.moving + 1
        self.free_spin = FreeSpin(recorder.moments[self.moving], world.step_s)
        self.spins = np.zeros((len(self.moving), 3))
        self._motion: Motion | None = None
        self.may_create_energy = any(
            body.substance.restitution > 0 and not body.is_static and not _is_sphere(solid)
            for body, solid in zip(spec.bodies, recorder.solids, strict=True)
        )

    def run(self) -> States:
        """All frames; the first is the scene as described."""
        poses, velocities = self.recorder.initial()
        self.recorder.add_frame(poses, velocities)
        if len(self.moving):
            self.world.set_motion(self._staggered(poses[self.moving], velocities[self.moving]))
            self._hold_spins(set())
        contacts: list[RawContact] = []
        for _ in range(1, self.spec.num_frames):
            for _ in range(self.spec.solver.rate // self.spec.fps):
                contacts = self._step()
                self.recorder.add_contacts(contacts)
                self._hold_spins(_objects(contacts))
            self.recorder.add_frame(*self._state(_objects(contacts)))
        return self.recorder.states()

    def _staggered(
        self, poses: Float64[np.ndarray, "M 7"], velocities: Float64[np.ndarray, "M 6"]
    ) -> Motion:
        """Symplectic Euler lags half a step behind: so does its start."""
        return Motion(
            position=poses[:, :3],
            quaternion=poses[:, 3:],
            linear=velocities[:, :3] - self.half_kick,
            angular=velocities[:, 3:],
        )

    def _step(self) -> list[RawContact]:
        """One solver step that creates no energy; its contacts."""
        if not self.may_create_energy:
            return self._advance()
        before = self._now()
        contacts = self._advance()
        if not contacts:
            return contacts
        touching = _objects(contacts)
        allowed = self._energy(before, 2 * self.half_kick) * (1 + CREATED_ENERGY)
        for factor in LESS_RESTITUTION:
            if self._energy(self._now(), np.zeros(3)) <= allowed:
                break
            self.world.set_motion(before, touching)
            self.world.scale_restitution(factor, touching)
            contacts = self._advance()
            self.world.scale_restitution(1.0, touching)
        return contacts

    def _advance(self) -> list[RawContact]:
        self.world.step()
        self._motion = None
        return self.world.contacts()

    def _now(self) -> Motion:
        """The world's motion, read once per step."""
        if self._motion is None:
            self._motion = self.world.motion()
        return self._motion

    def _hold_spins(self, touching: set[int]) -> None:
        """Hand the engine spins of bodies in flight that keep their angular momentum."""
        touched = {index for index, number in enumerate(self.object_of) if number in touching}
        chosen = self.free_spin.select(touched)
        if len(chosen):
            motion = self._now()
            turns = matrices(motion.quaternion[chosen])
            angular = unrotated(turns, motion.angular[chosen])
            spins, staggered = self.free_spin.hold(chosen, turns, angular)
            self.spins[chosen] = rotated(turns, spins)
            motion.angular[chosen] = rotated(turns, staggered)
            self.world.set_angular(chosen, motion)

    def _energy(self, motion: Motion, kick: Float64[np.ndarray, "3"]) -> float:
        """Kinetic energy after gravity has acted for a while [J]."""
        spin = unrotated(matrices(motion.quaternion), motion.angular)
        speed = motion.linear + kick
        masses, moments = self.recorder.masses[self.moving], self.recorder.moments[self.moving]
        return 0.5 * float((speed**2).sum(1) @ masses + (spin**2 * moments).sum())

    def _state(
        self, touching: set[int]
    ) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        poses, velocities = self.recorder.initial()
        if not len(self.moving):
            return poses, velocities
        motion = self._now()
        # Bodies in free flight are half a step behind; contact forces have no such lag.
        is_free = np.array([number not in touching for number in self.object_of])
        linear = motion.linear + is_free[:, None] * self.half_kick
        angular = np.where(self.free_spin.is_held[:, None], self.spins, motion.angular)
        poses[self.moving] = np.column_stack([motion.position, motion.quaternion])
        velocities[self.moving] = np.column_stack([linear, angular])
        return poses, velocities


def _is_sphere(solid: Solid) -> bool:
    """Impacts of spheres are central: Newton's restitution creates no energy in them."""
    return [part.kind for part in solid.parts] == ["sphere"]


def _objects(contacts: list[RawContact]) -> set[int]:
    return {int(number) for contact in contacts for number in contact[:2]}
