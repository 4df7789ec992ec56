"""Camera-space triangles -> visibility buffers.

A visibility key is 64 bits: 1/z as float32 bits above, number of the primitive + 1 below; 0 is
empty. The largest key wins, so nearer surfaces do, and ties go to the later primitive: no order
matters. Vertices are snapped to 1/256 px and edges are exact integers: no cracks, no double hits.
"""

import numpy as np

from ..jit import fast, fast_borrowing, inline
from .geometry import BACK, FRONT, NEAR, NEITHER
from .memory import keep_largest, scratch
from .tiles import TILE_HEIGHT, TILE_WIDTH

F = np.float32
SUBPIXEL = 256
GUARD_BAND = F(16_000)
"""Screen positions beyond this take the homogeneous path, to keep the integers in range [px]."""
OFF_SCREEN = np.int32(-(2**31))
"""Screen x of a vertex that the fast path cannot take."""
SAMPLES = np.array(((32, -96), (96, 32), (-32, 96), (-96, -32)), np.int64)
"""Rotated grid of the four anti-aliasing samples, offsets from the pixel centre [1/256 px]."""
SAMPLE_REACH = 96
"""Largest of those offsets."""
OFFSETS = SAMPLES.astype(np.float32) / SUBPIXEL
"""The same offsets [px]."""


@inline
def key_of(inverse_z, primitive):
    """Visibility key of a primitive at camera z = 1 / inverse_z."""
    bits = np.uint64(F(inverse_z).view(np.uint32))
    return (bits << np.uint64(32)) | np.uint64(primitive + 1)


@fast_borrowing
def project(vertices, lens, screen, inverse_z):
    """Camera-space vertices -> where they are drawn.

    Args:
        vertices: (V, 3) f32, camera frame [m].
        lens: (4,) f32: fx, fy, cx, cy [px].
        screen: (V, 2) i32 out [1/256 px]; x is OFF_SCREEN where the fast path cannot go.
        inverse_z: (V,) f32 out [1/m].
    """
    focal_x, focal_y, centre_x, centre_y = lens[0], lens[1], lens[2], lens[3]
    for i in range(len(vertices)):
        z = vertices[i, 2]
        inverse = F(1) / max(z, F(NEAR))
        x = centre_x + focal_x * vertices[i, 0] * inverse
        y = centre_y + focal_y * vertices[i, 1] * inverse
        near = z > F(NEAR) and abs(x) <= GUARD_BAND and abs(y) <= GUARD_BAND
        x = min(max(x, -GUARD_BAND), GUARD_BAND)
        y = min(max(y, -GUARD_BAND), GUARD_BAND)
        screen[i, 0] = np.int32(np.rint(x * F(SUBPIXEL))) if near else OFF_SCREEN
        screen[i, 1] = np.int32(np.rint(y * F(SUBPIXEL)))
        inverse_z[i] = inverse


