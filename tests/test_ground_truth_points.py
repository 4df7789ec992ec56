"""Rendered clips of bodies with points against the recorded points, whole and tampered with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analytic_clip import make_spec
from points_scenes import make_body, points_states
from store_clips import writer_of

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.ground_truth_checks import ground_truth_checks
from phys4d_pipeline.render import render
from phys4d_pipeline.scene import SceneSpec, Shape
from phys4d_pipeline.states import States
from phys4d_pipeline.store import encode_chunk, open_store

T = 3
CLOTH = {"width": 0.8, "depth": 0.8, "columns": 30.0, "rows": 30.0}
ROPE = {"length": 1.2, "radius": 0.05, "segments": 30.0, "sides": 16.0}
BOX = {"half_extents": (0.15, 0.15, 0.15)}
EGG = {"length": 0.5, "radius": 0.2, "taper": 0.2, "cell": 0.1}


def scene() -> tuple[SceneSpec, States]:
    """Beside each other: a waving cloth, a swinging rope, grains, a drop, a wobbling egg."""
    rng = np.random.default_rng(11)
    at = np.arange(T)[:, None] / 60
    x, y, _ = shapes.mesh(Shape(kind="sheet", parameters=CLOTH)).vertices.T
    wave = 0.1 * np.sin(6 * x + 20 * at) + 0.05 * np.cos(5 * y)
    cloth = np.stack([np.broadcast_to(y, wave.shape), wave, np.broadcast_to(x, wave.shape)], -1)
    along = np.linspace(-0.6, 0.6, 31)
    swing = 0.2 * np.cos(3 * along + 10 * at)
    rope = np.stack([swing, np.broadcast_to(along, swing.shape), 0.2 * np.sin(swing + at)], -1)
    ball = rng.uniform(-0.15, 0.15, (1500, 3))
    ball = ball[np.linalg.norm(ball, axis=1) < 0.15]
    spin = np.cross([0.0, 0.0, 3.0], ball)
    grains = ball + at[..., None] * rng.normal(size=ball.shape)
    drop = ball + at[..., None] * np.add(spin, (0.5, 0.0, 0.0))
    egg = shapes.tetrahedra(Shape(kind="egg", parameters=EGG)).nodes
    egg = egg * (1.0 + 0.2 * np.sin(9 * at[..., None] + [0.0, 1.0, 2.0]))
    kinds = (
        ("cloth", "deforming", "sheet", CLOTH, np.add(cloth, (0.6, -0.6, 0.9))),
        ("rope", "rope", "rope", ROPE, np.add(rope, (-0.8, 0.5, 0.3))),
        ("grains", "particles", "box", BOX, np.add(grains, (-0.4, -0.5, 0.25))),
        ("drop", "liquid", "box", BOX, np.add(drop, (0.2, 1.2, 0.3))),
        ("egg", "soft", "egg", EGG, np.add(egg, (0.9, 0.5, 0.3))),
    )
    spec = make_spec(num_frames=T, width=320, height=240)
    bodies = tuple(make_body(form, kind, shape, name=name) for name, form, kind, shape, _ in kinds)
    points = {index: parts[-1].astype(np.float32) for index, parts in enumerate(kinds)}
    radii = {index: np.full(len(ball), 0.012, np.float32) for index in (2, 3)}
    states = replace(points_states(points, radii=radii), solver_version="analytic-1")
    return replace(spec, bodies=bodies), states


@pytest.fixture(scope="module")
def frames():
    return list(render(*scene()))


def folded() -> tuple[SceneSpec, States]:
    """A cloth folded double: its layers touch, and slide over each other."""
    x, y, _ = shapes.mesh(Shape(kind="sheet", parameters=CLOTH)).vertices.T
    slide = 0.004 * np.arange(T)[:, None] * np.sign(x)  # 0.25 px a frame at 4 m
    behind = np.broadcast_to(np.where(x > 0, 5e-5, 0.0), slide.shape)
    points = np.stack([behind, np.abs(x) - 0.2 + slide, np.broadcast_to(y + 0.6, slide.shape)], -1)
    spec = make_spec(num_frames=T, width=320, height=240)
    states = replace(points_states({0: points.astype(np.float32)}), solver_version="analytic-1")
    return replace(spec, bodies=(make_body("deforming", "sheet", CLOTH, name="cloth"),)), states


def measured(frames, states: States, path: Path, spec: SceneSpec | None = None) -> dict[str, Check]:
    """Checks of pictures, of `scene` if not told, stored with these states."""
    spec = spec or scene()[0]
    camera = scene_camera(spec, 0)
    with writer_of(open_store(path), spec) as writer:
        writer.add(0, encode_chunk(frames, camera))
        checks = ground_truth_checks(writer.draft(states))
    return {check.name.removeprefix("ground_truth/"): check for check in checks}


def test_pictures_of_points_agree_with_the_points(frames, tmp_path: Path) -> None:
    seen = np.bincount(frames[1].segmentation.ravel(), minlength=6)
    assert (seen[1:] > 200).all()
    checks = measured(frames, scene()[1], tmp_path)
    assert [name for name, check in checks.items() if not check.passed] == []


@pytest.mark.parametrize("index", range(5))
def test_a_body_that_moved_elsewhere_is_found_out(frames, tmp_path: Path, index: int) -> None:
    states = scene()[1]
    points = states.points[index].copy()
    points[2] += np.float32([0.0, 0.004, 0.0])  # 0.3 px at 4 m
    checks = measured(frames, replace(states, points={**states.points, index: points}), tmp_path)
    assert not checks["flow_from_depth_and_poses"].passed


@pytest.mark.parametrize("index", range(5))
def test_a_body_that_was_elsewhere_is_found_out(frames, tmp_path: Path, index: int) -> None:
    states = scene()[1]
    points = states.points[index] + np.float32([0.05, 0.0, 0.0])
    checks = measured(frames, replace(states, points={**states.points, index: points}), tmp_path)
    assert not checks["bodies_where_their_points_are"].passed


def test_what_lies_on_itself_is_not_taken_for_its_other_layer(tmp_path: Path) -> None:
    spec, states = folded()
    checks = measured(list(render(spec, states)), states, tmp_path, spec)
    assert [name for name, check in checks.items() if not check.passed] == []
