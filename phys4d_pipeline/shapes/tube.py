"""Rings around a line with round caps: how the vertices of a rope's mesh are laid out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64, Int32

from .surface import unit_circle

MOST_STEPS = 12
"""Rings per segment, at most: they lie at most a third of the radius apart, so bends are round."""


@dataclass(frozen=True, kw_only=True)
class Tube:
    """Vertices: the pole at the start, rings of `sides` from start to end, the pole at the end."""

    length: float
    """Of the middle line [m]; the caps stick out by the radius."""
    radius: float
    """[m]"""
    segments: int
    """Pieces between the points of the middle line."""
    sides: int
    """Vertices around a ring, the first in the direction of the line's own +y."""

    @cached_property
    def steps(self) -> int:
        """Rings per segment."""
        spacing = self.length / self.segments
        return int(np.clip(np.ceil(3 * spacing / self.radius), 1, MOST_STEPS))

    @cached_property
    def stations(self) -> Int32[np.ndarray, " R"]:
        """Place of every ring on the line, in steps from the start."""
        caps = len(self._cap_angles)
        last = self.segments * self.steps
        return np.concatenate([np.zeros(caps), np.arange(last + 1), np.full(caps, last)]).astype(
            np.int32
        )

    @cached_property
    def profile(self) -> Float64[np.ndarray, "R 2"]:
        """Of every ring: along the line and away from it, as a share of the radius.

        The same two numbers are the normal there.
        """
        start = np.column_stack([-np.cos(self._cap_angles), np.sin(self._cap_angles)])
        middle = np.tile([0.0, 1.0], (self.segments * self.steps + 1, 1))
        return np.concatenate([start, middle, start[::-1] * (-1.0, 1.0)])

    @cached_property
    def faces(self) -> Int32[np.ndarray, "F 3"]:
        """Counter-clockwise seen from outside."""
        side = np.arange(self.sides)
        after = (side + 1) % self.sides
        lower = 1 + self.sides * np.arange(len(self.stations) - 1)[:, None]
        upper = lower + self.sides
        bands = [
            np.stack(np.broadcast_arrays(lower + side, lower + after, upper + after), -1),
            np.stack(np.broadcast_arrays(lower + side, upper + after, upper + side), -1),
        ]
        first, last = 1, 1 + self.sides * (len(self.stations) - 1)
        pole = np.zeros(self.sides, np.int64)
        start = np.column_stack([pole, first + after, first + side])
        end = np.column_stack([pole + last + self.sides, last + side, last + after])
        middle = np.concatenate(bands, axis=1).reshape(-1, 3)
        return np.concatenate([start, middle, end]).astype(np.int32)

    @cached_property
    def normals(self) -> Float64[np.ndarray, "V 3"]:
        """Around a straight line along +x."""
        along, away = self.profile.T
        circle = unit_circle(self.sides)
        rings = np.empty((len(self.stations), self.sides, 3))
        rings[:, :, 0] = along[:, None]
        rings[:, :, 1:] = away[:, None, None] * circle
        pole = np.array([[1.0, 0.0, 0.0]])
        return np.concatenate([-pole, rings.reshape(-1, 3), pole])

    @cached_property
    def vertices(self) -> Float64[np.ndarray, "V 3"]:
        """Around a straight line along +x with its middle at the origin [m]."""
        places = self.length * (self.stations / (self.segments * self.steps) - 0.5)
        x = np.concatenate([places[:1], np.repeat(places, self.sides), places[-1:]])
        vertices = self.radius * self.normals
        vertices[:, 0] += x
        return vertices

    @property
    def _cap_angles(self) -> Float64[np.ndarray, " C"]:
        """Of the rings between a pole and the end of the line."""
        bands = max(2, self.sides // 4)
        return np.pi / 2 * np.arange(1, bands) / bands
