"""What cannot be drawn is refused in one clear line; what is merely odd gives a defined picture."""

from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.render import render
from phys4d_pipeline.scene import MAX_BODIES
from tests import ray_cast, toys

BOX = toys.shape("box", half_extents=(0.2, 0.2, 0.2))
CAMERA = {"eye": ((3.0, 0.0, 1.5),), "target": ((0.0, 0.0, 0.5),)}


def small(*bodies, **fields):
    return toys.scene(list(bodies), **{"size": (64, 48), "num_frames": 2, **CAMERA, **fields})


def grains(centres, radii, **fields) -> tuple:
    """A body of particles that stand still."""
    spec = small(toys.cloud("pile"), **fields)
    points = np.tile(np.asarray(centres, np.float64), (spec.num_frames, 1, 1))
    return spec, toys.drifting(spec, points={0: points}, radii={0: radii})


def one_line(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) < 400
    return text


def draw(spec, states, **options) -> list:
    return list(render(spec, states, **options))


@pytest.mark.parametrize(
    "frames",
    [range(1, 4), range(-1, 1), range(0, 0), range(0, 2, 2), range(5, 6), range(1, -1, -1)],
    ids=str,
)
def test_frames_outside_the_clip_are_refused_when_render_is_called(frames):
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
    with pytest.raises(SceneError, match="clip with 2 frames") as error:
        render(spec, toys.drifting(spec), frames=frames)
    one_line(error)


@pytest.mark.parametrize("gap", [0, -1])
def test_a_gap_below_one_frame_is_refused(gap):
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
    with pytest.raises(SceneError, match="gap") as error:
        render(spec, toys.drifting(spec), gap=gap)
    assert str(gap) in one_line(error)


def test_a_gap_longer_than_the_clip_leaves_all_motion_undefined():
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
    states = toys.drifting(spec)
    for truth, plain in zip(draw(spec, states, gap=2), draw(spec, states), strict=True):
        assert np.isnan(truth.flow_forward).all() and np.isnan(truth.flow_backward).all()
        assert (truth.occluded_forward == 255).all() and (truth.occluded_backward == 255).all()
        np.testing.assert_array_equal(truth.rgb, plain.rgb)


@pytest.mark.parametrize("camera", [1, -1])
def test_a_camera_the_scene_does_not_have_is_refused(camera):
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
    with pytest.raises(SceneError, match=f"camera {camera} of a scene with 1") as error:
        render(spec, toys.drifting(spec), camera=camera)
    one_line(error)


def test_states_of_another_scene_are_refused():
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
    states = toys.drifting(spec)
    more = small(toys.body("a", BOX, (0.0, 0.0, 0.5)), toys.body("b", BOX, (0.0, 1.0, 0.5)))
    for other in (spec.with_frames(9), more):
        with pytest.raises(SceneError, match="simulate it again") as error:
            render(other, states)
        one_line(error)


def soft(points: np.ndarray | None) -> tuple:
    """A deforming ball whose states hold these points."""
    ball = toys.body("ball", toys.shape("sphere", radius=0.4), (0.0, 0.0, 0.6), form="deforming")
    spec = small(ball)
    return spec, toys.drifting(spec, points={} if points is None else {0: points})


def ball_points() -> np.ndarray:
    vertices = shapes.build(toys.shape("sphere", radius=0.4)).mesh.vertices
    return np.tile(np.add(vertices, (0.0, 0.0, 0.6)), (2, 1, 1))


