"""Warm solids: none hotter than its source, none loses more or less than film and radiation take.

Temperatures are those of the vertices; scenes in which a liquid, grains or a gas take heat are left
out, as their share is not known here.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.solids import distance
from ..continuum import Thermal
from ..shapes import Solid
from ..simulate.heat.bimetal import strips
from ..simulate.heat.steps import STEFAN_BOLTZMANN
from .evidence import Evidence

ROUNDING = 0.01
"""float32 at 1500 K is known to 0.0001 K; the linear solver to less [K]."""
BALANCE, CURVATURE = 0.02, 0.03
"""Of the heat a body lost; of Timoshenko's curvature [1]."""
LUMPED = 0.1
"""Largest Biot number, film * volume / area / conductivity, at which the surface tells of the
inside (Incropera 5.1) [1]."""
LEAST_FALL = 20.0
"""Mean change of temperature below which there is nothing to balance [K]."""
NEAR = 5e-4
"""A vertex is covered where another body is nearer than half of this [m]."""
SHELL = 0.15
"""A solid whose parts enclose so much more than its volume is hollow [1]."""
LOOKS = 12
"""Times per clip at which is looked for what covers a body [1]."""
SAMPLES = 14
"""Along each side of the box around a body, where its inside is looked at [1]."""
INSIDE, INSIDE_SPREAD = 0.45, 0.2
"""Mean temperature less that of the surface, over flux * volume / (area * conductivity), while it
cools steadily: 1/3 for plates, 1/2 for rods, 3/5 for balls [1]."""
EVEN = 0.05
"""Spread of a strip's temperatures over their rise at which it counts as uniform [1]."""


def heat_bounds(evidence: Evidence) -> Check | None:
    """How far temperatures leave the range of all starts and of the air; below only, with power."""
    warm = _warm(evidence)
    if not warm:
        return None
    thermals = [_thermal(evidence, k) for k in warm]
    starts = [evidence.spec.air_temperature, *(each.temperature for each in thermals)]
    excess = [float(min(starts) - evidence.states.temperatures[k].min()) for k in warm]
    if not any(each.power > 0.0 for each in thermals):
        excess += [float(evidence.states.temperatures[k].max() - max(starts)) for k in warm]
    return Check(
        name="heat_bounds",
        value=max(0.0, *excess),
        bound=ROUNDING,
        unit="K",
        source="Maximum principle of the heat equation: extremes are at the start or in the air",
    )


def held_heat(evidence: Evidence) -> Check | None:
    """Change of the temperature of bodies that are held at theirs."""
    off = [
        float(np.abs(evidence.states.temperatures[k] - _thermal(evidence, k).temperature).max())
        for k in _warm(evidence)
        if _thermal(evidence, k).is_held
    ]
    if not off:
        return None
    return Check(
        name="held_heat",
        value=max(off),
        bound=ROUNDING,
        unit="K",
        source="A held body keeps its temperature; float32",
    )


def heat_balance(evidence: Evidence) -> Check | None:
    """Heat that thin bodies lost, against film, radiation and power over their bare surface.

    Asked of groups that touch each other only, of bodies whose surface tells of their inside.
    """
    off, allowed = [], []
    for group in _groups(evidence):
        told = [_told(evidence, k) for k in group]
        if any(each is None for each in told):
            continue
        lost, given, slack = np.sum(np.array(told), axis=0)
        capacity = sum(_capacity(evidence, k) for k in group)
        if abs(lost) > LEAST_FALL * capacity:
            off.append(abs(lost - given) / abs(lost))
            allowed.append(BALANCE + slack / abs(lost))
    if not off:
        return None
    worst = int(np.argmax(np.array(off) / allowed))
    return Check(
        name="heat_balance",
        value=float(off[worst]),
        bound=float(allowed[worst]),
        unit="1",
        source="Heat capacity times fall of temperature against film, Stefan-Boltzmann and power, "
        "summed over vertices and frames; 2 %, and what the inside may be warmer than its surface: "
        "0.25 to 0.65 of flux * volume / (area * conductivity), plates to balls",
    )


def bimetal_curvature(evidence: Evidence) -> Check | None:
    """Curvature of bonded strips at even temperature, against Timoshenko (1925), eq. 4."""
    spec, states = evidence.spec, evidence.states
    soft = [k for k, body in enumerate(spec.bodies) if body.form == "deforming" and body.thermal]
    if not soft or not set(soft) <= set(_warm(evidence)) & set(states.points):
        return None
    off = []
    for strip in strips(spec):
        heat = [states.temperatures[k].astype(np.float64) for k in strip.layers]
        start = _thermal(evidence, strip.layers[0]).temperature
        both = np.concatenate(heat, axis=1)
        rise = both.mean(1) - start
        frames = np.flatnonzero((np.abs(rise) > LEAST_FALL) & (np.ptp(both, 1) < EVEN * abs(rise)))
        if len(frames):
            expected = _timoshenko(evidence, strip.layers, [each[frames] for each in heat])
            found = _curvatures(evidence, strip.layers[0], frames)
            beyond = np.abs(found - expected) - _weight_curvature(evidence, strip.layers)
            off.append(float((beyond / np.abs(expected)).clip(0.0).max()))
    if not off:
        return None
    return Check(
        name="bimetal_curvature",
        value=max(off),
        bound=CURVATURE,
        unit="1",
        source="Timoshenko (1925, J. Opt. Soc. Am. 11, 233), eq. 4; 3 %: temperatures even to 5 %, "
        "beyond what the weight of the strip bends it, w L^2 / (6 E I)",
    )


