"""PyBullet's TinyRenderer on the reference scene: one thread, hard shadows, RGB + depth + ids."""

import time

import numpy as np
import pybullet
from numpy.typing import NDArray
from reference_scene import Reference, reference

from peers import Row, keep_picture, report
from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.scene import SceneSpec, Shape

FRAMES = (10, 40, 70, 94)
LACKS = "anti-aliasing, flow, occlusion, normals, sky, patterns, shadows on the floor"
MOST_VERTICES = 120_000
"""PyBullet takes at most 131,072 vertices in a visual shape."""
ICOSAHEDRON = shapes.build(Shape(kind="polyhedron", parameters={"faces": 20.0, "radius": 1.0})).mesh


def main() -> None:
    meshes = reference("moving", particles=False)
    client = pybullet.connect(pybullet.DIRECT)
    handles = [_mesh_body(client, body) for body in meshes.spec.bodies]
    _floor(client, meshes.spec)
    cpu, wall = np.median([_frame(client, meshes, handles, frame) for frame in FRAMES], 0)
    report(_row(cpu, wall, particles=False))
    full, frame = reference("moving"), FRAMES[1]
    for body in full.states.points:
        _grains(client, full, body, frame)
    cpu, wall = _frame(client, full, handles, frame)
    report(_row(cpu, wall, particles=True))


def _row(cpu: float, wall: float, *, particles: bool) -> Row:
    lacks = LACKS + (", particles as 20 triangles each" if particles else ", particles")
    return Row(
        renderer="PyBullet TinyRenderer",
        particles=particles,
        cpu_s=cpu,
        wall_s=wall,
        lacks=lacks,
    )


def _mesh_body(client: int, body) -> int:
    mesh = shapes.build(body.shape).mesh
    visual = pybullet.createVisualShape(
        pybullet.GEOM_MESH,
        vertices=mesh.vertices.tolist(),
        indices=mesh.faces.ravel().tolist(),
        normals=mesh.normals.tolist(),
        rgbaColor=[*body.surface.base_color, 1.0],
        physicsClientId=client,
    )
    return pybullet.createMultiBody(0, -1, visual, physicsClientId=client)


def _floor(client: int, spec: SceneSpec) -> None:
    floor = pybullet.createVisualShape(
        pybullet.GEOM_BOX,
        halfExtents=[20, 20, 0.01],
        rgbaColor=[*spec.ground.surface.base_color, 1.0],
        physicsClientId=client,
    )
    pybullet.createMultiBody(0, -1, floor, [0, 0, -0.01], physicsClientId=client)


def _grains(client: int, scene: Reference, body: int, frame: int) -> None:
    """All grains of a body at one frame, as meshes of icosahedra."""
    each, radii = ICOSAHEDRON, scene.states.radii[body]
    points = scene.states.points[body][frame]
    step = MOST_VERTICES // len(each.vertices)
    for first in range(0, len(points), step):
        middles, sizes = points[first : first + step], radii[first : first + step]
        vertices = middles[:, None] + each.vertices * sizes[:, None, None]
        starts = np.arange(len(middles)) * len(each.vertices)
        visual = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=vertices.reshape(-1, 3).tolist(),
            indices=(each.faces + starts[:, None, None]).ravel().tolist(),
            normals=np.tile(each.normals, (len(middles), 1)).tolist(),
            rgbaColor=[*scene.spec.bodies[body].surface.base_color, 1.0],
            physicsClientId=client,
        )
        pybullet.createMultiBody(0, -1, visual, physicsClientId=client)


def _frame(client: int, scene: Reference, handles: list[int], frame: int) -> tuple[float, float]:
    """CPU and wall seconds of one picture."""
    spec, camera = scene.spec, scene_camera(scene.spec, 0)
    for index, handle in enumerate(handles):
        x, y, z, qw, qx, qy, qz = scene.states.poses[frame, index].tolist()
        pybullet.resetBasePositionAndOrientation(
            handle, [x, y, z], [qx, qy, qz, qw], physicsClientId=client
        )
    azimuth, elevation = spec.sky.sun_azimuth, spec.sky.sun_elevation
    sun = [
        np.cos(elevation) * np.cos(azimuth),
        np.cos(elevation) * np.sin(azimuth),
        np.sin(elevation),
    ]
    projection = pybullet.computeProjectionMatrixFOV(
        np.degrees(spec.cameras[0].vertical_fov), spec.width / spec.height, 0.1, 100.0
    )
    cpu, wall = time.process_time(), time.perf_counter()
    _, _, rgb, *_ = pybullet.getCameraImage(
        spec.width,
        spec.height,
        gl_view(camera.camera_from_world(frame)),
        projection,
        lightDirection=sun,
        shadow=1,
        renderer=pybullet.ER_TINY_RENDERER,
        physicsClientId=client,
    )
    seconds = time.process_time() - cpu, time.perf_counter() - wall
    rgba = np.reshape(np.asarray(rgb, np.uint8), (spec.height, spec.width, 4))
    keep_picture(f"tiny_{frame}", rgba)
    return seconds


def gl_view(camera_from_world: NDArray[np.float64]) -> list[float]:
    """OpenCV axes -> OpenGL axes, column-major."""
    return (np.diag([1.0, -1.0, -1.0, 1.0]) @ camera_from_world).T.ravel().tolist()


if __name__ == "__main__":
    main()
