"""A grid -> the glass tank around it: four panes and a bottom, open above."""

import numpy as np

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.scene import Body, Surface

from .staging import slab

PANE = 0.006  # thickness of the glass [m]
CLEAR = Surface(base_color=(0.87, 0.9, 0.88), roughness=0.0, transmission=1.0, refractive_index=1.5)


def tank(grid: Grid, height: float, *, pane: float = PANE, look: Surface = CLEAR) -> list[Body]:
    """Panes just outside the grid's sides, so that its walls are their inner faces.

    Args:
        grid: Its lowest corner lies at least `pane` above the floor.
        height: Of the panes above the lowest corner [m].
        pane: Thickness [m].
        look: Of the panes.
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
    return [slab(name, "glass", look, *corners) for name, corners in boxes.items()]
