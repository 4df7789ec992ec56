"""Where a point seen in one frame should be in another, and whether it is seen there.

A point is compared with the surface the other frame shows at the same place. Where the four
nearest pixels show one smooth surface, its depth is interpolated; at edges the primitives those
pixels show are met exactly at the sub-pixel position.
"""

import numpy as np

from ..jit import exact, exact_borrowing, fast_borrowing, inline
from .geometry import NEAR
from .ground_truth import HIDDEN, OUT_OF_FRAME, VISIBLE
from .spheres import meet_sphere
from .surface import meet
from .tiles import TILE_HEIGHT, TILE_SAMPLES, TILE_WIDTH

F = np.float32
RELATIVE_TOLERANCE = F(5e-4)
"""How much nearer, relative to depth, a surface must be to hide a point."""
FOLD = F(4e-3)
"""A body's own surface that is nearer by this much, relative, one pixel on may be another fold."""
BESIDE, AMID = 1, 2
"""Of pixels: a body is seen within one pixel; that body and nothing else is."""
MAX_ID = np.uint16(0xFFFF)
LONGEST_WALK = 12
"""Faces: at rims of fine meshes nine in ten walks take five steps."""


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


@exact_borrowing
def _met(faces, across, now, centres, radii, primitive, dx, dy):
    """Camera z at which a ray meets a primitive, or a face near it; +inf where it misses.

    At the rim of a fine mesh the face on the ray is often too small to be shown by any pixel: from
    the shown face, walk across the edge that the ray lies beyond, until the surface turns away.
    """
    num_faces = len(faces)
    if primitive >= num_faces:
        s = primitive - num_faces
        left, z = meet_sphere(centres[s, 0], centres[s, 1], centres[s, 2], radii[s], dx, dy)
        return z if left >= F(0) else F(np.inf)
    face, first = primitive, F(0)
    for _ in range(LONGEST_WALK):
        u, v, z, side = meet(faces, now, face, dx, dy)
        w = F(1) - u - v
        first = side if first == F(0) else first
        if side != first:
            break
        lowest = min(u, v, w)
        if lowest > F(-1e-5):
            return z if z > F(0) else F(np.inf)
        face = np.int64(across[face, 0 if w == lowest else (1 if u == lowest else 2)])
        if face < 0:
            break
    return F(np.inf)


@exact
def near_bodies(marked, occupied, ids, near, near_tiles):
    """Find, in the marked tiles, the pixels within one pixel of a body.

    Args:
        marked: (R, C) u8.
        occupied: (R, C) u8 of all tiles: does it show a body?
        ids: (H, W) u16.
        near: (H, W) u8, changed in place: 0, BESIDE a body, or AMID one.
        near_tiles: (R, C) u8, changed in place: is there such a pixel in the tile?
    """
    height, width = ids.shape
    rows, columns = marked.shape
    joined, shared = np.zeros(TILE_WIDTH + 2, np.uint16), np.zeros(TILE_WIDTH + 2, np.uint16)
    for tile_y in range(rows):
        for tile_x in range(columns):
            if marked[tile_y, tile_x] == 0:
                continue
            around = np.uint8(0)
            for y in range(max(tile_y - 1, 0), min(tile_y + 2, rows)):
                for x in range(max(tile_x - 1, 0), min(tile_x + 2, columns)):
                    around |= occupied[y, x]
            left = tile_x * TILE_WIDTH
            count = min(TILE_WIDTH, width - left)
            found = np.uint8(0)
            for row in range(tile_y * TILE_HEIGHT, min((tile_y + 1) * TILE_HEIGHT, height)):
                out = near[row, left : left + count]
                out[:] = 0
                if around == 0:
                    continue
                above, here = ids[max(row - 1, 0)], ids[row]
                below = ids[min(row + 1, height - 1)]
                joined[:], shared[:] = 0, MAX_ID
                for k in range(max(left - 1, 0), min(left + count + 1, width)):
                    joined[k - left + 1] = above[k] | here[k] | below[k]
                    shared[k - left + 1] = above[k] & here[k] & below[k]
                for k in range(count):
                    some = joined[k] | joined[k + 1] | joined[k + 2]
                    every = shared[k] & shared[k + 1] & shared[k + 2]
                    out[k] = np.uint8(some != 0) + np.uint8((some == every) & (some != 0))
                    found |= out[k]
            near_tiles[tile_y, tile_x] = found


@inline
def _lies_on(x, y, z, r, c, depth):
    """Is a point amid a body of triangles on what is seen there? As `is_hidden` finds first."""
    height, width = depth.shape
    last_row, last_column = np.uint32(height - 1), np.uint32(width - 1)
    up, left = r - np.uint32(r > 0), c - np.uint32(c > 0)
    r2 = min(r + np.uint32(1), last_row) if y - F(r) > F(0.5) else up
    c2 = min(c + np.uint32(1), last_column) if x - F(c) > F(0.5) else left
    around = min(depth[r2, c], depth[r, c2], depth[r2, c2])
    folded = around < z * (F(1) - FOLD)
    return not folded and z * (F(1) - RELATIVE_TOLERANCE) <= depth[r, c]


