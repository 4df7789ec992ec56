"""The gas solver against closed forms: eddies, conduction, rest, buoyancy, budgets, determinism."""

from dataclasses import replace

import numpy as np
import pytest
from gas_boxes import AIR_TEMPERATURE, air, flow_in_box, gas_scene, medium, still, vortex
from rigid_scenes import body, substance

from phys4d_pipeline.continuum import SIDES, Thermal
from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.gas import steps_per_frame
from phys4d_pipeline.simulate.gas.flow import INFLOW_BOUND
from tests.digests import digest_elsewhere

PIPE = {"radius": 0.05, "inner_radius": 0.04, "half_height": 0.1}


def strength(flow):
    return float(np.sqrt((flow.speeds(0) ** 2).sum()))


def inflow(flow):
    """What enters each cell, by the stored velocities of a box without bodies [m/s]."""
    return sum(-np.diff(flow.speeds(axis), axis=axis) for axis in range(3))


def test_an_eddy_decays_by_its_viscosity_alone():
    """Taylor and Green: exp(-2 nu k^2 t). Damping by the grid is under 0.4 % in 2 s."""
    for viscosity in (0.0, 2e-3):
        flow = flow_in_box((32, 4, 32), 1 / 32, medium(viscosity=viscosity), gravity=0.0)
        flow.begin(vortex(32), np.zeros((32, 4, 32), np.float32))
        start = strength(flow)
        for _ in range(64):
            flow.step(1 / 32)
        kept = strength(flow) / start
        # 0.4 %: what 32 cells at one cell a step lose (measured 0.27 %); at 64 cells it is 0.06 %.
        assert kept == pytest.approx(np.exp(-2 * viscosity * np.pi**2 * 2.0), rel=4e-3)
        assert np.abs(inflow(flow)).max() <= 1.01 * INFLOW_BOUND  # the fastest gas moves at 1 m/s


def test_damping_by_the_grid_falls_with_the_square_of_its_cells():
    lost = []
    for n in (16, 32):
        flow = flow_in_box((n, 4, n), 1 / n, medium(), gravity=0.0)
        flow.begin(vortex(n), np.zeros((n, 4, n), np.float32))
        start = strength(flow)
        for _ in range(n):
            flow.step(1 / n)
        lost.append(1.0 - strength(flow) / start)
    assert lost[1] < 0.3 * lost[0]  # second order: a quarter


def test_conduction_damps_a_wave_at_the_rate_of_the_heat_equation():
    """cos(pi x) in a closed unit box: exp(-pi^2 a t), within 1 %."""
    n, diffusivity = 32, 2e-3
    flow = flow_in_box((n, 4, 4), 1 / n, medium(diffusivity=diffusivity))
    wave = np.cos(np.pi * (np.arange(n) + 0.5) / n)
    flow.begin(still((n, 4, 4)), (wave[:, None, None] * np.ones((1, 4, 4))).astype(np.float32))
    for _ in range(600):
        flow.step(0.05)
    left = float((flow.warmth()[:, 0, 0] @ wave) / (wave @ wave))
    assert left == pytest.approx(np.exp(-(np.pi**2) * diffusivity * 30.0), rel=0.01)


def test_warm_air_above_cold_stays_at_rest():
    cells = (8, 8, 16)
    flow = flow_in_box(cells, 0.05, medium(expansion=1 / 300))
    layers = np.linspace(0.0, 30.0, 16, dtype=np.float32)
    flow.begin(still(cells), np.broadcast_to(layers, cells).astype(np.float32))
    for _ in range(60):
        flow.step(1 / 60)
    # Without pressure it would move at 10 m/s; single precision of pressures leaves 1e-6 of it.
    assert flow.fastest() < 1e-5
    np.testing.assert_allclose(flow.warmth()[3, 3], layers, atol=1e-3)


