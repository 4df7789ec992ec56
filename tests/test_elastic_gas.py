"""Gas in skins against closed forms: gradients, spin, Laplace, breathing, lift, jets."""

from dataclasses import replace

import numpy as np
import pytest
from gas_scenes import (
    HELIUM,
    LATEX,
    RADIUS,
    STRETCH,
    THICKNESS,
    WARM,
    balloon,
    blown,
    double,
    in_vacuum,
    radii,
)
from rigid_scenes import EARTH
from rigid_scenes import body as rigid
from scipy.optimize import brentq

from phys4d_pipeline import shapes
from phys4d_pipeline.air import GAS_CONSTANT, PRESSURE, Gas, Valve, density
from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.motion.gas import available_energy, chamber, gas_energy, jet, volumes
from phys4d_pipeline.motion.rubber import balloon_pressure, energy_density
from phys4d_pipeline.motion.skins import skin
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.simulate import elastic, simulate
from phys4d_pipeline.simulate.elastic import Simulation
from phys4d_pipeline.simulate.elastic.chambers import chamber_forces
from phys4d_pipeline.simulate.elastic.skins import skin_forces
from phys4d_pipeline.simulate.recorder import Recorder
from phys4d_pipeline.states import check_states

AIR = density(PRESSURE, WARM)


def potato(seed=3):
    """A balloon's vertices, stretched unevenly and dented."""
    mesh = shapes.mesh(balloon().shape)
    dents = 1 + 0.1 * np.sin(mesh.vertices @ np.random.default_rng(seed).normal(size=(3, 3)) * 40)
    return mesh.vertices * dents * (2.6, 2.2, 2.0)


def pushes(simulation):
    """Of gas and air on all points [N], without the weight that what moves along has not."""
    world, made = simulation.world, simulation.elastic
    world.points.force[:] = 0.0
    skin_forces(made.skins, world.points)  # sets normals and areas
    world.points.force[:] = 0.0
    gravity = world.laws.gravity
    chamber_forces(
        made.chambers, made.skins, made.air, world.points, gravity, world.tally.work, 0.0, 1e-4
    )
    carried = made.chambers.share[:, None] * made.chambers.lump[0] * gravity
    return world.points.force + carried


@pytest.mark.parametrize("exponent", [1.0, 1.4])
def test_gas_presses_with_the_gradient_of_its_energy(exponent):
    body = balloon(deformed=potato(), gas={"adiabatic_exponent": exponent, "molar_mass": HELIUM})
    spec = blown([body], gravity=-EARTH)
    simulation = Simulation(spec, Recorder(spec, elastic.VERSION))
    places, one = simulation.world.points.place, chamber(body)
    force = pushes(simulation)
    found = np.empty((4, 3))
    rows = np.random.default_rng(0).integers(len(places), size=4)
    step = 1e-6
    for k, row in enumerate(rows):
        for axis in range(3):
            energies = []
            for sign in (1, -1):
                places[row, axis] += sign * step
                pushes(simulation)
                chambers = simulation.elastic.chambers
                now = np.array([[chambers.amount[0], chambers.pressure[0]]])
                energies.append(gas_energy(one, places[None], now, np.array(spec.gravity), WARM)[0])
                places[row, axis] -= sign * step
            found[k, axis] = -(energies[0] - energies[1]) / (2 * step)
    # Energies of 5 J to 1e-15 over steps of 1e-6 m: 1e-8 N of 1 N.
    np.testing.assert_allclose(found, force[rows], atol=1e-6 * np.abs(force).max())


def test_buoyancy_is_the_weight_of_the_air_less_that_of_the_gas():
    body = balloon(deformed=potato(), gas={"molar_mass": HELIUM})
    spec = blown([body], gravity=-EARTH)
    simulation = Simulation(spec, Recorder(spec, elastic.VERSION))
    one = chamber(body)
    inside = float(volumes(np.array(body.points)[one.kept], one.faces))
    lift = EARTH * (AIR * inside - HELIUM * body.gas.amount)
    np.testing.assert_allclose(pushes(simulation).sum(0), (0, 0, lift), atol=1e-9 * PRESSURE)


