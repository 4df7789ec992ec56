"""A mesh -> where it is not smooth: the edges that its faces meet in at an angle, and corners."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .solid import Mesh, weld

SHARPEST = np.cos(np.radians(40.0))
"""Between the normals of neighbouring faces of a smooth surface, drawn with 16 sides or more."""
STRAIGHT = np.cos(np.radians(45.0))
"""Between the two edges at a place that a crease runs through."""


class Creases(NamedTuple):
    """Of a closed mesh."""

    corners: Float64[np.ndarray, "C 3"]
    """Where creases end, meet or turn [m]"""
    edges: Float64[np.ndarray, "S 2 3"]
    """[m]"""
    patches: Int64[np.ndarray, " F"]
    """For each face, the smooth part of the surface that it belongs to"""


def creases(mesh: Mesh) -> Creases:
    """Find them; vertices at one place count as one."""
    kept, place_of = weld(mesh)
    places, faces = mesh.vertices[kept], place_of[mesh.faces]
    a, b, c = places[faces].transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    ends = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), axis=1)
    order = np.lexsort(ends.T)
    pairs = order.reshape(-1, 2)  # of half edges: a closed mesh has two on every edge
    one, other = pairs[:, 0] // 3, pairs[:, 1] // 3
    is_sharp = (normals[one] * normals[other]).sum(1) < SHARPEST
    smooth = coo_array(
        (np.ones((~is_sharp).sum(), np.int8), (one[~is_sharp], other[~is_sharp])),
        (len(faces),) * 2,
    )
    sharp = ends[pairs[is_sharp, 0]]
    return Creases(
        corners=places[_corners(places, sharp)],
        edges=places[sharp],
        patches=connected_components(smooth, directed=False)[1].astype(np.int64),
    )


def _corners(
    places: Float64[np.ndarray, "P 3"], sharp: Int64[np.ndarray, "S 2"]
) -> Int64[np.ndarray, " C"]:
    degrees = np.bincount(sharp.ravel(), minlength=len(places))
    away = np.concatenate([sharp, sharp[:, ::-1]])
    away = away[np.argsort(away[:, 0], kind="stable")]
    through = away[degrees[away[:, 0]] == 2].reshape(-1, 2, 2)
    rays = places[through[:, :, 1]] - places[through[:, :, 0]]
    rays /= np.linalg.norm(rays, axis=2, keepdims=True)
    turns = -(rays[:, 0] * rays[:, 1]).sum(1) < STRAIGHT
    ends = np.flatnonzero((degrees > 0) & (degrees != 2))
    return np.sort(np.concatenate([ends, through[turns, 0, 0]]))
