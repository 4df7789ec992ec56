"""Laws of heat in liquids: within bounds, none lost, and what is frozen keeps its shape."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial import KDTree

from ..checks import Check
from ..enthalpy import enthalpy
from ..scene import Body
from ..simulate.energy import masses
from .evidence import Evidence

WINDOW = 15  # [frames]; over which frozen neighbours are watched
FEWEST = 50  # frozen particles that a window needs
WATCHED = 400  # of them at most
NEIGHBOURS = 16  # that lie within reach: spray and the rim of a film have fewer
REACH = 2.0  # of neighbours, over the spacing of particles [1]
RESTS = 0.05  # [m/s]; spray that flies apart is frozen, too
LEAST_EXCHANGE = 0.1  # of the heat that one kelvin takes, below which a share means little [1]


def liquid_temperature_range(evidence: Evidence) -> Check | None:
    """How far a liquid's temperature leaves the range of what it starts as and touches."""
    liquids = _warm_liquids(evidence)
    if not liquids:
        return None
    thermals = [body.thermal for body in evidence.spec.bodies if body.thermal]
    known = [thermal.temperature for thermal in thermals]
    if any(thermal.film or thermal.emissivity for thermal in thermals):
        known.append(evidence.spec.air_temperature)
    highest = np.inf if any(thermal.power > 0 for thermal in thermals) else max(known)
    lowest = -np.inf if any(thermal.power < 0 for thermal in thermals) else min(known)
    off = 0.0
    for index in liquids:
        stored = evidence.states.temperatures[index].astype(np.float64)
        off = max(off, float(stored.max()) - highest, lowest - float(stored.min()))
    return Check(
        name="liquid_temperature_range",
        value=off,
        bound=0.05,
        unit="K",
        source="Maximum principle of the heat equation; 0.05 K for sums in fixed point, float32",
    )


def liquid_heat_kept(evidence: Evidence) -> Check | None:
    """Heat gained by all liquids and bodies together where nothing else can take or give any."""
    spec, states = evidence.spec, evidence.states
    liquids = _warm_liquids(evidence)
    thermals = [body.thermal for body in spec.bodies if body.thermal]
    is_closed = not any(t.is_held or t.power or t.film or t.emissivity for t in thermals)
    # Without a range of melting, the melted share cannot be told from the temperature.
    is_told = all(t.melting_range or not t.latent_heat for t in thermals)
    if not liquids or not is_closed or not is_told:
        return None
    weights = masses(spec)
    heats = [
        weights[index] * enthalpy(body.thermal, states.temperatures[index].astype(np.float64))
        for index, body in enumerate(spec.bodies)
        if body.thermal and index in states.temperatures
    ]
    means = np.array([heat.mean(1) for heat in heats])
    exchanged = 0.5 * np.abs(means - means[:, :1]).sum(0).max()
    one_kelvin = sum(
        weights[index] * body.thermal.heat_capacity
        for index, body in enumerate(spec.bodies)
        if body.thermal
    )
    total = means.sum(0)
    scale = max(float(exchanged), LEAST_EXCHANGE * float(one_kelvin))
    return Check(
        name="liquid_heat_kept",
        value=float(np.abs(total - total[0]).max()) / scale,
        bound=0.01,
        unit="1",
        source="Enthalpy of what is insulated is constant; over the heat exchanged within",
    )


def frozen_shape(evidence: Evidence) -> Check | None:
    """Change of distances in clumps that are at rest, and frozen for a quarter of a second."""
    found = []
    for index in _warm_liquids(evidence):
        body = evidence.spec.bodies[index]
        if body.thermal and body.thermal.melting_point:
            found += _stretches(evidence, index, body)
    if not found:
        return None
    return Check(
        name="frozen_shape",
        value=float(max(found)),
        bound=0.25,
        unit="1",
        source="What is frozen moves as a whole: half of all neighbours keep their distance to "
        "25 %; beside the melt they share cells of a coarse grid with it",
    )


def _warm_liquids(evidence: Evidence) -> list[int]:
    return [
        index
        for index, body in enumerate(evidence.spec.bodies)
        if body.form == "liquid" and body.thermal and index in evidence.states.temperatures
    ]


def _stretches(evidence: Evidence, index: int, body: Body) -> list[float]:
    """Medians of relative changes of distance, window by window."""
    states = evidence.states
    assert body.thermal is not None
    is_frozen = states.temperatures[index] < body.thermal.melting_point
    points, spacing = states.points[index], 2 * float(states.radii[index].mean())
    found = []
    for start in range(0, states.num_frames - WINDOW, WINDOW):
        speeds = np.linalg.norm(states.point_velocities[index][start], axis=1)
        lasts = is_frozen[start : start + WINDOW + 1].all(0)
        frozen = np.flatnonzero(lasts & (speeds < RESTS))
        if len(frozen) < FEWEST:
            continue
        before = points[start, frozen].astype(np.float64)
        after = points[start + WINDOW, frozen].astype(np.float64)
        found.append(_stretch(before, after, REACH * spacing))
    return found


def _stretch(
    before: Float64[np.ndarray, "N 3"], after: Float64[np.ndarray, "N 3"], reach: float
) -> float:
    """Of the distances between some points and those around them [1]."""
    chosen = np.arange(0, len(before), max(1, len(before) // WATCHED))
    far, near = KDTree(before).query(before[chosen], NEIGHBOURS + 1, distance_upper_bound=reach)
    inner = np.isfinite(far[:, -1])
    one, other = np.nonzero(inner[:, None] & (far > 0.0))
    if not len(one):
        return 0.0
    was = far[one, other]
    now = np.linalg.norm(after[chosen[one]] - after[np.asarray(near)[one, other]], axis=1)
    return float(np.median(np.abs(now / was - 1)))
