"""A scene and its states -> the geometry that one camera sees at each frame.

Objects that never move during the clip come first in every list, so that they can be drawn once.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt8
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .. import shapes
from ..camera import Camera
from ..errors import SceneError
from ..jit import exact
from ..scene import MAX_BODIES, SceneSpec, Surface
from ..states import States
from .geometry import NUM_COLUMNS, Geometry
from .raster import project
from .textures import KINDS

FAR = 64.0
"""Scenes farther than this from the world's origin are drawn around an origin of their own [m]."""


class Placed(NamedTuple):
    """Everything at one moment, in some frame of coordinates."""

    vertices: Float32[np.ndarray, "V 3"]
    centres: Float32[np.ndarray, "S 3"]
    """Of the spheres"""


class Counts(NamedTuple):
    """How many faces and spheres come first because they stand still."""

    faces: int
    spheres: int


class Bodies:
    """All objects of a clip, as one camera sees them during some of its frames."""

    def __init__(self, spec: SceneSpec, states: States, camera: Camera, gap: int) -> None:
        """Args: the clip, the camera, and how many frames away flow reaches."""
        self._states, self._camera, self._gap = states, camera, gap
        self._last = spec.num_frames - 1
        self.origin = _origin(spec)
        """Subtracted from world positions, so that float32 is fine far away [m]."""
        self._ever_moving = _ever_moving(spec, states)
        self._scenery = _pose_matrices(
            np.array([(*s.position, *s.quaternion) for s in spec.scenery]).reshape(-1, 7)
        )
        self._sort_meshes(spec)
        self._sort_spheres(spec)
        looks = (spec.ground, *spec.bodies, *spec.scenery)
        self.materials = np.stack([material_row(part.surface) for part in looks])
        """(O, NUM_COLUMNS) f32 by object number."""
        self.placed = lru_cache(maxsize=2 * gap + 2)(self._placed_for_camera)

    def _sort_meshes(self, spec: SceneSpec) -> None:
        """Rigid meshes: scenery without shadow, then what stands still, then what moves."""
        rigid = [
            (number, part.shape, getattr(part, "casts_shadow", True))
            for number, part in enumerate((*spec.bodies, *spec.scenery), 1)
            if getattr(part, "form", "rigid") == "rigid"
        ]
        rigid.sort(key=lambda item: (self._ever_moving[item[0]], item[2], item[0]))
        meshes = [shapes.build(shape).mesh for _, shape, _ in rigid]
        counts = [len(mesh.vertices) for mesh in meshes]
        starts = np.cumsum([0, *counts])[:-1]
        numbers = np.array([number for number, _, _ in rigid], np.int32)
        sizes = np.array([len(mesh.faces) for mesh in meshes], np.int64)
        self._place = np.repeat(numbers - 1, counts).astype(np.int32)
        self._local = _stacked([mesh.vertices for mesh in meshes], np.float64)
        self._rest = self._local.astype(np.float32)
        self._local_normals = _stacked([mesh.normals for mesh in meshes], np.float64)
        self._faces = _stacked(
            [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)], np.int32
        )
        self._face_object = np.repeat(numbers, sizes).astype(np.uint16)
        still = np.array([not self._ever_moving[number] for number in numbers], bool)
        dark = np.array([not casts for _, _, casts in rigid], bool)
        self._still_faces = int(sizes[still].sum())
        self.shadowless_faces = int(sizes[still & dark].sum())
        """How many faces at the start cast no shadow."""
        self._mesh_groups = _smooth_groups(self._faces, len(self._local))

    def _sort_spheres(self, spec: SceneSpec) -> None:
        """Bodies of particles, those that stand still first."""
        numbers = [n for n, body in enumerate(spec.bodies, 1) if body.form == "particles"]
        self._clouds = sorted(numbers, key=lambda number: (self._ever_moving[number], number))
        radii = [self._states.radii[number - 1] for number in self._clouds]
        sizes = [len(values) for values in radii]
        self.radii = np.concatenate([np.zeros(0, np.float32), *radii]).astype(np.float32)
        self._sphere_object = np.repeat(np.array(self._clouds, np.uint16), sizes)
        still = [not self._ever_moving[number] for number in self._clouds]
        self._still_spheres = sum(s for s, stays in zip(sizes, still, strict=True) if stays)

    @property
    def still(self) -> Counts:
        """What never moves during the clip."""
        return Counts(self._still_faces, self._still_spheres)

    @property
    def primitive_group(self) -> Int32[np.ndarray, " P"]:
        """Smooth surface of every primitive; all spheres of a body count as one."""
        spheres = -1 - self._sphere_object.astype(np.int32)
        return np.concatenate([self._mesh_groups, spheres])

    def at(self, frame: int) -> Geometry:
        """What the camera sees at a frame, and where that is `gap` frames away."""
        now, after, before = (self.placed(self._within(f)) for f in self._around(frame))
        normals = np.empty_like(self._rest)
        turns = self._world_from_body(frame)
        turns[:, :, 3] = 0.0
        _place(self._local_normals, self._place, turns, normals)
        screen = np.empty((len(now.vertices), 2), np.int32)
        inverse_z = np.empty(len(now.vertices), np.float32)
        project(now.vertices, self.lens, screen, inverse_z)
        return Geometry(
            faces=self._faces,
            face_object=self._face_object,
            rest=self._rest,
            normals=normals,
            heat=self._vertex_heat(frame),
            now=now.vertices,
            next=after.vertices,
            previous=before.vertices,
            screen=screen,
            inverse_z=inverse_z,
            radii=self.radii,
            sphere_object=self._sphere_object,
            sphere_heat=self._sphere_heat(frame),
            sphere_now=now.centres,
            sphere_next=after.centres,
            sphere_previous=before.centres,
        )

    def moving(self, frame: int) -> UInt8[np.ndarray, " O"]:
        """By object number: does it move between the frame and `gap` frames away?"""
        here, *there = (self._within(other) for other in self._around(frame))
        moving = np.zeros(len(self.materials), np.uint8)
        for other in there:
            poses = self._states.poses
            moving[1 : 1 + poses.shape[1]] |= (poses[here] != poses[other]).any(1)
            for index, points in self._states.points.items():
                moving[index + 1] |= (points[here] != points[other]).any()
        return moving

    @property
    def lens(self) -> Float32[np.ndarray, "4"]:
        """fx, fy, cx, cy [px]."""
        K = self._camera.K
        return np.array([K[0, 0], K[1, 1], K[0, 2], K[1, 2]], np.float32)

    @property
    def faces(self) -> Int32[np.ndarray, "F 3"]:
        """Of all meshes."""
        return self._faces

    def placed_by(self, frame: int, transform: Float64[np.ndarray, "3 4"]) -> Placed:
        """Everything at a frame, taken from the shifted world by `transform`."""
        matrices = transform[:, :3] @ self._world_from_body(frame)
        matrices[:, :, 3] += transform[:, 3]
        vertices = np.empty_like(self._rest)
        _place(self._local, self._place, matrices, vertices)
        centres = np.empty((len(self.radii), 3), np.float32)
        moved = transform.copy()
        moved[:, 3] -= transform[:, :3] @ self.origin
        start = 0
        for number in self._clouds:
            points = self._states.points[number - 1][frame]
            _move(points, moved, centres[start : start + len(points)])
            start += len(points)
        return Placed(vertices, centres)

    def _placed_for_camera(self, frame: int) -> Placed:
        pose = self._camera.camera_from_world(frame)[:3]
        pose[:, 3] += pose[:, :3] @ self.origin
        return self.placed_by(frame, pose)

    def _around(self, frame: int) -> Iterator[int]:
        yield from (frame, frame + self._gap, frame - self._gap)

    def _within(self, frame: int) -> int:
        return min(max(frame, 0), self._last)

    def _world_from_body(self, frame: int) -> Float64[np.ndarray, "N 3 4"]:
        """Bodies, then scenery, in the shifted world."""
        poses = _pose_matrices(self._states.poses[frame])
        poses = np.concatenate([poses, self._scenery])
        poses[:, :, 3] -= self.origin
        return poses

    def _vertex_heat(self, frame: int) -> Float32[np.ndarray, " V"]:
        return self._object_heat(frame)[self._place + 1]

    def _sphere_heat(self, frame: int) -> Float32[np.ndarray, " S"]:
        heat = np.zeros(len(self.radii), np.float32)
        start = 0
        for number in self._clouds:
            size = self._states.points[number - 1].shape[1]
            heat[start : start + size] = self._heat(number, frame)
            start += size
        return heat

    def _object_heat(self, frame: int) -> Float32[np.ndarray, " O"]:
        heat = np.zeros(len(self.materials), np.float32)
        for index, values in self._states.temperatures.items():
            heat[index + 1] = values[frame].mean()
        return heat

    def _heat(self, number: int, frame: int) -> Float32[np.ndarray, " N"]:
        values = self._states.temperatures.get(number - 1)
        return np.zeros(1, np.float32) if values is None else values[frame]


