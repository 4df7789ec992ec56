"""New cameras for stored motion: words, the space that was visited, walls, and the stored clip."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phys4d_pipeline.camera import follow, scene_camera
from phys4d_pipeline.cameras.framing import LARGEST_FILL, Framing
from phys4d_pipeline.cameras.sight import is_clear, visited
from phys4d_pipeline.cameras.words import cameras
from phys4d_pipeline.errors import SceneError, StoreError
from phys4d_pipeline.production import render_to_store
from phys4d_pipeline.render_pool import RenderPool
from phys4d_pipeline.rerender import with_cameras
from phys4d_pipeline.scene import Scenery, SceneSpec
from phys4d_pipeline.simulate import simulate, solver_version
from phys4d_pipeline.store import Clip, Store, layout, open_store
from tests import toys

POINTS = np.array([(x, y, z) for x in (-0.3, 0.3) for y in (-0.3, 0.3) for z in (0.0, 0.6)])


def scene(**fields) -> SceneSpec:
    ball = toys.body("ball", toys.shape("sphere", radius=0.2), (0.0, 0.0, 0.3))
    return replace(
        toys.scene([ball], eye=((3.0, 0.0, 0.3),), target=((0.0, 0.0, 0.3),), num_frames=10),
        **fields,
    )


def wall(x: float, half_y: float = 50.0) -> Scenery:
    return Scenery(
        shape=toys.shape("box", half_extents=(0.05, half_y, 3.0)),
        surface=toys.GREY,
        position=(x, 0.0, 3.0),
    )


def one(word: str, spec: SceneSpec | None = None):
    (path,) = cameras(word, spec or scene(), POINTS)
    return path


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    with RenderPool(1) as workers:
        yield workers


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pool: RenderPool) -> tuple[Store, Clip]:
    store = open_store(tmp_path_factory.mktemp("made"))
    spec = scene(width=96, height=54)
    store.write_states(spec.states_id(solver_version(spec)), simulate(spec), seconds=0.1)
    rendering = render_to_store(spec, store, pool=pool)
    assert not rendering.failure
    return store, Clip(store, store.manifest(rendering.clip_id))


@pytest.mark.parametrize(
    ("word", "azimuth", "elevation"),
    [("static:azimuth=90,elevation=30", 90, 30), ("static", 0, 0), ("static:azimuth=-45", -45, 0)],
)
def test_a_camera_stands_on_the_side_it_was_told(word, azimuth, elevation):
    """Unsaid angles are those of the scene's first camera, here level along -x."""
    path = one(word)
    x, y, z = np.subtract(path.eye[0], path.target[0])
    assert math.degrees(math.atan2(y, x)) == pytest.approx(azimuth, abs=1e-3)
    assert math.degrees(math.atan2(z, math.hypot(x, y))) == pytest.approx(elevation, abs=1e-3)
    assert path.vertical_fov == scene().cameras[0].vertical_fov


@pytest.mark.parametrize("fill", [0.3, 0.8])
def test_the_motion_takes_the_share_of_the_picture_it_was_told(fill):
    path = one(f"static:elevation=20,fill={fill}")
    frame = Framing(points=POINTS, vertical_fov=0.8, aspect=320 / 180)
    assert frame.filled(path) == pytest.approx(fill, rel=1e-4)


def test_lens_words_reach_the_camera():
    path = one("pan:sweep=4,fov=35,aperture=0.01,focus=2.5,shutter=0.4")
    assert path.vertical_fov == pytest.approx(math.radians(35), abs=1e-6)
    assert (path.aperture, path.focus_distance, path.shutter) == (0.01, 2.5, 0.4)
    focus = one("static").focus_distance
    assert 1.0 < focus < 4.0  # on the motion, unless told otherwise


