"""Bodies that float at rest in liquid at rest: do they displace their own mass (Archimedes)?

Measured on where body and particles are, whatever pushed the body there.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..shapes import Solid
from ..simulate.distance_grid import distance_grid
from .evidence import Evidence

BOUND = 0.05
REST_FRAMES = 20
"""At the end of the clip, in which body and liquid have to rest."""
BOB = 0.06
"""By which the middle of a body at rest may go up and down, over its radius [1]."""
CALM = 0.1
"""Root mean square speed of liquid at rest [m/s]: waves of half a millimetre."""
NODES = 24
"""Over the radius of a body, to measure what is under the level."""
BLUR = 0.1
"""By which the level of particles is uncertain [cells]: they lie in layers of half a cell."""
BESIDE = 4.0
"""Cells around a body in which the level is looked for."""
FEWEST_COLUMNS = 12


def buoyancy(evidence: Evidence) -> Check | None:
    """Mass displaced under the level around a floating body against its own."""
    off = [error for body in _at_rest(evidence) for error in _errors(evidence, body)]
    if not off:
        return None
    return Check(
        name="buoyancy",
        value=float(max(off)),
        bound=BOUND,
        unit="1",
        source="Archimedes: what floats at rest displaces its mass; beyond a tenth of a cell of "
        "level",
    )


def _at_rest(evidence: Evidence) -> Iterator[int]:
    """Free bodies that bob little at the end and touch only liquid, while all liquid is calm."""
    states, frames = evidence.states, evidence.states.num_frames
    liquids = [k for k in evidence.media if evidence.spec.bodies[k].form == "liquid"]
    if not liquids or evidence.spec.grid is None or frames <= REST_FRAMES:
        return
    if any(k not in states.point_velocities for k in liquids):
        return
    late = slice(frames - REST_FRAMES, frames)
    speeds = [states.point_velocities[k][late].astype(np.float64) for k in liquids]
    square = np.concatenate([(each**2).sum(2) for each in speeds], 1).mean()
    if square > CALM**2:
        return
    pairs = evidence.contact_bodies[evidence.contact_frames >= late.start]
    for body in np.flatnonzero(evidence.is_free & evidence.is_rigid & ~evidence.is_held):
        met = set(pairs[(pairs == body).any(1)].ravel().tolist()) - {int(body)}
        heights = evidence.poses[late, body, 2]
        if met and met <= set(liquids) and np.ptp(heights) < BOB * evidence.radii[body]:
            yield int(body)


def _errors(evidence: Evidence, body: int) -> Iterator[float]:
    """Of the displaced mass, relative; the mean over the frames at rest, where there is a level."""
    grid, solid = evidence.spec.grid, evidence.solids[body]
    assert grid is not None
    frames = range(evidence.states.num_frames - REST_FRAMES, evidence.states.num_frames)
    levels = [_level(evidence, body, frame) for frame in frames]
    if not np.isfinite(levels).all():
        return
    density = np.mean(
        [evidence.spec.bodies[k].substance.density for k in evidence.media if k != body]
    )
    step = BLUR * grid.cell
    under = np.array(
        [
            _under(solid, evidence.poses[frame, body], level + np.array([-step, 0.0, step]))
            for frame, level in zip(frames, levels, strict=True)
        ]
    ).mean(0)
    off = abs(under[1] * density / evidence.masses[body] - 1)
    unsure = (under[2] - under[0]) / 2 * density / evidence.masses[body]
    yield float(max(0.0, off - unsure))


def _level(evidence: Evidence, body: int, frame: int) -> float:
    """Height of the liquid around a body: half a spacing over its highest particles [m]."""
    grid, states = evidence.spec.grid, evidence.states
    assert grid is not None
    media = [k for k in evidence.media if k in states.radii]
    places = np.concatenate([states.points[k][frame] for k in media]).astype(np.float64)
    radius = np.median(np.concatenate([states.radii[k] for k in media]))
    middle, reach = evidence.poses[frame, body, :2], evidence.radii[body]
    away = np.linalg.norm(places[:, :2] - middle, axis=1)
    near = places[(away > reach + grid.cell) & (away < reach + BESIDE * grid.cell)]
    columns = np.floor((near[:, :2] - grid.low[:2]) / grid.cell).astype(np.int64)
    _, column = np.unique(columns, axis=0, return_inverse=True)
    tops = np.full(int(column.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(tops, column.ravel(), near[:, 2])
    return float(np.median(tops) + radius) if len(tops) >= FEWEST_COLUMNS else float("nan")


def _under(
    solid: Solid, pose: Float64[np.ndarray, "7"], levels: Float64[np.ndarray, " L"]
) -> Float64[np.ndarray, " L"]:
    """Volume of a body under several levels [m3]."""
    spacing = solid.bounding_radius / NODES
    lattice = distance_grid(solid, spacing, 2 * spacing)
    inside = np.clip(0.5 - lattice.values.astype(np.float64) / spacing, 0.0, 1.0)
    some = np.argwhere(inside > 0.0)
    up = Rotation.from_quat(pose[3:], scalar_first=True).as_matrix()[2]
    heights = (some * spacing + lattice.low) @ up + pose[2]
    share = np.clip(0.5 + (levels[:, None] - heights) / spacing, 0.0, 1.0)
    volumes = inside[tuple(some.T)]
    return share @ volumes / volumes.sum() * solid.volume
