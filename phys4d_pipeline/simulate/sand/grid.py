# pyright: reportInvalidTypeForm=false, reportOptionalMemberAccess=false
"""Addresses of grid nodes, weights of quadratic B-splines, sums in fixed point: parts of kernels.

Lengths are in cells, from the lowest node. Nodes lie in blocks of 4 x 4 x 4, so that the 27 nodes
around a particle share few cache lines; an address is a sum of one term for each axis.
"""

from typing import no_type_check

from ...kernels import ti

BLOCK = 64
"""Nodes of a block."""
FIXED = 2.0**34
"""One unit in fixed point: sums are the same in any order, to 6e-11 of a particle's mass."""
LEAST_OPEN = 0.1
"""Deeper inside a wall the density of grains is not known well [1]."""
Vec3 = ti.types.vector(3, ti.f32)
Vec4 = ti.types.vector(4, ti.f32)
Vec8 = ti.types.vector(8, ti.f32)
Counters = ti.types.vector(8, ti.i64)
Mat3 = ti.types.matrix(3, 3, ti.f32)


def one_thread() -> bool:
    """Do loops run in order, so that sums need no atomic additions (3 times as fast)?"""
    return ti.lang.impl.current_cfg().arch in (ti.x64, ti.arm64)


@no_type_check
@ti.func
def along(index: ti.i32, block_stride: ti.i32, stride: ti.i32) -> ti.i32:
    """Term of an address for one axis."""
    return (index >> 2) * block_stride + (index & 3) * stride


@no_type_check
@ti.func
def address(i: ti.i32, j: ti.i32, k: ti.i32, stride_x: ti.i32, stride_y: ti.i32) -> ti.i32:
    """Of a node."""
    return along(i, stride_x, 16) + along(j, stride_y, 4) + along(k, BLOCK, 1)


@no_type_check
@ti.func
def spline(offset: Vec3, step: ti.template()) -> Vec3:
    """Weights of the node `step` beyond the first of three, for each axis."""
    weight = Vec3(0.0)
    if ti.static(step == 0):
        weight = 0.5 * (1.5 - offset) ** 2
    elif ti.static(step == 1):
        weight = 0.75 - (offset - 1.0) ** 2
    else:
        weight = 0.5 * (offset - 0.5) ** 2
    return weight


@no_type_check
@ti.func
def bell(way: ti.f32) -> ti.f32:
    """Weight of a node this far away along an axis [cells]."""
    far = ti.abs(way)
    return 0.75 - far**2 if far < 0.5 else 0.5 * ti.max(1.5 - far, 0.0) ** 2


@no_type_check
@ti.func
def add(sums: ti.template(), place: ti.i32, value: Vec8):
    """Into an array that any thread may add to; with several threads in fixed point."""
    if ti.static(one_thread()):
        sums[place] = sums[place] + value
    else:
        for k in ti.static(range(8)):
            sums[place][k] += ti.cast(value[k] * FIXED, ti.i64)


@no_type_check
@ti.func
def total(sums: ti.template(), place: ti.i32) -> Vec8:
    """What was added."""
    result = Vec8(0.0)
    for k in ti.static(range(8)):
        if ti.static(one_thread()):
            result[k] = sums[place][k]
        else:
            result[k] = ti.cast(ti.cast(sums[place][k], ti.f64) / FIXED, ti.f32)
    return result


@no_type_check
@ti.func
def mark(bits: ti.template(), place: ti.i32, value: ti.i32):
    """Set bits of an element that any thread may set."""
    if ti.static(one_thread()):
        bits[place] = bits[place] | value
    else:
        ti.atomic_or(bits[place], value)


@no_type_check
@ti.func
def open_share(gap: ti.f32) -> ti.f32:
    """Share of a node's kernel that lies outside a wall at this signed distance [cells].

    The integral of the quadratic B-spline; not less than LEAST_OPEN.
    """
    share = 1.0
    if gap < -0.5:
        share = ti.max(1.5 + gap, 0.0) ** 3 / 6.0
    elif gap < 0.5:
        share = 0.5 + 0.75 * gap - gap**3 / 3.0
    elif gap < 1.5:
        share = 1.0 - (1.5 - gap) ** 3 / 6.0
    return ti.max(share, LEAST_OPEN)
