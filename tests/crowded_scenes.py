"""Scenes that are crowded or cut off: slabs around the eye, 5000 bodies, borders crossed."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.states import States
from tests import toys
from tests.toys import MOVING_CAMERA, times


def flight() -> tuple[SceneSpec, States]:
    """Through slabs of 60 m that cross the near plane, past and through boxes around the eye."""
    rng = np.random.default_rng(4)
    floor = toys.shape("box", half_extents=(30.0, 30.0, 0.2))
    bodies = [
        toys.body("floor", floor, (0.0, 0.0, 0.6), quaternion=(0.9996, 0.02, 0.02, 0.0)),
        toys.body("ceiling", floor, (0.0, 0.0, 3.4), linear_velocity=(2.0, 1.0, -3.0)),
    ]
    bodies[0] = replace(bodies[0], quaternion=_unit(bodies[0].quaternion))
    for index in range(14):
        place = rng.normal(size=3) * (1.2, 1.2, 0.3) + (0.0, 0.0, 1.7)
        bodies.append(
            toys.body(
                f"plank{index}",
                toys.shape("box", half_extents=(0.9, 0.04, 0.08)),
                tuple(place.tolist()),
                quaternion=_unit(rng.normal(size=4)),
                angular_velocity=tuple(rng.normal(size=3).tolist()),
            )
        )
    spec = toys.scene(
        bodies,
        num_frames=6,
        size=(480, 270),
        vertical_fov=1.2,
        eye=((-1.5, 0.3, 1.5), (0.0, 0.0, 1.7), (1.4, -0.4, 1.6)),
        target=((1.0, 0.0, 1.2), (3.0, 1.0, 1.5), (4.0, 3.0, 1.4)),
    )
    return spec, toys.drifting(spec)


def swarm() -> tuple[SceneSpec, States]:
    """Five thousand bodies of five shapes, in a field up to the horizon."""
    rng = np.random.default_rng(6)
    solids = [
        toys.shape("box", half_extents=(0.06, 0.1, 0.08)),
        toys.shape("wedge", half_extents=(0.08, 0.08, 0.08)),
        toys.shape("polyhedron", faces=12.0, radius=0.1),
        toys.shape("prism", sides=6.0, radius=0.08, half_height=0.1),
        toys.shape("box", half_extents=(0.02, 0.02, 0.3)),
    ]
    places = rng.uniform((-3.0, -3.0, 0.1), (25.0, 25.0, 1.2), (5000, 3))
    velocities, turns = rng.normal(size=(5000, 3)), rng.normal(size=(5000, 4))
    bodies = [
        toys.body(
            f"{index}",
            solids[index % len(solids)],
            tuple(places[index].tolist()),
            quaternion=_unit(turns[index]),
            linear_velocity=tuple(velocities[index].tolist()),
            angular_velocity=tuple((4 * velocities[index, ::-1]).tolist()),
        )
        for index in range(5000)
    ]
    spec = toys.scene(
        bodies,
        num_frames=2,
        size=(480, 270),
        eye=((-4.0, -4.5, 2.2), (-3.9, -4.4, 2.2)),
        target=((3.0, 3.0, 0.5), (3.1, 3.0, 0.5)),
    )
    return spec, toys.drifting(spec)


def passing() -> tuple[SceneSpec, States]:
    """Bodies and grains that come into the picture and leave it on all sides."""
    rng = np.random.default_rng(7)
    bodies = [
        toys.body(
            f"box{index}",
            toys.shape("box", half_extents=(0.2, 0.3, 0.2)),
            (2.2 * np.cos(angle), 2.2 * np.sin(angle), 1.0 + 0.8 * np.sin(3 * angle)),
            linear_velocity=(-40 * np.cos(angle), -40 * np.sin(angle), 0.0),
        )
        for index, angle in enumerate(np.linspace(0, 2 * np.pi, 12, endpoint=False))
    ]
    pile = toys.cloud("grains")
    spec = toys.scene(
        [*bodies, pile], num_frames=6, size=(480, 270), vertical_fov=0.35, **MOVING_CAMERA
    )
    points = toys.grains(rng, 60, times(6), speed=20.0, spread=(1.5, 1.5, 0.8))
    radii = rng.uniform(0.05, 0.15, 60)
    return spec, toys.drifting(spec, points={12: points}, radii={12: radii})


def _unit(quaternion) -> tuple[float, float, float, float]:
    w, x, y, z = np.asarray(quaternion) / np.linalg.norm(quaternion)
    return float(w), float(x), float(y), float(z)
