"""Evidence -> Blown: a skin with gas over a clip, and what laws need of it, in float64."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Bool, Float64

from ..air import PRESSURE, density
from ..motion.gas import Chamber, chamber, lumps, middles, volumes
from ..motion.skins import Skin, skin
from ..scene import Body
from .evidence import Evidence

FLIGHT = 10
"""Fewer frames leave momenta to rounding and to vibrations between frames."""
PRESSED, RUBBED = 0.33, 0.01
"""Drag coefficients of a closed skin, across and along its surface [1]: a sphere then has RUBBED *
8 / 3 + PRESSED * 4 / 3 = 0.47 (Hoerner 1965, 3-8)."""


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
        """Of its points [m]."""
        return self.evidence.states.points[self.index].astype(np.float64)[:, self.chamber.kept]

    @cached_property
    def speeds(self) -> Float64[np.ndarray, "T P 3"]:
        """Of its points [m/s]."""
        stored = self.evidence.states.point_velocities[self.index]
        return stored.astype(np.float64)[:, self.chamber.kept]

    @cached_property
    def amounts(self) -> Float64[np.ndarray, " T"]:
        """Of gas [mol]."""
        return self.evidence.states.gas[self.index][:, 0].astype(np.float64)

    @cached_property
    def pressures(self) -> Float64[np.ndarray, " T"]:
        """Absolute [Pa]."""
        return self.evidence.states.gas[self.index][:, 1].astype(np.float64)

    @cached_property
    def volumes(self) -> Float64[np.ndarray, " T"]:
        """Inside [m3]."""
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
        weights = (gauge.sum(-1, keepdims=True) + gauge) / 12
        return self._gathered(weights[..., None] * areas[..., None, :])

    @cached_property
    def drags(self) -> Float64[np.ndarray, "T P 3"]:
        """Force on the points of air that they move through, each face's shared evenly [N]."""
        faces, wind = self.chamber.faces, self.evidence.spec.wind
        a, b, c = np.moveaxis(self.places[:, faces], -2, 0)
        doubled = np.cross(b - a, c - a)
        sizes = np.linalg.norm(doubled, axis=-1, keepdims=True)
        normals, past = doubled / sizes, -self.speeds[:, faces].mean(2)
        past += wind.velocity if wind else 0.0
        across = (past * normals).sum(-1, keepdims=True)
        push = (PRESSED - RUBBED) * across * normals + RUBBED * past
        push *= self.air / 12 * sizes * np.linalg.norm(past, axis=-1, keepdims=True)
        return self._gathered(np.repeat(push[..., None, :], 3, axis=-2))

    def _gathered(self, pushes: Float64[np.ndarray, "T F 3 3"]) -> Float64[np.ndarray, "T P 3"]:
        """Of the corners of every face -> of every point."""
        result = np.zeros_like(self.places)
        for corner, points in enumerate(self.chamber.faces.T):
            for forces, share in zip(result, pushes[..., corner, :], strict=True):
                np.add.at(forces, points, share)
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

    def centre(self, values: Float64[np.ndarray, "T P 3"]) -> Float64[np.ndarray, "T 1 3"]:
        """Mean over the points, by their masses."""
        own = self.skin.masses / self.skin.masses.sum()
        return np.einsum("p,tpx->tx", own, values)[:, None]

    @cached_property
    def roundness(self) -> float:
        """36 pi V^2 / A^3, at its least [1]."""
        a, b, c = np.moveaxis(self.places[:, self.chamber.faces], -2, 0)
        area = np.linalg.norm(np.cross(b - a, c - a), axis=-1).sum(-1) / 2
        return float((36 * np.pi * self.volumes**2 / area**3).min())


@lru_cache(maxsize=2)
def blown(evidence: Evidence) -> list[Blown]:
    """All bodies with gas of a clip."""
    return [Blown(evidence=evidence, index=index) for index in sorted(evidence.states.gas)]
