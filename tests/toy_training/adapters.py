"""Flow matching of a tiny video transformer's adapters and a head, on synthetic latents."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import WanTransformer3DModel
from peft import LoraConfig

from phys4d_pipeline.cli import main
from training_jobs.engine.config import ENGINE_PRESETS, EngineConfig
from training_jobs.engine.distributed import training_device
from training_jobs.engine.exports import write_weights
from training_jobs.engine.stage import Draw, Trained, Weights

NAME = "toy_adapters"
TINY = replace(
    ENGINE_PRESETS["tiny"],
    steps=6,
    batch_size=4,
    micro_batch_size=2,
    learning_rate=1e-2,
    warmup_steps=2,
    ema_decay=0.5,
    log_every=1,
    checkpoint_every=2,
    keep_checkpoints=3,
)


@dataclass(frozen=True, kw_only=True)
class ToyConfig:
    engine: EngineConfig
    rank: int = 4
    nan_at: int = -1
    """Step whose batch is not a number."""


PRESETS = {
    "tiny": ToyConfig(engine=TINY),
    "bfloat16": ToyConfig(engine=replace(TINY, dtype="bfloat16")),
    "broken": ToyConfig(engine=TINY, nan_at=4),
}


def transformer(rank: int, *, trunk: torch.dtype = torch.float32) -> WanTransformer3DModel:
    torch.manual_seed(0)
    model = WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        text_dim=8,
        freq_dim=16,
        ffn_dim=48,
        num_layers=2,
    )
    model.requires_grad_(False)
    for parameter in model.parameters():
        parameter.data = parameter.data.to(trunk)
    model.add_adapter(
        LoraConfig(r=rank, lora_alpha=rank, target_modules=["to_q", "to_v"], lora_dropout=0.1)
    )
    for parameter in model.parameters():  # peft follows the trunk's type
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    model.enable_gradient_checkpointing()
    return model.train()


class StoppedError(Exception):
    """Somebody stopped the trainer."""


class ToyStage:
    name = NAME

    def __init__(
        self, config: ToyConfig, *, trunk: torch.dtype = torch.float32, stop_at: int = -1
    ) -> None:
        self.config = config
        self.stop_at = stop_at
        self.device = training_device()
        self.transformer = transformer(config.rank, trunk=trunk)
        torch.manual_seed(1)
        self.head = torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.GELU(), torch.nn.Linear(8, 1)
        )
        self.trained = {
            "transformer": Trained(module=self.transformer, blocks=self.transformer.blocks),
            "head": Trained(module=self.head, learning_rate=2.0),
        }
        self.sources: Mapping[str, str] = {"latents": "made up"}

    def batch(self, draw: Draw) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents (B, 4, 3, 8, 8) and text (B, 5, 8) of 7 clips."""
        if draw.step == self.stop_at:
            raise StoppedError
        clips = []
        for index in draw.clips(7):
            rng = torch.Generator().manual_seed(index)
            clips.append((torch.randn(4, 3, 8, 8, generator=rng), torch.randn(5, 8, generator=rng)))
        latents, text = (torch.stack(column) for column in zip(*clips, strict=True))
        if draw.step == self.config.nan_at:
            latents = latents * torch.nan
        return latents, text

    def losses(
        self, batch: Any, rng: torch.Generator
    ) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        latents, text = (each.to(self.device) for each in batch)
        noise = torch.randn(latents.shape, generator=rng).to(self.device)
        time = torch.rand(len(latents), generator=rng).to(self.device)
        mixed = torch.lerp(latents, noise, time[:, None, None, None, None])
        (flow,) = self.transformer(
            hidden_states=mixed,
            timestep=1000 * time,
            encoder_hidden_states=text,
            return_dict=False,
        )
        assert flow.dtype == torch.float32
        loss = (flow - (noise - latents)).square().mean()
        yield loss, {"flow": loss}
        level = self.head(latents.movedim(1, -1)).mean(dim=(1, 2, 3, 4))
        depth = (level - 1).square().mean()
        yield depth, {"depth": depth}

    def export(self, folder: Path, weights: Weights) -> None:
        for name, tensors in weights.items():
            write_weights(folder / f"{name}.safetensors", tensors)


def prepare(config: ToyConfig, store_uri: str, out: Path) -> ToyStage:
    if step := os.environ.get("TOY_DIES_AT"):
        die_while_saving(int(step))
    return ToyStage(config)


def die_while_saving(step: int) -> None:
    """Kill this process when the tensors of that step's checkpoint are written, but no more."""
    from training_jobs.engine import checkpoints

    save = checkpoints.save

    def save_and_die(state: dict[str, Any], **options: Any) -> None:
        save(state, **options)
        if state["step"] == step:
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoints.save = save_and_die  # type: ignore[assignment]


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
