"""A body that is led along a path, times -> its poses and velocities."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from ..scene import Body


def led(
    body: Body, times: Float[np.ndarray, " T"]
) -> tuple[Float64[np.ndarray, "T 7"], Float64[np.ndarray, "T 6"]]:
    """Poses and velocities [m, m/s, rad/s] of a body with a path; of any other, as it starts.

    Places and turns are counted from t = 0, where the body is as the scene describes it.
    """
    poses = np.tile(np.array([*body.position, *body.quaternion]), (len(times), 1))
    velocities = np.zeros((len(times), 6))
    if body.path is None:
        velocities[:] = (*body.linear_velocity, *body.angular_velocity)
        return poses, velocities
    axis = np.array(body.path.axis)
    shift, speed = _spline(body.path.times, body.path.shifts, times, 3)
    angle, rate = _spline(body.path.times, body.path.turns, times, 1)
    turn = Rotation.from_rotvec(angle * axis)
    start = Rotation.from_quat(body.quaternion, scalar_first=True)
    poses[:, :3] += shift
    poses[:, 3:] = (turn * start).as_quat(scalar_first=True)
    velocities[:, :3], velocities[:, 3:] = speed, rate * axis
    return poses, velocities


def led_rows(
    bodies: Sequence[Body], times: Float[np.ndarray, " T"]
) -> Float64[np.ndarray, "T B 13"]:
    """Of several bodies: pose, then velocity."""
    rows = np.zeros((len(times), len(bodies), 13))
    for place, body in enumerate(bodies):
        rows[:, place] = np.concatenate(led(body, times), axis=1)
    return rows


def _spline(
    key_times: tuple[float, ...], keys: tuple, times: Float[np.ndarray, " T"], width: int
) -> tuple[Float64[np.ndarray, "T W"], Float64[np.ndarray, "T W"]]:
    """Values since t = 0 and their rates; at rest at both ends and beyond."""
    if not keys:
        return np.zeros((len(times), width)), np.zeros((len(times), width))
    values = np.array(keys, np.float64).reshape(len(keys), width)
    spline = CubicSpline(key_times, values, bc_type="clamped")
    inside = np.clip(np.append(times, 0.0), key_times[0], key_times[-1])
    places, rates = spline(inside), spline(inside, 1)
    return places[:-1] - places[-1], rates[:-1]
