"""Membranes in their plane: places and speeds of points -> stresses of linear triangles.

The energy is that of `motion.skins`; forces are its exact gradient, so momentum and angular
momentum stay. Damping acts on the rate of Green's strain, which no rigid motion changes.

What triangles do is first collected from their corners, then worked out triangle by triangle in
loops that SIMD lanes share, block by block while the nearest cache holds it, and at last, with what
hinges and air add, spread over the corners.
Spans of triangles are unsigned: numba then knows that no index counts from the end, as lanes need.
"""

import numpy as np

from ...jit import exact_borrowing, exact_part
from ..world.model import Points
from .model import Skins
from .rubber import rubber_stress

BLOCK = 256
"""Triangles, or hinges, at a time: 30 kB of what is collected of them."""
ROW = BLOCK + 8
"""Numbers from one row of a block to the next: rows a power of two apart would share few places in
the nearest cache."""


@exact_borrowing
def skin_forces(skins: Skins, points: Points) -> None:
    """Set what stresses pull at corners; normals, areas and swings of triangles for others."""
    sheets = skins.sheets
    for s in range(len(sheets.first)):
        for first in range(sheets.first[s], sheets.last[s], BLOCK):
            last = min(first + BLOCK, sheets.last[s])
            _collect(skins, points, first, last)
            if sheets.rubber[0, s] > 0.0:
                _stretch_rubber(skins, s, first, last)
            else:
                _stretch(skins, s, first, last)
            _set_normals(skins, first, last)


@exact_part
def _collect(skins: Skins, points: Points, first: int, last: int) -> None:
    """Edges of triangles from their first corners, their rates, the speed of that corner."""
    place, speed, corners, edges = points.place, points.speed, skins.corners, skins.edges
    for f in range(np.uint64(first), np.uint64(last)):
        i, j, k = np.uint64(corners[0, f]), np.uint64(corners[1, f]), np.uint64(corners[2, f])
        for axis in range(3):
            x, u = place[i, axis], speed[i, axis]
            edges[axis, f] = place[j, axis] - x
            edges[3 + axis, f] = place[k, axis] - x
            edges[6 + axis, f] = speed[j, axis] - u
            edges[9 + axis, f] = speed[k, axis] - u
            edges[12 + axis, f] = u


@exact_part
def _stretch(skins: Skins, s: int, first: int, last: int) -> None:
    """Hooke's law between Green's strain and the second Piola-Kirchhoff stress."""
    e, inverse, area, pull, sheets = (
        skins.edges,
        skins.inverse,
        skins.area,
        skins.pull,
        skins.sheets,
    )
    c11, c12, c22 = sheets.warp[s], sheets.cross[s], sheets.weft[s]
    shear, lasting = sheets.shear[s], sheets.damping[s]
    for f in range(np.uint64(first), np.uint64(last)):
        p, q, r, t = inverse[0, f], inverse[1, f], inverse[2, f], inverse[3, f]
        ux, uy, uz = p * e[0, f] + r * e[3, f], p * e[1, f] + r * e[4, f], p * e[2, f] + r * e[5, f]
        vx, vy, vz = q * e[0, f] + t * e[3, f], q * e[1, f] + t * e[4, f], q * e[2, f] + t * e[5, f]
        gx, gy, gz = (
            p * e[6, f] + r * e[9, f],
            p * e[7, f] + r * e[10, f],
            p * e[8, f] + r * e[11, f],
        )
        hx, hy, hz = (
            q * e[6, f] + t * e[9, f],
            q * e[7, f] + t * e[10, f],
            q * e[8, f] + t * e[11, f],
        )
        warp = 0.5 * (ux * ux + uy * uy + uz * uz - 1.0) + lasting * (ux * gx + uy * gy + uz * gz)
        weft = 0.5 * (vx * vx + vy * vy + vz * vz - 1.0) + lasting * (vx * hx + vy * hy + vz * hz)
        turn = ux * vx + uy * vy + uz * vz
        turn += lasting * (ux * hx + uy * hy + uz * hz + vx * gx + vy * gy + vz * gz)
        su, sv = area[f] * (c11 * warp + c12 * weft), area[f] * (c12 * warp + c22 * weft)
        sw = area[f] * shear * turn
        lx, ly, lz = su * ux + sw * vx, su * uy + sw * vy, su * uz + sw * vz
        mx, my, mz = sv * vx + sw * ux, sv * vy + sw * uy, sv * vz + sw * uz
        pull[0, f], pull[1, f], pull[2, f] = p * lx + q * mx, p * ly + q * my, p * lz + q * mz
        pull[3, f], pull[4, f], pull[5, f] = r * lx + t * mx, r * ly + t * my, r * lz + t * mz


