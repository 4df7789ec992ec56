"""Skins with gas: it obeys its law, stays in, balances the skin, lifts it, and never turns it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Bool, Float64

from ..air import GAS_CONSTANT, PRESSURE, density
from ..checks import Check
from ..motion.gas import Chamber, chamber, jet, lumps, middles, pressures, volumes
from ..motion.rubber import most_stretch
from ..motion.skins import Skin, elastic_energy, skin, start, stretches
from ..scene import Body
from .evidence import Evidence

SMALL = 1e-3
"""Relative change of size by which elastic energies are compared [1]."""
FLIGHT = 10
"""Fewer frames leave momenta to rounding and to vibrations between frames."""
ROUND = 0.9
"""36 pi volume^2 / area^3 from which a skin counts as a sphere [1]."""
SPHERE_DRAG = 0.47
"""Coefficient of a sphere at Reynolds numbers of 1e3 to 3e5 [1] (Hoerner 1965, 3-8: 0.4 to 0.5)."""
SLOW = 0.05
"""Speed [m/s] below which motion says nothing about turning."""
LEAST_NET = 0.05
"""Of its skin's weight, added to the forces on one that floats [1]."""
LEAST_GAUGE = 100.0
"""Pressure over that outside [Pa] below which a skin may hang slack."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blown:
    """A body with gas over a clip; T frames, P points."""

    evidence: Evidence
    index: int

    @property
    def body(self) -> Body:
        """It."""
        return self.evidence.spec.bodies[self.index]

    @cached_property
    def chamber(self) -> Chamber:
        """Its inside."""
        return chamber(self.body)

    @cached_property
    def skin(self) -> Skin:
        """Around it."""
        return skin(self.body)

    @cached_property
    def places(self) -> Float64[np.ndarray, "T P 3"]:
        """[m]"""
        return self.evidence.states.points[self.index].astype(np.float64)[:, self.chamber.kept]

    @cached_property
    def speeds(self) -> Float64[np.ndarray, "T P 3"]:
        """[m/s]"""
        stored = self.evidence.states.point_velocities[self.index]
        return stored.astype(np.float64)[:, self.chamber.kept]

    @cached_property
    def amounts(self) -> Float64[np.ndarray, " T"]:
        """[mol]"""
        return self.evidence.states.gas[self.index][:, 0].astype(np.float64)

    @cached_property
    def pressures(self) -> Float64[np.ndarray, " T"]:
        """Absolute [Pa]."""
        return self.evidence.states.gas[self.index][:, 1].astype(np.float64)

    @cached_property
    def volumes(self) -> Float64[np.ndarray, " T"]:
        """[m3]"""
        return volumes(self.places, self.chamber.faces)

    @cached_property
    def air(self) -> float:
        """Density outside [kg/m3]."""
        return density(PRESSURE, self.evidence.spec.air_temperature)

    @cached_property
    def masses(self) -> Float64[np.ndarray, "T P"]:
        """Skin, gas and pushed-aside air that move with the points [kg]."""
        own = self.skin.masses
        lump = lumps(self.chamber.gas, self.amounts, self.volumes, self.air)
        return own + lump[:, None] * own / own.sum()

    @cached_property
    def level(self) -> Float64[np.ndarray, " T"]:
        """Gravity times place of the middle of the gas [m2/s2]."""
        return middles(self.places, self.chamber.faces) @ self.evidence.gravity

    @cached_property
    def pushes(self) -> Float64[np.ndarray, "T P 3"]:
        """Force of gas and air on the points [N], pressures linear between corners."""
        faces, gas = self.chamber.faces, self.chamber.gas
        height = self.places @ self.evidence.gravity
        dense = (self.amounts * gas.molar_mass / self.volumes)[:, None]
        inside = self.pressures[:, None] + dense * (height - self.level[:, None])
        gauge = (inside - PRESSURE - self.air * height)[:, faces]
        a, b, c = np.moveaxis(self.places[:, faces], -2, 0)
        areas = np.cross(b - a, c - a) / 2
        result = np.zeros_like(self.places)
        for corner in range(3):
            weight = (gauge.sum(-1) + gauge[..., corner]) / 12
            np.add.at(result, (slice(None), faces[:, corner]), weight[..., None] * areas)
        return result

    @cached_property
    def is_open(self) -> Bool[np.ndarray, " T"]:
        """May gas pass its valve before this frame, or after it?"""
        valve, times = self.chamber.gas.valve, self.evidence.states.times
        if valve is None:
            return np.zeros(len(times), bool)
        closes = np.inf if valve.closes is None else valve.closes
        margin = 1.5 * self.evidence.frame_s
        return (times > valve.opens - margin) & (times < closes + margin)

    def stretches_free(self, *, closed: bool = True) -> Iterator[slice]:
        """Frames in which nothing holds or touches it, and with `closed` no gas flows."""
        if self.evidence.is_held[self.index] or not self.body.is_free:
            return
        touched = self.evidence.states.in_contact[:, self.index].copy()
        touched[:-1] |= touched[1:]
        if closed:
            touched |= self.is_open
        first = 0
        for frame in range(len(touched) + 1):
            if frame == len(touched) or touched[frame]:
                if frame - first >= FLIGHT:
                    yield slice(first, frame)
                first = frame + 1


def chamber_pressure(evidence: Evidence) -> Check | None:
    """How far stored pressures are from what amount and volume ask for."""
    off = []
    for one in _blown(evidence):
        gas = one.chamber.gas
        first = float(volumes(start(one.body)[one.chamber.kept], one.chamber.faces))
        expected = pressures(gas, one.amounts, one.volumes, first)
        blown = gas.adiabatic_exponent > 1.0 and gas.valve is not None and gas.valve.supply > 0.0
        watched = ~one.is_open if blown else np.ones(len(expected), bool)
        if blown and not watched[: int(np.argmax(one.is_open))].all():
            continue
        if blown:
            watched &= np.cumsum(one.is_open) == 0
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
    off = []
    for one in _blown(evidence):
        expected = np.zeros(len(one.amounts))
        if valve := one.chamber.gas.valve:
            rate, times = _valve_flow(one), evidence.states.times
            last = np.inf if valve.closes is None else valve.closes
            opened = np.minimum(times[1:], last) - np.maximum(times[:-1], valve.opens)
            expected[1:] = np.cumsum((rate[1:] + rate[:-1]) / 2 * np.maximum(opened, 0.0))
        passed = one.amounts - one.amounts[0]
        scale = one.amounts[0] + 10.0 * np.abs(expected)
        off.append(float((np.abs(passed - expected) / scale).max()))
    if not off:
        return None
    return Check(
        name="chamber_amount",
        value=max(off),
        bound=0.005,
        unit="1",
        source="Closed skins keep their gas; through a valve flows what Saint-Venant and Wantzel "
        "(1839) give for the stored pressures. Of the gas at the start and ten times what passed: "
        "pressures between frames are taken as straight lines",
    )


def chamber_balance(evidence: Evidence) -> Check | None:
    """Laplace's law for any shape: what gas presses against what the skin pulls."""
    off = []
    for one in _blown(evidence):
        gauge = one.pressures - PRESSURE - one.air * one.level
        if len(gauge) < FLIGHT or gauge.min() < LEAST_GAUGE:
            continue
        centre = _centre(one, one.places)
        arms, rates = one.places - centre, one.speeds - _centre(one, one.speeds)
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
    off = []
    for one in _blown(evidence):
        for frames in one.stretches_free():
            masses, places = one.masses[frames], one.places[frames]
            arms = places - _centre(one, one.places)[frames]
            rates = one.speeds[frames] - _centre(one, one.speeds)[frames]
            spin = np.einsum("tp,tpx->tx", masses, np.cross(arms, rates))
            torque = np.cross(arms, one.pushes[frames]).sum(1)
            given = np.zeros_like(spin)
            given[1:] = np.cumsum((torque[1:] + torque[:-1]) / 2 * evidence.frame_s, axis=0)
            size = np.einsum("tp,tp->t", masses, np.linalg.norm(arms, axis=2)).max()
            swift = max(SLOW, float(np.linalg.norm(one.speeds[frames], axis=2).max()))
            gained = np.linalg.norm(spin - given - spin[0], axis=1) - np.linalg.norm(spin[0])
            off.append(float(gained.max() / (size * swift)))
    if not off:
        return None
    return Check(
        name="chamber_spin",
        value=max(0.0, *off),
        bound=0.02,
        unit="1",
        source="In the air, no more angular momentum than at first, but for that of the pressures' "
        "torque, over mass * radius * speed; drag can only take it",
    )


