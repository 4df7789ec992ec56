"""The warp score: exact truth is consistent, and what is consistent but worthless is flagged."""

import math

import pytest
import torch
from moving_scenes import approaching_ball, tilted_plane

from phys4d_pipeline.metrics.pixels import pixel_mse, psnr
from phys4d_pipeline.metrics.warp import WarpScore, seen_again, warp_score
from phys4d_pipeline.objectives import Truth


def score(truth: Truth, depth: torch.Tensor, motion: torch.Tensor) -> WarpScore:
    return warp_score(depth[0], motion[0], truth.warp_mask()[0], true_motion=truth.motion[0])


def test_exact_truth_has_no_error() -> None:
    truth = tilted_plane()
    found = score(truth, truth.depth, truth.motion)
    assert found.error < 1e-6 and found.coverage > 0.8  # float32 of about 5 m
    assert found.motion_ratio == pytest.approx(1.0) and found.flags == ()


def test_flow_without_dz_is_off_by_dz() -> None:
    truth = tilted_plane(tilt=0.0)
    motion = truth.motion.clone()
    motion[:, 2] = 0.0
    expected = sum(0.3 / z for z in (5.0, 4.7, 4.4)) / 3
    assert score(truth, truth.depth, motion).error == pytest.approx(expected, rel=0.02)


def test_nothing_that_moves_is_flagged_however_consistent() -> None:
    truth = approaching_ball()
    flat = score(truth, torch.full_like(truth.depth, 3.0), torch.zeros_like(truth.motion))
    assert flat.error < 1e-6 and flat.motion_ratio == 0.0
    assert any("nothing moves" in flag for flag in flat.flags)
    exact = score(truth, truth.depth, truth.motion)
    assert exact.error > flat.error and exact.flags == ()  # the degenerate clip scores better


def test_a_still_truth_has_no_motion_ratio() -> None:
    truth = tilted_plane(speed=0.0)
    found = score(truth, truth.depth, truth.motion)
    assert math.isnan(found.motion_ratio) and found.flags == ()


def test_too_few_pixels_refuse_a_score() -> None:
    truth = tilted_plane()
    mask = torch.zeros_like(truth.warp_mask()[0])
    mask[:, :, 10, 10] = True
    found = warp_score(truth.depth[0], truth.motion[0], mask, true_motion=truth.motion[0])
    assert math.isnan(found.error) and found.coverage < 0.05
    assert "coverage 0.001 is below 0.05" in found.flags[0]
    everything_lost = truth.motion.clone()
    everything_lost[:, :2] += 1e3
    mask = seen_again(truth.depth[0], everything_lost[0])
    away = warp_score(truth.depth[0], everything_lost[0], mask, true_motion=truth.motion[0])
    assert math.isnan(away.error) and len(away.flags) == 2


def test_failed_depth_cannot_shrink_the_mask() -> None:
    truth = tilted_plane()
    depth = truth.depth.clone()
    depth[..., 8:16, :] = math.nan
    found = score(truth, depth, truth.motion)
    assert math.isnan(found.error) and "no finite residual" in found.flags[0]


def test_hidden_pixels_are_not_asked_about_without_truth() -> None:
    truth = approaching_ball()
    mask = seen_again(truth.depth[0], truth.motion[0])
    found = warp_score(truth.depth[0], truth.motion[0], mask, true_motion=truth.motion[0])
    assert found.coverage > 0.8 and found.error < 0.03
    # A wall pixel that the growing ball covers in the next frame is hidden.
    covered = (truth.segmentation[0, 1:] == 1) & (truth.segmentation[0, :-1] == 0)
    assert covered.any() and not (mask[0] & covered).any()


def test_pixel_error_is_on_the_scale_of_one() -> None:
    video, truth = torch.ones(3, 2, 4, 5), -torch.ones(3, 2, 4, 5)
    truth[:, 1] = 0.8
    torch.testing.assert_close(pixel_mse(video, truth), torch.tensor([1.0, 0.01]))
    assert psnr(0.01) == pytest.approx(20.0)
    assert psnr(0.0) == math.inf
