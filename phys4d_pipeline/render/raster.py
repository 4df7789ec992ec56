"""Camera-space triangles -> visibility buffer and sun depth map (Taichi kernels).

A visibility key is 64 bits: 1/z as float32 bits above, triangle index + 1 below; 0 is empty.
The largest key wins, so nearer surfaces do, and ties go to the later triangle: no order matters.
Vertices are snapped to 1/256 px and edges are exact integers: no cracks, no double hits.
"""

# The Taichi language only looks like Python to a type checker.
# pyright: reportGeneralTypeIssues=false, reportOptionalCall=false, reportArgumentType=false
# pyright: reportOptionalSubscript=false, reportInvalidTypeForm=false, reportIndexIssue=false
# pyright: reportOptionalOperand=false

from ..kernels import ti

NEAR = 0.05
"""Nearest drawn camera z [m]."""
SUBPIXEL = 256
GUARD_BAND = 16_000.0
"""Screen positions beyond this take the homogeneous path, to keep the integers in range [px]."""

array = ti.types.ndarray()


@ti.func
def _key(inverse_z, triangle):
    bits = ti.bit_cast(ti.cast(inverse_z, ti.f32), ti.u32)
    return (ti.cast(bits, ti.u64) << 32) | ti.cast(triangle + 1, ti.u64)


@ti.func
def _put(keys: ti.template(), row, column, key):
    if key > keys[row, column]:
        ti.atomic_max(keys[row, column], key)


@ti.func
def _snap(value):
    return ti.cast(ti.round(value * SUBPIXEL), ti.i32)


@ti.func
def _edge(ax, ay, bx, by, px, py):
    """Twice the signed area of a, b, p; positive when p lies inside a front-facing edge."""
    return ti.cast(bx - ax, ti.i64) * (py - ay) - ti.cast(by - ay, ti.i64) * (px - ax)


SAMPLES = ((32, -96), (96, 32), (-32, 96), (-96, -32))
"""Rotated grid of the four anti-aliasing samples, offsets from the pixel centre [1/256 px]."""


@ti.func
def _near_box(x, y, z, focal_x, focal_y, centre_x, centre_y):
    """Screen bounds of a triangle clipped at the near plane [px]."""
    low_x, low_y, high_x, high_y = 1e9, 1e9, -1e9, -1e9
    for k in ti.static(range(3)):
        m = ti.static((k + 1) % 3)
        if z[k] > NEAR:
            sx = centre_x + focal_x * x[k] / z[k]
            sy = centre_y + focal_y * y[k] / z[k]
            low_x, high_x = ti.min(low_x, sx), ti.max(high_x, sx)
            low_y, high_y = ti.min(low_y, sy), ti.max(high_y, sy)
        if (z[k] > NEAR) != (z[m] > NEAR):
            u = (NEAR - z[k]) / (z[m] - z[k])
            sx = centre_x + focal_x * (x[k] + (x[m] - x[k]) * u) / NEAR
            sy = centre_y + focal_y * (y[k] + (y[m] - y[k]) * u) / NEAR
            low_x, high_x = ti.min(low_x, sx), ti.max(high_x, sx)
            low_y, high_y = ti.min(low_y, sy), ti.max(high_y, sy)
    return low_x, low_y, high_x, high_y


@ti.kernel
def draw_triangles(
    vertices: array,
    faces: array,
    lens: array,
    keys: array,
    slots: array,
    multisample: ti.template(),
):
    """Depth-test every triangle into `keys`.

    Args:
        vertices: (V, 3) f32, camera frame [m].
        faces: (F, 3) i32.
        lens: (4,) f32: fx, fy, cx, cy [px].
        keys: (H, W) u64, or (S, 4) u64 when `multisample`.
        slots: (H, W) i32: row of `keys` for pixels to multisample, -1 elsewhere.
        multisample: False tests pixel centres, True the four SAMPLES of pixels with a slot.
    """
    height, width = slots.shape[0], slots.shape[1]
    focal_x, focal_y, centre_x, centre_y = lens[0], lens[1], lens[2], lens[3]
    for t in range(faces.shape[0]):
        x, y, z = ti.Vector([0.0] * 3), ti.Vector([0.0] * 3), ti.Vector([0.0] * 3)
        for k in ti.static(range(3)):
            v = faces[t, k]
            x[k], y[k], z[k] = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        if z.max() > NEAR:
            sx, sy = ti.Vector([0.0] * 3), ti.Vector([0.0] * 3)
            reach = GUARD_BAND + 1.0
            if z.min() > NEAR:
                sx = centre_x + focal_x * x / z
                sy = centre_y + focal_y * y / z
                reach = ti.max(ti.abs(sx).max(), ti.abs(sy).max())
            if reach <= GUARD_BAND:
                _draw_on_screen(t, sx, sy, 1.0 / z, keys, slots, height, width, multisample)
            else:
                _draw_through_near_plane(t, x, y, z, lens, keys, slots, height, width, multisample)


