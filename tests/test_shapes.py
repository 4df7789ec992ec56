"""Solids against closed forms; meshes closed, outward and the same surface as what collides."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import body_pose, build, kinds, weld
from phys4d_pipeline.shapes.solid import mass_properties
from tests.shape_examples import EXAMPLES, TETRAHEDRON, example

ALL = list(kinds())
SKINS = [kind for kind in ALL if example(kind).shell]  # bend, are thin and have no parts
CLOSED = [kind for kind in ALL if kind not in SKINS]
SEALED = ("hollow_ball",)  # nothing gets to their inner wall, so it does not collide
PRIMITIVE = ("box", "capsule", "cylinder", "rope", "soft_box", "sphere")
CHORD = 2.2e-3  # relative: 1 - cos of half the widest angle between vertices (surface.py)


def welded(mesh):
    """Faces over vertices that share a position."""
    _, where = np.unique(mesh.vertices.round(9), axis=0, return_inverse=True)
    return where.ravel()[mesh.faces]


def test_every_kind_has_an_example():
    assert sorted(EXAMPLES) == ALL


@pytest.mark.parametrize("kind", CLOSED)
def test_mesh_is_closed_and_outward(kind):
    solid = example(kind)
    faces = welded(solid.mesh)
    edges = list(zip(faces.ravel().tolist(), np.roll(faces, -1, 1).ravel().tolist(), strict=True))
    assert len(set(edges)) == len(edges)
    assert set(edges) == {(b, a) for a, b in edges}
    corners = solid.mesh.vertices[solid.mesh.faces]
    assert mass_properties(corners)[0] > 0


@pytest.mark.parametrize("kind", ["sheet", *CLOSED])
def test_normals_are_unit_and_agree_with_faces(kind):
    mesh = example(kind).mesh
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    area = np.linalg.norm(across, axis=1)
    assert area.min() > 0
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-12)
    agreement = np.einsum("fi,fki->fk", across / area[:, None], mesh.normals[mesh.faces])
    assert agreement.min() > 0.94  # 20 degrees: the rounded edge of the sharpest superquadric


@pytest.mark.parametrize("kind", [kind for kind in CLOSED if kind not in SEALED])
def test_mesh_vertices_lie_on_the_parts(kind):
    solid = example(kind)
    distance = np.min([part.signed_distance(solid.mesh.vertices) for part in solid.parts], 0)
    assert distance.max() < 1e-6
    # Hulls of wedges close the inside of a bend: 1 - cos(pi / 32) of its radius.
    assert distance.min() > -5e-3 * solid.bounding_radius


@pytest.mark.parametrize("kind", PRIMITIVE)
def test_parts_have_the_volume_of_the_mesh(kind):
    solid = example(kind)
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (20_000, 3)) * np.abs(solid.mesh.vertices).max(0)
    distance = np.min([part.signed_distance(points) for part in solid.parts], 0)
    measured = (distance < 0).mean() * 8 * np.prod(np.abs(solid.mesh.vertices).max(0))
    assert measured == pytest.approx(solid.volume, rel=0.04)  # 4 sigma of 20000 draws


@pytest.mark.parametrize("kind", CLOSED)
def test_body_frame_is_the_centre_of_mass_and_the_principal_axes(kind):
    solid = example(kind)
    corners = solid.mesh.vertices[solid.mesh.faces]
    volume, centre, inertia = mass_properties(corners)
    assert np.abs(centre).max() < 1e-12
    assert np.abs(inertia - np.diag(np.diag(inertia))).max() < 1e-9 * inertia.max()
    assert volume == pytest.approx(solid.volume, rel=2 * CHORD)
    np.testing.assert_allclose(np.diag(inertia), np.diag(solid.inertia), rtol=4 * CHORD)
    assert solid.bounding_radius == np.linalg.norm(solid.mesh.vertices, axis=1).max()


def shell(a, b, c):
    """Volume and moments of an ellipsoid of density 1."""
    volume = 4 / 3 * np.pi * a * b * c
    return volume, volume / 5 * np.array([b * b + c * c, a * a + c * c, a * a + b * b])


def test_box_has_the_textbook_moments():
    solid = example("box")
    assert solid.volume == pytest.approx(8 * 0.1 * 0.2 * 0.3, rel=1e-12)
    expected = solid.volume / 3 * np.array([0.04 + 0.09, 0.01 + 0.09, 0.01 + 0.04])
    np.testing.assert_allclose(np.diag(solid.inertia), expected, rtol=1e-12)


def test_sphere_has_the_textbook_moments():
    volume, moments = shell(0.1, 0.1, 0.1)
    assert example("sphere").volume == pytest.approx(volume, rel=1e-12)
    np.testing.assert_allclose(np.diag(example("sphere").inertia), moments, rtol=1e-12)


@pytest.mark.parametrize("kind", ["ellipsoid", "superquadric"])
def test_smooth_hulls_have_the_textbook_moments(kind):
    round_ones = {"superquadric": {"exponents": (1.0, 1.0)}}.get(kind, {})
    solid = build(Shape(kind=kind, parameters=EXAMPLES[kind] | round_ones))
    volume, moments = shell(0.1, 0.2, 0.3)
    assert solid.volume == pytest.approx(volume, rel=2 * CHORD)
    np.testing.assert_allclose(np.diag(solid.inertia), moments, rtol=4 * CHORD)


def test_cylinder_and_capsule_agree_with_a_fine_sum_of_slices():
    for kind in ("cylinder", "capsule"):
        edges = np.linspace(-0.3, 0.3, 200_001)
        z, dz = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
        over = np.maximum(np.abs(z) - 0.2, 0.0)
        squared = np.maximum(0.01 - over**2, 0.0) if kind == "capsule" else 0.01 * (over == 0)
        solid = example(kind)
        area = np.pi * squared * dz
        across = (area * (squared / 4 + z**2)).sum()
        expected = (across, across, (area * squared / 2).sum())
        assert solid.volume == pytest.approx(area.sum(), rel=3e-5)  # 3 um slices of 0.2 m
        np.testing.assert_allclose(np.diag(solid.inertia), expected, rtol=3e-5)


def test_cone_has_its_centre_of_mass_at_a_quarter_height():
    solid = example("cone")
    assert solid.mesh.vertices[:, 2].min() == pytest.approx(-0.3 / 4, rel=1e-9)
    polygon = 64 / 2 * np.sin(2 * np.pi / 64) * 0.1**2
    assert solid.volume == pytest.approx(polygon * 0.3 / 3, rel=1e-9)


@pytest.mark.parametrize(("faces", "corners"), [(4, 4), (6, 8), (8, 6), (12, 20), (20, 12)])
def test_polyhedra_have_their_faces_and_an_isotropic_inertia(faces, corners):
    solid = build(Shape(kind="polyhedron", parameters={"faces": float(faces), "radius": 0.1}))
    assert len(solid.parts[0].points) == corners
    assert len(np.unique(solid.mesh.normals.round(6), axis=0)) == faces
    moments = np.diag(solid.inertia)
    np.testing.assert_allclose(moments, moments[0], rtol=1e-9)


def test_wedge_put_at_a_drawing_pose_stands_on_its_base():
    shape = Shape(kind="wedge", parameters=EXAMPLES["wedge"])
    quarter = tuple(Rotation.from_euler("z", 90, degrees=True).as_quat(scalar_first=True).tolist())
    position, quaternion = body_pose(shape, (1.0, 2.0, 0.3), quarter)
    turn = Rotation.from_quat(quaternion, scalar_first=True)
    world = build(shape).mesh.vertices @ turn.as_matrix().T + position
    np.testing.assert_allclose(world.min(0), (0.8, 1.9, 0.0), atol=1e-12)
    np.testing.assert_allclose(world.max(0), (1.2, 2.1, 0.6), atol=1e-12)


def test_rope_has_the_mass_of_a_capsule_along_x():
    rope = example("rope")
    capsule = example("capsule")  # the same length and radius, along z
    assert rope.volume == pytest.approx(capsule.volume, rel=1e-12)
    moments = np.diag(capsule.inertia)[[2, 1, 0]]
    np.testing.assert_allclose(np.diag(rope.inertia), moments, rtol=1e-12)


def test_sheet_has_the_mass_of_a_plate_and_is_open():
    sheet = example("sheet")
    assert not sheet.mesh.is_closed
    assert sheet.volume == pytest.approx(0.4 * 0.2 * 0.002, rel=1e-12)
    plate = build(Shape(kind="box", parameters={"half_extents": (0.2, 0.1, 0.001)}))
    np.testing.assert_allclose(sheet.inertia, plate.inertia, rtol=1e-12)
    corners = sheet.mesh.vertices[sheet.mesh.faces]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    np.testing.assert_allclose(crossed, np.tile([0, 0, 0.4 * 0.2 / 12], (24, 1)), atol=1e-15)
    np.testing.assert_allclose(sheet.mesh.vertices[1 * 5 + 3], (0.1, -1 / 30, 0.0), atol=1e-15)


def test_soft_box_is_a_box_and_its_edges_can_be_welded():
    soft, box = example("soft_box"), example("box")
    assert soft.volume == pytest.approx(box.volume, rel=1e-12)
    np.testing.assert_allclose(soft.inertia, box.inertia, rtol=1e-12, atol=1e-18)
    kept, place_of = weld(soft.mesh)
    assert len(kept) == 3 * 5 * 6 - 1 * 3 * 4  # lattice points less the inner ones
    np.testing.assert_array_equal(soft.mesh.vertices[kept][place_of], soft.mesh.vertices)
    assert (np.diff(kept) > 0).all()


def test_given_triangles_are_a_solid_or_a_shell():
    mesh = example("box").mesh
    numbers = {
        "vertices": tuple(np.add(mesh.vertices, (1.0, 2.0, 3.0)).ravel().tolist()),
        "faces": tuple(mesh.faces.ravel().astype(float).tolist()),
    }
    box = build(Shape(kind="triangles", parameters=numbers))
    assert box.mesh.is_closed and len(box.parts) == 1
    np.testing.assert_allclose(box.inertia, example("box").inertia, rtol=1e-9, atol=1e-15)
    sheet = example("sheet").mesh
    numbers = {
        "vertices": tuple(np.add(sheet.vertices, (1.0, 2.0, 3.0)).ravel().tolist()),
        "faces": tuple(sheet.faces.ravel().astype(float).tolist()),
        "thickness": 0.002,
    }
    plate = build(Shape(kind="triangles", parameters=numbers))
    assert not plate.mesh.is_closed and plate.parts == ()
    assert plate.volume == pytest.approx(example("sheet").volume, rel=1e-9)
    # A real plate resists a little more than a shell without thickness: 0.002^2 against 0.2^2.
    np.testing.assert_allclose(plate.inertia, example("sheet").inertia, rtol=2e-4, atol=1e-15)
    np.testing.assert_allclose(plate.mesh.vertices, sheet.vertices, atol=1e-12)
    assert plate.drawing_position == pytest.approx((-1.0, -2.0, -3.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vertices": TETRAHEDRON["vertices"][:-1]}, "11 numbers for vertices, not threes"),
        ({"vertices": (*TETRAHEDRON["vertices"][:-1], float("nan"))}, "finite numbers"),
        ({"vertices": 1.0}, "a list of numbers"),
        ({"vertices": (0.0, 0.0, 0.0) * 4}, r"face 0 \[0, 2, 1\] has no area"),
        ({"faces": (0.0, 2.0, 4.0)}, r"face 0 \[0, 2, 4\] names a vertex outside 0 to 3"),
        ({"faces": (0.0, 2.0, 1.5)}, "whole numbers"),
        ({"faces": (0.0, 2.0, 2.0)}, "has no area"),
        ({"faces": ()}, "no faces"),
        ({"faces": (0.0, 2.0, 1.0), "thickness": 0.001}, "vertex 3 has no normal"),
        ({"faces": (0.0, 2.0, 1.0)}, "edge 0-2 of face 0 has no second face"),
        ({"faces": TETRAHEDRON["faces"][::-1]}, "clockwise. Swap two corners"),
    ],
)
def test_bad_triangles_are_one_clear_line(changes, message):
    with pytest.raises(SceneError, match=message) as caught:
        build(Shape(kind="triangles", parameters={**TETRAHEDRON, **changes}))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_rocks_differ_by_seed_only():
    one, same, other = (
        build(Shape(kind="rock", parameters={"radius": 0.1, "roughness": 0.3, "seed": seed}))
        for seed in (1.0, 1.0, 2.0)
    )
    assert one is same
    assert one.volume != other.volume


def test_shared_arrays_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        example("box").mesh.vertices[0] = 0.0


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("spere", {"radius": 0.1}, "Did you mean 'sphere'"),
        ("sphere", {"radus": 0.1}, "Did you mean 'radius'"),
        ("sphere", {}, "needs radius"),
        ("sphere", {"radius": -0.1}, "must lie in"),
        ("sphere", {"radius": (0.1, 0.1)}, "one float"),
        ("sphere", {"radius": float("nan")}, "finite"),
        ("box", {"half_extents": 0.1}, "3 numbers"),
        ("box", {"half_extents": (0.1, 0.2)}, "3 numbers"),
        ("polyhedron", {"faces": 7.0, "radius": 0.1}, "4, 6, 8, 12, 20"),
        ("prism", {"sides": 4.5, "radius": 0.1, "half_height": 0.1}, "one int"),
        ("superquadric", {"radii": (0.1, 0.1, 0.1), "exponents": (0.1, 2.5)}, "exponents"),
        ("bottle", {"height": 0.1, "radius": 0.2}, "twice"),
        ("sheet", {"width": 1.0, "depth": 1.0, "columns": 1.0, "rows": 9.0}, "columns"),
        ("sheet", {**EXAMPLES["sheet"], "thickness": 1.0}, "thickness"),
        ("rope", {**EXAMPLES["rope"], "sides": 2.0}, "sides"),
        ("rope", {**EXAMPLES["rope"], "segments": 0.0}, "segments"),
        ("soft_box", {**EXAMPLES["soft_box"], "cells": (1.0, 2.5, 1.0)}, "whole"),
        ("dumbbell", {"radius": 0.1, "half_length": 0.1}, "1.2 times"),
    ],
)
def test_bad_shapes_name_the_value(kind, parameters, message):
    with pytest.raises(SceneError, match=message):
        build(Shape(kind=kind, parameters=parameters))


@pytest.mark.parametrize("kind", ["box", "cylinder", "hammer", "torus"])
def test_a_finer_mesh_is_the_same_closed_surface(kind):
    coarse = example(kind)
    fine = build(Shape(kind=kind, parameters={**EXAMPLES[kind], "longest_edge": 0.02}))
    corners = fine.mesh.vertices[fine.mesh.faces]
    edges = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    assert edges.max() < 0.02 * (1 + 1e-6)
    assert mass_properties(corners)[0] == pytest.approx(
        mass_properties(coarse.mesh.vertices[coarse.mesh.faces])[0], rel=1e-12
    )
    faces = welded(fine.mesh)
    pairs = set(zip(faces.ravel().tolist(), np.roll(faces, -1, 1).ravel().tolist(), strict=True))
    assert pairs == {(b, a) for a, b in pairs}  # no edge is split on one side only
    assert len(pairs) == faces.size
    np.testing.assert_allclose(np.linalg.norm(fine.mesh.normals, axis=1), 1.0, atol=1e-12)
    assert fine.volume == coarse.volume
