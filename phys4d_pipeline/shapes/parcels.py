"""Boxes and balls, some that touch, some apart: what one liquid may fill at the start."""

import numpy as np

from ..errors import SceneError
from .pieces import block
from .solid import ConvexPart, Mesh, Solid
from .surface import SPHERE_FREQUENCY, geodesic_sphere
from .union import Piece, union


def parcels(
    lows: tuple[float, ...],
    highs: tuple[float, ...],
    centres: tuple[float, ...] = (),
    radii: tuple[float, ...] = (),
) -> Solid:
    """A solid in several pieces.

    Args:
        lows: x, y, z of the lowest corner of each box [m].
        highs: Of the highest one.
        centres: Of each ball.
        radii: Of each ball.
    """
    if len(lows) % 3 or len(lows) != len(highs) or len(centres) != 3 * len(radii):
        raise SceneError(
            f"Shape 'parcels': {len(lows)} and {len(highs)} numbers for boxes, {len(centres)} for "
            f"centres of {len(radii)} balls; each corner and centre takes three."
        )
    corners = zip(np.reshape(lows, (-1, 3)), np.reshape(highs, (-1, 3)), strict=True)
    boxes = [block(low.tolist(), high.tolist()) for low, high in corners]
    middles = np.reshape(centres, (-1, 3))
    return Solid.centred(
        *union(boxes + [_ball(*ball) for ball in zip(middles, radii, strict=True)])
    )


def _ball(centre: np.ndarray, radius: float) -> Piece:
    unit = geodesic_sphere(SPHERE_FREQUENCY)
    mesh = Mesh(vertices=radius * unit.vertices + centre, faces=unit.faces, normals=unit.normals)
    x, y, z = (float(number) for number in centre)
    return Piece.of(
        mesh,
        [ConvexPart(kind="hull", points=mesh.vertices)],
        [ConvexPart(kind="sphere", sizes=(radius,), position=(x, y, z))],
    )
