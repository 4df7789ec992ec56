"""Bodies -> which shares of the faces of cells they close, by sampling cells SUB times each way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int16, Int64
from scipy.spatial.transform import Rotation

from ...shapes import ConvexPart, Solid

SUB = 4
"""Samples along each edge of a cell: walls thinner than a quarter of a cell are made as thick."""
MARGIN = 1
"""Cells around a block that its outer faces look into."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A solid somewhere."""

    solid: Solid
    pose: Float64[np.ndarray, "7"]
    """Position [m], quaternion wxyz."""
    velocity: Float64[np.ndarray, "6"]
    """[m/s, rad/s]"""

    def speeds(self, points: Float64[np.ndarray, "*N 3"], axis: int) -> Float64[np.ndarray, "*N"]:
        """Of its matter at world points, along an axis [m/s]."""
        arms = points - self.pose[:3]
        return self.velocity[axis] + np.cross(self.velocity[3:], arms)[..., axis]

    def box(self) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
        """Lowest and highest corner of the box around it [m]."""
        turn = Rotation.from_quat(self.pose[3:], scalar_first=True)
        vertices = turn.apply(self.solid.mesh.vertices.copy()) + self.pose[:3]
        return vertices.min(0), vertices.max(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Faces:
    """Of a block of cells, faces across one axis."""

    opening: Float32[np.ndarray, "X Y Z"]
    """Share that is open [1]."""
    shares: dict[int, Float32[np.ndarray, "X Y Z"]]
    """By owner: the share that it closes [1]."""


class Raster:
    """Fine samples of a block of cells: 0 open, else 1 + the index of the body there."""

    def __init__(
        self,
        low: Float64[np.ndarray, "3"],
        cell: float,
        first: Int64[np.ndarray, "3"],
        last: Int64[np.ndarray, "3"],
    ) -> None:
        """An empty block.

        Args:
            low: Lowest corner of the grid [m].
            cell: Edge of a cell [m].
            first: Lowest cell of the block along x, y, z, counted from 0.
            last: The one beyond the highest.
        """
        self.counts = np.subtract(last, first)
        self.step = cell / SUB
        self.corner = low + cell * (np.asarray(first, float) - MARGIN)
        shape = (self.counts + 2 * MARGIN) * SUB
        self.owners: Int16[np.ndarray, "X Y Z"] = np.zeros(shape, np.int16)

    def add(self, owner: int, placed: Placed) -> None:
        """Mark what a solid takes up, where nothing was before."""
        turn = Rotation.from_quat(placed.pose[3:], scalar_first=True)
        for part in placed.solid.parts:
            moved = part.moved(turn, placed.pose[:3])
            low, high = _extent(moved)
            first = np.maximum(np.floor((low - self.corner) / self.step).astype(int) - 1, 0)
            last = np.ceil((high - self.corner) / self.step).astype(int) + 1
            last = np.minimum(last, self.owners.shape)
            if (last <= first).any():
                continue
            axes = [
                self.corner[d] + self.step * (np.arange(first[d], last[d]) + 0.5) for d in range(3)
            ]
            points = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
            depth = -moved.signed_distance(points.reshape(-1, 3)).reshape(points.shape[:3])
            # A sheet between two layers of samples would let air through.
            thinnest = max(0.5 * self.step - max(depth.max(), 0.0), 0.0)
            block = self.owners[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
            block[(depth > -thinnest) & (block == 0)] = owner + 1

    def filled(self, owner: int) -> Float32[np.ndarray, "X Y Z"]:
        """Share of every cell of the block that a body takes up [1]."""
        inner = tuple(slice(MARGIN * SUB, -MARGIN * SUB) for _ in range(3))
        x, y, z = self.counts
        mine = (self.owners[inner] == owner + 1).reshape(x, SUB, y, SUB, z, SUB)
        return mine.mean((1, 3, 5), dtype=np.float32)

    def faces(self, axis: int, owners: Sequence[int]) -> Faces:
        """Of the block: one face more along the axis than cells.

        A face is closed where a body reaches it, or a wall stands between it and the middle of
        either cell.
        """
        layers = np.moveaxis(self.owners, axis, 0)
        across = tuple(slice(MARGIN * SUB, -MARGIN * SUB) for _ in range(2))
        count, half = int(self.counts[axis]) + 1, SUB // 2
        base = MARGIN * SUB + SUB * np.arange(count)
        near = [layers[base + k][(slice(None), *across)] for k in range(-half - 1, half + 1)]
        closing = np.zeros_like(near[0])
        for k in range(half):  # from the face outwards, so that the nearest body owns it
            for inner, outer in ((half - k, half - k - 1), (half + 1 + k, half + 2 + k)):
                is_wall = near[inner] > 0 if k == 0 else (near[inner] > 0) & (near[outer] == 0)
                np.copyto(closing, near[inner], where=is_wall & (closing == 0))
        shape = (count, closing.shape[1] // SUB, SUB, closing.shape[2] // SUB, SUB)
        cut = closing.reshape(shape)

        def share(mask: Bool[np.ndarray, "..."]) -> Float32[np.ndarray, "X Y Z"]:
            return np.moveaxis(mask.mean((2, 4), dtype=np.float32), 0, axis)

        return Faces(
            opening=share(cut == 0), shares={owner: share(cut == owner + 1) for owner in owners}
        )


def _extent(part: ConvexPart) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
    """Box around a part in the world [m]."""
    if part.kind == "hull":
        return part.points.min(0), part.points.max(0)
    turn = Rotation.from_quat(part.quaternion, scalar_first=True).as_matrix()
    if part.kind == "box":
        reach = np.abs(turn) @ np.array(part.sizes)
    elif part.kind == "sphere":
        reach = np.full(3, part.sizes[0])
    else:  # cylinder or capsule: within a box around its axis
        along = part.sizes[1] + (part.sizes[0] if part.kind == "capsule" else 0.0)
        reach = np.abs(turn) @ np.array([part.sizes[0], part.sizes[0], along])
    middle = np.array(part.position)
    return middle - reach, middle + reach
