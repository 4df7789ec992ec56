"""Soft bodies -> the arrays that their forces work on; the longest step that these bear."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float64
from scipy.sparse.linalg import LinearOperator, eigsh

from ...motion.solids import BARRIER, Soft
from .model import Solids
from .solids import solid_forces

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
    E = np.array([len(one.elements) for one, _ in bodies], np.int64)
    D = np.array([len(one.patches.volumes) for one, _ in bodies], np.int64)
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
        ratio=np.ones(E.sum()),
        least=np.ones(E.sum()),
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
        viscous=np.zeros((D.sum(), 6)),
        limit=np.repeat([one.substance.yield_stress / one.shear_modulus for one, _ in bodies], D),
        plastic=np.tile([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], (D.sum(), 1)),
        turned=np.empty((2, 3, 3)),
        strain=np.empty(6),
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

    matrix = LinearOperator((3 * N, 3 * N), stiffened, dtype=np.float64)  # pyright: ignore[reportCallIssue]
    first = np.sin(np.arange(1.0, 3 * N + 1))
    largest = eigsh(
        matrix,
        1,
        which="LA",
        tol=ACCURACY,  # pyright: ignore[reportArgumentType]
        v0=first,
        return_eigenvectors=False,
    )
    return float(np.sqrt((1 + ACCURACY) * largest[0]))
