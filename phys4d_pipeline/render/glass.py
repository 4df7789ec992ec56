"""Clear bodies: what is seen through them, bent by Snell's law and tinted by what they absorb.

The opaque scene is drawn first. Behind a clear surface, the ray is bent where it enters and where
it leaves, followed to the depth of what lies there, and looked up in the opaque picture (after
Wyman 2005, "An approximate image-space approach for interactive refraction"). Rays that leave the
picture see sky or ground by formula. Through thin panes they go straight. Reflections are
`shade`'s, as on any smooth surface.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8

from ..jit import fast_borrowing, inline
from .display import DECODED, MIXING
from .geometry import BASE, CLEAR, FRONT, INDEX, THIN
from .noise import F, clamp
from .planes import (
    BEND_X,
    BEND_Y,
    BEND_Z,
    GLOW_RED,
    POINT_X,
    POINT_Y,
    POINT_Z,
    RAY_X,
    RAY_Y,
    RED,
    WORLD_X,
    WORLD_Y,
    WORLD_Z,
    Z,
)
from .sky import gradient, ground_weight

UNIT_PATH = F(0.1)
"""The base colour of a clear body is the light left after this way [m]."""
THICKEST = F(3)
"""Longest way inside a body that is followed [m]."""
THINNEST = F(0.002)
STEPS = 3
"""Rounds of matching the bent ray with the depth of the opaque scene."""


class Behind(NamedTuple):
    """Pictures of the scene without some of its clear bodies, and where those end."""

    rgb: UInt8[np.ndarray, "K H W 3"]
    """Display values"""
    depth: Float32[np.ndarray, "K H W"]
    """Camera z [m], +inf for sky"""
    exit: Float32[np.ndarray, "K H W"]
    """Camera z of the nearest back face of the bodies that show it [m]; 0 where there is none"""
    picture: UInt8[np.ndarray, " O"]
    """By object number: which of them is seen through it"""


def unfilled(empty: Callable[..., Any], size: tuple[int, int], count: int, picture: Any) -> Behind:
    """Room for some pictures.

    Args:
        empty: Shape and type -> array, on the CPU or on a GPU.
        size: Height and width [px].
        count: How many pictures.
        picture: By object number: which of them is seen through it.
    """
    return Behind(
        rgb=empty((count, *size, 3), np.uint8),
        depth=empty((count, *size), np.float32),
        exit=empty((count, *size), np.float32),
        picture=picture,
    )


@fast_borrowing
def refract(keys, ids, view, geometry, materials, behind, lighting, P):
    """Add what is seen through clear bodies to the light they give off.

    Runs after `paint_bodies` and before `shade`; samples of opaque bodies are left alone.

    Args:
        keys: (N,) u64 visibility keys.
        ids: (N,) u16 object numbers, 0 where no body is seen.
        view: The camera.
        geometry: The bodies.
        materials: (O, NUM_COLUMNS) f32 by object number.
        behind: The scene without clear bodies, one picture for every kind of them.
        lighting: Sun, sky and maps.
        P: The span.
    """
    height, width = behind.depth.shape[1:]
    fx, fy, cx, cy = view.lens[0], view.lens[1], view.lens[2], view.lens[3]
    for i in range(len(ids)):
        m = materials[ids[i]]
        if ids[i] == 0 or m[CLEAR] <= F(0):
            continue
        wx, wy, wz = P[WORLD_X, i], P[WORLD_Y, i], P[WORLD_Z, i]
        stretch = np.sqrt(wx * wx + wy * wy + wz * wz)
        d = (wx / stretch, wy / stretch, wz / stretch)
        n = (P[BEND_X, i], P[BEND_Y, i], P[BEND_Z, i])
        cosine = min(max(-_dot(d, n), F(0.02)), F(1))
        grazing = F(1) - cosine
        reflected = F(0.04) + F(0.96) * grazing * grazing * grazing * grazing * grazing
        through = m[CLEAR] * (F(1) - reflected)
        for channel in range(3):
            P[RED + channel, i] *= F(1) - m[CLEAR]
        k, u, v = behind.picture[ids[i]], P[RAY_X, i] * fx + cx, P[RAY_Y, i] * fy + cy
        if m[THIN] > F(0):
            light = _picture(behind.rgb, k, u - F(0.5), v - F(0.5), F(1) / lighting.exposure)
            for channel in range(3):
                P[GLOW_RED + channel, i] += through * light[channel] * m[BASE + channel]
            continue
        # How far the straight ray stays inside.
        inward, cos_in = _bent(d, n, cosine, F(1) / m[INDEX])
        column = min(max(np.int64(u), 0), width - 1)
        row = min(max(np.int64(v), 0), height - 1)
        z, end, wall = P[Z, i], behind.exit[k, row, column], behind.depth[k, row, column]
        end = end if end > z else z + THICKEST
        on_wall = wall <= end + F(0.004)  # water on its ground: the ray does not come out again
        path = min(max((min(end, wall) - z) * stretch, THINNEST), THICKEST)
        # A ball is left where its chord ends, a slab opposite to where it was entered.
        ball = _roundness(keys[i], geometry, path / (F(2) * cosine))
        path = path * (ball * cos_in / cosine + (F(1) - ball) * cosine / cos_in)
        path = min(max(path, THINNEST), THICKEST)
        x = P[POINT_X, i] + inward[0] * path
        y = P[POINT_Y, i] + inward[1] * path
        w = P[POINT_Z, i] + inward[2] * path
        onward = inward
        if not on_wall:
            onward = _leave(inward, n, cos_in, ball, m[INDEX])
        light = _look_up((x, y, w), onward, view, behind, k, lighting)
        way = path / UNIT_PATH
        for channel in range(3):
            left = max(m[BASE + channel], F(1e-3)) ** way
            P[GLOW_RED + channel, i] += through * light[channel] * left


@inline
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inline
def _bent(d, n, cosine, ratio):
    """Direction after a surface with normal `n` towards the light's side, and its cosine there."""
    square = F(1) - ratio * ratio * (F(1) - cosine * cosine)
    after = np.sqrt(max(square, F(1e-4)))
    turn = ratio * cosine - after
    a, b, c = ratio * d[0] + turn * n[0], ratio * d[1] + turn * n[1], ratio * d[2] + turn * n[2]
    length = F(1) / np.sqrt(a * a + b * b + c * c + F(1e-12))
    return (a * length, b * length, c * length), after


