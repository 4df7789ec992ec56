"""A membrane's body -> triangles and hinges that stand for it; its energy from its vertices.

In the plane: linear triangles of orthotropic St. Venant-Kirchhoff material in plane stress, energy
h A / 2 (C11 Euu^2 + 2 C12 Euu Evv + C22 Evv^2 + G (2 Euv)^2) with Green's strain along warp u and
weft v. Out of it: a plate whose curvature is constant in each triangle, made of
the angles t_i at its sides (Onate and Zarate 2000): sum of t_i l_i / (2 A) n_i n_i, with n_i across
side i; energy D A / 2 ((1 - nu) curvature : curvature + nu trace^2). Even triangles, and squares
whose diagonals all run the same way, thus make a plate; where diagonals alternate, twist is stored
twice.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy.spatial.transform import Rotation

from .. import shapes
from ..errors import SceneError
from ..scene import Body, Shape, Substance
from .rubber import energy_density, is_rubber

STEEP = 0.9
"""Cosine between a triangle's normal and the body's x axis from which warp follows the y axis."""
SEAM = 2.0
"""Rest angle [rad] from which an edge is a seam between layers that turns freely."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Skin:
    """P points, F triangles, H hinges; everything at rest is that of the drawn mesh."""

    kept: Int64[np.ndarray, " P"]
    """Vertex of the mesh at each point: those at one place are one point."""
    point_of: Int64[np.ndarray, " V"]
    """Point of each vertex."""
    masses: Float64[np.ndarray, " P"]
    """[kg]"""
    places: Float64[np.ndarray, "P 3"]
    """At rest, in the frame of the body [m]."""
    faces: Int64[np.ndarray, "F 3"]
    inverse: Float64[np.ndarray, "F 2 2"]
    """Of the matrix whose columns are the edges from the first corner, in warp and weft [1/m]."""
    areas: Float64[np.ndarray, " F"]
    """[m2]"""
    moduli: Float64[np.ndarray, "4"]
    """Times thickness: along warp, between warp and weft, along weft, in shear [N/m]."""
    rubber: float
    """Modulus times thickness of a sheet of rubber [N/m]; 0: Hooke's law."""
    ends: Int64[np.ndarray, "H 2"]
    """Of hinges, as the first triangle runs along them."""
    sides: Int64[np.ndarray, "H 2"]
    """Their triangles."""
    hinge_of: Int64[np.ndarray, "F 3"]
    """Hinge at the side opposite each corner; H where there is none."""
    angles: Float64[np.ndarray, " H"]
    """At rest [rad]."""
    bending: Float64[np.ndarray, "F 3 3"]
    """Moments at a triangle's sides per angles there [N m]; 0 where there is no hinge."""
    thickness: float
    """[m]"""
    density: float
    """Mass per area [kg/m2]."""
    damping: float
    """Viscous over elastic stress [s]."""


def is_skin(body: Body) -> bool:
    """Is it a membrane: does it deform, and is its shape a shell?"""
    return body.form == "deforming" and shapes.build(body.shape).shell > 0.0


def skin(body: Body) -> Skin:
    """The triangles and hinges that stand for a body of form `deforming` whose shape is a shell.

    Raises:
        SceneError: It is no shell, nothing resists its stretching, or faces do not fit together.
    """
    if not is_skin(body):
        raise SceneError(
            f"Body {body.name!r} is {body.form} and its shape {body.shape.kind!r} no shell: give "
            "the shape a thickness."
        )
    if body.substance.youngs_modulus <= 0.0:
        raise SceneError(f"Skin {body.name!r}: youngs_modulus must be positive, e.g. 1e6 Pa.")
    parameters = tuple(sorted(body.shape.parameters.items()))
    return _skin(body.shape.kind, parameters, body.substance, body.name)


def start(body: Body) -> Float64[np.ndarray, "V 3"]:
    """Where the vertices of a skin are at t = 0 [m], world."""
    if body.points:
        return np.array(body.points, np.float64)
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    return turn.apply(shapes.mesh(body.shape).vertices.copy()) + body.position


def vertex_masses(one: Skin) -> Float64[np.ndarray, " V"]:
    """Of the vertices of the mesh [kg]: those at one place share its mass."""
    shared = np.bincount(one.point_of)
    return (one.masses / shared)[one.point_of]


