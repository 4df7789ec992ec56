"""DPT (Ranftl et al. 2021) as trained for MiDaS: relative; has weights."""

from typing import Any

import torch

from ..estimator import DepthEstimator, Kind
from ..transformers_depth import TransformersDepth


def load(weights: str) -> DepthEstimator:
    """For example `Intel/dpt-large` or a folder with its files."""
    return TransformersDepth("dpt", weights, model_type="dpt", kind=_kind, read=_read)


def _kind(config: Any) -> Kind:
    return Kind.AFFINE_DISPARITY


def _read(outputs: Any, width: int) -> torch.Tensor:
    return outputs.predicted_depth
