"""Stage 1: the backbone is frozen; heads learn depth and motion from pseudo-labels.

No ground truth is read: what the heads know afterwards, off-the-shelf estimators have told them.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float

from phys4d_pipeline.cli import main
from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.heads import Geometry, GeometryHeads, HeadsConfig
from phys4d_pipeline.objectives import (
    metric_depth_loss,
    motion_emphasis,
    motion_loss,
    scale_shift_loss,
)

from .base_model import PRESETS as BASE_PRESETS
from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.latents import module_sha256
from .engine.stage import Draw, Trained, Weights
from .lessons.labels import LabelledWindows, Labels
from .lessons.latents import Latents
from .lessons.noising import noised
from .lessons.windows import PUBLISHED, WindowConfig, Windows, known_latents
from .lessons.world_model import HEADS, WorldModel, base_backbone

Tensor = torch.Tensor
NAME = "stage1"


@dataclass(frozen=True, kw_only=True)
class Stage1Config:
    """What the heads are and whom they believe."""

    engine: EngineConfig
    windows: WindowConfig
    backbone: str = ""
    """Folder or hub id of a published checkpoint; empty for the stage `base` beside this one."""
    depth: str = "sgbm"
    """Estimator of depth whose labels are read."""
    flow: str = "dis"
    """Estimator of flow whose labels are read."""
    num_taps: int = 2
    """Blocks that the heads read."""
    width: int = 64
    """Of the layer that the taps are summed in."""
    channels: int = 8
    """Of each head, per output pixel."""
    latest: float = 0.6
    """Noisiest time that features are taken at: near 1 they hold no scene."""
    depth_weight: float = 10.0
    metric_weight: float = 0.1
    """Of the metric part, beside the scale-invariant one; without effect on affine labels."""
    motion_weight: float = 1.0
    moving: float = 5.0
    """How often a pixel counts in the loss of depth that moves by its label."""


_DEMO = Stage1Config(
    engine=replace(
        ENGINE_PRESETS["demo"],
        steps=20,
        batch_size=8,
        micro_batch_size=8,
        learning_rate=3e-3,
        warmup_steps=5,
    ),
    windows=BASE_PRESETS["demo"].windows,
)
PRESETS = {
    "tiny": replace(
        _DEMO, engine=ENGINE_PRESETS["tiny"], windows=BASE_PRESETS["tiny"].windows, width=16
    ),
    "demo": _DEMO,
    "desk": replace(_DEMO, engine=replace(_DEMO.engine, steps=200)),
    "small": replace(
        _DEMO,
        engine=ENGINE_PRESETS["small"],
        windows=BASE_PRESETS["small"].windows,
        num_taps=3,
        width=256,
    ),
    "full": replace(
        _DEMO,
        engine=replace(ENGINE_PRESETS["full"], steps=5000, batch_size=16),
        windows=PUBLISHED,
        backbone="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        depth="depth_anything_v2",
        flow="raft_large",
        num_taps=3,
        width=1024,
        channels=16,
    ),
}


class Stage1:
    """Trains the heads on features of a backbone that stays as it is."""

    name = NAME

    def __init__(self, config: Stage1Config, store_uri: str, out: Path) -> None:
        self.config = config
        self.device = training_device()
        backbone, base = base_backbone(config.backbone, out, dtype=config.engine.dtype)
        backbone.to(self.device)
        backbone.transformer.eval().requires_grad_(False)
        self.windows = Windows(store_uri, config.windows)
        self.labels = LabelledWindows(self.windows, store_uri, depth=config.depth, flow=config.flow)
        self.latents = Latents(self.windows, backbone, out.resolve().parent)
        self.heads = new_heads(config, backbone).to(self.device)
        self._calibrate()
        self.model = WorldModel(backbone=backbone, heads=self.heads)
        self.trained = {"heads": Trained(module=self.heads)}
        self.sources = {
            "clips": self.windows.sha256,
            "labels": self.labels.sha256,
            "base": base,
        }
        self.frozen = module_sha256(backbone.transformer)

    def batch(self, draw: Draw) -> tuple[Tensor, Tensor, Labels]:
        """Latents, captions and labels."""
        chosen = [self.labels.indices[each] for each in draw.clips(len(self.labels.indices))]
        labels = self.labels.batch(chosen)
        return self.latents.videos(chosen), self.latents.captions(chosen), labels

    def losses(
        self, batch: tuple[Tensor, Tensor, Labels], rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """Depth and motion against the labels; less where there is more noise."""
        clean, text, labels = batch
        clean, text = clean.to(self.device), text.to(self.device)
        backbone = self.model.backbone
        known = known_latents(
            self.config.windows, time_stride=backbone.vae_strides.time, latents=clean.shape[2]
        )
        asked = noised(backbone.process, clean, known, rng, latest=self.config.latest)
        with torch.no_grad():
            tokens = self.model.features(asked.noisy, asked.time, text, known)
        geometry = self.model.heads(*tokens)
        depth, motion = self._against(geometry, labels)
        certainty = 1 - asked.time
        depth, motion = (certainty * depth).mean(), (certainty * motion).mean()
        loss = self.config.depth_weight * depth + self.config.motion_weight * motion
        yield loss, {"depth": depth, "motion": motion}

    def export(self, folder: Path, weights: Weights) -> None:
        """The heads; refuses if the backbone has changed."""
        if module_sha256(self.model.backbone.transformer) != self.frozen:
            raise TrainingError("stage1: the backbone's weights changed although it is frozen.")
        heads = new_heads(self.config, self.model.backbone)
        heads.load_state_dict({**self._buffers(), **weights["heads"]}, strict=True)
        heads.save(folder / HEADS)

    def _against(
        self, geometry: Geometry, labels: Labels
    ) -> tuple[Float[Tensor, " B"], Float[Tensor, " B"]]:
        depth_label, flow_label = labels.depth.to(self.device), labels.motion.to(self.device)
        emphasis = motion_emphasis(flow_label, self.config.moving)
        if self.labels.is_metric:
            metric = self.config.metric_weight
            depth = metric_depth_loss(geometry.depth, depth_label, emphasis, metric=metric)
        else:
            told = 1 / geometry.depth if self.labels.is_disparity else geometry.depth
            depth = scale_shift_loss(told, depth_label, emphasis)
        motion = motion_loss(geometry.motion, flow_label, scale=self.heads.motion_scale)
        return depth, motion

    def _calibrate(self) -> None:
        """Start from what the labels hold on average."""
        some = self.labels.indices[:: max(1, len(self.labels.indices) // 32)]
        labels = self.labels.batch(some)
        depth = labels.depth
        if not self.labels.is_metric:  # of no unit: any would do
            depth = torch.full_like(depth, torch.nan)
            depth[..., :2] = torch.tensor([2.0, 8.0])
        self.heads.calibrate(depth.to(self.device), labels.motion.to(self.device))

    def _buffers(self) -> dict[str, Tensor]:
        return {name: buffer.detach().cpu() for name, buffer in self.heads.named_buffers()}


def new_heads(config: Stage1Config, backbone: Any) -> GeometryHeads:
    """Heads of the backbone's sizes, always with the same first weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.engine.seed)
        return GeometryHeads(
            HeadsConfig(
                hidden_size=backbone.hidden_size,
                num_taps=config.num_taps,
                patch=backbone.patch,
                vae_strides=backbone.vae_strides,
                width=config.width,
                channels=config.channels,
                reduction=config.windows.geometry_reduction,
            )
        )


def prepare(config: Stage1Config, store_uri: str, out: Path) -> Stage1:
    """Open the clips, their labels and the backbone."""
    return Stage1(config, store_uri, out)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
