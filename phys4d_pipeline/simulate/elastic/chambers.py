"""Gas in closed skins: what it and the air outside press with, valves, and its inertia.

One pressure per chamber, p V^k / n^k constant while no gas flows (k the `adiabatic_exponent`),
plus the weight of the gas column; outside, the air's pressure with its own column: buoyancy and the
weight of the gas come from these, as exact gradients of energies that do not change under rotation
about the vertical. The gas (its mass) and the air pushed aside (half the mass displaced, that of a
sphere: Lamb 1932, art. 92) move with the skin, spread like its mass; both are exact for straight
motion. Rotation then carries the gas along, as a thick gas would.
"""

import numpy as np

from ...air import GAS_CONSTANT
from ...jit import exact_borrowing, exact_part
from ...motion.gas import ADDED_MASS, ISOTHERMAL, JET_EXPONENT
from ..world.model import Points
from .model import NO_VALVE, Air, Chambers, Skins

EVEN_OUT = 0.5
"""Of the gas that would even out the pressures, at most this share flows in a step [1]."""


@exact_borrowing
def chamber_forces(
    chambers: Chambers,
    skins: Skins,
    air: Air,
    points: Points,
    gravity: np.ndarray,
    work: np.ndarray,
    time_s: float,
    step_s: float,
) -> None:
    """Add what gas and air do to the points; bring amounts, pressures and masses up to date.

    Args:
        chambers: All.
        skins: Around them, with normals and areas of now.
        air: Around those.
        points: Whose force grows; mass and speed follow what moves with the skin.
        gravity: [m/s2]
        work: What supplies have done, grows [J].
        time_s: Now.
        step_s: Since the last call.
    """
    dense = air.density[0]
    for c in range(len(chambers.amount)):
        middle = _measure(chambers, skins, points, gravity, c)
        thrust, before = 0.0, chambers.amount[c]
        if chambers.valve[c] != NO_VALVE and chambers.opens[c] < time_s <= chambers.closes[c]:
            thrust = _flow(chambers, c, middle, dense, work, step_s)
        chambers.pressure[c] = chambers.state[c] / chambers.volume[c] ** chambers.exponent[c]
        left = max(0.0, before - chambers.amount[c]) * chambers.molar_mass[c]
        square = _lump(chambers, points, gravity, c, dense, left)
        _press(chambers, skins, points, c, middle, dense, square)
        if thrust > 0.0:
            _thrust(chambers, skins, points, c, thrust)


@exact_part
def _measure(
    chambers: Chambers, skins: Skins, points: Points, gravity: np.ndarray, c: int
) -> float:
    """Volume, and the mean of gravity times place inside [m2/s2]."""
    place, heights, corners = points.place, chambers.heights, skins.corners
    k = chambers.first[c]
    ox, oy, oz = place[k, 0], place[k, 1], place[k, 2]
    gx, gy, gz = gravity[0], gravity[1], gravity[2]
    for i in range(k, chambers.last[c]):
        heights[i] = gx * (place[i, 0] - ox) + gy * (place[i, 1] - oy) + gz * (place[i, 2] - oz)
    volume, moment, s = 0.0, 0.0, chambers.sheet[c]
    for f in range(skins.sheets.first[s], skins.sheets.last[s]):
        i, j, k = corners[0, f], corners[1, f], corners[2, f]
        ax, ay, az = place[i, 0] - ox, place[i, 1] - oy, place[i, 2] - oz
        bx, by, bz = place[j, 0] - ox, place[j, 1] - oy, place[j, 2] - oz
        dx, dy, dz = place[k, 0] - ox, place[k, 1] - oy, place[k, 2] - oz
        piece = (
            ax * (by * dz - bz * dy) + ay * (bz * dx - bx * dz) + az * (bx * dy - by * dx)
        ) / 6.0
        volume += piece
        moment += piece * (heights[i] + heights[j] + heights[k]) / 4.0
    base = gx * ox + gy * oy + gz * oz
    for i in range(chambers.first[c], chambers.last[c]):
        heights[i] += base
    chambers.volume[c] = volume
    return base + moment / volume


@exact_part
def _flow(
    chambers: Chambers, c: int, middle: float, air: float, work: np.ndarray, step_s: float
) -> float:
    """Gas that passes the valve in a step; the thrust of a jet into the open air [N]."""
    exponent, molar_mass = chambers.exponent[c], chambers.molar_mass[c]
    amount, volume = chambers.amount[c], chambers.volume[c]
    inside = chambers.state[c] / volume**exponent
    temperature = inside * volume / (amount * GAS_CONSTANT)
    height = chambers.heights[chambers.valve[c]]
    inside += amount * molar_mass / volume * (height - middle)
    is_open_air = chambers.supply[c] == 0.0
    outside = chambers.outside[0] + air * height if is_open_air else chambers.supply[c]
    area = chambers.valve_area[c]
    most = EVEN_OUT * abs(inside - outside) * volume / (exponent * GAS_CONSTANT * temperature)
    if inside >= outside:
        flow, push = jet(inside, outside, temperature, molar_mass)
        passed = min(area * flow * step_s, most)
        chambers.state[c] *= ((amount - passed) / amount) ** exponent
        chambers.amount[c] = amount - passed
        return area * push if is_open_air else 0.0
    warmth = chambers.supply_temperature[c]
    flow, _ = jet(outside, inside, warmth, molar_mass)
    passed = min(area * flow * step_s, most)
    chambers.state[c] += volume ** (exponent - 1.0) * exponent * GAS_CONSTANT * warmth * passed
    chambers.amount[c] = amount + passed
    worth = worth_per_mole(outside, chambers.outside[0], warmth, exponent) - molar_mass * height
    work[0] += worth * passed
    return 0.0


