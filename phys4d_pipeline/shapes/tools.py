"""Hammer, screwdriver, bolt, hook, mug, spoon, jack, anvil: tools put together from pieces."""

import numpy as np

from ..errors import SceneError
from .hollow import vessel
from .limits import check_range, check_sizes
from .pieces import (
    ROD_SIDES,
    TUBE_SIDES,
    UP_TO_X,
    UP_TO_Y,
    arc,
    band,
    block,
    hull,
    prism_of,
    rod,
    tube,
    turned,
)
from .solid import Solid
from .surface import unit_circle
from .union import Piece, union

HOOK_STEPS = 20
EYE_STEPS = 24
HANDLE_STEPS = 10
MOST_RIDGES = 12


def hammer(length: float) -> Solid:
    """A claw hammer: its handle along z from the origin, its head across x at the top."""
    check_sizes("hammer", length=length)
    top, half = length, 0.045 * length
    middle = top - 0.07 * length
    face = turned(
        np.array([0.0, 0.05, 0.06, 0.06, 0.042, 0.042, 0.0]) * length,
        np.array([0.0, 0.0, 0.012, 0.05, 0.075, 0.12, 0.12]) * length,
        ROD_SIDES,
    ).moved((-0.21 * length, 0.0, middle), UP_TO_X)
    cheek = block((-0.1 * length, -half, middle - half), (0.05 * length, half, middle + half))
    prongs = []
    for side in (-1.0, 1.0):
        inner, outer = sorted((side * 0.008 * length, side * 1.15 * half))
        near, bend, tip = 0.05 * length, 0.13 * length, 0.2 * length
        low = middle - half
        sides = np.array([inner, outer])
        root = [(near, y, z) for y in sides * 0.85 for z in (low, middle + half)]
        knee = [(bend, y, z) for y in sides for z in (middle - 0.6 * half, middle + 0.7 * half)]
        end = [(tip, y, z) for y in sides for z in (low - 0.5 * half, low)]
        prongs += [hull(np.array(root + knee)), hull(np.array(knee + end))]
    grip = turned(
        np.array([0.0, 0.036, 0.045, 0.03, 0.034, 0.0]) * length,
        np.array([0.0, 0.0, 0.1, 0.5, 1.0, 1.0]) * (middle),
        ROD_SIDES,
    )
    return _joined(cheek, face, grip, *prongs)


def screwdriver(length: float) -> Solid:
    """A screwdriver along z: an octagonal handle from the origin up, then a shank and a blade."""
    check_sizes("screwdriver", length=length)
    eighth = unit_circle(8)
    rings = [(0.05, 0.0), (0.07, 0.03), (0.075, 0.2), (0.06, 0.36)]
    handle = hull(
        np.concatenate([[(*(r * corner), z) for corner in eighth] for r, z in rings]) * length
    )
    collar = turned(
        np.array([0.0, 0.05, 0.05, 0.045, 0.0]) * length,
        np.array([0.34, 0.34, 0.4, 0.45, 0.45]) * length,
        ROD_SIDES,
    )
    width, flat = 0.034 * length, 0.028 * length
    shank = rod((0.0, 0.0, 0.44 * length), (0.0, 0.0, 0.9 * length), 0.03 * length)
    corners = [(x, y, 0.88) for x in (-1.0, 1.0) for y in (-1.0, 1.0)]
    ends = [(1.3 * x, 0.6 * y, 1.0) for x, y, _ in corners]
    blade = hull(np.array(corners + ends) * (width, flat, length))
    return _joined(handle, collar, shank, blade)


def bolt(length: float, radius: float, ridges: int = 6) -> Solid:
    """A bolt along z: a hexagonal head on the origin, then a shank with ridges for a thread.

    Args:
        length: With the head [m].
        radius: Of the shank; the head's corners lie at 1.9 times that [m].
        ridges: 2 to 12.
    """
    check_sizes("bolt", length=length, radius=radius)
    check_range("bolt", "ridges", ridges, 2, MOST_RIDGES)
    if length < 4 * radius:
        raise SceneError(
            f"Shape 'bolt': length ({length:g}) must be at least 4 times the radius ({radius:g})."
        )
    head = prism_of(1.9 * radius * unit_circle(6), 0.0, 1.3 * radius)
    start = 1.3 * radius + 0.3 * (length - 1.3 * radius)
    pitch = (length - start) / ridges
    steps = start + pitch * np.arange(ridges)
    groove = 0.84 * radius
    radii, heights = [0.0, radius, radius], [1.2 * radius, 1.2 * radius, start]
    for low in steps:
        radii += [groove, radius]
        heights += [low + 0.25 * pitch, low + 0.75 * pitch]
    radii += [groove, 0.0]
    heights += [length, length]
    return _joined(head, turned(radii, heights, ROD_SIDES))