@inline
def _leave(inward, n, cos_in, ball, index):
    """Direction outside; light that cannot leave goes on as it was."""
    chord = F(2) * cos_in * ball
    side = F(2) * ball - F(1)
    a = side * n[0] + chord * inward[0]
    b = side * n[1] + chord * inward[1]
    c = side * n[2] + chord * inward[2]
    length = F(1) / np.sqrt(a * a + b * b + c * c + F(1e-12))
    out = (-a * length, -b * length, -c * length)
    cosine = min(max(-_dot(inward, out), F(0)), F(1))
    if index * index * (F(1) - cosine * cosine) >= F(1):
        return inward
    onward, _ = _bent(inward, out, cosine, index)
    return onward


@inline
def _roundness(key, geometry, radius):
    """1 where the body seen is a ball of this radius [m], by how its surface turns; 0: a slab."""
    primitive = np.int64(key & np.uint64(0xFFFFFFFF)) - 1
    num_faces = len(geometry.faces)
    if primitive >= num_faces:
        return clamp(radius / geometry.radii[primitive - num_faces])
    sharpest, flattest = F(0), F(1e12)
    for k in range(3):
        i, j = geometry.faces[primitive, k], geometry.faces[primitive, (k + 1) % 3]
        turn, way = F(0), F(1e-12)
        for axis in range(3):
            turn += (geometry.normals[i, axis] - geometry.normals[j, axis]) ** 2
            way += (geometry.now[i, axis] - geometry.now[j, axis]) ** 2
        sharpest, flattest = max(sharpest, turn / way), min(flattest, turn / way)
    # Solids that are closed, and before the near plane, show their front faces only.
    if geometry.sides[geometry.face_object[primitive]] == FRONT:
        return clamp(np.sqrt(sharpest) * radius)
    # A drop turns alike along all edges, and just as its thickness says; a ripple does not.
    share = np.sqrt(flattest) * radius
    return clamp(F(2) * share - F(1)) * clamp(F(3) - F(2) * share)


