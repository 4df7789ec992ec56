"""Sand as a continuum: it is never packed denser, keeps out of bodies, lies no steeper than it can.

Particles of a continuum are shares of its volume, not grains: they may overlap.
"""

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import uniform_filter
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.solids import distance
from .evidence import Evidence

PER_CELL = 8
"""Particles that share a cell of packed sand [1]."""
CUBE = 3
"""Edge of the cubes in which particles are counted [cells]."""
CROWDED = 0.99
"""Of the particles, by how many share their cube: single cubes hold particles of a splash [1]."""
STRIDE = 20
"""Every so many frames are measured: sand cannot pack and loosen again between them."""
WINDOW = 5
"""Edge of the patches whose slope is measured [cells]."""
AT_REST = 0.01
"""Of the fastest hundredth of the particles [m/s]: half a pixel between frames, from 2 m."""
CLEAR = 3.0
"""Surface this near to a body is held by it, and may be steeper [cells]."""
THINNEST = 1.5
"""Layer that has a surface [cells]."""
EDGE_QUANTILE = 0.9
"""Of the slopes of patches: single steps of a particle's size are no slope [1]."""


def sand_packing(evidence: Evidence) -> Check | None:
    """How much denser than at the start the most crowded hundredth of the sand is packed."""
    spec, media = evidence.spec, _sand(evidence)
    if not media or spec.grid is None:
        return None
    edge, most = CUBE * spec.grid.cell, 0.0
    for frame in _frames(evidence):
        places = np.concatenate([evidence.states.points[k][frame] for k in media])
        cubes = np.floor((places - np.array(spec.grid.low)) / edge).astype(np.int64)
        _, cube, counts = np.unique(cubes, axis=0, return_inverse=True, return_counts=True)
        most = max(most, float(np.quantile(counts[cube.ravel()], CROWDED)))
    return Check(
        name="sand_packing",
        value=most / (PER_CELL * CUBE**3) - 1.0,
        bound=0.15,
        unit="1",
        source="Particles in cubes of 3 cells over 216, their number in packed sand; 3 % for "
        "elasticity under impacts, the rest (measured: up to 11 % in collapses) for particles "
        "that move closer than the grid can tell",
    )


def sand_depth(evidence: Evidence) -> Check | None:
    """How deep centres of particles are inside rigid bodies and the ground, in cells."""
    spec, media = evidence.spec, _sand(evidence)
    if not media or spec.grid is None:
        return None
    deepest = 0.0
    for frame in _frames(evidence):
        places = np.concatenate([evidence.states.points[k][frame] for k in media])
        places = places.astype(np.float64)
        deepest = max(deepest, float(-places[:, 2].min()))
        for k in np.flatnonzero(evidence.is_rigid):
            deepest = max(deepest, -_nearest(evidence, int(k), frame, places).min(initial=0.0))
    return Check(
        name="sand_depth",
        value=deepest / spec.grid.cell,
        bound=0.25,
        unit="cells",
        source="A particle's radius is 0.31 cells: what is drawn stays visible outside",
    )


def sand_repose(evidence: Evidence) -> Check | None:
    """Slope of the surface of sand at rest beyond its friction angle."""
    spec, media = evidence.spec, _sand(evidence)
    substances = [spec.bodies[k].substance for k in media]
    if not media or spec.grid is None or any(each.cohesion for each in substances):
        return None
    speeds = [evidence.states.point_velocities[k][-1].astype(np.float64) for k in media]
    if np.quantile(np.linalg.norm(np.concatenate(speeds), axis=1), 0.99) > AT_REST:
        return None
    places = np.concatenate([evidence.states.points[k][-1].astype(np.float64) for k in media])
    slopes = _slopes(evidence, places)
    if not len(slopes):
        return None
    steepest = np.degrees(np.arctan(np.quantile(slopes, EDGE_QUANTILE)))
    allowed = np.degrees(np.arctan(max(each.internal_friction for each in substances)))
    return Check(
        name="sand_repose",
        value=float(steepest - allowed),
        bound=3.0,
        unit="deg",
        source="At rest a slope is no steeper than the friction angle; planes through patches of "
        "5 x 5 cells of the surface, away from bodies; 3 degrees are asked of sand",
    )


