"""Rooms: walls all around with what belongs on them, a ceiling, and a lamp for a sun.

Walls and ceilings cast no shadow: the lamp's light comes through them. Angles in degrees.
"""

import numpy as np

from phys4d_pipeline.scene import Scenery, Sky, Surface, Vec3

from .draws import Range, chance, draw, draw_sign, pick, vec
from .fittings import DEEPEST, Wall, furnished
from .palette import WALL_PAINTS, WOODWORK
from .scenery import Setting, Site, Space, glow, paint

CLEARANCE = 0.35  # between a camera or the motion and what stands at a wall [m]
FURTHER = (0.1, 1.6)  # a wall lies further out by this [m]
SMALLEST = 1.7  # half the size of the smallest room [m]
HEIGHT = (2.45, 3.2)  # at least [m]
HEADROOM = 0.35  # over the highest camera [m]
TURN = (12.0, 78.0)  # of the walls against the line of sight: seen at an angle
HEAD_ON_SHARE = 0.25  # of the rooms: seen square on
WALL = 0.1  # thickness of walls and ceiling [m]
PLASTER_SHARE = 0.35  # of the rooms have trowelled walls, the others smooth paint
PITCH = (1.3, 2.2)  # room along a wall for one fitting [m]
FITTED = 0.62  # share of these places that hold one
BARE_SHARE = 0.12  # of the rooms have bare walls
PICTURE_RAIL_SHARE = 0.3  # of the rooms: two colours, parted by a rail

LAMP_ELEVATION = (48.0, 78.0)
LAMP_STRENGTH = (1.5, 2.6)  # irradiance over that of a white sky
LAMP_RADIUS = (0.03, 0.08)  # half the angle it fills [rad]: soft shadows
SIDE_LIGHT = (30.0, 120.0)  # azimuth of the lamp from the camera's
WARM, NEUTRAL = (1.0, 0.80, 0.58), (1.0, 0.97, 0.94)  # about 3200 and 5500 K
CEILING: Vec3 = (0.82, 0.81, 0.79)


def room(rng: np.random.Generator, space: Space) -> Setting:
    """A room just large enough for the motion and for a camera that goes all the way round."""
    wall_color = pick(rng, WALL_PAINTS)
    site, (left, near, right, far) = _plan(rng, space)
    height = max(draw(rng, HEIGHT), space.top + HEADROOM)
    walls = [
        Wall(site=frame, length=length, height=height, paint=surface, trim=trim)
        for surface, trim in [(_painted(rng, wall_color), _woodwork(rng))]
        for frame, length in (
            (site.at(-left, -near), left + right),
            (site.at(right, -near, 90.0), near + far),
            (site.at(right, far, 180.0), left + right),
            (site.at(-left, far, -90.0), near + far),
        )
    ]
    upper = pick(rng, WALL_PAINTS) if chance(rng, PICTURE_RAIL_SHARE) else None
    share = 0.0 if chance(rng, BARE_SHARE) else FITTED
    scenery: list[Scenery] = []
    for wall in walls:
        scenery += _shell(wall, upper) + furnished(rng, wall, PITCH, share)
    ceiling = paint(CEILING, 0.95)
    low, high = (-left - WALL, -near - WALL, height), (right + WALL, far + WALL, height + WALL)
    scenery.append(site.block(ceiling, low, high))
    scenery += _ceiling_lamps(rng, site, ((-left / 2, right / 2), (-near / 2, far / 2)), height)
    return Setting(scenery=tuple(scenery), sky=_lamp(rng, space, wall_color))


def _plan(rng: np.random.Generator, space: Space) -> tuple[Site, tuple[float, float, float, float]]:
    """Where the room is, and how far its walls lie to the left, near, right and far side [m]."""
    turn = 0.0 if chance(rng, HEAD_ON_SHARE) else draw(rng, TURN, 2)
    free = max(space.reach + CLEARANCE + DEEPEST, SMALLEST)
    walls = tuple(round(free + draw(rng, FURTHER), 4) for _ in range(4))
    x, y = space.centre
    return Site(x=x, y=y, yaw=space.azimuth + 90.0 + turn), (walls[0], walls[1], walls[2], walls[3])


def _painted(rng: np.random.Generator, color: Vec3) -> Surface:
    """Smooth paint, or paint on trowelled plaster."""
    return _plaster(color) if chance(rng, PLASTER_SHARE) else paint(color, 0.92)


def _plaster(color: Vec3) -> Surface:
    other = vec(channel * 0.93 for channel in color)
    return paint(color, 0.92, kind="plaster", scale=1.2, other=other)


def _woodwork(rng: np.random.Generator) -> Surface:
    color = pick(rng, WOODWORK)
    if color == WOODWORK[0]:
        return paint(color, 0.4)
    return paint(color, 0.5, kind="wood", scale=0.3, other=vec(channel * 0.6 for channel in color))


def _shell(wall: Wall, upper: Vec3 | None) -> list[Scenery]:
    """The wall itself, up to the rail and above it, and its skirting board."""
    rail = 0.42 * wall.height
    board = wall.site.block(wall.trim, (0.0, 0.0, 0.0), (wall.length, 0.016, 0.09))
    if upper is None:
        whole = ((-WALL, -WALL, -0.05), (wall.length + WALL, 0.0, wall.height))
        return [wall.site.block(wall.paint, *whole), board]
    low, high = (-WALL, -WALL, -0.05), (wall.length + WALL, 0.0, rail)
    over = ((-WALL, -WALL, rail), (wall.length + WALL, 0.0, wall.height))
    return [
        wall.site.block(wall.paint, low, high),
        wall.site.block(paint(upper, 0.92), *over),
        wall.site.block(wall.trim, (0.0, 0.0, rail - 0.03), (wall.length, 0.022, rail + 0.03)),
        board,
    ]


def _ceiling_lamps(
    rng: np.random.Generator, site: Site, places: tuple[Range, Range], height: float
) -> list[Scenery]:
    """Bright panels flush with the ceiling."""
    if not chance(rng, 0.6):
        return []
    long, wide = draw(rng, (0.3, 0.8)), draw(rng, (0.15, 0.5))
    light = glow(NEUTRAL, 1.4)
    return [
        site.block(light, (x - long, y - wide / 2, height - 0.03), (x + long, y + wide / 2, height))
        for x in places[0]
        for y in places[1]
    ]


def _lamp(rng: np.random.Generator, space: Space, wall: Vec3) -> Sky:
    """A large lamp, and light that ceiling and walls throw back."""
    warmth = draw(rng, (0.0, 1.0), 3)
    strength = draw(rng, LAMP_STRENGTH)
    offset = draw(rng, SIDE_LIGHT, 2) * draw_sign(rng)
    beam = [a + (b - a) * warmth for a, b in zip(WARM, NEUTRAL, strict=True)]
    level = draw(rng, (0.75, 1.0), 3)
    return Sky(
        sun_azimuth=round(float(np.radians((space.azimuth + offset) % 360.0)), 6),
        sun_elevation=round(float(np.radians(draw(rng, LAMP_ELEVATION, 2))), 6),
        sun_color=vec(strength * channel for channel in beam),
        zenith_color=vec(level * 0.85 * c * b for c, b in zip(CEILING, beam, strict=True)),
        horizon_color=vec(level * (0.25 + 0.55 * c) * b for c, b in zip(wall, beam, strict=True)),
        sun_radius=draw(rng, LAMP_RADIUS),
    )
