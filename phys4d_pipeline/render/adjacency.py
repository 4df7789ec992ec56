"""Faces of a mesh -> which face lies across each of their edges."""

import numpy as np
from jaxtyping import Int32

from ..jit import exact
from ..shapes import Mesh, weld

OPEN = np.int32(-1)
"""Across an edge that only one face has."""


def faces_across(mesh: Mesh) -> Int32[np.ndarray, "F 3"]:
    """For every face and corner, the face across the edge opposite the corner, or OPEN.

    Vertices at one place count as one: hard edges have them twice.
    """
    _, place_of = weld(mesh)
    return _paired(place_of.astype(np.int32)[mesh.faces])


def faces_across_welded(faces: Int32[np.ndarray, "F 3"]) -> Int32[np.ndarray, "F 3"]:
    """The same for a mesh that has no two vertices at one place."""
    return _paired(np.ascontiguousarray(faces))


def joined_across(parts: list[Int32[np.ndarray, "F 3"]]) -> Int32[np.ndarray, "F 3"]:
    """The same for meshes whose faces come one after the other."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    moved = [shifted(part, start) for part, start in zip(parts, starts, strict=False)]
    return np.concatenate([np.zeros((0, 3), np.int32), *moved])


def shifted(across: Int32[np.ndarray, "F 3"], start: int) -> Int32[np.ndarray, "F 3"]:
    """The same for a mesh whose faces come after `start` others."""
    return np.where(across == OPEN, OPEN, across + np.int32(start))


@exact
def _paired(faces):
    """Half-edges wait in a list of their lower corner until the other half comes along."""
    across = np.full(faces.shape, OPEN)
    if len(faces) == 0:
        return across
    waiting = np.full(faces.max() + 1, OPEN)
    after = np.full(3 * len(faces), OPEN)
    for face in range(len(faces)):
        for corner in range(3):
            a, b = faces[face, (corner + 1) % 3], faces[face, (corner + 2) % 3]
            low, high = min(a, b), max(a, b)
            half, before = waiting[low], OPEN
            while half != OPEN:
                f, k = half // 3, half % 3
                if max(faces[f, (k + 1) % 3], faces[f, (k + 2) % 3]) == high:
                    break
                half, before = after[half], half
            if half == OPEN:
                half = np.int32(3 * face + corner)
                after[half], waiting[low] = waiting[low], half
                continue
            across[face, corner], across[half // 3, half % 3] = half // 3, face
            if before == OPEN:
                waiting[low] = after[half]
            else:
                after[before] = after[half]
    return across