@ti.func
def _draw_on_screen(
    t,
    sx,
    sy,
    inverse_z,
    keys: ti.template(),
    slots: ti.template(),
    height,
    width,
    multisample: ti.template(),
):
    ax, ay, bx, by, cx, cy = (
        _snap(sx[0]),
        _snap(sy[0]),
        _snap(sx[1]),
        _snap(sy[1]),
        _snap(sx[2]),
        _snap(sy[2]),
    )
    area = _edge(ax, ay, bx, by, cx, cy)
    if area > 0:  # a back face, seen from inside: turn it round
        bx, by, cx, cy = cx, cy, bx, by
        inverse_z = ti.Vector([inverse_z[0], inverse_z[2], inverse_z[1]])
        area = -area
    margin = ti.static(96 if multisample else 0)
    x0 = ti.max(0, (ti.min(ax, bx, cx) + 127 - margin) >> 8)
    x1 = ti.min(width - 1, (ti.max(ax, bx, cx) - 128 + margin) >> 8)
    y0 = ti.max(0, (ti.min(ay, by, cy) + 127 - margin) >> 8)
    y1 = ti.min(height - 1, (ti.max(ay, by, cy) - 128 + margin) >> 8)
    if area < 0 and x0 <= x1 and y0 <= y1:  # y runs down: front faces have negative area
        scale = 1.0 / ti.cast(area, ti.f32)
        px, py = (x0 << 8) + 128, (y0 << 8) + 128
        row0, row1, row2 = (
            -_edge(bx, by, cx, cy, px, py),
            -_edge(cx, cy, ax, ay, px, py),
            -_edge(ax, ay, bx, by, px, py),
        )
        dx0, dx1, dx2 = (
            ti.cast(cy - by, ti.i64),
            ti.cast(ay - cy, ti.i64),
            ti.cast(by - ay, ti.i64),
        )
        dy0, dy1, dy2 = (
            ti.cast(bx - cx, ti.i64),
            ti.cast(cx - ax, ti.i64),
            ti.cast(ax - bx, ti.i64),
        )
        for row in range(y0, y1 + 1):
            e0, e1, e2 = row0, row1, row2
            for column in range(x0, x1 + 1):
                if ti.static(multisample):
                    slot = slots[row, column]
                    if slot >= 0:
                        for k in ti.static(range(4)):
                            ox, oy = ti.static(SAMPLES[k][0]), ti.static(SAMPLES[k][1])
                            f0 = e0 + dx0 * ox + dy0 * oy
                            f1 = e1 + dx1 * ox + dy1 * oy
                            f2 = e2 + dx2 * ox + dy2 * oy
                            if (f0 | f1 | f2) >= 0:
                                depth = -_blend(f0, f1, f2, inverse_z) * scale
                                _put(keys, slot, k, _key(depth, t))
                elif (e0 | e1 | e2) >= 0:
                    _put(keys, row, column, _key(-_blend(e0, e1, e2, inverse_z) * scale, t))
                e0 += dx0 * SUBPIXEL
                e1 += dx1 * SUBPIXEL
                e2 += dx2 * SUBPIXEL
            row0 += dy0 * SUBPIXEL
            row1 += dy1 * SUBPIXEL
            row2 += dy2 * SUBPIXEL


@ti.func
def _blend(e0, e1, e2, values):
    return (
        ti.cast(e0, ti.f32) * values[0]
        + ti.cast(e1, ti.f32) * values[1]
        + ti.cast(e2, ti.f32) * values[2]
    )


