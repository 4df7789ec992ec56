"""SceneSpec, States -> Evidence: the stored numbers in float64, and what several laws need of them.

Bodies are named by their index in `SceneSpec.bodies`; WORLD stands for all that forces do not move.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ..motion.joints import JointMotion, joint_motion
from ..motion.rods import Rod, rod
from ..motion.skins import is_skin
from ..motion.solids import Soft, soft
from ..scene import MEDIA, SceneSpec
from ..shapes import Solid, build
from ..simulate.energy import masses, mechanical_energy, moments
from ..states import States
from .groups import WORLD, lone_groups

FLIGHT_FRAMES = 6  # shorter flights leave the parabola to float32 rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """One clip, for the laws: T frames, B bodies, N rows of contacts."""

    spec: SceneSpec
    states: States

    @cached_property
    def frame_s(self) -> float:
        """From frame to frame [s]."""
        return 1.0 / self.spec.fps

    @cached_property
    def step_s(self) -> float:
        """From solver step to solver step [s]."""
        return 1.0 / self.spec.solver.rate

    @cached_property
    def gravity(self) -> Float64[np.ndarray, "3"]:
        """Acceleration [m/s2]."""
        return np.asarray(self.spec.gravity, np.float64)

    @cached_property
    def weight_rate(self) -> float:
        """Strength of gravity [m/s2]."""
        return float(np.linalg.norm(self.gravity))

    @cached_property
    def poses(self) -> Float64[np.ndarray, "T B 7"]:
        """As stored."""
        return self.states.poses.astype(np.float64)

    @cached_property
    def linear(self) -> Float64[np.ndarray, "T B 3"]:
        """Of centres of mass [m/s]."""
        return self.states.velocities[..., :3].astype(np.float64)

    @cached_property
    def angular(self) -> Float64[np.ndarray, "T B 3"]:
        """World frame [rad/s]."""
        return self.states.velocities[..., 3:].astype(np.float64)

    @cached_property
    def solids(self) -> list[Solid]:
        """Of all bodies, as they are at rest."""
        return [build(body.shape) for body in self.spec.bodies]

    @cached_property
    def radii(self) -> Float64[np.ndarray, " B"]:
        """Of the spheres around them [m]."""
        return np.array([solid.bounding_radius for solid in self.solids])

    @cached_property
    def masses(self) -> Float64[np.ndarray, " B"]:
        """[kg], of static bodies too."""
        return masses(self.spec)

    @cached_property
    def moments(self) -> Float64[np.ndarray, "B 3"]:
        """Principal [kg m2]."""
        return moments(self.spec)

    @cached_property
    def is_free(self) -> Bool[np.ndarray, " B"]:
        """Do forces move it?"""
        return np.array([body.is_free for body in self.spec.bodies])

    @cached_property
    def is_rigid(self) -> Bool[np.ndarray, " B"]:
        """Is its pose all there is?"""
        return np.array([body.form == "rigid" for body in self.spec.bodies])

    @cached_property
    def is_solid(self) -> Bool[np.ndarray, " B"]:
        """Is it rigid, a rope or soft: not a liquid, grains, or a skin?"""
        return np.array([body.form in ("rigid", "rope", "soft") for body in self.spec.bodies])

    @cached_property
    def media(self) -> list[int]:
        """Bodies of particles: liquids, grains, smoke."""
        bodies = enumerate(self.spec.bodies)
        return [k for k, body in bodies if body.form in MEDIA]

    @cached_property
    def is_held(self) -> Bool[np.ndarray, " B"]:
        """Does a joint or a tie act on it, at any time?"""
        names = {name for joint in self.spec.joints for name in (joint.child, joint.parent)}
        names |= {name for tie in self.spec.ties for name in (tie.body, tie.holder)}
        return np.array([body.name in names for body in self.spec.bodies])

    @cached_property
    def number(self) -> dict[str, int]:
        """Index of a body by its name; the world's by the empty name."""
        return {"": WORLD, **{body.name: k for k, body in enumerate(self.spec.bodies)}}

    @cached_property
    def ropes(self) -> dict[int, Rod]:
        """By index of the body, for those whose points are stored."""
        return {index: rod(self.spec.bodies[index]) for index in self.rope_indices}

    @cached_property
    def rope_indices(self) -> list[int]:
        """Bodies of form `rope`."""
        bodies = enumerate(self.spec.bodies)
        return [k for k, body in bodies if body.form == "rope" and k in self.states.points]

    @cached_property
    def points(self) -> dict[int, Float64[np.ndarray, "T _ 3"]]:
        """Of ropes [m]."""
        return {k: self.states.points[k].astype(np.float64) for k in self.rope_indices}

    @cached_property
    def point_velocities(self) -> dict[int, Float64[np.ndarray, "T _ 3"]]:
        """Of ropes [m/s]; by differences in time where the solver stored none."""
        return {
            k: self.states.point_velocities[k].astype(np.float64)
            if k in self.states.point_velocities
            else np.gradient(places, self.frame_s, axis=0)
            for k, places in self.points.items()
        }

    @cached_property
    def softs(self) -> dict[int, Soft]:
        """By index of the body, for those whose nodes are stored."""
        bodies = enumerate(self.spec.bodies)
        stored = set(self.states.points) & set(self.states.point_velocities)
        return {k: soft(body) for k, body in bodies if body.form == "soft" and k in stored}

    @cached_property
    def soft_places(self) -> dict[int, Float64[np.ndarray, "T _ 3"]]:
        """Of the nodes of soft bodies [m]."""
        return {k: self.states.points[k].astype(np.float64) for k in self.softs}

    @cached_property
    def soft_speeds(self) -> dict[int, Float64[np.ndarray, "T _ 3"]]:
        """Of the nodes of soft bodies [m/s]."""
        return {k: self.states.point_velocities[k].astype(np.float64) for k in self.softs}

    @cached_property
    def motions(self) -> dict[str, JointMotion]:
        """Of all joints, by name."""
        return {
            joint.name: joint_motion(self.spec, joint, self.states.poses)
            for joint in self.spec.joints
        }

    @cached_property
    def solver(self) -> ModuleType:
        """The engine's module, which states what its contacts allow."""
        return importlib.import_module(f"phys4d_pipeline.simulate.{self.spec.solver.name}")

    @cached_property
    def contact_frames(self) -> Int64[np.ndarray, " N"]:
        """A contact of frame t acted between t - 1 and t."""
        return self.states.contacts.frame.astype(np.int64)

    @cached_property
    def contact_bodies(self) -> Int64[np.ndarray, "N 2"]:
        """Indices of both bodies; WORLD for the ground."""
        contacts = self.states.contacts
        ids = np.stack([contacts.object_a, contacts.object_b], 1).astype(np.int64)
        return ids - 1

    @cached_property
    def spring_energies(self) -> Float64[np.ndarray, " N"]:
        """At most this much is stored in each contact that is a spring [J].

        Beside the push, friction may stretch a spring across up to Coulomb's limit. Of skins and
        soft bodies points are pushed, while whole masses are counted: they need no more.
        """
        mass = np.append(self.states.masses, np.inf)
        moved = 1 / np.maximum((1 / mass[self.contact_bodies]).sum(1), 1e-300)
        stiffness = self.solver.CONTACT_STIFFNESS * self.spec.solver.rate**2
        depth = self.states.contacts.penetration.astype(np.float64)
        across = getattr(self.solver, "TANGENTIAL", np.inf)  # over along; most have no such spring
        between = np.append(self.is_rigid, True)[self.contact_bodies].all(1)
        held = 1.0 + between * self.pair_product("friction") ** 2 / across
        return 0.5 * stiffness * moved * depth**2 * held

    @cached_property
    def lone_groups(self) -> list[tuple[list[int], slice]]:
        """(bodies, frames) of groups of two or more that met, or held, only each other.

        Groups with a liquid, grains or the like are left out: their spins are not stored.
        """
        groups = lone_groups(self.spec, self.contact_frames, self.contact_bodies, self.is_free)
        return [(group, frames) for group, frames in groups if self.is_solid[group].all()]

    @cached_property
    def energy_is_known(self) -> bool:
        """Is there a formula for the energy of every body?"""
        springy = [is_skin(b) and b.substance.youngs_modulus > 0 for b in self.spec.bodies]
        known = self.is_solid | np.array(springy, bool)
        return bool(known.all()) and set(self.states.points) == set(self.states.point_velocities)

    @cached_property
    def energies(self) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
        """Kinetic and potential, computed from the stored motion [J]."""
        states = self.states
        return mechanical_energy(
            self.spec,
            states.poses,
            states.velocities,
            states.points,
            states.point_velocities,
            states.radii,
            states.gas,
        )

    @cached_property
    def energy_scale(self) -> float:
        """Most energy that was in motion, or changed its form [J].

        A scene at rest exchanges none: a centimetre of its weight keeps ratios meaningful.
        """
        kinetic, potential = self.energies
        weight = float((self.masses * self.is_free).sum()) * self.weight_rate
        return max(float(kinetic.max()), float(np.ptp(potential)), 0.01 * weight, 1e-12)

    def pair_product(self, quality: str) -> Float64[np.ndarray, " N"]:
        """Of every contact: the product of both bodies' `friction` or `restitution` [1]."""
        spec = self.spec
        substances = [*(body.substance for body in spec.bodies), spec.ground.substance]
        values = np.array([getattr(substance, quality) for substance in substances])
        return values[self.contact_bodies].prod(1)  # WORLD, which is -1, is the ground: the last

    def flights(self) -> Iterator[tuple[int, slice]]:
        """(body, frames) of every stretch in which a free body was held and touched by nothing."""
        for body in np.flatnonzero(self.is_free & ~self.is_held & self.is_solid):
            start = 0
            for frame in range(1, self.states.num_frames + 1):
                if frame == self.states.num_frames or self.states.in_contact[frame, body]:
                    if frame - start >= FLIGHT_FRAMES:
                        yield int(body), slice(start, frame)
                    start = frame
