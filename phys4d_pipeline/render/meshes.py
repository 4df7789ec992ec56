"""Body shapes and poses -> one list of triangles, placed in the camera frames around a frame."""

import numpy as np
from jaxtyping import Float32, Float64, Int32
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .. import shapes
from ..camera import Camera
from ..jit import exact
from ..scene import SceneSpec, Surface
from ..states import States
from .surface import Meshes
from .textures import KINDS


class BodyMeshes:
    """The triangles of all bodies of a clip as one camera sees them."""

    def __init__(self, spec: SceneSpec, states: States, camera: Camera) -> None:
        solids = [shapes.build(body.shape).mesh for body in spec.bodies]
        counts = [len(mesh.vertices) for mesh in solids]
        starts = np.cumsum([0, *counts[:-1]])
        self._body = np.repeat(np.arange(len(solids), dtype=np.int32), counts)
        self._local = np.concatenate([mesh.vertices for mesh in solids]).astype(np.float64)
        self._local_normals = np.concatenate([mesh.normals for mesh in solids]).astype(np.float64)
        self._faces = np.concatenate(
            [mesh.faces + start for mesh, start in zip(solids, starts, strict=True)]
        ).astype(np.int32)
        ids = np.arange(1, len(solids) + 1, dtype=np.uint16)
        self._face_object = np.repeat(ids, [len(mesh.faces) for mesh in solids])
        self._local32 = self._local.astype(np.float32)
        self._states, self._camera = states, camera
        self.surfaces = np.stack(
            [surface_row(part.surface) for part in (spec.ground, *spec.bodies)]
        )
        """(B + 1, 10) f32 by object id, as `surface.place_bodies` reads it."""
        self.face_group = _smooth_groups(self._faces, len(self._local))
        """(F,) i32: faces that share vertices, and so normals, are one smooth surface."""
        self.no_slots = np.zeros((spec.height, spec.width), np.int32)

    def at(self, frame: int) -> Meshes:
        """Positions at a frame and its neighbours (itself beyond the ends of the clip)."""
        last = self._states.num_frames - 1
        poses = self._world_from_body(frame)
        normals = np.empty_like(self._local32)
        rotation_only = np.ascontiguousarray(poses)
        rotation_only[:, :, 3] = 0.0
        _place(self._local_normals, self._body, rotation_only, normals)
        now, after, before = (
            self._in_camera(min(max(other, 0), last)) for other in (frame, frame + 1, frame - 1)
        )
        return Meshes(
            faces=self._faces,
            face_object=self._face_object,
            local=self._local32,
            normals=normals,
            now=now,
            next=after,
            previous=before,
        )

    def transformed(
        self, frame: int, transform: Float64[np.ndarray, "3 4"]
    ) -> Float32[np.ndarray, "V 3"]:
        """All vertices at a frame, taken from the world by `transform`."""
        poses = self._world_from_body(frame)
        matrices = transform[:, :3] @ poses
        matrices[:, :, 3] += transform[:, 3]
        out = np.empty_like(self._local32)
        _place(self._local, self._body, matrices, out)
        return out

    @property
    def faces(self) -> np.ndarray:
        """(F, 3) i32."""
        return self._faces

    def _in_camera(self, frame: int) -> Float32[np.ndarray, "V 3"]:
        return self.transformed(frame, self._camera.camera_from_world(frame)[:3])

    def _world_from_body(self, frame: int) -> Float64[np.ndarray, "B 3 4"]:
        return pose_matrices(self._states.poses[frame])


def _smooth_groups(faces: Int32[np.ndarray, "F 3"], num_vertices: int) -> Int32[np.ndarray, " F"]:
    starts, ends = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(starts), np.int8), (starts, ends)), (num_vertices,) * 2)
    _, group = connected_components(links, directed=False)
    return group[faces[:, 0]].astype(np.int32)


def surface_row(surface: Surface) -> Float32[np.ndarray, "10"]:
    """A surface as the kernels read it."""
    texture = surface.texture
    kind = KINDS.index(texture.kind)
    row = (*surface.base_color, surface.roughness, surface.metallic, kind, 1.0 / texture.scale)
    return np.array((*row, *texture.second_color), np.float32)


def pose_matrices(poses: Float32[np.ndarray, "B 7"]) -> Float64[np.ndarray, "B 3 4"]:
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
def _place(points, body, matrices, out):
    for i in range(len(points)):
        M = matrices[body[i]]
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for axis in range(3):
            out[i, axis] = np.float32(M[axis, 0] * x + M[axis, 1] * y + M[axis, 2] * z + M[axis, 3])
