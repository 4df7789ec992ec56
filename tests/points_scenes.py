"""Bodies with points, and their states, for tests of what is drawn and stored of them."""

import numpy as np
from jaxtyping import Float32, Float64

from phys4d_pipeline.scene import Body, Shape, Substance, Surface
from phys4d_pipeline.states import Contacts, States

SUBSTANCE = Substance(density=1000.0, friction=0.5, restitution=0.5)
SURFACE = Surface(base_color=(0.5, 0.4, 0.3), roughness=0.5)
SHEET = {"width": 1.0, "depth": 0.6, "columns": 21.0, "rows": 13.0}
ROPE = {"length": 2.0, "radius": 0.05, "segments": 60.0, "sides": 24.0}


def make_body(form, kind, parameters, *, name="body", position=(0.0, 0.0, 0.0)):
    return Body(
        name=name,
        shape=Shape(kind=kind, parameters=parameters),
        substance=SUBSTANCE,
        surface=SURFACE,
        position=position,
        form=form,
    )


def points_states(points, *, radii=None, temperatures=None, fps=60):
    """States of bodies that all have points, by index."""
    T, B = len(next(iter(points.values()))), len(points)
    times = np.arange(T) / fps
    motions = [mean_motion(points[index], times) for index in range(B)]
    return States(
        times=times,
        poses=np.stack([poses for poses, _ in motions], 1),
        velocities=np.stack([velocities for _, velocities in motions], 1),
        in_contact=np.zeros((T, B), bool),
        masses=np.ones(B),
        kinetic_energy=np.zeros(T),
        potential_energy=np.zeros(T),
        work=np.zeros(T),
        contacts=Contacts.none(),
        solver_version="points-1",
        points=points,
        radii=radii or {},
        temperatures=temperatures or {},
    )


def mean_motion(
    points: np.ndarray,
    times: Float64[np.ndarray, " T"],
    masses: Float64[np.ndarray, " N"] | None = None,
) -> tuple[Float32[np.ndarray, "T 7"], Float32[np.ndarray, "T 6"]]:
    """Poses and velocities of a body with points: of their mean place, without turning."""
    mean = np.average(points.astype(np.float64), axis=1, weights=masses)
    poses = np.zeros((len(points), 7), np.float32)
    poses[:, :3], poses[:, 3] = mean, 1.0
    velocities = np.zeros((len(points), 6), np.float32)
    if len(points) > 1:
        velocities[:, :3] = np.gradient(mean, times, axis=0)
    return poses, velocities
