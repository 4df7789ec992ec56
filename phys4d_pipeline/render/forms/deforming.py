"""Points = the vertices of the shape's mesh: cloth, membranes, soft bodies."""

import numpy as np
from jaxtyping import Float, Float32, Int32
from scipy.spatial import KDTree

from ... import shapes
from ...continuum import Grid
from ...scene import Body
from ...shapes import Mesh
from ...states import States
from .heat import heat_of
from .normals import smooth_normals
from .piece import Drawable, Piece

SAME_NORMAL = 0.02
"""Length of the difference (1.1 degrees): vertices at one place with less between them are one,
split for another reason than a hard edge."""

EXACTNESS = "exact"


def drawable(body: Body, states: States, index: int, _: Grid | None) -> Drawable:
    """See `forms.drawable`."""
    return Deforming(body, states, index)


class Deforming:
    """A mesh that keeps its faces."""

    fixed = True
    exactness = EXACTNESS

    def __init__(self, body: Body, states: States, index: int) -> None:
        mesh = shapes.mesh(body.shape)
        self._faces = mesh.faces
        self._rest = mesh.vertices.astype(np.float32)
        self._groups = smooth_vertices(mesh)
        self._points = states.points[index]
        self._states, self._index = states, index

    def at(self, frame: int, after: int, before: int) -> Piece:
        """See `Drawable.at`."""
        now = self._drawn(self._points[frame])
        return Piece(
            faces=self._faces,
            rest=self._rest,
            now=now,
            after=self._drawn(self._points[after]),
            before=self._drawn(self._points[before]),
            normals=smooth_normals(now, self._faces, self._groups),
            heat=self._warm(heat_of(self._states, self._index, frame, self._points.shape[1])),
        )

    def _drawn(self, points: Float32[np.ndarray, "P 3"]) -> Float[np.ndarray, "V 3"]:
        """Vertices where the points are."""
        return points

    def _warm(self, heat: Float32[np.ndarray, " P"]) -> Float32[np.ndarray, " V"]:
        """Of the vertices, from what the points have."""
        return heat


def smooth_vertices(mesh: Mesh) -> Int32[np.ndarray, " V"]:
    """For every vertex the first one that shares its place and normal."""
    scale = np.ptp(mesh.vertices, axis=0).max()
    places = np.column_stack([mesh.vertices / (1e-7 * scale), mesh.normals / SAME_NORMAL])
    groups = np.arange(len(places), dtype=np.int32)
    for one, other in sorted(KDTree(places).query_pairs(1.0)):
        groups[other] = min(groups[other], groups[one])
    return groups
