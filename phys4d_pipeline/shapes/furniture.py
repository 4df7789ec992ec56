"""Chair, stool, table, ladder, crate, tray, bench: boards and bars that meet at right angles.

All stand on z = 0 about the z axis.
"""

import numpy as np

from ..errors import SceneError
from .limits import check_range, check_sizes
from .pieces import ROD_SIDES, block, rod, turned
from .solid import Solid
from .union import Piece, union

BAR_SIDES = 16
"""Of thin bars: chords lie 1.9 % of their radius inside."""
MOST_RUNGS = 12


def table(width: float, depth: float, height: float) -> Solid:
    """A table with four legs and an apron; a leg is as thick as 0.09 of the shorter side."""
    check_sizes("table", width=width, depth=depth, height=height)
    leg = 0.09 * min(width, depth)
    top = 0.8 * leg
    x, y = width / 2 - 0.6 * leg, depth / 2 - 0.6 * leg
    under = height - top
    pieces = [block((-width / 2, -depth / 2, under), (width / 2, depth / 2, height))]
    pieces += _legs(x, y, leg, under)
    apron = under - 0.12 * height
    for side in (-1, 1):
        pieces.append(_bar((-x + leg, x - leg), side * (y - leg / 2), (apron, under), leg / 2))
        pieces.append(
            _bar((-y + leg, y - leg), side * (x - leg / 2), (apron, under), leg / 2, along_y=True)
        )
    return _joined(pieces)


def chair(width: float, height: float) -> Solid:
    """A chair with a back of two posts and two rails at -x.

    Args:
        width: Of its square seat [m].
        height: Of the back above the floor; the seat lies at 0.48 of it [m].
    """
    check_sizes("chair", width=width, height=height)
    if not 1.4 * width <= height <= 3 * width:
        raise SceneError(
            f"Shape 'chair': height ({height:g}) must be 1.4 to 3 times the width ({width:g})."
        )
    leg, half = 0.11 * width, width / 2
    seat = 0.48 * height
    pieces = [block((-half, -half, seat - leg), (half, half, seat))]
    pieces += _legs(half, half, leg, seat - leg)
    for side in (-1, 1):
        inner, outer = sorted((side * (half - leg), side * half))
        pieces.append(block((-half, inner, seat), (-half + leg, outer, height)))
        pieces.append(
            _bar(
                (-half + leg, half - leg),
                side * (half - leg / 2),
                (0.16 * height, 0.2 * height),
                leg / 2,
            )
        )
    for low, high in ((0.62, 0.72), (0.86, 0.96)):
        pieces.append(
            block(
                (-half, -half + leg, low * height), (-half + 0.7 * leg, half - leg, high * height)
            )
        )
    return _joined(pieces)


def stool(radius: float, height: float) -> Solid:
    """A round seat on three splayed legs.

    Args:
        radius: Of the seat [m].
        height: 1 to 4 times the radius [m].
    """
    check_sizes("stool", radius=radius, height=height)
    if not radius <= height <= 4 * radius:
        raise SceneError(
            f"Shape 'stool': height ({height:g}) must be 1 to 4 times the radius ({radius:g})."
        )
    thick = 0.2 * radius
    under = height - thick
    seat = turned(
        np.array([0.0, 0.92, 1.0, 1.0, 0.92, 0.0]) * radius,
        np.array([0.0, 0.0, 0.3, 0.7, 1.0, 1.0]) * thick,
        2 * ROD_SIDES,
    )
    pieces = [seat.moved((0.0, 0.0, under))]
    for turn in 2 * np.pi / 3 * np.arange(3):
        out = np.array([np.cos(turn), np.sin(turn), 0.0])
        foot, head = 0.95 * radius * out, 0.55 * radius * out + (0.0, 0.0, under + 0.5 * thick)
        pieces.append(rod(foot, head, 0.09 * radius, 0.12 * radius, BAR_SIDES))
    return _joined(pieces)


def bench(width: float, depth: float, height: float) -> Solid:
    """A board on two boards across, with a stretcher between them."""
    check_sizes("bench", width=width, depth=depth, height=height)
    thick = 0.14 * min(depth, height)
    under, at = height - thick, 0.36 * width
    pieces = [block((-width / 2, -depth / 2, under), (width / 2, depth / 2, height))]
    for side in (-1, 1):
        near, far = sorted((side * at, side * (at + thick)))
        pieces.append(block((near, -0.42 * depth, 0.0), (far, 0.42 * depth, under)))
    pieces.append(block((-at, -thick / 2, 0.4 * height), (at, thick / 2, 0.4 * height + 2 * thick)))
    return _joined(pieces)


