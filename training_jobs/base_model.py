"""Stage `base`: a small video DiT of the WAN class from nothing, by flow matching.

Stands where a published model stands in full size: it has seen videos, and no geometry. Published
checkpoints skip it (`backbone` in the presets of later stages).
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from phys4d_pipeline.cli import main
from phys4d_pipeline.models.loading import load_backbone
from phys4d_pipeline.objectives import flow_matching_loss

from . import video_codec
from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.exports import export_of
from .engine.stage import Draw, Trained, Weights
from .lessons.latents import Latents
from .lessons.noising import noised
from .lessons.windows import WindowConfig, Windows, known_latents

Tensor = torch.Tensor
NAME = "base"
BACKBONE = video_codec.BACKBONE


@dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """How the transformer is trained; its sizes are those of the codec's backbone."""

    engine: EngineConfig
    windows: WindowConfig


_WINDOWS = WindowConfig(frames=17, height=48, width=64, fps=15)
_DEMO = BaseConfig(
    engine=replace(
        ENGINE_PRESETS["demo"],
        steps=30,
        batch_size=8,
        micro_batch_size=8,
        learning_rate=1.5e-3,
        ema_decay=0.95,
    ),
    windows=_WINDOWS,
)
PRESETS = {
    "tiny": BaseConfig(
        engine=ENGINE_PRESETS["tiny"], windows=replace(_WINDOWS, frames=9, height=32, width=32)
    ),
    "demo": _DEMO,
    "desk": replace(_DEMO, engine=replace(_DEMO.engine, steps=450, ema_decay=0.98)),
    "small": BaseConfig(
        engine=ENGINE_PRESETS["small"], windows=replace(_WINDOWS, height=96, width=128)
    ),
}


class BaseStage:
    """Trains the whole transformer on latents."""

    name = NAME

    def __init__(self, config: BaseConfig, store_uri: str, out: Path) -> None:
        folder, report = export_of(out, video_codec.NAME)
        self.source = folder / BACKBONE
        self.device = training_device()
        self.backbone: Any = load_backbone(self.source)
        self.backbone.to(self.device)
        self.windows = Windows(store_uri, config.windows)
        self.latents = Latents(self.windows, self.backbone, out.resolve().parent)
        self.config = config
        transformer = self.backbone.transformer.requires_grad_(True).train()
        self.trained = {"transformer": Trained(module=transformer, blocks=self.backbone.blocks)}
        self.sources = {"clips": self.windows.sha256, video_codec.NAME: report.sha256}

    def batch(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """Latents and caption embeddings."""
        indices = draw.clips(len(self.windows))
        return self.latents.videos(indices), self.latents.captions(indices)

    def losses(
        self, batch: tuple[Tensor, Tensor], rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """Flow matching on the frames that are not known."""
        clean, text = (each.to(self.device) for each in batch)
        known = known_latents(
            self.config.windows,
            time_stride=self.backbone.vae_strides.time,
            latents=clean.shape[2],
        )
        asked = noised(self.backbone.process, clean, known, rng)
        answer = self.backbone.predict(asked.noisy, asked.time, text, known.to(self.device))
        loss = flow_matching_loss(answer, asked.target, known).mean()
        yield loss, {"flow_matching": loss}

    def export(self, folder: Path, weights: Weights) -> None:
        """The whole backbone, in the published layout."""
        backbone: Any = load_backbone(self.source)
        backbone.transformer.load_state_dict(weights["transformer"], strict=True)
        backbone.save(str(folder / BACKBONE))


def prepare(config: BaseConfig, store_uri: str, out: Path) -> BaseStage:
    """Open the clips and the codec trained beside `out`."""
    return BaseStage(config, store_uri, out)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
