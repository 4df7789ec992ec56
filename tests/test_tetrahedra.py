"""Tetrahedra in shapes: angles within published bounds, volumes, closed boundaries, embedding."""

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build, tetrahedra
from phys4d_pipeline.shapes.crossings import is_inside
from phys4d_pipeline.shapes.relaxing import LOWEST
from phys4d_pipeline.shapes.tetrahedra import FACES, heights, volumes

CELL = 0.02  # [m]
SHAPES = {
    "sphere": {"radius": 0.1},
    "torus": {"radius": 0.1, "tube_radius": 0.04},
    "letter": {"code": 66.0, "height": 0.2, "half_depth": 0.04},
    "boulder": {"radius": 0.1, "roughness": 0.3, "seed": 3.0},
    "superquadric": {"radii": (0.1, 0.1, 0.1), "exponents": (0.4, 0.4)},
    "star": {"points": 5.0, "radius": 0.1, "half_height": 0.03},
    "box": {"half_extents": (0.1, 0.02, 0.03)},
}


def shape(kind, cell=CELL):
    return Shape(kind=kind, parameters={**SHAPES[kind], "cell": cell})


def angles(nodes, elements):
    """Between all pairs of faces of every tetrahedron, inside it [degrees]."""
    corners = nodes[elements]
    normals = []
    for i, j, k in FACES:
        across = np.cross(corners[:, j] - corners[:, i], corners[:, k] - corners[:, i])
        normals.append(across / np.linalg.norm(across, axis=1, keepdims=True))
    cosines = [-(normals[i] * normals[j]).sum(1) for i in range(4) for j in range(i)]
    return np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))


@pytest.mark.parametrize("kind", SHAPES)
def test_angles_between_faces_lie_within_the_bounds_of_isosurface_stuffing(kind):
    found = tetrahedra(shape(kind))
    between = angles(found.nodes, found.elements)
    # Labelle and Shewchuk 2007, theorem 1, for nodes as stuffing leaves them. Moving them only
    # raises the lowest tetrahedron, but for those on creases, which keep LOWEST.
    assert between.min() > 10.78
    assert between.max() < 164.74
    assert heights(found.nodes, found.elements).min() > 0.95 * LOWEST * CELL  # volume's offset


@pytest.mark.parametrize("kind", SHAPES)
def test_tetrahedra_hold_the_volume_of_their_shape(kind):
    found, solid = tetrahedra(shape(kind)), build(shape(kind))
    assert volumes(found.nodes, found.elements).min() > 0.0
    assert volumes(found.nodes, found.elements).sum() == pytest.approx(solid.volume, rel=1e-9)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_boundary_is_closed_and_outward(kind):
    found = tetrahedra(shape(kind))
    edges = np.stack([found.faces, np.roll(found.faces, -1, 1)], -1).reshape(-1, 2)
    there = {(a, b) for a, b in edges.tolist()}
    assert there == {(b, a) for a, b in there}
    corners = found.nodes[found.faces]
    enclosed = np.linalg.det(corners).sum() / 6
    assert enclosed == pytest.approx(volumes(found.nodes, found.elements).sum(), rel=1e-9)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_drawn_mesh_hangs_where_it_is(kind):
    found, mesh = tetrahedra(shape(kind)), build(shape(kind)).mesh
    np.testing.assert_allclose(found.weights.sum(1), 1.0, atol=1e-12)
    np.testing.assert_allclose(found.drawn(found.nodes), mesh.vertices, atol=1e-15)
    corners = mesh.vertices[mesh.faces]
    assert np.linalg.norm(np.roll(corners, 1, 1) - corners, axis=2).max() <= CELL * (1 + 1e-9)


