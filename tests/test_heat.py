"""Heat in solids against closed forms: series, Newton, Stefan, Timoshenko, contact, balance."""

import re
from dataclasses import replace

import numpy as np
import pytest
from heat_scenes import AIR, COPPER, DENSITY, STEEL, along, clamp, layers, normals, scene, warm
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from phys4d_pipeline import shapes
from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.heat import World, _Simulation
from phys4d_pipeline.simulate.heat.cells import cells_of
from phys4d_pipeline.simulate.heat.steps import STEFAN_BOLTZMANN
from tests.digests import digest_elsewhere

LENGTH, SIDE = 0.1, 0.01
BAR = {"half_extents": (SIDE, SIDE, LENGTH / 2), "cells": (2.0, 2.0, 50.0)}
CUBE = {"half_extents": (SIDE, SIDE, SIDE)}
DIFFUSIVITY = COPPER["conductivity"] / DENSITY["copper"] / COPPER["heat_capacity"]
SHAPES = {
    "sphere": {"radius": 0.03},
    "cylinder": {"radius": 0.02, "half_height": 0.05},
    "hammer": {"length": 0.25},
    "torus": {"radius": 0.05, "tube_radius": 0.018},
}


def heated_bar(frames=61, rate=480):
    """A block of 1000 K against one end of a bar of 300 K."""
    below = warm("hot", "box", CUBE, 1000.0, at=(0, 0, 1 - LENGTH / 2 - SIDE), is_held=True)
    return scene([below, warm("bar", "soft_box", BAR, 300.0)], frames=frames, rate=rate, cell=0.002)


@pytest.fixture(scope="module")
def bar():
    spec = heated_bar()
    return spec, simulate(spec)


def test_a_bar_heated_at_one_end_follows_the_series(bar):
    """Carslaw and Jaeger 1959, 3.4 (1): one end at 1000 K, the other insulated."""
    spec, states = bar
    x, measured = along(spec, states, 1)
    n = np.pi * (np.arange(200) + 0.5)
    modes = 2 / n * np.sin(n * (x[:, None] + LENGTH / 2) / LENGTH)
    for frame in (20, 40, 60):
        decay = np.exp(-((n / LENGTH) ** 2) * DIFFUSIVITY * states.times[frame])
        exact = 1000.0 - 700.0 * modes @ decay
        np.testing.assert_allclose(measured[frame], exact, atol=7.0)  # 1 % of the 700 K


def test_no_point_is_hotter_or_colder_than_all_that_is_around(bar):
    heat = np.concatenate([each.ravel() for each in bar[1].temperatures.values()])
    assert heat.min() == 300.0
    assert heat.max() == 1000.0


def test_a_cosine_decays_at_its_own_rate():
    """exp(-alpha (pi / L)^2 t) in an insulated bar; set by hand, since bodies start uniform."""
    spec = scene([warm("bar", "soft_box", BAR, 600.0)], frames=31, rate=960, cell=0.002)
    simulation = _Simulation(spec)
    cells = simulation.world.warm[0].cells
    mode = np.cos(np.pi * (cells.place[:, 2] / LENGTH + 0.5))
    simulation.temperature += 200.0 * mode
    simulation.world.start[:] = simulation.temperature
    x, measured = along(spec, simulation.run(), 0)
    rate = DIFFUSIVITY * (np.pi / LENGTH) ** 2
    exact = 600.0 + 200.0 * np.cos(np.pi * (x / LENGTH + 0.5)) * np.exp(-rate * 0.5)
    np.testing.assert_allclose(measured[-1], exact, atol=1.0)  # 0.5 %: one cell in 50 at the ends


def test_a_small_ball_cools_by_newtons_law():
    """Lumped: Biot number h r / 3 k = 0.004."""
    own = {"conductivity": 4000.0, "film": 5000.0}
    ball = warm("ball", "sphere", {"radius": 0.01}, 800.0, **own)
    states = simulate(scene([ball], frames=121, cell=0.002))
    rate = 5000.0 * 3 / 0.01 / (DENSITY["copper"] * COPPER["heat_capacity"])
    expected = 500.0 * np.exp(-rate * states.times)
    measured = states.temperatures[0].mean(1) - AIR
    # The mesh has 0.4 % less area, the surface is 1 % of the difference colder than the middle.
    np.testing.assert_allclose(measured, expected, rtol=0.015)