def hook(height: float, bar_share: float = 0.16) -> Solid:
    """A hook in the xz-plane: an eye at the top, a shank, and a bend that opens to +x.

    Args:
        height: About, from the bottom of the bend to the top of the eye [m].
        bar_share: Of the bar over `height`.
    """
    check_sizes("hook", height=height)
    check_range("hook", "bar_share", bar_share, 0.08, 0.2)
    bar = bar_share * height / 2
    bend = 0.27 * height - bar
    turns = np.radians(np.linspace(180.0, 385.0, HOOK_STEPS + 1))
    curve = bend * np.column_stack([np.cos(turns), np.zeros_like(turns), np.sin(turns)])
    curve += (bend, 0.0, 0.0)
    top = np.array([(0.0, 0.0, 0.3 * height)])
    eye = 0.14 * height
    ring = np.column_stack([eye * unit_circle(EYE_STEPS), np.zeros(EYE_STEPS)])[:, [0, 2, 1]]
    middle = (0.0, 0.0, 0.3 * height + eye)
    loop = tube(ring[::-1] + middle, 0.75 * bar, is_ring=True, sides=TUBE_SIDES)
    return _joined(tube(np.concatenate([top, curve]), bar, sides=TUBE_SIDES), loop)


def mug(radius: float, height: float) -> Solid:
    """A straight mug that stands on z = 0, with a handle to +x; its wall is 0.11 radii thick."""
    check_sizes("mug", radius=radius, height=height)
    if not 1.2 * radius <= height <= 4 * radius:
        raise SceneError(
            f"Shape 'mug': height ({height:g}) must be 1.2 to 4 times the radius ({radius:g})."
        )
    thick = 0.11 * radius
    outer = np.array([(0.94 * radius, 0.0), (radius, 0.08 * height), (radius, height)])
    inner = np.array(
        [(0.8 * radius, thick), (radius - thick, 0.16 * height), (radius - thick, height)]
    )
    body = vessel(np.array([(0.0, 0.0)]), outer, inner)
    out, within = 0.36 * height, 0.36 * height - 0.22 * radius
    lines = arc((0.97 * radius, -0.52 * height), (out, within), (-90.0, 90.0), HANDLE_STEPS, 0.95)
    handle = band(*lines, -0.13 * radius, 0.13 * radius).moved((0.0, 0.0, 0.0), UP_TO_Y.inv())
    return _joined(body, handle.moved((0.0, 0.0, 2 * 0.52 * height)))


def spoon(length: float) -> Solid:
    """A ladle-like spoon along x: an oval bowl that opens to +z, and a handle to -x."""
    check_sizes("spoon", length=length)
    size = 0.16 * length
    thick = 0.2 * size
    angles = np.radians([30.0, 60.0, 90.0])
    outer = size * np.column_stack([np.sin(angles), 0.55 * (1 - np.cos(angles))])
    inner = outer - thick * np.column_stack([np.sin(angles), np.zeros(3)])
    inner[0, 1] += thick
    inner[1, 1] += 0.6 * thick
    low = outer[0, 1]
    scoop = vessel(np.array([(0.0, low)]), outer, inner).stretched((1.35, 1.0, 1.0))
    rim, half = outer[-1, 1], 0.05 * length
    start = -1.35 * size + 0.5 * thick
    end = start - 0.62 * length
    handle = hull(
        np.array(
            [(start, y, z) for y in (-0.4 * half, 0.4 * half) for z in (rim - 1.4 * thick, rim)]
            + [(end, y, z) for y in (-half, half) for z in (rim, rim + 1.4 * thick)]
        )
    )
    return _joined(scoop, handle)


def jack(radius: float) -> Solid:
    """A toy jack: three crossed bars about the origin with balls on their ends [m]."""
    check_sizes("jack", radius=radius)
    ball, bar = 0.24 * radius, 0.11 * radius
    start = np.arcsin(bar / ball)
    turns = np.linspace(0.0, np.pi - start, 9)
    radii = ball * np.sin(turns)
    radii[0] = 0.0
    heights = -(radius - ball) - ball * np.cos(turns)
    bars = turned(np.append(radii, radii[::-1]), np.append(heights, -heights[::-1]), ROD_SIDES)
    return _joined(bars, bars.moved(turn=UP_TO_X), bars.moved(turn=UP_TO_Y))


def anvil(length: float) -> Solid:
    """A blacksmith's anvil that stands on z = 0, its horn to +x."""
    check_sizes("anvil", length=length)

    def slab(low: tuple[float, float, float], high: tuple[float, float, float]) -> Piece:
        """Between two rectangles (half x, half y, z) about the z axis."""
        return hull(
            length
            * np.array(
                [(sx * x, sy * y, z) for x, y, z in (low, high) for sx in (-1, 1) for sy in (-1, 1)]
            )
        )

    table = block(
        (-0.42 * length, -0.11 * length, 0.36 * length),
        (0.16 * length, 0.11 * length, 0.5 * length),
    )
    horn = rod(
        (0.16 * length, 0.0, 0.4 * length),
        (0.54 * length, 0.0, 0.46 * length),
        0.09 * length,
        0.02 * length,
    )
    return _joined(
        slab((0.26, 0.17, 0.0), (0.26, 0.17, 0.07)),
        slab((0.24, 0.15, 0.07), (0.11, 0.08, 0.2)),
        slab((0.11, 0.08, 0.2), (0.18, 0.1, 0.36)),
        table,
        horn,
    )


def _joined(*pieces: Piece) -> Solid:
    return Solid.centred(*union(pieces))