def broken(kind: str) -> tuple[tuple, str]:
    """States that do not fit their scene, and the name the message must hold."""
    if kind == "no points":
        return soft(None), "ball"
    if kind == "too few points":
        return soft(ball_points()[:, :-1]), "ball"
    if kind == "points not finite":
        points = ball_points()
        points[1, 7, 2] = np.nan
        return soft(points), "ball"
    if kind == "points beyond reach":
        points = ball_points()
        points[1, 7, 2] = np.inf
        return soft(points), "ball"
    if kind == "pose not finite":
        spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
        states = toys.drifting(spec)
        states.poses[1, 0, 1] = np.nan
        return (spec, states), "box"
    if kind == "quaternion of length 0":
        spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)))
        states = toys.drifting(spec)
        states.poses[1, 0, 3:] = 0.0
        return (spec, states), "box"
    spec, states = grains([[0.0, 0.0, 0.5], [0.0, 0.5, 0.5]], [0.1, 0.1])
    radii = {
        "no radii": {},
        "too few radii": {0: np.float32([0.1])},
        "radius not finite": {0: np.float32([0.1, np.nan])},
        "radius below 0": {0: np.float32([0.1, -0.1])},
    }[kind]
    return (spec, replace(states, radii=radii)), "pile"


@pytest.mark.parametrize(
    "kind",
    [
        "no points",
        "too few points",
        "points not finite",
        "points beyond reach",
        "pose not finite",
        "quaternion of length 0",
        "no radii",
        "too few radii",
        "radius not finite",
        "radius below 0",
    ],
)
def test_states_that_cannot_be_drawn_are_refused_naming_the_body(kind):
    (spec, states), name = broken(kind)
    with pytest.raises(SceneError, match=name) as error:
        draw(spec, states)
    one_line(error)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"size": (0, 48)}, "width"),
        ({"size": (64, -2)}, "height"),
        ({"size": (63, 48)}, "even"),
        ({"num_frames": 0}, "num_frames"),
        ({"eye": ((float("nan"), 0.0, 1.0),)}, "camera 0"),
        ({"target": ((0.0, float("inf"), 1.0),)}, "camera 0"),
        ({"eye": ((0.0, 0.0, 0.5),)}, "camera 0"),
        ({"vertical_fov": float("nan")}, "camera 0"),
    ],
    ids=str,
)
def test_scenes_that_cannot_be_drawn_are_refused_when_made(change, expected):
    with pytest.raises(SceneError, match=expected) as error:
        small(toys.body("box", BOX, (0.0, 0.0, 0.5)), **change)
    one_line(error)


def test_more_bodies_than_segmentation_ids_are_refused():
    bodies = [toys.body(str(index), BOX, (0.0, 0.0, 0.5)) for index in range(MAX_BODIES + 1)]
    with pytest.raises(SceneError, match=f"{MAX_BODIES + 1} bodies"):
        small(*bodies)


@pytest.mark.slow
def test_every_segmentation_id_can_be_drawn():
    """The last of 65,535 bodies keeps its id; the others are specks behind it."""
    speck = toys.shape("box", half_extents=(0.002, 0.002, 0.002))
    away = [
        toys.body(str(index), speck, (-5.0, 0.02 * (index % 256), 0.02 * (index // 256)))
        for index in range(MAX_BODIES - 1)
    ]
    spec = small(*away, toys.body("last", BOX, (0.0, 0.0, 0.5)), num_frames=1)
    truth = draw(spec, toys.drifting(spec))[0]
    assert (truth.segmentation == MAX_BODIES).sum() > 50


def test_the_smallest_picture_is_drawn():
    large = toys.shape("box", half_extents=(1.0, 1.0, 1.0))
    spec = small(toys.body("box", large, (0.0, 0.0, 0.5)), size=(2, 2))
    for truth in draw(spec, toys.drifting(spec)):
        assert truth.rgb.shape == (2, 2, 3) and (truth.segmentation > 0).any()


def test_a_clip_of_one_frame_has_a_picture_and_no_motion():
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)), num_frames=1)
    (truth,) = draw(spec, toys.drifting(spec))
    assert np.isfinite(truth.depth).any() and np.isnan(truth.flow_forward).all()


def test_a_scene_without_bodies_is_refused():
    with pytest.raises(SceneError, match="0 bodies, need 1") as error:
        small()
    one_line(error)


