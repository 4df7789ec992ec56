"""Patterns: bounds, slopes, fading, and a small picture of every kind.

The pictures in tests/golden are made again by: python -m tests.test_materials
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from phys4d_pipeline.jit import fast
from phys4d_pipeline.render import render
from phys4d_pipeline.render.noise import noise2, noise3
from phys4d_pipeline.render.textures import KINDS, SOLID, flat_span, solid_span
from phys4d_pipeline.scene import SceneSpec, Surface, Texture, Vec3
from tests import toys

GOLDEN = Path(__file__).parent / "golden"
F = np.float32
N = 1024
Look = tuple[Vec3, Vec3, float, float]
"""Base colour, second colour, roughness, metallic."""
WOODEN: Look = ((0.50, 0.31, 0.15), (0.20, 0.10, 0.04), 0.4, 0.0)
LOOKS: dict[str, Look] = {
    "plain": ((0.6, 0.1, 0.08), (0.5, 0.5, 0.5), 0.3, 0.0),
    "checker": ((0.7, 0.68, 0.63), (0.16, 0.17, 0.19), 0.2, 0.0),
    "wood": WOODEN,
    "marble": ((0.74, 0.72, 0.68), (0.3, 0.29, 0.28), 0.15, 0.0),
    "stripes": ((0.58, 0.04, 0.03), (0.8, 0.8, 0.7), 0.4, 0.0),
    "dots": ((0.03, 0.12, 0.56), (0.8, 0.56, 0.06), 0.4, 0.0),
    "brick": ((0.38, 0.15, 0.09), (0.46, 0.42, 0.37), 0.85, 0.0),
    "noise": ((0.42, 0.41, 0.39), (0.25, 0.245, 0.235), 0.85, 0.0),
    "fabric": ((0.28, 0.03, 0.05), (0.12, 0.01, 0.02), 0.95, 0.0),
    "metal": ((0.56, 0.57, 0.58), (0.09, 0.1, 0.12), 0.3, 1.0),
    "fruit": ((0.85, 0.35, 0.03), (0.75, 0.12, 0.02), 0.4, 0.0),
    "plaster": ((0.72, 0.68, 0.6), (0.55, 0.52, 0.46), 0.9, 0.0),
    "grass": ((0.05, 0.16, 0.02), (0.22, 0.34, 0.06), 0.95, 0.0),
    "sand": ((0.62, 0.48, 0.3), (0.35, 0.24, 0.14), 0.95, 0.0),
    "asphalt": ((0.09, 0.09, 0.09), (0.3, 0.29, 0.28), 0.9, 0.0),
    "tiles": ((0.72, 0.74, 0.72), (0.3, 0.29, 0.28), 0.15, 0.0),
    "gores": ((0.58, 0.04, 0.03), (0.84, 0.84, 0.8), 0.2, 0.0),
}


def swatch(kind: str) -> SceneSpec:
    """A ball and a box of one material on ground of it, 64 x 64."""
    base, second, roughness, metallic = LOOKS[kind]
    surface = Surface(
        base_color=base,
        roughness=roughness,
        metallic=metallic,
        texture=Texture(kind=kind, scale=0.15, second_color=second),
    )
    ball = toys.shape("sphere", radius=0.12)
    box = toys.shape("box", half_extents=(0.09, 0.09, 0.07))
    bodies = [
        toys.body("ball", ball, (0.0, 0.0, 0.12), surface=surface),
        toys.body("box", box, (0.22, -0.12, 0.07), surface=surface),
    ]
    spec = toys.scene(
        bodies,
        eye=((0.6, -0.6, 0.4),),
        target=((0.1, -0.03, 0.07),),
        num_frames=1,
        size=(64, 64),
        vertical_fov=0.7,
    )
    return replace(spec, ground=replace(spec.ground, surface=surface))


def picture(kind: str) -> np.ndarray:
    spec = swatch(kind)
    return next(iter(render(spec, toys.drifting(spec)))).rgb


def test_every_kind_has_a_swatch():
    assert set(LOOKS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_stay_as_they_were(kind):
    now = picture(kind).astype(int)
    then = np.asarray(cv2.imread(str(GOLDEN / f"{kind}.png")))[..., ::-1].astype(int)
    difference = np.abs(now - then)
    # Another CPU may round differently; a texel of shadow or a pixel of an edge may tip over.
    assert difference.mean() <= 2 and np.quantile(difference, 0.995) <= 12


def run(kind: str, points: np.ndarray, footprint: float) -> np.ndarray:
    """(5, N) weight, roughness change, slopes."""
    code = KINDS.index(kind)
    size = np.full(N, footprint, np.float32)
    out = np.zeros((5, N), np.float32)
    x, y, z = points.astype(np.float32)
    if SOLID[code]:
        solid_span(code, x, y, z, size, *out)
    else:
        flat_span(code, x, y, size, size, *out[:4])
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("footprint", [1e-5, 0.01, 0.3, 20.0])
def test_patterns_are_finite_and_within_their_colours(kind, footprint):
    points = np.random.default_rng(1).uniform(-60, 60, (3, N))
    out = run(kind, points, footprint)
    assert np.isfinite(out).all()
    assert out[0].min() >= -0.2 and out[0].max() <= 1.001  # bricks may be burnt darker
    assert np.abs(out[2:]).max() < 4


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_fade_before_they_alias(kind):
    points = np.random.default_rng(2).uniform(-60, 60, (3, N))
    near, far = run(kind, points, 1e-4), run(kind, points, 6.0)
    assert far[0].std() < 0.35 * near[0].std() + 0.02
    assert np.abs(far[2:]).mean() < 0.03


@fast
def _noise(x, y, z, flat, solid):
    for i in range(len(x)):
        flat[0, i], flat[1, i], flat[2, i] = noise2(x[i], y[i], 5)
        solid[0, i], solid[1, i], solid[2, i], solid[3, i] = noise3(x[i], y[i], z[i], 5)


def noises(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat, solid = np.empty((3, N), np.float32), np.empty((4, N), np.float32)
    _noise(*points.astype(np.float32), flat, solid)
    return flat, solid


def test_slopes_of_noise_are_its_derivatives():
    points = np.random.default_rng(3).uniform(-20, 20, (3, N))
    points = np.floor(points) + 0.1 + 0.8 * (points - np.floor(points))  # not across cells
    step = 4e-3
    flat, solid = noises(points)
    for axis in range(3):
        shift = np.zeros((3, 1))
        shift[axis] = step
        (f1, s1), (f0, s0) = noises(points + shift), noises(points - shift)
        # float32 positions near 20 are 2e-6 fine: 1e-3 of the step.
        np.testing.assert_allclose(solid[1 + axis], (s1[0] - s0[0]) / (2 * step), atol=8e-3)
        if axis < 2:
            np.testing.assert_allclose(flat[1 + axis], (f1[0] - f0[0]) / (2 * step), atol=8e-3)
    assert flat[0].min() >= 0 and flat[0].max() <= 1 and flat[0].std() > 0.1


def test_relief_bends_the_normals_that_light_sees_but_not_ground_truth():
    spec = swatch("brick")
    frame = next(iter(render(spec, toys.drifting(spec))))
    ground = (frame.segmentation == 0) & np.isfinite(frame.depth)
    assert np.ptp(frame.normals[ground], axis=0).max() < 1e-5


def test_grains_have_tones_between_the_two_colours_of_their_pattern():
    """One each, and as many as there are grains: a heap does not look like plastic."""
    red, blue = (0.5, 0.02, 0.02), (0.02, 0.02, 0.5)
    texture = Texture(kind="sand", scale=0.01, second_color=blue)
    surface = Surface(base_color=red, roughness=1.0, texture=texture)
    places = np.stack(np.meshgrid(np.arange(20), np.arange(12), [0.0]), -1).reshape(1, -1, 3)
    places = 0.1 * places + (-0.95, -0.55, 0.05)
    pile = replace(toys.cloud("grains"), surface=surface)
    spec = toys.scene([pile], num_frames=1, eye=((0.0, -0.01, 2.4),), target=((0.0, 0.0, 0.0),))
    states = toys.drifting(spec, points={0: places}, radii={0: np.full(240, 0.045)})
    (frame,) = render(spec, states)
    seen = frame.rgb[frame.segmentation == 1].astype(float)
    assert len(seen) > 5000 and seen.max() < 250
    share = seen[:, 0] / (seen[:, 0] + seen[:, 2])  # of display values
    assert (share > 0.03).all() and (share < 0.95).all()  # under a blue sky
    assert np.percentile(share, 10) < 0.4 and np.percentile(share, 90) > 0.6


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in KINDS:
        cv2.imwrite(str(GOLDEN / f"{name}.png"), picture(name)[..., ::-1])
