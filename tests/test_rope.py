"""Ropes against closed forms: shape, period, stiffness, friction, contact, coupling with bodies."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import EARTH, ball, body, substance
from rope_scenes import (
    falling_coil,
    least_distance,
    line,
    pulled_knot,
    rope,
    roped,
    strain,
    wheel_and_weights,
)
from scipy.optimize import brentq
from scipy.special import j0, jn_zeros

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.mechanism import Joint, Motor, Path, Tie
from phys4d_pipeline.rods import elastic_energy, nearest_contact, rod
from phys4d_pipeline.shapes import ConvexPart, build
from phys4d_pipeline.simulate import rope as solver
from phys4d_pipeline.simulate import rope_world, simulate
from phys4d_pipeline.simulate.body_distance import Parts, distance
from phys4d_pipeline.simulate.rope_kernels import add_forces
from phys4d_pipeline.simulate.rope_neighbours import no_pairs

STRETCH = 0.01
"""What issue 4 allows in every scene [1]."""
BOTH_ENDS = (Tie(body="rope", point=0), Tie(body="rope", point=-1))


def ups(times, values):
    """When values pass zero upwards, between samples by straight lines."""
    k = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
    return times[k] - values[k] * (times[k + 1] - times[k]) / (values[k + 1] - values[k])


def double(array):
    return array.astype(np.float64)


def test_a_rope_at_rest_hangs_in_a_catenary():
    length, span = 0.5, 0.3
    reach = np.sqrt(length**2 - span**2) / 2
    low = (0.0, 0.0, 1 - reach)
    points = np.concatenate(
        [line((-span / 2, 0, 1), low, 12)[:-1], line(low, (span / 2, 0, 1), 12)]
    )
    # So viscous that waves die within a second, so limp that it bends as if it were nothing.
    made = rope(points, radius=0.005, bending_modulus=1e5, damping=0.3)
    spec = roped([made], ties=BOTH_ENDS, frames=241)
    states = simulate(spec)
    x, _, z = double(states.points[0][-1]).T
    a = brentq(lambda a: 2 * a * np.sinh(span / 2 / a) - length, 0.05, 10)
    exact = 1 + a * (np.cosh(x / a) - np.cosh(span / 2 / a))
    assert np.abs(z - exact).max() < 0.01 * length
    assert np.abs(states.point_velocities[0][-1]).max() < 0.01
    assert strain(states, spec) < STRETCH


def test_a_small_swing_has_the_period_of_the_first_bessel_mode():
    length = 1.0
    down = np.linspace(0, length, 51)
    zero = jn_zeros(0, 1)[0]
    points = np.column_stack([0.03 * j0(zero * np.sqrt(1 - down / length)), 0 * down, 2 - down])
    made = rope(points, radius=0.003, bending_modulus=0.0)
    spec = roped([made], ties=BOTH_ENDS[:1], frames=301)
    states = simulate(spec)
    period = np.diff(ups(states.times, double(states.points[0])[:, -1, 0])).mean()
    assert period == pytest.approx(4 * np.pi / zero * np.sqrt(length / EARTH), rel=0.01)
    assert strain(states, spec) < STRETCH


def test_an_undamped_swing_keeps_its_energy():
    points = line((0, 0, 3), (1.4, 0, 2.5), 60)
    spec = roped([rope(points, radius=0.01, bending_modulus=1e6)], ties=BOTH_ENDS[:1], frames=301)
    states = simulate(spec)
    change = np.abs(states.total_energy - states.total_energy[0]).max()
    assert change < 0.01 * states.kinetic_energy.max()
    assert strain(states, spec) < STRETCH


def test_a_cantilever_sags_and_vibrates_as_its_bending_stiffness_says():
    length, segments, radius = 0.6, 40, 0.004
    points = line((0, 0, 1), (length, 0, 1), segments)
    made = rope(points, radius=radius, bending_modulus=2e9, youngs_modulus=2e9)
    spec = roped([made], ties=(BOTH_ENDS[0], Tie(body="rope", point=1)), frames=601, fps=240)
    states = simulate(spec)
    chain = rod(spec.bodies[0])
    stiffness, linear = chain.bending_stiffness, chain.masses[1] / chain.spacing
    # Two held points clamp it half way between them; the cap is a load at the tip.
    free = length - chain.spacing / 2
    tip = (chain.masses[-1] - chain.masses[1] / 2) * EARTH
    sag = linear * EARTH * free**4 / 8 / stiffness + tip * free**3 / 3 / stiffness
    heights = 1 - double(states.points[0])[:, -1, 2]
    mean = heights.mean()
    passed = ups(states.times, heights - mean)
    whole = (states.times >= passed[0]) & (states.times < passed[-1])
    assert heights[whole].mean() == pytest.approx(sag, rel=0.03)  # sampled over whole periods
    frequency = 1.8751**2 * np.sqrt(stiffness / linear / free**4) / 2 / np.pi
    assert 1 / np.diff(passed).mean() == pytest.approx(frequency, rel=0.02)  # the cap slows it


@pytest.mark.parametrize(("share", "slips"), [(0.95, False), (1.05, True)])
def test_a_rope_slips_over_a_fixed_wheel_at_the_capstan_limit(share, slips):
    limit = np.exp(0.3 * np.pi)
    hanging = 600.0 * np.pi * 0.005**2 * 0.5  # mass of the rope below the wheel, on either side
    heavy = share * limit * (2.0 + hanging) - hanging
    states = simulate(wheel_and_weights((2.0, heavy), is_turning=False))
    fell = states.poses[30, 3, 2] - states.poses[-1, 3, 2]
    speed = -states.velocities[-1, 3, 2]
    # 5 % over the limit it accelerates by 5 % of g m2 / (m2 + m1 e^mu pi) = 0.025 g.
    assert (speed > 0.1 and fell > 0.05) if slips else (abs(speed) < 0.01 and fell < 0.02)


def test_two_weights_over_a_free_pulley_accelerate_as_atwood_says():
    spec = wheel_and_weights((1.0, 1.3), is_turning=True, drops=(0.7, 0.4), friction=1.0)
    states = simulate(spec)
    wheel, chain = spec.bodies[1], rod(spec.bodies[0])
    inertia = wheel.substance.density * build(wheel.shape).inertia[2, 2]
    frames = slice(8, 50)  # the first jerk has died away; no cube is near the wheel
    a, b = (double(states.poses[frames, index, 2]) for index in (2, 3))
    fitted = -2 * np.polyfit(states.times[frames], (b - a) / 2, 2)[0]
    linear = chain.masses[1] / chain.spacing
    around = 0.1 + chain.radius  # the rope pulls along its middle line
    moved = 1.0 + 1.3 + chain.masses.sum() + inertia / around**2
    pull = (0.3 + linear * (a - b).mean()) * EARTH
    assert fitted == pytest.approx(pull / moved, rel=0.02)
    assert strain(states, spec) < STRETCH
    rim = states.velocities[-1, 1, 4] * around
    assert rim == pytest.approx(-states.velocities[-1, 3, 2], rel=0.02)


def test_a_coil_on_the_floor_keeps_its_strands_apart():
    spec = falling_coil(80)
    states = simulate(spec)
    chain = rod(spec.bodies[0])
    apart = nearest_contact(chain)
    gaps = [least_distance(points, apart) for points in states.points[0][::4]]
    assert min(gaps) > 0.9 * 2 * chain.radius
    assert min(gaps) < 1.01 * 2 * chain.radius  # they do touch
    assert double(states.points[0])[:, :, 2].min() > 0.9 * chain.radius
    assert strain(states, spec) < STRETCH
    assert np.abs(states.point_velocities[0][-1]).max() < 0.05
    assert np.diff(states.total_energy).max() < 1e-3 * states.total_energy[0]


def test_a_knot_pulled_tight_does_not_open():
    spec = pulled_knot(0.34)
    states = simulate(spec)
    chain = rod(spec.bodies[0])
    gaps = [least_distance(points, nearest_contact(chain)) for points in states.points[0][::4]]
    assert min(gaps) > 0.9 * 2 * chain.radius
    ends = double(states.points[0][-1])[[0, -1]]
    held = chain.spacing * (len(chain.masses) - 1) - np.linalg.norm(ends[1] - ends[0])
    # Without a knot the pull would leave nothing over; a tight overhand knot takes 5 diameters.
    assert 5 < held / (2 * chain.radius) < 15
    # What the hands put in is never less than what the rope has gained.
    gained = states.total_energy - states.total_energy[0]
    assert (gained <= states.work + 1e-3 * states.work[-1]).all()


def test_ropes_that_cross_in_the_air_do_not_pass_through_each_other():
    upper = rope(line((0, -0.4, 1.1), (0, 0.4, 1.1), 50), name="upper", radius=0.008)
    lower = rope(line((-0.4, 0, 1), (0.4, 0, 1), 50), name="lower", radius=0.008)
    ties = [Tie(body="lower", point=0), Tie(body="lower", point=-1)]
    states = simulate(roped([upper, lower], ties=ties, frames=61))
    over, under = (double(states.points[k]) for k in (0, 1))
    gap = over[:, 25, 2] - under[:, 25, 2]
    assert gap.min() > 0.9 * 0.016
    assert (gap[-30:] < 0.1).all()  # it hangs over the other one
    assert set(states.contacts.object_a) == {2}
    assert set(states.contacts.object_b) == {1}


def swung_ball(*, ties):
    made = rope(line((0, 0, 2), (0.8, 0, 2), 40), youngs_modulus=1e8)
    weight = body(
        "ball",
        "sphere",
        (0.85, 0, 2),
        {"radius": 0.05},
        substance(density=800.0),
        linear_velocity=(0.0, 1.5, 0.5),
    )
    return roped([made, weight], ties=ties, frames=121, gravity=0.0)


def momenta(spec, states):
    """Linear and angular (about the first point's start) momentum of a rope and a ball."""
    chain, mass = rod(spec.bodies[0]).masses, states.masses[1]
    places, speeds = double(states.points[0]), double(states.point_velocities[0])
    origin, place, motion = places[0, 0], double(states.poses[:, 1, :3]), double(states.velocities)
    linear = np.einsum("n,tni->ti", chain, speeds) + mass * motion[:, 1, :3]
    angular = np.einsum("n,tni->ti", chain, np.cross(places - origin, speeds))
    angular += mass * np.cross(place - origin, motion[:, 1, :3])
    return linear, angular + 0.4 * mass * 0.05**2 * motion[:, 1, 3:]


def test_a_ball_on_a_rope_keeps_momentum_angular_momentum_and_energy():
    held = Tie(body="rope", point=-1, holder="ball")
    spec = swung_ball(ties=[held])
    states = simulate(spec)
    linear, angular = momenta(spec, states)
    # Kept to rounding by the solver; stored in float32.
    np.testing.assert_allclose(linear, np.tile(linear[0], (121, 1)), atol=1e-6)
    np.testing.assert_allclose(angular, np.tile(angular[0], (121, 1)), atol=1e-6)
    spec = swung_ball(ties=[held, Tie(body="rope", point=0)])
    states = simulate(spec)
    angular = momenta(spec, states)[1]
    np.testing.assert_allclose(angular, np.tile(angular[0], (121, 1)), atol=1e-6)
    energy = states.total_energy
    assert np.abs(energy - energy[0]).max() < 0.01 * energy[0]  # ties are a little damped
    assert strain(states, spec) < STRETCH


def test_a_box_on_two_ropes_swings_like_a_pendulum():
    ropes, ties = [], []
    for name, x in (("left", -0.15), ("right", 0.15)):
        points = line((x, 0, 2), (x, 0, 1.2), 40)
        ropes.append(rope(points, name=name, youngs_modulus=3e8, density=300.0))
        ties += [Tie(body=name, point=0), Tie(body=name, point=-1, holder="box")]
    box = body(
        "box",
        "box",
        (0, 0, 1.15),
        {"half_extents": (0.2, 0.1, 0.05)},
        linear_velocity=(0.3, 0.0, 0.0),
    )
    spec = roped([*ropes, box], ties=ties, frames=241)
    states = simulate(spec)
    # Side by side, the ropes keep the box level: a point on a pendulum of their length.
    period = np.diff(ups(states.times, double(states.poses[:, 2, 0]))).mean()
    chain, mass = rod(spec.bodies[0]).masses.sum() * 2, states.masses[2]
    expected = 2 * np.pi * np.sqrt(0.8 / EARTH * (mass + chain / 3) / (mass + chain / 2))
    assert period == pytest.approx(expected, rel=0.01)
    assert strain(states, spec) < STRETCH


def test_a_tie_lets_go_and_a_rope_then_falls_freely():
    made = rope(line((0, 0, 1), (0.3, 0, 1), 20), bending_modulus=0.0, damping=2e-3)
    ties = [replace(tie, until=0.1) for tie in BOTH_ENDS]
    states = simulate(roped([made], ties=ties, frames=31))
    mean, speed = double(states.poses[:, 0, 2]), double(states.velocities[:, 0, 2])
    times = states.times[7:] - states.times[7]
    fall = mean[7] + speed[7] * times - EARTH * times**2 / 2
    np.testing.assert_allclose(mean[7:], fall, atol=1e-6)  # float32
    assert not states.in_contact.any()


def test_lifting_a_rope_takes_the_work_of_its_weight():
    height = 0.4
    hand = body(
        "hand",
        "box",
        (0, 0, 1.5),
        {"half_extents": (0.02, 0.02, 0.02)},
        path=Path(times=(0.0, 1.5), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, height))),
    )
    made = rope(line((0, 0, 1.48), (0, 0, 0.98), 40), damping=2e-3)
    spec = roped([made, hand], ties=[Tie(body="rope", point=0, holder="hand")], frames=101)
    states = simulate(spec)
    weight = rod(spec.bodies[0]).masses.sum() * EARTH
    # What is left is a jerk at the start, when the rope takes up its own weight.
    assert states.work[-1] == pytest.approx(weight * height, rel=0.01)