@ti.func
def _draw_through_near_plane(
    t,
    x,
    y,
    z,
    lens: ti.template(),
    keys: ti.template(),
    slots: ti.template(),
    height,
    width,
    multisample: ti.template(),
):
    """Homogeneous edges in float64 (Olano and Greer 1997): no clipping, no new vertices.

    Vertices in front are snapped as on the fast path, so neighbours on it leave no crack.
    """
    focal_x, focal_y, centre_x, centre_y = lens[0], lens[1], lens[2], lens[3]
    low_x, low_y, high_x, high_y = _near_box(x, y, z, focal_x, focal_y, centre_x, centre_y)
    x0 = ti.cast(ti.max(0.0, ti.floor(low_x - 1.0)), ti.i32)
    x1 = ti.cast(ti.min(width - 1.0, ti.ceil(high_x + 1.0)), ti.i32)
    y0 = ti.cast(ti.max(0.0, ti.floor(low_y - 1.0)), ti.i32)
    y1 = ti.cast(ti.min(height - 1.0, ti.ceil(high_y + 1.0)), ti.i32)
    corners = ti.Matrix.zero(ti.f64, 3, 3)
    for k in ti.static(range(3)):
        corners[k, 0] = ti.cast(x[k], ti.f64)
        corners[k, 1] = ti.cast(y[k], ti.f64)
        corners[k, 2] = ti.cast(z[k], ti.f64)
        if z[k] > NEAR:
            sx = ti.cast(centre_x + focal_x * x[k] / z[k], ti.f64)
            sy = ti.cast(centre_y + focal_y * y[k] / z[k], ti.f64)
            corners[k, 0] = (ti.round(sx * SUBPIXEL) / SUBPIXEL - centre_x) / focal_x * z[k]
            corners[k, 1] = (ti.round(sy * SUBPIXEL) / SUBPIXEL - centre_y) / focal_y * z[k]
    a = ti.Vector([corners[0, 0], corners[0, 1], corners[0, 2]])
    b = ti.Vector([corners[1, 0], corners[1, 1], corners[1, 2]])
    c = ti.Vector([corners[2, 0], corners[2, 1], corners[2, 2]])
    n0, n1, n2 = b.cross(c), c.cross(a), a.cross(b)
    volume = a.dot(n0)
    if volume > 0.0:  # the eye, at the origin, lies behind the face: turn it round
        n0, n1, n2, volume = -n0, -n1, -n2, -volume
    if volume < 0.0:
        for row in range(y0, y1 + 1):
            for column in range(x0, x1 + 1):
                slot = slots[row, column]
                for k in ti.static(range(4 if multisample else 1)):
                    ox = ti.static(0.5 + (SAMPLES[k][0] / SUBPIXEL if multisample else 0.0))
                    oy = ti.static(0.5 + (SAMPLES[k][1] / SUBPIXEL if multisample else 0.0))
                    dx = (ti.cast(column, ti.f64) + ox - centre_x) / focal_x
                    dy = (ti.cast(row, ti.f64) + oy - centre_y) / focal_y
                    e0 = -(n0[0] * dx + n0[1] * dy + n0[2])
                    e1 = -(n1[0] * dx + n1[1] * dy + n1[2])
                    e2 = -(n2[0] * dx + n2[1] * dy + n2[2])
                    inverse_z = -(e0 + e1 + e2) / volume
                    inside = e0 >= 0 and e1 >= 0 and e2 >= 0
                    if inside and inverse_z > 0 and inverse_z < 1.0 / NEAR:
                        if ti.static(multisample):
                            if slot >= 0:
                                _put(keys, slot, k, _key(inverse_z, t))
                        else:
                            _put(keys, row, column, _key(inverse_z, t))


@ti.kernel
def draw_sun_depth(vertices: array, faces: array, depth: array):
    """Nearest surface to the sun per texel.

    Args:
        vertices: (V, 3) f32: texel x, texel y, closeness to the sun (positive, larger is closer).
        faces: (F, 3) i32; those facing the sun are drawn.
        depth: (S, S) u32, float32 bits of the closeness; 0 where nothing is hit.
    """
    size = depth.shape[0]
    for t in range(faces.shape[0]):
        x, y, z = ti.Vector([0.0] * 3), ti.Vector([0.0] * 3), ti.Vector([0.0] * 3)
        for k in ti.static(range(3)):
            v = faces[t, k]
            x[k], y[k], z[k] = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        area = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])
        if area < 0.0:
            x0 = ti.max(0, ti.cast(ti.ceil(x.min() - 0.5), ti.i32))
            x1 = ti.min(size - 1, ti.cast(ti.floor(x.max() - 0.5), ti.i32))
            y0 = ti.max(0, ti.cast(ti.ceil(y.min() - 0.5), ti.i32))
            y1 = ti.min(size - 1, ti.cast(ti.floor(y.max() - 0.5), ti.i32))
            scale = 1.0 / area
            px = x0 + 0.5
            step0, step1 = (y[1] - y[2]) * scale, (y[2] - y[0]) * scale
            for row in range(y0, y1 + 1):
                py = row + 0.5
                start0 = ((x[2] - x[1]) * (py - y[1]) - (y[2] - y[1]) * (px - x[1])) * scale
                start1 = ((x[0] - x[2]) * (py - y[2]) - (y[0] - y[2]) * (px - x[2])) * scale
                for column in range(x0, x1 + 1):
                    along = ti.cast(column - x0, ti.f32)
                    e0, e1 = start0 + step0 * along, start1 + step1 * along
                    e2 = 1.0 - e0 - e1
                    if e0 >= 0 and e1 >= 0 and e2 >= 0:
                        bits = ti.bit_cast(e0 * z[0] + e1 * z[1] + e2 * z[2], ti.u32)
                        if bits > depth[row, column]:
                            ti.atomic_max(depth[row, column], bits)
