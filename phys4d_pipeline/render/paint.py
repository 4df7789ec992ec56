"""What the samples of a span are made of: colours, roughness, fine relief, glow."""

import numpy as np

from ..jit import fast, fast_borrowing, inline
from .geometry import BASE, EMISSION, KIND, METAL, REPEATS, ROUGH, SECOND
from .glow import glow
from .memory import LANES, scratch, span_scratch
from .planes import (
    BEND_X,
    BEND_Y,
    BEND_Z,
    BLUE,
    FOOTPRINT,
    GLOW_BLUE,
    GLOW_GREEN,
    GLOW_RED,
    GREEN,
    MAP_X,
    MAP_Y,
    METALLIC,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    POINT_X,
    POINT_Y,
    RED,
    ROUGHNESS,
    WEIGHT,
    WORLD_X,
    WORLD_Y,
    WORLD_Z,
    U,
    V,
    Z,
)
from .textures import KINDS, SOLID, flat_span, solid_span

F = np.float32
NUM_KINDS = len(KINDS)
MOST_TONE = np.uint64(4095)
"""Tones that a grain may have lie between 0 and this [1/4095]."""
COLD = F(650)
"""Below this temperature nothing glows [K]."""


@fast_borrowing
def paint_ground(ground, P):
    """The ground under the whole span; bodies overwrite theirs later."""
    # Loops with few outputs each: with many, the compiler gives up on SIMD lanes.
    size, u, v, along_y = P[FOOTPRINT], P[MAP_X], P[MAP_Y], P[GLOW_RED]
    repeats = ground[REPEATS]
    _stretch(repeats, P[WORLD_X], P[WORLD_Y], P[WORLD_Z], size, along_y)
    _scaled(P[POINT_X], repeats, u)
    _scaled(P[POINT_Y], repeats, v)
    weight, rough = P[WEIGHT], P[ROUGHNESS]
    bend_x, bend_y = P[BEND_X], P[BEND_Y]
    flat_span(np.int32(ground[KIND]), u, v, size, along_y, weight, rough, bend_x, bend_y)
    for channel in range(3):
        _blend(weight, ground[BASE + channel], ground[SECOND + channel], P[RED + channel])
        P[GLOW_RED + channel, :] = F(0)
    for i in range(len(rough)):
        rough[i] += ground[ROUGH]
    P[METALLIC, :] = ground[METAL]
    _tilt(bend_x, bend_y, P[BEND_Z])


@fast_borrowing
def _stretch(repeats, wx, wy, wz, size, along_y):
    """Pixel size -> extents along x and y, in repeats: a pixel sees an ellipse of the ground."""
    for i in range(len(wx)):
        f = size[i] * repeats
        flat = wx[i] * wx[i] + wy[i] * wy[i]
        longer = flat / (wz[i] * wz[i] + F(1e-9))
        cos2 = wx[i] * wx[i] / (flat + F(1e-12))
        size[i] = f * np.sqrt(F(1) + longer * cos2) + F(1e-5)
        along_y[i] = f * np.sqrt(F(1) + longer * (F(1) - cos2)) + F(1e-5)


@fast_borrowing
def _scaled(values, factor, out):
    for i in range(len(values)):
        out[i] = values[i] * factor


@fast_borrowing
def _blend(weight, base, second, out):
    for i in range(len(weight)):
        out[i] = base + (second - base) * weight[i]


@fast_borrowing
def _tilt(x, y, z):
    """Slopes of a relief on level ground -> its unit normals, in place."""
    for i in range(len(x)):
        a, b = x[i], y[i]
        length = F(1) / np.sqrt(a * a + b * b + F(1))
        x[i], y[i], z[i] = -a * length, -b * length, length


