"""When lists of neighbours among soft things must be made anew, and making them.

What decides is how far things near each other have moved against each other: points are sorted into
cubes of space, and each cube and the ones around it are looked at together. A cloth that falls, or
swings as a whole, keeps its lists.
"""

import numpy as np

from ...jit import exact, exact_borrowing, exact_part
from ..world.distance import Parts
from ..world.model import Points, World
from .model import Lists, Touch
from .touch_dips import dip_touches
from .touch_pairs import edge_touches, no_touches, vertex_touches
from .touch_rigid import probe_touches

CLEAR = 0.9
"""Of the skin: lists are made anew when neighbours have moved that far against each other."""
NOW, LOOK, DRIFT, ROAD = 0, 1, 2, 5
"""Places in `Lists.clock`."""
FREE = 3.0
"""Lists are made anew when anything has moved this many skins against anything else [1]. What is
no neighbour must be as far apart: sides of cubes are that and twice the longest edge."""
MOST_CUBES = 4096
"""They are larger where there would be more."""


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


def touch_lists(touch: Touch, world: World, parts: Parts, old: Lists, skin: float) -> Lists:
    """Lists of what may touch corners and edges of rigid bodies, made anew."""
    return old._replace(
        probes=probe_touches(touch, world.points, world.probes, skin, old.probes),
        dips=dip_touches(touch, world.points, parts, skin, old.dips),
    )


def refreshed(touch: Touch, points: Points, lists: Lists, fastest: float, step_s: float) -> Lists:
    """After points have moved by a step: the lists, or new ones where points moved too far.

    Args:
        touch: What may touch.
        points: Its points.
        lists: Those of soft things may be made anew.
        fastest: Speed of the fastest point or place of a body [m/s].
        step_s: [s]
    """
    if len(touch.faces) > 0:
        travel(points, lists.clock, fastest, step_s)
    return renewed(touch, points, lists) if is_look_due(touch, lists.clock) else lists


def renewed(touch: Touch, points: Points, lists: Lists) -> Lists:
    """The lists, or new ones where points moved too far; when to look again is noted."""
    clock, skin = lists.clock, touch.skin[0]
    moved = _moved(lists.block, lists.blocks, lists.listed, points.place, skin)
    if moved < CLEAR * skin:
        clock[LOOK] = clock[NOW] + (skin - moved) / 2.0
        return lists
    clock[LOOK] = clock[NOW] + skin / 2.0
    block, blocks = _cubes(points.place, _longest(touch, points) + FREE * skin)
    return lists._replace(
        faces=vertex_touches(touch, points, skin, lists.faces),
        edges=edge_touches(touch, points, skin, lists.edges),
        listed=points.place.copy(),
        block=block,
        blocks=blocks,
    )


@exact_borrowing
def is_look_due(touch: Touch, clock: np.ndarray) -> bool:
    """May lists have to be made anew?"""
    return len(touch.faces) > 0 and clock[NOW] >= clock[LOOK]


@exact_borrowing
def travel(points: Points, clock: np.ndarray, fastest: float, step_s: float) -> None:
    """Add a step to the ways travelled; `fastest` is the speed of anything [m/s]."""
    clock[ROAD] += fastest * step_s
    clock[NOW] += _fastest(points, clock) * step_s


@exact_part
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
def _longest(touch: Touch, points: Points) -> float:
    """How far apart two points of two elements are that touch, at most [m]."""
    square = 0.0
    for e in range(len(touch.edges)):
        here = 0.0
        for axis in range(3):
            way = points.place[touch.edges[e, 0], axis] - points.place[touch.edges[e, 1], axis]
            here += way * way
        square = max(square, here)
    return 2.0 * (np.sqrt(square) + points.radius.max())


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
def _moved(
    block: np.ndarray, counts: np.ndarray, listed: np.ndarray, place: np.ndarray, skin: float
) -> float:
    """How far things in neighbouring cubes have moved against each other, at most [m].

    At least the skin, should anything have moved FREE times as far; +inf where there are no lists.
    """
    total = counts[0] * counts[1] * counts[2]
    if total == 0:
        return np.inf
    low, high = np.full((total, 3), np.inf), np.full((total, 3), -np.inf)
    whole = 0.0
    for axis in range(3):
        least, most = np.inf, -np.inf
        for i in range(len(place)):
            way, b = place[i, axis] - listed[i, axis], block[i]
            low[b, axis], high[b, axis] = min(low[b, axis], way), max(high[b, axis], way)
            least, most = min(least, way), max(most, way)
        whole += (most - least) ** 2
    if whole > (FREE * skin) ** 2:
        return skin
    most = 0.0
    for x in range(counts[0]):
        for y in range(counts[1]):
            for z in range(counts[2]):
                most = max(most, _spread(low, high, counts, x, y, z))
    return np.sqrt(most)


@exact_part
def _spread(low: np.ndarray, high: np.ndarray, counts: np.ndarray, x: int, y: int, z: int) -> float:
    """Square of how far ways differ in a cube and those beside, above and behind it [m2]."""
    square = 0.0
    for axis in range(3):
        less, more = np.inf, -np.inf
        for u in range(x, min(x + 2, counts[0])):
            for v in range(y, min(y + 2, counts[1])):
                for w in range(z, min(z + 2, counts[2])):
                    b = (u * counts[1] + v) * counts[2] + w
                    less, more = min(less, low[b, axis]), max(more, high[b, axis])
        if more > less:
            square += (more - less) ** 2
    return square
