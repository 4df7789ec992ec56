"""Periods, impacts in rows of pendulums and tops: true motion passes, planted violations do not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import changed, fails, measured, pendulum_scene, single_swing, swing, swung
from rigid_scenes import body, scene
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body
from phys4d_pipeline.simulate import simulate


@pytest.mark.parametrize("angle", [0.1, 1.0, 2.5])
def test_the_period_is_that_of_the_elliptic_integral(angle):
    spec, states = single_swing(angle=angle)
    assert measured("pendulum_period", spec, states).value < 2e-5  # frames of float32


@pytest.mark.parametrize("angle", [0.1, 1.0, 2.5])
@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_gravity_off_by_five_percent_changes_the_period(angle, factor):
    spec, states = single_swing(angle=angle, gravity=9.81 * factor)
    assert fails("pendulum_period", spec, states)
    # A large swing is let go from a standstill either way: only the root of gravity is left.
    assert measured("pendulum_period", spec, states).value == pytest.approx(0.025, abs=0.003)


@pytest.mark.parametrize(
    "joint", [{"damping": 0.1}, {"stiffness": 1.0}, {"friction": 0.1}, {"limits": (-1.0, 0.0)}]
)
def test_the_period_is_not_asked_of_what_is_no_free_pendulum(joint):
    spec, states = single_swing(**joint)
    assert measured("pendulum_period", spec, states) is None


def test_the_period_of_a_simulated_pendulum_passes():
    spec = pendulum_scene(angle=0.7, frames=120)
    states = simulate(spec)
    assert measured("pendulum_period", spec, states).value < 1e-3
    assert measured("energy_drift", spec, states).value < 1e-3


def cradle(*, passed_on=1.0):
    """Two equal pendulums; the first hits the second, which leaves with this share of its speed."""
    spec = pendulum_scene(angle=0.5, count=2, frames=100)
    times = np.arange(100) / spec.fps
    angle, rate = swing(spec, times, 0.5)
    hit = int(np.argmax(angle < 0))
    rest, moving = np.zeros(100), np.arange(100) < hit
    angles = np.stack([np.where(moving, angle, rest), np.where(moving, rest, angle)], 1)
    rates = np.stack(
        [
            np.where(moving, rate, (1 - passed_on) * rate[hit]),
            np.where(moving, rest, passed_on * rate),
        ],
        1,
    )
    row = (hit, 2, 1, (0.03, 0, 1.1), (1, 0, 0), 1.0, 0.0)
    return spec, swung(spec, angles, rates, rows=[row])


def test_an_impact_passes_momentum_on():
    spec, states = cradle()
    assert measured("cradle_momentum", spec, states).value < 1e-3


def test_an_impact_that_keeps_some_of_the_speed_passes_too():
    """Momentum does not care how it is shared."""
    spec, states = cradle(passed_on=0.95)
    assert not fails("cradle_momentum", spec, states)


def test_an_impact_that_loses_momentum_fails():
    spec, states = cradle()
    velocities = states.velocities.copy()
    velocities[:, 1] *= 0.95
    assert fails("cradle_momentum", spec, changed(spec, states, velocities=velocities))


def top(*, frames=100):
    """A disc that spins at 60 rad/s on a tilted axle, its tip in a ball joint."""
    tilt = Rotation.from_rotvec([0.4, 0.0, 0.0])
    x, y, z, w = tilt.as_quat().tolist()
    up = tilt.apply((0.0, 0.0, 1.0))
    disc: Body = body(
        "disc",
        "cylinder",
        np.add((0.0, 0.0, 0.5), 0.1 * up),
        {"radius": 0.08, "half_height": 0.01},
        quaternion=(w, x, y, z),
        angular_velocity=tuple((60.0 * up).tolist()),
    )
    joint = Joint(name="tip", kind="ball", child="disc", anchor=(0.0, 0.0, 0.5))
    return replace(scene([disc], solver="rigid_mujoco", rate=3840, frames=frames), joints=(joint,))


def test_a_top_keeps_its_angular_momentum_about_the_vertical():
    spec = top()
    states = simulate(spec)
    assert measured("pivot_momentum", spec, states).value < 1e-3
    velocities = states.velocities.copy()
    velocities[:, 0] *= np.linspace(1.0, 0.97, len(velocities), dtype=np.float32)[:, None]
    assert fails("pivot_momentum", spec, changed(spec, states, velocities=velocities))
