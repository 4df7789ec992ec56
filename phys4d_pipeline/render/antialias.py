"""Smooth edges: four extra samples in the pixels where surfaces meet. Ground truth is untouched.

A sample that shows the surface of the pixel's centre takes the centre's colour; every other
surface in the pixel is shaded once. Samples are averaged as light, not as display values.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, UInt8, UInt16, UInt64

from ..jit import fast, fast_borrowing, inline
from .frame import Layers
from .geometry import Geometry, View
from .glass import Behind, refract
from .paint import paint_bodies, paint_ground
from .planes import HIT, NUM_PLANES, POINT_X
from .raster import OFFSETS, sample_triangles
from .shade import Lighting, light, shade
from .spheres import sample_spheres
from .surface import look, place_bodies
from .tiles import TILE_HEIGHT, TILE_SAMPLES, TILE_WIDTH, marked_tiles

F = np.float32
CREASE = F(0.93)
"""Cosine of the turn between neighbouring normals that makes an edge (21 degrees)."""
LOW = np.uint64(0xFFFFFFFF)
"""The half of a visibility key that names the primitive, plus 1."""
STEP = F(0.03)
"""Second difference of depth, relative, that makes an edge."""


class Samples(NamedTuple):
    """What edge pixels show beside the surface of their centre."""

    points: Float32[np.ndarray, "K 2"]
    """Picture positions [px]"""
    keys: UInt64[np.ndarray, " K"]


def smooth_edges(
    tiles: Int32[np.ndarray, "N 2"],
    layers: Layers,
    near_tiles: UInt8[np.ndarray, "R C"],
    scene: tuple[View, Geometry, Float32[np.ndarray, "O M"], Lighting, Behind],
    primitive_group: Int32[np.ndarray, " P"],
) -> Samples:
    """Blend the edge pixels of some tiles of `layers.rgb` in place.

    Args:
        tiles: Rows and columns of the tiles.
        layers: The frame, drawn from centre samples.
        near_tiles: Tiles with a pixel next to or on a body.
        scene: Camera, geometry, materials, lighting and what clear bodies show.
        primitive_group: Smooth surface each primitive belongs to.

    Returns:
        The samples that were shaded.
    """
    view, geometry = scene[:2]
    slots = np.empty(layers.ids.shape, np.int32)
    busy = np.zeros_like(near_tiles)
    tiles = tiles[near_tiles[tiles[:, 0], tiles[:, 1]] > 0]
    where = _number_edges(tiles, layers, len(geometry.faces), slots, busy)
    samples = np.zeros((len(where), 4), np.uint64)
    window = _window(busy, layers.ids)
    sample_triangles(geometry, view.lens, 0, len(geometry.faces), window, slots, busy, samples)
    if len(geometry.radii):
        # Of the whole picture: what one tile shows must not depend on which others are drawn.
        shown, last = marked_tiles(near_tiles), len(geometry.radii)
        seen = seen_spheres(shown, layers.keys, layers.ids, len(geometry.faces), geometry.radii)
        sample_spheres(geometry, view.lens, 0, last, window, seen, slots, busy, samples)
    source = np.empty((len(where), 4), np.int32)
    points, keys = np.empty((len(where) * 4, 2), np.float32), np.empty(len(where) * 4, np.uint64)
    count = plan(where, layers.keys, samples, primitive_group, source, (points, keys))
    wanted, colours = Samples(points[:count], keys[:count]), np.empty((count, 3), np.float32)
    _shade_samples(wanted, scene, colours)
    blend(layers.rgb, where, source, colours)
    return wanted


def _window(
    busy: UInt8[np.ndarray, "R C"], ids: UInt16[np.ndarray, "H W"]
) -> tuple[int, int, int, int]:
    """First and last column, first and last row of pixels in busy tiles; of one if none is."""
    rows, columns = np.flatnonzero(busy.any(1)), np.flatnonzero(busy.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    height, width = ids.shape
    right = min((int(columns[-1]) + 1) * TILE_WIDTH, width) - 1
    bottom = min((int(rows[-1]) + 1) * TILE_HEIGHT, height) - 1
    return int(columns[0]) * TILE_WIDTH, right, int(rows[0]) * TILE_HEIGHT, bottom


@fast
def _number_edges(tiles, layers, num_faces, slots, busy):
    """Give edge pixels slots 0, 1, 2, ... (-1 elsewhere in busy tiles); returns their places."""
    ids, depth, normals, keys = layers.ids, layers.depth, layers.normals, layers.keys
    height, width = ids.shape
    where = np.empty((4096, 2), np.int32)
    count = 0
    for tile in range(len(tiles)):
        top, left_edge = tiles[tile, 0] * TILE_HEIGHT, tiles[tile, 1] * TILE_WIDTH
        bottom, right_edge = min(top + TILE_HEIGHT, height), min(left_edge + TILE_WIDTH, width)
        low, high = ids[top, left_edge], ids[top, left_edge]
        for row in range(max(top - 1, 0), min(bottom + 1, height)):
            for column in range(max(left_edge - 1, 0), min(right_edge + 1, width)):
                low, high = min(low, ids[row, column]), max(high, ids[row, column])
        if count + TILE_SAMPLES > len(where):
            longer = np.empty((2 * len(where) + TILE_SAMPLES, 2), np.int32)
            longer[:count] = where[:count]
            where = longer
        before = count
        for row in range(top, bottom):
            up, down = max(row - 1, 0), min(row + 1, height - 1)
            for column in range(left_edge, right_edge):
                left, right = max(column - 1, 0), min(column + 1, width - 1)
                here = ids[row, column]
                edge = False
                if low != high:
                    edge = _borders(ids, row, column, up, down, left, right)
                if not edge and here != 0:
                    edge = _steps(depth, row, column, up, down, left, right)
                    # Between the grains of a heap lie creases everywhere: left as they are.
                    if not edge and np.int64(keys[row, column] & LOW) <= num_faces:
                        edge = _folds(normals, row, column, up, down, left, right)
                slots[row, column] = -1
                if edge:
                    slots[row, column] = count
                    where[count, 0], where[count, 1] = row, column
                    count += 1
        if count > before:
            busy[tiles[tile, 0], tiles[tile, 1]] = 1
    return where[:count].copy()


@inline
def _borders(ids, row, column, up, down, left, right):
    """Is another body seen around this pixel?"""
    here = ids[row, column]
    other = (ids[up, left] ^ here) | (ids[up, column] ^ here)
    other |= (ids[up, right] ^ here) | (ids[row, left] ^ here)
    other |= (ids[row, right] ^ here) | (ids[down, left] ^ here)
    other |= (ids[down, column] ^ here) | (ids[down, right] ^ here)
    return other != 0


@fast
def is_edge(ids, depth, normals, keys, num_faces, row, column):
    """Do surfaces meet in a pixel, as `_number_edges` finds for those of a tile?"""
    height, width = ids.shape
    up, down = max(row - 1, 0), min(row + 1, height - 1)
    left, right = max(column - 1, 0), min(column + 1, width - 1)
    edge = _borders(ids, row, column, up, down, left, right)
    if not edge and ids[row, column] != 0:
        edge = _steps(depth, row, column, up, down, left, right)
        if not edge and np.int64(keys[row, column] & LOW) <= num_faces:
            edge = _folds(normals, row, column, up, down, left, right)
    return edge


@inline
def _steps(depth, row, column, up, down, left, right):
    """Does one body show a step in depth around this pixel?"""
    z = depth[row, column]
    bend = abs(depth[row, left] + depth[row, right] - F(2) * z)
    bend += abs(depth[up, column] + depth[down, column] - F(2) * z)
    return bend > STEP * z


@inline
def _folds(normals, row, column, up, down, left, right):
    """Does one body show a crease around this pixel?"""
    a, b, c = normals[row, column, 0], normals[row, column, 1], normals[row, column, 2]
    turn = a * normals[row, left, 0] + b * normals[row, left, 1] + c * normals[row, left, 2]
    other = a * normals[row, right, 0] + b * normals[row, right, 1] + c * normals[row, right, 2]
    turn = min(turn, other)
    other = a * normals[up, column, 0] + b * normals[up, column, 1] + c * normals[up, column, 2]
    turn = min(turn, other)
    other = a * normals[down, column, 0]
    other += b * normals[down, column, 1] + c * normals[down, column, 2]
    return min(turn, other) < CREASE


@fast
def seen_spheres(tiles, keys, ids, num_faces, radii):
    """(S,) u8: does a pixel centre of these tiles show the sphere?"""
    height, width = keys.shape
    seen = np.zeros(len(radii), np.uint8)
    for tile in range(len(tiles)):
        top, left = tiles[tile, 0] * TILE_HEIGHT, tiles[tile, 1] * TILE_WIDTH
        for row in range(top, min(top + TILE_HEIGHT, height)):
            for column in range(left, min(left + TILE_WIDTH, width)):
                sphere = np.int64(keys[row, column] & LOW) - 1 - num_faces
                if sphere >= 0 and ids[row, column] != 0:
                    seen[sphere] = 1
    return seen


@inline
def _same_surface(a, b, primitive_group):
    """Do two visibility keys show one smooth surface, at about one depth?"""
    p, q = np.int64(a & LOW) - 1, np.int64(b & LOW) - 1
    if p < 0 or q < 0:
        return p == q
    x, y = (
        np.uint32(a >> np.uint64(32)).view(np.float32),
        np.uint32(b >> np.uint64(32)).view(np.float32),
    )
    return primitive_group[p] == primitive_group[q] and abs(x - y) < STEP * x


@fast_borrowing
def plan(where, keys, samples, primitive_group, source, wanted):
    """Decide per edge pixel where each sample's colour comes from; list those to shade.

    `source` holds the row of the shading list, or -1 for the colour of the centre.
    """
    points, point_keys = wanted
    num_wanted = 0
    for slot in range(len(where)):
        row, column = where[slot, 0], where[slot, 1]
        centre = keys[row, column]
        for k in range(4):
            sample = samples[slot, k]
            source[slot, k] = -1
            if _same_surface(centre, sample, primitive_group):
                continue
            found = False
            for j in range(k):
                if _same_surface(samples[slot, j], sample, primitive_group):
                    source[slot, k] = source[slot, j]
                    found = True
            if not found:
                source[slot, k] = num_wanted
                points[num_wanted, 0] = F(column) + F(0.5) + OFFSETS[k, 0]
                points[num_wanted, 1] = F(row) + F(0.5) + OFFSETS[k, 1]
                point_keys[num_wanted] = sample
                num_wanted += 1
    return num_wanted


@fast
def _shade_samples(wanted, scene, colours):
    points, point_keys = wanted
    view, geometry, materials, lighting, behind = scene
    planes = np.zeros((NUM_PLANES, TILE_SAMPLES), np.float32)
    xs, ys = np.zeros(TILE_SAMPLES, np.float32), np.zeros(TILE_SAMPLES, np.float32)
    keys, ids = np.zeros(TILE_SAMPLES, np.uint64), np.empty(TILE_SAMPLES, np.uint16)
    out = np.empty((3, TILE_SAMPLES), np.float32)
    for start in range(0, len(colours), TILE_SAMPLES):
        size = min(TILE_SAMPLES, len(colours) - start)
        for i in range(size):
            xs[i], ys[i] = points[start + i, 0], points[start + i, 1]
            keys[i] = point_keys[start + i]
        look(xs, ys, view, planes)
        paint_ground(materials[0], planes)
        place_bodies(keys, view, geometry, planes, ids)
        paint_bodies(keys, ids, view, geometry, materials, planes)
        if len(behind.depth) > 0:
            refract(keys, ids, view, geometry, materials, behind, lighting, planes)
        light(lighting, planes)
        shade(lighting, planes, out[0], out[1], out[2])
        for i in range(size):
            for channel in range(3):
                colours[start + i, channel] = out[channel, i]


@fast
def widen_boxes(wanted, view, geometry, boxes):
    """Make the world boxes of tiles hold the points that samples show.

    Args:
        wanted: The samples.
        view: The camera.
        geometry: The bodies.
        boxes: (R, C, 6) f32, low xyz, high xyz [m], changed in place.
    """
    points, point_keys = wanted
    planes = np.zeros((NUM_PLANES, 1), np.float32)
    ids = np.empty(1, np.uint16)
    for n in range(len(points)):
        look(points[n : n + 1, 0], points[n : n + 1, 1], view, planes)
        place_bodies(point_keys[n : n + 1], view, geometry, planes, ids)
        if planes[HIT, 0] == F(0):
            continue
        box = boxes[np.int64(points[n, 1]) // TILE_HEIGHT, np.int64(points[n, 0]) // TILE_WIDTH]
        for axis in range(3):
            box[axis] = min(box[axis], planes[POINT_X + axis, 0])
            box[axis + 3] = max(box[axis + 3], planes[POINT_X + axis, 0])


@fast_borrowing
def blend(rgb, where, source, colours):
    """Average the colours of every edge pixel's samples into the picture."""
    for slot in range(len(where)):
        row, column = where[slot, 0], where[slot, 1]
        for channel in range(3):
            centre = F(rgb[row, column, channel])
            total = F(0)
            for k in range(4):
                value = colours[source[slot, k], channel] if source[slot, k] >= 0 else centre
                # Squares stand for light: within 2/255 of the exact sRGB average (measured).
                total += value * value
            rgb[row, column, channel] = np.uint8(np.sqrt(total * F(0.25)))
