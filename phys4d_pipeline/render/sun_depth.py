"""Triangles and spheres -> the sun depth map: the surface nearest to the sun in every texel."""

import numpy as np

from ..jit import fast_borrowing
from .memory import keep_largest

F = np.float32


@fast_borrowing
def draw_sun_depth(vertices, faces, window, depth):
    """Draw the triangles that face the sun.

    Args:
        vertices: (V, 3) f32: texel x, texel y, closeness to the sun (positive, larger is closer).
        faces: (F, 3) i32; front faces have negative area.
        window: First and last column, first and last row to draw.
        depth: (S, S) f32, closeness of the nearest surface, 0 where there is none; changed in
            place.
    """
    left_edge, right_edge, top, bottom = window
    for t in range(len(faces)):
        i0, i1, i2 = faces[t, 0], faces[t, 1], faces[t, 2]
        ax, ay, az = vertices[i0, 0], vertices[i0, 1], vertices[i0, 2]
        bx, by, bz = vertices[i1, 0], vertices[i1, 1], vertices[i1, 2]
        cx, cy, cz = vertices[i2, 0], vertices[i2, 1], vertices[i2, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= F(0):
            continue
        x0 = np.int64(max(np.ceil(min(ax, bx, cx) - F(0.5)), F(left_edge)))
        x1 = np.int64(min(np.floor(max(ax, bx, cx) - F(0.5)), F(right_edge)))
        y0 = np.int64(max(np.ceil(min(ay, by, cy) - F(0.5)), F(top)))
        y1 = np.int64(min(np.floor(max(ay, by, cy) - F(0.5)), F(bottom)))
        scale = F(1) / area
        px = F(x0) + F(0.5)
        step0, step1 = (by - cy) * scale, (cy - ay) * scale
        for row in range(y0, y1 + 1):
            py = F(row) + F(0.5)
            start0 = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) * scale
            start1 = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) * scale
            for column in range(x0, x1 + 1):
                along = F(column - x0)
                e0, e1 = start0 + step0 * along, start1 + step1 * along
                e2 = F(1) - e0 - e1
                if e0 >= F(0) and e1 >= F(0) and e2 >= F(0):
                    keep_largest(depth, row, column, e0 * az + e1 * bz + e2 * cz)


@fast_borrowing
def draw_sun_spheres(centres, radii, texels_per_metre, window, depth):
    """Draw spheres; arguments as of `draw_sun_depth`, centres in place of vertices, radii [m]."""
    left_edge, right_edge, top, bottom = window
    for s in range(len(radii)):
        cx, cy, near, radius = centres[s, 0], centres[s, 1], centres[s, 2], radii[s]
        reach = radius * texels_per_metre
        x0 = np.int64(max(np.ceil(cx - reach - F(0.5)), F(left_edge)))
        x1 = np.int64(min(np.floor(cx + reach - F(0.5)), F(right_edge)))
        y0 = np.int64(max(np.ceil(cy - reach - F(0.5)), F(top)))
        y1 = np.int64(min(np.floor(cy + reach - F(0.5)), F(bottom)))
        metres = F(1) / texels_per_metre
        for row in range(y0, y1 + 1):
            dy = (F(row) + F(0.5) - cy) * metres
            for column in range(x0, x1 + 1):
                dx = (F(column) + F(0.5) - cx) * metres
                left = radius * radius - dx * dx - dy * dy
                if left >= F(0):
                    keep_largest(depth, row, column, near + np.sqrt(left))
