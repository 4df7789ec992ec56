"""Where a point seen in one frame should be in another, and whether it is seen there.

A point is compared with the surface the other frame shows at the same place. Where the four
nearest pixels show one smooth surface, its depth is interpolated; at edges the triangles those
pixels show are met exactly at the sub-pixel position.
"""

import numpy as np

from ..jit import fast, inline
from .ground_truth import HIDDEN, OUT_OF_FRAME, VISIBLE
from .raster import NEAR
from .surface import meet

F = np.float32
RELATIVE_TOLERANCE = F(5e-4)
"""How much nearer, relative to depth, a surface must be to hide a point."""


@inline
def _slope(depth, ids, row, column, down, right):
    """Change of 1/z to a neighbour on the same body; the smaller of both sides, 0 if none."""
    height, width = depth.shape
    body, here = ids[row, column], F(1) / depth[row, column]
    best = F(1e9)
    y, x = row + down, column + right
    if y < height and x < width and ids[y, x] == body:
        best = F(1) / depth[y, x] - here
    y, x = row - down, column - right
    if y >= 0 and x >= 0 and ids[y, x] == body:
        other = here - F(1) / depth[y, x]
        best = other if abs(other) < abs(best) else best
    return best if abs(best) < F(1e8) else F(0)


@inline
def _nearest_triangle(keys, ids, mesh, lens, x, y, rows, columns):
    """Camera z of the nearest triangle that the given pixels show and that covers (x, y).

    Returns +inf where none of them does.
    """
    nearest = F(np.inf)
    dx, dy = (x - lens[2]) / lens[0], (y - lens[3]) / lens[1]
    for j in range(2):
        for k in range(2):
            if ids[rows[j], columns[k]] == 0:
                continue
            face = np.int64(keys[rows[j], columns[k]] & np.uint64(0xFFFFFFFF)) - 1
            u, v, z, _ = meet(mesh, face, dx, dy)
            if u > F(-1e-5) and v > F(-1e-5) and u + v < F(1.00001) and z > F(0):
                nearest = min(nearest, z)
    return nearest


@fast
def near_bodies(ids):
    """(H, W) u8: is a body seen within one pixel?"""
    height, width = ids.shape
    found = np.zeros((height, width), np.uint8)
    joined = np.zeros(width, np.uint16)
    for row in range(height):
        above, here, below = ids[max(row - 1, 0)], ids[row], ids[min(row + 1, height - 1)]
        for column in range(width):
            joined[column] = above[column] | here[column] | below[column]
        out = found[row]
        for column in range(1, width - 1):
            around = joined[column - 1] | joined[column] | joined[column + 1]
            out[column] = np.uint8(around != 0)
        out[0] = np.uint8((joined[0] | joined[min(1, width - 1)]) != 0)
        out[width - 1] = np.uint8((joined[width - 1] | joined[max(width - 2, 0)]) != 0)
    return found


@fast
def occluded(flow, z_there, keys, ids, there, mesh_there, view_there, codes):
    """Fill the occlusion codes of a frame against another one.

    Args:
        flow: (H, W, 2) f32, to the other frame [px].
        z_there: (H, W) f32, camera z of the point in the other frame [m]; +inf for sky.
        keys: (H, W) u64, this frame's visibility.
        ids: (H, W) u16, this frame's segmentation.
        there: The other frame's keys, ids and depth (+inf for sky).
        mesh_there: The meshes, `now` being the other frame.
        view_there: The camera at the other frame.
        codes: (H, W) u8 out.
    """
    other_keys, other_ids, other_depth = there
    height, width = ids.shape
    lens, pose = view_there.lens, view_there.pose
    eye_z = pose[2, 3]
    rows, columns = np.empty(2, np.int64), np.empty(2, np.int64)
    bodies = near_bodies(other_ids)
    for row in range(height):
        for column in range(width):
            x = F(column) + F(0.5) + flow[row, column, 0]
            y = F(row) + F(0.5) + flow[row, column, 1]
            z = z_there[row, column]
            inside = x >= F(0) and y >= F(0) and x < F(width) and y < F(height)
            if not (inside and z > F(NEAR)):
                codes[row, column] = OUT_OF_FRAME
                continue
            body = ids[row, column]
            r, c = np.int64(y), np.int64(x)
            if bodies[r, c] == 0:
                # Only ground and sky around: they hide just what has sunk below the ground.
                sunk = body != 0 and z > other_depth[r, c] * (F(1) + RELATIVE_TOLERANCE)
                codes[row, column] = HIDDEN if sunk else VISIBLE
                continue
            r2 = min(max(r + 1 if y - F(r) > F(0.5) else r - 1, 0), height - 1)
            c2 = min(max(c + 1 if x - F(c) > F(0.5) else c - 1, 0), width - 1)
            seen = other_ids[r, c]
            same = other_ids[r, c2] == seen and other_ids[r2, c] == seen
            same = same and other_ids[r2, c2] == seen
            if same and seen == body:
                face = keys[row, column] & np.uint64(0xFFFFFFFF)
                if face == other_keys[r, c] & np.uint64(0xFFFFFFFF):
                    codes[row, column] = VISIBLE
                    continue
            if same and seen != 0:
                here = F(1) / other_depth[r, c]
                gx = _slope(other_depth, other_ids, r, c, 0, 1)
                gy = _slope(other_depth, other_ids, r, c, 1, 0)
                front = here + gx * (x - F(c) - F(0.5)) + gy * (y - F(r) - F(0.5))
                slack = F(0.5) if seen == body else F(0.1)
                slack = RELATIVE_TOLERANCE * here + slack * (abs(gx) + abs(gy))
                codes[row, column] = HIDDEN if F(1) / z < front - slack else VISIBLE
                continue
            rows[0], rows[1], columns[0], columns[1] = r, r2, c, c2
            front = _nearest_triangle(other_keys, other_ids, mesh_there, lens, x, y, rows, columns)
            if body != 0:  # the ground hides what has sunk below it
                dx, dy = (x - lens[2]) / lens[0], (y - lens[3]) / lens[1]
                fall = pose[2, 0] * dx + pose[2, 1] * dy + pose[2, 2]
                if fall < F(-1e-6):
                    front = min(front, -eye_z / fall)
            hidden = front < z * (F(1) - RELATIVE_TOLERANCE)
            codes[row, column] = HIDDEN if hidden else VISIBLE
