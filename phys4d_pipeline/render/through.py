"""What clear bodies show: the frame drawn without them, first without liquids too, then with them.

A liquid shows what is opaque; clear solids (panes, vessels) show liquids as well. What is clear
behind its own kind stays unseen.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, UInt8

from .canvas import NOTHING_BEHIND, Canvas, Seen
from .geometry import BACK, CLEAR, NEITHER
from .glass import Behind
from .shade import Lighting
from .visible import NOTHING, find_keys

if TYPE_CHECKING:
    from .clip import Run


class Through:
    """The pictures behind the clear bodies of a run's frames."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._kinds = clear_kinds(run)
        count, materials = len(self._kinds), run.bodies.materials
        self._behind = Behind(
            rgb=np.empty((count, *run.size, 3), np.uint8),
            depth=np.empty((count, *run.size), np.float32),
            exit=np.empty((count, *run.size), np.float32),
            picture=pictures_of(self._kinds, len(materials)),
        )
        self._canvases = [self._canvas(number) for number in range(count)]
        self._backs = np.empty(run.size, np.uint64)

    def _canvas(self, number: int) -> Canvas:
        canvas, behind = self._run.new_canvas(), self._behind
        rgb, depth = behind.rgb[number], behind.depth[number]
        return replace(canvas, layers=canvas.layers._replace(rgb=rgb, depth=depth))

    def behind(self, seen: Seen, lighting: Lighting) -> Behind:
        """Draw the pictures of a frame, and where rays leave its clear bodies."""
        run, everything = self._run, self._run.all_tiles
        behind, drawn = self._behind, NOTHING_BEHIND
        for number, (without, backs) in enumerate(drawings(seen.geometry.sides, self._kinds)):
            frame, canvas = _with(seen, without), self._canvases[number]
            canvas.layers.keys.fill(0)
            find_keys(frame, NOTHING, None, canvas.layers.keys, np.zeros_like(everything))
            run.paint(frame, everything, canvas, lighting, drawn)
            self._backs.fill(0)
            no_marks = np.zeros_like(everything)
            find_keys(_with(seen, backs), NOTHING, None, self._backs, no_marks)
            nearness = (self._backs >> np.uint64(32)).astype(np.uint32).view(np.float32)
            leaving = behind.exit[number]
            leaving.fill(0)
            np.divide(1.0, nearness, out=leaving, where=nearness > 0)
            drawn = behind
        return behind


def clear_kinds(run: "Run") -> list[Bool[np.ndarray, " O"]]:
    """Clear liquids and clear solids, by object number, those of them that there are."""
    clear = run.bodies.materials[:, CLEAR] > 0
    clear[0] = False  # the ground
    kinds = clear & run.is_liquid, clear & ~run.is_liquid
    return [kind for kind in kinds if kind.any()]


def pictures_of(kinds: list[Bool[np.ndarray, " O"]], count: int) -> np.ndarray:
    """(O,) u8: which picture is seen through an object."""
    pictures = np.zeros(count, np.uint8)
    for number, kind in enumerate(kinds):
        pictures[kind] = number
    return pictures


def drawings(
    sides: UInt8[np.ndarray, " O"], kinds: list[Bool[np.ndarray, " O"]]
) -> Iterator[tuple[UInt8[np.ndarray, " O"], UInt8[np.ndarray, " O"]]]:
    """Sides to draw: for every kind, without it and those after it; then its back faces alone."""
    for number, kind in enumerate(kinds):
        hidden = np.any(kinds[number:], axis=0)
        without = np.where(hidden, np.uint8(NEITHER), sides)
        backs = np.where(kind, np.uint8(BACK), np.uint8(NEITHER))
        yield without, backs


def _with(seen: Seen, sides: np.ndarray) -> Seen:
    return replace(seen, geometry=seen.geometry._replace(sides=sides))