def test_a_led_plate_drags_a_rope_by_friction():
    plate = body(
        "plate",
        "box",
        (0, 0, 0.05),
        {"half_extents": (0.5, 0.2, 0.05)},
        substance(friction=1.0),
        path=Path(times=(0.0, 1.0), shifts=((0.0, 0.0, 0.0), (0.3, 0.0, 0.0))),
    )
    made = rope(line((-0.2, 0, 0.106), (0.2, 0, 0.106), 30), friction=0.5)
    states = simulate(roped([made, plate], frames=81))
    # Its greatest acceleration, 1.8 m/s2, is less than mu g: it sticks.
    moved = double(states.poses[-1, 0, 0] - states.poses[0, 0, 0])
    assert moved == pytest.approx(0.3, abs=2e-4)
    made = rope(line((-0.2, 0, 0.106), (0.2, 0, 0.106), 30), friction=0.05)
    slow = simulate(roped([made, plate], frames=31))
    # With less it slips: at most mu g drives it.
    assert slow.velocities[-1, 0, 0] == pytest.approx(0.05 * EARTH * 0.5, rel=0.05)


def test_a_block_slides_to_rest_by_coulomb():
    block = body(
        "block",
        "box",
        (0, 0, 0.1),
        {"half_extents": (0.1, 0.1, 0.1)},
        substance(friction=0.4),
        linear_velocity=(2.0, 0.0, 0.0),
    )
    states = simulate(roped([block], frames=61))
    speed = double(states.velocities[:, 0, 0])
    assert (speed[0] - speed[25]) * 60 / 25 == pytest.approx(0.4 * EARTH, rel=0.01)
    assert np.abs(speed[35:]).max() < 1e-6
    assert np.abs(states.poses[:, 0, 2] - 0.1).max() < 1e-4


