"""Geometry -> visibility keys: which primitive every pixel's centre shows."""

import numpy as np
from jaxtyping import UInt8, UInt64

from .bodies import Counts
from .canvas import Seen
from .raster import draw_triangles
from .spheres import draw_spheres
from .tiles import whole

NOTHING = Counts(0, 0)


def find_keys(
    seen: Seen,
    first: Counts,
    stop: Counts | None,
    keys: UInt64[np.ndarray, "H W"],
    marked: UInt8[np.ndarray, "R C"],
) -> None:
    """Draw a part of the geometry into the visibility buffer and mark the tiles it reaches."""
    geometry, lens, window = seen.geometry, seen.view.lens, whole(keys)
    stop = stop or Counts(len(geometry.faces), len(geometry.radii))
    draw_triangles(geometry, lens, first.faces, stop.faces, window, keys, marked)
    draw_spheres(geometry, lens, first.spheres, stop.spheres, window, keys, marked)
