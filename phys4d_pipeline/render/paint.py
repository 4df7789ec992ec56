"""What the samples of a span are made of: colours, roughness, fine relief, glow."""

import numpy as np

from ..jit import fast
from .geometry import BASE, EMISSION, KIND, METAL, REPEATS, ROUGH, SECOND
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
    METALLIC,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    POINT_X,
    POINT_Y,
    RED,
    ROUGHNESS,
    WEIGHT,
    U,
    V,
    Z,
)
from .textures import ground_span, solid

F = np.float32


@fast
def paint_ground(ground, P):
    """The ground under the whole span; bodies overwrite theirs later."""
    weight = P[WEIGHT]
    ground_span(
        np.int32(ground[KIND]), ground[REPEATS], P[POINT_X], P[POINT_Y], P[FOOTPRINT], weight
    )
    red, green, blue, rough, metal = P[RED], P[GREEN], P[BLUE], P[ROUGHNESS], P[METALLIC]
    bend_x, bend_y, bend_z = P[BEND_X], P[BEND_Y], P[BEND_Z]
    glow_r, glow_g, glow_b = P[GLOW_RED], P[GLOW_GREEN], P[GLOW_BLUE]
    for i in range(len(weight)):
        w = weight[i]
        red[i] = ground[BASE] + (ground[SECOND] - ground[BASE]) * w
        green[i] = ground[BASE + 1] + (ground[SECOND + 1] - ground[BASE + 1]) * w
        blue[i] = ground[BASE + 2] + (ground[SECOND + 2] - ground[BASE + 2]) * w
        rough[i], metal[i] = ground[ROUGH], ground[METAL]
        bend_x[i], bend_y[i], bend_z[i] = F(0), F(0), F(1)
        glow_r[i], glow_g[i], glow_b[i] = F(0), F(0), F(0)


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
    focal = view.lens[0]
    num_faces = len(geometry.faces)
    rest = geometry.rest
    for i in range(len(keys)):
        if ids[i] == 0:
            continue
        primitive = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        m = materials[ids[i]]
        P[BEND_X, i], P[BEND_Y, i], P[BEND_Z, i] = P[NORMAL_X, i], P[NORMAL_Y, i], P[NORMAL_Z, i]
        P[ROUGHNESS, i], P[METALLIC, i] = m[ROUGH], m[METAL]
        P[GLOW_RED, i], P[GLOW_GREEN, i] = m[EMISSION], m[EMISSION + 1]
        P[GLOW_BLUE, i] = m[EMISSION + 2]
        kind, repeats, share = np.int32(m[KIND]), m[REPEATS], F(0)
        if kind != 0 and primitive < num_faces:
            i0, i1, i2 = (
                geometry.faces[primitive, 0],
                geometry.faces[primitive, 1],
                geometry.faces[primitive, 2],
            )
            u, v = P[U, i], P[V, i]
            w = F(1) - u - v
            share = solid(
                kind,
                (rest[i0, 0] * w + rest[i1, 0] * u + rest[i2, 0] * v) * repeats,
                (rest[i0, 1] * w + rest[i1, 1] * u + rest[i2, 1] * v) * repeats,
                (rest[i0, 2] * w + rest[i1, 2] * u + rest[i2, 2] * v) * repeats,
                P[Z, i] / focal * repeats + F(1e-5),
            )
        elif kind != 0:  # a grain: one tone of the pattern's two colours each
            sphere = np.uint32(primitive - num_faces)
            share = F(np.int32((sphere * np.uint32(2654435761)) >> np.uint32(20))) * F(1 / 4096)
        P[RED, i] = m[BASE] + (m[SECOND] - m[BASE]) * share
        P[GREEN, i] = m[BASE + 1] + (m[SECOND + 1] - m[BASE + 1]) * share
        P[BLUE, i] = m[BASE + 2] + (m[SECOND + 2] - m[BASE + 2]) * share