def test_a_ball_of_biot_one_follows_the_series():
    """Incropera, Fundamentals of Heat and Mass Transfer, 7th ed., 5.6: zeta cot zeta = 1 - Bi."""
    radius, biot = 0.02, 1.0
    own = {"metal": "steel", "heat_capacity": 40.0, "film": biot * STEEL["conductivity"] / radius}
    spec = scene([warm("ball", "sphere", {"radius": radius}, 1300.0, **own)], frames=121)
    # First order in the cell: 2.2 % at the solver's own choice of 3 mm, 1.4 % at 2, 1.0 % at 1.4.
    spec = replace(spec, grid=Grid(low=(0.0, 0.0, 0.0), cell=0.002, cells=(40, 40, 40)))
    states = simulate(spec)
    zeta = np.array(
        [
            brentq(
                lambda z: z * np.cos(z) + (biot - 1) * np.sin(z), k * np.pi + 1e-6, (k + 1) * np.pi
            )
            for k in range(12)
        ]
    )
    factor = 4 * (np.sin(zeta) - zeta * np.cos(zeta)) / (2 * zeta - np.sin(2 * zeta))
    for frame in (30, 60, 120):
        fourier = STEEL["conductivity"] / DENSITY["steel"] / 40.0 * states.times[frame] / radius**2
        theta = factor * np.exp(-(zeta**2) * fourier) @ (np.sin(zeta) / zeta)
        measured = (states.temperatures[0][frame] - AIR) / 1000.0
        assert measured.mean() == pytest.approx(theta, rel=0.02)
        # Cubes cut by a sphere differ; the ball must not show them.
        assert np.ptp(measured) < 0.02 * theta


def test_a_hot_ball_radiates_by_the_law_of_stefan_and_boltzmann():
    radius, emissivity = 0.004, 0.8
    own = {"heat_capacity": 40.0, "emissivity": emissivity}
    states = simulate(
        scene([warm("ball", "sphere", {"radius": radius}, 1400.0, **own)], frames=121)
    )

    def rate(_, kelvin):
        flux = emissivity * STEFAN_BOLTZMANN * (kelvin**4 - AIR**4)
        return -3 * flux / (DENSITY["copper"] * 40.0 * radius)

    exact = solve_ivp(rate, (0.0, 2.0), [1400.0], rtol=1e-9).y[0, -1]
    fall = 1400.0 - states.temperatures[0][-1].mean()
    assert fall > 300.0
    assert fall == pytest.approx(1400.0 - exact, rel=0.01)  # the mesh has 0.4 % less area


def test_two_bars_meet_at_the_mean_weighted_by_effusivity():
    """Carslaw and Jaeger 1959, 2.15: (e1 T1 + e2 T2) / (e1 + e2), e = sqrt(k rho c)."""
    half = {"half_extents": (SIDE / 4, SIDE / 4, 0.03), "cells": (2.0, 2.0, 30.0)}
    cold = warm("cold", "soft_box", half, 300.0, at=(0, 0, 1.0))
    hot = warm("hot", "soft_box", half, 1200.0, at=(0, 0, 1.06), metal="steel")
    spec = scene([cold, hot], frames=31, rate=1920, cell=0.001)
    states = simulate(spec)
    ec = np.sqrt(COPPER["conductivity"] * COPPER["heat_capacity"] * DENSITY["copper"])
    es = np.sqrt(STEEL["conductivity"] * STEEL["heat_capacity"] * DENSITY["steel"])
    met = (300.0 * ec + 1200.0 * es) / (ec + es)
    for index, end in ((0, 0.03), (1, -0.03)):
        x, measured = along(spec, states, index)
        is_end = np.isclose(x, end) & (abs(normals(spec, index)[:, 2]) > 0.9)
        # From 0.1 s on, when the copper is warm to 3 mm deep; until the far ends notice at 2 s.
        np.testing.assert_allclose(measured[6:, is_end], met, atol=9.0)  # 1 % of the 900 K