def _warm(evidence: Evidence) -> list[int]:
    """Solids with heat, if their temperatures are stored and nothing else takes part."""
    bodies = enumerate(evidence.spec.bodies)
    warm = [k for k, body in bodies if body.thermal]
    is_whole = all(
        evidence.spec.bodies[k].form in ("rigid", "deforming") and k in evidence.states.temperatures
        for k in warm
    )
    return warm if is_whole and not evidence.media else []


def _thermal(evidence: Evidence, index: int) -> Thermal:
    thermal = evidence.spec.bodies[index].thermal
    assert thermal is not None
    return thermal


def _capacity(evidence: Evidence, index: int) -> float:
    """Of a whole body [J/K]."""
    return float(evidence.masses[index]) * _thermal(evidence, index).heat_capacity


def _groups(evidence: Evidence) -> Iterator[list[int]]:
    """Warm rigid bodies that come near each other; those near a held or deforming one left out."""
    warm = _warm(evidence)
    parent = {k: k for k in warm}

    def root(k: int) -> int:
        return k if parent[k] == k else root(parent[k])

    for a in warm:
        for b in warm:
            reach = evidence.radii[a] + evidence.radii[b] + NEAR
            gaps = np.linalg.norm(evidence.poses[:, a, :3] - evidence.poses[:, b, :3], axis=1)
            if a < b and gaps.min() < reach:
                parent[root(a)] = root(b)
    for top in sorted({root(k) for k in warm}):
        group = [k for k in warm if root(k) == top]
        bodies = [evidence.spec.bodies[k] for k in group]
        if all(body.form == "rigid" and not _is_held(body.thermal) for body in bodies):
            yield group


def _is_held(thermal: Thermal | None) -> bool:
    return thermal is not None and thermal.is_held


def _told(evidence: Evidence, index: int) -> Float64[np.ndarray, "3"] | None:
    """Heat lost by its temperatures, given away by the laws, and what may be hidden inside [J]."""
    solid, thermal = evidence.solids[index], _thermal(evidence, index)
    heat = evidence.states.temperatures[index].astype(np.float64)
    if heat.shape[1] == 1:
        heat = np.repeat(heat, len(solid.mesh.vertices), axis=1)
    air, areas = evidence.spec.air_temperature, _vertex_areas(solid) * _outer(solid)
    film = thermal.film + 4 * thermal.emissivity * STEFAN_BOLTZMANN * float(heat.max()) ** 3
    depth = solid.volume / float(areas.sum())
    if film * depth / thermal.conductivity > LUMPED:
        return None
    flux = thermal.film * (heat - air) + thermal.emissivity * STEFAN_BOLTZMANN * (heat**4 - air**4)
    power = (flux * areas * ~_covered(evidence, index)).sum(1)
    given = float(np.trapezoid(power, dx=evidence.frame_s))
    given -= thermal.power * (len(heat) - 1) * evidence.frame_s
    outside = heat @ _volume_weights(solid)
    warmer = float(power[-1]) / float(areas.sum()) * depth / thermal.conductivity
    capacity = _capacity(evidence, index)
    lost = capacity * float(outside[0] - outside[-1] - INSIDE * warmer)
    return np.array([lost, given, INSIDE_SPREAD * capacity * abs(warmer)])


def _vertex_areas(solid: Solid) -> Float64[np.ndarray, " V"]:
    """A third of every face around it [m2]."""
    a, b, c = solid.mesh.vertices[solid.mesh.faces].transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return np.bincount(solid.mesh.faces.ravel(), np.repeat(areas / 3, 3), len(solid.mesh.vertices))


def _outer(solid: Solid) -> Bool[np.ndarray, " V"]:
    """Not the inner side of a thin shell, which lies inside the parts that collide."""
    share = _inside(solid)[1]
    extent = np.ptp(solid.mesh.vertices, axis=0)
    if share * extent.prod() < (1 + SHELL) * solid.volume:
        return np.ones(len(solid.mesh.vertices), bool)
    step = 1e-3 * solid.bounding_radius
    return distance(solid, solid.mesh.vertices + step * solid.mesh.normals, step) > -step / 2


def _inside(solid: Solid) -> tuple[Float64[np.ndarray, "N 3"], float]:
    """Even points inside a solid [m], and the share that they are of those in the box around it."""
    low, high = solid.mesh.vertices.min(0), solid.mesh.vertices.max(0)
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    points = low + cube * (high - low)
    inside = points[distance(solid, points, 0.0) < 0.0]
    return inside, len(inside) / len(points)


