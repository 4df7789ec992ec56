"""Spheres: exact silhouettes and depths, without triangles."""

import numpy as np

from ..jit import fast_borrowing, inline
from .geometry import BACK, NEAR
from .memory import keep_largest
from .raster import OFFSETS, any_busy, key_of, mark
from .tiles import TILE_HEIGHT, TILE_WIDTH

F = np.float32


@inline
def meet_sphere(cx, cy, cz, radius, dx, dy):
    """Ray (dx, dy, 1) from the eye and a sphere: discriminant (negative: missed), camera z.

    The distance of the centre from the ray is subtracted as a vector: the textbook quadratic
    cancels in float32 (1 mm of 10 at 5 m). From inside, the far side is met.
    """
    inverse = F(1) / (dx * dx + dy * dy + F(1))
    along = (dx * cx + dy * cy + cz) * inverse
    hx, hy, hz = cx - along * dx, cy - along * dy, cz - along
    left = radius * radius - (hx * hx + hy * hy + hz * hz)
    half = np.sqrt(max(left, F(0)) * inverse)
    z = along - half
    return left, z if z > F(NEAR) else along + half


@inline
def sphere_reach(c, z, radius, focal, centre, first, last):
    """First and last pixel whose centre a sphere may cover along one axis of the picture."""
    low, high = F(first), F(last + 1)
    if z - radius > F(NEAR):  # tangents from the eye
        root = radius * np.sqrt(max(c * c + z * z - radius * radius, F(0)))
        scale = F(1) / (z * z - radius * radius)
        low = centre + focal * (c * z - root) * scale
        high = centre + focal * (c * z + root) * scale
        low = min(max(low, F(-1)), F(last + 2))
        high = min(max(high, F(-1)), F(last + 2))
    return np.int64(max(low - F(0.501), F(first))), np.int64(min(high - F(0.499), F(last)))


@fast_borrowing
def draw_spheres(geometry, lens, first, stop, window, keys, marked):
    """Depth-test spheres at pixel centres; arguments as of `draw_triangles`."""
    left_edge, right_edge, top, bottom = window
    num_faces = len(geometry.faces)
    centres, radii = geometry.sphere_now, geometry.radii
    sides, sphere_object = geometry.sides, geometry.sphere_object
    inverse_focal = F(1) / lens[0]
    for s in range(first, stop):
        cx, cy, cz, radius = centres[s, 0], centres[s, 1], centres[s, 2], radii[s]
        if cz + radius <= F(NEAR) or sides[sphere_object[s]] >= BACK:
            continue
        x0, x1 = sphere_reach(cx, cz, radius, lens[0], lens[2], left_edge, right_edge)
        y0, y1 = sphere_reach(cy, cz, radius, lens[1], lens[3], top, bottom)
        if x0 > x1 or y0 > y1:
            continue
        mark(marked, x0, y0, x1, y1)
        # What is nearer than the sphere's nearest point needs no root.
        nearest = key_of(F(1.00001) / max(cz - radius, F(NEAR)), num_faces + s)
        for row in range(y0, y1 + 1):
            dy = (F(row) + F(0.5) - lens[3]) / lens[1]
            for column in range(x0, x1 + 1):
                if keys[row, column] >= nearest:
                    continue
                dx = (F(column) + F(0.5) - lens[2]) * inverse_focal
                left, z = meet_sphere(cx, cy, cz, radius, dx, dy)
                if left >= F(0) and z > F(NEAR):
                    key = key_of(F(1) / z, num_faces + s)
                    keep_largest(keys, row, column, key)


@fast_borrowing
def sample_spheres(geometry, lens, first, stop, window, seen, slots, busy, samples):
    """Depth-test spheres at the four SAMPLES of pixels that have a slot.

    Args:
        geometry: Geometry.
        lens: (4,) f32.
        first: Number of the first sphere to draw.
        stop: Number of the first sphere not to draw.
        window: First and last column, first and last row to draw.
        seen: (S,) u8: spheres that a pixel centre shows; the others are left out.
        slots: (H, W) i32, as of `sample_triangles`.
        busy: (rows, columns) u8.
        samples: (N, 4) u64, changed in place.
    """
    left_edge, right_edge, top, bottom = window
    num_faces = len(geometry.faces)
    centres, radii = geometry.sphere_now, geometry.radii
    sides, sphere_object = geometry.sides, geometry.sphere_object
    inverse_x, inverse_y = F(1) / lens[0], F(1) / lens[1]
    for s in range(first, stop):
        if seen[s] == 0 or sides[sphere_object[s]] >= BACK:
            continue
        cx, cy, cz, radius = centres[s, 0], centres[s, 1], centres[s, 2], radii[s]
        x0, x1 = sphere_reach(cx, cz, radius, lens[0], lens[2], left_edge, right_edge)
        y0, y1 = sphere_reach(cy, cz, radius, lens[1], lens[3], top, bottom)
        x0, x1 = max(x0 - 1, left_edge), min(x1 + 1, right_edge)
        y0, y1 = max(y0 - 1, top), min(y1 + 1, bottom)
        if x0 > x1 or y0 > y1 or not any_busy(busy, x0, y0, x1, y1):
            continue
        nearest = key_of(F(1.00001) / max(cz - radius, F(NEAR)), num_faces + s)
        for row in range(y0, y1 + 1):
            for column in range(x0, x1 + 1):
                if busy[row // TILE_HEIGHT, column // TILE_WIDTH] == 0:
                    continue
                slot = slots[row, column]
                if slot < 0:
                    continue
                for k in range(4):
                    if samples[slot, k] >= nearest:
                        continue
                    dx = (F(column) + F(0.5) + OFFSETS[k, 0] - lens[2]) * inverse_x
                    dy = (F(row) + F(0.5) + OFFSETS[k, 1] - lens[3]) * inverse_y
                    left, z = meet_sphere(cx, cy, cz, radius, dx, dy)
                    if left >= F(0) and z > F(NEAR):
                        key = key_of(F(1) / z, num_faces + s)
                        keep_largest(samples, slot, k, key)
