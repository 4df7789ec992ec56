"""Where a point seen in one frame should be in another, and whether it is seen there.

A point is compared with the surface the other frame shows at the same place. Where the four
nearest pixels show one smooth surface, its depth is interpolated; at edges the primitives those
pixels show are met exactly at the sub-pixel position.
"""

import numpy as np

from ..jit import exact, inline
from .geometry import NEAR
from .ground_truth import HIDDEN, OUT_OF_FRAME, VISIBLE
from .spheres import meet_sphere
from .surface import meet
from .tiles import TILE_HEIGHT, TILE_WIDTH

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
def _met(geometry, primitive, dx, dy):
    """Camera z at which a ray meets a primitive; +inf where it misses."""
    num_faces = len(geometry.faces)
    if primitive < num_faces:
        u, v, z, _ = meet(geometry, primitive, dx, dy)
        inside = u > F(-1e-5) and v > F(-1e-5) and u + v < F(1.00001) and z > F(0)
        return z if inside else F(np.inf)
    s = primitive - num_faces
    centre = geometry.sphere_now[s]
    left, z = meet_sphere(centre[0], centre[1], centre[2], geometry.radii[s], dx, dy)
    return z if left >= F(0) else F(np.inf)


@exact
def near_bodies(marked, ids, near):
    """Fill (H, W) u8 in the marked tiles: is a body seen within one pixel?"""
    height, width = ids.shape
    joined = np.zeros(TILE_WIDTH + 2, np.uint16)
    for tile_y in range(marked.shape[0]):
        for tile_x in range(marked.shape[1]):
            if marked[tile_y, tile_x] == 0:
                continue
            left = tile_x * TILE_WIDTH
            columns = min(TILE_WIDTH, width - left)
            for row in range(tile_y * TILE_HEIGHT, min((tile_y + 1) * TILE_HEIGHT, height)):
                above, here = ids[max(row - 1, 0)], ids[row]
                below = ids[min(row + 1, height - 1)]
                joined[:] = 0
                for k in range(max(left - 1, 0), min(left + columns + 1, width)):
                    joined[k - left + 1] = above[k] | here[k] | below[k]
                out = near[row]
                for k in range(columns):
                    out[left + k] = np.uint8((joined[k] | joined[k + 1] | joined[k + 2]) != 0)


@exact
def occluded(tiles, flow, dz, frame, other, geometry, view, codes):
    """Fill the occlusion codes of some tiles of a frame against another frame.

    Args:
        tiles: (N, 2) i32 rows and columns of tiles.
        flow: (H, W, 2) f32, to the other frame [px].
        dz: (H, W) f32, change of camera z to the other frame [m]; NaN for sky and behind.
        frame: Layers of this frame.
        other: Layers of the other frame.
        geometry: Of the other frame.
        view: The camera at the other frame.
        codes: (H, W) u8 out.
    """
    height, width = frame.ids.shape
    for tile in range(len(tiles)):
        top, left = tiles[tile, 0] * TILE_HEIGHT, tiles[tile, 1] * TILE_WIDTH
        for row in range(top, min(top + TILE_HEIGHT, height)):
            for column in range(left, min(left + TILE_WIDTH, width)):
                x = F(column) + F(0.5) + flow[row, column, 0]
                y = F(row) + F(0.5) + flow[row, column, 1]
                depth = frame.depth[row, column]
                # Written so that NaN, a point behind the camera, is out of the picture.
                inside = x >= F(0) and y >= F(0) and x < F(width) and y < F(height)
                z = depth if depth == F(np.inf) else depth + dz[row, column]
                if not (inside and z > F(NEAR)):
                    codes[row, column] = OUT_OF_FRAME
                    continue
                r, c = np.int64(y), np.int64(x)
                body = frame.ids[row, column]
                if other.near[r, c] == 0:
                    # Only ground and sky around: they hide just what has sunk below the ground.
                    sunk = body != 0 and z > other.depth[r, c] * (F(1) + RELATIVE_TOLERANCE)
                    codes[row, column] = HIDDEN if sunk else VISIBLE
                else:
                    key = frame.keys[row, column]
                    hidden = _hidden(x, y, z, body, key, other, geometry, view)
                    codes[row, column] = HIDDEN if hidden else VISIBLE


@exact
def _hidden(x, y, z, body, key, other, geometry, view):
    """Is the point (x, y) [px] at camera z [m] behind what the other frame shows there?"""
    height, width = other.ids.shape
    r, c = np.int64(y), np.int64(x)
    r2 = min(max(r + 1 if y - F(r) > F(0.5) else r - 1, 0), height - 1)
    c2 = min(max(c + 1 if x - F(c) > F(0.5) else c - 1, 0), width - 1)
    seen = other.ids[r, c]
    same = other.ids[r, c2] == seen and other.ids[r2, c] == seen and other.ids[r2, c2] == seen
    low = np.uint64(0xFFFFFFFF)
    num_faces = len(geometry.faces)
    # Spheres are not one smooth surface, whatever object they belong to.
    smooth = np.int64(other.keys[r, c] & low) <= num_faces
    if same and smooth and seen == body and (key & low) == (other.keys[r, c] & low):
        return False
    if same and smooth and seen != 0:
        here = F(1) / other.depth[r, c]
        gx = _slope(other.depth, other.ids, r, c, 0, 1)
        gy = _slope(other.depth, other.ids, r, c, 1, 0)
        front = here + gx * (x - F(c) - F(0.5)) + gy * (y - F(r) - F(0.5))
        slack = F(0.5) if seen == body else F(0.1)
        slack = RELATIVE_TOLERANCE * here + slack * (abs(gx) + abs(gy))
        return F(1) / z < front - slack
    dx, dy = (x - view.lens[2]) / view.lens[0], (y - view.lens[3]) / view.lens[1]
    front = F(np.inf)
    for corner in range(4):
        row, column = (r if corner < 2 else r2), (c if corner % 2 == 0 else c2)
        if other.ids[row, column] != 0:
            primitive = np.int64(other.keys[row, column] & low) - 1
            front = min(front, _met(geometry, primitive, dx, dy))
    if body != 0:  # the ground hides what has sunk below it
        fall = view.pose[2, 0] * dx + view.pose[2, 1] * dy + view.pose[2, 2]
        if fall < F(-1e-6):
            front = min(front, -view.pose[2, 3] / fall)
    return front < z * (F(1) - RELATIVE_TOLERANCE)