@pytest.mark.parametrize("restitution", [0.3, 0.6, 0.9])
def test_a_ball_bounces_with_its_restitution(restitution):
    states = simulate(roped([ball(height=0.5, restitution=restitution)], frames=40))
    height = double(states.poses[:, 0, 2]) - 0.06
    energy = double(states.velocities[:, 0, 2]) ** 2 / 2 + EARTH * height
    first = np.flatnonzero(states.velocities[:, 0, 2] > 0)[0]
    measured = np.sqrt(energy[first + 1] / energy[0])
    assert measured == pytest.approx(restitution, abs=0.05)


def test_a_sliding_ball_ends_up_rolling_at_five_sevenths():
    moving = ball(height=0.0, linear_velocity=(1.0, 0.0, 0.0))
    states = simulate(roped([moving], frames=61))
    assert states.velocities[-1, 0, 0] == pytest.approx(5 / 7, rel=1e-3)
    assert states.velocities[-1, 0, 4] * 0.06 == pytest.approx(5 / 7, rel=1e-3)


def test_forces_of_a_rope_are_the_slopes_of_its_elastic_energy():
    rng = np.random.default_rng(3)
    points = line((0, 0, 1), (0.5, 0, 1), 12) + 0.004 * rng.normal(size=(13, 3))
    spec = roped([rope(points, bending_modulus=3e7)], gravity=0.0)
    chain, step = rod(spec.bodies[0]), 1e-5
    solids = [build(spec.bodies[0].shape)]
    world, parts = rope_world.world(spec, solids, np.ones(1), step, 1.0)
    add_forces(world, parts, (no_pairs(), no_pairs(), no_pairs()), 0.0, step)
    slopes = np.zeros((13, 3))
    for k, axis in np.ndindex(13, 3):
        nudge = np.zeros((13, 3))
        nudge[k, axis] = 1e-7
        slopes[k, axis] = np.diff(
            elastic_energy(chain, np.stack([points - nudge, points + nudge]))
        )[0]
    np.testing.assert_allclose(world.points.force, -slopes / 2e-7, rtol=1e-4, atol=1e-3)


