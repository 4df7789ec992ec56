"""The scene's grid -> the kernels' nodes around it, and places in cells from the lowest of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from ...continuum import Grid

PAD = 4
"""Cells of the kernels' grid beyond the scene's on every side: nodes reach over 1.5 cells."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """How the device counts lengths: in cells, from the kernels' lowest node."""

    edge: float
    """Of a cell [m]."""
    origin: Float64[np.ndarray, "3"]
    """Where the lowest node is, world [m]."""
    counts: Int64[np.ndarray, "3"]
    """Nodes along x, y and z: whole blocks."""

    def from_world(self, places: Float64[np.ndarray, "*N 3"]) -> Float64[np.ndarray, "*N 3"]:
        """[m] -> [cells]."""
        return (places - self.origin) / self.edge

    def to_world(self, places: Float64[np.ndarray, "*N 3"]) -> Float64[np.ndarray, "*N 3"]:
        """[cells] -> [m]."""
        return self.origin + self.edge * places


def cells_around(grid: Grid) -> Cells:
    """The scene's, and PAD more on every side."""
    blocks = -(-(np.array(grid.cells) + 2 * PAD + 1) // 4)
    origin = np.array(grid.low) - PAD * grid.cell
    return Cells(edge=grid.cell, origin=origin, counts=4 * blocks)
