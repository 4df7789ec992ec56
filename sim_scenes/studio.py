"""A photographer's studio: floor and walls in one colour that run into each other, large lamps."""

import numpy as np

from phys4d_pipeline.scene import Scenery, Sky, Surface

from .draws import draw, draw_sign, vec
from .scenery import Setting, Site, Space

CLEARANCE = 0.4  # between a camera or the motion and the walls [m]
FURTHER = (0.3, 1.5)  # a wall lies further out by this [m]
COVE = (0.5, 0.9)  # radius of the round between floor and wall [m]
FACETS = 14  # flat strips of the round: 6.4 degrees each, which its shading does not show
HEIGHT = 6.0  # beyond every picture [m]
WALL = 0.1  # thickness [m]

KEY_ELEVATION = (40.0, 68.0)  # of the key light [deg]
KEY_SIDE = (30.0, 80.0)  # its azimuth from the camera's [deg]
KEY_STRENGTH = (1.3, 2.2)  # irradiance over that of a white sky
SOFT_BOX = (0.04, 0.09)  # half the angle the key light fills [rad]
FILL_LIGHT = (0.55, 0.85)  # radiance of the white ceiling [1]


def studio(rng: np.random.Generator, space: Space) -> Setting:
    """Four walls of the ground's paper, far enough for a camera that goes all the way round."""
    x, y = space.centre
    site = Site(x=x, y=y, yaw=space.azimuth + 90.0 + draw(rng, (-25.0, 25.0), 2))
    cove = draw(rng, COVE)
    distance = space.reach + CLEARANCE + cove + draw(rng, FURTHER)
    height = max(HEIGHT, space.top + 2.0)
    scenery: list[Scenery] = []
    for quarter in range(4):
        side = site.at(0.0, 0.0, 90.0 * quarter)
        scenery += _sweep(side, distance, cove, height, space.ground)
    return Setting(scenery=tuple(scenery), sky=_lights(rng, space, space.ground))


def _sweep(
    side: Site, distance: float, cove: float, height: float, paper: Surface
) -> list[Scenery]:
    """A wall at y = `distance` whose foot bends into the floor."""
    half = distance + WALL
    angles = np.linspace(-np.pi / 2, 0.0, FACETS + 1)
    y = distance - cove + cove * np.cos(angles)
    z = cove + cove * np.sin(angles)
    strips = [
        side.slanted(paper, ((y[k], z[k]), (y[k + 1], z[k + 1])), half, WALL) for k in range(FACETS)
    ]
    wall = side.block(paper, (-half, distance, cove), (half, distance + WALL, height))
    return [*strips, wall]


def _lights(rng: np.random.Generator, space: Space, paper: Surface) -> Sky:
    """A soft key light from the side, white fill from above, the paper's colour from around."""
    fill = draw(rng, FILL_LIGHT, 3)
    strength = draw(rng, KEY_STRENGTH)
    offset = draw(rng, KEY_SIDE, 2) * draw_sign(rng)
    return Sky(
        sun_azimuth=round(float(np.radians((space.azimuth + offset) % 360.0)), 6),
        sun_elevation=round(float(np.radians(draw(rng, KEY_ELEVATION, 2))), 6),
        sun_color=vec(strength * c for c in (1.0, 0.985, 0.96)),
        zenith_color=vec((fill, fill, fill)),
        horizon_color=vec(0.6 * fill * (0.35 + 0.65 * c) for c in paper.base_color),
        sun_radius=draw(rng, SOFT_BOX),
    )