@inline
def _look_up(point, d, view, behind, k, lighting):
    """Radiance that arrives at a world point from direction `d`."""
    R, height, width = view.pose, behind.depth.shape[1], behind.depth.shape[2]
    x, y, w = point[0] - R[0, 3], point[1] - R[1, 3], point[2] - R[2, 3]
    a = R[0, 0] * x + R[1, 0] * y + R[2, 0] * w
    b = R[0, 1] * x + R[1, 1] * y + R[2, 1] * w
    c = max(R[0, 2] * x + R[1, 2] * y + R[2, 2] * w, F(0.05))
    da = R[0, 0] * d[0] + R[1, 0] * d[1] + R[2, 0] * d[2]
    db = R[0, 1] * d[0] + R[1, 1] * d[1] + R[2, 1] * d[2]
    dc = R[0, 2] * d[0] + R[1, 2] * d[1] + R[2, 2] * d[2]
    inside = F(0)
    px, py = F(0), F(0)
    if dc > F(0.05):
        way = F(0)
        for _ in range(STEPS):
            z = c + dc * way
            px = view.lens[0] * (a + da * way) / z + view.lens[2] - F(0.5)
            py = view.lens[1] * (b + db * way) / z + view.lens[3] - F(0.5)
            column = min(max(np.int64(px + F(0.5)), 0), width - 1)
            row = min(max(np.int64(py + F(0.5)), 0), height - 1)
            wall = min(behind.depth[k, row, column], F(1000))
            way = max((wall - c) / dc, F(0))
        z = c + dc * way
        px = view.lens[0] * (a + da * way) / z + view.lens[2] - F(0.5)
        py = view.lens[1] * (b + db * way) / z + view.lens[3] - F(0.5)
        edge = min(min(px, F(width - 1) - px), min(py, F(height - 1) - py))
        inside = clamp(edge / (F(0.05) * F(height))) * clamp(F(8) * dc - F(0.4))
    t, below = gradient(d[2], F(0)), ground_weight(d[2], F(0.02))
    r = _around(lighting, 0, t, below)
    g = _around(lighting, 1, t, below)
    e = _around(lighting, 2, t, below)
    if inside > F(0):
        red, green, blue = _picture(behind.rgb, k, px, py, F(1) / lighting.exposure)
        r, g, e = r + (red - r) * inside, g + (green - g) * inside, e + (blue - e) * inside
    return r, g, e


@inline
def _around(lighting, channel, t, below):
    sky = lighting.horizon[channel]
    sky = sky + (lighting.zenith[channel] - sky) * t
    return sky + (lighting.bounce[channel] - sky) * below


@inline
def _picture(rgb, k, x, y, gain):
    """Radiance at a place of a picture, bilinear; undoes exposure and mixing."""
    column, row = np.int64(x), np.int64(y)
    right, below = min(column + 1, rgb.shape[2] - 1), min(row + 1, rgb.shape[1] - 1)
    u, v = x - F(column), y - F(row)
    a, b = (F(1) - u) * (F(1) - v), u * (F(1) - v)
    c, d = (F(1) - u) * v, u * v
    r = a * DECODED[rgb[k, row, column, 0]] + b * DECODED[rgb[k, row, right, 0]]
    r += c * DECODED[rgb[k, below, column, 0]] + d * DECODED[rgb[k, below, right, 0]]
    g = a * DECODED[rgb[k, row, column, 1]] + b * DECODED[rgb[k, row, right, 1]]
    g += c * DECODED[rgb[k, below, column, 1]] + d * DECODED[rgb[k, below, right, 1]]
    e = a * DECODED[rgb[k, row, column, 2]] + b * DECODED[rgb[k, row, right, 2]]
    e += c * DECODED[rgb[k, below, column, 2]] + d * DECODED[rgb[k, below, right, 2]]
    mean = MIXING * (r + g + e)
    scale = gain / (F(1) - F(3) * MIXING)
    return max(r - mean, F(0)) * scale, max(g - mean, F(0)) * scale, max(e - mean, F(0)) * scale
