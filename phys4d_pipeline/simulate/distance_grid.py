"""Solid -> signed distances at the nodes of a cubic lattice in its body frame; thinnest wall.

Near the surface distances are exact for the solid (sphere, cylinder, capsule, box) or for its
mesh; farther than BAND nodes from a mesh they are right to a few per cent. Negative inside.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from scipy.ndimage import distance_transform_edt, map_coordinates

from ..clearance.solids import distance as to_parts
from ..errors import SceneError
from ..shapes import Solid
from ..shapes.crossings import is_inside
from .surface_distance import fill_band, wall_depths

BAND = 3.0
"""Nodes on either side of a mesh within which distances are exact [nodes]."""
MOST_NODES = 12_000_000
"""Of one body: 48 MB, and seconds of sampling."""
MOST_RAYS = 2_000
"""Through the solid, in search of its thinnest wall: a mesh with more faces gets every n-th."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DistanceGrid:
    """Signed distances of one solid."""

    low: tuple[float, float, float]
    """Where the first node is, body frame [m]."""
    spacing: float
    """From node to node [m]."""
    values: Float32[np.ndarray, "X Y Z"]
    """[m]"""

    def at(self, points: Float[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
        """Trilinear distances at body-frame points [m]; outside the lattice those of its border."""
        places = (np.asarray(points, np.float64) - self.low) / self.spacing
        return map_coordinates(
            self.values, places.T, output=np.float64, order=1, mode="nearest", prefilter=False
        )


@lru_cache(maxsize=256)
def distance_grid(solid: Solid, spacing: float, margin: float) -> DistanceGrid:
    """Sample a solid; the same solid at the same spacing is sampled once per process.

    Args:
        solid: From `shapes.build`; closed.
        spacing: From node to node [m]; at most a third of its thinnest wall, or walls get holes.
        margin: How far the lattice reaches beyond the solid [m].

    Raises:
        SceneError: If the solid is open, or the lattice would not fit in memory.
    """
    if not solid.mesh.is_closed:
        raise SceneError("An open surface has no inside; close it before liquid or sand meets it.")
    low = solid.mesh.vertices.min(0) - margin
    counts = np.ceil((solid.mesh.vertices.max(0) + margin - low) / spacing).astype(int) + 1
    if counts.prod() > MOST_NODES:
        size = ", ".join(f"{1e3 * extent:.4g}" for extent in np.ptp(solid.mesh.vertices, axis=0))
        raise SceneError(
            f"A body of {size} mm sampled every {1e3 * spacing:.3g} mm takes {counts.prod()} "
            f"nodes, at most {MOST_NODES} fit. Give it thicker walls, cut it into several bodies, "
            "or use larger cells."
        )
    values = _of_primitive if _is_primitive(solid) else _of_mesh
    found = values(solid, low, spacing, counts).astype(np.float32)
    found.setflags(write=False)
    x, y, z = (float(number) for number in low)
    return DistanceGrid(low=(x, y, z), spacing=spacing, values=found)


@lru_cache(maxsize=1024)
def thinnest(solid: Solid) -> float:
    """Least thickness of its walls, along normals from the middles of its faces [m]."""
    if _is_primitive(solid):
        kind, sizes = solid.parts[0].kind, solid.parts[0].sizes
        return 2.0 * (sizes[0] if kind == "capsule" else min(sizes))
    triangles = solid.mesh.vertices[solid.mesh.faces]
    step = -(-len(triangles) // MOST_RAYS)
    return float(wall_depths(triangles, step).min())


def _is_primitive(solid: Solid) -> bool:
    return len(solid.parts) == 1 and solid.parts[0].kind != "hull"


def _of_primitive(
    solid: Solid, low: Float64[np.ndarray, "3"], spacing: float, counts: Int64[np.ndarray, "3"]
) -> Float64[np.ndarray, "X Y Z"]:
    nodes = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1).reshape(-1, 3)
    return to_parts(solid, low + spacing * nodes, np.inf).reshape(counts)


def _of_mesh(
    solid: Solid, low: Float64[np.ndarray, "3"], spacing: float, counts: Int64[np.ndarray, "3"]
) -> Float64[np.ndarray, "X Y Z"]:
    triangles = (solid.mesh.vertices[solid.mesh.faces] - low) / spacing
    squares = np.full(counts, np.inf)
    fill_band(triangles, squares, BAND)
    near = squares <= BAND**2
    nearest = np.indices(squares.shape, np.int32)
    distance_transform_edt(~near, return_distances=False, return_indices=True, indices=nearest)
    beyond = np.sqrt(((np.indices(squares.shape) - nearest) ** 2).sum(0))
    size = np.sqrt(squares[tuple(nearest)]) + beyond
    return spacing * np.where(is_inside(triangles, counts), -size, size)
