"""What stands at and hangs on the walls of a room: windows, doors, pictures, shelves, panels.

A wall's frame: x along it from its left corner, y into the room, z up; lengths in metres.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from phys4d_pipeline.scene import Scenery, Surface, Vec3

from .draws import Range, chance, draw, draw_count, pick
from .palette import PAINTS, WALL_PAINTS
from .scenery import Site, glow, paint, shape

SILL = (0.8, 1.0)  # height of a window's lower edge
WINDOW = (0.9, 1.7)  # width
DAYLIGHT: tuple[Vec3, ...] = ((0.86, 0.93, 1.0), (0.95, 0.96, 0.96), (1.0, 0.90, 0.76))
DAYLIGHT_STRENGTH = (0.75, 1.3)  # radiance over that of a white sky
DOOR = (0.80, 0.95)  # width; 2.0 to 2.1 m high
PICTURE = (0.3, 0.9)  # width and height
HUNG_AT = (1.45, 1.65)  # height of a picture's middle: the eyes of who looks at it
SHELF_DEPTH = (0.20, 0.28)
CUPBOARD_DEPTH = (0.25, 0.38)
DEEPEST = 0.4
"""How far fittings stand out into the room at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wall:
    """A wall and the woodwork on it."""

    site: Site
    length: float
    height: float
    paint: Surface
    trim: Surface


Fitting = Callable[[np.random.Generator, Wall, float, float], list[Scenery]]
"""rng, wall, middle of the free place along it, width of that place -> what fills it."""


