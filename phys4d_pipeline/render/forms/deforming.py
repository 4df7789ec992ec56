"""Points = the vertices of the shape's mesh: cloth, membranes, soft bodies."""

import numpy as np
from jaxtyping import Float32, Int32
from scipy.spatial import cKDTree

from ... import shapes
from ...jit import exact
from ...scene import Body
from ...shapes import Mesh
from ...states import States
from .heat import heat_of
from .piece import Drawable, Piece

SAME_NORMAL = 0.02
"""Length of the difference (1.1 degrees): vertices at one place with less between them are one,
split for another reason than a hard edge."""


def drawable(body: Body, states: States, index: int) -> Drawable:
    """See `forms.drawable`."""
    return Deforming(body, states, index)


class Deforming:
    """A mesh that keeps its faces."""

    fixed = True
    exactness = "exact"

    def __init__(self, body: Body, states: States, index: int) -> None:
        mesh = shapes.mesh(body.shape)
        self._faces = mesh.faces
        self._rest = mesh.vertices.astype(np.float32)
        self._groups = smooth_vertices(mesh)
        self._points = states.points[index]
        self._states, self._index = states, index

    def at(self, frame: int, after: int, before: int) -> Piece:
        """See `Drawable.at`."""
        now = self._points[frame]
        normals = np.empty_like(self._rest)
        sums = np.empty((len(self._rest), 3))
        smooth_normals(now, self._faces, self._groups, sums, normals)
        return Piece(
            faces=self._faces,
            rest=self._rest,
            now=now,
            after=self._points[after],
            before=self._points[before],
            normals=normals,
            heat=heat_of(self._states, self._index, frame, len(now)),
        )


def smooth_vertices(mesh: Mesh) -> Int32[np.ndarray, " V"]:
    """For every vertex the first one that shares its place and normal."""
    scale = np.ptp(mesh.vertices, axis=0).max()
    places = np.column_stack([mesh.vertices / (1e-7 * scale), mesh.normals / SAME_NORMAL])
    groups = np.arange(len(places), dtype=np.int32)
    for one, other in sorted(cKDTree(places).query_pairs(1.0)):
        groups[other] = min(groups[other], groups[one])
    return groups


@exact
def smooth_normals(
    vertices: Float32[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    groups: Int32[np.ndarray, " V"],
    sums: np.ndarray,
    normals: Float32[np.ndarray, "V 3"],
) -> None:
    """Normals of vertices: means of the faces around them, weighted by area.

    Args:
        vertices: Where they are.
        faces: Between them.
        groups: The vertex whose normal each one shares.
        sums: (V, 3) f64, scratch.
        normals: Gets unit vectors; +z where the faces around a vertex have no area.
    """
    sums[:] = 0.0
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
