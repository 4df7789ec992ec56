"""Scenes of every family, drawn once per test run, and where their bodies are."""

from functools import cache
from itertools import product
from unittest.mock import patch

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.scene import Body, CameraPath, SceneSpec
from phys4d_pipeline.scene_catalog import PRESETS, Family, Preset, catalog, resized, sample_scene
from sim_scenes import staging
from sim_scenes.filming import Shot, film

FAMILIES = [family for members in catalog().values() for family in members.values()]
SEEDS = range(4)
COARSE = resized(PRESETS["demo"], particles=2000)
"""The demo's scenes, with few enough particles to be simulated in seconds."""
AROUND = np.array([d for d in product((-1.0, 0.0, 1.0), repeat=3) if any(d)])
AROUND /= np.linalg.norm(AROUND, axis=1, keepdims=True)
"""(26, 3) unit vectors: towards the faces, edges and corners of a cube."""
every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@cache
def _filmed(category: str, name: str, seed: int) -> tuple[SceneSpec, Shot]:
    shots = []

    def watched(
        rng: np.random.Generator, shot: Shot, *, preset: Preset
    ) -> tuple[CameraPath, float]:
        shots.append(shot)
        return film(rng, shot, preset=preset)

    with patch.object(staging, "film", watched):
        spec = sample_scene(category, seed, family=name, preset=COARSE)
    return spec, shots[-1]


def scene_of(category: str, name: str, seed: int) -> SceneSpec:
    return _filmed(category, name, seed)[0]


def sampled(family: Family, seed: int) -> SceneSpec:
    return scene_of(family.category, family.name, seed)


def shot_of(family: Family, seed: int) -> Shot:
    """What the family asked the camera to keep in the picture."""
    return _filmed(family.category, family.name, seed)[1]


def drawn_again(family: Family, seed: int) -> SceneSpec:
    return sample_scene(family.category, seed, family=family.name, preset=COARSE)


def moving(spec: SceneSpec) -> list[int]:
    return [index for index, body in enumerate(spec.bodies) if not body.is_static]


def in_picture(spec: SceneSpec, centres: np.ndarray) -> np.ndarray:
    """(frames, bodies) from (frames, bodies, 3)."""
    camera = scene_camera(spec, 0)
    seen = []
    for frame, points in enumerate(centres):
        pixels, depth = camera.project(points, frame)
        within = (pixels >= 0) & (pixels <= (spec.width, spec.height))
        seen.append(within.all(1) & (depth > 0))
    return np.array(seen)


def surface_points(body: Body) -> np.ndarray:
    """Corners, middles of edges and of faces, in the world; of a rope, balls at its points [m]."""
    if body.form == "rope":
        return (np.array(body.points)[:, None] + body.shape.parameters["radius"] * AROUND).reshape(
            -1, 3
        )
    if body.form == "deforming" and body.points:
        return np.array(body.points)
    mesh = shapes.build(body.shape).mesh
    corners = mesh.vertices[mesh.faces]
    edges = (corners + np.roll(corners, 1, 1)).reshape(-1, 3) / 2
    points = np.concatenate([mesh.vertices, corners.mean(1), edges])
    turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
    return points @ turn.T + body.position
