"""Exports, and latents that are made once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from phys4d_pipeline.errors import StoreError, TrainingError
from phys4d_pipeline.models.backbone import Strides, VideoBackbone
from training_jobs.engine.exports import (
    ExportReport,
    export_of,
    is_exported,
    load_weights,
    write_export,
    write_weights,
)
from training_jobs.engine.latents import LatentCache, Window, module_sha256
from training_jobs.engine.stage import Stage

RECORD: dict[str, Any] = {"config": {"engine": {"steps": 3}}, "sources": {"release": "abc"}}


class Exporting:
    name = "base"
    sources = RECORD["sources"]

    def export(self, folder: Path, weights: Any) -> None:
        (folder / "part").mkdir()
        write_weights(folder / "part" / "linear.safetensors", weights["linear"])


def exported(out: Path, value: float = 1.0) -> ExportReport:
    weights = {"linear": {"weight": torch.full((2, 3), value), "bias": torch.zeros(2)}}
    stage = cast(Stage, Exporting())
    return write_export(stage, weights, out=out, record=RECORD, step=3, averaged=False)


def test_an_export_is_found_beside_the_next_stage_and_compared(tmp_path: Path) -> None:
    report = exported(tmp_path / "base")
    folder, found = export_of(tmp_path / "stage1", "base")
    assert found == report
    assert list(found.files) == ["part/linear.safetensors"]
    assert exported(tmp_path / "again").sha256 == report.sha256
    assert exported(tmp_path / "other", 2.0).sha256 != report.sha256
    module = torch.nn.Linear(3, 2)
    load_weights(module, folder / "part" / "linear.safetensors")
    assert torch.equal(module(torch.ones(3)), torch.full((2,), 3.0))
    (folder / "part" / "linear.safetensors").write_bytes(b"")
    with pytest.raises(TrainingError, match="missing or not what was exported"):
        export_of(tmp_path / "stage1", "base")


def test_an_export_belongs_to_one_run(tmp_path: Path) -> None:
    assert not is_exported(tmp_path, record=RECORD, step=3)
    exported(tmp_path)
    assert is_exported(tmp_path, record=RECORD, step=3)
    assert not is_exported(tmp_path, record=RECORD, step=2)
    assert not is_exported(tmp_path, record=RECORD | {"sources": {}}, step=3)


def test_missing_weights_are_told_with_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"base/export: no weights of stage 'base'; train it"):
        export_of(tmp_path / "stage1", "base")
    exported(tmp_path / "base")
    (tmp_path / "base").rename(tmp_path / "stage2")
    with pytest.raises(TrainingError, match="holds stage 'base', not 'stage2'"):
        export_of(tmp_path / "stage3", "stage2")
    (tmp_path / "stage2" / "export" / "export.json").write_text("{}")
    with pytest.raises(TrainingError, match=r"export.json: cannot be read"):
        export_of(tmp_path / "stage3", "stage2")


def test_weights_that_do_not_fit_are_told_by_name_and_shape(tmp_path: Path) -> None:
    path = tmp_path / "linear.safetensors"
    with pytest.raises(TrainingError, match="no such weights"):
        load_weights(torch.nn.Linear(3, 2), path)
    write_weights(path, {"weight": torch.ones(2, 4), "gain": torch.ones(2)})
    with pytest.raises(TrainingError) as error:
        load_weights(torch.nn.Linear(3, 2), path)
    told = (
        "does not fit Linear (bias is missing; gain is unknown to the module; "
        "weight has shape (2, 4), the module's (2, 3))"
    )
    assert told in str(error.value)
    path.write_bytes(b"not weights")
    with pytest.raises(TrainingError, match="not a readable safetensors file"):
        load_weights(torch.nn.Linear(3, 2), path)


class Averaging:
    """Encodes by averaging 4x4 pixels of every other frame, and counts what it did."""

    vae_strides = Strides(time=2, space=4)
    patch = Strides(time=1, space=2)

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        self.encoded.append("video")
        return torch.nn.functional.avg_pool3d(video[:, :, ::2], (1, 4, 4))

    def encode_text(self, captions: Sequence[str]) -> torch.Tensor:
        self.encoded += captions
        return torch.tensor([[[float(len(caption))] * 3] * 2 for caption in captions])


WINDOW = Window(clip_sha256="c" * 64, camera=0, first_frame=4, num_frames=5, height=16, width=24)


def read(window: Window) -> torch.Tensor:
    rng = torch.Generator().manual_seed(window.first_frame)
    return torch.rand(3, window.num_frames, window.height, window.width, generator=rng) * 2 - 1


def cache(folder: Path, **changes: Any) -> LatentCache:
    names = {"vae_sha256": "v", "text_encoder_sha256": "t"}
    return LatentCache(folder, **(names | changes))


def test_latents_and_text_are_made_once_and_read_back(tmp_path: Path) -> None:
    backbone = Averaging()
    model = cast(VideoBackbone, backbone)
    windows = [WINDOW, replace(WINDOW, first_frame=0)]
    assert cache(tmp_path).fill(model, windows[:1], read) == 1
    assert cache(tmp_path).fill(model, windows, read) == 1  # as after a stop
    assert cache(tmp_path).fill(model, windows, read) == 0
    assert cache(tmp_path).fill_text(model, ["a ball", "", "a ball"]) == 2
    assert cache(tmp_path).fill_text(model, ["a ball"]) == 0
    assert backbone.encoded == ["video", "video", "a ball", ""]
    for window in windows:
        expected = Averaging().encode(read(window)[None])[0]
        assert torch.equal(cache(tmp_path).latents(window), expected)
    assert torch.equal(cache(tmp_path).text("a ball"), torch.full((2, 3), 6.0))
    assert not list(tmp_path.rglob("*.tmp"))


def test_latents_of_other_encoders_sizes_and_types_are_not_mixed_up(tmp_path: Path) -> None:
    cache(tmp_path).fill(cast(VideoBackbone, Averaging()), [WINDOW], read)
    for other, window in (
        (cache(tmp_path, vae_sha256="w"), WINDOW),
        (cache(tmp_path, dtype=torch.bfloat16), WINDOW),
        (cache(tmp_path), replace(WINDOW, width=32)),
        (cache(tmp_path), replace(WINDOW, clip_sha256="d" * 64)),
    ):
        with pytest.raises(TrainingError, match=r"frames 4-8: not encoded yet .* fill the latents"):
            other.latents(window)
    assert cache(tmp_path, text_encoder_sha256="u").latents(WINDOW).shape == (3, 3, 4, 6)


def test_latents_that_cannot_be_are_told(tmp_path: Path) -> None:
    model = cast(VideoBackbone, Averaging())
    odd = replace(WINDOW, num_frames=6, height=12)
    with pytest.raises(TrainingError) as error:
        cache(tmp_path).fill(model, [odd], read)
    told = "num_frames (6) must be 1 more than a multiple of 2; height (12) must be a multiple of 8"
    assert told in str(error.value)
    with pytest.raises(TrainingError, match=r"read as \(3, 4, 16, 24\), must be \(3, 5, 16, 24\)"):
        cache(tmp_path).fill(model, [WINDOW], lambda window: read(window)[:, 1:])
    with pytest.raises(TrainingError, match="encoded to NaN or infinity"):
        cache(tmp_path).fill(model, [WINDOW], lambda window: read(window) * torch.nan)
    huge = SimpleNamespace(encode_text=lambda captions: torch.full((1, 2, 3), 1e6))
    with pytest.raises(TrainingError, match=r"too large for torch.float16"):
        cache(tmp_path, dtype=torch.float16).fill_text(cast(VideoBackbone, huge), ["a"])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    (tmp_path / "latents").touch()
    with pytest.raises(StoreError, match="a part of the path is a file"):
        cache(tmp_path).fill(model, [WINDOW], read)


def test_a_damaged_file_of_latents_is_told(tmp_path: Path) -> None:
    cache(tmp_path).fill(cast(VideoBackbone, Averaging()), [WINDOW], read)
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(TrainingError, match="remove it and fill the latents again"):
        cache(tmp_path).latents(WINDOW)


def test_the_hash_of_a_module_sees_every_weight() -> None:
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 2, dtype=torch.bfloat16)
    first = module_sha256(module)
    assert first == module_sha256(module)
    module.bias.data[1] += 1
    assert module_sha256(module) != first
