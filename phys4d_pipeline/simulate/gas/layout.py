"""Cells of a box -> places in flat arrays, with one layer of outside cells around the box.

Cell (i, j, k), counted from 1, is number (i * (ny + 2) + j) * (nz + 2) + k of its array. A face has
the number of the cell above it: u, v, w of a cell are the velocities through its low faces. Rows
along z are contiguous, so that loops along them run in SIMD lanes.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ...kernels import ti


@dataclass(frozen=True)
class Layout:
    """Counts of cells along x, y and z."""

    nx: int
    ny: int
    nz: int
    first: int = 0
    """Where this box begins in an array that several share."""

    @property
    def cells(self) -> tuple[int, int, int]:
        """Counts, without the outside layer."""
        return self.nx, self.ny, self.nz

    @property
    def padded(self) -> tuple[int, int, int]:
        """Counts with the outside layer on both sides."""
        return self.nx + 2, self.ny + 2, self.nz + 2

    @property
    def size(self) -> int:
        """Numbers in an array."""
        return (self.nx + 2) * (self.ny + 2) * (self.nz + 2)

    @property
    def arguments(self) -> tuple[int, int, int, int]:
        """As kernels take them."""
        return self.first, self.nx, self.ny, self.nz

    def flat(self, values: Float32[np.ndarray, "_ _ _"]) -> Float32[np.ndarray, " N"]:
        """One number per cell, or per face of one direction -> an array, 0 elsewhere."""
        full = np.zeros(self.padded, np.float32)
        x, y, z = values.shape
        full[1 : 1 + x, 1 : 1 + y, 1 : 1 + z] = values
        return full.ravel()

    def cube(
        self, flat: Float32[np.ndarray, " N"], axis: int | None = None
    ) -> Float32[np.ndarray, "_ _ _"]:
        """An array -> one number per cell, or per face across an axis."""
        x, y, z = (n + (d == axis) for d, n in enumerate(self.cells))
        return flat.reshape(self.padded)[1 : 1 + x, 1 : 1 + y, 1 : 1 + z]


def zeros(size: int) -> ti.Ndarray:
    """A flat array."""
    array = ti.ndarray(ti.f32, shape=(size,))
    array.fill(0.0)
    return array
