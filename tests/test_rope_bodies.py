"""Ropes and rigid bodies: pulleys, weights, friction, led bodies, distances to convex parts."""

from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import EARTH, ball, body, substance
from rope_scenes import STRETCH, double, line, rope, roped, strain, ups, wheel_and_weights

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.mechanism import Joint, Motor, Path, Tie
from phys4d_pipeline.motion.rods import rod
from phys4d_pipeline.shapes import ConvexPart, build
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.world.distance import Parts, distance
from phys4d_pipeline.simulate.world.start import world_of


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


def parts_of(part):
    """One body at the origin, made of one part; the ground is part 0."""
    spec = roped([body("box", "box", (0, 0, 1), {"half_extents": (0.1, 0.2, 0.3)}, is_static=True)])
    solid = replace(build(spec.bodies[0].shape), parts=(part,))
    made = world_of(spec, [solid], np.ones(1), 1e-5, 1.0)[1]
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
