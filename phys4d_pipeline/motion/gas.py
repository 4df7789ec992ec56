"""Skins with gas, from stored points: volume, energy of the gas and the air around, jets.

p V^k / n^k is constant while no gas flows, k the gas's `adiabatic_exponent`. Energy is what the gas
could still do if it expanded to the pressure of the air at z = 0, plus the weight of gas less that
of the air it displaces: it falls when gas leaves or spreads, and never rises by itself.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64

from .. import shapes
from ..air import GAS_CONSTANT, PRESSURE, Gas, density
from ..errors import SceneError
from ..scene import Body
from ..shapes.solid import open_edge

JET_EXPONENT = 1.4
"""Of air in a jet, which is too fast to exchange heat [1]."""
ADDED_MASS = 0.5
"""Of a sphere, over the mass of what it displaces [1] (Lamb 1932, art. 92)."""
ISOTHERMAL = 1e-6
"""Exponents this near to 1 count as 1 [1]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chamber:
    """A closed skin's inside; F faces between P welded points."""

    gas: Gas
    kept: Int64[np.ndarray, " P"]
    """Vertex of the mesh that each point is: `vertices[kept]` are all places."""
    faces: Int64[np.ndarray, "F 3"]
    valve: int | None
    """Point where the valve is."""


def chamber(body: Body) -> Chamber:
    """The inside of a body with gas.

    Raises:
        SceneError: It has no gas, a hole, or its valve is at no vertex of its mesh.
    """
    if body.gas is None:
        raise SceneError(f"Body {body.name!r} holds no gas.")
    mesh = shapes.mesh(body.shape)
    if fault := open_edge(mesh):
        raise SceneError(
            f"Body {body.name!r} holds gas, but is not closed: {fault}. Close its mesh there, or "
            "leave its gas out."
        )
    kept, point_of = shapes.weld(mesh)
    point = None
    if valve := body.gas.valve:
        if not 0 <= valve.point < len(point_of):
            raise SceneError(
                f"Body {body.name!r}: its valve is at vertex {valve.point}, but its mesh has "
                f"{len(point_of)}. Choose one of 0 to {len(point_of) - 1}."
            )
        point = int(point_of[valve.point])
    return Chamber(gas=body.gas, kept=kept, faces=point_of[mesh.faces], valve=point)


def volumes(
    places: Float[np.ndarray, "*T P 3"], faces: Int64[np.ndarray, "F 3"]
) -> Float64[np.ndarray, "*T"]:
    """Enclosed [m3]."""
    return np.asarray(_pieces(places, faces)[0].sum(-1))


def middles(
    places: Float[np.ndarray, "*T P 3"], faces: Int64[np.ndarray, "F 3"]
) -> Float64[np.ndarray, "*T 3"]:
    """Of what is enclosed [m]."""
    pieces, corners, origin = _pieces(places, faces)
    moments = (pieces[..., None] * corners.sum(-2) / 4).sum(-2)
    return origin + moments / pieces.sum(-1)[..., None]


def lumps(
    gas: Gas,
    amounts: Float[np.ndarray, "*T"] | float,
    volume: Float64[np.ndarray, "*T"] | float,
    air_density: float,
) -> Float64[np.ndarray, "*T"]:
    """Mass that moves with a skin: its gas, and half the air it displaces [kg]."""
    moving = gas.molar_mass * np.asarray(amounts, np.float64)
    return np.asarray(moving + ADDED_MASS * air_density * volume)


def pressures(
    gas: Gas, amounts: Float[np.ndarray, " T"], volume: Float64[np.ndarray, " T"], start: float
) -> Float64[np.ndarray, " T"]:
    """That follow from what is in there, if none flowed in [Pa].

    Args:
        gas: As it starts.
        amounts: [mol]
        volume: [m3]
        start: Volume in which the gas has its temperature [m3].
    """
    first = gas.amount * GAS_CONSTANT * gas.temperature / start
    packed = np.asarray(amounts, np.float64) / gas.amount * start / volume
    return first * packed**gas.adiabatic_exponent


def gas_energy(
    chamber: Chamber,
    places: Float[np.ndarray, "T P 3"],
    gas_states: Float[np.ndarray, "T 2"],
    gravity: Float64[np.ndarray, "3"],
    air_temperature: float,
) -> Float64[np.ndarray, " T"]:
    """Work that the gas could do on its surroundings, and its weight in air [J].

    Args:
        chamber: Of the body.
        places: Of its points [m].
        gas_states: Amount [mol] and pressure [Pa].
        gravity: [m/s2]
        air_temperature: [K]
    """
    amounts, pressure = np.asarray(gas_states, np.float64).T
    volume = volumes(places, chamber.faces)
    heights = middles(places, chamber.faces) @ gravity
    buoyant = density(PRESSURE, air_temperature) * volume - chamber.gas.molar_mass * amounts
    return available_energy(pressure, volume, chamber.gas.adiabatic_exponent) + buoyant * heights


def available_energy(
    pressure: Float64[np.ndarray, " T"], volume: Float64[np.ndarray, " T"], exponent: float
) -> Float64[np.ndarray, " T"]:
    """Work that a gas could do while it expands to the pressure of the air, less that against it.

    Internal energy p V / (k - 1), and p_air V for the air pushed away, less what both are when the
    pressures are even; for k = 1 the free energy takes the place of the internal one [J].
    """
    if exponent - 1.0 < ISOTHERMAL:
        inner = np.log(pressure / PRESSURE) - 1.0
    else:
        fall = (PRESSURE / pressure) ** ((exponent - 1.0) / exponent)
        inner = (1.0 - exponent * fall) / (exponent - 1.0)
    return pressure * volume * inner + PRESSURE * volume


def jet(
    inside: Float64[np.ndarray, " T"],
    outside: Float64[np.ndarray, " T"],
    temperature: Float64[np.ndarray, " T"],
    molar_mass: float,
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    """Flow per area [mol/s/m2] and speed [m/s] of a nozzle without loss, up to that of sound.

    Saint-Venant and Wantzel 1839: mass per area 2 k / (k - 1) p rho (r^(2/k) - r^((k+1)/k)), square
    rooted, r the ratio of pressures.
    """
    k = JET_EXPONENT
    ratio = np.maximum(outside / inside, (2 / (k + 1)) ** (k / (k - 1)))
    dense = inside * molar_mass / (GAS_CONSTANT * temperature)
    head = 2 * k / (k - 1) * inside * dense
    mass_flow = np.sqrt(head * (ratio ** (2 / k) - ratio ** ((k + 1) / k)))
    speed = mass_flow / (dense * ratio ** (1 / k))
    return mass_flow / molar_mass, speed


def _pieces(
    places: Float[np.ndarray, "*T P 3"], faces: Int64[np.ndarray, "F 3"]
) -> tuple[
    Float64[np.ndarray, "*T F"], Float64[np.ndarray, "*T F 3 3"], Float64[np.ndarray, "*T 3"]
]:
    """Signed volumes under all faces, their corners, and the apex that both are seen from."""
    origin = np.asarray(places[..., 0, :], np.float64)
    corners = np.asarray(places, np.float64)[..., faces, :] - origin[..., None, None, :]
    a, b, c = np.moveaxis(corners, -2, 0)
    return np.einsum("...x,...x->...", a, np.cross(b, c)) / 6, corners, origin
