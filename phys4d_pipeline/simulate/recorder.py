"""What an engine reports step by step -> States: contacts per frame and pair, energies, checks.

Everything is float64 until `Recorder.states` rounds it once to what is stored.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float64

from ..errors import SimulationError
from ..motion.paths import led
from ..scene import SceneSpec
from ..shapes import Solid, build
from ..states import Contacts, States
from .energy import masses, mechanical_energy, moments, point_masses

FARTHEST = 1e4  # [m]; a body beyond it was thrown there by a solver that blew up
RawContact = tuple[float | int, ...]
"""Object a, object b, position (3) [m], normal from b to a (3), impulse [N s], depth [m]."""
CONTACT_COLUMNS = 10
NO_POINTS: Mapping[int, Float64[np.ndarray, "_ 3"]] = MappingProxyType({})
NO_TEMPERATURES: Mapping[int, Float64[np.ndarray, " _"]] = MappingProxyType({})
NO_GAS: Mapping[int, Float64[np.ndarray, "2"]] = MappingProxyType({})


class Recorder:
    """Collects one simulation; `add_contacts` at every solver step, `add_frame` at every frame."""

    def __init__(self, spec: SceneSpec, version: str) -> None:
        self.spec = spec
        self.version = version
        self.solids: list[Solid] = [build(body.shape) for body in spec.bodies]
        self.is_moving = np.array([body.is_free for body in spec.bodies])
        self.masses, self.moments = masses(spec), moments(spec)
        self._step_contacts: list[RawContact] = []
        self._contacts: list[Float64[np.ndarray, "N 11"]] = []
        self._poses: list[Float64[np.ndarray, "B 7"]] = []
        self._velocities: list[Float64[np.ndarray, "B 6"]] = []
        self._in_contact: list[Bool[np.ndarray, " B"]] = []
        self._points: dict[int, list[Float64[np.ndarray, "N 3"]]] = {}
        self._point_velocities: dict[int, list[Float64[np.ndarray, "N 3"]]] = {}
        self._work: list[float] = []
        self._temperatures: dict[int, list[Float64[np.ndarray, " N"]]] = {}
        self._gas: dict[int, list[Float64[np.ndarray, 2]]] = {}
        self._radii: dict[int, Float64[np.ndarray, " N"]] = {}
        self._point_masses: dict[int, Float64[np.ndarray, " N"]] = {}

    def set_radii(self, index: int, radii: Float64[np.ndarray, " N"]) -> None:
        """State the radii of a body's particles [m], once, before its first frame."""
        self._radii[index] = radii

    def initial(self) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        """Poses and velocities that the scene prescribes for t = 0."""
        return self.led(0.0)

    def led(self, time_s: float) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        """Where paths lead their bodies, and how they move there; all others as they start."""
        now = np.array([time_s])
        poses, velocities = zip(*(led(body, now) for body in self.spec.bodies), strict=True)
        start = np.concatenate(poses)
        start[:, 3:] /= np.linalg.norm(start[:, 3:], axis=1, keepdims=True)
        return start, np.concatenate(velocities)

    def add_contacts(self, contacts: list[RawContact]) -> None:
        """Append one solver step's contact points (rows of CONTACT_COLUMNS numbers)."""
        self._step_contacts += contacts

    def add_frame(
        self,
        poses: Float64[np.ndarray, "B 7"],
        velocities: Float64[np.ndarray, "B 6"],
        *,
        points: Mapping[int, Float64[np.ndarray, "_ 3"]] = NO_POINTS,
        point_velocities: Mapping[int, Float64[np.ndarray, "_ 3"]] = NO_POINTS,
        temperatures: Mapping[int, Float64[np.ndarray, " _"]] = NO_TEMPERATURES,
        gas: Mapping[int, Float64[np.ndarray, "2"]] = NO_GAS,
        work: float = 0.0,
    ) -> None:
        """Close a frame: the state now, and the contacts added since the last one.

        Args:
            poses: Of a body with points, any: its mean place is filled in.
            velocities: [m/s, rad/s]; the same.
            points: By the index of the body [m].
            point_velocities: [m/s]
            temperatures: Of the points, or one of the whole body [K].
            gas: Amount [mol] and pressure [Pa] in closed skins.
            work: Done so far by motors and led bodies [J].

        Raises:
            SimulationError: If a number is not finite or a body left the world.
        """
        frame = len(self._poses)
        poses, velocities = poses.copy(), velocities.copy()
        for index, places in points.items():
            if index not in self._point_masses:
                self._point_masses[index] = point_masses(
                    self.spec.bodies[index], len(places), self._radii.get(index)
                )
            weights = self._point_masses[index]
            poses[index] = (*np.average(places, axis=0, weights=weights), 1.0, 0.0, 0.0, 0.0)
            mean = np.average(point_velocities[index], axis=0, weights=weights)
            velocities[index] = (*mean, 0.0, 0.0, 0.0)
            self._points.setdefault(index, []).append(places.copy())
            self._point_velocities.setdefault(index, []).append(point_velocities[index].copy())
        for index, values in temperatures.items():
            self._temperatures.setdefault(index, []).append(values.copy())
        for index, values in gas.items():
            self._gas.setdefault(index, []).append(values.copy())
        self._raise_if_lost(poses, velocities, frame)
        if self._poses:  # q and -q are the same turn: keep the sign that moves least
            flip = np.einsum("bk,bk->b", poses[:, 3:], self._poses[-1][:, 3:]) < 0
            poses[flip, 3:] *= -1
        raw = np.array(self._step_contacts, np.float64).reshape(-1, CONTACT_COLUMNS)
        self._step_contacts = []
        touched = np.zeros(len(poses) + 1, bool)
        touched[raw[:, :2].astype(int).ravel()] = True
        self._in_contact.append(touched[1:])
        self._contacts.append(_per_pair(raw, frame))
        self._poses.append(poses)
        self._velocities.append(velocities)
        self._work.append(work)

    def states(self) -> States:
        """Everything recorded, rounded to what is stored."""
        poses, velocities = np.stack(self._poses), np.stack(self._velocities)
        points = {index: np.stack(frames) for index, frames in self._points.items()}
        speeds = {index: np.stack(frames) for index, frames in self._point_velocities.items()}
        gas = {index: np.stack(frames) for index, frames in self._gas.items()}
        kinetic, potential = mechanical_energy(
            self.spec, poses, velocities, points, speeds, self._radii, gas
        )
        rows = np.concatenate(self._contacts)
        return States(
            times=np.arange(len(poses)) / self.spec.fps,
            poses=poses.astype(np.float32),
            velocities=velocities.astype(np.float32),
            in_contact=np.stack(self._in_contact),
            masses=np.where(self.is_moving, self.masses, np.inf),
            kinetic_energy=kinetic,
            potential_energy=potential,
            work=np.array(self._work),
            contacts=Contacts(
                frame=rows[:, 0].astype(np.int32),
                object_a=rows[:, 1].astype(np.uint16),
                object_b=rows[:, 2].astype(np.uint16),
                position=rows[:, 3:6].astype(np.float32),
                normal=rows[:, 6:9].astype(np.float32),
                impulse=rows[:, 9].astype(np.float32),
                penetration=rows[:, 10].astype(np.float32),
            ),
            solver_version=self.version,
            points={index: array.astype(np.float32) for index, array in points.items()},
            point_velocities={index: array.astype(np.float32) for index, array in speeds.items()},
            radii={index: array.astype(np.float32) for index, array in self._radii.items()},
            temperatures={
                index: np.stack(frames).astype(np.float32)
                for index, frames in self._temperatures.items()
            },
            gas={index: array.astype(np.float32) for index, array in gas.items()},
        )

    def _raise_if_lost(
        self,
        poses: Float64[np.ndarray, "B 7"],
        velocities: Float64[np.ndarray, "B 6"],
        frame: int,
    ) -> None:
        numbers = np.concatenate([poses, velocities], 1)
        lost = ~np.isfinite(numbers).all(1) | (np.abs(poses[:, :3]).max(1) > FARTHEST)
        if lost.any():
            name = self.spec.bodies[int(np.argmax(lost))].name
            raise SimulationError(
                f"{self.spec.category}/{self.spec.family} seed {self.spec.seed}: body {name!r} "
                f"left the world at frame {frame} ({self.version}). Raise the solver rate "
                f"({self.spec.solver.rate} Hz) or keep bodies from overlapping at the start."
            )


