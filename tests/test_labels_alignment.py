import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phys4d_pipeline.errors import LabelError
from phys4d_pipeline.labels.alignment import ScaleShift, fit, fit_clip
from phys4d_pipeline.labels.estimator import Kind


@given(st.floats(0.01, 100.0), st.floats(-5.0, 5.0), st.booleans())
def test_a_known_scale_and_shift_come_back(scale: float, shift: float, robust: bool) -> None:
    label = np.random.default_rng(0).uniform(0.1, 3.0, 200)
    found = fit(label, scale * label + shift, robust=robust)
    assert found.scale == pytest.approx(scale, rel=1e-6)
    assert found.shift == pytest.approx(shift, rel=1e-6, abs=1e-6 * scale)


def test_a_fifth_of_outliers_moves_least_squares_only() -> None:
    rng = np.random.default_rng(1)
    label = rng.uniform(0.1, 3.0, 1000)
    reference = 2 * label + 0.5
    reference[:200] += 20.0
    assert abs(fit(label, reference, robust=False).shift - 0.5) > 1.0
    robust = fit(label, reference)
    assert robust.scale == pytest.approx(2.0, abs=1e-3)
    assert robust.shift == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("kind", [Kind.AFFINE_DEPTH, Kind.AFFINE_DISPARITY])
def test_affine_labels_of_a_clip_become_its_depth(kind: Kind) -> None:
    rng = np.random.default_rng(2)
    depths = [rng.uniform(1.0, 9.0, (64, 48)).astype(np.float32) for _ in range(3)]
    space = [1 / depth if kind is Kind.AFFINE_DISPARITY else depth for depth in depths]
    labels = [(each - 0.2) / np.float32(3.0) for each in space]
    everywhere = np.ones((64, 48), bool)
    found = fit_clip(((a, b, everywhere) for a, b in zip(labels, depths, strict=True)), kind)
    for label, depth in zip(labels, depths, strict=True):
        np.testing.assert_allclose(found.depth(label, kind), depth, rtol=1e-4)  # float32


def test_one_pair_per_clip_does_not_hide_flicker() -> None:
    truth = np.random.default_rng(3).uniform(1.0, 9.0, (64, 48)).astype(np.float32)
    everywhere = np.ones((64, 48), bool)
    flicker = [np.float32(gain) * truth for gain in (0.8, 1.0, 1.2)]
    found = fit_clip(((each, truth, everywhere) for each in flicker), Kind.AFFINE_DEPTH)
    errors = [np.abs(found.depth(each, Kind.AFFINE_DEPTH) / truth - 1).mean() for each in flicker]
    assert max(errors) > 0.1  # each frame by itself would be perfect


def test_far_disparities_stay_finite() -> None:
    aligned = ScaleShift(scale=1.0, shift=0.0)
    depth = aligned.depth(np.float32([0.5, 0.0, -1.0]), Kind.AFFINE_DISPARITY)
    np.testing.assert_allclose(depth, [2.0, 1000.0, 1000.0])


def test_a_label_without_contrast_is_refused() -> None:
    with pytest.raises(LabelError, match="no contrast"):
        fit(np.ones(5), np.arange(5.0))
    with pytest.raises(LabelError, match="0 points"):
        fit(np.empty(0), np.empty(0))
