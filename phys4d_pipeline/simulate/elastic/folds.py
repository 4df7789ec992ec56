"""Membranes out of their plane: angles between neighbouring triangles -> bending moments.

The energy is that of `motion.skins`, a function of these angles alone; a moment m at side i of a
triangle pushes corner j along the normal by m (e_i . e_j) / (|e_i| 2 area), with e_i the edge
opposite corner i: the exact gradient of the angle (Tamstorf and Grinspun 2013).
"""

import numpy as np

from ...jit import exact
from ..rope_model import Points
from .model import Folds, Skins


@exact
def fold_forces(folds: Folds, skins: Skins, points: Points) -> None:
    """Add the forces of all hinges; `skin_forces` has set normals and swings."""
    if len(folds.rest) == 0:
        return
    _bend(folds, skins, points)
    _set_pulls(folds)
    place, force, corners = points.place, points.force, skins.corners
    for f in range(len(skins.area)):
        i, j, k = corners[0, f], corners[1, f], corners[2, f]
        p, q = folds.pull[folds.hinge_of[0, f]], folds.pull[folds.hinge_of[1, f]]
        r = folds.pull[folds.hinge_of[2, f]]
        one, two = 0.0, 0.0
        for axis in range(3):
            x, y, z = place[i, axis], place[j, axis], place[k, axis]
            pull = p * (z - y) + q * (x - z) + r * (y - x)
            one += pull * (z - y)
            two += pull * (x - z)
        one, two = one / skins.doubled[f], two / skins.doubled[f]
        for axis in range(3):
            normal = skins.normal[axis, f]
            force[i, axis] += one * normal
            force[j, axis] += two * normal
            force[k, axis] -= (one + two) * normal


@exact
def _bend(folds: Folds, skins: Skins, points: Points) -> None:
    """How far every hinge is bent, with what its rate adds by damping; one over its length."""
    place, normal, swing = points.place, skins.normal, skins.swing
    for h in range(len(folds.rest)):
        a, b = folds.ends[0, h], folds.ends[1, h]
        f, g = folds.sides[0, h], folds.sides[1, h]
        x, y, z = place[b, 0] - place[a, 0], place[b, 1] - place[a, 1], place[b, 2] - place[a, 2]
        short = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = short * x, short * y, short * z
        nx, ny, nz = normal[0, f], normal[1, f], normal[2, f]
        mx, my, mz = normal[0, g], normal[1, g], normal[2, g]
        sine = x * (ny * mz - nz * my) + y * (nz * mx - nx * mz) + z * (nx * my - ny * mx)
        angle = np.arctan2(sine, nx * mx + ny * my + nz * mz)
        rate = (
            x * (swing[0, g] - swing[0, f])
            + y * (swing[1, g] - swing[1, f])
            + z * (swing[2, g] - swing[2, f])
        )
        folds.strain[h] = angle - folds.rest[h] + folds.damping[h] * rate
        folds.pull[h] = short


@exact
def _set_pulls(folds: Folds) -> None:
    near, stiffness, strain = folds.near, folds.stiffness, folds.strain
    for h in range(len(folds.rest)):
        moment = stiffness[0, h] * strain[h]
        for k in range(4):
            moment += stiffness[1 + k, h] * strain[near[k, h]]
        folds.pull[h] *= moment
