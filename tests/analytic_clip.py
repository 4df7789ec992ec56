"""Two rolling balls on a plane, ray-cast in closed form: GroundTruth frames for store tests."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.camera import Camera, scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.render.ground_truth import GroundTruth
from phys4d_pipeline.scene import (
    Body,
    CameraPath,
    Ground,
    SceneSpec,
    Shape,
    Solver,
    Substance,
    Surface,
)
from phys4d_pipeline.states import Contacts, States
from phys4d_pipeline.store import CHUNK_FRAMES, ClipWriter, Manifest, Store, encode_chunk
from tests import toys

RADIUS = 0.5
FAR = 50.0  # the plane ends here, well before the horizon
SOLVER_VERSION = "analytic-1"
CHECK = Check(name="rule", value=0.5, bound=1.0, unit="1", source="the test itself")


def make_spec(
    *, num_frames: int = 20, width: int = 64, height: int = 48, seed: int = 0, cameras: int = 1
) -> SceneSpec:
    substance = Substance(density=1000.0, friction=0.5, restitution=0.5)
    surface = Surface(base_color=(0.5, 0.4, 0.3), roughness=0.5)
    bodies = tuple(
        Body(
            name=f"ball_{index}",
            shape=Shape(kind="ball", parameters={"radius": RADIUS}),
            substance=substance,
            surface=surface,
            position=(0.0, 1.2 * index, RADIUS),
        )
        for index in range(2)
    )
    paths = (
        CameraPath(
            vertical_fov=0.9,
            eye=((-4.0, 0.0, 1.5), (-3.6, 0.4, 1.7)),
            target=((0.0, 0.5, 0.6),) * 2,
        ),
        CameraPath(vertical_fov=0.8, eye=((-3.0, 2.0, 2.0),), target=((0.0, 0.5, 0.5),)),
    )
    return toys.scene(
        list(bodies),
        eye=paths[0].eye,
        target=paths[0].target,
        num_frames=num_frames,
        size=(width, height),
        family="analytic_balls",
        seed=seed,
        caption="Two balls roll past each other.",
        ground=Ground(substance=substance, surface=surface),
        cameras=paths[:cameras],
        solver=Solver(name="analytic", rate=240),
    )


def make_states(spec: SceneSpec) -> States:
    """The balls roll along +-y, so that one passes before the other."""
    T, B = spec.num_frames, len(spec.bodies)
    times = np.arange(T) / spec.fps
    poses, velocities = np.zeros((T, B, 7), np.float32), np.zeros((T, B, 6), np.float32)
    for index, body in enumerate(spec.bodies):
        speed = (2.0, -1.0)[index]
        poses[:, index, :3] = body.position
        poses[:, index, 0] += 1.1 * index
        poses[:, index, 1] += speed * times
        turn = Rotation.from_rotvec(np.outer(times, [-speed / RADIUS, 0.0, 0.0]))
        poses[:, index, 3:] = turn.as_quat(scalar_first=True)
        velocities[:, index] = [0.0, speed, 0.0, -speed / RADIUS, 0.0, 0.0]
    frames = np.repeat(np.arange(T, dtype=np.int32), B)
    N = len(frames)
    contacts = Contacts(
        frame=frames,
        object_a=np.tile(np.array([1, 2], np.uint16), T),
        object_b=np.zeros(N, np.uint16),
        position=poses[:, :, :3].reshape(-1, 3) * np.float32([1, 1, 0]),
        normal=np.tile(np.float32([0, 0, 1]), (N, 1)),
        impulse=np.full(N, 9.81 / 60, np.float32),
        penetration=np.zeros(N, np.float32),
    )
    return States(
        times=times,
        poses=poses,
        velocities=velocities,
        in_contact=np.ones((T, B), bool),
        masses=np.array([1.0, np.inf]),
        kinetic_energy=np.linspace(1.0, 0.1, T),
        potential_energy=np.full(T, 1 / 3),
        work=np.zeros(T),
        contacts=contacts,
        solver_version=SOLVER_VERSION,
    )


def render(spec: SceneSpec, states: States, camera: Camera) -> Iterator[GroundTruth]:
    return (render_frame(spec, states, camera, frame) for frame in range(spec.num_frames))


def render_frame(spec: SceneSpec, states: States, camera: Camera, frame: int) -> GroundTruth:
    pixels = camera.pixel_centres()
    depth, ids, normals = cast(states, camera, frame, pixels)
    points = camera.unproject(pixels, np.where(np.isfinite(depth), depth, 1.0), frame)
    forward, ahead, dz = follow_points(states, camera, points, depth, ids, frame, frame + 1)
    backward, behind, _ = follow_points(states, camera, points, depth, ids, frame, frame - 1)
    shade = np.clip(120 + 90 * normals[..., 1] + 20 * ids, 0, 255)
    return GroundTruth(
        frame=frame,
        rgb=np.stack([shade, 255 - shade, 0.5 * shade + 60], -1).astype(np.uint8),
        depth=depth.astype(np.float32),
        flow_forward=forward.astype(np.float32),
        flow_forward_dz=dz.astype(np.float32),
        flow_backward=backward.astype(np.float32),
        occluded_forward=ahead,
        occluded_backward=behind,
        segmentation=ids,
        normals=normals.astype(np.float32),
        temperature=temperature(states, frame, ids) if states.temperatures else None,
    )


def warm(states: States) -> States:
    """The same, the first ball cooling from 400 K to 300 K; nothing is known of the second."""
    heat = np.linspace(400, 300, states.num_frames, dtype=np.float32)[:, None]
    return replace(states, temperatures={0: heat})


def temperature(states: States, frame: int, ids: np.ndarray) -> np.ndarray:
    """The mean of each body that has one."""
    kelvin = np.full(ids.shape, np.nan, np.float32)
    for index, heat in states.temperatures.items():
        kelvin[ids == index + 1] = heat[frame].mean()
    return kelvin


def cast(
    states: States, camera: Camera, frame: int, pixels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rays through pixel positions -> depth, body id, normal in the camera frame."""
    rotation = camera.world_from_camera[frame, :3, :3]
    eye = camera.world_from_camera[frame, :3, 3]
    rays = camera.rays(pixels) @ rotation.T
    with np.errstate(divide="ignore"):
        depth = np.where(rays[..., 2] < -1e-3, -eye[2] / rays[..., 2], np.inf)
    depth[depth > FAR] = np.inf
    normals = np.where(np.isfinite(depth)[..., None], [0.0, 0.0, 1.0], 0.0)
    ids = np.zeros(depth.shape, np.uint16)
    for index in range(states.poses.shape[1]):
        away = eye - states.poses[frame, index, :3].astype(float)
        a, b = (rays * rays).sum(-1), rays @ away
        inside = b * b - a * (away @ away - RADIUS**2)
        near = (-b - np.sqrt(np.maximum(inside, 0))) / a
        hit = (inside > 0) & (near > 0) & (near < depth)
        depth, ids = np.where(hit, near, depth), np.where(hit, index + 1, ids).astype(np.uint16)
        surface = (away + rays * near[..., None]) / RADIUS
        normals = np.where(hit[..., None], surface, normals)
    return depth, ids, normals @ rotation


