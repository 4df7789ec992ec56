"""Liquids against closed forms and experiments: falls, waves, pressures, outflow, dam breaks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.kernels import start
from phys4d_pipeline.scene import SceneSpec, Shape
from phys4d_pipeline.shapes import build
from phys4d_pipeline.simulate import liquid, simulate
from phys4d_pipeline.simulate.liquid.filling import fill
from phys4d_pipeline.states import States
from tests.liquid_scenes import (
    CELL,
    GRAVITY,
    RAISED,
    WATER,
    filled,
    grid,
    liquid_scene,
    poured,
    wall,
)

MARTIN_MOYCE = {
    1.44: 1.19,
    1.67: 1.43,
    1.89: 1.63,
    2.11: 1.82,
    2.33: 1.97,
    2.56: 2.20,
    2.78: 2.32,
    3.00: 2.50,
    3.22: 2.64,
    3.44: 2.82,
    3.67: 2.96,
}
"""Place of the front over the base a of a column twice as high -> time over sqrt(a / (2 g)):
Martin and Moyce 1952, table 2, a = 2.25 inches, as the validation of the solver Lethe quotes it."""


def flow_of(spec: SceneSpec) -> liquid.Flow:
    start()
    assert spec.grid is not None
    return liquid.Flow(
        spec, spec.grid, fill(spec, spec.grid), [build(body.shape) for body in spec.bodies]
    )


def in_cells(points: np.ndarray) -> np.ndarray:
    """Places of particles in cells from the grid's lowest corner."""
    return (points.astype(np.float64) - (0.0, 0.0, RAISED)) / CELL


def everything(states: States) -> tuple[np.ndarray, np.ndarray]:
    """(T, N, 3) places and velocities of all liquid."""
    indices = sorted(states.points)
    places = np.concatenate([states.points[index] for index in indices], 1)
    return places, np.concatenate([states.point_velocities[index] for index in indices], 1)


def energy_rise(states: States) -> float:
    """Largest rise over the most energy that was in motion or changed its form [1]."""
    energy = states.total_energy - states.work
    scale = max(states.kinetic_energy.max(), np.ptp(states.potential_energy))
    return float((energy - np.minimum.accumulate(energy)).max() / scale)


def test_a_block_of_liquid_falls_on_a_parabola():
    body = filled("block", (3, 3, 14), (9, 8, 20), velocity=(0.3, 0.0, 0.0))
    states = simulate(liquid_scene([body], grid((16, 12, 24)), seconds=0.15))
    middle, times = states.points[0].mean(1, dtype=np.float64), states.times[:, None]
    fall = middle[0] + times * (0.3, 0.0, 0.0) + times**2 * (0.0, 0.0, -GRAVITY / 2)
    np.testing.assert_allclose(middle, fall, atol=2e-3 * CELL)  # float32 places of 20 cells
    shape = states.points[0] - middle[:, None]
    # Its random lattice is a little too dense here and there: the correction shifts particles.
    np.testing.assert_allclose(shape, np.tile(shape[:1], (len(shape), 1, 1)), atol=0.05 * CELL)


def test_still_water_keeps_its_level_and_its_pressure_is_that_of_its_weight():
    spec = liquid_scene([filled("water", (0, 0, 0), (8, 8, 8))], grid((8, 8, 12)), seconds=0.5)
    flow = flow_of(spec)
    for _ in range(spec.num_frames - 1):
        flow.frame()
    points, speeds = flow.points()
    places = in_cells(points[0])
    assert abs(2 * places[:, 2].mean() / 8 - 1) < 0.002  # the issue asks for 0.02
    assert np.abs(speeds[0]).max() < 0.005  # [m/s], of the falls of 2 cm in half a minute
    depth = (8 - 0.5 - np.arange(8)) * CELL
    pressure = flow.pressure_pa().mean((0, 1))[:8]
    np.testing.assert_allclose(pressure, 1000 * GRAVITY * depth, rtol=0.02)


