"""Sheet, soft box, rope: bodies that bend. Their mesh is how they rest; `States.points` moves it.

A body of grains or of liquid needs no kind of its own: its shape is the region that the particles
fill at the start, any solid.
"""

import numpy as np

from ..errors import SceneError
from ..scene import Vec3
from .limits import check_range, check_sizes
from .primitives import capsule_moments
from .solid import ConvexPart, Mesh, Solid
from .tube import Tube

MOST_POINTS = 1000  # along one side of a sheet: a million vertices
MOST_SEGMENTS = 5000
MOST_CELLS = 200
MOST_SIDES = 64
THICKNESS = (1e-5, 0.1)  # [m]; foil to mattress


def sheet(width: float, depth: float, columns: int, rows: int, thickness: float = 1e-3) -> Solid:
    """A thin rectangle about the origin in the xy-plane, drawn from both sides.

    Args:
        width: Along x [m].
        depth: Along y [m].
        columns: Points along x.
        rows: Points along y; point (column, row) is vertex `row * columns + column`.
        thickness: Gives it mass and something to collide with; it is drawn without [m].
    """
    check_sizes("sheet", width=width, depth=depth)
    check_range("sheet", "columns", columns, 2, MOST_POINTS)
    check_range("sheet", "rows", rows, 2, MOST_POINTS)
    check_range("sheet", "thickness", thickness, *THICKNESS)
    x = width * (np.arange(columns) / (columns - 1) - 0.5)
    y = depth * (np.arange(rows) / (rows - 1) - 0.5)
    vertices = np.zeros((rows * columns, 3))
    vertices[:, 0], vertices[:, 1] = np.tile(x, rows), np.repeat(y, columns)
    size = np.array([width, depth, thickness])
    volume = float(size.prod())
    across = volume / 12 * (size @ size - size**2)
    return Solid.centred(
        Mesh(
            vertices=vertices,
            faces=_cells(columns, rows),
            normals=np.tile([0.0, 0.0, 1.0], (len(vertices), 1)),
            is_closed=False,
        ),
        [ConvexPart(kind="box", sizes=(width / 2, depth / 2, thickness / 2))],
        exact=(volume, (float(across[0]), float(across[1]), float(across[2]))),
        shell=thickness,
    )


def soft_box(half_extents: Vec3, cells: tuple[float, float, float]) -> Solid:
    """A cuboid about the origin whose faces are cut into `cells` along x, y and z.

    Its edges are hard: `weld` names the vertices that lie at one place and must move as one.
    """
    check_sizes("soft_box", half_extents=half_extents)
    counts = [int(count) for count in cells]
    for count, given in zip(counts, cells, strict=True):
        check_range("soft_box", "cells", given, 1, MOST_CELLS)
        if count != given:
            raise SceneError(f"Shape 'soft_box': cells ({given:g}) must be whole numbers.")
    vertices, faces, normals = [], [], []
    start = 0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        columns, rows = counts[u] + 1, counts[v] + 1
        for side in (-1.0, 1.0):
            face = np.empty((rows * columns, 3))
            face[:, axis] = side
            face[:, u] = np.tile(np.linspace(-1.0, 1.0, columns), rows)
            face[:, v] = np.repeat(np.linspace(-1.0, 1.0, rows), columns)
            cells_of_face = _cells(columns, rows)
            vertices.append(face * half_extents)
            faces.append(start + cells_of_face[:, :: int(side)])
            normals.append(np.tile(side * np.eye(3)[axis], (len(face), 1)))
            start += len(face)
    mesh = Mesh(
        vertices=np.concatenate(vertices),
        faces=np.concatenate(faces).astype(np.int32),
        normals=np.concatenate(normals),
    )
    return Solid.centred(mesh, [ConvexPart(kind="box", sizes=half_extents)])


def rope(length: float, radius: float, segments: int, sides: int) -> Solid:
    """A round rope with round ends, at rest straight along x with its middle at the origin.

    Args:
        length: Of the middle line; the ends stick out by the radius [m].
        radius: [m]
        segments: Pieces between the `segments + 1` points of the middle line.
        sides: Vertices around it.
    """
    check_sizes("rope", length=length, radius=radius)
    check_range("rope", "segments", segments, 1, MOST_SEGMENTS)
    check_range("rope", "sides", sides, 3, MOST_SIDES)
    tube = Tube(length=length, radius=radius, segments=segments, sides=sides)
    volume, (across, _, along) = capsule_moments(radius, length / 2)
    half = 0.5**0.5  # a quarter turn about y brings the capsule's z axis to x
    part = ConvexPart(kind="capsule", sizes=(radius, length / 2), quaternion=(half, 0.0, half, 0.0))
    mesh = Mesh(vertices=tube.vertices, faces=tube.faces, normals=tube.normals)
    return Solid.centred(mesh, [part], exact=(volume, (along, across, across)))


def _cells(columns: int, rows: int) -> np.ndarray:
    """Two triangles per cell; diagonals alternate, so that no direction is stiffer to look at."""
    column, row = np.meshgrid(np.arange(columns - 1), np.arange(rows - 1))
    a = row * columns + column
    b, c, d = a + 1, a + columns + 1, a + columns
    rising = ((row + column) % 2 == 0)[..., None, None]
    one = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], -2)
    other = np.stack([np.stack([a, b, d], -1), np.stack([b, c, d], -1)], -2)
    return np.where(rising, one, other).reshape(-1, 3).astype(np.int32)