def test_rubber_pulls_with_the_gradient_of_its_energy_and_the_pressure_of_a_balloon():
    h = 1e-5
    for stretch in (1.2, 2.4, 4.0):
        energies = [
            4 * np.pi * RADIUS**2 * energy_density(2 * s**2, s**4, THICKNESS * 1e6)
            for s in (stretch + h, stretch - h)
        ]
        slope = (energies[0] - energies[1]) / (2 * h)
        pressure = slope / (4 * np.pi * RADIUS**3 * stretch**2)
        assert balloon_pressure(stretch, RADIUS, THICKNESS, 1e6) == pytest.approx(
            pressure, rel=1e-6
        )
    # Small stretches both ways: sigma = E e / (1 - nu), nu = 0.5, and p = 2 t sigma / r.
    expected = 2 * THICKNESS / RADIUS * 1e6 * 1e-4 / 0.5
    assert balloon_pressure(1.0001, RADIUS, THICKNESS, 1e6) == pytest.approx(expected, rel=1e-3)


def test_a_dented_balloon_without_torque_never_turns_or_drifts():
    """What XPBD failed: spurious spin. Dents ring, momenta stay at rounding."""
    spec = blown([balloon(deformed=potato())], frames=31)
    simulation = Simulation(spec, Recorder(spec, elastic.VERSION))
    simulation.elastic.air.density[0] = 0.0
    states = simulation.run()
    points = simulation.world.points
    arms = points.place - np.average(points.place, axis=0, weights=points.mass)
    size = np.linalg.norm(arms, axis=1)
    fastest = np.sqrt(2 * states.kinetic_energy.max() / points.mass.sum())
    scale = points.mass @ size * fastest
    turning = points.mass @ np.cross(arms, points.speed)
    assert fastest > 0.1
    assert np.abs(turning).max() < 1e-9 * scale
    assert np.abs(points.mass @ points.speed).max() < 1e-9 * points.mass.sum() * fastest


def test_a_balloon_that_spins_keeps_its_angular_momentum():
    spec = blown([balloon(angular_velocity=(0.0, 3.0, 4.0))], frames=31)
    states = in_vacuum(spec)
    places, speeds = double(states.points[0]), double(states.point_velocities[0])
    weights = skin(spec.bodies[0]).masses
    turning = np.einsum("p,tpx->tx", weights, np.cross(places - (0, 0, 1), speeds))
    # Stored in float32; spread gas has the shape of the skin, so shares of mass cancel.
    np.testing.assert_allclose(turning, turning[:1].repeat(31, 0), atol=1e-6 * turning.max())


@pytest.mark.parametrize("start", [2.25, 2.75])
def test_a_balloon_finds_the_radius_of_laplace(start):
    """nRT / V less the air's pressure is 2 T / r of rubber, from larger and from smaller."""
    body = balloon(start=start, made_of=replace(LATEX, damping=2e-3))
    states = in_vacuum(blown([body], frames=40))
    mesh = shapes.mesh(body.shape)
    full = float(volumes(mesh.vertices, mesh.faces.astype(np.int64)))

    def off(stretch):
        inside = body.gas.amount * GAS_CONSTANT * WARM / (full * stretch**3)
        return inside - PRESSURE - balloon_pressure(stretch, RADIUS, THICKNESS, 1e6)

    exact = RADIUS * brentq(off, 1.5, 3.5)
    assert exact == pytest.approx(STRETCH * RADIUS, rel=1e-6)
    # 3 % is asked; flat triangles hold 2 % less than a sphere of this coarseness.
    np.testing.assert_allclose(radii(states)[-10:], exact, rtol=5e-3)
    gauge = double(states.gas[0])[-1, 1] - PRESSURE
    assert gauge == pytest.approx(
        balloon_pressure(radii(states)[-1] / RADIUS, RADIUS, THICKNESS, 1e6), rel=0.03
    )


