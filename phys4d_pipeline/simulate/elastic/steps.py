"""Elastic -> the same some steps later: explicit, serial, in float64; one call for a whole frame.

Steps are those of velocity Verlet; damping, friction and air see the speeds half a step back.
"""

import numpy as np
from jaxtyping import Float64

from ...jit import exact
from ..world.distance import Parts
from ..world.forces import add_forces as add_world_forces
from ..world.moves import kick, move
from ..world.neighbours import Lists as RopeLists
from ..world.neighbours import listed as listed_world
from .air import air_forces, blow
from .chambers import chamber_forces
from .folds import fold_forces
from .model import Elastic, Lists
from .skins import skin_forces, spread_forces
from .solids import solid_forces
from .touch import touch_forces
from .touch_lists import refreshed, touch_lists

BLOWS = 16
"""Times per frame at which the wind is looked up: an eddy of 0.1 m in a wind of 10 m/s passes in
ten of them."""
FASTEST = 1e4
"""[m/s]; what is faster was thrown by steps that blew up, so the frame is cut short."""
AllLists = tuple[RopeLists, Lists]
"""Of what `World` has, of soft things."""


@exact
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
    world = elastic.world
    rows = np.empty((len(world.points.mass), 5))
    for m in range(len(led)):
        fastest = move(world, parts, step_s, led[m], led_objects, rows)
        if not fastest < FASTEST:
            break
        world.tally.travelled[0] += fastest * step_s
        if world.tally.travelled[0] > skin / 2:
            lists = listed(elastic, parts, lists, skin)
        lists = (lists[0], refreshed(elastic.touch, world.points, lists[1], fastest, step_s))
        now = time_s + (m + 1) * step_s
        if (m + 1) * BLOWS // len(led) > m * BLOWS // len(led):
            blow(elastic.air, elastic.skins, world.points, now)
        add_forces(elastic, parts, lists, now, step_s)
        kick(world, step_s / 2)
    return lists


@exact
def listed(elastic: Elastic, parts: Parts, lists: AllLists, skin: float) -> AllLists:
    """Lists of neighbours made anew."""
    world = elastic.world
    touched = touch_lists(elastic.touch, world, parts, lists[1], skin)
    return listed_world(world, parts, lists[0], skin), touched


@exact
def add_forces(
    elastic: Elastic, parts: Parts, lists: AllLists, time_s: float, step_s: float
) -> None:
    """All forces on points and bodies, from nothing."""
    world, skins = elastic.world, elastic.skins
    points = world.points
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
