"""A convex hull -> the hull that lies a margin inside it; engines add the margin back as a skin."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import ConvexHull, HalfspaceIntersection

from ..errors import SceneError


def shrunk(points: Float[np.ndarray, "P 3"], margin: float) -> Float64[np.ndarray, "Q 3"]:
    """Corners of the intersection of all half-spaces moved inward by `margin` [m].

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
    return np.unique(corners.round(10), axis=0)
