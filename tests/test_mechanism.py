"""Joints, paths, ropes and starting places: closed forms, and what is refused with which words."""

from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import body, scene, stack

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.mechanism import Coupling, Joint, Motor, Path, Tie
from phys4d_pipeline.motion.joints import joint_motion, spring_energy
from phys4d_pipeline.motion.paths import led
from phys4d_pipeline.motion.rods import elastic_energy, rod, start
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.starts import raise_if_impossible

HINGE = Joint(
    name="hinge", kind="hinge", child="box 0", anchor=(0.0, 0.0, 0.0), axis=(0.0, 1.0, 0.0)
)


def rope(**changes):
    made = body(
        "rope", "rope", (0, 0, 1), {"length": 1.0, "radius": 0.004, "segments": 10, "sides": 6}
    )
    stuff = replace(made.substance, youngs_modulus=1e8, bending_modulus=1e6)
    return replace(made, form="rope", substance=stuff, **changes)


def test_a_hinge_counts_whole_turns_and_a_slider_metres():
    spec = replace(scene(stack(1)), joints=(HINGE,))
    angle = np.linspace(0.0, 15.0, 121)
    poses = np.zeros((121, 1, 7))
    poses[:, 0, :3] = 0.1 * np.stack([np.sin(angle), 0 * angle, np.cos(angle)], 1)
    poses[:, 0, 3], poses[:, 0, 5] = np.cos(angle / 2), np.sin(angle / 2)
    turned = joint_motion(spec, HINGE, poses)
    np.testing.assert_allclose(turned.place, angle, atol=1e-9)
    assert max(turned.gap.max(), turned.tilt.max()) < 1e-9
    sprung = replace(HINGE, stiffness=2.0, rest=1.0)
    energy = spring_energy(replace(spec, joints=(sprung,)), poses)
    np.testing.assert_allclose(energy, (angle - 1.0) ** 2, atol=1e-7)
    slider = replace(HINGE, kind="slider", axis=(0.0, 0.0, 1.0))
    moved = joint_motion(
        spec, slider, np.array([[[0, 0, 0.1, 1, 0, 0, 0]], [[0.003, 0, 0.4, 1, 0, 0, 0]]])
    )
    np.testing.assert_allclose(moved.place, (0.0, 0.3), atol=1e-12)
    np.testing.assert_allclose(moved.gap, (0.0, 0.003), atol=1e-12)


def test_a_path_starts_at_the_body_and_its_velocity_is_the_derivative():
    path = Path(
        times=(-1.0, 0.5, 2.0),
        shifts=((0.0, 0.0, 0.0), (0.3, 0.0, 0.0), (0.3, 0.2, 0.0)),
        turns=(0.0, 1.0, 4.0),
    )
    plate = replace(stack(1)[0], path=path)
    times = np.linspace(0.0, 3.0, 3001)
    poses, velocities = led(plate, times)
    np.testing.assert_allclose(poses[0], (*plate.position, 1, 0, 0, 0), atol=1e-12)
    slope = np.gradient(poses[:, :3], times, axis=0)
    np.testing.assert_allclose(slope[1:-1], velocities[1:-1, :3], atol=2e-3)  # kink of the end
    angle = 2 * np.unwrap(np.arctan2(poses[:, 6], poses[:, 3]))
    np.testing.assert_allclose(np.gradient(angle, times)[1:-1], velocities[1:-1, 5], atol=2e-3)
    assert not velocities[times > 2.0].any()


def test_a_rope_weighs_as_much_as_its_shape_and_stores_what_beams_store():
    made = rope()
    chain = rod(made)
    line = start(made)
    assert chain.masses.sum() == pytest.approx(
        1000.0 * (np.pi * 0.004**2 + 4 / 3 * np.pi * 0.004**3)
    )
    assert elastic_energy(chain, line[None]) < 1e-20
    stretched = line * (1.01, 1.0, 1.0)
    expected = 0.5 * 1e8 * np.pi * 0.004**2 * 0.01**2  # EA strain^2 / 2 per length, 1 m
    assert elastic_energy(chain, stretched[None]) == pytest.approx(expected, rel=1e-3)
    angle = line[:, 0] / 2.0  # an arc of radius 2 m
    arc = np.stack([2.0 * np.sin(angle), 2.0 * np.cos(angle), 0 * angle], 1)
    bent = 0.5 * 1e6 * np.pi * 0.004**4 / 4 / 4.0 * 0.9  # EI / (2 R^2) over the inner points
    slack = elastic_energy(replace(chain, stretch_stiffness=0.0), arc[None])
    assert slack == pytest.approx(bent, rel=2e-3)  # chords are shorter than arcs


