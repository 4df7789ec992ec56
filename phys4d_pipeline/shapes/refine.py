"""A mesh -> the same surface in triangles whose edges are short enough for a field to vary on."""

import numpy as np
from jaxtyping import Float64, Int64

from .solid import Mesh, weld

MOST_VERTICES = 500_000


def refined(mesh: Mesh, longest: float) -> Mesh:
    """Split edges in the middle until none is longer than `longest` [m].

    Both faces of an edge split it, so a closed mesh stays closed. Points are added on the
    triangles, none moves: a ball of 20 faces stays one.
    """
    while True:
        kept, place_of = weld(mesh)
        corners = mesh.vertices[kept][place_of][mesh.faces]
        lengths = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
        is_long = lengths > longest * (1 + 1e-9)
        if not is_long.any() or len(mesh.vertices) > MOST_VERTICES:
            for array in (mesh.vertices, mesh.faces, mesh.normals):
                array.setflags(write=False)  # solids are shared through a cache
            return mesh
        mesh = _halved(mesh, is_long)


def _halved(mesh: Mesh, is_long: np.ndarray) -> Mesh:
    """Split the marked edges; edge k of a face runs from its corner k to the next."""
    V = len(mesh.vertices)
    starts, ends = mesh.faces, np.roll(mesh.faces, -1, axis=1)
    keys = np.minimum(starts, ends).astype(np.int64) * V + np.maximum(starts, ends)
    split, middle = np.unique(keys[is_long], return_inverse=True)
    a, b = split // V, split % V
    normals = mesh.normals[a] + mesh.normals[b]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    middles = np.full(keys.shape, -1)
    middles[is_long] = V + middle.ravel()
    return Mesh(
        vertices=np.concatenate([mesh.vertices, (mesh.vertices[a] + mesh.vertices[b]) / 2]),
        faces=_cut(mesh.faces.astype(np.int64), middles, mesh.vertices).astype(np.int32),
        normals=np.concatenate([mesh.normals, normals]),
        is_closed=mesh.is_closed,
    )


def _cut(
    faces: Int64[np.ndarray, "F 3"],
    middles: Int64[np.ndarray, "F 3"],
    vertices: Float64[np.ndarray, "V 3"],
) -> Int64[np.ndarray, "G 3"]:
    """Faces with one, two or three edges split -> two, three or four faces."""
    count = (middles >= 0).sum(1)
    pieces = [faces[count == 0]]
    # Turn each face so that its first edges are the split ones.
    first = np.where(
        count == 1,
        (middles >= 0).argmax(1),
        np.where(count == 2, ((middles < 0).argmax(1) + 1) % 3, 0),
    )
    order = (first[:, None] + np.arange(3)) % 3
    turned = np.take_along_axis(faces, order, axis=1)
    cuts = np.take_along_axis(middles, order, axis=1)
    (a, b, c), (m, n, o) = turned[count == 1].T, cuts[count == 1].T
    pieces += [np.column_stack([a, m, c]), np.column_stack([m, b, c])]
    (a, b, c), (m, n, o) = turned[count == 2].T, cuts[count == 2].T
    pieces += [np.column_stack([m, b, n])]
    # Of the two ways to cut the rest, the shorter cut.
    over = np.linalg.norm(vertices[c] - (vertices[a] + vertices[b]) / 2, axis=1)
    other = np.linalg.norm(vertices[a] - (vertices[b] + vertices[c]) / 2, axis=1)
    short = (over <= other)[:, None]
    pieces += [
        np.where(short, np.column_stack([a, m, c]), np.column_stack([a, m, n])),
        np.where(short, np.column_stack([m, n, c]), np.column_stack([a, n, c])),
    ]
    (a, b, c), (m, n, o) = turned[count == 3].T, cuts[count == 3].T
    pieces += [
        np.column_stack([a, m, o]),
        np.column_stack([m, b, n]),
        np.column_stack([o, n, c]),
        np.column_stack([m, n, o]),
    ]
    return np.concatenate(pieces)