def test_a_warm_bubble_starts_with_two_thirds_of_its_buoyancy():
    """A sphere drags half its volume of fluid along: g beta T / (1 + 1/2) (Batchelor 1967, 6.8)."""
    n, cell, warmer, expansion = 48, 1 / 48, 1.0, 1e-3
    flow = flow_in_box((n, n, n), cell, medium(expansion=expansion))
    x, y, z = np.meshgrid(*[(np.arange(n) + 0.5) * cell - 0.5] * 3, indexing="ij")
    away = np.sqrt(x**2 + y**2 + z**2)
    # A radius of an eighth of the box: walls add 1 % to the fluid that is dragged along.
    share = np.clip(0.5 + (0.125 - away) / cell, 0.0, 1.0)
    flow.begin(still((n, n, n)), (warmer * share).astype(np.float32))
    seconds = 0.02
    for _ in range(2):
        flow.step(seconds / 2)
    upward = 0.5 * (flow.speeds(2)[:, :, 1:] + flow.speeds(2)[:, :, :-1])
    inside = away < 0.08
    acceleration = upward[inside].mean() / seconds
    assert acceleration == pytest.approx(9.81 * expansion * warmer / 1.5, rel=0.05)


def test_heat_is_kept_while_eddies_carry_it():
    n = 24
    flow = flow_in_box((n, 4, n), 1 / n, medium(), gravity=0.0)
    spot = np.zeros((n, 4, n), np.float32)
    spot[5:10, :, 5:10] = 100.0
    flow.begin(vortex(n), spot)
    before = flow.warmth().sum()
    for _ in range(2 * n):
        flow.step(1 / n)
    after = flow.warmth()
    assert after.sum() == pytest.approx(before, rel=1e-5)  # sums of single precision
    assert after.min() > -0.1  # three sweeps along the axes overshoot by less than 0.1 %
    assert after.max() < 100.1


def test_symmetric_gas_stays_symmetric():
    n = 24
    flow = flow_in_box((n, n, n), 0.02, medium(expansion=1 / 293), open_sides=SIDES)
    warm = np.zeros((n, n, n), np.float32)
    warm[8:16, 8:16, 4:8] = 50.0
    flow.begin(still((n, n, n)), warm)
    for _ in range(30):
        flow.step(1 / 60)
    heat = flow.warmth()
    # Sums in another order differ in the last bits, which eddies amplify.
    np.testing.assert_allclose(heat, heat[::-1], atol=0.05)
    np.testing.assert_allclose(heat, heat[:, ::-1], atol=0.05)
    assert flow.fastest() > 0.2


def _front_of_plume(power, seconds, steps, threshold):
    """Height that air warmer than a threshold has reached above a steady source [m]."""
    flame = replace(
        body("flame", "sphere", (0, 0, 0.04), {"radius": 0.02}, substance(density=0.3)),
        thermal=Thermal(temperature=1400.0, conductivity=0.1, heat_capacity=1e3, power=power),
        is_static=True,
    )
    cells, cell = (16, 16, 32), 0.01
    smoke = air("smoke", "box", {"half_extents": (0.02, 0.02, 0.005)}, (0, 0, 0.1))
    sides = tuple(side for side in SIDES if side != "-z")
    gas = medium(expansion=1 / 293)
    flow = flow_in_box(cells, cell, gas, open_sides=sides, bodies=(smoke, flame))
    flow.begin(still(cells), np.zeros(cells, np.float32))
    for _ in range(steps):
        flow.step(seconds / steps)
    layers = flow.warmth().max((0, 1))
    top = int(np.flatnonzero(layers > threshold)[-1])
    share = (layers[top] - threshold) / (layers[top] - layers[top + 1])
    return cell * (top + float(share)) - 0.04, float(flow.warmth().sum()) * cell**3 * 1000.0


def test_a_starting_plume_depends_on_power_and_time_as_turner_says():
    """Turner 1962: z depends on (power * t^3) only: eight times the power, half the time."""
    slow, heat = _front_of_plume(20.0, 0.9, 36, 5.0)
    fast, more = _front_of_plume(160.0, 0.45, 36, 20.0)
    assert 0.1 < slow < 0.26  # above the source, below the open side
    assert fast == pytest.approx(slow, rel=1e-3)  # the same steps in other units
    assert heat == pytest.approx(20.0 * 0.9, rel=1e-3)  # nothing has left the box yet
    assert more == pytest.approx(160.0 * 0.45, rel=1e-3)


