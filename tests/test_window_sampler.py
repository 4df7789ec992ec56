"""Every window once an epoch, shared out among ranks; the same batches after resuming."""

import pytest
import torch
from analytic_clip import make_spec, write_clip

from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.store import Dataset, open_dataset, open_store
from phys4d_pipeline.torch_clips import TorchClips
from phys4d_pipeline.window_sampler import WindowSampler, batches


@pytest.fixture(scope="module")
def ds(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    store = open_store(tmp_path_factory.mktemp("store"))
    write_clip(store, make_spec(num_frames=20, cameras=2))
    return open_dataset(store.uri)


def test_ranks_share_every_epoch_out() -> None:
    for epoch in range(3):
        seen = []
        for rank in range(3):
            sampler = WindowSampler(11, seed=5, rank=rank, world_size=3)
            sampler.start_epoch(epoch)
            assert len(list(sampler)) == len(sampler) == 3
            seen += list(sampler)
        assert len(set(seen)) == 9
    first, second = (WindowSampler(11, seed=seed) for seed in (5, 6))
    assert list(first) == list(first) != list(second)
    with pytest.raises(StoreError, match="rank 3 of 3"):
        WindowSampler(11, seed=0, rank=3, world_size=3)


def test_training_resumes_with_the_same_batches(ds: Dataset) -> None:
    windows = TorchClips(ds, frames=2, height=6, width=8, layers=["depth"], hop=3)
    sampler = WindowSampler(len(windows), seed=1)
    before = torch.get_rng_state()
    stream = batches(windows, sampler, batch_size=4)
    first = [next(stream) for _ in range(2)]
    state = sampler.state_dict()
    rest = [next(stream) for _ in range(5)]  # into the next epochs: 14 windows, 3 batches each
    assert torch.equal(before, torch.get_rng_state())
    resumed = WindowSampler(len(windows), seed=1)
    resumed.load_state_dict(state)
    again = batches(windows, resumed, batch_size=4, num_workers=1)
    for expected in rest:
        found = next(again)
        assert torch.equal(found["depth"], expected["depth"])
        assert torch.equal(found["first_frame"], expected["first_frame"])
    again.close()
    assert resumed.state_dict() == sampler.state_dict()
    assert not torch.equal(first[0]["first_frame"], rest[0]["first_frame"])


def test_a_state_goes_on_with_other_ranks() -> None:
    one = WindowSampler(12, seed=3)
    left = list(one)[4:]
    one.advance(4)
    states = []
    for rank in range(2):
        half = WindowSampler(12, seed=3, rank=rank, world_size=2)
        half.load_state_dict(one.state_dict())
        states.append(list(half))
    assert sorted(states[0] + states[1]) == sorted(left)


def test_a_state_of_other_clips_is_refused() -> None:
    state = {**WindowSampler(12, seed=3).state_dict(), "position": 5}
    with pytest.raises(StoreError, match="seed 3 is now 4; num_windows 12 is now 10; position 5"):
        WindowSampler(10, seed=4, rank=0, world_size=2).load_state_dict(state)


def test_batches_larger_than_an_epoch_are_refused(ds: Dataset) -> None:
    windows = TorchClips(ds, frames=2, height=6, width=8, layers=["depth"], hop=9)
    with pytest.raises(StoreError, match="batch_size 9: an epoch has 6 windows"):
        next(batches(windows, WindowSampler(len(windows), seed=0), batch_size=9))
