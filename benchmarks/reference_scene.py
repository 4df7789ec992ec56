"""The scene that renderers are compared on: 40 meshes of 200k triangles, 50,000 particles, a sun.

Motion is written down in closed form, without a solver: balls roll without slipping, the rest
bounces under gravity, a stream of grains pours onto one of two spreading heaps. `moving` moves
everything and the camera; `still` keeps the camera, all particles and all but five bodies at rest.

Run: python benchmarks/reference_scene.py          (prints what the scene holds; --png FILE draws)
"""

import argparse
import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, Float64
from measures.grains import GRAVITY, HEAP_CENTRES, grains
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.render import render
from phys4d_pipeline.scene import (
    Body,
    CameraPath,
    Ground,
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

Variant = Literal["moving", "still"]
SEED = 20
FRAMES = 96
FPS = 60
SIZE = (1920, 1080)  # [px]
HEAP_CLEARANCE = 1.3  # from the middle of a heap to the middle of a mesh [m]
MOVERS_OF_STILL = 5

CAMERA = CameraPath(
    vertical_fov=0.75,
    eye=((3.3, -4.6, 2.5), (2.4, -5.1, 2.35), (1.4, -5.4, 2.2), (0.4, -5.5, 2.1)),
    target=((0.0, 0.1, 0.3), (0.05, 0.1, 0.33), (0.1, 0.1, 0.36), (0.1, 0.1, 0.38)),
)
SKY = Sky(
    sun_azimuth=-2.2,
    sun_elevation=0.75,
    sun_color=(3.0, 2.9, 2.7),
    zenith_color=(0.2, 0.35, 0.7),
    horizon_color=(0.65, 0.74, 0.85),
)
GROUND = Surface(
    base_color=(0.42, 0.4, 0.37),
    roughness=0.75,
    texture=Texture(kind="checker", scale=1.0, second_color=(0.3, 0.29, 0.28)),
)
SUBSTANCE = Substance(density=1000.0, friction=0.5, restitution=1.0)
PALETTE: tuple[Vec3, ...] = (
    (0.62, 0.07, 0.05),
    (0.75, 0.42, 0.06),
    (0.1, 0.32, 0.12),
    (0.05, 0.16, 0.45),
    (0.7, 0.68, 0.62),
    (0.28, 0.1, 0.32),
    (0.04, 0.3, 0.33),
)
PATTERNS = ("plain", "stripes", "marble", "wood", "plain", "dots", "noise")


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """The scene and its states."""

    spec: SceneSpec
    states: States

    @property
    def triangles(self) -> int:
        """Of all meshes."""
        bodies = (body for body in self.spec.bodies if body.form == "rigid")
        return sum(len(shapes.build(body.shape).mesh.faces) for body in bodies)

    @property
    def particles(self) -> int:
        """Of all bodies of particles."""
        return sum(len(radii) for radii in self.states.radii.values())


def reference(
    variant: Variant,
    *,
    num_frames: int = FRAMES,
    size: tuple[int, int] = SIZE,
    particles: bool = True,
) -> Reference:
    """The reference scene; the same motion whatever its length and picture size [px]."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    times = np.arange(num_frames) / FPS
    bodies, tracks = [], []
    for index, (kind, home) in enumerate(zip(_kinds(), _homes(rng), strict=True)):
        body, track = _body(rng, index, kind, home, times)
        resting = variant == "still" and index >= MOVERS_OF_STILL
        bodies.append(body)
        tracks.append(np.repeat(track[:1], num_frames, 0) if resting else track)
    points, radii = {}, {}
    if particles:
        at = times if variant == "moving" else np.full(1, 1e3)  # all landed long ago
        for name, color, grain_radius, positions in grains(rng, at):
            points[len(bodies)] = np.repeat(positions, num_frames // len(positions), 0)
            radii[len(bodies)] = np.full(positions.shape[1], grain_radius, np.float32)
            bodies.append(_heap_body(name, color, grain_radius, positions))
            centre = positions.mean(1, dtype=np.float64)
            track = np.concatenate([centre, np.tile([1.0, 0, 0, 0], (len(centre), 1))], 1)
            tracks.append(np.repeat(track, num_frames // len(positions), 0))
    path = CAMERA if variant == "moving" else _standing(CAMERA)
    return Reference(
        spec=_spec(variant, bodies, path, num_frames, size),
        states=_states(np.stack(tracks, 1), times, points, radii),
    )


def _standing(path: CameraPath) -> CameraPath:
    middle = len(path.eye) // 2
    return CameraPath(
        vertical_fov=path.vertical_fov, eye=(path.eye[middle],), target=(path.target[middle],)
    )


def _kinds() -> list[str]:
    """About 5,000 triangles each, 201,088 in all."""
    counts = {"sphere": 15, "dumbbell": 15, "capsule": 4, "bowling_pin": 4, "superquadric": 2}
    order = np.concatenate([(np.arange(count) + 0.5) / count for count in counts.values()])
    names = [kind for kind, count in counts.items() for _ in range(count)]
    return [names[k] for k in np.argsort(order, kind="stable")]


def _homes(rng: np.random.Generator) -> list[tuple[float, float]]:
    """40 places on the floor, none in a heap, shuffled."""
    homes = []
    for x in np.arange(-3.6, 3.7, 0.62):
        for y in np.arange(-2.3, 3.6, 0.62):
            px, py = x + rng.uniform(-0.1, 0.1), y + rng.uniform(-0.1, 0.1)
            if all(math.dist((px, py), centre) > HEAP_CLEARANCE for centre in HEAP_CENTRES):
                homes.append((px, py))
    return [homes[k] for k in rng.permutation(len(homes))[:40]]


def _body(
    rng: np.random.Generator,
    index: int,
    kind: str,
    home: tuple[float, float],
    times: Float64[np.ndarray, " T"],
) -> tuple[Body, Float64[np.ndarray, "T 7"]]:
    """One mesh and its poses."""
    size = rng.uniform(0.8, 1.25)
    shape = Shape(kind=kind, parameters=_parameters(kind, size))
    solid = shapes.build(shape)
    heading = rng.uniform(0, math.tau)
    direction = np.array([math.cos(heading), math.sin(heading), 0.0])
    start = np.array([*home, solid.bounding_radius])
    if kind == "sphere":
        track = _rolling(start, direction, times, radius=solid.bounding_radius)
    else:
        track = _bouncing(rng, start, times)
    second = PALETTE[(index * 3 + 4) % len(PALETTE)]
    surface = Surface(
        base_color=PALETTE[index % len(PALETTE)],
        roughness=float(rng.uniform(0.25, 0.7)),
        metallic=0.9 if index % 9 == 4 else 0.0,
        texture=Texture(
            kind=PATTERNS[index % len(PATTERNS)], scale=0.11 * size, second_color=second
        ),
    )
    x, y, z, *turn = track[0].tolist()
    length = math.hypot(*turn)
    w, i, j, k = (value / length for value in turn)
    body = Body(
        name=f"{kind}_{index}",
        shape=shape,
        substance=SUBSTANCE,
        surface=surface,
        position=(x, y, z),
        quaternion=(w, i, j, k),
    )
    return body, track


def _parameters(kind: str, size: float) -> dict[str, float | tuple[float, ...]]:
    return {
        "sphere": {"radius": 0.19 * size},
        "dumbbell": {"radius": 0.13 * size, "half_length": 0.2 * size},
        "capsule": {"radius": 0.13 * size, "half_length": 0.17 * size},
        "bowling_pin": {"height": 0.55 * size},
        "superquadric": {
            "radii": (0.2 * size, 0.16 * size, 0.13 * size),
            "exponents": (0.35, 0.45),
        },
    }[kind]


def _rolling(
    start: Float64[np.ndarray, "3"],
    direction: Float64[np.ndarray, "3"],
    times: Float64[np.ndarray, " T"],
    *,
    radius: float,
) -> Float64[np.ndarray, "T 7"]:
    """To and fro over the floor, without slipping."""
    way = 0.12 * np.sin(7.0 * times + start[0])
    axis = np.cross([0.0, 0.0, 1.0], direction)
    turn = Rotation.from_rotvec(np.outer(way / radius, axis))
    return np.concatenate([start + np.outer(way, direction), _wxyz(turn)], 1)


def _bouncing(
    rng: np.random.Generator, start: Float64[np.ndarray, "3"], times: Float64[np.ndarray, " T"]
) -> Float64[np.ndarray, "T 7"]:
    """Up and down under gravity without loss, turning about a fixed axis."""
    height = rng.uniform(0.15, 0.7)
    period = 2 * math.sqrt(2 * height / GRAVITY)
    phase = np.modf(times / period + rng.uniform())[0]
    track = np.zeros((len(times), 7))
    track[:, :3] = start
    track[:, 2] += 4 * height * phase * (1 - phase)
    first = Rotation.from_rotvec(rng.normal(size=3))
    spin = rng.normal(size=3)
    spin *= rng.uniform(2.0, 7.0) / np.linalg.norm(spin)
    track[:, 3:] = _wxyz(Rotation.from_rotvec(np.outer(times, spin)) * first)
    return track


def _wxyz(turn: Rotation) -> Float64[np.ndarray, "T 4"]:
    return turn.as_quat(scalar_first=True)


def _heap_body(
    name: str, color: Vec3, radius: float, positions: Float32[np.ndarray, "T N 3"]
) -> Body:
    x, y, z = positions[0].mean(0, dtype=np.float64).tolist()
    return Body(
        name=name,
        shape=Shape(kind="sphere", parameters={"radius": radius}),
        substance=SUBSTANCE,
        surface=Surface(base_color=color, roughness=0.7),
        position=(x, y, z),
        form="particles",
    )


def _spec(
    variant: Variant,
    bodies: list[Body],
    path: CameraPath,
    num_frames: int,
    size: tuple[int, int],
) -> SceneSpec:
    return SceneSpec(
        category="rigid_bodies",
        family=f"reference_{variant}",
        split="train",
        seed=SEED,
        caption="Balls roll and other solids bounce around two heaps of grains.",
        bodies=tuple(bodies),
        ground=Ground(substance=SUBSTANCE, surface=GROUND),
        sky=SKY,
        cameras=(path,),
        solver=Solver(name="rigid_pybullet", rate=240),
        num_frames=num_frames,
        fps=FPS,
        width=size[0],
        height=size[1],
    )


def _states(
    poses: Float64[np.ndarray, "T B 7"],
    times: Float64[np.ndarray, " T"],
    points: dict[int, Float32[np.ndarray, "T N 3"]],
    radii: dict[int, Float32[np.ndarray, " N"]],
) -> States:
    T, B = poses.shape[:2]
    return States(
        times=times,
        poses=poses.astype(np.float32),
        velocities=np.zeros((T, B, 6), np.float32),
        in_contact=np.zeros((T, B), bool),
        masses=np.ones(B),
        kinetic_energy=np.ones(T),
        potential_energy=np.ones(T),
        work=np.zeros(T),
        contacts=Contacts.none(),
        solver_version="reference-1",
        points=points,
        radii=radii,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--png", help="draw the middle frame of `moving` into this file")
    arguments = parser.parse_args()
    for variant in ("moving", "still"):
        scene = reference(variant)
        meshes = sum(body.form == "rigid" for body in scene.spec.bodies)
        moving = sum(bool(np.ptp(scene.states.poses[:, k], 0).any()) for k in range(meshes))
        print(
            f"{variant}: {meshes} meshes ({moving} moving), {scene.triangles:,} triangles, "
            f"{scene.particles:,} particles, {scene.spec.num_frames} frames of "
            f"{scene.spec.width}x{scene.spec.height}"
        )
    if arguments.png:
        scene, frame = reference("moving"), FRAMES // 2
        drawn = next(render(scene.spec, scene.states, frames=range(frame, frame + 1)))
        cv2.imwrite(arguments.png, drawn.rgb[..., ::-1])
        print(f"bodies cover {(drawn.segmentation > 0).mean():.0%} of the picture")


if __name__ == "__main__":
    main()
