"""Every check passes on true states and fails on the violation planted for it."""

from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import EARTH, ball, body, scene, shower, stack, substance

from phys4d_pipeline.clearance.overlap import crossings, depth_in_ground, overlaps
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.simulate import rigid_pybullet, simulate
from phys4d_pipeline.simulate.energy import mechanical_energy


def results(spec, states):
    return {check.name: check for check in physics_checks(spec, states)}


def failed(spec, states):
    """Of all laws, but for how much there is to see."""
    checks = results(spec, states)
    return {name for name, check in checks.items() if not check.passed} - {"stillness"}


def altered(states, spec=None, **arrays):
    """States with other numbers; with a spec, the reported energies follow."""
    changed = replace(states, **arrays)
    if spec is not None:
        kinetic, potential = mechanical_energy(spec, changed.poses, changed.velocities, {}, {})
        changed = replace(changed, kinetic_energy=kinetic, potential_energy=potential)
    return changed


@pytest.fixture(scope="module")
def bounce():
    """A ball that bounces three times beside a resting block."""
    block = body("block", "box", (1, 0, 0.05), {"half_extents": (0.05, 0.05, 0.05)})
    spec = scene([ball(height=0.5, restitution=0.8), block], frames=100)
    return spec, simulate(spec)


@pytest.fixture(scope="module")
def spinning():
    spec = scene(shower(4, 0.5), frames=30)
    return spec, simulate(spec)


@pytest.mark.parametrize(
    ("engine", "rate"), [("rigid_pybullet", 1920), ("rigid_mujoco", 3840)], ids=["bullet", "mujoco"]
)
def test_true_states_of_both_engines_pass(engine, rate):
    for bodies in (shower(10, 0.6), stack(4), [ball(restitution=0.8)]):
        spec = scene(bodies, solver=engine, rate=rate, frames=80)
        assert failed(spec, simulate(spec)) == set()


def test_checks_name_their_source_and_unit(bounce):
    checks = results(*bounce)
    assert set(checks) >= {
        "finite",
        "energy_rise",
        "overlap",
        "penetration",
        "tunnelling",
        "kinematics",
        "free_fall",
        "restitution",
    }
    assert all(check.source and check.unit for check in checks.values())
    assert checks["restitution"].value < 2e-3  # PyBullet, measured
    assert checks["free_fall"].value < 1e-4


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_gravity_off_by_five_percent_fails(bounce, factor):
    spec, _ = bounce
    wrong = simulate(replace(spec, gravity=(0.0, 0.0, -EARTH * factor)))
    assert "free_fall" in failed(spec, wrong)
    assert results(spec, wrong)["free_fall"].value == pytest.approx(0.05, rel=1e-2)


def test_sideways_push_in_flight_fails(bounce):
    spec, states = bounce
    poses, velocities = states.poses.copy(), states.velocities.copy()
    poses[:15, 0, 0] += 0.3 * states.times[:15] ** 2
    velocities[:15, 0, 0] += 0.6 * states.times[:15]
    assert {"free_fall", "flight_momentum"} <= failed(
        spec, altered(states, spec, poses=poses, velocities=velocities)
    )


@pytest.mark.parametrize("object_index", [0, 1])
def test_teleport_fails(bounce, object_index):
    """In flight, and of a block at rest, by 1 cm."""
    spec, states = bounce
    poses = states.poses.copy()
    poses[10:, object_index, 1] += 0.01
    assert "kinematics" in failed(spec, altered(states, spec, poses=poses))


def test_a_body_that_stops_turning_for_a_frame_fails(spinning):
    spec, states = spinning
    poses = states.poses.copy()
    flying = int(np.argmin(states.in_contact.sum(0)))
    poses[12, flying, 3:] = poses[11, flying, 3:]
    assert "turning" not in failed(spec, states)
    assert "turning" in failed(spec, altered(states, spec, poses=poses))


def test_sinking_into_the_ground_fails(bounce):
    spec, states = bounce
    poses = states.poses.copy()
    poses[:, 1, 2] -= 0.003
    sunk = altered(states, spec, poses=poses)
    assert failed(spec, sunk) == {"overlap"}
    assert results(spec, sunk)["overlap"].value == pytest.approx(3.0, abs=0.1)


def test_bodies_inside_each_other_fail():
    spec = scene(stack(3), frames=10)
    states = simulate(spec)
    poses = states.poses.copy()
    poses[:, 2, 2] -= 0.004
    assert "overlap" in failed(spec, altered(states, spec, poses=poses))


