"""What vertices do not see of rigid bodies: corners and balls under faces.

A body is pushed where the surface is, and the surface at the same place, so that both momenta are
kept; what vertices nearby already push is taken off.
"""

import numpy as np

from ...jit import exact, exact_borrowing, exact_part
from ..boxes import Boxes, boxes, overlapping, put_in_order
from ..world.contact_law import (
    DEEPEST,
    STIFFENING,
    Vector,
    hardness,
    note,
    press,
    push_body,
    speed_at,
)
from ..world.model import Bodies, Laws, Points, Probes, Tally
from .model import Touch, Touches
from .touch_geometry import on_face
from .touch_pairs import face_distance, longer, room_for, with_memory
from .touch_side import slack_side

SHARE = 0.25
"""Frequency of a contact's spring times the step [rad]: a corner has one; of an edge's three may
meet at a vertex that is held from below by one of its own."""
RATIO = 0.3
"""Damping ratio of a contact [1]."""
ROUND_SHARE = 0.5
"""Of half the thickness: an edge or a face whose middle comes this much nearer to a ball or a
capsule than its ends is left to them, since it still lies outside."""


@exact
def probe_touches(
    touch: Touch, points: Points, probes: Probes, skin: float, old: Touches
) -> Touches:
    """(probe, face) that may touch: corners, and balls that are small beside the face."""
    faces = touch.faces
    (pairs, reaches), row, count = room_for(old), 0, 0
    if len(faces) == 0 or len(probes.owner) == 0:
        return with_memory(pairs[:0], reaches[:0], old)
    grid = boxes(points.place, faces, points.radius.max() + skin)
    near, most = np.empty(len(faces), np.int64), 0.0
    for f in range(len(faces)):
        most = max(most, _bulge(points, faces[f, 0], faces[f, 1], faces[f, 2]))
    while True:
        row, count = _pair_probes(
            touch, points, probes, skin, most, grid, near, pairs, reaches, row, count
        )
        if row == len(probes.owner):
            break
        pairs, reaches = longer(pairs, reaches)
    return with_memory(pairs[:count], reaches[:count], old)


@exact_part
def _pair_probes(
    touch: Touch, points: Points, probes: Probes, skin: float, most: float, grid: Boxes,
    near: np.ndarray, pairs: np.ndarray, reaches: np.ndarray, first: int, count: int,
) -> tuple[int, int]:  # fmt: skip
    """Fill in pairs of probes from the first on; the probe that found no room, the count.

    `most` is the largest radius of a ball that may come through a face, times ROUND_SHARE [m].
    """
    thick = points.radius.max()
    for q in range(first, len(probes.owner)):
        middle, radius = probes.place[q], probes.radius[q]
        if most < ROUND_SHARE * radius:
            continue
        here = overlapping(grid, middle, middle, radius + thick + skin, 0, near)
        if count + here > len(pairs):
            return q, count
        put_in_order(near, here)
        for f in near[:here]:
            a, b, c = touch.faces[f, 0], touch.faces[f, 1], touch.faces[f, 2]
            reach = radius + points.radius[a]
            if is_held(points.is_inside, touch.faces[f], probes.owner[q]):
                continue
            if _bulge(points, a, b, c) < ROUND_SHARE * radius:
                continue
            if face_distance(points.place, middle, a, b, c) > reach + skin:
                continue
            pairs[count, 0], pairs[count, 1], reaches[count] = q, f, reach
            count += 1
    return len(probes.owner), count


@exact_part
def _bulge(points: Points, a: int, b: int, c: int) -> float:
    """How far a ball at a triangle's corners comes through its middle, times its radius [m].

    Over half the thickness.
    """
    place, square = points.place, 0.0
    for axis in range(3):
        square += (place[b, axis] - place[a, axis]) ** 2 + (place[c, axis] - place[a, axis]) ** 2
    return square / 12.0 / points.radius[a]


@exact_part
def is_held(is_inside: np.ndarray, corners: np.ndarray, o: int) -> bool:
    """Does one of the points start inside an object that holds it?"""
    held = False
    for k in corners:
        held |= is_inside[k, o]
    return held