def parts_of(part):
    """One body at the origin, made of one part; the ground is part 0."""
    spec = roped([body("box", "box", (0, 0, 1), {"half_extents": (0.1, 0.2, 0.3)}, is_static=True)])
    solid = replace(build(spec.bodies[0].shape), parts=(part,))
    made = rope_world.world(spec, [solid], np.ones(1), 1e-5, 1.0)[1]
    made.place[1] -= (0, 0, 1)
    return made


CORNERS = np.array([(x, y, z) for x in (-0.1, 0.1) for y in (-0.2, 0.2) for z in (-0.3, 0.3)])
PARTS = [
    ConvexPart(kind="box", sizes=(0.1, 0.2, 0.3), position=(0.05, 0.0, 0.1)),
    ConvexPart(kind="sphere", sizes=(0.2,), position=(0.05, 0.0, 0.1)),
    ConvexPart(kind="cylinder", sizes=(0.1, 0.2), quaternion=(0.8, 0.6, 0.0, 0.0)),
    ConvexPart(kind="capsule", sizes=(0.1, 0.2), quaternion=(0.8, 0.0, 0.6, 0.0)),
    ConvexPart(kind="hull", points=CORNERS),
    ConvexPart(kind="hull", points=CORNERS * (1, 1, 0.2) + np.arange(8)[:, None] * (0.03, 0, 0.01)),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.kind)
