"""The renderer against closed forms and an independent float64 ray caster."""

import hashlib

import numpy as np
import pytest

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.render import GroundTruth, render
from phys4d_pipeline.render.raster import NEAR
from phys4d_pipeline.shapes import primitives
from tests import ray_cast, toys


@pytest.fixture(scope="module")
def tumbling():
    """Twelve boxes, fast and turning, under a camera that moves and turns."""
    spec = toys.tumbling_boxes(np.random.default_rng(3), 12, num_frames=4, size=(480, 270))
    states = toys.drifting(spec)
    return spec, states, scene_camera(spec, 0), list(render(spec, states))


def only(spec, frame=0) -> GroundTruth:
    return next(iter(render(spec, toys.drifting(spec), frames=range(frame, frame + 1))))


def test_depth_inside_a_sphere_is_its_radius_times_cosine(monkeypatch):
    # 20 f^2 faces; the chord error falls with f^2: 4e-5 of the radius at 72.
    monkeypatch.setattr(primitives, "SPHERE_FREQUENCY", 72)
    ball = toys.body("ball", toys.shape("sphere", radius=2.0000001), (0.0, 0.0, 5.0))
    spec = toys.scene([ball], eye=((0.0, 0.0, 5.0),), target=((1.0, 0.2, 5.1),))
    camera = scene_camera(spec, 0)
    rays = camera.rays(camera.pixel_centres())
    expected = 2.0 / np.linalg.norm(rays, axis=-1)
    frame = only(spec)
    assert (frame.segmentation == 1).all()
    np.testing.assert_allclose(frame.depth, expected, rtol=1e-4)
    inward = -rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    cosine = (frame.normals * inward).sum(-1)
    assert cosine.min() > 0.9999  # seen from inside, normals point at the eye


def test_depth_of_a_ball_from_outside_is_the_nearer_root():
    ball = toys.body("ball", toys.shape("sphere", radius=0.1), (0.0, 0.0, 1.5))
    spec = toys.scene([ball], eye=((3.0, 0.0, 1.5),), target=((0.0, 0.0, 1.5),), vertical_fov=0.1)
    camera, frame = scene_camera(spec, 0), only(spec)
    rays = camera.rays(camera.pixel_centres())
    centre = np.array([0.0, 0.0, 3.0])
    a, b = (rays**2).sum(-1), rays @ centre
    disc = b * b - a * (centre @ centre - 0.1**2)
    inner = (frame.segmentation == 1) & (disc > 0.3 * disc.max())  # away from the rim
    expected = (b - np.sqrt(np.maximum(disc, 0))) / a
    assert inner.sum() > 3000
    # The mesh lies inside the ball by at most 0.2 % of the radius: 7e-5 of the distance.
    np.testing.assert_allclose(frame.depth[inner], expected[inner], rtol=1e-4)


def test_depth_on_a_tilted_plane_matches_the_ray_plane_formula():
    tilt = (np.cos(0.3), np.sin(0.3) * 0.6, np.sin(0.3) * 0.8, 0.0)
    slab = toys.body(
        "slab",
        toys.shape("box", half_extents=(6.0, 6.0, 0.05)),
        (0.0, 0.0, 8.0),
        quaternion=tuple(float(q) for q in tilt),
    )
    spec = toys.scene([slab], eye=((1.0, -2.0, 14.0),), target=((0.0, 0.0, 8.0),))
    states, camera, frame = toys.drifting(spec), scene_camera(spec, 0), only(spec)
    pose = ray_cast.world_from_body(states, 0, 0)
    normal, point = pose[:, 2], pose[:, 3] + 0.05 * pose[:, 2]
    eye = camera.world_from_camera[0]
    rays = camera.rays(camera.pixel_centres()) @ eye[:3, :3].T
    expected = ((point - eye[:3, 3]) @ normal) / (rays @ normal)
    on = frame.segmentation == 1
    assert on.mean() > 0.9
    np.testing.assert_allclose(frame.depth[on], expected[on], rtol=1e-5)
    facing = frame.normals[on] @ (eye[:3, :3].T @ normal)
    assert facing.min() > 1 - 1e-5


