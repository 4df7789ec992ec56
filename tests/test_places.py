"""Where scenes happen: light, cameras along their whole path, scenery and tables."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.cameras.sight import is_clear
from phys4d_pipeline.cameras.views import corners, seen_by
from phys4d_pipeline.render.textures import KINDS
from phys4d_pipeline.scene import MEDIA, Body
from tests.sampled_scenes import (
    FAMILIES,
    SEEDS,
    every_family,
    in_picture,
    moving,
    sampled,
    scene_of,
    shot_of,
    surface_points,
)

POURED = (
    "container_packing",
    "nonconvex_pile",
    "gummies_in_bowl",
    "plush_pile",
    "pillows_stacked",
    "ball_into_sheet",
    "draped_cloth",
)
"""What is poured, piled or thrown in starts outside the picture."""


@every_family
def test_light_comes_from_above_and_shows_shapes(family):
    for seed in SEEDS:
        sky = sampled(family, seed).sky
        assert 15.0 <= np.degrees(sky.sun_elevation) <= 78.0
        assert 1.2 <= max(sky.sun_color) <= 4.0
        assert max(sky.zenith_color) >= 0.3


@every_family
def test_every_camera_sees_the_space_of_the_motion_at_every_frame(family):
    """From the scene's own path and from three more around it."""
    for seed in SEEDS:
        spec = seen_by(sampled(family, seed), 4)
        centres = np.array([spec.bodies[index].position for index in moving(spec)])
        low, high = np.array(spec.space)
        waits = np.array([spec.bodies[index].form in MEDIA for index in moving(spec)])
        waits |= family.name in POURED
        inside = ((centres >= low - 1e-6) & (centres <= high + 1e-6)).all(1)
        centres = centres[inside | ~waits]
        assert in_picture(spec, centres[None]).all()
        own = spec.cameras[0]
        assert 27.9 <= np.degrees(own.vertical_fov) <= 65.0
        assert 1 <= len(own.eye) <= 20
        for index, path in enumerate(spec.cameras[1:], 1):
            camera = scene_camera(spec, index)
            for frame in range(0, spec.num_frames, 7):
                pixels, depth = camera.project(corners(*spec.space), frame)
                assert depth.min() > 0, (seed, index, frame)
                assert (pixels >= 0).all(), (seed, index, frame, path)
                assert (pixels <= (spec.width, spec.height)).all(), (seed, index, frame)


@every_family
def test_the_shot_is_in_the_picture_at_every_frame(family):
    """Every point a family has asked for."""
    for seed in SEEDS:
        spec, points = sampled(family, seed), shot_of(family, seed).points
        camera = scene_camera(spec, 0)
        for frame in range(0, spec.num_frames, 3):
            pixels, depth = camera.project(points, frame)
            assert depth.min() > 0, (seed, frame)
            assert (pixels >= 0).all(), (seed, frame)
            assert (pixels <= (spec.width, spec.height)).all(), (seed, frame)
        assert np.array(spec.space) == pytest.approx(
            np.array([points.min(0), points.max(0)]), abs=1e-6
        )


@every_family
def test_cameras_stay_over_the_ground_and_clear_of_bodies_and_scenery(family):
    for seed in range(4):
        spec = seen_by(sampled(family, seed), 4)
        points = corners(*spec.space)
        for index, path in enumerate(spec.cameras):
            assert scene_camera(spec, index).world_from_camera[:, 2, 3].min() > 0.1
            assert is_clear(spec, path, points), (seed, index)
            for body in spec.bodies:
                solid = shapes.build(body.shape)
                turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
                eyes = scene_camera(spec, index).world_from_camera[::10, :3, 3]
                local = (eyes - body.position) @ turn
                if solid.parts:
                    assert min(part.signed_distance(local).min() for part in solid.parts) > 0.05
                else:  # a skin: from corners and middles of its faces, where it starts
                    gaps = surface_points(body)[None] - eyes[:, None]
                    assert np.linalg.norm(gaps, axis=2).min() > 0.05


