"""Membranes in their plane: places and speeds of points -> stresses of linear triangles.

The energy is that of `motion.skins`; forces are its exact gradient, so momentum and angular
momentum stay. Damping acts on the rate of Green's strain, which no rigid motion changes.
"""

import numpy as np

from ...jit import exact
from ..rope_model import Points
from .model import Skins
from .rubber import rubber_stress


@exact
def skin_forces(skins: Skins, points: Points) -> None:
    """Add the forces of all triangles; keep their normals, areas and swings for others."""
    place, speed, force, inverse = points.place, points.speed, points.force, skins.inverse
    sheets, corners = skins.sheets, skins.corners
    for s in range(len(sheets.first)):
        c11, c12, c22 = sheets.warp[s], sheets.cross[s], sheets.weft[s]
        shear, lasting = sheets.shear[s], sheets.damping[s]
        first, second = sheets.rubber[0, s], sheets.rubber[1, s]
        for f in range(sheets.first[s], sheets.last[s]):
            i, j, k = corners[0, f], corners[1, f], corners[2, f]
            ax, ay, az = (
                place[j, 0] - place[i, 0],
                place[j, 1] - place[i, 1],
                place[j, 2] - place[i, 2],
            )
            bx, by, bz = (
                place[k, 0] - place[i, 0],
                place[k, 1] - place[i, 1],
                place[k, 2] - place[i, 2],
            )
            p, q, r, t = inverse[0, f], inverse[1, f], inverse[2, f], inverse[3, f]
            ux, uy, uz = p * ax + r * bx, p * ay + r * by, p * az + r * bz
            vx, vy, vz = q * ax + t * bx, q * ay + t * by, q * az + t * bz
            warp = 0.5 * (ux * ux + uy * uy + uz * uz - 1.0)
            weft = 0.5 * (vx * vx + vy * vy + vz * vz - 1.0)
            turn = ux * vx + uy * vy + uz * vz
            cx, cy, cz = (
                speed[j, 0] - speed[i, 0],
                speed[j, 1] - speed[i, 1],
                speed[j, 2] - speed[i, 2],
            )
            dx, dy, dz = (
                speed[k, 0] - speed[i, 0],
                speed[k, 1] - speed[i, 1],
                speed[k, 2] - speed[i, 2],
            )
            gx, gy, gz = p * cx + r * dx, p * cy + r * dy, p * cz + r * dz
            hx, hy, hz = q * cx + t * dx, q * cy + t * dy, q * cz + t * dz
            warp_rate = lasting * (ux * gx + uy * gy + uz * gz)
            weft_rate = lasting * (vx * hx + vy * hy + vz * hz)
            turn_rate = lasting * (ux * hx + uy * hy + uz * hz + vx * gx + vy * gy + vz * gz)
            area = skins.area[f]
            if first > 0.0:
                ru, rw, rv = rubber_stress(2 * warp + 1, turn, 2 * weft + 1, first, second)
                # Rates of Green's strain grow with the square of the stretch, stresses must not.
                scale = 1.0 / (1.0 + warp + weft)
                su = area * (ru + scale * (c11 * warp_rate + c12 * weft_rate))
                sv = area * (rv + scale * (c12 * warp_rate + c22 * weft_rate))
                sw = area * (rw + scale * shear * turn_rate)
            else:
                warp, weft, turn = warp + warp_rate, weft + weft_rate, turn + turn_rate
                su = area * (c11 * warp + c12 * weft)
                sv = area * (c12 * warp + c22 * weft)
                sw = area * shear * turn
            lx, ly, lz = su * ux + sw * vx, su * uy + sw * vy, su * uz + sw * vz
            mx, my, mz = sv * vx + sw * ux, sv * vy + sw * uy, sv * vz + sw * uz
            fx, fy, fz = p * lx + q * mx, p * ly + q * my, p * lz + q * mz
            ex, ey, ez = r * lx + t * mx, r * ly + t * my, r * lz + t * mz
            force[i, 0] += fx + ex
            force[i, 1] += fy + ey
            force[i, 2] += fz + ez
            force[j, 0] -= fx
            force[j, 1] -= fy
            force[j, 2] -= fz
            force[k, 0] -= ex
            force[k, 1] -= ey
            force[k, 2] -= ez
            _set_normal(skins, f, (ax, ay, az), (bx, by, bz), (cx, cy, cz), (dx, dy, dz))


@exact
def _set_normal(
    skins: Skins,
    f: int,
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    c: tuple[float, float, float],
    d: tuple[float, float, float],
) -> None:
    """Normal, twice the area and swing of a triangle from two edges and their rates.

    With edges e_i opposite corners i: swing = sum of (normal . speed_i) e_i / (2 area), and
    e_1 = -b, e_2 = a.
    """
    nx, ny, nz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    doubled = np.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx / doubled, ny / doubled, nz / doubled
    skins.normal[0, f], skins.normal[1, f], skins.normal[2, f] = nx, ny, nz
    skins.doubled[f] = doubled
    one = (nx * d[0] + ny * d[1] + nz * d[2]) / doubled
    other = (nx * c[0] + ny * c[1] + nz * c[2]) / doubled
    for axis in range(3):
        skins.swing[axis, f] = one * a[axis] - other * b[axis]
