"""Laws of warm solids on true clips, and on clips in which heat is planted, lost or bent away."""

from dataclasses import replace

import numpy as np
import pytest
from heat_scenes import clamp, layers, scene, warm
from law_states import fails, measured
from rigid_scenes import body

from phys4d_pipeline.simulate import simulate

CUBE = {"half_extents": (0.02, 0.02, 0.02), "longest_edge": 0.01}
HOT = {"emissivity": 0.8, "film": 500.0}


@pytest.fixture(scope="module")
def cooling():
    """A hot block on a cold one on a brick; a coated bar that a current warms; a held plate."""
    low = warm("low", "box", CUBE, 500.0, at=(0, 0, 0.06), **HOT)
    top = warm("top", "box", CUBE, 1200.0, at=(0, 0, 0.1), **HOT)
    brick = body("brick", "box", (0, 0, 0.02), {"half_extents": (0.03,) * 2 + (0.02,)}, None)
    heater = warm("heater", "box", CUBE, 300.0, at=(0.5, 0, 1), power=2e4, **HOT)
    plate = warm("plate", "box", CUBE, 700.0, at=(-0.5, 0, 1), is_held=True)
    spec = scene([low, top, replace(brick, is_static=True), heater, plate], frames=91)
    return spec, simulate(spec)


@pytest.fixture(scope="module")
def bent():
    spec = scene([clamp(-1), *layers(-1, power=10000.0)], frames=31, cell=0.008)
    return spec, simulate(spec)


def warmed(states, index, change):
    """The same with other temperatures of one body."""
    heat = {**states.temperatures, index: change(states.temperatures[index])}
    return replace(states, temperatures={k: each.astype(np.float32) for k, each in heat.items()})


def test_true_heat_passes(cooling):
    checks = {name: measured(name, *cooling) for name in ("heat_bounds", "held_heat")}
    assert all(check.value == 0.0 for check in checks.values())
    balance = measured("heat_balance", *cooling)
    assert balance.value < 0.01  # of what was lost
    assert balance.bound < 0.03
    assert measured("bimetal_curvature", *cooling) is None


def test_a_spot_colder_than_the_air_fails(cooling):
    spec, states = cooling

    def spot(heat):
        heat = heat.copy()
        heat[40, 3] = 299.0
        return heat

    assert fails("heat_bounds", spec, warmed(states, 0, spot))
    assert not fails("heat_bounds", spec, states)


def test_a_spot_hotter_than_every_start_fails_unless_power_warms():
    spec = scene([warm("cube", "box", CUBE, 900.0)], frames=3)
    states = simulate(spec)
    assert fails("heat_bounds", spec, warmed(states, 0, lambda heat: heat + 0.1))
    powered = replace(spec.bodies[0], thermal=replace(spec.bodies[0].thermal, power=1.0))
    heated = warmed(states, 0, lambda heat: heat + 0.1)
    assert not fails("heat_bounds", replace(spec, bodies=(powered,)), heated)


def test_a_held_plate_that_cools_fails(cooling):
    spec, states = cooling
    assert fails("held_heat", spec, warmed(states, 4, lambda heat: heat - 0.1))


@pytest.mark.parametrize("index", [1, 3])
def test_a_body_that_cools_or_warms_by_a_fifth_more_fails(cooling, index):
    spec, states = cooling
    more = warmed(states, index, lambda heat: heat[:1] + 1.2 * (heat - heat[:1]))
    assert fails("heat_balance", spec, more)


def test_heat_balance_ignores_bodies_whose_surface_does_not_tell_of_the_inside():
    thick = warm("ball", "sphere", {"radius": 0.1}, 1300.0, metal="steel", film=500.0)
    spec = scene([thick], frames=3)
    assert measured("heat_balance", spec, simulate(spec)) is None


def test_a_strip_bent_by_a_twentieth_more_fails(bent):
    spec, states = bent
    check = measured("bimetal_curvature", spec, states)
    assert check.value < 0.015  # weight of the strip, and 48 straight pieces for an arc
    points = {k: each.copy() for k, each in states.points.items()}
    for each in points.values():  # bending further down: by 5 % of what it came
        each[:, :, 2] += 0.05 * (each[:, :, 2] - each[0, :, 2])
    assert fails("bimetal_curvature", spec, replace(states, points=points))


def test_scenes_with_a_liquid_that_may_take_heat_are_left_out(cooling):
    spec, states = cooling
    milk = replace(spec.bodies[2], name="milk", form="liquid", is_static=False)
    wet = replace(spec, bodies=(*spec.bodies[:2], milk, *spec.bodies[3:]))
    assert measured("heat_bounds", wet, states) is None
    assert measured("heat_balance", wet, states) is None
