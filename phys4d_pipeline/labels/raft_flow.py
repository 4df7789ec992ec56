"""Two frames -> flow by a RAFT network with published weights."""

import numpy as np
import torch
from jaxtyping import Float32
from torch.nn import functional

from .checkpoint import find_checkpoint, load_strict, torch_device
from .footage import Rgb
from .raft import FACTOR, Raft, RaftSize

UPDATES = 12
"""Refinements of the flow, as the published figures were measured with."""
LEAST_PX = 128
"""The coarsest correlations need two features a side."""


class RaftFlow:
    """One of the two published sizes."""

    def __init__(self, size: RaftSize, weights: str, *, updates: int = UPDATES) -> None:
        """Args: the size; folder, file or hub id of its weights; refinements per pair."""
        self.name = size.name
        self._device = torch_device()
        network = Raft(size)
        loaded = load_strict(network, find_checkpoint(size.name, weights))
        self._network = network.eval().to(self._device)
        self._updates = updates
        self.version = f"{size.name}-1 {loaded} updates={updates}"

    def flow(self, first: Rgb, second: Rgb) -> Float32[np.ndarray, "H W 2"]:
        """(dx, dy) [px]."""
        height, width = first.shape[:2]
        with torch.inference_mode():
            pair = (self._picture(first), self._picture(second))
            found = self._network(*pair, updates=self._updates)[0, :, :height, :width]
        return np.ascontiguousarray(found.permute(1, 2, 0).cpu().numpy())

    def _picture(self, rgb: Rgb) -> torch.Tensor:
        """(1, 3, H, W) in [-1, 1], grown to the right and downwards by its last pixels."""
        plain = torch.from_numpy(rgb.copy()).to(self._device).permute(2, 0, 1)[None]
        height, width = (max(LEAST_PX, -(-side // FACTOR) * FACTOR) for side in rgb.shape[:2])
        grown = (0, width - rgb.shape[1], 0, height - rgb.shape[0])
        return functional.pad(plain.float() / 127.5 - 1, grown, mode="replicate")
