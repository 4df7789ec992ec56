"""Frames per second of the renderer with all ground truth, and the ratio to PyBullet's own.

Run: python benchmarks/render.py            (about a minute; both renderers in this one run)
"""

import argparse
import os
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pybullet

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.render import render
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.scene_catalog import PRESETS, resized, sample_scene
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import States


def scene(family: str, num_frames: int) -> tuple[SceneSpec, States]:
    spec = sample_scene(
        "rigid_bodies", 0, family=family, preset=resized(PRESETS["demo"], num_frames=num_frames)
    )
    return spec, simulate(spec)


def render_share(family: str, num_frames: int, share: int, shares: int) -> tuple[float, float, int]:
    """Render one share of a clip twice, the first time to warm up: wall s, CPU s, peak KiB."""
    spec, states = scene(family, num_frames)
    each = num_frames // shares
    frames = range(share * each, (share + 1) * each)
    for _ in render(spec, states, frames=range(frames[0], frames[0] + 2)):
        pass
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in render(spec, states, frames=frames, reuse_memory=True):
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.perf_counter() - wall, time.process_time() - cpu, peak


def tiny_renderer(family: str, count: int) -> float:
    """Seconds per 1080p frame of PyBullet's software renderer: RGB, depth, ids; no flow."""
    spec, states = scene(family, 60)
    client = pybullet.connect(pybullet.DIRECT)
    try:
        plane = pybullet.createVisualShape(
            pybullet.GEOM_BOX, halfExtents=[20, 20, 0.01], physicsClientId=client
        )
        pybullet.createMultiBody(0, -1, plane, [0, 0, -0.01], physicsClientId=client)
        bodies = [load(client, item) for item in spec.bodies]
        camera = scene_camera(spec, 0)
        seconds = []
        for frame in range(0, 60, 60 // count):
            for index, handle in enumerate(bodies):
                x, y, z, qw, qx, qy, qz = states.poses[frame, index].tolist()
                pybullet.resetBasePositionAndOrientation(
                    handle, [x, y, z], [qx, qy, qz, qw], physicsClientId=client
                )
            start = time.perf_counter()
            pybullet.getCameraImage(
                spec.width,
                spec.height,
                gl_view(camera.camera_from_world(frame)),
                pybullet.computeProjectionMatrixFOV(
                    np.degrees(spec.cameras[0].vertical_fov), spec.width / spec.height, 0.1, 100.0
                ),
                renderer=pybullet.ER_TINY_RENDERER,
                physicsClientId=client,
            )
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds[1:])
    finally:
        pybullet.disconnect(client)


def load(client: int, item) -> int:
    mesh = shapes.build(item.shape).mesh
    visual = pybullet.createVisualShape(
        pybullet.GEOM_MESH,
        vertices=mesh.vertices.tolist(),
        indices=mesh.faces.ravel().tolist(),
        normals=mesh.normals.tolist(),
        rgbaColor=[*item.surface.base_color, 1.0],
        physicsClientId=client,
    )
    return pybullet.createMultiBody(0, -1, visual, physicsClientId=client)


def gl_view(camera_from_world: np.ndarray) -> list[float]:
    """OpenCV axes -> OpenGL axes, column-major."""
    return (np.diag([1.0, -1.0, -1.0, 1.0]) @ camera_from_world).T.ravel().tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="mesh_shower")
    parser.add_argument("--frames", type=int, default=96)
    arguments = parser.parse_args()
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [
            pool.submit(render_share, arguments.family, arguments.frames, share, workers)
            for share in range(workers)
        ]
        walls, cpus, peaks = zip(*(job.result() for job in jobs), strict=True)
    frames = arguments.frames // workers * workers
    together = frames / max(walls)
    alone = frames / sum(cpus)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        tiny = pool.submit(tiny_renderer, arguments.family, 6).result()
    spec, _ = scene(arguments.family, 60)
    triangles = sum(len(shapes.build(item.shape).mesh.faces) for item in spec.bodies)
    print(f"{arguments.family}: {len(spec.bodies)} bodies, {triangles:,} triangles, 1920x1080,")
    print("RGB anti-aliased + depth + flow both ways + dz + occlusion both ways + ids + normals")
    print(f"| {workers} processes         | {together:6.2f} frames/s |")
    print(f"| per CPU second      | {alone:6.2f} frames/s ({1e3 / alone:.0f} CPU-ms a frame)")
    print(f"| peak memory a process | {max(peaks) / 2**20:.2f} GiB")
    print(f"| PyBullet TinyRenderer, one process, RGB + depth + ids | {1 / tiny:6.2f} frames/s |")
    print(f"| ratio, one process each | {alone * tiny:.1f} x |")


if __name__ == "__main__":
    main()