@fast
def paint_bodies(keys, ids, view, geometry, materials, P):
    """Colours of the samples that show bodies.

    Args:
        keys: (N,) u64 visibility keys.
        ids: (N,) u16 object numbers, 0 where no body is seen.
        view: The camera.
        geometry: The bodies.
        materials: (O, NUM_COLUMNS) f32 by object number.
        P: The span; points and normals are known.
    """
    num_faces = len(geometry.faces)
    used = scratch(1, NUM_KINDS, np.uint8)[0]
    used[:] = 0
    textured = False
    for i in range(len(keys)):
        if ids[i] == 0:
            continue
        primitive = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        m = materials[ids[i]]
        P[BEND_X, i], P[BEND_Y, i], P[BEND_Z, i] = P[NORMAL_X, i], P[NORMAL_Y, i], P[NORMAL_Z, i]
        P[ROUGHNESS, i], P[METALLIC, i] = m[ROUGH], m[METAL]
        P[RED, i], P[GREEN, i], P[BLUE, i] = m[BASE], m[BASE + 1], m[BASE + 2]
        kind, heat = np.int32(m[KIND]), F(0)
        if primitive < num_faces:
            heat = _heat(geometry, primitive, P[U, i], P[V, i])
            used[kind] = 1
            textured = textured or kind != 0
        else:
            sphere = primitive - num_faces
            heat = geometry.sphere_heat[sphere]
            if kind != 0:  # a grain: one tone of the pattern's two colours each
                share = (np.uint64(sphere) * np.uint64(2654435761) >> np.uint64(20)) & MOST_TONE
                _mix(m, F(np.int32(share)) * F(1 / 4095), P, i)
        _give_off(m, heat, P, i)
    if textured:
        for kind in range(1, NUM_KINDS):
            if used[kind] != 0:
                _texture(kind, keys, ids, view, geometry, materials, P)


@inline
def _heat(geometry, face, u, v):
    i0, i1, i2 = geometry.faces[face, 0], geometry.faces[face, 1], geometry.faces[face, 2]
    heat = geometry.heat
    return heat[i0] * (F(1) - u - v) + heat[i1] * u + heat[i2] * v


@inline
def _mix(m, share, P, i):
    P[RED, i] = m[BASE] + (m[SECOND] - m[BASE]) * share
    P[GREEN, i] = m[BASE + 1] + (m[SECOND + 1] - m[BASE + 1]) * share
    P[BLUE, i] = m[BASE + 2] + (m[SECOND + 2] - m[BASE + 2]) * share


@inline
def _give_off(m, heat, P, i):
    r, g, b = m[EMISSION], m[EMISSION + 1], m[EMISSION + 2]
    if heat > COLD:
        r, g, b = r + glow(heat, 0), g + glow(heat, 1), b + glow(heat, 2)
    P[GLOW_RED, i], P[GLOW_GREEN, i], P[GLOW_BLUE, i] = r, g, b