def strains(one: Skin, points: Float[np.ndarray, "*T V 3"]) -> Float64[np.ndarray, "*T F 3"]:
    """Green's strains Euu, Evv and 2 Euv of the triangles [1].

    Args:
        one: The skin.
        points: Of its vertices [m].
    """
    corners = np.asarray(points, np.float64)[..., one.kept, :][..., one.faces, :]
    edges = corners[..., 1:, :] - corners[..., :1, :]
    along = np.einsum("...fea,feu->...fua", edges, one.inverse)
    warp, weft = along[..., 0, :], along[..., 1, :]
    return np.stack(
        [
            ((warp * warp).sum(-1) - 1) / 2,
            ((weft * weft).sum(-1) - 1) / 2,
            (warp * weft).sum(-1),
        ],
        axis=-1,
    )


def stretches(one: Skin, points: Float[np.ndarray, "*T V 3"]) -> Float64[np.ndarray, "*T F"]:
    """Largest of each triangle: length over that at rest, along the way it is longest [1]."""
    warp, weft, turn = np.moveaxis(strains(one, points), -1, 0)
    return np.sqrt(1 + warp + weft + np.hypot(warp - weft, turn))


def hinge_angles(one: Skin, points: Float[np.ndarray, "*T V 3"]) -> Float64[np.ndarray, "*T H"]:
    """Between the normals of both triangles at each hinge [rad]."""
    places = np.asarray(points, np.float64)[..., one.kept, :]
    return _angles(places, one.faces, one.ends, one.sides)


def elastic_energy(one: Skin, points: Float[np.ndarray, "T V 3"]) -> Float64[np.ndarray, " T"]:
    """Stored by stretching and bending [J]."""
    warp, weft, turn = np.moveaxis(strains(one, points), -1, 0)
    c11, c12, c22, shear = one.moduli
    if one.rubber:
        trace, square = 2 * (1 + warp + weft), (1 + 2 * warp) * (1 + 2 * weft) - turn**2
        stored = energy_density(trace, square, one.rubber) @ one.areas
    else:
        density = c11 * warp**2 + 2 * c12 * warp * weft + c22 * weft**2 + shear * turn**2
        stored = density @ one.areas / 2
    bent = hinge_angles(one, points) - one.angles
    padded = np.concatenate([bent, np.zeros((*bent.shape[:-1], 1))], axis=-1)[..., one.hinge_of]
    return stored + 0.5 * np.einsum("...fi,fij,...fj->...", padded, one.bending, padded)


@lru_cache(maxsize=64)
def _skin(
    kind: str, parameters: tuple[tuple[str, Any], ...], substance: Substance, name: str
) -> Skin:
    solid = shapes.build(Shape(kind=kind, parameters=dict(parameters)))
    kept, point_of = shapes.weld(solid.mesh)
    faces = point_of[solid.mesh.faces].astype(np.int64)
    places = solid.mesh.vertices[kept]
    areas, flat = _flat(places[faces])
    masses = np.zeros(len(kept))
    np.add.at(masses, faces, (substance.density * solid.shell * areas / 3)[:, None])
    ends, sides, hinge_of = _hinges(faces, name)
    angles = _angles(places, faces, ends, sides)
    ends, sides, hinge_of, angles = _without_seams(ends, sides, hinge_of, angles)
    plate = _plate(substance, solid.shell)
    one = Skin(
        kept=kept,
        point_of=point_of,
        masses=masses,
        places=places,
        faces=faces,
        inverse=np.linalg.inv(flat.transpose(0, 2, 1)),
        areas=areas,
        moduli=_moduli(substance) * solid.shell,
        rubber=substance.youngs_modulus * solid.shell * is_rubber(substance),
        ends=ends,
        sides=sides,
        hinge_of=hinge_of,
        angles=angles,
        bending=_bending(places[faces], areas, hinge_of < len(ends), plate),
        thickness=solid.shell,
        density=substance.density * solid.shell,
        damping=substance.damping,
    )
    for value in vars(one).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return one