def test_a_picture_without_bodies_shows_ground_and_sky():
    """The only body lies behind the camera."""
    behind = toys.body("box", BOX, (6.0, 0.0, 1.0))
    spec = small(behind, eye=((3.0, 0.0, 1.5), (3.1, 0.0, 1.5)), target=((0.0, 0.0, 1.3),) * 2)
    states = toys.drifting(spec)
    truth = draw(spec, states)[0]
    hits = ray_cast.cast_picture(ray_cast.world_of(spec, states), scene_camera(spec, 0), 0)
    np.testing.assert_allclose(truth.depth.ravel(), hits.depth, rtol=1e-4)
    assert (truth.segmentation == 0).all() and (truth.occluded_forward != 1).all()
    assert np.isfinite(truth.flow_forward).all()


def test_a_body_without_any_particle_is_refused():
    spec, states = grains(np.zeros((0, 3)), np.zeros(0))
    with pytest.raises(SceneError, match="pile") as error:
        draw(spec, states)
    one_line(error)


def test_folded_and_collapsed_faces_are_drawn_without_harm():
    """Cloth folds until triangles have no area: those are seen edge-on, never as noise."""
    points = ball_points()
    faces = shapes.build(toys.shape("sphere", radius=0.4)).mesh.faces
    points[1, faces[::7, 1]] = points[1, faces[::7, 0]]
    spec, states = soft(points)
    for truth in draw(spec, states):
        seen = truth.segmentation == 1
        assert seen.sum() > 100
        assert np.isfinite(truth.depth[seen]).all() and np.isfinite(truth.normals).all()
        assert (truth.depth[seen] > 1.5).all() and (truth.depth[seen] < 4.5).all()
        assert truth.rgb[seen].std() < 100
    points[:, :] = (0.0, 0.0, 0.6)
    spec, states = soft(points)
    assert (draw(spec, states)[1].segmentation == 0).all()


def test_a_camera_inside_a_particle_sees_no_noise():
    spec, states = grains([[3.0, 0.0, 1.5], [0.0, 0.0, 0.5]], [0.4, 0.3])
    for truth in draw(spec, states):
        assert not np.isnan(truth.depth).any() and (truth.depth > 0).all()
        assert np.isfinite(truth.normals).all()


def test_a_camera_under_the_ground_gets_a_defined_picture():
    spec = small(toys.body("box", BOX, (0.0, 0.0, 0.5)), eye=((3.0, 0.0, -1.0),))
    for truth in draw(spec, toys.drifting(spec)):
        assert (truth.depth > 0).all() and not np.isnan(truth.depth).any()
        assert np.isfinite(truth.normals).all()
        assert (np.linalg.norm(truth.normals, axis=-1)[np.isfinite(truth.depth)] > 0.99).all()


def test_a_camera_on_the_ground_gets_a_defined_picture():
    spec = small(
        toys.body("box", BOX, (0.0, 0.0, 0.5)), eye=((3.0, 0.0, 0.0),), target=((0.0, 0.0, 0.0),)
    )
    for truth in draw(spec, toys.drifting(spec)):
        assert (truth.depth > 0).all() and np.isfinite(truth.normals).all()
        assert (truth.segmentation == 1).sum() > 20


def test_bodies_far_beyond_the_ground_are_drawn():
    """A box of 200 m at 5 km: nothing ends at the ground's reach but the ground."""
    tower = toys.body(
        "tower", toys.shape("box", half_extents=(100.0, 100.0, 100.0)), (-5_000.0, 0.0, 100.0)
    )
    spec = small(tower, eye=((0.0, 0.0, 50.0),), target=((-1.0, 0.0, 50.01),))
    truth = draw(spec, toys.drifting(spec))[0]
    seen = truth.segmentation == 1
    assert seen.any()
    np.testing.assert_allclose(truth.depth[seen], 4900.0, rtol=1e-3)
