"""Camera paths -> intrinsics and poses, projection and its inverse; the home of axis conventions.

World: right-handed, z up [m]. Camera: OpenCV axes, +x right, +y down, +z forward.
Pixel centres lie at +0.5: the centre of the top-left pixel is (0.5, 0.5).
Depth is the distance along camera +z at the pixel centre, not the length of the ray.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.interpolate import CubicSpline

from .errors import SceneError
from .scene import CameraPath, SceneSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class Camera:
    """A pinhole camera without distortion, one pose per frame."""

    K: Float64[np.ndarray, "3 3"]
    """[[fx, 0, cx], [0, fy, cy], [0, 0, 1]] [px]"""
    width: int
    height: int
    world_from_camera: Float64[np.ndarray, "T 4 4"]

    def camera_from_world(self, frame: int) -> Float64[np.ndarray, "4 4"]:
        """Inverse pose at one frame."""
        pose = self.world_from_camera[frame]
        inverse = np.eye(4)
        inverse[:3, :3] = pose[:3, :3].T
        inverse[:3, 3] = -pose[:3, :3].T @ pose[:3, 3]
        return inverse

    def project(
        self, points: Float[np.ndarray, "*N 3"], frame: int
    ) -> tuple[Float64[np.ndarray, "*N 2"], Float64[np.ndarray, "*N"]]:
        """World points [m] -> pixel positions [px] and camera z [m] at one frame."""
        pose = self.camera_from_world(frame)
        local = np.asarray(points, np.float64) @ pose[:3, :3].T + pose[:3, 3]
        pixels = local @ self.K.T
        return pixels[..., :2] / pixels[..., 2:], local[..., 2]

    def unproject(
        self, pixels: Float[np.ndarray, "*N 2"], depth: Float[np.ndarray, "*N"], frame: int
    ) -> Float64[np.ndarray, "*N 3"]:
        """Pixel positions [px] and camera z [m] -> world points [m] at one frame."""
        rays = self.rays(pixels)
        pose = self.world_from_camera[frame]
        return (rays * np.asarray(depth, np.float64)[..., None]) @ pose[:3, :3].T + pose[:3, 3]

    def rays(self, pixels: Float[np.ndarray, "*N 2"]) -> Float64[np.ndarray, "*N 3"]:
        """Directions through pixel positions, camera frame, z = 1."""
        focal, centre = np.diag(self.K)[:2], self.K[:2, 2]
        plane = (np.asarray(pixels, np.float64) - centre) / focal
        return np.concatenate([plane, np.ones_like(plane[..., :1])], -1)

    def pixel_centres(self) -> Float64[np.ndarray, "H W 2"]:
        """The position of every pixel centre [px]."""
        x, y = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        return np.stack([x, y], -1)

    def low(self, factor: int) -> "Camera":
        """The camera of the tier that keeps pixel `factor // 2` of every `factor` in x and y."""
        K = self.K.copy()
        K[:2] /= factor
        # Kept centres sit at factor*i + factor//2 + 0.5 of the full picture: move them to i + 0.5.
        K[:2, 2] += 0.5 - (factor // 2 + 0.5) / factor
        return Camera(
            K=K,
            width=self.width // factor,
            height=self.height // factor,
            world_from_camera=self.world_from_camera,
        )


def intrinsics(vertical_fov: float, width: int, height: int) -> Float64[np.ndarray, "3 3"]:
    """Square pixels, principal point in the middle of the picture [px]."""
    focal = height / 2 / np.tan(vertical_fov / 2)
    return np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])


def look_at(
    eye: Float[np.ndarray, "*T 3"], target: Float[np.ndarray, "*T 3"]
) -> Float64[np.ndarray, "*T 4 4"]:
    """world_from_camera of cameras at `eye` that look at `target`, without roll."""
    forward = np.asarray(target, np.float64) - eye
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = np.stack([forward[..., 1], -forward[..., 0], np.zeros(forward.shape[:-1])], -1)
    # Looking straight up or down: world +y is up in the picture.
    right[np.linalg.norm(right, axis=-1) < 1e-9] = (1.0, 0.0, 0.0)
    right = right / np.linalg.norm(right, axis=-1, keepdims=True)
    pose = np.zeros((*forward.shape[:-1], 4, 4))
    pose[..., :3, :3] = np.stack([right, np.cross(forward, right), forward], -1)
    pose[..., :3, 3], pose[..., 3, 3] = eye, 1.0
    return pose


def follow(path: CameraPath, num_frames: int, width: int, height: int) -> Camera:
    """The camera that runs along `path` in `num_frames` frames."""
    keys = np.linspace(0.0, 1.0, len(path.eye))
    at = np.linspace(0.0, 1.0, num_frames) if num_frames > 1 else np.zeros(1)
    tracks = []
    for points in (path.eye, path.target):
        values = np.asarray(points, np.float64)
        moves = len(values) > 1
        tracks.append(
            CubicSpline(keys, values, bc_type="natural")(at)
            if moves
            else np.repeat(values, num_frames, 0)
        )
    eyes, targets = tracks
    return Camera(
        K=intrinsics(path.vertical_fov, width, height),
        width=width,
        height=height,
        world_from_camera=look_at(eyes, targets),
    )


def scene_camera(spec: SceneSpec, index: int) -> Camera:
    """Camera `index` of a scene."""
    if not 0 <= index < len(spec.cameras):
        raise SceneError(
            f"camera {index} of a scene with {len(spec.cameras)} cameras (0 is the first)."
        )
    return follow(spec.cameras[index], spec.num_frames, spec.width, spec.height)
