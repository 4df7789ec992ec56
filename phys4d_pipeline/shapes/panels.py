"""Outlines of flat pieces of cloth -> their triangles: nearly equilateral, about one size.

A piece lies in a plane; its outline runs counter-clockwise, the outlines of holes clockwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64
from scipy.spatial import Delaunay, KDTree

ROWS = 3**0.5 / 2
"""Distance of rows of a lattice of equilateral triangles over its edge [1]."""
INSET = 0.7
"""Inner points keep so far from those on the outline [edges]: less would make slivers."""
ROUNDS = 12
"""Of moving inner points to the middle of their neighbours: angles change by under a degree."""
FINER = 16
"""Chords of a drawn arc per edge: points that divide it evenly lie on it to 1e-4 of its radius."""
FLAT = 1e-6
"""Sine of the angle in a corner from which a triangle has no area."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One side of an outline."""

    points: Float64[np.ndarray, "P 2"]
    """From its first to its last point, which is the first of the next side [m]."""
    is_sewn: bool = False
    """Does it belong to the other panel, too?"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """A flat piece of cloth."""

    vertices: Float64[np.ndarray, "V 2"]
    """[m]"""
    faces: Int32[np.ndarray, "F 3"]
    """Counter-clockwise."""
    is_seam: Bool[np.ndarray, " V"]
    """Does the other panel share it?"""


def side(*points: tuple[float, float], is_sewn: bool = False) -> Side:
    """A side through these points [m]."""
    return Side(points=np.array(points, np.float64), is_sewn=is_sewn)


def panel(loops: Sequence[Sequence[Side]], edge: float) -> Panel:
    """Cut a piece into triangles with edges of about this length [m].

    Sides are divided evenly, so that two panels get the same points along a side they share.
    """
    rings, seams = zip(*(_ring(loop, edge) for loop in loops), strict=True)
    outline = np.concatenate(rings)
    inner = _lattice(outline, edge)
    inner = inner[_inside(rings, inner)]
    inner = inner[KDTree(outline).query(inner)[0] > INSET * edge]
    points = np.concatenate([outline, inner])
    for _ in range(ROUNDS):
        points = _smoothed(points, _triangles(rings, points), len(outline))
        points = np.concatenate([points, _chords(rings, points)])
    faces = _triangles(rings, points)
    is_seam = np.zeros(len(points), bool)
    is_seam[: len(outline)] = np.concatenate(seams)
    used, number = np.unique(faces, return_inverse=True)
    return Panel(
        vertices=points[used],
        faces=number.reshape(-1, 3).astype(np.int32),
        is_seam=is_seam[used],
    )


def arc(
    centre: tuple[float, float],
    radii: tuple[float, float],
    angles: tuple[float, float],
    edge: float,
    *,
    is_sewn: bool = False,
) -> Side:
    """Part of an ellipse from one angle to another [rad], finer than edges of `edge` [m]."""
    pieces = int(np.ceil(FINER * max(radii) * abs(angles[1] - angles[0]) / edge))
    angle = np.linspace(*angles, pieces + 1)
    points = np.array(centre) + np.array(radii) * np.column_stack([np.cos(angle), np.sin(angle)])
    return Side(points=points, is_sewn=is_sewn)


def _ring(
    loop: Sequence[Side], edge: float
) -> tuple[Float64[np.ndarray, "P 2"], Bool[np.ndarray, " P"]]:
    """Points along a closed outline, and which lie on sewn sides or at their ends."""
    points, is_seam = [], []
    for before, here in zip((loop[-1], *loop[:-1]), loop, strict=True):
        lengths = np.linalg.norm(np.diff(here.points, axis=0), axis=1)
        along = np.append(0.0, np.cumsum(lengths))
        count = max(1, round(along[-1] / edge))
        places = np.arange(count) / count * along[-1]
        points.append(np.column_stack([np.interp(places, along, axis) for axis in here.points.T]))
        sewn = np.full(count, here.is_sewn)
        sewn[0] |= before.is_sewn
        is_seam.append(sewn)
    return np.concatenate(points), np.concatenate(is_seam)


def _lattice(outline: Float64[np.ndarray, "P 2"], edge: float) -> Float64[np.ndarray, "N 2"]:
    """Corners of equilateral triangles over the box around an outline, mirrored about x = 0."""
    low, high = outline.min(0), outline.max(0)
    reach = int(np.ceil(max(-low[0], high[0]) / edge)) + 1
    rows = max(2, round((high[1] - low[1]) / (ROWS * edge)))
    heights = np.linspace(low[1], high[1], rows + 1)
    columns = edge * np.arange(-reach, reach + 1)
    x = columns + edge / 2 * (np.arange(rows + 1) % 2)[:, None]
    return np.column_stack([x.ravel(), np.repeat(heights, len(columns))])


def _inside(
    rings: Sequence[Float64[np.ndarray, "_ 2"]], points: Float64[np.ndarray, "N 2"]
) -> Bool[np.ndarray, " N"]:
    """Is a point inside the outline and outside its holes? By crossings of a ray along x."""
    crossings = np.zeros(len(points), np.int64)
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if ay != by:
                spans = (ay > points[:, 1]) != (by > points[:, 1])
                x = ax + (points[:, 1] - ay) / (by - ay) * (bx - ax)
                crossings += spans & (points[:, 0] < x)
    return crossings % 2 == 1


def _triangles(
    rings: Sequence[Float64[np.ndarray, "_ 2"]], points: Float64[np.ndarray, "N 2"]
) -> Int64[np.ndarray, "F 3"]:
    """Delaunay's triangles between the outlines, counter-clockwise, in a fixed order."""
    faces = Delaunay(points).simplices.astype(np.int64)
    faces = faces[_inside(rings, points[faces].mean(1))]
    (ux, uy), (vx, vy) = (points[faces[:, 1:]] - points[faces[:, :1]]).transpose(1, 2, 0)
    doubled = ux * vy - uy * vx
    faces[doubled < 0] = faces[doubled < 0][:, ::-1]
    # Between points on a straight side rounding leaves triangles without area.
    faces = faces[np.abs(doubled) > FLAT * np.hypot(ux, uy) * np.hypot(vx, vy)]
    first = faces.argmin(1)
    faces = np.take_along_axis(faces, (first[:, None] + np.arange(3)) % 3, axis=1)
    return faces[np.lexsort(faces.T[::-1])]


