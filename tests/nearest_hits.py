"""Rays, sorted by the pixels they go through -> the nearest triangle or sphere each one hits.

Of `ray_cast`, whose conventions hold; float64 throughout. Constants that kernels use are defined
here: numba keeps compiled code until this file changes, whatever it imports.
"""

import numba as nb
import numpy as np

from phys4d_pipeline.camera import Camera

NEAR = 0.05
"""Nothing of a body is seen nearer than this [m]."""


def buckets(pixels: np.ndarray, camera: Camera):
    """Rays in the order of the pixels they fall into, and where each pixel's rays start."""
    column = np.clip(np.floor(pixels[:, 0]).astype(np.int64), 0, camera.width - 1)
    row = np.clip(np.floor(pixels[:, 1]).astype(np.int64), 0, camera.height - 1)
    cell = row * camera.width + column
    order = np.argsort(cell, kind="stable")
    return order, np.searchsorted(cell[order], np.arange(camera.width * camera.height + 1))


@nb.njit(cache=True)
def _box(x0, x1, y0, y1, grid):
    """Pixels that slopes x / z and y / z between these bounds can fall into, one to spare."""
    height, width, focal_x, focal_y, centre_x, centre_y = grid
    first_column = np.int64(np.floor(min(max(x0 * focal_x + centre_x, 0.0), width))) - 1
    last_column = np.int64(np.floor(min(max(x1 * focal_x + centre_x, -1.0), width))) + 1
    first_row = np.int64(np.floor(min(max(y0 * focal_y + centre_y, 0.0), height))) - 1
    last_row = np.int64(np.floor(min(max(y1 * focal_y + centre_y, -1.0), height))) + 1
    # Always inside the picture: what lies beyond its border is tested against border rays too.
    first_column, last_column = max(first_column, 0), min(last_column, width - 1)
    return first_column, last_column, max(first_row, 0), min(last_row, height - 1)


@nb.njit(cache=True)
def cast_triangles(points, faces, rays, order, starts, grid, found):
    """Moeller and Trumbore 1997, both sides, for every ray in a triangle's box."""
    depth, primitive, us, vs = found
    height, width = grid[0], grid[1]
    for face in range(len(faces)):
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        nearest, farthest = min(a[2], b[2], c[2]), max(a[2], b[2], c[2])
        if farthest <= NEAR:
            continue
        c0, c1, r0, r1 = 0, width - 1, 0, height - 1
        if nearest > NEAR:
            xs = (a[0] / a[2], b[0] / b[2], c[0] / c[2])
            ys = (a[1] / a[2], b[1] / b[2], c[1] / c[2])
            c0, c1, r0, r1 = _box(min(xs), max(xs), min(ys), max(ys), grid)
        e1x, e1y, e1z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        e2x, e2y, e2z = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        qx = e1y * a[2] - e1z * a[1]  # cross(a, e1), negated
        qy = e1z * a[0] - e1x * a[2]
        qz = e1x * a[1] - e1y * a[0]
        for row in range(r0, r1 + 1):
            for at in range(starts[row * width + c0], starts[row * width + c1 + 1]):
                i = order[at]
                dx, dy = rays[i, 0], rays[i, 1]
                px, py, pz = dy * e2z - e2y, e2x - dx * e2z, dx * e2y - dy * e2x
                det = e1x * px + e1y * py + e1z * pz
                if det == 0.0:
                    continue
                u = -(a[0] * px + a[1] * py + a[2] * pz) / det
                v = (dx * qx + dy * qy + qz) / det
                if u < 0.0 or v < 0.0 or u + v > 1.0:
                    continue
                z = (e2x * qx + e2y * qy + e2z * qz) / det
                if NEAR < z < depth[i]:
                    depth[i], primitive[i], us[i], vs[i] = z, face, u, v


@nb.njit(cache=True)
def cast_spheres(centres, radii, first, rays, order, starts, grid, found):
    """The nearest intersection in the stable form: distance from the centre to the ray first."""
    depth, primitive = found[0], found[1]
    height, width = grid[0], grid[1]
    for ball in range(len(centres)):
        x, y, z, radius = centres[ball, 0], centres[ball, 1], centres[ball, 2], radii[ball]
        if z + radius <= NEAR:
            continue
        c0, c1, r0, r1 = 0, width - 1, 0, height - 1
        if z - radius > NEAR:
            near, far = z - radius, z + radius
            x0 = min((x - radius) / near, (x - radius) / far)
            x1 = max((x + radius) / near, (x + radius) / far)
            y0 = min((y - radius) / near, (y - radius) / far)
            y1 = max((y + radius) / near, (y + radius) / far)
            c0, c1, r0, r1 = _box(x0, x1, y0, y1, grid)
        for row in range(r0, r1 + 1):
            for at in range(starts[row * width + c0], starts[row * width + c1 + 1]):
                i = order[at]
                dx, dy = rays[i, 0], rays[i, 1]
                dd = dx * dx + dy * dy + 1.0
                middle = (dx * x + dy * y + z) / dd
                hx, hy, hz = x - middle * dx, y - middle * dy, z - middle
                left = radius * radius - (hx * hx + hy * hy + hz * hz)
                if left < 0.0:
                    continue
                hit = middle - np.sqrt(left / dd)
                if hit <= NEAR:  # the eye is inside, or the near plane cuts the sphere open
                    hit = middle + np.sqrt(left / dd)
                if NEAR < hit < depth[i]:
                    depth[i], primitive[i] = hit, first + ball
