"""What an engine reports step by step -> States: contacts per frame and pair, energies, checks.

Everything is float64 until `Recorder.states` rounds it once to what is stored.
"""

import numpy as np
from jaxtyping import Bool, Float64

from ..errors import SimulationError
from ..scene import SceneSpec
from ..shapes import Solid, build
from ..states import Contacts, States
from .energy import masses, mechanical_energy, moments

FARTHEST = 1e4  # [m]; a body beyond it was thrown there by a solver that blew up
RawContact = tuple[float | int, ...]
"""Object a, object b, position (3) [m], normal from b to a (3), impulse [N s], depth [m]."""
CONTACT_COLUMNS = 10


class Recorder:
    """Collects one simulation; `add_contacts` at every solver step, `add_frame` at every frame."""

    def __init__(self, spec: SceneSpec, version: str) -> None:
        self.spec = spec
        self.version = version
        self.solids: list[Solid] = [build(body.shape) for body in spec.bodies]
        self.is_moving = np.array([not body.is_static for body in spec.bodies])
        self.masses, self.moments = masses(spec), moments(spec)
        self._step_contacts: list[RawContact] = []
        self._contacts: list[Float64[np.ndarray, "N 11"]] = []
        self._poses: list[Float64[np.ndarray, "B 7"]] = []
        self._velocities: list[Float64[np.ndarray, "B 6"]] = []
        self._in_contact: list[Bool[np.ndarray, " B"]] = []

    def initial(self) -> tuple[Float64[np.ndarray, "B 7"], Float64[np.ndarray, "B 6"]]:
        """Poses and velocities that the scene prescribes for t = 0."""
        bodies = self.spec.bodies
        poses = np.array([(*body.position, *body.quaternion) for body in bodies])
        poses[:, 3:] /= np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
        return poses, np.array([(*b.linear_velocity, *b.angular_velocity) for b in bodies])

    def add_contacts(self, contacts: list[RawContact]) -> None:
        """Append one solver step's contact points (rows of CONTACT_COLUMNS numbers)."""
        self._step_contacts += contacts

    def add_frame(
        self, poses: Float64[np.ndarray, "B 7"], velocities: Float64[np.ndarray, "B 6"]
    ) -> None:
        """Close a frame: the state now, and the contacts added since the last one.

        Raises:
            SimulationError: If a number is not finite or a body left the world.
        """
        frame = len(self._poses)
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

    def states(self) -> States:
        """Everything recorded, rounded to what is stored."""
        poses, velocities = np.stack(self._poses), np.stack(self._velocities)
        kinetic, potential = mechanical_energy(self.spec, poses, velocities)
        rows = np.concatenate(self._contacts)
        return States(
            times=np.arange(len(poses)) / self.spec.fps,
            poses=poses.astype(np.float32),
            velocities=velocities.astype(np.float32),
            in_contact=np.stack(self._in_contact),
            masses=np.where(self.is_moving, self.masses, np.inf),
            kinetic_energy=kinetic,
            potential_energy=potential,
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
