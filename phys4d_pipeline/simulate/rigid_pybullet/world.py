"""SceneSpec -> a connected PyBullet world that can be stepped, read, and set back.

Settings that were measured, not taken from the manual:
- Bodies use maximal coordinates: only then do continuous collision and split impulses work.
- Contacts act at distance zero (contactProcessingThreshold) and overlap is undone by split
  impulses without velocity: bounces keep their restitution from the first to the last.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float64, Int

from ...scene import SceneSpec, Substance
from ...shapes import ConvexPart, Solid
from ..recorder import RawContact
from .hulls import shrunk

GROUND = (200.0, 200.0, 10.0)
"""Half extents of the slab under z = 0 [m]. A plane gets one contact point a step, so a box that
lands flat would start to spin; a slab gets the whole face at once."""
COMPOUND_MARGIN = 1e-3
"""Bullet's skin around hulls inside a compound [m]; fixed, so hulls are shrunk by it."""
HULL_MARGIN = 1e-4
"""Skin around single hulls [m]; they are shrunk by it too."""
SWEPT_PART = 0.5
"""Radius of the sphere swept for continuous collision, as a part of the inscribed sphere's."""
FAR_APART = 1e3  # [m]
ENGINE = {
    "numSolverIterations": 50,
    "deterministicOverlappingPairs": 1,
    "enableFileCaching": 0,
    "useSplitImpulse": 1,
    "splitImpulsePenetrationThreshold": 0.0,
    "contactERP": 0.1,
    "restitutionVelocityThreshold": 0.02,
    "warmStartingFactor": 1.0,  # the default 0.85 lets tall stacks creep sideways
}


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """PyBullet prints its build time when imported; errors of commands would drown in it."""
    kept = os.dup(2)
    silent = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silent, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silent)


with _silent_stderr():
    import pybullet


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """Where the M moving bodies are and how they move."""

    position: Float64[np.ndarray, "M 3"]
    quaternion: Float64[np.ndarray, "M 4"]
    """wxyz."""
    linear: Float64[np.ndarray, "M 3"]
    angular: Float64[np.ndarray, "M 3"]


