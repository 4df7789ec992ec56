"""`through.Through` and `panes.Panes` on a GPU: every picture is drawn whole."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from ..canvas import Canvas, Seen
from ..geometry import Geometry
from ..glass import Behind, unfilled
from ..panes import with_panes
from ..shade import Lighting
from ..through import clear_kinds, drawings, pictures_of
from . import samples

if TYPE_CHECKING:
    from .run import CudaRun


class CudaThrough:
    """`through.Through` on a GPU."""

    def __init__(self, run: "CudaRun") -> None:
        self._run, device = run, run.device
        self._kinds = clear_kinds(run)
        count, pictures = len(self._kinds), device.keep(pictures_of(self._kinds))
        self._behind = unfilled(device.empty, run.size, count, pictures)
        self._canvases = [self._canvas(number) for number in range(count)]
        self._backs = device.empty(run.size, np.uint64)

    def _canvas(self, number: int) -> Canvas:
        canvas, behind = self._run.new_canvas(), self._behind
        rgb, depth = behind.rgb[number], behind.depth[number]
        return replace(canvas, layers=canvas.layers._replace(rgb=rgb, depth=depth))

    def behind(self, seen: Seen, geometry: Geometry, lighting: Lighting) -> Behind:
        """Draw the pictures of a frame, and where rays leave its clear bodies.

        Args:
            seen: The frame, on the GPU.
            geometry: The same on the host.
            lighting: On the GPU.
        """
        run, drawn = self._run, self._run.nothing_behind
        height, width = run.size
        for number, (without, backs) in enumerate(drawings(geometry.sides, self._kinds)):
            frame, layers = _drawing(run, seen, without), self._canvases[number].layers
            run.find_keys(frame, layers.keys)
            run.paint(frame, run.all_tiles, self._canvases[number], lighting, drawn)
            run.find_keys(_drawing(run, seen, backs), self._backs)
            leaving = (self._behind.exit[number],)
            run.device.over(samples.find_exits, width, height, (self._backs,), leaving)
            drawn = self._behind
        return drawn


class CudaPanes:
    """`panes.Panes` on a GPU."""

    def __init__(self, run: "CudaRun") -> None:
        self._run, device = run, run.device
        pictures = device.keep(np.zeros(len(run.bodies.panes), np.uint8))
        self._behind = unfilled(device.empty, run.size, 1, pictures)
        self._canvas = run.new_canvas()

    def cover(self, seen: Seen, geometry: Geometry, lighting: Lighting, canvas: Canvas) -> None:
        """Draw them over the picture of a canvas.

        Args:
            seen: The frame, on the GPU.
            geometry: The same on the host.
            lighting: On the GPU.
            canvas: Holds the picture.
        """
        run, own, rgb = self._run, self._canvas, canvas.layers.rgb
        run.device.copy(rgb, self._behind.rgb[0])
        own = replace(own, layers=own.layers._replace(rgb=rgb))
        frame = _drawing(run, seen, with_panes(geometry.sides, run.bodies.panes))
        run.find_keys(frame, own.layers.keys)
        run.paint(frame, run.all_tiles, own, lighting, self._behind)


def _drawing(run: "CudaRun", seen: Seen, sides: UInt8[np.ndarray, " O"]) -> Seen:
    return replace(seen, geometry=seen.geometry._replace(sides=run.device.send(sides)))
