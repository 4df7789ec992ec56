"""Windows of clips -> which of them training sees when, on which rank, and where it goes on."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from .errors import StoreError
from .torch_clips import TorchClips


class WindowSampler(Sampler[int]):
    """This process's share of the windows, shuffled anew each epoch, from where training is.

    The order is a function of seed and epoch; of each `world_size` windows in it, every rank takes
    one, and what is left over is dropped. A loader draws ahead of training, so iterating does not
    move the position: `advance` does (`batches` calls it).
    """

    _KEYS: ClassVar = ("seed", "num_windows")

    def __init__(self, num_windows: int, *, seed: int, rank: int = 0, world_size: int = 1) -> None:
        if not 0 <= rank < world_size <= num_windows:
            raise StoreError(
                f"rank {rank} of {world_size} for {num_windows} windows: ranks count from 0, and "
                "each needs a window. Use fewer processes or more clips."
            )
        self.seed, self.num_windows = seed, num_windows
        self.rank, self.world_size = rank, world_size
        self.epoch, self.position = 0, 0

    def __len__(self) -> int:
        """Windows of this rank in an epoch."""
        return self.num_windows // self.world_size

    def __iter__(self) -> Iterator[int]:
        """The rest of the epoch."""
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.num_windows)
        mine = order[: len(self) * self.world_size][self.rank :: self.world_size]
        return iter(mine[self.position :].tolist())

    def advance(self, num: int) -> None:
        """Training has used this many more windows of this rank."""
        self.position += num

    def start_epoch(self, epoch: int) -> None:
        """Go to the beginning of an epoch."""
        self.epoch, self.position = epoch, 0

    def state_dict(self) -> dict[str, int]:
        """Where training is, for all ranks together."""
        return {
            "seed": self.seed,
            "num_windows": self.num_windows,
            "epoch": self.epoch,
            "position": self.position * self.world_size,
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a state, also one of another number of ranks."""
        mine = {"seed": self.seed, "num_windows": self.num_windows}
        wrong = [
            f"{key} {state[key]} is now {mine[key]}"
            for key in self._KEYS
            if state[key] != mine[key]
        ]
        if state["position"] % self.world_size:
            wrong.append(f"position {state['position']} does not divide by {self.world_size} ranks")
        if wrong:
            raise StoreError(
                f"the sampler's state is of another run: {'; '.join(wrong)}. "
                "Resume with the same clips, windows and seed."
            )
        self.epoch, self.position = state["epoch"], state["position"] // self.world_size


def batches(
    windows: TorchClips, sampler: WindowSampler, *, batch_size: int, num_workers: int = 0
) -> Iterator[dict[str, Any]]:
    """Endless batches from where the sampler is; its state counts those handed out.

    Windows left over at the end of an epoch are dropped. With the same state the same batches
    come, whatever the number of workers.
    """
    if batch_size > len(sampler):
        raise StoreError(
            f"batch_size {batch_size}: an epoch has {len(sampler)} windows for each process. "
            "Use smaller batches or more clips."
        )
    while True:
        loader = DataLoader(
            windows,
            batch_size=batch_size,
            sampler=sampler,
            num_workers=num_workers,
            drop_last=True,
            # Else it would draw from the global generator, and a resumed run from another place.
            generator=torch.Generator(),
        )
        for batch in loader:
            sampler.advance(batch_size)
            yield batch
        sampler.start_epoch(sampler.epoch + 1)
