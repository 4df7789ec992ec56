"""A stored clip -> what a second camera beside the first one sees, for stereo."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..camera import Camera
from ..render import render
from ..scene import CameraPath
from ..store import Clip
from .footage import Rgb, Stereo

BASELINE, NEAREST = 0.05, 0.25
"""As shares of the distance from the camera to what it looks at [1]."""


def second_view(clip: Clip) -> Stereo:
    """The clip's camera moved along its own +x axis, rendered from the stored states."""
    path = clip.scene.cameras[clip.camera_index]
    away = np.linalg.norm(np.subtract(path.eye, path.target), axis=1).mean()
    baseline = BASELINE * float(away)
    beside = replace(clip.scene, cameras=(shifted(path, clip.camera, baseline),))

    def frames() -> Iterator[Rgb]:
        return (frame.rgb for frame in render(beside, clip.states, reuse_memory=True))

    return Stereo(
        baseline_m=baseline,
        focal_px=float(clip.camera.K[0, 0]),
        nearest_m=NEAREST * float(away),
        frames=frames,
    )


def shifted(path: CameraPath, camera: Camera, baseline: float) -> CameraPath:
    """The path `baseline` [m] to the right of itself, with a key at every frame.

    Keys of the given path would not do: between them its right-hand side turns.
    """
    poses = camera.world_from_camera
    eyes = poses[:, :3, 3] + baseline * poses[:, :3, 0]
    targets = eyes + poses[:, :3, 2]
    return replace(
        path, eye=tuple(map(tuple, eyes.tolist())), target=tuple(map(tuple, targets.tolist()))
    )