@exact_borrowing
def probe_face_forces(
    touches: Touches, now: float, touch: Touch, points: Points, probes: Probes, bodies: Bodies,
    laws: Laws, tally: Tally, step_s: float,
) -> None:  # fmt: skip
    """Corners and balls of rigid bodies against the insides of faces.

    Where its nearest place comes from an edge into a face a contact begins slack (`slack_side`).
    """
    place = points.place
    for row in range(len(touches.one)):
        if touches.due[row] > now:
            continue
        q, face = touches.one[row], touch.faces[touches.other[row]]
        a, b, c = face[0], face[1], face[2]
        u, v, w, is_over = on_face(probes.place[q], place[a], place[b], place[c])
        fx = u * place[a, 0] + v * place[b, 0] + w * place[c, 0]
        fy = u * place[a, 1] + v * place[b, 1] + w * place[c, 1]
        fz = u * place[a, 2] + v * place[b, 2] + w * place[c, 2]
        x, y, z = fx - probes.place[q, 0], fy - probes.place[q, 1], fz - probes.place[q, 2]
        gap = np.sqrt(x * x + y * y + z * z)
        sign, reach = slack_side(touches, row, (x, y, z), gap, gap, is_over, now)
        if sign == 0.0:
            continue
        depth = reach - sign * gap
        for k, weight in zip((a, b, c), (u, v, w)):  # noqa: B905  (numba knows no strict)
            depth -= weight * max(0.0, reach - _far(place[k], probes.place[q]))
        if depth <= 0.0:
            touches.slip[row] = 0.0
            continue
        light = u * u / points.mass[a] + v * v / points.mass[b] + w * w / points.mass[c]
        normal = (sign * x / gap, sign * y / gap, sign * z / gap)
        speed = points.speed
        sx = u * speed[a, 0] + v * speed[b, 0] + w * speed[c, 0]
        sy = u * speed[a, 1] + v * speed[b, 1] + w * speed[c, 1]
        sz = u * speed[a, 2] + v * speed[b, 2] + w * speed[c, 2]
        owner = points.owner[a]
        gx, gy, gz = pressed(
            touches, row, bodies, laws, tally, (owner, probes.owner[q]), points.radius[a], light,
            depth, normal, (fx, fy, fz), (sx, sy, sz), step_s,
        )  # fmt: skip
        for k, weight in zip((a, b, c), (u, v, w)):  # noqa: B905  (numba knows no strict)
            points.force[k, 0] += weight * gx
            points.force[k, 1] += weight * gy
            points.force[k, 2] += weight * gz


@exact_part
def _far(a: np.ndarray, b: np.ndarray) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return np.sqrt(x * x + y * y + z * z)


@exact_part
def pressed(
    touches: Touches,
    row: int,
    bodies: Bodies,
    laws: Laws,
    tally: Tally,
    objects: tuple[int, int],
    radius: float,
    light: float,
    depth: float,
    normal: Vector,
    place: Vector,
    speed: Vector,
    step_s: float,
) -> Vector:
    """Force on a surface by a rigid body, which is pushed back.

    Args:
        touches: The row's slip is brought up to date.
        row: Which.
        bodies: One is pushed.
        laws: Of friction.
        tally: What is pushed is noted.
        objects: The surface, the body.
        radius: Half the thickness of the surface [m].
        light: One over the mass of the surface that is pushed [1/kg].
        depth: Overlap [m].
        normal: Towards the surface.
        place: Where [m].
        speed: Of the surface there [m/s].
        step_s: [s]
    """
    owner, body = objects
    vx, vy, vz = speed_at(bodies, body, place[0], place[1], place[2])
    mass = 1.0 / (light + bodies.lightness[body])
    deep = min(depth, DEEPEST * radius)
    hard = hardness(deep / radius, STIFFENING)
    fx, fy, fz, push = press(
        touches.slip,
        row,
        mass * (SHARE / step_s) ** 2 * hard,
        mass,
        RATIO / np.sqrt(hard),
        laws.friction[owner, body],
        deep,
        normal,
        (speed[0] - vx, speed[1] - vy, speed[2] - vz),
        step_s,
    )
    power = push_body(bodies, body, place[0], place[1], place[2], -fx, -fy, -fz)
    tally.work[0] += power * step_s
    note(tally.touch, owner, body, place, normal, push * step_s, deep)
    return fx, fy, fz
