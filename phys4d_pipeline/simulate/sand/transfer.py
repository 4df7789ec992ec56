# pyright: reportInvalidTypeForm=false
"""Kernels between particles and grid: MLS-MPM (Hu et al. 2018) with the velocities of AFLIP.

Particles keep what the grid does not see of their velocity (Fei et al. 2021) for a time that does
not depend on the step. Without it, each step smoothed the motion: twice the steps, half the flow
through a slot. Arrays over particles (x [cells], v [cells/s], its gradient, strain, kind, touch)
and over nodes (sums: momentum, mass, impulse of stress; speeds: velocity, density over that at
rest, change of velocity).
"""

from typing import no_type_check

from ...kernels import ti
from .grid import BLOCK, Mat3, Vec3, Vec4, Vec8, add, address, along, bell, mark, one_thread, spline
from .stress import VOLUME, strained, stress, yielded

CROWDED, RESIST = 1.05, 0.03
"""Density over that at rest from which particles are pushed apart, and the strain per excess.

Velocities on the grid do not tell of every approach of two particles: without this, sand that
falls on a floor a cell deep ended up three times as dense as at rest.
"""

FIRST_BODY = 7
"""First bit of `touch` that stands for a body; those before are the ground and sides."""

Points = ti.types.ndarray(dtype=Vec3, ndim=1)
Gradients = ti.types.ndarray(dtype=Mat3, ndim=1)
Strains = ti.types.ndarray(dtype=Vec8, ndim=1)
Whole = ti.types.ndarray(dtype=ti.i32, ndim=1)
NodeSums = ti.types.ndarray(ndim=1)
NodeSpeeds = ti.types.ndarray(dtype=Vec8, ndim=1)
Kinds = ti.types.ndarray(dtype=Vec4, ndim=1)
"""Of each medium: internal friction, cohesion over density, brittleness, mass of a particle."""


@no_type_check
@ti.func
def is_within(place: Vec3, counts: ti.types.vector(3, ti.i32)) -> bool:
    """Do all 27 nodes around a particle exist?"""
    inside = True
    for axis in ti.static(range(3)):
        inside = inside and place[axis] >= 1.0 and place[axis] < counts[axis] - 2.0
    return inside


@no_type_check
@ti.func
def first_three(vector: Vec8) -> Vec3:
    """Of eight."""
    return Vec3(vector[0], vector[1], vector[2])


@no_type_check
@ti.kernel
def scatter(
    x: Points,
    v: Points,
    gradients: Gradients,
    strains: Strains,
    kinds: Whole,
    touch: Whole,
    media: Kinds,
    sums: NodeSums,
    sides: NodeSums,
    touched: Whole,
    marks: Whole,
    counts: ti.types.vector(3, ti.i32),
    bulk: ti.f32,
    shear: ti.f32,
    step_s: ti.f32,
):
    """Strain every particle by its gradient, then add momentum and mass to the nodes around it.

    Args:
        x: [cells]
        v: [cells/s]
        gradients: [1/s]
        strains: As in `stress`; changed.
        kinds: Row of `media`.
        touch: Bits of the bodies a particle lies against.
        media: Materials.
        sums: Momentum, mass and impulse of nodes; added to.
        sides: Way from nodes to the particles that lie against bodies, times mass; added to.
        touched: Bits of the bodies that particles around a node lie against; added to.
        marks: Of blocks: set where a particle's first node is.
        counts: Of nodes, multiples of 4.
        bulk: Modulus over density [cells2/s2].
        shear: Modulus over density [cells2/s2].
        step_s: [s]
    """
    stride_x, stride_y = counts[1] * counts[2] * 4, counts[2] * 16
    ti.loop_config(serialize=ti.static(one_thread()))
    for p in range(x.shape[0]):
        place = x[p]
        rate = gradients[p]
        medium = media[kinds[p]]
        strain = strained(strains[p], rate, step_s)
        strain = yielded(strain, bulk, shear, medium[0], medium[1], medium[2])
        strains[p] = strain
        if is_within(place, counts):
            mass = medium[3]
            load = stress(strain, bulk, shear, medium[1] / ti.max(medium[0], 1e-3))
            push = -4.0 * step_s * mass * load
            base = ti.cast(place - 0.5, ti.i32)
            offset = place - ti.cast(base, ti.f32)
            momentum, impulse = mass * (v[p] - rate @ offset), -(push @ offset)
            corner = Vec8(*momentum, mass, *impulse, 0.0)
            along_x, along_y, along_z = Vec8(0.0), Vec8(0.0), Vec8(0.0)
            for c in ti.static(range(3)):
                along_x[c], along_x[c + 4] = mass * rate[c, 0], push[c, 0]
                along_y[c], along_y[c + 4] = mass * rate[c, 1], push[c, 1]
                along_z[c], along_z[c + 4] = mass * rate[c, 2], push[c, 2]
            bits = touch[p]
            marks[
                ((base[0] >> 2) * (counts[1] >> 2) + (base[1] >> 2)) * (counts[2] >> 2)
                + (base[2] >> 2)
            ] = 1
            for i in ti.static(range(3)):
                at_x = along(base[0] + i, stride_x, 16)
                weight_x = spline(offset, i)[0]
                sum_x = corner + along_x * float(i)
                for j in ti.static(range(3)):
                    at_y = at_x + along(base[1] + j, stride_y, 4)
                    weight_y = weight_x * spline(offset, j)[1]
                    sum_y = sum_x + along_y * float(j)
                    for k in ti.static(range(3)):
                        node = at_y + along(base[2] + k, BLOCK, 1)
                        weight = weight_y * spline(offset, k)[2]
                        add(sums, node, weight * (sum_y + along_z * float(k)))
                        if bits != 0:
                            mark(touched, node, bits)
            if bits >> FIRST_BODY != 0:
                for i, j, k in ti.ndrange(3, 3, 3):
                    node = address(base[0] + i, base[1] + j, base[2] + k, stride_x, stride_y)
                    away = offset - Vec3(float(i), float(j), float(k))
                    weight = mass * bell(away[0]) * bell(away[1]) * bell(away[2])
                    add(sides, node, Vec8(*(weight * away), 0.0, 0.0, 0.0, 0.0, 0.0))


