"""Measured steps -> a progress line and TensorBoard scalars, every `log_every` steps."""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.tensorboard.writer import SummaryWriter

from .config import EngineConfig
from .distributed import peak_memory_gib

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One step."""

    loss: float
    """Mean over the step's clips, before the update."""
    scalars: Mapping[str, float]
    """The stage's, likewise."""
    gradient_norm: float
    """Before it was shortened."""
    learning_rate: float


class Progress:
    """The log of one run, kept by the first process."""

    def __init__(
        self, folder: Path, config: EngineConfig, *, start: int, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        # What a stopped run logged after its last checkpoint is hidden: it is logged again.
        self.writer = SummaryWriter(folder, purge_step=start + 1)
        self.sums: defaultdict[str, float] = defaultdict(float)
        self.steps = 0
        self.since_s = time.perf_counter()

    def add(self, step: int, measured: Measured) -> None:
        """Take in the step that led to `step` updates; says something when it is time."""
        values = {"loss": measured.loss, "gradient_norm": measured.gradient_norm}
        values |= {f"scalars/{name}": value for name, value in measured.scalars.items()}
        for name, value in values.items():
            self.sums[name] += value
        self.steps += 1
        if step % self.config.log_every == 0 or step == self.config.steps:
            self._say(step, measured.learning_rate)

    def close(self) -> None:
        """Write what is left to the disk."""
        self.writer.close()

    def _say(self, step: int, learning_rate: float) -> None:
        seconds = time.perf_counter() - self.since_s
        means = {name: total / self.steps for name, total in self.sums.items()}
        rate = self.steps * self.config.batch_size / seconds
        memory = peak_memory_gib(self.device)
        log.info(
            "step %d/%d | loss %.4g | %.1f clips/s | %.1f GiB",
            step, self.config.steps, means["loss"], rate, memory,
        )  # fmt: skip
        extra = {"learning_rate": learning_rate, "clips_per_s": rate, "memory_gib": memory}
        for name, value in (means | extra).items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()
        self.sums.clear()
        self.steps, self.since_s = 0, time.perf_counter()
