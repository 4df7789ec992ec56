"""Gear, star, heart, cross, arrow, horseshoe, nut, wrench, key: outlines drawn out along z.

All lie about the origin in the xy-plane, `half_height` to both sides.
"""

import numpy as np
from jaxtyping import Float64

from .limits import check_range, check_sizes
from .pieces import arc, band, block, frame, prism_of
from .solid import ConvexPart, Solid
from .surface import unit_circle
from .union import Piece, union

FLANK = np.tan(np.radians(20.0))
"""Slope of a tooth's flank against the radius: pressure angle of ISO 53."""
ROUND = 24
"""Corners of small holes: chords lie 0.9 % of the radius inside."""
SHOE_STEPS = 18
EYE_STEPS = 16


def gear(radius: float, teeth: int, half_height: float, bore: float = 0.3) -> Solid:
    """A spur gear with straight flanks and a hole.

    Its module is 2 radius / (teeth + 2); teeth reach 1 module out and 1.25 in from the pitch
    circle (ISO 53).

    Args:
        radius: At the tips [m].
        teeth: 6 to 40.
        half_height: [m]
        bore: Radius of the hole over that of the tips.
    """
    check_sizes("gear", radius=radius, half_height=half_height)
    check_range("gear", "teeth", teeth, 6, 40)
    check_range("gear", "bore", bore, 0.1, 0.5)
    module = 2 * radius / (teeth + 2)
    tip, root = radius, radius - 2.25 * module
    turns = []
    for at, along in ((root, 1.25 * module * FLANK), (tip, -module * FLANK)):
        turns.append((np.pi * module / 4 + along) / at)
    pitch = 2 * np.pi / teeth
    angles = np.array([-turns[0], -turns[1], turns[1], turns[0]])
    angles = (pitch * np.arange(teeth)[:, None] + angles).ravel()
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    outer = circle * np.tile([root, tip, tip, root], teeth)[:, None]
    inner = bore * radius * circle
    whole = frame(outer, inner, -half_height, half_height)
    parts = []
    for k in range(0, 4 * teeth, 4):
        after = (k + 4) % (4 * teeth)
        rim = np.array([outer[k], outer[k + 3], outer[after], inner[after], inner[k + 3], inner[k]])
        parts += [_drawn_out(outer[k : k + 4], half_height), _drawn_out(rim, half_height)]
    return _solid(Piece(polygons=whole.polygons, cells=whole.cells, parts=tuple(parts)))


def star(points: int, radius: float, half_height: float, depth: float = 0.45) -> Solid:
    """A star.

    Args:
        points: 4 to 12.
        radius: At the tips [m].
        half_height: [m]
        depth: Radius between the tips over that at the tips.
    """
    check_sizes("star", radius=radius, half_height=half_height)
    check_range("star", "points", points, 4, 12)
    check_range("star", "depth", depth, 0.3, 0.7)
    corners = radius * unit_circle(2 * points)
    corners[1::2] *= depth
    kites = [
        np.array([(0.0, 0.0), corners[k - 1], corners[k], corners[k + 1]])
        for k in range(0, 2 * points, 2)
    ]
    return _solid(*(prism_of(kite, -half_height, half_height) for kite in kites))


def heart(width: float, half_height: float) -> Solid:
    """A heart: half discs on two sides of a square; `width` along x [m]."""
    check_sizes("heart", width=width, half_height=half_height)
    diagonal = width / (1 + 2**0.5)
    turns = np.radians(np.linspace(-45.0, 135.0, 33))
    lobe = diagonal * (0.5 + np.column_stack([np.cos(turns), np.sin(turns)]) / 2**0.5)
    lobe[-1, 0] = 0.0
    right = np.concatenate([[(0.0, -diagonal)], lobe])
    left = (right * (-1.0, 1.0))[::-1]
    return _solid(*(prism_of(half, -half_height, half_height, True) for half in (right, left)))


def cross(radius: float, arm: float, half_height: float) -> Solid:
    """A plus sign.

    Args:
        radius: From the middle to the ends [m].
        arm: Width of an arm over its length on both sides.
        half_height: [m]
    """
    check_sizes("cross", radius=radius, half_height=half_height)
    check_range("cross", "arm", arm, 0.1, 0.6)
    half = arm * radius
    low, high = -half_height, half_height
    return _solid(
        block((-radius, -half, low), (radius, half, high)),
        block((-half, half, low), (half, radius, high)),
        block((-half, -radius, low), (half, -half, high)),
    )