@exact_part
def jet(inside: float, outside: float, temperature: float, molar_mass: float):
    """Flow per area [mol/s/m2] and thrust per area [Pa] of a nozzle without loss.

    Saint-Venant and Wantzel 1839; at the speed of sound the flow does not grow any more, and what
    pressure is left at the mouth pushes too.
    """
    k = JET_EXPONENT
    critical = (2.0 / (k + 1.0)) ** (k / (k - 1.0))
    ratio = max(outside / inside, critical)
    fall = 1.0 - ratio ** ((k - 1.0) / k)
    speed = np.sqrt(2.0 * k / (k - 1.0) * GAS_CONSTANT * temperature / molar_mass * fall)
    at_mouth = ratio ** (1.0 / k) * inside / (GAS_CONSTANT * temperature)
    flow = at_mouth * speed
    return flow, flow * molar_mass * speed + max(0.0, ratio * inside - outside)


@exact_part
def worth_per_mole(pressure: float, outside: float, temperature: float, exponent: float) -> float:
    """Work that a mole yields when it expands into the air [J/mol]."""
    if exponent - 1.0 < ISOTHERMAL:
        return GAS_CONSTANT * temperature * np.log(pressure / outside)
    power = (exponent - 1.0) / exponent
    return GAS_CONSTANT * temperature / power * (1.0 - (outside / pressure) ** power)


@exact_part
def _lump(
    chambers: Chambers, points: Points, gravity: np.ndarray, c: int, air: float, left: float
) -> float:
    """Masses of the points, which keep their momentum but for that of gas which left.

    Args:
        chambers: All.
        points: Whose masses and speeds change; gas and air have no weight of their own.
        gravity: [m/s2]
        c: Which chamber.
        air: Density [kg/m3].
        left: [kg]

    Returns:
        Mean square of the speed of what moves along [m2/s2].
    """
    gas = chambers.amount[c] * chambers.molar_mass[c]
    lump = gas + ADDED_MASS * air * chambers.volume[c]
    joined = lump - chambers.lump[c] + left
    chambers.lump[c] = lump
    mean = 0.0
    for k in range(chambers.first[c], chambers.last[c]):
        share = chambers.share[k]
        points.mass[k] = chambers.skin_mass[k] + share * lump
        kept = 1.0 - share * joined / points.mass[k]
        square = 0.0
        for axis in range(3):
            points.speed[k, axis] *= kept
            square += points.speed[k, axis] * points.speed[k, axis]
            points.force[k, axis] -= share * lump * gravity[axis]
        mean += share * square
    return mean


@exact_part
def _press(
    chambers: Chambers,
    skins: Skins,
    points: Points,
    c: int,
    middle: float,
    air: float,
    square: float,
) -> None:
    """Pressure on both sides of every face, linear between its corners.

    Energy of motion of the pushed-aside air grows with the volume: it sucks the skin outwards.
    """
    force, heights, corners, normal = points.force, chambers.heights, skins.corners, skins.normal
    s = chambers.sheet[c]
    dense = chambers.amount[c] * chambers.molar_mass[c] / chambers.volume[c]
    level = chambers.pressure[c] - dense * middle - chambers.outside[0]
    level += 0.5 * ADDED_MASS * air * square
    for k in range(chambers.first[c], chambers.last[c]):
        heights[k] = level + (dense - air) * heights[k]
    for f in range(skins.sheets.first[s], skins.sheets.last[s]):
        i, j, k = corners[0, f], corners[1, f], corners[2, f]
        doubled = skins.doubled[f] / 24.0
        nx, ny, nz = doubled * normal[0, f], doubled * normal[1, f], doubled * normal[2, f]
        p, q, r = heights[i], heights[j], heights[k]
        total = p + q + r
        p, q, r = total + p, total + q, total + r
        force[i, 0] += p * nx
        force[i, 1] += p * ny
        force[i, 2] += p * nz
        force[j, 0] += q * nx
        force[j, 1] += q * ny
        force[j, 2] += q * nz
        force[k, 0] += r * nx
        force[k, 1] += r * ny
        force[k, 2] += r * nz


@exact_part
def _thrust(chambers: Chambers, skins: Skins, points: Points, c: int, push: float) -> None:
    """A jet leaves along the outward normal of triangles at the valve, which share its recoil."""
    first, last = chambers.first_valve_face[c], chambers.last_valve_face[c]
    x, y, z = 0.0, 0.0, 0.0
    for row in range(first, last):
        f = chambers.valve_faces[row]
        x += skins.doubled[f] * skins.normal[0, f]
        y += skins.doubled[f] * skins.normal[1, f]
        z += skins.doubled[f] * skins.normal[2, f]
    share = push / max(np.sqrt(x * x + y * y + z * z), 1e-300) / (3 * (last - first))
    for row in range(first, last):
        for corner in range(3):
            force = points.force[skins.corners[corner, chambers.valve_faces[row]]]
            force[0] -= share * x
            force[1] -= share * y
            force[2] -= share * z
