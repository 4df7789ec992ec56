"""Small scenes with known motion, made without a solver, for tests of rendering and storing."""

import math

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.scene import (
    Body,
    CameraPath,
    Ground,
    Scenery,
    SceneSpec,
    Shape,
    Sky,
    Solver,
    Substance,
    Surface,
    Texture,
    Vec3,
)
from phys4d_pipeline.states import Contacts, States

SUBSTANCE = Substance(density=1000.0, friction=0.5, restitution=0.5)
GREY = Surface(base_color=(0.4, 0.4, 0.4), roughness=0.6)
CHECKER = Texture(kind="checker", scale=0.2, second_color=(0.1, 0.1, 0.1))
MOVING_CAMERA = {
    "eye": ((3.0, -2.6, 1.6), (3.1, -2.5, 1.62)),
    "target": ((0.0, 0.0, 0.6), (0.03, 0.02, 0.58)),
}


def shape(kind: str, **parameters: float | tuple[float, ...]) -> Shape:
    return Shape(kind=kind, parameters=parameters)


def body(name: str, solid: Shape, position: Vec3, **fields) -> Body:
    fields = {"surface": GREY, **fields}
    return Body(name=name, shape=solid, substance=SUBSTANCE, position=position, **fields)


def cloud(name: str) -> Body:
    """A body of particles; its states say where they are."""
    return body(name, shape("sphere", radius=1.0), (0.0, 0.0, 0.0), form="particles")


def scene(
    bodies: list[Body],
    *,
    eye: tuple[Vec3, ...],
    target: tuple[Vec3, ...],
    num_frames: int = 3,
    size: tuple[int, int] = (320, 180),
    vertical_fov: float = 0.8,
    **fields,
) -> SceneSpec:
    """A checkered ground under a blue sky; further fields of SceneSpec replace what is here."""
    defaults = {
        "category": "rigid_bodies",
        "family": "toy",
        "split": "train",
        "seed": 0,
        "caption": "A toy scene.",
        "ground": Ground(
            substance=SUBSTANCE,
            surface=Surface(base_color=(0.5, 0.5, 0.5), roughness=0.8, texture=CHECKER),
        ),
        "sky": Sky(
            sun_azimuth=0.7,
            sun_elevation=0.9,
            sun_color=(3.0, 2.9, 2.7),
            zenith_color=(0.2, 0.35, 0.7),
            horizon_color=(0.6, 0.7, 0.8),
        ),
        "cameras": (CameraPath(vertical_fov=vertical_fov, eye=eye, target=target),),
        "solver": Solver(name="rigid_pybullet", rate=240),
        "num_frames": num_frames,
        "fps": 60,
        "width": size[0],
        "height": size[1],
    }
    return SceneSpec(bodies=tuple(bodies), **{**defaults, **fields})


def wall(solid: Shape, position: Vec3, **fields) -> Scenery:
    return Scenery(shape=solid, surface=GREY, position=position, **fields)


def times(num_frames: int) -> np.ndarray:
    return np.arange(num_frames) / 60


def drifting(
    spec: SceneSpec,
    *,
    points: dict[int, np.ndarray] | None = None,
    radii: dict[int, np.ndarray] | None = None,
) -> States:
    """Every body keeps its linear and angular velocity; no gravity, no contact.

    Args:
        spec: The scene.
        points: By body index, (T, N, 3) positions of bodies that are not rigid.
        radii: By body index, (N,) radii of particles.
    """
    T, B = spec.num_frames, len(spec.bodies)
    times = np.arange(T) / spec.fps
    poses, velocities = np.zeros((T, B, 7), np.float32), np.zeros((T, B, 6), np.float32)
    points = {key: np.asarray(value, np.float32) for key, value in (points or {}).items()}
    for index, item in enumerate(spec.bodies):
        velocities[:, index] = (*item.linear_velocity, *item.angular_velocity)
        if index in points:
            count = max(points[index].shape[1], 1)
            poses[:, index, :3] = points[index].sum(1, dtype=np.float64) / count
            poses[:, index, 3] = 1.0
            continue
        start = Rotation.from_quat(item.quaternion, scalar_first=True)
        turn = Rotation.from_rotvec(np.outer(times, item.angular_velocity))
        poses[:, index, :3] = item.position + np.outer(times, item.linear_velocity)
        poses[:, index, 3:] = (turn * start).as_quat(scalar_first=True)
    return States(
        times=times,
        poses=poses,
        velocities=velocities,
        in_contact=np.zeros((T, B), bool),
        masses=np.ones(B),
        kinetic_energy=np.ones(T),
        potential_energy=np.ones(T),
        work=np.zeros(T),
        contacts=Contacts.none(),
        solver_version="toy-1",
        points=points,
        radii={key: np.asarray(value, np.float32) for key, value in (radii or {}).items()},
    )


def bent(
    item: Body, times: np.ndarray, *, height: float = 0.1, length: float = 0.7, rate: float = 9.0
) -> np.ndarray:
    """(T, N, 3): the body's points drift and turn while two crossing waves run through it.

    Args:
        item: Start pose, velocities and its mesh, or nodes if it is soft, at rest.
        times: (T,) [s]
        height: Of the waves [m].
        length: From crest to crest [m].
        rate: Of the waves [rad/s].
    """
    is_soft = item.form == "soft"
    rest = shapes.tetrahedra(item.shape).nodes if is_soft else shapes.mesh(item.shape).vertices
    start = Rotation.from_quat(item.quaternion, scalar_first=True)
    wave = math.tau / length
    placed = []
    for time in times:
        x, y, z = rest.T
        along = height * np.sin(wave * x - rate * time)
        across = 0.5 * height * np.sin(wave * y + 0.7 * rate * time)
        moved = np.stack([x + 0.5 * across, y + 0.3 * along, z + along + across], 1)
        turn = Rotation.from_rotvec(time * np.asarray(item.angular_velocity)) * start
        shift = np.add(item.position, time * np.asarray(item.linear_velocity))
        placed.append(turn.apply(moved) + shift)
    return np.stack(placed)


def grains(
    rng: np.random.Generator, count: int, times: np.ndarray, *, speed: float, spread: Vec3
) -> np.ndarray:
    """(T, N, 3): points spread evenly about (0, 0, spread z + 0.1), each at its own velocity."""
    start = rng.uniform(-1.0, 1.0, (count, 3)) * spread + (0.0, 0.0, spread[2] + 0.1)
    velocity = rng.normal(size=(count, 3)) * speed
    return start + times[:, None, None] * velocity


def tumbling_boxes(
    rng: np.random.Generator,
    count: int,
    *,
    speed: float = 1.5,
    spin: float = 6.0,
    **fields,
) -> SceneSpec:
    """Boxes of random sizes that fly and turn above the ground, seen by a moving camera."""
    boxes = []
    for index in range(count):
        quaternion = rng.normal(size=4)
        quaternion /= math.hypot(*quaternion)
        boxes.append(
            body(
                f"box{index}",
                shape("box", half_extents=tuple(rng.uniform(0.06, 0.3, 3).tolist())),
                tuple((*rng.uniform(-1.1, 1.1, 2).tolist(), float(rng.uniform(0.5, 1.3)))),
                quaternion=tuple(quaternion.tolist()),
                linear_velocity=tuple(rng.uniform(-speed, speed, 3).tolist()),
                angular_velocity=tuple(rng.uniform(-spin, spin, 3).tolist()),
            )
        )
    return scene(boxes, **{**MOVING_CAMERA, **fields})
