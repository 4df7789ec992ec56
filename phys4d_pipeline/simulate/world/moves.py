"""Forces of a World -> where its points and bodies are a step later (kernels).

Steps are those of velocity Verlet: `move`, new forces, `kick` by half a step. Damping of bending
and contacts, and friction, see the speeds half a step back; that of stretching is implicit.
"""

import numpy as np

from ...jit import exact_borrowing, exact_part
from .distance import Parts
from .model import Bodies, Chains, Hinges, Points, World
from .motion import drift_bodies, kick_bodies, place_parts


@exact_part
def move(
    world: World,
    parts: Parts,
    step_s: float,
    led: np.ndarray,
    led_objects: np.ndarray,
    rows: np.ndarray,
) -> float:
    """Half a kick, then a step of all places; the speed of the fastest point at most [m/s].

    Args:
        world: With the forces before the step.
        parts: Convex parts of its bodies, brought along.
        step_s: [s]
        led: (L, 13): pose and velocity of every led body after the step.
        led_objects: Which objects they are.
        rows: Room for `damp_stretch`: 5 numbers for each point.
    """
    kick(world.points, world.bodies, world.hinges, step_s / 2)
    for r in range(len(world.chains.first)):
        if world.chains.stretch_damping[r] > 0.0:
            damp_stretch(world.points, world.chains, r, step_s, rows)
    fastest = drift_points(world.points, step_s)
    fastest = max(fastest, drift_bodies(world.bodies, world.hinges, step_s))
    for k in range(len(led_objects)):
        fastest = max(fastest, lead(world.bodies, led_objects[k], led[k]))
    place_parts(world.bodies, parts, world.probes)
    return fastest


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
