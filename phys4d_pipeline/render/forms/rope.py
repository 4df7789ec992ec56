"""Points = the middle line of a rope: a tube around a smooth line through them, round at the ends.

The direction from which the sides of a ring are counted is carried along the line without twist,
from the first point, whose own direction is carried from frame to frame: a vertex is the same
material at every frame, and its motion is exact for the tube that is drawn.
"""

import numpy as np
from jaxtyping import Float32, Float64

from ... import shapes
from ...continuum import Grid
from ...jit import exact
from ...scene import Body
from ...shapes.surface import unit_circle
from ...states import States
from .heat import heat_of
from .piece import Drawable, Piece

EXACTNESS = "exact"


def drawable(body: Body, states: States, index: int, _: Grid | None) -> Drawable:
    """See `forms.drawable`."""
    return Rope(body, states, index)


class Rope:
    """A tube that keeps its faces."""

    fixed = True
    exactness = EXACTNESS

    def __init__(self, body: Body, states: States, index: int) -> None:
        self._tube = shapes.tube(body.shape)
        self._rest = shapes.mesh(body.shape).vertices.astype(np.float32)
        self._circle = unit_circle(self._tube.sides)
        self._points = states.points[index]
        self._starts = start_directions(self._points)
        self._states, self._index = states, index

    def at(self, frame: int, after: int, before: int) -> Piece:
        """See `Drawable.at`."""
        now, normals = self._swept(frame)
        return Piece(
            faces=self._tube.faces,
            rest=self._rest,
            now=now,
            after=self._swept(after)[0],
            before=self._swept(before)[0],
            normals=normals,
            heat=self._heat(frame),
        )

    def _swept(self, frame: int) -> tuple[Float32[np.ndarray, "V 3"], Float32[np.ndarray, "V 3"]]:
        tube = self._tube
        vertices, normals = np.empty_like(self._rest), np.empty_like(self._rest)
        line, frames = smooth_line(self._points[frame], self._starts[frame], tube.steps)
        _sweep(line, frames, tube.stations, tube.profile, self._circle, tube.radius, vertices)
        _sweep(np.zeros_like(line), frames, tube.stations, tube.profile, self._circle, 1.0, normals)
        return vertices, normals

    def _heat(self, frame: int) -> Float32[np.ndarray, " V"]:
        """Temperatures of the points, linear between them."""
        tube, count = self._tube, self._points.shape[1]
        of_points = heat_of(self._states, self._index, frame, count)
        places = tube.stations / tube.steps
        rings = np.interp(places, np.arange(count), of_points).astype(np.float32)
        return np.concatenate([rings[:1], np.repeat(rings, tube.sides), rings[-1:]])


@exact
def start_directions(points: Float32[np.ndarray, "T N 3"]) -> Float64[np.ndarray, "T 3"]:
    """Across the start of a line, turned as little as possible from frame to frame.

    Before the first frame the line ran along +x, and this direction was +y.
    """
    directions = np.empty((len(points), 3))
    tangent, across = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    for frame in range(len(points)):
        ahead = np.zeros(3)
        for axis in range(3):
            ahead[axis] = np.float64(points[frame, 1, axis]) - points[frame, 0, axis]
        length = np.sqrt((ahead * ahead).sum())
        if length > 0.0:
            ahead /= length
            _turn(tangent, ahead, across)
            tangent[:] = ahead
        directions[frame] = across
    return directions


@exact
def _turn(tangent, ahead, across):
    """Turn `across` by the smallest rotation that takes `tangent` to `ahead`."""
    cosine = (tangent * ahead).sum()
    if cosine > -1.0 + 1e-9:  # a half turn has no smallest rotation: `across` stays
        across -= (ahead * across).sum() / (1.0 + cosine) * (tangent + ahead)
    across -= (ahead * across).sum() * ahead  # rounding must not add up
    across /= np.sqrt((across * across).sum())


@exact
def smooth_line(
    points: Float32[np.ndarray, "N 3"], start: Float64[np.ndarray, "3"], steps: int
) -> tuple[Float64[np.ndarray, "L 3"], Float64[np.ndarray, "L 3 3"]]:
    """A Catmull-Rom line through points, and twist-free frames along it.

    Args:
        points: The line passes through them [m].
        start: Across the line at its first point.
        steps: Places per piece between two points.

    Returns:
        Places, and at each the unit vectors along the line, across it, and across both.
    """
    N = len(points)
    L = (N - 1) * steps + 1
    line, frames = np.empty((L, 3)), np.empty((L, 3, 3))
    tangent, across = np.zeros(3), start.copy()
    ahead = np.zeros(3)
    for place in range(L):
        piece = min(place // steps, N - 2)
        u = (place - piece * steps) / steps
        for axis in range(3):
            p1, p2 = np.float64(points[piece, axis]), np.float64(points[piece + 1, axis])
            # Beyond the ends the line goes on straight.
            p0 = points[piece - 1, axis] if piece > 0 else 2 * p1 - p2
            p3 = points[piece + 2, axis] if piece + 2 < N else 2 * p2 - p1
            a, b, c = (
                (p2 - p0) / 2,
                p0 - 2.5 * p1 + 2 * p2 - p3 / 2,
                (p3 - p0) / 2 + 1.5 * (p1 - p2),
            )
            line[place, axis] = p1 + u * (a + u * (b + u * c))
            ahead[axis] = a + u * (2 * b + u * 3 * c)
        length = np.sqrt((ahead * ahead).sum())
        if length > 0.0:
            ahead /= length
        elif place:  # points on one place: go on as before
            ahead[:] = tangent
        else:
            ahead[0] = 1.0
        if place:
            _transport(line[place] - line[place - 1], tangent, ahead, across)
        across -= (ahead * across).sum() * ahead
        across /= np.sqrt((across * across).sum())
        tangent[:] = ahead
        frames[place, 0], frames[place, 1] = tangent, across
        frames[place, 2] = np.cross(tangent, across)
    return line, frames


@exact
def _transport(step, tangent, ahead, across):
    """Double reflection (Wang, Juettler, Zheng and Liu 2008): fourth order in the step."""
    length = (step * step).sum()
    if length > 0.0:
        reflected = across - 2.0 / length * (step * across).sum() * step
        along = tangent - 2.0 / length * (step * tangent).sum() * step
        bend = ahead - along
        size = (bend * bend).sum()
        across[:] = reflected
        if size > 0.0:
            across -= 2.0 / size * (bend * reflected).sum() * bend
    else:
        _turn(tangent, ahead, across)


@exact
def _sweep(line, frames, stations, profile, circle, radius, out):
    """Poles and rings as `Tube` lays them out."""
    sides, last = len(circle), len(line) - 1
    for axis in range(3):
        out[0, axis] = line[0, axis] - radius * frames[0, 0, axis]
        out[len(out) - 1, axis] = line[last, axis] + radius * frames[last, 0, axis]
    for ring in range(len(stations)):
        station = stations[ring]
        along, away = radius * profile[ring, 0], radius * profile[ring, 1]
        frame = frames[station]
        for side in range(sides):
            y, z = away * circle[side, 0], away * circle[side, 1]
            vertex = 1 + ring * sides + side
            for axis in range(3):
                out[vertex, axis] = (
                    line[station, axis]
                    + along * frame[0, axis]
                    + y * frame[1, axis]
                    + z * frame[2, axis]
                )
