"""Ropes against closed forms: shape, period, stiffness, energy; strands that meet; bad input."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import EARTH, body
from rope_scenes import (
    STRETCH,
    double,
    falling_coil,
    least_distance,
    line,
    pulled_knot,
    rope,
    roped,
    strain,
    ups,
)
from scipy.optimize import brentq
from scipy.special import j0, jn_zeros

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.motion.rods import elastic_energy, nearest_contact, rod
from phys4d_pipeline.shapes import build
from phys4d_pipeline.simulate import rope as solver
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.world.forces import add_forces
from phys4d_pipeline.simulate.world.neighbours import no_pairs
from phys4d_pipeline.simulate.world.start import world_of

BOTH_ENDS = (Tie(body="rope", point=0), Tie(body="rope", point=-1))


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


def test_a_tie_lets_go_and_a_rope_then_falls_freely():
    made = rope(line((0, 0, 1), (0.3, 0, 1), 20), bending_modulus=0.0, damping=2e-3)
    ties = [replace(tie, until=0.1) for tie in BOTH_ENDS]
    states = simulate(roped([made], ties=ties, frames=31))
    mean, speed = double(states.poses[:, 0, 2]), double(states.velocities[:, 0, 2])
    times = states.times[7:] - states.times[7]
    fall = mean[7] + speed[7] * times - EARTH * times**2 / 2
    np.testing.assert_allclose(mean[7:], fall, atol=1e-6)  # float32
    assert not states.in_contact.any()


def test_forces_of_a_rope_are_the_slopes_of_its_elastic_energy():
    rng = np.random.default_rng(3)
    points = line((0, 0, 1), (0.5, 0, 1), 12) + 0.004 * rng.normal(size=(13, 3))
    spec = roped([rope(points, bending_modulus=3e7)], gravity=0.0)
    chain, step = rod(spec.bodies[0]), 1e-5
    solids = [build(spec.bodies[0].shape)]
    world, parts = world_of(spec, solids, np.ones(1), step, 1.0)
    add_forces(world, parts, (no_pairs(), no_pairs(), no_pairs()), 0.0, step)
    slopes = np.zeros((13, 3))
    for k, axis in np.ndindex(13, 3):
        nudge = np.zeros((13, 3))
        nudge[k, axis] = 1e-7
        slopes[k, axis] = np.diff(
            elastic_energy(chain, np.stack([points - nudge, points + nudge]))
        )[0]
    np.testing.assert_allclose(world.points.force, -slopes / 2e-7, rtol=1e-4, atol=1e-3)


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
