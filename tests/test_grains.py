"""Grains against closed forms: bounces, rolling, collisions, piles, discharge, mixing."""

from dataclasses import replace

import numpy as np
import pytest
from grain_scenes import RADIUS, grain_scene, grains, lattice, weightless
from rigid_scenes import EARTH, body, substance
from scipy.spatial.transform import Rotation

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.scene_catalog import sample_scene
from phys4d_pipeline.simulate import grains as solver
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.grains import start
from phys4d_pipeline.simulate.recorder import Recorder
from tests.digests import digest_elsewhere
from tests.sampled_scenes import COARSE

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


def test_a_board_that_lifts_a_ball_does_the_work_of_its_weight():
    path = Path(times=(0.1, 0.6), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, 0.1)))
    half = {"half_extents": (0.05, 0.05, 0.01)}
    board = body("board", "box", (0.0, 0.0, 0.02), half, path=path)
    spec = grain_scene([grains("ball", [(0.0, 0.0, 0.03 + RADIUS)]), board], frames=41)
    states = simulate(spec)
    assert states.work[-1] == pytest.approx(states.masses[0] * EARTH * 0.1, rel=0.01)
    assert places(states)[-1, 0, 2] == pytest.approx(0.13 + RADIUS, abs=1e-5)
    assert (states.contacts.frame[states.contacts.object_a == 2].size) > 30


def test_a_grain_gives_a_free_box_its_momentum():
    box = body("box", "box", (0.05, 0.0, 1.0), {"half_extents": (0.02, 0.02, 0.02)})
    shot = grains("ball", [(0.0, 0.004, 1.003)], 2 * RADIUS, linear_velocity=(1.0, 0.0, 0.0))
    states = simulate(weightless(grain_scene([shot, box], frames=10)))
    given = states.masses[0] * speeds(states)[0, 0]
    left = states.masses[0] * speeds(states)[-1, 0]
    taken = states.masses[1] * states.velocities[-1, 1, :3].astype(np.float64)
    np.testing.assert_allclose(left + taken, given, atol=1e-6 * given[0])  # float32
    assert np.linalg.norm(states.velocities[-1, 1, 3:]) > 0.5  # off its middle: it turns
    row = int(np.flatnonzero(states.contacts.object_a == 2)[0])
    assert states.contacts.impulse[row] == pytest.approx(taken[0], rel=0.02)


def bin_of(width, depth, height, bottom=0.0, friction=0.5):
    """Four upright walls around the z axis."""
    made_of, thick = substance(friction=friction, restitution=0.8), 0.01
    x, y, z = width / 2, depth / 2, height / 2
    ends = {
        "left": ((-x - thick, 0.0), (thick, y + 2 * thick)),
        "right": ((x + thick, 0.0), (thick, y + 2 * thick)),
        "front": ((0.0, y + thick), (x, thick)),
        "back": ((0.0, -y - thick), (x, thick)),
    }
    return [
        body(name, "box", (*at, bottom + z), {"half_extents": (*half, z)}, made_of, is_static=True)
        for name, (at, half) in ends.items()
    ]


def filling(counts, size, low, made_of, spread=0.1):
    """A loose lattice of beads of about this diameter."""
    place = lattice(counts, 1.12 * size, low, jitter=0.005 * size)
    sizes = np.random.default_rng(5).uniform(1 - spread, 1 + spread, len(place)) * size / 2
    return grains("beads", place, sizes, made_of)


