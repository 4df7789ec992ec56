"""Deforming meshes and ropes against closed forms: areas, volumes, normals, material motion."""

import numpy as np
import pytest
from points_scenes import ROPE, SHEET, make_body, points_states
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.render.forms import drawable, exactness
from phys4d_pipeline.render.forms.deforming import smooth_vertices
from phys4d_pipeline.render.forms.rope import smooth_line, start_directions
from phys4d_pipeline.scene import FORMS, Shape
from phys4d_pipeline.shapes.solid import mass_properties


def area_of(piece):
    a, b, c = piece.now[piece.faces].astype(np.float64).transpose(1, 0, 2)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def volume_of(piece):
    return mass_properties(piece.now[piece.faces].astype(np.float64))[0]


def rigid_motion(rest, count=3):
    """Points turned and shifted as one, at some frames."""
    turns = Rotation.from_rotvec(np.outer(np.arange(count), [0.3, -0.2, 0.5]))
    shifts = np.outer(np.arange(count), [0.1, 0.0, 0.05])
    return turns, np.stack(
        [turn.apply(rest.copy()) + shift for turn, shift in zip(turns, shifts, strict=True)]
    ).astype(np.float32)


def make_drawable(body, points, **states):
    return drawable(body, points_states({0: points}, **states), 0)


def test_rigid_bodies_and_particles_are_left_to_their_poses_and_spheres():
    for form in ("rigid", "particles"):
        assert drawable(make_body(form, "sphere", {"radius": 0.1}), None, 0) is None
    assert [exactness(form) for form in FORMS] == ["exact"] * 5 + ["advected"]


def test_sheet_in_rigid_rotation_takes_its_normals_with_it():
    body = make_body("deforming", "sheet", SHEET)
    rest = shapes.mesh(body.shape).vertices
    turns, points = rigid_motion(rest)
    sheet = make_drawable(body, points)
    assert (sheet.fixed, sheet.exactness) == (True, "exact")
    for frame in range(3):
        piece = sheet.at(frame, min(frame + 1, 2), max(frame - 1, 0))
        expected = np.broadcast_to(turns[frame].apply([0.0, 0.0, 1.0]), piece.normals.shape)
        np.testing.assert_allclose(piece.normals, expected, atol=2e-6)  # float32 of 5 cm cells
        np.testing.assert_array_equal(piece.after, points[min(frame + 1, 2)])
        np.testing.assert_array_equal(piece.before, points[max(frame - 1, 0)])
        np.testing.assert_array_equal(piece.rest, rest.astype(np.float32))
        assert area_of(piece) == pytest.approx(0.6, rel=1e-6)


def test_sheet_bent_to_a_cylinder_has_radial_normals():
    shape = {"width": 2 * np.pi, "depth": 1.0, "columns": 181.0, "rows": 5.0}
    body = make_body("deforming", "sheet", shape)
    angle, y, _ = shapes.mesh(body.shape).vertices.T
    around = np.column_stack([np.sin(angle), y, np.cos(angle)])
    piece = make_drawable(body, around[None].astype(np.float32)).at(0, 0, 0)
    inner = np.abs(angle) < np.pi - 0.05  # the seam's normals are those of one side
    radial = around * (1.0, 0.0, 1.0)
    cosine = (piece.normals * radial).sum(1)[inner]
    # Alternate diagonals: a vertex's faces are even about it only as far as 2 degrees reach.
    assert cosine.min() > np.cos(np.radians(1.0))


def test_a_smooth_ball_stays_smooth_and_a_box_keeps_its_edges():
    for kind, parameters in (
        ("sphere", {"radius": 0.3}),
        ("box", {"half_extents": (0.1, 0.2, 0.3)}),
    ):
        body = make_body("deforming", kind, parameters)
        mesh = shapes.mesh(body.shape)
        turns, points = rigid_motion(mesh.vertices)
        piece = make_drawable(body, points).at(2, 2, 1)
        cosine = (turns[2].apply(mesh.normals.copy()) * piece.normals).sum(1)
        assert cosine.min() > 1 - 2e-5  # 0.4 degrees: uneven triangles of the geodesic sphere


