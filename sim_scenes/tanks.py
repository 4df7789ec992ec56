"""A grid -> the glass tank around it: four panes and a bottom in a dark frame, open above."""

import numpy as np

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.scene import Body, Surface

from .staging import slab

PANE = 0.006  # thickness of the glass [m]
TRIM = (0.008, 0.012)  # thickness and height of the bars round the panes' ends [m]
CLEAR = Surface(base_color=(0.87, 0.9, 0.88), roughness=0.0, transmission=1.0, refractive_index=1.5)

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
    boxes = {
        "bottom": ((x0 - pane, y0 - pane, z0 - pane), (x1 + pane, y1 + pane, z0)),
        "pane_left": ((x0 - pane, y0 - pane, z0), (x0, y1 + pane, top)),
        "pane_right": ((x1, y0 - pane, z0), (x1 + pane, y1 + pane, top)),
        "pane_front": ((x0, y0 - pane, z0), (x1, y0, top)),
        "pane_back": ((x0, y1, z0), (x1, y1 + pane, top)),
    }
    panes = [slab(name, "glass", look, *corners) for name, corners in boxes.items()]
    outside = (x0 - pane, x1 + pane), (y0 - pane, y1 + pane)
    return [
        *panes,
        *_trim("base", outside, z0 - pane),
        *_trim("rim", outside, top - TRIM[1]),
    ]


def _trim(name: str, outside: tuple[tuple[float, float], ...], z: float) -> list[Body]:
    """Four bars round the panes: without them, clear glass over an even floor is not seen."""
    ((x0, x1), (y0, y1)), (out, height) = outside, TRIM
    bars = {
        "left": ((x0 - out, y0 - out, z), (x0, y1 + out, z + height)),
        "right": ((x1, y0 - out, z), (x1 + out, y1 + out, z + height)),
        "front": ((x0, y0 - out, z), (x1, y0, z + height)),
        "back": ((x0, y1, z), (x1, y1 + out, z + height)),
    }
    return [slab(f"{name}_{side}", "plastic", DARK, *ends) for side, ends in bars.items()]
