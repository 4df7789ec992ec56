"""Posed solids -> how deep they overlap: mesh points of one inside the convex parts of another.

A lower bound, as only corners are looked at, and points on the edges and faces of coarse meshes.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from .errors import SceneError
from .paths import led
from .scene import SceneSpec
from .shapes import Solid, build
from .states import States

STILL = 1e-6  # [m, 1]; a pair that moved less since the last frame overlaps as it did then
COARSE, EDGE_POINTS = 300, 6  # faces; points per edge where corners alone are too few
SAMPLES_PER_RADIUS = 4
"""Points on a path, per inscribed radius of the obstacle it may have crossed."""
START_OVERLAP = 1e-3  # [m]; more than this is no rounding: engines would throw the bodies apart


def raise_if_overlapping(spec: SceneSpec) -> None:
    """Refuse a scene in which rigid bodies start inside each other or the ground.

    Bodies that a joint connects may: that is how a pin sits in its hole.

    Raises:
        SceneError: Naming every such pair.
    """
    start = np.concatenate([led(body, np.zeros(1))[0] for body in spec.bodies])[None]
    names = [body.name for body in spec.bodies]
    sunk = _depths_in_ground(spec, start)[0]
    faults = [
        f"{names[k]!r} starts {1e3 * sunk[k]:.3g} mm under the ground"
        for k in np.flatnonzero(sunk > START_OVERLAP)
    ]
    faults += [
        f"{names[a]!r} and {names[b]!r} start {1e3 * depth:.3g} mm inside each other"
        for _, a, b, depth in _overlaps(spec, start)
        if depth > START_OVERLAP
    ]
    if faults:
        raise SceneError(
            f"Scene {spec.category}/{spec.family} seed {spec.seed}: {'; '.join(faults)}. "
            "Move them apart, or join them."
        )


def depth_in_ground(spec: SceneSpec, states: States) -> Float64[np.ndarray, "T B"]:
    """Depth of the lowest mesh corner under z = 0 [m]; negative above, and for static bodies."""
    return _depths_in_ground(spec, states.poses)


def _depths_in_ground(
    spec: SceneSpec, poses: Float[np.ndarray, "T B 7"]
) -> Float64[np.ndarray, "T B"]:
    depths = np.full(poses.shape[:2], -np.inf)
    for index, body in enumerate(spec.bodies):
        if body.is_free and body.form == "rigid":
            turns = _turns(poses[:, index])
            heights = turns.as_matrix()[:, 2] @ build(body.shape).mesh.vertices.T
            depths[:, index] = -(heights.min(1) + poses[:, index, 2])
    return depths


def overlaps(spec: SceneSpec, states: States) -> list[tuple[int, int, int, float]]:
    """(frame, body, body, depth [m]) of every pair that overlaps; forces move at least one.

    Pairs that a joint connects are left out.
    """
    return _overlaps(spec, states.poses.astype(np.float64))


def _overlaps(
    spec: SceneSpec, poses: Float64[np.ndarray, "T B 7"]
) -> list[tuple[int, int, int, float]]:
    solids = [build(body.shape) for body in spec.bodies]
    joined = {frozenset((joint.child, joint.parent)) for joint in spec.joints}
    radii = np.array([solid.bounding_radius for solid in solids])
    found = []
    for a, b in zip(*np.triu_indices(len(solids), 1), strict=True):
        one, other = spec.bodies[a], spec.bodies[b]
        if not (one.is_free or other.is_free) or {one.form, other.form} != {"rigid"}:
            continue
        if frozenset((one.name, other.name)) in joined:
            continue
        apart = np.linalg.norm(poses[:, a, :3] - poses[:, b, :3], axis=1)
        last_pose, depth = np.full(14, np.inf), 0.0
        for frame in np.flatnonzero(apart < radii[a] + radii[b]):
            pose = np.concatenate([poses[frame, a], poses[frame, b]])
            if np.abs(pose - last_pose).max() > STILL:
                depth = _pair_depth(solids[a], solids[b], pose[:7], pose[7:])
                last_pose = pose
            if depth > 0:
                found.append((int(frame), int(a), int(b), depth))
    return found


def crossings(spec: SceneSpec, states: States) -> int:
    """How often the centre of a moving body passed through a static one.

    Only bodies that hold their centre count: a peg may well pass through that of a ring.
    """
    count = 0
    solids = [build(body.shape) for body in spec.bodies]
    poses = states.poses.astype(np.float64)
    for wall, body in enumerate(spec.bodies):
        if body.is_static:
            for index, other in enumerate(spec.bodies):
                if other.is_free and other.form == "rigid" and _holds_centre(solids[index]):
                    count += _path_crossings(solids[wall], poses[0, wall], poses[:, index, :3])
    return count


def _holds_centre(solid: Solid) -> bool:
    return bool(_distance(solid, np.zeros((1, 3)))[0] < 0)


def _path_crossings(
    solid: Solid, pose: Float64[np.ndarray, "7"], path: Float64[np.ndarray, "T 3"]
) -> int:
    thickness = max(1e-3, -_distance(solid, np.zeros((1, 3)))[0])
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    middles = (path[1:] + path[:-1]) / 2
    near = np.linalg.norm(middles - pose[:3], axis=1) < solid.bounding_radius + steps / 2
    count = 0
    for frame in np.flatnonzero(near):
        pieces = int(np.ceil(steps[frame] / thickness)) * SAMPLES_PER_RADIUS + 2
        along = np.linspace(0.0, 1.0, pieces)[:, None]
        points = path[frame] + along * (path[frame + 1] - path[frame])
        local = _turns(pose[None])[0].inv().apply(points - pose[:3])
        count += bool((_distance(solid, local) < 0).any())
    return count


def _pair_depth(
    one: Solid, other: Solid, pose: Float64[np.ndarray, "7"], other_pose: Float64[np.ndarray, "7"]
) -> float:
    return max(
        _depth_inside(one, other, pose, other_pose), _depth_inside(other, one, other_pose, pose)
    )


def _depth_inside(
    one: Solid, other: Solid, pose: Float64[np.ndarray, "7"], other_pose: Float64[np.ndarray, "7"]
) -> float:
    """Depth of the deepest probe of one inside the other [m]."""
    turn, other_turn = _turns(np.stack([pose, other_pose])).as_matrix()
    local_from_one = other_turn.T @ turn
    shift = other_turn.T @ (pose[:3] - other_pose[:3])
    corners = _probes(one) @ local_from_one.T + shift
    low, high = other.mesh.vertices.min(0), other.mesh.vertices.max(0)
    inside = ((corners >= low) & (corners <= high)).all(1)
    if not inside.any():
        return 0.0
    return max(0.0, -float(_distance(other, corners[inside]).min()))


@lru_cache(maxsize=1024)
def _probes(solid: Solid) -> Float64[np.ndarray, "P 3"]:
    """Mesh corners; of a coarse mesh also points on its edges and the middles of its triangles."""
    mesh = solid.mesh
    if len(mesh.faces) > COARSE:
        return mesh.vertices
    corners = mesh.vertices[mesh.faces]
    along = np.linspace(0.0, 1.0, EDGE_POINTS, endpoint=False)[:, None, None, None]
    edges = corners + along * (np.roll(corners, -1, axis=1) - corners)
    points = np.concatenate([edges.reshape(-1, 3), corners.mean(1)])
    return np.unique(points.round(12), axis=0)


def _distance(solid: Solid, points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
    """Signed distance to a union of convex parts: that of the part holding the point.

    Outside every part's box it is +inf.
    """
    nearest = np.full(len(points), np.inf)
    for part, (low, high) in zip(solid.parts, _part_boxes(solid), strict=True):
        near = ((points >= low) & (points <= high)).all(1)
        if near.any():
            nearest[near] = np.minimum(nearest[near], part.signed_distance(points[near]))
    return nearest


@lru_cache(maxsize=1024)
def _part_boxes(solid: Solid) -> list[tuple[np.ndarray, np.ndarray]]:
    """Lowest and highest corner of every part; of a primitive, those of the whole mesh."""
    boxes = []
    for part in solid.parts:
        points = part.points if part.kind == "hull" else solid.mesh.vertices
        boxes.append((points.min(0), points.max(0)))
    return boxes


def _turns(poses: Float[np.ndarray, "N 7"]) -> Rotation:
    return Rotation.from_quat(np.asarray(poses[:, 3:], np.float64), scalar_first=True)
