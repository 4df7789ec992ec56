"""Two lightings of one scene -> the tiles that they may light differently.

A point's light depends on the maps around the place where it looks them up, and on nothing if it
lies above what they have to say. What is told here is never too little: all other tiles come out
with the same bytes under both lightings.
"""

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from ..jit import exact_borrowing, inline
from .ambient import BLOCK as OPEN_BLOCK
from .ambient import SIDESTEP
from .noise import F
from .shade import Lighting
from .shadow import FILTER, SHARPEST
from .sun_levels import BLOCK, NUM_LEVELS, WHOLE

SLACK = 1e-3
"""Points are known to this much from the boxes that hold them [m]."""
STEPPED = 2.0
"""Points look the sun's map up this far from where they are, at most [texels]."""
WINDOW = (24.0, 3.6)
"""How far the search for casters reads: texels, and times the radius of the filter. Its windows
are whole squares, six of a level's width to a side, of the level that is at most 0.59 radii wide.
"""


def lit_differently(
    boxes: Float32[np.ndarray, "R C 6"],
    one: Lighting,
    other: Lighting,
    reached: UInt8[np.ndarray, "N N"],
) -> UInt8[np.ndarray, "R C"]:
    """Does any lookup from points in a world box differ between two lightings?

    Args:
        boxes: Low xyz, high xyz [m]; one with low > high holds no points.
        one: The sun's and the sky's light.
        other: The same sun and sky over other bodies.
        reached: Squares of WHOLE texels in which the sun's maps may differ.
    """
    found = np.zeros(boxes.shape[:2], np.uint8)
    texel = 1.0 / float(np.linalg.norm(one.sun_from_world[0, :3]))
    cone = float(np.tan(one.sun_radius)) / texel, float(one.sun_rise), texel
    differs = np.empty_like(reached)
    _compare(reached, one.sun_depth, other.sun_depth, differs)
    maps = _sums(differs), one.sun_bounds, other.sun_bounds
    _mark_sunlight(boxes, one.sun_from_world, one.sun_ground, cone, maps, found)
    differs = (one.open_map != other.open_map).any(2).astype(np.uint8)
    maps = _sums(differs), one.open_blocks, other.open_blocks
    _mark_openness(boxes, one.open_from_world, maps, found)
    return found


def _sums(marks: UInt8[np.ndarray, "N N"]) -> Int32[np.ndarray, "N1 N1"]:
    """How many marks lie above and to the left of every corner."""
    sums = np.zeros((len(marks) + 1, len(marks) + 1), np.int32)
    np.cumsum(np.cumsum(marks, 0, dtype=np.int32), 1, out=sums[1:, 1:])
    return sums


@exact_borrowing
def _compare(reached, one, other, differs):
    """Mark those of the squares of WHOLE texels that were reached in which two maps differ."""
    for square_row in range(len(reached)):
        for square in range(len(reached)):
            unequal = False
            if reached[square_row, square] != 0:
                left = square * WHOLE
                for row in range(square_row * WHOLE, (square_row + 1) * WHOLE):
                    for column in range(left, left + WHOLE):
                        unequal |= one[row, column] != other[row, column]
            differs[square_row, square] = np.uint8(unequal)


@inline
def _any(sums, left, right, top, bottom, scale):
    """Is anything marked in the squares, `scale` wide, that a box touches?"""
    x0, x1 = _squares(left, right, scale, len(sums) - 1)
    y0, y1 = _squares(top, bottom, scale, len(sums) - 1)
    inside = sums[y1 + 1, x1 + 1] - sums[y0, x1 + 1] - sums[y1 + 1, x0] + sums[y0, x0]
    return inside > 0


@inline
def _square(place, scale, last):
    return min(max(np.int64(np.floor(place / scale)), 0), last)


@inline
def _squares(low, high, scale, count):
    """First and last of the squares, `scale` wide, that an interval touches."""
    return _square(low, scale, count - 1), _square(high, scale, count - 1)


@inline
def _filter(rise, slope, cone):
    """Level of the sun's map that is read under casters this much higher; -2 if none is."""
    spread, rise_limit, _ = cone
    radius = spread * min(rise + slope * BLOCK, rise_limit)
    if rise <= 0.0 or radius <= SHARPEST:
        return -2 if rise <= 0.0 else -1
    level = 0
    while level < NUM_LEVELS - 2 and radius > FILTER:
        radius *= 0.5
        level += 1
    return level


