"""Stage `meters`: two small networks that read depth and moving bodies off decoded video.

One gives stage 3 its reward, the other never does: if only the first one's opinion of generated
clips rises, the reward is being exploited. They differ in their first weights and in the clips they
learn from. Both learn from what the VAE makes of true clips, since that is how generated ones look,
and from the same clips mirrored, lit and coloured otherwise, and farther away.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Bool, Float

from phys4d_pipeline.cli import main
from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.meter import Meter, Start, resized

from .base_model import PRESETS as BASE_PRESETS
from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.exports import export_of, load_weights, write_weights
from .engine.stage import Draw, Trained, Weights
from .lessons.latents import Latents
from .lessons.moving import followed_windows, moving_bodies
from .lessons.windows import PUBLISHED, WindowConfig, Windows
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
    depth_weight: float = 3.0
    """Of the error of bodies' log depth, beside that of their mask."""
    noise: float = 0.05
    """Deviation of noise added to pictures, at most: generated ones are never clean."""

    def __post_init__(self) -> None:
        if self.engine.dtype != "float32":
            raise TrainingError(
                f"engine.dtype ({self.engine.dtype}) of the meters must be float32: what they tell "
                "apart is finer than bfloat16."
            )


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
    "desk": replace(_DEMO, engine=replace(_DEMO.engine, steps=600)),
    "small": replace(
        _DEMO,
        engine=replace(ENGINE_PRESETS["small"], dtype="float32"),
        windows=BASE_PRESETS["small"].windows,
        width=48,
    ),
    "full": replace(
        _DEMO,
        engine=replace(
            ENGINE_PRESETS["full"], steps=20_000, batch_size=16, micro_batch_size=4,
            learning_rate=3e-4, dtype="float32",
        ),
        windows=PUBLISHED,
        backbone="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        width=96,
    ),
}  # fmt: skip


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
        self.starts = followed_windows(self.windows)
        self.sources = {"clips": self.windows.sha256, "base": base}
        self._seen = lru_cache(config.windows.kept_in_memory)(self._look)

    def batch(self, draw: Draw) -> dict[str, dict[str, Tensor]]:
        """For each meter from a half of the windows of its own."""
        half = len(self.starts) // 2
        if not half:
            raise TrainingError("Two meters need two windows at least; make more clips.")
        chosen = [index % half for index in draw.clips(len(self.starts))]
        first = 1 + draw.step % SPACING
        found = {}
        for place, name in enumerate(self.meters):
            lessons = [self._lesson(self.starts[2 * index + place], first) for index in chosen]
            found[name] = {key: torch.cat([each[key] for each in lessons]) for key in lessons[0]}
        return found

    def losses(
        self, batch: dict[str, dict[str, Tensor]], rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """Logarithm of depth on bodies, and their mask."""
        for name, meter in self.meters.items():
            lesson = varied(batch[name], noise=self.config.noise, rng=rng)
            lesson = {key: each.to(self.device) for key, each in lesson.items()}
            frames, truth, bodies = (lesson.pop(key) for key in ("frames", "truth", "mask"))
            told, logits = meter(frames, Start(**lesson))
            off, missed = log_depth_error(told, truth, bodies), mask_error(logits, bodies)
            loss = self.config.depth_weight * off + missed
            yield loss, {f"{name}_log_depth": off, f"{name}_bodies": missed}

    def export(self, folder: Path, weights: Weights) -> None:
        """A file each."""
        for name in self.meters:
            write_weights(folder / f"{name}.safetensors", weights[name])

    def _lesson(self, index: int, first: int) -> dict[str, Tensor]:
        """Some frames of a window as the VAE restores them, what they show, how they began."""
        frames, depth, moving, start = self._seen(index)
        frames = frames[first::SPACING]
        return {
            "frames": frames,
            "truth": depth[first::SPACING],
            "mask": moving[first::SPACING],
            **vars(start.repeated(len(frames))),
        }

    def _look(self, index: int) -> tuple[Tensor, Tensor, Tensor, Start]:
        """Decoded frames, depth and moving bodies of a window, and its start, of depth's size."""
        window = self.windows.batch([index])
        depth, moving = window["depth"][0, 0], moving_bodies(window)
        with torch.no_grad():
            decoded = self.backbone.decode(self.latents.videos([index]).to(self.device))[0]
        frames = resized(decoded.movedim(1, 0), depth).cpu()
        return frames, depth, moving[0], Start.of(window, moving)


def varied(
    lesson: Mapping[str, Tensor], *, noise: float, rng: torch.Generator
) -> dict[str, Tensor]:
    """Each frame and its start mirrored or not, lit and coloured otherwise, nearer or farther.

    Args:
        lesson: `frames`, `truth`, `mask` and the fields of a `Start`, all alike in number.
        noise: Deviation added to the frames, at most.
        rng: Draws everything.
    """
    num = len(lesson["frames"])

    def draws(*shape: int) -> Tensor:
        return torch.rand(num, *shape, generator=rng)

    mirrored = draws() < 0.5
    found = {
        key: torch.where(mirrored.view(-1, *[1] * (each.ndim - 1)), each.flip(-1), each)
        for key, each in lesson.items()
    }
    gain, offset, order = 0.8 + 0.4 * draws(3, 1, 1), 0.2 * draws(3, 1, 1) - 0.1, draws(3).argsort()
    rows = torch.arange(num)[:, None]
    for key in ("frames", "rgb"):
        found[key] = found[key][rows, order] * gain + offset
    levels = noise * draws(1, 1, 1)
    found["frames"] += levels * torch.randn(found["frames"].shape, generator=rng)
    farther = (0.5 * torch.randn(num, 1, 1, generator=rng)).exp()
    return found | {key: found[key] * farther for key in ("depth", "nearest", "truth")}


def log_depth_error(
    told: Float[Tensor, "F H W"], truth: Float[Tensor, "F H W"], bodies: Bool[Tensor, "F H W"]
) -> Float[Tensor, ""]:
    """Mean of |log told - log truth| over bodies."""
    known = bodies & torch.isfinite(truth)
    error = (told.log() - torch.where(known, truth, told.detach()).log()).abs()
    return (error * known).sum() / known.sum().clamp(min=1)


def mask_error(logits: Float[Tensor, "F H W"], bodies: Bool[Tensor, "F H W"]) -> Float[Tensor, ""]:
    """Cross entropy, and 1 - Dice's coefficient: bodies are few pixels of a frame."""
    wanted, told = bodies.to(logits), logits.sigmoid()
    shared, both = ((each.flatten(1).sum(1)) for each in (told * wanted, told + wanted))
    dice = ((2 * shared + 1) / (both + 1)).mean()
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted) + 1 - dice


def new_meter(config: MetersConfig, seed: int) -> Meter:
    """With the same first weights for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Meter(config.width)


def load_meter(out: Path, name: str) -> tuple[Meter, str]:
    """A frozen meter that was trained beside `out`, and the hash of both."""
    folder, report = export_of(out, NAME)
    meter = Meter(report.config["width"])
    load_weights(meter, folder / f"{name}.safetensors")
    return meter.eval().requires_grad_(False), report.sha256


def prepare(config: MetersConfig, store_uri: str, out: Path) -> MetersStage:
    """Open the clips and the base model trained beside `out`."""
    return MetersStage(config, store_uri, out)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
