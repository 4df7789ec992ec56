"""Block capitals A to Z from straight and bent strokes."""

from collections.abc import Callable

import numpy as np

from .limits import check_range, check_sizes
from .pieces import arc, band, prism_of
from .solid import Solid
from .union import Piece, union

STROKE = 0.2
"""Width of a vertical stroke; a capital is 1 high."""
LEVEL = 0.18
"""Height of a level stroke."""
BEND_STEPS = 8
"""Pieces of a quarter turn."""
FIRST, LAST = ord("A"), ord("Z")

Point = tuple[float, float]
Stroke = Callable[[float, float], Piece]


def letter(code: int, height: float, half_depth: float) -> Solid:
    """A capital in the xy-plane, upright along y, about 0.7 of its height wide.

    Args:
        code: Of its character: 65 for A to 90 for Z.
        height: [m]
        half_depth: Half of its thickness along z [m].
    """
    check_range("letter", "code", code, FIRST, LAST)
    check_sizes("letter", height=height, half_depth=half_depth)
    depth = half_depth / height
    strokes = CAPITALS[chr(code)]
    drawn = [stroke(-depth, depth) for stroke in strokes]
    scale = (height, height, height)
    return Solid.centred(*union([piece.stretched(scale) for piece in drawn]))


def _polygon(*corners: Point) -> Stroke:
    """A convex polygon, counter-clockwise."""
    return lambda low, high: prism_of(np.array(corners), low, high)


