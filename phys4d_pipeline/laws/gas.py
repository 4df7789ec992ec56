"""Gas seen by tracers: they keep out of bodies, follow the flow, are not squeezed or overheated.

A body of particles with viscosity is a gas or liquid that its tracers move with; grains have none.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.solids import distance
from ..shapes import build
from .evidence import Evidence

SAMPLES = 12
"""Frames at which places are looked at: tracers that have got into a body stay there."""
DEPTH = 1e-3  # [m]; half a pixel at 2 m, as for rigid bodies
JUMP = 0.5  # of a cell [1]: velocities are known to a cell
OVERSHOOT = 0.02  # of the range of temperatures [1]: rounding, and sums of three sweeps
BIN_COUNT = 40.0  # tracers in a bin at the start [1]: their number is known to 16 %
CROWDED = 0.9  # quantile of the densities that tracers are in
SQUEEZE = 1.35
"""Density over that at the start [1]: 1 for exact paths, and two sigma of the counts."""
FASTER = 1.5
"""Speed over that of free rise [1]: eddies pass some of the energy on to a part of the gas."""
FLAME_DENSITY = 10.0  # [kg/m3]; rigid bodies under it are flames, which gas passes through


def tracer_depth(evidence: Evidence) -> Check | None:
    """Tracers inside bodies or the ground."""
    if not _gases(evidence):
        return None
    deepest = 0.0
    for frame in _frames(evidence):
        places = np.concatenate([evidence.states.points[k][frame] for k in _gases(evidence)])
        places = places.astype(np.float64)
        deepest = max(deepest, -float(places[:, 2].min()))
        for index, body in enumerate(evidence.spec.bodies):
            if body.form == "rigid" and body.substance.density > FLAME_DENSITY:
                deepest = max(deepest, _depth(evidence, index, places, int(frame)))
    return Check(
        name="tracer_depth",
        value=deepest,
        bound=DEPTH,
        unit="m",
        source="Gas flows around bodies; half a pixel at 2 m",
    )


def tracer_paths(evidence: Evidence) -> Check | None:
    """Steps of tracers against their velocities at both ends, beyond what those differ by.

    Those that come within a cell of a body are left out: it may hold them back.
    """
    grid = evidence.spec.grid
    if not _gases(evidence) or grid is None or evidence.states.num_frames < 2:
        return None
    worst = 0.0
    for index in _gases(evidence):
        points = evidence.states.points[index].astype(np.float64)
        speeds = evidence.states.point_velocities[index].astype(np.float64)
        left = np.diff(points, axis=0) - 0.5 * evidence.frame_s * (speeds[1:] + speeds[:-1])
        change = np.linalg.norm(np.diff(speeds, axis=0), axis=2) * evidence.frame_s
        beyond = np.linalg.norm(left, axis=2) - change
        inside = _inside(evidence, points)
        beyond = np.where(inside[1:] & inside[:-1], beyond, 0.0)
        suspects = np.argwhere(beyond > JUMP * grid.cell)
        for frame in np.unique(suspects[:, 0]):
            rows = suspects[suspects[:, 0] == frame, 1]
            beyond[frame, rows[_beside(evidence, points[frame + 1, rows], int(frame) + 1)]] = 0.0
        worst = max(worst, float(beyond.max()))
    return Check(
        name="tracer_paths",
        value=worst / grid.cell,
        bound=JUMP,
        unit="cells",
        source="Tracers move with the gas; velocities are known to a cell",
    )


def tracer_heat(evidence: Evidence) -> Check | None:
    """Temperatures of tracers beyond those of the air and of all warm bodies."""
    spec = evidence.spec
    thermals = [body.thermal for body in spec.bodies if body.thermal]
    warm = [k for k in _gases(evidence) if k in evidence.states.temperatures]
    if not warm or any(thermal.power for thermal in thermals):
        return None
    known = [spec.air_temperature, *(thermal.temperature for thermal in thermals)]
    low, high = min(known), max(known)
    if high == low:
        return None
    found = [evidence.states.temperatures[k].astype(np.float64) for k in warm]
    beyond = max(max(float(t.max()) - high, low - float(t.min())) for t in found)
    return Check(
        name="tracer_heat",
        value=max(beyond, 0.0) / (high - low),
        bound=OVERSHOOT,
        unit="of the range",
        source="Mixing and conduction make nothing warmer than the warmest (maximum principle)",
    )


def tracer_density(evidence: Evidence) -> Check | None:
    """Density of the cloud where it is dense, over that at the start."""
    gases = [k for k in _gases(evidence) if evidence.states.points[k].shape[1] >= 10 * BIN_COUNT]
    if not gases:
        return None
    worst = 0.0
    for index in gases:
        points = evidence.states.points[index].astype(np.float64)
        volume = build(evidence.spec.bodies[index].shape).volume
        edge = (BIN_COUNT * volume / points.shape[1]) ** (1 / 3)
        for frame in _frames(evidence):
            counts = _neighbours(points[frame], edge)
            worst = max(worst, float(np.quantile(counts, CROWDED)) / BIN_COUNT)
    return Check(
        name="tracer_density",
        value=worst,
        bound=SQUEEZE,
        unit="1",
        source="The flow is free of divergence: the cloud is nowhere squeezed",
    )


def tracer_speed(evidence: Evidence) -> Check | None:
    """Speeds of tracers over that of warm gas that rises freely through the whole box."""
    spec, grid = evidence.spec, evidence.spec.grid
    gases = _gases(evidence)
    thermals = [body.thermal for body in spec.bodies if body.thermal]
    if not gases or grid is None or not thermals or any(thermal.power for thermal in thermals):
        return None
    expansion = max(3.0 * thermal.expansion for thermal in thermals)
    lightest = 0.0
    for thermal in thermals:
        warmer = abs(thermal.temperature - spec.air_temperature)
        share = expansion * warmer if expansion else warmer / thermal.temperature
        lightest = max(lightest, share)
    height = grid.cell * grid.cells[2]
    driven = max(np.linalg.norm(spec.bodies[k].linear_velocity) for k in gases)
    driven += np.linalg.norm(grid.wind) + grid.unrest + _led_speed(evidence)
    free = float(np.sqrt(driven**2 + 2.0 * evidence.weight_rate * lightest * height))
    fastest = max(
        float(np.linalg.norm(evidence.states.point_velocities[k], axis=2).max()) for k in gases
    )
    return Check(
        name="tracer_speed",
        value=fastest / max(free, 1e-9),
        bound=FASTER,
        unit="1",
        source="Weight does no more work than lightness * g * height (Bernoulli)",
    )


def tracer_rise(evidence: Evidence) -> Check | None:
    """Sinking of all warm tracers together, over the fastest that they rose."""
    spec, slowest, fastest = evidence.spec, 0.0, 0.0
    for index in _gases(evidence):
        thermal = spec.bodies[index].thermal
        if thermal is None or thermal.temperature <= spec.air_temperature:
            continue
        speeds = evidence.states.velocities[:, index, 2].astype(np.float64)
        slowest, fastest = min(slowest, float(speeds.min())), max(fastest, float(speeds.max()))
    if fastest == 0.0:
        return None
    return Check(
        name="tracer_rise",
        value=-slowest / fastest,
        bound=0.1,
        unit="1",
        source="Weight lifts warm gas; eddies may carry a tenth of it down for a while",
        blocking=False,
    )


def _gases(evidence: Evidence) -> list[int]:
    bodies = evidence.spec.bodies
    return [
        k
        for k in evidence.media
        if bodies[k].form == "particles"
        and bodies[k].substance.viscosity > 0
        and k in evidence.states.points
        and k in evidence.states.point_velocities
    ]


def _frames(evidence: Evidence) -> Int64[np.ndarray, " S"]:
    last = evidence.states.num_frames - 1
    return np.unique(np.linspace(0, last, SAMPLES).round().astype(np.int64))


def _depth(evidence: Evidence, index: int, places: Float64[np.ndarray, "N 3"], frame: int) -> float:
    """How deep places lie in a rigid body at a frame [m]."""
    pose, solid = evidence.poses[frame, index], evidence.solids[index]
    turn = Rotation.from_quat(pose[3:], scalar_first=True)
    local = turn.inv().apply(places - pose[:3])
    vertices = solid.mesh.vertices
    near = ((local > vertices.min(0)) & (local < vertices.max(0))).all(1)
    if not near.any():
        return 0.0
    found = distance(solid, local[near], DEPTH)
    return max(-float(found.min()), 0.0)


def _beside(
    evidence: Evidence, places: Float64[np.ndarray, "N 3"], frame: int
) -> Bool[np.ndarray, " N"]:
    """Is a body within a cell?"""
    assert evidence.spec.grid is not None
    reach, found = evidence.spec.grid.cell, np.zeros(len(places), bool)
    for index, body in enumerate(evidence.spec.bodies):
        if body.form == "rigid" and body.substance.density > FLAME_DENSITY:
            pose = evidence.poses[frame, index]
            turn = Rotation.from_quat(pose[3:], scalar_first=True)
            local = turn.inv().apply(places - pose[:3])
            found |= np.isfinite(distance(evidence.solids[index], local, reach))
    return found


def _inside(evidence: Evidence, points: Float64[np.ndarray, "T N 3"]) -> Bool[np.ndarray, "T N"]:
    """In the grid, a cell away from its sides: outside it velocities go on as at the side."""
    grid = evidence.spec.grid
    assert grid is not None
    low, high = np.array(grid.low) + grid.cell, np.array(grid.high) - grid.cell
    return np.asarray(((points > low) & (points < high)).all(2))


def _neighbours(places: Float64[np.ndarray, "N 3"], edge: float) -> Float64[np.ndarray, " N"]:
    """Tracers in the bin of each tracer."""
    bins = np.floor((places - places.min(0)) / edge).astype(np.int64)
    spans = bins.max(0) + 1
    keys = (bins[:, 0] * spans[1] + bins[:, 1]) * spans[2] + bins[:, 2]
    _, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[which.ravel()].astype(np.float64)


def _led_speed(evidence: Evidence) -> float:
    led = [k for k, body in enumerate(evidence.spec.bodies) if body.path]
    reach = [evidence.radii[k] * np.linalg.norm(evidence.angular[:, k], axis=1).max() for k in led]
    speed = [np.linalg.norm(evidence.linear[:, k], axis=1).max() for k in led]
    return float(max((a + b for a, b in zip(reach, speed, strict=True)), default=0.0))
