"""Genesis' rasterizer (OpenGL through EGL) on the reference scene: RGB, depth, ids, normals."""

import importlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from reference_scene import Reference, reference

from peers import Row, keep_picture, report
from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.scene import SceneSpec

FRAMES = (10, 40, 70, 94)
LACKS = "flow, occlusion, sky, patterns, shadows on the floor"
NO_EGL = "Genesis needs EGL: apt-get install -y libegl1 libgl1-mesa-dri libglu1-mesa"


def main() -> None:
    if not sys.platform.startswith("linux"):
        sys.exit("measured on Linux only")
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    try:
        from OpenGL import EGL  # noqa: F401  (the library Genesis opens in build())
    except (ImportError, AttributeError, OSError):
        sys.exit(NO_EGL)
    gs: Any = importlib.import_module("genesis")
    gs.init(backend=gs.cpu, logging_level="error")
    meshes, full = reference("moving", particles=False), reference("moving")
    with tempfile.TemporaryDirectory() as folder:
        scene, entities = _scene(gs, meshes, Path(folder))
    cameras = {
        particles: scene.add_camera(
            res=(meshes.spec.width, meshes.spec.height),
            fov=np.degrees(meshes.spec.cameras[0].vertical_fov),
            near=0.1,
            far=100.0,
            debug=particles,  # only these see _draw_spheres
            GUI=False,
        )
        for particles in (False, True)
    }
    scene.build()
    for particles, camera in cameras.items():
        seconds = []
        chosen = FRAMES[:2] if particles else FRAMES
        for frame in chosen[:1] + chosen:  # the first one warms up
            _place(scene, entities, full, frame, particles)
            seconds.append(_frame(camera, meshes.spec, frame, f"genesis_{particles}"))
        cpu, wall = np.median(seconds[1:], 0)
        lacks = LACKS + (", particles as 80 triangles each" if particles else ", particles")
        report(
            Row(
                renderer="Genesis rasterizer (EGL)",
                particles=particles,
                cpu_s=cpu,
                wall_s=wall,
                lacks=lacks,
            )
        )


def _scene(gs, reference_scene: Reference, folder: Path):
    spec = reference_scene.spec
    azimuth, elevation = spec.sky.sun_azimuth, spec.sky.sun_elevation
    towards = np.array(
        [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ]
    )
    sun = {
        "type": "directional",
        "dir": tuple((-towards).tolist()),
        "color": (1.0, 1.0, 1.0),
        "intensity": 4.0,
    }
    scene = gs.Scene(
        show_viewer=False,
        renderer=gs.renderers.Rasterizer(),
        vis_options=gs.options.VisOptions(
            shadow=True, lights=[sun], ambient_light=(0.35, 0.35, 0.35), segmentation_level="entity"
        ),
    )
    scene.add_entity(
        gs.morphs.Plane(collision=False),
        surface=gs.surfaces.Default(color=spec.ground.surface.base_color),
    )
    entities = []
    for body in spec.bodies:
        mesh = shapes.build(body.shape).mesh
        file = folder / f"{body.name}.obj"
        trimesh.Trimesh(
            mesh.vertices, mesh.faces, vertex_normals=mesh.normals, process=False
        ).export(file, include_normals=True)
        entities.append(
            scene.add_entity(
                gs.morphs.Mesh(file=str(file), fixed=True, collision=False),
                surface=gs.surfaces.Default(
                    color=body.surface.base_color, roughness=body.surface.roughness
                ),
            )
        )
    return scene, entities


def _place(scene, entities, full: Reference, frame: int, particles: bool) -> None:
    for entity, pose in zip(entities, full.states.poses[frame], strict=False):
        entity.set_pos(pose[:3])
        entity.set_quat(pose[3:])
    scene.clear_debug_objects()
    if particles:
        for body, points in full.states.points.items():
            color = (*full.spec.bodies[body].surface.base_color, 1.0)
            radius = float(full.states.radii[body][0])
            _draw_spheres(scene, f"grains{body}", points[frame], radius, color)
    scene.visualizer.update_visual_states(force_render=True)


def _draw_spheres(scene, name: str, points: np.ndarray, radius: float, color: tuple) -> None:
    """As Genesis draws its own particles: instances of 80 triangles (its debug spheres: 1280)."""
    from genesis.ext import pyrender
    from genesis.utils.mesh import create_sphere

    poses = np.tile(np.eye(4), (len(points), 1, 1))
    poses[:, :3, 3] = points
    mesh = create_sphere(radius=radius, subdivisions=1, color=color)
    node = pyrender.Mesh.from_trimesh(mesh, name=name, smooth=True, poses=poses, is_marker=True)
    scene.visualizer.context.add_debug_node(node)


def _frame(camera, spec: SceneSpec, frame: int, name: str) -> tuple[float, float]:
    """CPU and wall seconds of one picture with its layers."""
    pose = scene_camera(spec, 0).world_from_camera[frame]
    camera.set_pose(transform=pose @ np.diag([1.0, -1.0, -1.0, 1.0]))  # OpenCV -> OpenGL axes
    cpu, wall = time.process_time(), time.perf_counter()
    rgb, *_ = camera.render(rgb=True, depth=True, segmentation=True, normal=True, force_render=True)
    seconds = time.process_time() - cpu, time.perf_counter() - wall
    keep_picture(name, rgb)
    return seconds


if __name__ == "__main__":
    main()