def test_hands_differ_by_seed_and_repeat():
    assert one("handheld:seed=1") == one("handheld:seed=1") != one("handheld:seed=2")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("orbitt", "unknown kind 'orbitt'. Did you mean 'orbit'?"),
        ("orbit:sweep=3", "unknown setting 'sweep'"),
        ("static:azimuth", "azimuth needs a number"),
        ("static:azimuth=1,azimuth=2", "azimuth is given twice"),
        ("orbit:turn=1e9", "must lie in -720 to 720"),
        ("static:fill=nan", "must lie in 0.05 to 0.95"),
        ("handheld:seed=1.5", "seed needs a number"),
    ],
)
def test_words_that_are_not_understood_say_so_in_one_line(word, told):
    with pytest.raises(SceneError) as caught:
        one(word)
    assert told in str(caught.value)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_holds_one_camera_or_several(tmp_path):
    path = tmp_path / "path.json"
    plain = {"vertical_fov": 0.6, "eye": [[3, 1, 1], [3, 2, 1]], "target": [[0, 0, 0], [0, 0, 0.5]]}
    path.write_text(json.dumps(plain))
    (camera,) = cameras(str(path), scene(), POINTS)
    assert camera.eye == ((3.0, 1.0, 1.0), (3.0, 2.0, 1.0))
    path.write_text(json.dumps([plain, {**plain, "shutter": 0.5}]))
    assert [each.shutter for each in cameras(str(path), scene(), POINTS)] == [0.0, 0.5]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "the list of cameras is empty"),
        ("3", "a camera is an object with"),
        ('{"vertical_fov": 0.6, "eye": [[3, 1, 1]]}', "target missing"),
        ('{"vertical_fov": 0.6, "eye": [[3, 1, 1]], "target": [[0, 0]]}', "a list of points"),
        ('{"vertical_fov": "x", "eye": [[3, 1, 1]], "target": [[0, 0, 0]]}', "must be a number"),
        ('{"vertical_fov": 9, "eye": [[3, 1, 1]], "target": [[0, 0, 0]]}', "must lie in 0.05 to"),
        ('{"vertical_fov": 1, "eye": [[3, 1, -1]], "target": [[0, 0, 0]]}', "above the ground"),
        ('{"vertical_fov": 1, "eye": [[3, 1, 1]], "target": [[0, 0, 0]], "fov": 1}', "unknown"),
    ],
)
def test_a_file_that_is_no_camera_says_why_in_one_line(tmp_path, text, told):
    path = tmp_path / "path.json"
    path.write_text(text)
    with pytest.raises(SceneError) as caught:
        cameras(str(path), scene(), POINTS)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_before_a_wall_the_lens_is_wider_and_the_camera_nearer():
    free = one("static:elevation=20")
    distance = math.dist(free.eye[0], free.target[0])
    room = scene(scenery=(wall(0.75 * distance),))
    near = one("static:elevation=20", room)
    assert not is_clear(room, free, POINTS)
    assert is_clear(room, near, POINTS)
    assert near.vertical_fov > free.vertical_fov
    assert near.eye[0][0] < 0.75 * distance - 0.1
    with pytest.raises(SceneError, match="in the way, however near or far"):
        one("static:elevation=20", scene(scenery=(wall(0.5),)))


def test_a_wall_beside_or_behind_the_motion_is_not_in_the_way():
    path = one("static:elevation=20")
    assert is_clear(scene(scenery=(wall(-1.0),)), path, POINTS)
    aside = replace(wall(1.0, half_y=0.5), position=(1.0, 2.0, 3.0))
    assert is_clear(scene(scenery=(aside,)), path, POINTS)
    assert not is_clear(scene(scenery=(replace(aside, position=(1.0, 0.4, 3.0)),)), path, POINTS)
    assert not is_clear(scene(scenery=(wall(path.eye[0][0]),)), path, POINTS)


def test_the_visited_space_is_where_the_bodies_went_while_they_were_seen():
    """One ball drifts along y by 0.3 m, one leaves the picture at once."""
    balls = [
        toys.body(
            name, toys.shape("sphere", radius=0.1), (0.0, 0.0, z), linear_velocity=(0.0, speed, 0.0)
        )
        for name, z, speed in (("slow", 0.3, 1.0), ("gone", 0.8, 60.0))
    ]
    spec = toys.scene(balls, eye=((3.0, 0.0, 0.5),), target=((0.0, 0.0, 0.5),), num_frames=19)
    points = visited(spec, toys.drifting(spec))
    assert points.min(0) == pytest.approx([-0.1, -0.1, 0.2], abs=1e-6)
    # At 60 m/s only the first frames are seen: 1.1 m to the side is the edge of the picture.
    in_sight = 3.0 * math.tan(0.4) * 320 / 180
    assert 0.4 <= points.max(0)[1] <= in_sight + 0.1
    assert points.max(0)[2] == pytest.approx(0.9, abs=1e-6)


