"""A scene and its states -> frames of GroundTruth, one after the other, in constant memory.

Every frame is drawn once; its occlusion codes wait for the next frame's buffers, so frames leave
one step late. A run that starts or ends inside the clip draws the neighbour without colours.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, UInt8, UInt64

from ..camera import Camera, scene_camera
from ..errors import SceneError
from ..kernels import start
from ..scene import SceneSpec
from ..states import States
from .antialias import smooth_edges
from .frame import Layers, empty_layers, finish, resolve
from .ground_truth import UNDEFINED, GroundTruth
from .lighting import Lights
from .meshes import BodyMeshes
from .occlusion import occluded
from .raster import draw_triangles
from .surface import Meshes, View


class _Buffers(NamedTuple):
    """The arrays of one frame; the layers and codes become its GroundTruth."""

    keys: UInt64[np.ndarray, "H W"]
    layers: Layers
    codes_next: UInt8[np.ndarray, "H W"]
    codes_previous: UInt8[np.ndarray, "H W"]


class _Drawn(NamedTuple):
    """One frame, drawn, and what its neighbours need of it."""

    frame: int
    view: View
    mesh: Meshes
    buffers: _Buffers


def render(
    spec: SceneSpec,
    states: States,
    *,
    camera: int = 0,
    frames: range | None = None,
    reuse_memory: bool = False,
) -> Iterator[GroundTruth]:
    """Draw frames of one camera with every exact layer.

    Args:
        spec: The scene.
        states: Its simulation, as many frames as the scene.
        camera: Index of the camera.
        frames: Consecutive frames to draw; all by default. The picture of a frame does not
            depend on which others are drawn with it.
        reuse_memory: Draw into the same arrays again and again: a frame is gone when the next
            one is asked for. Saves a tenth of the time, spent on fresh pages.

    Raises:
        SceneError: `frames` or `camera` outside the clip, or states of another scene.
    """
    frames = range(spec.num_frames) if frames is None else frames
    if len(frames) == 0 or frames.step != 1 or frames[0] < 0 or frames[-1] >= spec.num_frames:
        raise SceneError(f"frames {frames} of a clip with {spec.num_frames} frames.")
    if states.poses.shape[:2] != (spec.num_frames, len(spec.bodies)):
        raise SceneError(
            f"states of {states.poses.shape[:2]} (frames, bodies) for a scene of "
            f"{(spec.num_frames, len(spec.bodies))}; simulate it again."
        )
    return _frames(spec, states, scene_camera(spec, camera), frames, reuse_memory)


def _frames(
    spec: SceneSpec, states: States, camera: Camera, frames: range, reuse_memory: bool
) -> Iterator[GroundTruth]:
    start()
    meshes = BodyMeshes(spec, states, camera)
    lights = Lights(spec, states, meshes)
    first, last = max(frames[0] - 1, 0), min(frames[-1] + 1, spec.num_frames - 1)
    size = (spec.height, spec.width)
    # Two sets are enough: while a frame is drawn, only the one before it is still needed.
    kept = [_empty_buffers(*size) for _ in range(2 if reuse_memory else 0)]
    previous: _Drawn | None = None
    for frame in range(first, last + 1):
        buffers = kept[frame % 2] if reuse_memory else _empty_buffers(*size)
        view, mesh = _view(camera, frame), meshes.at(frame)
        drawn = _Drawn(frame=frame, view=view, mesh=mesh, buffers=buffers)
        _draw(drawn, meshes, lights, paint=frame in frames)
        if previous is not None:
            _occlude(previous, drawn)
            if previous.frame in frames:
                yield _ground_truth(previous, spec.num_frames)
        previous = drawn
    if previous is not None and previous.frame in frames:
        yield _ground_truth(previous, spec.num_frames)


def _view(camera: Camera, frame: int) -> View:
    pose = camera.world_from_camera[frame]
    last = len(camera.world_from_camera) - 1

    def to(other: int) -> Float32[np.ndarray, "3 4"]:
        there = camera.camera_from_world(min(max(other, 0), last))
        return _float32(there[:3] @ pose)

    lens = np.array([camera.K[0, 0], camera.K[1, 1], camera.K[0, 2], camera.K[1, 2]])
    return View(
        lens=lens.astype(np.float32),
        pose=_float32(pose[:3]),
        to_next=to(frame + 1),
        to_previous=to(frame - 1),
    )


def _float32(matrix: Float64[np.ndarray, "R C"]) -> Float32[np.ndarray, "R C"]:
    return np.ascontiguousarray(matrix, np.float32)


def _empty_buffers(height: int, width: int) -> _Buffers:
    size = (height, width)
    return _Buffers(
        keys=np.empty(size, np.uint64),
        layers=empty_layers(height, width),
        codes_next=np.empty(size, np.uint8),
        codes_previous=np.empty(size, np.uint8),
    )


def _draw(drawn: _Drawn, meshes: BodyMeshes, lights: Lights, *, paint: bool) -> None:
    """Visibility, then what every pixel sees and where that was and will be."""
    view, mesh, (keys, layers, codes_next, codes_previous) = drawn[1:]
    keys.fill(0)
    codes_next.fill(UNDEFINED)
    codes_previous.fill(UNDEFINED)
    draw_triangles(mesh.now, mesh.faces, view.lens, keys, meshes.no_slots, False)
    lighting = lights.at(drawn.frame) if paint else lights.dark
    resolve(keys, view, mesh, meshes.surfaces, lighting, paint, layers)
    if paint:
        surfaces = layers.ids, layers.depth, layers.normals
        scene = (view, mesh, meshes.surfaces, lighting)
        smooth_edges(layers.rgb, surfaces, keys, scene, meshes.face_group)


def _occlude(earlier: _Drawn, later: _Drawn) -> None:
    """Occlusion codes between two neighbouring frames, both ways."""
    one, two = earlier.buffers, later.buffers
    a, b = one.layers, two.layers
    there = (two.keys, b.ids, b.depth)
    occluded(a.flow_next, a.z_next, one.keys, a.ids, there, later.mesh, later.view, one.codes_next)
    there, codes = (one.keys, a.ids, a.depth), two.codes_previous
    occluded(
        b.flow_previous, b.z_previous, two.keys, b.ids, there, earlier.mesh, earlier.view, codes
    )


def _ground_truth(drawn: _Drawn, num_frames: int) -> GroundTruth:
    layers = drawn.buffers.layers
    dz = layers.z_next
    finish(layers.flow_next, layers.z_next, layers.depth, dz)
    finish(layers.flow_previous, layers.z_previous, layers.depth, layers.z_previous)
    if drawn.frame == num_frames - 1:
        layers.flow_next[:], dz[:] = np.nan, np.nan
    if drawn.frame == 0:
        layers.flow_previous[:] = np.nan
    return GroundTruth(
        frame=drawn.frame,
        rgb=layers.rgb,
        depth=layers.depth,
        flow_forward=layers.flow_next,
        flow_forward_dz=dz,
        flow_backward=layers.flow_previous,
        occluded_forward=drawn.buffers.codes_next,
        occluded_backward=drawn.buffers.codes_previous,
        segmentation=layers.ids,
        normals=layers.normals,
    )