@pytest.mark.parametrize("kind", SHAPES)
def test_cells_have_the_volume_and_the_area_of_the_body(kind):
    solid = shapes.build(Shape(kind=kind, parameters=SHAPES[kind]))
    cells = cells_of(solid, (solid.volume / 3000) ** (1 / 3))
    corners = solid.mesh.vertices[solid.mesh.faces]
    a, b, c = corners.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert cells.volume.sum() == pytest.approx(solid.volume)
    assert cells.wall.area.sum() == pytest.approx(area, rel=1e-3)
    centre = cells.volume @ cells.place / solid.volume
    assert np.abs(centre).max() < 2e-3 * solid.bounding_radius
    # Surface vectors of a closed body cancel, cell sizes are those of the region cut out.
    vectors = cells.wall.piece_area @ cells.wall.piece_normal
    assert np.abs(vectors).max() < 1e-3 * area


def test_a_hollow_ball_is_a_thin_shell_of_one_temperature_that_loses_heat_outside():
    solid = shapes.build(Shape(kind="hollow_ball", parameters={"radius": 0.05, "thickness": 1e-3}))
    cells = cells_of(solid, 0.005)
    assert len(cells.volume) == 1
    assert cells.wall.area.sum() == pytest.approx(4 * np.pi * 0.05**2, rel=5e-3)


def test_heat_is_neither_made_nor_lost():
    """To 1e-8 of what passes: the linear solver's tolerance, over film, radiation and power."""
    own = {"film": 2000.0, "emissivity": 0.9, "power": 3000.0}
    cold = warm("cold", "box", CUBE, 300.0, at=(0.005, 0, 1.0), power=100.0)
    hot = warm(
        "hot", "cylinder", {"radius": 0.01, "half_height": 0.02}, 1200.0, at=(0, 0, 1.03), **own
    )
    held = warm("held", "box", CUBE, 700.0, at=(0, 0, 0.98), is_held=True)
    simulation = _Simulation(scene([cold, hot, held], frames=61, cell=0.002))
    simulation.run()
    world = simulation.world
    gained = (world.capacity * (simulation.temperature - world.start))[~world.is_held].sum()
    given, released, taken = simulation.ledger
    assert min(given, released, abs(taken)) > 10.0  # [J]
    assert gained + given == pytest.approx(released + taken, abs=1e-8 * (abs(gained) + given))


def test_a_surface_that_is_covered_gives_nothing_to_the_air():
    """Two equal cubes face on face lose heat through 10 of 12 sides; one on the ground, 5."""
    own = {"film": 100.0, "conductivity": 1e5}
    pair = [warm(f"{k}", "box", CUBE, 800.0, at=(0, 0, 1 + 2 * SIDE * k), **own) for k in (0, 1)]
    alone = warm("alone", "box", CUBE, 800.0, at=(0.5, 0, 1.0), **own)
    stands = warm("stands", "box", CUBE, 800.0, at=(-0.5, 0, SIDE), **own)
    states = simulate(scene([*pair, alone, stands], frames=31, cell=0.004))
    fall = [-np.log((states.temperatures[k][-1].mean() - AIR) / 500.0) for k in range(4)]
    assert fall[0] / fall[2] == pytest.approx(5 / 6, rel=1e-3)
    assert fall[3] / fall[2] == pytest.approx(5 / 6, rel=1e-3)


def test_a_falling_ball_moves_as_the_engine_says_and_its_heat_goes_with_it():
    own = {"is_static": False, "emissivity": 0.8}
    spec = scene([warm("ball", "sphere", {"radius": 0.03}, 1300.0, **own)], frames=40, rate=1920)
    states = simulate(spec)
    np.testing.assert_allclose(
        states.poses[:20, 0, 2], 1.0 - 9.81 / 2 * states.times[:20] ** 2, atol=2e-3
    )
    assert (np.diff(states.temperatures[0].mean(1)) < 0).all()


