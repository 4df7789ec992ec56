"""Grains against closed forms: bounces, rolling, collisions, piles, discharge, mixing."""

import numpy as np
import pytest
from grain_scenes import RADIUS, grain_scene, grains, lattice, weightless
from rigid_scenes import EARTH, body, substance
from scipy.spatial.transform import Rotation

from phys4d_pipeline.simulate import grains as solver
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.recorder import Recorder

PHASE = 0.03
"""By which a rebound differs with where in the first of its sixteen steps a contact begins [1]."""


def speeds(states, index=0):
    return states.point_velocities[index].astype(np.float64)


def places(states, index=0):
    return states.points[index].astype(np.float64)


@pytest.mark.parametrize("restitution", [0.4, 0.6, 0.9])
def test_a_grain_bounces_with_the_restitution_asked_for(restitution):
    made_of = substance(friction=0.0, restitution=restitution)
    spec = grain_scene([grains("ball", [(0.0, 0.0, 0.03)], made_of=made_of)], frames=20, fps=240)
    states = simulate(spec)
    path, rise = places(states)[:, 0, 2], speeds(states)[:, 0, 2]
    before = np.sqrt(2 * EARTH * (0.03 - RADIUS))
    after = np.sqrt(rise[-1] ** 2 + 2 * EARTH * (path[-1] - RADIUS))
    assert after / before == pytest.approx(restitution, abs=PHASE)


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_two_spheres_collide_with_the_momentum_of_newton(ratio):
    """v1' = (m1 - e m2) / (m1 + m2) v, v2' = (1 + e) m1 / (m1 + m2) v."""
    made_of = substance(friction=0.0, restitution=0.6**0.5)
    striker = grains("striker", [(0.0, 0.0, 1.0)], RADIUS, made_of, linear_velocity=(0.5, 0.0, 0.0))
    target = grains("target", [(0.03, 0.0, 1.0)], ratio * RADIUS, made_of)
    states = simulate(weightless(grain_scene([striker, target], frames=8)))
    m1, m2 = states.masses
    expected = np.array([m1 - 0.6 * m2, 1.6 * m1]) / (m1 + m2) * 0.5
    measured = [speeds(states, k)[-1, 0, 0] for k in (0, 1)]
    np.testing.assert_allclose(measured, expected, atol=0.5 * PHASE)
    (row,) = np.flatnonzero(states.contacts.impulse > 0)
    assert states.contacts.impulse[row] == pytest.approx(m2 * measured[1], rel=0.01)


def test_a_sliding_sphere_rolls_at_five_sevenths_of_its_speed():
    """It slips for 2 v / (7 friction g), over 12 v^2 / (49 friction g)."""
    made_of = substance(friction=0.3)
    start = grains("ball", [(0.0, 0.0, RADIUS)], made_of=made_of, linear_velocity=(0.7, 0.0, 0.0))
    states = simulate(grain_scene([start], frames=20))
    path, speed = places(states)[:, 0, 0], speeds(states)[:, 0, 0]
    np.testing.assert_allclose(speed[5:], 0.5, rtol=2e-3)  # what the first contact rings with
    np.testing.assert_allclose(speed[:5], 0.7 - 0.3 * EARTH * states.times[:5], rtol=5e-3)
    slipped = 12 * 0.7**2 / (49 * 0.3 * EARTH)
    rolled = 0.5 * (states.times[-1] - 2 * 0.7 / (7 * 0.3 * EARTH))
    assert path[-1] == pytest.approx(slipped + rolled, rel=3e-3)


def ramp(slope):
    """A block whose top goes through the origin, falling towards +x."""
    turn = Rotation.from_euler("y", slope)
    w, x, y, z = turn.as_quat(scalar_first=True).tolist()
    centre = np.add(turn.apply((0.0, 0.0, -0.5)), (0.0, 0.0, 2.0))
    made_of = substance(friction=1.0, restitution=1.0)
    shape = {"half_extents": (2.0, 0.5, 0.5)}
    still = {"quaternion": (w, x, y, z), "is_static": True}
    return body("ramp", "box", centre, shape, made_of, **still), turn


@pytest.mark.parametrize("friction", [0.05, 0.1, 0.5])
def test_a_sphere_on_a_slope_rolls_or_slips_as_statics_says(friction):
    """Rolls at 5/7 g sin while friction holds 2/7 of tan, or slips at g (sin - friction cos)."""
    slope = np.radians(20.0)
    base, turn = ramp(slope)
    top = np.add(turn.apply((0.0, 0.0, RADIUS)), (0.0, 0.0, 2.0))
    ball = grains("ball", [top], made_of=substance(friction=friction))
    states = simulate(grain_scene([ball, base], frames=31))
    rolls = friction > 2 / 7 * np.tan(slope)
    pull = 5 / 7 * np.sin(slope) if rolls else np.sin(slope) - friction * np.cos(slope)
    along = speeds(states)[:, 0] @ turn.apply((1.0, 0.0, 0.0))
    assert along[-1] / states.times[-1] == pytest.approx(EARTH * pull, rel=0.01)


def test_rolling_friction_stops_a_ball_where_work_does():
    """Speed falls at 5/7 g rolling / r."""
    made_of = substance(friction=0.6, rolling=2e-4)
    start = grains("ball", [(0.0, 0.0, RADIUS)], made_of=made_of, linear_velocity=(0.7, 0.0, 0.0))
    states = simulate(grain_scene([start], frames=41))
    speed = speeds(states)[:, 0, 0]
    braking = (speed[15] - speed[40]) / (25 / 60)
    assert braking == pytest.approx(5 / 7 * EARTH * 2e-4 / RADIUS, rel=0.02)


def cloud():
    """Two bodies of grains of many sizes that meet, spinning, without weight."""
    rng = np.random.default_rng(3)
    made_of = substance(friction=0.5, restitution=0.5, rolling=1e-5)
    place = lattice((4, 4, 4), 0.012, (0.0, 0.0, 1.0), jitter=0.001)
    motions = {
        "one": {"linear_velocity": (0.3, 0.0, 0.0), "angular_velocity": (0.0, 0.0, 20.0)},
        "other": {"linear_velocity": (-0.3, 0.1, 0.0), "angular_velocity": (9.0, 0.0, 0.0)},
    }
    bodies = [
        grains(name, place[k::2], rng.uniform(0.003, 0.005, 32), made_of, **motion)
        for k, (name, motion) in enumerate(motions.items())
    ]
    return weightless(grain_scene(bodies, frames=30))


def momenta(simulation):
    """Linear and angular momentum of all grains, kinetic energy with that of spins."""
    one = simulation.grains
    linear = one.mass[:, None] * one.speed
    turning = np.cross(one.place, linear) + one.inertia[:, None] * one.spin
    energy = 0.5 * (one.mass @ (one.speed**2).sum(1) + one.inertia @ (one.spin**2).sum(1))
    return linear.sum(0), turning.sum(0), energy


def test_a_free_cluster_keeps_momentum_and_angular_momentum_and_loses_energy():
    spec = cloud()
    simulation = solver._Simulation(spec, Recorder(spec, solver.VERSION))
    linear, turning, energy = momenta(simulation)
    states = simulation.run()
    after = momenta(simulation)
    size = np.abs(simulation.grains.mass[:, None] * simulation.grains.speed).sum()
    np.testing.assert_allclose(after[0], linear, atol=1e-12 * size)
    np.testing.assert_allclose(after[1], turning, atol=1e-12 * size)
    assert after[2] < 0.95 * energy
    assert len(states.contacts.frame) > 3
    assert set(states.contacts.object_a) == {2}
