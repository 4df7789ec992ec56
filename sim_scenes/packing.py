"""Radii and a vessel -> centres of spheres as they lie when poured in one by one.

Each sphere is let down at some places and goes on from the lowest, to where it cannot go down
(Visscher and Bolsterli 1972): a loose packing that sinks by a few hundredths when it is let go.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

Floor = Callable[[Float64[np.ndarray, "K 2"], float], Float64[np.ndarray, " K"]]
"""Places and a radius -> the height of the centre of a sphere that lies on the floor there [m]."""
TRIES = 10  # places at which a sphere is first let down
STEPS, AROUND = 6, 8
"""Times a sphere looks for a lower place, and how many places around it then."""
REFRESH = 8  # spheres after which those out of reach are looked for
NONE_PLACED = np.zeros((0, 3))
GAP = 2e-3
"""Free space around a sphere over its radius [1]: places are rounded to a micrometre."""
LAYER = 8.0
"""Height below the top, in the largest radii, under which nobody falls into a hole [1]."""


def packed(
    rng: np.random.Generator,
    radii: Float64[np.ndarray, " N"],
    low: tuple[float, float],
    high: tuple[float, float],
    floor: Floor,
    placed: Float64[np.ndarray, "P 3"] = NONE_PLACED,
) -> Float64[np.ndarray, "N 3"]:
    """Centres [m], in the order of the radii.

    Args:
        rng: Draws where spheres are let down.
        radii: [m]
        low: Least x and y inside upright walls [m].
        high: Largest x and y inside them [m].
        floor: Of the vessel.
        placed: Centres of the first P, which are there already [m].
    """
    sizes = np.asarray(radii) * (1.0 + GAP)
    centres, largest, top = np.empty((len(sizes), 3)), float(sizes.max()), -np.inf
    layer = np.zeros(0, np.int64)
    centres[: len(placed)] = placed
    for k, radius in enumerate(sizes):
        if k < len(placed):
            top = max(top, float(centres[k, 2]))
            continue
        corners = np.add(low, radius), np.subtract(high, radius)
        if k % REFRESH == 0 or k == len(placed):
            layer = np.flatnonzero(centres[:k, 2] > top - LAYER * largest)
        else:
            layer = np.append(layer, k - 1)
        nearby = layer
        lowest = top - (LAYER - 2.0) * largest
        under = centres[nearby], sizes[nearby]
        places = rng.uniform(*corners, (TRIES, 2))
        heights = np.maximum(_heights(places, radius, under, floor), lowest)
        best = heights.argmin()
        place, height = places[best], heights[best]
        for step in range(STEPS):
            shifts = rng.uniform(-1.0, 1.0, (AROUND, 2)) * largest / 2**step
            places = np.clip(place + shifts, *corners)
            heights = np.maximum(_heights(places, radius, under, floor), lowest)
            best = heights.argmin()
            if heights[best] < height:
                place, height = places[best], heights[best]
        centres[k] = (*place, height)
        top = max(top, float(height))
    return centres


def _heights(
    places: Float64[np.ndarray, "K 2"],
    radius: float,
    under: tuple[Float64[np.ndarray, "M 3"], Float64[np.ndarray, " M"]],
    floor: Floor,
) -> Float64[np.ndarray, " K"]:
    """Of the centre of a sphere that comes to lie on the floor or on others [m]."""
    centres, sizes = under
    heights = floor(places, radius)
    if len(sizes):
        x = places[:, None, 0] - centres[:, 0]
        y = places[:, None, 1] - centres[:, 1]
        left = (sizes + radius) ** 2 - x * x - y * y
        touch = np.where(left > 0.0, centres[:, 2] + np.sqrt(np.maximum(left, 0.0)), -np.inf)
        heights = np.maximum(heights, touch.max(1))
    return heights
