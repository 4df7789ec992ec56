"""Means, paired changes and their intervals against closed forms."""

import numpy as np
import pytest

from training_jobs.lessons.measures import interval
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
