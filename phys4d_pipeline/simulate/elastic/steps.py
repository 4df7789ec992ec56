"""Elastic -> the same some steps later: explicit, serial, in float64; a frame is a few calls.

Steps are those of velocity Verlet; damping, friction and air see the speeds half a step back. A
kernel steps until lists of neighbours must be made anew, which is left to kernels of their own: one
for all would have everything in it, and LLVM takes minutes for that.
"""

import numpy as np
from jaxtyping import Float64

from ...jit import exact_borrowing, exact_part
from ..world.distance import Parts
from ..world.forces import add_forces as add_world_forces
from ..world.forces import bear_tied, carry_tied
from ..world.moves import kick, move
from ..world.neighbours import Lists as RopeLists
from ..world.neighbours import listed as listed_world
from ..world.neighbours import no_pairs
from .air import air_forces, blow
from .chambers import chamber_forces
from .folds import fold_forces
from .model import Elastic, Lists
from .skins import skin_forces, spread_forces
from .solids import solid_forces
from .touch import touch_forces
from .touch_lists import is_look_due, no_lists, refreshed, renewed, touch_lists, travel

BLOWS = 16
"""Times per frame at which the wind is looked up: an eddy of 0.1 m in a wind of 10 m/s passes in
ten of them."""
FASTEST = 1e4
"""[m/s]; what is faster was thrown by steps that blew up, so the frame is cut short."""
START = -1
"""In place of the number of a step: forces as things are, without moving them."""
AllLists = tuple[RopeLists, Lists]
"""Of what `World` has, of soft things."""
NONE_LED = np.empty((0, 0, 13))
NO_OBJECTS = np.empty(0, np.int64)


def begin(elastic: Elastic, parts: Parts, skin: float, step_s: float) -> AllLists:
    """Set the forces at the start; returns the first lists of neighbours.

    Args:
        elastic: Brought up to date.
        parts: Of rigid bodies.
        skin: How far apart neighbours may be [m].
        step_s: [s]
    """
    points = elastic.world.points
    empty = (no_pairs(), no_pairs(), no_pairs())
    lists = listed(elastic, parts, (empty, no_lists(points)), skin)
    lists = (lists[0], refreshed(elastic.touch, points, lists[1], 0.0, step_s))
    _steps(
        elastic, parts, lists, skin, 0.0, step_s, NONE_LED, NO_OBJECTS, _room(elastic), START, True
    )
    return lists


def advance(
    elastic: Elastic,
    parts: Parts,
    lists: AllLists,
    skin: float,
    time_s: float,
    step_s: float,
    led: Float64[np.ndarray, "M L 13"],
    led_objects: np.ndarray,
) -> AllLists:
    """M steps; returns the lists of neighbours that are left.

    Args:
        elastic: Brought up to date, with the forces at its end.
        parts: The same.
        lists: Of neighbours.
        skin: How far apart neighbours may be [m].
        time_s: When it begins.
        step_s: [s]
        led: Pose and velocity of every led body after each step.
        led_objects: Which objects they are.
    """
    world, room, m, is_moved = elastic.world, _room(elastic), 0, False
    while True:
        m = _steps(elastic, parts, lists, skin, time_s, step_s, led, led_objects, room, m, is_moved)
        if m == len(led):
            return lists
        if world.tally.travelled[0] > skin / 2:
            lists = listed(elastic, parts, lists, skin)
        if is_look_due(elastic.touch, lists[1].clock):
            lists = (lists[0], renewed(elastic.touch, world.points, lists[1]))
        is_moved = True


def _room(elastic: Elastic) -> Float64[np.ndarray, "N 5"]:
    """For `damp_stretch`."""
    return np.empty((len(elastic.world.points.mass), 5))


def listed(elastic: Elastic, parts: Parts, lists: AllLists, skin: float) -> AllLists:
    """Lists of neighbours made anew."""
    world = elastic.world
    touched = touch_lists(elastic.touch, world, parts, lists[1], skin)
    return listed_world(world, parts, lists[0], skin), touched


@exact_borrowing
def _steps(
    elastic: Elastic,
    parts: Parts,
    lists: AllLists,
    skin: float,
    time_s: float,
    step_s: float,
    led: np.ndarray,
    led_objects: np.ndarray,
    room: np.ndarray,
    first: int,
    is_moved: bool,
) -> int:
    """Steps from the first on, which may be half done: what it moves is where it should be.

    Returns:
        The step that has moved all and waits for lists; their number if all are done.
    """
    world, clock = elastic.world, lists[1].clock
    for m in range(first, len(led)):
        if not is_moved:
            fastest = move(world, parts, step_s, led[m], led_objects, room)
            if not fastest < FASTEST:
                break
            world.tally.travelled[0] += fastest * step_s
            is_due = world.tally.travelled[0] > skin / 2
            if len(elastic.touch.faces) > 0:
                travel(world.points, clock, fastest, step_s)
            if is_due or is_look_due(elastic.touch, clock):
                return m
        is_moved = False
        now = time_s + (m + 1) * step_s
        if m == START or (m + 1) * BLOWS // len(led) > m * BLOWS // len(led):
            blow(elastic.air, elastic.skins, world.points, now)
        _add_forces(elastic, parts, lists, now, step_s)
        if m != START:
            kick(world.points, world.bodies, world.hinges, step_s / 2)
    return len(led)


@exact_part
def _add_forces(
    elastic: Elastic, parts: Parts, lists: AllLists, time_s: float, step_s: float
) -> None:
    """All forces on points and bodies, from nothing."""
    world, skins = elastic.world, elastic.skins
    points = world.points
    carry_tied(points, world.bodies, world.ties, world.tally, time_s)
    add_world_forces(world, parts, lists[0], time_s, step_s)
    skin_forces(skins, points)
    fold_forces(elastic.folds, skins, points)
    air_forces(elastic.air, skins, world.tally, step_s)
    spread_forces(skins, points)
    solid_forces(elastic.solids, points.place, points.force)
    chamber_forces(
        elastic.chambers,
        skins,
        elastic.air,
        points,
        world.laws.gravity,
        world.tally.work,
        time_s,
        step_s,
    )
    touch_forces(elastic.touch, lists[1], world, parts, step_s)
    bear_tied(points, world.ties, world.tally, time_s, step_s)