def test_a_soft_box_is_its_box_with_regular_cells():
    found = tetrahedra(Shape(kind="box", parameters={"half_extents": (0.2, 0.1, 0.1), "cell": 0.1}))
    # 4 x 2 x 2 cubes: corners and middles; 12 tetrahedra to a cube within, 2 to a face outside.
    assert len(found.nodes) == 5 * 3 * 3 + 16
    inner = 3 * 2 * 2 + 4 * 1 * 2 + 4 * 2 * 1
    outer = 2 * (2 * 2 + 4 * 2 + 4 * 2)
    assert len(found.elements) == 4 * inner + 2 * outer
    np.testing.assert_allclose(volumes(found.nodes, found.elements), 0.1**3 / 12, rtol=1e-12)
    np.testing.assert_allclose(np.abs(found.nodes).max(0), (0.2, 0.1, 0.1), rtol=1e-15)


def test_nodes_lie_on_the_rims_and_corners_of_their_shape():
    rim = Shape(kind="cylinder", parameters={"radius": 0.06, "half_height": 0.08, "cell": CELL})
    found = tetrahedra(rim)
    away, up = np.hypot(*found.nodes[:, :2].T), np.abs(found.nodes[:, 2])
    on_rim = (np.abs(away - 0.06) < 2e-4) & (np.abs(up - 0.08) < 2e-4)
    # 0.377 m of each rim in cells of 20 mm; a drawn vertex on it hangs where it is.
    assert on_rim.sum() >= 2 * 0.377 / CELL * 0.8
    assert found.weights.min() > -0.1
    cross = {"radius": 0.1, "arm": 0.5, "half_height": 0.03}
    nodes = tetrahedra(Shape(kind="cross", parameters={**cross, "cell": CELL})).nodes
    corners = build(Shape(kind="cross", parameters=cross)).mesh.vertices
    assert np.abs(nodes[:, None] - corners).max(-1).min(0).max() < 2e-4  # volume's offset


def test_a_sphere_of_small_cells_has_high_tetrahedra_and_a_round_boundary():
    found = tetrahedra(shape("sphere"))
    # A body-centred tetrahedron is 0.71 cells high; waves must not cross any much faster.
    assert heights(found.nodes, found.elements).min() > 0.28 * CELL
    away = np.linalg.norm(found.nodes[found.boundary], axis=1)
    # Inscribed triangles of a cell hold less than the ball: (0.02 / 0.1)^2 / 8 of the radius, and
    # the boundary lies as much outside it; the drawn ball is one of 5120 triangles itself.
    np.testing.assert_allclose(away, 0.1, rtol=8e-3)


def test_the_same_shape_gives_the_same_bytes():
    kind = "torus"
    again = Shape(kind=kind, parameters={"cell": CELL, **SHAPES[kind]})
    one, other = tetrahedra(shape(kind)), tetrahedra(again)
    assert one is other  # kept


def test_nodes_of_any_lattice_are_told_inside_from_outside():
    corners = build(shape("torus")).mesh.vertices
    triangles = corners[build(shape("torus")).mesh.faces]
    inside = is_inside((triangles + 0.15) / 0.01, np.array([31, 31, 31]))
    grid = np.stack(np.meshgrid(*[np.arange(31)] * 3, indexing="ij"), -1) * 0.01 - 0.15
    away = np.hypot(np.hypot(grid[..., 0], grid[..., 1]) - 0.1, grid[..., 2])
    # The drawn torus is a polygon inside the round one: by 1 - cos(pi / 24) of its tube at most.
    clear = np.abs(away - 0.04) > 1.5e-3
    np.testing.assert_array_equal(inside[clear], (away < 0.04)[clear])


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("bowl", {"radius": 0.1, "cell": 0.02}, r"cell \(0.02 m\) misses 100% of its volume"),
        ("sheet", {"width": 1.0, "depth": 1.0, "columns": 5.0, "rows": 5.0, "cell": 0.1}, "open"),
        ("sphere", {"radius": 0.1}, "needs cell"),
        ("sphere", {"radius": 10.0, "cell": 0.01}, "at most 2000000 fit; make it larger than"),
        ("sphere", {"radius": 0.1, "cell": 1e-5}, r"cell \(1e-05\) must lie in 0.001"),
    ],
)
def test_what_cannot_be_filled_is_refused_with_value_bound_and_remedy(kind, parameters, message):
    with pytest.raises(SceneError, match=message):
        tetrahedra(Shape(kind=kind, parameters=parameters))
