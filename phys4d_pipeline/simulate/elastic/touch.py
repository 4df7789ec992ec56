"""Soft things touch each other and themselves: vertices against faces, edges against edges.

Penalty springs with dampers and Coulomb friction between four points, spread by barycentric
weights. Along the line between the two places they keep momentum and angular momentum; friction
acts as if the four points turned as one rigid cluster by the couple of its arm, and is told speeds
less those of that turning, so that it keeps both too and takes energy only. Each contact remembers
the side it came from: what has passed through within a step is pushed back.
"""

import numpy as np

from ...jit import exact_borrowing, exact_part
from ..world.contact_law import DEEPEST, STIFFENING, hardness, note, press
from ..world.distance import Parts
from ..world.model import Laws, Points, Tally, World
from .model import Lists, Touch, Touches
from .touch_dips import dip_forces
from .touch_geometry import EVEN, Four, Vector, on_edges, on_face, softness, spin, twist
from .touch_lists import NOW, ROAD
from .touch_rigid import probe_face_forces
from .touch_side import side, slack_side

TOUCH_SHARE = 0.23
"""Frequency of a contact of two vertices times the step [rad]; in the middle of faces and edges it
is 0.16 to 0.19. Two fabrics flat on each other have nine contacts per vertex, whose highest
frequency is then 0.7 per step."""
TOUCH_RATIO = 0.2
"""Damping ratio of one contact [1]; nine together are damped at 0.7."""


@exact_part
def touch_forces(touch: Touch, lists: Lists, world: World, parts: Parts, step_s: float) -> None:
    """Add the forces of all contacts in the lists."""
    points, bodies, laws, tally = world.points, world.bodies, world.laws, world.tally
    soft_forces(touch, lists, points, laws, tally, step_s)
    road = lists.clock[ROAD]
    probe_face_forces(lists.probes, road, touch, points, world.probes, bodies, laws, tally, step_s)
    dip_forces(lists.dips, road, touch, points, parts, bodies, laws, tally, step_s)


@exact_borrowing
def soft_forces(
    touch: Touch, lists: Lists, points: Points, laws: Laws, tally: Tally, step_s: float
) -> None:
    """Of soft things on each other."""
    now = lists.clock[NOW]
    _face_forces(lists.faces, now, touch, points, laws, tally, step_s)
    _edge_forces(lists.edges, now, touch, points, laws, tally, step_s)


@exact_part
def _face_forces(
    touches: Touches,
    now: float,
    touch: Touch,
    points: Points,
    laws: Laws,
    tally: Tally,
    step_s: float,
) -> None:
    place = points.place
    for row in range(len(touches.one)):
        if touches.due[row] > now:
            continue
        i, face = touch.vertices[touches.one[row]], touch.faces[touches.other[row]]
        a, b, c = face[0], face[1], face[2]
        u, v, w, is_over = on_face(place[i], place[a], place[b], place[c])
        x = place[i, 0] - u * place[a, 0] - v * place[b, 0] - w * place[c, 0]
        y = place[i, 1] - u * place[a, 1] - v * place[b, 1] - w * place[c, 1]
        z = place[i, 2] - u * place[a, 2] - v * place[b, 2] - w * place[c, 2]
        gap = np.sqrt(x * x + y * y + z * z)
        sign = side(touches, row, (x, y, z), gap, gap, is_over, now)
        if sign != 0.0:
            _push(
                touches, row, (i, a, b, c), (1.0, -u, -v, -w), (x, y, z), gap, sign,
                touches.reach[row], points, laws, tally, step_s,
            )  # fmt: skip