@inline
def _edge(ax, ay, bx, by, px, py):
    """Twice the signed area of a, b, p; positive when p lies inside a front-facing edge."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@inline
def mark(marked, x0, y0, x1, y1):
    """Mark the tiles of a box of pixels, one pixel further on every side."""
    last_row = min((y1 + 1) // TILE_HEIGHT + 1, marked.shape[0])
    last_column = min((x1 + 1) // TILE_WIDTH + 1, marked.shape[1])
    for tile_y in range(max(y0 - 1, 0) // TILE_HEIGHT, last_row):
        for tile_x in range(max(x0 - 1, 0) // TILE_WIDTH, last_column):
            marked[tile_y, tile_x] = 1


@inline
def any_busy(busy, x0, y0, x1, y1):
    """Does a box of pixels reach a tile with slots?"""
    found = np.uint8(0)
    for tile_y in range(y0 // TILE_HEIGHT, y1 // TILE_HEIGHT + 1):
        for tile_x in range(x0 // TILE_WIDTH, x1 // TILE_WIDTH + 1):
            found |= busy[tile_y, tile_x]
    return found != 0


@fast_borrowing
def draw_triangles(geometry, lens, first, stop, window, keys, marked):
    """Depth-test triangles at pixel centres.

    Args:
        geometry: Geometry; `screen` and `inverse_z` must be projected.
        lens: (4,) f32: fx, fy, cx, cy [px].
        first: Number of the first face to draw.
        stop: Number of the first face not to draw.
        window: First and last column, first and last row to draw.
        keys: (H, W) u64, changed in place.
        marked: (rows, columns) u8 of tiles; set to 1 where a triangle's box reaches.
    """
    left, right, top, bottom = window
    faces, screen, inverse_z = geometry.faces, geometry.screen, geometry.inverse_z
    face_object, sides = geometry.face_object, geometry.sides
    for t in range(first, stop):
        side = sides[face_object[t]]
        if side == NEITHER:
            continue
        i0, i1, i2 = faces[t, 0], faces[t, 1], faces[t, 2]
        ax, ay = np.int64(screen[i0, 0]), np.int64(screen[i0, 1])
        bx, by = np.int64(screen[i1, 0]), np.int64(screen[i1, 1])
        cx, cy = np.int64(screen[i2, 0]), np.int64(screen[i2, 1])
        if ax == OFF_SCREEN or bx == OFF_SCREEN or cx == OFF_SCREEN:
            _draw_homogeneous(geometry, lens, t, window, keys, marked)
            continue
        area = _edge(ax, ay, bx, by, cx, cy)
        if area == 0 or side == (FRONT if area > 0 else BACK):
            continue
        if area > 0:  # y runs down: front faces have negative area, this one shows its back
            bx, by, cx, cy, i1, i2, area = cx, cy, bx, by, i2, i1, -area
        x0 = max(np.int64(left), (min(ax, bx, cx) + 127) >> 8)
        x1 = min(np.int64(right), (max(ax, bx, cx) - 128) >> 8)
        y0 = max(np.int64(top), (min(ay, by, cy) + 127) >> 8)
        y1 = min(np.int64(bottom), (max(ay, by, cy) - 128) >> 8)
        if x0 > x1 or y0 > y1:
            continue
        mark(marked, x0, y0, x1, y1)
        scale = F(-1) / F(area)
        w0, w1, w2 = inverse_z[i0] * scale, inverse_z[i1] * scale, inverse_z[i2] * scale
        px, py = (x0 << 8) + 128, (y0 << 8) + 128
        row0 = -_edge(bx, by, cx, cy, px, py)
        row1 = -_edge(cx, cy, ax, ay, px, py)
        row2 = -_edge(ax, ay, bx, by, px, py)
        dx0, dx1, dx2 = (cy - by) << 8, (ay - cy) << 8, (by - ay) << 8
        dy0, dy1, dy2 = (bx - cx) << 8, (cx - ax) << 8, (ax - bx) << 8
        for row in range(y0, y1 + 1):
            e0, e1, e2 = row0, row1, row2
            for column in range(x0, x1 + 1):
                if (e0 | e1 | e2) >= 0:
                    key = key_of(F(e0) * w0 + F(e1) * w1 + F(e2) * w2, t)
                    keep_largest(keys, row, column, key)
                e0 += dx0
                e1 += dx1
                e2 += dx2
            row0 += dy0
            row1 += dy1
            row2 += dy2


@fast_borrowing
def sample_triangles(geometry, lens, first, stop, window, slots, busy, samples):
    """Depth-test triangles at the four SAMPLES of the pixels that have a slot.

    Args:
        geometry: Geometry; `screen` and `inverse_z` must be projected.
        lens: (4,) f32: fx, fy, cx, cy [px].
        first: Number of the first face to draw.
        stop: Number of the first face not to draw.
        window: First and last column, first and last row to draw.
        slots: (H, W) i32: row of `samples`, -1 elsewhere; meaningful in busy tiles only.
        busy: (rows, columns) u8: tiles that have slots.
        samples: (N, 4) u64, changed in place.
    """
    left, right, top, bottom = window
    faces, screen, inverse_z = geometry.faces, geometry.screen, geometry.inverse_z
    face_object, sides = geometry.face_object, geometry.sides
    for t in range(first, stop):
        side = sides[face_object[t]]
        if side == NEITHER:
            continue
        i0, i1, i2 = faces[t, 0], faces[t, 1], faces[t, 2]
        ax, ay = np.int64(screen[i0, 0]), np.int64(screen[i0, 1])
        bx, by = np.int64(screen[i1, 0]), np.int64(screen[i1, 1])
        cx, cy = np.int64(screen[i2, 0]), np.int64(screen[i2, 1])
        if ax == OFF_SCREEN or bx == OFF_SCREEN or cx == OFF_SCREEN:
            _sample_homogeneous(geometry, lens, t, window, slots, busy, samples)
            continue
        area = _edge(ax, ay, bx, by, cx, cy)
        if area == 0 or side == (FRONT if area > 0 else BACK):
            continue
        if area > 0:  # y runs down: front faces have negative area, this one shows its back
            bx, by, cx, cy, i1, i2, area = cx, cy, bx, by, i2, i1, -area
        x0 = max(np.int64(left), (min(ax, bx, cx) + 127 - SAMPLE_REACH) >> 8)
        x1 = min(np.int64(right), (max(ax, bx, cx) - 128 + SAMPLE_REACH) >> 8)
        y0 = max(np.int64(top), (min(ay, by, cy) + 127 - SAMPLE_REACH) >> 8)
        y1 = min(np.int64(bottom), (max(ay, by, cy) - 128 + SAMPLE_REACH) >> 8)
        if x0 > x1 or y0 > y1 or not any_busy(busy, x0, y0, x1, y1):
            continue
        scale = F(-1) / F(area)
        w0, w1, w2 = inverse_z[i0] * scale, inverse_z[i1] * scale, inverse_z[i2] * scale
        dx0, dx1, dx2 = cy - by, ay - cy, by - ay
        dy0, dy1, dy2 = bx - cx, cx - ax, ax - bx
        for tile_y in range(y0 // TILE_HEIGHT, y1 // TILE_HEIGHT + 1):
            for tile_x in range(x0 // TILE_WIDTH, x1 // TILE_WIDTH + 1):
                if busy[tile_y, tile_x] == 0:  # most of a wall
                    continue
                up, down = max(y0, tile_y * TILE_HEIGHT), min(y1, (tile_y + 1) * TILE_HEIGHT - 1)
                start, end = max(x0, tile_x * TILE_WIDTH), min(x1, (tile_x + 1) * TILE_WIDTH - 1)
                for row in range(up, down + 1):
                    for column in range(start, end + 1):
                        slot = slots[row, column]
                        if slot < 0:
                            continue
                        px, py = (column << 8) + 128, (row << 8) + 128
                        e0 = -_edge(bx, by, cx, cy, px, py)
                        e1 = -_edge(cx, cy, ax, ay, px, py)
                        e2 = -_edge(ax, ay, bx, by, px, py)
                        for k in range(4):
                            ox, oy = SAMPLES[k, 0], SAMPLES[k, 1]
                            f0 = e0 + dx0 * ox + dy0 * oy
                            f1 = e1 + dx1 * ox + dy1 * oy
                            f2 = e2 + dx2 * ox + dy2 * oy
                            if (f0 | f1 | f2) >= 0:
                                key = key_of(F(f0) * w0 + F(f1) * w1 + F(f2) * w2, t)
                                keep_largest(samples, slot, k, key)


@inline
def _corner(geometry, lens, i):
    """A vertex in float64, snapped on the screen as on the fast path when it lies in front."""
    now = geometry.now
    x, y, z = np.float64(now[i, 0]), np.float64(now[i, 1]), np.float64(now[i, 2])
    if geometry.screen[i, 0] != OFF_SCREEN:
        x = (geometry.screen[i, 0] / np.float64(SUBPIXEL) - lens[2]) / lens[0] * z
        y = (geometry.screen[i, 1] / np.float64(SUBPIXEL) - lens[3]) / lens[1] * z
    return x, y, z


@inline
def _widen(box, x, y, z, lens):
    sx, sy = lens[2] + lens[0] * x / z, lens[3] + lens[1] * y / z
    box[0], box[1] = min(box[0], sx), min(box[1], sy)
    box[2], box[3] = max(box[2], sx), max(box[3], sy)


@fast
def _homogeneous(geometry, lens, t, window, edges):
    """Edge functions in float64 (Olano and Greer 1997): no clipping, no new vertices.

    Args:
        geometry: Geometry.
        lens: (4,) f32.
        t: The face.
        window: First and last column, first and last row to draw.
        edges: (3, 3) f64 out; row k times (ray x, ray y, 1) is 1/z times vertex k's weight.

    Returns:
        Box of pixels x0, y0, x1, y1; empty (x1 < x0) if nothing can be seen.
    """
    corners = scratch(3, 3, np.float64)
    for k in range(3):
        x, y, z = _corner(geometry, lens, geometry.faces[t, k])
        corners[k, 0], corners[k, 1], corners[k, 2] = x, y, z
    box = scratch(1, 4, np.float64)[0]
    box[0], box[1], box[2], box[3] = 1e9, 1e9, -1e9, -1e9
    for k in range(3):
        m = (k + 1) % 3
        z, other = corners[k, 2], corners[m, 2]
        if z > NEAR:
            _widen(box, corners[k, 0], corners[k, 1], z, lens)
        if (z > NEAR) != (other > NEAR):
            u = (NEAR - z) / (other - z)
            x = corners[k, 0] + (corners[m, 0] - corners[k, 0]) * u
            y = corners[k, 1] + (corners[m, 1] - corners[k, 1]) * u
            _widen(box, x, y, NEAR, lens)
    for k in range(3):
        a, b = corners[(k + 1) % 3], corners[(k + 2) % 3]
        edges[k, 0] = a[1] * b[2] - a[2] * b[1]
        edges[k, 1] = a[2] * b[0] - a[0] * b[2]
        edges[k, 2] = a[0] * b[1] - a[1] * b[0]
    volume = corners[0, 0] * edges[0, 0] + corners[0, 1] * edges[0, 1] + corners[0, 2] * edges[0, 2]
    if volume == 0.0 or box[2] < box[0]:
        return 0, 0, -1, -1
    # The eye, at the origin, may lie behind the face: the sign of the volume turns it round.
    for k in range(3):
        for axis in range(3):
            edges[k, axis] /= volume
    left, right, top, bottom = window
    x0 = np.int64(min(max(box[0] - 1.0, np.float64(left)), 1e6))
    y0 = np.int64(min(max(box[1] - 1.0, np.float64(top)), 1e6))
    x1 = np.int64(min(max(box[2] + 1.0, -1.0), np.float64(right)))
    y1 = np.int64(min(max(box[3] + 1.0, -1.0), np.float64(bottom)))
    return x0, y0, x1, y1


@inline
def _inverse_z(edges, dx, dy):
    """1/z of the face on a ray; 0 where the ray misses it or meets it too near."""
    e0 = edges[0, 0] * dx + edges[0, 1] * dy + edges[0, 2]
    e1 = edges[1, 0] * dx + edges[1, 1] * dy + edges[1, 2]
    e2 = edges[2, 0] * dx + edges[2, 1] * dy + edges[2, 2]
    inverse = e0 + e1 + e2
    inside = e0 >= 0.0 and e1 >= 0.0 and e2 >= 0.0
    return inverse if inside and inverse < 1.0 / NEAR else 0.0


@inline
def _columns(edges, lens, low, high, x0, x1):
    """Columns of a row, x0 to x1 at most, where no edge rules the face out.

    A face that reaches the eye has a box as large as the picture, and few pixels in it.

    Args:
        edges: (3, 3) f64, of `_homogeneous`.
        lens: (4,) f32.
        low: Least ray y in the row.
        high: Largest ray y in the row.
        x0: First column asked for.
        x1: Last column asked for.
    """
    start, end = (x0 - lens[2]) / lens[0], (x1 + 1.0 - lens[2]) / lens[0]
    reach, tall = max(abs(start), abs(end)), max(abs(low), abs(high))
    for k in range(3):
        a, b, c = edges[k, 0], edges[k, 1], edges[k, 2]
        rounding = 1e-9 * (abs(a) * reach + abs(b) * tall + abs(c))
        rest = max(b * low, b * high) + c + rounding
        if abs(rest) >= abs(a) * reach:  # the same sign in all columns
            if rest < 0.0:
                return x1 + 1, x1
        elif a > 0.0:
            start = max(start, -rest / a)
        else:
            end = min(end, -rest / a)
    first = max(x0, np.int64(np.floor(lens[2] + lens[0] * start)) - 1)
    return first, min(x1, np.int64(np.ceil(lens[2] + lens[0] * end)) + 1)


@fast
def _draw_homogeneous(geometry, lens, t, window, keys, marked):
    edges = scratch(3, 3, np.float64)
    x0, y0, x1, y1 = _homogeneous(geometry, lens, t, window, edges)
    if x1 < x0 or y1 < y0:
        return
    mark(marked, x0, y0, x1, y1)
    for row in range(y0, y1 + 1):
        dy = (row + 0.5 - lens[3]) / lens[1]
        first, last = _columns(edges, lens, dy, dy, x0, x1)
        for column in range(first, last + 1):
            inverse = _inverse_z(edges, (column + 0.5 - lens[2]) / lens[0], dy)
            if inverse > 0.0:
                key = key_of(inverse, t)
                keep_largest(keys, row, column, key)


@fast
def _sample_homogeneous(geometry, lens, t, window, slots, busy, samples):
    edges = scratch(3, 3, np.float64)
    x0, y0, x1, y1 = _homogeneous(geometry, lens, t, window, edges)
    for row in range(y0, y1 + 1):
        low, high = (row - lens[3]) / lens[1], (row + 1 - lens[3]) / lens[1]
        first, last = _columns(edges, lens, low, high, x0, x1)
        for column in range(first, last + 1):
            if busy[row // TILE_HEIGHT, column // TILE_WIDTH] == 0:
                continue
            slot = slots[row, column]
            if slot < 0:
                continue
            for k in range(4):
                dx = (column + 0.5 + SAMPLES[k, 0] / SUBPIXEL - lens[2]) / lens[0]
                dy = (row + 0.5 + SAMPLES[k, 1] / SUBPIXEL - lens[3]) / lens[1]
                inverse = _inverse_z(edges, dx, dy)
                if inverse > 0.0:
                    key = key_of(inverse, t)
                    keep_largest(samples, slot, k, key)
