"""Triangles of skins and soft bodies -> what of them, and of ropes, may touch each other."""

import numpy as np
from jaxtyping import Float64, Int64

from ...clearance.piercing import edges_of
from ..world.model import World
from .model import Touch

SKIN_EDGES = 0.5
"""What may touch is listed up to this share of the median edge apart [1]: in a flat sheet of even
triangles that is nearer than any pair without a common corner."""


def touching(
    world: World, faces: Int64[np.ndarray, "F 3"], rest: Float64[np.ndarray, "N 3"]
) -> Touch:
    """Surfaces of soft things, and ropes beside them.

    Args:
        world: Its points and ropes.
        faces: Points of the triangles of all skins and all soft bodies' boundaries.
        rest: Places of all points when their own body is at rest [m].
    """
    edges = edges_of(faces)
    lengths = np.linalg.norm(rest[edges[:, 1]] - rest[edges[:, 0]], axis=1)
    segments = np.stack([world.segments, world.segments + 1], axis=1)
    strands = np.flatnonzero(world.points.chain >= 0)
    has_faces = len(faces) > 0
    return Touch(
        vertices=np.concatenate([strands, np.unique(faces)]) if has_faces else strands[:0],
        edges=np.concatenate([segments, edges]) if has_faces else edges,
        faces=np.ascontiguousarray(faces),
        rest=rest,
        skin=np.array([SKIN_EDGES * float(np.median(lengths)) if has_faces else 0.0]),
    )
