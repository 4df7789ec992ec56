"""Flow and change of depth against the float64 ray caster: every geometry, both ways, any gap."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.motion.material_points import carry_rigid
from phys4d_pipeline.render import render
from tests import judge, ray_cast, toy_films, toys

GAP_KINDS = [
    toy_films.particles,
    toy_films.deforming,
    toy_films.rigid,
    toy_films.cloth,
    toy_films.still,
]
MOVING = toy_films.kinds(*GAP_KINDS[:2], slow=GAP_KINDS[2:])


def names(make) -> str:
    return make.__name__


def staying(codes: np.ndarray) -> np.ndarray:
    """Points that are in the picture of the other frame: their flow is bounded by its size."""
    return codes.ravel() < 2


def check_flow(film, truth, verdict, *, gap=1, typical=1e-3) -> None:
    """The bounds promised to users, away from grazing incidence [px]."""
    seen, last = verdict.on(), film.spec.num_frames - 1
    rim = verdict.hits.primitive >= len(film.world.faces)
    rim &= verdict.hits.cosine < 0.3
    for errors, codes, other in (
        (verdict.forward, truth.occluded_forward, truth.frame + gap),
        (verdict.backward, truth.occluded_backward, truth.frame - gap),
    ):
        if not 0 <= other <= last:
            assert (codes == 255).all()
            continue
        stay = seen & staying(codes)
        assert judge.largest(errors, stay & ~rim) < 5e-3
        assert judge.largest(errors, stay & ~rim, 0.999) < typical
        assert judge.largest(errors, stay, 1.0) < 6e-3
    if truth.frame + gap <= last:
        relative = verdict.dz / np.where(np.isinf(verdict.hits.depth), 1.0, verdict.hits.depth)
        assert judge.largest(relative, seen) < 1e-4
        assert judge.largest(relative, seen, 0.999) < 5e-6
    else:
        assert np.isnan(truth.flow_forward_dz).all()


@pytest.mark.parametrize("make", toy_films.EVERY_KIND)
def test_flow_and_dz_match_the_ray_caster(make):
    film = toy_films.film(make)
    for truth, verdict in zip(film.frames[:3], film.verdicts, strict=False):
        # float32 barycentric coordinates in triangles of 60 m: a third of the bound everywhere.
        check_flow(film, truth, verdict, typical=2e-3 if make is toy_films.flight else 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("make", [toy_films.fast_boxes, toy_films.fast_jelly], ids=names)
def test_fast_films_are_fast(make):
    film = toy_films.film(make)
    lengths = np.linalg.norm(film.frames[1].flow_forward, axis=-1)
    assert np.nanmax(lengths[film.frames[1].segmentation > 0]) > 40


@pytest.mark.parametrize("gap", [2, 5])
@pytest.mark.parametrize("make", MOVING)
def test_flow_over_a_gap_matches_the_ray_caster(make, gap):
    film = toy_films.film(make)
    for truth in film.at_gap(gap):
        check_flow(film, truth, film.judged(truth, gap), gap=gap)


def test_a_gap_changes_motion_only():
    film = toy_films.film(toy_films.rigid)
    for one, five in zip(film.frames, film.at_gap(5), strict=True):
        for layer in ("rgb", "depth", "segmentation", "normals"):
            assert getattr(one, layer).tobytes() == getattr(five, layer).tobytes()


def test_flow_over_k_frames_is_k_times_the_flow_of_one_parallel_to_the_picture():
    """A still camera and a body that moves at constant depth: perspective is linear there."""
    step = (0.0, 60 / 256, 60 / 512)  # [m/s]: exact in float32 at every frame
    box = toys.body(
        "box",
        toys.shape("box", half_extents=(0.25, 0.5, 0.25)),
        (0.0, -0.5, 1.5),
        linear_velocity=step,
    )
    spec = toys.scene([box], eye=((4.0, 0.0, 1.5),), target=((0.0, 0.0, 1.5),), num_frames=9)
    states = toys.drifting(spec)
    one = next(iter(render(spec, states)))
    on = one.segmentation == 1
    assert on.sum() > 1500
    for gap in (2, 4, 8):
        many = next(iter(render(spec, states, gap=gap)))
        np.testing.assert_allclose(many.flow_forward[on], gap * one.flow_forward[on], atol=2e-3)
        np.testing.assert_allclose(many.flow_forward_dz[on], 0.0, atol=2e-6)
    focal = scene_camera(spec, 0).K[0, 0]
    front = on & (np.abs(one.depth - 3.75) < 1e-3)
    expected = focal / 3.75 * np.array([1 / 256, -1 / 512])
    np.testing.assert_allclose(
        one.flow_forward[front], np.tile(expected, (front.sum(), 1)), atol=1e-4
    )


def test_faces_seen_edge_on_move_as_their_depth_and_pose_say():
    """Where a ray grazes, weights of corners are ill-conditioned: used raw, 0.14 px and 7e-5 m."""
    drum = toys.body(
        "drum",
        toys.shape("cylinder", radius=0.15, half_height=0.25),
        (0.0, 0.0, 0.3),
        quaternion=(math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0),
        angular_velocity=(0.0, 6.0, 2.0),
    )
    eye = ((0.55, -0.35, 0.5),)
    spec = toys.scene([drum], eye=eye, target=((0.0, 0.0, 0.3),), size=(1920, 1080))
    states, camera = toys.drifting(spec), scene_camera(spec, 0)
    truth = next(iter(render(spec, states, frames=range(1, 2))))
    rays = camera.unproject(camera.pixel_centres(), np.ones(truth.depth.shape), 0) - eye[0]
    rays = rays @ camera.world_from_camera[1, :3, :3]
    cosine = -(truth.normals * rays).sum(-1) / np.linalg.norm(rays, axis=-1)
    grazed = (truth.segmentation == 1) & (cosine < 0.1)
    assert grazed.sum() > 1000
    depth, pixels = truth.depth[grazed].astype(np.float64), camera.pixel_centres()[grazed]
    points = camera.unproject(pixels, depth, 1)
    for other, flow in ((2, truth.flow_forward), (0, truth.flow_backward)):
        there, z = camera.project(carry_rigid(states, 0, 1)(other, points), other)
        assert np.abs(flow[grazed] - (there - pixels)).max() < 0.02
        if other == 2:
            assert np.abs(truth.flow_forward_dz[grazed] - (z - depth)).max() < 5e-6


def test_sky_flow_is_that_of_a_camera_that_only_turns():
    ball = toys.body("ball", toys.shape("sphere", radius=0.3), (0.0, 0.0, 1.0))
    spec = toys.scene(
        [ball],
        eye=((4.0, 0.0, 1.0), (4.3, 0.2, 1.1)),
        target=((0.0, 0.0, 2.0), (0.0, 0.6, 2.3)),
        num_frames=4,
    )
    camera = scene_camera(spec, 0)
    turns = camera.world_from_camera[:, :3, :3]
    for gap in (1, 3):
        truth = next(iter(render(spec, toys.drifting(spec), gap=gap)))
        sky = np.isinf(truth.depth)
        assert sky.sum() > 1000
        pixels = camera.pixel_centres()[sky]
        homography = camera.K @ turns[gap].T @ turns[0] @ np.linalg.inv(camera.K)
        there = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.T
        expected = there[:, :2] / there[:, 2:] - pixels
        assert np.abs(expected).max() > 3
        np.testing.assert_allclose(truth.flow_forward[sky], expected, atol=2e-4)
        assert np.isnan(truth.flow_forward_dz[sky]).all()


@pytest.mark.parametrize(
    "make",
    [toy_films.rigid, toy_films.many_shapes, toy_films.deforming, toy_films.cloth],
    ids=names,
)
def test_flow_there_and_back_returns(make):
    film = toy_films.film(make)
    now, after = film.frames[1], film.frames[2]
    start = film.camera.pixel_centres()
    fair = now.occluded_forward == 0
    target = start[fair] + now.flow_forward[fair]
    alike = smooth_around(after, target, now.segmentation[fair])
    back = bilinear(after.flow_backward.astype(np.float64), target[alike])
    away = np.linalg.norm(target[alike] + back - start[fair][alike], axis=1)
    body = now.segmentation[fair][alike] > 0
    assert body.sum() > 2000
    # Between pixels flow is not linear, least of all across the faces of a curved mesh.
    assert np.quantile(away, 0.998) < 0.01 and np.quantile(away[body], 0.97) < 0.01


@pytest.mark.parametrize("make", MOVING)
def test_depth_flow_and_dz_close_on_the_moved_point(make):
    film = toy_films.film(make)
    truth, verdict, hits = film.frames[1], film.verdicts[1], film.hits[1]
    seen = verdict.on() & staying(truth.occluded_forward)
    landed = film.camera.unproject(
        hits.pixels[seen] + truth.flow_forward.reshape(-1, 2)[seen],
        (truth.depth + truth.flow_forward_dz).ravel()[seen],
        2,
    )
    motion = ray_cast.carry(film.world, film.camera, hits, 2)
    moved = film.camera.unproject(motion.pixels[seen], motion.depth[seen], 2)
    away = np.linalg.norm(landed - moved, axis=1) / hits.depth[seen]
    assert np.quantile(away, 0.9999) < 1e-4  # single pixels at folds show the next face
    assert np.quantile(away, 0.999) < 1e-5
    still = hits.ids[seen] == 0
    stood = film.camera.unproject(hits.pixels[seen], truth.depth.ravel()[seen], 1)
    assert (np.linalg.norm(landed - stood, axis=1) / hits.depth[seen])[still].max() < 1e-4


@pytest.mark.parametrize("make", [toy_films.rigid, toy_films.cloth], ids=names)
def test_the_next_frame_shows_the_depth_that_flow_and_dz_promise(make):
    film = toy_films.film(make)
    now, after = film.frames[1], film.frames[2]
    fair = now.occluded_forward == 0
    target = film.camera.pixel_centres()[fair] + now.flow_forward[fair]
    alike = smooth_around(after, target, now.segmentation[fair])
    # 1/z is linear over a flat face.
    shown = 1 / bilinear(1 / after.depth.astype(np.float64)[..., None], target[alike])[:, 0]
    promised = (now.depth + now.flow_forward_dz)[fair][alike]
    apart = np.abs(shown / promised - 1)[np.isfinite(promised)]
    assert len(apart) > 20_000
    assert np.quantile(apart, 0.99) < 1e-4 and np.median(apart) < 1e-6


@settings(derandomize=True, max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), fov=st.floats(0.2, 1.6), swing=st.floats(0.0, 2.0))
def test_any_scene_under_any_camera_is_exact(seed, fov, swing):
    rng = np.random.default_rng(seed)
    spec = toys.tumbling_boxes(rng, 6, num_frames=3, size=(160, 90), speed=4.0)
    eye = rng.uniform((-4, -4, 0.3), (4, 4, 4), (2, 3))
    eye[1] = eye[0] + swing * (eye[1] - eye[0]) * 0.1
    target = rng.uniform((-0.5, -0.5, 0.2), (0.5, 0.5, 1.2), (2, 3))
    keys = [tuple(tuple(row) for row in part.tolist()) for part in (eye, target)]
    path = replace(spec.cameras[0], eye=keys[0], target=keys[1], vertical_fov=fov)
    spec = replace(spec, cameras=(path,))
    states, camera = toys.drifting(spec), scene_camera(spec, 0)
    world = ray_cast.world_of(spec, states)
    for truth in render(spec, states):
        verdict = judge.compare(truth, world, camera)
        assert verdict.unexplained == 0
        seen = verdict.on()
        for errors, codes in (
            (verdict.forward, truth.occluded_forward),
            (verdict.backward, truth.occluded_backward),
        ):
            values = errors[seen & staying(codes)]
            assert np.isnan(values).all() or np.nanmax(values) < 5e-3


def bilinear(layer: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(N, C) values of an (H, W, C) layer at positions (N, 2)."""
    column, row, x, y = corners(layer, at)
    top = layer[row, column] * (1 - x) + layer[row, column + 1] * x
    low = layer[row + 1, column] * (1 - x) + layer[row + 1, column + 1] * x
    return top * (1 - y) + low * y


def corners(layer: np.ndarray, at: np.ndarray):
    """The pixel up and left of each position, and how far it is from there."""
    height, width = layer.shape[:2]
    column = np.clip(np.floor(at[:, 0] - 0.5).astype(int), 0, width - 2)
    row = np.clip(np.floor(at[:, 1] - 0.5).astype(int), 0, height - 2)
    return column, row, (at[:, 0] - 0.5 - column)[:, None], (at[:, 1] - 0.5 - row)[:, None]


def smooth_around(truth, at: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Do the 4 x 4 pixels around each position show that body, without an edge or a fold?"""
    column, row, x, y = corners(truth.depth, at)
    height, width = truth.depth.shape
    within = ((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1))[:, 0]
    for down in range(-1, 3):
        for right in range(-1, 3):
            r, c = np.clip(row + down, 0, height - 1), np.clip(column + right, 0, width - 1)
            within &= truth.segmentation[r, c] == ids
            turn = (truth.normals[r, c] * truth.normals[row, column]).sum(1)
            within &= (turn > 0.99) & np.isfinite(truth.depth[r, c])
    return within
