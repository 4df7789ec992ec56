# pyright: reportInvalidTypeForm=false
"""Cells and the conductance of their faces -> pieces of a multigrid solver for the pressure.

Equation of a cell: sum over its faces of c * (p - p next door) = b, with p = 0 beyond open sides.
A cell whose faces are all closed keeps p = 0. Each level has half the cells along every axis; all
levels lie one after the other in the same flat arrays (see `layout`): `o` is where one begins.
Kernels are sequences of outermost loops, which run in parallel each and one after the other.
"""

from typing import no_type_check

from ...kernels import ti

Flat = ti.types.ndarray(dtype=ti.f32, ndim=1)
Sums = ti.types.ndarray(dtype=ti.f64, ndim=1)
Signs = ti.types.vector(6, ti.f32)
HUGE = 1e30
"""Stands for infinity and NaN."""


@ti.func
@no_type_check
def near(cx: ti.template(), cy: ti.template(), cz: ti.template(), p: ti.template(), k, sx, sy):
    """Conductance times p next door, over all faces of cell k."""
    total = cx[k] * p[k - sx] + cx[k + sx] * p[k + sx]
    total += cy[k] * p[k - sy] + cy[k + sy] * p[k + sy]
    return total + cz[k] * p[k - 1] + cz[k + 1] * p[k + 1]


@ti.func
@no_type_check
def around(cx: ti.template(), cy: ti.template(), cz: ti.template(), k, sx, sy):
    """Sum of the conductances of all faces of cell k."""
    return cx[k] + cx[k + sx] + cy[k] + cy[k + sy] + cz[k] + cz[k + 1]