def sand_energy(evidence: Evidence) -> Check | None:
    """Largest rise of kinetic energy and weight, less work done, over any earlier frame."""
    spec, states, media = evidence.spec, evidence.states, _sand(evidence)
    others = [k for k in evidence.media if k not in media]
    if not media or others or not all(body.form in ("rigid", "particles") for body in spec.bodies):
        return None
    kinetic, potential = evidence.energies
    balance = kinetic + potential - states.work
    weight = float((evidence.masses * evidence.is_free).sum()) * evidence.weight_rate
    scale = max(float(kinetic.max()), float(np.ptp(potential)), 0.01 * weight, 1e-12)
    return Check(
        name="sand_energy",
        value=float((balance - np.minimum.accumulate(balance)).max() / scale),
        bound=0.02,
        unit="1",
        source="Kinetic energy and weight less the work of led bodies may only fall; 1 % for what "
        "sand stores elastically and gives back, 1 % for time steps. Over the energy exchanged",
    )


def _sand(evidence: Evidence) -> list[int]:
    """Bodies of particles whose grains rub on each other, simulated on a grid."""
    spec = evidence.spec
    return [
        k
        for k in evidence.media
        if spec.bodies[k].form == "particles" and spec.bodies[k].substance.internal_friction > 0.0
    ]


def _frames(evidence: Evidence) -> range:
    return range(0, evidence.states.num_frames, STRIDE)


def _nearest(
    evidence: Evidence, k: int, frame: int, places: Float64[np.ndarray, "N 3"]
) -> Float64[np.ndarray, " _"]:
    """Signed distances to a body of the particles inside the sphere around it [m]."""
    pose, solid = evidence.poses[frame, k], evidence.solids[k]
    near = np.linalg.norm(places - pose[:3], axis=1) < solid.bounding_radius
    turn = Rotation.from_quat(pose[3:], scalar_first=True)
    return distance(solid, turn.inv().apply(places[near] - pose[:3]), np.inf)


def _slopes(evidence: Evidence, places: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, " _"]:
    """Tangents of the slopes of planes through patches of the surface."""
    grid = evidence.spec.grid
    assert grid is not None
    cell, low = grid.cell, np.array(grid.low)
    counts = np.array(grid.cells[:2])
    columns = np.floor((places[:, :2] - low[:2]) / cell).astype(int)
    inside = ((columns >= 0) & (columns < counts)).all(1)
    columns, places = columns[inside], places[inside]
    tops = np.full(counts, -np.inf)
    np.maximum.at(tops, (columns[:, 0], columns[:, 1]), places[:, 2] - low[2])
    tops[_beside_bodies(evidence, low, cell, counts)] = -np.inf
    filled = tops > THINNEST * cell
    whole = uniform_filter(filled.astype(np.float64), WINDOW, mode="constant") > 1 - 1e-6
    heights = np.where(filled, tops, 0.0)
    offsets = np.arange(WINDOW) - WINDOW // 2
    spread = cell * WINDOW * float((offsets**2).sum())
    slopes = []
    for i, j in np.argwhere(whole):
        half = WINDOW // 2
        patch = heights[i - half : i + half + 1, j - half : j + half + 1]
        slopes.append(np.hypot((offsets @ patch).sum(), (patch @ offsets).sum()) / spread)
    return np.array(slopes)


def _beside_bodies(
    evidence: Evidence, low: Float64[np.ndarray, "3"], cell: float, counts: np.ndarray
) -> np.ndarray:
    """(X, Y) columns in the boxes around bodies, and a little beyond."""
    beside = np.zeros(counts, bool)
    for k in np.flatnonzero(evidence.is_rigid):
        pose = evidence.poses[-1, k]
        turn = Rotation.from_quat(pose[3:], scalar_first=True)
        corners = turn.apply(evidence.solids[k].mesh.vertices.copy()) + pose[:3]
        first = np.floor((corners.min(0)[:2] - low[:2]) / cell - CLEAR).astype(int)
        last = np.ceil((corners.max(0)[:2] - low[:2]) / cell + CLEAR).astype(int)
        first, last = np.clip(first, 0, counts), np.clip(last, 0, counts)
        beside[first[0] : last[0], first[1] : last[1]] = True
    return beside
