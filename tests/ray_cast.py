"""Independent float64 ray casting of triangles, spheres and the ground, to judge the renderer by.

Shares no code with the renderer. Poses, projections and intersections are written out here; what
is taken as given are the numbers users get too: meshes, states, camera poses and intrinsics. (The
tube around a rope's points is taken as drawn; test_render_rope.py judges it by itself.)
Pixel positions and axes as in docs/conventions.md; rays have camera z = 1, so that the parameter
along a ray is camera z.
"""

from dataclasses import dataclass, field

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import Camera
from phys4d_pipeline.render import forms
from phys4d_pipeline.scene import Body, SceneSpec
from phys4d_pipeline.states import States
from tests.nearest_hits import NEAR, buckets, cast_spheres, cast_triangles

GROUND_REACH = 200.0
"""The ground ends at this camera z [m]."""
GROUND, SKY = -1, -2
"""Primitives: triangles first, then spheres, and these two."""


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """All surfaces of a scene, world frame, every frame of the clip."""

    vertices: np.ndarray
    """(T, V, 3)"""
    normals: np.ndarray
    """(T, V, 3)"""
    faces: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    face_ids: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    centres: np.ndarray
    """(T, N, 3)"""
    radii: np.ndarray
    sphere_ids: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Hits:
    """What rays through pixel positions of one frame meet; all arrays (N, ...)."""

    frame: int
    pixels: np.ndarray
    depth: np.ndarray
    """Camera z [m]; +inf for sky."""
    ids: np.ndarray
    """Segmentation."""
    primitive: np.ndarray
    u: np.ndarray
    v: np.ndarray
    """Barycentric coordinates of a triangle's second and third corner."""
    normals: np.ndarray
    """Camera frame, unit, towards the eye's side of the surface; zeros for sky."""
    cosine: np.ndarray
    """Between the true surface (not the smoothed normal) and the ray; 0 is grazing."""

    def __getitem__(self, chosen) -> "Hits":
        arrays = {key: value[chosen] for key, value in vars(self).items() if key != "frame"}
        return Hits(frame=self.frame, **arrays)


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """Where points seen in one frame are in another."""

    pixels: np.ndarray
    flow: np.ndarray
    """[px]; NaN where the point is not in front of the near plane."""
    depth: np.ndarray
    """Camera z there [m]; +inf for sky, -inf for sky behind the camera."""
    dz: np.ndarray
    """[m]; NaN for sky."""


def rotation_matrix(quaternion) -> np.ndarray:
    """(3, 3) of a quaternion wxyz, normalized here."""
    w, x, y, z = np.asarray(quaternion, np.float64)
    n = w * w + x * x + y * y + z * z
    rotation = np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )
    return rotation / n


def world_of(spec: SceneSpec, states: States) -> World:
    """Every surface of a scene as its shapes and states say."""
    T = states.num_frames
    meshes, spheres = [], []
    for index, item in enumerate(spec.bodies):
        if item.form == "particles":
            spheres.append((states.points[index], states.radii[index], index + 1))
            continue
        mesh = shapes.build(item.shape).mesh
        if item.form == "deforming":
            placed = np.asarray(states.points[index], np.float64)
            normals = np.stack([smooth_normals(points, mesh.faces) for points in placed])
        elif item.form == "soft":
            placed = embedded(item, states.points[index].astype(np.float64))
            normals = np.stack([smooth_normals(points, mesh.faces) for points in placed])
        elif item.form == "rope":
            tube = forms.drawable(item, states, index)
            assert tube is not None
            pieces = [tube.at(frame, frame, frame) for frame in range(T)]
            placed = np.stack([piece.now.astype(np.float64) for piece in pieces])
            normals = np.stack([piece.normals.astype(np.float64) for piece in pieces])
        else:
            turns = np.stack([rotation_matrix(pose[3:]) for pose in states.poses[:, index]])
            shift = states.poses[:, index, None, :3].astype(np.float64)
            placed = mesh.vertices @ turns.transpose(0, 2, 1) + shift
            normals = mesh.normals @ turns.transpose(0, 2, 1)
        meshes.append((placed, normals, mesh.faces, index + 1))
    for item in spec.scenery:
        mesh, turn = shapes.build(item.shape).mesh, rotation_matrix(item.quaternion)
        placed = np.tile(mesh.vertices @ turn.T + np.asarray(item.position), (T, 1, 1))
        meshes.append((placed, np.tile(mesh.normals @ turn.T, (T, 1, 1)), mesh.faces, 0))
    starts = np.cumsum([0, *(part[0].shape[1] for part in meshes)])[:-1]
    none = np.zeros((T, 0, 3))
    nothing = np.zeros(0, np.int64)
    return World(
        vertices=np.concatenate([none, *(part[0] for part in meshes)], 1),
        normals=np.concatenate([none, *(part[1] for part in meshes)], 1),
        faces=np.concatenate(
            [np.zeros((0, 3), np.int64)]
            + [part[2] + start for part, start in zip(meshes, starts, strict=True)]
        ),
        face_ids=np.concatenate([nothing, *(np.full(len(p[2]), p[3]) for p in meshes)]),
        centres=np.concatenate([none, *(part[0].astype(np.float64) for part in spheres)], 1),
        radii=np.concatenate([np.zeros(0), *(part[1].astype(np.float64) for part in spheres)]),
        sphere_ids=np.concatenate([nothing, *(np.full(len(p[1]), p[2]) for p in spheres)]),
    )