@pytest.mark.parametrize("exponent", [1.0, 1.4])
def test_a_ball_breathes_at_the_frequency_of_gas_and_skin(exponent):
    body = balloon(start=STRETCH, gas={"adiabatic_exponent": exponent})
    body = replace(body, substance=replace(LATEX, damping=0.0))
    mesh, one = shapes.mesh(body.shape), skin(body)
    pushed = STRETCH * RADIUS * 1.002
    body = balloon(
        start=pushed / RADIUS,
        made_of=replace(LATEX, damping=0.0),
        gas={"adiabatic_exponent": exponent, "temperature": WARM * 1.002 ** (3 - 3 * exponent)},
    )
    fps = 3000
    states = in_vacuum(blown([body], frames=120, fps=fps, rate=12000))
    full = float(volumes(mesh.vertices, mesh.faces.astype(np.int64)))
    pressure = body.gas.amount * GAS_CONSTANT * WARM / (full * STRETCH**3)

    def energy(stretch):
        inside = full * stretch**3
        now = pressure * (STRETCH / stretch) ** (3 * exponent)
        gas = available_energy(np.array([now]), np.array([inside]), exponent)[0]
        return gas + one.areas.sum() * energy_density(2 * stretch**2, stretch**4, one.rubber)

    h = 1e-3
    bent = (energy(STRETCH + h) - 2 * energy(STRETCH) + energy(STRETCH - h)) / (h * RADIUS) ** 2
    moving = one.masses.sum() + body.gas.amount * body.gas.molar_mass
    expected = np.sqrt(bent / moving) / (2 * np.pi)
    off = radii(states) - radii(states).mean()
    crossings = np.flatnonzero((off[1:] > 0) != (off[:-1] > 0))
    exact = crossings + off[crossings] / (off[crossings] - off[crossings + 1])
    found = fps / 2 / np.diff(exact).mean()
    assert len(crossings) > 8
    # Triangles of 20 mm are flat: gas moves them by up to 1 % less than a sphere's skin.
    assert found == pytest.approx(expected, rel=0.02)


def test_a_helium_balloon_sets_off_as_its_lift_and_added_mass_say():
    body = balloon(gas={"molar_mass": HELIUM})
    states = simulate(blown([body], frames=8, gravity=-EARTH))
    one = chamber(body)
    inside = float(volumes(np.array(body.points)[one.kept], one.faces))
    gas, rubber = HELIUM * body.gas.amount, skin(body).masses.sum()
    expected = EARTH * (AIR * inside - gas - rubber) / (rubber + gas + AIR * inside / 2)
    speed = double(states.velocities)[-1, 0, 2]
    # Drag has taken (v / terminal speed)^2 / 3 = 0.3 % of it by then.
    assert speed / states.times[-1] == pytest.approx(expected, rel=0.01)


def test_a_helium_balloon_keeps_its_terminal_speed():
    body = balloon(gas={"molar_mass": HELIUM})
    one = chamber(body)
    inside = float(volumes(np.array(body.points)[one.kept], one.faces))
    lift = EARTH * (AIR * inside - HELIUM * body.gas.amount - skin(body).masses.sum())
    front = np.pi * (0.75 / np.pi * inside) ** (2 / 3)
    speeds = {drag: np.sqrt(2 * lift / (AIR * drag * front)) for drag in (0.5, 0.4)}
    for drag, sign in ((0.5, 1), (0.4, -1)):
        moving = replace(body, linear_velocity=(0.0, 0.0, float(speeds[drag])))
        states = simulate(blown([moving], frames=20, gravity=-EARTH))
        gained = double(states.velocities)[-1, 0, 2] - double(states.velocities)[2, 0, 2]
        # Slower than by a coefficient of 0.5 it speeds up, faster than by 0.4 it slows down.
        assert sign * gained > 0.0


def test_nozzles_choke_and_push_as_the_books_say():
    air = 0.0289652
    flow, speed = jet(np.array([3e5]), np.array([1e5]), np.array([WARM]), air)
    sound = np.sqrt(1.4 * GAS_CONSTANT * WARM / 1.2 / air)
    assert speed[0] == pytest.approx(sound, rel=1e-12)
    # 0.04042 p / sqrt(T) for air [kg/s/m2] (NASA, mass flow choking).
    assert flow[0] * air == pytest.approx(0.04042 * 3e5 / np.sqrt(WARM), rel=1e-3)
    flow, speed = jet(np.array([PRESSURE + 100.0]), np.array([PRESSURE]), np.array([WARM]), air)
    assert speed[0] == pytest.approx(np.sqrt(2 * 100.0 / AIR), rel=1e-3)  # Bernoulli
    assert flow[0] * air * speed[0] == pytest.approx(200.0, rel=1e-3)


