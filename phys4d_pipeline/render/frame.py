"""A visibility buffer -> all layers of one frame (numba; one pass over the rows)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from ..jit import exact, fast
from .raster import NEAR
from .shade import light, shade
from .surface import (
    HIT,
    NUM_PLANES,
    Z,
    camera_normals,
    look,
    move_analytic,
    move_bodies,
    paint_ground,
    place_bodies,
)

F = np.float32


class Layers(NamedTuple):
    """What one frame shows; conventions as in GroundTruth unless said."""

    rgb: UInt8[np.ndarray, "H W 3"]
    depth: Float32[np.ndarray, "H W"]
    ids: UInt16[np.ndarray, "H W"]
    normals: Float32[np.ndarray, "H W 3"]
    flow_next: Float32[np.ndarray, "H W 2"]
    flow_previous: Float32[np.ndarray, "H W 2"]
    z_next: Float32[np.ndarray, "H W"]
    """Camera z of the point at frame + 1 [m]; +inf for sky, not positive behind the camera"""
    z_previous: Float32[np.ndarray, "H W"]


def empty_layers(height: int, width: int) -> Layers:
    """Fresh, unfilled arrays."""
    size = (height, width)
    return Layers(
        rgb=np.empty((*size, 3), np.uint8),
        depth=np.empty(size, np.float32),
        ids=np.empty(size, np.uint16),
        normals=np.empty((*size, 3), np.float32),
        flow_next=np.empty((*size, 2), np.float32),
        flow_previous=np.empty((*size, 2), np.float32),
        z_next=np.empty(size, np.float32),
        z_previous=np.empty(size, np.float32),
    )


@fast
def resolve(keys, view, mesh, surfaces, lighting, paint, layers):
    """Fill `layers` from the visibility buffer; colours and normals only when `paint`."""
    height, width = keys.shape
    P = np.empty((NUM_PLANES, width), np.float32)
    colour = np.empty((3, width), np.float32)
    ground = surfaces[0]
    xs, ys = np.empty(width, np.float32), np.empty(width, np.float32)
    for column in range(width):
        xs[column] = F(column) + F(0.5)
    for row in range(height):
        ys[:] = F(row) + F(0.5)
        row_keys, ids = keys[row], layers.ids[row]
        look(xs, ys, view, ground, P)
        move_analytic(view.to_next, view.lens, P, layers.flow_next[row], layers.z_next[row])
        move_analytic(
            view.to_previous, view.lens, P, layers.flow_previous[row], layers.z_previous[row]
        )
        if paint:
            paint_ground(ground, P)
        place_bodies(row_keys, view, mesh, surfaces, paint, P, ids)
        move_bodies(
            row_keys,
            ids,
            mesh,
            view.lens,
            P,
            layers.flow_next[row],
            layers.z_next[row],
            layers.flow_previous[row],
            layers.z_previous[row],
        )
        depth, z, hit = layers.depth[row], P[Z], P[HIT]
        for i in range(width):
            depth[i] = z[i] if hit[i] > F(0) else F(np.inf)
        if paint:
            camera_normals(view, P, layers.normals[row])
            light(lighting, P)
            shade(lighting, P, colour[0], colour[1], colour[2])
            rgb = layers.rgb[row]
            for i in range(width):
                rgb[i, 0] = np.uint8(colour[0, i])
                rgb[i, 1] = np.uint8(colour[1, i])
                rgb[i, 2] = np.uint8(colour[2, i])


@exact
def finish(flow, z_there, depth, dz):
    """Blank flow of points that pass behind the camera; camera z at the other frame -> change.

    Args:
        flow: (H, W, 2) f32, changed in place.
        z_there: (H, W) f32.
        depth: (H, W) f32, +inf for sky.
        dz: (H, W) f32 out; NaN for sky and behind the camera.
    """
    height, width = depth.shape
    for row in range(height):
        for column in range(width):
            there = z_there[row, column]
            dz[row, column] = there - depth[row, column]  # inf - inf is NaN: sky
            if there <= F(NEAR):
                flow[row, column, 0] = F(np.nan)
                flow[row, column, 1] = F(np.nan)
                dz[row, column] = F(np.nan)