@pytest.mark.slow
def test_beads_that_were_poured_fill_as_much_as_random_packings_do():
    """Between loose and close random packing (Onoda and Liniger 1990: 0.555 to 0.64)."""
    made_of = substance(density=2500.0, friction=0.4, restitution=0.5)
    beads = filling((7, 7, 11), 0.01, (-0.0336, -0.0336, 0.006), made_of)
    states = simulate(grain_scene([beads, *bin_of(0.0784, 0.0784, 0.2)], frames=41))
    place, radii = places(states)[-1], states.radii[0].astype(np.float64)
    assert np.quantile(np.linalg.norm(speeds(states)[-1], axis=1), 0.98) < 0.01
    rng = np.random.default_rng(0)
    inside = rng.uniform((-0.025, -0.025, 0.012), (0.025, 0.025, 0.07), (20_000, 3))
    gaps = np.linalg.norm(inside[:, None] - place, axis=2) - radii
    assert 0.555 <= (gaps < 0.0).any(1).mean() <= 0.65
    apart = np.linalg.norm(place[:, None] - place, axis=2) + np.diag(np.full(len(place), 9.0))
    assert (radii[:, None] + radii - apart).max() < 0.01 * radii.min()


@pytest.mark.slow
def test_what_stays_on_a_shelf_is_steeper_the_more_its_grains_rub():
    """A bed loses one of its walls, beads run over the edge of the shelf until the rest holds."""
    slopes = []
    for friction in (0.05, 0.3, 0.8):
        made_of = substance(density=2500.0, friction=friction**0.5, restitution=0.4, rolling=2e-4)
        beads = filling((12, 4, 7), 0.01, (-0.0616, -0.0168, 0.106), made_of)
        walls = [wall for wall in bin_of(0.1344, 0.0448, 0.1, 0.1, 0.0) if wall.name != "right"]
        shelf = {"half_extents": (0.0772, 0.03, 0.005)}
        shelf = body("shelf", "box", (-0.01, 0.0, 0.095), shelf, made_of, is_static=True)
        walls = [replace(wall, position=(*wall.position[:2], 0.151)) for wall in walls]
        states = simulate(grain_scene([beads, shelf, *walls], frames=50, rate=18000))
        last = places(states)[-1]
        last = last[last[:, 2] > 0.1]
        columns = np.floor((last[:, 0] + 0.0672) / 0.0112)
        kept = [k for k in range(12) if (columns == k).any()]
        tops = [last[columns == k, 2].max() for k in kept]
        slopes.append(np.degrees(np.arctan(-np.polyfit(0.0112 * np.array(kept), tops, 1)[0])))
    assert np.diff(slopes).min() > 3.0, slopes
    assert slopes[0] < 16.0, slopes
    assert 17.0 < slopes[2] < 35.0, slopes


def outflow(slot, size, layers=13):
    """Times and number of beads that have left a flat bin through a slot across it."""
    made_of = substance(density=2500.0, friction=0.4, restitution=0.5)
    beads = filling((16, 4, layers), size, (-0.084, -0.0168, 0.126), made_of)
    walls = bin_of(16 * 1.12 * size, 4 * 1.12 * size, 0.2, 0.11, friction=0.0)
    half = (0.5 * (0.0896 + 0.02 - slot / 2), 0.03, 0.005)
    plates = [
        body(
            name,
            "box",
            (sign * (slot / 2 + half[0]), 0.0, 0.115),
            {"half_extents": half},
            made_of,
            is_static=True,
        )
        for name, sign in (("plate_left", -1), ("plate_right", 1))
    ]
    walls = [replace(wall, position=(*wall.position[:2], 0.221)) for wall in walls]
    states = simulate(grain_scene([beads, *plates, *walls], frames=56, rate=18000))
    return states.times, (places(states)[:, :, 2] < 0.11).sum(1), places(states).shape[1]