def test_distances_are_exact_inside_and_euclidean_outside(part):
    parts: Parts = parts_of(part)
    rng = np.random.default_rng(5)
    points = rng.uniform(-0.5, 0.5, (400, 3))
    found = np.array([distance(parts, 1, *point) for point in points])
    bound = part.signed_distance(points)
    inside = bound < 0
    np.testing.assert_allclose(found[inside, 0], bound[inside], atol=1e-9)
    assert (found[:, 0] > bound - 1e-9).all()
    np.testing.assert_allclose(np.linalg.norm(found[:, 1:], axis=1), 1.0, atol=1e-9)
    # Going back by the distance leads to the surface, and to no farther place.
    surface = points - found[:, :1] * found[:, 1:]
    np.testing.assert_allclose(part.signed_distance(surface), 0.0, atol=1e-6)


def test_a_rope_lies_round_an_edge_and_stays_outside():
    box = body("box", "box", (0, 0, 0.5), {"half_extents": (0.1, 0.2, 0.5)}, is_static=True)
    made = rope(line((-0.4, 0, 1.02), (0.4, 0, 1.02), 60), damping=5e-3, friction=0.8)
    spec = roped([made, box], frames=91)
    states = simulate(spec)
    points = double(states.points[0])
    middles = (points[:, 1:] + points[:, :-1]) / 2
    beyond = np.maximum(np.abs(middles[..., 0]) - 0.1, middles[..., 2] - 1.0)
    assert beyond.min() > 0.8 * 0.006  # at an edge the true distance is larger than this
    assert points[-1, [0, -1], 2].max() < 0.8  # both ends hang down