def test_the_visited_space_of_points_holds_their_spheres():
    spec = toys.scene(
        [toys.body("sand", toys.shape("sphere", radius=0.1), (0.0, 0.0, 0.5), form="particles")],
        eye=((3.0, 0.0, 0.5),),
        target=((0.0, 0.0, 0.5),),
    )
    cloud = np.random.default_rng(0).uniform(-0.3, 0.3, (3, 500, 3)).astype(np.float32) + 0.5
    radii = np.full(500, 0.02, np.float32)
    states = replace(toys.drifting(spec), points={0: cloud}, radii={0: radii})
    points = visited(spec, states)
    expected = cloud.reshape(-1, 3)
    assert points.max(0) == pytest.approx(expected.max(0) + 0.02, abs=1e-6)
    assert points.min(0) == pytest.approx(expected.min(0) - 0.02, abs=1e-6)


def test_the_new_clip_has_new_cameras_and_the_old_states(made, pool):
    store, clip = made
    spec = with_cameras(store, clip.clip_id, ["orbit:turn=30", "static:azimuth=120,elevation=25"])
    rendering = render_to_store(spec, store, pool=pool)
    assert rendering.manifest is not None
    assert rendering.clip_id != clip.clip_id
    assert rendering.manifest.states_id == clip.manifest.states_id
    again = Clip(store, rendering.manifest)
    assert again.states.digest() == clip.states.digest()
    for index in range(2):
        view = again.from_camera(index)
        expected = scene_camera(spec, index).world_from_camera
        assert view.camera.world_from_camera == pytest.approx(expected, abs=1e-6)
        assert (view.segmentation[0] == 1).sum() > 50
    # Ball of 0.2 m at the start, seen by a camera that was told where to stand.
    pixels, depth = follow(spec.cameras[1], 10, 96, 54).project(np.array([0.0, 0.0, 0.3]), 0)
    x, y = pixels.astype(int)
    assert again.from_camera(1).depth[0][y, x] == pytest.approx(depth - 0.2, abs=0.01)


def test_states_that_were_tidied_away_come_from_the_clip(made):
    store, clip = made
    store.folder.remove(layout.states_folder(clip.manifest.states_id))
    assert not store.has_states(clip.manifest.states_id)
    with_cameras(store, clip.clip_id, ["static"])
    assert store.read_states(clip.manifest.states_id).digest() == clip.states.digest()


def test_a_clip_of_another_solver_or_no_clip_is_refused_in_one_line(made, monkeypatch):
    store, clip = made
    with pytest.raises(StoreError, match="no clip"):
        with_cameras(store, "rigid_bodies-000000000000", ["static"])
    monkeypatch.setattr("phys4d_pipeline.rerender.solver_version", lambda spec: "newer-2")
    with pytest.raises(StoreError, match=r"was simulated by .*, this code has newer-2"):
        with_cameras(store, clip.clip_id, ["static"])


def test_too_many_cameras_are_refused(made, tmp_path: Path):
    store, clip = made
    with pytest.raises(SceneError, match="17 cameras; give 1 to 16"):
        with_cameras(store, clip.clip_id, ["static"] * 17)


def test_beside_a_body_the_camera_withdraws():
    """A still block fills the place where the camera would stand: farther off there is room."""
    free = one("static:elevation=10")
    block = toys.body(
        "block", toys.shape("box", half_extents=(0.4, 1.0, 2.0)), (*free.eye[0][:2], 2.0)
    )
    spec = scene()
    spec = replace(spec, bodies=(*spec.bodies, replace(block, is_static=True)))
    path = one("static:elevation=10", spec)
    assert not is_clear(spec, free, POINTS)
    assert is_clear(spec, path, POINTS)
    assert abs(path.eye[0][0] - free.eye[0][0]) > 0.5  # half the block and the margin


def test_an_orbit_around_a_long_row_leads_past_its_ends():
    row = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-0.05, 0.05) for z in (0.0, 0.1)])
    spec = scene()
    (path,) = cameras("orbit:azimuth=90,turn=180,elevation=20", spec, row)
    frame = Framing(points=row, vertical_fov=0.8, aspect=320 / 180)
    assert frame.filled(path) <= LARGEST_FILL + 1e-5
    assert is_clear(spec, path, row)