@inline
def _on_map(box, L, ground):
    """A box on the sun's map: left, right, top, bottom [texels]; heights over the ground [m]."""
    left, right, top, bottom = 1e9, -1e9, 1e9, -1e9
    lowest, highest = 1e9, -1e9
    for corner in range(8):
        x, y = box[3 * (corner & 1)], box[1 + 3 * (corner >> 1 & 1)]
        z = box[2 + 3 * (corner >> 2)]
        u = L[0, 0] * x + L[0, 1] * y + L[0, 2] * z + L[0, 3]
        v = L[1, 0] * x + L[1, 1] * y + L[1, 2] * z + L[1, 3]
        height = L[2, 0] * x + L[2, 1] * y + L[2, 2] * z + L[2, 3]
        height -= ground[0] * u + ground[1] * v + ground[2]
        left, right = min(left, u - STEPPED), max(right, u + STEPPED)
        top, bottom = min(top, v - STEPPED), max(bottom, v + STEPPED)
        lowest, highest = min(lowest, height), max(highest, height)
    return left, right, top, bottom, lowest, highest


@exact_borrowing
def _mark_sunlight(boxes, sun_from_world, ground, cone, maps, found):
    """Mark boxes from which the sun's maps may look different.

    Args:
        boxes: (R, C, 6) f32, low and high corners [m].
        sun_from_world: (3, 4) f32.
        ground: (3,) f32, closeness of the ground over the map.
        cone: Radius of the cone to the sun [texels per metre], greatest height of a caster over
            what it shades [m], size of a texel [m].
        maps: Sums of the squares whose texels differ; the limits of both lightings.
        found: (R, C) u8, changed in place.
    """
    (spread, rise_limit, texel), (changed, one, other) = cone, maps
    slope = abs(ground[0]) + abs(ground[1])
    # Stepping off the surface moves the lookup, and with it the height over the ground.
    slack = SLACK + STEPPED * (texel + slope)
    for row in range(boxes.shape[0]):
        for column in range(boxes.shape[1]):
            if boxes[row, column, 0] > boxes[row, column, 3]:
                continue
            left, right, top, bottom, low, high = _on_map(
                boxes[row, column], sun_from_world, ground
            )
            low, high = low - slack, high + slack
            rise, differs = 0.0, False
            first_x, last_x = _squares(left, right, BLOCK, one.shape[2])
            first_y, last_y = _squares(top, bottom, BLOCK, one.shape[1])
            for y in range(first_y, last_y + 1):
                for x in range(first_x, last_x + 1):
                    a, b = one[0, y, x], other[0, y, x]
                    rise = max(rise, max(a, b) - low)
                    if max(a, b) > low and (a != b or one[1, y, x] != other[1, y, x]):
                        least = _filter(min(a, b) - high, slope, cone)
                        differs |= least != _filter(max(a, b) - low, slope, cone)
                        differs |= one[1, y, x] != other[1, y, x]
            m = min(rise + slope * BLOCK, rise_limit)
            m = WINDOW[0] + WINDOW[1] * max(spread * m, SHARPEST)
            differs |= _any(changed, left - m, right + m, top - m, bottom + m, WHOLE)
            # Without casters above it a point is lit, whatever lies around.
            if differs and rise > 0.0:
                found[row, column] = 1


@exact_borrowing
def _mark_openness(boxes, open_from_world, maps, found):
    """Mark boxes from which the openness map may look different; arguments as above."""
    (changed, one, other), G = maps, open_from_world
    # Walls look at texels before them, every lookup reads two by two, and rounding may shift it.
    around = SIDESTEP + F(2)
    for row in range(boxes.shape[0]):
        for column in range(boxes.shape[1]):
            box = boxes[row, column]
            if box[0] > box[3]:
                continue
            left, right = (box[0] + G[0]) * G[2] - around, (box[3] + G[0]) * G[2] + around
            top, bottom = (box[1] + G[1]) * G[2] - around, (box[4] + G[1]) * G[2] + around
            texels = _any(changed, left, right, top, bottom, 1)
            low, high = box[2] - SLACK, box[5] + SLACK
            first_x, last_x = _squares(left, right, OPEN_BLOCK, one.shape[1])
            first_y, last_y = _squares(top, bottom, OPEN_BLOCK, one.shape[0])
            for y in range(first_y, last_y + 1):
                for x in range(first_x, last_x + 1):
                    a, b = one[y, x], other[y, x]
                    # Between two limits one lighting reads the map and the other does not.
                    if low < max(a, b) and (texels or (a != b and high >= min(a, b))):
                        found[row, column] = 1
