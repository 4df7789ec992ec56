"""Unions of convex pieces: closed, exact in volume, and filled by the parts that collide."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import Mesh, Solid, build, kinds
from phys4d_pipeline.shapes.pieces import block, hull, rod, tube
from phys4d_pipeline.shapes.solid import mass_properties, open_edge
from phys4d_pipeline.shapes.union import union
from tests.columns import columns
from tests.shape_examples import EXAMPLES, example

OF_PRIMITIVES = (
    "balls",
    "box",
    "capsule",
    "cylinder",
    "hollow_ball",
    "parcels",
    "pulley",
    "rope",
    "sheet",
    "soft_box",
    "sphere",
)
SKINS = (
    "air_ball",
    "air_mattress",
    "air_tube",
    "airship",
    "balloon",
    "circle_skirt",
    "pillow",
    "pillowcase",
    "poncho",
    "round_cloth",
    "sewn_panels",
    "skirt",
    "swim_ring",
    "t_shirt",
    "trousers",
)
MADE_OF_HULLS = [kind for kind in kinds() if kind not in OF_PRIMITIVES + SKINS]
CLOSED_BENDS = {
    # Hulls of wedges close the inside of a bend; largest excess over the mesh's volume [1].
    "bell": 0.01,
    "bowl": 0.015,
    "channel": 0.025,
    "cup": 0.02,
    "egg": 0.002,
    "funnel": 0.012,
    "gear": 0.006,
    "goblet": 0.012,
    "hoop": 0.007,
    "knot": 0.008,
    "mug": 0.016,
    "pipe": 0.008,
    "plate": 0.007,
    "spoon": 0.007,
    "torus": 0.004,
    "vase": 0.014,
    "wheel": 0.005,
}
ALPHABET = [chr(code) for code in range(ord("A"), ord("Z") + 1)]


def volume(mesh):
    return mass_properties(mesh.vertices[mesh.faces])[0]


def rel_excess(solid):
    """Of the parts over the mesh, and the largest difference along a ray over the radius."""
    enclosed, filled = columns(solid, np.random.default_rng(0))
    return filled.sum() / enclosed.sum() - 1, np.abs(filled - enclosed).max()


def test_there_are_at_least_forty_kinds_of_rigid_solids():
    others = ("rope", "sheet", "soft_box", "triangles", *SKINS)
    assert len([kind for kind in kinds() if kind not in others]) >= 40


@pytest.mark.parametrize("kind", SKINS)
def test_skins_are_thin_and_made_of_no_parts(kind):
    solid = example(kind)
    assert solid.shell > 0
    assert solid.parts == ()


@pytest.mark.parametrize("kind", MADE_OF_HULLS)
def test_parts_fill_what_the_mesh_encloses(kind):
    solid = example(kind)
    excess, worst = rel_excess(solid)
    if kind in CLOSED_BENDS:
        assert -1e-9 < excess < CLOSED_BENDS[kind]
    else:
        assert worst < 1e-7 * solid.bounding_radius  # rounding, and corners welded at 1e-7


@pytest.mark.parametrize("name", ALPHABET)
def test_every_letter_is_closed_and_filled_by_its_parts(name):
    solid = build(letter(name))
    assert open_edge(solid.mesh) == ""
    assert rel_excess(solid)[1] < 1e-7 * solid.bounding_radius


def letter(name):
    parameters = {"code": float(ord(name)), "height": 0.1, "half_depth": 0.012}
    return Shape(kind="letter", parameters=parameters)


def test_no_two_letters_have_the_same_area():
    areas = [build(letter(name)).volume for name in ALPHABET]
    assert min(abs(a - b) for a, b in combinations(areas, 2)) > 1e-4 * max(areas)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ((0.5, 0.5, 0.5), (2.0, 2.0, 2.0), 1 + 1.5**3 - 0.5**3),  # overlap
        ((0.2, 0.3, 1.0), (0.8, 0.6, 2.0), 1 + 0.6 * 0.3),  # stands inside a face
        ((0.0, 0.0, 1.0), (0.5, 1.0, 2.0), 1.5),  # shares edges
        ((0.5, 0.0, 0.0), (2.0, 1.0, 1.0), 2.0),  # four faces go on
        ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 1.0),  # the same
        ((0.2, 0.2, 0.2), (0.4, 0.4, 0.4), 1.0),  # inside
        ((0.0, 0.0, 0.0), (0.4, 0.4, 1.0), 1.0),  # inside, with four faces in common
    ],
)
def test_the_union_of_two_boxes_has_the_volume_of_inclusion_and_exclusion(low, high, expected):
    first = block((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    for pieces in ([first, block(low, high)], [block(low, high), first]):
        mesh, _ = union(pieces)
        assert open_edge(mesh) == ""
        assert volume(mesh) == pytest.approx(expected, rel=1e-12)


def test_the_union_of_random_hulls_has_the_volume_along_rays():
    rng = np.random.default_rng(4)
    for _ in range(10):
        pieces = [hull(rng.normal(size=(12, 3)) + rng.normal(size=3)) for _ in range(4)]
        mesh, parts = union(pieces)
        assert open_edge(mesh) == ""
        solid = Solid.centred(mesh, parts)
        assert rel_excess(solid)[1] < 1e-7 * solid.bounding_radius


def test_two_crossed_rods_have_the_volume_of_steinmetz():
    """Two cylinders less the bicylinder of 16/3 r^3; polygons of 256 sides, 1e-4 smaller."""
    bars = [
        rod((0.0, 0.0, -1.0), (0.0, 0.0, 1.0), 0.3, sides=256),
        rod((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.3, sides=256),
    ]
    expected = 2 * np.pi * 0.3**2 * 2 - 16 / 3 * 0.3**3
    assert volume(union(bars)[0]) == pytest.approx(expected, rel=2e-4)


def test_normals_of_a_seam_are_those_of_the_pieces():
    """A rod through a plate: its side normals lie across its axis, the plate's along it."""
    mesh, _ = union(
        [block((-1.0, -1.0, -0.1), (1.0, 1.0, 0.1)), rod((0.0, 0.0, -0.5), (0.0, 0.0, 0.5), 0.2)]
    )
    radial = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1])
    side = (np.abs(mesh.normals[:, 2]) < 1e-9) & (radial < 0.5)
    directions = mesh.vertices[side, :2] / radial[side, None]
    assert side.sum() >= 64
    # Seams run along chords, whose middles lie 1 - cos(pi / 32) inside: normals turn with them.
    assert (directions * mesh.normals[side, :2]).sum(1).min() > 1 - 1e-6


