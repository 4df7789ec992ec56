"""Momentum of groups that touch only each other, and how far they can be told apart."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import changed, fails, hinge, measured
from rigid_scenes import body, scene, substance

from phys4d_pipeline.laws.groups import WORLD, components
from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.simulate import simulate

ENGINES = pytest.mark.parametrize(
    ("engine", "rate"), [("rigid_pybullet", 1920), ("rigid_mujoco", 3840)], ids=["bullet", "mujoco"]
)


def clash(engine, rate):
    """A thrown ball hits a long box off its middle, high above the ground."""
    made_of = substance(restitution=0.7, friction=0.7)
    ball = body(
        "ball",
        "sphere",
        (-0.5, 0.06, 3.0),
        {"radius": 0.05},
        made_of,
        linear_velocity=(3.0, 0.0, 0.0),
    )
    box = body("box", "box", (0, 0, 3.0), {"half_extents": (0.05, 0.15, 0.05)}, made_of)
    return scene([ball, box], solver=engine, rate=rate, frames=30)


@pytest.fixture(
    scope="module",
    params=[("rigid_pybullet", 1920), ("rigid_mujoco", 3840)],
    ids=["bullet", "mujoco"],
)
def clashed(request):
    spec = clash(*request.param)
    return spec, simulate(spec)


def test_an_impact_in_the_air_keeps_both_momenta(clashed):
    spec, states = clashed
    assert not fails("momentum", spec, states)
    assert not fails("angular_momentum", spec, states)


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_an_impact_that_changes_the_momentum_of_one_fails(clashed, factor):
    spec, states = clashed
    hit = int(states.contacts.frame.min())
    velocities = states.velocities.copy()
    velocities[hit:, 1, :3] *= np.float32(factor)
    assert fails("momentum", spec, changed(spec, states, velocities=velocities))


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_an_impact_that_changes_the_spin_of_one_fails(clashed, factor):
    spec, states = clashed
    hit = int(states.contacts.frame.min())
    velocities = states.velocities.copy()
    velocities[hit:, 1, 3:] *= np.float32(factor)
    wrong = changed(spec, states, velocities=velocities)
    assert fails("angular_momentum", spec, wrong)
    assert not fails("momentum", spec, wrong)


def flail(frames=40):
    """Two bars on a hinge, thrown up and turning: a group without any contact."""
    size = {"half_extents": (0.02, 0.02, 0.15)}
    bars = [
        body("one", "box", (0, 0, 3.0), size, linear_velocity=(0.0, 0.0, 2.0)),
        body(
            "other",
            "box",
            (0, 0, 3.3),
            size,
            linear_velocity=(1.2, 0.0, 2.0),
            angular_velocity=(0.0, 8.0, 0.0),
        ),
    ]
    joint = Joint(
        name="hinge",
        kind="hinge",
        child="other",
        parent="one",
        anchor=(0.0, 0.0, 3.15),
        axis=(0.0, 1.0, 0.0),
    )
    return replace(
        scene(bodies=bars, solver="rigid_mujoco", rate=1920, frames=frames), joints=(joint,)
    )


def test_jointed_bodies_in_the_air_are_a_group():
    spec = flail()
    states = simulate(spec)
    assert measured("free_fall", spec, states) is None  # neither of them falls by itself
    assert not fails("momentum", spec, states)
    assert not fails("angular_momentum", spec, states)
    velocities = states.velocities.copy()
    velocities[20:, 1, 0] += np.float32(0.05)
    assert fails("momentum", spec, changed(spec, states, velocities=velocities))


def test_what_hangs_on_the_world_is_no_group():
    spec = flail()
    held = replace(spec, joints=(*spec.joints, hinge("one", (0.0, 0.0, 2.85))))
    states = simulate(spec)
    assert measured("momentum", held, states) is None


def test_gravity_off_by_five_percent_changes_the_momentum_of_a_group():
    spec = flail()
    states = simulate(replace(spec, gravity=(0.0, 0.0, -9.81 * 1.05)))
    assert fails("momentum", spec, states)


def test_components_are_what_pairs_connect():
    label = components(5, [(0, 1), (1, 2), (4, WORLD)])
    assert label[0] == label[1] == label[2]
    assert label[4] == label[5]
    assert len(set(label.tolist())) == 3