def chamber_stretch(evidence: Evidence) -> Check | None:
    """Largest stretch of a skin with gas over the one at which it tears."""
    off = []
    for one in _blown(evidence):
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
    for one in _blown(evidence):
        if _roundness(one) < ROUND:
            continue
        for frames in one.stretches_free():
            momentum = np.einsum("tp,tpx->tx", one.masses[frames], one.speeds[frames])
            weight = one.skin.masses.sum() * evidence.gravity
            force = one.pushes[frames].sum(1) + weight
            flow = wind - _centre(one, one.speeds)[frames, 0]
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


def _blown(evidence: Evidence) -> list[Blown]:
    return _all_blown(evidence)


@lru_cache(maxsize=2)
def _all_blown(evidence: Evidence) -> list[Blown]:
    return [Blown(evidence=evidence, index=index) for index in sorted(evidence.states.gas)]


def _valve_flow(one: Blown) -> Float64[np.ndarray, " T"]:
    """Into the skin while its valve is open, by stored pressures [mol/s]."""
    gas = one.chamber.gas
    valve, at = gas.valve, one.chamber.valve
    assert valve is not None and at is not None
    height = one.places[:, at] @ one.evidence.gravity
    dense = one.amounts * gas.molar_mass / one.volumes
    inside = one.pressures + dense * (height - one.level)
    outside = np.full_like(inside, valve.supply) if valve.supply else PRESSURE + one.air * height
    warmth = one.pressures * one.volumes / (one.amounts * GAS_CONSTANT)
    leaves = jet(inside, np.minimum(outside, inside), warmth, gas.molar_mass)[0]
    enters = jet(outside, np.minimum(outside, inside), np.full_like(inside, gas.temperature),
                 gas.molar_mass)[0]  # fmt: skip
    return valve.area * (enters - leaves)


def _centre(one: Blown, values: Float64[np.ndarray, "T P 3"]) -> Float64[np.ndarray, "T 1 3"]:
    own = one.skin.masses / one.skin.masses.sum()
    return np.einsum("p,tpx->tx", own, values)[:, None]


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


def _roundness(one: Blown) -> float:
    """36 pi V^2 / A^3, at its least [1]."""
    a, b, c = np.moveaxis(one.places[:, one.chamber.faces], -2, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=-1).sum(-1) / 2
    return float((36 * np.pi * one.volumes**2 / area**3).min())
