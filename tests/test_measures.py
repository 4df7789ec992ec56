"""Means, paired changes and their intervals against closed forms."""

import numpy as np
import pytest
import torch

from phys4d_pipeline.models.heads import Geometry
from training_jobs.lessons.measures import geometry_errors, interval
from training_jobs.measure import tables


def test_the_interval_of_one_seed_is_that_of_the_mean_over_clips():
    values = np.random.default_rng(0).normal(3.0, 2.0, (1, 400))
    mean, half = interval(values, np.random.default_rng(1))
    assert mean == values.mean()
    assert half == pytest.approx(1.96 * values.std() / 20, rel=0.08)


def test_seeds_that_differ_widen_the_interval():
    clips = np.random.default_rng(0).normal(0.0, 0.1, 100)
    _, alike = interval(np.stack([clips] * 3), np.random.default_rng(1))
    _, apart = interval(np.stack([clips - 1, clips, clips + 1]), np.random.default_rng(1))
    assert apart > 10 * alike


def test_what_was_not_measured_does_not_count():
    assert interval(np.array([[1.0, np.nan, 3.0]]), np.random.default_rng(0))[0] == 2.0
    assert np.isnan(interval(np.full((2, 3), np.nan), np.random.default_rng(0))[0])


def test_changes_are_paired_clip_by_clip():
    before = [{"warp": float(clip)} for clip in range(50)]
    after = [{"warp": clip - 0.25} for clip in range(50)]
    lines = tables([{"stage1": before, "stage2": after}] * 3, {"stage2": "stage1"})
    assert lines[-1] == "| warp | -0.25 +- 0 |"
    assert "| warp | 24.5 +- " in lines[2]


def test_a_seed_that_lacks_a_stage_counts_for_the_others():
    two = {"stage2": [{"warp": 1.0}], "stage3": [{"warp": 0.5}]}
    lines = tables([two, {"stage2": [{"warp": 3.0}]}], {"stage3": "stage2"})
    assert lines[2] == "| warp | 2 +- 1 | 0.5 +- 0 |"
    assert lines[-1] == "| warp | -0.5 +- 0 |"


def test_one_factor_for_a_whole_clip_is_forgiven():
    truth = {
        "depth": torch.linspace(1.0, 4.0, 3 * 4 * 5).view(1, 1, 3, 4, 5),
        "motion": torch.zeros(1, 3, 3, 4, 5),
        "segmentation": torch.zeros(1, 3, 4, 5, dtype=torch.int32),
        "occluded_forward": torch.zeros(1, 3, 4, 5, dtype=torch.uint8),
    }
    truth["segmentation"][:, :, 1:3, 2:4] = 1
    truth["depth"][:, :, :, 0, 0] = torch.inf
    told = Geometry(depth=3 * truth["depth"].nan_to_num(posinf=9.0), motion=truth["motion"])
    found = geometry_errors(told, truth)
    assert found["abs_rel"] == pytest.approx(2.0) == found["abs_rel_bodies"]
    assert found["abs_rel_scaled"] == pytest.approx(0.0, abs=1e-6)
    flickers = told.depth * torch.tensor([1.0, 1.0, 2.0]).view(3, 1, 1)  # a factor per frame is not
    found = geometry_errors(Geometry(depth=flickers, motion=told.motion), truth)
    assert found["abs_rel_scaled"] == pytest.approx(1 / 3)
    assert found["abs_rel_scaled_bodies"] == pytest.approx(1 / 3)
