"""Ropes keep their length, and no strand is inside or passes through a strand or a body."""

import numpy as np
from jaxtyping import Bool, Float64
from scipy.ndimage import maximum_filter1d
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.solids import distance
from ..clearance.strands import Pieces, corners, cubic, fast_pairs, nearest, passages
from .evidence import Evidence
from .motion import SLACK, unexplained, velocity_changes

STRETCH, OVERLAP = 0.01, 0.1
"""Of the length of any piece, and of the diameter [1]: asked of every rope."""
PART_OF_FRAME = 8
"""Times looked at from frame to frame where strands move by more than they are thick."""
AROUND, REBOUND = 180.0, 2.0
"""Twice the largest change of velocity of the points that a wave reaches within a frame, so many
in a second [1/s] to both sides, explains the motion of the one in the middle."""
HALF_THROUGH = 0.5
"""Of the radius: a middle line that is deeper than this inside a body has entered it."""


def rope_stretch(evidence: Evidence) -> Check | None:
    """Largest change of the length of any piece of any rope, in any frame."""
    stretch = []
    for index, places in evidence.points.items():
        lengths = np.linalg.norm(np.diff(places, axis=1), axis=2)
        stretch.append(float(np.abs(lengths / evidence.ropes[index].spacing - 1.0).max()))
    if not stretch:
        return None
    return Check(
        name="rope_stretch",
        value=max(stretch),
        bound=STRETCH,
        unit="1",
        source="Every piece in every frame is as long as at rest; 1 % is asked of every rope",
    )


def rope_clearance(evidence: Evidence) -> Check | None:
    """How far strands are inside each other, of their diameter."""
    if not evidence.points:
        return None
    pieces, places, _ = _strands(evidence)
    worst = 0.0
    for points in places:
        pairs = pieces.near(points, 0.0)
        if pairs.size:
            gap, _ = nearest(corners(pieces, points, pairs))
            worst = max(worst, float((1.0 - gap / pieces.radius[pairs].sum(0)).max()))
    return Check(
        name="rope_clearance",
        value=worst,
        bound=OVERLAP,
        unit="1",
        source="Distance of middle lines, segment to segment, in every frame, but for pieces less "
        "than half a turn of the tightest bend apart: at least 0.9 of the diameter",
    )


def rope_passages(evidence: Evidence) -> Check | None:
    """How often a strand passes through a strand between frames."""
    if not evidence.points:
        return None
    pieces, places, speeds = _strands(evidence)
    reach = evidence.frame_s * np.maximum(np.abs(speeds[1:]), np.abs(speeds[:-1]))
    moved = np.diff(places, axis=0)
    shifts = np.where(np.abs(moved) > reach, moved, np.copysign(reach, moved))
    count = 0
    for frame, pairs in fast_pairs(pieces, places, shifts):
        ends = [
            corners(pieces, array[k], pairs)
            for k in (frame, frame + 1)
            for array in (places, evidence.frame_s * speeds)
        ]
        count += int(passages(ends[0], ends[1], ends[2], ends[3], PART_OF_FRAME).sum())
    return Check(
        name="rope_passages",
        value=float(count),
        bound=0.0,
        unit="passages",
        source="Between frames points move along cubics through their places and velocities: no "
        "middle line crosses another",
    )


def rope_depth(evidence: Evidence) -> Check | None:
    """How deep strands are inside rigid bodies and the ground, of their diameter."""
    if not evidence.points:
        return None
    worst = 0.0
    for index, places in evidence.points.items():
        radius = evidence.ropes[index].radius
        worst = max(worst, float(radius - places[..., 2].min()) / (2 * radius))
        middles = (places[:, 1:] + places[:, :-1]) / 2
        samples = np.concatenate([places, middles], axis=1)
        for body in np.flatnonzero(evidence.is_rigid):
            watched = ~_starts_inside(evidence, index, int(body), samples[:1])
            gaps = _gaps(evidence, int(body), samples, radius, np.arange(len(samples)), watched)
            worst = max(worst, float(radius - gaps.min()) / (2 * radius))
    return Check(
        name="rope_depth",
        value=worst,
        bound=OVERLAP,
        unit="1",
        source="Points and middles of all pieces, but for what starts inside the body it is tied "
        "to: no deeper than a tenth of the diameter, as strands in strands",
    )


