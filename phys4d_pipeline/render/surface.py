"""Visibility keys -> what every sample sees: point, normal, material, and the point's motion.

A span is a run of samples (picture positions and visibility keys) handled together: a picture row,
or a list of anti-aliasing samples. Loops over analytic surfaces (ground, sky) have no branches, so
they run in SIMD lanes; bodies are visited one sample at a time.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, UInt16

from ..jit import fast, inline
from .textures import ground_span, solid

F = np.float32
GROUND_REACH = F(200)
"""Camera z beyond which the ground is drawn as sky [m]."""

# Rows of the plane array P (one float32 per sample).
RAY_X, RAY_Y = 0, 1  # direction in the camera frame, z = 1
WORLD_X, WORLD_Y, WORLD_Z = 2, 3, 4  # the same direction in the world frame
Z = 5  # camera z of the point [m]; 0 for sky
HIT = 6  # 1 on a surface, 0 for sky
POINT_X, POINT_Y, POINT_Z = 7, 8, 9  # world [m]
NORMAL_X, NORMAL_Y, NORMAL_Z = 10, 11, 12  # world, unit
RED, GREEN, BLUE, ROUGHNESS, METALLIC = 13, 14, 15, 16, 17
SUNLIT, OPEN = 18, 19  # share of the sun and of the sky that reaches the point
FOOTPRINT, WEIGHT, MAP_X, MAP_Y = 20, 21, 22, 23  # scratch between two steps
NUM_PLANES = 24


class View(NamedTuple):
    """One camera at one frame, float32."""

    lens: Float32[np.ndarray, "4"]
    """fx, fy, cx, cy [px]"""
    pose: Float32[np.ndarray, "3 4"]
    """world_from_camera"""
    to_next: Float32[np.ndarray, "3 4"]
    """camera at frame + 1 from camera at this frame, composed in float64"""
    to_previous: Float32[np.ndarray, "3 4"]


class Meshes(NamedTuple):
    """All body meshes in one list, with positions at three frames."""

    faces: Int32[np.ndarray, "F 3"]
    face_object: UInt16[np.ndarray, " F"]
    """Segmentation id of the body the face belongs to"""
    local: Float32[np.ndarray, "V 3"]
    """Body frame [m]"""
    normals: Float32[np.ndarray, "V 3"]
    """World frame, unit, at this frame"""
    now: Float32[np.ndarray, "V 3"]
    """Camera frame of this frame [m]"""
    next: Float32[np.ndarray, "V 3"]
    """Camera frame of frame + 1"""
    previous: Float32[np.ndarray, "V 3"]
    """Camera frame of frame - 1"""


@fast
def look(xs, ys, view, ground, P):
    """Start a span: rays, and the ground or sky they meet."""
    focal_x, focal_y, centre_x, centre_y = view.lens[0], view.lens[1], view.lens[2], view.lens[3]
    R = view.pose
    ex, ey, ez = R[0, 3], R[1, 3], R[2, 3]
    ray_x, ray_y, wx, wy, wz = P[RAY_X], P[RAY_Y], P[WORLD_X], P[WORLD_Y], P[WORLD_Z]
    depth, hit, px, py, pz = P[Z], P[HIT], P[POINT_X], P[POINT_Y], P[POINT_Z]
    size = P[FOOTPRINT]
    inverse_focal = F(1) / focal_x
    for i in range(len(xs)):
        dx = (xs[i] - centre_x) / focal_x
        dy = (ys[i] - centre_y) / focal_y
        u = R[0, 0] * dx + R[0, 1] * dy + R[0, 2]
        v = R[1, 0] * dx + R[1, 1] * dy + R[1, 2]
        w = R[2, 0] * dx + R[2, 1] * dy + R[2, 2]
        z = -ez / min(w, F(-1e-6))
        on = F(1) if z < GROUND_REACH else F(0)
        z = z * on
        ray_x[i], ray_y[i], wx[i], wy[i], wz[i] = dx, dy, u, v, w
        depth[i], hit[i] = z, on
        px[i], py[i], pz[i] = ex + u * z, ey + v * z, F(0)
        slope = inverse_focal * z / max(ez, F(0.05)) * F(0.6)
        size[i] = z * max(inverse_focal, slope) + F(1e-5)
    nx, ny, nz, rough, metal = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z], P[ROUGHNESS], P[METALLIC]
    for i in range(len(xs)):
        nx[i], ny[i], nz[i] = F(0), F(0), F(1)
        rough[i], metal[i] = ground[3], ground[4]


@fast
def paint_ground(ground, P):
    """Colours of the ground under the whole span; bodies overwrite theirs later."""
    weight = P[WEIGHT]
    ground_span(np.int32(ground[5]), ground[6], P[POINT_X], P[POINT_Y], P[FOOTPRINT], weight)
    red, green, blue = P[RED], P[GREEN], P[BLUE]
    for i in range(len(weight)):
        w = weight[i]
        red[i] = ground[0] + (ground[7] - ground[0]) * w
        green[i] = ground[1] + (ground[8] - ground[1]) * w
        blue[i] = ground[2] + (ground[9] - ground[2]) * w


@inline
def meet(mesh, face, dx, dy):
    """Ray (dx, dy, 1) from the eye and the plane of a face: barycentric u, v, camera z, side.

    The side is 1 for a face seen from outside and -1 from inside.
    Moeller and Trumbore 1997 with the eye at the origin.
    """
    i0, i1, i2 = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
    now = mesh.now
    ox, oy, oz = now[i0, 0], now[i0, 1], now[i0, 2]
    ax, ay, az = now[i1, 0] - ox, now[i1, 1] - oy, now[i1, 2] - oz
    bx, by, bz = now[i2, 0] - ox, now[i2, 1] - oy, now[i2, 2] - oz
    px, py, pz = dy * bz - by, bx - dx * bz, dx * by - dy * bx
    inverse = F(1) / (ax * px + ay * py + az * pz)
    u = -(ox * px + oy * py + oz * pz) * inverse
    qx, qy, qz = ay * oz - az * oy, az * ox - ax * oz, ax * oy - ay * ox
    v = (dx * qx + dy * qy + qz) * inverse
    side = F(1) if inverse > F(0) else F(-1)
    return u, v, (bx * qx + by * qy + bz * qz) * inverse, side


@fast
def place_bodies(keys, view, mesh, surfaces, paint, P, ids):
    """Replace ground and sky by the bodies that are nearer.

    Args:
        keys: (N,) u64 visibility keys.
        view: The camera.
        mesh: The bodies.
        surfaces: (B + 1, 10) f32 by object id: base colour, roughness, metallic, pattern code,
            repeats per metre, second colour.
        paint: Also find colours and normals?
        P: The span.
        ids: (N,) u16 out, 0 where no body is seen.
    """
    R, focal = view.pose, view.lens[0]
    for i in range(len(keys)):
        ids[i] = 0
        face = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        if face < 0:
            continue
        u, v, z, side = meet(mesh, face, P[RAY_X, i], P[RAY_Y, i])
        if P[HIT, i] > F(0) and z >= P[Z, i]:
            continue
        body = mesh.face_object[face]
        ids[i] = body
        P[Z, i], P[HIT, i] = z, F(1)
        if not paint:
            continue
        P[POINT_X, i] = R[0, 3] + P[WORLD_X, i] * z
        P[POINT_Y, i] = R[1, 3] + P[WORLD_Y, i] * z
        P[POINT_Z, i] = R[2, 3] + P[WORLD_Z, i] * z
        i0, i1, i2 = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
        w = F(1) - u - v
        N, L = mesh.normals, mesh.local
        a = N[i0, 0] * w + N[i1, 0] * u + N[i2, 0] * v
        b = N[i0, 1] * w + N[i1, 1] * u + N[i2, 1] * v
        c = N[i0, 2] * w + N[i1, 2] * u + N[i2, 2] * v
        length = side / np.sqrt(a * a + b * b + c * c + F(1e-20))
        P[NORMAL_X, i], P[NORMAL_Y, i], P[NORMAL_Z, i] = a * length, b * length, c * length
        m = surfaces[body]
        P[ROUGHNESS, i], P[METALLIC, i] = m[3], m[4]
        kind, repeats, share = np.int32(m[5]), m[6], F(0)
        if kind != 0:
            share = solid(
                kind,
                (L[i0, 0] * w + L[i1, 0] * u + L[i2, 0] * v) * repeats,
                (L[i0, 1] * w + L[i1, 1] * u + L[i2, 1] * v) * repeats,
                (L[i0, 2] * w + L[i1, 2] * u + L[i2, 2] * v) * repeats,
                z / focal * repeats + F(1e-5),
            )
        P[RED, i] = m[0] + (m[7] - m[0]) * share
        P[GREEN, i] = m[1] + (m[8] - m[1]) * share
        P[BLUE, i] = m[2] + (m[9] - m[2]) * share


@fast
def move_analytic(view_to, lens, P, flow, z_there):
    """Flow and camera z at the other frame for a span of ground and sky.

    Args:
        view_to: (3, 4) f32, other camera from this camera.
        lens: fx, fy, cx, cy [px].
        P: The span, before bodies are placed.
        flow: (N, 2) f32 out [px].
        z_there: (N,) f32 out, camera z at the other frame [m]; +inf for sky.
    """
    T, focal_x, focal_y = view_to, lens[0], lens[1]
    ray_x, ray_y, depth, hit = P[RAY_X], P[RAY_Y], P[Z], P[HIT]
    for i in range(len(z_there)):
        # A point at infinity is a direction: no translation. (hit is 0 there, and so is depth.)
        scale = depth[i] + F(1) - hit[i]
        x, y = ray_x[i] * scale, ray_y[i] * scale
        a = T[0, 0] * x + T[0, 1] * y + T[0, 2] * scale + T[0, 3] * hit[i]
        b = T[1, 0] * x + T[1, 1] * y + T[1, 2] * scale + T[1, 3] * hit[i]
        c = T[2, 0] * x + T[2, 1] * y + T[2, 2] * scale + T[2, 3] * hit[i]
        inverse = F(1) / c
        flow[i, 0] = focal_x * (a * inverse - ray_x[i])
        flow[i, 1] = focal_y * (b * inverse - ray_y[i])
        z_there[i] = c if hit[i] > F(0) else (F(np.inf) if c > F(0) else F(-1))


@inline
def _at(there, i0, i1, i2, w, u, v, axis):
    return there[i0, axis] * w + there[i1, axis] * u + there[i2, axis] * v


@fast
def move_bodies(keys, ids, mesh, lens, P, flow_next, z_next, flow_previous, z_previous):
    """Flow and camera z at both neighbouring frames for the bodies of a span.

    The material point keeps its barycentric coordinates; its triangle is where the states say.
    """
    focal_x, focal_y = lens[0], lens[1]
    for i in range(len(keys)):
        if ids[i] == 0:
            continue
        face = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        dx, dy = P[RAY_X, i], P[RAY_Y, i]
        u, v, _, _ = meet(mesh, face, dx, dy)
        w = F(1) - u - v
        i0, i1, i2 = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
        c = _at(mesh.next, i0, i1, i2, w, u, v, 2)
        z_next[i] = c
        flow_next[i, 0] = focal_x * (_at(mesh.next, i0, i1, i2, w, u, v, 0) / c - dx)
        flow_next[i, 1] = focal_y * (_at(mesh.next, i0, i1, i2, w, u, v, 1) / c - dy)
        c = _at(mesh.previous, i0, i1, i2, w, u, v, 2)
        z_previous[i] = c
        flow_previous[i, 0] = focal_x * (_at(mesh.previous, i0, i1, i2, w, u, v, 0) / c - dx)
        flow_previous[i, 1] = focal_y * (_at(mesh.previous, i0, i1, i2, w, u, v, 1) / c - dy)


@fast
def camera_normals(view, P, normals):
    """World normals of a span -> (N, 3) f32 in the camera frame; zeros for sky."""
    R = view.pose
    nx, ny, nz, hit = P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z], P[HIT]
    for i in range(len(hit)):
        a, b, c = nx[i] * hit[i], ny[i] * hit[i], nz[i] * hit[i]
        normals[i, 0] = R[0, 0] * a + R[1, 0] * b + R[2, 0] * c
        normals[i, 1] = R[0, 1] * a + R[1, 1] * b + R[2, 1] * c
        normals[i, 2] = R[0, 2] * a + R[1, 2] * b + R[2, 2] * c
