"""4D Chamfer by hand, its guards, and points lifted from depth."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from moving_scenes import HEIGHT, WIDTH, K, approaching_ball

from phys4d_pipeline.metrics.chamfer import (
    Guards,
    chamfer,
    chamfer_aligned,
    chamfer_joint,
    chamfer_per_object,
    chamfer_reward,
    mean_over_objects,
    nearest_by_matrix,
    nearest_by_tree,
)
from phys4d_pipeline.metrics.points import (
    DepthClip,
    align_scale,
    extent,
    flying,
    lift,
    object_points,
)

GUARDS = Guards(cap=2.0, min_points=3)
GRID = torch.cartesian_prod(*[torch.arange(3.0)] * 3)  # 27 points, 1 m apart
EMPTY = torch.zeros(0, 3)


def shifted(*steps: float) -> list:
    return [GRID + torch.tensor([step, 0.0, 0.0]) for step in steps]


def ball_clip(num_frames: int = 4) -> DepthClip:
    truth = approaching_ball(num_frames)
    return DepthClip(
        depth=truth.depth[0, 0],
        segmentation=truth.segmentation[0],
        K=K,
        world_from_camera=torch.eye(4).expand(num_frames, 4, 4),
    )


def per_object(generated: DepthClip, reference: DepthClip, **options):
    rng = torch.Generator().manual_seed(0)
    settings = {"num_points": 200, "guards": GUARDS, "rng": rng, **options}
    return chamfer_per_object(generated, reference, **settings)[1]


def test_a_translated_set_is_as_far_as_it_moved_both_ways() -> None:
    found = chamfer_aligned(shifted(0.0, 0.25, 0.4), shifted(0.0, 0.0, 0.0), guards=GUARDS)
    # Below half the spacing everyone's neighbour is their own image.
    torch.testing.assert_close(found.per_frame, torch.tensor([0.0, 0.5, 0.8]))
    torch.testing.assert_close(found.value, torch.tensor(1.3 / 3))
    assert (found.compared, found.missed, found.hallucinated) == (3, 0, 0)


def test_sets_of_different_sizes_are_compared() -> None:
    a, b = torch.tensor([[0.0, 0.0, 0.0]]), torch.tensor([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    torch.testing.assert_close(chamfer(a, b), torch.tensor(3.0 + 3.5))


@given(seed=st.integers(0, 1000), sizes=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_matrix_and_trees_agree_and_the_distance_is_symmetric(seed: int, sizes: tuple) -> None:
    rng = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(size, 4, generator=rng) for size in sizes)
    a, b = a + 10.0, b + 10.0  # where squares would lose millimetres
    torch.testing.assert_close(chamfer(a, b), chamfer(a, b, nearest_by_tree), atol=1e-5, rtol=0)
    torch.testing.assert_close(chamfer(a, b), chamfer(b, a))
    assert chamfer(a, a) == 0


def test_the_distance_is_differentiable_in_the_generated_points() -> None:
    points = (GRID + torch.tensor([0.2, 0.0, 0.0])).requires_grad_()
    found = chamfer_aligned([points, GRID], shifted(0.0, 0.0), guards=GUARDS)
    (gradient,) = torch.autograd.grad(found.value, points)
    torch.testing.assert_close(gradient[:, 0], torch.full((27,), 2 / 27 / 2))


@pytest.mark.parametrize(
    "generated, reference, value, counts",
    [
        (EMPTY, EMPTY, None, (0, 0, 0)),
        (EMPTY, GRID, 2.0, (1, 1, 0)),
        (GRID[:2], GRID, 2.0, (1, 1, 0)),  # too few to be an object
        (None, GRID, 2.0, (1, 1, 0)),  # a depth that failed
        (GRID * math.nan, GRID, 2.0, (1, 1, 0)),
        (GRID, EMPTY, 2.0, (1, 0, 1)),
        (None, EMPTY, 2.0, (1, 0, 1)),
        (GRID[:2], GRID[:2], None, (0, 0, 0)),
        (GRID + 1e6, GRID, 2.0, (1, 0, 0)),  # capped
    ],
)
def test_guards_bound_every_frame(generated, reference, value, counts) -> None:
    found = chamfer_aligned([generated, GRID], [reference, GRID], guards=GUARDS)
    assert (found.compared - 1, found.missed, found.hallucinated) == counts
    assert found.per_frame[1] == 0
    if value is None:
        assert found.per_frame[0].isnan() and found.value == 0
    else:
        assert found.per_frame[0] == value and found.value == value / 2


def test_an_object_never_seen_costs_nothing_and_does_not_count() -> None:
    nothing = chamfer_aligned([EMPTY], [EMPTY], guards=GUARDS)
    far = chamfer_aligned([EMPTY], [GRID], guards=GUARDS)
    assert nothing.value == 0 and nothing.compared == 0
    assert mean_over_objects({1: nothing, 2: far}) == 2.0
    assert mean_over_objects({1: nothing}) == 0.0


def test_absence_is_never_better_than_a_bad_guess() -> None:
    bad = chamfer_aligned(shifted(30.0), shifted(0.0), guards=GUARDS)
    gone = chamfer_aligned([EMPTY], shifted(0.0), guards=GUARDS)
    assert bad.value <= gone.value


def test_the_joint_variant_prices_a_slip_in_time() -> None:
    sets = [torch.tensor([[2.0 * t, 0.0, 0.0]]) for t in range(5)]
    late = [sets[0], *sets[:-1]]
    guards = Guards(cap=10.0, min_points=1)
    aligned = chamfer_aligned(late, sets, guards=guards)
    torch.testing.assert_close(aligned.value, torch.tensor((0 + 4 * 2 * 2.0) / 5))
    joint = chamfer_joint(late, sets, guards=guards, metres_per_frame=0.5)
    # Late by a frame: all but the last of the reference find themselves 0.5 m away in time; the
    # first finds itself. The last has its nearest a frame before, 2 m away.
    to_reference = (0 + 4 * 0.5) / 5
    to_generated = (0 + 3 * 0.5 + 2.0) / 5
    torch.testing.assert_close(joint.value, torch.tensor(to_reference + to_generated))
    dear = chamfer_joint(late, sets, guards=guards, metres_per_frame=1e4)
    torch.testing.assert_close(dear.value, aligned.value, rtol=1e-4, atol=0)


def test_the_joint_variant_has_the_same_guards() -> None:
    options = {"guards": GUARDS, "metres_per_frame": 0.1}
    assert chamfer_joint([EMPTY] * 2, [EMPTY] * 2, **options).value == 0
    assert chamfer_joint([EMPTY] * 2, [GRID] * 2, **options).value == 2.0
    assert chamfer_joint([GRID] * 2, [EMPTY] * 2, **options).value == 2.0
    half = chamfer_joint([GRID, None], [GRID] * 2, **options)
    assert 1.0 <= half.value < 1.1 and half.missed == 1
    assert chamfer_joint(shifted(0, 99), shifted(0, 0), **options).value == 2.0


def test_clips_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="1 generated and 2 reference frames"):
        chamfer_aligned([GRID], [GRID, GRID], guards=GUARDS)
    with pytest.raises(ValueError, match=r"no finite points in frames \[1\]"):
        chamfer_aligned([GRID, GRID], [GRID, None], guards=GUARDS)
    with pytest.raises(ValueError, match="at most 512"):
        nearest_by_matrix(torch.zeros(513, 3), GRID)
    clip = ball_clip()
    hidden = DepthClip(**{**vars(clip), "segmentation": clip.segmentation * 0})
    with pytest.raises(ValueError, match="no object in the reference's first frame"):
        per_object(clip, hidden)


def test_points_lie_on_the_ball_they_were_lifted_from() -> None:
    clip = ball_clip()
    sets = object_points(clip, 1, num_points=40, rng=torch.Generator().manual_seed(3))
    for frame, points in enumerate(sets):
        assert points is not None and len(points) == 40
        radius = (points - torch.tensor([0.0, 0.0, 4.0 - 0.2 * frame])).norm(dim=1)
        torch.testing.assert_close(radius, torch.full((40,), 0.8), atol=1e-5, rtol=0)
    again = object_points(clip, 1, num_points=40, rng=torch.Generator().manual_seed(3))
    other = object_points(clip, 1, num_points=40, rng=torch.Generator().manual_seed(4))
    assert torch.equal(sets[2], again[2]) and not torch.equal(sets[2], other[2])


def test_poses_move_points_into_the_world() -> None:
    depth = torch.full((HEIGHT, WIDTH), 3.0)
    pose = torch.tensor([[0.0, 0, 1, 5], [-1, 0, 0, 6], [0, -1, 0, 7], [0, 0, 0, 1]])
    point = lift(depth, torch.tensor([[HEIGHT // 2, WIDTH // 2]]), K, pose)
    local = 0.5 / 40 * 3  # half a pixel right of and below the centre
    torch.testing.assert_close(point, torch.tensor([[8.0, 6 - local, 7 - local]]))


def test_the_distance_of_an_object_is_that_of_its_surface() -> None:
    reference = ball_clip()
    assert per_object(reference, reference).value < 0.1  # two draws of 200 points of about 200
    nearer = DepthClip(**{**vars(reference), "depth": reference.depth - 0.3})
    assert 0.2 < per_object(nearer, reference).value < 0.6
    gone = DepthClip(**{**vars(reference), "segmentation": reference.segmentation * 0})
    found = per_object(gone, reference)
    assert found.value == GUARDS.cap and found.missed == 4


def test_failed_depth_in_one_frame_costs_that_frame() -> None:
    reference = ball_clip()
    depth = reference.depth.clone()
    depth[2, HEIGHT // 2, WIDTH // 2] = math.nan
    found = per_object(DepthClip(**{**vars(reference), "depth": depth}), reference)
    assert found.per_frame[2] == GUARDS.cap and found.missed == 1
    depth[2, HEIGHT // 2, WIDTH // 2] = math.inf  # sky in the mask is no point
    found = per_object(DepthClip(**{**vars(reference), "depth": depth}), reference)
    assert found.missed == 0 and found.value < 0.1


def test_rewards_reach_the_depth_through_the_points() -> None:
    reference = ball_clip()
    depth = (reference.depth * 1.05).requires_grad_()
    found = per_object(DepthClip(**{**vars(reference), "depth": depth}), reference)
    reward = chamfer_reward(found.value, scale=1.0)
    (gradient,) = torch.autograd.grad(reward, depth)
    assert gradient.isfinite().all() and gradient[reference.segmentation == 1].mean() < 0
    assert (gradient[reference.segmentation == 0] == 0).all()


def test_flying_pixels_are_dropped_and_steep_surfaces_kept() -> None:
    depth = torch.full((6, 8), 4.0)
    depth[:, 4:] = 8.0
    assert not flying(depth).any()  # a clean edge
    depth[:, 4] = 6.0
    assert flying(depth).nonzero()[:, 1].unique().tolist() == [4]
    steep = torch.linspace(4.0, 5.0, 8).expand(6, 8)  # 3 % a pixel
    assert not flying(steep).any()
    depth[:, 5:] = math.inf
    assert flying(depth)[:, 4].all()
    truth = ball_clip()
    assert not flying(truth.depth[0])[truth.segmentation[0] == 1].any()
    assert not flying(torch.ones(1, 2)).any()


def test_the_extent_is_that_of_the_whole_trajectory() -> None:
    assert extent(shifted(0.0, 2.0)) == pytest.approx(math.sqrt(4**2 + 2**2 + 2**2))
    assert extent([EMPTY, None]) == 0.1


def test_relative_depth_is_scaled_by_the_median_of_its_background() -> None:
    truth = torch.rand(2, 4, 5, generator=torch.Generator().manual_seed(0)) + 1
    depth, background = truth / 3, torch.ones(2, 4, 5, dtype=torch.bool)
    depth[0, 0] = 17.0  # an object
    assert align_scale(depth, truth, background) == pytest.approx(3.0)
    with pytest.raises(ValueError, match="no background pixel"):
        align_scale(depth, truth * math.nan, background)


@pytest.mark.parametrize(
    "distance, reward", [(0.0, 0.0), (0.5, -0.25), (99.0, -10.0), (math.nan, -10.0)]
)
def test_rewards_are_bounded_and_failures_earn_the_least(distance: float, reward: float) -> None:
    assert chamfer_reward(torch.tensor(distance), scale=2.0) == reward
