"""What the engine asks of a stage: trained modules, batches, losses; what it gives: a Draw.

Everything random comes from the seed and the position of a micro-batch among all that were ever
drawn, nothing from what ran before or from which process draws it. That is why a resumed run, or
one with more processes, goes on as if nothing had happened, and why no random state is stored.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch

from phys4d_pipeline.errors import TrainingError

Tensor = torch.Tensor
Weights = Mapping[str, Mapping[str, Tensor]]
"""Name in `Stage.trained` -> parameter's name in that module -> whole tensor, on the CPU."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One micro-batch: which clips, which random numbers."""

    step: int
    """Updates before this one."""
    first: int
    """Position of its first clip among all that are drawn since step 0."""
    size: int
    """Clips."""
    seed: int
    """The run's."""

    def clips(self, num_clips: int) -> list[int]:
        """Indices below `num_clips`: each once per epoch, every epoch in an order of its own."""
        if num_clips < 1:
            raise TrainingError("There are no clips to train on; make some with 'phys4d generate'.")
        positions = range(self.first, self.first + self.size)
        return [
            _order(self.seed, position // num_clips, num_clips)[position % num_clips]
            for position in positions
        ]

    def rng(self, purpose: str) -> torch.Generator:
        """A new CPU generator; other purposes and other draws have independent numbers."""
        return torch.Generator().manual_seed(self.number(purpose))

    def number(self, purpose: str) -> int:
        """The seed of `rng`."""
        return _number(self.seed, purpose, self.first)


def _number(*words: object) -> int:
    digest = hashlib.sha256(" ".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # generators take 63 bits


@lru_cache(maxsize=2)  # a batch may lie across two epochs
def _order(seed: int, epoch: int, num_clips: int) -> list[int]:
    rng = torch.Generator().manual_seed(_number(seed, "order", epoch))
    return torch.randperm(num_clips, generator=rng).tolist()


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A module of which at least one parameter requires a gradient.

    The engine shards it: from then on its parameters are distributed, and only a call of the module
    (or of one of `blocks` inside it) sees whole ones. It must not be called in inference mode.
    """

    module: torch.nn.Module
    blocks: Sequence[torch.nn.Module] = ()
    """Its large parts, gathered one at a time."""
    learning_rate: float = 1.0
    """Factor on the run's learning rate."""


class Stage(Protocol):
    """What is trained, on what, and how wrong it is."""

    name: str
    trained: Mapping[str, Trained]
    """Equal on every process before training; parameters that stay frozen are not stored."""
    sources: Mapping[str, str]
    """Name -> content hash of what goes in (a release, weights); a resume demands the same."""

    def batch(self, draw: Draw) -> Any:
        """Data of `draw.size` clips, from `draw` alone: a thread reads it while a step runs."""
        ...

    def losses(
        self, batch: Any, rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """Parts of the micro-batch's loss (their sum is minimised), each with scalars to log.

        A part is differentiated when it is yielded, so that its graph is gone before the next.
        Scalars of one name are summed over the parts, averaged over the batch. Every process must
        yield as many parts and call the trained modules as often as every other.
        """
        ...

    def export(self, folder: Path, weights: Weights) -> None:
        """Write what later stages and evaluation read; runs on the first process only."""
        ...
