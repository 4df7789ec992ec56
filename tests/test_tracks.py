"""Channels and rolling bodies: closed meshes, the same solid as collides, textbook moments."""

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build
from phys4d_pipeline.shapes.solid import mass_properties
from tests.test_shapes import CHORD, welded

BEND = tuple(
    float(number)
    for angle in np.linspace(0.0, 1.5 * np.pi, 25)
    for number in (0.15 * np.cos(angle), 0.15 * np.sin(angle), 0.3 - 0.02 * angle)
)
EXAMPLES = {
    "channel": {"points": BEND, "radius": 0.02, "thickness": 0.004},
    "egg": {"length": 0.06, "radius": 0.022, "taper": 0.12},
    "hollow_ball": {"radius": 0.1, "thickness": 0.01},
    "hoop": {"radius": 0.1, "half_width": 0.02, "thickness": 0.015},
    "wheel": {"radius": 0.1, "half_width": 0.02, "rim": 0.015, "hub": 0.02, "spokes": 8.0},
}
every_kind = pytest.mark.parametrize("kind", EXAMPLES)


def example(kind):
    return build(Shape(kind=kind, parameters=EXAMPLES[kind]))


@every_kind
def test_mesh_is_closed_and_outward(kind):
    solid = example(kind)
    edges = [
        tuple(face[[a, b]]) for face in welded(solid.mesh) for a, b in ((0, 1), (1, 2), (2, 0))
    ]
    assert len(set(edges)) == len(edges)
    assert set(edges) == {(b, a) for a, b in edges}
    assert mass_properties(solid.mesh.vertices[solid.mesh.faces])[0] > 0


@every_kind
def test_normals_agree_with_faces(kind):
    mesh = example(kind).mesh
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    area = np.linalg.norm(across, axis=1)
    assert area.min() > 0
    agreement = np.einsum("fi,fki->fk", across / area[:, None], mesh.normals[mesh.faces])
    assert agreement.min() > 0.94  # 20 degrees: a channel's facets are 23 degrees apart


@every_kind
def test_what_is_drawn_is_what_collides(kind):
    solid = example(kind)
    distance = np.min([part.signed_distance(solid.mesh.vertices) for part in solid.parts], 0)
    outside = np.linalg.norm(solid.mesh.vertices, axis=1) > 0.95 * solid.bounding_radius
    chosen = outside if kind == "hollow_ball" else np.ones(len(distance), bool)
    # A bent channel's quadrangles are not quite flat: their hulls bulge by this much.
    assert np.abs(distance[chosen]).max() < (2e-4 if kind == "channel" else 1e-6)


@every_kind
def test_volume_and_moments_are_those_of_the_mesh(kind):
    solid = example(kind)
    volume, centre, inertia = mass_properties(solid.mesh.vertices[solid.mesh.faces])
    assert np.abs(centre).max() < 1e-10
    assert volume == pytest.approx(solid.volume, rel=2 * CHORD)
    # 5 / 3 of the volume's error where all of the mass lies at the rim.
    np.testing.assert_allclose(np.diag(inertia), np.diag(solid.inertia), rtol=4 * CHORD)


@pytest.mark.parametrize("kind", ["channel", "egg", "hoop", "wheel"])
def test_parts_have_the_volume_of_the_mesh(kind):
    solid = example(kind)
    rng = np.random.default_rng(0)
    half = np.abs(solid.mesh.vertices).max(0)
    points = rng.uniform(-1, 1, (20_000, 3)) * half
    distance = np.min([part.signed_distance(points) for part in solid.parts], 0)
    measured = (distance < 0).mean() * 8 * np.prod(half)
    assert measured == pytest.approx(solid.volume, rel=0.12)  # 4 sigma where a 20th is hit


def test_a_thin_hoop_resists_turning_like_mass_at_its_rim():
    solid = build(Shape(kind="hoop", parameters=EXAMPLES["hoop"] | {"thickness": 0.001}))
    share = solid.inertia[2, 2] / (solid.volume * 0.1**2)
    assert share == pytest.approx(1 - 0.01, abs=1e-4)  # (R^2 + r^2) / 2 R^2, r = 0.99 R


def test_a_thin_hollow_ball_has_two_thirds():
    solid = build(Shape(kind="hollow_ball", parameters={"radius": 0.1, "thickness": 0.001}))
    assert solid.inertia[0, 0] / (solid.volume * 0.01) == pytest.approx(2 / 3, rel=0.011)


def test_the_floor_of_a_channel_is_its_line():
    points = (0.0, 0.0, 0.1, 0.3, 0.0, 0.1)
    shape = Shape(kind="channel", parameters={"points": points, "radius": 0.02, "thickness": 0.003})
    solid = build(shape)
    along = np.column_stack([np.linspace(-0.14, 0.14, 9), np.zeros(9), np.zeros(9)])
    floor = along + (0.0, 0.0, solid.drawing_position[2] + 0.1)
    for height, is_inside in ((-1e-4, True), (1e-4, False)):
        depth = np.min([part.signed_distance(floor + (0, 0, height)) for part in solid.parts], 0)
        assert ((depth < 0) == is_inside).all()


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("channel", {"points": (0.0, 0.0, 0.1)}, "3 numbers for points"),
        ("channel", {"points": (0, 0, 0, 0.1, 0, 0, 0.1, 0.1, 0)}, "turns by 90 degrees"),
        ("channel", {"points": (0, 0, 0, 0.1, 0, 0.4)}, "76 degrees steep"),
        ("channel", {"radius": 0.2}, "bent with a radius of 0.152 m"),
        ("hoop", {"thickness": 0.0995}, "leaves no hole in 0.1 m"),
        ("wheel", {"spokes": 5.0}, r"spokes \(5\) must be one of"),
        ("egg", {"taper": 0.5}, r"taper \(0.5\) must lie in 0 to 0.25"),
    ],
)
def test_a_shape_that_cannot_be_built_says_why(kind, change, message):
    change = {
        name: tuple(map(float, value)) if isinstance(value, tuple) else value
        for name, value in change.items()
    }
    with pytest.raises(SceneError, match=message):
        build(Shape(kind=kind, parameters=EXAMPLES[kind] | change))
