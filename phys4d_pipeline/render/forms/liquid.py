"""Points = particles of a liquid: the surface around them, anew at every frame.

The surface has no material points of its own: its motion is that of the particles beside it
(`advected`), and so are its rest positions and its temperature.
"""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from ...continuum import Grid
from ...scene import Body
from ...states import States
from .carry import carried, near, settle
from .density import filled, particles_of
from .drops import fill_drops
from .heat import heat_of
from .normals import smooth_normals
from .piece import Drawable, Piece
from .smoothing import smooth, smooth_directions
from .surface_nets import surface
from .walls import NO_WALL, Split, cut, held, images, split, walls_of

EXACTNESS = "advected"
REACH = 5.0
"""How far a particle is felt, in radii: two and a half spacings."""
SPACING = 1.4
"""Of the lattice, in radii: every drop contains a lattice point."""
STEPS, TURNS = 10, 6
"""Of smoothing the places and the normals."""
SPRAY, BULK = 0.2, 0.6
"""Particles felt, as a share of those felt on a flat surface: drops and threads keep their shape,
wide surfaces are smoothed."""


def drawable(body: Body, states: States, index: int, grid: Grid | None) -> Drawable:
    """See `forms.drawable`."""
    return Liquid(body, states, index, grid)


class Liquid:
    """A surface whose vertices are others at every frame."""

    fixed = False
    exactness = EXACTNESS

    def __init__(self, body: Body, states: States, index: int, grid: Grid | None) -> None:
        self._points, self._radii = states.points[index], states.radii[index]
        self._radius = float(np.median(self._radii))
        turn = Rotation.from_quat(body.quaternion, scalar_first=True)
        start = self._points[0].astype(np.float64) - body.position
        self._rest = turn.inv().apply(start).astype(np.float32)
        self._states, self._index, self._walls = states, index, walls_of(grid)

    def at(self, frame: int, after: int, before: int) -> Piece:
        """See `Drawable.at`."""
        vertices, hard = self._surface(self._points[frame])
        around = near(particles_of(self._points[frame], self._radii, REACH), vertices)
        values = self._carried(frame, after, before)[around.order]
        on_surface = np.empty((len(vertices), values.shape[1]), np.float32)
        carried(around, vertices, values, on_surface)
        # Continued beyond the outermost particles, but never beyond what they are.
        on_surface[:, 9].clip(values[:, 9].min(), values[:, 9].max(), out=on_surface[:, 9])
        vertices, on_surface = vertices[hard.place], on_surface[hard.place]
        return Piece(
            faces=hard.faces,
            rest=on_surface[:, 6:9],
            now=vertices,
            after=vertices + on_surface[:, :3],
            before=vertices + on_surface[:, 3:6],
            normals=hard.normals,
            heat=on_surface[:, 9],
            place=hard.place,
        )

    def _surface(
        self, points: Float32[np.ndarray, "P 3"]
    ) -> tuple[Float64[np.ndarray, "V 3"], Split]:
        """Vertices around particles, and the faces between them, ending at the walls."""
        mirrored, whose = images(points, self._walls, REACH * self._radius)
        points = np.concatenate([points, mirrored])
        radii = np.concatenate([self._radii, self._radii[whose]])
        lattice, particles = filled(particles_of(points, radii, REACH), SPACING * self._radius)
        cut(lattice, self._walls)
        vertices, faces = surface(lattice)
        on_walls = held(vertices, faces, self._walls, lattice)
        around = near(particles, vertices)
        felt, settled = np.empty(len(vertices), np.float32), vertices.copy()
        settle(around, settled, 0.5 * lattice.spacing, felt)
        moves = on_walls.free & ~on_walls.inner[:, None]
        vertices = np.where(moves, np.clip(settled, *self._walls), vertices)
        flat = REACH**3 * np.pi / 12  # particles in half the ball that a place on it feels
        weights = np.clip((felt / np.float32(flat) - SPRAY) / (BULK - SPRAY), 0, 1)
        vertices = smooth(vertices, faces, weights.astype(np.float32), STEPS, on_walls)
        fill_drops(vertices, faces, points[: len(self._radii)], self._radii)
        vertices = np.where(on_walls.free, np.clip(vertices, *self._walls), vertices)
        every = np.arange(len(vertices), dtype=np.int32)
        normals = smooth_normals(vertices, faces[on_walls.wall == NO_WALL], every)
        normals = smooth_directions(normals, faces, TURNS, on_walls)
        return vertices, split(faces, normals, on_walls)

    def _carried(self, frame: int, after: int, before: int) -> Float32[np.ndarray, "P 10"]:
        """Of every particle: displacements to the two frames, rest position, temperature."""
        now = self._points[frame]
        heat = heat_of(self._states, self._index, frame, len(now))
        others = (self._points[after] - now, self._points[before] - now, self._rest)
        return np.column_stack([*others, heat])
