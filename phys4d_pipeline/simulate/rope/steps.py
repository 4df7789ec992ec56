"""World -> the world some steps later: explicit, serial, in float64; one call for a whole frame."""

import numpy as np
from jaxtyping import Float64

from ...jit import exact
from ..world.distance import Parts
from ..world.forces import add_forces
from ..world.model import World
from ..world.moves import kick, move
from ..world.neighbours import Lists, listed


@exact
def advance(
    world: World,
    parts: Parts,
    lists: Lists,
    skin: float,
    time_s: float,
    step_s: float,
    led: Float64[np.ndarray, "M L 13"],
    led_objects: np.ndarray,
) -> Lists:
    """M steps; returns the lists of neighbours that are left.

    Args:
        world: Brought up to date, with the forces at its end.
        parts: The same.
        lists: Of neighbours.
        skin: How far apart neighbours may be [m].
        time_s: When it begins.
        step_s: [s]
        led: Pose and velocity of every led body after each step.
        led_objects: Which objects they are.
    """
    rows = np.empty((len(world.points.mass), 5))
    for m in range(len(led)):
        fastest = move(world, parts, step_s, led[m], led_objects, rows)
        world.tally.travelled[0] += fastest * step_s
        if world.tally.travelled[0] > skin / 2:
            lists = listed(world, parts, lists, skin)
        add_forces(world, parts, lists, time_s + (m + 1) * step_s, step_s)
        kick(world.points, world.bodies, world.hinges, step_s / 2)
    return lists
