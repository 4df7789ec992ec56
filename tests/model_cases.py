"""Toy backbones of every family and what they are asked to predict."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from phys4d_pipeline.models.backbone import VideoBackbone
from phys4d_pipeline.models.loading import backbone_families
from phys4d_pipeline.models.toy import toy_backbone

NAMES = tuple(backbone_families())
CAPTIONS = ["a ball falls", "two"]
NUM_FRAMES = 9


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fresh(name: str) -> VideoBackbone:
    """One that a test may change."""
    return toy_backbone(name, rng=rng(0))


@cache
def shared(name: str) -> VideoBackbone:
    """One that no test changes."""
    return fresh(name)


@cache
def video() -> torch.Tensor:
    return 2 * torch.rand(2, 3, NUM_FRAMES, 32, 32, generator=rng(1)) - 1


@dataclass(frozen=True, kw_only=True)
class Question:
    """Arguments of `predict`."""

    noisy: torch.Tensor
    time: torch.Tensor
    text: torch.Tensor
    known: torch.Tensor

    def put_to(self, backbone: VideoBackbone) -> torch.Tensor:
        return backbone.predict(self.noisy, self.time, self.text, self.known)


def question(
    backbone: VideoBackbone, *, known: tuple[bool, ...] = (True, False, False)
) -> Question:
    return Question(
        noisy=torch.randn(2, backbone.latent_channels, 3, 4, 4, generator=rng(2)),
        time=torch.tensor([0.5, 0.9]),
        text=backbone.encode_text(CAPTIONS),
        known=torch.tensor(known),
    )


def saved(name: str, folder: Path) -> Path:
    shared(name).save(folder / name)
    return folder / name
