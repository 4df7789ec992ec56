"""Block, hull, rod, prism, frame, arc, tube: pieces that drawings are put together from.

Round sides have smooth normals, corners sharper than 30 degrees are hard.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from .solid import ConvexPart
from .surface import SMOOTH_EDGE, lathe_parts, revolved
from .union import Piece, Polygon

ROD_SIDES = 32
"""Of thin round bars: the chord lies 1 - cos(pi / 32) = 0.5 % of their radius inside."""
TUBE_SIDES = 16
"""Of bent bars, which are cut into many pieces: 1.9 % of their radius."""
UP_TO_X = Rotation.from_euler("y", 90.0, degrees=True)
"""Turns what was drawn along z to lie along x."""
UP_TO_Y = Rotation.from_euler("x", -90.0, degrees=True)


def block(low: Sequence[float], high: Sequence[float]) -> Piece:
    """A cuboid between two opposite corners [m]."""
    bounds = np.array([low, high], np.float64)
    picks = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    return hull(np.take_along_axis(bounds, picks, axis=0))


def hull(points: Float[np.ndarray, "P 3"]) -> Piece:
    """The convex hull of points, flat-shaded."""
    found = ConvexHull(points)
    corners = points[found.vertices]
    scale = np.abs(corners).max()
    keys = np.round(found.equations / (1.0, 1.0, 1.0, scale), 6)
    _, plane_of = np.unique(keys, axis=0, return_inverse=True)
    polygons = []
    for plane in range(plane_of.max() + 1):
        chosen = plane_of.ravel() == plane
        normal = found.equations[chosen][0, :3]
        rim = _around(points[np.unique(found.simplices[chosen])], normal)
        polygons.append(np.column_stack([rim, np.tile(normal, (len(rim), 1))]))
    return Piece(polygons=tuple(polygons), cells=(ConvexPart(kind="hull", points=corners),))


def turned(
    radii: Sequence[float] | np.ndarray, heights: Sequence[float] | np.ndarray, sides: int
) -> Piece:
    """A solid of a profile that runs from the axis below up to the axis above."""
    profile = np.asarray(radii, np.float64), np.asarray(heights, np.float64)
    return Piece.of(revolved(*profile, sides), lathe_parts(*profile, sides))


def rod(
    start: Sequence[float] | np.ndarray,
    end: Sequence[float] | np.ndarray,
    radius: float,
    end_radius: float | None = None,
    sides: int = ROD_SIDES,
) -> Piece:
    """A round bar, or a tapered one, between two points [m]."""
    way = np.subtract(end, start)
    length = float(np.linalg.norm(way))
    last = radius if end_radius is None else end_radius
    piece = turned([0.0, radius, last, 0.0], [0.0, 0.0, length, length], sides)
    return piece.moved(start, pointing(way))


def pointing(direction: Sequence[float] | np.ndarray) -> Rotation:
    """A rotation that turns +z to a direction, and nothing else if it is +z already."""
    z = np.asarray(direction, np.float64) / np.linalg.norm(direction)
    if z[2] < -1 + 1e-12:
        return Rotation.from_euler("x", 180.0, degrees=True)
    axis = np.cross((0.0, 0.0, 1.0), z)
    return Rotation.from_quat([*axis, 1 + z[2]])


def prism_of(
    outline: Float[np.ndarray, "K 2"], low: float, high: float, smooth: bool = False
) -> Piece:
    """A convex polygon in the xy-plane, counter-clockwise, drawn out from `low` to `high` [m].

    Args:
        outline: Its corners [m].
        low: z of the base [m].
        high: z of the top [m].
        smooth: Are corners of less than 30 degrees drawn round?
    """
    outline = np.asarray(outline, np.float64)
    closed = np.concatenate([outline, outline[:1]])
    normals = _line_normals(closed, is_ring=True, smooth=smooth)
    polygons = [
        _upright(closed[k], closed[k + 1], normals[k], low, high) for k in range(len(outline))
    ]
    polygons += [_level(outline[::-1], low, -1.0), _level(outline, high, 1.0)]
    return Piece(polygons=tuple(polygons), cells=(_drawn_out(outline, low, high),))


def frame(
    outer: Float[np.ndarray, "K 2"], inner: Float[np.ndarray, "K 2"], low: float, high: float
) -> Piece:
    """What lies between two closed outlines with as many corners each, counter-clockwise."""
    return band(np.concatenate([outer, outer[:1]]), np.concatenate([inner, inner[:1]]), low, high)


def band(
    outer: Float[np.ndarray, "K 2"], inner: Float[np.ndarray, "K 2"], low: float, high: float
) -> Piece:
    """Quadrilaterals side by side between two lines, drawn out from `low` to `high` [m].

    The lines run counter-clockwise around the bend, the inner one on the left of the outer one; a
    band that ends where it starts is a ring.
    """
    is_ring = bool(np.allclose(outer[0], outer[-1]) and np.allclose(inner[0], inner[-1]))
    out_normals = _line_normals(outer, is_ring=is_ring)
    in_normals = [(-end, -start) for start, end in _line_normals(inner, is_ring=is_ring)]
    polygons: list[Polygon] = []
    cells = []
    for k in range(len(outer) - 1):
        quad = np.array([outer[k], outer[k + 1], inner[k + 1], inner[k]])
        polygons.append(_upright(quad[0], quad[1], out_normals[k], low, high))
        polygons.append(_upright(quad[2], quad[3], in_normals[k], low, high))
        polygons += [_level(quad[::-1], low, -1.0), _level(quad, high, 1.0)]
        cells.append(_drawn_out(quad, low, high))
    if not is_ring:
        for a, b in ((inner[0], outer[0]), (outer[-1], inner[-1])):
            (normals,) = _line_normals(np.array([a, b]), is_ring=False)
            polygons.append(_upright(a, b, normals, low, high))
    return Piece(polygons=tuple(polygons), cells=tuple(cells))


def arc(
    middle: Sequence[float],
    radii: tuple[float, float],
    angles: tuple[float, float],
    steps: int,
    flatness: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Outer and inner line of a bent bar, for `band`.

    Args:
        middle: Of the circle [m].
        radii: Outer and inner one [m].
        angles: First and last, counter-clockwise [deg].
        steps: Pieces.
        flatness: Extent along y over that along x.
    """
    turns = np.radians(np.linspace(*angles, steps + 1))
    circle = np.column_stack([np.cos(turns), flatness * np.sin(turns)])
    if angles[1] - angles[0] == 360:
        circle[-1] = circle[0]
    return middle + radii[0] * circle, middle + radii[1] * circle