def _origin(spec: SceneSpec) -> Float64[np.ndarray, "3"]:
    """Zero, or whole metres near the middle of a scene that lies far away; never changes z."""
    centre = np.median([body.position for body in spec.bodies], axis=0)
    centre[2] = 0.0
    return np.round(centre) if np.abs(centre).max() > FAR else np.zeros(3)


def _ever_moving(spec: SceneSpec, states: States) -> Bool[np.ndarray, " O"]:
    """By object number: does anything about it change during the clip?"""
    if len(spec.bodies) + len(spec.scenery) > MAX_BODIES:
        raise SceneError(
            f"{len(spec.bodies)} bodies and {len(spec.scenery)} pieces of scenery; "
            f"together at most {MAX_BODIES}."
        )
    moving = np.zeros(1 + len(spec.bodies) + len(spec.scenery), bool)
    moving[1 : 1 + len(spec.bodies)] = (states.poses != states.poses[0]).any((0, 2))
    for values in (states.points, states.temperatures):
        for index, array in values.items():
            # Most of what moves does so between the first and the last frame.
            moves = (array[0] != array[-1]).any() or any((a != array[0]).any() for a in array)
            moving[index + 1] |= moves
    return moving


def _stacked(arrays: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros((0, 3)), *arrays]).astype(kind)


