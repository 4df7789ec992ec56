"""Exports of earlier stages -> the model that a later stage goes on with, or that is measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float

from phys4d_pipeline.models.adapters import load_adapter, use_adapters
from phys4d_pipeline.models.backbone import VideoBackbone
from phys4d_pipeline.models.heads import Geometry, GeometryHeads, tapped_blocks
from phys4d_pipeline.models.loading import load_backbone
from phys4d_pipeline.models.taps import Taps, tapped_tokens

from ..engine.exports import export_of

Tensor = torch.Tensor
BASE, BACKBONE = "base", "backbone"
HEADS = "heads.safetensors"
ADAPTERS = {"stage2": "sft", "stage3": "rl"}
"""Stage -> name of the adapter that it trains; each is added to those before."""


@dataclass(kw_only=True)
class WorldModel:
    """A video backbone with heads that tell depth and motion from its features."""

    backbone: Any
    heads: GeometryHeads

    @property
    def depths(self) -> list[int]:
        """The blocks that the heads read."""
        return tapped_blocks(len(self.backbone.blocks), self.heads.config.num_taps)

    def features(
        self,
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
        text: Float[Tensor, "B words width"],
        known: Bool[Tensor, " t"],
    ) -> tuple[list[Float[Tensor, "B N D"]], tuple[int, int, int]]:
        """What the heads take; what lies behind the last tap is not computed."""
        tokens = tapped_tokens(self.backbone, noisy, time, text, known, depths=self.depths)
        return tokens, token_grid(self.backbone, noisy)

    def predict(
        self,
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
        text: Float[Tensor, "B words width"],
        known: Bool[Tensor, " t"],
    ) -> tuple[Float[Tensor, "B C t h w"], Geometry]:
        """The process's target and the geometry, in one pass."""
        taps = Taps(self.backbone, self.depths)
        prediction = None
        with taps:
            prediction = self.backbone.predict(noisy, time, text, known)
        assert prediction is not None, "Only taps that stop early swallow what follows."
        return prediction, self.heads(taps.take(), token_grid(self.backbone, noisy))


def token_grid(
    backbone: VideoBackbone, latents: Float[Tensor, "B C t h w"]
) -> tuple[int, int, int]:
    """Tokens in time, rows, columns."""
    t, h, w = latents.shape[2:]
    patch = backbone.patch
    return t // patch.time, h // patch.space, w // patch.space


def base_backbone(
    source: str, out: Path, *, dtype: Literal["float32", "bfloat16"] = "float32"
) -> tuple[Any, str]:
    """The backbone that stages adapt, and its name or content hash.

    Args:
        source: Folder or hub id of a published checkpoint; empty for the stage `base` beside `out`.
        out: Of the stage that asks.
        dtype: Of a published checkpoint's frozen weights; a base model of ours stays float32.
    """
    if source:
        return load_backbone(source, dtype=getattr(torch, dtype)), source
    folder, report = export_of(out, BASE)
    return load_backbone(folder / BACKBONE), report.sha256


def world_model(
    source: str, out: Path, stage: str, *, dtype: Literal["float32", "bfloat16"] = "float32"
) -> tuple[WorldModel, dict[str, str]]:
    """The model as `stage` left it, all frozen, and the hashes of what it is made of.

    Args:
        source: As of `base_backbone`.
        out: Of the stage that asks; the others lie beside it.
        stage: `stage1`, `stage2` or `stage3`.
        dtype: As of `base_backbone`.
    """
    backbone, base = base_backbone(source, out, dtype=dtype)
    sources = {BASE: base}
    stages = [each for each in ADAPTERS if each <= stage]
    for each in stages:
        folder, report = export_of(out, each)
        load_adapter(backbone, ADAPTERS[each], folder)
        sources[each] = report.sha256
    use_adapters(backbone, [ADAPTERS[each] for each in stages])
    with_heads = min(stage, "stage2")
    folder, report = export_of(out, with_heads)
    sources[with_heads] = report.sha256
    backbone.transformer.requires_grad_(False)
    heads = GeometryHeads.load(folder / HEADS).requires_grad_(False)
    return WorldModel(backbone=backbone, heads=heads), sources
