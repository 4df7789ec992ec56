"""The frames of one call, drawn on a GPU: only finished layers come back to the host.

Every frame is drawn whole: what the CPU saves by keeping still tiles costs a GPU more to decide
than to draw. While the host takes a frame, the GPU draws the next.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ..canvas import NOTHING_BEHIND, Canvas, Drawn, Seen
from ..clip import Run
from ..frame import Layers, empty_layers
from ..glass import Behind
from ..ground_truth import GroundTruth
from ..shade import Lighting
from ..sun_levels import BLOCK, COARSE, NUM_LEVELS, WHOLE
from ..through import clear_kinds
from . import samples, visibility
from .arrays import Device, reachable
from .clear import CudaPanes, CudaThrough

FETCHED = tuple(name for name in Layers._fields if name not in ("keys", "dz_previous", "near"))
"""Layers that leave the GPU."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _SunMap:
    """Arrays on the GPU that every frame's lighting fills again."""

    depth: Any
    no_depth: Any
    levels: Any
    no_levels: Any
    heights: Any
    bounds: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class _Edges:
    """Where surfaces meet, and the samples there; see `samples.find_edges`."""

    slots: Any
    busy: Any
    samples: Any
    where: Any
    count: Any
    nothing_busy: Any
    no_count: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class _Host:
    """Arrays of the host that the GPU writes to."""

    layers: Layers
    temperature: np.ndarray | None
    """None where no body has one"""

    def copy(self) -> "_Host":
        """The same in memory of its own."""
        kelvin = self.temperature
        return _Host(
            layers=Layers(*(a.copy() for a in self.layers)),
            temperature=None if kelvin is None else kelvin.copy(),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fetched:
    """A frame on its way to the host."""

    drawn: Drawn
    host: _Host
    arrival: Any


class CudaRun(Run):
    """`Run` on a GPU. Canvases hold arrays of the GPU; tiles are not used."""

    def prepare(self) -> None:
        """Allocate what serves all frames."""
        self.still_layer, self.through, self.panes = None, None, None
        self.device = device = Device(self.gap + 1)
        size, count = self.size, self.size[0] * self.size[1]
        self._no_keys = device.zeros(size, np.uint64)
        self._no_marks = device.zeros((1, 1), np.uint8)  # tiles are not asked for
        self._edges = _Edges(
            slots=device.empty(size, np.int32),
            busy=device.empty(self.all_tiles.shape, np.uint8),
            samples=device.empty((count, 4), np.uint64),
            where=device.empty((count, 2), np.int32),
            count=device.empty((1,), np.int32),
            nothing_busy=device.zeros(self.all_tiles.shape, np.uint8),
            no_count=device.zeros((1,), np.int32),
        )
        num_spheres = max(len(self.bodies.radii), 1)
        self._seen_spheres = device.empty((num_spheres,), np.uint8)
        self._no_spheres = device.zeros((num_spheres,), np.uint8)
        self._materials = device.keep(self.bodies.materials)
        self._sun = self._sun_map()
        self._dark = device.keep_all(self.lights.dark)
        self.nothing_behind = device.keep_all(NOTHING_BEHIND)
        self._through = CudaThrough(self) if clear_kinds(self) else None
        self._panes = CudaPanes(self) if self.bodies.panes.any() else None

    def all_frames(self, reuse_memory: bool) -> Iterator[GroundTruth]:
        """The frames asked for: the one before the last drawn is handed out."""
        ring = deque(_reachable_host(*self.size, self.has_heat) for _ in range(2))
        on_its_way: deque[_Fetched] = deque()
        for drawn in self.steps(True):
            if drawn is None:
                continue
            ring.rotate()
            on_its_way.append(self._fetch(drawn, ring[0]))
            if len(on_its_way) == len(ring):
                yield self._arrived(on_its_way.popleft(), reuse_memory)
        while on_its_way:
            yield self._arrived(on_its_way.popleft(), reuse_memory)

    def paced(self, reuse_memory: bool) -> Iterator[GroundTruth]:
        """As `all_frames`: there is nothing to wait for."""
        return self.all_frames(reuse_memory)

    def new_canvas(self) -> Canvas:
        """Arrays of the GPU without content."""
        like = empty_layers(1, 1)
        layers = (self.device.empty((*self.size, *a.shape[2:]), a.dtype) for a in like)
        tiles = self.all_tiles
        return Canvas(
            layers=Layers(*layers),
            drawn=tiles,
            coded=tiles,
            occupied=tiles,
            face=tiles.astype(np.uint32),
            near=tiles,
            temperature=self.device.empty(self.size, np.float32) if self.has_heat else None,
        )

    def draw(self, frame: int, canvas: Canvas) -> Drawn:
        """Visibility, then what every pixel sees and where that was and will be."""
        device = self.device
        device.next_frame()
        geometry = self.bodies.at(frame)
        view = device.send_all(self.view(frame))
        seen = Seen(frame=frame, view=view, geometry=device.send_all(geometry))
        lighting = self._lighting(frame) if frame in self.frames else self._dark
        self.find_keys(seen, canvas.layers.keys)
        behind = self.nothing_behind
        if self._through is not None and frame in self.frames:
            behind = self._through.behind(seen, geometry, lighting)
        self.paint(seen, self.all_tiles, canvas, lighting, behind)
        if self._panes is not None and frame in self.frames:
            self._panes.cover(seen, geometry, lighting, canvas)
        self.measure_heat(seen, self.all_tiles, canvas)
        return Drawn(seen=seen, canvas=canvas)

    def find_keys(self, seen: Seen, keys: Any) -> None:
        """Draw all geometry into a visibility buffer."""
        device, geometry, lens = self.device, seen.geometry, (seen.view.lens,)
        device.copy(self._no_keys, keys)
        bands, target = -(-self.size[0] // visibility.BAND), (keys, self._no_marks)
        device.over(visibility.draw_faces, len(geometry.faces), bands, geometry, lens, target)
        device.over(visibility.draw_balls, len(geometry.radii), bands, geometry, lens, target)

    def paint(
        self,
        seen: Seen,
        marked: UInt8[np.ndarray, "R C"],
        canvas: Canvas,
        lighting: Lighting,
        behind: Behind = NOTHING_BEHIND,
    ) -> None:
        """Layers from visibility keys; colours only for frames asked for."""
        device, layers, paint = self.device, canvas.layers, seen.frame in self.frames
        scene = (seen.view, seen.geometry, self._materials, lighting, behind)
        moving = device.send(self.bodies.moving(seen.frame))
        height, width = self.size
        device.over(samples.resolve_pixels, width, height, scene, (moving,), paint, layers)
        device.over(samples.find_near, width, height, layers)
        if paint:
            self._smooth_edges(seen, scene, moving, layers)

    def measure_heat(self, seen: Seen, marked: UInt8[np.ndarray, "R C"], canvas: Canvas) -> None:
        """Temperatures of the picture, for frames asked for."""
        if self.has_heat and seen.frame in self.frames:
            (height, width), scene = self.size, (seen.view, seen.geometry)
            kelvin = (canvas.temperature,)
            self.device.over(samples.measure_pixels, width, height, scene, canvas.layers, kelvin)

    def occlude(self, earlier: Drawn, later: Drawn) -> None:
        """Occlusion codes between two frames `gap` apart, both ways."""
        one, two = earlier.canvas.layers, later.canvas.layers
        motion = one.flow_next, one.dz_next, one.codes_next
        self._find_codes(motion, one, two, self.stays(earlier, later), later.seen)
        motion = two.flow_previous, two.dz_previous, two.codes_previous
        self._find_codes(motion, two, one, self.stays(later, earlier), earlier.seen)

    def _find_codes(
        self,
        motion: Any,
        here: Layers,
        there: Layers,
        stays: UInt8[np.ndarray, " O"],
        seen: Seen,
    ) -> None:
        height, width = self.size
        other = (there, seen.geometry, seen.view)
        frame = (here, self.device.send(stays))
        self.device.over(samples.find_codes, width, height, motion, frame, other)

    def _smooth_edges(self, seen: Seen, scene: Any, moving: Any, layers: Layers) -> None:
        """`antialias.smooth_edges` without lists on the host."""
        device, edges, geometry, lens = self.device, self._edges, seen.geometry, (seen.view.lens,)
        (height, width), num_faces = self.size, len(geometry.faces)
        device.copy(edges.nothing_busy, edges.busy)
        device.copy(edges.no_count, edges.count)
        device.copy(self._no_spheres, self._seen_spheres)
        target = edges.slots, edges.busy, edges.samples
        listed, spheres = (*target, edges.where, edges.count), (self._seen_spheres,)
        device.over(samples.find_edges, width, height, layers, num_faces, listed, spheres)
        bands, balls = -(-height // visibility.BAND), (*spheres, *target)
        device.over(visibility.sample_faces, num_faces, bands, geometry, lens, target)
        device.over(visibility.sample_balls, len(geometry.radii), bands, geometry, lens, balls)
        groups = device.send(self.bodies.primitive_group(seen.frame))
        tables = (moving, groups)
        device.along(samples.blend_edges, height * width, scene, tables, listed, layers)

    def _sun_map(self) -> _SunMap:
        size = self.lights.sun_texels
        levels, blocks = (3, size, size // 2), (2, size // BLOCK, size // BLOCK)
        device = self.device
        return _SunMap(
            depth=device.empty((size, size), np.float32),
            no_depth=device.zeros((size, size), np.float32),
            levels=device.empty(levels, np.float32),
            no_levels=device.zeros(levels, np.float32),
            heights=device.empty(blocks, np.float32),
            bounds=device.empty(blocks, np.float32),
        )

    def _lighting(self, frame: int) -> Lighting:
        """The sun's map drawn on the GPU; openness, which is small, on the host."""
        device, sun, size = self.device, self._sun, self.lights.sun_texels
        casters, texels_per_metre = self.lights.seen_by_sun(frame)
        vertices, faces, centres, radii = device.send_all(casters)
        device.copy(sun.no_depth, sun.depth)
        device.copy(sun.no_levels, sun.levels)
        bands, target = -(-size // visibility.BAND), (sun.depth,)
        meshes, balls = (vertices, faces), (centres, radii)
        device.over(visibility.cast_faces, len(faces), bands, meshes, target)
        device.over(visibility.cast_balls, len(radii), bands, balls, texels_per_metre, target)
        maps = (sun.depth, sun.levels)
        device.over(visibility.build_fine, size // WHOLE, size // WHOLE, maps)
        for level in range(COARSE + 1, NUM_LEVELS):
            device.over(visibility.build_coarse, size >> level, size >> level, maps, level)
        around = int(np.ceil((self.lights.penumbra() + 1.0) / BLOCK))
        heights, blocks, ground = (*maps, sun.heights), size // BLOCK, (self._dark.sun_ground,)
        device.over(visibility.find_heights, blocks, blocks, heights, ground)
        device.over(visibility.find_bounds, blocks, blocks, (sun.heights, sun.bounds), around)
        open_from_world, open_map, open_blocks = self.lights.open_maps(frame)
        return self._dark._replace(
            sun_depth=sun.depth,
            sun_levels=sun.levels,
            sun_bounds=sun.bounds,
            open_from_world=device.send(open_from_world),
            open_map=device.send(open_map),
            open_blocks=device.send(open_blocks),
        )

    def _fetch(self, drawn: Drawn, host: _Host) -> _Fetched:
        for name in FETCHED:
            self.device.fetch(getattr(drawn.canvas.layers, name), getattr(host.layers, name))
        if host.temperature is not None:
            self.device.fetch(drawn.canvas.temperature, host.temperature)
        return _Fetched(drawn=drawn, host=host, arrival=self.device.mark())

    def _arrived(self, fetched: _Fetched, reuse_memory: bool) -> GroundTruth:
        fetched.arrival.synchronize()
        host = fetched.host if reuse_memory else fetched.host.copy()
        canvas = replace(fetched.drawn.canvas, layers=host.layers, temperature=host.temperature)
        return self.ground_truth(replace(fetched.drawn, canvas=canvas))


def _reachable_host(height: int, width: int, has_heat: bool) -> _Host:
    """Arrays of the host for what leaves the GPU, of one pixel for the rest."""
    arrays = empty_layers(1, 1)._asdict()
    for name in FETCHED:
        like = arrays[name]
        arrays[name] = reachable((height, width, *like.shape[2:]), like.dtype)
    kelvin = reachable((height, width), np.float32) if has_heat else None
    return _Host(layers=Layers(**arrays), temperature=kelvin)