@ti.func
@no_type_check
def smoothed(
    cx: ti.template(),
    cy: ti.template(),
    cz: ti.template(),
    inverse: ti.template(),
    p: ti.template(),
    b: ti.template(),
    o,
    nx,
    ny,
    nz,
    colour,
):
    """Gauss-Seidel over one colour of a chequerboard, in place."""
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row = o + i * sx + j * sy
        begin = 1 + (i + j + colour) % 2
        for m in range((nz - begin) // 2 + 1):
            k = row + begin + 2 * m
            p[k] = (b[k] + near(cx, cy, cz, p, k, sx, sy)) * inverse[k]


@ti.kernel
@no_type_check
def invert(cx: Flat, cy: Flat, cz: Flat, inverse: Flat, o: int, nx: int, ny: int, nz: int):
    """One over the sum of the conductances of a cell's faces; 0 for closed cells."""
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row = o + i * sx + j * sy
        for k in range(row + 1, row + nz + 1):
            total = around(cx, cy, cz, k, sx, sy)
            inverse[k] = 1.0 / total if total > 0.0 else 0.0


@ti.kernel
@no_type_check
def descend(
    cx: Flat,
    cy: Flat,
    cz: Flat,
    inverse: Flat,
    p: Flat,
    b: Flat,
    r: Flat,
    o: int,
    nx: int,
    ny: int,
    nz: int,
    o2: int,
    nx2: int,
    ny2: int,
    nz2: int,
    signs: Signs,
):
    """Smooth p from 0 on a fine level; what is left of b -> right side of the next level."""
    for i, j in ti.ndrange(nx + 2, ny + 2):
        row = o + (i * (ny + 2) + j) * (nz + 2)
        for k in range(nz + 2):
            p[row + k] = ((i + j + k) % 2) * b[row + k] * inverse[row + k]
    smoothed(cx, cy, cz, inverse, p, b, o, nx, ny, nz, 1)
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row = o + i * sx + j * sy
        for k in range(row + 1, row + nz + 1):
            total = around(cx, cy, cz, k, sx, sy)
            left = b[k] - total * p[k] + near(cx, cy, cz, p, k, sx, sy)
            r[k] = left if inverse[k] > 0.0 else 0.0
    mirror(r, o, nx, ny, nz, signs)
    # Half the transpose of linear interpolation.
    for i, j in ti.ndrange((1, nx2 + 1), (1, ny2 + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row2 = o2 + (i * (ny2 + 2) + j) * (nz2 + 2)
        for k in range(1, nz2 + 1):
            b[row2 + k] = 0.0
        for x, y in ti.ndrange(4, 4):
            fx, fy = 2 * i - 2 + x, 2 * j - 2 + y
            if fx <= nx + 1 and fy <= ny + 1:
                weight = 0.5 * (0.25 if x == 0 or x == 3 else 0.75)
                weight *= 0.25 if y == 0 or y == 3 else 0.75
                row = o + fx * sx + fy * sy
                for k in range(1, nz2 + 1):
                    f = row + 2 * k
                    # Beyond an odd count lies one cell more than the outside layer.
                    last = r[f + 1] if 2 * k <= nz else 0.0
                    b[row2 + k] += weight * (0.25 * (r[f - 2] + last) + 0.75 * (r[f - 1] + r[f]))


@ti.func
@no_type_check
def mirror(a: ti.template(), o, nx, ny, nz, signs):
    """Fill the outside layer: with what is inside, or its negative where p = 0 on the side."""
    for j, k in ti.ndrange((1, ny + 1), (1, nz + 1)):
        sy = nz + 2
        sx = sy * (ny + 2)
        row = o + j * sy + k
        a[row] = signs[0] * a[row + sx]
        a[row + (nx + 1) * sx] = signs[1] * a[row + nx * sx]
    for i, k in ti.ndrange(nx + 2, (1, nz + 1)):
        sy = nz + 2
        row = o + i * sy * (ny + 2) + k
        a[row] = signs[2] * a[row + sy]
        a[row + (ny + 1) * sy] = signs[3] * a[row + ny * sy]
    for i, j in ti.ndrange(nx + 2, ny + 2):
        row = o + (i * (ny + 2) + j) * (nz + 2)
        a[row] = signs[4] * a[row + 1]
        a[row + nz + 1] = signs[5] * a[row + nz]


@ti.kernel
@no_type_check
def settle(
    cx: Flat,
    cy: Flat,
    cz: Flat,
    inverse: Flat,
    p: Flat,
    b: Flat,
    o: int,
    nx: int,
    ny: int,
    nz: int,
    rounds: int,
):
    """Solve the coarsest level by smoothing it there and back, so that the cycle is symmetric."""
    for _ in range(1):
        sy = nz + 2
        sx = sy * (ny + 2)
        for k in range(o, o + sx * (nx + 2)):
            p[k] = 0.0
        for turn in range(4 * rounds):
            colour = turn % 2 if turn < 2 * rounds else 1 - turn % 2
            for i in range(1, nx + 1):
                for j in range(1, ny + 1):
                    for m in range(1, nz + 1):
                        if (i + j + m) % 2 == colour:
                            k = o + i * sx + j * sy + m
                            p[k] = (b[k] + near(cx, cy, cz, p, k, sx, sy)) * inverse[k]


@ti.kernel
@no_type_check
def ascend(
    cx: Flat,
    cy: Flat,
    cz: Flat,
    inverse: Flat,
    p: Flat,
    b: Flat,
    o: int,
    nx: int,
    ny: int,
    nz: int,
    o2: int,
    nx2: int,
    ny2: int,
    nz2: int,
    signs: Signs,
):
    """Add the next level's p, linear between middles of cells; smooth in the other order."""
    mirror(p, o2, nx2, ny2, nz2, signs)
    for i, j in ti.ndrange((1, nx + 1), (1, ny + 1)):
        sy2 = nz2 + 2
        sx2 = sy2 * (ny2 + 2)
        row = o + (i * (ny + 2) + j) * (nz + 2)
        a, c = (i + 1) // 2, (j + 1) // 2
        near_row = o2 + a * sx2 + c * sy2
        far_x = sx2 * (1 - 2 * (i % 2))
        far_y = sy2 * (1 - 2 * (j % 2))
        for k in range(1, (nz + 1) // 2 + 1):
            q = near_row + k
            one = 0.5625 * p[q] + 0.1875 * (p[q + far_x] + p[q + far_y])
            one += 0.0625 * p[q + far_x + far_y]
            q -= 1
            low = 0.5625 * p[q] + 0.1875 * (p[q + far_x] + p[q + far_y])
            low += 0.0625 * p[q + far_x + far_y]
            q += 2
            high = 0.5625 * p[q] + 0.1875 * (p[q + far_x] + p[q + far_y])
            high += 0.0625 * p[q + far_x + far_y]
            f = row + 2 * k - 1
            if inverse[f] > 0.0:
                p[f] += 0.75 * one + 0.25 * low
            if inverse[f + 1] > 0.0:
                p[f + 1] += 0.75 * one + 0.25 * high
    smoothed(cx, cy, cz, inverse, p, b, o, nx, ny, nz, 1)
    smoothed(cx, cy, cz, inverse, p, b, o, nx, ny, nz, 0)


@ti.kernel
@no_type_check
def coarsen(
    c: Flat,
    o: int,
    nx: int,
    ny: int,
    nz: int,
    o2: int,
    nx2: int,
    ny2: int,
    nz2: int,
    d: ti.template(),
):
    """Conductance of coarse faces across axis d: the mean of the four fine ones on each."""
    for i, j in ti.ndrange((1, nx2 + 2), (1, ny2 + 2)):
        for k in range(1, nz2 + 2):
            total = 0.0
            for m, n in ti.static(ti.ndrange(2, 2)):
                at = 2 * ti.Vector([i, j, k]) - 1
                at[(d + 1) % 3] += m
                at[(d + 2) % 3] += n
                count = ti.Vector([nx, ny, nz])
                # Of an odd number of fine cells the last coarse face is the last fine one.
                at[d] = ti.min(at[d], count[d] + 1)
                if at[(d + 1) % 3] <= count[(d + 1) % 3] and at[(d + 2) % 3] <= count[(d + 2) % 3]:
                    total += 0.25 * c[o + (at[0] * (ny + 2) + at[1]) * (nz + 2) + at[2]]
            c[o2 + (i * (ny2 + 2) + j) * (nz2 + 2) + k] = total


@ti.kernel
@no_type_check
def remainder(
    cx: Flat, cy: Flat, cz: Flat, p: Flat, b: Flat, r: Flat, part: Sums, nx: int, ny: int, nz: int
):
    """R = b - A p, and the largest |r| of each layer along x; NaN counts as HUGE."""
    for i in range(1, nx + 1):
        most = 0.0
        for j in range(1, ny + 1):
            sy = nz + 2
            sx = sy * (ny + 2)
            row = i * sx + j * sy
            for k in range(row + 1, row + nz + 1):
                total = around(cx, cy, cz, k, sx, sy)
                left = b[k] - total * p[k] + near(cx, cy, cz, p, k, sx, sy)
                r[k] = left
                if not ti.abs(left) <= most:
                    most = ti.abs(left) if ti.abs(left) < HUGE else HUGE
        part[i - 1] = most


@ti.kernel
@no_type_check
def multiply(
    cx: Flat,
    cy: Flat,
    cz: Flat,
    z: Flat,
    p: Flat,
    q: Flat,
    share: ti.f32,
    part: Sums,
    nx: int,
    ny: int,
    nz: int,
):
    """P = z + share * p; then q = A p, and p . q of each layer along x."""
    for k in range((nx + 2) * (ny + 2) * (nz + 2)):
        p[k] = z[k] + share * p[k]
    for i in range(1, nx + 1):
        sum = ti.cast(0.0, ti.f64)
        for j in range(1, ny + 1):
            sy = nz + 2
            sx = sy * (ny + 2)
            row = i * sx + j * sy
            row_sum = 0.0
            for k in range(row + 1, row + nz + 1):
                value = around(cx, cy, cz, k, sx, sy) * p[k] - near(cx, cy, cz, p, k, sx, sy)
                q[k] = value
                row_sum += value * p[k]
            sum += row_sum
        part[i - 1] = sum


@ti.kernel
@no_type_check
def advance(
    p: Flat, r: Flat, d: Flat, q: Flat, length: ti.f32, part: Sums, nx: int, ny: int, nz: int
):
    """P += length * d, r -= length * q; the largest |r| of each layer along x."""
    for i in range(1, nx + 1):
        most = 0.0
        layer = (ny + 2) * (nz + 2)
        for k in range(i * layer, (i + 1) * layer):
            p[k] += length * d[k]
            left = r[k] - length * q[k]
            r[k] = left
            most = ti.max(most, ti.abs(left))
        part[i - 1] = most


@ti.kernel
@no_type_check
def inner(a: Flat, b: Flat, part: Sums, nx: int, ny: int, nz: int):
    """A . b of each layer along x, where b may hold more levels after the first."""
    for i in range(1, nx + 1):
        total = ti.cast(0.0, ti.f64)
        for j in range(1, ny + 1):
            row = (i * (ny + 2) + j) * (nz + 2)
            row_sum = 0.0
            for k in range(row + 1, row + nz + 1):
                row_sum += a[k] * b[k]
            total += row_sum
        part[i - 1] = total


@ti.kernel
@no_type_check
def copy(a: Flat, b: Flat):
    """The start of b becomes a."""
    for k in range(a.shape[0]):
        b[k] = a[k]
