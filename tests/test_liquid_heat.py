"""Heat in liquids: conduction, melting, cooling and mixing against closed forms."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf

from phys4d_pipeline.continuum import Thermal
from phys4d_pipeline.enthalpy import enthalpy, melted
from phys4d_pipeline.errors import SimulationError
from phys4d_pipeline.simulate import simulate
from tests.liquid_heat_scenes import EARTH, liquid, scene, slab, still

CELL = 0.0025
HOT = Thermal(temperature=400.0, conductivity=100.0, heat_capacity=500.0, is_held=True)


def bar(thermal: Thermal, frames: int):
    """A bar of 24 cells beside a hot wall of 2, insulated elsewhere, under air; its states."""
    high = (26 * CELL, 4 * CELL, 4 * CELL)
    wall = slab("wall", (0.0, 0.0, 0.0), (2 * CELL, *high[1:]), HOT)
    block = liquid("bar", (2 * CELL, 0.0, 0.0), high, thermal)
    return simulate(scene([wall, block], (26, 4, 5), CELL, frames=frames))


def test_a_bar_warms_as_the_series_says():
    """T = Tw + (T0 - Tw) sum of 4 / (pi n) exp(-(n pi / 2 L)^2 a t) sin(n pi x / 2 L), n odd."""
    states, length, diffusivity = bar(still(300.0, conductivity=720.0), 31), 24 * CELL, 720e-6 / 4
    n = 2 * np.arange(200) + 1
    for frame in (20, 30):
        x = states.points[1][frame, :, 0] - 2 * CELL
        decay = np.exp(-((n * np.pi / (2 * length)) ** 2) * diffusivity * frame / 60)
        modes = np.sin(np.outer(x, n) * np.pi / (2 * length))
        exact = 400.0 - 100.0 * (modes * 4 / (np.pi * n) * decay).sum(1)
        layer = np.floor(x / CELL).astype(int)  # a cell's particles share its temperature
        off = [
            np.mean(states.temperatures[1][frame][layer == k] - exact[layer == k])
            for k in range(24)
        ]
        assert exact.max() - exact.min() > 30.0
        assert np.abs(off).max() < 1.0  # 1 % of the 100 K between wall and bar, 6 cells deep


def test_a_melting_front_moves_as_stefan_says():
    """s = 2 k sqrt(a t) with k exp(k^2) erf(k) = St / sqrt(pi) (one phase, at melting point)."""
    wax = still(330.0, conductivity=180.0, melting_point=330.0, melting_range=0.5, latent_heat=2e5)
    states = bar(wax, 41)
    number = 4000.0 * (400.0 - 330.0) / 2e5
    k = brentq(lambda k: k * np.exp(k * k) * erf(k) - number / np.sqrt(np.pi), 0.01, 3.0)
    for frame in (20, 40):
        front = 2 * k * np.sqrt(180e-6 / 4 * frame / 60)
        liquid_share = melted(wax, states.temperatures[1][frame]).mean()
        assert liquid_share * 24 * CELL == pytest.approx(front, rel=0.05)
    shares = melted(wax, states.temperatures[1]).mean(1)
    assert (np.diff(shares) > -1e-6).all()


def test_a_pool_cools_through_its_surface_as_newton_says():
    """C dT/dt = -film (T - air) per area; a Biot number of 0.04 keeps it at one temperature."""
    film, depth = 12000.0, 4 * CELL
    warm = still(360.0, conductivity=3000.0, film=film)
    high = (6 * CELL, 6 * CELL, depth)
    pool = liquid("pool", (0.0, 0.0, 0.0), high, warm)
    states = simulate(scene([pool], (6, 6, 8), CELL, frames=31, gravity=EARTH, air=290.0))
    rate = film / (1000.0 * 4000.0 * depth)
    warmth = states.temperatures[0].mean(1) - 290.0
    assert warmth[0] / warmth[-1] > 1.1
    kept = np.exp(-rate * states.times)
    np.testing.assert_allclose(warmth, 70.0 * kept, rtol=0.02)


@pytest.mark.slow
def test_two_liquids_come_to_the_common_temperature_and_lose_no_heat():
    """A hot column falls into a cold one; nothing around them takes heat."""
    hot = still(360.0, conductivity=1500.0)
    cold = still(290.0, conductivity=1500.0)
    middle, high = 8 * CELL, (16 * CELL, 4 * CELL, 10 * CELL)
    bodies = [
        liquid("hot", (0.0, 0.0, 0.0), (middle, *high[1:]), hot, viscosity=0.1),
        liquid("cold", (middle, 0.0, 0.0), (high[0], high[1], 5 * CELL), cold, viscosity=0.1),
    ]
    states = simulate(scene(bodies, (16, 4, 12), CELL, frames=61, gravity=EARTH))
    every = np.concatenate([states.temperatures[0], states.temperatures[1]], axis=1)
    common = (360.0 * 2 + 290.0) / 3
    np.testing.assert_allclose(every.mean(1), common, atol=0.01)  # K; float32 and fixed point
    assert every.min() >= 290.0 - 1e-3
    assert every.max() <= 360.0 + 1e-3
    assert np.ptp(every[-1]) < 0.1 * np.ptp(every[0])


def test_what_a_body_gains_the_liquid_loses():
    """A cold block in a hot bath: lumped, not held, no air."""
    iron = Thermal(temperature=300.0, conductivity=80.0, heat_capacity=450.0)
    low, high = (2 * CELL, 2 * CELL, 2 * CELL), (6 * CELL, 6 * CELL, 6 * CELL)
    bodies = [
        slab("block", low, high, iron, density=7800.0),
        *(
            liquid(name, (x, 0.0, 0.0), (x + 2 * CELL, 8 * CELL, 8 * CELL), still(380.0))
            for name, x in (("left", 0.0), ("right", 6 * CELL))
        ),
    ]
    states = simulate(scene(bodies, (8, 8, 8), CELL, frames=61))
    half = 1000.0 * 2 * 8 * 8 * CELL**3 * 4000.0
    heat = half * (states.temperatures[1].mean(1) + states.temperatures[2].mean(1))
    block = 7800.0 * 4**3 * CELL**3 * 450.0 * states.temperatures[0][:, 0]
    gained = block - block[0]
    assert gained[-1] > 0.2 * 7800.0 * 64 * CELL**3 * 450.0 * 80.0
    np.testing.assert_allclose(heat[0] - heat, gained, atol=0.01 * gained[-1])


@pytest.mark.slow
def test_what_is_frozen_stands_and_what_melts_flows():
    frozen = still(300.0, melting_point=330.0, melting_range=2.0, latent_heat=1e5)
    molten = still(340.0, melting_point=330.0, melting_range=2.0, latent_heat=1e5)
    floor = slab("floor", (0.0, 0.0, 0.0), (12 * CELL, 4 * CELL, 2 * CELL))
    heights, moved = {}, np.zeros(0)
    for name, thermal in (("frozen", frozen), ("molten", molten)):
        block = liquid(
            name, (0.0, 0.0, 2 * CELL), (4 * CELL, 4 * CELL, 10 * CELL), thermal, viscosity=0.1
        )
        spec = scene([floor, block], (12, 4, 12), CELL, frames=61, gravity=EARTH)
        states = simulate(spec)
        heights[name] = states.points[1][:, :, 2].max(1)
        if name == "frozen":
            moved = np.linalg.norm(states.points[1][-1] - states.points[1][0], axis=1)
    assert np.median(moved) < 0.5e-3  # 1 mm in 2 s
    assert np.percentile(moved, 99) < 1e-3
    assert heights["molten"][-1] < 7 * CELL


def test_warm_liquid_beside_cool_starts_to_rise_as_laplace_says():
    """The longest wave along x, under a free surface over a level floor (Laplace)."""
    count, cell, growth, warmer = (32, 4, 16), 0.02, 3e-3, 20.0
    wide, deep = 32 * cell, 12 * cell
    kinds = [
        Thermal(temperature=t, conductivity=1e-6, heat_capacity=4000.0, expansion=growth / 3)
        for t in (293.15 + warmer, 293.15)
    ]
    halves = [
        liquid("warm", (0.0, 0.0, 0.0), (wide / 2, 4 * cell, deep), kinds[0], viscosity=1e-6),
        liquid("cool", (wide / 2, 0.0, 0.0), (wide, 4 * cell, deep), kinds[1], viscosity=1e-6),
    ]
    states = simulate(scene(halves, count, cell, frames=2, gravity=EARTH))
    wave, depth = np.pi / wide, np.pi * deep / wide
    rises = [
        (states.point_velocities[k][1, :, 2] * np.cos(wave * states.points[k][0, :, 0])).mean()
        for k in (0, 1)
    ]
    wanted = 9.81 * growth * warmer * 2 / np.pi * (1 - np.tanh(depth) / depth)
    # The mean of both halves is half the wave's height; 12 cells deep, it is smeared a little.
    assert sum(rises) == pytest.approx(wanted * states.times[1], rel=0.03)


def test_enthalpy_rises_with_temperature_by_capacity_and_latent_heat():
    ice = Thermal(
        temperature=260.0, conductivity=1.0, heat_capacity=2000.0, melting_point=273.0,
        melting_range=1.0, latent_heat=334e3,
    )  # fmt: skip
    assert enthalpy(ice, 263.0) == pytest.approx(-20e3)
    assert enthalpy(ice, 283.0) == pytest.approx(20e3 + 334e3)
    assert melted(ice, 273.5) == pytest.approx(0.5)
    assert melted(ice, 280.0) == 1.0


def test_heat_that_outruns_the_steps_is_refused():
    spec = scene(
        [liquid("hot", (0.0, 0.0, 0.0), (0.01, 0.01, 0.01), still(400.0, conductivity=1e8))],
        (4, 4, 4),
        CELL,
        frames=2,
    )
    with pytest.raises(SimulationError, match="parts, bound"):
        simulate(spec)


def test_a_sagging_bar_of_soft_glass_does_not_drip():
    cell, glass = 1 / 64, Thermal(temperature=1200.0, conductivity=1.5, heat_capacity=1250.0)
    low, high = (0.5 * cell, 1.72 * cell, 7.0 * cell), (15.5 * cell, 6.28 * cell, 10.0 * cell)
    bar = liquid("bar", low, high, glass, density=2450.0, viscosity=1e4)
    blocks = [
        slab("left", (0.0, 0.0, 0.0), (3 * cell, 8 * cell, 7 * cell)),
        slab("right", (13 * cell, 0.0, 0.0), (16 * cell, 8 * cell, 7 * cell)),
    ]
    spec = scene([bar, *blocks], (16, 8, 12), cell, frames=37, gravity=EARTH, air=1200.0)
    points = simulate(spec).points[0] / cell
    middle = points[:, np.abs(points[0, :, 0] - 8.0) < 2.0, 2]
    assert middle[0].mean() - middle[-1].mean() > 1.0  # it sags
    # A face of the bar is bent by less than half a cell over these four.
    assert middle[-1].min() > np.percentile(middle[-1], 5) - 0.5
