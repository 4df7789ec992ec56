"""Points between which a scene happens -> a camera that keeps them in the picture, and its lens.

Angles of the ranges are degrees; azimuths run from world +x towards +y.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.cameras import moves
from phys4d_pipeline.cameras.framing import Framing, Key, View, focused, outline
from phys4d_pipeline.scene import Body, CameraPath
from phys4d_pipeline.scene_catalog import Preset

from .draws import Range, chance, draw, draw_sign, pick

FIELD_OF_VIEW = (28.0, 50.0)  # vertical [deg]: lenses of 48 to 26 mm on 24x36 film
STATIC_SHARE = 0.5  # of the clips [1]
FILL = (0.68, 0.85)  # of the picture's width or height that the points take [1]
ORBIT = (10.0, 35.0)  # turned around the scene in a clip [deg]
DOLLY_START = (0.72, 0.85)  # fill before moving in, over that at the end [1]
PAN = (3.0, 8.0)  # turned to the side in a clip [deg]
SWAY = (0.5, 1.6)  # of a hand-held camera: 1 is a calm hand [1]
APERTURE_SHARE = 0.2  # of the clips: what is far in front or behind is out of focus
APERTURE = (0.5, 1.0)  # of the widest opening that leaves the motion sharp [1]
SHUTTER_SHARE = 0.2  # of the clips: motion blur
SHUTTER = (0.1, 0.5)  # of the frame interval; 0.5 is the film camera's half turn [1]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What has to be seen, and from where it may be seen."""

    points: np.ndarray
    """(N, 3) corners of the space that the motion is expected to fill [m]."""
    azimuth: Range = (0.0, 360.0)
    """Of the eye, seen from the scene [deg]."""
    elevation: Range = (5.0, 32.0)
    """Of the eye above the horizon [deg]."""


def corners(
    low: tuple[float, ...] | np.ndarray, high: tuple[float, ...] | np.ndarray
) -> np.ndarray:
    """(8, 3) corners of an upright box [m]."""
    return np.array(list(product(*zip(low, high, strict=True))))


def around(bodies: Iterable[Body]) -> np.ndarray:
    """(8 B, 3) corners of cubes that hold each body in any orientation, above the ground [m]."""
    cubes = []
    for body in bodies:
        radius = shapes.build(body.shape).bounding_radius
        cubes.append(corners(np.subtract(body.position, radius), np.add(body.position, radius)))
    points = np.concatenate(cubes)
    points[:, 2] = np.maximum(points[:, 2], 0.0)
    return points


def film(rng: np.random.Generator, shot: Shot, *, preset: Preset) -> tuple[CameraPath, float]:
    """A camera path for a shot, and the azimuth it is seen from [deg]."""
    framing = Framing(
        points=outline(shot.points),
        vertical_fov=float(np.radians(draw(rng, FIELD_OF_VIEW, 2))),
        aspect=preset.width / preset.height,
    )
    azimuth = draw(rng, shot.azimuth, 2)
    view = View(
        azimuth=float(np.radians(azimuth)),
        elevation=float(np.radians(draw(rng, shot.elevation, 2))),
        fill=draw(rng, FILL, 3),
    )
    keys = (
        moves.static(framing, view)
        if chance(rng, STATIC_SHARE)
        else pick(rng, (_orbit, _dolly, _pan, _handheld))(rng, framing, view, preset)
    )
    return _through_lens(rng, moves.path(framing, keys), framing), azimuth


def _orbit(rng: np.random.Generator, framing: Framing, view: View, _: Preset) -> list[Key]:
    return moves.orbit(framing, view, turn=draw(rng, ORBIT, 2) * draw_sign(rng))


def _dolly(rng: np.random.Generator, framing: Framing, view: View, _: Preset) -> list[Key]:
    return moves.dolly(framing, view, start=draw(rng, DOLLY_START, 3))


def _pan(rng: np.random.Generator, framing: Framing, view: View, _: Preset) -> list[Key]:
    return moves.pan(framing, view, sweep=draw(rng, PAN, 2) * draw_sign(rng))


def _handheld(rng: np.random.Generator, framing: Framing, view: View, preset: Preset) -> list[Key]:
    seconds = preset.num_frames / preset.fps
    seed = int(rng.integers(2**31))
    return moves.handheld(framing, view, sway=draw(rng, SWAY, 3), seconds=seconds, seed=seed)


def _through_lens(rng: np.random.Generator, path: CameraPath, framing: Framing) -> CameraPath:
    """The path focused on the motion, some with a wide opening, some with an open shutter."""
    widest = focused(path, framing.points)
    share = draw(rng, APERTURE) if chance(rng, APERTURE_SHARE) else 0.0
    shutter = draw(rng, SHUTTER, 3) if chance(rng, SHUTTER_SHARE) else 0.0
    return replace(widest, aperture=round(share * widest.aperture, 6), shutter=shutter)