@exact_part
def _stretch_rubber(skins: Skins, s: int, first: int, last: int) -> None:
    """Mooney's law; rates of strain grow with the square of the stretch, viscosity does not."""
    e, inverse, area, pull, sheets = (
        skins.edges,
        skins.inverse,
        skins.area,
        skins.pull,
        skins.sheets,
    )
    c11, c12, c22 = sheets.warp[s], sheets.cross[s], sheets.weft[s]
    shear, lasting = sheets.shear[s], sheets.damping[s]
    mooney, rivlin = sheets.rubber[0, s], sheets.rubber[1, s]
    for f in range(np.uint64(first), np.uint64(last)):
        p, q, r, t = inverse[0, f], inverse[1, f], inverse[2, f], inverse[3, f]
        ux, uy, uz = p * e[0, f] + r * e[3, f], p * e[1, f] + r * e[4, f], p * e[2, f] + r * e[5, f]
        vx, vy, vz = q * e[0, f] + t * e[3, f], q * e[1, f] + t * e[4, f], q * e[2, f] + t * e[5, f]
        gx, gy, gz = (
            p * e[6, f] + r * e[9, f],
            p * e[7, f] + r * e[10, f],
            p * e[8, f] + r * e[11, f],
        )
        hx, hy, hz = (
            q * e[6, f] + t * e[9, f],
            q * e[7, f] + t * e[10, f],
            q * e[8, f] + t * e[11, f],
        )
        warp, weft = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz
        turn = ux * vx + uy * vy + uz * vz
        scale = lasting * 2.0 / (warp + weft)
        warp_rate = scale * (ux * gx + uy * gy + uz * gz)
        weft_rate = scale * (vx * hx + vy * hy + vz * hz)
        turn_rate = scale * (ux * hx + uy * hy + uz * hz + vx * gx + vy * gy + vz * gz)
        ru, rw, rv = rubber_stress(warp, turn, weft, mooney, rivlin)
        su = area[f] * (ru + c11 * warp_rate + c12 * weft_rate)
        sv = area[f] * (rv + c12 * warp_rate + c22 * weft_rate)
        sw = area[f] * (rw + shear * turn_rate)
        lx, ly, lz = su * ux + sw * vx, su * uy + sw * vy, su * uz + sw * vz
        mx, my, mz = sv * vx + sw * ux, sv * vy + sw * uy, sv * vz + sw * uz
        pull[0, f], pull[1, f], pull[2, f] = p * lx + q * mx, p * ly + q * my, p * lz + q * mz
        pull[3, f], pull[4, f], pull[5, f] = r * lx + t * mx, r * ly + t * my, r * lz + t * mz


@exact_part
def _set_normals(skins: Skins, first: int, last: int) -> None:
    """Normals, twice the areas, and swings from two edges and their rates.

    With edges e_i opposite corners i: swing = sum of (normal . speed_i) e_i / (2 area), and
    e_1 = -b, e_2 = a.
    """
    e, normal, doubled, swing = skins.edges, skins.normal, skins.doubled, skins.swing
    for f in range(np.uint64(first), np.uint64(last)):
        ax, ay, az, bx, by, bz = e[0, f], e[1, f], e[2, f], e[3, f], e[4, f], e[5, f]
        nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        size = np.sqrt(nx * nx + ny * ny + nz * nz)
        short = 1.0 / size
        nx, ny, nz = short * nx, short * ny, short * nz
        normal[0, f], normal[1, f], normal[2, f], doubled[f] = nx, ny, nz, size
        one = short * (nx * e[9, f] + ny * e[10, f] + nz * e[11, f])
        other = short * (nx * e[6, f] + ny * e[7, f] + nz * e[8, f])
        swing[0, f], swing[1, f] = one * ax - other * bx, one * ay - other * by
        swing[2, f] = one * az - other * bz


@exact_borrowing
def spread_forces(skins: Skins, points: Points) -> None:
    """Add to the corners what stresses, hinges and air have set."""
    force, corners, pull, push = points.force, skins.corners, skins.pull, skins.push
    for f in range(np.uint64(corners.shape[1])):
        i, j, k = np.uint64(corners[0, f]), np.uint64(corners[1, f]), np.uint64(corners[2, f])
        for axis in range(3):
            one, other, even = pull[axis, f], pull[3 + axis, f], push[axis, f]
            force[i, axis] += one + other + even
            force[j, axis] += even - one
            force[k, axis] += even - other
