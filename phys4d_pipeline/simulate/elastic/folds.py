"""Membranes out of their plane: angles between neighbouring triangles -> bending moments.

The energy is that of `motion.skins`, a function of these angles alone; a moment m at side i of a
triangle pushes corner j along the normal by m (e_i . e_j) / (|e_i| 2 area), with e_i the edge
opposite corner i: the exact gradient of the angle (Tamstorf and Grinspun 2013).
"""

import numpy as np

from ...jit import exact_borrowing, exact_part
from ..world.model import Points
from .model import Folds, Skins
from .skins import BLOCK


@exact_borrowing
def fold_forces(folds: Folds, skins: Skins, points: Points) -> None:
    """Add the pulls of all hinges; `skin_forces` has set edges, normals and swings."""
    if len(folds.rest) == 0:
        return
    for first in range(0, len(folds.rest), BLOCK):
        last = min(first + BLOCK, len(folds.rest))
        _collect(folds, skins, points, first, last)
        _bend(folds, first, last)
    _set_pulls(folds)
    for first in range(0, len(skins.area), BLOCK):
        last = min(first + BLOCK, len(skins.area))
        _gather(folds, first, last)
        _push(folds, skins, first, last)


@exact_part
def _collect(folds: Folds, skins: Skins, points: Points, first: int, last: int) -> None:
    """Edges of hinges, normals on both sides, how much faster the second side swings."""
    place, normal, swing, room = points.place, skins.normal, skins.swing, folds.room
    start, size = np.uint64(first), np.uint64(last - first)
    for k in range(size):
        h = start + k
        a, b = np.uint64(folds.ends[0, h]), np.uint64(folds.ends[1, h])
        f, g = np.uint64(folds.sides[0, h]), np.uint64(folds.sides[1, h])
        for axis in range(3):
            room[axis, k] = place[b, axis] - place[a, axis]
            room[3 + axis, k] = normal[axis, f]
            room[6 + axis, k] = normal[axis, g]
            room[9 + axis, k] = swing[axis, g] - swing[axis, f]


@exact_part
def _bend(folds: Folds, first: int, last: int) -> None:
    """How far every hinge is bent, with what its rate adds by damping; one over its length.

    The angle is four times that of a quarter of the turn, by the series of the arc tangent up to
    the 23rd power: at tan(pi / 8) the rest is under 1e-9.
    """
    room, rest, damping = folds.room, folds.rest, folds.damping
    strain, pull = folds.strain, folds.pull
    start, size = np.uint64(first), np.uint64(last - first)
    for k in range(size):
        h = start + k
        x, y, z = room[0, k], room[1, k], room[2, k]
        short = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = short * x, short * y, short * z
        nx, ny, nz = room[3, k], room[4, k], room[5, k]
        mx, my, mz = room[6, k], room[7, k], room[8, k]
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
        rate = x * room[9, k] + y * room[10, k] + z * room[11, k]
        strain[h] = angle - rest[h] + damping[h] * rate
        pull[h] = short


@exact_part
def _set_pulls(folds: Folds) -> None:
    """Moments over lengths."""
    near, stiffness, strain = folds.near, folds.stiffness, folds.strain
    for h in range(np.uint64(len(folds.rest))):
        moment = stiffness[0, h] * strain[h]
        for k in range(4):
            moment += stiffness[1 + k, h] * strain[np.uint64(near[k, h])]
        folds.pull[h] *= moment


@exact_part
def _gather(folds: Folds, first: int, last: int) -> None:
    """Moments at the three sides of triangles."""
    for side in range(3):
        for f in range(np.uint64(first), np.uint64(last)):
            folds.around[side, f] = folds.pull[np.uint64(folds.hinge_of[side, f])]


@exact_part
def _push(folds: Folds, skins: Skins, first: int, last: int) -> None:
    """Moments at three sides push the corners of triangles along their normals."""
    e, normal, doubled, pull = skins.edges, skins.normal, skins.doubled, skins.pull
    around = folds.around
    for f in range(np.uint64(first), np.uint64(last)):
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
