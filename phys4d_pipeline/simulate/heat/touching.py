"""Poses of bodies -> where their surfaces touch: heat passes there instead of to the air.

Touching surfaces share one temperature (perfect contact). A body without `thermal`, and the
ground, keep air and heat from what touches them.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from ...shapes import Solid
from .cells import Wall

TOUCH = 2e-4
"""Surfaces nearer than this are in contact [m]: twice the gap that scenes leave."""
OPPOSED = -0.5
"""Largest cosine between the normals of surfaces in contact [1]."""
STILL = 1e-6
"""Poses that differ by less touch as they did [m, 1]."""

GROUND = -1
Pose = Float64[np.ndarray, "7"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Touch:
    """Pieces of patches of a body that another body covers, summed over pieces."""

    patches: Int64[np.ndarray, " N"]
    others: Int64[np.ndarray, " N"]
    """Patches of the other body; -1 where it passes no heat."""
    areas: Float64[np.ndarray, " N"]
    """[m2]"""


NOTHING = Touch(patches=np.zeros(0, int), others=np.zeros(0, int), areas=np.zeros(0))


@dataclass(eq=False)
class Side:
    """A body as far as touching goes."""

    solid: Solid
    wall: Wall | None
    """None: it passes no heat."""
    tree: KDTree | None = field(init=False)

    def __post_init__(self) -> None:
        self.tree = None if self.wall is None else KDTree(self.wall.piece_place)

    @property
    def fineness(self) -> float:
        """Number of pieces per area [1/m2]; 0 for a body that passes no heat."""
        return 0.0 if self.wall is None else len(self.wall.piece_area) / float(self.wall.area.sum())


def touch_ground(side: Side, pose: Pose) -> Touch:
    """Pieces that lie on the plane z = 0."""
    wall = side.wall
    if wall is None or pose[2] > side.solid.bounding_radius + TOUCH:
        return NOTHING
    turn = Rotation.from_quat(pose[3:], scalar_first=True)
    low = turn.apply(wall.piece_place)[:, 2] + pose[2] < TOUCH
    down = turn.apply(wall.piece_normal)[:, 2] < OPPOSED
    return _summed(wall, np.flatnonzero(low & down), None)


def touch(one: Side, other: Side, one_pose: Pose, other_pose: Pose) -> Touch:
    """Pieces of a body that another one covers."""
    wall = one.wall
    if wall is None:
        return NOTHING
    turns = [Rotation.from_quat(pose[3:], scalar_first=True) for pose in (one_pose, other_pose)]
    way = turns[1].inv() * turns[0]
    shift = turns[1].inv().apply(one_pose[:3] - other_pose[:3])
    reach = other.solid.bounding_radius + TOUCH
    if np.linalg.norm(shift) > one.solid.bounding_radius + reach:
        return NOTHING
    places = way.apply(wall.piece_place) + shift
    low, high = (other.solid.mesh.vertices.min(0) - TOUCH, other.solid.mesh.vertices.max(0) + TOUCH)
    near = np.flatnonzero(((places > low) & (places < high)).all(1))
    gaps = [part.signed_distance(places[near]) for part in other.solid.parts]
    near = near[np.min(gaps, axis=0) < TOUCH] if len(near) else near
    if other.wall is None or other.tree is None or not len(near):
        return _summed(wall, near, None)
    found = other.tree.query(places[near])[1]
    normals = way.apply(wall.piece_normal[near])
    facing = np.einsum("si,si->s", normals, other.wall.piece_normal[found]) < OPPOSED
    return _summed(wall, near[facing], other.wall.piece_patch[found[facing]])


def is_same(one: Pose, other: Pose) -> bool:
    """Do two poses touch alike?"""
    return bool(np.abs(one - other).max() < STILL)


def _summed(wall: Wall, pieces: Int64[np.ndarray, " S"], others: np.ndarray | None) -> Touch:
    patches, areas = wall.piece_patch[pieces], wall.piece_area[pieces]
    others = np.full(len(pieces), -1) if others is None else others
    pairs, where = np.unique(np.stack([patches, others], 1), axis=0, return_inverse=True)
    totals = np.bincount(where.ravel(), areas, len(pairs)).astype(np.float64)
    return Touch(patches=pairs[:, 0], others=pairs[:, 1], areas=totals)
