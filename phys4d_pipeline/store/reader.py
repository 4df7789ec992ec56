"""A store -> Dataset of Clips -> arrays of just the frames asked for.

`clip.depth[10:20]` reads and decodes the row groups these frames lie in, `clip.rgb[3]` the group
of pictures. Clips hold no open files, so they can be sent to other processes.
"""

import difflib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..camera import Camera
from ..errors import ClipFormatError, SceneError, StoreError
from ..scene import SceneSpec
from ..states import States
from .layer_file import ROW_GROUP, LayerFile, readable
from .layers import LOW, layer_keys
from .layout import REMEDY
from .manifest import Manifest
from .store import STATES_FILE, Store, open_store
from .tables import CONTACTS, per_frame, read_camera, read_states, read_table
from .video import decode_frames

Index = int | np.integer | slice


class Frames(ABC):
    """A layer as a lazy array: `[frame]`, `[start:stop:step]`, `len`, iteration."""

    def __init__(self, num_frames: int, shape: tuple[int, ...], dtype: str) -> None:
        self.shape = (num_frames, *shape)
        self.dtype = np.dtype(dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Index) -> np.ndarray:
        if isinstance(index, slice):
            wanted = range(len(self))[index]
            frames = np.empty((len(wanted), *self.shape[1:]), self.dtype)
            order = wanted if wanted.step > 0 else wanted[::-1]
            target = frames if wanted.step > 0 else frames[::-1]
            for place, frame in enumerate(self._decode(order)):
                target[place] = frame
            return frames
        frame = range(len(self))[index]  # IndexError says so if it is out of range
        return next(self._decode(range(frame, frame + 1)))

    def __iter__(self) -> Iterator[np.ndarray]:
        return self._decode(range(len(self)))

    @abstractmethod
    def _decode(self, wanted: range) -> Iterator[np.ndarray]: ...


class LayerFrames(Frames):
    """Frames of a layer file, or of one of its channels."""

    def __init__(self, path: Path, num_frames: int, channel: int | None = None) -> None:
        self._file = LayerFile.open(path)
        if self._file.num_frames != num_frames:
            raise ClipFormatError(
                f"{path}: {self._file.num_frames} frames, the manifest says {num_frames}; {REMEDY}"
            )
        shape = self._file.shape if channel is None else self._file.shape[1:]
        super().__init__(num_frames, shape, self._file.metadata["dtype"])
        self.metadata = self._file.metadata
        self._channel = channel
        self._kept: tuple[int, list[bytes]] = (-1, [])

    def _decode(self, wanted: range) -> Iterator[np.ndarray]:
        for frame in wanted:
            group, place = divmod(frame, ROW_GROUP)
            if self._kept[0] != group:
                self._kept = (group, self._file.blobs(group))
            array = self._file.decode(self._kept[1][place], frame)
            yield array if self._channel is None else array[self._channel]


class VideoFrames(Frames):
    """Frames of rgb.mp4."""

    def __init__(self, path: Path, num_frames: int, height: int, width: int) -> None:
        super().__init__(num_frames, (height, width, 3), "uint8")
        self._path = path

    def _decode(self, wanted: range) -> Iterator[np.ndarray]:
        if not wanted:
            return
        for frame, rgb in enumerate(
            decode_frames(self._path, wanted[0], wanted[-1] + 1), wanted[0]
        ):
            if frame in wanted:
                if rgb.shape != self.shape[1:]:
                    raise ClipFormatError(f"{self._path}: frames of {rgb.shape}; {REMEDY}")
                yield rgb


