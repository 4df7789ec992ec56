"""Faces across edges: closed meshes have one everywhere, open ones miss it along their rim."""

import numpy as np
import pytest

from phys4d_pipeline import shapes
from phys4d_pipeline.render.adjacency import OPEN, faces_across, faces_across_welded, shifted
from tests import toys

CLOSED = [
    toys.shape("box", half_extents=(0.1, 0.2, 0.3)),
    toys.shape("sphere", radius=0.2),
    toys.shape("bottle", height=0.3, radius=0.05),
    toys.shape("rope", length=1.0, radius=0.05, segments=10.0, sides=8.0),
]


@pytest.mark.parametrize("shape", CLOSED, ids=lambda shape: shape.kind)
def test_every_edge_of_a_closed_mesh_has_a_face_on_both_sides(shape):
    mesh = shapes.mesh(shape)
    across = faces_across(mesh)
    assert (across != OPEN).all()
    _, place_of = shapes.weld(mesh)
    corners = place_of[mesh.faces]
    for corner in range(3):
        edge = {(corner + 1) % 3, (corner + 2) % 3}
        for face in range(0, len(mesh.faces), 7):
            other = across[face, corner]
            shared = {corners[face, k] for k in edge}
            assert shared <= set(corners[other].tolist()) and face in across[other]


def test_the_rim_of_a_sheet_is_open():
    mesh = shapes.mesh(toys.shape("sheet", width=1.0, depth=0.5, columns=9.0, rows=5.0))
    across = faces_across(mesh)
    assert (across == OPEN).sum() == 2 * (8 + 4)
    np.testing.assert_array_equal(across, faces_across_welded(mesh.faces))


def test_meshes_in_one_list_keep_their_own_faces():
    across = faces_across(
        shapes.mesh(toys.shape("sheet", width=1.0, depth=1.0, columns=3.0, rows=3.0))
    )
    moved = shifted(across, 100)
    assert ((moved == OPEN) == (across == OPEN)).all()
    assert (moved[moved != OPEN] - across[across != OPEN] == 100).all()


def test_no_faces_have_no_neighbours():
    assert faces_across_welded(np.zeros((0, 3), np.int32)).shape == (0, 3)