@inline
def is_hidden(
    x, y, z, body, key, depth, ids, keys, faces, across, now, centres, radii, lens, pose
):  # fmt: skip
    """Is the point (x, y) [px] at camera z [m] behind what the other frame shows there?"""
    height, width = ids.shape
    r, c = np.int64(y), np.int64(x)
    r2 = min(max(r + 1 if y - F(r) > F(0.5) else r - 1, 0), height - 1)
    c2 = min(max(c + 1 if x - F(c) > F(0.5) else c - 1, 0), width - 1)
    there = ids[r, c]
    same = ids[r, c2] == there and ids[r2, c] == there and ids[r2, c2] == there
    low = np.uint64(0xFFFFFFFF)
    # Spheres are not one smooth surface, whatever object they belong to.
    smooth = np.int64(keys[r, c] & low) <= len(faces)
    if same and smooth and there == body:
        own = (key & low) == (keys[r, c] & low)
        face = keys[r, c] ^ keys[r, c2] | keys[r, c] ^ keys[r2, c] | keys[r, c] ^ keys[r2, c2]
        if own and (face & low) == 0:
            return False  # a flat face hides nothing of itself, however steep it is seen
        around = min(depth[r2, c], depth[r, c2], depth[r2, c2])
        folded = around < z * (F(1) - FOLD)
        if not folded and (own or z * (F(1) - RELATIVE_TOLERANCE) <= depth[r, c]):
            return False
    if same and smooth and there != 0 and there != body:
        here = F(1) / depth[r, c]
        gx = _slope(depth, ids, r, c, 0, 1)
        gy = _slope(depth, ids, r, c, 1, 0)
        front = here + gx * (x - F(c) - F(0.5)) + gy * (y - F(r) - F(0.5))
        slack = RELATIVE_TOLERANCE * here + F(0.1) * (abs(gx) + abs(gy))
        return F(1) / z < front - slack
    dx, dy = (x - lens[2]) / lens[0], (y - lens[3]) / lens[1]
    front, last = F(np.inf), np.int64(-1)
    for corner in range(4):
        row, column = (r if corner < 2 else r2), (c if corner % 2 == 0 else c2)
        if ids[row, column] != 0:
            primitive = np.int64(keys[row, column] & low) - 1
            # Neighbours mostly show the same one; what lies far behind hides nothing.
            if primitive != last and depth[row, column] < z * (F(1) + FOLD):
                front = min(front, _met(faces, across, now, centres, radii, primitive, dx, dy))
            last = primitive
    if body != 0:  # the ground hides what has sunk below it
        fall = pose[2, 0] * dx + pose[2, 1] * dy + pose[2, 2]
        if fall < F(-1e-6):
            front = min(front, -pose[2, 3] / fall)
    return front < z * (F(1) - RELATIVE_TOLERANCE)


