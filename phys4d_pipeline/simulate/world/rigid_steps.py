"""Rigid bodies under given forces -> where contacts, hinges and paths have taken them some time on.

Bodies and contacts are those of the rope solver without its ropes: short explicit steps, contacts
as springs and dampers between probes and convex parts. Steps drift, kick and drift again, so that
nothing of the last forces is left over when the given ones change.
"""

import numpy as np
from jaxtyping import Float64, Int64

from ...jit import exact
from .contacts import probe_forces
from .distance import Parts
from .model import Pairs, World
from .motion import drift_bodies, kick_bodies, place_parts
from .moves import lead


@exact
def advance_bodies(
    world: World,
    parts: Parts,
    pairs: Pairs,
    step_s: float,
    force: Float64[np.ndarray, "O 3"],
    torque: Float64[np.ndarray, "O 3"],
    led: Float64[np.ndarray, "M L 13"],
    led_objects: Int64[np.ndarray, " L"],
) -> None:
    """M steps.

    Args:
        world: Brought up to date.
        parts: The same.
        pairs: Probes and parts that may touch within this time.
        step_s: [s]
        force: Besides weight and contacts, by object [N].
        torque: About the centres of mass [N m].
        led: Pose and velocity of every led body in the middle of each step.
        led_objects: Which objects they are.
    """
    bodies, hinges = world.bodies, world.hinges
    for m in range(len(led)):
        drift_bodies(bodies, hinges, step_s / 2)
        for k in range(len(led_objects)):
            lead(bodies, led_objects[k], led[m, k])
        place_parts(bodies, parts, world.probes)
        for o in range(len(bodies.kind)):
            for axis in range(3):
                bodies.force[o, axis] = bodies.mass[o] * world.laws.gravity[axis] + force[o, axis]
                bodies.torque[o, axis] = torque[o, axis]
        probe_forces(
            pairs,
            world.points,
            world.probes,
            bodies,
            hinges,
            parts,
            world.laws,
            world.tally,
            step_s,
        )
        kick_bodies(bodies, hinges, step_s)
        drift_bodies(bodies, hinges, step_s / 2)