class BulletWorld:
    """One PyBullet client; `close` it, or nothing else in this process is affected anyway."""

    def __init__(
        self,
        spec: SceneSpec,
        solids: list[Solid],
        masses: Float64[np.ndarray, " B"],
        moments: Float64[np.ndarray, "B 3"],
    ) -> None:
        self.spec, self.solids, self.masses, self.moments = spec, solids, masses, moments
        self.step_s = 1.0 / spec.solver.rate
        self.client = pybullet.connect(pybullet.DIRECT)
        pybullet.setGravity(*spec.gravity, physicsClientId=self.client)
        pybullet.setTimeStep(self.step_s, physicsClientId=self.client)
        pybullet.setPhysicsEngineParameter(**ENGINE, physicsClientId=self.client)
        with tempfile.TemporaryDirectory() as folder:
            self.ids = [self._add_ground()]
            self.ids += [self._add_body(index, Path(folder)) for index in range(len(spec.bodies))]
        self.object_of = {unique: index for index, unique in enumerate(self.ids)}
        self.moving = [unique for unique in self.ids[1:] if not self._body(unique).is_static]

    def close(self) -> None:
        """Free the engine."""
        pybullet.disconnect(self.client)

    def step(self) -> None:
        """Advance by one solver step."""
        pybullet.stepSimulation(physicsClientId=self.client)

    def contacts(self) -> list[RawContact]:
        """Points that acted in the last step, as `Recorder.add_contacts` takes them."""
        ids, step = self.object_of, self.step_s
        points = cast(Any, pybullet.getContactPoints(physicsClientId=self.client))  # stub: ()
        return [
            (ids[point[1]], ids[point[2]], *point[6], *point[7], point[9] * step, -point[8])
            for point in points
            if point[8] <= 0.0  # the others only came near
        ]

    def motion(self) -> Motion:
        """Of the moving bodies, now."""
        client = self.client
        poses = [
            pybullet.getBasePositionAndOrientation(unique, physicsClientId=client)
            for unique in self.moving
        ]
        speeds = [
            pybullet.getBaseVelocity(unique, physicsClientId=client) for unique in self.moving
        ]
        linear, angular = np.array(speeds).transpose(1, 0, 2)
        return Motion(
            position=np.array([pose[0] for pose in poses]),
            quaternion=np.array([pose[1] for pose in poses])[:, [3, 0, 1, 2]],
            linear=linear,
            angular=angular,
        )

    def set_motion(self, motion: Motion, touching: Iterable[int] = ()) -> None:
        """Put the moving bodies back; contacts remembered for objects `touching` are forgotten."""
        for unique in self._moving_among(touching):
            # Bullet keeps a contact's restitution for as long as the bodies stay near.
            self._place(unique, (0.0, 0.0, FAR_APART * unique), (0.0, 0.0, 0.0, 1.0))
        if touching:
            pybullet.performCollisionDetection(physicsClientId=self.client)
        orders = motion.quaternion[:, [1, 2, 3, 0]].tolist()
        for index, unique in enumerate(self.moving):
            self._place(unique, motion.position[index].tolist(), orders[index])
            pybullet.resetBaseVelocity(
                unique,
                motion.linear[index].tolist(),
                motion.angular[index].tolist(),
                physicsClientId=self.client,
            )

    def set_angular(self, chosen: Int[np.ndarray, " N"], motion: Motion) -> None:
        """Give some moving bodies the velocities of `motion`, which differs in its spins."""
        linear, angular = motion.linear.tolist(), motion.angular.tolist()
        for index in chosen:
            pybullet.resetBaseVelocity(
                self.moving[index], linear[index], angular[index], physicsClientId=self.client
            )

    def scale_restitution(self, factor: float, touching: Iterable[int]) -> None:
        """Set the restitution of some objects to a part of their own."""
        for unique in self._moving_among(touching):
            self._change(unique, restitution=factor * self._body(unique).substance.restitution)

    def _moving_among(self, objects: Iterable[int]) -> list[int]:
        chosen = {self.ids[number] for number in objects}
        return [unique for unique in self.moving if unique in chosen]

    def _body(self, unique: int) -> Any:
        return self.spec.bodies[self.ids.index(unique) - 1]

    def _place(self, unique: int, position: Any, quaternion: Any) -> None:
        pybullet.resetBasePositionAndOrientation(
            unique, position, quaternion, physicsClientId=self.client
        )

    def _add_ground(self) -> int:
        slab = pybullet.createCollisionShape(
            pybullet.GEOM_BOX, halfExtents=GROUND, physicsClientId=self.client
        )
        unique = pybullet.createMultiBody(
            0.0,
            slab,
            basePosition=(0.0, 0.0, -GROUND[2]),
            useMaximalCoordinates=1,
            physicsClientId=self.client,
        )
        self._set_contact(unique, self.spec.ground.substance)
        return unique

    def _add_body(self, index: int, folder: Path) -> int:
        body, solid = self.spec.bodies[index], self.solids[index]
        w, x, y, z = body.quaternion
        unique = pybullet.createMultiBody(
            0.0 if body.is_static else float(self.masses[index]),
            self._shape(solid, folder / f"{index}.obj"),
            basePosition=body.position,
            baseOrientation=(x, y, z, w),
            useMaximalCoordinates=1,
            physicsClientId=self.client,
        )
        self._set_contact(unique, body.substance)
        if [part.kind for part in solid.parts] == ["hull"]:
            self._change(unique, collisionMargin=HULL_MARGIN)
        if not body.is_static:
            self._set_inertia(unique, index)
        if body.is_fast:
            self._change(unique, ccdSweptSphereRadius=SWEPT_PART * _inscribed_radius(solid))
        return unique

    def _set_inertia(self, unique: int, index: int) -> None:
        self._change(
            unique,
            mass=float(self.masses[index]),  # without it the inertia call clears the mass
            localInertiaDiagonal=self.moments[index].tolist(),
            linearDamping=0.0,
            angularDamping=0.0,
            activationState=pybullet.ACTIVATION_STATE_DISABLE_SLEEPING,
        )

    def _set_contact(self, unique: int, substance: Substance) -> None:
        self._change(
            unique,
            lateralFriction=substance.friction,
            restitution=substance.restitution,
            rollingFriction=substance.rolling_friction,
            contactProcessingThreshold=0.0,
        )

    def _change(self, unique: int, **settings: object) -> None:
        pybullet.changeDynamics(unique, -1, **settings, physicsClientId=self.client)

    def _shape(self, solid: Solid, path: Path) -> int:
        part, *others = solid.parts
        if others:
            path.write_text(_wavefront(solid.parts))
            return pybullet.createCollisionShape(
                pybullet.GEOM_MESH, fileName=str(path), physicsClientId=self.client
            )
        return pybullet.createCollisionShape(
            **_GEOMETRY[part.kind](part), physicsClientId=self.client
        )


def _inscribed_radius(solid: Solid) -> float:
    """Of a sphere around the centre of mass that stays inside [m]."""
    return -min(float(part.signed_distance(np.zeros((1, 3)))[0]) for part in solid.parts)


def _wavefront(parts: tuple[ConvexPart, ...]) -> str:
    """Hulls as objects of one file: the only way to a compound of hulls."""
    lines, start = [], 1
    for number, part in enumerate(parts):
        points = shrunk(part.points, COMPOUND_MARGIN)
        lines.append(f"o part{number}")
        lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in points.tolist()]
        # The loader keeps only vertices that a face uses.
        lines += [f"f {start + k} {start + k + 1} {start + k + 2}" for k in range(len(points) - 2)]
        start += len(points)
    return "\n".join(lines) + "\n"


_GEOMETRY = {
    "box": lambda part: {"shapeType": pybullet.GEOM_BOX, "halfExtents": part.sizes},
    "sphere": lambda part: {"shapeType": pybullet.GEOM_SPHERE, "radius": part.sizes[0]},
    "cylinder": lambda part: {
        "shapeType": pybullet.GEOM_CYLINDER,
        "radius": part.sizes[0],
        "height": 2 * part.sizes[1],
    },
    "capsule": lambda part: {
        "shapeType": pybullet.GEOM_CAPSULE,
        "radius": part.sizes[0],
        "height": 2 * part.sizes[1],
    },
    "hull": lambda part: {
        "shapeType": pybullet.GEOM_MESH,
        "vertices": shrunk(part.points, HULL_MARGIN).tolist(),
    },
}
