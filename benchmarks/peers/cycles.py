"""Blender's Cycles (path tracing, 8 samples and a denoiser) on one frame of the reference scene.

bpy is installed once into an environment of its own under the user's cache folder: it needs
another numpy than this project.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from reference_scene import Reference, reference
from scipy.spatial.transform import Rotation

from peers import Row, keep_picture, report
from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera

BPY = "bpy==5.0.1"
FRAME = 40
LACKS = "flow of particles, occlusion, patterns; has light between surfaces, soft shadows"
INSTALL_S = 900.0


def main() -> None:
    scene = reference("moving")
    python = _python_with_bpy()
    with tempfile.TemporaryDirectory() as folder:
        data, picture = Path(folder) / "scene.npz", Path(folder) / "picture.png"
        np.savez(data, allow_pickle=False, **_arrays(scene))  # pyright: ignore[reportArgumentType]
        # Isolated: this folder has a cycles.py that Blender would take for its own.
        script = Path(__file__).with_name("cycles_in_blender.py")
        done = subprocess.run(
            [python, "-I", script, data, picture], capture_output=True, text=True, check=False
        )
        said = [line for line in done.stdout.splitlines() if line.startswith("seconds:")]
        if not said:
            sys.exit(f"Cycles drew nothing: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        pixels = cv2.imread(str(picture))
        if pixels is None or pixels.shape != (scene.spec.height, scene.spec.width, 3):
            sys.exit("Cycles wrote no picture of the right size")
        keep_picture("cycles", pixels[..., ::-1].astype(np.uint8))
    seconds = json.loads(said[0].removeprefix("seconds:"))
    report(
        Row(
            renderer="Blender Cycles, 8 samples + denoiser",
            particles=True,
            lacks=LACKS,
            **seconds,
        )
    )


def _python_with_bpy() -> Path:
    """Install bpy on first use; exits with the exact command if that fails."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "phys4d" / "peers" / BPY.replace("==", "-")
    python = home / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", BPY]
    check = [str(python), "-I", "-c", "import bpy"]
    if python.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return python
    venv.create(home, with_pip=True)
    try:
        done = subprocess.run(install, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        sys.exit(f"took over {INSTALL_S:.0f} s to install; by hand: {' '.join(install)}")
    found = done.returncode == 0 and subprocess.run(check, capture_output=True).returncode == 0
    if not found:
        sys.exit(f"cannot be installed; by hand: {' '.join(install)}")
    return python


def _arrays(scene: Reference) -> dict[str, NDArray]:
    """Everything the other side needs, as plain arrays."""
    spec, states = scene.spec, scene.states
    frames = slice(FRAME - 1, FRAME + 2)
    solid = [body for body in spec.bodies if body.form == "rigid"]
    camera = scene_camera(spec, 0).world_from_camera[frames] @ np.diag([1.0, -1.0, -1.0, 1.0])
    azimuth, elevation = spec.sky.sun_azimuth, spec.sky.sun_elevation
    # Blender's sun shines along its -z: turn +z to where the sun stands.
    sun = Rotation.from_euler("ZY", [azimuth, np.pi / 2 - elevation])
    turns = Rotation.from_matrix(camera[:, :3, :3]).as_quat(scalar_first=True)
    arrays = {
        "size": np.array([spec.width, spec.height]),
        "vertical_fov": np.array(spec.cameras[0].vertical_fov),
        "camera_poses": np.concatenate([camera[:, :3, 3], turns], 1),
        "sun_quaternion": sun.as_quat(scalar_first=True),
        "sky_color": np.mean([spec.sky.zenith_color, spec.sky.horizon_color], 0),
        "floor_color": np.array(spec.ground.surface.base_color),
        "colors": np.array([body.surface.base_color for body in solid]),
        "roughness": np.array([body.surface.roughness for body in solid]),
        "poses": states.poses[frames, : len(solid)],
        "grain_colors": np.array([spec.bodies[k].surface.base_color for k in states.points]),
        "grain_radii": np.array([states.radii[k][0] for k in states.points]),
    }
    for k, body in enumerate(solid):
        mesh = shapes.build(body.shape).mesh
        arrays |= {f"vertices{k}": mesh.vertices, f"faces{k}": mesh.faces}
    for k, points in enumerate(states.points.values()):
        arrays[f"points{k}"] = points[FRAME]
    return arrays


if __name__ == "__main__":
    main()