def _per_pair(raw: Float64[np.ndarray, "N 10"], frame: int) -> Float64[np.ndarray, "P 11"]:
    """Contact points of all steps of one frame -> one row per pair, the higher id first."""
    swapped = raw[:, 0] < raw[:, 1]
    ids = np.sort(raw[:, :2], axis=1)[:, ::-1]
    normals = np.where(swapped[:, None], -raw[:, 5:8], raw[:, 5:8])
    pairs, pair_of = np.unique(ids, axis=0, return_inverse=True)
    pair_of, count = pair_of.ravel(), len(pairs)
    impulse = np.bincount(pair_of, raw[:, 8], count)
    # Points without impulse still say where bodies touch: a floor keeps their mean defined.
    weights = raw[:, 8] + 1e-12 + 1e-6 * raw[:, 8].max(initial=0.0)
    total = np.bincount(pair_of, weights, count)
    position, normal = np.zeros((count, 3)), np.zeros((count, 3))
    np.add.at(position, pair_of, weights[:, None] * raw[:, 2:5])
    np.add.at(normal, pair_of, weights[:, None] * normals)
    depth = np.zeros(count)
    np.maximum.at(depth, pair_of, raw[:, 9])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.column_stack(
        [
            np.full(count, frame),
            pairs,
            position / total[:, None],
            normal / np.maximum(length, 1e-300),
            impulse,
            depth,
        ]
    )