def test_depth_and_ids_match_the_ray_caster(tumbling):
    spec, states, camera, frames = tumbling
    depth, ids = ray_cast.cast(spec, states, camera, 1, camera.pixel_centres())
    frame = frames[1]
    same = frame.segmentation == np.maximum(ids, 0)
    # Vertices are snapped to 1/256 px: of about 5,000 silhouette pixels a few may tip over.
    assert (~same).sum() < 25
    near = same & (ids >= 0) & (depth < 190)
    np.testing.assert_allclose(frame.depth[near], depth[near], rtol=1e-4)  # grazing faces
    assert np.isinf(frame.depth[ids == -1]).all()
    assert (frame.normals[ids == -1] == 0).all()


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_flow_of_tumbling_boxes_matches_the_ray_caster(tumbling, direction):
    spec, states, camera, frames = tumbling
    frame, other = frames[1], 2 if direction == "forward" else 0
    flow = frame.flow_forward if direction == "forward" else frame.flow_backward
    pixels = camera.pixel_centres()
    depth, ids = ray_cast.cast(spec, states, camera, 1, pixels)
    sure = (frame.segmentation == ids) & np.isfinite(frame.depth)
    points = camera.unproject(pixels[sure], depth[sure], 1)
    there, z = camera.project(ray_cast.carried(points, ids[sure], states, 1, other), other)
    moving = ids[sure] > 0
    assert moving.sum() > 5000 and np.abs(flow[sure][moving]).max() > 4
    error = np.linalg.norm(there - pixels[sure] - flow[sure], axis=-1)
    assert error.max() < 2e-3  # the stated bound [px]; float32 positions give about 3e-4
    if direction == "forward":
        change = z - depth[sure]
        np.testing.assert_allclose(
            frame.flow_forward_dz[sure], change, atol=2e-4
        )  # [m], grazing faces


def test_sky_flow_is_that_of_a_point_at_infinity():
    ball = toys.body("ball", toys.shape("sphere", radius=0.3), (0.0, 0.0, 1.0))
    spec = toys.scene(
        [ball], eye=((4.0, 0.0, 1.0), (4.3, 0.2, 1.1)), target=((0.0, 0.0, 2.0), (0.0, 0.6, 2.3))
    )
    camera, frame = scene_camera(spec, 0), only(spec)
    sky = np.isinf(frame.depth)
    pixels = camera.pixel_centres()[sky]
    far = camera.unproject(pixels, np.full(len(pixels), 1e9), 0)
    there, _ = camera.project(far, 1)
    assert sky.sum() > 1000
    np.testing.assert_allclose(frame.flow_forward[sky], there - pixels, atol=2e-4)
    assert np.isnan(frame.flow_forward_dz[sky]).all()


def test_forward_flow_lands_on_the_same_point_where_not_occluded(tumbling):
    spec, states, camera, frames = tumbling
    now, after = frames[1], frames[2]
    pixels = camera.pixel_centres()
    seen = (now.occluded_forward == 0) & (now.segmentation > 0)
    target = pixels[seen] + now.flow_forward[seen]
    points = camera.unproject(pixels[seen], now.depth[seen], 1)
    moved = ray_cast.carried(points, now.segmentation[seen], states, 1, 2)
    # 1/z is linear over a flat face: interpolate it where all four pixels show one body.
    x, y = target[:, 0] - 0.5, target[:, 1] - 0.5
    c = np.clip(np.floor(x).astype(int), 0, spec.width - 2)
    r = np.clip(np.floor(y).astype(int), 0, spec.height - 2)
    inside = np.ones(len(c), bool)
    inverse = np.zeros(len(c))
    for dy in (0, 1):
        for dx in (0, 1):
            inside &= after.segmentation[r + dy, c + dx] == now.segmentation[seen]
            turn = (after.normals[r + dy, c + dx] * after.normals[r, c]).sum(-1)
            inside &= turn > 0.9999  # not across an edge of the box
            share = np.abs(1 - dy - (y - r)) * np.abs(1 - dx - (x - c))
            inverse += share / after.depth[r + dy, c + dx]
    landed = camera.unproject(target[inside], 1 / inverse[inside], 2)
    assert inside.sum() > 3000
    distance = np.linalg.norm(landed - moved[inside], axis=1)
    assert np.quantile(distance, 0.999) < 1e-3  # [m]


