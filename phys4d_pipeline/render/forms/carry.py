"""Particles near a surface -> its place and normals, and the particles' values carried on to it.

Values are fitted by a plane in space (moving least squares): a motion that is linear in the place,
such as any rotation, is met on the surface although all particles lie on one side of it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int64

from ...jit import fast
from .density import LEVEL, Particles

STIFFNESS = 3e-5
"""Of the fit, as a share of the squared reach: slopes that the particles hardly show are 0."""


class Near(NamedTuple):
    """Particles by the cubes of space they lie in, as large as their reach, near given places."""

    points: Float32[np.ndarray, "P 3"]
    """Sorted by cube."""
    weights: Float32[np.ndarray, " P"]
    order: Int64[np.ndarray, " P"]
    """Where each was before."""
    places: Int64[np.ndarray, " V"]
    """The given places, sorted by cube."""
    groups: Int64[np.ndarray, " G1"]
    """Where in `places` each cube starts, and the end."""
    starts: Int64[np.ndarray, "G 9"]
    """First particle in the three cubes below, at and above each of 9 columns around a cube."""
    stops: Int64[np.ndarray, "G 9"]
    """One behind the last."""
    reach: float


def near(particles: Particles, places: Float64[np.ndarray, "V 3"]) -> Near:
    """Sort particles, and find which of them each place can feel."""
    reach, low = particles.reach, np.minimum(particles.points.min(0), places.min(0)) - 1e-9
    low = low.astype(np.float64) - 2 * particles.reach
    high = np.maximum(particles.points.max(0), places.max(0))
    sides = ((high - low) / reach).astype(np.int64) + 3

    def cubes(points: np.ndarray) -> np.ndarray:
        x, y, z = ((points - low) / reach).astype(np.int64).T
        return (x * sides[1] + y) * sides[2] + z

    keys = cubes(particles.points)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    of_place = cubes(places)
    sorted_places = np.argsort(of_place, kind="stable")
    found, groups = np.unique(of_place[sorted_places], return_index=True)
    steps = np.arange(-1, 2)
    columns = ((steps[:, None] * sides[1] + steps) * sides[2]).ravel()
    middle = found[:, None] + columns
    return Near(
        points=np.ascontiguousarray(particles.points[order]),
        weights=particles.weights[order],
        order=order,
        places=sorted_places,
        groups=np.append(groups, len(places)),
        starts=np.searchsorted(keys, middle - 1, side="left"),
        stops=np.searchsorted(keys, middle + 1, side="right"),
        reach=reach,
    )


@fast
def settle(around: Near, places, most: float, felt) -> None:
    """Move places onto the surface of the particles' own field, which the lattice samples.

    Args:
        around: Of `near`, for these places.
        places: (V, 3) f64, moved by one Newton step [m].
        most: Longest step [m].
        felt: (V,) f32, gets the number of particles within reach.
    """
    shrink = np.float32(1.0 / (around.reach * around.reach))
    for group in range(len(around.starts)):
        for at in range(around.groups[group], around.groups[group + 1]):
            place = around.places[at]
            px, py, pz = places[place, 0], places[place, 1], places[place, 2]
            total, count = np.float32(0.0), np.float32(0.0)
            gx, gy, gz = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            for column in range(9):
                for n in range(around.starts[group, column], around.stops[group, column]):
                    dx = np.float32(px - around.points[n, 0])
                    dy = np.float32(py - around.points[n, 1])
                    dz = np.float32(pz - around.points[n, 2])
                    inside = max(
                        np.float32(1.0) - (dx * dx + dy * dy + dz * dz) * shrink, np.float32(0.0)
                    )
                    slope = around.weights[n] * inside * inside
                    total += slope * inside
                    count += np.float32(inside > 0.0)
                    gx += slope * dx
                    gy += slope * dy
                    gz += slope * dz
            felt[place] = count
            size = np.sqrt(gx * gx + gy * gy + gz * gz)
            if size > 0.0:
                step = (total - np.float32(LEVEL)) / (np.float32(6.0) * shrink * size)
                step = min(max(step, -most), most) / size
                places[place, 0] += step * gx
                places[place, 1] += step * gy
                places[place, 2] += step * gz


@fast
def carried(around: Near, places, values, out) -> None:
    """Values of particles, continued linearly to places.

    Args:
        around: Of `near`, for these places.
        places: (V, 3) f64 [m].
        values: (P, C) f32, in the order of `around`.
        out: (V, C) f32, gets the values; 0 where no particle is near.
    """
    shrink = np.float32(1.0 / (around.reach * around.reach))
    sums = np.empty(10)
    slope = np.empty(3)
    most = 0
    for group in range(len(around.starts)):
        count = (around.stops[group] - around.starts[group]).sum()
        most = max(most, count)
    felt, shares = np.empty(most, np.int64), np.empty((most, 4))
    for group in range(len(around.starts)):
        for at in range(around.groups[group], around.groups[group + 1]):
            place = around.places[at]
            count = _felt(around, group, places[place], shrink, felt, shares)
            out[place] = 0.0
            if count == 0:
                continue
            _moments(shares, count, sums)
            _slope(sums, around.reach, slope)
            level = 1.0
            for axis in range(3):
                level += slope[axis] * sums[1 + axis]
            for n in range(count):
                share = level
                for axis in range(3):
                    share -= slope[axis] * shares[n, 1 + axis]
                share *= shares[n, 0] / sums[0]
                for c in range(values.shape[1]):
                    out[place, c] += np.float32(share) * values[felt[n], c]


@fast
def _felt(around, group, place, shrink, felt, shares):
    """Particles within reach of a place: which, their weight, and where from there."""
    count = 0
    for column in range(9):
        for n in range(around.starts[group, column], around.stops[group, column]):
            dx = np.float32(around.points[n, 0] - place[0])
            dy = np.float32(around.points[n, 1] - place[1])
            dz = np.float32(around.points[n, 2] - place[2])
            inside = np.float32(1.0) - (dx * dx + dy * dy + dz * dz) * shrink
            if inside > 0.0:
                felt[count] = n
                shares[count, 0] = inside * inside * inside
                shares[count, 1], shares[count, 2], shares[count, 3] = dx, dy, dz
                count += 1
    return count


@fast
def _moments(shares, count, sums):
    """Total weight, then means of x, y, z, xx, xy, xz, yy, yz, zz."""
    sums[:] = 0.0
    for n in range(count):
        weight, x, y, z = shares[n, 0], shares[n, 1], shares[n, 2], shares[n, 3]
        sums[0] += weight
        sums[1] += weight * x
        sums[2] += weight * y
        sums[3] += weight * z
        sums[4] += weight * x * x
        sums[5] += weight * x * y
        sums[6] += weight * x * z
        sums[7] += weight * y * y
        sums[8] += weight * y * z
        sums[9] += weight * z * z
    for term in range(1, 10):
        sums[term] /= sums[0]


@fast
def _slope(sums, reach, slope):
    """Inverse of the spread of the particles, times their mean: the normal equations solved."""
    x, y, z = sums[1], sums[2], sums[3]
    firm = STIFFNESS * reach * reach
    xx, yy, zz = sums[4] - x * x + firm, sums[7] - y * y + firm, sums[9] - z * z + firm
    xy, xz, yz = sums[5] - x * y, sums[6] - x * z, sums[8] - y * z
    a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    determinant = xx * a + xy * b + xz * c
    slope[0] = (a * x + b * y + c * z) / determinant
    slope[1] = (b * x + (xx * zz - xz * xz) * y + (xy * xz - xx * yz) * z) / determinant
    slope[2] = (c * x + (xy * xz - xx * yz) * y + (xx * yy - xy * xy) * z) / determinant
