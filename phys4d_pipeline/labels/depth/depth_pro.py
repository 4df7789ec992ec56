"""Depth Pro (Bochkovskii et al. 2024): metric, with its own guess of the lens; has weights."""

from typing import Any

import torch

from ..estimator import DepthEstimator, Kind
from ..transformers_depth import TransformersDepth

FARTHEST_M = 1e4
"""The network gives inverse depth; 0 would be infinitely far."""


def load(weights: str) -> DepthEstimator:
    """For example `apple/DepthPro-hf` or a folder with its files."""
    return TransformersDepth("depth_pro", weights, model_type="depth_pro", kind=_kind, read=_read)


def _kind(config: Any) -> Kind:
    return Kind.METRIC


def _read(outputs: Any, width: int) -> torch.Tensor:
    """Canonical inverse depth -> metres, by the field of view where the network guesses one."""
    inverse = outputs.predicted_depth
    if outputs.field_of_view is not None:
        half = torch.deg2rad(outputs.field_of_view.reshape(-1, 1, 1)) / 2
        # Canonical values hold for a focal length of one picture width: focal / width = 1 / this.
        inverse = inverse * 2 * torch.tan(half)
    return 1 / inverse.clamp(1 / FARTHEST_M, FARTHEST_M)
