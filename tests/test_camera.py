"""Cameras: axes, paths, and the mathematics that keeps points in the picture."""

import math
from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline.camera import follow, look_at
from phys4d_pipeline.cameras import moves
from phys4d_pipeline.cameras.framing import (
    LARGEST_FILL,
    SHARP,
    Framing,
    View,
    focused,
    outline,
    seen_along,
)
from phys4d_pipeline.cameras.views import corners, seen_by
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import CameraPath
from tests import toys

CUBE = corners((-0.5, -0.5, 0.0), (0.5, 0.5, 1.0))
ASPECT = 16 / 9


def framing(points: np.ndarray = CUBE, fov: float = 0.7) -> Framing:
    return Framing(points=points, vertical_fov=fov, aspect=ASPECT)


def view(azimuth: float = 0.4, elevation: float = 0.3, fill: float = 0.8) -> View:
    return View(azimuth=azimuth, elevation=elevation, fill=fill)


def random_points(rng: np.random.Generator) -> np.ndarray:
    size = rng.uniform(0.05, 3.0, 3)
    return rng.uniform(-1, 1, (20, 3)) * size + (0, 0, size[2])


def test_look_at_follows_opencv_axes():
    pose = look_at(np.array([3.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0]))
    # Looking along -x with z up: right is +y, down is -z.
    assert pose[:3, 0] == pytest.approx([0, 1, 0])
    assert pose[:3, 1] == pytest.approx([0, 0, -1])
    assert pose[:3, 2] == pytest.approx([-1, 0, 0])
    assert pose[:3, 3] == pytest.approx([3, 0, 1])


def test_look_at_is_a_rotation_for_many_eyes_at_once_also_straight_down():
    rng = np.random.default_rng(3)
    eyes, targets = rng.normal(size=(2, 50, 3))
    eyes[0], targets[0] = (1, 2, 5), (1, 2, 0)
    poses = look_at(eyes, targets)
    turns = poses[:, :3, :3]
    assert np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max() < 1e-12
    assert np.linalg.det(turns) == pytest.approx(np.ones(50))
    assert poses[0, :3, 1] == pytest.approx([0, -1, 0])  # world +y is up in the picture
    for pose, eye, target in zip(poses, eyes, targets, strict=True):
        assert (look_at(eye, target) == pose).all()


def test_a_cube_seen_square_on_stands_where_trigonometry_says():
    """Front face at x = 0.5, half height 0.5: distance to it is 0.5 / (fill * tan(fov / 2))."""
    eye, target = framing(fov=0.7).placed(view(azimuth=0.0, elevation=0.0, fill=0.5))
    assert target == pytest.approx([0.0, 0.0, 0.5], abs=1e-9)
    expected = 0.5 + 0.5 / (0.5 * math.tan(0.35))
    assert eye == pytest.approx([expected, 0.0, 0.5])


def test_placed_points_fill_what_was_asked_and_no_more():
    rng = np.random.default_rng(0)
    for _ in range(50):
        frame = framing(random_points(rng), rng.uniform(0.3, 1.2))
        one = view(rng.uniform(0, 6), rng.uniform(0.05, 1.2), rng.uniform(0.3, 0.9))
        path = moves.path(frame, moves.static(frame, one))
        assert path.vertical_fov == round(frame.vertical_fov, 6)
        assert frame.filled(path) == pytest.approx(one.fill, rel=1e-4)  # rounded to micrometres
        x, y, z = seen_along(path, frame.points, 1)[0].T
        for plane in (x / z, y / z):
            assert plane.max() == pytest.approx(-plane.min(), abs=1e-4)


@pytest.mark.parametrize("move", moves.MOVES)
def test_every_move_keeps_every_point_in_the_picture_at_every_frame(move):
    rng = np.random.default_rng(5)
    for _ in range(20):
        frame = framing(random_points(rng), rng.uniform(0.4, 0.9))
        one = view(rng.uniform(0, 6), rng.uniform(0.05, 0.8), rng.uniform(0.5, 0.9))
        path = moves.path(frame, moves.MOVES[move](frame, one))
        camera = follow(path, 120, 160, 90)
        for index in range(120):
            pixels, depth = camera.project(frame.points, index)
            assert depth.min() > 0
            # Sampled at 97 places of the path, exact there; a hundredth for what lies between.
            margin = (1 - LARGEST_FILL - 0.01) / 2 * np.array([160, 90])
            assert (pixels >= margin).all()
            assert (pixels <= (160, 90) - margin).all()


def test_widening_is_exact_and_keeps_the_path():
    far = CameraPath(vertical_fov=0.2, eye=((3.0, 0.0, 0.5),), target=((0.0, 0.0, 0.5),))
    wide = framing().widened(far)
    assert framing().filled(wide) == pytest.approx(LARGEST_FILL, rel=1e-5)
    assert replace(wide, vertical_fov=0.2) == far
    assert framing().widened(wide) == wide


