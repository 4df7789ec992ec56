"""Lens and shutter: what they leave alone, what they blur, and which way."""

import numpy as np

from phys4d_pipeline.render import lens, shutter
from phys4d_pipeline.render.display import DECODED


def picture(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A constant picture of things at all depths, moving everywhere."""
    rgb = np.full((64, 96, 3), (180, 90, 30), np.uint8)
    depth = rng.uniform(0.3, 9, (64, 96)).astype(np.float32)
    depth[:10] = np.inf
    return rgb, depth, rng.normal(0, 12, (64, 96, 2)).astype(np.float32)


def test_lens_and_shutter_leave_a_constant_picture_constant():
    rgb, depth, flow = picture(np.random.default_rng(7))
    blurred = rgb.copy()
    lens.depth_of_field(blurred, depth, focal_px=90.0, aperture=0.05, focus_distance=1.5)
    assert np.abs(blurred.astype(int) - rgb).max() <= 1
    flow[0, 0] = np.nan
    shutter.motion_blur(blurred, depth, flow, -flow, shutter=0.8)
    assert np.abs(blurred.astype(int) - rgb).max() <= 1


def test_a_closed_aperture_and_an_instant_shutter_change_nothing():
    rng = np.random.default_rng(8)
    _, depth, flow = picture(rng)
    rgb = rng.integers(0, 256, (64, 96, 3), np.uint8)
    same = rgb.copy()
    lens.depth_of_field(same, depth, focal_px=90.0, aperture=0.0, focus_distance=1.5)
    shutter.motion_blur(same, depth, flow, -flow, shutter=0.0)
    assert (same == rgb).all()


def test_what_is_in_focus_stays_sharp_before_a_blurred_background():
    rng = np.random.default_rng(9)
    rgb = rng.integers(0, 256, (64, 96, 3), np.uint8)
    depth = np.full((64, 96), 8.0, np.float32)
    depth[16:48, 32:64] = 1.0
    out = rgb.copy()
    lens.depth_of_field(out, depth, focal_px=100.0, aperture=0.1, focus_distance=1.0)
    assert (out[18:46, 34:62] == rgb[18:46, 34:62]).all()
    assert out[:14, :28].std() < 0.4 * rgb[:14, :28].std()


def test_a_moving_bar_smears_along_its_motion_only():
    rgb, depth = np.zeros((64, 128, 3), np.uint8), np.full((64, 128), 5.0, np.float32)
    flow = np.zeros((64, 128, 2), np.float32)
    rgb[:, 60:68], depth[:, 60:68], flow[:, 60:68, 0] = 200, 2.0, 16.0
    out = rgb.copy()
    shutter.motion_blur(out, depth, flow, -flow, shutter=1.0)
    lit = np.flatnonzero(out[32, :, 0] > 3)
    assert 52 <= lit.min() < 60 and 68 <= lit.max() - 0 <= 76  # half the motion to each side
    assert (out[1:] == out[:-1]).all()


def test_every_pixel_gathers_what_the_filter_of_mcguire_says():
    """One by one, in float64, over two squares that move differently (his equations 1 to 7)."""
    rng = np.random.default_rng(10)
    rgb = rng.integers(0, 256, (24, 100, 3), np.uint8)
    depth = np.where(rng.random((24, 100)) < 0.3, 2.0, 5.0).astype(np.float32)
    flow = np.tile(np.array([9.0, -5.0], np.float32), (24, 100, 1)) * rng.random(
        (24, 100, 1), np.float32
    )
    out = rgb.copy()
    shutter.motion_blur(out, depth, flow, -flow, shutter=1.0)
    half = 0.5 * flow.astype(np.float64)
    speed = np.maximum(np.linalg.norm(half, axis=-1), 0.5)
    along = half.reshape(-1, 2)[speed.argmax()]  # the squares are neighbours
    length = float(np.linalg.norm(along))
    taps = 2 * min(int(0.7 * length) + 1, 6) + 1
    for row, column in [(12, 50), (3, 4), (0, 99), (23, 64), (20, 30)]:
        own, total = speed[row, column], 1 / speed[row, column]
        light = DECODED[rgb[row, column]] * total
        for k in set(range(taps)) - {taps // 2}:
            t = (2 * k + 1) / taps - 1
            y, x = np.floor((row, column) + along[::-1] * t + 0.5).astype(int)
            if not (0 <= y < 24 and 0 <= x < 100):
                continue
            other, far = speed[y, x], abs(t) * length
            ahead = 50 * (depth[row, column] / depth[y, x] - 1)
            w = np.clip(1 + ahead, 0, 1) * np.clip(1 - far / other, 0, 1)
            w += np.clip(1 - ahead, 0, 1) * np.clip(1 - far / own, 0, 1)
            w = w / own + (2 / max(own, other) if far < min(own, other) else 0)
            light, total = light + w * DECODED[rgb[y, x]], total + w
        nearest = np.abs(DECODED[:, None] - light / total).argmin(0)
        assert np.abs(out[row, column].astype(int) - nearest).max() <= 1, (row, column)
