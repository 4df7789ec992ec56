"""Visibility keys -> temperature of the surface points that are seen [K].

Linear between the corners of a face; of a sphere its particle's. NaN where nothing is seen whose
temperature is known: sky, ground, scenery, bodies without heat.
"""

import numpy as np

from ..jit import exact, inline
from .surface import meet
from .tiles import TILE_HEIGHT, TILE_WIDTH

F = np.float32


@exact
def measure(tiles, view, geometry, keys, ids, kelvin):
    """Fill some tiles of a frame's temperatures.

    Args:
        tiles: (N, 2) i32 rows and columns of tiles.
        view: The camera.
        geometry: The bodies.
        keys: (H, W) u64 visibility keys.
        ids: (H, W) u16 object numbers, 0 where no body is seen.
        kelvin: (H, W) f32, changed in place.
    """
    height, width = ids.shape
    for tile in range(len(tiles)):
        top, left = tiles[tile, 0] * TILE_HEIGHT, tiles[tile, 1] * TILE_WIDTH
        for row in range(top, min(top + TILE_HEIGHT, height)):
            for column in range(left, min(left + TILE_WIDTH, width)):
                kelvin[row, column] = temperature_at(view, geometry, keys, ids, row, column)


@inline
def temperature_at(view, geometry, keys, ids, row, column):
    """Of the point seen at a pixel's centre [K]; NaN where it has none."""
    primitive = np.int64(keys[row, column] & np.uint64(0xFFFFFFFF)) - 1
    heat, num_faces = F(0), len(geometry.faces)
    if ids[row, column] != 0:  # a body below the ground has a key, but is not seen
        if primitive < num_faces:
            lens = view.lens
            dx = (F(column) + F(0.5) - lens[2]) / lens[0]
            dy = (F(row) + F(0.5) - lens[3]) / lens[1]
            u, v, _, _ = meet(geometry.faces, geometry.now, primitive, dx, dy)
            heat = _between(geometry.heat, geometry.faces[primitive], u, v)
        else:
            heat = geometry.sphere_heat[primitive - num_faces]
    return heat if heat > F(0) else F(np.nan)


@inline
def _between(heat, corners, u, v):
    """Never beyond the corners': a pixel of a face's rim may lie beside the face by a hair."""
    a, b, c = heat[corners[0]], heat[corners[1]], heat[corners[2]]
    found = a + (b - a) * u + (c - a) * v
    return min(max(found, min(a, min(b, c))), max(a, max(b, c)))
