"""Two strips bonded along their length, and their temperatures -> how they bend.

Every cross-section stays plane, and the force and moment of the stresses in it are balanced:
Timoshenko (1925, J. Opt. Soc. Am. 11, 233), for any field of temperatures, with the weight of the
strip. Large deflections, no inertia: real strips follow their heat within milliseconds.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...errors import SceneError
from ...scene import Body, SceneSpec
from ...shapes import build
from .touching import TOUCH
from .world import World

BALANCING = 30
"""Rounds in which weight and bending find their balance; each adds some digits [1]."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Two bodies of shape `soft_box`, their length along x, bonded across z."""

    layers: tuple[int, int]
    """Indices of the lower and the upper one, in the frame of the lower one."""
    clamped_end: float
    """-1 or 1: the end along x that something static holds."""


def strips(spec: SceneSpec) -> list[Strip]:
    """Pairs of deforming bodies that lie on each other.

    Raises:
        SceneError: If a deforming body is in no pair, or nothing holds it at one end.
    """
    soft = [k for k, body in enumerate(spec.bodies) if body.form == "deforming"]
    found = [pair for a, b in combinations(soft, 2) if (pair := _bonded(spec.bodies, a, b))]
    faults = []
    for k in soft:
        partners = sum(k in pair for pair in found)
        if partners != 1 or spec.bodies[k].thermal is None:
            name = spec.bodies[k].name
            faults.append(f"{name!r} is bonded to {partners} others and needs one, and `thermal`")
    ends = [_clamped_end(spec, lower) for lower, _ in found]
    faults += [
        f"{spec.bodies[pair[0]].name!r} must be held at one end by a static body"
        for pair, end in zip(found, ends, strict=True)
        if end == 0.0
    ]
    if faults:
        raise SceneError(
            f"Solver 'heat' bends bimetal only: {'; '.join(faults)}. Lay two soft boxes of equal "
            "length and width on each other, an end of theirs against a static body."
        )
    return [Strip(layers=pair, clamped_end=end) for pair, end in zip(found, ends, strict=True)]


def _bonded(bodies: tuple[Body, ...], a: int, b: int) -> tuple[int, int] | None:
    """The lower and the upper one, if they lie face on face."""
    one, other = bodies[a], bodies[b]
    if one.shape.kind != "soft_box" or other.shape.kind != "soft_box":
        return None
    if abs(abs(np.dot(one.quaternion, other.quaternion)) - 1.0) > 1e-8:
        return None
    halves = [np.array(body.shape.parameters["half_extents"]) for body in (one, other)]
    turn = Rotation.from_quat(one.quaternion, scalar_first=True)
    shift = turn.inv().apply(np.subtract(other.position, one.position))
    apart = np.array([0.0, 0.0, halves[0][2] + halves[1][2]])
    equal = np.abs(halves[0] - halves[1])[:2].max() < TOUCH
    if not equal or np.abs(np.abs(shift) - apart).max() > TOUCH:
        return None
    return (a, b) if shift[2] > 0 else (b, a)


def _clamped_end(spec: SceneSpec, index: int) -> float:
    """Which end of a strip touches a static rigid body; 0: none or both."""
    body = spec.bodies[index]
    half = np.array(body.shape.parameters["half_extents"])
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    held = []
    for end in (-1.0, 1.0):
        place = np.array(body.position) + turn.apply([end * half[0], 0.0, half[2]])
        held.append(any(_reaches(other, place) for other in spec.bodies if other.is_static))
    return float(held[1]) - float(held[0])


def _reaches(body: Body, place: Float64[np.ndarray, "3"]) -> bool:
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    local = turn.inv().apply(place - np.array(body.position))[None]
    return bool(min(part.signed_distance(local)[0] for part in build(body.shape).parts) < TOUCH)


