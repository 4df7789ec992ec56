"""Skins and soft bodies: what lies on something passes; what crosses, or is inside, does not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import changed, contacts, fails, measured, recorded
from rigid_scenes import PLAIN, body
from touch_scenes import THICKNESS, cloth, film, mesh

from phys4d_pipeline.clearance.piercing import edges_of, piercings
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.motion import skins, solids
from phys4d_pipeline.motion.touching import touching_gap
from phys4d_pipeline.scene import Body, Shape, Substance

FRAMES = 8
COUNT = 9


def still(bodies, **fields):
    """(scene, states) in which nothing moves."""
    spec = replace(film(bodies, frames=FRAMES, gravity=0.0), **fields)
    poses = np.zeros((FRAMES, len(bodies), 7))
    points = {}
    for k, one in enumerate(bodies):
        poses[:, k] = (*one.position, *one.quaternion)
        if one.form != "rigid":
            start = skins.start(one) if one.form == "deforming" else solids.start(one)
            points[k] = np.tile(start, (FRAMES, 1, 1))
    speeds = {k: np.zeros_like(each) for k, each in points.items()}
    return spec, recorded(
        spec, poses, np.zeros((FRAMES, len(bodies), 6)), points=points, speeds=speeds
    )


def moved(spec, states, frame, shift, index=0, rows=slice(None)):
    """The same with some points elsewhere from one frame on."""
    points = {k: each.copy() for k, each in states.points.items()}
    points[index][frame:, rows] += np.float32(shift)
    return changed(spec, states, points=points)


def sheet(name, height, **others):
    return cloth(name, (0.2, 0.2), (COUNT, COUNT), position=(0, 0, height), **others)


def upright(name, bottom):
    """A sheet in the xz-plane, turned a little so that no edges meet by chance."""
    half = 0.05
    turn = {
        "quaternion": tuple(np.array([1.0, 1.0, 0.1, 0.03]) / np.linalg.norm([1, 1, 0.1, 0.03]))
    }
    return cloth(name, (0.1, 0.1), (5, 5), position=(0.003, 0.004, bottom + half), **turn)


@pytest.mark.parametrize(("bottom", "passes"), [(0.51, True), (0.49, False)])
def test_a_sheet_that_passes_through_itself_or_another_fails(bottom, passes):
    spec, states = still([sheet("low", 0.5), upright("high", bottom)])
    assert fails("surface_crossings", spec, states) is not passes


def test_a_sheet_folded_through_itself_fails():
    """Its last row is laid back under the first ones, or over them."""
    spec, states = still([sheet("one", 0.5)])
    row = np.arange(COUNT) + COUNT * (COUNT - 1)
    over = moved(spec, states, 3, (0.001, -0.12, 0.01), rows=row)
    assert not fails("surface_crossings", spec, over)
    ends = moved(spec, over, 3, (0.0, 0.0, -0.02), rows=row[: COUNT // 2])
    assert fails("surface_crossings", spec, ends)


def test_a_crossing_in_the_last_frame_alone_is_seen():
    spec, states = still([sheet("low", 0.5), upright("high", 0.6)])
    assert not fails("surface_crossings", spec, states)
    assert fails("surface_crossings", spec, moved(spec, states, FRAMES - 1, (0, 0, -0.12), 1))


def test_edges_pierce_the_triangles_that_brute_force_finds():
    rng = np.random.default_rng(0)
    places = rng.uniform(size=(90, 3))
    faces = rng.permutation(90).reshape(-1, 3)
    edges = edges_of(faces)
    found = {tuple(pair) for pair in piercings(places, faces, edges).tolist()}

    def sees(e, f):
        (p, q), (a, b, c) = places[edges[e]], places[faces[f]]
        s, u, v = np.linalg.solve(np.stack([q - p, a - b, a - c], 1), a - p)
        return 0 < s < 1 and u > 0 and v > 0 and u + v < 1

    every = [(e, f) for e in range(len(edges)) for f in range(len(faces))]
    apart = [(e, f) for e, f in every if not set(edges[e]) & set(faces[f])]
    assert found == {(e, f) for e, f in apart if sees(e, f)}
    assert len(found) > 50


@pytest.mark.parametrize(("off", "count"), [(1e-16, 0), (1e-7, 0), (1e-4, 1)])
def test_an_edge_in_the_plane_of_a_face_does_not_pierce_it(off, count):
    """Its ends lie off the plane by this on both sides; at 1e-16 m the sides are rounding."""
    places = np.array([[0, 0, 0], [0.03, 0, 0], [0, 0.03, 0], [0.005, 0.005, 0], [0.01, 0.01, 0]])
    places[3:, 2] = (-off, off)
    assert len(piercings(places, np.array([[0, 1, 2]]), np.array([[3, 4]]))) == count


def test_neighbours_that_meet_do_not_pierce():
    places, faces = mesh(12, 0.01, jitter=0.002, rng=np.random.default_rng(1))
    assert len(piercings(places, faces, edges_of(faces))) == 0


BALL = body("ball", "sphere", (0.0, 0.0, 0.3), {"radius": 0.1}, is_static=True)


@pytest.mark.parametrize(("gap", "passes"), [(THICKNESS / 2, True), (-0.3 * THICKNESS, False)])
def test_a_vertex_of_a_skin_inside_a_body_fails(gap, passes):
    spec, states = still([sheet("cloth", 0.4 + gap), BALL])
    check = measured("skin_depth", spec, states)
    assert check.value == pytest.approx(max(0.0, -gap / THICKNESS), abs=1e-4)
    assert check.passed is passes


@pytest.mark.parametrize(("height", "passes"), [(THICKNESS / 2, True), (-0.3 * THICKNESS, False)])
def test_a_vertex_of_a_skin_under_the_ground_fails(height, passes):
    spec, states = still([sheet("cloth", height)])
    assert fails("skin_depth", spec, states) is not passes


def test_what_starts_in_its_holder_may_stay_there():
    middle = COUNT * COUNT // 2
    tied = {"ties": (Tie(body="cloth", point=middle, holder="ball"),)}
    spec, states = still([sheet("cloth", 0.39), BALL], **tied)
    assert not fails("skin_depth", spec, states)
    assert fails("skin_depth", spec, moved(spec, states, 4, (0.0, 0.0, -0.05)))


def jelly(bottom):
    """Of cells of 4 cm, so far over the ground [m]."""
    shape = Shape(kind="box", parameters={"half_extents": (0.04, 0.04, 0.04), "cell": 0.04})
    rubber = Substance(
        density=1000.0, friction=0.5, restitution=0.5, youngs_modulus=1e5, poissons_ratio=0.4
    )
    return Body(
        name="jelly",
        form="soft",
        shape=shape,
        substance=rubber,
        surface=PLAIN,
        position=(0.0, 0.0, 0.04 + bottom),
    )


@pytest.mark.parametrize(("bottom", "passes"), [(0.001, True), (-0.006, False)])
def test_a_soft_body_sunk_into_the_ground_fails(bottom, passes):
    spec, states = still([jelly(bottom)])
    check = measured("soft_depth", spec, states)
    assert check.value == pytest.approx(max(0.0, -bottom / 0.04), abs=1e-4)
    assert check.passed is passes
    assert measured("skin_depth", spec, states) is None
    assert not fails("surface_crossings", spec, states)


@pytest.mark.parametrize("below", [0.9, 1.1])
@pytest.mark.parametrize("one", [sheet("cloth", 0.001), jelly(0.001)], ids=["cloth", "jelly"])
def test_penetration_counts_from_what_is_drawn(one, below):
    """Contacts begin `touching_gap` off the points; 1 mm beyond them is allowed."""
    spec, states = still([one])
    gap = touching_gap(one)
    assert gap > 0.0
    row = (3, 0, 1, (0.0, 0.0, 0.0), (0.0, 0.0, -1.0), 0.1, gap + 1e-3 * below)
    check = measured("penetration", spec, replace(states, contacts=contacts([row])))
    assert check.value == pytest.approx(below, abs=1e-5)  # float32
    assert check.passed is (below < 1.0)


def test_laws_of_surfaces_are_asked_of_surfaces_only():
    spec, states = still([BALL])
    assert all(
        measured(name, spec, states) is None
        for name in ("surface_crossings", "skin_depth", "soft_depth")
    )
