"""A scene and its states -> the geometry that one camera sees at each frame.

Objects that never move during the clip come first in every list, so that they can be drawn once.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt8, UInt16

from .. import shapes
from ..camera import Camera
from ..errors import SceneError
from ..scene import MAX_BODIES, SceneSpec
from ..states import States
from .adjacency import joined_across, shifted
from .geometry import BOTH, FRONT, NEAR, NEITHER, THIN, Geometry
from .known import mesh_facts, once
from .materials import material_table
from .placing import moved, place_vertices, pose_matrices
from .raster import project
from .soft import SoftBodies

FAR = 64.0
"""Scenes farther than this from the world's origin are drawn around an origin of their own [m]."""


class Placed(NamedTuple):
    """Everything at one moment, in some frame of coordinates."""

    vertices: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    centres: Float32[np.ndarray, "S 3"]
    """Of the spheres"""


class Counts(NamedTuple):
    """How many faces and spheres come first because they stand still."""

    faces: int
    spheres: int


class Bodies:
    """All objects of a clip, as one camera sees them during some of its frames."""

    def __init__(
        self,
        spec: SceneSpec,
        states: States,
        camera: Camera,
        gap: int,
        soft: SoftBodies | None = None,
    ) -> None:
        """Args: the clip, the camera, how many frames away flow reaches; `soft` of another one."""
        self._states, self._camera, self._gap = states, camera, gap
        self._last = spec.num_frames - 1
        self.origin = _origin(spec)
        """Subtracted from world positions, so that float32 is fine far away [m]."""
        self._ever_moving = once(spec, states, "moving", lambda: _ever_moving(spec, states))
        self._scenery = pose_matrices(
            np.array([(*s.position, *s.quaternion) for s in spec.scenery]).reshape(-1, 7)
        )
        self.soft = SoftBodies(spec, states, gap) if soft is None else soft
        """What is not rigid; the same for all cameras"""
        self._sort_meshes(spec)
        self._sort_spheres(spec)
        looks = (spec.ground, *spec.bodies, *spec.scenery)
        self.materials = material_table([part.surface for part in looks])
        """(O, NUM_COLUMNS) f32 by object number."""
        self.panes = self.materials[:, THIN] > 0
        """(O,) bool: which objects are thin panes, never the ground"""
        self.panes[0] = False
        self._kept: dict[int, Placed] = {}

    def _sort_meshes(self, spec: SceneSpec) -> None:
        """Rigid meshes: scenery without shadow, then what stands still, then what moves."""
        rigid = [
            (number, part.shape, getattr(part, "casts_shadow", True))
            for number, part in enumerate((*spec.bodies, *spec.scenery), 1)
            if getattr(part, "form", "rigid") == "rigid"
        ]
        rigid.sort(key=lambda item: (self._ever_moving[item[0]], item[2], item[0]))
        meshes = [shapes.mesh(shape) for _, shape, _ in rigid]
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
        facts = [mesh_facts(mesh) for mesh in meshes]
        self._across = joined_across([fact.across for fact in facts])
        self._face_object = np.repeat(numbers, sizes).astype(np.uint16)
        self._closed = np.array([fact.closed for fact in facts], bool)
        self._starts = np.append(starts, len(self._local))
        self._numbers = numbers
        self._warm = [
            (int(number) - 1, int(start), int(start) + count)
            for number, start, count in zip(numbers, starts, counts, strict=True)
            if int(number) - 1 in self._states.temperatures
        ]
        self._face_open = np.repeat(~self._closed, sizes)
        still = np.array([not self._ever_moving[number] for number in numbers], bool)
        dark = np.array([not casts for _, _, casts in rigid], bool)
        self._still_faces = int(sizes[still].sum())
        self.shadowless_faces = int(sizes[still & dark].sum())
        """How many faces at the start cast no shadow."""
        self._shadowless_vertices = sum(
            count for count, fixed, hides in zip(counts, still, dark, strict=True) if fixed & hides
        )
        first = np.cumsum([0, *(int(fact.groups.max(initial=-1)) + 1 for fact in facts)])
        groups = [fact.groups + start for fact, start in zip(facts, first, strict=False)]
        self._mesh_groups = np.concatenate([np.zeros(0, np.int32), *groups]).astype(np.int32)

    def _sort_spheres(self, spec: SceneSpec) -> None:
        """Bodies of particles, those that stand still first."""
        numbers = [n for n, body in enumerate(spec.bodies, 1) if body.form == "particles"]
        self._clouds = sorted(numbers, key=lambda number: (self._ever_moving[number], number))
        radii = [self._states.radii[number - 1] for number in self._clouds]
        sizes = [len(values) for values in radii]
        self.radii = np.concatenate([np.zeros(0, np.float32), *radii]).astype(np.float32)
        self.sphere_object = np.repeat(np.array(self._clouds, np.uint16), sizes)
        still = [not self._ever_moving[number] for number in self._clouds]
        self._still_spheres = sum(s for s, stays in zip(sizes, still, strict=True) if stays)

    @property
    def still(self) -> Counts:
        """What never moves during the clip."""
        return Counts(self._still_faces, self._still_spheres)

    def primitive_group(self, frame: int) -> Int32[np.ndarray, " P"]:
        """Smooth surface of every primitive; all spheres of a body count as one."""
        parts = [self._mesh_groups, -1 - self.sphere_object.astype(np.int32)]
        if len(self.soft):
            first = int(self._mesh_groups.max(initial=-1)) + 1
            parts.insert(1, self.soft.at(frame).face_group + first)
        return np.concatenate(parts)

    def at(self, frame: int) -> Geometry:
        """What the camera sees at a frame, and where that is `gap` frames away."""
        now, after, before = (self._placed(self._within(f)) for f in self._around(frame))
        turns = self._world_from_body(frame)
        turns[:, :, 3] = 0.0
        normals = np.empty_like(self._rest)
        place_vertices(self._local_normals, self._place, turns, normals)
        heat = self._mesh_heat(frame)
        sides = self._sides(now.vertices)
        meshes = [self._faces, self._across, self._face_object, self._rest, normals, heat]
        vertices = [now.vertices, after.vertices, before.vertices]
        if len(self.soft):
            soft = self.soft.at(frame)
            faces = soft.faces + np.int32(len(self._rest))
            across = shifted(soft.across, len(self._faces))
            added = (faces, across, soft.face_object, soft.rest, soft.normals, soft.heat)
            meshes = [np.concatenate(pair) for pair in zip(meshes, added, strict=True)]
            for k, (points, other) in enumerate(
                zip((soft.now, soft.after, soft.before), self._around(frame), strict=True)
            ):
                seen = moved(points, self._camera_from_world(self._within(other)))
                vertices[k] = np.concatenate([vertices[k], seen])
        screen = np.empty((len(vertices[0]), 2), np.int32)
        inverse_z = np.empty(len(vertices[0]), np.float32)
        project(vertices[0], self.lens, screen, inverse_z)
        faces, across, face_object, rest, normals, heat = meshes
        return Geometry(
            faces=faces,
            across=across,
            face_object=face_object,
            sides=sides,
            rest=rest,
            normals=normals,
            heat=heat,
            now=vertices[0],
            next=vertices[1],
            previous=vertices[2],
            screen=screen,
            inverse_z=inverse_z,
            radii=self.radii,
            sphere_object=self.sphere_object,
            sphere_heat=self._sphere_heat(frame),
            sphere_now=now.centres,
            sphere_next=after.centres,
            sphere_previous=before.centres,
        )

    def face_object(self, frame: int) -> UInt16[np.ndarray, " F"]:
        """Object number of every face."""
        soft = [self.soft.at(frame).face_object] if len(self.soft) else []
        return np.concatenate([self._face_object, *soft])

    def open_faces(self, frame: int) -> Bool[np.ndarray, " F"]:
        """Faces of surfaces with a rim, which are seen and cast shadows from both sides."""
        soft = [self.soft.at(frame).face_open] if len(self.soft) else []
        return np.concatenate([self._face_open, *soft])

    def _sides(self, vertices: Float32[np.ndarray, "V 3"]) -> UInt8[np.ndarray, " O"]:
        """Closed meshes that lie wholly before the near plane show no back face; panes nothing."""
        sides = np.full(len(self.materials), BOTH, np.uint8)
        if len(self._numbers):
            nearest = np.minimum.reduceat(vertices[:, 2], self._starts[:-1])
            sides[self._numbers[(nearest > NEAR) & self._closed]] = FRONT
        sides[self.panes] = NEITHER  # `panes` draws them over the picture
        return sides

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

    def placed_by(self, frame: int, transform: Float64[np.ndarray, "3 4"]) -> Placed:
        """Everything at a frame, taken from the shifted world by `transform`."""
        vertices, faces = self._meshes_by(frame, transform), self._faces
        if len(self.soft):
            soft = self.soft.at(frame)
            added = moved(soft.now, self._unshifted(transform))
            faces = np.concatenate([faces, soft.faces + np.int32(len(vertices))])
            vertices = np.concatenate([vertices, added])
        return Placed(vertices, faces, self._spheres_by(frame, transform))

    def highest(self, frame: int) -> float:
        """Height of the highest thing that casts a shadow [m]."""
        meshes = self._meshes_by(frame, np.eye(3, 4))[self._shadowless_vertices :, 2]
        points = [values[frame, :, 2] for values in self._states.points.values()]
        return float(np.concatenate([np.zeros(1), meshes, *points]).max())

    def _meshes_by(
        self, frame: int, transform: Float64[np.ndarray, "3 4"]
    ) -> Float32[np.ndarray, "V 3"]:
        matrices = transform[:, :3] @ self._world_from_body(frame)
        matrices[:, :, 3] += transform[:, 3]
        vertices = np.empty_like(self._rest)
        place_vertices(self._local, self._place, matrices, vertices)
        return vertices

    def _spheres_by(
        self, frame: int, transform: Float64[np.ndarray, "3 4"]
    ) -> Float32[np.ndarray, "S 3"]:
        clouds = [self._states.points[number - 1][frame] for number in self._clouds]
        centres = np.concatenate([np.zeros((0, 3), np.float32), *clouds])
        return moved(centres, self._unshifted(transform))

    def _placed(self, frame: int) -> Placed:
        """What is rigid, and spheres, before the camera; kept while frames around it are drawn."""
        if frame not in self._kept:
            pose = self._camera_from_world(frame)
            pose[:, 3] += pose[:, :3] @ self.origin
            vertices = self._meshes_by(frame, pose)
            self._kept[frame] = Placed(vertices, self._faces, self._spheres_by(frame, pose))
            while len(self._kept) > 2 * self._gap + 2:
                del self._kept[next(iter(self._kept))]
        return self._kept[frame]

    def _camera_from_world(self, frame: int) -> Float64[np.ndarray, "3 4"]:
        return self._camera.camera_from_world(frame)[:3]

    def _unshifted(self, transform: Float64[np.ndarray, "3 4"]) -> Float64[np.ndarray, "3 4"]:
        """The same transform, from the world itself."""
        moved = transform.copy()
        moved[:, 3] -= transform[:, :3] @ self.origin
        return moved

    def _around(self, frame: int) -> Iterator[int]:
        yield from (frame, frame + self._gap, frame - self._gap)

    def _within(self, frame: int) -> int:
        return min(max(frame, 0), self._last)

    def _world_from_body(self, frame: int) -> Float64[np.ndarray, "N 3 4"]:
        """Bodies, then scenery, in the shifted world."""
        poses = pose_matrices(self._states.poses[frame])
        poses = np.concatenate([poses, self._scenery])
        poses[:, :, 3] -= self.origin
        return poses

    def _sphere_heat(self, frame: int) -> Float32[np.ndarray, " S"]:
        heat = np.zeros(len(self.radii), np.float32)
        start = 0
        for number in self._clouds:
            size = self._states.points[number - 1].shape[1]
            heat[start : start + size] = self._heat(number, frame)
            start += size
        return heat

    def _mesh_heat(self, frame: int) -> Float32[np.ndarray, " V"]:
        """Temperature of every rigid vertex: its own or its body's; 0 where none is known [K]."""
        heat = np.zeros(len(self._place), np.float32)
        for index, start, stop in self._warm:
            heat[start:stop] = self._states.temperatures[index][frame]
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