def test_torus_has_the_textbook_volume_and_moments():
    """V = 2 pi^2 R r^2, I_z = V (R^2 + 3/4 r^2), I_x = V (R^2 / 2 + 5/8 r^2)."""
    solid = build(Shape(kind="torus", parameters={"radius": 0.05, "tube_radius": 0.018}))
    R, r = 0.05, 0.018
    expected = 2 * np.pi**2 * R * r**2
    # Polygons of 24 and 64 sides have 1.2 % and 0.2 % less area than their circles.
    assert solid.volume == pytest.approx(expected, rel=0.014)
    across, along = R**2 / 2 + 5 / 8 * r**2, R**2 + 3 / 4 * r**2
    moments = np.diag(solid.inertia) / solid.volume
    np.testing.assert_allclose(moments, (across, across, along), rtol=5e-3)


def test_pipe_has_the_textbook_volume_and_moments():
    solid = example("pipe")
    outer, inner, half = 0.04, 0.03, 0.05
    expected = np.pi * (outer**2 - inner**2) * 2 * half
    across = (outer**2 + inner**2) / 4 + half**2 / 3
    assert solid.volume == pytest.approx(expected, rel=2e-3)  # 64 sides: 1.6e-3
    moments = np.diag(solid.inertia) / solid.volume
    along = (outer**2 + inner**2) / 2
    np.testing.assert_allclose(moments, (across, across, along), rtol=2e-3)


