"""Skins that hold gas: closed, outward, evenly cut, and as large and heavy as they say."""

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build, weld
from phys4d_pipeline.shapes.even import panel, turned_about_z
from phys4d_pipeline.shapes.solid import mass_properties, open_edge
from tests.shape_examples import EXAMPLES, example

KINDS = (
    "air_ball",
    "air_mattress",
    "air_tube",
    "airship",
    "balloon",
    "pillow",
    "sewn_panels",
    "swim_ring",
)
FINER = 0.5  # of the edges in the examples


def solid_of(kind, **changes):
    return build(Shape(kind=kind, parameters=EXAMPLES[kind] | changes))


def edges_and_angles(mesh):
    """(F, 3) lengths [m] and the smallest angle [deg]."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    lengths = np.stack([np.linalg.norm(p - q, axis=1) for p, q in ((a, b), (b, c), (c, a))], 1)
    x, y, z = np.sort(lengths, 1).T
    return lengths, np.degrees(np.arccos((y**2 + z**2 - x**2) / (2 * y * z))).min()


@pytest.mark.parametrize("edge", [1.0, FINER])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_closed_and_outward_and_its_triangles_are_even(kind, edge):
    mesh = solid_of(kind, edge=edge * EXAMPLES[kind]["edge"]).mesh
    assert mesh.is_closed
    assert open_edge(mesh) == ""
    assert mass_properties(mesh.vertices[mesh.faces])[0] > 0
    lengths, smallest = edges_and_angles(mesh)
    asked = edge * EXAMPLES[kind]["edge"]
    assert np.median(lengths) == pytest.approx(asked, rel=0.1)
    assert lengths.min() > 0.5 * asked  # steps are as short as the shortest edge asks for
    assert lengths.max() < 2.0 * asked
    assert smallest > 24.0
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-12)


def welded_spots():
    """(N, 3) places inside the mattress's edge where its panels are one [m]."""
    parameters, mesh = EXAMPLES["air_mattress"], example("air_mattress").mesh
    kept, place_of = weld(mesh)
    places = mesh.vertices[kept[np.bincount(place_of) == 2]]
    limit = 0.45 * parameters["width"], 0.45 * parameters["depth"], 1.0
    return places[(np.abs(places) < limit).all(1)]


@pytest.mark.parametrize("kind", KINDS)
def test_welded_it_is_one_surface_without_loose_vertices(kind):
    """Euler: V - E + F = 2 for a ball, 0 for a ring, less one for each pair of welded spots."""
    mesh = example(kind).mesh
    kept, place_of = weld(mesh)
    faces = place_of[mesh.faces]
    assert set(faces.ravel().tolist()) == set(range(len(kept)))
    starts, ends = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    edges = np.unique(np.sort(np.column_stack([starts, ends]), axis=1), axis=0)
    assert 2 * len(edges) == 3 * len(faces)
    expected = {"swim_ring": 0, "air_mattress": 2 - len(welded_spots())}.get(kind, 2)
    assert len(kept) - len(edges) + len(faces) == expected


def test_a_ball_has_the_area_and_volume_of_a_sphere():
    solid = solid_of("air_ball", edge=0.01)
    corners = solid.mesh.vertices[solid.mesh.faces]
    area = solid.volume / EXAMPLES["air_ball"]["thickness"]
    # Chords of 1 cm on a radius of 20 cm lie (edge / radius)^2 / 12 inside: 2e-4.
    assert area == pytest.approx(4 * np.pi * 0.2**2, rel=6e-4)
    assert mass_properties(corners)[0] == pytest.approx(4 / 3 * np.pi * 0.2**3, rel=1e-3)


def test_panels_have_the_area_of_their_outlines():
    ring = EXAMPLES["swim_ring"]
    area = example("swim_ring").volume / ring["thickness"]
    flat = 2 * np.pi * (ring["radius"] ** 2 - ring["inner_radius"] ** 2)
    assert area == pytest.approx(flat, rel=3e-3)  # chords of the rims, a gap of a tenth of an edge
    square = EXAMPLES["sewn_panels"]
    assert example("sewn_panels").volume / square["thickness"] == pytest.approx(0.16, rel=3e-3)


def test_the_mattress_is_welded_in_lines_of_spots_two_edges_apart():
    places = welded_spots()
    np.testing.assert_allclose(np.unique(places[:, 0].round(3)), (-0.15, 0.0, 0.15), atol=1e-3)
    along = np.sort(places[np.abs(places[:, 0]) < 0.01, 1])
    np.testing.assert_allclose(np.diff(along), 2 * EXAMPLES["air_mattress"]["edge"], rtol=1e-6)


def test_corners_of_an_outline_are_kept():
    flat, _, on_rim = panel([np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 0.7), (0.0, 0.7)])], 0.09)
    for corner in ((0.0, 0.0), (1.0, 0.0), (1.0, 0.7), (0.0, 0.7)):
        assert np.linalg.norm(flat[:on_rim] - corner, axis=1).min() < 1e-12


def test_a_turned_profile_lies_on_it():
    turn = np.linspace(-np.pi / 2, np.pi / 2, 300)
    vertices, _ = turned_about_z(np.cos(turn), np.sin(turn), 0.15)
    np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 1.0, atol=1e-4)  # chords of 300


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("pillow", {"corner": 0.3}, r"corner \(0.3\) must fit twice"),
        ("swim_ring", {"edge": 0.1}, r"edge \(0.1\) must fit 4 times across its narrowest part"),
        ("sewn_panels", {"outline": (0.0, 0.0, 0.0, 0.2, 0.2, 0.0)}, "counter-clockwise; turn it"),
        ("sewn_panels", {"outline": (0.0, 0.0, 0.0)}, "3 numbers, not 3 pairs"),
        ("air_ball", {"edge": 1e-3}, r"longest side over edge \(200\) must lie in 1 to 150"),
        ("balloon", {"length": 0.06}, r"length over radius \(1.2\) must lie in 2 to 8"),
    ],
)
def test_a_skin_that_cannot_be_is_refused_with_the_value_and_the_bound(kind, changes, message):
    with pytest.raises(SceneError, match=message):
        solid_of(kind, **changes)
