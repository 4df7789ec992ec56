"""Points = nodes of the tetrahedra in the shape: the drawn mesh hangs on them by fixed weights."""

import numpy as np
from jaxtyping import Float32

from ... import shapes
from ...continuum import Grid
from ...scene import Body
from ...states import States
from .deforming import smooth_vertices
from .heat import heat_of
from .normals import smooth_normals
from .piece import Drawable, Piece

EXACTNESS = "exact"


def drawable(body: Body, states: States, index: int, _: Grid | None) -> Drawable:
    """See `forms.drawable`."""
    return Soft(body, states, index)


class Soft:
    """A mesh that keeps its faces and its place in the material."""

    fixed = True
    exactness = EXACTNESS

    def __init__(self, body: Body, states: States, index: int) -> None:
        mesh = shapes.mesh(body.shape)
        self._tetrahedra = shapes.tetrahedra(body.shape)
        self._faces = mesh.faces
        self._rest = mesh.vertices.astype(np.float32)
        self._groups = smooth_vertices(mesh)
        self._points = states.points[index]
        self._states, self._index = states, index

    def at(self, frame: int, after: int, before: int) -> Piece:
        """See `Drawable.at`."""
        now = self._tetrahedra.drawn(self._points[frame])
        return Piece(
            faces=self._faces,
            rest=self._rest,
            now=now,
            after=self._tetrahedra.drawn(self._points[after]),
            before=self._tetrahedra.drawn(self._points[before]),
            normals=smooth_normals(now, self._faces, self._groups),
            heat=self._heat(frame),
        )

    def _heat(self, frame: int) -> Float32[np.ndarray, " V"]:
        """Temperatures of the nodes, linear between them."""
        of_nodes = heat_of(self._states, self._index, frame, self._points.shape[1])
        table = self._tetrahedra
        return (table.weights * of_nodes[table.corners]).sum(1).astype(np.float32)
