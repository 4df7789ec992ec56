"""Tetrahedra of soft bodies -> forces on their nodes: gradients of the energy of motion/solids.py.

Beside it act dampers. Of shear: a spring in series with a damper, beside the elastic one, so that
the stress lags by `damping` times its rate where that is slow; a bare damper would ask for steps
shorter by the damping times the highest frequency. Of volume: a damper of a share of a step, for
pressure waves from node to node. Both act on what does not turn with the body, so that they keep
momentum and angular momentum to rounding.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse.linalg import LinearOperator, eigsh

from ...jit import exact
from ...motion.solids import BARRIER, Soft
from ...motion.yielding import yield_one

STEP_SHARE = 0.5
"""Of the longest stable step at rest: pressed to half their height, elements take half of it."""
STIFFENING = 0.25
"""By how much the dampers' springs may stiffen pressure waves, in squared frequency over a half
[1]: steps are a fifth shorter."""
BULK_STEPS = 0.2
"""Viscous over elastic pressure, in steps, of bodies that have damping: a tenth of the critical
damping at the highest frequency, next to none below a tenth of it."""
PROBE = 1e-3
"""Of an element's size: how far nodes are moved to find how stiff a body is [1]."""
ACCURACY = 1e-2
"""Relative, of the squared highest frequency."""


class Solids(NamedTuple):
    """All soft bodies: E tetrahedra, D patches round edges, N points of all kinds."""

    corners: Int64[np.ndarray, "E 4"]
    """Points."""
    volume: Float64[np.ndarray, " E"]
    """At rest [m3]."""
    barrier: Float64[np.ndarray, " E"]
    """Of the logarithm of their own volume ratio [Pa]."""
    ratio: Float64[np.ndarray, " E"]
    """Volume over volume at rest, now [1]."""
    least: Float64[np.ndarray, " E"]
    """The smallest so far."""
    node_volume: Float64[np.ndarray, " N"]
    """A quarter of each tetrahedron's round a point at rest [m3]; 1 for points of other bodies."""
    lame: Float64[np.ndarray, " N"]
    """[Pa]; 0 for points of other bodies."""
    log: Float64[np.ndarray, " N"]
    """Of the logarithm of the volume ratio round a point [Pa]."""
    bulk_damping: Float64[np.ndarray, " N"]
    """Pressure per change of the volume ratio in a step [Pa]."""
    node_ratio: Float64[np.ndarray, " N"]
    """Volume over volume at rest round a point, a step ago [1]."""
    slope: Float64[np.ndarray, " N"]
    """Of the energy along the volume round a point, now [Pa]."""
    first: Int64[np.ndarray, " D+1"]
    """Where the rows of each patch start in the two arrays that follow."""
    point: Int64[np.ndarray, " K"]
    gradient: Float64[np.ndarray, "K 3"]
    """Of a point's shape function in the patch at rest [1/m]."""
    patch_volume: Float64[np.ndarray, " D"]
    """[m3]"""
    shear: Float64[np.ndarray, " D"]
    """[Pa]"""
    lagging: Float64[np.ndarray, " D"]
    """Twice the modulus of the spring that is in series with a damper [Pa]."""
    relaxing: Float64[np.ndarray, " D"]
    """Share of that spring's strain that its damper takes in a step [1]."""
    viscous: Float64[np.ndarray, "D 6"]
    """Strain of the damper: xx, yy, zz, yz, zx, xy."""
    limit: Float64[np.ndarray, " D"]
    """Yield stress over shear modulus [1]; 0: never yields."""
    plastic: Float64[np.ndarray, "D 6"]
    """See motion/yielding.py."""


