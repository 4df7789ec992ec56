"""Contacts, joints and ties -> which bodies acted on each other and on nothing fixed, and when."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..mechanism import Joint
from ..scene import SceneSpec

WORLD = -1
WINDOW = 4
"""Frames over which a group must be alone."""


def lone_groups(
    spec: SceneSpec,
    frames: Int64[np.ndarray, " N"],
    pairs: Int64[np.ndarray, "N 2"],
    is_free: Bool[np.ndarray, " B"],
) -> list[tuple[list[int], slice]]:
    """(bodies, frames) of groups of two or more that met, or held, only each other.

    Args:
        spec: The scene.
        frames: Of contacts.
        pairs: Indices of the bodies in contact; WORLD for the ground.
        is_free: Do forces move the body?
    """
    B, found = len(spec.bodies), []
    lasting = lasting_pairs(spec)
    fixed = [(int(body), WORLD) for body in np.flatnonzero(~is_free)]
    for start in range(spec.num_frames - WINDOW + 1):
        met = pairs[(frames > start) & (frames < start + WINDOW)]
        label = components(B, [*lasting, *fixed, *map(tuple, met.tolist())])
        sizes = np.bincount(label)
        for one in np.flatnonzero((sizes > 1) & (np.arange(len(sizes)) != label[B])):
            group = np.flatnonzero(label == one).tolist()
            found.append((group, slice(start, start + WINDOW)))
    return found


def components(count: int, pairs: Sequence[tuple[int, int]]) -> Int64[np.ndarray, " C"]:
    """Label of every body, and last of the WORLD: equal for those that pairs connect."""
    edges = np.array([(count, count), *pairs], np.int64)
    edges[edges == WORLD] = count
    graph = coo_array((np.ones(len(edges)), tuple(edges.T)), (count + 1, count + 1))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def lasting_pairs(spec: SceneSpec) -> list[tuple[int, int]]:
    """Bodies that joints, couplings and ties connect, as if for the whole clip."""
    number = {"": WORLD, **{body.name: k for k, body in enumerate(spec.bodies)}}
    children = {joint.name: number[joint.child] for joint in spec.joints}
    found = [(number[joint.child], number[joint.parent]) for joint in spec.joints]
    found += [(children[one.driver], children[one.follower]) for one in spec.couplings]
    return found + [(number[tie.body], number[tie.holder]) for tie in spec.ties]


def hung(spec: SceneSpec) -> list[tuple[Joint, list[int]]]:
    """(joint, bodies) of rigid groups that one hinge or ball joint connects to what stands still.

    Bodies that fixed joints connect are one group; groups with further joints, couplings or ties
    are left out.
    """
    number = {"": WORLD, **{body.name: k for k, body in enumerate(spec.bodies)}}
    count = len(spec.bodies)
    static = [(k, WORLD) for k, body in enumerate(spec.bodies) if body.is_static]
    welds = [(number[j.child], number[j.parent]) for j in spec.joints if j.kind == "fixed"]
    label = components(count, [*static, *welds])
    coupled = {name for one in spec.couplings for name in (one.driver, one.follower)}
    holders = {label[number[tie.holder]] for tie in spec.ties if tie.holder}
    moving: dict[int, list[Joint]] = {}
    for joint in spec.joints:
        if joint.kind != "fixed":
            for side in {int(label[number[joint.child]]), int(label[number[joint.parent]])}:
                moving.setdefault(side, []).append(joint)
    found = []
    for group, joints in moving.items():
        joint = joints[0]
        sides = {int(label[number[joint.child]]), int(label[number[joint.parent]])}
        is_hung = len(joints) == 1 and group != label[count] and label[count] in sides
        bodies = np.flatnonzero(label[:count] == group).tolist()
        is_free = all(spec.bodies[k].is_free for k in bodies)
        if is_hung and is_free and group not in holders and joint.name not in coupled:
            found.append((joint, bodies))
    return found
