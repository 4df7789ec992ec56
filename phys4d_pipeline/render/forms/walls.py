"""The closed sides of a grid -> liquid that lies flat against them, its surface ending there.

Behind a wall lie mirror images of the particles before it, so that the liquid's surface meets it
at a right angle; what is behind the wall is cut off.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64

from ...continuum import SIDES, Grid
from ...jit import fast
from .density import BLOCK, Lattice

NO_WALL = -1
EMPTY = 0.0
"""Share of the space behind a wall that is filled."""


class Walls(NamedTuple):
    """Planes across x, y and z that liquid lies between."""

    low: Float64[np.ndarray, "3"]
    """[m]; -inf where the side is open"""
    high: Float64[np.ndarray, "3"]
    """[m]; +inf where the side is open"""


class Held(NamedTuple):
    """Vertices of a surface that lie on walls."""

    free: Bool[np.ndarray, "V 3"]
    """Along which axes each vertex may move"""
    inner: Bool[np.ndarray, " V"]
    """On walls, and so is everything around it"""
    wall: Int32[np.ndarray, " F"]
    """Which of the six all corners of a face lie on, low x, high x, low y ...; or NO_WALL"""


class Split(NamedTuple):
    """A surface with hard edges where it meets walls."""

    faces: Int32[np.ndarray, "F 3"]
    normals: Float32[np.ndarray, "W 3"]
    place: Int32[np.ndarray, " W"]
    """Of every vertex, which of those before the split it was"""


def walls_of(grid: Grid | None) -> Walls:
    """What liquid in a grid cannot leave through."""
    ends = np.array([[-np.inf] * 3, [np.inf] * 3])
    if grid is not None:
        closed = [side for side in SIDES if side not in grid.open_sides]
        for side in closed:
            which, axis = "-+".index(side[0]), "xyz".index(side[1])
            ends[which, axis] = (grid.low, grid.high)[which][axis]
    return Walls(ends[0], ends[1])


def images(
    points: Float32[np.ndarray, "P 3"], walls: Walls, reach: float
) -> tuple[Float32[np.ndarray, "M 3"], Int64[np.ndarray, " M"]]:
    """Mirror images behind the walls of points within reach of them, and whose they are."""
    places, whose = points, np.arange(len(points))
    for axis in range(3):
        for plane, sign in ((walls.low[axis], 1.0), (walls.high[axis], -1.0)):
            if not np.isfinite(plane):
                continue
            near = sign * (places[:, axis] - plane) < reach
            mirrored = places[near].copy()
            mirrored[:, axis] = np.float32(2 * plane) - mirrored[:, axis]
            places = np.concatenate([places, mirrored])
            whose = np.concatenate([whose, whose[near]])
    return places[len(points) :], whose[len(points) :]


def cut(lattice: Lattice, walls: Walls) -> None:
    """Empty the space behind the walls, so that the surface of the rest lies on them."""
    _cut(lattice.places, *_in_lattice(walls, lattice), lattice.blocks)


def _in_lattice(
    walls: Walls, lattice: Lattice
) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
    """In units of the lattice, from the table's corner; infinite ones stay so."""
    low, high = (ends / lattice.spacing - lattice.corner for ends in walls)
    return low, high


def held(
    vertices: Float64[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    walls: Walls,
    lattice: Lattice,
) -> Held:
    """Put vertices of cells that a wall cuts onto it, in place, and say which they are.

    `cut` counts what lies on a wall as behind it: this tells which cell has the crossing.
    """
    low, high = _in_lattice(walls, lattice)
    free = np.ones((len(vertices), 3), bool)
    wall = np.full(len(faces), NO_WALL, np.int32)
    for axis in range(3):
        along = vertices[:, axis] / lattice.spacing - lattice.corner[axis]
        sides = (
            (walls.low[axis], np.floor(low[axis])),
            (walls.high[axis], np.ceil(high[axis]) - 1),
        )
        for side, (plane, cell) in enumerate(sides):
            if np.isfinite(plane):
                on = (along >= cell) & (along <= cell + 1)
                vertices[on, axis], free[on, axis] = plane, False
                wall[on[faces].all(1)] = 2 * axis + side
    inner = np.zeros(len(vertices), bool)
    inner[faces[wall != NO_WALL]] = True
    inner[faces[wall == NO_WALL]] = False
    return Held(free=free, inner=inner, wall=wall)


def split(
    faces: Int32[np.ndarray, "F 3"], normals: Float32[np.ndarray, "V 3"], held: Held
) -> Split:
    """Give faces on walls vertices of their own, with the walls' normals."""
    new_faces, all_normals, places = faces.copy(), [normals], [np.arange(len(normals))]
    count = len(normals)
    for wall in range(6):
        mine = held.wall == wall
        used, corners = np.unique(faces[mine], return_inverse=True)
        new_faces[mine] = count + corners.reshape(-1, 3)
        outward = np.zeros((len(used), 3), np.float32)
        outward[:, wall // 2] = 1.0 if wall % 2 else -1.0
        all_normals.append(outward)
        places.append(used)
        count += len(used)
    return Split(
        faces=new_faces,
        normals=np.concatenate(all_normals),
        place=np.concatenate(places).astype(np.int32),
    )


@fast
def _cut(places, low, high, blocks):
    for b in range(1, len(blocks)):
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    x = places[b, 0] * BLOCK + i
                    y = places[b, 1] * BLOCK + j
                    z = places[b, 2] * BLOCK + k
                    inside = min(min(x - low[0], high[0] - x), min(y - low[1], high[1] - y))
                    inside = min(inside, min(z - low[2], high[2] - z))
                    if inside <= 0.0:
                        blocks[b, i, j, k] = np.float32(EMPTY)