def test_deep_reported_contacts_fail_without_blocking(bounce):
    spec, states = bounce
    contacts = replace(states.contacts, penetration=states.contacts.penetration + np.float32(0.004))
    checks = results(spec, replace(states, contacts=contacts))
    assert not checks["penetration"].passed
    assert not checks["penetration"].blocking


def test_injected_energy_fails(bounce):
    """Half as fast again from the second bounce on."""
    spec, states = bounce
    start = int(np.flatnonzero(states.in_contact[:, 0])[1]) + 1
    velocities = states.velocities.copy()
    velocities[start:, 0] *= 1.5
    assert "energy_rise" in failed(spec, altered(states, spec, velocities=velocities))


def test_what_friction_stretches_in_an_impact_may_come_back():
    """Contacts of a spinning ball last 13 ms: frames end while springs across are stretched."""
    rough = substance(friction=0.8, restitution=0.9)
    spun = replace(ball(height=0.22, angular_velocity=(0.0, 60.0, 0.0)), substance=rough)
    spec = scene([spun], solver="rope", rate=1200, frames=40)
    states = simulate(spec)
    assert results(spec, states)["energy_rise"].value < 1e-3  # 0.27 with the springs along only
    velocities = states.velocities.copy()
    velocities[30:] *= 1.05
    assert "energy_rise" in failed(spec, altered(states, spec, velocities=velocities))


def test_energy_that_the_solver_only_claims_fails(bounce):
    spec, states = bounce
    claimed = replace(states, kinetic_energy=states.kinetic_energy * 1.001)
    assert failed(spec, claimed) == {"reported_energy"}


def test_spin_that_changes_in_flight_fails(spinning):
    spec, states = spinning
    velocities = states.velocities.copy()
    flying = int(np.argmin(states.in_contact.sum(0)))
    velocities[:, flying, 3:] *= np.linspace(1.0, 0.9, 30, dtype=np.float32)[:, None]
    assert "flight_spin" not in failed(spec, states)
    assert "flight_spin" in failed(spec, altered(states, spec, velocities=velocities))


def test_wrong_restitution_fails(bounce):
    spec, _ = bounce
    dull = replace(spec.bodies[0], substance=substance(restitution=0.7))
    wrong = simulate(replace(spec, bodies=(dull, spec.bodies[1])))
    assert failed(spec, wrong) == {"restitution"}
    assert results(spec, wrong)["restitution"].value == pytest.approx(0.1, abs=3e-3)


def test_not_a_number_fails_at_once(bounce):
    spec, states = bounce
    poses = states.poses.copy()
    poses[3, 0, 0] = np.nan
    assert [check.name for check in physics_checks(spec, replace(states, poses=poses))] == [
        "finite"
    ]
    assert failed(spec, replace(states, poses=poses)) == {"finite"}


def test_a_path_through_a_wall_fails():
    wall = body("wall", "box", (0.3, 0, 0.5), {"half_extents": (0.005, 0.5, 0.5)}, is_static=True)
    shot = ball(height=0.5, linear_velocity=(12.0, 0.0, 0.0))
    spec = scene([wall, shot], gravity=0.0, frames=8)
    states = simulate(spec)
    assert "tunnelling" not in failed(spec, states)
    through = simulate(scene([shot], gravity=0.0, frames=8))
    poses = states.poses.copy()
    poses[:, 1] = through.poses[:, 0]
    assert crossings(spec, replace(states, poses=poses)) == 1
    assert "tunnelling" in failed(spec, replace(states, poses=poses))


@pytest.mark.parametrize("shift", [0.0, 0.05])
def test_depths_are_those_of_the_geometry(shift):
    """Also of boxes that stand exactly on each other, with no corner strictly inside."""
    spec = scene([ball(height=-0.01, radius=0.1), *stack(1)], frames=1)
    states = rigid_pybullet.run(spec)
    np.testing.assert_allclose(depth_in_ground(spec, states)[0], (0.01, 0.0), atol=2e-4)
    one, other = stack(2)
    close = replace(other, position=(shift, 0.0, 0.28))
    spec = scene([one, close], frames=1)
    ((frame, a, b, depth),) = overlaps(spec, rigid_pybullet.run(spec))
    assert (frame, a, b) == (0, 0, 1)
    assert depth == pytest.approx(0.02, abs=1e-6)
