"""Some of the geometry -> the tiles it may reach, with the samples beside pixels' centres.

More is marked than `find_keys` does: a sliver that no centre shows may still be met by a sample.
"""

import numpy as np

from ..jit import exact_borrowing
from .raster import OFF_SCREEN, SUBPIXEL, mark
from .spheres import sphere_reach

BESIDE = 2
"""Samples and their neighbours lie within this of what a pixel's centre shows [px]."""


@exact_borrowing
def mark_faces(geometry, kind, size, marked):
    """Mark the tiles that faces of some objects may reach.

    Args:
        geometry: Geometry; `screen` must be projected.
        kind: (O,) bool by object number: which objects.
        size: Height and width of the picture [px].
        marked: (rows, columns) u8 of tiles, changed in place.
    """
    height, width = size
    faces, screen, face_object = geometry.faces, geometry.screen, geometry.face_object
    for t in range(len(faces)):
        if not kind[face_object[t]]:
            continue
        left, right, top, bottom = np.int64(width), np.int64(-1), np.int64(height), np.int64(-1)
        for corner in range(3):
            i = faces[t, corner]
            if screen[i, 0] == OFF_SCREEN:  # before the near plane, or far outside
                marked[:] = 1
                return
            x, y = np.int64(screen[i, 0]) // SUBPIXEL, np.int64(screen[i, 1]) // SUBPIXEL
            left, right = min(left, x), max(right, x)
            top, bottom = min(top, y), max(bottom, y)
        _mark_around(left, right, top, bottom, size, marked)


@exact_borrowing
def mark_spheres(geometry, lens, chosen, size, marked):
    """The same for some of the spheres; `chosen` is (S,) bool, `lens` fx, fy, cx, cy [px]."""
    height, width = size
    centres, radii = geometry.sphere_now, geometry.radii
    for s in range(len(radii)):
        if chosen[s]:
            x, y, z, radius = centres[s, 0], centres[s, 1], centres[s, 2], radii[s]
            left, right = sphere_reach(x, z, radius, lens[0], lens[2], 0, width - 1)
            top, bottom = sphere_reach(y, z, radius, lens[1], lens[3], 0, height - 1)
            _mark_around(left, right, top, bottom, size, marked)


@exact_borrowing
def _mark_around(left, right, top, bottom, size, marked):
    height, width = size
    left, right = max(left - BESIDE, 0), min(right + BESIDE, width - 1)
    top, bottom = max(top - BESIDE, 0), min(bottom + BESIDE, height - 1)
    if left <= right and top <= bottom:
        mark(marked, left, top, right, bottom)
