"""Losses in closed form, what they ignore, what they cannot be cheated with, and a tiny fit."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from moving_scenes import HEIGHT, WIDTH, approaching_ball, tilted_plane

from phys4d_pipeline.models.heads import Geometry
from phys4d_pipeline.objectives import (
    Truth,
    Weights,
    flow_matching_loss,
    log_depth_loss,
    metric_depth_loss,
    motion_emphasis,
    motion_loss,
    scale_shift_loss,
    silog_loss,
    stage2_losses,
    warp_loss,
    warp_residual,
)
from phys4d_pipeline.objectives.motion import BEND, MOST, balance

UNITS = torch.ones(3)


def clip_of(*values: float) -> torch.Tensor:
    """(1, 1, 1, 1, N)."""
    return torch.tensor(values).view(1, 1, 1, 1, -1)


def random_clip(seed: int, channels: int = 1) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(2, channels, 3, 4, 5, generator=rng) * 5 + 0.5


def test_flow_matching_counts_generated_latents_only() -> None:
    target = torch.zeros(1, 2, 3, 1, 1)
    prediction = torch.tensor([[9.0, 1.0, 2.0], [9.0, 3.0, 4.0]]).view(1, 2, 3, 1, 1)
    known = torch.tensor([True, False, False])
    loss = flow_matching_loss(prediction.requires_grad_(), target, known)
    torch.testing.assert_close(loss, torch.tensor([(1 + 4 + 9 + 16) / 4]))
    (gradient,) = torch.autograd.grad(loss.sum(), prediction)
    assert (gradient[:, :, 0] == 0).all() and (gradient[:, :, 1:] != 0).all()
    with pytest.raises(ValueError, match="all 3 latent frames are known"):
        flow_matching_loss(prediction, target, torch.ones(3, dtype=torch.bool))


def test_log_depth_is_the_mean_of_log_ratios() -> None:
    truth = clip_of(2.0, 4.0, math.inf, math.nan)
    depth = clip_of(4.0, 4.0, 3.0, 3.0).requires_grad_()
    loss = log_depth_loss(depth, truth, torch.ones_like(truth))
    torch.testing.assert_close(loss, torch.tensor([math.log(2) / 2]))
    emphasised = log_depth_loss(depth, truth, clip_of(3.0, 1.0, 1.0, 1.0))
    torch.testing.assert_close(emphasised, torch.tensor([math.log(2) * 3 / 4]))
    (gradient,) = torch.autograd.grad(loss.sum(), depth)
    assert gradient.flatten().tolist()[2:] == [0.0, 0.0]


@pytest.mark.parametrize("loss", [log_depth_loss, silog_loss, scale_shift_loss])
def test_a_clip_without_any_depth_costs_nothing(loss) -> None:
    truth = torch.full((2, 1, 3, 4, 5), math.inf)
    truth[1] = 3.0 + torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    depth = random_clip(1).requires_grad_()
    value = loss(depth, truth, torch.ones_like(truth))
    assert value[0] == 0 and value[1] > 0
    (gradient,) = torch.autograd.grad(value.sum(), depth)
    assert (gradient[0] == 0).all() and gradient.isfinite().all()


@given(scale=st.floats(0.1, 10.0), seed=st.integers(0, 50))
def test_silog_forgives_a_scale_of_the_clip_but_not_of_frames(scale: float, seed: int) -> None:
    truth = random_clip(seed)
    even = torch.ones_like(truth)
    common = silog_loss(truth * scale, truth, even)
    expected = 0.15 * math.log(scale) ** 2  # 1 - lambda of the square
    torch.testing.assert_close(common, torch.full((2,), expected), atol=1e-5, rtol=1e-4)
    flicker = torch.tensor([1.0, 1.3, 1 / 1.3]).view(3, 1, 1)
    assert (silog_loss(truth * flicker, truth, even) > 0.9 * 2 / 3 * math.log(1.3) ** 2).all()
    metric = metric_depth_loss(truth * scale, truth, even, metric=0.1)
    torch.testing.assert_close(metric - common, torch.full((2,), 0.1 * abs(math.log(scale))))


@given(
    scale=st.floats(0.1, 10.0), shift=st.floats(-3.0, 3.0), seed=st.integers(0, 50)
)  # fmt: skip
def test_affine_labels_fit_up_to_one_scale_and_shift(scale: float, shift: float, seed: int) -> None:
    truth = random_clip(seed)
    even = torch.ones_like(truth)
    loss = scale_shift_loss(truth, truth * scale + shift, even)
    assert (loss < 1e-4).all()  # float32 through medians and shifts of 30 times the spread
    flipped = scale_shift_loss(truth, -truth, even)
    assert (flipped > 0.5).all()
    per_frame = torch.tensor([1.0, 1.5, 0.7]).view(3, 1, 1)
    assert (scale_shift_loss(truth * per_frame, truth, even) > 0.05).all()


def test_a_constant_prediction_costs_the_spread_of_the_label() -> None:
    label = clip_of(1.0, 2.0, 3.0)
    constant = torch.full_like(label, 5.0).requires_grad_()
    loss = scale_shift_loss(constant, label, torch.ones_like(label))
    torch.testing.assert_close(loss, torch.tensor([1.0]))
    (gradient,) = torch.autograd.grad(loss.sum(), constant)
    assert gradient.isfinite().all()


def test_motion_is_measured_in_units_of_each_channel() -> None:
    truth = torch.zeros(1, 3, 1, 1, 2)
    truth[0, 2, 0, 0, 1] = math.nan  # dz of a sky pixel: its u and v still count
    motion = torch.tensor([[2.0, 0.0], [0.0, 4.0], [0.3, 9.0]]).view(1, 3, 1, 1, 2)
    motion.requires_grad_()
    loss = motion_loss(motion, truth, scale=torch.tensor([1.0, 2.0, 0.1]))
    squares = (2 / 1) ** 2 + (4 / 2) ** 2 + (0.3 / 0.1) ** 2
    torch.testing.assert_close(loss, torch.tensor([squares / 2 / 5]))
    (gradient,) = torch.autograd.grad(loss.sum(), motion)
    assert gradient[0, 2, 0, 0, 1] == 0


def test_moving_pixels_weigh_more() -> None:
    motion = torch.zeros(1, 3, 1, 1, 4)
    motion[0, :, 0, 0] = torch.tensor(
        [[0.0, 0.6, 0.0, math.nan], [0.0, 0.0, 0.3, 0.0], [9.0, 0.0, 0.0, 0.0]]
    )
    assert motion_emphasis(motion, 5.0).flatten().tolist() == [1.0, 5.0, 1.0, 1.0]


def test_what_moves_and_what_stands_still_count_alike() -> None:
    motion = torch.zeros(2, 3, 1, 4, 40)
    motion[0, 1, 0, :2, :4] = -1.0  # 8 of 160 pixels
    motion[1, 0, 0, 0, 0] = math.nan
    motion[1, 0, 0, 0, 1] = 2.0  # 1 of 159
    told, still = torch.zeros_like(motion), torch.tensor([1.0, 1.0, 1.0])
    few, one = balance(motion)[:, 0, 0].unbind()
    assert few.unique().tolist() == [1.0, 152 / 8] and (few == 152 / 8).sum() == 8
    assert one[0, 1] == MOST and (one == 1.0).sum() == 159  # its balance would be 158
    told[0, 1] = 1.0  # wrong by 1 where still, by 2 where moving
    loss = motion_loss(told, motion, scale=still)
    torch.testing.assert_close(loss[0], torch.tensor((0.5 + 2.0) / 2 / 3))


def test_far_errors_of_motion_count_linearly() -> None:
    motion = torch.zeros(1, 3, 1, 1, 1)
    far, near = (
        motion_loss(motion + error, motion, scale=torch.ones(3)).item() for error in (21.0, 11.0)
    )
    assert far - near == pytest.approx(10 * BEND)


@pytest.mark.parametrize("tilt", [0.0, 0.4])
def test_a_plane_along_the_axis_is_consistent(tilt: float) -> None:
    truth = tilted_plane(tilt=tilt)
    mask = truth.warp_mask()
    residual, expected = warp_residual(truth.depth, truth.motion.nan_to_num())
    # 1/D is linear on a plane: what is left is float32 on 5 m, amplified by half a pixel's slope.
    assert (residual / expected).abs()[mask].max() < 3e-6
    assert mask.double().mean() > 0.8  # approaching: the border leaves the picture
    flow_only = truth.motion.nan_to_num()
    flow_only[:, 2] = 0
    biased, _ = warp_residual(truth.depth, flow_only)
    # Without dz, exact depth and flow look wrong by just dz.
    torch.testing.assert_close(biased[mask], truth.motion[:, 2:, :-1][mask], atol=2e-5, rtol=0)


def test_a_ball_along_the_axis_is_consistent_within_its_silhouette() -> None:
    truth = approaching_ball()
    mask = truth.warp_mask()
    on_ball = mask & (truth.segmentation[:, None, :-1] == 1)
    residual, _ = warp_residual(truth.depth, truth.motion.nan_to_num())
    share = on_ball.sum() / (truth.segmentation[:, :-1] == 1).sum()
    assert share > 0.6
    # Pixels of h = 0.08 m on a ball of R = 0.8 m: h^2 / 8 R along each axis is 2e-3 in the middle.
    assert residual.abs()[on_ball].median() < 4e-3
    assert residual.abs()[~mask].max() > 1.0  # between ball and wall: what the mask is for


def test_the_mask_leaves_out_what_cannot_be_seen_again() -> None:
    truth = tilted_plane()
    full = truth.warp_mask()
    for name, value in (("occluded_forward", 1), ("segmentation", 3)):
        changed = getattr(truth, name).clone()
        changed[0, 1, 10:14, 10:14] = value
        mask = replace(truth, **{name: changed}).warp_mask()
        assert full[0, 0, 1, 10:14, 10:14].all() and not mask[0, 0, 1, 10:14, 10:14].any()
    depth, motion = truth.depth.clone(), truth.motion.clone()
    depth[0, 0, 2, 5, 5], motion[0, 2, 0, 7, 7] = math.inf, math.nan
    mask = replace(truth, depth=depth, motion=motion).warp_mask()
    assert not mask[0, 0, 2, 5, 5] and not mask[0, 0, 0, 7, 7]
    # Sky also must not blend into what lands beside it.
    assert not mask[0, 0, 1, 4:7, 4:7].all() and mask.sum() > 0.95 * full.sum()


def test_still_pixels_at_the_border_are_in_the_picture() -> None:
    truth = tilted_plane(speed=0.0)
    assert truth.warp_mask().all()


def test_the_warp_loss_is_smooth_l1_of_the_relative_residual() -> None:
    truth = tilted_plane(2, speed=0.0, tilt=0.0)
    depth = truth.depth.clone()
    depth[:, :, 1] *= 1.1
    mask = torch.zeros(1, 1, 1, HEIGHT, WIDTH, dtype=torch.bool)
    mask[..., 3:9, 4:9] = True
    motion = torch.zeros(1, 3, 2, HEIGHT, WIDTH)
    depth.requires_grad_()
    loss = warp_loss(depth, motion, mask)
    torch.testing.assert_close(loss, torch.tensor([0.1 - 0.02 / 2]), atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(loss.sum(), depth)
    assert (gradient[..., 0, :, :][~mask[:, :, 0]] == 0).all()
    # No gradient through the depth divided by: both frames are pulled equally hard.
    assert gradient[:, :, 0].sum() == pytest.approx(-gradient[:, :, 1].sum().item(), rel=1e-4)


def test_masked_pixels_have_no_gradient_even_if_wild() -> None:
    truth = tilted_plane(2)
    mask = torch.zeros(1, 1, 1, HEIGHT, WIDTH, dtype=torch.bool)
    mask[..., 10, 10] = True
    motion = truth.motion.nan_to_num().clone()
    motion[:, :2, 0, 0] = 1e8
    motion[:, 2, 0, 1] = -1e8
    motion.requires_grad_()
    loss = warp_loss(truth.depth * 1.05, motion + 0.01, mask)
    (gradient,) = torch.autograd.grad(loss.sum(), motion)
    assert gradient.isfinite().all()
    assert gradient[..., 0, 10, 10].abs().sum() > 0
    assert gradient.abs().sum() == gradient[..., 0, 10, 10].abs().sum()


def test_scaling_the_scene_does_not_change_the_warp_loss() -> None:
    truth = approaching_ball()
    mask = truth.warp_mask()
    motion = truth.motion.nan_to_num() * 0.7
    far = motion * torch.tensor([1.0, 1.0, 50.0]).view(3, 1, 1, 1)
    near, distant = (warp_loss(truth.depth, motion, mask), warp_loss(truth.depth * 50, far, mask))
    torch.testing.assert_close(near, distant, rtol=1e-3, atol=1e-7)


def prepared(truth: Truth) -> dict:
    latents = torch.zeros(1, 2, 2, 1, 1)
    return {
        "prediction": latents,
        "target": latents + 2.0,
        "known": torch.tensor([True, False]),
        "time": torch.tensor([0.25]),
        "geometry": Geometry(depth=truth.depth * 1.1, motion=truth.motion.nan_to_num() * 0.5),
        "truth": truth,
        "motion_scale": UNITS,
    }


@pytest.mark.parametrize("name", ["flow_matching", "depth", "motion", "warp"])
def test_a_loss_of_weight_zero_is_not_computed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    function = {"depth": "metric_depth_loss"}.get(name, f"{name}_loss")
    monkeypatch.setattr(f"phys4d_pipeline.objectives.stage2.{function}", refuse)
    given = prepared(tilted_plane())
    losses = stage2_losses(replace(Weights(), **{name: 0.0}), **given)
    assert set(losses) == {"flow_matching", "depth", "motion", "warp"} - {name}
    with pytest.raises(AssertionError, match="computed"):
        stage2_losses(Weights(), **given)


def test_the_total_is_the_weighted_sum_with_noise_weights() -> None:
    truth = tilted_plane()
    given = prepared(truth)
    losses, off = stage2_losses(Weights(), **given), math.log(1.1)
    torch.testing.assert_close(losses["flow_matching"], torch.tensor(4.0))
    torch.testing.assert_close(losses["depth"], torch.tensor(0.75 * (0.15 * off**2 + 0.1 * off)))
    weights = Weights(flow_matching=1.0, depth=3.0, motion=0.3, warp=2.0)
    expected = sum(getattr(weights, name) * value for name, value in losses.items())
    torch.testing.assert_close(weights.total(losses), torch.as_tensor(expected))
    noise = stage2_losses(weights, **{**given, "time": torch.tensor([1.0])})
    assert noise["depth"] == noise["motion"] == noise["warp"] == 0


def test_stage2_without_geometry_is_flow_matching_alone() -> None:
    weights = Weights(depth=0.0, motion=0.0, warp=0.0)
    given = {**prepared(tilted_plane()), "geometry": None, "truth": None}
    assert not weights.need_geometry
    assert set(stage2_losses(weights, **given)) == {"flow_matching"}
    with pytest.raises(ValueError, match="Give geometry and truth"):
        stage2_losses(Weights(), **given)


def test_weights_that_train_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="one of them above 0"):
        Weights(flow_matching=0.0, depth=0.0, motion=0.0, warp=0.0)
    with pytest.raises(ValueError, match=r"depth -1\.0"):
        Weights(depth=-1.0)
    with pytest.raises(ValueError, match=r"metric -0\.1"):
        Weights(metric=-0.1)


def test_all_losses_together_fall_on_one_clip() -> None:
    truth = approaching_ball()
    log_depth = torch.full_like(truth.depth, math.log(6.0)).requires_grad_()
    motion = torch.zeros_like(truth.motion).requires_grad_()
    given = {**prepared(truth), "time": torch.tensor([0.0])}
    weights = Weights(flow_matching=0.0)
    optimizer = torch.optim.Adam([log_depth, motion], 0.02)
    totals = []
    for _ in range(120):
        given["geometry"] = Geometry(depth=log_depth.exp(), motion=motion)
        total = weights.total(stage2_losses(weights, **given))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < 0.1 * totals[0]
