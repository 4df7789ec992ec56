"""Clear bodies against closed forms, and thin panes, behind which all layers look."""

from dataclasses import fields, replace

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.render import GroundTruth, render
from phys4d_pipeline.render.display import DECODED
from phys4d_pipeline.render.geometry import (
    BASE,
    CLEAR,
    FRONT,
    INDEX,
    NUM_COLUMNS,
    THIN,
    Geometry,
    View,
)
from phys4d_pipeline.render.glass import Behind, refract
from phys4d_pipeline.render.planes import (
    BEND_X,
    GLOW_RED,
    HIT,
    NUM_PLANES,
    POINT_X,
    RAY_X,
    WORLD_X,
    WORLD_Z,
    Z,
)
from phys4d_pipeline.scene import Surface
from tests import toy_films, toys
from tests.even_light import lighting

N = 256


def clear_span(base: float, index: float) -> tuple:
    """A slab 0.1 m thick, seen straight on at 1 m; a picture 2 m away."""
    rng = np.random.default_rng(10)
    view = View(
        lens=np.array([100, 100, 50, 50], np.float32),
        pose=np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 1]], np.float32),
        to_next=np.eye(3, 4, dtype=np.float32),
        to_previous=np.eye(3, 4, dtype=np.float32),
    )
    values: dict[str, np.ndarray] = {}
    for name in Geometry._fields:
        values[name] = np.zeros((1, 3), np.int32 if name == "faces" else np.float32)
    values["radii"] = np.zeros(0, np.float32)
    values["face_object"], values["sides"] = np.ones(1, np.uint16), np.full(2, FRONT, np.uint8)
    geometry = Geometry(**values)
    materials = np.zeros((2, NUM_COLUMNS), np.float32)
    materials[1, BASE : BASE + 3], materials[1, CLEAR], materials[1, INDEX] = base, 1, index
    behind = Behind(
        np.repeat(rng.integers(20, 230, (1, 100, 100, 1), np.uint8), 3, -1),
        np.full((1, 100, 100), 2.0, np.float32),
        np.full((1, 100, 100), 1.1, np.float32),
        np.zeros(2, np.uint8),
    )
    P = np.zeros((NUM_PLANES, N), np.float32)
    rows, columns = rng.integers(40, 60, (2, N))
    P[RAY_X], P[RAY_X + 1] = (columns + 0.5 - 50) / 100, (rows + 0.5 - 50) / 100
    P[WORLD_X], P[WORLD_X + 1], P[WORLD_Z] = P[RAY_X], 1, -P[RAY_X + 1]
    P[POINT_X], P[POINT_X + 1], P[POINT_X + 2] = P[WORLD_X], 1, 1 + P[WORLD_Z]
    P[BEND_X + 1], P[Z], P[HIT] = -1, 1, 1
    keys, ids = np.ones(N, np.uint64), np.ones(N, np.uint16)
    arguments = (keys, ids, view, geometry, materials, behind)
    return arguments, P, behind.rgb[0, rows, columns]


def test_clear_matter_of_air_shows_the_picture_behind():
    arguments, P, seen = clear_span(base=1.0, index=1.0)
    refract(*arguments, lighting(), P)
    cosine = 1 / np.linalg.norm(P[WORLD_X : WORLD_Z + 1], axis=0)
    light = P[GLOW_RED] / (1 - 0.04 - 0.96 * (1 - cosine) ** 5)
    np.testing.assert_allclose(light, DECODED[seen[:, 0]], rtol=0.02, atol=2e-3)


def test_clear_matter_absorbs_by_beer_and_lambert():
    shown = []
    for base in (1.0, 0.25):
        arguments, P, _ = clear_span(base=base, index=1.0)
        refract(*arguments, lighting(), P)
        shown.append(P[GLOW_RED].copy())
    length = 0.1 * np.linalg.norm(P[WORLD_X : WORLD_Z + 1], axis=0)
    np.testing.assert_allclose(shown[1] / shown[0], 0.25 ** (length / 0.1), rtol=1e-3)


@pytest.mark.parametrize("index", [1.0, 1.5, 2.4])
def test_a_thin_pane_bends_nothing_and_takes_its_share_whatever_its_index(index):
    arguments, P, seen = clear_span(base=0.8, index=index)
    arguments[4][1, THIN] = 1
    P[BEND_X : BEND_X + 3] += np.random.default_rng(12).normal(0, 0.2, (3, N))
    P[BEND_X : BEND_X + 3] /= np.linalg.norm(P[BEND_X : BEND_X + 3], axis=0)
    refract(*arguments, lighting(), P)
    direction = P[WORLD_X : WORLD_Z + 1] / np.linalg.norm(P[WORLD_X : WORLD_Z + 1], axis=0)
    cosine = -(direction * P[BEND_X : BEND_X + 3]).sum(0)
    passing = 1 - 0.04 - 0.96 * (1 - cosine) ** 5  # Schlick
    light = 0.8 * passing * DECODED[seen[:, 0]]
    np.testing.assert_allclose(P[GLOW_RED], light, rtol=0.02, atol=2e-3)


