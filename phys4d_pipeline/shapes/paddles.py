"""Paddle wheel: what water turns."""

import numpy as np
from scipy.spatial.transform import Rotation

from ..errors import SceneError
from .limits import check_range, check_sizes
from .pieces import block, turned
from .solid import Solid
from .union import union

BLADES = (4, 16)
"""Fewer do not balance the wheel evenly, more leave no room between them."""
SIDES = 32
"""Of hub and axle: chords lie 0.5 % of their radius inside."""


def paddle_wheel(
    radius: float, half_width: float, hub: float, blades: int, thickness: float, axle: float
) -> Solid:
    """A hub about the z axis with straight blades and an axle a third as thick as the hub.

    Args:
        radius: To the blades' tips [m].
        half_width: Of hub and blades, along z [m].
        hub: Its radius [m].
        blades: How many.
        thickness: Of a blade [m].
        axle: Half its length, more than `half_width` [m].
    """
    check_sizes("paddle_wheel", radius=radius, half_width=half_width, hub=hub, thickness=thickness)
    check_range("paddle_wheel", "blades", blades, *BLADES)
    if not 0.5 * thickness * blades < np.pi * hub or not hub < 0.8 * radius or axle <= half_width:
        raise SceneError(
            f"Shape 'paddle_wheel': {blades} blades {thickness:g} m thick need a hub ({hub:g}) of "
            f"at least {0.5 * thickness * blades / np.pi:.3g} m, at most {0.8 * radius:.3g}; and "
            f"an axle ({axle:g}) longer than half_width ({half_width:g})."
        )
    thin, half = hub / 3, thickness / 2
    pieces = [
        turned([0.0, hub, hub, 0.0], [-half_width, -half_width, half_width, half_width], SIDES),
        turned([0.0, thin, thin, 0.0], [-axle, -axle, axle, axle], SIDES),
    ]
    blade = block((0.5 * hub, -half, -0.97 * half_width), (radius, half, 0.97 * half_width))
    for k in range(blades):
        turn = Rotation.from_euler("z", 360.0 * k / blades, degrees=True)
        pieces.append(blade.moved((0.0, 0.0, 0.0), turn))
    return Solid.centred(*union(pieces))