def _smooth_groups(faces: Int32[np.ndarray, "F 3"], num_vertices: int) -> Int32[np.ndarray, " F"]:
    """Faces that share vertices, and so normals, are one smooth surface."""
    starts, ends = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(starts), np.int8), (starts, ends)), (num_vertices,) * 2)
    _, group = connected_components(links, directed=False)
    return group[faces[:, 0]].astype(np.int32)


def material_row(surface: Surface) -> Float32[np.ndarray, " C"]:
    """A surface as the kernels read it; columns as in `geometry`."""
    texture = surface.texture
    row = (
        *surface.base_color,
        surface.roughness,
        surface.metallic,
        KINDS.index(texture.kind),
        1.0 / texture.scale,
        *texture.second_color,
        surface.transmission,
        surface.refractive_index,
        *surface.emission,
    )
    assert len(row) == NUM_COLUMNS
    return np.array(row, np.float32)


def _pose_matrices(poses: np.ndarray) -> Float64[np.ndarray, "B 3 4"]:
    """Positions and quaternions wxyz (normalized here) -> world_from_body."""
    values = poses.astype(np.float64)
    w, x, y, z = (values[:, 3:] / np.linalg.norm(values[:, 3:], axis=1, keepdims=True)).T
    out = np.empty((len(values), 3, 4))
    out[:, 0, 0] = 1 - 2 * (y * y + z * z)
    out[:, 0, 1] = 2 * (x * y - w * z)
    out[:, 0, 2] = 2 * (x * z + w * y)
    out[:, 1, 0] = 2 * (x * y + w * z)
    out[:, 1, 1] = 1 - 2 * (x * x + z * z)
    out[:, 1, 2] = 2 * (y * z - w * x)
    out[:, 2, 0] = 2 * (x * z - w * y)
    out[:, 2, 1] = 2 * (y * z + w * x)
    out[:, 2, 2] = 1 - 2 * (x * x + y * y)
    out[:, :, 3] = values[:, :3]
    return out


@exact
def _place(points, place, matrices, out):
    for i in range(len(points)):
        M = matrices[place[i]]
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for axis in range(3):
            out[i, axis] = np.float32(M[axis, 0] * x + M[axis, 1] * y + M[axis, 2] * z + M[axis, 3])


@exact
def _move(points, M, out):
    for i in range(len(points)):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        for axis in range(3):
            out[i, axis] = np.float32(M[axis, 0] * x + M[axis, 1] * y + M[axis, 2] * z + M[axis, 3])
