"""Thin panes, drawn over a finished picture: all other layers stay what lies behind them.

Light goes straight through a pane. A pane behind a pane is not drawn.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, UInt8

from .canvas import Canvas, Seen
from .geometry import BOTH, THIN
from .glass import Behind
from .shade import Lighting
from .through import draw_over, with_sides

if TYPE_CHECKING:
    from .clip import Run

READ_BY_EDGES = ("keys", "ids", "depth", "normals", "near")
"""Layers that smoothing an edge looks up around it."""


class Panes:
    """Draws the panes of a run."""

    def __init__(self, run: "Run") -> None:
        self._run, self._panes = run, panes_of(run)
        self._behind = Behind(
            rgb=np.empty((1, *run.size, 3), np.uint8),
            depth=np.empty((1, *run.size), np.float32),  # not asked for, nor are exits
            exit=np.empty((1, 1, 1), np.float32),
            picture=np.zeros(len(self._panes), np.uint8),
        )
        self._canvas = run.new_canvas()

    def cover(self, seen: Seen, lighting: Lighting, canvas: Canvas) -> UInt8[np.ndarray, "R C"]:
        """Draw them over the picture of a canvas; the tiles in which it may have changed."""
        layers, own = canvas.layers, self._canvas
        self._behind.rgb[0] = layers.rgb
        for name in READ_BY_EDGES:
            np.copyto(getattr(own.layers, name), getattr(layers, name))
        np.copyto(own.near, canvas.near)
        own = replace(own, layers=own.layers._replace(rgb=layers.rgb))
        seen = with_sides(seen, with_panes(seen.geometry.sides, self._panes))
        marked = draw_over(self._run, self._panes, seen, own)
        self._run.paint(seen, marked, own, lighting, self._behind)
        return marked


def panes_of(run: "Run") -> Bool[np.ndarray, " O"]:
    """Which objects are thin panes."""
    thin = run.bodies.materials[:, THIN] > 0
    thin[0] = False  # the ground
    return thin


def with_panes(
    sides: UInt8[np.ndarray, " O"], panes: Bool[np.ndarray, " O"]
) -> UInt8[np.ndarray, " O"]:
    """Sides to draw, panes too."""
    return np.where(panes, np.uint8(BOTH), sides)
