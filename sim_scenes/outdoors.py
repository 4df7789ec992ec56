"""Yards, lawns and terraces: walls, fences, hedges, trees and houses around, hills behind, a sky.

Angles in degrees, lengths in metres.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Scenery, Sky, Vec3

from .draws import Range, any_rotation, chance, draw, draw_count, draw_sign, pick, turned, vec
from .palette import WALL_PAINTS
from .scenery import Setting, Site, Space, glow, paint, shape

CLEARANCE = 0.8  # between a camera or the motion and the nearest thing
BORDER_AT = (0.0, 5.0)  # further out stands a wall, fence or hedge
BORDER_SHARE = 0.7  # of the scenes have one
TREES = (1, 16)
TREES_AT = (3.0, 40.0)  # beyond the free space
HOUSES = (0, 7)
HOUSES_AT = (12.0, 60.0)
HILLS = (5, 12)
TREE_HEIGHTS = (3, 4, 5, 6, 7, 9)
TREE_SHAPES = 6  # of lumps of leaves; few shapes, so that a process builds them once
HILL_RADII = ((60.0, 45.0, 9.0), (75.0, 50.0, 18.0), (90.0, 70.0, 13.0), (100.0, 80.0, 28.0))
HILLS_AT = (150.0, 420.0)
PATCH_EDGE = (0.2, 3.0)  # a terrace or deck ends this far beyond the free space
FIELD = 180.0  # size of a square of the lawn or gravel around it
FIELD_HEIGHT = 0.004  # flush with the ground, and above it

SUN_ELEVATION = (15.0, 70.0)
SUN_STRENGTH = (2.5, 4.0)  # irradiance over that of a white sky; clear days have 3 to 6
SIDE_LIGHT = (35.0, 110.0)  # sun azimuth from the camera's side of the scene
SIDE_LIGHT_SHARE = 0.75  # of the clips; the others take any azimuth
LOW_SUN, HIGH_SUN = (1.0, 0.70, 0.42), (1.0, 0.96, 0.90)  # about 3000 and 5500 K

BRICK: Vec3 = (0.42, 0.18, 0.11)
MORTAR: Vec3 = (0.52, 0.48, 0.43)
ROOFS: tuple[Vec3, ...] = ((0.30, 0.10, 0.06), (0.12, 0.12, 0.14), (0.22, 0.16, 0.12))
LEAVES: tuple[Vec3, ...] = ((0.05, 0.12, 0.03), (0.09, 0.16, 0.04), (0.13, 0.15, 0.03))
FIELDS: tuple[tuple[Vec3, Vec3, str], ...] = (
    ((0.07, 0.17, 0.03), (0.15, 0.26, 0.06), "grass"),
    ((0.12, 0.17, 0.05), (0.22, 0.26, 0.09), "grass"),
    ((0.34, 0.30, 0.24), (0.24, 0.21, 0.17), "sand"),
)
BARK: Vec3 = (0.14, 0.09, 0.06)


@dataclass(frozen=True, kw_only=True)
class Air:
    """A kind of sky: colours at the zenith and the horizon, strength of its sun, clouds."""

    zenith: Vec3
    horizon: Vec3
    sun: float
    clouds: Range
    haze: float = 0.6
    """Radius of the sun's disc as the haze widens it [deg]."""


AIRS = (
    Air(zenith=(0.20, 0.38, 0.78), horizon=(0.70, 0.82, 0.96), sun=1.0, clouds=(0.0, 0.45)),
    Air(
        zenith=(0.34, 0.48, 0.76), horizon=(0.86, 0.90, 0.94), sun=0.9, clouds=(0.0, 0.5), haze=1.0
    ),
    Air(
        zenith=(0.60, 0.64, 0.70), horizon=(0.84, 0.85, 0.86), sun=0.8, clouds=(0.5, 1.0), haze=3.5
    ),
    Air(zenith=(0.26, 0.36, 0.62), horizon=(0.98, 0.76, 0.54), sun=0.95, clouds=(0.0, 0.5)),
)
"""Clear, haze, thin cloud, towards evening."""


def outdoors(rng: np.random.Generator, space: Space) -> Setting:
    """Things in rings around the free space, the larger the farther."""
    air = pick(rng, AIRS)
    x, y = space.centre
    site = Site(x=x, y=y, yaw=draw(rng, (0.0, 360.0), 2))
    free = space.reach + CLEARANCE
    scenery = _border(rng, site, free) if chance(rng, BORDER_SHARE) else []
    if not space.goes_on:
        scenery += _fields(rng, site, free + draw(rng, PATCH_EDGE))
    for kind, count, ring in (
        (_tree, TREES, TREES_AT),
        (_house, HOUSES, HOUSES_AT),
        (_hill, HILLS, HILLS_AT),
    ):
        for _number in range(draw_count(rng, count)):
            scenery += kind(rng, _somewhere(rng, site, free, ring), air)
    return Setting(scenery=tuple(scenery), sky=daylight(rng, space.azimuth, air))


