"""Bodies with gas -> chambers of a world at t = 0, their longest step, and what is refused."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from ...air import GAS_CONSTANT, PRESSURE, Valve, density
from ...errors import SceneError, SimulationError
from ...motion.gas import Chamber, available_energy, chamber, lumps, volumes
from ...motion.rubber import hardest, most_stretch
from ...motion.skins import Skin, elastic_energy, skin, start, stretches
from ...scene import Body, SceneSpec
from ..world.model import Points
from .model import NO_VALVE, Chambers, Sheets
from .stability import skin_step

MOST_PRESSURE = 3.0
"""Absolute pressure over that of the air [1] that a thin skin may hold at the start."""
MOUTH = 3.0
"""Radius of the patch that takes the recoil of a jet, in radii of the jet [1]."""
SLACK = 0.25
"""Share by which rubber may become shorter or longer than it starts, and than it swings by itself,
before steps are too long [1], but for what stability.ELASTIC_SHARE leaves."""
MOST_SWING = 1.6
"""Size over that at the start that gas may throw a balloon out to [1]: in a skin that is light
beside it ripples grow (Taylor 1950). At 1.66 (1.4 atm over its balance) they tore it, in steps of
1/48000 and 1/96000 s alike; at 1.51 they did not."""
SIZES = np.geomspace(1 / 8, 8, 385)
"""Over that at the start, in which a balloon is looked at [1]: the middle one is 1."""
SINK = 0.5
"""Share of the distance at which they touch that pressure may push points of a skin in [1]."""
FIRM = 10e3
"""Gauge pressure up to which contacts are made for it [Pa]: thin skins bear more for moments only,
when it is blown up or hit."""
PRESSED_SHARE = 0.2
"""Frequency of those contacts times the step [1]: stable with ten contacts at one point."""
CLOSED = Valve(point=0, area=0.0)


def gas_chambers(
    spec: SceneSpec, skins: Mapping[int, Skin], sheets: Sheets, points: Points
) -> Chambers:
    """All chambers as they start; the masses of their points grow by gas and air.

    Args:
        spec: The scene.
        skins: By the index of the body, in the order of `sheets`.
        sheets: Of the world.
        points: Of the world; masses, those of skins only, are brought up to date.
    """
    indices = [index for index in skins if spec.bodies[index].gas]
    ones = [chamber(spec.bodies[index]) for index in indices]
    sheet = np.array([list(skins).index(index) for index in indices], np.int64)
    first = np.array([np.argmax(points.owner == index + 1) for index in indices], np.int64)
    inner = [start_volume(spec.bodies[k], one) for k, one in zip(indices, ones, strict=True)]
    volume, gases = np.array(inner), [one.gas for one in ones]
    amount = np.array([gas.amount for gas in gases])
    exponent = np.array([gas.adiabatic_exponent for gas in gases])
    warmth = np.array([gas.temperature for gas in gases])
    air = density(PRESSURE, spec.air_temperature)
    moving = [
        float(lumps(one.gas, one.gas.amount, v, air)) for one, v in zip(ones, inner, strict=True)
    ]
    result = Chambers(
        sheet=sheet,
        first=first,
        last=first + [len(one.kept) for one in ones],
        skin_mass=points.mass.copy(),
        share=np.zeros(len(points.mass)),
        exponent=exponent,
        molar_mass=np.array([gas.molar_mass for gas in gases]),
        supply_temperature=warmth,
        amount=amount,
        state=amount * GAS_CONSTANT * warmth * volume ** (exponent - 1.0),
        volume=volume,
        pressure=amount * GAS_CONSTANT * warmth / volume,
        lump=np.array(moving),
        heights=np.zeros(len(points.mass)),
        outside=np.array([PRESSURE]),
        **_valves(spec, indices, ones, first, sheets.first[sheet]),
    )
    for c in range(len(ones)):
        own = slice(result.first[c], result.last[c])
        result.share[own] = points.mass[own] / points.mass[own].sum()
        points.mass[own] += result.share[own] * moving[c]
    return result


def _valves(
    spec: SceneSpec,
    indices: Sequence[int],
    ones: Sequence[Chamber],
    points: Int64[np.ndarray, " C"],
    triangles: Int64[np.ndarray, " C"],
) -> dict[str, np.ndarray]:
    """The fields of `Chambers` that say what valves do.

    Args:
        spec: The scene.
        indices: Of the bodies.
        ones: Their insides.
        points: First row of each one's points.
        triangles: First row of each one's triangles.
    """
    mouths = [
        _mouth(spec.bodies[index], one) + row
        for index, one, row in zip(indices, ones, triangles, strict=True)
    ]
    last = np.cumsum([len(rows) for rows in mouths], dtype=np.int64)
    valves = [one.gas.valve or CLOSED for one in ones]
    at = [
        NO_VALVE if one.valve is None else row + one.valve
        for one, row in zip(ones, points, strict=True)
    ]
    return {
        "valve": np.array(at, np.int64),
        "first_valve_face": last - np.array([len(rows) for rows in mouths], np.int64),
        "last_valve_face": last,
        "valve_faces": np.concatenate([np.zeros(0, np.int64), *mouths]),
        "valve_area": np.array([valve.area for valve in valves]),
        "opens": np.array([valve.opens for valve in valves]),
        "closes": np.array([np.inf if valve.closes is None else valve.closes for valve in valves]),
        "supply": np.array([valve.supply for valve in valves]),
    }


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
    if (
        pressure := gas.amount * GAS_CONSTANT * gas.temperature / volume
    ) > MOST_PRESSURE * PRESSURE:
        most = MOST_PRESSURE * PRESSURE * volume / GAS_CONSTANT / gas.temperature
        raise SceneError(
            f"Body {body.name!r}: {gas.amount:.3g} mol in {volume:.3g} m3 press with "
            f"{pressure:.3g} Pa, at most {MOST_PRESSURE * PRESSURE:.3g} Pa are held by a skin. "
            f"Take at most {most:.3g} mol, or let it blow up through a valve."
        )
    return volume


def blown_step(body: Body, air_temperature: float) -> float:
    """Longest stable step of a skin with gas [s].

    Rubber is softer where it is stretched, and its gas makes it heavier while none leaves.
    """
    one, rest = chamber(body), skin(body)
    places = start(body)
    volume = start_volume(body, one)
    heavier = 1.0
    if one.gas.valve is None:
        lump = lumps(one.gas, one.gas.amount, volume, density(PRESSURE, air_temperature))
        heavier += float(lump / rest.masses.sum())
    softness = heavier
    square = _breathing(one, rest, places[one.kept], volume) / heavier
    if rest.rubber:
        reach, (small, large) = stretches(rest, places), swing(body)
        least = 1.0 if one.gas.valve else small * float(reach.min())
        softness /= hardest((1 - SLACK) * least, (1 + SLACK) * max(1.0, large * float(reach.max())))
        square *= small ** (1.0 - 3.0 * one.gas.adiabatic_exponent)  # areas^2 pressure / volume
    return skin_step(rest, float(np.sqrt(square)), softness)


def swing(body: Body) -> tuple[float, float]:
    """Smallest and largest size over that at the start which a balloon comes to by itself [1].

    As if it kept its shape, and nothing slowed it down: where skin and gas together hold no more
    energy than at the start.

    Raises:
        SceneError: That is more than MOST_SWING.
    """
    one, rest, places = chamber(body), skin(body), start(body)
    gas, volume, middle = one.gas, start_volume(body, one), places.mean(0)
    pressure, k = gas.amount * GAS_CONSTANT * gas.temperature / volume, gas.adiabatic_exponent
    stored = elastic_energy(rest, middle + SIZES[:, None, None] * (places - middle))
    whole = stored + available_energy(pressure / SIZES ** (3 * k), volume * SIZES**3, k)
    at = len(SIZES) // 2
    beyond = np.flatnonzero(whole > whole[at])
    first = int(beyond[beyond < at].max(initial=-1)) + 1
    last = int(beyond[beyond > at].min(initial=len(SIZES))) - 1
    if SIZES[last] > MOST_SWING:
        slope = (stored[at + 1] - stored[at - 1]) / (SIZES[at + 1] ** 3 - SIZES[at - 1] ** 3)
        even = PRESSURE + slope / volume
        raise SceneError(
            f"Body {body.name!r} starts with {pressure:.4g} Pa, which would throw it out to "
            f"{SIZES[last]:.3g} times its size and tear it, at most {MOST_SWING} times is held. "
            f"{even:.4g} Pa are in balance with its skin: take "
            f"{even * volume / GAS_CONSTANT / gas.temperature:.3g} mol, or let it start larger."
        )
    return float(SIZES[first]), float(SIZES[last])


def pressed_frequency(body: Body, radius: float, air_temperature: float) -> float:
    """Of contact springs that hold a skin up against its pressure [rad/s].

    Args:
        body: Its skin, flat on something, presses with the pressure inside less that outside.
        radius: Distance from which its points touch [m].
        air_temperature: [K]
    """
    one, places = chamber(body), start(body)[chamber(body).kept]
    volume = start_volume(body, one)
    supply = one.gas.valve.supply if one.gas.valve else 0.0
    gauge = max(one.gas.amount * GAS_CONSTANT * one.gas.temperature / volume, supply) - PRESSURE
    lump = lumps(one.gas, one.gas.amount, volume, density(PRESSURE, air_temperature))
    a, b, c = places[one.faces].transpose(1, 0, 2)
    area = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
    spread = float(skin(body).masses.sum() + lump) / area
    return float(np.sqrt(min(max(gauge, 0.0), FIRM) / (spread * SINK * radius)))


def raise_if_burst(body: Body, points: Float64[np.ndarray, "V 3"], frame: int) -> None:
    """A skin with gas holds up to a stretch; beyond, it would have torn.

    Raises:
        SimulationError: With the stretch, its place and its bound.
    """
    most, found = most_stretch(body.substance), stretches(skin(body), points)
    if (worst := float(found.max())) > most:
        face = int(found.argmax())
        raise SimulationError(
            f"Body {body.name!r} bursts at frame {frame}: its skin is {worst:.3g} times as long as "
            f"at rest at face {face}, at most {most:.3g} times is possible. Let in less gas, or "
            "give it a thicker or stiffer skin."
        )


def _breathing(
    one: Chamber, rest: Skin, places: Float64[np.ndarray, "P 3"], volume: float
) -> float:
    """Square of the frequency with which gas moves a skin in and out [rad2/s2]."""
    a, b, c = places[one.faces].transpose(1, 0, 2)
    areas = np.zeros_like(places)
    for corner in range(3):
        np.add.at(areas, one.faces[:, corner], np.cross(b - a, c - a) / 6)
    pressure = one.gas.amount * GAS_CONSTANT * one.gas.temperature / volume
    supply = one.gas.valve.supply if one.gas.valve else 0.0
    stiffness = one.gas.adiabatic_exponent * max(pressure, supply) / volume
    return stiffness * float(((areas**2).sum(1) / rest.masses).sum())


def _mouth(body: Body, one: Chamber) -> Int64[np.ndarray, " K"]:
    """Faces around the valve at the start, at least those that meet there."""
    if one.valve is None or one.gas.valve is None:
        return np.zeros(0, np.int64)
    places = start(body)[one.kept]
    reach = MOUTH * np.sqrt(one.gas.valve.area / np.pi)
    far = np.linalg.norm(places[one.faces].mean(1) - places[one.valve], axis=1)
    return np.flatnonzero((far <= reach) | (one.faces == one.valve).any(1))
