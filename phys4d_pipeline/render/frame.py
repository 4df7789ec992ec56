"""A visibility buffer -> all layers of one frame, tile by tile."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from ..jit import exact_borrowing, fast, fast_borrowing, inline
from .geometry import NEAR
from .glass import refract
from .memory import LINE, stream
from .paint import paint_bodies, paint_ground
from .planes import HIT, NORMAL_X, NORMAL_Y, NORMAL_Z, NUM_PLANES, Z
from .shade import light, shade
from .surface import look, move_bodies, move_still, place_bodies
from .tiles import TILE_HEIGHT, TILE_SAMPLES, TILE_WIDTH

F = np.float32


class Layers(NamedTuple):
    """What one frame shows; conventions as in GroundTruth unless said."""

    keys: np.ndarray
    """(H, W) u64 visibility keys"""
    rgb: UInt8[np.ndarray, "H W 3"]
    depth: Float32[np.ndarray, "H W"]
    ids: UInt16[np.ndarray, "H W"]
    """Object numbers: beyond the bodies' they mean scenery"""
    normals: Float32[np.ndarray, "H W 3"]
    flow_next: Float32[np.ndarray, "H W 2"]
    flow_previous: Float32[np.ndarray, "H W 2"]
    dz_next: Float32[np.ndarray, "H W"]
    dz_previous: Float32[np.ndarray, "H W"]
    codes_next: UInt8[np.ndarray, "H W"]
    codes_previous: UInt8[np.ndarray, "H W"]
    near: UInt8[np.ndarray, "H W"]
    """Is a body seen within one pixel?"""


def empty_layers(height: int, width: int) -> Layers:
    """Fresh, unfilled arrays."""

    def pixels(kind: type[np.generic], *channels: int) -> np.ndarray:
        return _aligned((height, width, *channels), kind)

    return Layers(
        keys=pixels(np.uint64),
        rgb=pixels(np.uint8, 3),
        depth=pixels(np.float32),
        ids=pixels(np.uint16),
        normals=pixels(np.float32, 3),
        flow_next=pixels(np.float32, 2),
        flow_previous=pixels(np.float32, 2),
        dz_next=pixels(np.float32),
        dz_previous=pixels(np.float32),
        codes_next=pixels(np.uint8),
        codes_previous=pixels(np.uint8),
        near=pixels(np.uint8),
    )