def _bar(x0: float, y0: float, x1: float, y1: float) -> Stroke:
    return _polygon((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _slant(x0: float, y0: float, x1: float, y1: float, width: float = 1.2 * STROKE) -> Stroke:
    """From (x0, y0) up to (x1, y1), which are its left corners, with level ends."""
    return _polygon((x0, y0), (x0 + width, y0), (x1 + width, y1), (x1, y1))


def _bend(
    middle: Point, size: Point, angles: tuple[float, float], thick: Point = (STROKE, LEVEL)
) -> Stroke:
    """Part of an upright ellipse of these half axes outside, `thick` along x and y."""
    steps = max(2, round(BEND_STEPS * (angles[1] - angles[0]) / 90))
    outer, _ = arc(middle, (size[0], 0.0), angles, steps, size[1] / size[0])
    inside = (size[0] - thick[0], size[1] - thick[1])
    inner, _ = arc(middle, (inside[0], 0.0), angles, steps, inside[1] / inside[0])
    return lambda low, high: band(outer, inner, low, high)


_STEM = _bar(0.0, 0.0, STROKE, 1.0)
_TOP, _BOTTOM = 1.0 - LEVEL, LEVEL
_HIGH, _LOW = 0.5 + LEVEL / 2, 0.5 - LEVEL / 2
_FAR = 0.7 - STROKE

CAPITALS: dict[str, tuple[Stroke, ...]] = {
    "A": (_slant(0.0, 0.0, 0.27, 1.0), _slant(0.54, 0.0, 0.27, 1.0), _bar(0.2, 0.22, 0.58, 0.38)),
    "B": (
        _STEM,
        *(
            stroke
            for low, high, far in ((_LOW, 1.0, 0.62), (0.0, _HIGH, 0.68))
            for stroke in (
                _bar(STROKE, high - LEVEL, far - 0.28, high),
                _bar(STROKE, low, far - 0.28, low + LEVEL),
                _bend((far - 0.28, (low + high) / 2), (0.28, (high - low) / 2), (-90.0, 90.0)),
            )
        ),
    ),
    "C": (_bend((0.38, 0.5), (0.38, 0.5), (42.0, 318.0)),),
    "D": (
        _STEM,
        _bar(STROKE, _TOP, 0.3, 1.0),
        _bar(STROKE, 0.0, 0.3, _BOTTOM),
        _bend((0.3, 0.5), (0.42, 0.5), (-90.0, 90.0)),
    ),
    "E": (
        _STEM,
        _bar(STROKE, _TOP, 0.62, 1.0),
        _bar(STROKE, _LOW, 0.54, _HIGH),
        _bar(STROKE, 0.0, 0.64, _BOTTOM),
    ),
    "F": (_STEM, _bar(STROKE, _TOP, 0.62, 1.0), _bar(STROKE, 0.42, 0.54, 0.42 + LEVEL)),
    "G": (
        _bend((0.38, 0.5), (0.38, 0.5), (42.0, 360.0)),
        _bar(0.42, 0.5, 0.76, 0.5 + LEVEL),
    ),
    "H": (_STEM, _bar(_FAR, 0.0, 0.7, 1.0), _bar(STROKE, _LOW, _FAR, _HIGH)),
    "I": (_bar(0.14, 0.0, 0.34, 1.0), _bar(0.0, 0.0, 0.48, 0.15), _bar(0.0, 0.85, 0.48, 1.0)),
    "J": (_bar(0.4, 0.3, 0.6, 1.0), _bend((0.3, 0.3), (0.3, 0.3), (180.0, 360.0))),
    "K": (
        _STEM,
        _slant(0.2, 0.36, 0.48, 1.0, 0.25),
        _polygon((0.47, 0.0), (0.73, 0.0), (0.43, 0.64), (0.26, 0.5)),
    ),
    "L": (_STEM, _bar(STROKE, 0.0, 0.62, _BOTTOM)),
    "M": (
        _STEM,
        _bar(0.66, 0.0, 0.86, 1.0),
        _polygon((0.33, 0.3), (0.53, 0.3), (0.2, 1.0), (0.0, 1.0)),
        _polygon((0.33, 0.3), (0.53, 0.3), (0.86, 1.0), (0.66, 1.0)),
    ),
    "N": (_STEM, _bar(_FAR, 0.0, 0.7, 1.0), _slant(_FAR, 0.0, 0.0, 1.0, STROKE)),
    "O": (_bend((0.39, 0.5), (0.39, 0.5), (0.0, 360.0)),),
    "P": (
        _STEM,
        _bar(STROKE, _TOP, 0.34, 1.0),
        _bar(STROKE, 0.42, 0.34, 0.42 + LEVEL),
        _bend((0.34, 0.71), (0.31, 0.29), (-90.0, 90.0)),
    ),
    "Q": (
        _bend((0.39, 0.5), (0.39, 0.5), (0.0, 360.0)),
        _polygon((0.62, -0.06), (0.82, 0.06), (0.6, 0.34), (0.44, 0.22)),
    ),
    "R": (
        _STEM,
        _bar(STROKE, _TOP, 0.34, 1.0),
        _bar(STROKE, 0.42, 0.34, 0.42 + LEVEL),
        _bend((0.34, 0.71), (0.31, 0.29), (-90.0, 90.0)),
        _slant(0.46, 0.0, 0.24, 0.5, 0.24),
    ),
    "S": (
        _bend((0.33, 0.72), (0.31, 0.28), (25.0, 270.0)),
        _bend((0.33, 0.3), (0.33, 0.3), (-155.0, 90.0)),
    ),
    "T": (_bar(0.25, 0.0, 0.45, _TOP), _bar(0.0, _TOP, 0.7, 1.0)),
    "U": (
        _bar(0.0, 0.35, STROKE, 1.0),
        _bar(_FAR, 0.35, 0.7, 1.0),
        _bend((0.35, 0.35), (0.35, 0.35), (180.0, 360.0)),
    ),
    "V": (_slant(0.28, 0.0, 0.0, 1.0, 0.22), _slant(0.28, 0.0, 0.56, 1.0, 0.22)),
    "W": (
        _slant(0.2, 0.0, 0.0, 1.0, 0.2),
        _slant(0.2, 0.0, 0.42, 0.8, 0.2),
        _slant(0.64, 0.0, 0.42, 0.8, 0.2),
        _slant(0.64, 0.0, 0.84, 1.0, 0.2),
    ),
    "X": (_slant(0.0, 0.0, 0.48, 1.0), _slant(0.48, 0.0, 0.0, 1.0)),
    "Y": (
        _bar(0.27, 0.0, 0.49, 0.42),
        _slant(0.27, 0.42, 0.0, 1.0, 0.22),
        _slant(0.27, 0.42, 0.54, 1.0, 0.22),
    ),
    "Z": (
        _bar(0.0, _TOP, 0.66, 1.0),
        _bar(0.0, 0.0, 0.68, _BOTTOM),
        _slant(0.0, _BOTTOM, 0.4, _TOP, 0.26),
    ),
}