def tube(
    points: Float[np.ndarray, "K 3"], radius: float, *, is_ring: bool = False, sides: int
) -> Piece:
    """A round bar bent along a line; straight between its points, mitred at them.

    A ring's last point is joined to the first one. One that is not flat is twisted a little at
    every point, so that its ends meet; its hulls are larger than the mesh by that twist.
    """
    corners = _tube_rings(points, radius, is_ring, sides)
    count = len(points) if is_ring else len(points) - 1
    polygons: list[Polygon] = []
    cells = []
    for k in range(count):
        low, high = corners[k], corners[(k + 1) % len(points)]
        after = [np.roll(one, -1, axis=0) for one in (low, high)]
        polygons += list(np.stack([low, after[0], after[1]], axis=1))
        polygons += list(np.stack([low, after[1], high], axis=1))
        both = np.concatenate([low[:, :3], high[:, :3]])
        cells.append(ConvexPart(kind="hull", points=both))
    if not is_ring:
        ends = (corners[0][::-1], points[0] - points[1]), (corners[-1], points[-1] - points[-2])
        for ring, way in ends:
            outward = np.tile(way / np.linalg.norm(way), (sides, 1))
            polygons.append(np.column_stack([ring[:, :3], outward]))
    return Piece(polygons=tuple(polygons), cells=tuple(cells))


