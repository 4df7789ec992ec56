"""Heads: which frame and pixel comes from which token, sizes, files, and a tiny fit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.models.backbone import Strides
from phys4d_pipeline.models.heads import (
    COGVIDEOX_5B,
    TOY,
    WAN_5B,
    GeometryHeads,
    HeadsConfig,
    tapped_blocks,
)

TINY = HeadsConfig(
    hidden_size=12,
    num_taps=2,
    patch=Strides(time=1, space=2),
    vae_strides=Strides(time=4, space=4),
    width=16,
    channels=2,
)
GRID = (3, 2, 3)  # 9 frames of 16 x 24 pixels


def features(config: HeadsConfig, *, seed: int = 0, clips: int = 2) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    t, h, w = GRID
    shape = (clips, t * h * w, config.hidden_size)
    return [torch.randn(shape, generator=rng) for _ in range(config.num_taps)]


def make_heads(config: HeadsConfig = TINY) -> GeometryHeads:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return GeometryHeads(config)


@pytest.mark.parametrize("reduction", [1, 2])
def test_geometry_has_all_frames_of_a_causal_video(reduction: int) -> None:
    geometry = make_heads(replace(TINY, reduction=reduction))(features(TINY), GRID)
    size = 9, 16 // reduction, 24 // reduction  # 4 (t - 1) + 1 frames
    assert geometry.depth.shape == (2, 1, *size)
    assert geometry.motion.shape == (2, 3, *size)
    assert (geometry.depth > 0).all()


@pytest.mark.parametrize(
    "first, chunk, frames",
    [
        (1, 0, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        (4, 0, list(range(16))),
        (1, 2, [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]),
    ],
)
def test_frames_follow_the_rule_of_the_vae(first: int, chunk: int, frames: list[int]) -> None:
    config = replace(TINY, first_latent_frames=first, chunk_latents=chunk)
    assert config.frames(4) == frames
    geometry = make_heads(config)(features(config), GRID)
    assert geometry.depth.shape[2] == len(config.frames(3))


@pytest.mark.parametrize(
    "mixing, frames, first_row, first_column",
    [(0, range(1, 5), 8 - 2, 16 - 2), (1, range(9), 0, 8 - 2)],
)
def test_a_token_reaches_its_own_frames_and_pixels(
    mixing: int, frames: range, first_row: int, first_column: int
) -> None:
    config = replace(TINY, mixing=mixing)
    heads, tokens = make_heads(config), features(config, clips=1)
    before = heads(tokens, GRID)
    t, row, column = 1, 1, 2
    tokens[1][0, (t * GRID[1] + row) * GRID[2] + column, 0] += 3.0
    changed = (heads(tokens, GRID).depth != before.depth)[0, 0]
    # Latent 1 is frames 1 to 4; a token's own and its neighbours' 8 pixels, and two convolutions.
    assert changed.any(1).any(1).nonzero().flatten().tolist() == list(frames)
    assert changed.any(0).any(1).nonzero().flatten().tolist() == list(range(first_row, 16))
    assert changed.any(0).any(0).nonzero().flatten().tolist() == list(range(first_column, 24))


def test_heads_know_where_in_the_picture_a_token_lies() -> None:
    heads = make_heads(replace(TINY, mixing=0))
    depth = heads([torch.ones(1, 18, 12)] * 2, GRID).depth[0, 0].detach()
    inner = depth[:, 2:-2:8, 2:-2:8]  # the same pixel of each token
    assert torch.equal(depth[1], depth[5])  # when, they need not know
    assert len(inner[0].unique()) == 2 * 3


def test_untrained_heads_say_what_they_were_calibrated_on() -> None:
    heads = make_heads()
    depth = torch.full((1, 1, 3, 4, 4), torch.inf)
    depth[..., :2] = torch.tensor([2.0, 8.0])
    motion = torch.full((1, 3, 3, 4, 4), torch.nan)
    motion[:, 0], motion[:, 1, 0], motion[:, 2] = 3.0, -4.0, 0.0
    heads.calibrate(depth, motion)
    torch.testing.assert_close(heads.motion_scale, torch.tensor([3.0, 4.0, 1e-3]))
    median = heads(features(TINY), GRID).depth.median()
    assert 3.0 < median < 5.0  # the geometric mean of 2 and 8 is 4
    with pytest.raises(ValueError, match="0 finite depths in 1 clips"):
        heads.calibrate(depth * torch.inf, motion)


def test_the_wildest_output_stays_finite() -> None:
    heads = make_heads()
    with torch.no_grad():
        heads.to_depth[-1].bias.fill_(1e6)
    assert heads(features(TINY), GRID).depth.isfinite().all()


def test_heads_fit_a_clip() -> None:
    heads, tokens = make_heads(), features(TINY, clips=1)
    wanted = torch.linspace(1.0, 6.0, 9 * 16 * 24).view(1, 1, 9, 16, 24)
    optimizer = torch.optim.Adam(heads.parameters(), 1e-2)
    losses = []
    for _ in range(60):
        geometry = heads(tokens, GRID)
        loss = (geometry.depth.log() - wanted.log()).abs().mean() + geometry.motion.abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.25 * losses[0]


def test_saved_heads_come_back_to_the_last_bit(tmp_path: Path) -> None:
    heads, path = make_heads(), tmp_path / "heads.safetensors"
    heads.calibrate(torch.rand(1, 1, 2, 4, 4) + 1, torch.rand(1, 3, 2, 4, 4))
    heads.save(path)
    loaded = GeometryHeads.load(path)
    assert loaded.config == heads.config
    for name, tensor in heads.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    first, second = heads(features(TINY), GRID), loaded(features(TINY), GRID)
    assert torch.equal(first.depth, second.depth) and torch.equal(first.motion, second.motion)
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_files_that_are_not_heads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        GeometryHeads.load(tmp_path / "none.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    assert load_file(tmp_path / "other.safetensors")
    with pytest.raises(StoreError, match="not saved by GeometryHeads"):
        GeometryHeads.load(tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    "config, grid, size",
    [
        (WAN_5B, (31, 22, 40), (121, 176, 320)),  # 121 frames of 704 x 1280, a quarter of the side
        (COGVIDEOX_5B, (13, 30, 45), (49, 120, 180)),  # 49 frames of 480 x 720
    ],
)
def test_sizes_for_5b_models(config: HeadsConfig, grid: tuple, size: tuple) -> None:
    with torch.device("meta"):
        heads = GeometryHeads(config)
        tokens = torch.empty(1, grid[0] * grid[1] * grid[2], config.hidden_size)
    geometry = heads([tokens] * config.num_taps, grid)
    assert geometry.depth.shape == (1, 1, *size)
    assert geometry.motion.shape == (1, 3, *size)
    assert sum(each.numel() for each in heads.parameters()) < 80e6


def test_memory_for_training_grows_with_output_pixels() -> None:
    # The figure of docs/objectives.md: what autograd keeps, per output pixel.
    config = replace(TOY, channels=16, num_taps=1, hidden_size=8, width=8)
    heads, (t, h, w) = make_heads(config), (3, 4, 4)
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        geometry = heads([torch.randn(1, t * h * w, 8)], (t, h, w))
    per_pixel = sum(kept.values()) / geometry.depth.numel()
    # Unfolded channels, and two activations of each head: 6 * 16 floats, and a few of outputs;
    # frames cropped from the first latent add a third to the first of them here.
    assert 6 * 16 * 4 <= per_pixel < 8 * 16 * 4


def test_taps_are_spread_evenly() -> None:
    assert tapped_blocks(30, 3) == [9, 19, 29]
    assert tapped_blocks(42, 3) == [13, 27, 41]
    assert tapped_blocks(4, 1) == [3]
    with pytest.raises(ValueError, match=r"num_taps \(5\) must be 1 to 4"):
        tapped_blocks(4, 5)


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"reduction \(3\) must divide a token's side \(8 px\)"):
        replace(TINY, reduction=3)
    with pytest.raises(ValueError, match="first_latent_frames"):
        replace(TINY, first_latent_frames=5)
    heads = make_heads()
    with pytest.raises(ValueError, match="1 tapped features for heads of 2 taps"):
        heads(features(TINY)[:1], GRID)
    with pytest.raises(ValueError, match="18 tokens do not fill a grid of 3 x 2 x 4"):
        heads(features(TINY), (3, 2, 4))


def test_configurations_are_plain_text(tmp_path: Path) -> None:
    make_heads().save(tmp_path / "heads.safetensors")
    header = (tmp_path / "heads.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    metadata = json.loads(header[8 : 8 + length])["__metadata__"]
    assert json.loads(metadata["config"])["patch"] == {"time": 1, "space": 2}