@fast
def _texture(kind, keys, ids, view, geometry, materials, P):
    """One pattern on the samples that carry it: gathered, run in SIMD lanes, put back."""
    num_faces, rest, faces = len(geometry.faces), geometry.rest, geometry.faces
    # Whole SIMD lanes only, so that a sample's colour does not depend on its neighbours'.
    S, places = span_scratch(9, keys, np.float32), span_scratch(2, keys, np.int32)
    where, axes = places[0], places[1]
    count = 0
    inverse_focal = F(1) / view.lens[0]
    for i in range(len(keys)):
        primitive = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        if ids[i] == 0 or primitive >= num_faces or np.int32(materials[ids[i], KIND]) != kind:
            continue
        repeats = materials[ids[i], REPEATS]
        i0, i1, i2 = faces[primitive, 0], faces[primitive, 1], faces[primitive, 2]
        u, v = P[U, i], P[V, i]
        w = F(1) - u - v
        x = (rest[i0, 0] * w + rest[i1, 0] * u + rest[i2, 0] * v) * repeats
        y = (rest[i0, 1] * w + rest[i1, 1] * u + rest[i2, 1] * v) * repeats
        z = (rest[i0, 2] * w + rest[i1, 2] * u + rest[i2, 2] * v) * repeats
        axis = 0 if SOLID[kind] else _main_axis(rest, i0, i1, i2)
        if axis == 1:
            S[0, count], S[1, count] = y, z
        elif axis == 2:
            S[0, count], S[1, count] = x, z
        else:
            S[0, count], S[1, count], S[2, count] = x, y, z
        facing = P[NORMAL_X, i] * P[WORLD_X, i] + P[NORMAL_Y, i] * P[WORLD_Y, i]
        facing = abs(facing + P[NORMAL_Z, i] * P[WORLD_Z, i])
        size = P[Z, i] * inverse_focal * repeats
        S[3, count] = size * (F(0.6) + F(0.4) / max(facing, F(0.2))) + F(1e-5)
        where[count], axes[count] = i, axis
        count += 1
    lanes = min(LANES, S.shape[1])
    size = (count + lanes - 1) // lanes * lanes
    for k in range(count, size):
        S[0, k], S[1, k], S[2, k], S[3, k] = F(0), F(0), F(0), F(1)
    x, y, z, f = S[0, :size], S[1, :size], S[2, :size], S[3, :size]
    weight, rough = S[4, :size], S[5, :size]
    sx, sy, sz = S[6, :size], S[7, :size], S[8, :size]
    if SOLID[kind]:
        solid_span(kind, x, y, z, f, weight, rough, sx, sy, sz)
    else:
        flat_span(kind, x, y, f, f, weight, rough, sx, sy)
    for k in range(count):
        i = where[k]
        m = materials[ids[i]]
        _mix(m, weight[k], P, i)
        P[ROUGHNESS, i] = min(max(m[ROUGH] + rough[k], F(0.03)), F(1))
        gx, gy, gz = sx[k], sy[k], sz[k] if SOLID[kind] else F(0)
        if axes[k] == 1:
            gx, gy, gz = F(0), gx, gy
        elif axes[k] == 2:
            gx, gy, gz = gx, F(0), gy
        if abs(gx) + abs(gy) + abs(gz) > F(1e-4):
            _bend(keys[i], view, geometry, P, i, gx, gy, gz)


@inline
def _main_axis(rest, i0, i1, i2):
    """The rest axis a face looks along: 1, 2, 3 for x, y, z."""
    ax, ay, az = _edge(rest, i0, i1)
    bx, by, bz = _edge(rest, i0, i2)
    nx, ny, nz = abs(ay * bz - az * by), abs(az * bx - ax * bz), abs(ax * by - ay * bx)
    return 1 if nx > ny and nx > nz else (2 if ny > nz else 3)


@inline
def _edge(points, i, j):
    return points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]


@inline
def _bend(key, view, geometry, P, i, gx, gy, gz):
    """Tilt the normal by a relief whose slope is known in rest coordinates.

    The slope's differences along two edges of the triangle hold wherever the triangle has gone.
    """
    face = np.int64(key & np.uint64(0xFFFFFFFF)) - 1
    i0, i1, i2 = geometry.faces[face, 0], geometry.faces[face, 1], geometry.faces[face, 2]
    ax, ay, az = _edge(geometry.rest, i0, i1)
    bx, by, bz = _edge(geometry.rest, i0, i2)
    rise_a, rise_b = gx * ax + gy * ay + gz * az, gx * bx + gy * by + gz * bz
    ax, ay, az = _edge(geometry.now, i0, i1)
    bx, by, bz = _edge(geometry.now, i0, i2)
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    inverse = F(1) / (nx * nx + ny * ny + nz * nz + F(1e-30))
    # Camera frame: rise_a (b x n) + rise_b (n x a), over n . n.
    cx = (rise_a * (by * nz - bz * ny) + rise_b * (ny * az - nz * ay)) * inverse
    cy = (rise_a * (bz * nx - bx * nz) + rise_b * (nz * ax - nx * az)) * inverse
    cz = (rise_a * (bx * ny - by * nx) + rise_b * (nx * ay - ny * ax)) * inverse
    R = view.pose
    x = P[NORMAL_X, i] - R[0, 0] * cx - R[0, 1] * cy - R[0, 2] * cz
    y = P[NORMAL_Y, i] - R[1, 0] * cx - R[1, 1] * cy - R[1, 2] * cz
    z = P[NORMAL_Z, i] - R[2, 0] * cx - R[2, 1] * cy - R[2, 2] * cz
    length = F(1) / np.sqrt(x * x + y * y + z * z + F(1e-20))
    P[BEND_X, i], P[BEND_Y, i], P[BEND_Z, i] = x * length, y * length, z * length