def test_a_coil_has_the_volume_of_its_bar():
    """Mitred pieces of a bar have exactly its cross-section times the length of their axis."""
    turns = np.linspace(0.0, 10.0, 61)
    line = np.column_stack([np.cos(turns), np.sin(turns), 0.1 * turns])
    mesh, _ = union([tube(line, 0.2, sides=16)])
    area = 16 / 2 * np.sin(2 * np.pi / 16) * 0.2**2
    length = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    assert volume(mesh) == pytest.approx(area * length, rel=1e-12)


@pytest.mark.parametrize("name", ["i_beam", "tray", "stairs", "cross"])
def test_boards_that_touch_weigh_what_they_weigh_apart(name):
    parameters = EXAMPLES[name]
    expected = {
        "i_beam": lambda width, height, thickness, half_length: (
            2 * half_length * thickness * (2 * width + height - 2 * thickness)
        ),
        "tray": lambda width, depth, height, wall: (
            width * depth * height - (width - 2 * wall) * (depth - 2 * wall) * (height - wall)
        ),
        "stairs": lambda steps, run, rise, width: run * rise * width * steps * (steps + 1) / 2,
        "cross": lambda radius, arm, half_height: (
            2 * half_height * (8 * arm - 4 * arm**2) * radius**2
        ),
    }[name](**parameters)
    assert build(Shape(kind=name, parameters=parameters)).volume == pytest.approx(expected, 1e-12)


def test_a_nut_has_the_inertia_of_a_hexagon_less_that_of_its_hole():
    solid = example("nut")
    radius, half, hole = 0.05, 0.018, 0.55 * 0.05
    polygons = []
    for sides, r, sign in ((6, radius, 1.0), (24, hole, -1.0)):
        turn = 2 * np.pi / sides
        area = sides / 2 * np.sin(turn) * r**2
        polygons.append((sign * area, sign * area * r**2 * (2 + np.cos(turn)) / 6))
    area, polar = np.sum(polygons, 0)
    assert solid.volume == pytest.approx(2 * half * area, rel=1e-12)
    assert solid.inertia[2, 2] == pytest.approx(2 * half * polar, rel=1e-9)


CONCAVE = """
import hashlib
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build
size = {"radius": 0.06, "arm": 0.3, "half_height": 0.015}
mesh = build(Shape(kind="cross", parameters=size)).mesh
given = build(Shape(kind="triangles", parameters={
    "vertices": tuple(mesh.vertices.ravel().tolist()),
    "faces": tuple(mesh.faces.ravel().astype(float).tolist()),
}))
print(hashlib.sha256(b"".join(part.points.tobytes() for part in given.parts)).hexdigest())
"""


