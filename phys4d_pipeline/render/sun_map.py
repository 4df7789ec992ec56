"""The sun's depth map, its levels and limits, of one frame after the other.

What stands still is drawn once; a frame draws only the squares that moving bodies reach, and takes
the others as they are. The maps come out as if everything had been drawn.
"""

from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, Int32, UInt8

from ..jit import fast_borrowing, inline
from .noise import F
from .sun_depth import draw_sun_depth, draw_sun_spheres
from .sun_levels import (
    BLOCK,
    COARSE,
    NUM_LEVELS,
    WHOLE,
    block_heights,
    build_square,
    empty_levels,
    first_row,
    halve,
)
from .tiles import whole


class Casters(NamedTuple):
    """What casts shadows at one moment, in some frame of coordinates."""

    vertices: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    centres: Float32[np.ndarray, "S 3"]
    """Of the spheres"""
    radii: Float32[np.ndarray, " S"]
    """[m]"""


class SunMap:
    """The maps of what casts shadows."""

    def __init__(
        self, size: int, ground: Float32[np.ndarray, "3"], under: "SunMap | None" = None
    ) -> None:
        """Args: texels per side; closeness of the ground; what stands still, if anything does."""
        self._ground, self._under = ground, under
        self.depth = np.zeros((size, size), np.float32)
        """Closeness of the caster nearest to the sun; 0 where there is none."""
        self.levels = empty_levels(size)
        self._heights = np.zeros((2, size // BLOCK, size // BLOCK), np.float32)
        squares = (size // WHOLE,) * 2
        self.reached = np.zeros(squares, np.uint8) if under is None else under.reached
        """Squares of WHOLE texels that the last casters drawn may reach."""

    def draw(self, casters: Casters, texels_per_metre: np.float32) -> None:
        """Replace the casters drawn last by others, over what stands still."""
        before = self.reached
        if self._under is not None:
            _copy_squares(before, self._under.depth, self.depth)
        self.reached = np.zeros_like(before)
        _reach_faces(casters.vertices, casters.faces, self.reached)
        _reach_spheres(casters.centres, casters.radii, texels_per_metre, self.reached)
        window = whole(self.depth)
        draw_sun_depth(casters.vertices, casters.faces, window, self.depth)
        draw_sun_spheres(casters.centres, casters.radii, texels_per_metre, window, self.depth)
        self.build(before | self.reached)

    def build(self, squares: UInt8[np.ndarray, "N N"]) -> None:
        """Find the levels and limits of the squares whose depth has changed."""
        _build_squares(squares, self.depth, self.levels, self._ground, self._heights)

    def bounds(self, reach: float) -> Float32[np.ndarray, "2 B B"]:
        """Limits of the penumbras: where nothing needs to be filtered.

        Args:
            reach: How far from a point its casters may lie [texels].

        Returns:
            Per BLOCK texels: the height above which all points are lit; below which all are dark.
        """
        around = int(np.ceil((reach + 1.0) / BLOCK))
        square = np.ones((2 * around + 1,) * 2, np.uint8)
        high, dark = self._heights
        return np.stack([cv2.dilate(high, square), cv2.erode(dark, square)])


@inline
def _reach(reached, left, right, top, bottom):
    """Mark the squares that a box [texels] touches."""
    last = len(reached) - 1
    edge = F(WHOLE * len(reached))
    if right < F(0) or bottom < F(0) or left >= edge or top >= edge:
        return
    x0, x1 = np.int64(max(left, F(0))) // WHOLE, np.int64(min(right, edge)) // WHOLE
    y0, y1 = np.int64(max(top, F(0))) // WHOLE, np.int64(min(bottom, edge)) // WHOLE
    for row in range(y0, min(y1, last) + 1):
        for column in range(x0, min(x1, last) + 1):
            reached[row, column] = 1


@fast_borrowing
def _reach_faces(vertices, faces, reached):
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, bx, cx = vertices[i, 0], vertices[j, 0], vertices[k, 0]
        ay, by, cy = vertices[i, 1], vertices[j, 1], vertices[k, 1]
        _reach(reached, min(ax, bx, cx), max(ax, bx, cx), min(ay, by, cy), max(ay, by, cy))


@fast_borrowing
def _reach_spheres(centres, radii, texels_per_metre, reached):
    for sphere in range(len(radii)):
        x, y, far = centres[sphere, 0], centres[sphere, 1], radii[sphere] * texels_per_metre + F(1)
        _reach(reached, x - far, x + far, y - far, y + far)


@fast_borrowing
def _copy_squares(squares, source, target):
    for square_row in range(len(squares)):
        for square in range(len(squares)):
            if squares[square_row, square] == 0:
                continue
            for row in range(square_row * WHOLE, (square_row + 1) * WHOLE):
                for column in range(square * WHOLE, (square + 1) * WHOLE):
                    target[row, column] = source[row, column]


@fast_borrowing
def _build_squares(squares, depth, levels, ground, heights):
    """Fill the levels and the heights of blocks of some squares, and all coarse levels."""
    size, blocks = len(depth), WHOLE // BLOCK
    for row in range(len(squares)):
        for column in range(len(squares)):
            if squares[row, column] == 0:
                continue
            for level in range(1, COARSE + 1):
                side, start = WHOLE >> level, first_row(level, size)
                for y in range(start + row * side, start + (row + 1) * side):
                    for x in range(column * side, (column + 1) * side):
                        levels[0, y, x], levels[1, y, x], levels[2, y, x] = F(0), F(0), F(0)
            build_square(depth, levels, row * WHOLE, column * WHOLE)
            top, left = row * blocks, column * blocks
            for y in range(top, top + blocks):
                for x in range(left, left + blocks):
                    heights[0, y, x], heights[1, y, x] = F(0), F(0)
            window = left, left + blocks - 1, top, top + blocks - 1
            block_heights(depth, levels, ground, window, heights[0], heights[1])
    for level in range(COARSE + 1, NUM_LEVELS):
        halve(levels, level, size, 0, 0, size >> level)
