"""What an estimator of depth or flow can do, and how one is found by name.

To add one, add a file to `labels/depth` or `labels/flow` with a function `load(weights)`; the
first line of its docstring is its summary. Every estimator reads frames in order, once, and holds
only a few of them.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32

from ..errors import LabelError
from . import depth, flow
from .footage import Footage, Rgb


class Kind(StrEnum):
    """What the numbers of a depth label mean."""

    METRIC = "metric"
    """Distance along camera +z [m]."""
    AFFINE_DEPTH = "affine_depth"
    """Distance but for one unknown scale and shift."""
    AFFINE_DISPARITY = "affine_disparity"
    """1 / distance but for one unknown scale and shift."""

    @property
    def family(self) -> str:
        """`metric` or `affine`."""
        return self.value.partition("_")[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthLabel:
    """One frame."""

    depth: Float32[np.ndarray, "H W"]
    """As the estimator's `kind` says; NaN where nothing was found."""
    valid: Bool[np.ndarray, "H W"]
    """Where the estimator trusts itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowLabel:
    """Between two frames, one way."""

    flow: Float32[np.ndarray, "H W 2"]
    """(dx, dy) [px]; NaN where nothing was found."""
    valid: Bool[np.ndarray, "H W"]
    """Where the flow there and back agree."""


@runtime_checkable
class DepthEstimator(Protocol):
    """Frames -> depth."""

    name: str
    version: str
    """Another one when its labels would be: settings, weights."""
    kind: Kind

    def depth(self, footage: Footage) -> Iterator[DepthLabel]:
        """One label per frame, in order.

        Raises:
            LabelError: The footage lacks what this estimator needs.
        """
        ...


@runtime_checkable
class FlowEstimator(Protocol):
    """Two frames -> flow."""

    name: str
    version: str
    """Another one when its labels would be: settings, weights."""

    def flow(self, first: Rgb, second: Rgb) -> Float32[np.ndarray, "H W 2"]:
        """(dx, dy) from each pixel of `first` to where it is in `second` [px]."""
        ...


def depth_estimators() -> list[str]:
    """Names in alphabetical order."""
    return _names(depth)


def flow_estimators() -> list[str]:
    """Names in alphabetical order."""
    return _names(flow)


def load_depth(name: str, weights: str = "") -> DepthEstimator:
    """A depth estimator by name.

    Args:
        name: A file of `labels/depth`.
        weights: Folder or hub id of its checkpoint; empty for one that needs none.
    """
    return _load(depth, name, weights)


def load_flow(name: str, weights: str = "") -> FlowEstimator:
    """A flow estimator by name; arguments as of `load_depth`."""
    return _load(flow, name, weights)


def refuse_weights(name: str, weights: str) -> None:
    """For estimators without a network: a setting without effect is a mistake."""
    if weights:
        raise LabelError(f"{name} has no weights; leave {weights!r} out.")


def _names(package: ModuleType) -> list[str]:
    return sorted(name for _, name, _ in pkgutil.iter_modules(package.__path__))


def _load(package: ModuleType, name: str, weights: str) -> Any:
    """Only the chosen file is imported: others may bring in torch."""
    known = _names(package)
    if name in known:
        return importlib.import_module(f"{package.__name__}.{name}").load(weights)
    what = package.__name__.rpartition(".")[2]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
    raise LabelError(f"Unknown {what} estimator {name!r}. {hint}")
