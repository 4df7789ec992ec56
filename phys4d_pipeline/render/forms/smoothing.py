"""Bumps of single particles -> a smooth surface around the same volume."""

import numpy as np
from jaxtyping import Float32, Float64, Int32

from ...jit import fast
from .walls import Held

STEP = 0.6
"""Share of the way to the mean of the neighbours."""


def smooth(
    vertices: Float64[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    weights: Float32[np.ndarray, " V"],
    steps: int,
    held: Held,
) -> Float64[np.ndarray, "V 3"]:
    """Vertices of a closed surface, each moved towards its neighbours, the volume kept.

    Args:
        vertices: Where they are.
        faces: Each neighbour of a vertex follows it in exactly one face.
        weights: 0 leaves a vertex where it is, 1 smooths it fully.
        steps: A wave of n edges loses half its height in about (n / 6)^2 of them.
        held: Vertices on walls stay on them; those all around which are walls stay where they are
            and pull at no others: a surface goes on as if mirrored by the wall it ends at.
    """
    middle = vertices.mean(0)  # around it float32 is fine enough anywhere in the world
    now, other = (vertices - middle).astype(np.float32), np.empty(vertices.shape, np.float32)
    weights = np.where(held.inner, np.float32(0), weights)
    shares = np.float32(STEP) * weights[:, None] * held.free
    before = _volume(now, faces, other)
    for _ in range(steps):
        _step(now, faces, held.inner, shares, other)
        now, other = other, now
    areas = np.empty_like(now)
    lost = before - _volume(now, faces, areas)
    sizes = np.maximum(np.linalg.norm(areas, axis=1), 1e-30)[:, None]
    outward = weights[:, None] * held.free * areas / sizes
    moved = float((outward * areas).sum())
    if moved > 0.0:
        now += np.float32(lost / moved) * outward
    return np.where(held.free, now + middle, vertices)


def smooth_directions(
    normals: Float32[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"], steps: int, held: Held
) -> Float32[np.ndarray, "V 3"]:
    """Unit vectors, each turned towards its neighbours'; those on walls stay as they are."""
    now, other = normals.copy(), np.empty_like(normals)
    shares = np.where(held.inner, np.float32(0), np.float32(STEP))[:, None].repeat(3, 1)
    for _ in range(steps):
        _step(now, faces, held.inner, shares, other)
        now, other = other, now
    lengths = np.linalg.norm(now, axis=1, keepdims=True)
    # Where neighbours cancel out, as on a sliver, the vertex keeps its own.
    return np.where(lengths > 0.1, now / np.maximum(lengths, np.float32(0.1)), normals)


@fast
def _step(vertices, faces, inner, shares, out):
    counts = np.zeros(len(vertices), np.float32)
    out[:] = 0.0
    for face in range(len(faces)):
        for corner in range(3):
            here, there = faces[face, corner], faces[face, (corner + 1) % 3]
            if inner[there]:
                continue
            counts[here] += np.float32(1.0)
            out[here, 0] += vertices[there, 0]
            out[here, 1] += vertices[there, 1]
            out[here, 2] += vertices[there, 2]
    for vertex in range(len(vertices)):
        count = max(counts[vertex], np.float32(1.0))
        for axis in range(3):
            here = vertices[vertex, axis]
            out[vertex, axis] = here + shares[vertex, axis] * (out[vertex, axis] / count - here)


@fast
def _volume(vertices, faces, areas):
    """Inside a closed surface; `areas` gets each vertex's third of the faces around it."""
    areas[:] = 0.0
    total = 0.0
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, az = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        bx, by, bz = vertices[j, 0] - ax, vertices[j, 1] - ay, vertices[j, 2] - az
        cx, cy, cz = vertices[k, 0] - ax, vertices[k, 1] - ay, vertices[k, 2] - az
        x, y, z = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
        total += ax * x + ay * y + az * z
        for corner in (i, j, k):
            areas[corner, 0] += x / 6
            areas[corner, 1] += y / 6
            areas[corner, 2] += z / 6
    return total / 6
