"""Ropes against their own middle line: the tube's radius, its material, its lack of twist."""

import numpy as np
import pytest

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.render import render
from tests import ray_cast, toy_films, toys

RADIUS, SIDES = 0.08, 24


def line(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N, 3): the Catmull-Rom line at places counted in points, straight beyond its ends."""
    points = points.astype(np.float64)
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    control = np.concatenate([[first], points, [last]])
    piece = np.clip(np.floor(places).astype(int), 0, len(points) - 2)
    u = (places - piece)[:, None]
    a, b, c, d = (control[piece + k] for k in range(4))
    cubic = 2 * b + u * (c - a) + u**2 * (2 * a - 5 * b + 4 * c - d)
    return 0.5 * (cubic + u**3 * (3 * b - a - 3 * c + d))


def nearest(points: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place on the line nearest to each point, and the distance: by bisection of a fine grid."""
    grid = np.linspace(0, len(points) - 1, 40 * (len(points) - 1) + 1)
    far = ((at[:, None] - line(points, grid)) ** 2).sum(2)
    best, step = grid[far.argmin(1)], grid[1]
    for _ in range(30):
        step *= 0.6
        tries = np.clip(best[:, None] + step * np.array([-1, 0, 1]), 0, len(points) - 1)
        places = line(points, tries.ravel()).reshape(*tries.shape, 3)
        best = tries[np.arange(len(at)), ((at[:, None] - places) ** 2).sum(2).argmin(1)]
    return best, np.linalg.norm(at - line(points, best), axis=1)


def test_the_surface_lies_one_radius_from_the_line():
    film = toy_films.film(toy_films.rope)
    truth = film.frames[2]
    on = truth.segmentation == 1
    seen = film.camera.unproject(film.camera.pixel_centres()[on], truth.depth[on], 2)
    places, distance = nearest(film.states.points[0][2], seen[::7])
    middle = (places > 0.5) & (places < 29.5)
    assert middle.sum() > 200
    # Chords between 24 sides lie inside the round tube; those between rings, on a bend's inner
    # side, outside.
    chord = RADIUS * np.cos(np.pi / SIDES)
    assert distance.max() < RADIUS * 1.02 and distance[middle].min() > chord * 0.95


@pytest.mark.parametrize("gap", [1, 3])
def test_material_keeps_its_place_along_the_rope(gap):
    film = toy_films.film(toy_films.rope)
    truth = film.at_gap(gap)[1]
    on = (truth.segmentation == 1) & (truth.occluded_forward < 2)
    pixels = film.camera.pixel_centres()[on]
    here = film.camera.unproject(pixels, truth.depth[on], 1)[::7]
    there = film.camera.unproject(
        pixels + truth.flow_forward[on], (truth.depth + truth.flow_forward_dz)[on], 1 + gap
    )[::7]
    before, _ = nearest(film.states.points[0][1], here)
    after, distance = nearest(film.states.points[0][1 + gap], there)
    middle = (before > 0.5) & (before < 29.5)
    # The nearest place on a bent line is not quite that of the ring: a tenth of a piece.
    assert np.abs(after - before)[middle].max() < 0.1
    assert np.median(np.abs(after - before)[middle]) < 0.01
    assert (np.abs(distance - RADIUS) < 0.05 * RADIUS)[middle].mean() > 0.98


def test_a_rope_that_is_only_shifted_moves_as_a_rigid_body():
    spec, states = toy_films.rope()
    step = np.array([0.03, -0.02, 0.01]) * np.arange(6)[:, None]
    points = {key: value[:1].repeat(6, 0) + step[:, None] for key, value in states.points.items()}
    states = toys.drifting(spec, points=points)
    camera = scene_camera(spec, 0)
    truth = list(render(spec, states))[2]
    on = (truth.segmentation > 0) & (truth.segmentation < 3)
    pixels = camera.pixel_centres()[on]
    moved = camera.unproject(pixels, truth.depth[on], 2) + step[1]
    there, z = camera.project(moved, 3)
    assert on.sum() > 2000
    error = np.linalg.norm(there - pixels - truth.flow_forward[on], axis=1)
    assert np.quantile(error, 0.999) < 2e-3  # points are rounded to float32 in both frames
    np.testing.assert_allclose(truth.flow_forward_dz[on], z - truth.depth[on], atol=2e-5)


def test_a_straight_rope_is_a_capsule():
    solid = toys.shape("rope", length=2.0, radius=0.2, segments=20.0, sides=64.0)
    item = toys.body("rope", solid, (0.0, 0.0, 1.5), form="rope")
    spec = toys.scene([item], eye=((0.3, -4.0, 1.5),), target=((0.0, 0.0, 1.5),), num_frames=2)
    straight = np.zeros((2, 21, 3))
    straight[:, :, 0], straight[:, :, 2] = np.linspace(-1.0, 1.0, 21), 1.5
    truth = next(iter(render(spec, toys.drifting(spec, points={0: straight}))))
    camera = scene_camera(spec, 0)
    pose = camera.world_from_camera[0]
    rays = camera.rays(camera.pixel_centres()) @ pose[:3, :3].T
    eye = pose[:3, 3] - (0.0, 0.0, 1.5)
    a, b = (rays[..., 1:] ** 2).sum(-1), (rays[..., 1:] * eye[1:]).sum(-1)
    disc = b * b - a * ((eye[1:] ** 2).sum() - 0.2**2)
    z = (-b - np.sqrt(np.maximum(disc, 0.0))) / a
    x = eye[0] + rays[..., 0] * z
    on = (disc > 0.1 * disc.max()) & (np.abs(x) < 0.98)
    assert on.sum() > 1500 and (truth.segmentation[on] == 1).all()
    np.testing.assert_allclose(truth.depth[on], z[on], rtol=2e-4)  # 64 sides: 0.12 % of the radius
    outward = np.stack([0 * x, eye[1] + rays[..., 1] * z, eye[2] + rays[..., 2] * z], -1) / 0.2
    np.testing.assert_allclose(truth.normals[on], outward[on] @ pose[:3, :3], atol=0.02)


def test_the_judge_and_the_tube_agree_on_what_a_rope_is():
    """The tube's rings are centred on the independent Catmull-Rom line."""
    spec, states = toy_films.rope()
    world = ray_cast.world_of(spec, states)
    rings = world.vertices[3][1 : 1 + 24 * 40].reshape(-1, 24, 3)
    centres = rings.mean(1)
    _, away = nearest(states.points[0][3], centres[8:32])
    assert away.max() < 1e-6
