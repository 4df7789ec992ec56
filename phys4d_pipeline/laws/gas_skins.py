"""Skins with gas: it obeys its law, stays in, balances the skin, lifts it, and never turns it."""

import numpy as np
from jaxtyping import Float64

from ..air import GAS_CONSTANT, PRESSURE
from ..checks import Check
from ..motion.gas import jet, pressures, volumes
from ..motion.rubber import most_stretch
from ..motion.skins import elastic_energy, start, stretches
from .blown import FLIGHT, Blown, blown
from .evidence import Evidence

SMALL = 1e-3
"""Relative change of size by which elastic energies are compared [1]."""
ROUND = 0.9
"""36 pi volume^2 / area^3 from which a skin counts as a sphere [1]."""
SPHERE_DRAG = 0.47
"""Coefficient of a sphere at Reynolds numbers of 1e3 to 3e5 [1] (Hoerner 1965, 3-8: 0.4 to 0.5)."""
SLOW = 0.05
"""Speed [m/s] below which motion says nothing about turning."""
LEAST_LEAK = 0.1
"""Of the gas in a skin, added to what passes its valve [1]."""
LEAK = 0.02
"""Of that [1]: ripples of steps. Balloons end at 0.0002, rings blown up from flat at 0.003, airbags
that empty at 0.005 to 0.02."""
MOST_PASSED = 1e-3
"""Of the gas in half a step [1]: beyond, what flows in evens out pressures within it."""
LEAST_NET = 0.05
"""Of its skin's weight, added to the forces on one that floats [1]."""
LEAST_GAUGE = 100.0
"""Pressure over that outside [Pa] below which a skin may hang slack."""


def chamber_pressure(evidence: Evidence) -> Check | None:
    """How far stored pressures are from what amount and volume ask for."""
    off = []
    for one in blown(evidence):
        gas = one.chamber.gas
        first = float(volumes(start(one.body)[one.chamber.kept], one.chamber.faces))
        expected = pressures(gas, one.amounts, one.volumes, first)
        watched = np.ones(len(expected), bool)
        if gas.adiabatic_exponent > 1.0 and gas.valve and gas.valve.supply:
            watched = np.cumsum(one.is_open) == 0
        if watched.any():
            off.append(float(np.abs(one.pressures / expected - 1.0)[watched].max()))
    if not off:
        return None
    return Check(
        name="chamber_pressure",
        value=max(off),
        bound=0.01,
        unit="1",
        source="p V = n R T of stored amounts and the volume inside stored points, or p V^k with "
        "the exponent of the gas; until something is blown in that is warmer than what is there",
    )


def chamber_amount(evidence: Evidence) -> Check | None:
    """Gas that got in or out without or beyond a valve, of all there was."""
    off, unresolved = [], [0.0]
    for one in blown(evidence):
        expected = _passed(one)
        passed = one.amounts - one.amounts[0]
        scale = LEAST_LEAK * one.amounts[0] + np.abs(expected)
        off.append(float((np.abs(passed - expected) / scale).max()))
        coarse = (expected - _passed(one, stride=2))[::2]
        unresolved.append(float((np.abs(coarse) / scale[::2]).max()))
    if not off:
        return None
    return Check(
        name="chamber_amount",
        value=max(off),
        bound=LEAK + max(unresolved),
        unit="1",
        source="Closed skins keep their gas; through a valve flows what Saint-Venant and Wantzel "
        "(1839) give for the stored pressures. Of what passed and a tenth of the gas at first: 2 % "
        "and what every second frame would change, as pressures between frames are taken straight",
    )


