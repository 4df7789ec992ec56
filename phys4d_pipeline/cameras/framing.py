"""Points that must be seen -> where a camera has to stand, how wide it must look, where it focuses.

Angles are radians; azimuths run from world +x towards +y, elevations from the horizon upwards.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import ConvexHull, QhullError

from ..camera import follow
from ..errors import SceneError
from ..scene import CameraPath

LARGEST_FILL = 0.96
"""Share of the picture's half width and height that points may reach anywhere on a path [1]."""
WIDEST = math.radians(100.0)
"""Vertical field of view up to which a path is widened: beyond it a pinhole picture stretches."""
SAMPLES = 97
"""Places along a path at which points are looked for: every one of a second at 96 per second."""
SHARP = 1.2 / 1080
"""Blur that still counts as sharp, as a share of the picture's height [1]: a pixel at 1080p."""

Key = tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]
"""Eye and target [m]."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One position of the camera, by what it sees."""

    azimuth: float
    """Of the eye, seen from the scene [rad]."""
    elevation: float
    """Of the eye above the horizon [rad]."""
    fill: float
    """Share of the picture's width or height that the points take [1]."""

    def axes(
        self,
    ) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
        """Unit vectors towards the eye, to the right and up in the picture."""
        around = np.array([math.cos(self.azimuth), math.sin(self.azimuth), 0.0])
        towards_eye = math.cos(self.elevation) * around
        towards_eye[2] = math.sin(self.elevation)
        right = np.array([-around[1], around[0], 0.0])
        return towards_eye, right, np.cross(towards_eye, right)


@dataclass(frozen=True, kw_only=True, eq=False)
class Framing:
    """What must be seen, through which lens."""

    points: Float64[np.ndarray, "N 3"]
    """[m]"""
    vertical_fov: float
    """[rad]"""
    aspect: float
    """Width over height of the picture [1]."""

    def placed(self, view: View) -> Key:
        """The nearest eye on a line of sight at which all points lie within `fill`, centred."""
        towards_eye, right, up = view.axes()
        origin = self.points.mean(0)
        local = self.points - origin
        nearer = local @ towards_eye
        tangent = view.fill * math.tan(self.vertical_fov / 2)
        axes = ((local @ right, tangent * self.aspect), (local @ up, tangent))
        distance = max(_least_distance(across, nearer, limit) for across, limit in axes)
        target = origin.copy()
        for axis, (across, limit) in zip((right, up), axes, strict=True):
            target += axis * _centred(across, nearer, limit, distance)
        return target + distance * towards_eye, target

    def filled(self, path: CameraPath) -> float:
        """Largest share of the half picture that a point reaches anywhere on a path [1].

        Above 1 a point leaves the picture; +inf if one comes behind the camera.
        """
        tangent = math.tan(path.vertical_fov / 2) * np.array([self.aspect, 1.0])
        local = seen_along(path, self.points)
        if local[..., 2].min() <= 0.0:
            return math.inf
        return float((np.abs(local[..., :2]) / local[..., 2:] / tangent).max())

    def widened(self, path: CameraPath, *, fill: float = LARGEST_FILL) -> CameraPath:
        """The path with the least wider lens that keeps all points within `fill` all the way.

        Raises:
            SceneError: Not even a lens of 100 degrees would do.
        """
        filled = self.filled(path)
        if filled <= fill:
            return path
        tangent = math.tan(path.vertical_fov / 2) * filled / fill
        if tangent >= math.tan(WIDEST / 2):
            raise SceneError(
                f"camera at {path.eye[0]} is too near to keep the motion in the picture: it would "
                f"need more than {math.degrees(WIDEST):.0f} degrees of vertical field of view. "
                "Move it away or look from another side."
            )
        return replace(path, vertical_fov=_rounded_up(2 * math.atan(tangent)))


def _least_distance(across: np.ndarray, nearer: np.ndarray, tangent: float) -> float:
    """Least distance D at which an offset u has |across - u| <= tangent (D - nearer) everywhere.

    The bounds of u are max(across + tangent nearer) - tangent D from below and
    min(across - tangent nearer) + tangent D from above: they meet at the least distance.
    """
    low, high = _bounds(across, nearer, tangent)
    return (low - high) / (2 * tangent)


def _centred(across: np.ndarray, nearer: np.ndarray, tangent: float, distance: float) -> float:
    """The offset at which both ends lie equally far from the middle of the picture."""
    least, most = 0.0, tangent
    for _ in range(40):  # halving: the share of the picture that is taken at this distance
        middle = (least + most) / 2
        too_narrow = _least_distance(across, nearer, middle) > distance
        least, most = (middle, most) if too_narrow else (least, middle)
    low, high = _bounds(across, nearer, most)
    return (low + high) / 2


def _bounds(across: np.ndarray, nearer: np.ndarray, tangent: float) -> tuple[float, float]:
    return float((across + tangent * nearer).max()), float((across - tangent * nearer).min())


def seen_along(
    path: CameraPath, points: Float[np.ndarray, "N 3"], samples: int = SAMPLES
) -> Float64[np.ndarray, "S N 3"]:
    """World points [m] -> camera coordinates [m] at places along a path."""
    poses = follow(path, samples, 2, 2).world_from_camera
    shifted = np.asarray(points, np.float64) - poses[:, None, :3, 3]
    return shifted @ poses[:, :3, :3]


def outline(points: Float[np.ndarray, "N 3"]) -> Float64[np.ndarray, "M 3"]:
    """The points that decide what is in the picture: corners of the convex hull."""
    points = np.unique(np.asarray(points, np.float64), axis=0)
    try:
        return points[ConvexHull(points).vertices]
    except QhullError:  # too few, or all in one plane
        return points


def focused(
    path: CameraPath, points: Float[np.ndarray, "N 3"], *, largest: float = 0.025
) -> CameraPath:
    """The path with the widest lens opening at which all points stay sharp, focused on them.

    The blur of a thin lens at distance z is 2 a f |1/z - 1/focus|: the focus between the nearest
    and the farthest point, as the mean of their inverses, halves the larger of the two.

    Args:
        path: Any; its focus and aperture are replaced.
        points: What must stay sharp [m].
        largest: Radius of the opening at most [m]: 25 mm is a 50 mm lens at f/1.
    """
    z = seen_along(path, points)[..., 2]
    inverse = 1 / np.maximum(z, 0.1)
    middle = (inverse.min() + inverse.max()) / 2
    focal = 0.5 / math.tan(path.vertical_fov / 2)
    spread = float(inverse.max() - inverse.min()) / 2
    aperture = min(SHARP / (2 * focal * max(spread, 1e-9)), largest)
    return replace(path, aperture=round(aperture, 6), focus_distance=round(float(1 / middle), 4))


def _rounded_up(angle: float) -> float:
    return math.ceil(angle * 1e6) / 1e6