def arrow(length: float, width: float, half_height: float) -> Solid:
    """An arrow that points to +x.

    Args:
        length: [m]
        width: Of the head; the shaft is 0.4 times as wide [m].
        half_height: [m]
    """
    check_sizes("arrow", length=length, width=width, half_height=half_height)
    neck = 0.08 * length
    head = np.array([(neck, -width / 2), (length / 2, 0.0), (neck, width / 2)])
    shaft = block((-length / 2, -0.2 * width, -half_height), (neck, 0.2 * width, half_height))
    return _solid(prism_of(head, -half_height, half_height), shaft)


def horseshoe(radius: float, half_height: float, breadth: float = 0.3) -> Solid:
    """A horseshoe that opens to -y.

    Args:
        radius: Outside [m].
        half_height: [m]
        breadth: Of the iron over `radius`.
    """
    check_sizes("horseshoe", radius=radius, half_height=half_height)
    check_range("horseshoe", "breadth", breadth, 0.15, 0.4)
    radii = (radius, (1 - breadth) * radius)
    lines = arc((0.0, 0.0), radii, (-55.0, 235.0), SHOE_STEPS, 1.15)
    return _solid(band(*lines, -half_height, half_height))


def nut(radius: float, half_height: float, bore: float = 0.55) -> Solid:
    """A hexagonal nut.

    Args:
        radius: To the corners [m].
        half_height: [m]
        bore: Radius of the hole over `radius`.
    """
    check_sizes("nut", radius=radius, half_height=half_height)
    check_range("nut", "bore", bore, 0.2, 0.7)
    circle = unit_circle(ROUND)
    return _solid(frame(radius * hexagon(ROUND), bore * radius * circle, -half_height, half_height))


def hexagon(count: int) -> Float64[np.ndarray, "K 2"]:
    """Points at even angles on a hexagon of circumradius 1; `count` is a multiple of 6."""
    turns = 2 * np.pi * np.arange(count) / count
    within = (turns + 1e-12) % (np.pi / 3) - np.pi / 6
    return (np.cos(np.pi / 6) / np.cos(within))[:, None] * unit_circle(count)


def wrench(length: float, half_height: float) -> Solid:
    """A spanner along x with an open jaw at +x and a ring at -x; 0.24 of its length wide."""
    check_sizes("wrench", length=length, half_height=half_height)
    low, high = -half_height, half_height
    head, jaw, eye = 0.12 * length, 0.062 * length, 0.1 * length
    at = length / 2 - head
    far = -length / 2 + eye
    ring = arc((far, 0.0), (eye, 0.52 * eye), (0.0, 360.0), EYE_STEPS)
    grip = 0.05 * length
    upper = np.array([(0.0, jaw), (head, jaw), (0.8 * head, 0.85 * head), (0.0, head)])
    lower = (upper * (1.0, -1.0))[::-1]
    return _solid(
        band(*arc((at, 0.0), (head, jaw), (90.0, 270.0), 12), low, high),
        *(prism_of(jaw_of + np.array([at, 0.0]), low, high) for jaw_of in (upper, lower)),
        block((far + 0.8 * eye, -grip / 1.4, low * 0.7), (at - 0.8 * head, grip / 1.4, high * 0.7)),
        band(*ring, low, high),
    )


def key(length: float, half_height: float) -> Solid:
    """A key along x: an oval bow at -x, a shaft, and three teeth at its end towards -y."""
    check_sizes("key", length=length, half_height=half_height)
    low, high = -half_height, half_height
    bow = 0.17 * length
    at = -length / 2 + bow
    shaft = 0.045 * length
    lines = arc((at, 0.0), (bow, 0.58 * bow), (0.0, 360.0), ROUND, 1.25)
    teeth = [(0.30, 0.36, 0.16), (0.37, 0.42, 0.12), (0.43, 0.48, 0.17)]
    return _solid(
        band(*lines, low, high),
        block((at + 0.8 * bow, -shaft, low), (length / 2, shaft, high)),
        *(
            block((a * length, -deep * length, low), (b * length, -shaft, high))
            for a, b, deep in teeth
        ),
    )


def _solid(*pieces: Piece) -> Solid:
    return Solid.centred(*union(pieces))


def _drawn_out(outline: np.ndarray, half_height: float) -> ConvexPart:
    """The hull of an outline."""
    ends = [
        np.column_stack([outline, np.full(len(outline), z)]) for z in (-half_height, half_height)
    ]
    return ConvexPart(kind="hull", points=np.concatenate(ends))
