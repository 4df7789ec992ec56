"""A store -> the windows of one split that a stage learns from, or is measured on.

Only clips of one frame rate: the same motion at another rate would have another speed.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import default_collate

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.store import Dataset, open_store
from phys4d_pipeline.torch_clips import TorchClips

from ..engine.latents import Window

Batch = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class WindowConfig:
    """Which clips, and how large a piece of them."""

    frames: int
    """One more than a multiple of the VAE's time stride."""
    height: int
    """Rows of the small pictures, a multiple of a token's side [px]."""
    width: int
    """Their columns [px]."""
    fps: int
    """Clips of another rate are left out [1/s]."""
    known_frames: int = 1
    """Frames at the start that a model is shown; the others are to be generated."""
    geometry_reduction: int = 1
    """Pixels per pixel of depth, motion and ids, along each side; the heads' output is as small."""
    hop: int = 8
    """Frames between the starts of windows."""
    kept_in_memory: int = 256
    """Windows that are not read again; about 0.5 MB each at 64 x 48 px."""


PUBLISHED = WindowConfig(
    frames=49, height=480, width=832, fps=60, geometry_reduction=4, hop=24, kept_in_memory=8
)
"""For Wan2.2-TI2V-5B on clips of preset `standard`: 13 latents of 30 x 52."""


class Windows:
    """Windows of the store's clips of one split, read once and kept while there is room."""

    def __init__(self, store_uri: str, config: WindowConfig, *, split: str = "train") -> None:
        store = open_store(store_uri)
        chosen = [
            manifest
            for manifest in store.manifests()
            if (manifest.split, manifest.fps) == (split, config.fps)
            and manifest.num_frames >= config.frames
        ]
        if not chosen:
            raise TrainingError(
                f"{store.uri}: no clip of split {split!r} at {config.fps} frames/s with "
                f"{config.frames} frames or more; make some: phys4d generate --preset lesson "
                f"--category rigid_bodies --seed 0 --clips 30 --store {store.uri}"
            )
        self.config = config
        self.clips = TorchClips(
            Dataset(store, [manifest.clip_id for manifest in chosen]),
            frames=config.frames,
            height=config.height,
            width=config.width,
            geometry_reduction=config.geometry_reduction,
            hop=config.hop,
        )
        self._kept: OrderedDict[int, Batch] = OrderedDict()
        self._manifests = {manifest.clip_id: manifest for manifest in chosen}
        content = "".join(f"{each.clip_id} {each.content_sha256}\n" for each in chosen)
        self.sha256 = hashlib.sha256(content.encode()).hexdigest()
        """Of the clips' contents."""

    def __len__(self) -> int:
        return len(self.clips)

    def place(self, index: int) -> Window:
        """Where a window lies."""
        clip_id, camera, first = self.clips.place(index)
        return Window(
            clip_sha256=self._manifests[clip_id].content_sha256,
            camera=camera,
            first_frame=first,
            num_frames=self.config.frames,
            height=self.config.height,
            width=self.config.width,
        )

    @property
    def captions(self) -> list[str]:
        """One per window."""
        ids = (self.clips.place(index)[0] for index in range(len(self)))
        return [self._manifests[clip_id].caption for clip_id in ids]

    def item(self, index: int) -> Batch:
        """One window, as `TorchClips` gives it."""
        if index not in self._kept:
            if len(self._kept) >= self.config.kept_in_memory:
                self._kept.popitem(last=False)
            self._kept[index] = self.clips[index]
        return self._kept[index]

    def batch(self, indices: Sequence[int]) -> Batch:
        """Windows side by side; captions and ids as lists."""
        return default_collate([self.item(index) for index in indices])


def known_latents(config: WindowConfig, *, time_stride: int, latents: int) -> torch.Tensor:
    """Which latent frames (t,) hold known frames only: a causal VAE's first holds one."""
    num = 1 + (config.known_frames - 1) // time_stride if config.known_frames else 0
    return torch.arange(latents) < num
