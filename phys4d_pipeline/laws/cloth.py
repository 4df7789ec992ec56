"""Cloth hardly stretches, falls through air as plates do, and drapes as fabrics were measured to.

Cloth is a body that deforms, with a thickness and an open surface. What the air does is computed
from stored places and velocities with the coefficients of flat plates.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ..air import PRESSURE, density
from ..checks import Check
from ..motion.skins import Skin, is_skin, skin, strains
from .evidence import Evidence
from .groups import WORLD

STRETCH = 0.03
"""Of the length at rest [1]: asked of stiff fabrics."""
SHARE = 99.0
"""Percentile of all triangles in all frames."""
STIFF = 450.0
"""Length of a strip of cloth whose weight would double its length [m]: woven fabrics have 500 m and
more, cotton jersey 230 m, a skin of rubber 100 m."""
NORMAL, FRICTION = 1.17, 0.02
"""Drag coefficients of a square plate across the stream, and of both its sides along it [1]
(Hoerner 1965, 3-16 and 2-6)."""
FLIGHT = 10
"""Frames: the shortest flight that is looked at."""
AIR_SHARE = 0.05
"""Of the weight [1]: what air and weight leave unexplained, asked of every flight."""
GUST = 4.0
"""Root mean squares of eddies [1] over which a sum of many waves never rises."""
STILL = 0.15
"""Largest mean speed [m/s] of cloth that is done falling."""
SMOOTH = 256
"""Pixels across the shadow of a disc: its area is right to 0.5 %."""
MEASURED = np.array(
    [(0.8, 0.05, 0.45), (1.5, 0.12, 0.60), (2.0, 0.22, 0.75), (3.0, 0.40, 0.92), (4.5, 0.55, 1.0)]
)
"""Bending length [cm]; lowest and highest drape coefficient of fabrics of that length: the scatter
in Cusick 1965 and 1968 and in Hu and Chan 1998, which differ by the shear stiffness of fabrics."""
CUSICK = (0.55, 0.68)
"""Radius of the disc over that of the cloth [1]: 9 of 15 cm in Cusick's test."""


def cloth_stretch(evidence: Evidence) -> Check | None:
    """Stretch of triangles of stiff fabrics the way it is largest, 99th percentile of all."""
    found = []
    for index, one in _cloths(evidence).items():
        if one.moduli[0] > STIFF * one.density * max(evidence.weight_rate, 1e-9):
            stretch = _stretches(one, evidence.states.points[index].astype(np.float64))
            found.append(float(np.percentile(stretch, SHARE)))
    if not found:
        return None
    return Check(
        name="cloth_stretch",
        value=max(found),
        bound=STRETCH,
        unit="1",
        source="Largest principal stretch less 1 of every triangle in every frame, 99th "
        "percentile; 3 % is asked of fabrics whose own weight doubles only strips over 450 m",
    )


def cloth_in_air(evidence: Evidence) -> Check | None:
    """Momentum that neither weight nor the air explains, of cloth in free flight, over weight."""
    if evidence.spec.wind and evidence.spec.wind.gusts > 0.0:
        return None
    off = []
    for index, one in _cloths(evidence).items():
        touched = evidence.states.in_contact[:, index]
        frames = int(np.argmax(np.append(touched[1:], True)))
        if not evidence.is_held[index] and frames >= FLIGHT and evidence.weight_rate > 0.0:
            off.append(_unexplained(evidence, index, one, frames))
    if not off:
        return None
    return Check(
        name="cloth_in_air",
        value=max(off),
        bound=AIR_SHARE,
        unit="1",
        source="Until it touches something: change of momentum less weight and the drag and lift "
        "of plates (Hoerner 1965), summed over triangles, over the weight times the time; 5 %. A "
        "level sheet then sinks at sqrt(2 weight / (1.17 density of air area))",
    )


