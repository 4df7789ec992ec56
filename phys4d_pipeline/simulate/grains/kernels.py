"""Grains and bodies -> the same some steps later: explicit, serial, float64; a frame is one call.

Steps are those of velocity Verlet; damping and friction see the speeds half a step back. Two things
push each other at one and the same place, so that momentum and angular momentum are kept.
"""

import numpy as np
from jaxtyping import Float64

from ...jit import exact
from ..world.contact_law import ROLLING_SPIN, note, press, push_body, speed_at
from ..world.distance import Parts, distance
from ..world.forces import add_forces
from ..world.model import FREE, HINGED, Bodies, Laws, Pairs, Tally, World
from ..world.moves import kick, move
from ..world.neighbours import probe_pairs
from .model import Grains, Near, Worst
from .neighbours import near_grains, near_parts

Lists = tuple[Pairs, Near, Near]
"""Corners of bodies and parts, grains and grains, grains and parts."""
BRAKE_SHARE = 0.1
"""Of the spin that rolling friction may take in a step: keeps slow rolling from swinging [1]."""


@exact
def advance(
    world: World,
    parts: Parts,
    grains: Grains,
    lists: Lists,
    worst: Worst,
    skin: float,
    cell: float,
    step_s: float,
    led: Float64[np.ndarray, "M L 13"],
    led_objects: np.ndarray,
) -> Lists:
    """M steps; returns the lists of neighbours that are left.

    Args:
        world: Bodies, laws and tally, brought up to date, with the forces at its end.
        parts: The same.
        grains: The same.
        lists: Of neighbours.
        worst: Extremes, brought up to date.
        skin: How far apart neighbours may be [m].
        cell: Of the grid in which grains look for each other [m].
        step_s: [s]
        led: Pose and velocity of every led body after each step.
        led_objects: Which objects they are.
    """
    no_ropes = np.empty((0, 5))
    for m in range(len(led)):
        fastest = _move(grains, worst, step_s)
        fastest = max(fastest, move(world, parts, step_s, led[m], led_objects, no_ropes))
        world.tally.travelled[0] += fastest * step_s
        if world.tally.travelled[0] > skin / 2:
            lists = listed(world, parts, grains, lists, skin, cell)
        push_all(world, parts, grains, lists, worst, step_s)
        kick(world.points, world.bodies, world.hinges, step_s / 2)
        _kick_grains(grains, step_s / 2)
    return lists


@exact
def listed(
    world: World, parts: Parts, grains: Grains, lists: Lists, skin: float, cell: float
) -> Lists:
    """Lists of neighbours made anew."""
    world.tally.travelled[0] = 0.0
    return (
        probe_pairs(world.points, world.probes, world.bodies, parts, skin, lists[0]),
        near_grains(grains, skin, cell, lists[1]),
        near_parts(grains, parts, skin, lists[2]),
    )


@exact
def push_all(
    world: World, parts: Parts, grains: Grains, lists: Lists, worst: Worst, step_s: float
) -> None:
    """All forces on grains and bodies, from nothing."""
    none = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 3)))
    add_forces(world, parts, (lists[0], none, none), 0.0, step_s)
    for axis in range(3):
        pull = world.laws.gravity[axis]
        for i in range(len(grains.mass)):
            grains.force[i, axis] = grains.mass[i] * pull
            grains.torque[i, axis] = 0.0
    _meet_grains(lists[1], grains, world.laws, world.tally, worst, step_s)
    _meet_parts(lists[2], grains, world.bodies, parts, world.laws, world.tally, worst, step_s)


@exact
def _kick_grains(grains: Grains, time_s: float) -> None:
    for i in range(len(grains.mass)):
        rate, turn = time_s / grains.mass[i], time_s / grains.inertia[i]
        for axis in range(3):
            grains.speed[i, axis] += rate * grains.force[i, axis]
            grains.spin[i, axis] += turn * grains.torque[i, axis]


