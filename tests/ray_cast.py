"""Independent float64 ray casting of boxes and the ground, to judge the renderer by."""

import numpy as np

from phys4d_pipeline.camera import Camera
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.states import States


def world_from_body(states: States, frame: int, index: int) -> np.ndarray:
    """(3, 4), written out here so that it shares nothing with the renderer."""
    w, x, y, z = states.poses[frame, index, 3:].astype(np.float64)
    n = w * w + x * x + y * y + z * z
    rotation = np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )
    return np.column_stack([rotation / n, states.poses[frame, index, :3].astype(np.float64)])


def hit_box(origin, directions, pose, half_extents):
    """Distance along each direction to a box, +inf where missed."""
    local = directions @ pose[:, :3]
    start = (origin - pose[:, 3]) @ pose[:, :3]
    with np.errstate(divide="ignore", invalid="ignore"):
        a = (-half_extents - start) / local
        b = (half_extents - start) / local
    near, far = np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)
    return np.where((near <= far) & (far > 0), np.where(near > 0, near, far), np.inf)


def cast(spec: SceneSpec, states: States, camera: Camera, frame: int, pixels):
    """Camera z and object id at pixel positions; -1 for sky.

    Rays have camera z = 1, so the ray parameter is camera z.
    """
    pose = camera.world_from_camera[frame]
    directions = camera.rays(pixels) @ pose[:3, :3].T
    eye = pose[:3, 3]
    with np.errstate(divide="ignore"):
        depth = -eye[2] / directions[..., 2]
    depth = np.where(depth > 0, depth, np.inf)
    ids = np.where(np.isfinite(depth), 0, -1)
    for index, item in enumerate(spec.bodies):
        half = np.asarray(item.shape.parameters["half_extents"])
        distance = hit_box(eye, directions, world_from_body(states, frame, index), half)
        ids = np.where(distance < depth, index + 1, ids)
        depth = np.minimum(depth, distance)
    return depth, ids


def carried(points, ids, states: States, start: int, end: int):
    """World points moved with their bodies from one frame to another; ground stays."""
    moved = points.copy()
    for index in range(states.poses.shape[1]):
        on = ids == index + 1
        a, b = world_from_body(states, start, index), world_from_body(states, end, index)
        moved[on] = ((points[on] - a[:, 3]) @ a[:, :3]) @ b[:, :3].T + b[:, 3]
    return moved