def _flat(
    corners: Float64[np.ndarray, "F 3 3"],
) -> tuple[Float64[np.ndarray, " F"], Float64[np.ndarray, "F 2 2"]]:
    """Areas, and both edges from the first corner along warp and weft (edge, axis) [m]."""
    edges = corners[:, 1:] - corners[:, :1]
    normals = np.cross(edges[:, 0], edges[:, 1])
    doubled = np.linalg.norm(normals, axis=1)
    normals /= doubled[:, None]
    axes = np.where(np.abs(normals[:, :1]) > STEEP, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    warp = axes - (axes * normals).sum(1, keepdims=True) * normals
    warp /= np.linalg.norm(warp, axis=1, keepdims=True)
    weft = np.cross(normals, warp)
    along = np.stack([np.einsum("fea,fa->fe", edges, axis) for axis in (warp, weft)], axis=-1)
    return doubled / 2, along


def _moduli(substance: Substance) -> Float64[np.ndarray, "4"]:
    """Plane stress [Pa]; `poissons_ratio` is the geometric mean of both ways."""
    warp, nu = substance.youngs_modulus, substance.poissons_ratio
    weft = substance.weft_modulus or warp
    mean = np.sqrt(warp * weft)
    shear = substance.shear_modulus or mean / (2 * (1 + nu))
    return np.array([warp, nu * mean, weft, shear * (1 - nu**2)]) / (1 - nu**2)


def _plate(substance: Substance, thickness: float) -> tuple[float, float]:
    """Bending stiffness [N m] and Poisson's ratio."""
    nu = substance.poissons_ratio
    modulus = substance.bending_modulus or substance.youngs_modulus
    return modulus * thickness**3 / 12 / (1 - nu**2), nu


def _hinges(faces: Int64[np.ndarray, "F 3"], name: str) -> tuple[np.ndarray, ...]:
    """Ends (H, 2) and sides (H, 2) of edges with two faces; the hinge (F, 3) at each side.

    Where three or more meet, none of them is a hinge.
    """
    meeting = defaultdict(list)
    for f, face in enumerate(faces.tolist()):
        for k in range(3):
            a, b = face[(k + 1) % 3], face[(k + 2) % 3]
            meeting[min(a, b), max(a, b)].append((f, k, a, b))
    pairs = [found for found in meeting.values() if len(found) == 2]
    hinge_of = np.full(faces.shape, len(pairs), np.int64)
    ends, sides = np.zeros((len(pairs), 2), np.int64), np.zeros((len(pairs), 2), np.int64)
    for h, ((f, k, a, b), (g, j, c, _)) in enumerate(pairs):
        if c == a:
            raise SceneError(
                f"Skin {name!r}: faces {f} and {g} run the same way along their edge {a}-{b}, so "
                "it has no outside: swap two corners of one."
            )
        ends[h], sides[h] = (a, b), (f, g)
        hinge_of[f, k] = hinge_of[g, j] = h
    return ends, sides, hinge_of


def _without_seams(
    ends: np.ndarray, sides: np.ndarray, hinge_of: np.ndarray, angles: np.ndarray
) -> tuple[np.ndarray, ...]:
    stays = np.abs(angles) < SEAM
    number = np.append(np.where(stays, np.cumsum(stays) - 1, stays.sum()), stays.sum())
    return ends[stays], sides[stays], number[hinge_of], angles[stays]


def _angles(
    places: Float64[np.ndarray, "*T P 3"],
    faces: Int64[np.ndarray, "F 3"],
    ends: Int64[np.ndarray, "H 2"],
    sides: Int64[np.ndarray, "H 2"],
) -> Float64[np.ndarray, "*T H"]:
    corners = places[..., faces, :]
    first = corners[..., 0, :]
    normals = np.cross(corners[..., 1, :] - first, corners[..., 2, :] - first)
    normals = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    one, other = normals[..., sides[:, 0], :], normals[..., sides[:, 1], :]
    edges = places[..., ends[:, 1], :] - places[..., ends[:, 0], :]
    edges = edges / np.linalg.norm(edges, axis=-1, keepdims=True)
    return np.arctan2((np.cross(one, other) * edges).sum(-1), (one * other).sum(-1))


def _bending(
    corners: Float64[np.ndarray, "F 3 3"],
    areas: Float64[np.ndarray, " F"],
    is_hinge: Bool[np.ndarray, "F 3"],
    plate: tuple[float, float],
) -> Float64[np.ndarray, "F 3 3"]:
    """Moments at the sides of triangles per angles there.

    A side without hinge is free: its angle is the one at which its moment is none.

    Args:
        corners: At rest [m].
        areas: [m2]
        is_hinge: Do triangles meet at the side opposite each corner?
        plate: Bending stiffness D [N m], Poisson's ratio.
    """
    stiff, nu = plate
    edges = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    lengths = np.linalg.norm(edges, axis=2)
    cosines = np.einsum("fia,fja->fij", edges, edges) / (lengths[:, :, None] * lengths[:, None])
    full = lengths[:, :, None] * lengths[:, None] * ((1 - nu) * cosines**2 + nu)
    full *= (stiff / (4 * areas))[:, None, None]
    result = np.zeros_like(full)
    for code in range(1, 8):
        has = [k for k in range(3) if code >> k & 1]
        free = [k for k in range(3) if k not in has]
        rows = np.flatnonzero((is_hinge @ (1, 2, 4)) == code).tolist()
        kept = full[np.ix_(rows, has, has)]
        if free:
            beside = full[np.ix_(rows, has, free)]
            kept = kept - beside @ np.linalg.solve(
                full[np.ix_(rows, free, free)], beside.transpose(0, 2, 1)
            )
        result[np.ix_(rows, has, has)] = kept
    return result
