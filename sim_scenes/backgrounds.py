"""A floor and a camera -> the place the scene happens in: room, yard, studio; its sky or lamp."""

from collections.abc import Sequence

import numpy as np

from phys4d_pipeline.camera import follow
from phys4d_pipeline.cameras.framing import SAMPLES
from phys4d_pipeline.cameras.views import from_every_side
from phys4d_pipeline.scene import CameraPath, Ground

from .draws import pick, vec
from .filming import Shot
from .floors import FLOORS, OUTDOORS, ROOM, STUDIO, Cover
from .outdoors import outdoors
from .rooms import room
from .scenery import Setting, Space
from .studio import studio

SHARES = {ROOM: 0.45, OUTDOORS: 0.35, STUDIO: 0.2}
"""Of the clips whose floor may lie in all of these places [1]."""

BUILDERS = {ROOM: room, OUTDOORS: outdoors, STUDIO: studio}


def cover(rng: np.random.Generator, floor: str, places: Sequence[str]) -> Cover:
    """A cover of a floor in one of the places that both it and the family allow."""
    covers = FLOORS[floor].covers
    open_to = [place for place in SHARES if place in places and place in FLOORS[floor].places()]
    shares = np.array([SHARES[place] for place in open_to])
    chosen = open_to[int(rng.choice(len(open_to), p=shares / shares.sum()))]
    return pick(rng, [cover for cover in covers if cover.place == chosen])


def surroundings(rng: np.random.Generator, place: str, space: Space) -> Setting:
    """Scenery that stays out of the space, and the light of the place."""
    return BUILDERS[place](rng, space)


def space_of(
    shot: Shot, camera: tuple[CameraPath, float], *, ground: Ground, cover: Cover, aspect: float
) -> Space:
    """What the motion and a camera on this path, turned by any angle, need for themselves."""
    path, azimuth = camera
    box = (vec(shot.points.min(0)), vec(shot.points.max(0)))
    path = from_every_side(path, box, aspect)
    eyes = follow(path, SAMPLES, 2, 2).world_from_camera[:, :3, 3]
    centre = np.mean(np.array(path.target)[:, :2], 0)
    return Space(
        centre=(round(float(centre[0]), 6), round(float(centre[1]), 6)),
        motion=float(np.linalg.norm(shot.points[:, :2] - centre, axis=1).max()),
        eyes=float(np.linalg.norm(eyes[:, :2] - centre, axis=1).max()),
        top=float(max(shot.points[:, 2].max(), eyes[:, 2].max())),
        azimuth=azimuth,
        ground=ground.surface,
        goes_on=cover.goes_on,
    )