def chamber_balance(evidence: Evidence) -> Check | None:
    """Laplace's law for any shape: what gas presses against what the skin pulls."""
    off = []
    for one in blown(evidence):
        gauge = one.pressures - PRESSURE - one.air * one.level
        if len(gauge) < FLIGHT or gauge.min() < LEAST_GAUGE or evidence.is_held[one.index]:
            continue
        centre = one.centre(one.places)
        arms, rates = one.places - centre, one.speeds - one.centre(one.speeds)
        pressed = np.einsum("tpx,tpx->t", arms, one.pushes)
        moving = (one.masses * (rates**2).sum(-1)).sum(-1)
        swelling = np.einsum("tp,tpx,tpx->t", one.masses, arms, rates)
        touched = _contact_virial(one, centre[:, 0])
        ends = (swelling[-1] - swelling[0] - touched.sum()) / evidence.frame_s
        inner = pressed - _tension(one) + moving
        total = inner.sum() - (inner[0] + inner[-1]) / 2 - ends
        off.append(abs(float(total / pressed[1:].sum())))
    if not off:
        return None
    return Check(
        name="chamber_balance",
        value=max(off),
        bound=0.03,
        unit="1",
        source="Virial theorem over the clip: 3 V (pressure inside less outside) equals the change "
        "of elastic energy with size, less motion and contacts; for a balloon p = 2 T / r "
        "(Laplace). 3 % is asked of balloons",
    )


def chamber_spin(evidence: Evidence) -> Check | None:
    """Angular momentum that a floating skin got without a torque."""
    if evidence.spec.wind and evidence.spec.wind.gusts:
        return None
    off = []
    for one in blown(evidence):
        for frames in one.stretches_free():
            masses = one.masses[frames]
            arms = one.places[frames] - one.centre(one.places)[frames]
            rates = one.speeds[frames] - one.centre(one.speeds)[frames]
            spin = np.einsum("tp,tpx->tx", masses, np.cross(arms, rates))
            torque = np.cross(arms, (one.pushes + one.drags)[frames]).sum(1)
            given = np.cumsum(torque[1:] + torque[:-1], axis=0) / 2 * evidence.frame_s
            gained = np.linalg.norm(spin[1:] - spin[0] - given, axis=1)
            size = np.einsum("tp,tp->t", masses, np.linalg.norm(arms, axis=2)).max()
            swift = max(SLOW, float(np.linalg.norm(rates, axis=2).max()))
            off.append(float(gained.max() / (size * swift)))
    if not off:
        return None
    return Check(
        name="chamber_spin",
        value=max(off),
        bound=0.02,
        unit="1",
        source="In the air, angular momentum stays, but for the torque of pressures and of the "
        "drag of a skin's faces, whose sum for a sphere is Hoerner's (1965); over mass * radius * "
        "speed about its middle",
    )


def chamber_stretch(evidence: Evidence) -> Check | None:
    """Largest stretch of a skin with gas over the one at which it tears."""
    off = []
    for one in blown(evidence):
        most = most_stretch(one.body.substance)
        points = evidence.states.points[one.index]
        off.append(float((stretches(one.skin, points).max() - 1.0) / (most - 1.0)))
    if not off:
        return None
    return Check(
        name="chamber_stretch",
        value=max(off),
        bound=1.0,
        unit="1",
        source="Strain of any triangle over that at which it fails: 600 % for latex (ASTM D412), "
        "30 % for others, beyond which Hooke's law does not describe them",
    )


def chamber_lift(evidence: Evidence) -> Check | None:
    """How far round skins in still air move unlike weight, buoyancy and drag of a sphere say."""
    if evidence.spec.wind and evidence.spec.wind.gusts:
        return None
    off = []
    wind = evidence.spec.wind.velocity if evidence.spec.wind else (0.0, 0.0, 0.0)
    for one in blown(evidence):
        if one.roundness < ROUND:
            continue
        for frames in one.stretches_free():
            momentum = np.einsum("tp,tpx->tx", one.masses[frames], one.speeds[frames])
            weight = one.skin.masses.sum() * evidence.gravity
            force = one.pushes[frames].sum(1) + weight
            flow = wind - one.centre(one.speeds)[frames, 0]
            front = np.pi * (0.75 / np.pi * one.volumes[frames]) ** (2 / 3)
            strength = SPHERE_DRAG * one.air / 2 * front * np.linalg.norm(flow, axis=1)
            drag = strength[:, None] * flow
            pushed = (force + drag)[1:] + (force + drag)[:-1]
            gained = momentum[-1] - momentum[0]
            given = pushed.sum(0) / 2 * evidence.frame_s
            sizes = np.linalg.norm(force, axis=1) + np.linalg.norm(drag, axis=1)
            still = LEAST_NET * np.linalg.norm(weight)
            scale = (sizes.sum() + still * len(sizes)) * evidence.frame_s
            off.append(float(np.linalg.norm(gained - given) / scale))
    if not off:
        return None
    return Check(
        name="chamber_lift",
        value=max(off),
        bound=0.1,
        unit="1",
        source="Momentum of skin, gas and half the air displaced (Lamb 1932, art. 92) grows by "
        "weight, buoyancy and the drag of a sphere, coefficient 0.47 (Hoerner 1965: 0.4 to 0.5, "
        "which is the bound); over the impulse of both",
    )


