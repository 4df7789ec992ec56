"""A medium's shape -> particles that fill it at the start: a jittered lattice, eight to a cell."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...clearance.solids import distance
from ...continuum import Grid
from ...errors import SceneError
from ...scene import Body
from ...shapes import Solid

PER_EDGE = 2
"""Particles along the edge of a cell [1]."""
JITTER = 0.2
"""Largest displacement along each axis, of the spacing: breaks up the rows of the lattice [1]."""
RADIUS = 0.5 * (3 / (4 * np.pi)) ** (1 / 3)
"""Of the sphere as large as a particle's share of a cell [cells]."""


def seeds(
    body: Body, solid: Solid, grid: Grid, rng: np.random.Generator
) -> Float64[np.ndarray, "N 3"]:
    """Where the particles of a body start [m], world.

    Args:
        body: Of form `particles`.
        solid: Its shape.
        grid: Whose cells count.
        rng: For the jitter.

    Raises:
        SceneError: If the body is too small for its cells.
    """
    spacing = grid.cell / PER_EDGE
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    corners = turn.apply(solid.mesh.vertices.copy()) + body.position
    first = np.floor((corners.min(0) - grid.low) / spacing)
    last = np.ceil((corners.max(0) - grid.low) / spacing)
    axes = [spacing * (np.arange(a, b) + 0.5) for a, b in zip(first, last, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3) + grid.low
    inside = distance(solid, turn.inv().apply(points - body.position), np.inf) < 0.0
    points = points[inside]
    if len(points) < PER_EDGE**3:
        raise SceneError(
            f"Body {body.name!r} holds {len(points)} particles of the grid's cells of "
            f"{1e3 * grid.cell:.3g} mm: make it larger, or the cells smaller."
        )
    return points + JITTER * spacing * rng.uniform(-1.0, 1.0, points.shape)
