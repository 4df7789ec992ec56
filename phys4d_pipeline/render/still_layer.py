"""What a still camera sees of the things that never move -> tiles that frames leave alone.

They are drawn in the light of the first frame: what moves changes little of it until the last.
"""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from .antialias import widen_boxes
from .canvas import Canvas, Seen
from .ground_truth import VISIBLE
from .tiles import copy_tiles, tile_boxes
from .visible import NOTHING, find_keys

if TYPE_CHECKING:
    from .clip import Run


class StillLayer:
    """What a still camera sees of the things that never move, drawn and compared with itself."""

    def __init__(self, run: "Run") -> None:
        frame, everything = run.frames[0], run.all_tiles
        seen = Seen(frame=frame, view=run.view(frame), geometry=run.bodies.at(frame))
        self.canvas = canvas = run.new_canvas()
        layers = canvas.layers
        layers.keys.fill(0)
        find_keys(seen, NOTHING, run.bodies.still, layers.keys, np.zeros_like(everything))
        self.lighting = run.lights.kept(frame)
        """Of the first frame"""
        self.reached = run.lights.reached.copy()
        """Squares of its sun's map that moving bodies may reach"""
        samples = run.paint(seen, everything, canvas, self.lighting)
        run.measure_heat(seen, everything, canvas)
        layers.codes_next[:], layers.codes_previous[:] = VISIBLE, VISIBLE
        self.boxes = tile_boxes(layers.depth, seen.view.lens, seen.view.pose)
        widen_boxes(samples, seen.view, seen.geometry, self.boxes)
        """(R, C, 6) f32: low and high corner of the points of every tile [m]"""

    def restore(self, canvas: Canvas, marked: UInt8[np.ndarray, "R C"]) -> None:
        """Undo what an earlier frame has drawn on a canvas, but for tiles to be drawn again."""
        stale = canvas.drawn & (marked == 0)
        for name, still in self.canvas.layers._asdict().items():
            if name != "keys":
                changed = canvas.coded if name.startswith("codes") else stale
                copy_tiles(changed, still, getattr(canvas.layers, name))
        if canvas.temperature is not None:
            copy_tiles(stale, self.canvas.temperature, canvas.temperature)
        canvas.coded = np.zeros_like(marked)
        canvas.occupied[:], canvas.near[:] = self.canvas.occupied, self.canvas.near
        canvas.face[:] = self.canvas.face
