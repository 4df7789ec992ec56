"""Two elements -> do they touch, from which side did they come, and how near is too near?"""

import numpy as np

from ...jit import exact_part
from .model import Touches
from .touch_geometry import Vector


@exact_part
def side(
    touches: Touches,
    row: int,
    way: Vector,
    gap: float,
    least: float,
    is_over: bool,
    now: float,
) -> float:
    """1: they touch; -1: they have passed through each other; 0: they are apart.

    The side is known from one step to the next while each lies over the inside of the other.

    Args:
        touches: What is remembered is brought up to date.
        row: Which pair.
        way: From the other to the one [m].
        gap: Its length [m].
        least: The gap, at least [m].
        is_over: Does each lie over the inside of the other?
        now: Way travelled by all [m].
    """
    before, reach = touches.way[row], touches.reach[row]
    if gap >= reach:
        touches.due[row] = now + max(0.0, least - reach) / 2.0
        touches.slip[row] = 0.0
    if not is_over or gap == 0.0:
        if not is_over:
            before[:] = 0.0
        return 1.0 if 0.0 < gap < reach else 0.0
    sign = 1.0
    if gap < reach and before[0] * way[0] + before[1] * way[1] + before[2] * way[2] < 0.0:
        sign = -1.0
    for axis in range(3):
        before[axis] = sign * way[axis] / gap
    return sign if gap < reach else 0.0


@exact_part
def slack_side(
    touches: Touches,
    row: int,
    way: Vector,
    gap: float,
    least: float,
    is_over: bool,
    now: float,
) -> tuple[float, float]:
    """`side` of two that touch only over each other's insides, and from which distance [m].

    They lose their contact where they slide off each other, and find it where they slide on again,
    however deep they are then: what a spring would hold there at once, nobody has put in. So a
    contact begins slack, and from then on pushes from the widest gap it has had. What slides off
    takes with it what it holds: such contacts never give back more than they were given.
    """
    before, reach = touches.way[row], touches.reach[row]
    if gap >= reach:
        touches.due[row] = now + max(0.0, least - reach) / 2.0
    if gap >= reach or not is_over:
        touches.slip[row] = 0.0
    if not is_over or gap == 0.0:
        if not is_over:
            before[:] = 0.0
        return 0.0, reach
    sign = 1.0
    if gap < reach and before[0] * way[0] + before[1] * way[1] + before[2] * way[2] < 0.0:
        sign = -1.0
    widest = np.sqrt(before[0] ** 2 + before[1] ** 2 + before[2] ** 2)
    widest = min(reach, max(widest, sign * gap))
    for axis in range(3):
        before[axis] = sign * way[axis] / gap * widest
    return sign if sign * gap < widest else 0.0, widest
