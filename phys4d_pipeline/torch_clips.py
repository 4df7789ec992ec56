"""Stored clips -> windows of a few frames at a smaller size, as torch tensors.

Small pictures: pixel (i, j) of h x w stands for position ((i + 0.5) H / h, (j + 0.5) W / w) of the
stored H x W picture. RGB is the average over that pixel's area. Geometry is never averaged: it is
the value of the stored pixel that holds the position, so every depth, motion and id is one that
was rendered. K is that of the pixels taken. Where H / h and W / w are whole numbers that is exact:
all pixels taken lie equally far from their positions (0 for odd ratios, half a stored pixel for
even ones). Else up to half a stored pixel (w / (2 W) of a small one) remains, different per pixel.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch.utils.data import Dataset as TorchDataset

from .errors import StoreError
from .store import Clip, Dataset, Manifest
from .store.layers import LOW_FACTOR
from .store.reader import LayerFrames

LAYERS = ("rgb", "depth", "motion", "segmentation", "occluded_forward")
TO_NEXT_FRAME = {"motion", "occluded_forward"}


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """Which pixels of a stored picture a smaller one takes its geometry from, along one axis."""

    stored: int
    small: int
    name: str

    def __post_init__(self) -> None:
        if not 1 <= self.small <= self.stored:
            raise StoreError(
                f"{self.name} {self.small}: clips are stored with {self.stored}. "
                f"Ask for 1 to {self.stored}."
            )

    @property
    def taken(self) -> Int64[np.ndarray, " small"]:
        """The stored pixel under the centre of each small one."""
        # Whole numbers: in floats a position on the border of two pixels could fall to either.
        return (2 * np.arange(self.small) + 1) * self.stored // (2 * self.small)

    @property
    def scale(self) -> float:
        """Small pixels per stored pixel."""
        return self.small / self.stored

    @property
    def offset(self) -> float:
        """Mean distance of the centres taken from the positions they stand for [stored px]."""
        positions = (np.arange(self.small) + 0.5) / self.scale
        return float(np.mean(self.taken + 0.5 - positions))

    @property
    def in_low_tier(self) -> bool:
        """Does the stored low tier hold all of the pixels taken?"""
        last = self.stored // LOW_FACTOR * LOW_FACTOR
        taken = self.taken
        return bool((taken % LOW_FACTOR == LOW_FACTOR // 2).all() and taken[-1] < last)


@dataclass(frozen=True, kw_only=True)
class _Window:
    clip: int
    camera: int
    first: int


class TorchClips(TorchDataset[dict[str, Any]]):
    """Windows of clips as every of their cameras sees them; items are dicts.

    rgb (3, T, height, width) in [-1, 1]; the others at the size of geometry: depth (1, T, h, w)
    [m], +inf for sky; motion (3, T, h, w) = (u [px], v [px], change of camera z [m]) to the next
    frame, NaN in the last and dz also in the sky; segmentation (T, h, w) int32; occluded_forward
    (T, h, w) uint8, 255 in the last frame; K (3, 3) [px of this size]; world_from_camera
    (T, 4, 4); caption, clip_id, camera, first_frame.
    """

    def __init__(
        self,
        ds: Dataset,
        *,
        frames: int = 16,
        height: int,
        width: int,
        layers: Sequence[str] = LAYERS,
        geometry_reduction: int = 1,
        stride: int = 1,
        hop: int = 8,
    ) -> None:
        """Choose windows.

        Args:
            ds: The clips; all must be long and large enough.
            frames: Frames of a window.
            height: Rows of the small pictures.
            width: Their columns.
            layers: Which of `LAYERS` to read.
            geometry_reduction: Pixels of RGB per pixel of all other layers, along each side: what
                `HeadsConfig.reduction` is. K and motion are in pixels of those layers.
            stride: Stored frames from one frame of a window to the next. Motion and occlusion are
                stored to the very next frame only, so these layers ask for 1.
            hop: Stored frames between the starts of windows; 8 are stored together.
        """
        _check_layers(layers, stride)
        if min(frames, stride, hop, geometry_reduction) < 1:
            raise StoreError(
                f"frames {frames}, stride {stride}, hop {hop}, geometry_reduction "
                f"{geometry_reduction}: give whole numbers from 1."
            )
        if height % geometry_reduction or width % geometry_reduction:
            raise StoreError(
                f"geometry_reduction {geometry_reduction} must divide height {height} and "
                f"width {width}."
            )
        self.layers = tuple(layers)
        self.frames, self.height, self.width, self.stride = frames, height, width, stride
        self.geometry_reduction = geometry_reduction
        self._store = ds.store
        self._manifests = [ds.store.manifest(clip_id) for clip_id in ds.clip_ids]
        span = (frames - 1) * stride + 1
        self._check_clips(span)
        self._windows = [
            _Window(clip=index, camera=camera, first=first)
            for index, manifest in enumerate(self._manifests)
            for camera in range(manifest.cameras)
            for first in range(0, manifest.num_frames - span + 1, hop)
        ]

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        window = self._windows[index]
        manifest = self._manifests[window.clip]
        clip = Clip(self._store, manifest, window.camera)
        rgb_size = self.width, self.height
        rows, columns = self._reductions(manifest, self.geometry_reduction)
        times = range(window.first, window.first + self.frames * self.stride, self.stride)
        source = _Source(clip=clip, times=times, rgb_size=rgb_size, rows=rows, columns=columns)
        arrays = {name: source.read(name) for name in self.layers}
        arrays["K"] = source.intrinsics().astype(np.float32)
        poses = clip.camera.world_from_camera[list(times)]
        arrays["world_from_camera"] = poses.astype(np.float32)
        return {
            **{name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()},
            "caption": manifest.caption,
            "clip_id": manifest.clip_id,
            "camera": window.camera,
            "first_frame": window.first,
        }

    def place(self, index: int) -> tuple[str, int, int]:
        """(clip_id, camera, first frame) of a window, without reading it."""
        window = self._windows[index]
        return self._manifests[window.clip].clip_id, window.camera, window.first

    def _check_clips(self, span: int) -> None:
        short = [manifest for manifest in self._manifests if manifest.num_frames < span]
        if short:
            least = min(short, key=lambda manifest: manifest.num_frames)
            raise StoreError(
                f"windows of {self.frames} frames with stride {self.stride} span {span} frames, "
                f"but {len(short)} clips are shorter ({least.clip_id}: {least.num_frames}). "
                "Ask for fewer frames, or leave these clips out."
            )
        for manifest in self._manifests:
            self._reductions(manifest, 1)  # refuses what is larger than stored

    def _reductions(self, manifest: Manifest, by: int) -> tuple[Reduction, Reduction]:
        """Rows and columns of pictures `by` times smaller than RGB."""
        return (
            Reduction(stored=manifest.height, small=self.height // by, name="height"),
            Reduction(stored=manifest.width, small=self.width // by, name="width"),
        )


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One window of one clip, reduced as it is read: no more than a frame is held in full."""

    clip: Clip
    times: range
    rgb_size: tuple[int, int]
    """(width, height), as OpenCV has it."""
    rows: Reduction
    columns: Reduction

    def read(self, name: str) -> np.ndarray:
        return getattr(self, f"_{name}")()

    def intrinsics(self) -> Float64[np.ndarray, "3 3"]:
        K = self.clip.camera.K.copy()
        for axis, reduction in ((0, self.columns), (1, self.rows)):
            K[axis, 2] -= reduction.offset
            K[axis] *= reduction.scale
        return K

    def _rgb(self) -> np.ndarray:
        frames = self.clip.rgb[self.times.start : self.times.stop : self.times.step]
        small = [cv2.resize(frame, self.rgb_size, interpolation=cv2.INTER_AREA) for frame in frames]
        return np.moveaxis(np.stack(small), -1, 0).astype(np.float32) / 127.5 - 1.0

    def _depth(self) -> np.ndarray:
        return self._same_in_both_tiers("depth")[None]

    def _segmentation(self) -> np.ndarray:
        return self._same_in_both_tiers("segmentation").astype(np.int32)

    def _occluded_forward(self) -> np.ndarray:
        codes = self._sampled(self.clip.occluded_forward, self.rows.taken, self.columns.taken)
        codes[-1] = 255
        return codes

    def _motion(self) -> np.ndarray:
        # Not from the low tier: flow there is rounded to 1/32 of a pixel four times as large.
        taken = self.rows.taken, self.columns.taken
        flow = self._sampled(self.clip.flow_forward, *taken)
        flow *= np.array([self.columns.scale, self.rows.scale], np.float32)
        dz = self._sampled(self.clip.flow_forward_dz, *taken)
        motion = np.stack([flow[..., 0], flow[..., 1], dz])
        motion[:, -1] = np.nan
        return motion

    def _same_in_both_tiers(self, name: str) -> np.ndarray:
        rows, columns = self.rows.taken, self.columns.taken
        if self.rows.in_low_tier and self.columns.in_low_tier:
            low = self.clip.low(name)
            return self._sampled(low, rows // LOW_FACTOR, columns // LOW_FACTOR)
        return self._sampled(getattr(self.clip, name), rows, columns)

    def _sampled(self, layer: LayerFrames, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.stack([layer[time][np.ix_(rows, columns)] for time in self.times])


def _check_layers(layers: Sequence[str], stride: int) -> None:
    for name in layers:
        if name not in LAYERS:
            close = difflib.get_close_matches(name, LAYERS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Use some of {', '.join(LAYERS)}."
            raise StoreError(f"Unknown layer {name!r}. {hint}")
    needing = sorted(TO_NEXT_FRAME.intersection(layers))
    if stride != 1 and needing:
        raise StoreError(
            f"stride {stride}: {' and '.join(needing)} are stored to the very next frame only. "
            "Use stride 1 or leave these layers out."
        )
