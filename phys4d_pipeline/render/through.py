"""What clear bodies show: the frame drawn without them, first without liquids too, then with them.

A liquid shows what is opaque; clear solids (vessels, marbles) show liquids as well. What is clear
behind its own kind stays unseen.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from .antialias import seen_spheres
from .canvas import NOTHING_BEHIND, Canvas, Seen
from .geometry import BACK, CLEAR, NEITHER, Geometry
from .glass import unfilled
from .reached import mark_faces, mark_spheres
from .shade import Lighting
from .tiles import marked_tiles
from .visible import NOTHING, find_keys

if TYPE_CHECKING:
    from .clip import Run


class Through:
    """Draws the frames of a run that show clear bodies, over the pictures behind those."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._kinds = clear_kinds(run)
        self._behind = unfilled(np.empty, run.size, len(self._kinds), pictures_of(self._kinds))
        self._backs = np.empty(run.size, np.uint64)

    def draw(self, seen: Seen, lighting: Lighting, canvas: Canvas) -> None:
        """Draw a frame: what is opaque, then one kind of clear bodies after the other over it.

        Where no body of a kind is near, the picture without them stays: its tiles come out with
        the same bytes as if they had been drawn again.
        """
        run, layers, behind = self._run, canvas.layers, self._behind
        pictures = list(drawings(seen.geometry.sides, self._kinds))
        frame, marked, shown = with_sides(seen, pictures[0][0]), run.all_tiles, NOTHING_BEHIND
        layers.keys.fill(0)
        find_keys(frame, NOTHING, None, layers.keys, np.zeros_like(marked))
        for number, (kind, (_, backs)) in enumerate(zip(self._kinds, pictures, strict=True)):
            run.paint(frame, marked, canvas, lighting, shown)
            behind.rgb[number], behind.depth[number] = layers.rgb, layers.depth
            self._find_exits(with_sides(seen, backs), behind.exit[number])
            last = number + 1 == len(pictures)
            frame, shown = seen if last else with_sides(seen, pictures[number + 1][0]), behind
            marked = draw_over(run, kind, frame, canvas)
        run.paint(seen, marked, canvas, lighting, behind)

    def _find_exits(self, backs: Seen, leaving: Float32[np.ndarray, "H W"]) -> None:
        """Camera z of the nearest back face, 0 where there is none."""
        self._backs.fill(0)
        find_keys(backs, NOTHING, None, self._backs, np.zeros_like(self._run.all_tiles))
        nearness = (self._backs >> np.uint64(32)).astype(np.uint32).view(np.float32)
        leaving.fill(0)
        np.divide(1.0, nearness, out=leaving, where=nearness > 0)


def draw_over(
    run: "Run", kind: Bool[np.ndarray, " O"], seen: Seen, canvas: Canvas
) -> UInt8[np.ndarray, "R C"]:
    """Draw the bodies of a kind into the visibility buffer; the tiles that may change."""
    marked, geometry = np.zeros_like(run.all_tiles), seen.geometry
    before = _shown_spheres(run, geometry, canvas)
    sides = np.where(kind, geometry.sides, np.uint8(NEITHER))
    find_keys(with_sides(seen, sides), NOTHING, None, canvas.layers.keys, np.zeros_like(marked))
    size, lens = run.size, seen.view.lens
    mark_faces(geometry, kind, size, marked)
    mark_spheres(geometry, lens, kind[geometry.sphere_object], size, marked)
    # Spheres that no pixel's centre shows any more are left out of smooth edges.
    lost = before & ~_shown_spheres(run, geometry, canvas)
    mark_spheres(geometry, lens, lost, size, marked)
    return marked


def _shown_spheres(run: "Run", geometry: Geometry, canvas: Canvas) -> Bool[np.ndarray, " S"]:
    """Does a pixel's centre show the sphere?"""
    if not len(geometry.radii):
        return np.zeros(0, bool)
    tiles, layers = marked_tiles(run.all_tiles), canvas.layers
    faces, radii = len(geometry.faces), geometry.radii
    return seen_spheres(tiles, layers.keys, layers.ids, faces, radii) > 0


def clear_kinds(run: "Run") -> list[Bool[np.ndarray, " O"]]:
    """Clear liquids and thick clear solids, by object number, those of them that there are."""
    clear = (run.bodies.materials[:, CLEAR] > 0) & ~run.bodies.panes
    clear[0] = False  # the ground
    kinds = clear & run.is_liquid, clear & ~run.is_liquid
    return [kind for kind in kinds if kind.any()]


def pictures_of(kinds: list[Bool[np.ndarray, " O"]]) -> UInt8[np.ndarray, " O"]:
    """Which picture is seen through an object."""
    pictures = np.zeros(len(kinds[0]), np.uint8)
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


def with_sides(seen: Seen, sides: UInt8[np.ndarray, " O"]) -> Seen:
    """The same frame with other sides of its bodies drawn."""
    return replace(seen, geometry=seen.geometry._replace(sides=sides))