def test_joints_ties_and_paths_come_back_from_json():
    motor = Motor(times=(0.0, 1.0), goals=(0.0, 2.0), stiffness=1.0, damping=0.1, limit=5.0)
    top, bottom = stack(2)[::-1]
    joints = (
        replace(HINGE, motor=motor, limits=(-1.0, 1.0)),
        replace(HINGE, name="two", child="box 1"),
    )
    spec = replace(
        scene([bottom, replace(top, path=Path(times=(0.0, 1.0), turns=(0.0, 1.0))), rope()]),
        joints=(joints[0],),
        couplings=(),
        ties=(Tie(body="rope", point=0, until=0.5), Tie(body="rope", point=-1, holder="box 1")),
    )
    assert SceneSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"joints": (replace(HINGE, limits=(1.0, -1.0)),)}, r"limits \(1.0, -1.0\) cross"),
        ({"joints": (replace(HINGE, limits=(0.5, 1.0)),)}, "leave out the start"),
        ({"joints": (replace(HINGE, child="box"),)}, "'box' is no rigid body"),
        ({"joints": (HINGE, HINGE)}, "joint names used twice"),
        (
            {"joints": (replace(HINGE, axis=(0.0, 0.0, 2.0)),)},
            r"axis \(0.0, 0.0, 2.0\) is not of length 1",
        ),
        ({"joints": (replace(HINGE, kind="hing"),)}, "must be one of hinge"),
        ({"couplings": (Coupling(driver="a", follower="b", ratio=1.0),)}, "'a', which is no hinge"),
        ({"ties": (Tie(body="box 0", point=0),)}, "'box 0' is no body with points"),
    ],
)
def test_a_faulty_mechanism_gets_one_clear_line(changes, words):
    with pytest.raises(SceneError, match=words) as caught:
        replace(scene(stack(1)), **changes)
    assert "\n" not in str(caught.value)


def test_a_scene_whose_bodies_start_inside_each_other_is_refused():
    one, other = stack(2)
    spec = scene([one, replace(other, position=(0.0, 0.0, 0.28))])
    with pytest.raises(SceneError, match=r"'box 0' and 'box 1' start 20 mm inside each other"):
        simulate(spec)
    spec = scene([replace(one, position=(0.0, 0.0, 0.09))])
    with pytest.raises(SceneError, match=r"'box 0' starts 10 mm under the ground"):
        simulate(spec)


def test_ropes_that_do_not_fit_are_refused():
    line = [(x, 0.0, 1.0) for x in np.linspace(0.0, 1.0, 11)]
    with pytest.raises(SceneError, match="'rope' starts at 10 points, its 10 segments need 11"):
        raise_if_impossible(scene([rope(points=tuple(line[:-1]))]))
    line[-1] = (1.002, 0.0, 1.0)
    with pytest.raises(SceneError, match="segment 9 stretched by 2 %: space its points 100 mm"):
        raise_if_impossible(scene([rope(points=tuple(line))]))
    small = replace(scene([rope()]), space=((-0.1, -0.1, 0.0), (0.1, 0.1, 1.2)))
    with pytest.raises(SceneError, match=r"'rope' starts 0.4 m outside the space of the scene"):
        raise_if_impossible(small)
    raise_if_impossible(replace(small, space=((-0.3, -0.1, 0.0), (0.3, 0.1, 1.2))))


def test_a_solver_that_lacks_what_the_scene_asks_names_one_that_has_it():
    spec = replace(scene(stack(1)), joints=(HINGE,))
    with pytest.raises(SceneError, match=r"'rigid_pybullet' has no joints\. Use "):
        simulate(spec)
