"""A simulated scene -> the space its bodies really visit, and whether a camera sees it freely."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from .. import shapes
from ..camera import Camera, follow, scene_camera
from ..scene import Body, CameraPath, Scenery, SceneSpec
from ..states import States
from .framing import outline

FRAMES = 40
"""Frames of a clip that are looked at, evenly spread."""
POINTS = 2000
"""Points of a deforming body, rope or liquid that are looked at in a frame."""
EYES = 25
"""Places along a path from which the view must be free."""
MARGIN = 0.1
"""Between a camera and the nearest wall or static body [m]."""


def visited(spec: SceneSpec, states: States) -> Float64[np.ndarray, "N 3"]:
    """Corners of the space that the moving bodies fill, as far as the scene's cameras see it [m].

    What leaves every picture has been flung away or has rolled off: to follow it, a new camera
    would have to stand so far back that nothing else is seen. Where the bodies start always counts.
    """
    frames = np.unique(np.linspace(0, spec.num_frames - 1, FRAMES).round().astype(int))
    cameras = [scene_camera(spec, index) for index in range(len(spec.cameras))]
    moving = [index for index, body in enumerate(spec.bodies) if not body.is_static]
    found = []
    for frame in frames.tolist():
        for index in moving or range(len(spec.bodies)):
            centres, radius = _extent(spec.bodies[index], states, index, frame)
            if frame > 0:
                centres = centres[_in_a_picture(cameras, centres, frame)]
            found += [centres + radius * np.array(corner) for corner in _CUBE]
    points = np.concatenate(found)
    points[:, 2] = np.maximum(points[:, 2], 0.0)
    return outline(points)


def is_clear(spec: SceneSpec, path: CameraPath, points: Float64[np.ndarray, "N 3"]) -> bool:
    """Does the camera stay above the ground, out of walls and bodies, with no wall in its view?"""
    eyes = follow(path, EYES, 2, 2).world_from_camera[:, :3, 3]
    if eyes[:, 2].min() < MARGIN:
        return False
    aims = np.concatenate([points, points.mean(0, keepdims=True)])
    still = [body for body in spec.bodies if body.is_static and body.form == "rigid"]
    if any(_inside(body, eyes) for body in still):
        return False
    ends = np.concatenate([eyes, aims])
    low, high = ends.min(0) - MARGIN, ends.max(0) + MARGIN
    near = [item for item in spec.scenery if _reaches(item, low, high)]
    return not any(_between(item, eyes, aims) for item in near)


_CUBE = [(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]


def _extent(
    body: Body, states: States, index: int, frame: int
) -> tuple[Float64[np.ndarray, "N 3"], float]:
    """Centres of spheres that hold the body at a frame, and their radius [m]."""
    if index in states.points:
        points = states.points[index][frame]
        step = max(1, len(points) // POINTS)
        radii = states.radii.get(index)
        radius = float(radii.max()) if radii is not None and len(radii) else 0.0
        return points[::step].astype(np.float64), radius
    position = states.poses[frame, index : index + 1, :3].astype(np.float64)
    return position, shapes.build(body.shape).bounding_radius


def _in_a_picture(cameras: list[Camera], points: np.ndarray, frame: int) -> np.ndarray:
    seen = np.zeros(len(points), bool)
    for camera in cameras:
        pixels, depth = camera.project(points, frame)
        within = (pixels >= 0) & (pixels <= (camera.width, camera.height))
        seen |= within.all(1) & (depth > 0)
    return seen


def _reaches(item: Scenery, low: np.ndarray, high: np.ndarray) -> bool:
    """May it lie in an upright box? Spares most of a room the closer look."""
    radius = shapes.build(item.shape).bounding_radius
    return bool(
        ((np.add(item.position, radius) > low) & (np.subtract(item.position, radius) < high)).all()
    )


def _local(item: Body | Scenery, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points in the frame of a body or scenery, and the corners of its box there."""
    vertices = shapes.build(item.shape).mesh.vertices
    turn = Rotation.from_quat(item.quaternion, scalar_first=True).as_matrix()
    return (points - item.position) @ turn, vertices.min(0) - MARGIN, vertices.max(0) + MARGIN


def _inside(item: Body | Scenery, points: np.ndarray) -> bool:
    local, low, high = _local(item, points)
    return bool(((local > low) & (local < high)).all(1).any())


def _between(item: Scenery, eyes: np.ndarray, aims: np.ndarray) -> bool:
    """Does a line from an eye to a point cross the box of the scenery, or is an eye inside?"""
    here, low, high = _local(item, eyes)
    there, _, _ = _local(item, aims)
    # The margin is for the eye; the motion may come close to a wall or stand on a floor.
    low, high = low + MARGIN, high - MARGIN
    if ((here > low - MARGIN) & (here < high + MARGIN)).all(1).any():
        return True
    start = here[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / (there[None] - start)
        one, other = (low - start) * inverse, (high - start) * inverse
    # 0 * inf: the line runs within a face of the box, which counts as past it.
    enters = np.nan_to_num(np.minimum(one, other), nan=np.inf).max(-1)
    leaves = np.nan_to_num(np.maximum(one, other), nan=-np.inf).min(-1)
    return bool(((enters < leaves) & (leaves > 0.0) & (enters < 0.999)).any())
