"""Windows -> a frozen backbone's latents and caption embeddings, each computed once."""

from collections.abc import Sequence

import torch
from jaxtyping import Float

from phys4d_pipeline.models.backbone import VideoBackbone

from .windows import Windows

Tensor = torch.Tensor


class Latents:
    """Of all windows, made when first asked for and kept: small ones only."""

    def __init__(self, windows: Windows, backbone: VideoBackbone) -> None:
        self.windows = windows
        self.backbone = backbone
        self._videos: dict[int, Tensor] = {}
        self._captions: dict[str, Tensor] = {}

    def videos(self, indices: Sequence[int]) -> Float[Tensor, "B C t h w"]:
        """Normalised latents."""
        missing = [index for index in dict.fromkeys(indices) if index not in self._videos]
        if missing:
            rgb = torch.stack([self.windows.item(index)["rgb"] for index in missing])
            self._videos.update(zip(missing, self.backbone.encode(rgb).unbind(), strict=True))
        return torch.stack([self._videos[index] for index in indices])

    def captions(self, indices: Sequence[int]) -> Float[Tensor, "B words width"]:
        """Embeddings of the windows' captions."""
        texts = [self.windows.item(index)["caption"] for index in indices]
        missing = [text for text in dict.fromkeys(texts) if text not in self._captions]
        if missing:
            embedded = self.backbone.encode_text(missing)
            self._captions.update(zip(missing, embedded.unbind(), strict=True))
        return torch.stack([self._captions[text] for text in texts])