@pytest.mark.parametrize("end", [-1, 1])
def test_a_bimetal_strip_bends_with_timoshenkos_curvature(end):
    """Timoshenko 1925, eq. 4, from a uniform temperature."""
    spec = scene([clamp(end), *layers(end, power=10000.0)], frames=31, cell=0.008)
    states = simulate(spec)
    low, high = (spec.bodies[k] for k in (1, 2))
    a, b = (2 * body.shape.parameters["half_extents"][2] for body in (low, high))
    m, n = a / b, low.substance.youngs_modulus / high.substance.youngs_modulus
    rise = states.temperatures[1][-1].mean() - 300.0
    strain = (high.thermal.expansion - low.thermal.expansion) * rise
    timoshenko = 6 * strain * (1 + m) ** 2
    timoshenko /= (a + b) * (3 * (1 + m) ** 2 + (1 + m * n) * (m**2 + 1 / (m * n)))
    vertices = shapes.mesh(low.shape).vertices
    tip = np.isclose(vertices[:, 0], -end * 0.2) & np.isclose(vertices[:, 2], a / 2)
    moved = states.points[1][-1][tip].mean(0) - states.points[1][0][tip].mean(0)
    assert rise > 100.0
    assert np.ptp(states.temperatures[1][-1]) < 0.02 * rise
    # The tip of an arc of this curvature: -(1 - cos(kappa L)) / kappa; without weight here.
    sag = (1 - np.cos(timoshenko * 0.4)) / timoshenko
    assert -moved[2] == pytest.approx(sag, rel=5e-3)  # the strip grows by 0.2 %, too


def test_a_strip_sags_under_its_weight_as_a_beam_does():
    """w L^4 / (8 E I) at the tip of a cantilever, small deflection."""
    spec = scene([clamp(-1), *layers(-1, modulus=(1e11, 1e11))], frames=2, cell=0.008)
    points = simulate(spec).points[1][0]
    half = spec.bodies[1].shape.parameters["half_extents"]
    tip = shapes.mesh(spec.bodies[1].shape).vertices[:, 0] > 0.1999
    sag = spec.bodies[1].position[2] - points[tip, 2].mean()
    height = 4 * half[2]
    expected = 8000.0 * 9.81 * height * 0.4**4 / (8 * 1e11 * height**3 / 12)
    assert sag == pytest.approx(expected, rel=0.01)  # 50 arcs for a curve


def test_bad_scenes_are_one_clear_line():
    melting = warm("ice", "sphere", {"radius": 0.1}, 270.0, latent_heat=3e5, melting_point=273.0)
    single = layers(-1)[0]
    free = layers(-1)
    for bodies, message in (
        ([melting], "cannot take melting of 'ice' (latent_heat 300000"),
        ([replace(melting, thermal=None)], "without a body that has `thermal`"),
        ([clamp(-1), single], "'lower' is bonded to 0 others and needs one"),
        (free, "'lower' must be held at one end by a static body"),
    ):
        with pytest.raises(SceneError, match=re.escape(message)) as caught:
            simulate(scene(bodies, frames=2))
        assert "\n" not in str(caught.value)


def test_too_many_cells_and_absurd_heat_are_refused():
    with pytest.raises(SceneError, match="do not fit in memory"):
        World(scene([warm("cube", "box", {"half_extents": (1.0, 1.0, 1.0)}, 300.0)], cell=1e-3))
    hot = warm("cube", "box", CUBE, 300.0, power=1e8)
    with pytest.raises(SimulationError, match=r"allowed 1 to 100000 K .*Lower power"):
        simulate(scene([hot], frames=10, cell=0.005))


def test_same_scene_same_bytes_in_another_process():
    spec = heated_bar(frames=4)
    assert simulate(spec).digest() == simulate(spec).digest() == digest_elsewhere(spec)
