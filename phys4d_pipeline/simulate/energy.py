"""Poses and velocities of a scene -> kinetic and potential energy."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from ..scene import SceneSpec
from ..shapes import build


def masses(spec: SceneSpec) -> Float64[np.ndarray, " B"]:
    """[kg], of static bodies too."""
    return np.array([body.substance.density * build(body.shape).volume for body in spec.bodies])


def moments(spec: SceneSpec) -> Float64[np.ndarray, "B 3"]:
    """Principal moments of inertia [kg m2]."""
    return np.array(
        [body.substance.density * np.diag(build(body.shape).inertia) for body in spec.bodies]
    )


def spins(
    poses: Float[np.ndarray, "*N 7"], velocities: Float[np.ndarray, "*N 6"]
) -> Float64[np.ndarray, "*N 3"]:
    """Angular velocities in the body frames [rad/s]."""
    quaternions = np.asarray(poses[..., 3:], np.float64).reshape(-1, 4)
    turns = Rotation.from_quat(quaternions, scalar_first=True)
    angular = np.asarray(velocities[..., 3:], np.float64)
    return turns.inv().apply(angular.reshape(-1, 3)).reshape(angular.shape)


def mechanical_energy(
    spec: SceneSpec, poses: Float[np.ndarray, "T B 7"], velocities: Float[np.ndarray, "T B 6"]
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    """Kinetic and potential energy of the moving bodies [J]; the latter is zero at the origin."""
    is_moving = np.array([not body.is_static for body in spec.bodies])
    mass, moment = masses(spec) * is_moving, moments(spec) * is_moving[:, None]
    linear = np.asarray(velocities[..., :3], np.float64)
    kinetic = 0.5 * (linear**2).sum(-1) @ mass
    kinetic += 0.5 * (spins(poses, velocities) ** 2 * moment).sum((1, 2))
    height = -(np.asarray(poses[..., :3], np.float64) @ np.asarray(spec.gravity))
    return kinetic, height @ mass