@pytest.mark.parametrize(("rayleigh", "grows"), [(350.0, False), (1300.0, True)])
def test_convection_begins_beyond_rayleighs_number(rayleigh, grows):
    """Rayleigh 1916: smooth walls, 27 pi^4 / 4 = 657.5, for rolls sqrt(2) as wide as high."""
    cells, height = (16, 4, 11), 1.0
    cell, viscosity = height / 11, 0.01
    gas = medium(viscosity=viscosity, diffusivity=viscosity, expansion=1.0)
    gravity = rayleigh * viscosity**2
    flow = flow_in_box(cells, cell, gas, gravity=gravity)
    z = (np.arange(11) + 0.5) / 11
    x = (np.arange(16) + 0.5) / 16
    rolls = 0.02 * np.cos(np.pi * x)[:, None, None] * np.sin(np.pi * z) * np.ones((1, 4, 1))
    held = np.zeros(cells, np.float32)
    held[:, :, 0] = 2 * viscosity / cell**2  # walls half a cell below and above
    held[:, :, -1] = held[:, :, 0]
    towards = np.zeros(cells, np.float32)
    towards[:, :, 0] = held[:, :, 0]
    flow.heat_walls(held, towards)
    flow.begin(still(cells), (1.0 - z + rolls).astype(np.float32))
    speeds = []
    for step in range(240):
        flow.step(0.1)
        if step in (119, 239):
            speeds.append(flow.fastest())
    assert (speeds[1] > 1.05 * speeds[0]) is grows
    assert (speeds[1] < 0.95 * speeds[0]) is not grows


def test_an_inlet_blows_in_what_its_pipe_holds():
    """Outflow through the sides is bore * speed; smoke carries its heat along."""
    speed, column = 0.3, {"radius": 0.039, "half_height": 0.095}
    pipe = body("pipe", "pipe", (0, 0, 0.1), PIPE, is_static=True)
    smoke = air(
        "smoke", "cylinder", column, (0, 0, 0.104), temperature=393.15, velocity=(0, 0, speed)
    )
    spec = gas_scene([smoke, pipe], cells=(20, 20, 28), cell=0.02, frames=40)
    flow = flow_in_box((20, 20, 28), 0.02, medium(), open_sides=SIDES, bodies=(smoke, pipe))
    assert spec.bodies[0].is_free
    flow.begin(still((20, 20, 28)), np.zeros((20, 20, 28), np.float32))
    for _ in range(30):
        flow.step(1 / 60)
    out = sum(
        sign * 0.02**2 * np.moveaxis(flow.speeds(axis), axis, 0)[end].sum()
        for axis in range(3)
        for sign, end in ((-1, 0), (1, -1))
    )
    assert out == pytest.approx(speed * np.pi * 0.039**2, rel=0.05)  # 4 samples across a cell
    held = flow.warmth().sum() * 0.02**3
    assert held == pytest.approx(100.0 * out * 0.5, rel=0.03)  # K m3 after half a second


def test_smoke_leaves_its_pipe_and_keeps_out_of_what_is_in_its_way():
    pipe = body("pipe", "pipe", (0, 0, 0.1), PIPE, is_static=True)
    ball = body("ball", "sphere", (0.0, 0.0, 0.3), {"radius": 0.05}, is_static=True)
    smoke = air(
        "smoke",
        "cylinder",
        {"radius": 0.038, "half_height": 0.09},
        (0, 0, 0.109),
        temperature=393.15,
        velocity=(0, 0, 0.3),
    )
    spec = gas_scene([smoke, pipe, ball], cells=(20, 20, 28), cell=0.02, frames=60)
    states = simulate(spec)
    places = states.points[0].astype(np.float64)
    assert np.linalg.norm(places - ball.position, axis=2).min() > 0.05
    assert places[-1, :, 2].max() > 0.35
    waits = places[:, :, 2] < 0.19
    still_in = waits[:31].all(0)
    moved = places[30, still_in] - places[0, still_in]
    np.testing.assert_allclose(moved, [(0, 0, 0.15)] * len(moved), atol=2e-5)  # float32 places
    assert states.temperatures[0].max() < 393.2
    assert states.temperatures[0].min() > AIR_TEMPERATURE - 0.1
    assert {
        (int(a), int(b))
        for a, b in zip(states.contacts.object_a, states.contacts.object_b, strict=True)
    } == {(2, 1), (3, 1)}