class PointFrames(Frames):
    """Points of one body, (T, N, 3) float32 [m]."""

    def __init__(self, path: Path, column: str) -> None:
        self._path, self._column = path, column
        with readable(path) as file:
            size = file.schema_arrow.field(column).type.list_size
            super().__init__(file.metadata.num_rows, (size // 3, 3), "float32")
        self._kept: tuple[int, np.ndarray] = (-1, np.empty(0))

    def _decode(self, wanted: range) -> Iterator[np.ndarray]:
        for frame in wanted:
            group, place = divmod(frame, ROW_GROUP)
            if self._kept[0] != group:
                with readable(self._path) as file:
                    table = file.read_row_group(group, columns=[self._column])
                self._kept = (group, per_frame(table, self._column, 3))
            yield self._kept[1][place]


class Clip:
    """A stored clip as one of its cameras sees it."""

    def __init__(self, store: Store, manifest: Manifest, camera_index: int = 0) -> None:
        self.manifest = manifest
        self.camera_index = camera_index
        self.path = store.attempt_path(manifest)
        self._store = store

    @property
    def clip_id(self) -> str:
        """Its name in the store."""
        return self.manifest.clip_id

    def __len__(self) -> int:
        return self.manifest.num_frames

    def from_camera(self, index: int) -> "Clip":
        """The same clip as another camera sees it."""
        if not 0 <= index < self.manifest.cameras:
            raise StoreError(
                f"clip {self.clip_id}: camera {index}, but it has {self.manifest.cameras} "
                "(0 is the first)."
            )
        return Clip(self._store, self.manifest, index)

    @cached_property
    def rgb(self) -> VideoFrames:
        """(T, H, W, 3) uint8 sRGB."""
        size = self.manifest.height, self.manifest.width
        return VideoFrames(self._camera_path / "rgb.mp4", len(self), *size)

    @cached_property
    def depth(self) -> LayerFrames:
        """(T, H, W) float32 [m]; +inf for sky."""
        return self._layer("depth")

    @cached_property
    def flow_forward(self) -> LayerFrames:
        """(T, H, W, 2) float32 [px]; NaN in the last frame."""
        return self._layer("flow_forward")

    @cached_property
    def flow_backward(self) -> LayerFrames:
        """(T, H, W, 2) float32 [px]; NaN in the first frame."""
        return self._layer("flow_backward")

    @cached_property
    def flow_forward_dz(self) -> LayerFrames:
        """(T, H, W) float32 [m]; NaN for sky and in the last frame."""
        return self._layer("flow_forward_dz")

    @cached_property
    def occluded_forward(self) -> LayerFrames:
        """(T, H, W) uint8: 0 visible, 1 hidden, 2 out of frame; 255 in the last frame."""
        return self._layer("occlusion", 0)

    @cached_property
    def occluded_backward(self) -> LayerFrames:
        """(T, H, W) uint8: 0 visible, 1 hidden, 2 out of frame; 255 in the first frame."""
        return self._layer("occlusion", 1)

    @cached_property
    def segmentation(self) -> LayerFrames:
        """(T, H, W) uint16 body ids; 0 for ground and sky."""
        return self._layer("segmentation")

    @cached_property
    def normals(self) -> LayerFrames:
        """(T, H, W, 3) float32 unit vectors, camera frame; (0, 0, 0) for sky."""
        return self._layer("normals")

    @cached_property
    def temperature(self) -> LayerFrames:
        """(T, H, W) float32 [K]; NaN where nothing seen has one. Clips without heat raise."""
        return self._layer("temperature")

    def low(self, name: str) -> LayerFrames:
        """The quarter-size tier of depth, flow, segmentation or temperature."""
        known = [key.removeprefix(LOW) for key in self.layer_keys if key.startswith(LOW)]
        if name not in known:
            raise StoreError(f"No low tier of {name!r}. Use one of {', '.join(known)}.")
        return self._layer(LOW + name)

    @cached_property
    def layer_keys(self) -> tuple[str, ...]:
        """The layers this camera holds, `low/<name>` for the quarter-size tier, in table order."""
        stored = {layer.file for layer in self.manifest.layers}
        return tuple(
            key for key in layer_keys() if f"camera_{self.camera_index}/{key}.parquet" in stored
        )

    @cached_property
    def camera(self) -> Camera:
        """Intrinsics and the pose of every frame."""
        return read_camera(self._camera_path / "camera.parquet")

    @cached_property
    def objects(self) -> pa.Table:
        """A row per (frame, object_id) as this camera sees it."""
        table = read_table(self.path / "objects.parquet")
        return table.filter(pc.field("camera") == self.camera_index)

    @cached_property
    def contacts(self) -> pa.Table:
        """A row per contact."""
        return read_table(self.path / CONTACTS)

    @cached_property
    def states(self) -> States:
        """What the solver produced."""
        return read_states(self.path / STATES_FILE)

    def points(self, object_id: int) -> PointFrames:
        """(T, N, 3) float32 [m]: points of a body that has any, read as they are asked for."""
        path, column = self.path / STATES_FILE, f"points_{object_id - 1}"
        with readable(path) as file:
            names = file.schema_arrow.names
        if column not in names:
            known = [str(int(n[7:]) + 1) for n in names if n.startswith("points_")]
            raise StoreError(
                f"clip {self.clip_id}: object {object_id} has no points. "
                f"Objects with points: {', '.join(known) or 'none'}."
            )
        return PointFrames(path, column)

    @cached_property
    def scene(self) -> SceneSpec:
        """The complete description the clip was made from."""
        try:
            return SceneSpec.from_json(self._read("scene.json"))
        except SceneError as error:
            raise ClipFormatError(f"{self.path / 'scene.json'}: {error}") from error

    @cached_property
    def checks(self) -> list[dict[str, Any]]:
        """Every recorded check: name, value, bound, unit, source, blocking, pass."""
        try:
            return json.loads(self._read("checks.json"))
        except ValueError as error:
            raise ClipFormatError(f"{self.path / 'checks.json'}: {error}; {REMEDY}") from error

    @property
    def preview(self) -> bytes:
        """The small animated WebP."""
        return (self._camera_path / "preview.webp").read_bytes()

    def layer_path(self, key: str) -> Path:
        """The file of a layer (`layers.layer_keys`)."""
        return self._camera_path / f"{key}.parquet"

    @property
    def _camera_path(self) -> Path:
        return self.path / f"camera_{self.camera_index}"

    def _layer(self, key: str, channel: int | None = None) -> LayerFrames:
        if key not in self.layer_keys:
            raise StoreError(
                f"clip {self.clip_id}: no layer {key!r}. It has {', '.join(self.layer_keys)}."
            )
        return LayerFrames(self.layer_path(key), len(self), channel)

    def _read(self, name: str) -> str:
        try:
            return (self.path / name).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise ClipFormatError(f"{self.path / name}: {error}; {REMEDY}") from error


class Dataset:
    """Clips in the order of their ids; `dataset[3]`, `dataset["ropes-0123456789ab"]`."""

    def __init__(self, store: Store, clip_ids: Sequence[str]) -> None:
        self.store = store
        self.clip_ids = list(clip_ids)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def __iter__(self) -> Iterator[Clip]:
        return (self[clip_id] for clip_id in self.clip_ids)

    @overload
    def __getitem__(self, index: slice) -> "Dataset": ...

    @overload
    def __getitem__(self, index: int | np.integer | str) -> Clip: ...

    def __getitem__(self, index: Index | str) -> "Clip | Dataset":
        if isinstance(index, slice):
            return Dataset(self.store, self.clip_ids[index])
        if not isinstance(index, str):
            return Clip(self.store, self.store.manifest(self.clip_ids[index]))
        if index not in self.clip_ids:
            close = difflib.get_close_matches(index, self.clip_ids, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"It has {len(self)} others."
            raise StoreError(f"{self.store.uri}: no clip {index!r}. {hint}")
        return Clip(self.store, self.store.manifest(index))

    def category(self, name: str) -> "Dataset":
        """Only the clips of one category."""
        return Dataset(self.store, [one for one in self.clip_ids if one.rpartition("-")[0] == name])


def open_dataset(uri: str | Path) -> Dataset:
    """All visible clips of a store; a place that holds none raises StoreError."""
    store = open_store(uri)
    if not (store.folder.exists("v1")):
        raise StoreError(f"{store.uri}: no store here. Make one with 'phys4d generate --store'.")
    return Dataset(store, store.clip_ids())