def test_waves_between_walls_swing_at_their_frequency():
    """Airy: f = sqrt(g k tanh(k h)) / (2 pi); started as a step, whose centre swings so."""
    length, depth = 24, 10
    bodies = [
        filled("left", (0, 0, 0), (length / 2, 4, depth + 0.5)),
        filled("right", (length / 2, 0, 0), (length, 4, depth - 0.5)),
    ]
    states = simulate(liquid_scene(bodies, grid((length, 4, 16)), seconds=1.2))
    swing = everything(states)[0][:, :, 0].mean(1) / CELL - length / 2
    turns = np.flatnonzero(swing[:-1] * swing[1:] < 0)
    crossings = turns + swing[turns] / (swing[turns] - swing[turns + 1])
    wave_number = np.pi / (length * CELL)
    expected = np.sqrt(GRAVITY * wave_number * np.tanh(wave_number * depth * CELL)) / (2 * np.pi)
    measured = 60 / (2 * np.diff(crossings).mean())
    assert measured == pytest.approx(expected, rel=0.03)  # asked for; the wave is 5 % high
    heights = [np.ptp(swing[a:b]) for a, b in itertools.pairwise(turns)]
    assert max(heights) / heights[0] < 1.05 and min(heights) / heights[0] > 0.8


def test_blocks_that_meet_in_space_keep_their_momentum():
    bodies = [
        filled("a", (2, 4, 4), (8, 10, 10), velocity=(1.0, 0.0, 0.0)),
        filled("b", (12, 6, 4), (18, 12, 10), velocity=(-1.0, 0.0, 0.5)),
    ]
    states = simulate(liquid_scene(bodies, grid((22, 18, 16)), seconds=0.1, gravity=0.0))
    places, speeds = everything(states)
    momentum = speeds.mean(1, dtype=np.float64)
    assert states.kinetic_energy[-1] < 0.8 * states.kinetic_energy[0]  # they did meet
    # Of the 0.5 m/s exchanged; faces at the surface hold less liquid than the pressure assumes.
    np.testing.assert_allclose(momentum, momentum[:1].repeat(len(momentum), 0), atol=0.02 * 0.5)
    spin = np.cross(places - places.mean(1, keepdims=True), speeds).mean(1)
    np.testing.assert_allclose(spin[-1], spin[0], atol=0.05 * np.abs(spin[0]).max())
    assert energy_rise(states) < 0.01


def test_a_dam_breaks_with_the_acceleration_of_potential_flow():
    """Laplace's equation for the pressure of a column let go: 2 g / H sum tanh(k a) cos(k z) / k.

    Inside the column at x: sinh(k x) / cosh(k a) instead of the tanh.
    """
    base, height, dt = 16, 32, 1e-4
    flow = flow_of(
        liquid_scene([filled("column", (0, 0, 0), (base, 4, height))], grid((24, 4, 36)))
    )
    flow.step(dt)
    gained = flow.fields.read("u")[0][:, :4, :height].mean(1) * CELL / dt / GRAVITY
    heights = np.arange(height) + 0.5
    wave_numbers = (2 * np.arange(200) + 1) * np.pi / (2 * height)
    for x, tolerance in ((8, 0.01), (12, 0.01), (15, 0.02)):
        share = np.sinh(wave_numbers * x) / np.cosh(wave_numbers * base)
        exact = 2 / height * np.cos(np.outer(heights, wave_numbers)) @ (share / wave_numbers)
        # The toe, where it is infinite, and the top, where it is 0, are left out.
        np.testing.assert_allclose(gained[x][2:-4], exact[2:-4], rtol=tolerance)


