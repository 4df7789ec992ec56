"""Bodies that stand on or fall onto the floor -> the same on a table; what misses it lands below.

The table top has the contact values of the floor it replaces: the motion on it is the same.
"""

from dataclasses import dataclass, replace

import numpy as np

from phys4d_pipeline.scene import Body, Substance, Surface

from .draws import draw, pick, vec
from .filming import Shot, around, corners
from .floors import FLOORS, ROOM, TABLE, cover_surface
from .scenery import shape

HEIGHT = (0.70, 0.78)  # dining tables and desks [m]
THICKNESS = (0.025, 0.05)  # of the top [m]
MARGIN = (0.12, 0.45)  # of the top around the bodies at the start [m]
LARGEST = (2.4, 1.4)  # length and width of the top [m]
SMALLEST = (0.9, 0.6)  # [m]
TALLEST = 1.5  # start of bodies above the top: higher ones would need a hall [m]
LEG = (0.045, 0.08)  # width [m]
INSET = 0.04  # of the legs from the edge [m]
STANDS_ON = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


@dataclass(frozen=True, kw_only=True)
class OnTable:
    """A scene after it was lifted onto a table."""

    bodies: list[Body]
    """Those lifted, then the table's."""
    shot: Shot
    name: str
    """Of the table, in captions."""
    stands_on: str
    """One of FLOORS."""


def table(rng: np.random.Generator, floor: str, bodies: list[Body], shot: Shot) -> OnTable | None:
    """The bodies on a table of the floor's kind; None if there is none or they do not fit on it."""
    covers = [cover for cover in FLOORS[floor].covers if cover.place == TABLE]
    start = around(bodies)
    low, high = start.min(0), start.max(0)
    size = high[:2] - low[:2] + 2 * MARGIN[0]
    fits = max(size) <= LARGEST[0] and min(size) <= LARGEST[1] and high[2] <= TALLEST
    if not covers or not fits or any(body.is_static for body in bodies):
        return None
    cover = pick(rng, covers)
    height = draw(rng, HEIGHT)
    longest = np.array(LARGEST if size[0] >= size[1] else LARGEST[::-1])
    size = np.maximum(size, SMALLEST if size[0] >= size[1] else SMALLEST[::-1])
    wanted = size + 2 * (np.array([draw(rng, MARGIN), draw(rng, MARGIN)]) - MARGIN[0])
    half = np.minimum(wanted, np.maximum(longest, size)) / 2
    middle = (low[:2] + high[:2]) / 2
    lifted = [
        replace(body, position=vec(np.add(body.position, (0.0, 0.0, height)))) for body in bodies
    ]
    parts = _parts(rng, FLOORS[floor].substance, cover_surface(rng, cover), (middle, half, height))
    return OnTable(
        bodies=[*lifted, *parts],
        shot=replace(shot, points=_seen(shot.points, middle, half, height)),
        name=cover.name,
        stands_on=pick(rng, [name for name in STANDS_ON if ROOM in FLOORS[name].places()]),
    )


def _parts(
    rng: np.random.Generator,
    substance: Substance,
    look: Surface,
    place: tuple[np.ndarray, np.ndarray, float],
) -> list[Body]:
    """A top and four legs below it that touch it."""
    middle, half, height = place
    thickness, leg = draw(rng, THICKNESS), draw(rng, LEG)
    under = height - thickness
    legs = (
        look if look.texture.kind == "wood" else Surface(base_color=(0.1, 0.1, 0.11), roughness=0.4)
    )
    boxes = [("table_top", look, (*middle, height - thickness / 2), (*half, thickness / 2))]
    for index, corner in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
        foot = middle + np.array(corner) * (half - INSET - leg / 2)
        boxes.append(
            (f"table_leg_{index}", legs, (*foot, under / 2), (leg / 2, leg / 2, under / 2))
        )
    return [
        Body(
            name=name,
            shape=shape("box", half_extents=vec(extents)),
            substance=substance,
            surface=surface,
            position=vec(at),
            is_static=True,
        )
        for name, surface, at, extents in boxes
    ]


def _seen(points: np.ndarray, middle: np.ndarray, half: np.ndarray, height: float) -> np.ndarray:
    """What was on the floor is on the table; beyond its edge it has fallen."""
    lifted = points + np.array((0.0, 0.0, height))
    outside = (np.abs(points[:, :2] - middle) > half).any(1) & (points[:, 2] <= 0.0)
    lifted[outside, 2] = 0.0
    top = corners((*(middle - half), height), (*(middle + half), height))
    return np.concatenate([lifted, top])