def wind_work(evidence: Evidence) -> Check | None:
    """Work that the wind is said to have done, over the most that it can do."""
    spec, states = evidence.spec, evidence.states
    led = any(body.path for body in spec.bodies) or any(joint.motor for joint in spec.joints)
    cloths = _cloths(evidence)
    if spec.wind is None or led or not cloths:
        return None
    fastest = float(np.linalg.norm(spec.wind.velocity)) + GUST * spec.wind.gusts * 3**0.5
    air, most = density(PRESSURE, spec.air_temperature), np.zeros(states.num_frames)
    for index, one in cloths.items():
        speeds = states.point_velocities[index].astype(np.float64)[:, one.kept][:, one.faces]
        past = fastest + np.linalg.norm(speeds.mean(2), axis=2)
        most += 0.5 * air * NORMAL * (past**2 @ one.areas) * fastest
    allowed = evidence.frame_s * np.cumsum(np.maximum(most, np.roll(most, 1)))
    return Check(
        name="wind_work",
        value=float((np.abs(states.work[1:]) / allowed[1:]).max(initial=0.0)),
        bound=1.0,
        unit="1",
        source="Drag of all triangles flat across the fastest gust, times its speed: more power no "
        "wind has. With it energy_rise holds in wind as well",
    )


def cloth_drape(evidence: Evidence) -> Check | None:
    """Drape coefficient of a round cloth on a disc, beyond the range of measured fabrics."""
    off = []
    for index, one in _cloths(evidence).items():
        disc = _disc_under(evidence, index)
        if disc is not None:
            share = _drape(evidence, index, one, disc)
            length, low, high = 100 * _bending_length(evidence, index, one), *MEASURED.T[1:]
            least, most = (np.interp(length, MEASURED[:, 0], edge) for edge in (low, high))
            off.append(max(float(least) - share, share - float(most), 0.0))
    if not off:
        return None
    return Check(
        name="cloth_drape",
        value=max(off),
        bound=0.0,
        unit="1",
        source="Shadow of the cloth beyond the disc over that of the flat ring, in the last frame, "
        "against the range for its bending length (Cusick 1965, 1968; Hu and Chan 1998)",
    )


def _cloths(evidence: Evidence) -> dict[int, Skin]:
    """Open skins whose points are stored, by index of the body."""
    return {
        index: skin(body)
        for index, body in enumerate(evidence.spec.bodies)
        if is_skin(body)
        and not evidence.solids[index].mesh.is_closed
        and body.substance.youngs_modulus > 0.0
        and index in evidence.states.points
    }


def _stretches(one: Skin, places: Float64[np.ndarray, "T V 3"]) -> Float64[np.ndarray, "T F"]:
    """Largest principal stretch of each triangle, less 1."""
    warp, weft, turn = np.moveaxis(strains(one, places), -1, 0)
    return np.sqrt(1 + warp + weft + np.hypot(warp - weft, turn)) - 1


def _unexplained(evidence: Evidence, index: int, one: Skin, frames: int) -> float:
    """Over all stretches of FLIGHT frames of the first flight [1]."""
    states, spec = evidence.states, evidence.spec
    places = states.points[index][: frames + 1].astype(np.float64)[:, one.kept]
    speeds = states.point_velocities[index][: frames + 1].astype(np.float64)[:, one.kept]
    wind = np.array(spec.wind.velocity if spec.wind else (0.0, 0.0, 0.0))
    force = _air_force(one, places, speeds, wind, density(PRESSURE, spec.air_temperature))
    mass = float(one.masses.sum())
    momentum = np.einsum("p,tpx->tx", one.masses, speeds)
    total = force + mass * evidence.gravity
    given = np.zeros_like(total)
    given[1:] = np.cumsum(total[1:] + total[:-1], axis=0) / 2 * evidence.frame_s
    left = momentum - given
    change = np.linalg.norm(left[FLIGHT:] - left[:-FLIGHT], axis=1).max(initial=0.0)
    return float(change) / (mass * evidence.weight_rate * FLIGHT * evidence.frame_s)


