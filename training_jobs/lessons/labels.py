"""Windows -> pseudo-labels of their frames, at the size of their geometry; NaN where not trusted.

Labels are sampled like ground truth: the value of the stored pixel under each small pixel's centre.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.labels.label_store import LabelManifest, label_frames, read_manifest
from phys4d_pipeline.store import open_store
from phys4d_pipeline.torch_clips import Reduction

from .windows import Windows

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Of a batch of windows."""

    depth: Float[Tensor, "B 1 T H W"]
    """In the label's own space: metres, or depth or disparity up to a scale and a shift."""
    motion: Float[Tensor, "B 3 T H W"]
    """(u, v) [px of that size]; dz is NaN everywhere: no estimator of flow knows it."""


class LabelledWindows:
    """Those windows whose clips both estimators have labelled."""

    def __init__(self, windows: Windows, store_uri: str, *, depth: str, flow: str) -> None:
        self.windows = windows
        self._store = open_store(store_uri)
        ids = sorted({windows.clips.place(index)[0] for index in range(len(windows))})
        found = {
            clip_id: [read_manifest(self._store, name, clip_id) for name in (depth, flow)]
            for clip_id in ids
        }
        self._manifests: dict[str, list[LabelManifest]] = {
            clip_id: [each for each in pair if each] for clip_id, pair in found.items() if all(pair)
        }
        self.indices = [
            index
            for index in range(len(windows))
            if windows.clips.place(index)[0] in self._manifests
        ]
        """Of the windows."""
        if not self.indices:
            raise TrainingError(
                f"{store_uri}: none of {len(ids)} clips is labelled by both {depth!r} and "
                f"{flow!r}; run: phys4d label --store {store_uri} --depth {depth} --flow {flow}"
            )
        first = next(iter(self._manifests.values()))[0].source
        self.is_metric = first.kind == "metric"
        self.is_disparity = first.space == "disparity"
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        content = "".join(
            f"{each.source.estimator} {file.sha256}\n"
            for pair in self._manifests.values()
            for each in pair
            for file in each.files
        )
        self.sha256 = hashlib.sha256(content.encode()).hexdigest()
        """Of the labels' contents."""

    def batch(self, indices: Sequence[int]) -> Labels:
        """Labels of some of `indices`, read once."""
        for index in indices:
            if index not in self._kept:
                self._kept[index] = self._read(index)
        depths, motions = zip(*(self._kept[index] for index in indices), strict=True)
        return Labels(depth=torch.stack(depths), motion=torch.stack(motions))

    def _read(self, index: int) -> tuple[Float[Tensor, "1 T H W"], Float[Tensor, "3 T H W"]]:
        clip_id, camera, first = self.windows.clips.place(index)
        config = self.windows.config
        depth_manifest, flow_manifest = self._manifests[clip_id]
        times = slice(first, first + config.frames)
        source = flow_manifest.source
        step = config.geometry_reduction
        rows = Reduction(stored=source.height, small=config.height // step, name="height")
        columns = Reduction(stored=source.width, small=config.width // step, name="width")
        taken = np.ix_(rows.taken, columns.taken)

        def frames(manifest: LabelManifest, layer: str) -> np.ndarray:
            return label_frames(self._store, manifest, layer, camera=camera)[times]

        depth = frames(depth_manifest, "depth")[:, *taken]
        depth[frames(depth_manifest, "valid")[:, *taken] == 0] = np.nan
        flow = frames(flow_manifest, "flow_forward")[:, *taken]
        flow *= np.array([columns.scale, rows.scale], np.float32)
        flow[frames(flow_manifest, "valid")[:, 0][:, *taken] == 0] = np.nan
        flow[-1] = np.nan
        motion = np.full((3, *flow.shape[:3]), np.nan, np.float32)
        motion[:2] = np.moveaxis(flow, -1, 0)
        return torch.from_numpy(depth[None]), torch.from_numpy(motion)
