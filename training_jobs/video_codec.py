"""Stage `codec`: a small VAE of the WAN class from nothing, on stored clips.

Only for models that are trained from scratch: published backbones bring their own VAE. It starts as
the principal components of the clips' patches. It sees pieces short in time; what it learns of five
frames holds for seventeen, since its convolutions are causal.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float

from phys4d_pipeline.cli import main
from phys4d_pipeline.models.principal_components import start_as_principal_components
from phys4d_pipeline.models.toy import toy_backbone
from phys4d_pipeline.models.toy_parts import ToySizes

from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.stage import Draw, Trained, Weights
from .lessons.windows import WindowConfig, Windows

Tensor = torch.Tensor
NAME = "codec"
BACKBONE = "backbone"
"""Folder of the export: a checkpoint in the published layout."""


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    """How the VAE is trained, and the sizes of the backbone it belongs to."""

    engine: EngineConfig
    windows: WindowConfig
    sizes: ToySizes
    detail: float = 0.5
    """Weight of differences between neighbouring pixels: without it small things blur away."""
    divergence: float = 1e-5
    """Weight of the Kullback-Leibler divergence from a standard normal, per latent number."""


_SIZES = ToySizes(
    num_layers=4,
    num_heads=4,
    head_size=32,
    ffn_ratio=3,
    latent_channels=24,
    token_side=1,
    vae_widths=(64,),
    vae_patch=8,
)
"""A token per 8 x 8 px and frame, an eighth of the numbers in them."""
_SHORT = WindowConfig(frames=5, height=48, width=64, fps=15, hop=4)
_DEMO = CodecConfig(
    engine=replace(
        ENGINE_PRESETS["demo"],
        steps=10,
        batch_size=4,
        micro_batch_size=4,
        learning_rate=2e-6,
        warmup_steps=5,
        final_learning_rate=0.03,
        weight_decay=0.0,
    ),
    windows=_SHORT,
    sizes=_SIZES,
)
PRESETS = {
    "tiny": CodecConfig(
        engine=ENGINE_PRESETS["tiny"],
        windows=replace(_SHORT, height=32, width=32),
        sizes=replace(_SIZES, num_layers=2, num_heads=2, head_size=16),
    ),
    "demo": _DEMO,
    "desk": replace(_DEMO, engine=replace(_DEMO.engine, steps=40)),
    "small": CodecConfig(
        engine=replace(
            ENGINE_PRESETS["small"], batch_size=32, micro_batch_size=32, dtype="float32"
        ),
        windows=replace(_SHORT, height=96, width=128),
        sizes=replace(_SIZES, num_layers=12, num_heads=8, head_size=64, vae_widths=(256,)),
    ),
}


class Autoencoder(torch.nn.Module):
    """Encode and decode in one call, which is what the engine can shard."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(
        self, video: Float[Tensor, "B 3 T H W"], noise: Float[Tensor, "B C t h w"]
    ) -> tuple[Float[Tensor, "B 3 T H W"], Float[Tensor, ""]]:
        """The video again, and the divergence of its latents from a standard normal."""
        posterior = self.vae.encode(video).latent_dist
        mean, log_variance = posterior.mean, posterior.logvar
        restored = self.vae.decode(mean + (0.5 * log_variance).exp() * noise).sample
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
        return restored, divergence.mean()


class CodecStage:
    """Trains the VAE of a backbone whose other parts keep their random weights."""

    name = NAME

    def __init__(self, config: CodecConfig, store_uri: str) -> None:
        self.config = config
        self.windows = Windows(store_uri, config.windows)
        self.device = training_device()
        self.backbone = new_backbone(config)
        vae: Any = self.backbone.vae
        vae.requires_grad_(True)
        start_as_principal_components(vae, self._some())
        self.autoencoder = Autoencoder(vae)
        self.trained = {"vae": Trained(module=self.autoencoder)}
        self.sources = {"clips": self.windows.sha256}

    def batch(self, draw: Draw) -> Float[Tensor, "B 3 T H W"]:
        """Pictures only."""
        indices = draw.clips(len(self.windows))
        return torch.stack([self.windows.item(index)["rgb"] for index in indices])

    def losses(
        self, batch: Tensor, rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """Difference of pixels and of their neighbours, and the divergence."""
        video = batch.to(self.device)
        noise = torch.randn(self._latent_shape(video), generator=rng).to(self.device)
        restored, divergence = self.autoencoder(video, noise)
        difference = restored - video
        pixels = difference.abs().mean() + difference.square().mean()
        detail = difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
        loss = pixels + self.config.detail * detail + self.config.divergence * divergence
        yield loss, {"mse": (difference / 2).square().mean(), "divergence": divergence}

    def export(self, folder: Path, weights: Weights) -> None:
        """The whole backbone, its latents' statistics measured on the windows."""
        backbone = new_backbone(self.config)
        Autoencoder(backbone.vae).load_state_dict(weights["vae"], strict=True)
        measure_latents(backbone, self._some())
        backbone.save(str(folder / BACKBONE))

    def _latent_shape(self, video: Tensor) -> tuple[int, ...]:
        strides = self.backbone.vae_strides
        batch, _, frames, height, width = video.shape
        latents = 1 + (frames - 1) // strides.time
        size = height // strides.space, width // strides.space
        return batch, self.backbone.latent_channels, latents, *size

    def _some(self) -> list[Float[Tensor, "3 T H W"]]:
        """About 64 windows of all."""
        some = range(0, len(self.windows), max(1, len(self.windows) // 64))
        return [self.windows.item(index)["rgb"] for index in some]


def new_backbone(config: CodecConfig) -> Any:
    """With random weights, the same ones every time."""
    rng = torch.Generator().manual_seed(config.engine.seed)
    return toy_backbone("wan", rng=rng, sizes=config.sizes)


@torch.no_grad()
def measure_latents(backbone: Any, videos: Sequence[Float[Tensor, "3 T H W"]]) -> None:
    """Make the mean and deviation of latents part of the VAE, so that they are standard normal."""
    latents = torch.cat([backbone.vae.encode(video[None]).latent_dist.mode() for video in videos])
    channels = latents.movedim(1, 0).flatten(1)
    backbone.vae.register_to_config(
        latents_mean=channels.mean(1).tolist(), latents_std=channels.std(1).tolist()
    )


def prepare(config: CodecConfig, store_uri: str, out: Path) -> CodecStage:
    """Open the clips."""
    return CodecStage(config, store_uri)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