def follow_points(
    states: States,
    camera: Camera,
    points: np.ndarray,
    depth: np.ndarray,
    ids: np.ndarray,
    frame: int,
    other: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flow, occlusion code and change of camera z towards another frame."""
    shape = depth.shape
    if not 0 <= other < states.num_frames:
        nothing = np.full(shape, np.nan)
        return np.full((*shape, 2), np.nan), np.full(shape, 255, np.uint8), nothing
    moved = points.copy()
    for index in range(states.poses.shape[1]):
        here, there = states.poses[frame, index], states.poses[other, index]
        turn = (
            Rotation.from_quat(there[3:], scalar_first=True)
            * Rotation.from_quat(here[3:], scalar_first=True).inv()
        )
        mine = ids == index + 1
        moved[mine] = turn.apply(points[mine] - here[:3]) + there[:3]
    is_sky = np.isinf(depth)
    # A point at infinity moves with the eye: only the rotation of the camera is left.
    step = camera.world_from_camera[other, :3, 3] - camera.world_from_camera[frame, :3, 3]
    moved[is_sky] = moved[is_sky] + step
    to, z = camera.project(moved, other)
    flow = to - camera.pixel_centres()
    size = np.array([camera.width, camera.height])
    outside = ((to < 0) | (to >= size)).any(-1) | (z <= 0)
    seen, _, _ = cast(states, camera, other, to)
    hidden = np.where(is_sky, np.isfinite(seen), seen < z * (1 - 1e-6))
    code = np.where(outside, 2, np.where(hidden, 1, 0)).astype(np.uint8)
    return flow, code, np.where(is_sky, np.nan, z - depth)


def write_clip(
    store: Store,
    spec: SceneSpec,
    *,
    profile: str = "default",
    renderer_version: str = "r1",
    checks: tuple[Check, ...] = (CHECK,),
    with_heat: bool = False,
) -> Manifest:
    """The whole way from a scene to a committed clip."""
    states = warm(make_states(spec)) if with_heat else make_states(spec)
    with ClipWriter(
        store,
        spec,
        solver_version=SOLVER_VERSION,
        renderer_version=renderer_version,
        code_version="test",
    ) as writer:
        for index in range(len(spec.cameras)):
            camera = scene_camera(spec, index)
            for first in range(0, spec.num_frames, CHUNK_FRAMES):
                stop = min(first + CHUNK_FRAMES, spec.num_frames)
                frames = (render_frame(spec, states, camera, at) for at in range(first, stop))
                writer.add(index, encode_chunk(frames, camera, profile=profile, fps=spec.fps))
            writer.write_preview(index, b"RIFF preview")
        return writer.commit(states, checks, {"simulate": 0.1, "render": 0.2})
