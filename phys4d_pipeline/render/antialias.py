"""Smooth edges: four extra samples in the pixels where surfaces meet. Ground truth is untouched.

A sample that shows the surface of the pixel's centre takes the centre's colour; every other
surface in the pixel is shaded once. Samples are averaged as light, not as display values.
"""

import numpy as np
from jaxtyping import Float32, Int32, UInt8, UInt64

from ..jit import fast, inline
from .raster import SAMPLES, SUBPIXEL, draw_triangles
from .shade import Lighting, light, shade
from .surface import NUM_PLANES, Meshes, View, look, paint_ground, place_bodies

F = np.float32
CREASE = F(0.93)
"""Cosine of the turn between neighbouring normals that makes an edge (21 degrees)."""
STEP = F(0.03)
"""Second difference of depth, relative, that makes an edge."""
SPAN = 1024
OFFSETS = np.array(SAMPLES, np.float32) / SUBPIXEL


def smooth_edges(
    rgb: UInt8[np.ndarray, "H W 3"],
    layers: tuple[np.ndarray, np.ndarray, np.ndarray],
    keys: UInt64[np.ndarray, "H W"],
    scene: tuple[View, Meshes, Float32[np.ndarray, "O 10"], Lighting],
    face_group: Int32[np.ndarray, " F"],
) -> None:
    """Blend the edge pixels of `rgb` in place.

    Args:
        rgb: The picture from centre samples.
        layers: Segmentation, depth and normals from centre samples.
        keys: The visibility they came from.
        scene: Camera, meshes, surfaces and lighting of the frame.
        face_group: Smooth surface each face belongs to.
    """
    view, mesh, surfaces, lighting = scene
    slots = np.empty(keys.shape, np.int32)
    count = _number_edges(*layers, keys, slots)
    samples = np.zeros((count, 4), np.uint64)
    draw_triangles(mesh.now, mesh.faces, view.lens, samples, slots, True)
    where = np.empty((count, 2), np.int32)
    source = np.empty((count, 4), np.int32)
    wanted = np.empty((count * 4, 2), np.float32), np.empty(count * 4, np.uint64)
    num_wanted = _plan(slots, keys, samples, face_group, OFFSETS, where, source, wanted)
    colours = np.empty((num_wanted, 3), np.float32)
    _shade_samples(wanted, view, mesh, surfaces, lighting, colours)
    _blend(rgb, where, source, colours)


@fast
def _number_edges(ids, depth, normals, keys, slots):
    """Fill `slots` with 0, 1, 2, ... on edge pixels and -1 elsewhere; returns their number."""
    height, width = ids.shape
    count = 0
    joined = np.empty((2, width), np.uint16)
    for row in range(height):
        above, here, below = ids[max(row - 1, 0)], ids[row], ids[min(row + 1, height - 1)]
        low, high = joined[0], joined[1]
        for column in range(width):
            low[column] = min(above[column], here[column], below[column])
            high[column] = max(above[column], here[column], below[column])
        for column in range(width):
            left, right = max(column - 1, 0), min(column + 1, width - 1)
            lowest = min(low[left], low[column], low[right])
            highest = max(high[left], high[column], high[right])
            edge = lowest != highest
            if not edge and highest != 0:
                up, down = max(row - 1, 0), min(row + 1, height - 1)
                edge = _folds(depth, normals, row, column, up, down, left, right)
            if edge:
                slots[row, column] = count
                count += 1
            else:
                slots[row, column] = -1
    return count


@inline
def _folds(depth, normals, row, column, up, down, left, right):
    """Does one body show a crease or a step around this pixel?"""
    z = depth[row, column]
    bend = abs(depth[row, left] + depth[row, right] - F(2) * z)
    bend += abs(depth[up, column] + depth[down, column] - F(2) * z)
    if bend > STEP * z:
        return True
    a, b, c = normals[row, column, 0], normals[row, column, 1], normals[row, column, 2]
    turn = F(1)
    for k in range(4):
        y = row if k < 2 else (up if k == 2 else down)
        x = column if k > 1 else (left if k == 0 else right)
        turn = min(turn, a * normals[y, x, 0] + b * normals[y, x, 1] + c * normals[y, x, 2])
    return turn < CREASE


@inline
def _group(key, face_group):
    face = np.int64(key & np.uint64(0xFFFFFFFF)) - 1
    return face_group[face] if face >= 0 else np.int32(-1)


@fast
def _plan(slots, keys, samples, face_group, offsets, where, source, wanted):
    """Decide per edge pixel where each sample's colour comes from; list those to shade.

    `source` holds the row of the shading list, or -1 for the colour of the centre.
    """
    points, point_keys = wanted
    num_wanted = 0
    groups = np.empty(4, np.int32)
    height, width = slots.shape
    for row in range(height):
        for column in range(width):
            slot = slots[row, column]
            if slot < 0:
                continue
            where[slot, 0], where[slot, 1] = row, column
            centre = _group(keys[row, column], face_group)
            for k in range(4):
                groups[k] = _group(samples[slot, k], face_group)
                source[slot, k] = -1
                if groups[k] == centre:
                    continue
                found = False
                for j in range(k):
                    if groups[j] == groups[k]:
                        source[slot, k] = source[slot, j]
                        found = True
                if not found:
                    source[slot, k] = num_wanted
                    points[num_wanted, 0] = F(column) + F(0.5) + offsets[k, 0]
                    points[num_wanted, 1] = F(row) + F(0.5) + offsets[k, 1]
                    point_keys[num_wanted] = samples[slot, k]
                    num_wanted += 1
    return num_wanted


@fast
def _shade_samples(wanted, view, mesh, surfaces, lighting, colours):
    points, point_keys = wanted
    P = np.empty((NUM_PLANES, SPAN), np.float32)
    xs, ys = np.zeros(SPAN, np.float32), np.zeros(SPAN, np.float32)
    keys, ids = np.zeros(SPAN, np.uint64), np.empty(SPAN, np.uint16)
    out = np.empty((3, SPAN), np.float32)
    for start in range(0, len(colours), SPAN):
        size = min(SPAN, len(colours) - start)
        for i in range(size):
            xs[i], ys[i] = points[start + i, 0], points[start + i, 1]
            keys[i] = point_keys[start + i]
        look(xs, ys, view, surfaces[0], P)
        paint_ground(surfaces[0], P)
        place_bodies(keys, view, mesh, surfaces, True, P, ids)
        light(lighting, P)
        shade(lighting, P, out[0], out[1], out[2])
        for i in range(size):
            for channel in range(3):
                colours[start + i, channel] = out[channel, i]


@fast
def _blend(rgb, where, source, colours):
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
