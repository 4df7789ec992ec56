"""Taps and adapters of every family, with and without gradient checkpointing."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch

from phys4d_pipeline.errors import CheckpointError
from phys4d_pipeline.models.adapters import (
    adapter_names,
    adapter_parameters,
    adapters_in_use,
    add_adapter,
    load_adapter,
    save_adapter,
    use_adapters,
)
from phys4d_pipeline.models.backbone import VideoBackbone
from phys4d_pipeline.models.taps import Taps, tapped_tokens
from tests.model_cases import NAMES, fresh, question, rng, shared

every_backbone = pytest.mark.parametrize("name", NAMES)


def gradients(backbone: VideoBackbone) -> dict[str, torch.Tensor]:
    """Of a loss on tapped tokens and on the prediction."""
    asked = question(backbone)
    with Taps(backbone, [0, 1]) as taps:
        prediction = asked.put_to(backbone)
    first, second = taps.take()
    (prediction.square().mean() + first.square().mean() + second.mean()).backward()
    named = backbone.transformer.named_parameters()
    return {name: p.grad.clone() for name, p in named if p.grad is not None}


def randomize(backbone: VideoBackbone, adapter: str) -> None:
    """Give the second factor numbers: new adapters change nothing."""
    with torch.no_grad():
        for index, parameter in enumerate(adapter_parameters(backbone, adapter)):
            parameter.normal_(0, 0.3, generator=rng(index))


def checkpoint(backbone: VideoBackbone) -> None:
    cast(Any, backbone.transformer).enable_gradient_checkpointing()


@every_backbone
def test_tapped_tokens_are_those_of_the_grid_in_the_order_asked(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone)
    with Taps(backbone, [2, 0]) as taps:
        asked.put_to(backbone)
    deep, shallow = taps.take()
    assert deep.shape == shallow.shape == (2, 3 * 2 * 2, backbone.hidden_size)
    again = tapped_tokens(backbone, asked.noisy, asked.time, asked.text, asked.known, depths=[0, 2])
    assert torch.equal(again[0], shallow) and torch.equal(again[1], deep)


@every_backbone
def test_tokens_lie_in_the_order_of_frames_rows_and_columns(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone, known=(False,) * 3)
    changed = asked.noisy.clone()
    changed[:, :, 1, 0:2, 2:4] += 5.0
    arguments = (asked.time, asked.text, asked.known)
    (before,) = tapped_tokens(backbone, asked.noisy, *arguments, depths=[0])
    (after,) = tapped_tokens(backbone, changed, *arguments, depths=[0])
    change = (after - before).norm(dim=-1).unflatten(1, (3, 2, 2))
    assert (change.flatten(1).argmax(1) == 4 + 1).all()  # frame 1, row 0, column 1


@every_backbone
def test_the_pass_stops_behind_the_deepest_tap(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone)
    reached = []
    hook = backbone.blocks[2].register_forward_hook(lambda *_: reached.append(2))
    tapped_tokens(backbone, asked.noisy, asked.time, asked.text, asked.known, depths=[0, 1])
    hook.remove()
    assert not reached
    assert all(not block._forward_hooks for block in backbone.blocks)


@every_backbone
def test_checkpointing_changes_neither_tokens_nor_gradients(name: str) -> None:
    plain, checkpointed = fresh(name), fresh(name)
    checkpoint(checkpointed)
    expected, found = gradients(plain), gradients(checkpointed)
    assert expected.keys() == found.keys()
    for key, gradient in expected.items():
        torch.testing.assert_close(found[key], gradient, atol=1e-6, rtol=1e-5)


@every_backbone
def test_a_stopped_pass_has_gradients_under_checkpointing(name: str) -> None:
    backbone = fresh(name)
    checkpoint(backbone)
    asked = question(backbone)
    (tokens,) = tapped_tokens(
        backbone, asked.noisy, asked.time, asked.text, asked.known, depths=[1]
    )
    tokens.square().mean().backward()
    touched = [p.grad is not None for p in backbone.blocks[1].parameters()]
    assert any(touched)
    assert all(p.grad is None for p in backbone.blocks[2].parameters())


def test_taps_that_cannot_be_are_refused() -> None:
    backbone = shared(NAMES[0])
    with pytest.raises(ValueError, match="some of 0 to 2"):
        Taps(backbone, [3])
    with pytest.raises(ValueError, match="Nothing was tapped"):
        Taps(backbone, [0]).take()


@every_backbone
def test_gradients_reach_the_adapter_alone(name: str) -> None:
    backbone = fresh(name)
    before = question(backbone).put_to(backbone)
    add_adapter(backbone, "sft", rank=2, rng=rng(1))
    assert torch.equal(question(backbone).put_to(backbone), before)
    randomize(backbone, "sft")
    checkpoint(backbone)
    found = gradients(backbone)
    assert found and all("lora_" in key and ".sft." in key for key in found)
    assert len(found) == len(adapter_parameters(backbone, "sft"))


@every_backbone
def test_of_two_active_adapters_one_trains(name: str) -> None:
    backbone = fresh(name)
    for index, adapter in enumerate(("sft", "rl")):
        add_adapter(backbone, adapter, rank=2, rng=rng(index))
        randomize(backbone, adapter)
    use_adapters(backbone, ["sft", "rl"], train="rl")
    both = question(backbone).put_to(backbone)
    assert all(".rl." in key for key in gradients(backbone))
    with adapters_in_use(backbone, ["sft"]):
        reference = question(backbone).put_to(backbone)
        assert not any(p.requires_grad for p in backbone.transformer.parameters())
    assert torch.equal(question(backbone).put_to(backbone), both)
    assert not torch.allclose(reference, both, atol=1e-4)
    trainable = [p for p in backbone.transformer.parameters() if p.requires_grad]
    assert len(trainable) == len(adapter_parameters(backbone, "rl"))
    with adapters_in_use(backbone, []):
        plain = question(backbone).put_to(backbone)
    assert torch.equal(plain, question(shared(name)).put_to(shared(name)))


@every_backbone
def test_an_adapter_is_saved_and_loaded_bit_for_bit(name: str, tmp_path: Path) -> None:
    backbone = fresh(name)
    add_adapter(backbone, "sft", rank=3, rng=rng(1))
    randomize(backbone, "sft")
    save_adapter(backbone, "sft", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pytorch_lora_weights.safetensors"]
    other = fresh(name)
    load_adapter(other, "policy", tmp_path)
    assert adapter_names(other) == ["policy"]
    assert torch.equal(question(other).put_to(other), question(backbone).put_to(backbone))
    assert not any(p.requires_grad for p in other.transformer.parameters())


def test_the_same_generator_draws_the_same_adapter() -> None:
    drawn = []
    for _ in range(2):
        backbone = fresh(NAMES[0])
        add_adapter(backbone, "sft", rank=2, rng=rng(1))
        drawn.append([p.detach().clone() for p in adapter_parameters(backbone, "sft")])
    assert all(torch.equal(*pair) for pair in zip(*drawn, strict=True))


def test_adapters_that_do_not_fit_are_refused_in_one_line(tmp_path: Path) -> None:
    backbone = fresh("wan")
    with pytest.raises(CheckpointError, match="is missing"):
        load_adapter(backbone, "sft", tmp_path)
    add_adapter(backbone, "sft", rank=2, rng=rng(1))
    with pytest.raises(ValueError, match="is there already"):
        add_adapter(backbone, "sft", rank=2, rng=rng(1))
    with pytest.raises(ValueError, match=r"No adapters \['rl'\]"):
        use_adapters(backbone, ["sft", "rl"])
    save_adapter(backbone, "sft", tmp_path)
    with pytest.raises(CheckpointError, match="does not fit") as raised:
        load_adapter(fresh("cogvideox"), "sft", tmp_path)
    assert "\n" not in str(raised.value)
    with pytest.raises(CheckpointError, match="has adapters in it"):
        backbone.save(tmp_path / "whole")
