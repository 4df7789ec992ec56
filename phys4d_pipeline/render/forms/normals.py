"""Faces between moving vertices -> normals of the vertices."""

import numpy as np
from jaxtyping import Float, Float32, Int32

from ...jit import exact


def smooth_normals(
    vertices: Float[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    groups: Int32[np.ndarray, " V"],
) -> Float32[np.ndarray, "V 3"]:
    """Means of the normals of the faces around each vertex, weighted by area.

    Args:
        vertices: Where they are.
        faces: Counter-clockwise seen from outside.
        groups: The vertex whose normal each one shares.

    Returns:
        Unit vectors; +z where the faces around a vertex have no area.
    """
    normals = np.empty((len(vertices), 3), np.float32)
    _add_faces(vertices, faces, groups, np.zeros((len(vertices), 3)), normals)
    return normals


@exact
def _add_faces(vertices, faces, groups, sums, normals):
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, az = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        bx, by, bz = vertices[j, 0] - ax, vertices[j, 1] - ay, vertices[j, 2] - az
        cx, cy, cz = vertices[k, 0] - ax, vertices[k, 1] - ay, vertices[k, 2] - az
        x, y, z = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
        for corner in (i, j, k):
            shared = groups[corner]
            sums[shared, 0] += x
            sums[shared, 1] += y
            sums[shared, 2] += z
    for vertex in range(len(vertices)):
        x, y, z = sums[groups[vertex], 0], sums[groups[vertex], 1], sums[groups[vertex], 2]
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            normals[vertex, 0] = x / length
            normals[vertex, 1] = y / length
            normals[vertex, 2] = z / length
        else:
            normals[vertex] = (0.0, 0.0, 1.0)
