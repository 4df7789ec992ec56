"""Triangles: a surface whose vertices and faces are its parameters."""

import numpy as np
from scipy.spatial import ConvexHull

from ..errors import SceneError
from .limits import check_range
from .solid import ConvexPart, Mesh, Solid, mass_properties, mesh_fault

THICKNESS = (1e-5, 0.1)  # [m], of an open surface


def triangles(
    vertices: tuple[float, ...], faces: tuple[float, ...], thickness: float = 1e-3
) -> Solid:
    """Any surface, smooth across shared vertices.

    A closed one that is convex collides as its hull. Others have no convex parts: they can bend
    or be scenery, but no rigid solver takes them.

    Args:
        vertices: x, y, z of each [m].
        faces: Three vertices of each, counter-clockwise seen from outside.
        thickness: Gives an open surface its mass [m].
    """
    check_range("triangles", "thickness", thickness, *THICKNESS)
    for name, numbers in (("vertices", vertices), ("faces", faces)):
        if len(numbers) % 3:
            raise SceneError(f"Shape 'triangles': {len(numbers)} numbers for {name}, not threes.")
    points = np.array(vertices).reshape(-1, 3)
    corners = np.array(faces).reshape(-1, 3)
    if (corners != np.round(corners)).any():
        raise SceneError("Shape 'triangles': faces must be whole numbers.")
    mesh = Mesh(
        vertices=points,
        faces=corners.astype(np.int32),
        normals=np.tile([0.0, 0.0, 1.0], (len(points), 1)),
    )
    if fault := mesh_fault(mesh):
        raise SceneError(f"Shape 'triangles': {fault}.")
    mesh = Mesh(vertices=points, faces=mesh.faces, normals=_normals(mesh), is_closed=_closed(mesh))
    return _closed_solid(mesh) if mesh.is_closed else Solid.centred(mesh, [], shell=thickness)


def _normals(mesh: Mesh) -> np.ndarray:
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    sums = np.zeros_like(mesh.vertices)
    np.add.at(sums, mesh.faces, np.cross(b - a, c - a)[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    if (wrong := np.flatnonzero(lengths[:, 0] == 0)).size:
        raise SceneError(
            f"Shape 'triangles': vertex {wrong[0]} has no normal; leave it out, or split it where "
            "faces fold back."
        )
    return sums / lengths


def _closed(mesh: Mesh) -> bool:
    """Has every edge a face on both sides, once each way? Vertices at one place count as one."""
    _, where = np.unique(mesh.vertices.round(9), axis=0, return_inverse=True)
    faces = where.ravel()[mesh.faces].astype(np.int64)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    keys, back = (np.sort(e[:, 0] * len(where) + e[:, 1]) for e in (edges, edges[:, ::-1]))
    return bool((keys == back).all() and (np.diff(keys) > 0).all())


def _closed_solid(mesh: Mesh) -> Solid:
    volume = mass_properties(mesh.vertices[mesh.faces])[0]
    if volume <= 0:
        raise SceneError(
            "Shape 'triangles': faces must be counter-clockwise seen from outside; these are "
            "clockwise. Swap two corners of each."
        )
    hull = ConvexHull(mesh.vertices)
    is_convex = abs(hull.volume - volume) < 1e-6 * volume
    points = mesh.vertices[hull.vertices]
    return Solid.centred(mesh, [ConvexPart(kind="hull", points=points)] if is_convex else [])