@pytest.mark.parametrize(("speed", "spin"), [(1.5, 6.0), (12.0, 25.0)])
def test_occlusion_agrees_with_brute_force(speed, spin):
    rng = np.random.default_rng(8)
    spec = toys.tumbling_boxes(rng, 16, speed=speed, spin=spin, size=(480, 270))
    states, camera = toys.drifting(spec), scene_camera(spec, 0)
    frame = list(render(spec, states))[1]
    pixels = camera.pixel_centres()
    depth, ids = ray_cast.cast(spec, states, camera, 1, pixels)
    sure = (frame.segmentation == ids) & np.isfinite(frame.depth)
    points = camera.unproject(pixels[sure], depth[sure], 1)
    for codes, other in ((frame.occluded_forward, 2), (frame.occluded_backward, 0)):
        moved = ray_cast.carried(points, ids[sure], states, 1, other)
        there, z = camera.project(moved, other)
        front, _ = ray_cast.cast(spec, states, camera, other, there)
        inside = ((there >= 0) & (there < (spec.width, spec.height))).all(-1) & (z > NEAR)
        expected = np.where(inside, np.where(front < z * (1 - 5e-4), 1, 0), 2)
        wrong = (codes[sure] != expected).mean()
        hidden = (expected == 1).mean()
        assert hidden > 0.01
        assert wrong < 0.03 * hidden + 5e-4  # within a pixel of a silhouette it is a definition


def test_ends_of_the_clip_have_no_flow_outwards(tumbling):
    _, _, _, frames = tumbling
    first, last = frames[0], frames[-1]
    assert np.isnan(first.flow_backward).all() and (first.occluded_backward == 255).all()
    assert np.isnan(last.flow_forward).all() and (last.occluded_forward == 255).all()
    assert np.isnan(last.flow_forward_dz).all()
    assert np.isfinite(first.flow_forward).all() and (first.occluded_forward <= 2).all()


def digest(frame: GroundTruth) -> str:
    sha = hashlib.sha256()
    for value in vars(frame).values():
        sha.update(np.asarray(value).tobytes())
    return sha.hexdigest()


def test_a_frame_does_not_depend_on_its_neighbours_being_asked_for(tumbling):
    spec, states, _, frames = tumbling
    alone = next(iter(render(spec, states, frames=range(2, 3))))
    assert digest(alone) == digest(frames[2])


def test_reused_memory_holds_the_same_frames(tumbling):
    spec, states, _, frames = tumbling
    reused = [digest(frame) for frame in render(spec, states, reuse_memory=True)]
    assert reused == [digest(frame) for frame in frames]


def test_a_box_through_the_near_plane_is_drawn_without_holes():
    wall = toys.body("floor", toys.shape("box", half_extents=(20.0, 20.0, 0.5)), (0.0, 0.0, 1.0))
    spec = toys.scene([wall], eye=((0.0, 0.0, 1.9),), target=((3.0, 0.5, 1.6),))
    camera, frame = scene_camera(spec, 0), only(spec)
    depth, ids = ray_cast.cast(spec, toys.drifting(spec), camera, 0, camera.pixel_centres())
    assert (frame.segmentation == np.maximum(ids, 0)).mean() > 0.9999
    on = (ids == 1) & (frame.segmentation == 1)
    np.testing.assert_allclose(frame.depth[on], depth[on], rtol=1e-4)  # grazing far edge


def test_edges_are_smooth(tumbling):
    """The picture lies nearer to a 16-sample average than one sample per pixel could."""
    spec, states, _, frames = tumbling
    from dataclasses import replace

    large = replace(spec, width=spec.width * 4, height=spec.height * 4)
    fine = next(iter(render(large, states, frames=range(1, 2))))
    H, W = spec.height, spec.width
    blocks = (fine.rgb.astype(np.float64) ** 2).reshape(H, 4, W, 4, 3)
    smooth = np.sqrt(blocks.mean((1, 3)))
    ids = fine.segmentation.reshape(H, 4, W, 4)
    edge = ids.min((1, 3)) != ids.max((1, 3))
    rough = fine.rgb[2::4, 2::4].astype(np.float64)
    ours = np.sqrt(((frames[1].rgb[edge] - smooth[edge]) ** 2).mean())
    plain = np.sqrt(((rough[edge] - smooth[edge]) ** 2).mean())
    assert ours < 0.6 * plain


def test_frames_and_states_that_do_not_fit_are_refused(tumbling):
    spec, states, _, _ = tumbling
    with pytest.raises(SceneError, match="clip with 4 frames"):
        next(iter(render(spec, states, frames=range(3, 6))))
    with pytest.raises(SceneError, match="simulate it again"):
        next(iter(render(spec.with_frames(9), states)))
    with pytest.raises(SceneError, match="camera 1 of a scene with 1"):
        next(iter(render(spec, states, camera=1)))
