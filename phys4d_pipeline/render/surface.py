"""Visibility keys -> what every sample sees (point, normal, object), and how the point moves."""

import numpy as np

from ..jit import fast_borrowing, inline
from .geometry import FRONT
from .planes import (
    FOOTPRINT,
    HIT,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    POINT_X,
    POINT_Y,
    POINT_Z,
    RAY_X,
    RAY_Y,
    WORLD_X,
    WORLD_Y,
    WORLD_Z,
    U,
    V,
    Z,
)
from .spheres import meet_sphere

F = np.float32
GROUND_REACH = F(200)
"""Camera z beyond which the ground is drawn as sky [m]."""


@fast_borrowing
def look(xs, ys, view, P):
    """Start a span: rays through picture positions [px], and the ground or sky they meet."""
    focal_x, focal_y, centre_x, centre_y = view.lens[0], view.lens[1], view.lens[2], view.lens[3]
    # Scalars are taken out of arrays first: a load inside the loop would keep it from SIMD lanes.
    R = view.pose
    r00, r01, r02, ex = R[0, 0], R[0, 1], R[0, 2], R[0, 3]
    r10, r11, r12, ey = R[1, 0], R[1, 1], R[1, 2], R[1, 3]
    r20, r21, r22, ez = R[2, 0], R[2, 1], R[2, 2], R[2, 3]
    above = F(1) if ez > F(0) else F(0)
    ray_x, ray_y, wx, wy, wz = P[RAY_X], P[RAY_Y], P[WORLD_X], P[WORLD_Y], P[WORLD_Z]
    depth, hit, px, py, pz = P[Z], P[HIT], P[POINT_X], P[POINT_Y], P[POINT_Z]
    size, nx, ny, nz = P[FOOTPRINT], P[NORMAL_X], P[NORMAL_Y], P[NORMAL_Z]
    inverse_x, inverse_y = F(1) / focal_x, F(1) / focal_y
    for i in range(len(xs)):
        dx = (xs[i] - centre_x) * inverse_x
        dy = (ys[i] - centre_y) * inverse_y
        u = r00 * dx + r01 * dy + r02
        v = r10 * dx + r11 * dy + r12
        w = r20 * dx + r21 * dy + r22
        z = -ez / min(w, F(-1e-6))
        on = above if z < GROUND_REACH else F(0)
        z = z * on
        ray_x[i], ray_y[i], wx[i], wy[i], wz[i] = dx, dy, u, v, w
        depth[i], hit[i] = z, on
        px[i], py[i], pz[i] = ex + u * z, ey + v * z, F(0)
        size[i] = z * inverse_x
        nx[i], ny[i], nz[i] = F(0), F(0), F(1)


@inline
def meet(faces, now, face, dx, dy):
    """Ray (dx, dy, 1) from the eye and the plane of a face: barycentric u, v, camera z, side.

    The side is 1 for a face seen from outside and -1 from inside.
    Moeller and Trumbore 1997 with the eye at the origin.
    """
    i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
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


@fast_borrowing
def place_bodies(keys, view, geometry, P, ids):
    """Replace ground and sky by the bodies that are nearer.

    Args:
        keys: (N,) u64 visibility keys.
        view: The camera.
        geometry: The bodies.
        P: The span.
        ids: (N,) u16 out, object numbers, 0 where no body is seen.

    Returns:
        How many samples show a body.
    """
    # Arrays are taken out of their tuples once: in a loop that costs a reference count each.
    R, faces, now, normals = view.pose, geometry.faces, geometry.now, geometry.normals
    face_object, sphere_object = geometry.face_object, geometry.sphere_object
    drawn_sides = geometry.sides
    centres, radii = geometry.sphere_now, geometry.radii
    num_faces, count = len(faces), 0
    for i in range(len(keys)):
        ids[i] = 0
        primitive = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        if primitive < 0:
            continue
        dx, dy = P[RAY_X, i], P[RAY_Y, i]
        if primitive < num_faces:
            u, v, z, side = meet(faces, now, primitive, dx, dy)
            if P[HIT, i] > F(0) and z >= P[Z, i]:
                continue
            ids[i] = face_object[primitive]
            P[U, i], P[V, i] = u, v
            if drawn_sides[ids[i]] == FRONT:  # a sliver may be turned by snapping
                side = F(1)
            i0, i1, i2 = faces[primitive, 0], faces[primitive, 1], faces[primitive, 2]
            w = F(1) - u - v
            a = normals[i0, 0] * w + normals[i1, 0] * u + normals[i2, 0] * v
            b = normals[i0, 1] * w + normals[i1, 1] * u + normals[i2, 1] * v
            c = normals[i0, 2] * w + normals[i1, 2] * u + normals[i2, 2] * v
            length = side / np.sqrt(a * a + b * b + c * c + F(1e-20))
            P[NORMAL_X, i], P[NORMAL_Y, i], P[NORMAL_Z, i] = a * length, b * length, c * length
        else:
            s = primitive - num_faces
            cx, cy, cz = centres[s, 0], centres[s, 1], centres[s, 2]
            _, z = meet_sphere(cx, cy, cz, radii[s], dx, dy)
            if P[HIT, i] > F(0) and z >= P[Z, i]:
                continue
            ids[i] = sphere_object[s]
            a, b, c = dx * z - cx, dy * z - cy, z - cz
            # From inside, the normal towards the eye points to the centre.
            side = F(-1) if a * dx + b * dy + c > F(0) else F(1)
            length = side / np.sqrt(a * a + b * b + c * c + F(1e-20))
            a, b, c = a * length, b * length, c * length
            P[NORMAL_X, i] = R[0, 0] * a + R[0, 1] * b + R[0, 2] * c
            P[NORMAL_Y, i] = R[1, 0] * a + R[1, 1] * b + R[1, 2] * c
            P[NORMAL_Z, i] = R[2, 0] * a + R[2, 1] * b + R[2, 2] * c
        count += 1
        P[Z, i], P[HIT, i] = z, F(1)
        P[POINT_X, i] = R[0, 3] + P[WORLD_X, i] * z
        P[POINT_Y, i] = R[1, 3] + P[WORLD_Y, i] * z
        P[POINT_Z, i] = R[2, 3] + P[WORLD_Z, i] * z
    return count


