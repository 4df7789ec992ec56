"""Chunks of one camera, in order -> its layer files and rgb.mp4, streamed."""

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..errors import StoreError
from ..scene import SceneSpec
from .chunk import CHUNK_FRAMES, EncodedChunk
from .folder import sync
from .layer_file import LayerWriter, layer_metadata
from .layers import LOW, LOW_FACTOR, layer_of
from .video import VideoWriter

VIDEO = "rgb.mp4"


class CameraFiles:
    """The growing files of one camera."""

    def __init__(
        self, attempt: Path, spec: SceneSpec, clip_id: str, index: int, profile: str
    ) -> None:
        if not 0 <= index < len(spec.cameras):
            raise StoreError(f"clip {clip_id}: camera {index}, but it has {len(spec.cameras)}.")
        self._spec, self._clip_id, self._index, self.profile = spec, clip_id, index, profile
        self._name = f"camera_{index}"
        self._path = attempt / self._name
        self.described: dict[str, dict[str, str]] = {}
        self._layers: dict[str, LayerWriter] = {}
        self._video: VideoWriter | None = None
        self._sightings: list[np.ndarray] = []
        self.num_frames = 0

    def open(self, keys: Iterable[str]) -> None:
        """Make all files, one of every layer of the first chunk."""
        (self._path / "low").mkdir(parents=True, exist_ok=True)
        for key in keys:
            metadata, name = self._metadata(key), f"{key}.parquet"
            self._layers[key] = LayerWriter(self._path / name, metadata, self._spec.fps)
            self.described[f"{self._name}/{name}"] = metadata
        self._video = VideoWriter(self._path / VIDEO, self._spec.fps)

    @property
    def has_heat(self) -> bool:
        """Is there a layer of temperatures?"""
        return "temperature" in self._layers

    @property
    def sightings(self) -> np.ndarray:
        """Sightings of all frames so far."""
        return np.concatenate(self._sightings)

    def add(self, chunk: EncodedChunk) -> None:
        """Append a chunk that follows the last one."""
        spec = self._spec
        found = (chunk.first_frame, chunk.width, chunk.height, chunk.fps, chunk.profile)
        expected = (self.num_frames, spec.width, spec.height, spec.fps, self.profile)
        due = min(CHUNK_FRAMES, spec.num_frames - self.num_frames)
        if found != expected or chunk.num_frames != due:
            raise StoreError(
                f"clip {self._clip_id}, camera {self._index}: chunk of {chunk.num_frames} frames "
                f"with (first frame, width, height, fps, profile) {found}; "
                f"{due} frames with {expected} are due."
            )
        if chunk.layers.keys() != self._layers.keys():
            apart = sorted(chunk.layers.keys() ^ self._layers.keys())
            raise StoreError(
                f"clip {self._clip_id}, camera {self._index}: only some chunks have "
                f"{', '.join(apart)}; render all of them from the same states."
            )
        for key, writer in self._layers.items():
            writer.add(chunk.layers[key])
        assert self._video is not None, "open() comes first"
        self._video.add(chunk.video)
        self._sightings.append(chunk.sightings)
        self.num_frames += chunk.num_frames

    def finish(self) -> dict[str, str]:
        """Close every file; path below the attempt -> SHA-256."""
        sums = {
            f"{self._name}/{key}.parquet": writer.finish() for key, writer in self._layers.items()
        }
        assert self._video is not None, "open() comes first"
        self._video.close()
        sync(self._path / VIDEO)
        with open(self._path / VIDEO, "rb") as file:
            sums[f"{self._name}/{VIDEO}"] = hashlib.file_digest(file, "sha256").hexdigest()
        return sums

    def abandon(self) -> None:
        """Let go of every file; the folder is about to be removed."""
        with ExitStack() as stack:
            for writer in self._layers.values():
                stack.callback(writer.abandon)
            if self._video is not None:
                stack.callback(self._video.abandon)

    def _metadata(self, key: str) -> dict[str, str]:
        low = key.startswith(LOW)
        factor = LOW_FACTOR if low else 1
        layer = layer_of(key)
        return layer_metadata(
            layer,
            profile=self.profile,
            shape=layer.shape(self._spec.height // factor, self._spec.width // factor),
            clip_id=self._clip_id,
            camera=self._index,
            low=low,
        )
