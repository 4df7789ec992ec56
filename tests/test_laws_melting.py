"""Planted violations of the laws of heat in liquids."""

from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline.laws import Evidence, melting
from phys4d_pipeline.simulate.liquid import run
from tests.liquid_heat_scenes import EARTH, liquid, scene, still

CELL = 0.0025
WAX = still(300.0, melting_point=320.0, melting_range=2.0, latent_heat=1e5)


@pytest.fixture(scope="module")
def melting_pair():
    """A frozen block beside a hot one, insulated."""
    high = (4 * CELL, 4 * CELL, 4 * CELL)
    hot = replace(WAX, temperature=360.0, conductivity=10.0)
    bodies = [
        liquid("frozen", (0.0, 0.0, 0.0), high, WAX),
        liquid("hot", (4 * CELL, 0.0, 0.0), (8 * CELL, *high[1:]), hot),
    ]
    spec = scene(bodies, (8, 4, 6), CELL, frames=31, gravity=EARTH)
    return spec, run(spec)


def failed(law, spec, states):
    check = law(Evidence(spec=spec, states=states))
    assert check is not None
    assert check.name == law.__name__
    return not check.passed


def with_temperatures(states, change):
    """Of the frozen block, added from frame 15 on."""
    warmer = states.temperatures[0].copy()
    warmer[15:] += np.float32(change)
    return replace(states, temperatures={**states.temperatures, 0: warmer})


def test_a_melting_pair_keeps_all_laws(melting_pair):
    for law in (melting.liquid_temperature_range, melting.liquid_heat_kept, melting.frozen_shape):
        assert not failed(law, *melting_pair)


def test_a_liquid_hotter_than_all_it_touches_fails(melting_pair):
    spec, states = melting_pair
    assert failed(melting.liquid_temperature_range, spec, with_temperatures(states, 61.0))
    assert failed(melting.liquid_temperature_range, spec, with_temperatures(states, -25.0))


def test_heat_out_of_nothing_fails(melting_pair):
    """Half a kelvin of one of two blocks."""
    spec, states = melting_pair
    assert failed(melting.liquid_heat_kept, spec, with_temperatures(states, 0.5))


def test_frozen_wax_that_is_pulled_apart_fails(melting_pair):
    spec, states = melting_pair
    stretched = states.points[0].copy()
    stretched[20:, :, 0] *= 2.5
    assert failed(
        melting.frozen_shape, spec, replace(states, points={**states.points, 0: stretched})
    )


def test_the_laws_stay_silent_where_they_say_nothing(melting_pair):
    spec, states = melting_pair
    cold = replace(spec, bodies=tuple(replace(body, thermal=None) for body in spec.bodies))
    for law in (melting.liquid_temperature_range, melting.liquid_heat_kept, melting.frozen_shape):
        assert law(Evidence(spec=cold, states=states)) is None
    lossy = replace(spec.bodies[0], thermal=replace(WAX, film=10.0))
    open_ = replace(spec, bodies=(lossy, *spec.bodies[1:]))
    assert melting.liquid_heat_kept(Evidence(spec=open_, states=states)) is None