@exact_part
def _edge_forces(
    touches: Touches,
    now: float,
    touch: Touch,
    points: Points,
    laws: Laws,
    tally: Tally,
    step_s: float,
) -> None:
    """Where edges are nearest between their ends; at their ends vertices meet faces."""
    place = points.place
    for row in range(len(touches.one)):
        if touches.due[row] > now:
            continue
        one, other = touch.edges[touches.one[row]], touch.edges[touches.other[row]]
        a, b, c, d = one[0], one[1], other[0], other[1]
        s, t, is_over = on_edges(place[a], place[b], place[c], place[d])
        r, q = 1.0 - s, 1.0 - t
        x = r * place[a, 0] + s * place[b, 0] - q * place[c, 0] - t * place[d, 0]
        y = r * place[a, 1] + s * place[b, 1] - q * place[c, 1] - t * place[d, 1]
        z = r * place[a, 2] + s * place[b, 2] - q * place[c, 2] - t * place[d, 2]
        square, lengths = x * x + y * y + z * z, 0.0
        for axis in range(3):
            lengths += (place[b, axis] - place[a, axis]) ** 2
            lengths += (place[d, axis] - place[c, axis]) ** 2
        least = np.sqrt(max(0.0, square - EVEN / 4.0 * lengths))
        gap = np.sqrt(square)
        sign, reach = slack_side(touches, row, (x, y, z), gap, least, is_over, now)
        if sign != 0.0:
            _push(
                touches, row, (a, b, c, d), (r, s, -q, -t), (x, y, z), gap, sign,
                reach, points, laws, tally, step_s,
            )  # fmt: skip


@exact_part
def _push(
    touches: Touches,
    row: int,
    four: Four,
    weights: tuple[float, float, float, float],
    way: Vector,
    gap: float,
    sign: float,
    reach: float,
    points: Points,
    laws: Laws,
    tally: Tally,
    step_s: float,
) -> None:
    """Force of one contact on its four points.

    Its spring is as stiff wherever the two places lie, so that it gives back what it was given.
    """
    place, speed, force, mass = points.place, points.speed, points.force, points.mass
    one, other = points.owner[four[0]], points.owner[four[3]]
    x, y, z = way
    normal = (sign * x / gap, sign * y / gap, sign * z / gap)
    vx, vy, vz, light, lightest, least = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k, weight in zip(four, weights):  # noqa: B905  (numba knows no strict)
        vx += weight * speed[k, 0]
        vy += weight * speed[k, 1]
        vz += weight * speed[k, 2]
        light += weight * weight / mass[k]
        if weight > 0.0:
            lightest = max(lightest, 1.0 / mass[k])
        else:
            least = max(least, 1.0 / mass[k])
    friction = laws.friction[one, other]
    inverse = softness(place, mass, four) if friction > 0.0 else (0.0,) * 9
    if friction > 0.0:
        wx, wy, wz = spin(place, speed, mass, four, inverse)
        vx, vy, vz = (
            vx - (wy * z - wz * y),
            vy - (wz * x - wx * z),
            vz - (wx * y - wy * x),
        )
    full = touches.reach[row]
    depth = min(reach - sign * gap, DEEPEST * full)
    stiffness = (TOUCH_SHARE / step_s) ** 2 / (lightest + least)
    fx, fy, fz, push = press(
        touches.slip,
        row,
        stiffness * hardness(depth / full, STIFFENING),
        1.0 / light,
        TOUCH_RATIO,
        friction,
        depth,
        normal,
        (vx, vy, vz),
        step_s,
    )
    for k, weight in zip(four, weights):  # noqa: B905  (numba knows no strict)
        force[k, 0] += weight * fx
        force[k, 1] += weight * fy
        force[k, 2] += weight * fz
    if friction > 0.0:
        torque = (fy * z - fz * y, fz * x - fx * z, fx * y - fy * x)
        twist(place, force, mass, four, inverse, torque)
    mx, my, mz = 0.0, 0.0, 0.0
    for k, weight in zip(four, weights):  # noqa: B905  (numba knows no strict)
        mx += abs(weight) / 2.0 * place[k, 0]
        my += abs(weight) / 2.0 * place[k, 1]
        mz += abs(weight) / 2.0 * place[k, 2]
    note(tally.touch, one, other, (mx, my, mz), normal, push * step_s, depth)
