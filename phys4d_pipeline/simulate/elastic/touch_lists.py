"""When lists of neighbours among soft things must be made anew, and making them.

What decides is how far things near each other have moved against each other: points are sorted into
cubes of space, and each cube and the ones around it are looked at together. A cloth that falls, or
swings as a whole, keeps its lists.
"""

import numpy as np

from ...jit import exact
from ..world.distance import Parts
from ..world.model import Points, World
from .model import Lists, Touch
from .touch_pairs import edge_touches, no_touches, vertex_touches
from .touch_rigid import dip_touches, probe_touches

CLEAR = 0.9
"""Of the skin: lists are made anew when neighbours have moved that far against each other."""
NOW, LOOK, DRIFT, ROAD = 0, 1, 2, 5
"""Places in `Lists.clock`."""
CUBE = 12.0
"""Side of the cubes over the skin [1]: six edges, more than two triangles and what is between."""
MOST_CUBES = 4096
"""They are larger where there would be more."""


@exact
def no_lists(points: Points) -> Lists:
    """Before the first ones, which `refreshed` and `touch_lists` then make."""
    clock = np.zeros(6)
    clock[LOOK] = -1.0
    return Lists(
        no_touches(),
        no_touches(),
        points.place + np.inf,
        np.zeros(len(points.mass), np.int64),
        np.zeros(3, np.int64),
        clock,
        no_touches(),
        no_touches(),
    )


@exact
def touch_lists(touch: Touch, world: World, parts: Parts, old: Lists, skin: float) -> Lists:
    """Lists of what may touch corners and edges of rigid bodies, made anew."""
    return Lists(
        old.faces,
        old.edges,
        old.listed,
        old.block,
        old.blocks,
        old.clock,
        probe_touches(touch, world, skin, old.probes),
        dip_touches(touch, world, parts, skin, old.dips),
    )


@exact
def refreshed(touch: Touch, points: Points, lists: Lists, fastest: float, step_s: float) -> Lists:
    """After points have moved by a step: the lists, or new ones where points moved too far.

    Args:
        touch: What may touch.
        points: Its points.
        lists: Those of soft things may be made anew.
        fastest: Speed of the fastest point or place of a body [m/s].
        step_s: [s]
    """
    if len(touch.faces) == 0:
        return lists
    clock, skin = lists.clock, touch.skin[0]
    clock[ROAD] += fastest * step_s
    clock[NOW] += _fastest(points, clock) * step_s
    if clock[NOW] < clock[LOOK]:
        return lists
    moved = _moved(lists, points, skin) if lists.blocks[0] > 0 else np.inf
    if moved < CLEAR * skin:
        clock[LOOK] = clock[NOW] + (skin - moved) / 2.0
        return lists
    clock[LOOK] = clock[NOW] + skin / 2.0
    block, blocks = _cubes(points.place, CUBE * skin)
    return Lists(
        vertex_touches(touch, points, skin, lists.faces),
        edge_touches(touch, points, skin, lists.edges),
        points.place.copy(),
        block,
        blocks,
        clock,
        lists.probes,
        lists.dips,
    )


@exact
def _fastest(points: Points, clock: np.ndarray) -> float:
    """Largest speed against the mean velocity of a step ago [m/s]."""
    speed, N = points.speed, len(points.mass)
    ux, uy, uz = clock[DRIFT], clock[DRIFT + 1], clock[DRIFT + 2]
    most, sx, sy, sz = 0.0, 0.0, 0.0, 0.0
    for i in range(N):
        x, y, z = speed[i, 0], speed[i, 1], speed[i, 2]
        sx, sy, sz = sx + x, sy + y, sz + z
        most = max(most, (x - ux) ** 2 + (y - uy) ** 2 + (z - uz) ** 2)
    clock[DRIFT], clock[DRIFT + 1], clock[DRIFT + 2] = sx / N, sy / N, sz / N
    return np.sqrt(most)


@exact
def _cubes(place: np.ndarray, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Number of the cube each point is in, and how many there are along x, y and z."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(len(place)):
        for axis in range(3):
            low[axis] = min(low[axis], place[i, axis])
            high[axis] = max(high[axis], place[i, axis])
    counts = np.ones(3, np.int64)
    while True:
        for axis in range(3):
            counts[axis] = 1 + int((high[axis] - low[axis]) / side)
        if counts[0] * counts[1] * counts[2] <= MOST_CUBES:
            break
        side *= 1.5
    block = np.zeros(len(place), np.int64)
    for i in range(len(place)):
        for axis in range(3):
            cell = int((place[i, axis] - low[axis]) / side)
            block[i] = block[i] * counts[axis] + cell
    return block, counts


@exact
def _moved(lists: Lists, points: Points, skin: float) -> float:
    """How far things in neighbouring cubes have moved against each other, at most [m].

    At least the skin, should anything have moved by as much as a cube against the mean.
    """
    counts, N = lists.blocks, len(points.mass)
    total = counts[0] * counts[1] * counts[2]
    low, high = np.full((total, 3), np.inf), np.full((total, 3), -np.inf)
    whole_low, whole_high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(N):
        block = lists.block[i]
        for axis in range(3):
            way = points.place[i, axis] - lists.listed[i, axis]
            low[block, axis], high[block, axis] = (
                min(low[block, axis], way),
                max(high[block, axis], way),
            )
            whole_low[axis], whole_high[axis] = (
                min(whole_low[axis], way),
                max(whole_high[axis], way),
            )
    if ((whole_high - whole_low) ** 2).sum() > (CUBE * skin / 4.0) ** 2:
        return skin
    most, less, more = 0.0, np.empty(3), np.empty(3)
    for x in range(counts[0]):
        for y in range(counts[1]):
            for z in range(counts[2]):
                less[:], more[:] = np.inf, -np.inf
                for u in range(x, min(x + 2, counts[0])):
                    for v in range(y, min(y + 2, counts[1])):
                        for w in range(z, min(z + 2, counts[2])):
                            block = (u * counts[1] + v) * counts[2] + w
                            for axis in range(3):
                                less[axis] = min(less[axis], low[block, axis])
                                more[axis] = max(more[axis], high[block, axis])
                square = 0.0
                for axis in range(3):
                    if more[axis] > less[axis]:
                        square += (more[axis] - less[axis]) ** 2
                most = max(most, square)
    return np.sqrt(most)
