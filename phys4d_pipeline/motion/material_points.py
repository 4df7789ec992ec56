"""Pixels that show a body -> the material seen there, and where it is at another frame.

Independent of how pictures are drawn: pixels are looked up on the body's surface in float64.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from ..camera import Camera
from ..jit import exact
from ..render.forms import Piece, drawable
from ..scene import SceneSpec
from ..states import States

NEAR = 0.1
"""Faces that come nearer to the camera are not looked at [m]."""
SNAP = 1 / 64
"""A renderer may move a surface by this much across the picture [px]."""
CANDIDATES = 2
"""Faces kept per pixel: where skins touch, the recorded depth cannot tell them apart."""
DISAGREEMENT = 5e-6
"""Two faces that are carried farther apart, relative to depth, make a pixel nobody's: it is a
hundredth of a pixel for a lens of 2,000 px."""
SPHERES = 4
"""Of a body of particles, as many nearest ones are looked at."""

Carry = Callable[[int, Float64[np.ndarray, "N 3"]], Float64[np.ndarray, "N 3"]]
"""(other frame, world points of the pixels) -> where they are then [m]; NaN where unknown."""


class Seen(NamedTuple):
    """Pixels of one picture, on a grid of rows and columns."""

    camera: Camera
    frame: int
    start: int
    """First row and column of the grid."""
    step: int
    wanted: Bool[np.ndarray, "h w"]
    """Which of them show the body."""
    depth: Float64[np.ndarray, "h w"]
    """[m]"""
    error: float
    """Of the depth, relative."""


def carry_rigid(states: States, index: int, frame: int) -> Carry:
    """Points fixed to a rigid body."""

    def carry(other: int, points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "N 3"]:
        before, after = states.poses[[frame, other], index].astype(np.float64)
        turn_before = Rotation.from_quat(before[3:], scalar_first=True)
        turn_after = Rotation.from_quat(after[3:], scalar_first=True)
        return (turn_after * turn_before.inv()).apply(points - before[:3]) + after[:3]

    return carry


def carry_points(
    spec: SceneSpec, states: States, index: int, seen: Seen
) -> tuple[Carry, Bool[np.ndarray, " N"]]:
    """Points on the surface of a body that bends, flows or consists of particles.

    Returns:
        How they move, and where the body's surface is not at the recorded depth.
    """
    frame, last = seen.frame, states.num_frames - 1
    surface = drawable(spec.bodies[index], states, index, spec.grid)
    if surface is None:
        return _carry_spheres(states, index, seen)
    after, before = min(frame + 1, last), max(frame - 1, 0)
    piece = surface.at(frame, after, before)
    corners, weights = _corners_seen(piece, seen)
    apart = DISAGREEMENT * seen.depth[seen.wanted]

    def carry(other: int, _: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "N 3"]:
        places = {after: piece.after, before: piece.before}[other].astype(np.float64)
        one, two = (
            np.einsum("nk,nki->ni", weights[:, k], places[corners[:, k]]) for k in range(CANDIDATES)
        )
        known = ~(np.linalg.norm(one - two, axis=1) > apart)  # NaN: there is no second face
        return np.where(known[:, None], one, np.nan)

    return carry, np.isnan(weights[:, 0, 0])


def _carry_spheres(states: States, index: int, seen: Seen) -> tuple[Carry, Bool[np.ndarray, " N"]]:
    """Spheres move without turning; where two meet, the pixel is nobody's."""
    centres = states.points[index][seen.frame].astype(np.float64)
    radii = states.radii[index].astype(np.float64)
    count = min(SPHERES, len(centres))
    rows, columns = np.nonzero(seen.wanted)
    pixels = seen.start + seen.step * np.column_stack([columns, rows]) + 0.5
    depth = seen.depth[seen.wanted]
    places = seen.camera.unproject(pixels, depth, seen.frame)
    which = KDTree(centres).query(places, k=count)[1].reshape(-1, count)
    distance = np.linalg.norm(places[:, None] - centres[which], axis=2)
    off = np.abs(distance - radii[which])
    order = np.argsort(off, axis=1)
    mine = np.take_along_axis(which, order, 1)[:, 0]
    allowed = 4 * seen.error * depth
    found = (off <= allowed[:, None]).sum(1)
    known = found == 1

    def carry(other: int, points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "N 3"]:
        moved = points + (states.points[index][other].astype(np.float64) - centres)[mine]
        return np.where(known[:, None], moved, np.nan)

    return carry, found == 0


def _corners_seen(piece: Piece, seen: Seen) -> tuple[np.ndarray, Float64[np.ndarray, "N K 3"]]:
    """Of every wanted pixel, the corners of the K faces it may show; their weights, or NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        screen, z = seen.camera.project(piece.now.astype(np.float64), seen.frame)
    shape = (*seen.wanted.shape, CANDIDATES)
    face, weights = np.full(shape, -1, np.int32), np.full((*shape, 3), np.nan)
    best = np.full(shape, np.inf)
    grid = (seen.start, seen.step, seen.error)
    _look_up(screen, z, piece.faces, seen.wanted, seen.depth, grid, best, face, weights)
    return piece.faces[np.maximum(face[seen.wanted], 0)], weights[seen.wanted]


@exact
def _look_up(screen, z, faces, wanted, recorded, grid, best, face, weights):
    """The two faces whose depth at each pixel is nearest to the recorded one, nearest first."""
    start, step, error = grid
    rows, columns = wanted.shape
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        if min(z[a], z[b], z[c]) < NEAR:
            continue
        ax, ay, bx, by = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        cx, cy = screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        # Slope of 1/z across the picture, for how far a shift of SNAP moves the depth.
        slope_x = ((by - cy) / z[a] + (cy - ay) / z[b] + (ay - by) / z[c]) / area
        slope_y = ((cx - bx) / z[a] + (ax - cx) / z[b] + (bx - ax) / z[c]) / area
        slope = abs(slope_x) + abs(slope_y)
        low, high = min(ax, bx, cx), max(ax, bx, cx)
        first = max(int(np.ceil((low - 0.5 - start) / step)), 0)
        last = min(int(np.floor((high - 0.5 - start) / step)), columns - 1)
        low, high = min(ay, by, cy), max(ay, by, cy)
        top = max(int(np.ceil((low - 0.5 - start) / step)), 0)
        bottom = min(int(np.floor((high - 0.5 - start) / step)), rows - 1)
        for row in range(top, bottom + 1):
            for column in range(first, last + 1):
                if not wanted[row, column]:
                    continue
                x = start + step * column + 0.5
                y = start + step * row + 0.5
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = 1.0 - u - v
                if min(u, v, w) < 0.0:
                    continue
                inverse = u / z[a] + v / z[b] + w / z[c]
                depth = 1.0 / inverse
                off = abs(depth - recorded[row, column])
                allowed = 4 * error * depth + SNAP * slope * depth * depth
                if off >= min(allowed, best[row, column, 1]):
                    continue
                k = 1
                if off < best[row, column, 0]:
                    best[row, column, 1] = best[row, column, 0]
                    face[row, column, 1] = face[row, column, 0]
                    weights[row, column, 1] = weights[row, column, 0]
                    k = 0
                best[row, column, k] = off
                face[row, column, k] = f
                weights[row, column, k, 0] = u / z[a] * depth
                weights[row, column, k, 1] = v / z[b] * depth
                weights[row, column, k, 2] = w / z[c] * depth