def _fields(rng: np.random.Generator, site: Site, edge: float) -> list[Scenery]:
    """Lawn, gravel or earth around a square, far beyond what can be told from the horizon."""
    one, other, kind = pick(rng, FIELDS)
    look = paint(one, 1.0, kind=kind, scale=draw(rng, (0.15, 0.3)), other=other)
    places = ((-edge, edge), (edge, edge + FIELD), (-edge - FIELD, -edge))
    made = []
    for across in places:
        for along in places:
            if across == along == places[0]:
                continue
            low = (across[0], along[0], -0.1)
            made.append(site.block(look, low, (across[1], along[1], FIELD_HEIGHT)))
    return made


def _somewhere(rng: np.random.Generator, site: Site, free: float, ring: Range) -> Site:
    """A site in a ring, its y axis pointing outwards; farther ones are not rarer."""
    out = site.at(0.0, 0.0, draw(rng, (0.0, 360.0), 2))
    return out.at(0.0, free + draw(rng, ring))


def _border(rng: np.random.Generator, site: Site, free: float) -> list[Scenery]:
    """The same kind of wall, fence or hedge on two to four sides of a square."""
    kind = pick(rng, (_wall, _fence, _hedge))
    sides = draw_count(rng, SIDES[kind])
    look = kind(rng)
    made: list[Scenery] = []
    for quarter in range(sides):
        distance = free + draw(rng, BORDER_AT)
        # Longer than a side, so that the next side meets it.
        half = free + BORDER_AT[1] + 1.0
        made += look(site.at(0.0, 0.0, 90.0 * quarter).at(0.0, distance), half)
    return made


Border = Callable[[Site, float], list[Scenery]]
"""A site at the middle of a border, y outwards, and half its length -> the border."""


def _wall(rng: np.random.Generator) -> Border:
    height, thick = draw(rng, (0.5, 2.0)), 0.24
    body = pick(
        rng,
        (
            paint(BRICK, 0.9, kind="brick", scale=0.25, other=MORTAR),
            paint((0.62, 0.58, 0.50), 0.95, kind="plaster", scale=0.6, other=(0.54, 0.50, 0.43)),
            paint((0.40, 0.39, 0.37), 0.9, kind="noise", scale=0.7, other=(0.31, 0.30, 0.29)),
        ),
    )
    cap = paint((0.46, 0.44, 0.41), 0.85)

    def build(site: Site, half: float) -> list[Scenery]:
        return [
            site.block(body, (-half, 0.0, -0.05), (half, thick, height)),
            site.block(cap, (-half, -0.03, height), (half, thick + 0.03, height + 0.06)),
        ]

    return build


def _fence(rng: np.random.Generator) -> Border:
    height, pitch = draw(rng, (0.8, 1.7)), draw(rng, (0.16, 0.3))
    wood = pick(
        rng, ((0.78, 0.77, 0.73), (0.34, 0.20, 0.10), (0.30, 0.29, 0.27), (0.10, 0.16, 0.12))
    )
    look = paint(wood, 0.7, kind="wood", scale=0.2, other=vec(0.7 * c for c in wood))
    slat = pitch * draw(rng, (0.45, 0.92))

    def build(site: Site, half: float) -> list[Scenery]:
        slats = np.arange(-half, half, pitch).tolist()
        posts = np.arange(-half, half + 1.0, 2.0).tolist()
        rails = [
            site.block(look, (-half, 0.02, z), (half, 0.06, z + 0.09))
            for z in (0.2 * height, 0.78 * height)
        ]
        return [
            *rails,
            *(site.block(look, (x, 0.0, 0.05), (x + slat, 0.02, height)) for x in slats),
            *(site.block(look, (x, 0.02, -0.1), (x + 0.1, 0.12, height + 0.05)) for x in posts),
        ]

    return build


def _hedge(rng: np.random.Generator) -> Border:
    height, thick = draw(rng, (0.6, 1.8)), draw(rng, (0.5, 0.9))
    green = pick(rng, LEAVES)
    look = paint(green, 1.0, kind="grass", scale=0.12, other=vec(1.9 * c for c in green))
    seed = int(rng.integers(2**31))

    def build(site: Site, half: float) -> list[Scenery]:
        cut = np.random.Generator(np.random.PCG64(seed))
        made = []
        for x in np.arange(-half, half, 1.3).tolist():
            front, top = draw(cut, (-0.04, 0.04)), height * draw(cut, (0.96, 1.04))
            made.append(site.block(look, (x, front, -0.05), (x + 1.3, thick, top)))
        return made

    return build


SIDES = {_wall: (2, 4), _fence: (1, 3), _hedge: (2, 4)}
"""Of the square around the free space that have a border."""