@fast_borrowing
def move_still(view_to, lens, P, flow_x, flow_y, z_there):
    """Flow and camera z at the other frame of everything that stands still in the world.

    Args:
        view_to: (3, 4) f32, other camera from this camera.
        lens: fx, fy, cx, cy [px].
        P: The span.
        flow_x: (N,) f32 out [px].
        flow_y: (N,) f32 out [px].
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
        flow_x[i] = focal_x * (a * inverse - ray_x[i])
        flow_y[i] = focal_y * (b * inverse - ray_y[i])
        z_there[i] = c if hit[i] > F(0) else (F(np.inf) if c > F(0) else F(-1))


@inline
def _at(there, i0, i1, i2, w, u, v, axis):
    return there[i0, axis] * w + there[i1, axis] * u + there[i2, axis] * v


@inline
def _turned(T, x, y, z, axis):
    return T[axis, 0] * x + T[axis, 1] * y + T[axis, 2] * z


@fast_borrowing
def move_bodies(keys, ids, geometry, moving, view, P, following, preceding):
    """Flow and camera z at both other frames for the samples that show moving bodies.

    A material point keeps its barycentric coordinates; its triangle is where the states say. On
    faces seen edge-on these are off by more than the ray, so motion is counted from where they
    put the point now. Spheres move without turning.

    Args:
        keys: (N,) u64.
        ids: (N,) u16.
        geometry: The bodies.
        moving: (O,) u8 by object number: does it ever move?
        view: The camera.
        P: The span.
        following: (3, N) f32, changed in place: flow x, flow y, camera z at frame + gap.
        preceding: (3, N) f32, the same at frame - gap.
    """
    focal_x, focal_y = view.lens[0], view.lens[1]
    faces, now, after, before = geometry.faces, geometry.now, geometry.next, geometry.previous
    centres, later, earlier = geometry.sphere_now, geometry.sphere_next, geometry.sphere_previous
    to_next, to_previous = view.to_next, view.to_previous
    num_faces = len(faces)
    for i in range(len(keys)):
        if ids[i] == 0 or moving[ids[i]] == 0:
            continue
        primitive = np.int64(keys[i] & np.uint64(0xFFFFFFFF)) - 1
        dx, dy = P[RAY_X, i], P[RAY_Y, i]
        if primitive < num_faces:
            u, v = P[U, i], P[V, i]
            w = F(1) - u - v
            i0, i1, i2 = faces[primitive, 0], faces[primitive, 1], faces[primitive, 2]
            z = _at(now, i0, i1, i2, w, u, v, 2)
            dx, dy = _at(now, i0, i1, i2, w, u, v, 0) / z, _at(now, i0, i1, i2, w, u, v, 1) / z
            nearer = P[Z, i] - z
            a = _at(after, i0, i1, i2, w, u, v, 0)
            b = _at(after, i0, i1, i2, w, u, v, 1)
            c = _at(after, i0, i1, i2, w, u, v, 2)
            d = _at(before, i0, i1, i2, w, u, v, 0)
            e = _at(before, i0, i1, i2, w, u, v, 1)
            f = _at(before, i0, i1, i2, w, u, v, 2)
        else:
            s, z, nearer = primitive - num_faces, P[Z, i], F(0)
            x, y, z = dx * z - centres[s, 0], dy * z - centres[s, 1], z - centres[s, 2]
            a = later[s, 0] + _turned(to_next, x, y, z, 0)
            b = later[s, 1] + _turned(to_next, x, y, z, 1)
            c = later[s, 2] + _turned(to_next, x, y, z, 2)
            d = earlier[s, 0] + _turned(to_previous, x, y, z, 0)
            e = earlier[s, 1] + _turned(to_previous, x, y, z, 1)
            f = earlier[s, 2] + _turned(to_previous, x, y, z, 2)
        following[0, i], following[1, i] = focal_x * (a / c - dx), focal_y * (b / c - dy)
        following[2, i] = c + nearer
        preceding[0, i], preceding[1, i] = focal_x * (d / f - dx), focal_y * (e / f - dy)
        preceding[2, i] = f + nearer
