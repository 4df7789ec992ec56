"""A grid -> the glass tank around it: four panes and a bottom in a dark frame, open above."""

import numpy as np

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.scene import Body, Surface, Vec3

from .staging import slab, walls_round

PANE = 0.006  # thickness of the glass [m]
TRIM = (0.008, 0.012)  # thickness and height of the bars round the panes' ends [m]
CLEAR = Surface(base_color=(0.99, 0.995, 0.99), roughness=0.0, transmission=1.0, thin_walled=True)
"""Panes and tubes, through which depth, motion and ids are those of what they hold."""
PANE_TINTS: tuple[Vec3, ...] = ((0.9, 0.93, 0.93), (0.8, 0.92, 0.87), (0.7, 0.88, 0.95))
"""Of panes that are there to be seen: colourless, green, blue."""
DARK = Surface(base_color=(0.03, 0.03, 0.035), roughness=0.4)


def tank(grid: Grid, height: float, *, pane: float = PANE, look: Surface = CLEAR) -> list[Body]:
    """Panes just outside the grid's sides, so that its walls are their inner faces.

    Args:
        grid: Its lowest corner lies at least `pane` above the floor.
        height: Of the panes above the lowest corner [m].
        pane: Thickness [m].
        look: Of the panes.

    Returns:
        The bottom, the panes, and the bars of the frame, which lie outside of them.
    """
    low, high = np.array(grid.low), np.array(grid.high)
    top = low[2] + height
    x0, y0, z0 = low
    x1, y1, _ = high
    sides, outside = ((x0, x1), (y0, y1)), ((x0 - pane, x1 + pane), (y0 - pane, y1 + pane))
    panes = {
        "bottom": ((x0 - pane, y0 - pane, z0 - pane), (x1 + pane, y1 + pane, z0)),
        **_named("pane", walls_round(sides, pane, z0, top)),
    }
    # Without a frame, clear glass over an even floor is not seen.
    thick, tall = TRIM
    bars = {
        **_named("base", walls_round(outside, thick, z0 - pane, z0 - pane + tall)),
        **_named("rim", walls_round(outside, thick, top - tall, top)),
    }
    return [
        *(slab(name, "glass", look, *corners) for name, corners in panes.items()),
        *(slab(name, "plastic", DARK, *corners) for name, corners in bars.items()),
    ]


def _named(prefix: str, walls: dict) -> dict:
    return {f"{prefix}_{side}": corners for side, corners in walls.items()}
