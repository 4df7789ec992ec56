"""Party balloons of latex: how large they are -> a skin that is blown up to it."""

import numpy as np

from phys4d_pipeline.motion.rubber import balloon_pressure

from .draws import Range, draw
from .inflated import Inflated, blown_up
from .skins import SKINS, thickness
from .staging import shape

STRETCH = 4.0
"""Of the skin, over its size at rest [1]: a 12 inch balloon lies flat at 6 cm and weighs 4 g."""
LENGTH: Range = (2.5, 3.1)  # from the top to the neck, over the radius, at rest [1]
NECK = 0.2  # radius of the neck over that of the balloon at rest [1]
NECK_LENGTH: Range = (0.6, 1.0)  # over the radius at rest [1]
AREA = 1.35  # of a balloon with its neck, over that of a ball of its radius [1]
FULLER = 1.25  # volume over that of a ball of its radius: balloons are longer than wide [1]


def balloon_area(radius: float) -> float:
    """Of the skin of a balloon at rest [m2].

    Args:
        radius: Blown up [m].
    """
    return float(4 * np.pi * (radius / STRETCH) ** 2 * AREA)


def latex_balloon(rng: np.random.Generator, radius: float, edge: float) -> Inflated:
    """A balloon about `radius` thick where it is widest, its neck downwards [m].

    Args:
        rng: Draws its proportions.
        radius: Blown up [m].
        edge: Of its triangles at rest [m].
    """
    rest, thick = round(radius / STRETCH, 5), thickness(rng, "latex")
    solid = shape(
        "balloon",
        radius=rest,
        length=round(rest * draw(rng, LENGTH), 5),
        neck=round(NECK * rest, 5),
        neck_length=round(rest * draw(rng, NECK_LENGTH), 5),
        edge=edge,
        thickness=thick,
    )
    over = balloon_pressure(STRETCH, rest, thick, SKINS["latex"].stiffness)
    volume = FULLER * 4 / 3 * np.pi * radius**3
    return blown_up(solid, "latex", round(volume * (1 + over / 101325.0), 7))