def test_a_given_concave_mesh_is_taken_apart_the_same_way_in_two_processes():
    said = [
        subprocess.run([sys.executable, "-c", CONCAVE], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert said[0].stdout == said[1].stdout
    assert len(said[0].stdout.splitlines()) == 1, "CoACD must be quiet"


@pytest.mark.parametrize("kind", ["cross", "i_beam", "star"])
def test_parts_of_a_given_concave_mesh_fill_it(kind):
    mesh = example(kind).mesh
    given = build(
        Shape(
            kind="triangles",
            parameters={
                "vertices": tuple(mesh.vertices.ravel().tolist()),
                "faces": tuple(mesh.faces.ravel().astype(float).tolist()),
            },
        )
    )
    assert given.volume == pytest.approx(example(kind).volume, rel=1e-9)
    assert len(given.parts) > 1
    assert abs(rel_excess(given)[0]) < 0.03  # CoACD's own bound is on distances, 5 % of the size


def opened(mesh, faces):
    return {
        "vertices": tuple(mesh.vertices.ravel().tolist()),
        "faces": tuple(faces.ravel().astype(float).tolist()),
    }


def test_a_mesh_with_a_hole_is_refused_where_its_mass_is_needed():
    mesh = example("star").mesh
    with pytest.raises(SceneError, match=r"edge \d+-\d+ of face \d+ has no second face") as caught:
        build(Shape(kind="triangles", parameters=opened(mesh, mesh.faces[:-1])))
    message = str(caught.value)
    assert "Close the surface there, or give the thickness of a shell" in message
    assert "\n" not in message and len(message) < 250
    shell = build(
        Shape(kind="triangles", parameters=opened(mesh, mesh.faces[:-1]) | {"thickness": 0.001})
    )
    assert not shell.mesh.is_closed


def test_a_face_that_is_turned_over_is_named():
    mesh = example("box").mesh
    faces = mesh.faces.copy()
    faces[5] = faces[5][::-1]
    with pytest.raises(SceneError, match="runs the same way as another face's"):
        build(Shape(kind="triangles", parameters=opened(mesh, faces)))


def test_an_open_edge_is_the_first_one():
    corners = np.array([(0.0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)])
    faces = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.int32)
    normals = np.tile([0.0, 0.0, 1.0], (4, 1))
    assert open_edge(Mesh(vertices=corners, faces=faces, normals=normals)) == ""
    without = Mesh(vertices=corners, faces=faces[[0, 2, 3]], normals=normals)
    assert open_edge(without) == "edge 1-0 of face 0 has no second face"


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("cup", {"wall_share": 0.01}, "wall_share"),
        ("cup", {"height": 0.01}, "height .* at least 0.7 times"),
        ("goblet", {"height": 0.05}, "at least 2.2 times"),
        ("vase", {"neck": 1.5}, "neck"),
        ("pipe", {"inner_radius": 0.0399}, "no solids"),
        ("torus", {"tube_radius": 0.05}, "no hole"),
        ("gear", {"teeth": 4.0}, "teeth"),
        ("star", {"points": 3.0}, "points"),
        ("letter", {"code": 97.0}, "code"),
        ("i_beam", {"thickness": 0.05}, "0.4 times"),
        ("stairs", {"steps": 1.0}, "steps"),
        ("bolt", {"length": 0.05}, "4 times the radius"),
        ("hook", {"bar_share": 0.5}, "bar_share"),
        ("mug", {"height": 0.5}, "1.2 to 4 times"),
        ("chair", {"height": 0.05}, "1.4 to 3 times"),
        ("stool", {"height": 0.5}, "1 to 4 times"),
        ("ladder", {"rungs": 12.0}, "rungs need a height"),
        ("tray", {"wall": 0.06}, "0.3 times"),
        ("spring", {"pitch": 0.01}, "turns touch"),
        ("knot", {"bar": 0.02}, "bar over radius"),
        ("spinning_top", {"height": 0.01}, "0.8 to 3 times"),
        ("stellation", {"faces": 7.0}, "4, 6, 8, 12, 20"),
        ("boulder", {"roughness": 0.9}, "roughness"),
    ],
)
def test_parameters_that_make_no_such_thing_are_named(kind, changes, message):
    with pytest.raises(SceneError, match=message):
        build(Shape(kind=kind, parameters=EXAMPLES[kind] | changes))


def test_a_piece_keeps_its_volume_when_it_is_turned_and_grows_when_it_is_stretched():
    bar = rod((0.1, 0.2, 0.3), (0.5, 0.1, 0.2), 0.05, 0.02)
    whole = volume(union([bar])[0])
    moved = bar.moved((1.0, 2.0, 3.0), Rotation.from_euler("xyz", (10, 20, 30), degrees=True))
    assert volume(union([moved])[0]) == pytest.approx(whole, rel=1e-9)
    stretched = union([bar.stretched((1.0, 2.0, 3.0))])[0]
    assert volume(stretched) == pytest.approx(6 * whole, rel=1e-9)