def _valve_flow(one: Blown, pressures: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
    """Into the skin while its valve is open, by pressures inside [mol/s]."""
    gas = one.chamber.gas
    valve, at = gas.valve, one.chamber.valve
    assert valve is not None and at is not None
    height = one.places[:, at] @ one.evidence.gravity
    dense = one.amounts * gas.molar_mass / one.volumes
    inside = pressures + dense * (height - one.level)
    outside = np.full_like(inside, valve.supply) if valve.supply else PRESSURE + one.air * height
    warmth = pressures * one.volumes / (one.amounts * GAS_CONSTANT)
    leaves = jet(inside, np.minimum(outside, inside), warmth, gas.molar_mass)[0]
    enters = jet(outside, np.minimum(outside, inside), np.full_like(inside, gas.temperature),
                 gas.molar_mass)[0]  # fmt: skip
    return valve.area * (enters - leaves)


def _halfway(one: Blown, rate: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
    """Pressures amid a step of the solver, whose flow is already out of those stored [Pa].

    Wide vents let 2 to 3 Pa out in a step, of 20.
    """
    spec, gas = one.evidence.spec, one.chamber.gas
    step = one.evidence.frame_s / one.evidence.solver.steps_per_frame(spec)
    passed = rate / one.amounts * step / 2
    share = np.clip(gas.adiabatic_exponent * passed, -MOST_PASSED, MOST_PASSED)
    return one.pressures * (1.0 - share)


def _passed(one: Blown, stride: int = 1) -> Float64[np.ndarray, " T"]:
    """Gas that should have come through the valve, trapezoids over so many frames [mol].

    It is 0 in frames between theirs.
    """
    passed, valve = np.zeros(len(one.amounts)), one.chamber.gas.valve
    if valve is None:
        return passed
    rate = _valve_flow(one, _halfway(one, _valve_flow(one, one.pressures)))[::stride]
    times = one.evidence.states.times[::stride]
    last = np.inf if valve.closes is None else valve.closes
    opened = np.minimum(times[1:], last) - np.maximum(times[:-1], valve.opens)
    steps = (rate[1:] + rate[:-1]) / 2 * np.maximum(opened, 0.0)
    passed[::stride] = np.append(0.0, np.cumsum(steps))
    return passed


def _tension(one: Blown) -> Float64[np.ndarray, " T"]:
    """Change of the elastic energy with the size, of the stored points [J]."""
    places = one.evidence.states.points[one.index].astype(np.float64)
    larger, smaller = (elastic_energy(one.skin, size * places) for size in (1 + SMALL, 1 - SMALL))
    return (larger - smaller) / (2 * SMALL)


def _contact_virial(one: Blown, centre: Float64[np.ndarray, "T 3"]) -> Float64[np.ndarray, " T"]:
    """Impulse times arm of all contacts before each frame [J s]; negative where they squeeze."""
    contacts, number = one.evidence.states.contacts, one.index + 1
    result = np.zeros(len(centre))
    for ids, sign in ((contacts.object_a, 1.0), (contacts.object_b, -1.0)):
        rows = np.flatnonzero(ids == number)
        frames = contacts.frame[rows]
        arms = contacts.position[rows] - centre[frames]
        push = sign * contacts.impulse[rows] * (arms * contacts.normal[rows]).sum(1)
        np.add.at(result, frames, push)
    return result
