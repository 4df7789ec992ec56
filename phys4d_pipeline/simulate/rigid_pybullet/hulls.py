"""A convex hull -> the hull that lies a margin inside it; engines add the margin back as a skin."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import ConvexHull, HalfspaceIntersection

from ...errors import SceneError

SHARPEST = 1.8
"""Distance of a corner from the shrunk hull, in margins [1]; of a cube's corner it is 1.73. The
skin would round off what is sharper, so its tip gets a point of its own."""


def shrunk(points: Float[np.ndarray, "P 3"], margin: float) -> Float64[np.ndarray, "Q 3"]:
    """Corners of the intersection of all half-spaces moved inward by `margin` [m].

    At corners sharper than a cube's a point is added, such that the skin misses the tip by as much
    as it sticks out of the faces beside it.

    Raises:
        SceneError: If the hull is thinner than twice the margin.
    """
    planes = np.unique(ConvexHull(points).equations.round(12), axis=0)
    planes[:, 3] += margin
    inside = points.mean(0)
    if (planes[:, :3] @ inside + planes[:, 3]).max() >= 0:
        raise SceneError(
            f"A convex part of {np.ptp(points, axis=0).round(4).tolist()} m is thinner than twice "
            f"the collision margin ({margin:g} m): make the shape larger."
        )
    corners = HalfspaceIntersection(planes, inside).intersections
    return np.unique(np.concatenate([corners, _tips(points, corners, margin)]).round(10), axis=0)


def _tips(
    points: Float[np.ndarray, "P 3"], corners: Float64[np.ndarray, "Q 3"], margin: float
) -> Float64[np.ndarray, "S 3"]:
    distances = np.linalg.norm(points[:, None] - corners, axis=2)
    nearest, distance = corners[distances.argmin(1)], distances.min(1)
    is_sharp = distance > SHARPEST * margin
    points, nearest, distance = points[is_sharp], nearest[is_sharp], distance[is_sharp]
    # With s the sine of the half angle: t - m = m - t s.
    depth = 2 * margin / (1 + margin / distance)
    return points + (nearest - points) * (depth / distance)[:, None]
