"""Stage `meters`: two small networks that read depth and moving bodies off decoded video.

One gives stage 3 its reward, the other never does: if only the first one's opinion of generated
clips rises, the reward is being exploited. They differ in their first weights and in the clips they
learn from. Both learn from what the VAE makes of true clips, since that is how generated ones look.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from phys4d_pipeline.cli import main
from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.meter import Meter, Start

from .base_model import PRESETS as BASE_PRESETS
from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.exports import export_of, load_weights, write_weights
from .engine.stage import Draw, Trained, Weights
from .lessons.latents import Latents
from .lessons.moving import moving_bodies
from .lessons.windows import WindowConfig, Windows
from .lessons.world_model import base_backbone

Tensor = torch.Tensor
NAME = "meters"
REWARDING, WATCHING = "rewarding", "watching"
SPACING = 4
"""Frames between those of a window that are learnt from at once."""


@dataclass(frozen=True, kw_only=True)
class MetersConfig:
    """How large they are and what counts."""

    engine: EngineConfig
    windows: WindowConfig
    backbone: str = ""
    """Whose VAE: as of stage 1."""
    width: int = 24
    """Channels of the finest level."""
    bodies: float = 8.0
    """How much more depth counts on bodies that move than on what stands still."""
    noise: float = 0.05
    """Deviation of noise added to pictures, at most: generated ones are never clean."""


_DEMO = MetersConfig(
    engine=replace(
        ENGINE_PRESETS["demo"], steps=30, batch_size=4, micro_batch_size=4, learning_rate=3e-3
    ),
    windows=BASE_PRESETS["demo"].windows,
)
PRESETS = {
    "tiny": replace(
        _DEMO, engine=ENGINE_PRESETS["tiny"], windows=BASE_PRESETS["tiny"].windows, width=8
    ),
    "demo": _DEMO,
    "desk": replace(_DEMO, engine=replace(_DEMO.engine, steps=150)),
    "small": replace(
        _DEMO,
        engine=replace(ENGINE_PRESETS["small"], dtype="float32"),
        windows=BASE_PRESETS["small"].windows,
        width=48,
    ),
}


class MetersStage:
    """Trains both meters on decoded clips."""

    name = NAME

    def __init__(self, config: MetersConfig, store_uri: str, out: Path) -> None:
        self.config = config
        self.device = training_device()
        self.backbone, base = base_backbone(config.backbone, out)
        self.backbone.to(self.device)
        self.windows = Windows(store_uri, config.windows)
        self.latents = Latents(self.windows, self.backbone, out.resolve().parent)
        self.meters = {
            name: new_meter(config, seed).to(self.device)
            for seed, name in enumerate((REWARDING, WATCHING))
        }
        self.trained = {name: Trained(module=each) for name, each in self.meters.items()}
        self.sources = {"clips": self.windows.sha256, "base": base}
        self._decoded: dict[int, Tensor] = {}
        self._moving: dict[int, Tensor] = {}

    def batch(self, draw: Draw) -> dict[str, dict[str, Tensor]]:
        """For each meter from a half of the windows of its own."""
        half = len(self.windows) // 2
        if not half:
            raise TrainingError("Two meters need two windows at least; make more clips.")
        chosen = [index % half for index in draw.clips(len(self.windows))]
        first = 1 + draw.step % SPACING
        found = {}
        for place, name in enumerate(self.meters):
            lessons = [self._lesson(2 * index + place, first) for index in chosen]
            found[name] = {key: torch.cat([each[key] for each in lessons]) for key in lessons[0]}
        return found

    def losses(
        self, batch: dict[str, dict[str, Tensor]], rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """Logarithm of depth where there is one, and the mask of bodies."""
        for name, meter in self.meters.items():
            lesson = {key: each.to(self.device) for key, each in batch[name].items()}
            frames, truth, bodies = (lesson.pop(key) for key in ("frames", "truth", "mask"))
            levels = torch.rand(len(frames), 1, 1, 1, generator=rng) * self.config.noise
            noise = levels * torch.randn(frames.shape, generator=rng)
            depth, logits = meter(frames + noise.to(self.device), Start(**lesson))
            known = torch.isfinite(truth)
            weight = known * (1 + self.config.bodies * bodies)
            error = (depth.log() - torch.where(known, truth, depth.detach()).log()).abs()
            off = (error * weight).sum() / weight.sum().clamp(min=1)
            mask = torch.nn.functional.binary_cross_entropy_with_logits(logits, bodies)
            yield 3 * off + mask, {f"{name}_log_depth": off, f"{name}_bodies": mask}

    def export(self, folder: Path, weights: Weights) -> None:
        """A file each."""
        for name in self.meters:
            write_weights(folder / f"{name}.safetensors", weights[name])

    def _lesson(self, index: int, first: int) -> dict[str, Tensor]:
        """Some frames of a window as the VAE restores them, what they show, how they began."""
        window = self.windows.batch([index])
        if index not in self._decoded:
            latents = self.latents.videos([index]).to(self.device)
            with torch.no_grad():
                self._decoded[index] = self.backbone.decode(latents)[0].movedim(1, 0).cpu()
            self._moving[index] = moving_bodies(window)
        frames, moving = self._decoded[index][first::SPACING], self._moving[index]
        return {
            "frames": frames,
            "truth": window["depth"][0, 0, first::SPACING],
            "mask": moving[0, first::SPACING].float(),
            **vars(Start.of(window, moving).repeated(len(frames))),
        }


def new_meter(config: MetersConfig, seed: int) -> Meter:
    """With the same first weights for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Meter(config.width)


def load_meter(out: Path, name: str, config: MetersConfig) -> tuple[Meter, str]:
    """A frozen meter that was trained beside `out`, and the hash of both."""
    folder, report = export_of(out, NAME)
    meter = Meter(config.width)
    load_weights(meter, folder / f"{name}.safetensors")
    return meter.eval().requires_grad_(False), report.sha256


def prepare(config: MetersConfig, store_uri: str, out: Path) -> MetersStage:
    """Open the clips and the base model trained beside `out`."""
    return MetersStage(config, store_uri, out)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
