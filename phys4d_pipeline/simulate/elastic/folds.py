"""Membranes out of their plane: angles between neighbouring triangles -> bending moments.

The energy is that of `motion.skins`, a function of these angles alone; a moment m at side i of a
triangle pushes corner j along the normal by m (e_i . e_j) / (|e_i| 2 area), with e_i the edge
opposite corner i: the exact gradient of the angle (Tamstorf and Grinspun 2013).
"""

import numpy as np

from ...jit import exact_borrowing, exact_part
from ..world.model import Points
from .model import Folds, Skins


@exact_borrowing
def fold_forces(folds: Folds, skins: Skins, points: Points) -> None:
    """Add the pulls of all hinges; `skin_forces` has set edges, normals and swings."""
    if len(folds.rest) == 0:
        return
    _collect(folds, skins, points)
    _bend(folds)
    _set_pulls(folds)
    for side in range(3):
        for f in range(len(skins.area)):
            folds.around[side, f] = folds.pull[folds.hinge_of[side, f]]
    _push(folds, skins)


@exact_part
def _collect(folds: Folds, skins: Skins, points: Points) -> None:
    """Edges of hinges, normals on both sides, how much faster the second side swings."""
    place, normal, swing, room = points.place, skins.normal, skins.swing, folds.room
    for h in range(len(folds.rest)):
        a, b = folds.ends[0, h], folds.ends[1, h]
        f, g = folds.sides[0, h], folds.sides[1, h]
        for axis in range(3):
            room[axis, h] = place[b, axis] - place[a, axis]
            room[3 + axis, h] = normal[axis, f]
            room[6 + axis, h] = normal[axis, g]
            room[9 + axis, h] = swing[axis, g] - swing[axis, f]


@exact_part
def _bend(folds: Folds) -> None:
    """How far every hinge is bent, with what its rate adds by damping; one over its length.

    The angle is four times that of a quarter of the turn, by the series of the arc tangent up to
    the 23rd power: at tan(pi / 8) the rest is under 1e-9.
    """
    room, rest, damping = folds.room, folds.rest, folds.damping
    strain, pull = folds.strain, folds.pull
    for h in range(len(rest)):
        x, y, z = room[0, h], room[1, h], room[2, h]
        short = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = short * x, short * y, short * z
        nx, ny, nz = room[3, h], room[4, h], room[5, h]
        mx, my, mz = room[6, h], room[7, h], room[8, h]
        sine = x * (ny * mz - nz * my) + y * (nz * mx - nx * mz) + z * (nx * my - ny * mx)
        cosine = nx * mx + ny * my + nz * mz
        t = sine / (1.0 + abs(cosine))
        t = t / (1.0 + np.sqrt(1.0 + t * t))
        s = t * t
        series = 1.0 / 19.0 - s * (1.0 / 21.0 - s / 23.0)
        series = 1.0 / 11.0 - s * (1.0 / 13.0 - s * (1.0 / 15.0 - s * (1.0 / 17.0 - s * series)))
        series = 1.0 / 5.0 - s * (1.0 / 7.0 - s * (1.0 / 9.0 - s * series))
        angle = 4.0 * t * (1.0 - s * (1.0 / 3.0 - s * series))
        angle = angle if cosine >= 0.0 else np.copysign(np.pi, sine) - angle
        rate = x * room[9, h] + y * room[10, h] + z * room[11, h]
        strain[h] = angle - rest[h] + damping[h] * rate
        pull[h] = short


@exact_part
def _set_pulls(folds: Folds) -> None:
    """Moments over lengths."""
    near, stiffness, strain = folds.near, folds.stiffness, folds.strain
    for h in range(len(folds.rest)):
        moment = stiffness[0, h] * strain[h]
        for k in range(4):
            moment += stiffness[1 + k, h] * strain[near[k, h]]
        folds.pull[h] *= moment


@exact_part
def _push(folds: Folds, skins: Skins) -> None:
    """Moments at three sides push the corners of triangles along their normals."""
    e, normal, doubled, pull = skins.edges, skins.normal, skins.doubled, skins.pull
    around = folds.around
    for f in range(len(doubled)):
        ax, ay, az, bx, by, bz = e[0, f], e[1, f], e[2, f], e[3, f], e[4, f], e[5, f]
        p, q, r = around[0, f], around[1, f], around[2, f]
        x, y, z = (
            p * (bx - ax) - q * bx + r * ax,
            p * (by - ay) - q * by + r * ay,
            p * (bz - az) - q * bz + r * az,
        )
        one = (x * bx + y * by + z * bz) / doubled[f]
        other = (x * ax + y * ay + z * az) / doubled[f]
        nx, ny, nz = normal[0, f], normal[1, f], normal[2, f]
        pull[0, f], pull[1, f] = pull[0, f] + one * nx, pull[1, f] + one * ny
        pull[2, f] = pull[2, f] + one * nz
        pull[3, f], pull[4, f] = pull[3, f] - other * nx, pull[4, f] - other * ny
        pull[5, f] = pull[5, f] - other * nz
