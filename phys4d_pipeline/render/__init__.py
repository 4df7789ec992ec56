"""render(spec, states) -> frames of exact ground truth, from one visibility pass per frame."""

from .clip import render, render_cameras
from .ground_truth import GroundTruth

RENDERER_VERSION = "raster-5"
"""Raise the number when any pixel of any layer changes: stored clips are then drawn again."""

__all__ = ["RENDERER_VERSION", "GroundTruth", "render", "render_cameras"]
