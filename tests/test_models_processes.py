"""Processes against closed forms: round trips, an exact Gaussian, the published tables."""

from itertools import pairwise

import pytest
import torch
from diffusers.schedulers.scheduling_ddim_cogvideox import CogVideoXDDIMScheduler

from phys4d_pipeline.models.backbone import DiffusionProcess
from phys4d_pipeline.models.rectified_flow import RectifiedFlow
from phys4d_pipeline.models.v_prediction import VPrediction
from tests.model_cases import rng

PROCESSES = {
    "wan": RectifiedFlow(shift=3.0),
    "open_sora": RectifiedFlow(sign=-1),
    "cogvideox": VPrediction(),
    "cogvideox_2b": VPrediction(snr_shift=3.0),
}
MEAN, STD = 1.5, 0.3
NUM_DRAWN = 30_000

every_process = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)


def latents(seed: int) -> torch.Tensor:
    return torch.randn(3, 2, 2, 2, 2, generator=rng(seed))


def exact_prediction(process: DiffusionProcess, noisy: torch.Tensor, time: float) -> torch.Tensor:
    """What a perfect network says of noisy numbers whose clean ones are N(MEAN, STD^2)."""
    one = torch.ones(1, 1, 1, 1, 1)
    zero, times = torch.zeros_like(one), torch.tensor([time])
    signal = process.mix(one, zero, times).double()
    spread = process.mix(zero, one, times).double()
    surprise = (noisy.double() - signal * MEAN) / ((signal * STD) ** 2 + spread**2)
    clean = MEAN + signal * STD**2 * surprise
    return process.target(
        clean.float(), (spread * surprise).float(), torch.full((len(noisy),), time)
    )


def drawn(process: DiffusionProcess, num_steps: int, strength: float) -> torch.Tensor:
    generator = rng(0)
    state = torch.randn(NUM_DRAWN, 1, 1, 1, 1, generator=generator)
    times = process.schedule(num_steps).tolist()
    for time, next_time in pairwise(times):
        prediction = exact_prediction(process, state, time)
        mean, std = process.stochastic_step(prediction, state, time, next_time, strength=strength)
        state = mean + std * torch.randn(state.shape, generator=generator)
    return state


@every_process
def test_target_is_split_into_what_was_mixed(process: DiffusionProcess) -> None:
    clean, noise, time = latents(1), latents(2), torch.tensor([0.001, 0.4, 1.0])
    noisy, target = process.mix(clean, noise, time), process.target(clean, noise, time)
    got_clean, got_noise = process.split(target, noisy, time)
    torch.testing.assert_close(got_clean, clean, atol=1e-5, rtol=0)  # float32 sums of a few terms
    torch.testing.assert_close(got_noise, noise, atol=1e-5, rtol=0)


@every_process
def test_ends_are_noise_and_clean(process: DiffusionProcess) -> None:
    clean, noise = latents(1), latents(2)
    assert torch.equal(process.mix(clean, noise, torch.ones(3)), noise)
    assert torch.equal(process.mix(clean, noise, torch.zeros(3)), clean)


@every_process
def test_steps_with_the_true_target_end_at_the_clean_latents(process: DiffusionProcess) -> None:
    clean, noise = latents(1), latents(2)
    state = noise
    times = process.schedule(7).tolist()
    assert times[0] == 1 and times[-1] == 0
    for time, next_time in pairwise(times):
        target = process.target(clean, noise, torch.full((3,), time))
        state = process.step(target, state, time, next_time)
    torch.testing.assert_close(state, clean, atol=1e-5, rtol=0)  # seven float32 steps


@every_process
def test_a_stochastic_step_of_strength_zero_is_the_step(process: DiffusionProcess) -> None:
    prediction, noisy = latents(1), latents(2)
    for time, next_time in ((1.0, 0.9), (0.5, 0.2), (0.1, 0.0)):
        mean, std = process.stochastic_step(prediction, noisy, time, next_time, strength=0.0)
        assert std == 0
        assert torch.equal(mean, process.step(prediction, noisy, time, next_time))


@every_process
def test_times_are_drawn_by_the_generator_alone(process: DiffusionProcess) -> None:
    times = process.sample_time(1000, rng=rng(5))
    assert torch.equal(times, process.sample_time(1000, rng=rng(5)))
    assert times.min() >= 0 and times.max() <= 1 and times.std() > 0.2


@every_process
def test_half_precision_is_computed_in_float32(process: DiffusionProcess) -> None:
    prediction, noisy = latents(1).bfloat16(), latents(2).bfloat16()
    exact = process.step(prediction.float(), noisy.float(), 0.5, 0.4)
    assert torch.equal(process.step(prediction, noisy, 0.5, 0.4), exact)