@exact
def _move(grains: Grains, worst: Worst, step_s: float) -> float:
    """Half a kick, then a step of all places; the largest speed [m/s]."""
    _kick_grains(grains, step_s / 2)
    fastest, farthest = 0.0, 0.0
    for i in range(len(grains.mass)):
        square = 0.0
        for axis in range(3):
            grains.place[i, axis] += step_s * grains.speed[i, axis]
            square += grains.speed[i, axis] * grains.speed[i, axis]
        fastest = max(fastest, square)
        farthest = max(farthest, square / (grains.radius[i] * grains.radius[i]))
    worst.travel[0] = max(worst.travel[0], step_s * np.sqrt(farthest))
    return np.sqrt(fastest)


@exact
def _meet_grains(
    near: Near, grains: Grains, laws: Laws, tally: Tally, worst: Worst, step_s: float
) -> None:
    """Grains against grains."""
    place, speed, spin, radius = grains.place, grains.speed, grains.spin, grains.radius
    square = laws.frequency[0] ** 2
    for i in range(len(radius)):
        for row in range(near.first[i], near.first[i + 1]):
            j = near.other[row]
            x, y, z = (
                place[i, 0] - place[j, 0],
                place[i, 1] - place[j, 1],
                place[i, 2] - place[j, 2],
            )
            far, reach = x * x + y * y + z * z, radius[i] + radius[j]
            if far >= reach * reach:
                near.slip[row, 0], near.slip[row, 1], near.slip[row, 2] = 0.0, 0.0, 0.0
                continue
            far = np.sqrt(far)
            depth, nx, ny, nz = reach - far, x / far, y / far, z / far
            a, b = radius[i] - depth / 2, radius[j] - depth / 2
            # Speeds at the place between the two, of spins weighted by both arms.
            wx = a * spin[i, 0] + b * spin[j, 0]
            wy = a * spin[i, 1] + b * spin[j, 1]
            wz = a * spin[i, 2] + b * spin[j, 2]
            ux = speed[i, 0] - speed[j, 0] - (wy * nz - wz * ny)
            uy = speed[i, 1] - speed[j, 1] - (wz * nx - wx * nz)
            uz = speed[i, 2] - speed[j, 2] - (wx * ny - wy * nx)
            mass = grains.mass[i] * grains.mass[j] / (grains.mass[i] + grains.mass[j])
            one, two = grains.owner[i], grains.owner[j]
            fx, fy, fz, push = press(
                near.slip,
                row,
                mass * square,
                mass,
                laws.damping_ratio[one, two],
                laws.friction[one, two],
                depth,
                (nx, ny, nz),
                (ux, uy, uz),
                step_s,
            )
            worst.overlap[0] = max(worst.overlap[0], depth / min(radius[i], radius[j]))
            _push_grain(grains, i, fx, fy, fz, -a * nx, -a * ny, -a * nz)
            _push_grain(grains, j, -fx, -fy, -fz, b * nx, b * ny, b * nz)
            if laws.rolling[one, two] > 0.0:
                _brake(grains, i, j, laws.rolling[one, two] * push, step_s)
            if one != two:
                middle = (place[i, 0] - a * nx, place[i, 1] - a * ny, place[i, 2] - a * nz)
                note(tally.touch, one, two, middle, (nx, ny, nz), push * step_s, depth)


@exact
def _push_grain(
    grains: Grains,
    i: int,
    fx: float,
    fy: float,
    fz: float,
    rx: float,
    ry: float,
    rz: float,
) -> None:
    """Add a force at an arm from the centre of a grain."""
    force, torque = grains.force, grains.torque
    force[i, 0] += fx
    force[i, 1] += fy
    force[i, 2] += fz
    torque[i, 0] += ry * fz - rz * fy
    torque[i, 1] += rz * fx - rx * fz
    torque[i, 2] += rx * fy - ry * fx


