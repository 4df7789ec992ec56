# pyright: reportInvalidTypeForm=false
"""Velocities on the faces of cells -> the same a step later: carried along, weighed, sheared.

Velocities sit on faces (Harlow and Welch 1965), in flat arrays (see `layout`). Positions are in
cells from the grid's lowest corner. Nothing but gathers, so that their order does not matter.
Component 3 of a staggered position means the middles of cells.
"""

from typing import no_type_check

from ...kernels import ti
from .pressure_kernels import HUGE, Flat, Sums

Vec = ti.math.vec3


@ti.func
@no_type_check
def node(i, j, k, d: ti.template()):
    """Position of a node of component d; cells are counted from 1."""
    p = Vec(i - 0.5, j - 0.5, k - 0.5)
    if ti.static(d < 3):
        p[d] -= 0.5
    return p


@ti.func
@no_type_check
def corner(p, nx, ny, nz, d: ti.template()):
    """Lowest of the eight nodes of component d around a position, and how far it lies beyond."""
    most = ti.Vector([nx - 1, ny - 1, nz - 1])
    q = p - 0.5
    if ti.static(d < 3):
        most[d] += 1
        q[d] += 0.5
    base = ti.Vector([0, 0, 0])
    for e in ti.static(range(3)):
        q[e] = ti.min(ti.max(q[e], 0.0), ti.cast(most[e], ti.f32))
        base[e] = ti.min(int(q[e]), most[e] - 1)
        q[e] -= base[e]
    return ((base[0] + 1) * (ny + 2) + base[1] + 1) * (nz + 2) + base[2] + 1, q


@ti.func
@no_type_check
def blend(a: ti.template(), at, s, sx, sy):
    """Trilinear between eight nodes."""
    low = (a[at] * (1 - s[2]) + a[at + 1] * s[2]) * (1 - s[1])
    low += (a[at + sy] * (1 - s[2]) + a[at + sy + 1] * s[2]) * s[1]
    at += sx
    high = (a[at] * (1 - s[2]) + a[at + 1] * s[2]) * (1 - s[1])
    high += (a[at + sy] * (1 - s[2]) + a[at + sy + 1] * s[2]) * s[1]
    return low * (1 - s[0]) + high * s[0]


@ti.func
@no_type_check
def sample(a: ti.template(), p, nx, ny, nz, d: ti.template()):
    """Trilinear; beyond the outermost nodes, their value."""
    at, s = corner(p, nx, ny, nz, d)
    return blend(a, at, s, (ny + 2) * (nz + 2), nz + 2)


@ti.func
@no_type_check
def velocity(u: ti.template(), v: ti.template(), w: ti.template(), p, nx, ny, nz):
    """At a position [m/s]."""
    return Vec(
        sample(u, p, nx, ny, nz, 0), sample(v, p, nx, ny, nz, 1), sample(w, p, nx, ny, nz, 2)
    )


@ti.func
@no_type_check
def beside(a: ti.template(), at, i, n, along, other):
    """Mean of the four values of another component around a face.

    Arrays and numbers:
        a: The component, whose faces lie `other` apart.
        at: Number of the face.
        i: Its count along its own axis, where faces lie `along` apart, out of 1 to n + 1.
    """
    below = at - along if i > 1 else at  # at a wall only one side has values
    above = at if i <= n else at - along
    return 0.25 * (a[below] + a[below + other] + a[above] + a[above + other])


@ti.func
@no_type_check
def at_face(
    u: ti.template(), v: ti.template(), w: ti.template(), at, i, n, sx, sy, d: ti.template()
):
    """Velocity at a face across axis d, number `at`, count i along that axis [m/s]."""
    found = Vec(0.0)
    if ti.static(d == 0):
        found = Vec(u[at], beside(v, at, i, n, sx, sy), beside(w, at, i, n, sx, 1))
    elif ti.static(d == 1):
        found = Vec(beside(u, at, i, n, sy, sx), v[at], beside(w, at, i, n, sy, 1))
    else:
        found = Vec(beside(u, at, i, n, 1, sx), beside(v, at, i, n, 1, sy), w[at])
    return found