class Bend:
    """One strip: the cells of its layers are columns through its thickness."""

    def __init__(self, world: World, strip: Strip) -> None:
        self._strip, self._world = strip, world
        lower, upper = (world.spec.bodies[k] for k in strip.layers)
        self._turn = Rotation.from_quat(lower.quaternion, scalar_first=True).as_matrix()
        halves = [np.array(body.shape.parameters["half_extents"]) for body in (lower, upper)]
        self._half_length = float(halves[0][0])
        # The middle plane of bonding at the clamped end.
        at_end = [strip.clamped_end * halves[0][0], 0.0, halves[0][2]]
        self._origin = np.array(lower.position) + self._turn @ at_end
        self._columns = [
            _Columns(world, k, side * half[2])
            for k, side, half in zip(strip.layers, (-1.0, 1.0), halves, strict=True)
        ]
        self._gravity = self._turn.T @ np.array(world.spec.gravity)
        self.points: dict[int, Float64[np.ndarray, "V 3"]] = {}
        """Where the vertices of both layers are [m], world."""
        self.speeds: dict[int, Float64[np.ndarray, "V 3"]] = {}
        """[m/s]"""

    def update(self, temperature: Float64[np.ndarray, " C"], step_s: float) -> None:
        """Bend to balance; speeds are those since the last call.

        Args:
            temperature: Of all cells [K].
            step_s: Since the last call [s]; 0: they are at rest.
        """
        strain, curvature, stiffness = self._free(temperature)
        ends = np.linspace(0.0, 2 * self._half_length, len(strain) + 1)
        weight = self._gravity[[0, 2]] * sum(column.line_density for column in self._columns)
        weight[0] *= -self._strip.clamped_end
        curve = _curve(strain, curvature, ends)
        for _ in range(BALANCING if np.any(weight) else 0):
            curve = _curve(strain, curvature + _moment(curve, weight) / stiffness, ends)
        for index, column in zip(self._strip.layers, self._columns, strict=True):
            places = self._placed(index, column, curve, ends)
            before = self.points.get(index)
            still = before is None or step_s == 0.0
            self.speeds[index] = np.zeros_like(places) if still else (places - before) / step_s
            self.points[index] = places

    def _free(
        self, temperature: Float64[np.ndarray, " C"]
    ) -> tuple[Float64[np.ndarray, " X"], ...]:
        """Strain at the bond, curvature [1/m] without weight, from the clamp on; stiffness [N m2].

        In each section, the sum of E (strain + curvature z - expansion) and of it times z vanish.
        """
        lower, upper = (column.sums(temperature) for column in self._columns)
        stretch, first, second, push, turn = lower + upper
        whole = stretch * second - first**2
        strain, curvature = (
            (push * second - turn * first) / whole,
            (turn * stretch - push * first) / whole,
        )
        way = -int(self._strip.clamped_end)
        return strain[::way], curvature[::way], (whole / stretch)[::way]

    def _placed(
        self,
        index: int,
        column: "_Columns",
        curve: "Curve",
        ends: Float64[np.ndarray, " N"],
    ) -> Float64[np.ndarray, "V 3"]:
        """Vertices of a layer: cross-sections stay plane and at right angles to the bond."""
        local = build(self._world.spec.bodies[index].shape).mesh.vertices
        along = self._half_length - self._strip.clamped_end * local[:, 0]
        angle = np.interp(along, ends, curve.angle)
        height = local[:, 2] + column.middle
        x = np.interp(along, ends, curve.x) - height * np.sin(angle)
        z = np.interp(along, ends, curve.z) + height * np.cos(angle)
        flat = np.stack([-self._strip.clamped_end * x, local[:, 1], z], 1)
        return self._origin + flat @ self._turn.T


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """The bond from the clamp on, in the plane of bending, at N places."""

    x: Float64[np.ndarray, " N"]
    z: Float64[np.ndarray, " N"]
    """[m]"""
    angle: Float64[np.ndarray, " N"]
    """Of its direction from x towards z [rad]."""


def _curve(
    strain: Float64[np.ndarray, " X"],
    curvature: Float64[np.ndarray, " X"],
    ends: Float64[np.ndarray, " N"],
) -> Curve:
    """Arcs of constant curvature, one after the other; fibres above are longer: it bends down."""
    steps = np.diff(ends)
    angle = np.append(0.0, np.cumsum(-curvature * steps))
    middle, half = (angle[1:] + angle[:-1]) / 2, np.diff(angle) / 2
    chord = (1 + strain) * steps * np.sinc(half / np.pi)
    return Curve(
        x=np.append(0.0, np.cumsum(chord * np.cos(middle))),
        z=np.append(0.0, np.cumsum(chord * np.sin(middle))),
        angle=angle,
    )


def _moment(curve: Curve, weight: Float64[np.ndarray, "2"]) -> Float64[np.ndarray, " X"]:
    """Of the weight beyond the middle of each section, about it; bends down if positive [N m].

    Args:
        curve: N = X + 1 places.
        weight: Per length of the strip, along x and z of the curve [N/m].
    """
    x, z = (curve.x[1:] + curve.x[:-1]) / 2, (curve.z[1:] + curve.z[:-1]) / 2
    length = np.hypot(np.diff(curve.x), np.diff(curve.z))
    count, first_x, first_z = (
        np.cumsum((length * each)[::-1])[::-1] - length * each / 2 for each in (x**0, x, z)
    )
    return (first_z - count * z) * weight[0] - (first_x - count * x) * weight[1]


class _Columns:
    """The cells of a layer, each with its place along the strip and its height over the bond."""

    def __init__(self, world: World, index: int, middle: float) -> None:
        body, one = world.spec.bodies[index], world.warm[index]
        self.middle = middle
        """Of the layer over the bond [m]."""
        place = one.cells.place
        self._stations, along = np.unique(place[:, 0].round(9), return_inverse=True)
        self._along = along.ravel()
        levels = np.unique(place[:, 2].round(9))
        half = np.array(body.shape.parameters["half_extents"])
        thickness = 2 * float(half[2]) / len(levels)
        rows = np.bincount(self._along)[0] // len(levels)
        self._area = 2 * float(half[1]) / rows * thickness
        self._height = place[:, 2] + middle
        self._own = slice(one.first_cell, one.first_cell + len(place))
        self._modulus = body.substance.youngs_modulus
        self._spread = thickness**2 / 12
        self._expansion, self._start = one.thermal.expansion, one.thermal.temperature
        self.line_density = 4 * float(half[1] * half[2]) * body.substance.density
        """[kg/m]"""
        if self._modulus <= 0.0:
            raise SceneError(f"Body {body.name!r}: a strip needs a youngs_modulus.")

    def sums(self, temperature: Float64[np.ndarray, " C"]) -> Float64[np.ndarray, "5 X"]:
        """Over each section: E, E z, E z^2, E expansion, E expansion z times area."""
        share = np.full(len(self._along), self._modulus * self._area)
        grown = self._expansion * (temperature[self._own] - self._start)
        height = self._height
        weights = (height**0, height, height**2 + self._spread, grown, grown * height)
        return np.stack([np.bincount(self._along, share * each) for each in weights])