def _tube_rings(
    points: Float[np.ndarray, "K 3"], radius: float, is_ring: bool, sides: int
) -> list[Float64[np.ndarray, "S 6"]]:
    """Corners and normals where the bar's sides meet the planes that halve its bends."""
    ways = np.roll(points, -1, axis=0) - points
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    tangents = ways + np.roll(ways, 1, axis=0)
    if not is_ring:
        tangents[0], tangents[-1] = ways[0], ways[-2]
    across = pointing(ways[0]).as_matrix()[:, :2].T * radius
    axes = [_slanted(across, ways[0], tangents[0])]
    for k in range(len(points)):
        axes.append(_slanted(axes[-1], ways[k], tangents[(k + 1) % len(points)]))
    twist = 0.0
    if is_ring:
        back = np.linalg.lstsq(axes[0].T, axes[-1][0], rcond=None)[0]
        twist = -np.arctan2(back[1], back[0]) / len(points)
    turns = 2 * np.pi * np.arange(sides) / sides
    corners = []
    for k, (point, tangent) in enumerate(zip(points, tangents, strict=True)):
        angles = turns + k * twist
        ring = np.column_stack([np.cos(angles), np.sin(angles)]) @ axes[k]
        corners.append(np.column_stack([ring + point, _across(ring, tangent)]))
    return corners


def _slanted(ring: np.ndarray, way: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Ring points moved along `way` into the plane through the origin with this normal."""
    return ring - np.outer(ring @ normal / (way @ normal), way)


def _across(ring: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    along = tangent / np.linalg.norm(tangent)
    off = ring - np.outer(ring @ along, along)
    return off / np.linalg.norm(off, axis=1, keepdims=True)


def _line_normals(
    line: Float[np.ndarray, "K 2"], *, is_ring: bool, smooth: bool = True
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Normals at both ends of every edge of a line, to its right."""
    steps = np.diff(line, axis=0)
    steps = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    flat = np.column_stack([steps[:, 1], -steps[:, 0]])
    found = []
    for k, normal in enumerate(flat):
        before = flat[k - 1] if k or is_ring else normal
        after = flat[(k + 1) % len(flat)] if k + 1 < len(flat) or is_ring else normal
        found.append(tuple(_mean(normal, other) if smooth else normal for other in (before, after)))
    return found


def _mean(normal: np.ndarray, neighbour: np.ndarray) -> np.ndarray:
    if neighbour @ normal <= SMOOTH_EDGE:
        return normal
    total = normal + neighbour
    return total / np.linalg.norm(total)


def _upright(
    a: np.ndarray,
    b: np.ndarray,
    normals: tuple[np.ndarray, np.ndarray],
    low: float,
    high: float,
) -> Polygon:
    """The rectangle over an edge that has the outside on its right."""
    at_a, at_b = ((*normal, 0.0) for normal in normals)
    return np.array([(*a, low, *at_a), (*b, low, *at_b), (*b, high, *at_b), (*a, high, *at_a)])


def _level(outline: np.ndarray, z: float, up: float) -> Polygon:
    face = np.zeros((len(outline), 6))
    face[:, :2], face[:, 2], face[:, 5] = outline, z, up
    return face


def _drawn_out(outline: np.ndarray, low: float, high: float) -> ConvexPart:
    count = len(outline)
    points = [np.column_stack([outline, np.full(count, z)]) for z in (low, high)]
    return ConvexPart(kind="hull", points=np.concatenate(points))


def _around(corners: Float64[np.ndarray, "P 3"], normal: Float64[np.ndarray, "3"]) -> np.ndarray:
    """Corners of a convex polygon, counter-clockwise about its normal."""
    offsets = corners - corners.mean(0)
    first = offsets[0] / np.linalg.norm(offsets[0])
    angles = np.arctan2(offsets @ np.cross(normal, first), offsets @ first)
    return corners[np.argsort(angles)]
