"""World -> the world some steps later: explicit, serial, in float64; one call for a whole frame.

Steps are those of velocity Verlet; damping of bending and contacts, and friction, see the speeds
half a step back; only the damping of stretching is implicit.
"""

import numpy as np
from jaxtyping import Float64

from ...jit import exact, exact_borrowing, exact_part
from .contact_law import push_body, speed_at
from .contacts import probe_forces, segment_forces, strand_forces
from .distance import Parts
from .model import Bodies, Chains, Hinges, Laws, Pairs, Points, Tally, Ties, World
from .motion import drift_bodies, kick_bodies, place_parts
from .neighbours import probe_pairs, segment_pairs, strand_pairs

Lists = tuple[Pairs, Pairs, Pairs]
"""Probes and parts, segments and parts, segments and segments."""


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
        kick(world.points, world.bodies, world.hinges, step_s / 2)
        for r in range(len(world.chains.first)):
            if world.chains.stretch_damping[r] > 0.0:
                damp_stretch(world.points, world.chains, r, step_s, rows)
        fastest = drift_points(world.points, step_s)
        fastest = max(fastest, drift_bodies(world.bodies, world.hinges, step_s))
        for k in range(len(led_objects)):
            fastest = max(fastest, lead(world.bodies, led_objects[k], led[m, k]))
        place_parts(world.bodies, parts, world.probes)
        world.tally.travelled[0] += fastest * step_s
        if world.tally.travelled[0] > skin / 2:
            lists = listed(world, parts, lists, skin)
        add_forces(world, parts, lists, time_s + (m + 1) * step_s, step_s)
        kick(world.points, world.bodies, world.hinges, step_s / 2)
    return lists


@exact
def listed(world: World, parts: Parts, lists: Lists, skin: float) -> Lists:
    """Lists of neighbours made anew."""
    points, chains, segments = world.points, world.chains, world.segments
    world.tally.travelled[0] = 0.0
    return (
        probe_pairs(points, world.probes, world.bodies, parts, skin, lists[0]),
        segment_pairs(points, chains, segments, parts, skin, lists[1]),
        strand_pairs(points, chains, segments, skin, lists[2]),
    )


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
def kick(points: Points, bodies: Bodies, hinges: Hinges, time_s: float) -> None:
    """Forces change speeds."""
    for k in range(len(points.mass)):
        rate = time_s / points.mass[k]
        for axis in range(3):
            points.speed[k, axis] += rate * points.force[k, axis]
    kick_bodies(bodies, hinges, time_s)


@exact_part
def drift_points(points: Points, step_s: float) -> float:
    """Speeds move points; the largest of them [m/s]."""
    place, speed = points.place, points.speed
    fastest = 0.0
    for k in range(len(points.mass)):
        square = 0.0
        for axis in range(3):
            place[k, axis] += step_s * speed[k, axis]
            square += speed[k, axis] * speed[k, axis]
        fastest = max(fastest, square)
    return np.sqrt(fastest)


@exact_borrowing
def lead(bodies: Bodies, o: int, row: np.ndarray) -> float:
    """Put a led body where its path has it; the speed of its fastest point [m/s]."""
    straight, round_ = 0.0, 0.0
    for axis in range(3):
        bodies.place[o, axis], bodies.quaternion[o, axis] = row[axis], row[3 + axis]
        bodies.speed[o, axis], bodies.spin[o, axis] = row[7 + axis], row[10 + axis]
        straight += row[7 + axis] * row[7 + axis]
        round_ += row[10 + axis] * row[10 + axis]
    bodies.quaternion[o, 3] = row[6]
    return np.sqrt(straight) + bodies.reach[o] * np.sqrt(round_)


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
def damp_stretch(points: Points, chains: Chains, r: int, step_s: float, rows: np.ndarray) -> None:
    """Dampers along the segments of a rope, by their speeds after the step.

    Explicit dampers would need steps shorter than the springs do. Their impulses along the
    segments solve a system with three diagonals; it can only take energy, and keeps momenta.

    Args:
        points: Whose speeds change.
        chains: All ropes.
        r: Which rope.
        step_s: [s]
        rows: Room for directions, eliminated diagonals and impulses of all segments.
    """
    place, speed, mass = points.place, points.speed, points.mass
    softness = 1.0 / (chains.stretch_damping[r] * step_s)
    first, last = chains.first[r], chains.last[r] - 1
    for a in range(first, last):
        row, b = rows[a], a + 1
        x, y, z = place[b, 0] - place[a, 0], place[b, 1] - place[a, 1], place[b, 2] - place[a, 2]
        length = np.sqrt(x * x + y * y + z * z)
        row[0], row[1], row[2] = x / length, y / length, z / length
        rate = 0.0
        for axis in range(3):
            rate += row[axis] * (speed[b, axis] - speed[a, axis])
        diagonal, pull = 1.0 / mass[a] + 1.0 / mass[b] + softness, -rate
        if a > first:
            before = rows[a - 1]
            beside = -(row[0] * before[0] + row[1] * before[1] + row[2] * before[2]) / mass[a]
            diagonal -= beside * before[3]
            pull -= beside * before[4]
        if b < last:
            after = 1.0 / np.sqrt(
                (place[b + 1, 0] - place[b, 0]) ** 2
                + (place[b + 1, 1] - place[b, 1]) ** 2
                + (place[b + 1, 2] - place[b, 2]) ** 2
            )
            along = 0.0
            for axis in range(3):
                along += row[axis] * (place[b + 1, axis] - place[b, axis]) * after
            row[3] = -along / mass[b] / diagonal
        row[4] = pull / diagonal
    impulse = 0.0
    for a in range(last - 1, first - 1, -1):
        row, b = rows[a], a + 1
        impulse = row[4] - (row[3] * impulse if b < last else 0.0)
        for axis in range(3):
            speed[b, axis] += impulse * row[axis] / mass[b]
            speed[a, axis] -= impulse * row[axis] / mass[a]


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
        if time_s > ties.until[k]:
            continue
        i, o, turn = ties.point[k], ties.holder[k], bodies.turn[ties.holder[k]]
        own = ties.place_in_body[k]
        x = bodies.place[o, 0] + turn[0, 0] * own[0] + turn[0, 1] * own[1] + turn[0, 2] * own[2]
        y = bodies.place[o, 1] + turn[1, 0] * own[0] + turn[1, 1] * own[1] + turn[1, 2] * own[2]
        z = bodies.place[o, 2] + turn[2, 0] * own[0] + turn[2, 1] * own[1] + turn[2, 2] * own[2]
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
