"""Triangles: a surface whose vertices and faces are its parameters."""

import numpy as np
from scipy.spatial import ConvexHull

from ..errors import SceneError
from .decomposition import convex_parts
from .limits import check_range
from .solid import ConvexPart, Mesh, Solid, mass_properties, mesh_fault, open_edge

THICKNESS = (1e-5, 0.1)  # [m], of an open surface


def triangles(
    vertices: tuple[float, ...], faces: tuple[float, ...], thickness: float = 0.0
) -> Solid:
    """Any surface, smooth across shared vertices.

    A closed one is a solid: it collides as its hull, or as the convex parts it is taken apart
    into. An open one needs a thickness: it can bend or be scenery, but no rigid solver takes it.

    Args:
        vertices: x, y, z of each [m].
        faces: Three vertices of each, counter-clockwise seen from outside.
        thickness: Gives an open surface its mass; 0 if it has to be closed [m].
    """
    if thickness:
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
    fault = open_edge(mesh)
    if fault and not thickness:
        raise SceneError(
            f"Shape 'triangles': {fault}, so it encloses no volume to be weighed. Close the "
            "surface there, or give the thickness of a shell."
        )
    mesh = Mesh(vertices=points, faces=mesh.faces, normals=_normals(mesh), is_closed=not fault)
    return Solid.centred(mesh, [], shell=thickness) if fault else _closed_solid(mesh)


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


def _closed_solid(mesh: Mesh) -> Solid:
    volume = mass_properties(mesh.vertices[mesh.faces])[0]
    if volume <= 0:
        raise SceneError(
            "Shape 'triangles': faces must be counter-clockwise seen from outside; these are "
            "clockwise. Swap two corners of each."
        )
    hull = ConvexHull(mesh.vertices)
    if abs(hull.volume - volume) < 1e-6 * volume:
        return Solid.centred(mesh, [ConvexPart(kind="hull", points=mesh.vertices[hull.vertices])])
    return Solid.centred(mesh, convex_parts(mesh))
