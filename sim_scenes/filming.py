"""Points between which a scene happens -> a camera that keeps them in the picture; sun and sky.

Angles of the ranges are degrees; azimuths run from world +x towards +y.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.scene import Body, CameraPath, Sky, Vec3

from .draws import Range, chance, draw, draw_sign, pick, vec

FIELD_OF_VIEW = (28.0, 50.0)  # vertical [deg]: lenses of 48 to 26 mm on 24x36 film
STATIC_SHARE = 0.5  # of the clips [1]
FILL = (0.68, 0.85)  # of the picture's width or height that the points take [1]
ORBIT = (10.0, 35.0)  # turned around the scene in a clip [deg]
DOLLY_START = (0.62, 0.72)  # fill before moving in [1]
PAN = (0.02, 0.05)  # the view travels this share of its distance to each side [1]
DRIFT = 0.004  # standard deviation of a hand-held camera, share of the distance [1]
HAND_HELD_KEYS = 6  # one movement in 0.4 s at 2 s: a hand, not a tremor

SUN_ELEVATION = (15.0, 70.0)  # [deg]
SUN_STRENGTH = (2.5, 4.0)  # irradiance over that of a white sky; clear days have 3 to 6
SIDE_LIGHT = (35.0, 110.0)  # sun azimuth from the camera's side of the scene [deg]
SIDE_LIGHT_SHARE = 0.75  # of the clips; the others take any azimuth
LOW_SUN, HIGH_SUN = (1.0, 0.70, 0.42), (1.0, 0.96, 0.90)  # about 3000 and 5500 K


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What has to be seen, and from where it may be seen."""

    points: np.ndarray
    """(N, 3) corners of the space that the motion is expected to fill [m]."""
    azimuth: Range = (0.0, 360.0)
    """Of the eye, seen from the scene [deg]."""
    elevation: Range = (12.0, 40.0)
    """Of the eye above the horizon [deg]."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One position of the camera, by what it sees."""

    azimuth: float
    elevation: float
    fill: float


@dataclass(frozen=True, kw_only=True)
class Air:
    """A kind of sky: colours at the zenith and the horizon, strength of its sun."""

    zenith: Vec3
    horizon: Vec3
    sun: float


AIRS = (
    Air(zenith=(0.20, 0.38, 0.78), horizon=(0.70, 0.82, 0.96), sun=1.0),  # clear
    Air(zenith=(0.34, 0.48, 0.76), horizon=(0.86, 0.90, 0.94), sun=0.9),  # haze
    Air(zenith=(0.60, 0.64, 0.70), horizon=(0.84, 0.85, 0.86), sun=0.8),  # thin cloud
    Air(zenith=(0.26, 0.36, 0.62), horizon=(0.98, 0.76, 0.54), sun=0.95),  # towards evening
)


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


def film(
    rng: np.random.Generator, shot: Shot, *, width: int, height: int
) -> tuple[CameraPath, float]:
    """A camera path for a shot, and the azimuth it is seen from [deg]."""
    fov = draw(rng, FIELD_OF_VIEW, 2)
    view = View(
        azimuth=draw(rng, shot.azimuth, 2),
        elevation=draw(rng, shot.elevation, 2),
        fill=draw(rng, FILL, 3),
    )
    aspect = width / height
    if chance(rng, STATIC_SHARE):
        keys = [_placed(shot, view, fov, aspect)]
    else:
        keys = pick(rng, (_orbit, _dolly, _pan))(rng, shot, view, fov, aspect)
    path = CameraPath(
        vertical_fov=round(float(np.radians(fov)), 6),
        eye=tuple(vec(eye) for eye, _ in keys),
        target=tuple(vec(target) for _, target in keys),
    )
    return path, view.azimuth


Key = tuple[np.ndarray, np.ndarray]
"""Eye and target [m]."""


def _orbit(
    rng: np.random.Generator, shot: Shot, view: View, fov: float, aspect: float
) -> list[Key]:
    turn = draw(rng, ORBIT, 2) * draw_sign(rng)
    return [
        _placed(
            shot,
            View(azimuth=view.azimuth + part * turn, elevation=view.elevation, fill=view.fill),
            fov,
            aspect,
        )
        for part in (-0.5, -0.17, 0.17, 0.5)
    ]


def _dolly(
    rng: np.random.Generator, shot: Shot, view: View, fov: float, aspect: float
) -> list[Key]:
    fills = (draw(rng, DOLLY_START, 3), view.fill)
    return [
        _placed(shot, View(azimuth=view.azimuth, elevation=view.elevation, fill=fill), fov, aspect)
        for fill in fills
    ]


def _pan(rng: np.random.Generator, shot: Shot, view: View, fov: float, aspect: float) -> list[Key]:
    eye, target = _placed(shot, view, fov, aspect)
    distance = float(np.linalg.norm(eye - target))
    _, right, _ = _axes(view.azimuth, view.elevation)
    reach = draw(rng, PAN, 4) * draw_sign(rng) * distance
    jitter = rng.normal(size=(HAND_HELD_KEYS, 2, 3)) * DRIFT * distance
    return [
        (eye + shake[0], target + right * reach * along + shake[1])
        for along, shake in zip(np.linspace(-1.0, 1.0, HAND_HELD_KEYS), jitter, strict=True)
    ]


def _placed(shot: Shot, view: View, fov: float, aspect: float) -> Key:
    """The nearest eye on a line of sight at which all points lie within `fill`, centred."""
    target = (shot.points.min(0) + shot.points.max(0)) / 2
    towards_eye, right, up = _axes(view.azimuth, view.elevation)
    tangent = np.tan(np.radians(fov) / 2) * np.array([aspect, 1.0])
    distance = 0.0
    for _ in range(4):  # each round leaves about a tenth of the offset: 4 are enough for pixels
        local = shot.points - target
        across = np.stack([local @ right, local @ up], 1)
        nearer = local @ towards_eye
        distance = float((np.abs(across) / (view.fill * tangent) + nearer[:, None]).max())
        seen = across / (distance - nearer)[:, None]
        middle = (seen.min(0) + seen.max(0)) / 2 * distance
        target = target + middle[0] * right + middle[1] * up
    return target + distance * towards_eye, target


def _axes(azimuth: float, elevation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors towards the eye, to the right and up in the picture."""
    turn, rise = np.radians(azimuth), np.radians(elevation)
    towards_eye = np.array([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)])
    right = np.array([-np.sin(turn), np.cos(turn), 0.0])
    return towards_eye, right, np.cross(towards_eye, right)


def light(rng: np.random.Generator, camera_azimuth: float) -> Sky:
    """Sun and sky; mostly lit from the side, so that shapes and shadows show."""
    air = pick(rng, AIRS)
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
    )