def ladder(width: float, height: float, rungs: int) -> Solid:
    """Two rails with round rungs between them.

    Args:
        width: Along x, over the rails [m].
        height: Along z [m].
        rungs: 2 to 12.
    """
    check_sizes("ladder", width=width, height=height)
    check_range("ladder", "rungs", rungs, 2, MOST_RUNGS)
    rail, deep = 0.12 * width, 0.2 * width
    half = width / 2
    pitch = height / rungs
    if pitch < 2 * rail:
        raise SceneError(
            f"Shape 'ladder': {rungs} rungs need a height of {2 * rail * rungs:g} m at least, "
            f"not {height:g}."
        )
    pieces = []
    for side in (-1, 1):
        near, far = sorted((side * (half - rail), side * half))
        pieces.append(block((near, -deep / 2, 0.0), (far, deep / 2, height)))
    reach = half - rail / 2
    for z in pitch * (np.arange(rungs) + 0.5):
        pieces.append(rod((-reach, 0.0, z), (reach, 0.0, z), 0.07 * width, sides=BAR_SIDES))
    return _joined(pieces)


def crate(width: float, depth: float, height: float) -> Solid:
    """An open crate: a floor, four corner posts and three slats on every side."""
    check_sizes("crate", width=width, depth=depth, height=height)
    thick = 0.06 * min(width, depth)
    x, y = width / 2, depth / 2
    pieces = [block((-x, -y, 0.0), (x, y, thick))]
    rise = height - thick
    pieces += [
        leg.moved((0.0, 0.0, thick)) for leg in _legs(x - thick, y - thick, 1.6 * thick, rise)
    ]
    for k in range(3):
        low = thick + rise * (0.06 + 0.34 * k)
        levels = (low, low + 0.24 * rise)
        for side in (-1, 1):
            pieces.append(_bar((-x, x), side * (y - thick / 2), levels, thick))
            pieces.append(
                _bar((-y + thick, y - thick), side * (x - thick / 2), levels, thick, along_y=True)
            )
    return _joined(pieces)


def tray(width: float, depth: float, height: float, wall: float) -> Solid:
    """An open box; `wall` is the thickness of its sides and floor [m]."""
    check_sizes("tray", width=width, depth=depth, height=height, wall=wall)
    if wall > 0.3 * min(width, depth) or wall > 0.8 * height:
        raise SceneError(
            f"Shape 'tray': wall ({wall:g}) must be at most 0.3 times its width and depth "
            f"({width:g}, {depth:g}) and 0.8 times its height ({height:g})."
        )
    x, y = width / 2, depth / 2
    pieces = [block((-x, -y, 0.0), (x, y, wall))]
    for side in (-1, 1):
        pieces.append(_bar((-x, x), side * (y - wall / 2), (wall, height), wall))
        pieces.append(
            _bar((-y + wall, y - wall), side * (x - wall / 2), (wall, height), wall, along_y=True)
        )
    return _joined(pieces)


def _legs(x: float, y: float, thick: float, height: float) -> list[Piece]:
    """Four posts inside a rectangle of these half extents."""
    return [
        block(
            (min(i * x, i * (x - thick)), min(j * y, j * (y - thick)), 0.0),
            (max(i * x, i * (x - thick)), max(j * y, j * (y - thick)), height),
        )
        for i in (-1, 1)
        for j in (-1, 1)
    ]


def _bar(
    ends: tuple[float, float],
    at: float,
    levels: tuple[float, float],
    thick: float,
    *,
    along_y: bool = False,
) -> Piece:
    """A level board along x (or y) between two ends, centred at `at` across."""
    low, high = np.array([ends[0], at - thick / 2]), np.array([ends[1], at + thick / 2])
    if along_y:
        low, high = low[::-1], high[::-1]
    return block((*low, levels[0]), (*high, levels[1]))


def _joined(pieces: list[Piece]) -> Solid:
    return Solid.centred(*union(pieces))
