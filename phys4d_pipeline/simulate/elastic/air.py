"""Air that flows past membranes: speeds and normals of triangles -> drag and lift.

Pressure acts along the normal with density / 2 * NORMAL * |u| (u . n) for air that comes at u: its
part along u is drag, the part across is lift. Friction acts along the surface.
"""

import numpy as np

from ...jit import exact
from ..rope_model import Points, Tally
from .model import Air, Skins

NORMAL = 1.17
"""Drag coefficient of a square plate across the stream [1] (Hoerner 1965, 3-16)."""
FRICTION = 0.02
"""Of both sides of cloth along the stream [1]: a rough plate at Reynolds numbers about 1e5
(Hoerner 1965, 2-6, twice 0.007 to 0.012)."""
CLOSED = 0.33
"""In place of NORMAL for a closed skin, on both sides of which the air slows down: a sphere then
has CLOSED_FRICTION * 8 / 3 + CLOSED * 4 / 3 = 0.47 (Hoerner 1965, 3-8)."""
CLOSED_FRICTION = 0.01
"""Of its one side [1]."""


@exact
def air_forces(air: Air, skins: Skins, points: Points, tally: Tally, step_s: float) -> None:
    """Add drag and lift of all triangles; `skin_forces` has set normals and areas.

    What the wind does in work on the scene is its velocity times the forces; the rest they take.
    """
    half = air.density[0] / 2.0
    if half == 0.0:
        return
    speed, force, corners, normal = points.speed, points.force, skins.corners, skins.normal
    sheets, power = skins.sheets, 0.0
    for s in range(len(sheets.first)):
        drag, friction = sheets.drag[s], sheets.friction[s]
        for f in range(sheets.first[s], sheets.last[s]):
            i, j, k = corners[0, f], corners[1, f], corners[2, f]
            wx, wy, wz = air.wind[0, f], air.wind[1, f], air.wind[2, f]
            x = wx - (speed[i, 0] + speed[j, 0] + speed[k, 0]) / 3.0
            y = wy - (speed[i, 1] + speed[j, 1] + speed[k, 1]) / 3.0
            z = wz - (speed[i, 2] + speed[j, 2] + speed[k, 2]) / 3.0
            nx, ny, nz = normal[0, f], normal[1, f], normal[2, f]
            across = x * nx + y * ny + z * nz
            share = half * np.sqrt(x * x + y * y + z * z) * skins.doubled[f] / 6.0
            push, rub = share * (drag - friction) * across, share * friction
            fx, fy, fz = push * nx + rub * x, push * ny + rub * y, push * nz + rub * z
            power += 3.0 * (fx * wx + fy * wy + fz * wz)
            for corner in (i, j, k):
                force[corner, 0] += fx
                force[corner, 1] += fy
                force[corner, 2] += fz
    tally.work[0] += power * step_s


@exact
def blow(air: Air, skins: Skins, points: Points, time_s: float) -> None:
    """Set the wind at the middle of every triangle: eddies move with the stream."""
    place, corners, stream = points.place, skins.corners, air.stream
    if len(air.phases) == 0:
        return
    for f in range(len(skins.area)):
        i, j, k = corners[0, f], corners[1, f], corners[2, f]
        x = (place[i, 0] + place[j, 0] + place[k, 0]) / 3.0 - time_s * stream[0]
        y = (place[i, 1] + place[j, 1] + place[k, 1]) / 3.0 - time_s * stream[1]
        z = (place[i, 2] + place[j, 2] + place[k, 2]) / 3.0 - time_s * stream[2]
        for axis in range(3):
            air.wind[axis, f] = stream[axis]
        for w in range(len(air.phases)):
            wave = np.cos(
                air.waves[w, 0] * x + air.waves[w, 1] * y + air.waves[w, 2] * z + air.phases[w]
            )
            for axis in range(3):
                air.wind[axis, f] += wave * air.swirls[w, axis]
