"""World -> forces on its points and bodies: weight, ropes, ties, contacts (kernels)."""

import numpy as np

from ...jit import exact_borrowing, exact_part
from .contact_law import push_body, speed_at
from .contacts import probe_forces, segment_forces, strand_forces
from .distance import Parts
from .model import Bodies, Chains, Laws, Points, Tally, Ties, World
from .neighbours import Lists


@exact_borrowing
def add_forces(world: World, parts: Parts, lists: Lists, time_s: float, step_s: float) -> None:
    """All forces on points and bodies, from nothing."""
    points, chains, bodies = world.points, world.chains, world.bodies
    segments, laws, tally = world.segments, world.laws, world.tally
    _weigh(points, bodies, laws)
    for r in range(len(chains.first)):
        _stretch(points, chains, r)
        if chains.bending[r] > 0.0:
            _bend(points, chains, r)
    _hold(points, bodies, world.ties, tally, time_s, step_s)
    probe_forces(lists[0], points, world.probes, bodies, world.hinges, parts, laws, tally, step_s)
    segment_forces(lists[1], points, chains, segments, bodies, parts, laws, tally, step_s)
    strand_forces(lists[2], points, chains, segments, laws, tally, step_s)


@exact_part
def _weigh(points: Points, bodies: Bodies, laws: Laws) -> None:
    for axis in range(3):
        pull = laws.gravity[axis]
        for k in range(len(points.mass)):
            points.force[k, axis] = points.mass[k] * pull
        for o in range(len(bodies.mass)):
            bodies.force[o, axis] = bodies.mass[o] * pull
            bodies.torque[o, axis] = 0.0


@exact_part
def _stretch(points: Points, chains: Chains, r: int) -> None:
    """Springs between neighbours, along the line between them."""
    place, force = points.place, points.force
    rest, stiffness = chains.spacing[r], chains.stretch[r]
    for a in range(chains.first[r], chains.last[r] - 1):
        b = a + 1
        x, y, z = place[b, 0] - place[a, 0], place[b, 1] - place[a, 1], place[b, 2] - place[a, 2]
        length = np.sqrt(x * x + y * y + z * z)
        pull = stiffness * (length - rest) / length
        force[a, 0] += pull * x
        force[a, 1] += pull * y
        force[a, 2] += pull * z
        force[b, 0] -= pull * x
        force[b, 1] -= pull * y
        force[b, 2] -= pull * z


@exact_part
def _bend(points: Points, chains: Chains, r: int) -> None:
    """Springs and dampers on second differences across three points."""
    place, speed, force = points.place, points.speed, points.force
    stiffness, damping = chains.bending[r], chains.bending_damping[r]
    for axis in range(3):
        for b in range(chains.first[r] + 1, chains.last[r] - 1):
            bow = place[b - 1, axis] - 2.0 * place[b, axis] + place[b + 1, axis]
            rate = speed[b - 1, axis] - 2.0 * speed[b, axis] + speed[b + 1, axis]
            pull = stiffness * bow + damping * rate
            force[b - 1, axis] -= pull
            force[b, axis] += 2.0 * pull
            force[b + 1, axis] -= pull


@exact_part
def _hold(
    points: Points, bodies: Bodies, ties: Ties, tally: Tally, time_s: float, step_s: float
) -> None:
    """Springs and dampers between points and the places that hold them."""
    for k in range(len(ties.point)):
        if ties.is_exact[k] or time_s > ties.until[k]:
            continue
        i, o = ties.point[k], ties.holder[k]
        x, y, z = _held_at(bodies, ties, k)
        vx, vy, vz = speed_at(bodies, o, x, y, z)
        stiffness, damping = ties.stiffness[k], ties.damping[k]
        fx = stiffness * (x - points.place[i, 0]) + damping * (vx - points.speed[i, 0])
        fy = stiffness * (y - points.place[i, 1]) + damping * (vy - points.speed[i, 1])
        fz = stiffness * (z - points.place[i, 2]) + damping * (vz - points.speed[i, 2])
        points.force[i, 0] += fx
        points.force[i, 1] += fy
        points.force[i, 2] += fz
        # At the point, not at the place: a pull between two places keeps angular momentum only
        # along the line between them, a push at one place keeps it always.
        power = push_body(
            bodies, o, points.place[i, 0], points.place[i, 1], points.place[i, 2], -fx, -fy, -fz
        )
        tally.work[0] += power * step_s


@exact_part
def carry_tied(points: Points, bodies: Bodies, ties: Ties, tally: Tally, time_s: float) -> None:
    """Exactly tied points go with their holders, which do the work that this takes."""
    for k in range(len(ties.point)):
        if not ties.is_exact[k] or time_s > ties.until[k]:
            continue
        i, gained = ties.point[k], 0.0
        place = _held_at(bodies, ties, k)
        speed = speed_at(bodies, ties.holder[k], *place)
        for axis in range(3):
            gained += speed[axis] ** 2 - points.speed[i, axis] ** 2
            points.place[i, axis], points.speed[i, axis] = place[axis], speed[axis]
        tally.work[0] += 0.5 * points.mass[i] * gained


@exact_part
def bear_tied(points: Points, ties: Ties, tally: Tally, time_s: float, step_s: float) -> None:
    """Holders of exactly tied points bear all forces on them, and work against these."""
    for k in range(len(ties.point)):
        if not ties.is_exact[k] or time_s > ties.until[k]:
            continue
        i = ties.point[k]
        for axis in range(3):
            tally.work[0] -= points.force[i, axis] * points.speed[i, axis] * step_s
            points.force[i, axis] = 0.0


@exact_part
def _held_at(bodies: Bodies, ties: Ties, k: int) -> tuple[float, float, float]:
    """Where the holder of a tie carries its point."""
    o, own = ties.holder[k], ties.place_in_body[k]
    turn, place = bodies.turn[o], bodies.place[o]
    return (
        place[0] + turn[0, 0] * own[0] + turn[0, 1] * own[1] + turn[0, 2] * own[2],
        place[1] + turn[1, 0] * own[0] + turn[1, 1] * own[1] + turn[1, 2] * own[2],
        place[2] + turn[2, 0] * own[0] + turn[2, 1] * own[1] + turn[2, 2] * own[2],
    )