def _volume_weights(solid: Solid) -> Float64[np.ndarray, " V"]:
    """Share of the volume that each vertex is the nearest one, of four, of."""
    vertices = solid.mesh.vertices
    nearest = np.asarray(KDTree(vertices).query(_inside(solid)[0], k=4)[1])
    return np.bincount(nearest.ravel(), minlength=len(vertices)) / nearest.size


def _covered(evidence: Evidence, index: int) -> Bool[np.ndarray, "T V"]:
    """By frame: which vertices lie on the ground or on another body."""
    vertices, T = evidence.solids[index].mesh.vertices, evidence.states.num_frames
    covered = np.zeros((T, len(vertices)), bool)
    looks = np.unique(np.linspace(0, T - 1, LOOKS).astype(int))
    for frame, after in zip(looks, [*looks[1:], T], strict=True):
        covered[frame:after] = _covered_at(evidence, index, int(frame))
    return covered


def _covered_at(evidence: Evidence, index: int, frame: int) -> Bool[np.ndarray, " V"]:
    pose = evidence.poses[frame, index]
    turn = Rotation.from_quat(pose[3:], scalar_first=True).as_matrix()
    places = evidence.solids[index].mesh.vertices @ turn.T + pose[:3]
    # A little outside of a covered vertex is inside of what covers it; beside it is not.
    outside = places + NEAR * (evidence.solids[index].mesh.normals @ turn.T)
    covered = outside[:, 2] < -NEAR / 2
    for other, solid in enumerate(evidence.solids):
        shift = evidence.poses[frame, other, :3] - pose[:3]
        reach = solid.bounding_radius + evidence.radii[index] + NEAR
        if other == index or not evidence.is_rigid[other] or np.linalg.norm(shift) > reach:
            continue
        its = Rotation.from_quat(evidence.poses[frame, other, 3:], scalar_first=True)
        local = its.inv().apply(outside - evidence.poses[frame, other, :3])
        covered |= distance(solid, local, NEAR) < -NEAR / 2
    return covered


def _timoshenko(
    evidence: Evidence, layers: tuple[int, int], heat: list[Float64[np.ndarray, "N _"]]
) -> Float64[np.ndarray, " N"]:
    """Curvature of a strip of two layers, the lower one first [1/m]."""
    bodies = [evidence.spec.bodies[k] for k in layers]
    low, high = (2 * body.shape.parameters["half_extents"][2] for body in bodies)  # pyright: ignore
    grown = [
        body.thermal.expansion * (each.mean(1) - body.thermal.temperature)
        for body, each in zip(bodies, heat, strict=True)
        if body.thermal
    ]
    m = low / high
    n = bodies[0].substance.youngs_modulus / bodies[1].substance.youngs_modulus
    whole = (low + high) * (3 * (1 + m) ** 2 + (1 + m * n) * (m**2 + 1 / (m * n)))
    return 6 * (grown[1] - grown[0]) * (1 + m) ** 2 / whole


def _weight_curvature(evidence: Evidence, layers: tuple[int, int]) -> float:
    """Mean curvature of a level strip of two layers that is clamped at one end [1/m]."""
    sums, weight, length = np.zeros(3), 0.0, 0.0
    for index, side in zip(layers, (-1.0, 1.0), strict=True):
        body = evidence.spec.bodies[index]
        length, width, height = 2 * np.array(body.shape.parameters["half_extents"])
        powers = np.array([height, side * height**2 / 2, height**3 / 3])
        sums += body.substance.youngs_modulus * width * powers
        weight += evidence.masses[index] * evidence.weight_rate / length
    stiffness = (sums[0] * sums[2] - sums[1] ** 2) / sums[0]
    return float(weight * length**2 / (6 * stiffness))


def _curvatures(
    evidence: Evidence, index: int, frames: Int64[np.ndarray, " N"]
) -> Float64[np.ndarray, " N"]:
    """Mean, from the turn between the ends of a strip; positive if what is above is longer."""
    rest = evidence.solids[index].mesh.vertices
    stations, along = np.unique(rest[:, 0].round(9), return_inverse=True)
    along = along.ravel()
    points = evidence.states.points[index][frames].astype(np.float64)
    count = np.bincount(along)
    line = np.stack(
        [[np.bincount(along, column) / count for column in frame.T] for frame in points]
    ).transpose(0, 2, 1)
    # Thickness: from the vertices below to those above, at the first station.
    first = along == 0
    above, below = first & (rest[:, 2] > 0), first & (rest[:, 2] < 0)
    normal = points[:, above].mean(1) - points[:, below].mean(1)
    one, last = line[:, 1] - line[:, 0], line[:, -1] - line[:, -2]
    cosine = np.einsum("ni,ni->n", one, last)
    sine = -np.einsum("ni,ni->n", normal / np.linalg.norm(normal, axis=1)[:, None], last)
    length = np.linalg.norm(one, axis=1)
    angle = np.arctan2(sine * length, cosine)
    return angle / (stations[-1] - stations[0]) * len(stations[1:]) / len(stations[2:])