def _chords(
    rings: Sequence[Float64[np.ndarray, "_ 2"]], points: Float64[np.ndarray, "N 2"]
) -> Float64[np.ndarray, "C 2"]:
    """Middles of edges that join points of the outline across the piece.

    A corner cut off by one would have all its points on seams, and so be one with the corner of
    the other panel.
    """
    after = np.concatenate(
        [
            start + np.roll(np.arange(len(ring)), -1)
            for start, ring in zip(_starts(rings), rings, strict=True)
        ]
    )
    faces = _triangles(rings, points)
    edges = np.unique(
        np.sort(np.concatenate([faces[:, [k, (k + 1) % 3]] for k in range(3)])), axis=0
    )
    edges = edges[(edges < len(after)).all(1)]
    a, b = edges.T
    edges = edges[(after[a] != b) & (after[b] != a)]
    return points[edges].mean(1)


def _starts(rings: Sequence[Float64[np.ndarray, "_ 2"]]) -> list[int]:
    """Number of the first point of each ring among all."""
    return [sum(len(ring) for ring in rings[:k]) for k in range(len(rings))]


def _smoothed(
    points: Float64[np.ndarray, "N 2"], faces: Int64[np.ndarray, "F 3"], fixed: int
) -> Float64[np.ndarray, "N 2"]:
    """Points after the first `fixed` at the middle of their neighbours."""
    sums, counts = np.zeros_like(points), np.zeros(len(points))
    for k in range(3):
        for other in (1, 2):
            np.add.at(sums, faces[:, k], points[faces[:, (k + other) % 3]])
            np.add.at(counts, faces[:, k], 1.0)
    moved = points.copy()
    moved[fixed:] = sums[fixed:] / counts[fixed:, None]
    return moved
