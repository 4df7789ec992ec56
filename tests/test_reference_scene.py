"""The scene of the benchmarks: as large as it says, lawful motion, the same on every run."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))  # where scripts find their parts

from benchmarks.measures.grains import GRAVITY, SPOUT_SPEED
from benchmarks.reference_scene import FPS, MOVERS_OF_STILL, reference

SMALL = (64, 36)


@pytest.fixture(scope="module")
def moving():
    return reference("moving", num_frames=60, size=SMALL)


def body_named(scene, name: str) -> int:
    return next(k for k, body in enumerate(scene.spec.bodies) if body.name.startswith(name))


def test_it_holds_forty_meshes_200k_triangles_and_50k_particles(moving):
    forms = [body.form for body in moving.spec.bodies]
    assert forms == ["rigid"] * 40 + ["particles"] * 3
    assert 200_000 <= moving.triangles <= 205_000
    assert moving.particles == 50_000


def test_same_scene_every_time_and_a_longer_clip_begins_alike(moving):
    again = reference("moving", num_frames=60, size=SMALL)
    longer = reference("moving", num_frames=90, size=SMALL)
    assert again.spec == moving.spec
    assert again.states.digest() == moving.states.digest()
    np.testing.assert_array_equal(longer.states.poses[:60, :40], moving.states.poses[:, :40])
    for body, points in moving.states.points.items():
        np.testing.assert_array_equal(longer.states.points[body][:60], points)


def test_everything_moves_in_moving(moving):
    assert (np.ptp(moving.states.poses, 0).max(1) > 0).all()
    assert len(set(moving.spec.cameras[0].eye)) > 1


def test_only_five_meshes_move_in_still():
    states = reference("still", num_frames=20, size=SMALL).states
    moves = np.ptp(states.poses, 0).max(1) > 0
    assert moves.sum() == MOVERS_OF_STILL
    for points in states.points.values():
        assert not np.ptp(points, 0).any()
        assert points[0, :, 2].max() < 1.0, "a grain at rest hangs in the air"


def test_balls_roll_without_slipping(moving):
    ball = body_named(moving, "sphere")
    radius = moving.spec.bodies[ball].shape.parameters["radius"]
    x = moving.states.poses[:, ball].astype(np.float64)
    way = np.linalg.norm(x[:, :2] - x[0, :2], axis=1)
    between = np.abs((x[:, 3:] * x[0, 3:]).sum(1)).clip(0, 1)
    np.testing.assert_allclose(2 * np.arccos(between) * radius, way, atol=2e-4)  # f32 arccos at 1


def test_nothing_sinks_into_the_floor(moving):
    for body, points in moving.states.points.items():
        assert points[..., 2].min() >= moving.states.radii[body][0] - 1e-6
    ball = body_named(moving, "sphere")
    radius = moving.spec.bodies[ball].shape.parameters["radius"]
    np.testing.assert_allclose(moving.states.poses[:, ball, 2], radius, rtol=1e-6)


def test_grains_fall_freely_and_land_where_they_stay(moving):
    points = moving.states.points[body_named(moving, "stream")].astype(np.float64)
    height = points[..., 2]
    acceleration = (height[2:] - 2 * height[1:-1] + height[:-2]) * FPS**2
    falling = np.abs(acceleration + GRAVITY) < 0.05  # float32 positions, differenced twice
    assert falling.sum() > 20_000
    steps = np.linalg.norm(np.diff(points, axis=0), axis=2) * FPS
    fastest = np.hypot(np.sqrt(SPOUT_SPEED**2 + 2 * GRAVITY * 2.6), 3.0)
    assert steps.max() < fastest, "a grain jumps"
