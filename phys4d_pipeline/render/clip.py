"""A scene and its states -> frames of GroundTruth, one after the other, in constant memory.

Every frame is drawn once; its occlusion codes wait for the frame `gap` later, so frames leave
`gap` steps late. A run that starts or ends inside the clip draws its neighbours without colours.

Under a camera that stands still, what never moves is drawn once; a frame then draws only the tiles
that moving bodies, their shadows or their darkening of the ground reach, and takes the others from
that still layer. Every tile comes out with the same bytes as without this shortcut.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float32, Float64, UInt8, UInt64

from ..camera import scene_camera
from ..device import chosen_device
from ..errors import SceneError
from ..scene import SceneSpec
from ..states import States, check_states
from .antialias import Samples, smooth_edges
from .bodies import Bodies
from .canvas import NOTHING_BEHIND, Canvas, Drawn, Seen
from .film import filmed
from .frame import empty_layers, resolve
from .geometry import View
from .glass import Behind
from .ground_truth import UNDEFINED, GroundTruth
from .known import once
from .lighting import Lights
from .occlusion import near_bodies, occluded
from .panes import Panes
from .relit import lit_differently
from .shade import Lighting
from .still_layer import StillLayer
from .temperature import measure
from .through import Through, clear_kinds
from .tiles import copy_tiles, grid, marked_tiles
from .visible import NOTHING, find_keys


def render(
    spec: SceneSpec,
    states: States,
    *,
    camera: int = 0,
    frames: range | None = None,
    gap: int = 1,
    reuse_memory: bool = False,
) -> Iterator[GroundTruth]:
    """Draw frames of one camera with every exact layer.

    Args:
        spec: The scene.
        states: Its simulation, as many frames as the scene.
        camera: Index of the camera.
        frames: Consecutive frames to draw; all by default. The picture of a frame does not
            depend on which others are drawn with it.
        gap: Flow and occlusion are between frames t and t + gap, and t and t - gap.
        reuse_memory: Draw into the same arrays again and again: a frame is gone when the next
            one is asked for. Saves a tenth of the time, spent on fresh pages.

    Raises:
        SceneError: `frames`, `camera` or `gap` outside the clip, or states of another scene.
        DeviceError: `PHYS4D_DEVICE` asks for what this machine does not have.
    """
    (run,) = _runs(spec, states, [camera], frames, gap)
    return run.all_frames(reuse_memory)


def render_cameras(
    spec: SceneSpec,
    states: States,
    *,
    cameras: Sequence[int],
    frames: range | None = None,
    gap: int = 1,
    reuse_memory: bool = False,
) -> Iterator[tuple[GroundTruth, ...]]:
    """Draw frames of several cameras side by side: the same bytes as `render` of each.

    Light maps, and the surfaces of what is not rigid, are found once a frame for all of them.

    Args:
        spec: The scene.
        states: Its simulation.
        cameras: Indices of the cameras, in the order wanted.
        frames: As of `render`.
        gap: As of `render`.
        reuse_memory: As of `render`.
    """
    runs = _runs(spec, states, cameras, frames, gap)
    for found in zip(*(run.paced(reuse_memory) for run in runs), strict=True):
        if found[0] is not None:
            yield found


def _runs(
    spec: SceneSpec, states: States, cameras: Sequence[int], frames: range | None, gap: int
) -> list["Run"]:
    frames = range(spec.num_frames) if frames is None else frames
    if len(frames) == 0 or frames.step != 1 or frames[0] < 0 or frames[-1] >= spec.num_frames:
        raise SceneError(f"frames {frames} of a clip with {spec.num_frames} frames.")
    if gap < 1:
        raise SceneError(f"gap ({gap}) must be at least 1 frame.")
    once(spec, states, "checked", lambda: check_states(spec, states))
    kind, gap = _kind_of_run(), min(gap, spec.num_frames)
    runs: list[Run] = []
    for camera in cameras:
        runs.append(kind(spec, states, camera, frames, gap, runs[0] if runs else None))
    return runs


def _kind_of_run() -> type["Run"]:
    if chosen_device() == "cpu":
        return Run
    from .cuda.run import CudaRun  # its imports need the extra `gpu`

    return CudaRun


class Run:
    """Everything that stays the same while the frames of one call are drawn."""

    def __init__(
        self,
        spec: SceneSpec,
        states: States,
        index: int,
        frames: range,
        gap: int,
        beside: "Run | None" = None,
    ) -> None:
        """Args: the clip, which camera, frames and gap; the run of another camera for the same."""
        self.frames, self.gap, self.num_frames = frames, gap, spec.num_frames
        self.num_bodies = len(spec.bodies)
        forms = [body.form for body in spec.bodies]
        self.is_liquid = np.array(["", *forms, *("" for _ in spec.scenery)]) == "liquid"
        self.has_heat = bool(states.temperatures)
        self.size = spec.height, spec.width
        self.camera = scene_camera(spec, index)
        self.path = spec.cameras[index]
        self.bodies = Bodies(spec, states, self.camera, gap, beside and beside.bodies.soft)
        self.lights = beside.lights if beside else Lights(spec, states, self.bodies)
        self.first = max(frames[0] - gap, 0)
        self.last = min(frames[-1] + gap, spec.num_frames - 1)
        self.all_tiles = np.ones(grid(*self.size), np.uint8)
        self.prepare()

    def prepare(self) -> None:
        """Draw what serves all frames."""
        poses = self.camera.world_from_camera[self.first : self.last + 1]
        self.through = Through(self) if clear_kinds(self) else None
        self.panes = Panes(self) if self.bodies.panes.any() else None
        # What clear bodies show may move while they stand still: then every tile is drawn.
        stands = (poses == poses[0]).all() and len(poses) > 2 and self.through is None
        self.still_layer = StillLayer(self) if stands else None

    def all_frames(self, reuse_memory: bool) -> Iterator[GroundTruth]:
        """The frames asked for."""
        return (truth for truth in self.paced(reuse_memory) if truth is not None)

    def paced(self, reuse_memory: bool) -> Iterator[GroundTruth | None]:
        """The same, with None where a frame is drawn and none is finished.

        Runs side by side then draw a frame before any of them goes on to the next.
        """
        for drawn in self.steps(reuse_memory):
            yield None if drawn is None else self.ground_truth(drawn)

    def steps(self, reuse_memory: bool) -> Iterator[Drawn | None]:
        """Draw; a canvas is free again when the frame `gap` later has been compared with it."""
        kept = [self.new_canvas() for _ in range(self.gap + 1 if reuse_memory else 0)]
        waiting: list[Drawn] = []
        for frame in range(self.first, self.last + 1):
            canvas = kept[frame % len(kept)] if kept else self.new_canvas()
            drawn, done = self.draw(frame, canvas), None
            if len(waiting) == self.gap:
                done = waiting.pop(0)
                self.occlude(done, drawn)
            yield done if done and done.frame in self.frames else None
            waiting.append(drawn)
        for drawn in waiting:
            if drawn.frame in self.frames:
                yield drawn

    def view(self, frame: int) -> View:
        """The camera at a frame, in the shifted world."""
        pose = self.camera.world_from_camera[frame]
        shifted = pose[:3].copy()
        shifted[:, 3] -= self.bodies.origin

        def to(other: int) -> Float32[np.ndarray, "3 4"]:
            there = self.camera.camera_from_world(min(max(other, 0), self.num_frames - 1))
            return _float32(there[:3] @ pose)

        return View(
            lens=self.bodies.lens,
            pose=_float32(shifted),
            to_next=to(frame + self.gap),
            to_previous=to(frame - self.gap),
        )

    def paint(
        self,
        seen: Seen,
        marked: UInt8[np.ndarray, "R C"],
        canvas: Canvas,
        lighting: Lighting,
        behind: Behind = NOTHING_BEHIND,
    ) -> Samples | None:
        """Draw some tiles from their visibility keys; colours only for frames asked for.

        Args:
            seen: The frame.
            marked: The tiles.
            canvas: Holds the keys, gets the layers.
            lighting: Sun, sky and maps.
            behind: What is seen through clear bodies.

        Returns:
            What was shaded beside pixel centres; None without colours.
        """
        tiles, bodies, paint = marked_tiles(marked), self.bodies, seen.frame in self.frames
        view, geometry = seen.view, seen.geometry
        moving, layers, occupied = bodies.moving(seen.frame), canvas.layers, canvas.occupied
        shown = occupied, canvas.face
        materials = bodies.materials
        resolve(tiles, view, geometry, materials, moving, lighting, behind, paint, layers, shown)
        near_bodies(marked, occupied, layers.ids, layers.near, canvas.near)
        if not paint:
            return None
        scene = (view, geometry, materials, lighting, behind)
        groups = bodies.primitive_group(seen.frame)
        return smooth_edges(tiles, layers, canvas.near, scene, groups)

    def new_canvas(self) -> Canvas:
        """Arrays without content."""
        everything = self.all_tiles
        return Canvas(
            layers=empty_layers(*self.size),
            drawn=everything,
            coded=everything,
            occupied=np.zeros_like(everything),
            face=np.zeros(everything.shape, np.uint32),
            near=np.zeros_like(everything),
            temperature=np.empty(self.size, np.float32) if self.has_heat else None,
        )

    def draw(self, frame: int, canvas: Canvas) -> Drawn:
        """Visibility, then what every pixel sees and where that was and will be."""
        seen = Seen(frame=frame, view=self.view(frame), geometry=self.bodies.at(frame))
        lighting = self.lights.at(frame) if frame in self.frames else self.lights.dark
        layers, still = canvas.layers, self.still_layer
        if self.through is not None and frame in self.frames:
            self.through.draw(seen, lighting, canvas)
            marked = self.all_tiles
        elif still is None:
            marked = self.all_tiles
            layers.keys.fill(0)
            find_keys(seen, NOTHING, None, layers.keys, np.zeros_like(marked))
            self.paint(seen, marked, canvas, lighting)
        else:
            copy_tiles(canvas.drawn, still.canvas.layers.keys, layers.keys)
            marked = np.zeros_like(self.all_tiles)
            find_keys(seen, self.bodies.still, None, layers.keys, marked)
            if frame in self.frames:
                reached = still.reached | self.lights.reached
                marked |= lit_differently(still.boxes, still.lighting, lighting, reached)
            still.restore(canvas, marked)
            self.paint(seen, marked, canvas, lighting)
        self.measure_heat(seen, marked, canvas)
        if self.panes is not None and frame in self.frames:
            marked = marked | self.panes.cover(seen, lighting, canvas)
        canvas.drawn = marked
        return Drawn(seen=seen, canvas=canvas)

    def measure_heat(self, seen: Seen, marked: UInt8[np.ndarray, "R C"], canvas: Canvas) -> None:
        """Temperatures of some tiles that are drawn, for frames asked for."""
        if self.has_heat and seen.frame in self.frames:
            tiles, (keys, ids) = marked_tiles(marked), (canvas.layers.keys, canvas.layers.ids)
            measure(tiles, seen.view, seen.geometry, keys, ids, canvas.temperature)

    def occlude(self, earlier: Drawn, later: Drawn) -> None:
        """Occlusion codes between two frames `gap` apart, both ways."""
        a, b = earlier.canvas, later.canvas
        marked = a.drawn | b.drawn
        one, two = a.layers, b.layers
        tiles = marked_tiles(marked)
        here = one, a.occupied, a.face, self.stays(earlier, later)
        there = (two, b.near, b.face), later.seen.geometry, later.seen.view
        occluded(tiles, _pairs(one.flow_next), one.dz_next, here, *there, one.codes_next)
        here = two, b.occupied, b.face, self.stays(later, earlier)
        there = (one, a.near, a.face), earlier.seen.geometry, earlier.seen.view
        occluded(
            tiles, _pairs(two.flow_previous), two.dz_previous, here, *there, two.codes_previous
        )
        a.coded = a.coded | marked
        b.coded = b.coded | marked

    def stays(self, here: Drawn, there: Drawn) -> UInt8[np.ndarray, " O"]:
        """By object number: does the camera see it at the same place in both frames?"""
        poses, moving = self.camera.world_from_camera, self.bodies.moving(here.frame)
        stands = (poses[here.frame] == poses[there.frame]).all()
        return np.where(stands & (moving == 0), np.uint8(1), np.uint8(0))

    def ground_truth(self, drawn: Drawn) -> GroundTruth:
        """The layers of a frame, with what the ends of the clip leave undefined."""
        frame, canvas, layers = drawn.frame, drawn.canvas, drawn.canvas.layers
        ends = frame + self.gap >= self.num_frames, frame < self.gap
        if ends[0]:
            layers.flow_next[:], layers.dz_next[:] = np.nan, np.nan
            layers.codes_next[:] = UNDEFINED
        if ends[1]:
            layers.flow_previous[:], layers.codes_previous[:] = np.nan, UNDEFINED
        if any(ends):
            canvas.drawn, canvas.coded = self.all_tiles, self.all_tiles
        ids, rgb = layers.ids, layers.rgb
        if self.path.aperture > 0 or self.path.shutter > 0:
            flows = layers.flow_next, layers.flow_previous
            rgb = filmed(rgb, layers.depth, flows, self.path, float(self.bodies.lens[0]), self.gap)
        if len(self.bodies.materials) > 1 + self.num_bodies:  # scenery counts as background
            ids = np.where(ids > self.num_bodies, np.uint16(0), ids)
        return GroundTruth(
            frame=frame,
            rgb=rgb,
            depth=layers.depth,
            flow_forward=layers.flow_next,
            flow_forward_dz=layers.dz_next,
            flow_backward=layers.flow_previous,
            occluded_forward=layers.codes_next,
            occluded_backward=layers.codes_previous,
            segmentation=ids,
            normals=layers.normals,
            temperature=canvas.temperature,
        )


def _pairs(flow: Float32[np.ndarray, "H W 2"]) -> UInt64[np.ndarray, "H W"]:
    """The same memory, one element a pixel: loops over those run in SIMD lanes."""
    return flow.view(np.uint64)[..., 0]


def _float32(matrix: Float64[np.ndarray, "R C"]) -> Float32[np.ndarray, "R C"]:
    return np.ascontiguousarray(matrix, np.float32)