@pytest.mark.parametrize("x", [0.0, 0.6])
def test_a_camera_among_or_close_to_the_points_is_refused_in_one_line(x):
    path = CameraPath(vertical_fov=0.5, eye=((x, 0.0, 0.5),), target=((-1.0, 0.0, 0.5),))
    with pytest.raises(SceneError, match=r"too near.*Move it away") as caught:
        framing().widened(path)
    assert "\n" not in str(caught.value)


def test_an_orbit_stays_on_its_circle_and_turns_as_far_as_told():
    frame = framing()
    path = moves.path(frame, moves.orbit(frame, view(), turn=90.0))
    poses = follow(path, 101, 160, 90).world_from_camera
    offsets = poses[:, :3, 3] - np.array(path.target[0])
    radii = np.linalg.norm(offsets, axis=1)
    # A natural spline through keys 5.6 degrees apart, least exact at its ends.
    assert np.ptp(radii) < 1e-3 * radii.mean()
    angles = np.unwrap(np.arctan2(offsets[:, 1], offsets[:, 0]))
    assert np.degrees(angles[-1] - angles[0]) == pytest.approx(90.0, abs=1e-3)
    assert np.degrees((angles[0] + angles[-1]) / 2) == pytest.approx(np.degrees(0.4), abs=1e-3)


def test_a_dolly_nears_evenly_and_a_pan_turns_on_the_spot():
    frame = framing()
    path = moves.path(frame, moves.dolly(frame, view(), start=0.5))
    eyes = follow(path, 61, 160, 90).world_from_camera[:, :3, 3]
    assert np.diff(eyes, axis=0) == pytest.approx(np.tile((eyes[-1] - eyes[0]) / 60, (60, 1)))
    panned = moves.path(frame, moves.pan(frame, view(), sweep=10.0))
    poses = follow(panned, 61, 160, 90).world_from_camera
    assert np.ptp(poses[:, :3, 3], axis=0).max() == 0
    turned = math.degrees(math.acos(poses[0, :3, 2] @ poses[-1, :3, 2]))
    # The sweep is level and the view looks down by 17 degrees: the angle shrinks a little.
    assert turned == pytest.approx(10.0, abs=0.5)


def test_a_hand_is_smooth_small_and_reproducible():
    frame = framing()
    paths = [
        moves.path(frame, moves.handheld(frame, view(), seconds=4.0, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert paths[0] == paths[1] != paths[2]
    eyes = follow(paths[0], 240, 160, 90).world_from_camera[:, :3, 3]
    spectrum = np.abs(np.fft.rfft((eyes - eyes.mean(0)) * np.hanning(240)[:, None], axis=0)) ** 2
    hertz = np.fft.rfftfreq(240, 1 / 60)
    assert spectrum[hertz > 2.5].sum() < 1e-2 * spectrum.sum()
    assert 0.001 < eyes.std(0).max() < 0.1


def test_focus_leaves_exactly_the_allowed_blur_at_the_nearest_and_farthest_point():
    path = moves.path(framing(), moves.static(framing(), view()))
    sharp = focused(path, CUBE, largest=1.0)
    z = seen_along(path, CUBE)[..., 2]
    focal = 0.5 / math.tan(path.vertical_fov / 2)
    blur = 2 * sharp.aperture * focal * np.abs(1 / z - 1 / sharp.focus_distance)
    assert blur.max() == pytest.approx(SHARP, rel=1e-3)  # six digits of the aperture
    assert z.min() < sharp.focus_distance < z.max()
    assert focused(path, CUBE, largest=0.001).aperture == 0.001


def test_the_outline_of_a_cloud_is_its_hull_and_of_a_plane_the_plane():
    rng = np.random.default_rng(1)
    inside = rng.uniform(-0.4, 0.4, (100, 3)) + np.array((0, 0, 0.5))
    assert len(outline(np.concatenate([CUBE, inside]))) == 8
    flat = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)], float)
    assert sorted(map(tuple, outline(flat))) == sorted(map(tuple, flat))


def test_more_cameras_see_the_whole_space_from_every_side():
    """A long row seen from its side: its ends would leave the picture of a camera at its end."""
    rod = toys.body("rod", toys.shape("box", half_extents=(2.0, 0.1, 0.1)), (0.0, 0.0, 0.5))
    spec = toys.scene([rod], eye=((0.0, -4.5, 1.0),), target=((0.0, 0.0, 0.5),))
    space = ((-2.0, -0.1, 0.4), (2.0, 0.1, 0.6))
    ring = seen_by(replace(spec, space=space), 8)
    for index, path in enumerate(ring.cameras):
        frame = Framing(points=corners(*space), vertical_fov=0.8, aspect=ASPECT)
        assert frame.filled(path) <= LARGEST_FILL + 1e-5, index
    assert ring.cameras[0] == spec.cameras[0]
