"""Temperatures -> temperatures some implicit steps later; serial, in float64.

Backward Euler: its matrix is an M-matrix, so no cell gets hotter than its surroundings or colder,
and what leaves one cell arrives in another to the last digits of the linear solver.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ...jit import exact

STEFAN_BOLTZMANN = 5.670374419e-8
"""[W/m2/K4], CODATA 2018."""
TOLERANCE = 1e-8
"""Of the linear solver: residual over that of the temperatures before the step [1]."""
ROUNDING = 1e-14
"""Residual over right-hand side that no iteration can improve [1]."""
MOST_ITERATIONS = 5000


class Network(NamedTuple):
    """All cells of a scene: C of them, L links between them, P patches of surface."""

    capacity: Float64[np.ndarray, " C"]
    """[J/K]"""
    power: Float64[np.ndarray, " C"]
    """Released in them [W]."""
    is_held: Bool[np.ndarray, " C"]
    """Keeps its temperature."""
    one: Int64[np.ndarray, " L"]
    other: Int64[np.ndarray, " L"]
    conductance: Float64[np.ndarray, " L"]
    """[W/K]"""
    cell: Int64[np.ndarray, " P"]
    """Behind each patch."""
    area: Float64[np.ndarray, " P"]
    """Of the patch that air gets at [m2]."""
    resistance: Float64[np.ndarray, " P"]
    """Between the cell and the surface [m2 K/W]."""
    film: Float64[np.ndarray, " P"]
    """To the air [W/m2/K]."""
    emissivity: Float64[np.ndarray, " P"]


@exact
def advance(
    network: Network,
    temperature: Float64[np.ndarray, " C"],
    surface: Float64[np.ndarray, " P"],
    ledger: Float64[np.ndarray, "3"],
    air: float,
    step_s: float,
    steps: int,
) -> bool:
    """Some steps, in place; False if the linear solver did not converge.

    Args:
        network: What heat passes through.
        temperature: Of the cells [K].
        surface: Of the patches, where air gets at them [K].
        ledger: Heat so far given to the air, released, and taken from held cells [J].
        air: [K]
        step_s: [s]
        steps: How many.
    """
    C, P = len(temperature), len(surface)
    diagonal, rhs = np.empty(C), np.empty(C)
    exchange = np.empty(P)
    for _ in range(steps):
        for c in range(C):
            diagonal[c] = network.capacity[c] / step_s
            rhs[c] = diagonal[c] * temperature[c] + network.power[c]
        for p in range(P):
            exchange[p] = _exchange(network, surface[p], air, p) * network.area[p]
            diagonal[network.cell[p]] += exchange[p]
            rhs[network.cell[p]] += exchange[p] * air
        if not _solve(network, diagonal, rhs, temperature):
            return False
        _book(network, temperature, exchange, air, step_s, ledger)
        for p in range(P):
            inner, area = temperature[network.cell[p]], max(network.area[p], 1e-300)
            surface[p] = inner - exchange[p] / area * (inner - air) * network.resistance[p]
    return True


@exact
def _exchange(network: Network, surface: float, air: float, p: int) -> float:
    """From the middle of the cell to the air, per area [W/m2/K]."""
    film = network.film[p]
    if network.emissivity[p] > 0.0:
        both = (surface * surface + air * air) * (surface + air)
        film += network.emissivity[p] * STEFAN_BOLTZMANN * both
    return film / (1.0 + film * network.resistance[p])


@exact
def _book(
    network: Network,
    temperature: Float64[np.ndarray, " C"],
    exchange: Float64[np.ndarray, " P"],
    air: float,
    step_s: float,
    ledger: Float64[np.ndarray, "3"],
) -> None:
    for p in range(len(exchange)):
        if not network.is_held[network.cell[p]]:
            ledger[0] += exchange[p] * (temperature[network.cell[p]] - air) * step_s
    for c in range(len(temperature)):
        if not network.is_held[c]:
            ledger[1] += network.power[c] * step_s
    for k in range(len(network.one)):
        a, b = network.one[k], network.other[k]
        if network.is_held[a] != network.is_held[b]:
            heat = network.conductance[k] * (temperature[a] - temperature[b]) * step_s
            ledger[2] += heat if network.is_held[a] else -heat


@exact
def _apply(
    network: Network,
    diagonal: Float64[np.ndarray, " C"],
    x: Float64[np.ndarray, " C"],
    out: Float64[np.ndarray, " C"],
) -> None:
    """The matrix times x, rows of held cells left out."""
    for c in range(len(x)):
        out[c] = diagonal[c] * x[c]
    for k in range(len(network.one)):
        a, b = network.one[k], network.other[k]
        flow = network.conductance[k] * (x[a] - x[b])
        out[a] += flow
        out[b] -= flow
    for c in range(len(x)):
        if network.is_held[c]:
            out[c] = 0.0


@exact
def _solve(
    network: Network,
    diagonal: Float64[np.ndarray, " C"],
    rhs: Float64[np.ndarray, " C"],
    x: Float64[np.ndarray, " C"],
) -> bool:
    """Conjugate gradients, scaled by the diagonal, from x as it is; held cells keep theirs."""
    C = len(x)
    scale, out, way = diagonal.copy(), np.empty(C), np.zeros(C)
    for k in range(len(network.one)):
        scale[network.one[k]] += network.conductance[k]
        scale[network.other[k]] += network.conductance[k]
    _apply(network, diagonal, x, out)
    residual, size, rho = np.zeros(C), 0.0, 0.0
    for c in range(C):
        if not network.is_held[c]:
            residual[c] = rhs[c] - out[c]
            size += rhs[c] * rhs[c] / scale[c]
            way[c] = residual[c] / scale[c]
            rho += residual[c] * way[c]
    enough = max(TOLERANCE * TOLERANCE * rho, ROUNDING * ROUNDING * size)
    for _ in range(MOST_ITERATIONS):
        if rho <= enough:
            return True
        _apply(network, diagonal, way, out)
        curve = 0.0
        for c in range(C):
            curve += way[c] * out[c]
        step, before = rho / curve, rho
        rho = 0.0
        for c in range(C):
            x[c] += step * way[c]
            residual[c] -= step * out[c]
            rho += residual[c] * residual[c] / scale[c]
        for c in range(C):
            way[c] = residual[c] / scale[c] + rho / before * way[c]
    return False
