"""A point and a triangle -> the way between them."""

import numpy as np

from ..jit import exact_borrowing, exact_part


@exact_borrowing
def on_triangle(x: float, y: float, z: float, corners: np.ndarray) -> tuple[float, float, float]:
    """From the nearest point of a triangle to the given one (Ericson 2005, 5.1.5) [m]."""
    ax, ay, az = x - corners[0, 0], y - corners[0, 1], z - corners[0, 2]
    bx, by, bz = (
        corners[1, 0] - corners[0, 0],
        corners[1, 1] - corners[0, 1],
        corners[1, 2] - corners[0, 2],
    )
    cx, cy, cz = (
        corners[2, 0] - corners[0, 0],
        corners[2, 1] - corners[0, 1],
        corners[2, 2] - corners[0, 2],
    )
    bb, cc, bc = (
        bx * bx + by * by + bz * bz,
        cx * cx + cy * cy + cz * cz,
        bx * cx + by * cy + bz * cz,
    )
    ab, ac = ax * bx + ay * by + az * bz, ax * cx + ay * cy + az * cz
    size = bb * cc - bc * bc
    v, w = (ab * cc - ac * bc) / size, (ac * bb - ab * bc) / size
    if v < 0.0 or w < 0.0 or v + w > 1.0:  # beside it: the nearest of its three edges
        best = np.inf
        for s, t in (
            (min(max(ab / bb, 0.0), 1.0), 0.0),
            (0.0, min(max(ac / cc, 0.0), 1.0)),
            _on_third(ab, ac, bb, cc, bc),
        ):
            dx, dy, dz = ax - s * bx - t * cx, ay - s * by - t * cy, az - s * bz - t * cz
            square = dx * dx + dy * dy + dz * dz
            if square < best:
                best, v, w = square, s, t
    return ax - v * bx - w * cx, ay - v * by - w * cy, az - v * bz - w * cz


@exact_part
def _on_third(ab: float, ac: float, bb: float, cc: float, bc: float) -> tuple[float, float]:
    """Weights of the corners b and c for the nearest point on the edge between them."""
    along = ((ac - bc) - (ab - bb)) / (bb + cc - 2.0 * bc)
    w = min(max(along, 0.0), 1.0)
    return 1.0 - w, w
