"""Solids of rigid bodies -> the convex parts that meet points and probes, where they start."""

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from ...scene import SceneSpec
from ...shapes import ConvexPart, Solid
from .distance import GROUND, KINDS, Parts


def collision_parts(spec: SceneSpec, solids: list[Solid]) -> Parts:
    """Convex parts of all rigid bodies where they start; the ground first."""
    owned: list[tuple[int, ConvexPart]] = [
        (index + 1, part)
        for index, (body, solid) in enumerate(zip(spec.bodies, solids, strict=True))
        if body.form == "rigid"
        for part in solid.parts
    ]
    count = len(owned) + 1
    planes, corners = [np.zeros((0, 4))], [np.zeros((0, 3, 3))]
    sizes, middle, reach = np.zeros((count, 3)), np.zeros((count, 3)), np.full(count, np.inf)
    place, turn = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1))
    for p, (_, part) in enumerate(owned, 1):
        sizes[p, : len(part.sizes)] = part.sizes
        place[p] = part.position
        turn[p] = Rotation.from_quat(part.quaternion, scalar_first=True).as_matrix()
        hull = ConvexHull(part.points) if part.kind == "hull" else None
        planes.append(hull.equations if hull else planes[0])
        corners.append(part.points[hull.simplices] if hull else corners[0])
        middle[p] = part.points.mean(0) if hull else 0.0
        reach[p] = sum(part.sizes) if part.kind == "capsule" else np.linalg.norm(part.sizes)
        if hull:
            reach[p] = np.linalg.norm(part.points - middle[p], axis=1).max()
    last = np.cumsum([len(block) for block in planes])
    parts = Parts(
        kind=np.array([GROUND, *(KINDS[part.kind] for _, part in owned)], np.int64),
        owner=np.array([0, *(o for o, _ in owned)], np.int64),
        sizes=sizes,
        first_face=last - [len(block) for block in planes],
        last_face=last,
        planes=np.concatenate(planes),
        corners=np.concatenate(corners),
        middle=middle,
        reach=reach,
        place_in_body=place,
        turn_in_body=turn,
        place=place.copy(),
        turn=turn.copy(),
    )
    for p in range(1, count):
        body = spec.bodies[parts.owner[p] - 1]
        whole = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
        parts.place[p] = body.position + whole @ place[p]
        parts.turn[p] = whole @ turn[p]
    return parts