def _aligned(shape: tuple[int, ...], kind: type[np.generic]) -> np.ndarray:
    """An array whose first element starts a line of memory, as `stream` likes it."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    room = np.empty(size + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + size].view(kind).reshape(shape)


@fast
def resolve(tiles, view, geometry, materials, moving, lighting, behind, paint, layers, shown):
    """Fill the layers of some tiles from `layers.keys`; colours and normals only when `paint`.

    Args:
        tiles: (N, 2) i32 rows and columns of tiles.
        view: The camera.
        geometry: The bodies.
        materials: (O, NUM_COLUMNS) f32 by object number.
        moving: (O,) u8 by object number: does it move between this and the other frames?
        lighting: Sun, sky and maps.
        behind: The scene without its clear bodies; empty arrays if it has none.
        paint: Draw the picture too?
        layers: Changed in place; occlusion codes are left alone.
        shown: By tile, changed in place: (R, C) u8, does it show a body; (R, C) u32, the face, as
            in keys, that it shows and nothing else, or 0.
    """
    height, width = layers.keys.shape
    planes = np.empty((NUM_PLANES, TILE_SAMPLES), np.float32)
    there = np.empty((6, TILE_SAMPLES), np.float32)
    colour = np.empty((3, TILE_SAMPLES), np.float32)
    pixels = np.empty(3 * TILE_WIDTH, np.float32)
    xs, ys = np.empty(TILE_SAMPLES, np.float32), np.empty(TILE_SAMPLES, np.float32)
    keys, ids = np.empty(TILE_SAMPLES, np.uint64), np.empty(TILE_SAMPLES, np.uint16)
    scene = (view, geometry, materials, lighting, behind)
    occupied, face_shown = shown
    num_faces = len(geometry.faces)
    # A tile at the edge of the picture is drawn whole: what lies outside is dropped, so that
    # every tile runs through the same SIMD lanes.
    for tile in range(len(tiles)):
        top, left = tiles[tile, 0] * TILE_HEIGHT, tiles[tile, 1] * TILE_WIDTH
        rows, columns = min(TILE_HEIGHT, height - top), min(TILE_WIDTH, width - left)
        first, others = layers.keys[top, left], np.uint64(0)
        for row in range(TILE_HEIGHT):
            line, start = layers.keys[min(top + row, height - 1), left:], row * TILE_WIDTH
            for column in range(columns):
                keys[start + column] = line[column]
                others |= line[column] ^ first
            for column in range(columns, TILE_WIDTH):
                keys[start + column] = line[columns - 1]
            for column in range(TILE_WIDTH):
                xs[start + column] = F(left + column) + F(0.5)
                ys[start + column] = F(top + row) + F(0.5)
        seen = draw_span(xs, ys, keys, scene, moving, paint, planes, ids, there, colour)
        occupied[tiles[tile, 0], tiles[tile, 1]] = np.uint8(seen > 0)
        face = np.uint32(first) if np.uint32(others) == 0 and seen == TILE_SAMPLES else 0
        face_shown[tiles[tile, 0], tiles[tile, 1]] = face if face <= num_faces else 0
        store(planes, ids, there, top, left, rows, columns, pixels, layers)
        if paint:
            store_picture(view, planes, colour, top, left, rows, columns, pixels, layers)


@inline
def draw_span(xs, ys, keys, scene, moving, paint, planes, ids, there, colour):
    """What the samples of a span see, where that moves, and, when `paint`, its colours.

    Args:
        xs: (N,) f32 picture positions [px].
        ys: (N,) f32.
        keys: (N,) u64 visibility keys.
        scene: Camera, geometry, materials, lighting and what clear bodies show.
        moving: (O,) u8 by object number: does it move between this and the other frames?
        paint: Draw the picture too?
        planes: (NUM_PLANES, N) f32 out.
        ids: (N,) u16 out, object numbers, 0 where no body is seen.
        there: (6, N) f32 out: flow x, flow y, camera z at the next frame, then at the previous.
        colour: (3, N) f32 out, display values; only when `paint`.

    Returns:
        How many samples show a body.
    """
    view, geometry, materials, lighting, behind = scene
    any_key = np.uint64(0)
    for i in range(len(keys)):
        any_key |= keys[i]
        ids[i] = 0
    look(xs, ys, view, planes)
    seen = 0
    if any_key != 0:
        seen = place_bodies(keys, view, geometry, planes, ids)
    if paint and seen < len(keys):
        paint_ground(materials[0], planes)
    move_still(view.to_next, view.lens, planes, there[0], there[1], there[2])
    move_still(view.to_previous, view.lens, planes, there[3], there[4], there[5])
    if seen > 0:
        move_bodies(keys, ids, geometry, moving, view, planes, there[:3], there[3:])
    if paint:
        if seen > 0:
            paint_bodies(keys, ids, view, geometry, materials, planes)
            if len(behind.depth) > 0:
                refract(keys, ids, view, geometry, materials, behind, lighting, planes)
        light(lighting, planes)
        shade(lighting, planes, colour[0], colour[1], colour[2])
    return seen


@exact_borrowing
def store(planes, ids, there, top, left, rows, columns, line, layers):
    """Geometry and motion of a tile -> layers, with infinity and NaN where they belong.

    `line` is scratch for the 3 numbers of every pixel of a row.
    """
    for row in range(rows):
        start, stop = row * TILE_WIDTH, row * TILE_WIDTH + columns
        z, hit = planes[Z, start:stop], planes[HIT, start:stop]
        stream(layers.ids, top + row, left, ids[start:stop], columns)
        for i in range(columns):
            line[i] = z[i] if hit[i] > F(0) else F(np.inf)
        stream(layers.depth, top + row, left, line, columns)
        for to in range(2):
            flow = layers.flow_next if to == 0 else layers.flow_previous
            dz = layers.dz_next if to == 0 else layers.dz_previous
            x, y = there[3 * to, start:stop], there[3 * to + 1, start:stop]
            z_there = there[3 * to + 2, start:stop]
            for i in range(columns):
                front = z_there[i] > F(NEAR)
                line[2 * i] = x[i] if front else F(np.nan)
                line[2 * i + 1] = y[i] if front else F(np.nan)
            stream(flow, top + row, left, line, columns)
            for i in range(columns):
                front = z_there[i] > F(NEAR)
                line[i] = z_there[i] - z[i] if front & (hit[i] > F(0)) else F(np.nan)
            stream(dz, top + row, left, line, columns)


@fast_borrowing
def store_picture(view, planes, colour, top, left, rows, columns, line, layers):
    """Colours and camera-frame normals of a tile -> layers; normals are zero for sky."""
    R, right = view.pose, left + columns
    r00, r01, r02 = R[0, 0], R[0, 1], R[0, 2]
    r10, r11, r12 = R[1, 0], R[1, 1], R[1, 2]
    r20, r21, r22 = R[2, 0], R[2, 1], R[2, 2]
    for row in range(rows):
        start, stop = row * TILE_WIDTH, row * TILE_WIDTH + columns
        nx, ny = planes[NORMAL_X, start:stop], planes[NORMAL_Y, start:stop]
        nz, hit = planes[NORMAL_Z, start:stop], planes[HIT, start:stop]
        for i in range(columns):
            a, b, c = nx[i] * hit[i], ny[i] * hit[i], nz[i] * hit[i]
            line[3 * i] = r00 * a + r10 * b + r20 * c
            line[3 * i + 1] = r01 * a + r11 * b + r21 * c
            line[3 * i + 2] = r02 * a + r12 * b + r22 * c
        stream(layers.normals, top + row, left, line, columns)
        rgb = layers.rgb[top + row, left:right]
        red, green, blue = colour[0, start:stop], colour[1, start:stop], colour[2, start:stop]
        for i in range(columns):
            rgb[i, 0] = np.uint8(red[i])
            rgb[i, 1] = np.uint8(green[i])
            rgb[i, 2] = np.uint8(blue[i])
