"""A scene seen by one camera -> the same scene seen by several, evenly around what it looks at."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
from jaxtyping import Float64

from .errors import SceneError
from .framing import Framing
from .scene import CameraPath, SceneSpec, Vec3

MAX_CAMERAS = 16


def seen_by(spec: SceneSpec, cameras: int) -> SceneSpec:
    """Keep the scene's first cameras, or add turned copies of the first one.

    Camera k of N circles with the first one, k/N of a full turn further about the vertical
    through the mean of its targets; its lens is widened where the scene's space would not fit
    into the picture from there. States are the same: nothing is simulated again.

    Raises:
        SceneError: `cameras` is not 1 to 16.
    """
    if not 1 <= cameras <= MAX_CAMERAS:
        raise SceneError(f"cameras ({cameras}) must be 1 to {MAX_CAMERAS}.")
    first = spec.cameras[0]
    added = [
        _turned(first, math.tau * index / cameras) for index in range(len(spec.cameras), cameras)
    ]
    if spec.space:
        framing = Framing(
            points=corners(*spec.space),
            vertical_fov=first.vertical_fov,
            aspect=spec.width / spec.height,
        )
        added = [framing.widened(path) for path in added]
    return replace(spec, cameras=(*spec.cameras, *added)[:cameras])


def corners(low: Vec3, high: Vec3) -> Float64[np.ndarray, "8 3"]:
    """Of an upright box [m]."""
    return np.array(list(product(*zip(low, high, strict=True))), np.float64)


def _turned(path: CameraPath, angle: float) -> CameraPath:
    x = sum(point[0] for point in path.target) / len(path.target)
    y = sum(point[1] for point in path.target) / len(path.target)
    cosine, sine = math.cos(angle), math.sin(angle)

    def turn(point: Vec3) -> Vec3:
        right, forward = point[0] - x, point[1] - y
        return (
            x + cosine * right - sine * forward,
            y + sine * right + cosine * forward,
            point[2],
        )

    return replace(
        path,
        eye=tuple(turn(point) for point in path.eye),
        target=tuple(turn(point) for point in path.target),
    )