def _tree(rng: np.random.Generator, site: Site, air: Air) -> list[Scenery]:
    """A trunk under a crown of a few rounded lumps, or a conifer."""
    tall, green = float(pick(rng, TREE_HEIGHTS)), pick(rng, LEAVES)
    leaves = paint(green, 1.0, kind="grass", scale=0.5, other=vec(1.7 * c for c in green))
    bark = paint(BARK, 0.95, kind="noise", scale=0.2, other=(0.09, 0.06, 0.04))
    trunk_radius = 0.025 * tall
    trunk = shape("cylinder", radius=trunk_radius, half_height=0.25 * tall)
    made = [site.solid(trunk, bark, (0.0, 0.0, 0.24 * tall))]
    if chance(rng, 0.3):
        for low, width in ((0.2, 0.22), (0.42, 0.17), (0.64, 0.11)):
            cone = shape("cone", radius=width * tall, height=round(0.36 * tall, 4))
            made.append(site.solid(cone, leaves, (0.0, 0.0, low * tall)))
        return made
    lump = shape(
        "rock",
        radius=round(0.2 * tall, 4),
        roughness=0.25,
        seed=int(rng.integers(TREE_SHAPES)),
    )
    for _ in range(draw_count(rng, (3, 6))):
        x, y, z = vec(rng.normal(size=3) * (0.13 * tall, 0.13 * tall, 0.09 * tall))
        made.append(site.solid(lump, leaves, (x, y, z + 0.66 * tall), any_rotation(rng)))
    return made


def _house(rng: np.random.Generator, site: Site, air: Air) -> list[Scenery]:
    """Walls, a gable roof, rows of windows, a door."""
    site = site.at(0.0, 6.0, draw(rng, (-30.0, 30.0), 1))
    half, deep = draw(rng, (3.5, 7.0)), draw(rng, (3.0, 5.0))
    floors = draw_count(rng, (1, 3))
    eaves, rise = 2.7 * floors + 0.3, draw(rng, (1.5, 3.2))
    color = pick(rng, (*WALL_PAINTS, BRICK))
    other = MORTAR if color == BRICK else vec(0.93 * c for c in color)
    kind = "brick" if color == BRICK else "plaster"
    walls = paint(color, 0.9, kind=kind, scale=0.5, other=other)
    tile = pick(rng, ROOFS)
    roof = paint(tile, 0.85, kind="stripes", scale=0.4, other=vec(0.75 * c for c in tile))
    made = [site.block(walls, (-half, -deep, -0.2), (half, deep, eaves))]
    slope = shape("wedge", half_extents=vec(((deep + 0.35) / 2, half + 0.3, rise / 2)))
    for side in (-1, 1):
        turn = turned("z", 90.0 if side < 0 else -90.0)
        made.append(
            site.solid(slope, roof, (0.0, side * (deep + 0.35) / 2, eaves + rise / 2), turn)
        )
    glass = paint((0.06, 0.08, 0.10), 0.08)
    lit = glow((1.0, 0.8, 0.5), 0.9)
    frame = paint((0.78, 0.77, 0.74), 0.5)
    columns = draw_count(rng, (2, 4))
    for floor in range(floors):
        for x in (np.arange(columns) - (columns - 1) / 2) * 1.7 * half / columns:
            low, wide = 2.7 * floor + 1.0, 0.55
            pane = lit if chance(rng, 0.08) else glass
            at = float(x)
            made.append(
                site.block(
                    frame,
                    (at - wide - 0.1, -deep - 0.03, low - 0.1),
                    (at + wide + 0.1, -deep, low + 1.5),
                )
            )
            made.append(
                site.block(pane, (at - wide, -deep - 0.04, low), (at + wide, -deep, low + 1.4))
            )
    return made


def _hill(rng: np.random.Generator, site: Site, air: Air) -> list[Scenery]:
    """A flat dome, greyed by the air in front of it."""
    green = pick(rng, LEAVES)
    haze = draw(rng, (0.35, 0.65))
    color = vec(
        (1 - haze) * 1.3 * c + haze * 0.55 * h for c, h in zip(green, air.horizon, strict=True)
    )
    look = paint(color, 1.0, kind="noise", scale=25.0, other=vec(0.85 * c for c in color))
    radii = pick(rng, HILL_RADII)
    dome = shape("ellipsoid", radii=radii)
    return [site.solid(dome, look, (0.0, 80.0, -0.12 * radii[2]))]


def daylight(rng: np.random.Generator, camera_azimuth: float, air: Air) -> Sky:
    """Sun and sky; mostly lit from the side, so that shapes and shadows show."""
    elevation = draw(rng, SUN_ELEVATION, 2)
    offset = (
        draw(rng, SIDE_LIGHT, 2) * draw_sign(rng)
        if chance(rng, SIDE_LIGHT_SHARE)
        else draw(rng, (-180.0, 180.0), 2)
    )
    height = (elevation - SUN_ELEVATION[0]) / (SUN_ELEVATION[1] - SUN_ELEVATION[0])
    strength = max(draw(rng, SUN_STRENGTH) * air.sun, SUN_STRENGTH[0])
    color = [
        strength * (low + (high - low) * height**0.5)  # reddening falls off fast with height
        for low, high in zip(LOW_SUN, HIGH_SUN, strict=True)
    ]
    return Sky(
        sun_azimuth=round(float(np.radians((camera_azimuth + offset) % 360.0)), 6),
        sun_elevation=round(float(np.radians(elevation)), 6),
        sun_color=vec(color),
        zenith_color=air.zenith,
        horizon_color=air.horizon,
        sun_radius=round(float(np.radians(air.haze * 0.45)), 5),
        cloud_cover=draw(rng, air.clouds, 3),
    )