@pytest.mark.slow
def test_a_dam_breaks_as_in_the_experiment_of_martin_and_moyce():
    """Times from Z = 1.44 on, when the front had left the dam behind.

    In the experiment the dam (a membrane, melted) went in a finite time: at T = 0.84 the front was
    at 1.23, where potential flow let go at once is beyond 1.4 by its initial acceleration alone.
    """
    base = 16
    states = simulate(
        liquid_scene(
            [filled("column", (0, 0, 0), (base, 4, 2 * base))],
            grid((66, 4, 36)),
            seconds=0.34,
            fps=240,
            rate=240,
        )
    )
    points = in_cells(states.points[0])
    front = np.quantile(points[:, :, 0], 0.9995, axis=1) / base  # but for four drops
    time = states.times / np.sqrt(base * CELL / (2 * GRAVITY))
    stations = np.array(list(MARTIN_MOYCE))
    passed = np.interp(stations, front, time)
    since = np.array(list(MARTIN_MOYCE.values())) - MARTIN_MOYCE[1.44]
    np.testing.assert_allclose((passed - passed[0])[3:], since[3:], rtol=0.10)
    speed = np.polyfit(time[front > 2], front[front > 2], 1)[0]
    measured = np.polyfit(list(MARTIN_MOYCE.values())[4:], stations[4:], 1)[0]
    assert speed == pytest.approx(measured, rel=0.10)
    assert energy_rise(states) < 0.01


def test_liquid_leaves_a_slot_with_the_speed_of_its_fall():
    """Torricelli, for a slot on the floor: v = sqrt(2 g (level - depth of the jet))."""
    width, depth, level, slot = 20, 4, 24, 6
    spec = liquid_scene(
        [
            filled("water", (0, 0, 0), (width, depth, level)),
            wall("gate", (width, -1, slot), (width + 1, depth + 1, level + 8)),
        ],
        grid((width + 20, depth, level + 2), open_sides=("+x",)),
        seconds=0.35,
    )
    states = simulate(spec)
    for frame in (15, 18, 21):
        places = in_cells(states.points[0][frame])
        speeds = np.linalg.norm(states.point_velocities[0][frame], axis=1)
        behind = (places[:, 0] < width).sum() / (8 * width * depth)
        beyond = places[:, 0] - width
        jet = (beyond > 1.5 * slot) & (beyond < 2.5 * slot)  # where it has contracted
        thickness = jet.sum() / (8 * slot * depth)
        ideal = np.sqrt(2 * GRAVITY * CELL * (behind - thickness))
        assert speeds[jet].mean() == pytest.approx(ideal, rel=0.10)
    left = in_cells(states.points[0][-1])
    assert (left[:, 0] > width + 20).any()  # through the open side, and down to the ground
    assert left[:, 2].min() > -RAISED / CELL - 1e-3


def test_a_jet_from_below_fills_a_tank_at_its_rate():
    """Level = what flowed in / floor; the pump's work is what the liquid gained, and was lost."""
    half, speed = 2.0, 0.5
    box = Shape(kind="box", parameters={"half_extents": (half * CELL, half * CELL, 30 * CELL)})
    bodies = [
        poured("jet", box, (6, 6, -30), velocity=(0.0, 0.0, speed)),
        filled("pool", (0, 0, 0), (12, 12, 6)),
    ]
    states = simulate(liquid_scene(bodies, grid((12, 12, 16)), seconds=0.5))
    places, _ = everything(states)
    inside = in_cells(places[-1])
    inside = inside[inside[:, 2] > 0]
    inflow = speed * states.times[-1] / CELL * (2 * half) ** 2
    assert len(inside) / 8 == pytest.approx(12 * 12 * 6 + inflow, rel=0.005)  # half a layer
    assert 2 * inside[:, 2].mean() == pytest.approx(6 + inflow / 12**2, rel=0.02)
    assert states.work[-1] > 0 and energy_rise(states) < 0.01


@pytest.mark.slow
def test_a_broken_dam_keeps_its_volume_while_it_swings():
    """In the third second: particles in the lowest layers, all covered, against full cells."""
    states = simulate(
        liquid_scene(
            [filled("column", (0, 0, 0), (8, 4, 12))], grid((16, 4, 20)), seconds=3.0, rate=180
        )
    )
    places = in_cells(states.points[0])
    assert (places > 0).all() and (places < (16, 4, 20)).all()
    late = places[-60:]
    assert (late[:, :, 2] < 3).sum() / 60 / (16 * 4 * 3 * 8) == pytest.approx(1.0, abs=0.02)
    held = [np.unique(frame.astype(int), axis=0, return_counts=True)[1] for frame in late]
    assert np.mean([(counts >= 4).sum() for counts in held]) == pytest.approx(8 * 4 * 12, rel=0.02)
    # Speeds lag by half a step behind places, and the level is kept to 1 % only: of what was
    # exchanged in the fall, a swing of a sixth of it seems to give back more.
    assert energy_rise(states) < 0.02