def embedded(item: Body, nodes: np.ndarray) -> np.ndarray:
    """(T, V, 3): where the drawn vertices of a soft body are, by the weights users get."""
    hung = shapes.tetrahedra(item.shape)
    parts = [hung.weights[:, k, None] * nodes[:, hung.corners[:, k]] for k in range(4)]
    return np.sum(parts, axis=0)


def temperature(spec: SceneSpec, states: States, hits: Hits) -> np.ndarray:
    """(N,) [K] where rays hit, linear over faces; NaN where nothing with a temperature is met."""
    of_vertices, of_spheres, faces, num_vertices = [], [], [], 0
    for index, item in enumerate((*spec.bodies, *spec.scenery)):
        known = states.temperatures.get(index)
        heat = np.float64([np.nan]) if known is None else known[hits.frame].astype(np.float64)
        form = getattr(item, "form", "rigid")
        if form == "particles":
            of_spheres.append(np.broadcast_to(heat, states.points[index].shape[1:2]))
            continue
        mesh = shapes.build(item.shape).mesh
        if form == "soft" and len(heat) > 1:
            heat = embedded(item, heat[None, :, None])[0, :, 0]
        elif form == "rope":
            tube = forms.drawable(item, states, index)
            heat = tube.at(hits.frame, hits.frame, hits.frame).heat
        of_vertices.append(np.broadcast_to(heat, (len(mesh.vertices),)))
        faces.append(mesh.faces + num_vertices)
        num_vertices += len(mesh.vertices)
    corners = np.concatenate([np.zeros((0, 3), np.int64), *faces])
    of_vertices = np.concatenate([np.zeros(0), *of_vertices])
    of_spheres = np.concatenate([np.zeros(0), *of_spheres])
    kelvin = np.full(len(hits.depth), np.nan)
    on_face = (hits.primitive >= 0) & (hits.primitive < len(corners))
    u, v = hits.u[on_face], hits.v[on_face]
    around = of_vertices[corners[hits.primitive[on_face]]]
    kelvin[on_face] = (around * np.stack([1 - u - v, u, v], -1)).sum(1)
    on_sphere = hits.primitive >= len(corners)
    kelvin[on_sphere] = of_spheres[hits.primitive[on_sphere] - len(corners)]
    return kelvin


def smooth_normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals of a mesh: the mean over the faces around, weighted by area."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, faces[:, corner], across)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-300)


