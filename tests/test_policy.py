"""The policy of stage 3 and its reward, against closed forms; the meter that the reward reads."""

import math
from dataclasses import replace

import pytest
import torch

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.adapters import adapter_parameters, add_adapter, use_adapters
from phys4d_pipeline.models.meter import Meter, Start
from phys4d_pipeline.models.toy import toy_backbone
from training_jobs.lessons.moving import MOVED, displacements, moving_bodies
from training_jobs.meters import log_depth_error, mask_error, varied
from training_jobs.rl.policy import (
    PolicyConfig,
    Rollout,
    advantages,
    log_probability,
    policy_losses,
    roll_out,
)
from training_jobs.rl.reward import RewardConfig, distances, raise_if_blind

KNOWN = torch.tensor([True, False, False])
CONFIG = PolicyConfig(group=3, num_steps=4, stochastic_steps=2)


def seeded(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def test_advantages_are_standard_scores_within_each_group():
    rewards = torch.tensor([1.0, 2.0, 3.0, 10.0, 10.0, 10.0])
    expected = torch.tensor([-1.0, 0.0, 1.0, 0.0, 0.0, 0.0])  # the second group teaches nothing
    torch.testing.assert_close(advantages(rewards, 3), expected, atol=2e-4, rtol=0)  # the 1e-4


def test_a_reward_that_is_no_number_counts_as_the_least_of_its_group():
    broken = torch.tensor([math.nan, 2.0, 3.0, math.nan, math.inf, -math.inf])
    whole = torch.tensor([2.0, 2.0, 3.0, 0.0, 0.0, 0.0])
    torch.testing.assert_close(advantages(broken, 3), advantages(whole, 3))


@pytest.fixture(scope="module")
def backbone():
    made = toy_backbone("wan", rng=seeded(0))
    made.transformer.requires_grad_(False)
    for number, name in enumerate(("sft", "rl")):
        add_adapter(made, name, rank=4, rng=seeded(number))
    with torch.no_grad():
        for each in adapter_parameters(made, "sft"):
            each.add_(0.02)
    use_adapters(made, ["sft", "rl"], train="rl")
    return made


@pytest.fixture
def rollout(backbone) -> Rollout:
    clean = torch.randn(2, backbone.latent_channels, 3, 4, 4, generator=seeded(1))
    text = backbone.encode_text(["a ball falls", "a box slides"])
    made = roll_out(
        CONFIG, backbone, clean=clean, text=text, known=KNOWN, reference=["sft"], rng=seeded(2)
    )
    rewards = torch.tensor([0.0, 1.0, 2.0, 5.0, 3.0, 4.0])
    return made.judged(rewards, {})


def test_log_probability_is_that_of_the_normal_distribution(rollout):
    transition = rollout.transitions[0]
    normal = torch.distributions.Normal(transition.mean, transition.std)
    expected = normal.log_prob(transition.next_state)[:, :, ~KNOWN].flatten(1).mean(1)
    constant = -math.log(transition.std) - 0.5 * math.log(2 * math.pi)
    found = log_probability(transition, transition.mean, transition.std, KNOWN) + constant
    torch.testing.assert_close(found, expected)


def test_a_policy_that_has_not_moved_has_ratio_1_and_no_divergence(backbone, rollout):
    for _, scalars in policy_losses(CONFIG, backbone, rollout):
        assert scalars["divergence"] == 0  # a new adapter changes nothing
        assert scalars["cut"] == 0
        # Advantages of a group add up to nothing.
        torch.testing.assert_close(scalars["surrogate"], torch.tensor(0.0), atol=1e-6, rtol=0)


def test_a_step_makes_what_was_rewarded_more_likely(backbone, rollout):
    trained = adapter_parameters(backbone, "rl")
    before = [each.detach().clone() for each in trained]

    def likely() -> torch.Tensor:
        with torch.no_grad():
            return torch.stack([-loss for loss, _ in policy_losses(free, backbone, rollout)]).sum()

    free = replace(CONFIG, clip=10.0, divergence=0.0)
    start = likely()
    for loss, _ in policy_losses(free, backbone, rollout):
        loss.backward()
    assert all(each.grad is not None for each in trained)
    frozen = (each for each in backbone.transformer.parameters() if not each.requires_grad)
    assert all(each.grad is None for each in frozen)
    with torch.no_grad():
        for each in trained:
            each.sub_(0.05 * each.grad)
            each.grad = None
    assert likely() > start
    with torch.no_grad():
        for each, value in zip(trained, before, strict=True):
            each.copy_(value)


def test_a_ratio_beyond_the_clip_earns_nothing_more(backbone, rollout):
    moved = tuple(
        replace(each, next_state=each.next_state + 1e3, mean=each.mean)
        for each in rollout.transitions
    )
    far = replace(rollout, transitions=moved)
    with torch.no_grad():
        for each in adapter_parameters(backbone, "rl"):
            each.add_(0.01)
    losses = [(loss, scalars) for loss, scalars in policy_losses(CONFIG, backbone, far)]
    with torch.no_grad():
        for each in adapter_parameters(backbone, "rl"):
            each.sub_(0.01)
    assert all(scalars["cut"] > 0 for _, scalars in losses)
    most = CONFIG.most_advantage * (1 + CONFIG.clip)
    assert all(scalars["surrogate"] <= most for _, scalars in losses)


SPEED = 0.01  # m per frame


class Seeing(torch.nn.Module):
    """A meter that knows the depth and says that all which is red is a body."""

    def __init__(self, depth: float) -> None:
        super().__init__()
        self.depth = depth

    def forward(self, frames, start):
        assert start.bodies.any()
        return torch.full_like(frames[:, 0], self.depth), frames[:, 0]


def window(rows: slice, depth: float) -> tuple[torch.Tensor, dict]:
    """A red square in 5 frames, seen by a camera that moves with it; its truth."""
    ids = torch.zeros(1, 5, 16, 16, dtype=torch.int32)
    ids[:, :, rows, 4:12] = 7
    rgb = torch.where(ids[:, None] == 7, 1.0, -1.0).expand(1, 3, 5, 16, 16)
    K = torch.tensor([[[16.0, 0, 8], [0, 16, 8], [0, 0, 1]]])
    poses = torch.eye(4).repeat(1, 5, 1, 1)
    poses[0, :, 0, 3] = torch.arange(5.0) * SPEED
    truth = {
        "rgb": rgb,
        "motion": torch.zeros(1, 3, 5, 16, 16),
        "depth": torch.full((1, 1, 5, 16, 16), depth),
        "segmentation": ids,
        "K": K,
        "world_from_camera": poses,
    }
    return rgb, truth


def measured(video: torch.Tensor, truth: dict, depth: float) -> float:
    config = RewardConfig()
    bodies = moving_bodies(truth)
    found = distances(config, Seeing(depth), video, truth, bodies, group=1, known_frames=1)
    return found.item()


def test_the_distance_of_a_true_clip_under_a_perfect_meter_is_0():
    rgb, truth = window(slice(4, 12), 4.0)
    assert measured(rgb, truth, 4.0) == 0


def test_the_distance_of_a_body_that_is_nearer_is_the_closed_form():
    rgb, truth = window(slice(4, 12), 4.0)
    # Each pixel moves to 0.98 of its place; its own shifted point is the nearest one.
    side = torch.arange(4.5, 12) - 8
    rays = torch.stack([*torch.meshgrid(side, side, indexing="ij"), torch.full((8, 8), 16.0)]) / 16
    moved = 0.02 * 4.0 * rays.flatten(1).norm(dim=0).mean()
    extent = math.hypot(4.0 * 7 / 16 + 3 * SPEED, 4.0 * 7 / 16)
    assert measured(rgb, truth, 3.92) == pytest.approx((2 * moved / extent).item(), rel=1e-3)


def test_a_clip_without_bodies_costs_the_cap():
    rgb, truth = window(slice(4, 12), 4.0)
    assert measured(torch.full_like(rgb, -1.0), truth, 4.0) == RewardConfig().cap


def test_a_meter_that_is_blind_is_refused_with_both_figures():
    raise_if_blind(RewardConfig(), "rewarding", 0.1, 0.5)
    with pytest.raises(TrainingError, match=r"0\.450 on true clips and 0\.500 on generated"):
        raise_if_blind(RewardConfig(), "rewarding", 0.45, 0.5)


def test_what_stands_still_before_a_moving_camera_does_not_move():
    _, truth = window(slice(4, 12), 4.0)
    assert torch.equal(moving_bodies(truth), truth["segmentation"] == 7)
    assert displacements(truth) == pytest.approx(SPEED, rel=1e-4)
    truth["motion"][:, 0] = -SPEED * 16 / 4.0
    assert not moving_bodies(truth).any()
    truth["segmentation"][..., :8] *= 2
    truth["motion"][:, 2, 2, :, :8] = -2 * MOVED  # towards the camera, in one step
    assert torch.equal(moving_bodies(truth), truth["segmentation"] == 14)


def test_a_meter_tells_where_a_body_went_and_how_far_away_it_is():
    torch.manual_seed(0)
    meter, rgb = Meter(8), window(slice(4, 12), 4.0)[0][0].movedim(1, 0)
    bodies = rgb[:, 0] > 0
    depth = torch.where(bodies, torch.tensor([4.0] + [6.0] * (len(rgb) - 1))[:, None, None], 20.0)
    batch = {"rgb": rgb.movedim(0, 1)[None], "depth": depth[None, None]}
    start = Start.of(batch, bodies[None]).repeated(len(rgb) - 1)
    rgb, bodies, depth = rgb[1:], bodies[1:], depth[1:]
    optimizer = torch.optim.Adam(meter.parameters(), 1e-2)
    for _ in range(80):
        told, logits = meter(rgb, start)
        (log_depth_error(told, depth, bodies) + mask_error(logits, bodies)).backward()
        optimizer.step()
        optimizer.zero_grad()
    told, logits = meter(rgb, start)
    assert ((logits > 0) == bodies).float().mean() > 0.98
    assert (told / depth - 1)[bodies].abs().mean() < 0.1


def test_a_start_knows_the_depth_of_the_nearest_pixel_of_a_body():
    bodies = torch.zeros(1, 2, 4, 6, dtype=torch.bool)
    bodies[..., 0, 0] = bodies[..., 3, 5] = bodies[..., 0, 5] = True
    depth = torch.full((1, 1, 2, 4, 6), 9.0)
    depth[..., 0, 0], depth[..., 3, 5], depth[..., 0, 5] = 2.0, 3.0, torch.inf
    batch = {"rgb": torch.rand(1, 3, 2, 8, 12), "depth": depth}
    start = Start.of(batch, bodies)
    assert (start.nearest[0, :, :2] == 2).all() and (start.nearest[0, 1:, 4:] == 3).all()
    assert start.rgb[0, 0, 0, 0] == pytest.approx(batch["rgb"][0, 0, 0, :2, :2].mean())
    assert torch.equal(Start.of(batch, bodies & False).nearest, depth[:, 0, 0])


def test_a_varied_lesson_keeps_what_belongs_together():
    num, rng = 200, torch.Generator().manual_seed(0)
    column = torch.arange(1.0, 7.0).expand(num, 4, 6)
    lesson = {
        "frames": torch.stack([column, 2 * column, 3 * column], 1),
        "rgb": torch.stack([column, 2 * column, 3 * column], 1),
        "bodies": column > 4,
        "mask": column > 4,
        **{key: column for key in ("depth", "nearest", "truth")},
    }
    found = varied(lesson, noise=0.0, rng=rng)
    assert torch.equal(found["frames"], found["rgb"]) and torch.equal(
        found["depth"], found["truth"]
    )
    factor = found["depth"].mean((1, 2)) / column[0].mean()
    mirrored = found["depth"][:, 0, 0] > found["depth"][:, 0, 5]
    assert factor.log().std() == pytest.approx(0.5, abs=0.1)
    assert mirrored.float().mean() == pytest.approx(0.5, abs=0.15)
    assert torch.equal(found["mask"][:, 0, 0], mirrored)
    assert torch.equal(found["mask"], found["bodies"])
    slopes = (found["rgb"][..., 0, 5] - found["rgb"][..., 0, 0]).abs() / 5
    assert (slopes.argmax(1).bincount(minlength=3) > num / 6).all()  # colours change places
    assert {*map(len, {tuple(each.tolist()) for each in slopes})} == {3}
    noisy = varied(lesson, noise=0.3, rng=rng)
    assert not torch.equal(noisy["frames"], noisy["rgb"])
