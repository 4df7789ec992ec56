"""Draw one frame from an .npz with Blender's Cycles; run by a Python that has bpy, nothing of ours.

Usage: python cycles_in_blender.py SCENE.npz PICTURE.png      (prints CPU and wall seconds)
"""

import json
import sys
import time

import bpy  # pyright: ignore[reportMissingImports]
import numpy as np

SAMPLES = 8
FRAME = 2  # 1 and 3 are its neighbours: the vector pass needs them


def main() -> None:
    data = np.load(sys.argv[1])
    bpy.data.batch_remove(list(bpy.data.objects))  # the start-up scene's
    scene = bpy.context.scene
    _settings(scene, data)
    _light(scene, data)
    _camera(scene, data)
    _floor(data["floor_color"])
    for k in range(len(data["colors"])):
        _mesh(k, data)
    for k in range(len(data["grain_colors"])):
        _grains(k, data)
    scene.render.filepath = sys.argv[2]
    scene.frame_set(FRAME)
    cpu, wall = time.process_time(), time.perf_counter()
    bpy.ops.render.render(write_still=True)
    seconds = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    print("seconds:" + json.dumps(seconds), flush=True)


def _settings(scene, data) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.render.resolution_x, scene.render.resolution_y = (int(v) for v in data["size"])
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.frame_start, scene.frame_end = 1, 3
    layer = scene.view_layers[0]
    for name in ("z", "vector", "normal", "object_index"):
        setattr(layer, f"use_pass_{name}", True)


def _light(scene, data) -> None:
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.data.angle = 3.0, 0.0093
    sun.rotation_mode = "QUATERNION"
    sun.rotation_quaternion = data["sun_quaternion"]
    scene.collection.objects.link(sun)
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (*data["sky_color"], 1.0)
    scene.world = world


def _camera(scene, data) -> None:
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.sensor_fit = "VERTICAL"
    camera.data.angle = float(data["vertical_fov"])
    camera.data.clip_start, camera.data.clip_end = 0.1, 500.0
    scene.collection.objects.link(camera)
    scene.camera = camera
    _move(camera, data["camera_poses"])


def _move(item, poses) -> None:
    """Key positions and quaternions at the frame and its neighbours."""
    item.rotation_mode = "QUATERNION"
    for frame, pose in enumerate(poses, start=1):
        item.location, item.rotation_quaternion = pose[:3], pose[3:]
        item.keyframe_insert("location", frame=frame)
        item.keyframe_insert("rotation_quaternion", frame=frame)


def _material(name: str, color, roughness: float):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    inputs = material.node_tree.nodes["Principled BSDF"].inputs
    inputs["Base Color"].default_value = (*(float(c) for c in color), 1.0)
    inputs["Roughness"].default_value = roughness
    return material


def _object(name: str, vertices, faces, material):
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.shade_smooth()
    mesh.materials.append(material)
    item = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(item)
    return item


def _floor(color) -> None:
    corners = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]) * 200.0
    _object("floor", corners, np.array([(0, 1, 2, 3)]), _material("floor", color, 0.75))


def _mesh(k: int, data) -> None:
    material = _material(f"mesh{k}", data["colors"][k], float(data["roughness"][k]))
    item = _object(f"mesh{k}", data[f"vertices{k}"], data[f"faces{k}"], material)
    item.pass_index = k + 1
    _move(item, data["poses"][:, k])


def _grains(k: int, data) -> None:
    """A point cloud, which Cycles draws as spheres."""
    material = _material(f"grains{k}", data["grain_colors"][k], 0.7)
    item = _object(f"grains{k}", data[f"points{k}"], np.zeros((0, 3), int), material)
    item.pass_index = 1000 + k
    tree = bpy.data.node_groups.new(f"points{k}", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    begin, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    points, paint = (
        tree.nodes.new("GeometryNodeMeshToPoints"),
        tree.nodes.new("GeometryNodeSetMaterial"),
    )
    points.inputs["Radius"].default_value = float(data["grain_radii"][k])
    paint.inputs["Material"].default_value = material
    tree.links.new(begin.outputs[0], points.inputs["Mesh"])
    tree.links.new(points.outputs[0], paint.inputs["Geometry"])
    tree.links.new(paint.outputs[0], end.inputs[0])
    item.modifiers.new("points", "NODES").node_group = tree


if __name__ == "__main__":
    main()
