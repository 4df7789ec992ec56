"""Visibility keys -> layers: one thread per pixel, with spans and lists of length 1.

Arrays come in tuples: numba's simulator leaves those as they are.
"""

# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# (numba declares what kernels call as stubs without arguments)

import numpy as np
from numba import cuda

from ...jit import cuda_kernel
from ..antialias import LOW, blend, is_edge, plan
from ..frame import draw_span, store, store_picture
from ..geometry import NEAR
from ..ground_truth import HIDDEN, OUT_OF_FRAME, VISIBLE
from ..occlusion import RELATIVE_TOLERANCE, is_hidden
from ..planes import NUM_PLANES
from ..temperature import temperature_at
from ..tiles import TILE_HEIGHT, TILE_WIDTH
from . import device_memory  # noqa: F401  (registers what kernels call)

F = np.float32


@cuda_kernel
def resolve_pixels(scene, moving, paint, layers):
    """Fill the layers of pixel (x, y): `frame.draw_span`."""
    column, row = cuda.grid(2)
    height, width = layers.keys.shape
    if row >= height or column >= width:
        return
    planes = cuda.local.array((NUM_PLANES, 1), np.float32)
    there = cuda.local.array((6, 1), np.float32)
    colour = cuda.local.array((3, 1), np.float32)
    line = cuda.local.array(3, np.float32)
    xs, ys = cuda.local.array(1, np.float32), cuda.local.array(1, np.float32)
    keys, ids = cuda.local.array(1, np.uint64), cuda.local.array(1, np.uint16)
    xs[0], ys[0], keys[0] = F(column) + F(0.5), F(row) + F(0.5), layers.keys[row, column]
    draw_span(xs, ys, keys, scene, moving[0], paint, planes, ids, there, colour)
    store(planes, ids, there, row, column, 1, 1, line, layers)
    if paint:
        store_picture(scene[0], planes, colour, row, column, 1, 1, line, layers)


@cuda_kernel
def measure_pixels(scene, layers, kelvin):
    """Fill the temperature of pixel (x, y): `temperature.temperature_at`."""
    (column, row), (view, geometry) = cuda.grid(2), scene
    height, width = layers.keys.shape
    if row < height and column < width:
        keys, ids = layers.keys, layers.ids
        kelvin[0][row, column] = temperature_at(view, geometry, keys, ids, row, column)


@cuda_kernel
def find_near(layers):
    """Is a body seen within one pixel of pixel (x, y)?"""
    column, row = cuda.grid(2)
    height, width = layers.ids.shape
    if row >= height or column >= width:
        return
    near = np.uint8(0)
    for y in range(max(row - 1, 0), min(row + 2, height)):
        for x in range(max(column - 1, 0), min(column + 2, width)):
            near |= np.uint8(layers.ids[y, x] != 0)
    layers.near[row, column] = near


@cuda_kernel
def find_edges(layers, num_faces, edges, seen):
    """List pixel (x, y) if surfaces meet in it, and clear its samples; note the sphere it shows.

    The order of the list depends on the threads; what is drawn from it does not.
    """
    (column, row), (slots, busy, samples, where, count) = cuda.grid(2), edges
    height, width = layers.ids.shape
    if row >= height or column >= width:
        return
    slots[row, column] = -1
    if layers.near[row, column] == 0:
        return
    sphere = np.int64(layers.keys[row, column] & LOW) - 1 - num_faces
    if sphere >= 0 and layers.ids[row, column] != 0:
        seen[0][sphere] = 1
    if is_edge(layers.ids, layers.depth, layers.normals, layers.keys, num_faces, row, column):
        slot = cuda.atomic.add(count, 0, 1)
        slots[row, column] = slot
        where[slot, 0], where[slot, 1] = row, column
        for k in range(4):
            samples[slot, k] = 0
        busy[row // TILE_HEIGHT, column // TILE_WIDTH] = 1


@cuda_kernel
def blend_edges(scene, tables, edges, layers):
    """Shade what the samples of listed pixel x show, and blend it: `antialias.plan`, `blend`."""
    (moving, primitive_group), (_, _, samples, where, count) = tables, edges
    slot = cuda.grid(1)
    if slot >= count[0]:
        return
    source = cuda.local.array((1, 4), np.int32)
    points, point_keys = cuda.local.array((4, 2), np.float32), cuda.local.array(4, np.uint64)
    colours = cuda.local.array((4, 3), np.float32)
    planes = cuda.local.array((NUM_PLANES, 1), np.float32)
    there = cuda.local.array((6, 1), np.float32)
    colour = cuda.local.array((3, 1), np.float32)
    xs, ys = cuda.local.array(1, np.float32), cuda.local.array(1, np.float32)
    keys, ids = cuda.local.array(1, np.uint64), cuda.local.array(1, np.uint16)
    here, own = where[slot : slot + 1], samples[slot : slot + 1]
    num_wanted = plan(here, layers.keys, own, primitive_group, source, (points, point_keys))
    for n in range(num_wanted):
        xs[0], ys[0], keys[0] = points[n, 0], points[n, 1], point_keys[n]
        draw_span(xs, ys, keys, scene, moving, True, planes, ids, there, colour)
        for channel in range(3):
            colours[n, channel] = colour[channel, 0]
    blend(layers.rgb, here, source, colours)


@cuda_kernel
def find_exits(backs, leaving):
    """Nearest back face of a clear body -> camera z there [m], of pixel (x, y)."""
    column, row = cuda.grid(2)
    height, width = backs[0].shape
    if row < height and column < width:
        nearness = np.uint32(backs[0][row, column] >> np.uint64(32)).view(np.float32)
        leaving[0][row, column] = F(1) / nearness if nearness > F(0) else F(0)


@cuda_kernel
def find_codes(motion, frame, other):
    """The occlusion code of pixel (x, y) against another frame, as in `occlusion.occluded`."""
    (column, row), (flow, dz, codes) = cuda.grid(2), motion
    (here, stays), (there, geometry, view) = frame, other
    height, width = codes.shape
    if row >= height or column >= width:
        return
    body = here.ids[row, column]
    if stays[body] != 0:
        codes[row, column] = VISIBLE if there.ids[row, column] == body else HIDDEN
        return
    depth = here.depth[row, column]
    x = F(column) + F(0.5) + flow[row, column, 0]
    y = F(row) + F(0.5) + flow[row, column, 1]
    z = depth if depth == F(np.inf) else depth + dz[row, column]
    codes[row, column] = OUT_OF_FRAME
    # Written so that NaN, a point behind the camera, is out of the picture.
    inside = x >= F(0) and y >= F(0) and x < F(width) and y < F(height)
    if not (inside and z > F(NEAR)):
        return
    codes[row, column] = VISIBLE
    r, c = np.uint32(y), np.uint32(x)
    if body == 0 and there.near[r, c] == 0:
        return  # only ground and sky, here and there
    if there.near[r, c] == 0:  # only ground and sky around: they hide just what has sunk
        hidden = z > there.depth[r, c] * (F(1) + RELATIVE_TOLERANCE)
    else:
        hidden = is_hidden(
            x, y, z, body, here.keys[row, column], there.depth, there.ids, there.keys,
            geometry.faces, geometry.across, geometry.now, geometry.sphere_now, geometry.radii,
            view.lens, view.pose,
        )  # fmt: skip
    if hidden:
        codes[row, column] = HIDDEN