def test_glass_is_finite_at_the_edges_of_the_picture_and_for_any_normal():
    (keys, ids, view, geometry, materials, behind), P, _ = clear_span(base=0.9, index=1.5)
    rng = np.random.default_rng(11)
    P[RAY_X : RAY_X + 2] = rng.uniform(-2, 2, (2, N))
    P[WORLD_X : WORLD_Z + 1] = rng.normal(size=(3, N))
    P[BEND_X : BEND_X + 3] = rng.normal(size=(3, N))
    P[BEND_X : BEND_X + 3, :20] = 0
    behind.depth[:, ::3], behind.exit[:, :, ::2] = np.inf, 0
    refract(keys, ids, view, geometry, materials, behind, lighting(), P)
    glowing = P[GLOW_RED : GLOW_RED + 3]
    assert np.isfinite(glowing).all() and glowing.min() >= 0


def test_clear_water_is_seen_through_a_pane_of_glass():
    """And a pane in front of it hides neither its colour nor how deep it is."""
    box = toys.shape("box", half_extents=(0.3, 0.3, 0.3))
    blue = Surface(base_color=(0.05, 0.2, 0.9), roughness=0.0, transmission=1.0)
    water = replace(toys.body("water", box, (0.0, 0.0, 0.3), surface=blue), form="liquid")
    clear = replace(blue, base_color=(1.0, 1.0, 1.0), refractive_index=1.0)
    pane = toys.body(
        "pane", toys.shape("box", half_extents=(0.5, 0.01, 0.5)), (0.0, -0.45, 0.5), surface=clear
    )
    eye = {"eye": ((0.0, -2.5, 0.8),), "target": ((0.0, 0.0, 0.3),), "vertical_fov": 0.6}
    places = np.stack(np.meshgrid(*[np.arange(-0.285, 0.3, 0.03)] * 3), -1).reshape(1, -1, 3)
    points, radii = {0: np.add(places, (0, 0, 0.3))}, {0: np.full(places.shape[1], 0.015)}
    shown = []
    for bodies in ([water], [water, pane]):
        spec = toys.scene(bodies, num_frames=1, **eye)
        states = toys.drifting(spec, points=points, radii=radii)
        (frame,) = render(spec, states)
        shown.append(frame)
    without, through = shown
    behind = (without.segmentation == 1) & (through.segmentation == 2)
    assert behind.sum() > 1000
    red, blue = (through.rgb[behind][:, k].astype(int) for k in (0, 2))
    assert np.median(blue - red) > 60  # the pane itself has no colour
    apart = np.abs(through.rgb[behind].astype(int) - without.rgb[behind])
    assert np.median(apart) <= 12  # it reflects 4 % at this angle


def assert_same_but_rgb(one: GroundTruth, other: GroundTruth) -> None:
    for each in fields(one):
        if each.name != "rgb":
            a, b = getattr(one, each.name), getattr(other, each.name)
            np.testing.assert_array_equal(a, b, err_msg=each.name)


def test_every_layer_but_the_picture_is_that_of_the_scene_without_its_panes():
    spec, states = toy_films.panes()
    bare = replace(spec, bodies=tuple(b for b in spec.bodies if not b.surface.thin_walled))
    moved = toys.drifting(bare, points=states.points, radii=states.radii)
    moved = replace(moved, temperatures=states.temperatures)
    changed = []
    for with_panes, without in zip(render(spec, states), render(bare, moved), strict=True):
        assert_same_but_rgb(with_panes, without)
        assert with_panes.temperature is not None
        apart = np.abs(with_panes.rgb.astype(int) - without.rgb).max(-1)
        changed.append((apart > 3).mean())
        through = (apart > 3) & (without.segmentation > 0)
        assert through.sum() > 500  # bodies behind panes
        assert np.median(apart[through]) < 40  # and seen through them
    assert min(changed) > 0.05 and max(changed) < 0.7


def test_a_pane_is_refused_if_it_lets_no_light_through():
    spec, _ = toy_films.panes()
    pane = spec.bodies[-1]
    opaque = replace(pane, surface=replace(pane.surface, transmission=0.0))
    with pytest.raises(SceneError, match="thin_walled panes are clear"):
        replace(spec, bodies=(*spec.bodies[:-1], opaque))
