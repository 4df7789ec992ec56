"""Shapes of rigid bodies -> balls that stand for their surfaces when they meet other bodies.

Spheres and capsules are balls themselves; of boxes and hulls the corners are probed, of cylinders
the rims. An edge of one body across an edge of another is not seen.
"""

import numpy as np
from jaxtyping import Float64
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from ...scene import SceneSpec
from ...shapes import ConvexPart, Solid
from .model import Probes

RIM_POINTS = 32
"""On each rim of a cylinder: they lie 0.5 % of its radius inside the circle, half way between."""
CORNERS = 4
"""A face with more probes than these shares their stiffness among all."""
FELT = ("rigid", "deforming", "soft")
"""Forms of bodies that feel corners; strands of ropes feel edges."""
FLAT = 1e-6  # [m]; corners this near to a face lie in it


def probes(spec: SceneSpec, solids: list[Solid]) -> Probes:
    """Of all rigid bodies, where they start; none if nothing there can be moved by them."""
    places, radii, shares, owners = [np.zeros((0, 3))], [np.zeros(0)], [np.zeros(0)], []
    now = [np.zeros((0, 3))]
    if any(body.is_free and body.form in FELT for body in spec.bodies):
        for index, (body, solid) in enumerate(zip(spec.bodies, solids, strict=True)):
            for part in solid.parts if body.form == "rigid" else ():
                place, radius, share = _of_part(part)
                turn = Rotation.from_quat(part.quaternion, scalar_first=True)
                places.append(turn.apply(place) + part.position)
                whole = Rotation.from_quat(body.quaternion, scalar_first=True)
                now.append(whole.apply(places[-1]) + body.position)
                radii.append(np.full(len(place), radius))
                shares.append(np.full(len(place), share))
                owners += [index + 1] * len(place)
    return Probes(
        owner=np.array(owners, np.int64),
        place_in_body=np.concatenate(places),
        radius=np.concatenate(radii),
        share=np.concatenate(shares),
        place=np.concatenate(now),
    )


def _of_part(part: ConvexPart) -> tuple[Float64[np.ndarray, "Q 3"], float, float]:
    """Places in the frame of the part, their radius, and the stiffness that each one has."""
    if part.kind == "sphere":
        return np.zeros((1, 3)), part.sizes[0], 1.0
    if part.kind == "capsule":
        radius, half = part.sizes
        count = int(np.ceil(2 * half / radius)) + 1
        return np.outer(np.linspace(-half, half, count), (0.0, 0.0, 1.0)), radius, 2 / count
    if part.kind == "cylinder":
        angles = 2 * np.pi * np.arange(RIM_POINTS) / RIM_POINTS
        circle = part.sizes[0] * np.column_stack([np.cos(angles), np.sin(angles)])
        rims = [np.column_stack([circle, np.full(RIM_POINTS, z)]) for z in (-1.0, 1.0)]
        return np.concatenate(rims) * (1.0, 1.0, part.sizes[1]), 0.0, CORNERS / RIM_POINTS
    if part.kind == "box":
        signs = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij")).reshape(3, -1).T
        return signs * part.sizes, 0.0, 1.0
    hull = ConvexHull(part.points)
    corners = part.points[hull.vertices]
    heights = corners @ hull.equations[:, :3].T + hull.equations[:, 3]
    return corners, 0.0, min(1.0, CORNERS / (np.abs(heights) < FLAT).sum(0).max())