def test_a_led_plate_pushes_the_gas_along():
    plate = replace(
        body("plate", "box", (-0.1, 0, 0.2), {"half_extents": (0.02, 0.1, 0.1)}),
        path=Path(times=(0.0, 1.0), shifts=((0.0, 0.0, 0.0), (0.25, 0.0, 0.0))),
    )
    smoke = air("smoke", "box", {"half_extents": (0.03, 0.08, 0.08)}, (-0.04, 0, 0.2))
    states = simulate(gas_scene([smoke, plate], cells=(24, 20, 20), frames=40))
    places = states.points[0].astype(np.float64)
    assert places[-1, :, 0].mean() - places[0, :, 0].mean() > 0.05
    ahead = places[:, :, 0] - states.poses[:, 1, None, 0]
    beside = (np.abs(places[:, :, 1]) < 0.1) & (np.abs(places[:, :, 2] - 0.2) < 0.1)
    assert np.abs(ahead[beside]).min() > 0.0199


def test_same_bytes_here_and_in_another_process():
    smoke = air("smoke", "sphere", {"radius": 0.06}, (0, 0, 0.1), temperature=400.0)
    spec = gas_scene([smoke], cells=(12, 12, 16), frames=6, unrest=0.05)
    digest = simulate(spec).digest()
    assert simulate(spec).digest() == digest
    assert digest_elsewhere(spec) == digest


def _smoke(**more):
    return air("smoke", "sphere", {"radius": 0.06}, (0, 0, 0.1), **more)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda spec: replace(spec, grid=None), "needs a grid"),
        (
            lambda spec: replace(
                spec, bodies=(body("a", "sphere", (0, 0, 1), {"radius": 0.1}, is_static=True),)
            ),
            "no body of form 'particles'",
        ),
        (
            lambda spec: replace(
                spec, bodies=(*spec.bodies, body("ball", "sphere", (0, 0, 0.3), {"radius": 0.02}))
            ),
            "'ball' is free",
        ),
        (
            lambda spec: replace(
                spec, grid=replace(spec.grid, open_sides=()), bodies=(_smoke(velocity=(0, 0, 0.1)),)
            ),
            "streams into a closed box",
        ),
        (
            lambda spec: replace(
                spec,
                bodies=(
                    *spec.bodies,
                    replace(
                        _smoke(),
                        name="other",
                        position=(0.0, 0.0, 0.3),
                        substance=replace(_smoke().substance, density=2.0),
                    ),
                ),
            ),
            "density of 'other'",
        ),
    ],
)
def test_scenes_that_are_no_gas_are_refused(change, message):
    spec = gas_scene([_smoke()], cells=(8, 8, 24))
    with pytest.raises(SceneError, match=message):
        simulate(change(spec))


def test_gas_that_outruns_its_steps_is_refused():
    spec = gas_scene([_smoke(temperature=4000.0)], cells=(8, 8, 24), wind=(5.0, 0.0, 0.0))
    flow = flow_in_box((8, 8, 24), 0.02, medium(), open_sides=SIDES)
    flow.begin([np.full_like(a, 20.0) for a in still((8, 8, 24))], np.zeros((8, 8, 24), np.float32))
    with pytest.raises(SimulationError, match="Raise the solver rate"):
        flow.step(1 / 60)
    assert steps_per_frame(spec) > 1