def _air_force(
    one: Skin,
    places: Float64[np.ndarray, "T P 3"],
    speeds: Float64[np.ndarray, "T P 3"],
    wind: Float64[np.ndarray, "3"],
    air: float,
) -> Float64[np.ndarray, "T 3"]:
    """Drag and lift of all triangles together [N]."""
    a, b, c = np.moveaxis(places[:, one.faces], 2, 0)
    normals = np.cross(b - a, c - a)
    areas = np.linalg.norm(normals, axis=2, keepdims=True)
    normals, areas = normals / areas, areas / 2
    past = wind - speeds[:, one.faces].mean(2)
    across = (past * normals).sum(2, keepdims=True)
    push = (NORMAL - FRICTION) * across * normals + FRICTION * past
    return (air / 2 * areas * np.linalg.norm(past, axis=2, keepdims=True) * push).sum(1)


def _disc_under(evidence: Evidence, index: int) -> tuple[float, float] | None:
    """Radii of a disc and of the round cloth that hangs over it in the last frame [m]."""
    body, speeds = evidence.spec.bodies[index], evidence.states.point_velocities.get(index)
    if body.shape.kind != "round_cloth" or speeds is None:
        return None
    radius = float(np.linalg.norm(evidence.solids[index].mesh.vertices, axis=1).max())
    if np.linalg.norm(speeds[-1], axis=1).mean() > STILL or len(evidence.spec.bodies) > 5:
        return None
    pairs = evidence.contact_bodies[evidence.contact_frames == evidence.states.num_frames - 1]
    met = set(pairs[(pairs == index).any(1)].ravel().tolist()) - {index}
    if len(met) != 1 or WORLD in met:
        return None
    disc = evidence.spec.bodies[int(min(met))].shape
    if disc.kind != "cylinder":
        return None
    share = float(disc.parameters["radius"]) / radius  # pyright: ignore[reportArgumentType]
    return (share * radius, radius) if CUSICK[0] < share < CUSICK[1] else None


def _bending_length(evidence: Evidence, index: int, one: Skin) -> float:
    """Cube root of the bending rigidity over the weight per area [m] (Peirce 1930)."""
    made_of = evidence.spec.bodies[index].substance
    modulus = made_of.bending_modulus or made_of.youngs_modulus
    rigidity = modulus * one.thickness**3 / 12 / (1 - made_of.poissons_ratio**2)
    return (rigidity / (one.density * evidence.weight_rate)) ** (1 / 3)


def _drape(evidence: Evidence, index: int, one: Skin, radii: tuple[float, float]) -> float:
    """Share of the ring outside the disc that the shadow covers in the last frame [1]."""
    places = evidence.states.points[index][-1].astype(np.float64)[one.kept]
    return drape_coefficient(places[one.faces], radii)


def drape_coefficient(triangles: Float64[np.ndarray, "F 3 3"], radii: tuple[float, float]) -> float:
    """Shadow of the ring of cloth beyond a disc over the flat ring [1] (Cusick 1968, ISO 9073-9).

    Args:
        triangles: Corners of the cloth's [m].
        radii: Of the disc and of the round cloth [m].
    """
    disc, whole = (np.pi * radius**2 for radius in radii)
    return (_shadow(triangles[:, :, :2]) - disc) / (whole - disc)


def _shadow(triangles: Float64[np.ndarray, "F 3 2"]) -> float:
    """Area that triangles cover together [m2], counted on a grid of pixels."""
    low, high = triangles.min((0, 1)), triangles.max((0, 1))
    pixel = float((high - low).max()) / SMOOTH
    covered: Bool[np.ndarray, "N N"] = np.zeros((SMOOTH + 1, SMOOTH + 1), bool)
    for a, b, c in (triangles - low) / pixel:
        first = np.floor(np.minimum(np.minimum(a, b), c)).astype(int)
        last = np.ceil(np.maximum(np.maximum(a, b), c)).astype(int) + 1
        x, y = np.meshgrid(
            np.arange(first[0], last[0]) + 0.5, np.arange(first[1], last[1]) + 0.5, indexing="ij"
        )
        turns = [
            (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
            for p, q in ((a, b), (b, c), (c, a))
        ]
        inside = np.all([t >= 0 for t in turns], axis=0) | np.all([t <= 0 for t in turns], axis=0)
        cells: Int64[np.ndarray, "K 2"] = np.argwhere(inside) + first
        cells = cells[(cells <= SMOOTH).all(1)]
        covered[cells[:, 0], cells[:, 1]] = True
    return float(covered.sum()) * pixel**2
