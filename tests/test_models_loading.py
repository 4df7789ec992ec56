"""Checkpoint folders: the published layout, and one clear line for each that cannot be read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch
from diffusers.pipelines.cogvideo.pipeline_cogvideox_image2video import (
    CogVideoXImageToVideoPipeline,
)
from diffusers.pipelines.wan.pipeline_wan import WanPipeline
from safetensors.torch import load_file, save_file

from phys4d_pipeline.errors import CheckpointError
from phys4d_pipeline.models.loading import load_backbone
from phys4d_pipeline.models.toy import toy_backbone
from tests.model_cases import CAPTIONS, NAMES, rng, saved, shared

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


def edited(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


def with_key(folder: Path, file: str, **values: Any) -> None:
    content = json.loads((folder / file).read_text()) | values
    (folder / file).write_text(json.dumps(content))


def refusal(folder: str | Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        load_backbone(folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("name", NAMES)
def test_only_safetensors_and_json_are_written_and_nothing_partial_stays(
    name: str, tmp_path: Path
) -> None:
    folder = saved(name, tmp_path)
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".safetensors"}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with pytest.raises(CheckpointError, match="exists already"):
        shared(name).save(folder)


@pytest.mark.parametrize("name", NAMES)
def test_bad_tensors_are_told_in_one_line(name: str, tmp_path: Path) -> None:
    folder = saved(name, tmp_path)
    names = sorted(load_file(folder / WEIGHTS))

    def spoil(tensors: dict[str, torch.Tensor]) -> None:
        del tensors[names[0]]
        tensors[names[1]] = torch.zeros(1, 2, 3)
        tensors["stray"] = torch.zeros(1)

    edited(folder, spoil)
    message = refusal(folder)
    assert f"1 missing ({names[0]})" in message
    assert f"1 of another shape ({names[1]} (1, 2, 3) for" in message
    assert "1 unknown (stray)" in message


def test_a_missing_text_or_vae_tensor_is_told_too(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    for component, file in (("vae", "diffusion_pytorch_model"), ("text_encoder", "model")):
        path = folder / component / f"{file}.safetensors"
        tensors = load_file(path)
        name = sorted(tensors)[0]
        removed = tensors.pop(name)
        save_file(tensors, path)
        assert f"{component}: tensors do not fit" in (message := refusal(folder))
        assert f"1 missing ({name})" in message
        save_file(tensors | {name: removed}, path)
    load_backbone(folder)


def test_pickles_are_refused(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    (folder / WEIGHTS).rename((folder / WEIGHTS).with_suffix(".bin"))
    assert "only pickles (diffusion_pytorch_model.bin)" in refusal(folder)


def test_folders_that_lack_something_are_refused(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    (folder / WEIGHTS).unlink()
    assert "no diffusion_pytorch_model.safetensors" in refusal(folder)
    shutil.rmtree(folder / "tokenizer")
    shutil.rmtree(folder / "transformer")
    assert "transformer/config.json is missing" in refusal(folder)
    (folder / "model_index.json").unlink()
    assert "model_index.json is missing" in refusal(folder)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    (folder / WEIGHTS).write_bytes(b"\x10" + bytes(40))
    assert "is damaged" in refusal(folder)
    (folder / "model_index.json").write_text("{")
    assert "is not JSON" in refusal(folder)


def test_weights_in_shards_are_read_by_their_index(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    names = sorted(tensors)
    shards = {"one.safetensors": names[:5], "two.safetensors": names[5:]}
    for file, part in shards.items():
        save_file({name: tensors[name] for name in part}, folder / "transformer" / file)
    index = {"weight_map": {name: file for file, part in shards.items() for name in part}}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))
    loaded = load_backbone(folder).transformer.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())
    (folder / "transformer" / "two.safetensors").unlink()
    assert "two.safetensors missing" in refusal(folder)


def test_a_class_that_nobody_reads_gets_the_nearest_name(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    with_key(folder, "model_index.json", _class_name="WanPipelin")
    assert "no backbone reads class 'WanPipelin'. Did you mean 'WanPipeline'?" in refusal(folder)


def test_a_toy_that_is_not_there_gets_the_nearest_name() -> None:
    with pytest.raises(ValueError, match="Did you mean 'cogvideox'"):
        toy_backbone("cogvideo", rng=rng(0))


def test_releases_whose_conditions_are_not_built_are_refused(tmp_path: Path) -> None:
    folder = saved("wan", tmp_path)
    with_key(folder, "transformer/config.json", in_channels=36)
    assert "14B image-to-video or two-transformer WAN" in refusal(folder)
    folder = saved("cogvideox", tmp_path)
    with_key(folder, "transformer/config.json", patch_size_t=2)
    assert "CogVideoX 1.5" in refusal(folder)


def test_hub_ids_out_of_reach_are_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    message = refusal("Wan-AI/No-Such-Model")
    assert "hf download Wan-AI/No-Such-Model --local-dir FOLDER" in message
    assert "no such folder" in refusal("no/such/folder")


@pytest.mark.parametrize(
    ("name", "pipeline"),
    [("wan", WanPipeline), ("cogvideox", CogVideoXImageToVideoPipeline)],
)
def test_the_published_pipelines_read_what_we_write(
    name: str, pipeline: Any, tmp_path: Path
) -> None:
    loaded = pipeline.from_pretrained(saved(name, tmp_path))
    backbone = shared(name)
    theirs, _ = loaded.encode_prompt(
        CAPTIONS, do_classifier_free_guidance=False, max_sequence_length=16
    )
    # Under gradients attention takes another kernel.
    torch.testing.assert_close(theirs, backbone.encode_text(CAPTIONS), atol=2e-6, rtol=0)
    weights = backbone.transformer.state_dict()
    assert all(torch.equal(weights[key], t) for key, t in loaded.transformer.state_dict().items())