def test_two_liquids_keep_their_particles_and_are_one_flow():
    halves = [filled("a", (0, 0, 0), (4, 4, 8)), filled("b", (4, 0, 0), (8, 4, 8))]
    states = simulate(liquid_scene(halves, grid((16, 4, 12)), seconds=0.2))
    assert [points.shape[1] for points in states.points.values()] == [1024, 1024]
    assert in_cells(states.points[1])[-1, :, 0].max() > 10  # pushed by the other


def test_the_same_scene_gives_the_same_bytes():
    spec = liquid_scene([filled("a", (0, 0, 0), (4, 4, 8))], grid((12, 4, 12)), seconds=0.2)
    assert simulate(spec).digest() == simulate(spec).digest()


@pytest.mark.parametrize(
    ("bodies", "box", "message"),
    [
        ([filled("a", (0, 0, 0), (4, 4, 4))], None, "has no grid"),
        ([filled("a", (0, 0, 0), (4, 4, 4))], replace(grid((8, 8, 8)), cell=1e-4), "in memory"),
        ([filled("a", (9, 0, 0), (12, 4, 4))], grid((8, 8, 8)), "starts outside the grid"),
        ([filled("a", (1, 1, 1), (1.3, 1.2, 1.2))], grid((8, 8, 8)), "holds no particle"),
        (
            [
                filled("a", (0, 0, 0), (4, 4, 4)),
                filled("b", (4, 0, 0), (8, 4, 4), substance=replace(WATER, density=800.0)),
            ],
            grid((8, 8, 8)),
            "equally dense",
        ),
    ],
)
def test_scenes_that_cannot_be_are_refused(bodies, box, message):
    with pytest.raises(SceneError, match=message):
        simulate(liquid_scene(bodies, box))


def test_a_run_that_needs_too_many_steps_is_given_up():
    fast = filled("a", (1, 1, 1), (3, 3, 3), velocity=(0.0, 0.0, 500.0))
    with pytest.raises(SimulationError, match=r"500 m/s, .* need \d+ steps.*bound 400"):
        simulate(liquid_scene([fast], grid((8, 8, 8))))


def test_a_pressure_that_cannot_be_solved_for_is_given_up(monkeypatch):
    """Planted: with hardly any iterations."""
    monkeypatch.setattr("phys4d_pipeline.simulate.liquid.conjugate_gradients.MOST_ITERATIONS", 1)
    spec = liquid_scene([filled("a", (0, 0, 0), (8, 4, 8))], grid((12, 4, 12)))
    with pytest.raises(SimulationError, match="the pressure did not converge"):
        simulate(spec)


def test_velocities_that_are_no_numbers_are_given_up():
    flow = flow_of(liquid_scene([filled("a", (0, 0, 0), (4, 4, 4))], grid((8, 8, 8))))
    speeds = flow.fields.read("v")
    speeds[7] = np.nan
    flow.fields.v.from_numpy(speeds)
    with pytest.raises(SimulationError, match="speed inf"):
        flow.frame()


def test_a_bar_off_the_grid_starts_as_dense_as_its_volume():
    """Its particles stand evenly over it, each with a box of its own volume."""
    low, high = np.array((1.2, 1.3, 1.24)), np.array((9.1, 5.75, 4.24))
    box = grid((12, 8, 8))
    start = fill(liquid_scene([filled("a", tuple(low), tuple(high))], box), box)
    counts = np.round(2 * (high - low))
    assert len(start.places) == counts.prod()
    assert start.volumes == pytest.approx(((high - low) / counts).prod())
    # The jitter moves each by up to 0.03 cells: the mean of a thousand by 0.001.
    assert start.places.mean(0) == pytest.approx((low + high) / 2, abs=3e-3)
