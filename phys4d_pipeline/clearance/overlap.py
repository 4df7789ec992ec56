"""Posed solids -> how deep they overlap: mesh points of one inside the convex parts of another.

A lower bound, as only corners are looked at, and points on the edges and faces of coarse meshes.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.spatial.transform import Rotation

from ..scene import SceneSpec
from ..shapes import Solid, build
from ..states import States
from .solids import distance

SHALLOW = 1e-4  # [m]; overlaps less deep are left out: no law minds a twentieth of a pixel
STILL = 1e-6  # [m, 1]; a pair that moved less since the last frame overlaps as it did then
COARSE, EDGE_POINTS = 300, 6  # faces; points per edge where corners alone are too few
SAMPLES_PER_RADIUS = 4
"""Points on a path, per inscribed radius of the obstacle it may have crossed."""


def depth_in_ground(spec: SceneSpec, states: States) -> Float64[np.ndarray, "T B"]:
    """Depth of the lowest mesh corner under z = 0 [m]; something negative for all that is above."""
    return depths_in_ground(spec, states.poses)


def depths_in_ground(
    spec: SceneSpec, poses: Float[np.ndarray, "T B 7"]
) -> Float64[np.ndarray, "T B"]:
    """The same for given poses."""
    depths = np.full(poses.shape[:2], -np.inf)
    for index, body in enumerate(spec.bodies):
        solid = build(body.shape)
        if body.is_free and body.form == "rigid":
            low = np.flatnonzero(poses[:, index, 2] < solid.bounding_radius)
            turns = _turns(poses[low, index]).as_matrix()
            heights = (turns[:, 2] @ solid.mesh.vertices.T).min(1, initial=np.inf)
            depths[low, index] = -(heights + poses[low, index, 2])
    return depths


def overlaps(spec: SceneSpec, states: States) -> list[tuple[int, int, int, float]]:
    """(frame, body, body, depth [m]) of every pair that overlaps; forces move at least one.

    Pairs that a joint connects are left out.
    """
    return overlaps_of(spec, states.poses.astype(np.float64))


def overlaps_of(
    spec: SceneSpec, poses: Float64[np.ndarray, "T B 7"]
) -> list[tuple[int, int, int, float]]:
    """The same for given poses."""
    solids = [build(body.shape) for body in spec.bodies]
    joined = _joined(spec)
    radii = np.array([solid.bounding_radius for solid in solids])
    is_rigid = np.array([body.form == "rigid" for body in spec.bodies])
    turns = _turns(poses.reshape(-1, 7)).as_matrix().reshape(*poses.shape[:2], 3, 3)
    found = []
    for a, b in zip(*np.triu_indices(len(solids), 1), strict=True):
        one, other = spec.bodies[a], spec.bodies[b]
        if not (one.is_free or other.is_free) or not (is_rigid[a] and is_rigid[b]):
            continue
        if frozenset((one.name, other.name)) in joined:
            continue
        apart = poses[:, b, :3] - poses[:, a, :3]
        near = np.flatnonzero((apart**2).sum(1) < (radii[a] + radii[b]) ** 2)
        pair = solids[a], solids[b]
        if len(near):
            shared = _shared(pair, apart[near], turns[near, a], turns[near, b])
            near = near[shared > SHALLOW]
        found += [
            (int(frame), int(a), int(b), depth)
            for frame, depth in _depths(pair, apart, turns[:, a], turns[:, b], near)
        ]
    return found


def _is_ball(solid: Solid) -> bool:
    return [part.kind for part in solid.parts] == ["sphere"]


def _ball_depths(
    pair: tuple[Solid, Solid],
    apart: Float64[np.ndarray, "N 3"],
    turns: Float64[np.ndarray, "N 3 3"],
    frames: Int64[np.ndarray, " N"],
) -> Iterator[tuple[int, float]]:
    """Of a ball in another solid: its radius less the distance of its centre.

    Args:
        pair: The ball, the other.
        apart: From the other's origin to the ball [m].
        turns: world-from-body of the other.
        frames: Of these places.
    """
    radius = pair[0].parts[0].sizes[0]
    gaps = distance(pair[1], np.einsum("nyx,ny->nx", turns, apart), radius)
    for frame, gap in zip(frames.tolist(), gaps.tolist(), strict=True):
        if gap < radius:
            yield frame, radius - gap


def _joined(spec: SceneSpec) -> set[frozenset[str]]:
    """Pairs of names that a joint connects."""
    return {frozenset((joint.child, joint.parent)) for joint in spec.joints}


def _shared(
    pair: tuple[Solid, Solid],
    apart: Float64[np.ndarray, "N 3"],
    turns: Float64[np.ndarray, "N 3 3"],
    other_turns: Float64[np.ndarray, "N 3 3"],
) -> Float64[np.ndarray, " N"]:
    """How far both reach into each other along the axes of both [m]: no overlap is deeper.

    What separates two bodies takes every point of the one out of the other.

    Args:
        pair: The solids.
        apart: From the one's origin to the other's [m].
        turns: world-from-body of the one.
        other_turns: Of the other.
    """
    axes = np.concatenate([turns, other_turns], axis=2).transpose(0, 2, 1)
    low, high = _reach(pair[0], axes @ turns)
    other_low, other_high = _reach(pair[1], axes @ other_turns)
    shift = np.einsum("nkx,nx->nk", axes, apart)
    return np.minimum(high - (shift + other_low), shift + other_high - low).min(1)


def _reach(
    solid: Solid, axes: Float64[np.ndarray, "N 6 3"]
) -> tuple[Float64[np.ndarray, "N 6"], Float64[np.ndarray, "N 6"]]:
    """Lowest and highest places along axes of the body frame, of its box and its sphere [m]."""
    low, high = _box(solid)
    middle, half = axes @ ((low + high) / 2), np.abs(axes) @ ((high - low) / 2)
    radius = solid.bounding_radius
    return np.maximum(middle - half, -radius), np.minimum(middle + half, radius)


def _depths(
    pair: tuple[Solid, Solid],
    apart: Float64[np.ndarray, "T 3"],
    turns: Float64[np.ndarray, "T 3 3"],
    other_turns: Float64[np.ndarray, "T 3 3"],
    frames: Int64[np.ndarray, " N"],
) -> Iterator[tuple[int, float]]:
    """(frame, depth [m]) of frames in which one has a probe inside the other."""
    if _is_ball(pair[0]):
        yield from _ball_depths(pair, -apart[frames], other_turns[frames], frames)
        return
    if _is_ball(pair[1]):
        yield from _ball_depths((pair[1], pair[0]), apart[frames], turns[frames], frames)
        return
    last, depth = np.full(12, np.inf), 0.0
    for frame in frames.tolist():
        turn, shift = turns[frame].T @ other_turns[frame], turns[frame].T @ apart[frame]
        place = np.concatenate([shift, turn.ravel()])
        if np.abs(place - last).max() > STILL:
            back = -turn.T @ shift
            depth = max(
                _depth_inside(pair[1], pair[0], turn, shift),
                _depth_inside(pair[0], pair[1], turn.T, back),
            )
            last = place
        if depth > 0:
            yield frame, depth


def crossings(spec: SceneSpec, states: States) -> int:
    """How often the centre of a moving body passed through a static one it is not joined to.

    Only bodies that hold their centre count: a peg may well pass through that of a ring.
    """
    count, joined = 0, _joined(spec)
    solids = [build(body.shape) for body in spec.bodies]
    poses = states.poses.astype(np.float64)
    for wall, body in enumerate(spec.bodies):
        if body.is_static:
            for index, other in enumerate(spec.bodies):
                if not other.is_free or other.form != "rigid":
                    continue
                is_joined = frozenset((body.name, other.name)) in joined
                if not is_joined and _holds_centre(solids[index]):
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
    frames = np.flatnonzero(near)
    if not len(frames):
        return 0
    local = _turns(pose[None])[0].inv().apply(path - pose[:3])
    points, owner = [], []
    for frame in frames.tolist():
        pieces = int(np.ceil(steps[frame] / thickness)) * SAMPLES_PER_RADIUS + 2
        along = np.linspace(0.0, 1.0, pieces)[:, None]
        points.append(local[frame] + along * (local[frame + 1] - local[frame]))
        owner += [frame] * pieces
    inside = _distance(solid, np.concatenate(points)) < 0
    return len(set(np.array(owner)[inside].tolist()))


def _depth_inside(
    one: Solid, other: Solid, turn: Float64[np.ndarray, "3 3"], shift: Float64[np.ndarray, "3"]
) -> float:
    """Depth of the deepest probe of one inside the other [m].

    Args:
        one: Whose probes.
        other: Inside what.
        turn: other-from-one.
        shift: Origin of the one in the other's frame [m].
    """
    corners = _probes(one) @ turn.T + shift
    low, high = _box(other)
    inside = ((corners >= low) & (corners <= high)).all(1)
    if not inside.any():
        return 0.0
    return max(0.0, -float(_distance(other, corners[inside]).min()))


@lru_cache(maxsize=1024)
def _box(solid: Solid) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
    """Lowest and highest corner of its mesh, body frame [m]."""
    return solid.mesh.vertices.min(0), solid.mesh.vertices.max(0)


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
