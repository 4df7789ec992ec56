"""Cloth that is cut and sewn: areas of closed form, seams, hems, and triangles of one size."""

from collections import Counter

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build, weld
from tests.shape_examples import EXAMPLES, example

EDGE = 0.03
HEMS = {
    "round_cloth": 1,
    "poncho": 2,
    "circle_skirt": 2,
    "skirt": 2,
    "pillowcase": 1,
    "t_shirt": 4,
    "trousers": 3,
}
"""Openings that are left: hem, neck, waist, cuffs, legs."""
every_kind = pytest.mark.parametrize("kind", HEMS)


def lengths(solid):
    """(F, 3) of the edges of triangles [m]."""
    corners = solid.mesh.vertices[solid.mesh.faces]
    return np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)


def area(solid):
    return solid.volume / solid.shell


def sewn_faces(solid):
    kept, place_of = weld(solid.mesh)
    return place_of[solid.mesh.faces], len(kept)


def hem_edges(faces):
    """Edges with one face only."""
    count = Counter(
        tuple(sorted((int(face[k]), int(face[k - 1])))) for face in faces for k in range(3)
    )
    assert set(count.values()) == {1, 2}
    return [edge for edge, times in count.items() if times == 1]


def loops(edges):
    """Number of closed lines that the edges make, no point of which has more than two."""
    ends = Counter(point for edge in edges for point in edge)
    assert set(ends.values()) == {2}
    parent = {point: point for point in ends}

    def root(point):
        while parent[point] != point:
            point = parent[point]
        return point

    for a, b in edges:
        parent[root(a)] = root(b)
    return sum(point == root(point) for point in parent)


@every_kind
def test_seams_are_closed_and_hems_are_open(kind):
    faces, points = sewn_faces(example(kind))
    edges = hem_edges(faces)
    assert loops(edges) == HEMS[kind]
    # Euler: a sphere with so many holes.
    all_edges = (3 * len(faces) + len(edges)) // 2
    assert points - all_edges + len(faces) == 2 - HEMS[kind]


@every_kind
def test_triangles_are_of_one_size_and_nearly_equilateral(kind):
    solid = example(kind)
    sides = lengths(solid)
    assert np.median(sides) == pytest.approx(EDGE, rel=0.1)
    assert sides.min() > 0.35 * EDGE and sides.max() < 1.8 * EDGE
    a, b, c = solid.mesh.vertices[solid.mesh.faces].transpose(1, 0, 2)
    quality = 2 * 3**0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1) / (sides**2).sum(1)
    assert quality.min() > 0.5 and np.median(quality) > 0.95  # 1: equilateral; 0: a needle


@every_kind
def test_the_body_frame_is_the_drawing_frame_shifted(kind):
    solid = example(kind)
    assert solid.drawing_quaternion == (1.0, 0.0, 0.0, 0.0)
    assert not solid.mesh.is_closed and solid.shell == 0.001
    corners = solid.mesh.vertices[solid.mesh.faces]
    areas = np.linalg.norm(np.cross(*(corners[:, 1:] - corners[:, :1]).transpose(1, 0, 2)), axis=1)
    np.testing.assert_allclose(areas @ corners.mean(1), 0.0, atol=1e-12)
    assert np.abs(np.cross(*np.eye(3)[:2]) @ np.diag(solid.inertia)) > 0


def test_a_disc_has_the_area_and_the_moments_of_its_polygon():
    solid = example("round_cloth")
    count = round(2 * np.pi * 0.2 / EDGE)
    polygon = count / 2 * np.sin(2 * np.pi / count) * 0.2**2
    assert area(solid) == pytest.approx(polygon, rel=1e-3)  # points on chords of a finer arc
    across = polygon * 0.001 * 0.2**2 / 4
    np.testing.assert_allclose(np.diag(solid.inertia), [across, across, 2 * across], rtol=0.01)


def test_flat_pieces_have_the_areas_of_their_patterns():
    """Panels are tilted along their seams by 1.5 mm in 26 mm or less: there they are wider."""
    for kind, expected in (
        ("pillowcase", 2 * 0.4 * 0.3),
        ("skirt", 2 * 0.25 * (0.2 + 0.3) / 2),
    ):
        assert area(example(kind)) == pytest.approx(expected, rel=2e-3)
    count = round(2 * np.pi * 0.06 / EDGE)
    hole = count / 2 * np.sin(2 * np.pi / count) * 0.06**2
    assert area(example("poncho")) == pytest.approx(0.4 * 0.3 - hole, rel=1e-4)  # chords


@pytest.mark.parametrize("kind", ["skirt", "pillowcase", "t_shirt", "trousers"])
def test_panels_face_away_from_each_other_and_do_not_touch(kind):
    mesh = example(kind).mesh
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    up = np.cross(b - a, c - a)[:, 2] > 0
    seam = (mesh.vertices[:, 2].min() + mesh.vertices[:, 2].max()) / 2
    heights = (mesh.vertices[:, 2] - seam).round(9)
    assert (heights[mesh.faces[up]] >= 0).all() and (heights[mesh.faces[~up]] <= 0).all()
    assert np.ptp(heights) == pytest.approx(3 * 0.001)


def test_a_t_shirt_is_mirrored_and_deeper_at_the_neck_in_front():
    mesh = example("t_shirt").mesh
    front = mesh.normals[:, 2] > 0
    for panel in (front, ~front):
        assert mesh.vertices[panel][:, 0].min() == pytest.approx(
            -mesh.vertices[panel][:, 0].max(), abs=1e-3
        )
    middle = np.abs(mesh.vertices[:, 0]) < EDGE
    tops = [mesh.vertices[panel & middle][:, 1].max() for panel in (front, ~front)]
    assert tops[1] - tops[0] == pytest.approx((0.16 - 0.04) * 0.5, abs=0.01)


def test_finer_cloth_is_the_same_cloth():
    coarse = example("t_shirt")
    fine = build(Shape(kind="t_shirt", parameters={**EXAMPLES["t_shirt"], "edge": EDGE / 2}))
    assert len(fine.mesh.faces) == pytest.approx(4 * len(coarse.mesh.faces), rel=0.1)
    assert area(fine) == pytest.approx(area(coarse), rel=5e-3)  # the neck's arc has shorter chords


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("t_shirt", {"edge": 0.1}, r"edge \(0.1\) must be at most 0.0667 m"),
        ("poncho", {"neck": 0.14}, "leaves no cloth"),
        ("round_cloth", {"thickness": 0.5}, "thickness"),
        ("skirt", {"hem": -1.0}, "hem"),
    ],
)
def test_impossible_clothes_are_refused(kind, changes, message):
    with pytest.raises(SceneError, match=message):
        build(Shape(kind=kind, parameters={**EXAMPLES[kind], **changes}))
