"""Real floors and how they look indoors, outdoors and as table tops: a name -> Cover, Ground.

What a body feels is the floor's; covers of one floor differ in looks and in what a caption says.
"""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Ground, Substance, Surface, Texture

from .draws import Range, draw, pick
from .materials import own_share
from .palette import PAPER_LOOKS, TINT, Look, tinted

ROOM, OUTDOORS, STUDIO, TABLE = "room", "outdoors", "studio", "table"
"""Places that a cover may lie in."""


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A floor as it is seen in one kind of place."""

    name: str
    """In captions."""
    place: str
    looks: tuple[Look, ...]
    """`repeat` is in metres here."""
    roughness: Range
    goes_on: bool = True
    """Outdoors: to the horizon, like a lawn, or is it a terrace with an end?"""


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A ground: friction and restitution against itself, and its covers."""

    friction: float
    restitution: float
    covers: tuple[Cover, ...]

    @property
    def substance(self) -> Substance:
        """What bodies feel."""
        return Substance(
            density=2000.0,  # never used: floors and table tops do not move
            friction=own_share(self.friction),
            restitution=own_share(self.restitution),
        )

    def places(self) -> tuple[str, ...]:
        """Where it may lie."""
        return tuple(dict.fromkeys(cover.place for cover in self.covers))


def _looks(kind: str, repeat: Range, *pairs: tuple[tuple[float, float, float], ...]) -> tuple:
    """One look per pair of colours, all with the same pattern."""
    return tuple(
        Look(base_color=one, second_color=other, textures=(kind,), repeat=repeat)
        for one, other in pairs
    )


BOARDS = _looks(
    "wood",
    (0.09, 0.15),
    ((0.50, 0.31, 0.15), (0.20, 0.10, 0.04)),  # oak
    ((0.33, 0.20, 0.11), (0.12, 0.06, 0.03)),  # walnut
    ((0.62, 0.47, 0.31), (0.36, 0.24, 0.13)),  # ash
    ((0.36, 0.33, 0.29), (0.17, 0.15, 0.13)),  # grey oiled oak
)
DECK_BOARDS = _looks(
    "wood",
    (0.12, 0.16),
    ((0.36, 0.32, 0.27), (0.15, 0.13, 0.11)),  # weathered larch
    ((0.42, 0.25, 0.13), (0.16, 0.08, 0.04)),  # oiled bangkirai
)
TABLE_BOARDS = _looks(
    "wood",
    (0.12, 0.25),
    ((0.52, 0.33, 0.17), (0.28, 0.15, 0.06)),
    ((0.66, 0.48, 0.28), (0.42, 0.26, 0.12)),
    ((0.24, 0.13, 0.07), (0.09, 0.04, 0.02)),
)
TILES = _looks(
    "checker",
    (0.4, 0.7),
    ((0.70, 0.68, 0.63), (0.16, 0.17, 0.19)),
    ((0.62, 0.52, 0.40), (0.34, 0.17, 0.10)),
    ((0.56, 0.62, 0.64), (0.22, 0.34, 0.40)),
) + _looks(
    "tiles",
    (0.3, 0.6),
    ((0.62, 0.60, 0.56), (0.34, 0.33, 0.31)),
    ((0.46, 0.24, 0.15), (0.55, 0.50, 0.44)),  # terracotta
)
STONE_TILES = _looks(
    "tiles",
    (0.4, 0.6),
    ((0.50, 0.47, 0.41), (0.30, 0.28, 0.25)),
    ((0.38, 0.38, 0.37), (0.20, 0.20, 0.20)),
)
CONCRETE = _looks("noise", (0.4, 0.8), ((0.42, 0.41, 0.39), (0.25, 0.245, 0.235)))
ASPHALT = _looks("asphalt", (0.25, 0.4), ((0.115, 0.115, 0.12), (0.055, 0.055, 0.06)))
CLAY = _looks("sand", (0.3, 0.5), ((0.46, 0.20, 0.11), (0.34, 0.13, 0.07)))
GRASS = _looks(
    "grass",
    (0.1, 0.2),
    ((0.07, 0.17, 0.03), (0.15, 0.26, 0.06)),
    ((0.11, 0.18, 0.045), (0.20, 0.27, 0.08)),
)
MARBLE = _looks(
    "marble",
    (0.6, 1.0),
    ((0.74, 0.72, 0.68), (0.30, 0.29, 0.28)),
    ((0.52, 0.38, 0.27), (0.78, 0.66, 0.52)),
)
MAT = _looks("noise", (0.15, 0.3), ((0.04, 0.14, 0.035), (0.07, 0.20, 0.05)))
BRICKS = _looks(
    "brick",
    (0.2, 0.24),
    ((0.38, 0.15, 0.09), (0.46, 0.42, 0.37)),
    ((0.36, 0.34, 0.32), (0.20, 0.19, 0.18)),  # concrete blocks
)
LINOLEUM = _looks(
    "noise",
    (0.05, 0.1),
    ((0.17, 0.23, 0.26), (0.20, 0.26, 0.29)),
    ((0.44, 0.39, 0.30), (0.48, 0.43, 0.34)),
    ((0.32, 0.16, 0.12), (0.35, 0.19, 0.145)),
)
LAMINATE = _looks(
    "plain",
    (1.0, 1.0),
    ((0.78, 0.77, 0.74), (0.78, 0.77, 0.74)),
    ((0.16, 0.17, 0.19), (0.16, 0.17, 0.19)),
    ((0.55, 0.62, 0.60), (0.55, 0.62, 0.60)),
)


