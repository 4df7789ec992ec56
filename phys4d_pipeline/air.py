"""The air around the bodies of a scene, and the gas inside closed ones.

SI units. Still air at sea level is what everything starts in; it does not move by itself.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .plain import Vec3

PRESSURE = 101_325.0
"""Of the air at z = 0 [Pa] (ISO 2533)."""
GAS_CONSTANT = 8.314462618  # [J/mol/K]
MOLAR_MASS = 0.0289652
"""Of dry air [kg/mol] (ISO 2533)."""


@dataclass(frozen=True, kw_only=True)
class Wind:
    """Air that blows past: a steady stream that carries eddies along."""

    velocity: Vec3
    """Of the stream [m/s]."""
    gusts: float = 0.0
    """Root mean square of what the eddies add, along each axis [m/s]."""
    eddy: float = 1.0
    """Size of the largest eddies [m]."""


@dataclass(frozen=True, kw_only=True)
class Valve:
    """An opening of a closed skin through which gas flows."""

    point: int
    """Vertex of the body's mesh where it is; the gas leaves along the normal there."""
    area: float
    """Of the narrowest jet that passes [m2]."""
    opens: float = 0.0
    """[s]"""
    closes: float | None = None
    """[s]; None: never."""
    supply: float = 0.0
    """Pressure of what blows in, absolute [Pa]; 0: it leads to the open air."""


@dataclass(frozen=True, kw_only=True)
class Gas:
    """What fills a closed skin."""

    amount: float
    """At t = 0 [mol]."""
    temperature: float = 293.15
    """At t = 0 [K]."""
    molar_mass: float = MOLAR_MASS
    """[kg/mol]"""
    adiabatic_exponent: float = 1.0
    """Pressure goes with density to this power while none flows: 1 slow (one temperature), 1.4 fast
    (air that exchanges no heat) [1]."""
    valve: Valve | None = None


def density(pressure: float, temperature: float, molar_mass: float = MOLAR_MASS) -> float:
    """Of an ideal gas [kg/m3]."""
    return pressure * molar_mass / (GAS_CONSTANT * temperature)


def wind_faults(wind: Wind) -> Iterator[str]:
    """What is wrong with a wind."""
    if not all(math.isfinite(number) for number in wind.velocity):
        yield f"wind: velocity {wind.velocity} is not finite"
    if not 0.0 <= wind.gusts < math.inf:
        yield f"wind: gusts ({wind.gusts}) must not be negative"
    if not 0.0 < wind.eddy < math.inf:
        yield f"wind: eddy ({wind.eddy}) must be positive"


def gas_faults(gas: Gas) -> Iterator[str]:
    """What is wrong with the gas in a body."""
    for name in ("amount", "temperature", "molar_mass"):
        if not 0.0 < getattr(gas, name) < math.inf:
            yield f"gas: {name} ({getattr(gas, name)}) must be positive"
    if not 1.0 <= gas.adiabatic_exponent <= 5 / 3:
        yield f"gas: adiabatic_exponent ({gas.adiabatic_exponent}) must lie in 1 to 5/3"
    if not (valve := gas.valve):
        return
    if not 0.0 < valve.area < math.inf:
        yield f"valve: area ({valve.area}) must be positive"
    if not 0.0 <= valve.supply < math.inf:
        yield f"valve: supply ({valve.supply}) must not be negative"
    if valve.closes is not None and not valve.opens < valve.closes < math.inf:
        yield f"valve: closes ({valve.closes}) must come after it opens ({valve.opens})"