@exact
def _brake(grains: Grains, i: int, j: int, moment: float, step_s: float) -> None:
    """A torque of at most this size [N m] against the relative spin of two grains."""
    spin, torque = grains.spin, grains.torque
    x, y, z = spin[i, 0] - spin[j, 0], spin[i, 1] - spin[j, 1], spin[i, 2] - spin[j, 2]
    size = moment / max(np.sqrt(x * x + y * y + z * z), ROLLING_SPIN)
    inertia = grains.inertia[i] * grains.inertia[j] / (grains.inertia[i] + grains.inertia[j])
    size = min(size, BRAKE_SHARE * inertia / step_s)
    torque[i, 0] -= size * x
    torque[i, 1] -= size * y
    torque[i, 2] -= size * z
    torque[j, 0] += size * x
    torque[j, 1] += size * y
    torque[j, 2] += size * z


@exact
def _meet_parts(
    near: Near,
    grains: Grains,
    bodies: Bodies,
    parts: Parts,
    laws: Laws,
    tally: Tally,
    worst: Worst,
    step_s: float,
) -> None:
    """Grains against the ground and the convex parts of bodies."""
    place, speed, spin, radius = grains.place, grains.speed, grains.spin, grains.radius
    square = laws.frequency[0] ** 2
    for i in range(len(radius)):
        for row in range(near.first[i], near.first[i + 1]):
            p = near.other[row]
            x, y, z = place[i, 0], place[i, 1], place[i, 2]
            far, nx, ny, nz = distance(parts, p, x, y, z)
            depth = radius[i] - far
            if depth <= 0.0:
                near.slip[row, 0], near.slip[row, 1], near.slip[row, 2] = 0.0, 0.0, 0.0
                continue
            owner, body = grains.owner[i], parts.owner[p]
            arm = radius[i] - depth / 2
            rx, ry, rz = -arm * nx, -arm * ny, -arm * nz
            x, y, z = x + rx, y + ry, z + rz
            vx, vy, vz = speed_at(bodies, body, x, y, z)
            ux = speed[i, 0] + spin[i, 1] * rz - spin[i, 2] * ry - vx
            uy = speed[i, 1] + spin[i, 2] * rx - spin[i, 0] * rz - vy
            uz = speed[i, 2] + spin[i, 0] * ry - spin[i, 1] * rx - vz
            mass = 1.0 / (1.0 / grains.mass[i] + bodies.lightness[body])
            fx, fy, fz, push = press(
                near.slip,
                row,
                mass * square,
                mass,
                laws.damping_ratio[owner, body],
                laws.friction[owner, body],
                depth,
                (nx, ny, nz),
                (ux, uy, uz),
                step_s,
            )
            worst.overlap[0] = max(worst.overlap[0], depth / radius[i])
            _push_grain(grains, i, fx, fy, fz, rx, ry, rz)
            power = push_body(bodies, body, x, y, z, -fx, -fy, -fz)
            if laws.rolling[owner, body] > 0.0:
                power += _brake_on(
                    grains, i, bodies, body, laws.rolling[owner, body] * push, step_s
                )
            tally.work[0] += power * step_s
            note(tally.touch, owner, body, (x, y, z), (nx, ny, nz), push * step_s, depth)


@exact
def _brake_on(
    grains: Grains, i: int, bodies: Bodies, o: int, moment: float, step_s: float
) -> float:
    """Rolling friction between a grain and a body; the power it takes from a led one [W]."""
    spin, torque = grains.spin, grains.torque
    x = spin[i, 0] - bodies.spin[o, 0]
    y = spin[i, 1] - bodies.spin[o, 1]
    z = spin[i, 2] - bodies.spin[o, 2]
    size = moment / max(np.sqrt(x * x + y * y + z * z), ROLLING_SPIN)
    size = min(size, BRAKE_SHARE * grains.inertia[i] / step_s)
    torque[i, 0] -= size * x
    torque[i, 1] -= size * y
    torque[i, 2] -= size * z
    if bodies.kind[o] in (FREE, HINGED):
        bodies.torque[o, 0] += size * x
        bodies.torque[o, 1] += size * y
        bodies.torque[o, 2] += size * z
        return 0.0
    own = x * bodies.spin[o, 0] + y * bodies.spin[o, 1] + z * bodies.spin[o, 2]
    return -size * own