@pytest.mark.slow
def test_slots_let_out_as_much_as_beverloo_says_whatever_the_head():
    """Rate proportional to (D - k d)^1.5 for a slot, k = 1.4 (Beverloo 1961, Brown 1961)."""
    size, slots = 0.01, np.array([0.038, 0.046, 0.056])
    rates = []
    for slot in slots:
        times, out, total = outflow(slot, size)
        steady = (out > 0.22 * total) & (out < 0.5 * total)
        rates.append(np.polyfit(times[steady], out[steady], 1)[0])
        first = (out > 0.22 * total) & (out < 0.36 * total)
        last = (out > 0.36 * total) & (out < 0.5 * total)
        early, late = (np.polyfit(times[part], out[part], 1)[0] for part in (first, last))
        assert late == pytest.approx(early, rel=0.2)  # the head falls by a third
    open_ = slots - 1.4 * size
    exponent = np.polyfit(np.log(open_), np.log(rates), 1)[0]
    assert exponent == pytest.approx(1.5, abs=0.25)
    area = np.pi / 6 * size**3 * np.array(rates) / 0.58 / (4 * 1.12 * size)
    np.testing.assert_allclose(area / (EARTH**0.5 * open_**1.5), 1.0, atol=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3])
def test_large_balls_rise_among_shaken_small_ones(seed):
    """The share of the small ones that lie under them grows, from a tenth, over two seconds."""
    spec = sample_scene("granular_materials", seed, family="brazil_nut", preset=COARSE)
    states = simulate(spec)
    names = [each.name for each in spec.bodies]
    box = states.poses[:, names.index("box"), 2]
    small = places(states, names.index("beads"))[..., 2] - box[:, None]
    large = [k for k, name in enumerate(names) if name.startswith("large_ball_")]
    height = states.poses[:, large, 2] - box[:, None]
    under = (small[:, None] < height[..., None]).mean(2)  # share of the small ones under each
    assert under[0].max() < 0.2  # their centres lie over the first layer
    assert under[80:].mean() > 1.5 * under[0].mean()


def test_the_same_scene_gives_the_same_bytes_in_another_process():
    spec = cloud().with_frames(12)
    assert simulate(spec).digest() == digest_elsewhere(spec) == simulate(spec).digest()


def test_grains_that_start_inside_each_other_are_refused():
    pair = grains("pair", [(0.0, 0.0, 0.1), (0.0095, 0.0, 0.1)])
    with pytest.raises(SceneError, match=r"start 10 % of their radius inside others .* Move them"):
        simulate(grain_scene([pair]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"form": "liquid"}, "has no liquid"),
        ({"shape": Shape(kind="box", parameters={"half_extents": (0.1, 0.1, 0.1)})}, "a box"),
        ({"points": ((0.0, 0.0, 0.1),)}, "1 points for the 2 balls of 'beads'"),
    ],
)
def test_what_the_solver_has_no_law_for_is_refused(changes, message):
    beads = grains("beads", [(0.0, 0.0, 0.1), (0.05, 0.0, 0.1)])
    with pytest.raises(SceneError, match=message):
        simulate(grain_scene([replace(beads, **changes)]))


def test_too_many_grains_are_refused_with_their_number(monkeypatch):
    monkeypatch.setattr(start, "MOST_GRAINS", 3)
    with pytest.raises(SceneError, match=r"4 grains do not fit in memory \(most 3\); use fewer"):
        simulate(grain_scene([grains("beads", lattice((2, 2, 1), 0.02, (0.0, 0.0, 0.1)))]))


@pytest.mark.parametrize(
    ("speed", "message"),
    [(-25.0, "overlap by .* more than 0.5"), (40.0, "travel in a step .* more than 0.25")],
)
def test_grains_too_fast_for_their_steps_end_the_run(speed, message):
    shot = grains("shot", [(0.0, 0.0, 0.2)], linear_velocity=(0.0, 0.0, speed))
    with pytest.raises(SimulationError, match=f"{message}.*Raise the solver rate .24000 Hz."):
        simulate(grain_scene([shot]))


def test_points_say_where_grains_start():
    beads = grains("beads", [(0.0, 0.0, 0.1), (0.05, 0.0, 0.1)])
    told = ((0.0, 0.0, 0.3), (0.0, 0.1, 0.4))
    states = simulate(grain_scene([replace(beads, points=told)], frames=2))
    np.testing.assert_allclose(places(states)[0], told, atol=1e-7)