def solids(
    bodies: Sequence[tuple[Soft, int]], places: Float64[np.ndarray, "N 3"], step_s: float
) -> Solids:
    """All soft bodies of a scene.

    Args:
        bodies: Each with the row of its first node.
        places: Of all points at the start [m].
        step_s: [s]
    """
    N = len(places)
    E, D = ([len(part) for part in parts] for parts in zip(
        *((one.elements, one.patches.volumes) for one, _ in bodies), strict=True
    )) if bodies else ([], [])  # fmt: skip
    node_volume = np.ones(N)
    lame, log, bulk = np.zeros(N), np.zeros(N), np.zeros(N)
    for one, start in bodies:
        rows = slice(start, start + len(one.nodes))
        node_volume[rows] = one.node_volumes
        lame[rows] = one.lame_modulus
        log[rows] = (1 - BARRIER) * one.shear_modulus
        bulk[rows] = min(BULK_STEPS, one.substance.damping / step_s) * one.lame_modulus
    lags = [_lag(one, step_s) for one, _ in bodies]
    slopes = [one.patches.slopes for one, _ in bodies]
    counts = [np.diff(x.indptr) for x, _, _ in slopes]
    now = Solids(
        corners=_joined([one.elements + start for one, start in bodies], (0, 4), np.int64),
        volume=_joined([one.volumes for one, _ in bodies], (0,)),
        barrier=np.repeat([BARRIER * one.shear_modulus for one, _ in bodies], E),
        ratio=np.ones(sum(E)),
        least=np.ones(sum(E)),
        node_volume=node_volume,
        lame=lame,
        log=log,
        bulk_damping=bulk,
        node_ratio=np.ones(N),
        slope=np.zeros(N),
        first=np.concatenate([[0], np.cumsum(_joined(counts, (0,), np.int64))]),
        point=_joined(
            [x.indices + start for (x, _, _), (_, start) in zip(slopes, bodies, strict=True)],
            (0,),
            np.int64,
        ),
        gradient=_joined([np.stack([s.data for s in one], 1) for one in slopes], (0, 3)),
        patch_volume=_joined([one.patches.volumes for one, _ in bodies], (0,)),
        shear=np.repeat([one.shear_modulus for one, _ in bodies], D),
        lagging=np.repeat([lagging for lagging, _ in lags], D),
        relaxing=np.repeat([relaxing for _, relaxing in lags], D),
        viscous=np.zeros((sum(D), 6)),
        limit=np.repeat([one.substance.yield_stress / one.shear_modulus for one, _ in bodies], D),
        plastic=np.tile([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], (sum(D), 1)),
    )
    solid_forces(now, places, np.zeros_like(places))
    now.viscous[:] = 0.0
    return now


def _joined(parts: list[np.ndarray], empty: tuple[int, ...], kind: type = np.float64) -> np.ndarray:
    return np.concatenate([np.zeros(empty, kind), *parts]).astype(kind)


def _lag(one: Soft, step_s: float) -> tuple[float, float]:
    """Twice the lagging spring's modulus [Pa], and what its damper takes in a step [1]."""
    damping = one.substance.damping
    if not damping > 0.0:
        return 0.0, 0.0
    time = damping / _stiffness_ratio(one)
    if np.isfinite(step_s):
        time = max(time, step_s)
    relaxing = -np.expm1(-step_s / time)
    return 2 * one.shear_modulus * damping / time, float(relaxing)


def _stiffness_ratio(one: Soft) -> float:
    """Of the lagging spring over the elastic one [1]."""
    return STIFFENING * (one.lame_modulus / one.shear_modulus + 2)


@exact
def solid_forces(
    solids: Solids, place: Float64[np.ndarray, "N 3"], force: Float64[np.ndarray, "N 3"]
) -> None:
    """Add to the forces on points; bring plastic and viscous strains up to date."""
    if len(solids.volume) == 0:
        return
    _measure(solids, place)
    _press(solids, place, force)
    _shear(solids, place, force)


@exact
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


@exact
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


Six = tuple[float, float, float, float, float, float]
Nine = tuple[float, float, float, float, float, float, float, float, float]


@exact
def _shear(solids: Solids, place: np.ndarray, force: np.ndarray) -> None:
    """Forces of the patches: stress F S, S = shear modulus times Cp^-1, and what lags."""
    f, room, inverse = np.empty((3, 3)), np.empty(6), np.empty((3, 3))
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


@exact
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


@exact
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


@lru_cache(maxsize=64)
def stable_step(one: Soft) -> float:
    """Of velocity Verlet, for a body with nothing else attached, times STEP_SHARE [s]."""
    return STEP_SHARE * 2 / highest_frequency(one)


def highest_frequency(one: Soft) -> float:
    """Of small motions about rest; the dampers' springs count in full [rad/s]."""
    rest, N = solids([(one, 0)], one.nodes, np.inf), len(one.nodes)
    rest.relaxing[:], rest.limit[:] = 0.0, 0.0
    roots = np.sqrt(one.masses)[:, None]
    way = PROBE * float(np.cbrt(one.volumes.min()))
    forces = np.zeros((2, N, 3))

    def stiffened(values: np.ndarray) -> np.ndarray:
        shift = values.reshape(N, 3) / roots
        scale = way / np.abs(shift).max()
        forces[:] = 0.0
        solid_forces(rest, one.nodes - scale * shift, forces[0])
        solid_forces(rest, one.nodes + scale * shift, forces[1])
        return ((forces[0] - forces[1]) / roots / (2 * scale)).ravel()

    matrix = LinearOperator((3 * N, 3 * N), stiffened, dtype=np.float64)
    first = np.sin(np.arange(1.0, 3 * N + 1))
    largest = eigsh(matrix, 1, which="LA", tol=ACCURACY, v0=first, return_eigenvectors=False)
    return float(np.sqrt((1 + ACCURACY) * largest[0]))