def _cover(
    name: str, place: str, looks: tuple[Look, ...], *roughness: float, goes_on: bool = True
) -> Cover:
    rough = (roughness[0], roughness[1])
    return Cover(name=name, place=place, looks=looks, roughness=rough, goes_on=goes_on)


# A floor hardly moves: what bounces off it loses mostly its own energy, hence the high values.
FLOORS: dict[str, Floor] = {
    "wooden floor": Floor(
        friction=0.45,
        restitution=0.72,
        covers=(
            _cover("wooden floor", ROOM, BOARDS, 0.3, 0.5),
            _cover("wooden deck", OUTDOORS, DECK_BOARDS, 0.6, 0.85, goes_on=False),
            _cover("wooden stage", STUDIO, PAPER_LOOKS, 0.35, 0.6),
            _cover("wooden table", TABLE, TABLE_BOARDS, 0.3, 0.55),
        ),
    ),
    "tiled floor": Floor(
        friction=0.50,
        restitution=0.85,
        covers=(
            _cover("tiled floor", ROOM, TILES, 0.15, 0.35),
            _cover("tiled terrace", OUTDOORS, STONE_TILES, 0.5, 0.8, goes_on=False),
        ),
    ),
    "concrete floor": Floor(
        friction=0.65,
        restitution=0.80,
        covers=(
            _cover("concrete floor", ROOM, CONCRETE, 0.75, 0.95),
            _cover("concrete yard", OUTDOORS, CONCRETE, 0.8, 0.95),
            _cover("asphalt yard", OUTDOORS, ASPHALT, 0.8, 0.95),
            _cover("stone terrace", OUTDOORS, STONE_TILES, 0.7, 0.9, goes_on=False),
            _cover("studio floor", STUDIO, PAPER_LOOKS, 0.6, 0.95),
        ),
    ),
    "marble floor": Floor(
        friction=0.42,
        restitution=0.88,
        covers=(
            _cover("marble floor", ROOM, MARBLE, 0.12, 0.25),
            _cover("marble table", TABLE, MARBLE, 0.12, 0.25),
        ),
    ),
    "green mat": Floor(
        friction=0.75,
        restitution=0.55,
        covers=(
            _cover("green mat", ROOM, MAT, 0.9, 1.0),
            _cover("lawn", OUTDOORS, GRASS, 0.9, 1.0),
        ),
    ),
    "brick paving": Floor(
        friction=0.65,
        restitution=0.70,
        covers=(
            _cover("brick pavement", OUTDOORS, BRICKS, 0.8, 0.95, goes_on=False),
            _cover("clay court", OUTDOORS, CLAY, 0.9, 1.0, goes_on=False),
        ),
    ),
    "linoleum floor": Floor(
        friction=0.50,
        restitution=0.70,
        covers=(
            _cover("linoleum floor", ROOM, LINOLEUM, 0.4, 0.6),
            _cover("studio floor", STUDIO, PAPER_LOOKS, 0.4, 0.6),
            _cover("laminate table", TABLE, LAMINATE, 0.2, 0.4),
        ),
    ),
}


def cover_surface(rng: np.random.Generator, cover: Cover) -> Surface:
    """One specimen of a cover."""
    look = pick(rng, cover.looks)
    brightness = draw(rng, TINT)
    return Surface(
        base_color=tinted(look.base_color, brightness),
        roughness=draw(rng, cover.roughness, 3),
        texture=Texture(
            kind=pick(rng, look.textures),
            scale=draw(rng, look.repeat),
            second_color=tinted(look.second_color, brightness),
        ),
    )


def ground(rng: np.random.Generator, floor: str, cover: Cover) -> Ground:
    """The plane z = 0 made of one of FLOORS."""
    return Ground(substance=FLOORS[floor].substance, surface=cover_surface(rng, cover))
