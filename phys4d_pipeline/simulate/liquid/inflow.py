"""Liquid that waits outside closed sides of the grid -> flow through their faces, and its work."""

# pyright: reportInvalidTypeForm=false

from typing import no_type_check

from ...kernels import ti
from .fields import (
    WAITING,
    Cells,
    Faces,
    FaceSums,
    Numbers,
    Places,
    Vectors,
    ivec3,
    vec3,
)
from .particles import FIXED_POINT


@no_type_check
@ti.func
def is_side(d, at, n):
    """Is the face part of a side of the grid?"""
    found = True
    for e in ti.static(range(3)):
        if e == d:
            found = found and (at[e] == 0 or at[e] == n[e])
        else:
            found = found and at[e] >= 0 and at[e] < n[e]
    return found


@no_type_check
@ti.kernel
def prescribe(
    x: Vectors,
    v: Vectors,
    volume: Numbers,
    where: Places,
    momentum_sum: FaceSums,
    open: Faces,
    us: Faces,
):
    """Let closed sides move with the liquid that waits within a cell behind them."""
    n = ivec3(us.shape[1] - 1, us.shape[2] - 1, us.shape[3] - 1)
    for d, i, j in ti.ndrange(momentum_sum.shape[0], momentum_sum.shape[1], momentum_sum.shape[2]):
        for k in range(momentum_sum.shape[3]):
            momentum_sum[d, i, j, k] = 0
    for p in x:
        if where[p] == WAITING:
            for d in ti.static(range(3)):
                face = ti.floor(x[p], ti.i32)
                if face[d] == -1:
                    face[d] = 0
                    if is_side(d, face, n):
                        flow = ti.cast(volume[p] * v[p][d] * FIXED_POINT, ti.i64)
                        momentum_sum[d, face[0], face[1], face[2]] += flow
                elif face[d] == n[d] and is_side(d, face, n):
                    flow = ti.cast(volume[p] * v[p][d] * FIXED_POINT, ti.i64)
                    momentum_sum[d, face[0], face[1], face[2]] += flow
    for d, i, j in ti.ndrange(us.shape[0], us.shape[1], us.shape[2]):
        for k in range(us.shape[3]):
            if is_side(d, ivec3(i, j, k), n) and open[d, i, j, k] == 0:
                us[d, i, j, k] = ti.cast(momentum_sum[d, i, j, k], ti.f32) / FIXED_POINT


@no_type_check
@ti.kernel
def work_done(us: Faces, open: Faces, pressure: Cells, parts: Numbers) -> ti.f32:
    """By the pressure of one step on liquid that flows in [mass of a cell * cells^2/s^2]."""
    n = ivec3(us.shape[1] - 1, us.shape[2] - 1, us.shape[3] - 1)
    for i in range(n[0] + 1):
        total = 0.0
        for j in range(n[1] + 1):
            for k in range(n[2] + 1):
                for d in ti.static(range(3)):
                    at = ivec3(i, j, k)
                    if is_side(d, at, n) and open[d, i, j, k] == 0 and us[d, i, j, k] != 0:
                        if at[d] == 0:
                            total += us[d, i, j, k] * pressure[at]
                        else:
                            at[d] -= 1
                            total -= us[d, i, j, k] * pressure[at]
        parts[i] = total
    for _ in range(1):
        total = 0.0
        for i in range(n[0] + 1):
            total += parts[i]
        parts[0] = total
    return parts[0]


@no_type_check
@ti.kernel
def lifted(gravity: vec3, v: Vectors, volume: Numbers, where: Places, parts: Numbers) -> ti.f32:
    """Power against the weight of liquid that waits [mass of a cell * cells^2/s^3]."""
    for _ in range(1):
        total = ti.cast(0.0, ti.f64)
        for p in range(v.shape[0]):
            if where[p] == WAITING:
                total -= ti.cast(volume[p] * v[p].dot(gravity), ti.f64)
        parts[0] = ti.cast(total, ti.f32)
    return parts[0]
