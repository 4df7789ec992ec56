"""States: every pose, contact and energy a solver produced, per frame; Parquet in and out.

SI units, world frame, float32 (float64 inside the solvers), quaternions wxyz, world-from-body.
"""

import hashlib
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt16


@dataclass(frozen=True, kw_only=True, eq=False)
class Contacts:
    """Touching pairs, one row per frame and pair of bodies; object id 0 is the ground."""

    frame: Int32[np.ndarray, " N"]
    object_a: UInt16[np.ndarray, " N"]
    object_b: UInt16[np.ndarray, " N"]
    position: Float32[np.ndarray, "N 3"]
    """Mean of the contact points, weighted by impulse [m]."""
    normal: Float32[np.ndarray, "N 3"]
    """Unit vector from b to a."""
    impulse: Float32[np.ndarray, " N"]
    """Normal impulse since the previous frame [N s]."""
    penetration: Float32[np.ndarray, " N"]
    """Deepest overlap since the previous frame [m]; never negative."""


@dataclass(frozen=True, kw_only=True, eq=False)
class States:
    """What happened: T frames, B bodies in the order of `SceneSpec.bodies`.

    Bodies that are not rigid also have points, by their index in `SceneSpec.bodies`; their pose is
    the mean of the points (weighted by mass, where masses differ) and the unit quaternion.
    """

    times: Float64[np.ndarray, " T"]
    """[s]"""
    poses: Float32[np.ndarray, "T B 7"]
    """Position of the centre of mass [m], then quaternion wxyz."""
    velocities: Float32[np.ndarray, "T B 6"]
    """Linear [m/s], then angular [rad/s]."""
    in_contact: Bool[np.ndarray, "T B"]
    """Did the body touch anything since the previous frame?"""
    masses: Float64[np.ndarray, " B"]
    """[kg]; +inf for static bodies."""
    kinetic_energy: Float64[np.ndarray, " T"]
    """[J], all moving bodies, translation and rotation."""
    potential_energy: Float64[np.ndarray, " T"]
    """[J], weight of all moving bodies above z = 0."""
    contacts: Contacts
    solver_version: str
    points: dict[int, Float32[np.ndarray, "T N 3"]] = field(default_factory=dict)
    """Where the points of a body are [m], world: see `scene.FORMS`."""
    radii: dict[int, Float32[np.ndarray, " N"]] = field(default_factory=dict)
    """Of the spheres of a body of particles, or of the particles of a liquid [m]."""
    temperatures: dict[int, Float32[np.ndarray, "T N"]] = field(default_factory=dict)
    """Of a body's points, or of the body as a whole (N = 1) [K]."""

    @property
    def num_frames(self) -> int:
        """T."""
        return len(self.times)

    @property
    def total_energy(self) -> Float64[np.ndarray, " T"]:
        """Kinetic plus potential [J]."""
        return self.kinetic_energy + self.potential_energy

    def digest(self) -> str:
        """64 hex digits over every number stored."""
        sha = hashlib.sha256(self.solver_version.encode())
        for part in (self, self.contacts):
            for part_field in fields(part):
                value = getattr(part, part_field.name)
                arrays = value if isinstance(value, dict) else {"": value}
                for key, array in sorted(arrays.items()):
                    if isinstance(array, np.ndarray):
                        sha.update(f"{part_field.name}{key}{array.dtype}{array.shape}".encode())
                        sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()