def test_vertices_split_for_another_reason_than_an_edge_share_their_normal():
    sheet = shapes.mesh(Shape(kind="sheet", parameters=SHEET))
    torn = shapes.Mesh(
        vertices=sheet.vertices[sheet.faces].reshape(-1, 3),
        faces=np.arange(3 * len(sheet.faces), dtype=np.int32).reshape(-1, 3),
        normals=sheet.normals[sheet.faces].reshape(-1, 3),
        is_closed=False,
    )
    groups = smooth_vertices(torn)
    assert len(np.unique(groups)) == len(sheet.vertices)
    np.testing.assert_array_equal(torn.vertices[groups], torn.vertices)
    box = shapes.mesh(Shape(kind="box", parameters={"half_extents": (0.1, 0.2, 0.3)}))
    np.testing.assert_array_equal(smooth_vertices(box), np.arange(24))


def test_temperatures_of_points_or_of_the_body():
    body = make_body("deforming", "sheet", SHEET)
    rest = shapes.mesh(body.shape).vertices.astype(np.float32)
    heat = np.linspace(300, 400, 2 * len(rest), dtype=np.float32).reshape(2, -1)
    points = np.stack([rest, rest])
    own = make_drawable(body, points, temperatures={0: heat}).at(1, 1, 0)
    np.testing.assert_array_equal(own.heat, heat[1])
    whole = make_drawable(body, points, temperatures={0: heat[:, :1]}).at(1, 1, 0)
    assert whole.heat.shape == (len(rest),) and (whole.heat == heat[1, 0]).all()
    assert (make_drawable(body, points).at(1, 1, 0).heat == 0).all()


def test_soft_body_under_a_linear_map_is_its_mesh_under_it():
    body = make_body("soft", "torus", {"radius": 0.1, "tube_radius": 0.04, "cell": 0.03})
    nodes, mesh = shapes.tetrahedra(body.shape).nodes, shapes.mesh(body.shape)
    bend = np.array([[1.1, 0.2, 0.0], [0.0, 0.8, 0.1], [-0.1, 0.0, 1.2]])
    points = np.stack([nodes, nodes @ bend.T + (0.3, 0.2, 0.1)]).astype(np.float32)
    heat = (300.0 + 100.0 * nodes[:, 0]).astype(np.float32)
    soft = make_drawable(body, points, temperatures={0: np.stack([heat, heat])})
    assert (soft.fixed, soft.exactness) == (True, "exact")
    piece = soft.at(1, 1, 0)
    np.testing.assert_allclose(piece.now, mesh.vertices @ bend.T + (0.3, 0.2, 0.1), atol=1e-7)
    np.testing.assert_allclose(piece.before, mesh.vertices, atol=1e-8)  # float32 of 0.1 m
    np.testing.assert_allclose(piece.heat, 300 + 100 * mesh.vertices[:, 0], atol=2e-4)
    outward = mesh.normals @ np.linalg.inv(bend)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    # Means over faces against those of the torus: the mesh has 20 vertices around its tube.
    assert (piece.normals * outward).sum(1).min() > 0.995
    assert volume_of(piece) == pytest.approx(volume_of(soft.at(0, 0, 0)) * np.linalg.det(bend))


def arc(count, angle, radius):
    """A line around part of a circle."""
    at = np.linspace(0.0, angle, count)
    return np.column_stack([radius * np.cos(at), radius * np.sin(at), np.zeros(count)])


def test_rope_around_half_a_circle_is_half_a_torus_and_a_ball():
    line = arc(61, np.pi, 2 / np.pi)[None].astype(np.float32)
    piece = make_drawable(make_body("rope", "rope", ROPE), line).at(0, 0, 0)
    big, small, sides = 2 / np.pi, 0.05, 24
    # The polygon of 24 sides: its area over its circle's, its perimeter over its circle's.
    flat = sides / (2 * np.pi) * np.sin(2 * np.pi / sides)
    short = sides / np.pi * np.sin(np.pi / sides)
    volume = flat * np.pi * small**2 * np.pi * big + 4 / 3 * np.pi * small**3
    area = short * 2 * np.pi * small * np.pi * big + 4 * np.pi * small**2
    assert volume_of(piece) == pytest.approx(volume, rel=2e-3)  # the ball's caps are coarse
    assert area_of(piece) == pytest.approx(area, rel=2e-3)
    tube = shapes.tube(Shape(kind="rope", parameters=ROPE))
    ends = 1 + tube.sides * (5 + tube.steps)  # the line runs on straight beyond its ends
    middle = slice(ends, -ends)
    radial = piece.now[middle].astype(np.float64)
    centre = radial * (1, 1, 0)
    centre *= big / np.linalg.norm(centre, axis=1, keepdims=True)
    outward = (radial - centre) / small
    np.testing.assert_allclose(piece.normals[middle], outward, atol=2e-3)  # spline off the circle


