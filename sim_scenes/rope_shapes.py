"""Where a rope lies at the start: curves as dense lines of points, and points at equal spacing.

Every curve is an (M, 3) array in metres, world axes; `laid` turns one into the points of a rope.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.optimize import brentq

Point = tuple[float, float, float] | Float[np.ndarray, "3"]
Curve = Float64[np.ndarray, "M 3"]

DENSE = 2000
"""Points of a curve: 2 mm apart on the longest rope."""
DRAWN = 400
"""Points of each part of a knot, all of which are tried against all for crossings."""
EIGHT = np.array(
    [
        *((-2.3, 0.4), (-1.2, 0.3), (-0.1, 0.02), (0.75, -0.85), (1.4, -0.8), (1.6, 0.05)),
        *((1.35, 0.8), (0.75, 0.75), (0.0, -0.05), (-0.75, -0.95), (-1.4, -0.8), (-1.6, 0.05)),
        *((-1.35, 0.9), (-0.6, 1.05), (0.3, 0.6), (1.0, 0.0), (1.6, -0.15), (2.3, 0.1)),
    ]
)
"""A figure-eight knot as it is drawn: Gauss code 1 2 4 3 2 1 3 4, alternating, so no other knot."""
ROUNDS = 60
"""Of evening out the spacing; each one removes most of what is left."""


def laid(curve: Curve, spacing: float) -> Float64[np.ndarray, "N 3"]:
    """Points on a curve, all equally far from the next, about `spacing` [m].

    Ends stay where they are; distances are equal to 1e-9 of themselves where the curve is smooth.
    """
    along = _along(curve)
    count = max(2, round(float(along[-1]) / spacing) + 1)
    places = np.linspace(0.0, along[-1], count)
    for _ in range(ROUNDS):
        chords = _along(_at(curve, along, places))
        places = np.interp(np.linspace(0.0, chords[-1], count), chords, places)
    return _at(curve, along, places)


def straight(start: Point, end: Point) -> Curve:
    """A straight line."""
    share = np.linspace(0.0, 1.0, DENSE)[:, None]
    return np.asarray(start) + share * np.subtract(end, start)


def through(knots: Sequence[Point]) -> Curve:
    """A smooth curve through points, straight at its ends."""
    points = np.array(knots, np.float64)
    spline = CubicSpline(_along(points), points, bc_type="natural")
    return spline(np.linspace(0.0, spline.x[-1], DENSE))


def chain(*curves: Curve) -> Curve:
    """Curves that start where the one before ends."""
    return np.concatenate([curves[0], *(curve[1:] for curve in curves[1:])])


def catenary(start: Point, end: Point, length: float) -> Curve:
    """How a rope of this length hangs between two points."""
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    across, rise = np.linalg.norm((end - start)[:2]), (end - start)[2]
    if length**2 <= across**2 + rise**2:
        raise ValueError(f"A rope of {length} m does not reach from {start} to {end}.")
    # sqrt(L^2 - rise^2) = 2 c sinh(across / 2c), Lockwood, A Book of Curves, ch. 13.
    wanted = np.sqrt(length**2 - rise**2) / across
    root = brentq(lambda u: np.sinh(u) / u - wanted, 1e-6, 50.0)
    half = float(root)  # pyright: ignore[reportArgumentType]
    parameter = across / (2 * half)
    middle = across / 2 - parameter * np.arctanh(rise / length)
    # Even steps of arc length from the lowest point.
    ends = parameter * np.sinh((np.array([0.0, across]) - middle) / parameter)
    arcs = np.linspace(ends[0], ends[1], DENSE)
    along = middle + parameter * np.arcsinh(arcs / parameter)
    height = np.hypot(parameter, arcs)
    share = (along / across)[:, None]
    curve = start + share * (end - start) * (1.0, 1.0, 0.0)
    curve[:, 2] = start[2] + height - height[0]
    return curve


def arc(
    centre: Point, first: Point, second: Point, start: float, end: float, *, climb: float = 0.0
) -> Curve:
    """Part of a circle: centre + cos(angle) first + sin(angle) second, both of its radius.

    Args:
        centre: [m]
        first: From the centre to angle 0 [m].
        second: From the centre to a quarter turn [m].
        start: Angle [rad].
        end: Angle [rad].
        climb: Moved along the axis, first x second, over the whole arc [m].
    """
    angle = np.linspace(start, end, DENSE)
    axis = np.cross(first, second)
    rise = climb * np.linspace(0.0, 1.0, DENSE)[:, None] * axis / np.linalg.norm(axis)
    round_part = np.cos(angle)[:, None] * np.asarray(first)
    return np.asarray(centre) + round_part + np.sin(angle)[:, None] * np.asarray(second) + rise


def overhand(size: float, lift: float, ends: tuple[Point, Point]) -> Curve:
    """A loose overhand knot about the origin in the xz-plane, its ends led to two points.

    Args:
        size: Half of its width [m].
        lift: Distance along y of strands that cross [m].
        ends: Where the rope starts (left) and ends (right) [m].
    """
    t = np.linspace(-2.06, 2.06, DRAWN)
    # Shastri 1992, Polynomial representations of knots: the trefoil as a long curve.
    plane = np.column_stack([t**3 - 3 * t, 0.75 * (t**4 - 4 * t**2)])
    return _knotted(plane * size / 2.0, lift, ends)


def figure_eight(size: float, lift: float, ends: tuple[Point, Point]) -> Curve:
    """A loose figure-eight knot, as `overhand`."""
    hooks = CubicSpline(_along(EIGHT), EIGHT)
    plane = hooks(np.linspace(0.0, hooks.x[-1], DRAWN))
    return _knotted(plane * size / 1.6, lift, ends)


def _knotted(plane: Float64[np.ndarray, "M 2"], lift: float, ends: tuple[Point, Point]) -> Curve:
    """A drawing of an alternating knot -> the same in space: over, under, over, ..."""
    first, last = np.asarray(ends[0], np.float64), np.asarray(ends[1], np.float64)
    start = _tail(first[[0, 2]], plane[0], plane[1] - plane[0])
    end = _tail(last[[0, 2]], plane[-1], plane[-2] - plane[-1])[::-1]
    line = np.concatenate([start, plane[1:-1], end])
    along = _along(line)
    crossings = np.sort(np.concatenate(_crossings(line))).astype(int)
    sides = lift / 2 * (-1.0) ** np.arange(len(crossings))
    knots = np.concatenate([[0.0], along[crossings], along[-1:]])
    heights = np.concatenate([first[1:2], sides, last[1:2]])
    out = PchipInterpolator(knots, heights)(along)
    return np.column_stack([line[:, 0], out, line[:, 1]])


def _tail(far: np.ndarray, near: np.ndarray, inward: np.ndarray) -> Float64[np.ndarray, "M 2"]:
    """A cubic Bezier line from a far point, where it runs level, into the start of a knot."""
    reach = np.linalg.norm(near - far)
    inward = inward / np.linalg.norm(inward)
    level = np.array([np.sign(near[0] - far[0]), 0.0])
    hooks = np.array([far, far + 0.5 * reach * level, near - 0.35 * reach * inward, near])
    u = np.linspace(0.0, 1.0, DRAWN)[:, None]
    weights = np.hstack([(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3])
    return weights @ hooks


def _crossings(line: Float64[np.ndarray, "M 2"]) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of a plane line that cross: their numbers, earlier and later."""
    a, b = line[:-1], line[1:]
    run = b - a
    starts = a[None] - a[:, None]  # from piece i to piece j
    cross = run[:, None, 0] * run[None, :, 1] - run[:, None, 1] * run[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        here = (starts[..., 0] * run[None, :, 1] - starts[..., 1] * run[None, :, 0]) / cross
        there = (starts[..., 0] * run[:, None, 1] - starts[..., 1] * run[:, None, 0]) / cross
    meet = (here > 0) & (here <= 1) & (there > 0) & (there <= 1)
    earlier, later = np.nonzero(np.triu(meet, 2))
    return earlier, later


def _along(points: Float[np.ndarray, "N D"]) -> Float64[np.ndarray, " N"]:
    """Length of the line up to each of its points [m]."""
    return np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))


def _at(curve: Curve, along: np.ndarray, places: np.ndarray) -> Float64[np.ndarray, "N 3"]:
    return np.column_stack([np.interp(places, along, curve[:, axis]) for axis in range(3)])
