"""Thin panes, drawn over a finished picture: all other layers stay what lies behind them.

Light goes straight through a pane. A pane behind a pane is not drawn.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, UInt8

from .canvas import Canvas, Seen
from .geometry import BOTH
from .glass import unfilled
from .shade import Lighting
from .through import draw_over, with_sides

if TYPE_CHECKING:
    from .clip import Run

READ_BY_EDGES = ("keys", "ids", "depth", "normals", "near")
"""Layers that smoothing an edge looks up around it."""


class Panes:
    """Draws the panes of a run."""

    def __init__(self, run: "Run") -> None:
        self._run, panes = run, run.bodies.panes
        # Only the picture is asked for: the rest is never filled.
        self._behind = unfilled(np.empty, run.size, 1, np.zeros(len(panes), np.uint8))
        self._canvas = run.new_canvas()

    def cover(self, seen: Seen, lighting: Lighting, canvas: Canvas) -> UInt8[np.ndarray, "R C"]:
        """Draw them over the picture of a canvas; the tiles in which it may have changed."""
        layers, own = canvas.layers, self._canvas
        self._behind.rgb[0] = layers.rgb
        for name in READ_BY_EDGES:
            np.copyto(getattr(own.layers, name), getattr(layers, name))
        np.copyto(own.near, canvas.near)
        own = replace(own, layers=own.layers._replace(rgb=layers.rgb))
        panes = self._run.bodies.panes
        seen = with_sides(seen, with_panes(seen.geometry.sides, panes))
        marked = draw_over(self._run, panes, seen, own)
        self._run.paint(seen, marked, own, lighting, self._behind)
        return marked


def with_panes(
    sides: UInt8[np.ndarray, " O"], panes: Bool[np.ndarray, " O"]
) -> UInt8[np.ndarray, " O"]:
    """Sides to draw, panes too."""
    return np.where(panes, np.uint8(BOTH), sides)
