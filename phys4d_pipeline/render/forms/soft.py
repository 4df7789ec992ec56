"""Points = nodes of the tetrahedra in the shape: the drawn mesh hangs on them by fixed weights."""

import numpy as np
from jaxtyping import Float, Float32

from ... import shapes
from ...continuum import Grid
from ...scene import Body
from ...states import States
from .deforming import EXACTNESS, Deforming
from .piece import Drawable

__all__ = ["EXACTNESS", "drawable"]


def drawable(body: Body, states: States, index: int, _: Grid | None) -> Drawable:
    """See `forms.drawable`."""
    return Soft(body, states, index)


class Soft(Deforming):
    """A mesh that keeps its faces and its place in the material."""

    def __init__(self, body: Body, states: States, index: int) -> None:
        super().__init__(body, states, index)
        self._tetrahedra = shapes.tetrahedra(body.shape)

    def _drawn(self, points: Float32[np.ndarray, "P 3"]) -> Float[np.ndarray, "V 3"]:
        return self._tetrahedra.drawn(points)

    def _warm(self, heat: Float32[np.ndarray, " P"]) -> Float32[np.ndarray, " V"]:
        """Linear between the nodes."""
        table = self._tetrahedra
        return (table.weights * heat[table.corners]).sum(1).astype(np.float32)