# With finitely many steps the spread is too small; these figures are those of the variance's own
# recursion in float64. A standard error of 3e4 numbers is .0012 (spread) and .0017 (mean).
@pytest.mark.parametrize(
    ("process", "strength", "num_steps", "expected"),
    [
        (RectifiedFlow(), 0.0, 10, 0.2469),
        (RectifiedFlow(), 0.7, 10, 0.2821),
        (RectifiedFlow(), 0.0, 200, 0.2971),
        (RectifiedFlow(), 0.7, 200, 0.2995),
        (RectifiedFlow(sign=-1), 0.7, 200, 0.2995),
        (RectifiedFlow(shift=3.0), 0.7, 200, 0.2964),
        (VPrediction(), 0.0, 250, 0.2899),
        (VPrediction(), 0.7, 250, 0.2868),
        (VPrediction(), 1.0, 250, 0.2827),
    ],
)
def test_marginals_of_an_exact_gaussian_are_kept(
    process: DiffusionProcess, strength: float, num_steps: int, expected: float
) -> None:
    numbers = drawn(process, num_steps, strength)
    assert numbers.mean().item() == pytest.approx(MEAN, abs=0.007)
    assert numbers.std().item() == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize("strength", [0.0, 0.7, 1.0])
def test_the_spread_under_v_prediction_nears_the_exact_one_at_first_order(strength: float) -> None:
    coarse, fine = (STD - spread_under_v_prediction(num, strength) for num in (500, 1000))
    assert 0 < fine < 0.0065  # a thousand levels are all there are
    assert fine == pytest.approx(coarse / 2, rel=0.2)  # half the step, half the error


def spread_under_v_prediction(num_steps: int, strength: float) -> float:
    """Standard deviation after sampling the Gaussian with its exact prediction, in float64."""
    process, variance = VPrediction(), 1.0
    levels = (process.num_levels * process.schedule(num_steps)).round().int().tolist()
    for level, next_level in pairwise(levels):
        power = process.signal_powers[level]
        one = torch.ones(1, 1, 1, 1, 1)
        total = power * STD**2 + 1 - power
        clean, noise = power**0.5 * STD**2 / total, (1 - power) ** 0.5 / total
        prediction = power**0.5 * noise * one - (1 - power) ** 0.5 * clean * one
        times = (level / process.num_levels, next_level / process.num_levels)
        slope, std = process.stochastic_step(prediction.float(), one, *times, strength=strength)
        variance = slope.item() ** 2 * variance + std**2
    return variance**0.5


def test_signs_of_the_two_flows_are_opposite() -> None:
    clean, noise, time = latents(1), latents(2), torch.full((3,), 0.3)
    assert torch.equal(RectifiedFlow().target(clean, noise, time), noise - clean)
    assert torch.equal(RectifiedFlow(sign=-1).target(clean, noise, time), clean - noise)


def test_shifted_schedule_is_that_of_the_closed_form() -> None:
    times = RectifiedFlow(shift=5.0).schedule(4)
    expected = torch.tensor([5 * s / (1 + 4 * s) for s in (1, 0.75, 0.5, 0.25, 0)])
    torch.testing.assert_close(times, expected)


@pytest.mark.parametrize("snr_shift", [1.0, 3.0])
def test_v_prediction_follows_the_published_scheduler(snr_shift: float) -> None:
    scheduler = CogVideoXDDIMScheduler(
        snr_shift_scale=snr_shift,
        rescale_betas_zero_snr=True,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
    )
    scheduler.set_timesteps(8)
    process = VPrediction(snr_shift=snr_shift)
    powers = torch.tensor(process.signal_powers[1:])
    # Theirs is a float32 product of a thousand factors.
    torch.testing.assert_close(powers, scheduler.alphas_cumprod.double(), atol=2e-5, rtol=0)
    times = process.schedule(8)
    assert (1000 * times[:-1] - 1).round().int().tolist() == scheduler.timesteps.tolist()
    prediction, noisy = latents(1), latents(2)
    theirs = scheduler.step(prediction, int(scheduler.timesteps[3]), noisy).prev_sample
    ours = process.step(prediction, noisy, float(times[3]), float(times[4]))
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)  # the same product


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"sign \(0\)"):
        RectifiedFlow(sign=0)
    with pytest.raises(ValueError, match=r"strength \(1.5\)"):
        VPrediction().stochastic_step(latents(1), latents(2), 0.5, 0.4, strength=1.5)