def rope_tunnelling(evidence: Evidence) -> Check | None:
    """How many points of ropes enter a rigid body between frames."""
    if not evidence.points:
        return None
    count = 0
    for index, places in evidence.points.items():
        radius, speeds = evidence.ropes[index].radius, evidence.point_velocities[index]
        shifts = evidence.frame_s * speeds
        for body in np.flatnonzero(evidence.is_rigid):
            drift = evidence.frame_s * evidence.linear[:, body, None]
            fast = np.linalg.norm(shifts - drift, axis=2) > radius
            watched = (fast[1:] | fast[:-1]) & ~_starts_inside(
                evidence, index, int(body), places[:1]
            )
            if not watched.any():
                continue
            for part in np.arange(1, PART_OF_FRAME) / PART_OF_FRAME:
                between = cubic(places[:-1], shifts[:-1], places[1:], shifts[1:], part)
                times = np.arange(len(between)) + part
                gaps = _gaps(evidence, int(body), between, radius, times, watched)
                count += int((gaps < -HALF_THROUGH * radius).sum())
    return Check(
        name="rope_tunnelling",
        value=float(count),
        bound=0.0,
        unit="points",
        source="Between frames points move along cubics through their places and velocities: no "
        "middle line enters a body by half the radius",
    )


def rope_kinematics(evidence: Evidence) -> Check | None:
    """How far points of ropes moved beyond what their velocities explain."""
    if not evidence.points:
        return None
    reach, excess = 1 + 2 * round(AROUND * evidence.frame_s), []
    for index, places in evidence.points.items():
        speeds = evidence.point_velocities[index]
        off = unexplained(places, speeds, evidence.frame_s)
        pushed = maximum_filter1d(velocity_changes(speeds), reach, axis=1)
        excess.append(float((off - REBOUND * evidence.frame_s * pushed).max()))
    return Check(
        name="rope_kinematics",
        value=1e3 * max(0.0, *excess),
        bound=1e3 * SLACK,
        unit="mm",
        source="Between frames a point moves by its mean velocity, up to twice the frame time "
        "times the largest change of velocity around; 1 mm as for rigid bodies",
    )


def _strands(
    evidence: Evidence,
) -> tuple[Pieces, Float64[np.ndarray, "T P 3"], Float64[np.ndarray, "T P 3"]]:
    """All ropes: their pieces, and places and velocities of all their points."""
    counts = np.array([places.shape[1] for places in evidence.points.values()])
    offset = np.cumsum(counts) - counts
    rods = evidence.ropes.values()
    sizes = counts - 1
    place = np.concatenate([np.arange(size) for size in sizes])
    pieces = Pieces(
        strand=np.repeat(np.arange(len(counts)), sizes),
        place=place,
        first=place + np.repeat(offset, sizes),
        radius=np.repeat([rod.radius for rod in rods], sizes),
        # A strand that turns back upon itself does so in half a turn of its own radius.
        apart=np.repeat(
            [int(np.ceil(np.pi * rod.radius / rod.spacing)) + 1 for rod in rods], sizes
        ),
    )
    places = np.concatenate(list(evidence.points.values()), axis=1)
    return pieces, places, np.concatenate(list(evidence.point_velocities.values()), axis=1)


def _gaps(
    evidence: Evidence,
    body: int,
    samples: Float64[np.ndarray, "K N 3"],
    reach: float,
    times: np.ndarray,
    watched: Bool[np.ndarray, "*K N"],
) -> Float64[np.ndarray, "K N"]:
    """Signed distances to a body [m]; +inf beyond the reach, and of points that are not watched.

    Args:
        evidence: The clip.
        body: Index of a rigid body.
        samples: Places at K times [m].
        reach: [m]
        times: In frames; between two frames the body is half-way, as it were.
        watched: Which samples to look at.
    """
    poses = _between(evidence.poses[:, body], times)
    solid = evidence.solids[body]
    apart = samples - poses[:, None, :3]
    gaps = np.full(samples.shape[:2], np.inf)
    near = np.einsum("knx,knx->kn", apart, apart) < (solid.bounding_radius + reach) ** 2
    rows = np.nonzero(near & watched)
    if len(rows[0]):
        turns = Rotation.from_quat(poses[:, 3:], scalar_first=True).as_matrix()
        local = np.einsum("nyx,ny->nx", turns[rows[0]], apart[rows])
        gaps[rows] = distance(solid, local, reach)
    return gaps


def _between(poses: Float64[np.ndarray, "T 7"], times: np.ndarray) -> Float64[np.ndarray, "K 7"]:
    """Poses at parts of frames, on the straight line; quaternions need not be of length 1."""
    before = np.floor(times).astype(int)
    part = (times - before)[:, None]
    after = np.minimum(before + 1, len(poses) - 1)
    return (1.0 - part) * poses[before] + part * poses[after]


def _starts_inside(
    evidence: Evidence, rope: int, body: int, first: Float64[np.ndarray, "1 N 3"]
) -> Bool[np.ndarray, " N"]:
    """Which samples of a rope touch a body that it is tied to, at the start?"""
    names = evidence.spec.bodies[rope].name, evidence.spec.bodies[body].name
    if not any((tie.body, tie.holder) == names for tie in evidence.spec.ties):
        return np.zeros(first.shape[1], bool)
    everything = np.ones(first.shape[:2], bool)
    radius = evidence.ropes[rope].radius
    return _gaps(evidence, body, first, radius, np.array([0]), everything)[0] < radius
