"""Tetrahedra of soft bodies -> forces on their nodes: gradients of the energy of motion/solids.py.

Beside it act dampers. Of shear: a spring in series with a damper, beside the elastic one, so that
the stress lags by `damping` times its rate where that is slow; a bare damper would ask for steps
shorter by the damping times the highest frequency. Of volume: a damper of a share of a step, for
pressure waves from node to node. Both act on what does not turn with the body, so that they keep
momentum and angular momentum to rounding.
"""

import numpy as np
from jaxtyping import Float64

from ...jit import exact_borrowing, exact_part
from ...motion.yielding import yield_one
from .model import Solids

Six = tuple[float, float, float, float, float, float]
Nine = tuple[float, float, float, float, float, float, float, float, float]


@exact_borrowing
def solid_forces(
    solids: Solids, place: Float64[np.ndarray, "N 3"], force: Float64[np.ndarray, "N 3"]
) -> None:
    """Add to the forces on points; bring plastic and viscous strains up to date."""
    if len(solids.volume) == 0:
        return
    _measure(solids, place)
    _press(solids, place, force)
    _shear(solids, place, force)


@exact_part
def _measure(solids: Solids, place: np.ndarray) -> None:
    """Volumes of tetrahedra and round points, and what these ask for."""
    slope = solids.slope
    slope[:] = 0.0
    for e in range(len(solids.volume)):
        a, b, c, d = (
            solids.corners[e, 0], solids.corners[e, 1], solids.corners[e, 2], solids.corners[e, 3],
        )  # fmt: skip
        x, y, z = place[a, 0], place[a, 1], place[a, 2]
        bx, by, bz = place[b, 0] - x, place[b, 1] - y, place[b, 2] - z
        cx, cy, cz = place[c, 0] - x, place[c, 1] - y, place[c, 2] - z
        dx, dy, dz = place[d, 0] - x, place[d, 1] - y, place[d, 2] - z
        volume = bx * (cy * dz - cz * dy) + by * (cz * dx - cx * dz) + bz * (cx * dy - cy * dx)
        quarter = volume / 24.0
        ratio = volume / (6.0 * solids.volume[e])
        solids.ratio[e] = ratio
        solids.least[e] = min(solids.least[e], ratio)
        slope[a] += quarter
        slope[b] += quarter
        slope[c] += quarter
        slope[d] += quarter
    for n in range(len(slope)):
        if solids.lame[n] + solids.log[n] == 0.0:
            continue
        ratio = slope[n] / solids.node_volume[n]
        slope[n] = (
            solids.lame[n] * (ratio - 1.0)
            - solids.log[n] / ratio
            + solids.bulk_damping[n] * (ratio - solids.node_ratio[n])
        )
        solids.node_ratio[n] = ratio


@exact_part
def _press(solids: Solids, place: np.ndarray, force: np.ndarray) -> None:
    """Forces along the gradients of the tetrahedra's volumes."""
    slope = solids.slope
    for e in range(len(solids.volume)):
        a, b, c, d = (
            solids.corners[e, 0], solids.corners[e, 1], solids.corners[e, 2], solids.corners[e, 3],
        )  # fmt: skip
        whole = (slope[a] + slope[b] + slope[c] + slope[d]) / 4.0
        push = (solids.barrier[e] / solids.ratio[e] - whole) / 6.0
        x, y, z = place[a, 0], place[a, 1], place[a, 2]
        bx, by, bz = place[b, 0] - x, place[b, 1] - y, place[b, 2] - z
        cx, cy, cz = place[c, 0] - x, place[c, 1] - y, place[c, 2] - z
        dx, dy, dz = place[d, 0] - x, place[d, 1] - y, place[d, 2] - z
        ux, uy, uz = (
            push * (cy * dz - cz * dy), push * (cz * dx - cx * dz), push * (cx * dy - cy * dx),
        )  # fmt: skip
        vx, vy, vz = (
            push * (dy * bz - dz * by), push * (dz * bx - dx * bz), push * (dx * by - dy * bx),
        )  # fmt: skip
        wx, wy, wz = (
            push * (by * cz - bz * cy), push * (bz * cx - bx * cz), push * (bx * cy - by * cx),
        )  # fmt: skip
        force[a, 0] -= ux + vx + wx
        force[a, 1] -= uy + vy + wy
        force[a, 2] -= uz + vz + wz
        force[b, 0] += ux
        force[b, 1] += uy
        force[b, 2] += uz
        force[c, 0] += vx
        force[c, 1] += vy
        force[c, 2] += vz
        force[d, 0] += wx
        force[d, 1] += wy
        force[d, 2] += wz


