"""Windows -> a frozen backbone's latents and caption embeddings, each computed once per run folder.

They lie beside the stages' folders, so stages with the same VAE share them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float

from ..engine.latents import LatentCache, module_sha256
from .windows import Windows

Tensor = torch.Tensor
FOLDER = "latents"


class Latents:
    """Of all windows, and of their captions."""

    def __init__(self, windows: Windows, backbone: Any, runs: Path) -> None:
        self._windows = [windows.place(index) for index in range(len(windows))]
        self._captions = windows.captions
        self._cache = LatentCache(
            runs / FOLDER,
            vae_sha256=module_sha256(backbone.vae),
            text_encoder_sha256=module_sha256(backbone.captions.encoder),
        )
        numbers = {window: index for index, window in enumerate(self._windows)}
        self._cache.fill(
            backbone, self._windows, lambda window: windows.item(numbers[window])["rgb"]
        )
        self._cache.fill_text(backbone, self._captions)

    def videos(self, indices: Sequence[int]) -> Float[Tensor, "B C t h w"]:
        """Normalised latents."""
        return torch.stack([self._cache.latents(self._windows[index]) for index in indices])

    def captions(self, indices: Sequence[int]) -> Float[Tensor, "B words width"]:
        """Embeddings of the windows' captions."""
        return torch.stack([self._cache.text(self._captions[index]) for index in indices])
