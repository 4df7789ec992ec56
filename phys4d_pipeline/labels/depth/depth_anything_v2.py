"""Depth Anything V2 (Yang et al. 2024): relative or metric, by its checkpoint; has weights."""

from typing import Any

import torch

from ..estimator import DepthEstimator, Kind
from ..transformers_depth import TransformersDepth


def load(weights: str) -> DepthEstimator:
    """For example `depth-anything/Depth-Anything-V2-Small-hf` or a folder with its files."""
    return TransformersDepth(
        "depth_anything_v2", weights, model_type="depth_anything", kind=_kind, read=_read
    )


def _kind(config: Any) -> Kind:
    is_metric = config.depth_estimation_type == "metric"
    return Kind.METRIC if is_metric else Kind.AFFINE_DISPARITY


def _read(outputs: Any, width: int) -> torch.Tensor:
    return outputs.predicted_depth
