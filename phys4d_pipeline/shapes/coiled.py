"""Spring and knot: round bars bent in space."""

import numpy as np

from ..errors import SceneError
from .limits import check_range, check_sizes
from .pieces import TUBE_SIDES, tube
from .solid import Solid
from .union import union

STEPS_PER_TURN = 20
MOST_TURNS = 8.0
KNOT_STEPS = 64


def spring(radius: float, bar: float, pitch: float, turns: float) -> Solid:
    """A coil about z through the origin, of a round bar.

    Args:
        radius: Of the coil's middle line [m].
        bar: Radius of the bar [m].
        pitch: Rise of one turn; at least 2.5 bar radii [m].
        turns: 1 to 8.
    """
    check_sizes("spring", radius=radius, bar=bar, pitch=pitch)
    check_range("spring", "turns", turns, 1.0, MOST_TURNS)
    if pitch < 2.5 * bar or bar > 0.5 * radius:
        raise SceneError(
            f"Shape 'spring': bar ({bar:g}) must be at most half the radius ({radius:g}) and "
            f"0.4 times the pitch ({pitch:g}), or its turns touch."
        )
    angles = np.linspace(0.0, 2 * np.pi * turns, round(STEPS_PER_TURN * turns) + 1)
    rise = pitch * (angles / (2 * np.pi) - turns / 2)
    line = np.column_stack([radius * np.cos(angles), radius * np.sin(angles), rise])
    return Solid.centred(*union([tube(line, bar, sides=TUBE_SIDES)]))


def knot(radius: float, bar: float) -> Solid:
    """A trefoil knot about z, of a round bar.

    Args:
        radius: Of its middle line, at most [m].
        bar: Radius of the bar, 0.08 to 0.16 of `radius` [m].
    """
    check_sizes("knot", radius=radius, bar=bar)
    check_range("knot", "bar over radius", bar / radius, 0.08, 0.16)
    t = 2 * np.pi * np.arange(KNOT_STEPS) / KNOT_STEPS
    x, y = np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t)
    line = radius / 3 * np.column_stack([x, y, -1.2 * np.sin(3 * t)])
    return Solid.centred(*union([tube(line, bar, is_ring=True, sides=TUBE_SIDES)]))
