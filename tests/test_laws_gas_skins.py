"""Skins with gas: simulated ones pass; gas that is too hot, lost, or spins a skin does not."""

from dataclasses import replace

import numpy as np
import pytest
from gas_scenes import HELIUM, balloon, blown, double
from law_states import fails, measured
from rigid_scenes import EARTH

from phys4d_pipeline.air import PRESSURE, Valve
from phys4d_pipeline.laws import Evidence
from phys4d_pipeline.laws.blown import blown as skins_with_gas
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.simulate import simulate

LAWS = ("pressure", "amount", "balance", "spin", "stretch", "lift")


@pytest.fixture(scope="module")
def floating():
    """A helium balloon that rises and turns a little."""
    body = balloon(gas={"molar_mass": HELIUM}, angular_velocity=(0.0, 0.5, 1.0))
    spec = blown([replace(body, linear_velocity=(0.3, 0.0, 0.2))], frames=16, gravity=-EARTH)
    return spec, simulate(spec)


@pytest.fixture(scope="module")
def leaking():
    valve = Valve(point=0, area=1e-4, opens=0.05, closes=0.2)
    spec = blown([balloon(gas={"valve": valve})], frames=24)
    return spec, simulate(spec)


def with_gas(states, *, amount=1.0, pressure=1.0):
    factors = np.stack(np.broadcast_arrays(amount, pressure), axis=-1)
    return replace(states, gas={0: (states.gas[0] * factors).astype(np.float32)})


def scaled(states, factor):
    """Larger about its middle."""
    places = double(states.points[0])
    middle = places.mean(1, keepdims=True)
    return replace(states, points={0: (middle + factor * (places - middle)).astype(np.float32)})


def moved(states, speeds):
    """Points that move by further velocities (T, V, 3) [m/s]."""
    both = double(states.point_velocities[0]) + speeds
    return replace(states, point_velocities={0: both.astype(np.float32)})


def test_a_floating_balloon_passes_every_law(floating):
    checks = {check.name: check for check in physics_checks(*floating)}
    assert {name for name, check in checks.items() if not check.passed} <= {"stillness"}
    assert {f"chamber_{law}" for law in LAWS} <= set(checks)


def test_a_leaking_balloon_passes_every_law(leaking):
    checks = {check.name: check for check in physics_checks(*leaking)}
    assert {name for name, check in checks.items() if not check.passed} <= {"stillness"}
    assert double(leaking[1].gas[0])[-1, 0] < 0.95 * double(leaking[1].gas[0])[0, 0]


def test_pressures_beyond_the_gas_law_fail(floating):
    spec, states = floating
    assert not fails("chamber_pressure", spec, with_gas(states, pressure=1.005))
    assert fails("chamber_pressure", spec, with_gas(states, pressure=1.015))


def test_gas_that_gets_lost_fails(floating, leaking):
    spec, states = floating
    seeping = np.linspace(1.0, 0.99, states.num_frames)
    assert fails("chamber_amount", spec, with_gas(states, amount=seeping))
    spec, states = leaking
    slower = double(states.gas[0])[:, 0]
    slower = (slower[0] + 0.8 * (slower - slower[0])) / slower
    assert fails("chamber_amount", spec, with_gas(states, amount=slower))


def test_a_skin_that_pulls_less_than_its_gas_presses_fails(floating):
    spec, states = floating
    pressure = double(states.gas[0])[:, 1]
    more = (PRESSURE + 1.05 * (pressure - PRESSURE)) / pressure
    assert measured("chamber_balance", spec, states).value < 0.005
    assert fails("chamber_balance", spec, with_gas(states, pressure=more))


def test_a_balloon_that_spins_up_by_itself_fails(floating):
    spec, states = floating
    arms = double(states.points[0]) - double(states.points[0]).mean(1, keepdims=True)
    rate = np.linspace(0.0, 1.0, states.num_frames)[:, None, None]  # [rad/s]
    spin = np.cross((0.0, 0.0, 1.0), arms)
    assert fails("chamber_spin", spec, moved(states, rate * spin))


def test_the_drag_of_all_faces_of_a_ball_is_that_of_a_sphere_and_has_no_arm(floating):
    spec, states = floating
    fall = np.full_like(states.point_velocities[0], 0.0) + np.float32((0.0, 0.0, -3.0))
    (one,) = skins_with_gas(Evidence(spec=spec, states=replace(states, point_velocities={0: fall})))
    arms = one.places - one.places.mean(1, keepdims=True)
    radius = np.linalg.norm(arms, axis=2).mean(1)
    expected = 0.47 * one.air / 2 * 3.0**2 * np.pi * radius**2
    # 162 vertices: faces lie within the sphere by 2 % of its radius.
    np.testing.assert_allclose(one.drags.sum(1)[:, 2], expected, rtol=0.04)
    torque = np.linalg.norm(np.cross(arms, one.drags).sum(1), axis=1)
    assert (torque < 1e-3 * expected * radius).all()
    assert measured("chamber_spin", spec, states).value < 1e-3


def test_a_skin_beyond_what_latex_bears_fails(floating):
    spec, states = floating
    assert not fails("chamber_stretch", spec, scaled(states, 2.5))
    assert fails("chamber_stretch", spec, scaled(states, 3.1))


def test_a_balloon_that_rises_without_drag_fails(floating):
    spec, states = floating
    faster = np.linspace(0.0, 0.05, states.num_frames)[:, None, None] * (0.0, 0.0, 1.0)
    assert fails("chamber_lift", spec, moved(states, faster))
