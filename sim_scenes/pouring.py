"""Spheres and where they are seen from above -> centres at which each lies just over the others."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from phys4d_pipeline.scene import Body

from .draws import Range, draw
from .filming import around


def stacked(
    rng: np.random.Generator,
    radii: Sequence[float],
    places: Float64[np.ndarray, "N 2"],
    *,
    bottom: float,
    gap: Range,
) -> Float64[np.ndarray, "N 3"]:
    """Centres of spheres, in the order in which they fall [m].

    Args:
        rng: Draws the gaps.
        radii: Of the spheres around bodies [m].
        places: x and y of each [m].
        bottom: Height under which none reaches [m].
        gap: Free height between a sphere and those below it [m].
    """
    centres: list[np.ndarray] = []
    for index, (radius, place) in enumerate(zip(radii, places, strict=True)):
        height = bottom + radius
        for other, other_radius in zip(centres, radii[:index], strict=True):
            reach, sideways = radius + other_radius, np.linalg.norm(place - other[:2])
            height = max(height, other[2] + float(np.sqrt(max(reach**2 - sideways**2, 0.0))))
        centres.append(np.array([*place, height + draw(rng, gap)]))
    return np.array(centres)


def entering(bodies: Sequence[Body], share: float) -> Float64[np.ndarray, "P 3"]:
    """Corners around bodies, less what is above this share of their height: it falls into view."""
    points = around(bodies)
    points[:, 2] = np.minimum(points[:, 2], share * points[:, 2].max())
    return points
