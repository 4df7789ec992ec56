"""Bodies with gas -> the chambers of a world at t = 0, how fast they breathe, and what they refuse."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from ...air import GAS_CONSTANT, PRESSURE, density
from ...errors import SceneError
from ...motion.gas import Chamber, chamber, lumps, volumes
from ...motion.skins import skin, start
from ...scene import Body, SceneSpec
from .chambers import NO_VALVE, Chambers

MOST_PRESSURE = 3.0
"""Absolute pressure over that of the air [1] that a thin skin may hold at the start."""
MOUTH = 3.0
"""Radius of the patch that takes the recoil of a jet, in radii of the jet [1]."""


def gas_bodies(spec: SceneSpec) -> list[int]:
    """Indices of bodies that hold gas."""
    return [index for index, body in enumerate(spec.bodies) if body.gas]


def gas_chambers(
    spec: SceneSpec, rows: Mapping[int, Int64[np.ndarray, " _"]], mass: Float64[np.ndarray, " N"]
) -> Chambers:
    """All chambers as they start; the masses of their points grow by gas and air.

    Args:
        spec: The scene.
        rows: By the index of a body: which point of the world each vertex of its mesh is.
        mass: Of all points of the world, of their skins only [kg]; brought up to date.
    """
    indices = gas_bodies(spec)
    ones = [chamber(spec.bodies[index]) for index in indices]
    points = [rows[index][one.kept] for index, one in zip(indices, ones, strict=True)]
    faces = [own[one.faces] for own, one in zip(points, ones, strict=True)]
    air = density(PRESSURE, spec.air_temperature)
    C, last = len(ones), np.cumsum([len(one) for one in faces], dtype=np.int64)
    start_volumes = np.array(
        [start_volume(spec.bodies[index], one) for index, one in zip(indices, ones, strict=True)]
    )
    amount = np.array([one.gas.amount for one in ones])
    exponent = np.array([one.gas.adiabatic_exponent for one in ones])
    warmth = np.array([one.gas.temperature for one in ones])
    patches = [
        _mouth(spec.bodies[index], one) + (end - len(one.faces))
        for index, one, end in zip(indices, ones, last, strict=True)
    ]
    ends = np.cumsum([len(one) for one in patches], dtype=np.int64)
    valves = [one.gas.valve for one in ones]
    moving = np.array(
        [
            lumps(one.gas, np.array([one.gas.amount]), volume[None], air)[0]
            for one, volume in zip(ones, start_volumes, strict=True)
        ]
    )
    result = Chambers(
        first_face=last - [len(one) for one in faces],
        last_face=last,
        first_point=np.array([own.min() for own in points], np.int64),
        last_point=np.array([own.max() + 1 for own in points], np.int64),
        faces=np.concatenate([np.zeros((0, 3), np.int64), *faces]),
        skin_mass=mass.copy(),
        share=np.zeros(len(mass)),
        exponent=exponent,
        molar_mass=np.array([one.gas.molar_mass for one in ones]),
        supply_temperature=warmth,
        amount=amount,
        state=amount * GAS_CONSTANT * warmth * start_volumes ** (exponent - 1.0),
        volume=start_volumes,
        pressure=amount * GAS_CONSTANT * warmth / start_volumes,
        lump=moving,
        valve=np.array(
            [
                NO_VALVE if one.valve is None else own[one.valve]
                for own, one in zip(points, ones, strict=True)
            ],
            np.int64,
        ),
        first_valve_face=ends - [len(one) for one in patches],
        last_valve_face=ends,
        valve_faces=np.concatenate([np.zeros(0, np.int64), *patches]),
        valve_area=np.array([valve.area if valve else 0.0 for valve in valves]),
        opens=np.array([valve.opens if valve else 0.0 for valve in valves]),
        closes=np.array(
            [np.inf if valve is None or valve.closes is None else valve.closes for valve in valves]
        ),
        supply=np.array([valve.supply if valve else 0.0 for valve in valves]),
        heights=np.zeros(len(mass)),
        air=np.array([PRESSURE, air]),
    )
    for c in range(C):
        own = slice(result.first_point[c], result.last_point[c])
        result.share[own] = mass[own] / mass[own].sum()
        mass[own] += result.share[own] * moving[c]
    return result


def start_volume(body: Body, one: Chamber) -> float:
    """In which the gas has its temperature [m3].

    Raises:
        SceneError: The skin starts without room inside, inside out, or about to burst.
    """
    gas, volume = one.gas, float(volumes(start(body)[one.kept], one.faces))
    if volume <= 0.0:
        raise SceneError(
            f"Body {body.name!r} holds gas, but encloses {volume:.3g} m3. Let its points start "
            "apart, its faces counter-clockwise seen from outside."
        )
    if (pressure := gas.amount * GAS_CONSTANT * gas.temperature / volume) > MOST_PRESSURE * PRESSURE:
        most = MOST_PRESSURE * PRESSURE * volume / GAS_CONSTANT / gas.temperature
        raise SceneError(
            f"Body {body.name!r}: {gas.amount:.3g} mol in {volume:.3g} m3 press with "
            f"{pressure:.3g} Pa, at most {MOST_PRESSURE * PRESSURE:.3g} Pa are held by a skin. "
            f"Take at most {most:.3g} mol, or let it blow up through a valve."
        )
    return volume


def breathing_rate(body: Body) -> float:
    """Highest frequency that gas gives a skin: all of it in and out at once [rad/s]."""
    one, mass = chamber(body), skin(body).masses
    places = start(body)[one.kept]
    volume = start_volume(body, one)
    a, b, c = places[one.faces].transpose(1, 0, 2)
    areas = np.zeros_like(places)
    for corner in range(3):
        np.add.at(areas, one.faces[:, corner], np.cross(b - a, c - a) / 6)
    pressure = one.gas.amount * GAS_CONSTANT * one.gas.temperature / volume
    supply = one.gas.valve.supply if one.gas.valve else 0.0
    stiffness = max(one.gas.adiabatic_exponent * pressure, supply) / volume
    return float(np.sqrt(stiffness * ((areas**2).sum(1) / mass).sum()))


def _mouth(body: Body, one: Chamber) -> Int64[np.ndarray, " K"]:
    """Faces around the valve at the start, at least those that meet there."""
    if one.valve is None or one.gas.valve is None:
        return np.zeros(0, np.int64)
    places = start(body)[one.kept]
    reach = MOUTH * np.sqrt(one.gas.valve.area / np.pi)
    far = np.linalg.norm(places[one.faces].mean(1) - places[one.valve], axis=1)
    return np.flatnonzero((far <= reach) | (one.faces == one.valve).any(1))


def gas_records(
    indices: Sequence[int], chambers: Chambers
) -> dict[int, Float64[np.ndarray, "2"]]:
    """Amount [mol] and pressure [Pa] by the index of the body."""
    now = np.stack([chambers.amount, chambers.pressure], axis=1)
    return dict(zip(indices, now, strict=True))
