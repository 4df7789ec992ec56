"""Stage 2: adapters and heads learn from simulated clips and their ground truth.

Flow matching keeps the videos good, depth and motion are held to the truth, and warp consistency
asks that they tell one story. Every weight is a setting; 0 leaves its loss out.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from phys4d_pipeline.cli import main
from phys4d_pipeline.models.adapters import add_adapter, save_adapter
from phys4d_pipeline.models.heads import GeometryHeads
from phys4d_pipeline.objectives import Truth, stage2_losses
from phys4d_pipeline.objectives import Weights as LossWeights

from .base_model import PRESETS as BASE_PRESETS
from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.stage import Draw, Trained, Weights
from .lessons.latents import Latents
from .lessons.noising import noised
from .lessons.windows import PUBLISHED, Batch, WindowConfig, Windows, known_latents
from .lessons.world_model import ADAPTERS, HEADS, base_backbone, world_model

Tensor = torch.Tensor
NAME = "stage2"


@dataclass(frozen=True, kw_only=True)
class Stage2Config:
    """How much is adapted, and what counts."""

    engine: EngineConfig
    windows: WindowConfig
    backbone: str = ""
    """Folder or hub id of a published checkpoint; empty for the stage `base` beside this one."""
    rank: int = 32
    """Of the adapters."""
    losses: LossWeights = field(default_factory=LossWeights)
    """Of flow matching, depth, motion and warp consistency."""
    heads_rate: float = 0.2
    """Factor on the learning rate for the heads."""


_DEMO = Stage2Config(
    engine=replace(
        ENGINE_PRESETS["demo"],
        steps=20,
        batch_size=8,
        micro_batch_size=8,
        learning_rate=1.5e-3,
        warmup_steps=10,
    ),
    windows=BASE_PRESETS["demo"].windows,
)
PRESETS = {
    "tiny": replace(
        _DEMO, engine=ENGINE_PRESETS["tiny"], windows=BASE_PRESETS["tiny"].windows, rank=4
    ),
    "demo": _DEMO,
    "desk": replace(_DEMO, engine=replace(_DEMO.engine, steps=150)),
    "small": replace(
        _DEMO, engine=ENGINE_PRESETS["small"], windows=BASE_PRESETS["small"].windows, rank=64
    ),
    "full": replace(
        _DEMO,
        engine=replace(ENGINE_PRESETS["full"], steps=5000, batch_size=16),
        windows=PUBLISHED,
        backbone="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        rank=64,
    ),
}


class Stage2:
    """Trains a LoRA of the transformer and the heads of stage 1."""

    name = NAME

    def __init__(self, config: Stage2Config, store_uri: str, out: Path) -> None:
        self.config = config
        self.out = out
        self.device = training_device()
        self.model, sources = world_model(config.backbone, out, "stage1", dtype=config.engine.dtype)
        backbone = self.model.backbone
        backbone.to(self.device)
        self._adapt(backbone)
        backbone.transformer.train()
        heads = self.model.heads.to(self.device).requires_grad_(config.losses.need_geometry)
        self.windows = Windows(store_uri, config.windows)
        self.latents = Latents(self.windows, backbone, out.resolve().parent)
        self.trained = {"transformer": Trained(module=backbone.transformer, blocks=backbone.blocks)}
        if config.losses.need_geometry:
            self.trained["heads"] = Trained(module=heads, learning_rate=config.heads_rate)
        self.sources = {"clips": self.windows.sha256, **sources}

    def batch(self, draw: Draw) -> tuple[Tensor, Tensor, Batch]:
        """Latents, captions and ground truth."""
        chosen = draw.clips(len(self.windows))
        truth = self.windows.batch(chosen)
        return self.latents.videos(chosen), self.latents.captions(chosen), truth

    def losses(
        self, batch: tuple[Tensor, Tensor, Batch], rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """The weighted sum of what `losses` of the config asks for."""
        clean, text = (each.to(self.device) for each in batch[:2])
        backbone, heads, weights = self.model.backbone, self.model.heads, self.config.losses
        known = known_latents(
            self.config.windows, time_stride=backbone.vae_strides.time, latents=clean.shape[2]
        )
        asked = noised(backbone.process, clean, known, rng)
        prediction, geometry = self.model.predict(asked.noisy, asked.time, text, known)
        parts = stage2_losses(
            weights,
            prediction=prediction,
            target=asked.target,
            known=known,
            time=asked.time,
            geometry=geometry,
            truth=Truth.of(batch[2], self.device),
            motion_scale=heads.motion_scale,
        )
        yield weights.total(parts), parts

    def export(self, folder: Path, weights: Weights) -> None:
        """The adapter alone, and the heads."""
        backbone, _ = base_backbone(self.config.backbone, self.out)
        self._adapt(backbone)
        backbone.transformer.load_state_dict(weights["transformer"], strict=False)
        save_adapter(backbone, ADAPTERS[NAME], folder)
        heads = GeometryHeads(self.model.heads.config)
        before = {name: each.detach().cpu() for name, each in self.model.heads.state_dict().items()}
        heads.load_state_dict({**before, **weights.get("heads", {})}, strict=True)
        heads.save(folder / HEADS)

    def _adapt(self, backbone) -> None:
        rng = torch.Generator().manual_seed(self.config.engine.seed)
        add_adapter(backbone, ADAPTERS[NAME], rank=self.config.rank, rng=rng)


def prepare(config: Stage2Config, store_uri: str, out: Path) -> Stage2:
    """Open the clips, the backbone and the heads of stage 1 beside `out`."""
    return Stage2(config, store_uri, out)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