def test_a_leaking_balloon_gains_the_momentum_that_its_gas_loses():
    valve = Valve(point=0, area=1e-4, opens=0.05)
    body = balloon(gas={"valve": valve})
    spec = blown([body], frames=40)
    states = in_vacuum(spec)
    gas, molar = double(states.gas[0]), body.gas.molar_mass
    assert gas[3, 0] == gas[0, 0] > gas[4, 0] > 1.2 * gas[-1, 0]
    one = chamber(body)
    places, speeds = (
        double(a)[:, one.kept] for a in (states.points[0], states.point_velocities[0])
    )
    weights = skin(body).masses
    total = weights.sum() + gas[:, 0] * molar
    speed = np.einsum("p,tpx->tx", weights / weights.sum(), speeds)
    out = places[:, one.valve] - places.mean(1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    warm = np.full(len(gas), WARM)
    flow, leaves = jet(gas[:, 1], np.full(len(gas), PRESSURE), warm, molar)
    rate = (valve.area * molar * flow)[:, None] * (leaves[:, None] * out + speed)
    rate[:3] = 0.0
    lost = np.cumsum((rate[1:] + rate[:-1]) / 2 / spec.fps, axis=0)
    gained = (total[:, None] * speed)[1:]
    # The jet turns with the skin at its mouth by less than a hundredth of a radian.
    np.testing.assert_allclose(gained[-1], -lost[-1], atol=0.02 * np.abs(lost[-1]).max())
    check_states(spec, states)


def test_a_pump_blows_a_ball_up_and_its_work_covers_all_energy():
    valve = Valve(point=0, area=2e-4, supply=1.1e5)
    body = balloon(stretch=1.05, gas={"valve": valve})
    states = simulate(blown([body], frames=40))
    total = states.total_energy - states.work
    assert radii(states)[-1] > 1.8 * RADIUS
    assert (np.diff(total) < 0).all()
    assert states.work[-1] > 1.05 * (states.total_energy[-1] - states.total_energy[0]) > 0


@pytest.mark.slow
def test_a_plate_on_an_air_ball_is_carried_by_pressure_times_area():
    made_of = replace(LATEX, poissons_ratio=0.4, youngs_modulus=5e6, damping=1e-3)
    ball = balloon(stretch=1.0, made_of=made_of, edge=0.01, height=RADIUS + 1e-3)
    ball = replace(ball, points=(), gas=Gas(amount=ball.gas.amount * 1.03))
    shape = {"half_extents": (0.1, 0.1, 0.02)}
    down = Path(times=(0.0, 0.3), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, -0.03)))
    plate = rigid("plate", "box", (0, 0, 2 * RADIUS + 0.023), shape, path=down)
    states = simulate(blown([ball, plate], frames=36, gravity=-EARTH, rate=6000))
    places, faces = double(states.points[0]), chamber(ball).faces
    gauge = double(states.gas[0])[:, 1] - PRESSURE
    under = double(states.poses)[:, 1, 2] - 0.02
    a, b, c = np.moveaxis(places[:, faces], -2, 0)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=-1) / 2
    flat = (places[:, faces, 2] > under[:, None, None] - 1.5e-3).mean(-1)
    carried = (gauge * (areas * flat).sum(1))[-10:].mean()
    touch = states.contacts
    pressed = (touch.object_a == 2) & (touch.object_b == 1) & (touch.frame >= 26)
    load = double(touch.impulse[pressed]).sum() * 60 / 10
    assert load > 5.0
    # The rim of a patch of 40 mm is uncertain by half a triangle of 10 mm.
    assert carried == pytest.approx(load, rel=0.15)


@pytest.mark.slow
def test_a_bouncing_balloon_passes_every_law():
    body = balloon(height=0.3, linear_velocity=(0.3, 0.0, -2.0), angular_velocity=(0.0, 2.0, 1.0))
    spec = blown([body], frames=60, gravity=-EARTH, rate=6000)
    states = simulate(spec)
    checks = {check.name: check for check in physics_checks(spec, states)}
    assert states.in_contact.any() and not states.in_contact.all()
    assert {name for name, check in checks.items() if not check.passed} == set()
    assert {"chamber_balance", "chamber_spin", "chamber_lift", "energy_rise"} <= set(checks)
    assert states.digest() == simulate(spec).digest()
