"""Straight pieces of strands -> how near they come, which may meet, whether they pass through.

All pieces of all strands in one list; arrays over pieces have the axis S.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial import KDTree

BISECTIONS = 20  # of a time interval: a millionth of it
FLAT = 1e-12  # [1]; squared sine of the angle between pieces that count as parallel


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """Which pieces there are, at no time in particular."""

    strand: Int64[np.ndarray, " S"]
    """Number of the strand."""
    place: Int64[np.ndarray, " S"]
    """Number of the piece along it; its points are this one and the next."""
    first: Int64[np.ndarray, " S"]
    """Its first point, counted over all strands."""
    radius: Float64[np.ndarray, " S"]
    """[m]"""
    apart: Int64[np.ndarray, " S"]
    """Pieces of one strand whose numbers differ by less are neighbours and cannot meet."""

    def near(self, points: Float64[np.ndarray, "P 3"], margin: float) -> Int64[np.ndarray, "2 N"]:
        """Pairs that are no neighbours and may be nearer than this, surface to surface."""
        starts, ends = points[self.first], points[self.first + 1]
        longest = float(np.linalg.norm(ends - starts, axis=1).max(initial=0.0))
        reach = longest + 2 * float(self.radius.max(initial=0.0)) + margin
        found = KDTree((starts + ends) / 2).query_pairs(reach, output_type="ndarray")
        one, other = np.sort(found, axis=1).T.astype(np.int64)
        meets = (self.strand[one] != self.strand[other]) | (
            np.abs(self.place[one] - self.place[other]) >= self.apart[one]
        )
        return np.stack([one[meets], other[meets]])


def nearest(
    points: Float64[np.ndarray, "N 4 3"],
) -> tuple[Float64[np.ndarray, " N"], Float64[np.ndarray, "N 2"]]:
    """Distance of two segments [m] and where on each, as a share of its length.

    Ericson, Real-Time Collision Detection, 5.1.9.

    Args:
        points: Start and end of the one, start and end of the other.
    """
    along, other = points[:, 1] - points[:, 0], points[:, 3] - points[:, 2]
    between = points[:, 0] - points[:, 2]
    a, e, b = (_dot(*pair) for pair in ((along, along), (other, other), (along, other)))
    c, f = _dot(along, between), _dot(other, between)
    a, e = np.maximum(a, 1e-300), np.maximum(e, 1e-300)
    sine = a * e - b * b
    s = np.where(sine > FLAT * a * e, np.clip((b * f - c * e) / np.maximum(sine, 1e-300), 0, 1), 0)
    t = np.clip((b * s + f) / e, 0, 1)
    s = np.clip((b * t - c) / a, 0, 1)
    gap = between + s[:, None] * along - t[:, None] * other
    return np.sqrt(_dot(gap, gap)), np.stack([s, t], 1)


def passages(
    before: Float64[np.ndarray, "N 4 3"],
    speed_before: Float64[np.ndarray, "N 4 3"],
    after: Float64[np.ndarray, "N 4 3"],
    speed_after: Float64[np.ndarray, "N 4 3"],
    intervals: int,
) -> Bool[np.ndarray, " N"]:
    """Do the middle lines of pairs of segments pass through each other?

    Points move along cubics that have their places and velocities at both ends; the handedness
    of a pair turns over when one segment crosses the line of the other.

    Args:
        before: Start and end of the one, start and end of the other [m].
        speed_before: Of these points, times the time between before and after [m].
        after: As `before`.
        speed_after: As `speed_before`.
        intervals: Parts of the time in which the handedness may turn over once.
    """
    times = np.linspace(0.0, 1.0, intervals + 1)
    hands = [
        _hand(cubic(before, speed_before, after, speed_after, time)) for time in times.tolist()
    ]
    passed = np.zeros(len(before), bool)
    for k in range(intervals):
        rows = np.flatnonzero((hands[k] > 0) != (hands[k + 1] > 0))
        chosen = before[rows], speed_before[rows], after[rows], speed_after[rows]
        low, high = np.full(len(rows), times[k]), np.full(len(rows), times[k + 1])
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            is_later = (_hand(cubic(*chosen, middle[:, None, None])) > 0) == (hands[k][rows] > 0)
            low, high = np.where(is_later, middle, low), np.where(is_later, high, middle)
        meeting = cubic(*chosen, high[:, None, None])
        gap, _ = nearest(meeting)
        length = np.linalg.norm(np.diff(meeting, axis=1)[:, ::2], axis=2).max(1, initial=0.0)
        passed[rows] |= gap < 1e-3 * length  # in one plane they meet, or are far from it
    return passed


def fast_pairs(
    pieces: Pieces,
    places: Float64[np.ndarray, "T P 3"],
    shifts: Float64[np.ndarray, "S P 3"],
) -> Iterator[tuple[int, Int64[np.ndarray, "2 N"]]]:
    """(frame, pairs of pieces) that move towards each other by more than they are thick.

    Args:
        pieces: All of them.
        places: Of their points at the frames [m].
        shifts: Of their points, at most, from frame to frame [m].
    """
    for frame, shift in enumerate(shifts):
        relative = shift - shift.mean(0)
        fastest = 2 * float(np.linalg.norm(relative, axis=1).max(initial=0.0))
        if fastest < 2 * pieces.radius.min(initial=np.inf):
            continue
        pairs = pieces.near(places[frame], fastest)
        ends = [pairs[0], pairs[0], pairs[1], pairs[1]]
        moved = [relative[pieces.first[end] + k % 2] for k, end in enumerate(ends)]
        apart = [np.linalg.norm(moved[i] - moved[j], axis=1) for i in (0, 1) for j in (2, 3)]
        chosen = corners(pieces, places[frame], pairs)
        gap, _ = nearest(chosen)
        is_near = gap < np.max(apart, axis=0)
        if is_near.any():
            yield frame, pairs[:, is_near]


def corners(
    pieces: Pieces, points: Float64[np.ndarray, "P 3"], pairs: Int64[np.ndarray, "2 N"]
) -> Float64[np.ndarray, "N 4 3"]:
    """Start and end of the one, start and end of the other."""
    one, other = pieces.first[pairs[0]], pieces.first[pairs[1]]
    return np.stack([points[one], points[one + 1], points[other], points[other + 1]], 1)


def cubic(
    before: np.ndarray,
    speed_before: np.ndarray,
    after: np.ndarray,
    speed_after: np.ndarray,
    t: float | np.ndarray,
) -> np.ndarray:
    """Hermite's cubic: places at the share t of the time between; speeds times that time."""
    u = 1.0 - t
    ease = t * t * (3.0 - 2.0 * t)
    return before + ease * (after - before) + t * u * (u * speed_before - t * speed_after)


def _hand(points: Float64[np.ndarray, "N 4 3"]) -> Float64[np.ndarray, " N"]:
    """Six times the volume of the tetrahedron: its sign is the handedness of the pair."""
    along, other = points[:, 1] - points[:, 0], points[:, 3] - points[:, 2]
    return _dot(np.cross(along, other), points[:, 2] - points[:, 0])


def _dot(a: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
    return np.einsum("nk,nk->n", a, b)