@ti.kernel
@no_type_check
def fetch(
    u: Flat,
    v: Flat,
    w: Flat,
    a: Flat,
    out: Flat,
    low: Flat,
    high: Flat,
    outside: ti.f32,
    step: ti.f32,
    nx: int,
    ny: int,
    nz: int,
    d: ti.template(),
):
    """What was upstream one step ago (midpoint rule), and the extremes around that place.

    Arrays and numbers:
        u, v, w: Velocity [m/s].
        a: What is carried, at nodes of component d.
        out, low, high: Its value upstream, and the least and the most next to that place.
        outside: Component d beyond the sides [m/s].
        step: Seconds over metres of a cell.
        nx, ny, nz: Counts of cells.
    """
    for i, j in ti.ndrange((1, nx + 1 + int(d == 0)), (1, ny + 1 + int(d == 1))):
        sy = nz + 2
        sx = sy * (ny + 2)
        n = ti.Vector([nx, ny, nz])
        for k in range(1, nz + 1 + int(d == 2)):
            at = i * sx + j * sy + k
            here = at_face(u, v, w, at, ti.Vector([i, j, k])[d], n[d], sx, sy, d)
            p = node(i, j, k, d)
            q = p - step * velocity(u, v, w, p - 0.5 * step * here, nx, ny, nz)
            b, s = corner(q, nx, ny, nz, d)
            least, most = HUGE, -HUGE
            for m in ti.static(range(8)):
                value = a[b + (m // 4) * sx + (m // 2 % 2) * sy + m % 2]
                least, most = ti.min(least, value), ti.max(most, value)
            value = blend(a, b, s, sx, sy)
            # Beyond open sides the air is at rest, or wind: what flows in brings no speed along.
            beyond = ti.max(-q[0], -q[1], -q[2], q[0] - nx, q[1] - ny, q[2] - nz)
            if beyond > 0.0:
                value += ti.min(beyond, 1.0) * (outside - value)
                least, most = ti.min(least, outside), ti.max(most, outside)
            out[at], low[at], high[at] = value, least, most


@ti.func
@no_type_check
def lightness(heat: ti.template(), at, i, n, along, expansion, saturation):
    """Share of the weight that a face's gas lacks: the mean of both cells beside it [1]."""
    above = heat[at if i <= n else at - along]
    below = heat[at - along if i > 1 else at]
    light = above / (1.0 + saturation * above) + below / (1.0 + saturation * below)
    return 0.5 * expansion * light


@ti.kernel
@no_type_check
def midway(now: Flat, before: Flat, out: Flat):
    """Velocity half a step ahead (Adams and Bashforth)."""
    for k in range(now.shape[0]):
        out[k] = 1.5 * now[k] - 0.5 * before[k]


@ti.kernel
@no_type_check
def load(
    a: Flat,
    p: Flat,
    opening: Flat,
    conductance: Flat,
    heat: Flat,
    out: Flat,
    shear: ti.f32,
    weight: ti.f32,
    expansion: ti.f32,
    saturation: ti.f32,
    nx: int,
    ny: int,
    nz: int,
    d: ti.template(),
):
    """Velocity with what acts on it where it departs: half of pressure and weight, all shear.

    Arrays and numbers:
        a: Component d [m/s].
        p: Pressure of a whole step [m/s].
        opening: Share of each face that is open [1].
        conductance: The same, twice on open sides.
        heat: Temperature over that of the air [K].
        out: What is to be carried.
        shear: Kinematic viscosity * time / cell^2 [1].
        weight: Gravity along d times half a step [m/s].
        expansion, saturation: A cell is lighter by expansion * T / (1 + saturation * T) [1/K].
        nx, ny, nz: Counts of cells.
    """
    for i, j in ti.ndrange((1, nx + 1 + int(d == 0)), (1, ny + 1 + int(d == 1))):
        sy = nz + 2
        sx = sy * (ny + 2)
        n = ti.Vector([nx, ny, nz])
        stride = ti.Vector([sx, sy, 1])[d]
        for k in range(1, nz + 1 + int(d == 2)):
            at = i * sx + j * sy + k
            value = a[at]
            if opening[at] > 0.0:
                index = ti.Vector([i, j, k])
                around = -6.0 * value
                for e, s in ti.static(((0, sx), (1, sy), (2, 1))):
                    last = n[e] + int(d == e)
                    around += a[at - s] if index[e] > 1 else value
                    around += a[at + s] if index[e] < last else value
                slope = (p[at] - p[at - stride]) * conductance[at] / opening[at]
                light = lightness(heat, at, index[d], n[d], stride, expansion, saturation)
                value += shear * around - 0.5 * slope - weight * light
            out[at] = value


@ti.kernel
@no_type_check
def correct(
    u: Flat,
    v: Flat,
    w: Flat,
    a: Flat,
    once: Flat,
    low: Flat,
    high: Flat,
    opening: Flat,
    held: Flat,
    heat: Flat,
    out: Flat,
    step: ti.f32,
    weight: ti.f32,
    expansion: ti.f32,
    saturation: ti.f32,
    nx: int,
    ny: int,
    nz: int,
    d: ti.template(),
):
    """MacCormack's second step (Selle et al. 2008) with its limiter; then the weight at arrival.

    Arrays and numbers:
        u, v, w, a, step, nx, ny, nz, d: As of `fetch`.
        once, low, high: What `fetch` found.
        opening, weight, expansion, saturation: As of `load`.
        held: Velocity of closed faces [m/s].
        heat: Temperature over that of the air at the end of the step [K].
        out: Component d a step later, not yet free of divergence.
    """
    for i, j in ti.ndrange((1, nx + 1 + int(d == 0)), (1, ny + 1 + int(d == 1))):
        sy = nz + 2
        sx = sy * (ny + 2)
        n = ti.Vector([nx, ny, nz])
        stride = ti.Vector([sx, sy, 1])[d]
        for k in range(1, nz + 1 + int(d == 2)):
            at = i * sx + j * sy + k
            if opening[at] == 0.0:
                out[at] = held[at]
            else:
                index = ti.Vector([i, j, k])
                p = node(i, j, k, d)
                here = at_face(u, v, w, at, index[d], n[d], sx, sy, d)
                q = p + step * velocity(u, v, w, p + 0.5 * step * here, nx, ny, nz)
                back = p - step * here
                value = once[at]
                inside = True  # beyond the sides nothing is known that could be compared
                for e in ti.static(range(3)):
                    inside = inside and q[e] > 0 and q[e] < n[e] and back[e] > 0 and back[e] < n[e]
                if inside:
                    error = a[at] - sample(once, q, nx, ny, nz, d)
                    value = ti.min(ti.max(value + 0.5 * error, low[at]), high[at])
                light = lightness(heat, at, index[d], n[d], stride, expansion, saturation)
                out[at] = value - weight * light


@ti.kernel
@no_type_check
def fastest(a: Flat, part: Sums):
    """Largest |a| of every part.shape[0]-th share of an array; NaN counts as HUGE."""
    shares = part.shape[0]
    for share in range(shares):
        most = 0.0
        for k in range(a.shape[0] * share // shares, a.shape[0] * (share + 1) // shares):
            if not ti.abs(a[k]) <= most:
                most = ti.abs(a[k]) if ti.abs(a[k]) < HUGE else HUGE
        part[share] = most


@ti.kernel
@no_type_check
def inflow(
    u: Flat,
    v: Flat,
    w: Flat,
    ox: Flat,
    oy: Flat,
    oz: Flat,
    source: Flat,
    out: Flat,
    nx: int,
    ny: int,
    nz: int,
):
    """What flows into each cell through the open shares of its faces and from bodies [m/s]."""
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row = i * sx + j * sy
        for k in range(row + 1, row + nz + 1):
            total = ox[k] + ox[k + sx] + oy[k] + oy[k + sy] + oz[k] + oz[k + 1]
            flow = u[k] * ox[k] - u[k + sx] * ox[k + sx]
            flow += v[k] * oy[k] - v[k + sy] * oy[k + sy]
            flow += w[k] * oz[k] - w[k + 1] * oz[k + 1]
            out[k] = flow + source[k] if total > 0.0 else 0.0


@ti.kernel
@no_type_check
def push(
    a: Flat,
    p: Flat,
    opening: Flat,
    conductance: Flat,
    nx: int,
    ny: int,
    nz: int,
    d: ti.template(),
):
    """Subtract the pressure's difference across each open face; beyond sides it is 0."""
    for i, j in ti.ndrange((1, nx + 1 + int(d == 0)), (1, ny + 1 + int(d == 1))):
        sy = nz + 2
        sx = sy * (ny + 2)
        stride = ti.Vector([sx, sy, 1])[d]
        row = i * sx + j * sy
        for k in range(row + 1, row + nz + 1 + int(d == 2)):
            if opening[k] > 0.0:
                a[k] -= (p[k] - p[k - stride]) * conductance[k] / opening[k]


@ti.kernel
@no_type_check
def add_half(a: Flat, b: Flat):
    """B becomes a + b / 2."""
    for k in range(b.shape[0]):
        b[k] = a[k] + 0.5 * b[k]