def window(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """Bright panes between bars, a sill, often curtains."""
    half = min(draw(rng, WINDOW), 0.8 * width) / 2
    low, high = draw(rng, SILL), min(draw(rng, (1.9, 2.2)), wall.height - 0.15)
    site, bar = wall.site, 0.05
    pane = glow(pick(rng, DAYLIGHT), draw(rng, DAYLIGHT_STRENGTH, 2))
    columns = draw_count(rng, (2, 3))
    edges = np.linspace(x - half, x + half, columns + 1).tolist()
    parts = [site.block(pane, (x - half, 0.0, low), (x + half, 0.012, high))]
    parts += [
        site.block(wall.trim, (edge - bar / 2, 0.0, low), (edge + bar / 2, 0.05, high))
        for edge in edges
    ]
    cross = low + draw(rng, (0.6, 0.75)) * (high - low)
    parts += [
        site.block(wall.trim, (x - half, 0.0, z - bar / 2), (x + half, 0.045, z + bar / 2))
        for z in (low, cross, high)
    ]
    parts.append(
        site.block(
            wall.trim, (x - half - 0.08, 0.0, low - 0.06), (x + half + 0.08, 0.14, low - 0.025)
        )
    )
    if chance(rng, 0.6):
        parts += _curtains(rng, site, (x, half), high)
    return parts


def _curtains(
    rng: np.random.Generator, site: Site, window: tuple[float, float], top: float
) -> list[Scenery]:
    color = pick(rng, (*WALL_PAINTS, PAINTS["teal"], PAINTS["blue"], PAINTS["cream"]))
    cloth = paint(color, 0.95, kind="fabric", scale=0.05, other=_darker(color, 0.8))
    x, half = window
    share, fold = draw(rng, (0.3, 0.5)), 0.055
    parts = [
        site.block(cloth, (x - half - 0.25, 0.05, top + 0.08), (x + half + 0.25, 0.09, top + 0.11))
    ]
    for side in (-1, 1):
        for index in range(int(2 * share * half / fold)):
            edge = x + side * (half + 0.18 - index * fold)
            near = 0.05 + 0.025 * (index % 2)  # every second fold stands out
            parts.append(
                site.block(cloth, (edge, near, 0.05), (edge - side * fold, near + 0.05, top + 0.08))
            )
    return parts


def door(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """A leaf with panels in its casing, and a handle."""
    half, high = min(draw(rng, DOOR), 0.85 * width) / 2, draw(rng, (2.0, 2.1))
    site, casing = wall.site, 0.08
    leaf = paint(pick(rng, WALL_PAINTS), 0.45) if chance(rng, 0.4) else wall.trim
    parts = [site.block(leaf, (x - half, 0.0, 0.01), (x + half, 0.02, high))]
    for side in (-1, 1):
        parts.append(
            site.block(
                wall.trim, (x + side * half, 0.0, 0.0), (x + side * (half + casing), 0.035, high)
            )
        )
    top = ((x - half - casing, 0.0, high), (x + half + casing, 0.035, high + casing))
    parts.append(site.block(wall.trim, *top))
    for low, upper in ((0.15, 0.9), (1.05, high - 0.15)):
        for side in (-1, 1):
            middle = x + side * half / 2
            panel = ((middle - 0.36 * half, 0.02, low), (middle + 0.36 * half, 0.03, upper))
            parts.append(site.block(leaf, *panel))
    knob = Surface(base_color=(0.75, 0.62, 0.36), roughness=0.25, metallic=1.0)
    ball = shape("polyhedron", faces=20, radius=0.03)
    return [*parts, site.solid(ball, knob, (x + 0.85 * half, 0.055, 1.02))]


def picture(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """A frame, a mount and a coloured pattern."""
    half, tall = (draw(rng, PICTURE) / 2 for _ in range(2))
    half, z, rim = min(half, 0.42 * width), draw(rng, HUNG_AT), draw(rng, (0.02, 0.05))
    one, other = pick(rng, list(PAINTS.values())), pick(rng, list(PAINTS.values()))
    kind = pick(rng, ("noise", "marble", "stripes", "checker", "dots", "plain"))
    canvas = paint(one, 0.8, kind=kind, scale=draw(rng, (0.08, 0.4)), other=other)
    frame = paint(pick(rng, ((0.03, 0.03, 0.03), (0.55, 0.38, 0.18), (0.8, 0.79, 0.76))), 0.4)
    parts = []
    for look, grown, depth in (
        (frame, rim, 0.02),
        (paint((0.85, 0.84, 0.81), 0.9), 0.0, 0.022),
        (canvas, -0.18 * min(half, tall), 0.024),
    ):
        low = (x - half - grown, 0.0, z - tall - grown)
        parts.append(wall.site.block(look, low, (x + half + grown, depth, z + tall + grown)))
    return parts


def shelf(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """Boards with books and boxes on them."""
    half, depth = min(draw(rng, (0.4, 0.75)), 0.45 * width), draw(rng, SHELF_DEPTH)
    parts: list[Scenery] = []
    for z in np.arange(draw(rng, (0.9, 1.2)), 2.0, 0.38).tolist():
        parts.append(wall.site.block(wall.trim, (x - half, 0.0, z - 0.025), (x + half, depth, z)))
        edge = x - half + draw(rng, (0.0, 0.3 * half))
        while edge < x + 0.8 * half:
            thick, tall = draw(rng, (0.02, 0.06)), draw(rng, (0.16, 0.28))
            cover = paint(pick(rng, list(PAINTS.values())), draw(rng, (0.4, 0.8)))
            high = (edge + thick, depth - draw(rng, (0.02, 0.08)), z + tall)
            parts.append(wall.site.block(cover, (edge, 0.02, z), high))
            edge += thick + (draw(rng, (0.05, 0.3)) if chance(rng, 0.15) else 0.002)
    return parts


def cupboard(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """A chest of drawers or a tall cupboard."""
    half, depth = min(draw(rng, (0.35, 0.7)), 0.46 * width), draw(rng, CUPBOARD_DEPTH)
    tall = draw(rng, (0.75, 1.1)) if chance(rng, 0.7) else min(1.9, wall.height - 0.2)
    look = wall.trim if chance(rng, 0.5) else paint(pick(rng, WALL_PAINTS), 0.5)
    foot = paint((0.06, 0.05, 0.05), 0.7)
    parts = [
        wall.site.block(foot, (x - half + 0.03, 0.0, 0.0), (x + half - 0.03, depth - 0.04, 0.07)),
        wall.site.block(look, (x - half, 0.0, 0.07), (x + half, depth, tall), shadow=True),
    ]
    rows = draw_count(rng, (2, 4))
    edges = np.linspace(0.1, tall - 0.03, rows + 1).tolist()
    for low, high in pairwise(edges):
        for side in (-1, 1):
            middle = x + side * half / 2
            drawer = (
                (middle - 0.46 * half, depth, low),
                (middle + 0.46 * half, depth + 0.015, high - 0.02),
            )
            parts.append(wall.site.block(look, *drawer))
    return parts


def panels(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """Mouldings: a frame of thin bars around a field of wall."""
    half, low, high = 0.45 * width, draw(rng, (0.25, 0.35)), wall.height - draw(rng, (0.3, 0.5))
    bar, site = 0.03, wall.site
    flat = [((x - half, z), (x + half, z + bar)) for z in (low, high - bar)]
    tall = [((edge, low), (edge + bar, high)) for edge in (x - half, x + half - bar)]
    return [
        site.block(wall.paint, (a[0], 0.0, a[1]), (b[0], 0.025, b[1])) for a, b in (*flat, *tall)
    ]


def radiator(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """Ribs in a row, low at the wall."""
    half, high = min(draw(rng, (0.3, 0.6)), 0.45 * width), draw(rng, (0.55, 0.7))
    white = paint((0.82, 0.82, 0.80), 0.35)
    ribs = np.arange(x - half, x + half, 0.06).tolist()
    return [wall.site.block(white, (rib, 0.03, 0.12), (rib + 0.045, 0.11, high)) for rib in ribs]


def ball_bars(rng: np.random.Generator, wall: Wall, x: float, width: float) -> list[Scenery]:
    """Wall bars of a gymnasium."""
    half, wood = min(0.45, 0.45 * width), paint((0.60, 0.40, 0.20), 0.5)
    top = min(2.5, wall.height - 0.2)
    posts = [
        wall.site.block(wood, (edge - 0.025, 0.0, 0.0), (edge + 0.025, 0.1, top))
        for edge in (x - half, x + half)
    ]
    rungs = np.arange(0.3, top - 0.05, draw(rng, (0.14, 0.18))).tolist()
    return posts + [
        wall.site.block(wood, (x - half, 0.05, z), (x + half, 0.085, z + 0.035)) for z in rungs
    ]


FITTINGS: dict[Fitting, float] = {
    window: 0.30,
    picture: 0.34,
    shelf: 0.10,
    cupboard: 0.12,
    door: 0.12,
    panels: 0.10,
    radiator: 0.06,
    ball_bars: 0.03,
}
"""How often each is taken, relative to the others."""


def furnished(rng: np.random.Generator, wall: Wall, pitch: Range, share: float) -> list[Scenery]:
    """Fittings side by side along a wall; `share` of the places are taken."""
    step = draw(rng, pitch)
    count = max(1, int((wall.length - 0.4) / step))
    gap = wall.length / count
    kinds, weights = list(FITTINGS), np.array(list(FITTINGS.values()))
    made: list[Scenery] = []
    for place in range(count):
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
        if chance(rng, share):
            made += kind(rng, wall, (place + 0.5) * gap, min(gap, 2.4))
    return made


def _darker(color: Vec3, share: float) -> Vec3:
    red, green, blue = (round(channel * share, 4) for channel in color)
    return red, green, blue
