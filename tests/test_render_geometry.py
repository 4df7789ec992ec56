"""Depth, ids and normals against closed forms and the float64 ray caster, for every geometry."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.render import GroundTruth, render
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.shapes import primitives
from phys4d_pipeline.states import States
from tests import judge, ray_cast, toy_films, toys


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


@pytest.mark.parametrize("form", ["rigid", "particles"])
def test_depth_of_a_ball_from_outside_is_the_nearer_root(form):
    ball = toys.body("ball", toys.shape("sphere", radius=0.1), (0.0, 0.0, 1.5), form=form)
    spec = toys.scene(
        [ball],
        eye=((3.0, 0.0, 1.5),),
        target=((0.0, 0.0, 1.5),),
        vertical_fov=0.1,
        num_frames=1,
    )
    grains = {} if form == "rigid" else {0: np.tile([0.0, 0.0, 1.5], (1, 1, 1))}
    states = toys.drifting(spec, points=grains, radii={key: [0.1] for key in grains})
    camera, frame = scene_camera(spec, 0), next(iter(render(spec, states)))
    rays = camera.rays(camera.pixel_centres())
    centre = np.array([0.0, 0.0, 3.0])
    a, b = (rays**2).sum(-1), rays @ centre
    disc = b * b - a * (centre @ centre - 0.1**2)
    inner = (frame.segmentation == 1) & (disc > 0.3 * disc.max())  # away from the rim
    expected = (b - np.sqrt(np.maximum(disc, 0))) / a
    assert inner.sum() > 3000
    # The mesh lies inside the ball by at most 0.2 % of the radius: 7e-5 of the distance.
    rtol = 1e-4 if form == "rigid" else 1e-6
    np.testing.assert_allclose(frame.depth[inner], expected[inner], rtol=rtol)
    if form == "particles":
        assert ((frame.segmentation == 1) == (disc > 0)).mean() > 0.9999
        outward = (rays * expected[..., None] - centre)[inner] / 0.1
        np.testing.assert_allclose(frame.normals[inner], outward, atol=1e-4)


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
    normal = ray_cast.rotation_matrix(states.poses[0, 0, 3:])[:, 2]
    point = states.poses[0, 0, :3] + 0.05 * normal
    eye = camera.world_from_camera[0]
    rays = camera.rays(camera.pixel_centres()) @ eye[:3, :3].T
    expected = ((point - eye[:3, 3]) @ normal) / (rays @ normal)
    on = frame.segmentation == 1
    assert on.mean() > 0.9
    np.testing.assert_allclose(frame.depth[on], expected[on], rtol=1e-5)
    facing = frame.normals[on] @ (eye[:3, :3].T @ normal)
    assert facing.min() > 1 - 1e-5


def test_the_ground_is_drawn_to_200_m_and_no_further():
    ball = toys.body("ball", toys.shape("sphere", radius=0.3), (0.0, 0.0, 0.3))
    spec = toys.scene([ball], eye=((4.0, 0.0, 9.0),), target=((0.0, 0.0, 8.7),), vertical_fov=0.6)
    camera, frame = scene_camera(spec, 0), only(spec)
    rays = camera.rays(camera.pixel_centres()) @ camera.world_from_camera[0, :3, :3].T
    with np.errstate(divide="ignore"):
        expected = np.where(rays[..., 2] < 0, -9.0 / rays[..., 2], np.inf)
    expected[expected > 200.0] = np.inf
    ground = frame.segmentation == 0
    assert 0.1 < np.isinf(expected).mean() < 0.9
    assert (np.isinf(frame.depth) == np.isinf(expected))[ground].all()
    near = ground & np.isfinite(expected)
    np.testing.assert_allclose(frame.depth[near], expected[near], rtol=2e-5)  # at the horizon


@pytest.mark.parametrize("make", toy_films.CALM_KINDS)
def test_depth_ids_and_normals_match_the_ray_caster(make):
    film = toy_films.film(make)
    for truth, verdict in zip(film.frames[:3], film.verdicts, strict=False):
        # Vertices are snapped to 1/256 px: of some thousand silhouette pixels a few tip over.
        assert (~verdict.agree).sum() < 60
        assert verdict.unexplained == 0
        seen = verdict.on()
        assert judge.largest(verdict.depth, seen) < 3e-5
        assert judge.largest(verdict.depth, seen, 0.5) < 5e-7
        assert judge.largest(verdict.depth, verdict.on(cosine=0.0), 0.9999) < 1e-4
        assert judge.largest(verdict.turn, seen, 0.999) < 2e-3  # neighbour faces
        assert judge.largest(verdict.turn, seen, 0.5) < 1e-5
        lengths = np.linalg.norm(truth.normals, axis=-1)[np.isfinite(truth.depth)]
        np.testing.assert_allclose(lengths, 1.0, atol=1e-5)


def test_particles_are_exact_spheres():
    film = toy_films.film(toy_films.particles)
    verdict = film.verdicts[1]
    grains = verdict.on(ids=1)
    assert grains.sum() > 5000
    away = verdict.depth * verdict.hits.depth  # [m]
    assert judge.largest(away, grains) < 1e-5  # 4 um in float32, 0.1 % of the smallest radius
    assert judge.largest(verdict.turn, grains) < 5e-3


def shifted(make: Callable[[], tuple[SceneSpec, States]], x: float) -> tuple[SceneSpec, States]:
    """Everything moved along x, from positions rounded to 2^-10 m: the float32 step at 10 km."""
    spec, states = make()

    def moved(point):
        return (point[0] + x, *point[1:])

    paths = [
        replace(path, eye=tuple(map(moved, path.eye)), target=tuple(map(moved, path.target)))
        for path in spec.cameras
    ]
    around = tuple(replace(item, position=moved(item.position)) for item in spec.scenery)
    poses = states.poses.copy()
    poses[..., :3] = np.round(poses[..., :3] * 1024) / 1024 + np.float32([x, 0, 0])
    points = {
        key: (np.round(value * 1024) / 1024 + np.float32([x, 0, 0])).astype(np.float32)
        for key, value in states.points.items()
    }
    spec = replace(spec, cameras=tuple(paths), scenery=around)
    return spec, replace(states, poses=poses, points=points)


def test_both_sides_of_a_cloth_are_seen():
    film = toy_films.film(toy_films.cloth)
    verdict = film.verdicts[1]
    for sheet in (1, 2):
        assert verdict.on(ids=sheet).sum() > 3000
    # The judge turns normals to the eye; one sheet's own normals point away from it.
    up = verdict.hits.normals @ film.camera.world_from_camera[1, :3, :3].T
    assert up[verdict.on(ids=1), 2].mean() > 0.5 and up[verdict.on(ids=2), 2].mean() < -0.3


@pytest.mark.parametrize(
    "make",
    [toy_films.rigid, toy_films.deforming, toy_films.particles],
    ids=lambda make: make.__name__,
)
def test_ten_kilometres_away_everything_is_the_same(make):
    here, there = shifted(make, 0.0), shifted(make, 10_000.0)
    near, far = (next(iter(render(*both, frames=range(1, 2)))) for both in (here, there))
    same = near.segmentation == far.segmentation
    # The camera's own position is rounded to 1e-12 m: single pixels at silhouettes.
    assert (~same).sum() < 10
    solid = same & (near.segmentation > 0)
    assert np.quantile(np.abs(far.depth[solid] / near.depth[solid] - 1), 0.9999) < 1e-6
    difference = np.linalg.norm(far.flow_forward - near.flow_forward, axis=-1)
    assert np.quantile(difference[same], 0.9999) < 2e-3  # as exact as at the origin
    spec, states = there
    world = ray_cast.world_of(spec, states)
    verdict = judge.compare(far, world, scene_camera(spec, 0))
    assert verdict.unexplained == 0
    assert judge.largest(verdict.forward, verdict.on()) < 5e-3


def test_a_camera_inside_a_body_sees_it_from_inside():
    room = toys.body("room", toys.shape("box", half_extents=(2.0, 1.5, 1.0)), (0.0, 0.0, 1.2))
    spec = toys.scene([room], eye=((0.3, 0.2, 1.3),), target=((1.0, 0.5, 1.2),), num_frames=2)
    states, camera, frame = toys.drifting(spec), scene_camera(spec, 0), only(spec)
    assert (frame.segmentation == 1).all() and np.isfinite(frame.depth).all()
    rays = camera.rays(camera.pixel_centres())
    assert ((frame.normals * rays).sum(-1) < 0).all()
    verdict = judge.compare(frame, ray_cast.world_of(spec, states), camera)
    assert judge.largest(verdict.depth, verdict.on()) < 1e-5 and verdict.unexplained == 0


def test_looking_straight_down_and_up_follow_the_same_rules():
    spec, _ = toy_films.rigid()
    for eye, target in (((0.0, 0.0, 6.0), (0.0, 0.0, 0.0)), ((0.0, 0.0, 0.1), (0.0, 0.0, 3.0))):
        path = replace(spec.cameras[0], eye=(eye,), target=(target,), vertical_fov=1.2)
        looking = replace(spec, cameras=(path,))
        world = ray_cast.world_of(looking, toys.drifting(looking))
        verdict = judge.compare(only(looking, 1), world, scene_camera(looking, 0))
        assert verdict.unexplained == 0
        assert judge.largest(verdict.depth, verdict.on()) < 1e-5
        assert judge.largest(verdict.forward, verdict.on()) < 1e-3
