"""Poses and points -> where they are in another frame of coordinates, in float64."""

import numpy as np
from jaxtyping import Float, Float32, Float64

from ..jit import exact_borrowing


def pose_matrices(poses: np.ndarray) -> Float64[np.ndarray, "B 3 4"]:
    """Positions and quaternions wxyz (normalized here) -> world_from_body."""
    values = poses.astype(np.float64)
    w, x, y, z = (values[:, 3:] / np.linalg.norm(values[:, 3:], axis=1, keepdims=True)).T
    out = np.empty((len(values), 3, 4))
    out[:, 0, 0] = 1 - 2 * (y * y + z * z)
    out[:, 0, 1] = 2 * (x * y - w * z)
    out[:, 0, 2] = 2 * (x * z + w * y)
    out[:, 1, 0] = 2 * (x * y + w * z)
    out[:, 1, 1] = 1 - 2 * (x * x + z * z)
    out[:, 1, 2] = 2 * (y * z - w * x)
    out[:, 2, 0] = 2 * (x * z - w * y)
    out[:, 2, 1] = 2 * (y * z + w * x)
    out[:, 2, 2] = 1 - 2 * (x * x + y * y)
    out[:, :, 3] = values[:, :3]
    return out


@exact_borrowing
def place_vertices(points, place, matrices, out):
    """Put every point where the matrix of its own place says.

    Args:
        points: (V, 3) f64 [m].
        place: (V,) i32, row of `matrices`.
        matrices: (N, 3, 4) f64.
        out: (V, 3) f32, changed in place [m].
    """
    for i in range(len(points)):
        M = matrices[place[i]]
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for axis in range(3):
            out[i, axis] = np.float32(M[axis, 0] * x + M[axis, 1] * y + M[axis, 2] * z + M[axis, 3])


def moved(
    points: Float[np.ndarray, "N 3"], transform: Float64[np.ndarray, "3 4"]
) -> Float32[np.ndarray, "N 3"]:
    """Points taken into another frame of coordinates [m]."""
    out = np.empty((len(points), 3), np.float32)
    _move(points, np.ascontiguousarray(transform), out)
    return out


@exact_borrowing
def _move(points, M, out):
    for i in range(len(points)):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        for axis in range(3):
            out[i, axis] = np.float32(M[axis, 0] * x + M[axis, 1] * y + M[axis, 2] * z + M[axis, 3])
