"""A scene seen by one camera -> the same scene seen by several, evenly around what it looks at."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
from jaxtyping import Float64

from ..errors import SceneError
from ..scene import CameraPath, SceneSpec, Vec3
from .framing import LARGEST_FILL, Framing

MAX_CAMERAS = 16
SIDES = 48
"""Of the prism that stands for a cylinder, around it."""


def seen_by(spec: SceneSpec, cameras: int) -> SceneSpec:
    """Keep the scene's first cameras, or add turned copies of the first one.

    Camera k of N circles with the first one, k/N of a full turn further about the vertical
    through the mean of its targets, far enough to see the scene's space from every side. States
    are the same: nothing is simulated again.

    Raises:
        SceneError: `cameras` is not 1 to 16.
    """
    if not 1 <= cameras <= MAX_CAMERAS:
        raise SceneError(f"cameras ({cameras}) must be 1 to {MAX_CAMERAS}.")
    first = spec.cameras[0]
    if spec.space:
        first = from_every_side(first, spec.space, spec.width / spec.height)
    added = [
        _turned(first, math.tau * index / cameras) for index in range(len(spec.cameras), cameras)
    ]
    return replace(spec, cameras=(*spec.cameras, *added)[:cameras])


def from_every_side(path: CameraPath, space: tuple[Vec3, ...], aspect: float) -> CameraPath:
    """The path, moved back from its targets until turned by any angle it sees the whole space.

    What it sees then is the upright cylinder around the space, which looks the same from anywhere.
    """
    x, y = _pivot(path)
    box = corners(*space)
    radius = np.hypot(box[:, 0] - x, box[:, 1] - y).max() / math.cos(math.pi / SIDES)
    angles = np.arange(SIDES) * math.tau / SIDES
    ring = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
    points = np.concatenate([np.insert(ring, 2, z, 1) for z in (box[0, 2], box[-1, 2])])
    framing = Framing(points=points, vertical_fov=path.vertical_fov, aspect=aspect)

    def fits(factor: float) -> bool:
        return framing.filled(_back(path, factor)) <= LARGEST_FILL

    near, far = 1.0, 1.0
    while not fits(far):
        near, far = far, 1.5 * far
    while far - near > 0.01:
        middle = (near + far) / 2
        near, far = (near, middle) if fits(middle) else (middle, far)
    return _back(path, far)


def _back(path: CameraPath, factor: float) -> CameraPath:
    """The eye `factor` times as far from its target, and in focus there."""
    if factor == 1.0:
        return path
    eyes, targets = np.array(path.eye), np.array(path.target)
    offsets = eyes - targets
    further = (factor - 1.0) * float(np.linalg.norm(offsets, axis=1).mean())
    return replace(
        path,
        eye=tuple(map(tuple, (targets + factor * offsets).tolist())),
        focus_distance=path.focus_distance + further,
    )


def corners(low: Vec3, high: Vec3) -> Float64[np.ndarray, "8 3"]:
    """Of an upright box [m]."""
    return np.array(list(product(*zip(low, high, strict=True))), np.float64)


def _pivot(path: CameraPath) -> tuple[float, float]:
    x, y, _ = np.mean(path.target, 0).tolist()
    return x, y


def _turned(path: CameraPath, angle: float) -> CameraPath:
    x, y = _pivot(path)
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
