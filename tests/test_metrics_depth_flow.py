import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phys4d_pipeline.metrics.depth import DepthSums, depth_sums
from phys4d_pipeline.metrics.flow import FlowSums, flow_sums


def test_depth_errors_by_hand() -> None:
    truth = np.array([1.0, 2.0, 4.0, np.inf, 5.0, 8.0])
    found = np.array([1.1, 2.0, 5.0, 3.0, np.nan, 80.0])
    mask = np.array([True, True, True, True, True, False])
    sums = depth_sums(found, truth, mask)
    assert sums.pixels == 3  # the sky, the NaN and what is masked do not count
    assert sums.abs_rel == pytest.approx((0.1 + 0.0 + 0.25) / 3)
    assert sums.delta1 == pytest.approx(2 / 3)  # 5/4 is not below 1.25


def test_flow_errors_by_hand() -> None:
    truth = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 0.0], [0.0, 10.0], [np.nan, 0.0]])
    found = truth + np.array([[3.0, 4.0], [4.0, 0.0], [6.0, 0.0], [0.0, 3.0], [0.0, 0.0]])
    sums = flow_sums(found, truth, np.ones(5, bool))
    assert sums.pixels == 4
    assert sums.epe == pytest.approx((5 + 4 + 6 + 3) / 4)
    # 5 px of 0 and 6 px of 100 are outliers; 4 of 100 is below 5 %, 3 px is not above 3 px.
    assert sums.f1_all == pytest.approx(2 / 4)


def test_nothing_measured_is_not_zero() -> None:
    assert np.isnan(DepthSums().abs_rel)
    assert np.isnan(DepthSums().delta1)
    assert np.isnan(FlowSums().epe)
    assert np.isnan(FlowSums().f1_all)


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_sums_of_parts_are_the_sums_of_the_whole(first: int, second: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    N = first + second
    truth, found, mask = rng.uniform(0.5, 9, N), rng.uniform(0.5, 9, N), rng.random(N) < 0.7
    parts = (slice(first), slice(first, None))
    whole = depth_sums(found, truth, mask)
    one, other = (depth_sums(found[part], truth[part], mask[part]) for part in parts)
    assert (one + other).pixels == whole.pixels
    assert (one + other).inliers == whole.inliers
    assert (one + other).relative == pytest.approx(whole.relative)
    flows = np.stack([truth, found], -1), np.stack([found, truth], -1)
    all_flow = flow_sums(*flows, mask)
    one, other = (flow_sums(flows[0][part], flows[1][part], mask[part]) for part in parts)
    assert (one + other).outliers == all_flow.outliers
    assert (one + other).distance == pytest.approx(all_flow.distance)