def cast(world: World, camera: Camera, frame: int, pixels: np.ndarray) -> Hits:
    """The nearest surface at pixel positions (N, 2)."""
    pose, K = camera.world_from_camera[frame], camera.K
    turn, eye = pose[:3, :3], pose[:3, 3]
    rays = np.column_stack([(pixels - K[[0, 1], 2]) / K[[0, 1], [0, 1]], np.ones(len(pixels))])
    order, starts = buckets(pixels, camera)
    ground = (rays @ turn[2]) * -1.0
    with np.errstate(divide="ignore"):
        depth = np.where(ground > 0, eye[2] / ground, np.inf)
    depth[(depth > GROUND_REACH) | (depth <= 0)] = np.inf
    primitive = np.where(np.isfinite(depth), GROUND, SKY)
    u, v = np.zeros(len(rays)), np.zeros(len(rays))
    found = (depth, primitive, u, v)
    grid = (camera.height, camera.width, K[0, 0], K[1, 1], K[0, 2], K[1, 2])
    local = (world.vertices[frame] - eye) @ turn
    cast_triangles(local, world.faces, rays, order, starts, grid, found)
    centres = (world.centres[frame] - eye) @ turn
    cast_spheres(centres, world.radii, len(world.faces), rays, order, starts, grid, found)
    ids = np.zeros(len(rays), np.int64)
    F = len(world.faces)
    on_face, on_sphere = (primitive >= 0) & (primitive < F), primitive >= F
    ids[on_face] = world.face_ids[primitive[on_face]]
    ids[on_sphere] = world.sphere_ids[primitive[on_sphere] - F]
    true = np.zeros_like(rays)
    true[primitive == GROUND] = turn[2]
    true[on_sphere] = (
        rays[on_sphere] * depth[on_sphere, None] - centres[primitive[on_sphere] - F]
    ) / world.radii[primitive[on_sphere] - F, None]
    smooth = true.copy()
    if on_face.any():
        corners = world.faces[primitive[on_face]]
        a, b, c = (local[corners[:, k]] for k in range(3))
        true[on_face] = np.cross(b - a, c - a)
        weights = np.stack([1 - u - v, u, v], -1)[on_face]
        smooth[on_face] = (world.normals[frame][corners] * weights[..., None]).sum(1) @ turn
    true /= np.maximum(np.linalg.norm(true, axis=1, keepdims=True), 1e-300)
    towards = -(true * rays).sum(1) / np.linalg.norm(rays, axis=1)
    smooth *= np.where(towards < 0, -1.0, 1.0)[:, None]
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-300)
    return Hits(
        frame=frame,
        pixels=pixels,
        depth=depth,
        ids=ids,
        primitive=primitive,
        u=u,
        v=v,
        normals=smooth,
        cosine=np.abs(towards),
    )


def cast_picture(world: World, camera: Camera, frame: int) -> Hits:
    """The nearest surface at every pixel centre, (H * W) rows."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    return cast(world, camera, frame, np.stack([x, y], -1).reshape(-1, 2))


def carry(world: World, camera: Camera, hits: Hits, other: int) -> Motion:
    """The seen material points at another frame.

    Triangles keep barycentric coordinates, spheres move without spin, the ground stands still; sky
    points are at infinity.
    """
    here, there = camera.world_from_camera[hits.frame], camera.world_from_camera[other]
    K = camera.K
    rays = np.column_stack(
        [(hits.pixels - K[[0, 1], 2]) / K[[0, 1], [0, 1]], np.ones(len(hits.pixels))]
    )
    sky, F = hits.primitive == SKY, len(world.faces)
    # All relative to the eye of the other frame, so that large coordinates cost no digits.
    step = here[:3, 3] - there[:3, 3]
    away = (rays * np.where(sky, 1.0, hits.depth)[:, None]) @ here[:3, :3].T + step
    away[sky] -= step
    on_face = (hits.primitive >= 0) & (hits.primitive < F)
    if on_face.any():
        corners = world.vertices[other][world.faces[hits.primitive[on_face]]] - there[:3, 3]
        u, v = hits.u[on_face], hits.v[on_face]
        away[on_face] = (corners * np.stack([1 - u - v, u, v], -1)[..., None]).sum(1)
    ball = hits.primitive[hits.primitive >= F] - F
    away[hits.primitive >= F] += world.centres[other][ball] - world.centres[hits.frame][ball]
    local = away @ there[:3, :3]
    z = local[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = local[:, :2] / z[:, None] * K[[0, 1], [0, 1]] + K[[0, 1], 2]
    front = np.where(sky, z > 0, z > NEAR)
    return Motion(
        pixels=pixels,
        flow=np.where(front[:, None], pixels - hits.pixels, np.nan),
        depth=np.where(sky, np.where(z > 0, np.inf, -np.inf), z),
        dz=np.where(sky | ~front, np.nan, z - np.where(sky, 0.0, hits.depth)),
    )


def occlusion(
    world: World, camera: Camera, hits: Hits, other: int, *, tolerance: float = 5e-4
) -> np.ndarray:
    """(N,) codes: 0 seen in the other frame, 1 hidden by something nearer, 2 out of frame.

    `tolerance` is how much nearer, relative to depth, a surface must be to hide a point. The
    ground's far cut hides no sky: it stands for a plane that goes on to the horizon.
    """
    moved = carry(world, camera, hits, other)
    size = (camera.width, camera.height)
    with np.errstate(invalid="ignore"):
        inside = ((moved.pixels >= 0) & (moved.pixels < size)).all(1) & (moved.depth > NEAR)
    codes = np.full(len(inside), 2)
    front = cast(world, camera, other, moved.pixels[inside])
    hides = front.depth < moved.depth[inside] * (1 - tolerance)
    hides &= ~((hits.primitive[inside] == SKY) & (front.primitive == GROUND))
    codes[inside] = hides
    return codes