def test_rope_at_rest_is_its_shape():
    body = make_body("rope", "rope", ROPE)
    mesh = shapes.mesh(body.shape)
    line = np.zeros((1, 61, 3), np.float32)
    line[0, :, 0] = np.linspace(-1, 1, 61)
    piece = make_drawable(body, line).at(0, 0, 0)
    np.testing.assert_allclose(piece.now, mesh.vertices, atol=2e-7)
    np.testing.assert_allclose(piece.normals, mesh.normals, atol=2e-6)
    np.testing.assert_array_equal(piece.faces, mesh.faces)


def test_vertices_of_a_rope_are_the_same_material_at_every_frame():
    """A rope that moves as a rigid body: so do its vertices, before, now and after."""
    rng = np.random.default_rng(3)
    bends = np.cumsum(rng.normal(size=(61, 3)) * 0.3, axis=0)
    rest = np.cumsum(np.array([1.0, 0, 0]) + 0.5 * np.tanh(bends), axis=0) / 30
    turns, points = rigid_motion(rest, 4)
    rope = make_drawable(make_body("rope", "rope", ROPE), points)
    piece = rope.at(2, 3, 1)
    at_rest = turns[2].inv().apply(piece.now - points[2, 0])
    for frame, found in ((3, piece.after), (1, piece.before)):
        moved = turns[frame].apply(at_rest) + points[frame, 0]
        error = np.linalg.norm(found - moved, axis=1)
        # The rigid motion turns about the line too, the rope's own motion never does: what is
        # left is one turn about the middle line, the same for all vertices.
        assert error.max() < 2 * 0.05 * np.sin(0.62 / 2)
    np.testing.assert_array_equal(piece.now, rope.at(1, 2, 0).after)
    np.testing.assert_array_equal(piece.now, rope.at(3, 3, 2).before)


def test_a_shifted_rope_is_shifted_exactly():
    line = arc(61, 2.0, 1.0)
    points = np.stack([line, np.add(line, (0.25, 0.5, -0.125))]).astype(np.float32)
    piece = make_drawable(make_body("rope", "rope", ROPE), points).at(0, 1, 0)
    shift = np.broadcast_to([0.25, 0.5, -0.125], piece.now.shape)
    np.testing.assert_allclose(piece.after - piece.now, shift, atol=1e-6)


def test_frames_along_a_planar_line_do_not_twist():
    line = arc(40, 3.0, 1.0).astype(np.float32)
    _, frames = smooth_line(line, np.array([0.0, 0.0, 1.0]), 4)
    np.testing.assert_allclose(frames[:, 1], np.tile([0.0, 0.0, 1.0], (157, 1)), atol=1e-6)
    identity = np.broadcast_to(np.eye(3), frames.shape)
    np.testing.assert_allclose(frames @ frames.transpose(0, 2, 1), identity, atol=1e-12)


def test_the_start_of_a_rope_never_jumps():
    """The first piece swings over all directions: its side direction turns no faster than it."""
    at = np.linspace(0, 12, 500)
    ahead = np.column_stack(
        [np.cos(at) * np.cos(1.3 * at), np.sin(at) * np.cos(1.3 * at), np.sin(1.3 * at)]
    )
    points = np.stack([np.zeros_like(ahead), ahead], 1).astype(np.float32)
    across = start_directions(points)
    np.testing.assert_allclose((across * ahead).sum(1), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(across, axis=1), 1.0, atol=1e-12)
    swing = np.linalg.norm(np.diff(ahead, axis=0), axis=1)
    assert (np.linalg.norm(np.diff(across, axis=0), axis=1) < 1.001 * swing + 1e-6).all()


def test_points_on_one_place_still_give_a_rope():
    points = np.zeros((2, 61, 3), np.float32)
    points[1, :, 0] = np.repeat(np.linspace(0, 1, 21), 3)[:61]
    rope = make_drawable(make_body("rope", "rope", ROPE), points)
    for frame in (0, 1):
        piece = rope.at(frame, frame, frame)
        assert np.isfinite(piece.now).all()
        np.testing.assert_allclose(np.linalg.norm(piece.normals, axis=1), 1.0, atol=1e-6)


def test_temperatures_along_a_rope_are_linear_between_its_points():
    points = arc(61, 1.0, 2.0)[None].astype(np.float32)
    heat = np.linspace(300, 360, 61, dtype=np.float32)[None]
    rope = make_drawable(make_body("rope", "rope", ROPE), points, temperatures={0: heat})
    found = rope.at(0, 0, 0).heat
    assert (found[0], found[-1]) == (300, 360)
    assert (np.diff(found) >= 0).all()
