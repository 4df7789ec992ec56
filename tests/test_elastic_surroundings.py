"""Cloth on boards and balls, in air and wind: friction and drag in closed form, energy kept."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline import air
from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.motion import skins
from phys4d_pipeline.simulate import elastic, simulate
from phys4d_pipeline.simulate.elastic import Simulation
from phys4d_pipeline.simulate.elastic.air import NORMAL
from phys4d_pipeline.simulate.recorder import Recorder
from tests.rigid_scenes import EARTH, body, substance
from tests.sheet_scenes import (
    WEIGHT,
    disc,
    elastic_scene,
    grid,
    placed,
    sheet,
    simulate_in_vacuum,
    stood,
)


def slope_scene(degrees: float, frames: int, **others):
    """A sheet on a fixed board that is tilted about y; friction 0.5 between them."""
    turn = Rotation.from_euler("y", degrees, degrees=True)
    board = body(
        "board", "box", (0, 0, 2.0), {"half_extents": (1.5, 0.5, 0.02)},
        substance(friction=1.0), is_static=True,
        quaternion=tuple(turn.as_quat(scalar_first=True).tolist()),
    )  # fmt: skip
    made = sheet(grid((0.3, 0.2), (6, 4)), friction=0.5, damping=1e-3, **others)
    radius = Simulation(s := elastic_scene([made]), Recorder(s, elastic.VERSION)).world.points
    lift = 0.02 + float(radius.radius.max())
    points = np.array([0, 0, 2.0]) + turn.apply(skins.start(made) - made.position + (0, 0, lift))
    made = placed(made, points)
    return elastic_scene([made, board], frames=frames), turn


@pytest.mark.parametrize("degrees", [24.0, 30.0])
def test_cloth_slides_down_a_slope_beyond_the_angle_of_friction_only(degrees: float) -> None:
    spec, turn = slope_scene(degrees, 31)  # friction 0.5: 26.6 degrees
    states = simulate_in_vacuum(spec)
    way = turn.apply((1.0, 0.0, 0.0))
    moved = (states.poses[:, 0, :3] - states.poses[0, 0, :3]) @ way
    tilt = np.radians(degrees)
    pull = EARTH * (np.sin(tilt) - 0.5 * np.cos(tilt))
    if pull < 0:
        assert np.abs(moved).max() < 1e-4  # springs of friction give by micrometres
    else:
        # The first millisecond sinks into contact; vertices then slide at the full coefficient.
        assert moved[-1] == pytest.approx(pull * states.times[-1] ** 2 / 2, rel=0.02)


def test_a_level_sheet_sinks_at_the_speed_where_drag_bears_its_weight() -> None:
    made = sheet(grid((0.3, 0.3), (4, 4)), bending_modulus=1e10, youngs_modulus=1e7)
    made = replace(made, position=(0.0, 0.0, 5.0))
    states = simulate(elastic_scene([made], frames=61))
    expected = np.sqrt(2 * WEIGHT / (NORMAL * air.density(air.PRESSURE, 293.15)))
    # 1 s is five times expected / g: tanh(5) and then some.
    assert -states.velocities[-1, 0, 2] == pytest.approx(expected, rel=1e-3)


def test_a_strip_on_edge_falls_freely_but_for_friction() -> None:
    made = sheet(grid((0.3, 0.3), (4, 4)))
    states = simulate(elastic_scene([stood(made, 3.0)], frames=13))
    fallen = states.points[0][0, :, 2].mean() - states.points[0][-1, :, 2].mean()
    free = EARTH * states.times[-1] ** 2 / 2
    assert 0.98 * free < fallen < free


def test_cloth_rests_on_a_ball_and_never_enters_it() -> None:
    ball = body("ball", "sphere", (0, 0, 0.3), {"radius": 0.12}, is_static=True)
    made = sheet(grid((0.4, 0.4), (12, 12)), damping=1e-3, position=(0.01, 0, 0.45))
    spec = elastic_scene([made, ball], frames=46)
    states = simulate(spec)
    apart = np.linalg.norm(states.points[0] - (0, 0, 0.3), axis=2) - 0.12
    assert apart.min() > 0  # the sheet has a thickness, of which contacts give a part
    assert apart[-1].min() < 2e-3
    assert states.in_contact[-1].all()
    total = states.total_energy - states.work
    assert (np.diff(total) < 1e-4 * np.ptp(total)).all()
    strain = skins.strains(skins.skin(made), states.points[0])[..., :2]
    assert np.percentile(strain, 99) < 0.03


def test_a_ball_thrown_at_hanging_cloth_gives_up_what_the_cloth_takes() -> None:
    made = sheet(grid((0.4, 0.4), (10, 10)), damping=1e-3)
    made = stood(made, 1.0)
    ball = body(
        "ball", "sphere", (-0.1, 0, 1.0), {"radius": 0.06}, substance(density=100.0),
        linear_velocity=(3.0, 0.0, 0.0),
    )  # fmt: skip
    spec = elastic_scene([made, ball], gravity=0.0, frames=20)
    states = simulate_in_vacuum(spec)
    masses = states.masses[:, None]
    momentum = (states.velocities[:, :, :3] * masses).sum(1)
    np.testing.assert_allclose(momentum, np.tile(momentum[0], (20, 1)), atol=1e-6)  # float32
    assert states.velocities[-1, 1, 0] < 2.9


def test_wind_bears_a_flag_out_and_its_work_covers_what_it_gains() -> None:
    drawn = grid((0.3, 0.2), (9, 6))
    made = sheet(drawn, density=200.0, damping=1e-3, bending_modulus=1e6)
    made = stood(made, 1.0)
    ties = [Tie(body="sheet", point=k) for k in range(63, 70)]
    wind = air.Wind(velocity=(8.0, 0.0, 0.0), gusts=1.0, eddy=0.5)
    spec = replace(elastic_scene([made], ties=ties, frames=61), wind=wind)
    states = simulate(spec)
    assert states.points[0][40:, :7, 0].mean() > 0.15  # of 0.3 m
    ledger = states.total_energy - states.work
    assert (np.diff(ledger) < 1e-3 * np.ptp(states.work)).all()
    assert states.work[-1] > 0


def test_a_led_bar_lifts_the_cloth_tied_to_it_until_it_lets_go() -> None:
    bar = body(
        "bar", "box", (-0.15, 0, 1.0), {"half_extents": (0.01, 0.12, 0.01)},
        path=Path(times=(0.0, 0.4), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, 0.2))),
    )  # fmt: skip
    made = sheet(grid((0.3, 0.2), (6, 4)), damping=1e-3)
    ties = [Tie(body="sheet", point=k, holder="bar", until=0.5) for k in range(5)]
    states = simulate(elastic_scene([made, bar], ties=ties, frames=41))
    bars = states.poses[:30, 1, 2].astype(np.float64)
    held = states.points[0][:30, :5, 2]
    np.testing.assert_allclose(held, np.repeat(bars[:, None], 5, 1), atol=1e-6)  # float32
    assert states.points[0][-1, :5, 2].mean() < 1.2
    ledger = states.total_energy - states.work
    assert (np.diff(ledger) < 1e-3 * np.ptp(states.work)).all()


def test_stiffer_cloth_drapes_less_over_a_pedestal() -> None:
    """Drape coefficient: share of the ring outside the pedestal that the shadow covers."""
    coefficients = [drape_coefficient(plate) for plate in (1e-6, 8e-5)]
    assert coefficients[0] < coefficients[1]


def drape_coefficient(plate: float, rings: int = 10) -> float:
    """Of a disc of 30 cm over one of 18 cm (ISO 9073-9)."""
    thick = 5e-4
    made = sheet(
        disc(0.15, rings), bending_modulus=12 * plate / thick**3, damping=5e-3, friction=0.6,
        youngs_modulus=1e6, position=(0.0, 0.0, 0.302),
    )  # fmt: skip
    pedestal = body(
        "pedestal", "cylinder", (0, 0, 0.15), {"radius": 0.09, "half_height": 0.15},
        is_static=True,
    )  # fmt: skip
    states = simulate(elastic_scene([made, pedestal], frames=61))
    rim = states.points[0][-1, -6 * rings :, :2].astype(np.float64)
    x, y = rim.T
    shadow = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    return (shadow - np.pi * 0.09**2) / (np.pi * (0.15**2 - 0.09**2))