@exact_part
def _shear(solids: Solids, place: np.ndarray, force: np.ndarray) -> None:
    """Forces of the patches: stress F S, S = shear modulus times Cp^-1, and what lags."""
    f, room, inverse = solids.turned[0], solids.strain, solids.turned[1]
    for d in range(len(solids.patch_volume)):
        xx, xy, xz, yx, yy, yz, zx, zy, zz = _deformation(solids, place, d)
        shear = solids.shear[d]
        s0, s1, s2, s3, s4, s5 = shear, shear, shear, 0.0, 0.0, 0.0
        if solids.limit[d] > 0.0:
            f[0, 0], f[0, 1], f[0, 2] = xx, xy, xz
            f[1, 0], f[1, 1], f[1, 2] = yx, yy, yz
            f[2, 0], f[2, 1], f[2, 2] = zx, zy, zz
            c = solids.plastic[d]
            yield_one(f, c, solids.limit[d], room, inverse)
            s0, s1, s2 = shear * c[0], shear * c[1], shear * c[2]
            s3, s4, s5 = shear * c[3], shear * c[4], shear * c[5]
        if solids.lagging[d] > 0.0:
            t0, t1, t2, t3, t4, t5 = _lagging(solids, d, xx, xy, xz, yx, yy, yz, zx, zy, zz)
            s0, s1, s2, s3, s4, s5 = s0 + t0, s1 + t1, s2 + t2, s3 + t3, s4 + t4, s5 + t5
        v = solids.patch_volume[d]
        s0, s1, s2, s3, s4, s5 = v * s0, v * s1, v * s2, v * s3, v * s4, v * s5
        xx, xy, xz = xx * s0 + xy * s5 + xz * s4, xx * s5 + xy * s1 + xz * s3, (
            xx * s4 + xy * s3 + xz * s2
        )  # fmt: skip
        yx, yy, yz = yx * s0 + yy * s5 + yz * s4, yx * s5 + yy * s1 + yz * s3, (
            yx * s4 + yy * s3 + yz * s2
        )  # fmt: skip
        zx, zy, zz = zx * s0 + zy * s5 + zz * s4, zx * s5 + zy * s1 + zz * s3, (
            zx * s4 + zy * s3 + zz * s2
        )  # fmt: skip
        for k in range(solids.first[d], solids.first[d + 1]):
            p = solids.point[k]
            gx, gy, gz = solids.gradient[k, 0], solids.gradient[k, 1], solids.gradient[k, 2]
            force[p, 0] -= xx * gx + xy * gy + xz * gz
            force[p, 1] -= yx * gx + yy * gy + yz * gz
            force[p, 2] -= zx * gx + zy * gy + zz * gz


@exact_part
def _deformation(solids: Solids, place: np.ndarray, d: int) -> Nine:
    """F of a patch, row by row."""
    xx = xy = xz = yx = yy = yz = zx = zy = zz = 0.0
    for k in range(solids.first[d], solids.first[d + 1]):
        p = solids.point[k]
        gx, gy, gz = solids.gradient[k, 0], solids.gradient[k, 1], solids.gradient[k, 2]
        x, y, z = place[p, 0], place[p, 1], place[p, 2]
        xx += x * gx
        xy += x * gy
        xz += x * gz
        yx += y * gx
        yy += y * gy
        yz += y * gz
        zx += z * gx
        zy += z * gy
        zz += z * gz
    return xx, xy, xz, yx, yy, yz, zx, zy, zz


@exact_part
def _lagging(
    solids: Solids, d: int,
    xx: float, xy: float, xz: float, yx: float, yy: float, yz: float,
    zx: float, zy: float, zz: float,
) -> Six:  # fmt: skip
    """Stress of the spring in series with a damper, in the frame at rest."""
    e0 = (xx * xx + yx * yx + zx * zx) / 2.0
    e1 = (xy * xy + yy * yy + zy * zy) / 2.0
    e2 = (xz * xz + yz * yz + zz * zz) / 2.0
    mean, v, taken = (e0 + e1 + e2) / 3.0, solids.viscous[d], solids.relaxing[d]
    e0, e1, e2 = e0 - mean - v[0], e1 - mean - v[1], e2 - mean - v[2]
    e3 = (xy * xz + yy * yz + zy * zz) / 2.0 - v[3]
    e4 = (xz * xx + yz * yx + zz * zx) / 2.0 - v[4]
    e5 = (xx * xy + yx * yy + zx * zy) / 2.0 - v[5]
    v[0] += taken * e0
    v[1] += taken * e1
    v[2] += taken * e2
    v[3] += taken * e3
    v[4] += taken * e4
    v[5] += taken * e5
    # Half a step later: the stress then lags by the damping, not by half a step less.
    stiff = solids.lagging[d] * (1.0 - taken / 2.0)
    return stiff * e0, stiff * e1, stiff * e2, stiff * e3, stiff * e4, stiff * e5
