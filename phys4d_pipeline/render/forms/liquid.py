"""Points = particles of a liquid: the surface around them, anew at every frame.

The surface has no material points of its own: its motion is that of the particles beside it
(`advected`), and so are its rest positions and its temperature.
"""

import numpy as np
from jaxtyping import Float32
from scipy.spatial.transform import Rotation

from ...scene import Body
from ...states import States
from .carry import carried, near, settle
from .density import filled, particles_of
from .heat import heat_of
from .piece import Drawable, Piece
from .surface_nets import surface

REACH = 4.0
"""How far a particle is felt, in radii: two spacings."""
SPACING = 1.0
"""Of the lattice, in radii."""


def drawable(body: Body, states: States, index: int) -> Drawable:
    """See `forms.drawable`."""
    return Liquid(body, states, index)


class Liquid:
    """A surface whose vertices are others at every frame."""

    fixed = False
    exactness = "advected"

    def __init__(self, body: Body, states: States, index: int) -> None:
        self._points, self._radii = states.points[index], states.radii[index]
        self._radius = float(np.median(self._radii))
        turn = Rotation.from_quat(body.quaternion, scalar_first=True)
        start = self._points[0].astype(np.float64) - body.position
        self._rest = turn.inv().apply(start).astype(np.float32)
        self._states, self._index = states, index

    def at(self, frame: int, after: int, before: int) -> Piece:
        """See `Drawable.at`."""
        points = self._points[frame]
        particles = particles_of(points, self._radii, REACH * self._radius)
        lattice, particles = filled(particles, SPACING * self._radius)
        vertices, faces = surface(lattice)
        around = near(particles, vertices)
        normals = np.empty(vertices.shape, np.float32)
        settle(around, vertices, 0.5 * lattice.spacing, normals)
        moved = self._carried(frame, after, before)[around.order]
        values = np.empty((len(vertices), moved.shape[1]), np.float32)
        carried(around, vertices, moved, values)
        return Piece(
            faces=faces,
            rest=values[:, 6:9],
            now=vertices,
            after=vertices + values[:, :3],
            before=vertices + values[:, 3:6],
            normals=normals,
            heat=values[:, 9],
        )

    def _carried(self, frame: int, after: int, before: int) -> Float32[np.ndarray, "P 10"]:
        """Of every particle: displacements to the two frames, rest position, temperature."""
        now = self._points[frame]
        heat = heat_of(self._states, self._index, frame, len(now))
        others = (self._points[after] - now, self._points[before] - now, self._rest)
        return np.column_stack([*others, heat])
