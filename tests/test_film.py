"""Lens and shutter: what they leave alone, what they blur, and which way."""

import numpy as np

from phys4d_pipeline.render import film


def picture(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A constant picture of things at all depths, moving everywhere."""
    rgb = np.full((64, 96, 3), (180, 90, 30), np.uint8)
    depth = rng.uniform(0.3, 9, (64, 96)).astype(np.float32)
    depth[:10] = np.inf
    return rgb, depth, rng.normal(0, 12, (64, 96, 2)).astype(np.float32)


def test_lens_and_shutter_leave_a_constant_picture_constant():
    rgb, depth, flow = picture(np.random.default_rng(7))
    blurred = rgb.copy()
    film.depth_of_field(blurred, depth, focal_px=90.0, aperture=0.05, focus_distance=1.5)
    assert np.abs(blurred.astype(int) - rgb).max() <= 1
    flow[0, 0] = np.nan
    film.motion_blur(blurred, depth, flow, -flow, shutter=0.8)
    assert np.abs(blurred.astype(int) - rgb).max() <= 1


def test_a_closed_aperture_and_an_instant_shutter_change_nothing():
    rng = np.random.default_rng(8)
    _, depth, flow = picture(rng)
    rgb = rng.integers(0, 256, (64, 96, 3), np.uint8)
    same = rgb.copy()
    film.depth_of_field(same, depth, focal_px=90.0, aperture=0.0, focus_distance=1.5)
    film.motion_blur(same, depth, flow, -flow, shutter=0.0)
    assert (same == rgb).all()


def test_what_is_in_focus_stays_sharp_before_a_blurred_background():
    rng = np.random.default_rng(9)
    rgb = rng.integers(0, 256, (64, 96, 3), np.uint8)
    depth = np.full((64, 96), 8.0, np.float32)
    depth[16:48, 32:64] = 1.0
    out = rgb.copy()
    film.depth_of_field(out, depth, focal_px=100.0, aperture=0.1, focus_distance=1.0)
    assert (out[18:46, 34:62] == rgb[18:46, 34:62]).all()
    assert out[:14, :28].std() < 0.4 * rgb[:14, :28].std()


def test_a_moving_bar_smears_along_its_motion_only():
    rgb, depth = np.zeros((64, 128, 3), np.uint8), np.full((64, 128), 5.0, np.float32)
    flow = np.zeros((64, 128, 2), np.float32)
    rgb[:, 60:68], depth[:, 60:68], flow[:, 60:68, 0] = 200, 2.0, 16.0
    out = rgb.copy()
    film.motion_blur(out, depth, flow, -flow, shutter=1.0)
    lit = np.flatnonzero(out[32, :, 0] > 3)
    assert 52 <= lit.min() < 60 and 68 <= lit.max() - 0 <= 76  # half the motion to each side
    assert (out[1:] == out[:-1]).all()
