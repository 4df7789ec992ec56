"""Air that flows past membranes: speeds and normals of triangles -> drag and lift.

Pressure acts along the normal with density / 2 * NORMAL * |u| (u . n) for air that comes at u: its
part along u is drag, the part across is lift. Friction acts along the surface.
"""

import numpy as np

from ...jit import exact_part
from ..world.model import Points, Tally
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


@exact_part
def air_forces(air: Air, skins: Skins, tally: Tally, step_s: float) -> None:
    """Set drag and lift at the corners of triangles; `skin_forces` has set normals and speeds.

    What the wind does in work on the scene is its velocity times the forces; the rest they take.
    """
    wind, push, power = air.wind, skins.push, 0.0
    if air.density[0] == 0.0:
        return
    for s in range(len(skins.sheets.first)):
        _drag(air, skins, s)
    if air.stream[0] != 0.0 or air.stream[1] != 0.0 or air.stream[2] != 0.0:
        for axis in range(3):
            for f in range(len(skins.area)):
                power += push[axis, f] * wind[axis, f]
    tally.work[0] += 3.0 * power * step_s


@exact_part
def _drag(air: Air, skins: Skins, s: int) -> None:
    e, normal, doubled = skins.edges, skins.normal, skins.doubled
    wind, push, sixth = air.wind, skins.push, air.density[0] / 12.0
    drag, friction = skins.sheets.drag[s], skins.sheets.friction[s]
    for f in range(np.uint64(skins.sheets.first[s]), np.uint64(skins.sheets.last[s])):
        x = wind[0, f] - e[12, f] - (e[6, f] + e[9, f]) / 3.0
        y = wind[1, f] - e[13, f] - (e[7, f] + e[10, f]) / 3.0
        z = wind[2, f] - e[14, f] - (e[8, f] + e[11, f]) / 3.0
        nx, ny, nz = normal[0, f], normal[1, f], normal[2, f]
        share = sixth * np.sqrt(x * x + y * y + z * z) * doubled[f]
        along, across = share * friction, share * (drag - friction) * (x * nx + y * ny + z * nz)
        push[0, f] = across * nx + along * x
        push[1, f] = across * ny + along * y
        push[2, f] = across * nz + along * z


@exact_part
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
