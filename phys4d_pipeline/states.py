"""States: every pose, point, contact and energy a solver produced, per frame.

SI units, world frame, float32 (float64 inside the solvers), quaternions wxyz, world-from-body.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt16

from . import shapes
from .errors import SceneError
from .scene import MEDIA, Body, SceneSpec


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

    @staticmethod
    def none() -> "Contacts":
        """Nothing touched anything."""
        ids, vectors = np.zeros(0, np.uint16), np.zeros((0, 3), np.float32)
        numbers = np.zeros(0, np.float32)
        return Contacts(
            frame=np.zeros(0, np.int32),
            object_a=ids,
            object_b=ids,
            position=vectors,
            normal=vectors,
            impulse=numbers,
            penetration=numbers,
        )


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
    """[kg]; +inf for bodies that forces do not move."""
    kinetic_energy: Float64[np.ndarray, " T"]
    """[J], all moving bodies, translation and rotation."""
    potential_energy: Float64[np.ndarray, " T"]
    """[J], weight of all moving bodies above z = 0, and what joints' springs and stretched or
    bent bodies store."""
    work: Float64[np.ndarray, " T"]
    """Done on the scene since the start by motors and by bodies led along a path [J]."""
    contacts: Contacts
    solver_version: str
    points: dict[int, Float32[np.ndarray, "T _ 3"]] = field(default_factory=dict)
    """Where the points of a body are [m], world: see `scene.FORMS`."""
    point_velocities: dict[int, Float32[np.ndarray, "T _ 3"]] = field(default_factory=dict)
    """Of these points [m/s], for bodies whose solver knows them."""
    radii: dict[int, Float32[np.ndarray, " _"]] = field(default_factory=dict)
    """Of the spheres of a body of particles, or of the particles of a liquid [m]."""
    temperatures: dict[int, Float32[np.ndarray, "T _"]] = field(default_factory=dict)
    """Of a body's points (of the vertices of its mesh, if it is rigid), or of the body as a whole
    (N = 1) [K]."""
    gas: dict[int, Float32[np.ndarray, "T 2"]] = field(default_factory=dict)
    """In a body that is a closed skin: amount [mol] and absolute pressure [Pa]."""

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


def check_states(spec: SceneSpec, states: States) -> None:
    """Raise unless states are whole and fit the scene.

    Raises:
        SceneError: Naming every body whose states do not.
    """
    expected = spec.num_frames, len(spec.bodies)
    if states.poses.shape[:2] != expected:
        raise SceneError(
            f"States of {states.poses.shape[:2]} (frames, bodies) for a scene of {expected}; "
            "simulate it again."
        )
    faults = list(_faults(spec, states))
    if faults:
        raise SceneError(f"States of {spec.category}/{spec.family}: {'; '.join(faults)}.")


def num_points(body: Body) -> int | None:
    """How many points the states of a body hold; None if its shape does not say."""
    if body.form == "deforming":
        return len(shapes.mesh(body.shape).vertices)
    if body.form == "soft":
        return len(shapes.tetrahedra(body.shape).nodes)
    if body.form == "rope":
        return shapes.tube(body.shape).segments + 1
    return None if body.form in MEDIA else 0


def _faults(spec: SceneSpec, states: States) -> Iterator[str]:
    if not np.isfinite(states.poses).all():
        frame, body = np.argwhere(~np.isfinite(states.poses))[0, :2]
        yield f"body {spec.bodies[body].name!r}: pose at frame {frame} is not finite"
    else:
        lengths = np.linalg.norm(states.poses[:, :, 3:].astype(np.float64), axis=2)
        if (wrong := np.argwhere(np.abs(lengths - 1.0) > 0.01)).size:
            frame, body = wrong[0]
            yield (
                f"body {spec.bodies[body].name!r}: quaternion at frame {frame} has length "
                f"{lengths[frame, body]:.3g}, not 1"
            )
    for name in ("points", "point_velocities", "radii", "temperatures", "gas"):
        if unknown := sorted(set(getattr(states, name)) - set(range(len(spec.bodies)))):
            yield f"{name} of bodies {unknown}, which the scene does not have"
    for index, body in enumerate(spec.bodies):
        for fault in _body_faults(body, states, index):
            yield f"body {body.name!r} ({body.form}): {fault}"


def _body_faults(body: Body, states: States, index: int) -> Iterator[str]:
    points, wanted = states.points.get(index), num_points(body)
    if body.form == "rigid":
        if points is not None:
            yield "has points, but its pose says where it is"
    elif points is None:
        yield "has no points"
    else:
        told = "T N 3" if wanted is None else f"T {wanted} 3"
        fits = points.ndim == 3 and points.shape[2] == 3 and points.shape[1] > 0
        if not fits or wanted not in (None, points.shape[1]):
            yield f"points of shape {points.shape}, not ({told})"
        else:
            yield from _array_faults("points", points, states.num_frames)
    if (speeds := states.point_velocities.get(index)) is not None:
        if points is None or speeds.shape != points.shape:
            yield f"point velocities of shape {speeds.shape}, unlike its points"
        else:
            yield from _array_faults("point velocities", speeds, states.num_frames)
    count = 1 if points is None else points.shape[1]
    if body.form in MEDIA:
        radii = states.radii.get(index)
        if radii is None or radii.shape != (count,):
            yield f"needs a radius for each of its {count} points"
        elif not (np.isfinite(radii) & (radii > 0)).all():
            yield "radii must be positive"
    if (heat := states.temperatures.get(index)) is not None:
        places = {1, count}
        if body.form == "rigid" and heat.ndim == 2 and heat.shape[1] != 1:
            places = {1, len(shapes.mesh(body.shape).vertices)}
        if heat.ndim != 2 or heat.shape[1] not in places:
            yield f"temperatures of shape {heat.shape}, not (T, {max(places)}) or (T, 1)"
        else:
            yield from _array_faults("temperatures", heat, states.num_frames)
            if (heat < 0).any():
                yield "temperatures below 0 K"
    yield from _gas_faults(body, states, index)


def _gas_faults(body: Body, states: States, index: int) -> Iterator[str]:
    gas = states.gas.get(index)
    if gas is None and body.gas is None:
        return
    if gas is None or body.gas is None:
        yield "needs the amount and pressure of its gas" if gas is None else "holds no gas"
    elif gas.ndim != 2 or gas.shape[1] != 2:
        yield f"gas of shape {gas.shape}, not (T, 2)"
    else:
        yield from _array_faults("gas", gas, states.num_frames)
        if not (gas > 0).all():
            yield "amounts and pressures of gas must be positive"


def _array_faults(name: str, array: np.ndarray, num_frames: int) -> Iterator[str]:
    if len(array) != num_frames:
        yield f"{name} at {len(array)} frames of {num_frames}"
    if array.dtype != np.float32:
        yield f"{name} are {array.dtype}, not float32"
    if not np.isfinite(array).all():
        frame, point = np.argwhere(~np.isfinite(array))[0, :2]
        yield f"{name} at frame {frame}, point {point} are not finite"