@every_family
def test_scenery_is_clear_of_the_motion_and_known_to_the_renderer(family):
    for seed in SEEDS:
        spec = sampled(family, seed)
        low, high = np.array(spec.space)
        assert len(spec.scenery) < 700
        for item in spec.scenery:
            assert item.surface.texture.kind in KINDS
            mesh = shapes.build(item.shape).mesh
            turn = Rotation.from_quat(item.quaternion, scalar_first=True).as_matrix()
            points = mesh.vertices @ turn.T + item.position
            # Flat fields of lawn lie around the motion; anything that stands up is outside it.
            apart = (points.max(0) < low + 1e-6) | (points.min(0) > high - 1e-6)
            assert apart.any() or not _overlap(points, low, high), (seed, item)


def _overlap(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    """Do the plan of a convex thing and a box meet? By separating axes, all edges of both."""
    plan = points[ConvexHull(points[:, :2]).vertices, :2]
    box = corners(tuple(low), tuple(high))[:, :2]
    edges = np.roll(plan, -1, 0) - plan
    normals = np.stack([edges[:, 1], -edges[:, 0]], 1)
    axes = np.concatenate([normals, np.eye(2)])
    one, other = plan @ axes.T, box @ axes.T
    return bool(((one.max(0) > other.min(0)) & (one.min(0) < other.max(0))).all())


def test_places_vary_and_lamps_are_softer_than_the_sun():
    specs = [sampled(family, SEEDS[0]) for family in FAMILIES]
    soft = np.array([spec.sky.sun_radius >= 0.05 for spec in specs])
    # Rooms and studios are 0.45 + 0.2 of the clips; some floors know fewer places.
    assert 0.35 < soft.mean() < 0.85
    clouds = [spec.sky.cloud_cover for spec in specs]
    assert max(clouds) > 0.5 > np.median(clouds)
    wide = [camera.aperture > 0 for spec in specs for camera in spec.cameras]
    blurred = [camera.shutter > 0 for spec in specs for camera in spec.cameras]
    # Binomial with p = 1/5: three standard deviations of the share of 100 clips are 0.12.
    assert abs(np.mean(wide) - 0.2) < 0.12
    assert abs(np.mean(blurred) - 0.2) < 0.12


def test_half_of_the_cameras_stand_still():
    still = [len(sampled(family, SEEDS[0]).cameras[0].eye) == 1 for family in FAMILIES]
    # Binomial with p = 1/2: three standard deviations of the share of 100 clips are 0.15.
    assert abs(np.mean(still) - 0.5) < 0.15


def test_a_table_carries_the_same_motion_and_what_it_carries_stands_on_it():
    """Lifted by the table's height, bodies move as on the floor whose contact values it has."""
    found = 0
    for name in ("block_tower", "bouncing_drop", "domino_run"):
        for seed in range(10):
            spec = scene_of("rigid_bodies", name, seed)
            tops = [body for body in spec.bodies if body.name == "table_top"]
            assert bool(tops) == (" table" in spec.caption)
            for top in tops:
                found += 1
                half = _half_extents(top)
                surface = top.position[2] + half[2]
                assert 0.69 < surface < 0.79
                legs = [body for body in spec.bodies if body.name.startswith("table_leg")]
                assert len(legs) == 4
                for leg in legs:
                    low, high = (leg.position[2] + side * _half_extents(leg)[2] for side in (-1, 1))
                    assert abs(low) < 2e-6
                    assert high == pytest.approx(top.position[2] - half[2], abs=3e-6)
                for index in moving(spec):
                    body = spec.bodies[index]
                    offset = np.abs(np.subtract(body.position, top.position))[:2]
                    assert (offset <= half[:2]).all()
                    assert surface_points(body)[:, 2].min() > surface - 3e-6
    assert found >= 3


def _half_extents(body: Body) -> np.ndarray:
    return np.array(body.shape.parameters["half_extents"])