def test_other_processes_compute_the_same_bytes():
    code = (
        "import sys; sys.path.insert(0, 'tests'); from rope_scenes import falling_coil\n"
        "from phys4d_pipeline.simulate import simulate\n"
        "print(simulate(falling_coil(40, frames=41)).digest())"
    )
    mine = simulate(falling_coil(40, frames=41)).digest()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == mine, done.stderr


def test_half_the_step_leads_to_the_same_place():
    points = line((0, 0, 2), (0.6, 0, 1.8), 30)
    ends = []
    for rate in (solver.steps_per_frame(roped([rope(points)])) * 60, None):
        spec = roped([rope(points)], ties=BOTH_ENDS[:1], frames=31, rate=rate or 2 * ends[0][0])
        ends.append((spec.solver.rate, double(simulate(spec).points[0][-1])))
    assert ends[1][0] == 2 * ends[0][0]
    assert np.abs(ends[0][1] - ends[1][1]).max() < 1e-3  # [m] half a pixel at 2 m in 1080p


@pytest.mark.parametrize(
    ("joint", "found"),
    [
        (Joint(name="j", kind="slider", child="box", anchor=(0.0, 0.0, 1.0)), "slider of 'box'"),
        (
            Joint(name="j", kind="hinge", child="box", anchor=(0.0, 0.0, 1.0), limits=(-1.0, 1.0)),
            "without limits",
        ),
        (
            Joint(
                name="j",
                kind="hinge",
                child="box",
                anchor=(0.0, 0.0, 1.0),
                motor=Motor(times=(0.0,), goals=(1.0,), stiffness=1.0, damping=1.0, limit=1.0),
            ),
            "and motors",
        ),
    ],
)
def test_joints_it_has_no_law_for_are_refused(joint, found):
    box = body("box", "box", (0, 0, 1), {"half_extents": (0.1, 0.1, 0.1)})
    with pytest.raises(SceneError, match=found):
        simulate(roped([box], joints=[joint]))


def test_ropes_that_start_inside_something_are_refused():
    box = body("box", "box", (0, 0, 1), {"half_extents": (0.1, 0.1, 0.1)})
    through = rope(line((-0.3, 0, 1), (0.3, 0, 1), 30))
    with pytest.raises(SceneError, match="'rope' starts 106 mm inside 'box'"):
        simulate(roped([through, box], frames=2))
    sunk = rope(line((0, 0, 0.004), (0.3, 0, 0.004), 30))
    with pytest.raises(SceneError, match="2 mm inside the ground"):
        simulate(roped([sunk], frames=2))


def test_a_rope_that_would_take_forever_is_refused():
    with pytest.raises(SceneError, match=r"steps per second, at most 500000.*damping"):
        simulate(roped([rope(line((0, 0, 1), (1, 0, 1), 50), bending_modulus=1e8, damping=1.0)]))


def test_a_run_that_diverges_is_an_error(monkeypatch):
    monkeypatch.setattr(solver, "ELASTIC_SHARE", 4.0)
    made = rope(line((0, 0, 2), (0.6, 0, 1.8), 30))
    with pytest.raises(SimulationError, match="'rope' left the world"):
        simulate(roped([made], ties=BOTH_ENDS[:1], rate=60))
