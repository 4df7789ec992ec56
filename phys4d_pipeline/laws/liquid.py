"""Liquids: do they keep their volume, stay where walls and bodies let them, and lose energy?

Measured on the stored particles, each of which stands for the same share of its body's volume.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.solids import distance
from ..continuum import SIDES, Grid
from .evidence import Evidence

LOOKS = 12
"""Frames that the costly laws look at, evenly over the clip."""
BALL = 1.0
"""Radius of the balls in which particles are counted [cells]."""
COVER = 0.6
"""Liquid around such a ball: farther than the farthest place from particles in a full cell, half
the diagonal of their lattice of half a cell, 0.43, and some disorder [cells]."""
BALLS = 4000
"""In a frame, at random, since particles start on a lattice."""
FEWEST_BALLS = 1000
"""Deep inside, in half a clip, of some 33 particles each: fewer tell of a layer of a cell or two,
whose surfaces blur its density."""
AROUND = np.array([d for d in product((-1.0, 0.0, 1.0), repeat=3) if any(d)])
AROUND /= np.linalg.norm(AROUND, axis=1, keepdims=True)
"""(26, 3) unit vectors: towards the faces, edges and corners of a cube."""
VOLUME_BOUND = 0.02
DEPTH_BOUND = 0.25
AT_SIDE = 3.0
"""From an open side, what may have passed it between two frames [cells]."""
JUMP_BOUND = 0.25
ENERGY_BOUND = 0.01
LED_BOUND = 0.03  # measured: up to 2.7 % where a jug pours
LEVEL = 0.05
"""By which the middle of a pool is blurred [cells]."""


def liquid_volume(evidence: Evidence) -> Check | None:
    """How many particles share a place deep inside the liquid, against how many fill it.

    Balls whose surroundings are liquid all around, and which are clear of walls and bodies, are
    looked at; their mean filling is the liquid's density. The worse half of the clip counts: what
    is lost stays lost, but a splash holds small voids for some frames.
    """
    grid = evidence.spec.grid
    if grid is None or not (media := _liquids(evidence)):
        return None
    halves = [np.zeros(2), np.zeros(2)]  # of balls: how many, and the sum of their filling
    for frame in _looks(evidence):
        found = _fillings(evidence, grid, media, frame)
        halves[2 * frame >= evidence.states.num_frames] += len(found), found.sum()
    off = [abs(total / count - 1) for count, total in halves if count >= FEWEST_BALLS]
    if not off:
        return None
    return Check(
        name="liquid_volume",
        value=float(max(off)),
        bound=VOLUME_BOUND,
        unit="of the volume",
        source="Asked of every liquid; incompressible",
    )


def liquid_contained(evidence: Evidence) -> Check | None:
    """How far particles are beyond closed walls, under the ground or inside rigid bodies.

    What has been at an open side before may be anywhere outside: it was spilled.
    """
    grid = evidence.spec.grid
    if grid is None or not (media := _liquids(evidence)):
        return None
    deepest, spilled = 0.0, _first_outside(evidence, grid, media)
    for frame in _looks(evidence):
        points, _ = _particles(evidence, media, frame)
        deepest = max(deepest, float(-points[:, 2].min()))
        deepest = max(deepest, _beyond_walls(grid, points[spilled > frame]))
        for _, depth in _depths(evidence, frame, points, 0.0):
            deepest = max(deepest, float(-depth.min(initial=0.0)))
    return Check(
        name="liquid_contained",
        value=deepest / grid.cell,
        bound=DEPTH_BOUND,
        unit="cells",
        source="A quarter cell: half the spacing of particles",
    )


def liquid_energy(evidence: Evidence) -> Check | None:
    """E(t) - min of E before, over the most energy of all that moves; E = kinetic + weight - work.

    Weight counts from the grid's bottom. Besides the bound, the middle of all liquid may rise by a
    twentieth of a cell: a level is kept to a tenth.
    """
    spec, states = evidence.spec, evidence.states
    grid = spec.grid
    if grid is None or not _liquids(evidence) or any(body.thermal for body in spec.bodies):
        return None
    is_led = any(body.path for body in spec.bodies)
    mass = float(evidence.masses[evidence.is_free].sum())
    bottom = -mass * float(evidence.gravity @ grid.low)
    blur = LEVEL * grid.cell * mass * evidence.weight_rate
    total = states.kinetic_energy + states.potential_energy
    energy = total - states.work
    return Check(
        name="liquid_energy",
        value=float((energy - np.minimum.accumulate(energy)).max() / (total - bottom).max()),
        bound=(LED_BOUND if is_led else ENERGY_BOUND) + blur / float((total - bottom).max()),
        unit="of the energy",
        source="1 % asked of every liquid, 3 % where bodies are led: the work they do by holding "
        "particles back is not counted; and its middle raised by a twentieth of a cell",
    )


def liquid_kinematics(evidence: Evidence) -> Check | None:
    """Mean place of every liquid against the trapezoids of its mean velocity, frame by frame.

    Half a frame's change of the velocity is allowed: blows come within a frame.
    """
    grid = evidence.spec.grid
    if grid is None or not (media := _liquids(evidence)):
        return None
    worst = 0.0
    for index in media:
        places = evidence.states.points[index].mean(1, dtype=np.float64)
        speeds = evidence.states.point_velocities[index].mean(1, dtype=np.float64)
        steps = evidence.frame_s * (speeds[1:] + speeds[:-1]) / 2
        change = evidence.frame_s * np.linalg.norm(np.diff(speeds, axis=0), axis=1) / 2
        off = np.linalg.norm(np.diff(places, axis=0) - steps, axis=1) - change
        worst = max(worst, float(off.max(initial=0.0)))
    return Check(
        name="liquid_kinematics",
        value=worst / grid.cell,
        bound=JUMP_BOUND,
        unit="cells",
        source="Density is corrected without velocity, a quarter cell at most",
    )


def _fillings(
    evidence: Evidence, grid: Grid, media: list[int], frame: int
) -> Float64[np.ndarray, " N"]:
    """Volume of particles over that of a ball, of random balls deep inside the liquid."""
    radius, cover = BALL * grid.cell, COVER * grid.cell
    points, shares = _particles(evidence, media, frame)
    low = np.maximum(points.min(0), np.array(grid.low) + radius)
    high = np.minimum(points.max(0), np.array(grid.high) - radius)
    if (low >= high).any():
        return np.zeros(0)
    places = np.random.default_rng(frame).uniform(low, high, (BALLS, 3))
    rim = places[:, None] + (radius + cover) * AROUND
    walls = _walls(grid)
    is_beyond = ((rim <= walls[0]) | (rim >= walls[1])).any(2)
    tree = KDTree(points)
    gaps, _ = tree.query(rim.reshape(-1, 3), distance_upper_bound=cover)
    places = places[((gaps.reshape(is_beyond.shape) < cover) | is_beyond).all(1)]
    places = places[_free_of_bodies(evidence, frame, places, radius)]
    held = [shares[rows].sum() for rows in tree.query_ball_point(places, radius)]
    return np.array(held) / (4 / 3 * np.pi * radius**3)


def _liquids(evidence: Evidence) -> list[int]:
    bodies = enumerate(evidence.spec.bodies)
    return [k for k, body in bodies if body.form == "liquid" and k in evidence.states.points]


def _looks(evidence: Evidence) -> list[int]:
    last = evidence.states.num_frames - 1
    return sorted({round(last * k / (LOOKS - 1)) for k in range(LOOKS)})


def _particles(
    evidence: Evidence, media: list[int], frame: int
) -> tuple[Float64[np.ndarray, "N 3"], Float64[np.ndarray, " N"]]:
    """Places of all liquid [m], and the volumes that its particles stand for [m3]."""
    states = evidence.states
    points = [states.points[k][frame].astype(np.float64) for k in media]
    shares = [
        np.full(len(each), evidence.solids[k].volume / len(each))
        for k, each in zip(media, points, strict=True)
    ]
    return np.concatenate(points), np.concatenate(shares)


def _depths(
    evidence: Evidence, frame: int, points: Float64[np.ndarray, "N 3"], reach: float
) -> Iterator[tuple[Int64[np.ndarray, " M"], Float64[np.ndarray, " M"]]]:
    """(rows, signed distances) of points within a reach of each rigid body [m]."""
    for index in np.flatnonzero(evidence.is_rigid):
        solid, pose = evidence.solids[index], evidence.poses[frame, index]
        local = Rotation.from_quat(pose[3:], scalar_first=True).inv().apply(points - pose[:3])
        corners = solid.mesh.vertices
        near = (local > corners.min(0) - reach) & (local < corners.max(0) + reach)
        rows = np.flatnonzero(near.all(1))
        if len(rows):
            yield rows, distance(solid, local[rows], max(reach, 1e-6))


def _free_of_bodies(
    evidence: Evidence, frame: int, places: Float64[np.ndarray, "N 3"], reach: float
) -> Bool[np.ndarray, " N"]:
    is_free = np.ones(len(places), bool)
    for rows, found in _depths(evidence, frame, places, reach):
        is_free[rows[found < reach]] = False
    return is_free


def _walls(grid: Grid) -> Float64[np.ndarray, "2 3"]:
    """Closed sides below and above, per axis; infinitely far where they are open [m]."""
    ends = np.stack([grid.low, grid.high]).astype(np.float64)
    for number, side in enumerate(SIDES):
        if side in grid.open_sides:
            ends[number % 2, number // 2] = np.inf if number % 2 else -np.inf
    return ends


def _first_outside(evidence: Evidence, grid: Grid, media: list[int]) -> Int64[np.ndarray, " N"]:
    """First frame at which each particle was at an open side or beyond, or never [frames]."""
    frames = evidence.states.num_frames
    is_out = [np.zeros((frames, evidence.states.points[k].shape[1]), bool) for k in media]
    for number, side in enumerate(SIDES):
        axis, is_high = divmod(number, 2)
        if side not in grid.open_sides:
            continue
        end = (grid.high if is_high else grid.low)[axis]
        for known, k in zip(is_out, media, strict=True):
            beyond = (evidence.states.points[k][..., axis] - end) * (1 if is_high else -1)
            known |= beyond > -AT_SIDE * grid.cell
    known = np.concatenate(is_out, 1)
    return np.where(known.any(0), known.argmax(0), frames)


def _beyond_walls(grid: Grid, points: Float64[np.ndarray, "N 3"]) -> float:
    """Farthest of particles behind closed sides [m]."""
    low, high = _walls(grid)
    return float(np.maximum(low - points, points - high).max(initial=0.0))