@no_type_check
@ti.kernel
def gather(
    x: Points,
    v: Points,
    gradients: Gradients,
    strains: Strains,
    speeds: NodeSpeeds,
    counts: ti.types.vector(3, ti.i32),
    gravity: Vec3,
    step_s: ti.f32,
    keep: ti.f32,
):
    """Velocity and its gradient from the nodes; move. Beyond the grid particles fly freely.

    Args:
        x: [cells]
        v: [cells/s]
        gradients: [1/s]
        strains: Of these, the volume: grains as dense as at rest are not loose.
        speeds: Velocity of nodes [cells/s], density over that at rest, change of velocity.
        counts: Of nodes.
        gravity: [cells/s2]
        step_s: [s]
        keep: Share kept of the velocity that the grid does not see [1].
    """
    stride_x, stride_y = counts[1] * counts[2] * 4, counts[2] * 16
    for p in range(x.shape[0]):
        place = x[p]
        if is_within(place, counts):
            base = ti.cast(place - 0.5, ti.i32)
            offset = place - ti.cast(base, ti.f32)
            total, by_x, by_y, by_z = Vec8(0.0), Vec3(0.0), Vec3(0.0), Vec3(0.0)
            for i in ti.static(range(3)):
                at_x = along(base[0] + i, stride_x, 16)
                plane, plane_y, plane_z = Vec8(0.0), Vec3(0.0), Vec3(0.0)
                for j in ti.static(range(3)):
                    at_y = at_x + along(base[1] + j, stride_y, 4)
                    line, line_z = Vec8(0.0), Vec3(0.0)
                    for k in ti.static(range(3)):
                        part = spline(offset, k)[2] * speeds[at_y + along(base[2] + k, BLOCK, 1)]
                        line += part
                        if ti.static(k > 0):
                            line_z += first_three(part) * float(k)
                    line *= spline(offset, j)[1]
                    plane += line
                    plane_z += line_z * spline(offset, j)[1]
                    if ti.static(j > 0):
                        plane_y += first_three(line) * float(j)
                plane *= spline(offset, i)[0]
                total += plane
                by_y += plane_y * spline(offset, i)[0]
                by_z += plane_z * spline(offset, i)[0]
                if ti.static(i > 0):
                    by_x += first_three(plane) * float(i)
            shared, density = first_three(total), total[3]
            gradients[p] = ti.Matrix.cols(
                [
                    4.0 * (by_x - shared * offset[0]),
                    4.0 * (by_y - shared * offset[1]),
                    4.0 * (by_z - shared * offset[2]),
                ]
            )
            own = v[p] + Vec3(total[4], total[5], total[6])
            v[p] = shared + keep * (own - shared)
            if density > 1.0 and strains[p][VOLUME] > 0.0:
                strains[p][VOLUME] = 0.0
            if density > CROWDED:
                strains[p][VOLUME] = ti.min(strains[p][VOLUME], RESIST * (CROWDED - density))
            x[p] = place + step_s * shared
        else:
            gradients[p] = ti.Matrix.zero(ti.f32, 3, 3)
            v[p] += step_s * gravity
            x[p] = place + step_s * v[p]