@exact
def occluded(tiles, flow, dz, frame, other, geometry, view, codes):
    """Fill the occlusion codes of some tiles of a frame against another frame.

    Args:
        tiles: (N, 2) i32 rows and columns of tiles.
        flow: (H, W) u64, both f32 of a pixel, x first in memory: to the other frame [px].
        dz: (H, W) f32, change of camera z to the other frame [m]; NaN for sky and behind.
        frame: Layers of this frame; by tile, does it show bodies, and the one face that it shows;
            (O,) u8 by object number, does it stay where it is before the camera?
        other: Layers of the other frame; by tile, is it near bodies, and the one face.
        geometry: Of the other frame.
        view: The camera at the other frame.
        codes: (H, W) u8 out.
    """
    # Arrays are taken out of their tuples once: in a loop that costs a reference count each.
    (here, occupied, face_here, stays), (there, near_tiles, face_there) = frame, other
    lens, pose, here_ids, here_keys = view.lens, view.pose, here.ids, here.keys
    here_depth = here.depth
    other_depth, other_ids, other_keys, near = there.depth, there.ids, there.keys, there.near
    faces, across, now = geometry.faces, geometry.across, geometry.now
    centres, radii = geometry.sphere_now, geometry.radii
    height, width = near.shape
    where = np.zeros((3, TILE_SAMPLES), np.float32)  # x, y, camera z
    doubtful = np.empty(TILE_SAMPLES, np.int32)
    rough = np.zeros(len(stays), np.uint8)  # spheres are not one smooth surface
    for sphere in range(len(radii)):
        rough[geometry.sphere_object[sphere]] = 1
    for tile in range(len(tiles)):
        top, left = tiles[tile, 0] * TILE_HEIGHT, tiles[tile, 1] * TILE_WIDTH
        bottom, right = min(top + TILE_HEIGHT, height), min(left + TILE_WIDTH, width)
        if stays[0] and _all_stay(here_ids, other_ids, stays, top, bottom, left, right, codes):
            continue
        where[:2] = F(-1)
        _carry(flow, dz, here_depth, (top, bottom, left, right), where, codes)
        low_x, low_y, high_x, high_y = _extent(where[0], where[1])
        if high_x < F(0):
            continue
        any_near = occupied[tiles[tile, 0], tiles[tile, 1]]
        face = face_here[tiles[tile, 0], tiles[tile, 1]]
        one_face = face != 0
        # One pixel further: a point is compared with the four pixels around it.
        last_y = min(np.int64(high_y) + 1, height - 1) // TILE_HEIGHT
        last_x = min(np.int64(high_x) + 1, width - 1) // TILE_WIDTH
        for y in range(max(np.int64(low_y) - 1, 0) // TILE_HEIGHT, last_y + 1):
            for x in range(max(np.int64(low_x) - 1, 0) // TILE_WIDTH, last_x + 1):
                any_near |= near_tiles[y, x]
                one_face = one_face and face_there[y, x] == face
        # Only ground and sky, or one flat face, here and there: nothing can hide anything.
        if any_near == 0 or one_face:
            continue
        count = _beside(here_ids, near, (top, bottom, left, right), where, doubtful)
        for n in range(count):
            k = np.uint32(doubtful[n])
            x, y, z = where[0, k], where[1, k], where[2, k]
            row, column = top + k // np.uint32(TILE_WIDTH), left + k % np.uint32(TILE_WIDTH)
            r, c, body = np.uint32(y), np.uint32(x), here_ids[row, column]
            if stays[body] != 0:
                hidden = other_ids[row, column] != body
            elif near[r, c] == 0:  # only ground and sky around: they hide just what has sunk
                hidden = z > other_depth[r, c] * (F(1) + RELATIVE_TOLERANCE)
            elif (
                near[r, c] == AMID
                and other_ids[r, c] == body
                and rough[body] == 0
                and _lies_on(x, y, z, r, c, other_depth)
            ):
                hidden = False
            else:
                hidden = is_hidden(
                    x, y, z, body, here_keys[row, column], other_depth, other_ids, other_keys,
                    faces, across, now, centres, radii, lens, pose,
                )  # fmt: skip
            if hidden:
                codes[row, column] = HIDDEN


@exact_borrowing
def _all_stay(ids, other_ids, stays, top, bottom, left, right, codes):
    """Fill the codes of a tile if all it shows stays where it is: hidden is what gave way."""
    for row in range(top, bottom):
        for column in range(left, right):
            if stays[ids[row, column]] == 0:
                return False
    for row in range(top, bottom):
        here, there, out = ids[row, left:right], other_ids[row, left:right], codes[row, left:right]
        for k in range(right - left):
            out[k] = VISIBLE if here[k] == there[k] else HIDDEN
    return True


@exact_borrowing
def _carry(flow, dz, depth, box, where, codes):
    """Where the points of a tile are in the other frame; are they in the picture?"""
    top, bottom, left, right = box
    height, width = depth.shape
    low, wide, high = np.uint64(0xFFFFFFFF), F(width), F(height)
    for row in range(top, bottom):
        start = (row - top) * TILE_WIDTH
        stop = start + right - left
        z_here, out = depth[row, left:right], codes[row, left:right]
        moved, change = flow[row, left:right], dz[row, left:right]
        xs, ys, zs = where[0, start:stop], where[1, start:stop], where[2, start:stop]
        for k in range(right - left):
            both, z, nearer = moved[k], z_here[k], change[k]
            x = F(left + k) + F(0.5) + np.uint32(both & low).view(np.float32)
            y = F(row) + F(0.5) + np.uint32(both >> np.uint64(32)).view(np.float32)
            z = z if z == F(np.inf) else z + nearer
            # Written so that NaN, a point behind the camera, is out of the picture.
            seen = (x >= F(0)) & (y >= F(0)) & (x < wide) & (y < high) & (z > F(NEAR))
            xs[k], ys[k], zs[k] = (x if seen else F(-1)), (y if seen else F(-1)), z
            out[k] = VISIBLE if seen else OUT_OF_FRAME


@exact_borrowing
def _beside(ids, near, box, where, doubtful):
    """List the samples of a tile that show a body here or are near to one there."""
    top, bottom, left, right = box
    count = 0
    for row in range(top, bottom):
        start = (row - top) * TILE_WIDTH
        bodies = ids[row, left:right]
        xs, ys = where[0, start : start + TILE_WIDTH], where[1, start : start + TILE_WIDTH]
        for k in range(right - left):
            x, y = max(xs[k], F(0)), max(ys[k], F(0))
            doubtful[count] = start + k
            beside = (bodies[k] | near[np.uint32(y), np.uint32(x)]) != 0
            count += np.int64(beside & (xs[k] >= F(0)))
    return count


@fast_borrowing
def _extent(xs, ys):
    """Bounds of the positions of a tile that lie in the picture; the others are negative."""
    low_x, low_y, high_x, high_y = F(1e6), F(1e6), F(-1), F(-1)
    for k in range(TILE_SAMPLES):
        x, y = xs[k], ys[k]
        low_x, high_x = min(low_x, x if x >= F(0) else F(1e6)), max(high_x, x)
        low_y, high_y = min(low_y, y if y >= F(0) else F(1e6)), max(high_y, y)
    return low_x, low_y, high_x, high_y
