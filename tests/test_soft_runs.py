"""Soft bodies in the elastic solver: dropped, clamped, too stiff, thrown too hard."""

from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import PLAIN, scene

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.motion.solids import soft
from phys4d_pipeline.motion.touching import soft_touching
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.scene import Body, Shape, Substance
from phys4d_pipeline.simulate import elastic
from phys4d_pipeline.simulate.elastic.solid_arrays import stable_step

JELLY = Substance(
    density=1000.0, friction=0.7, restitution=0.1, youngs_modulus=2e4, poissons_ratio=0.45,
    damping=0.004,
)  # fmt: skip
CUBE = Body(
    name="jelly",
    shape=Shape(kind="box", parameters={"half_extents": (0.05, 0.05, 0.05), "cell": 0.05}),
    substance=JELLY,
    surface=PLAIN,
    position=(0.0, 0.0, 0.2),
    quaternion=(0.96, 0.28, 0.0, 0.0),
    form="soft",
)


def dropped(body, frames=40):
    return scene([body], solver="elastic", rate=6000, frames=frames)


@pytest.fixture(scope="module")
def drop():
    spec = dropped(CUBE)
    return spec, elastic.run(spec)


def test_a_dropped_jelly_keeps_every_law(drop):
    spec, states = drop
    checks = {check.name: check for check in physics_checks(spec, states)}
    assert {"soft_inversion", "soft_volume", "soft_energy", "soft_spin"} <= set(checks)
    # contacts sink in by more than rigid ones: not blocking
    failed = {name for name, check in checks.items() if check.blocking and not check.passed}
    assert failed == set()
    assert states.in_contact[:, 0].any()


def test_the_same_drop_gives_the_same_bytes(drop):
    spec, states = drop
    assert elastic.run(spec).digest() == states.digest()


def test_a_tied_node_stays_where_it_is():
    still = replace(CUBE, quaternion=(1.0, 0.0, 0.0, 0.0))
    top = np.flatnonzero(soft(still).nodes[:, 2] > 0.05 - 1e-9)
    spec = replace(dropped(still, 30), ties=tuple(Tie(body="jelly", point=int(k)) for k in top))
    points = elastic.run(spec).points[0].astype(np.float64)
    hung = 1000 * 9.81 * 0.1**2 / (2 * 2e4)  # rho g L^2 / (2 E): how far a bar hangs down
    assert np.abs(points[:, top] - points[0, top]).max() < 0.03 * hung
    bottom = soft(still).nodes[:, 2] < -0.05 + 1e-9
    # it swings about it once let go; sides that cannot narrow at the top make it stiffer
    assert 0.5 * hung < (points[0] - points[:, :])[:, bottom, 2].mean(1).mean() < 1.2 * hung


def test_a_block_at_rest_sinks_in_as_far_as_its_contacts_say():
    """Nodes under it are springs of (0.2 rate)^2 of their mass: together they bear its weight."""
    spec = dropped(replace(CUBE, position=(0.0, 0.0, 0.053), quaternion=(1.0, 0.0, 0.0, 0.0)), 90)
    one, points = soft(CUBE), elastic.run(spec).points[0][-1].astype(np.float64)
    below = one.nodes[:, 2] < -0.05 + 1e-9
    reach = soft_touching(one)
    borne = (elastic.CONTACT_SHARE * spec.solver.rate) ** 2 * (
        one.masses[below] @ (reach - points[below, 2])
    )
    # It still quivers by a thousandth of its weight.
    assert borne == pytest.approx(9.81 * one.masses.sum(), rel=0.02)


def pressed(yield_stress):
    """Heights of the top of a block and volumes, while a plate comes down by 2 cm and lifts."""
    clay = replace(JELLY, youngs_modulus=1.5e5, poissons_ratio=0.42, yield_stress=yield_stress)
    block = replace(
        CUBE, substance=clay, position=(0.0, 0.0, 0.053), quaternion=(1.0, 0.0, 0.0, 0.0)
    )
    plate = Body(
        name="plate",
        shape=Shape(kind="box", parameters={"half_extents": (0.1, 0.1, 0.01)}),
        substance=JELLY,
        surface=PLAIN,
        position=(0.0, 0.0, 0.12),
        path=Path(
            times=(0.0, 0.3, 0.5), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, -0.03), (0.0, 0.0, 0.02))
        ),
    )
    points = elastic.run(scene([block, plate], solver="elastic", rate=12000, frames=45)).points[0]
    one = soft(block)
    a, b, c, d = points[:, one.elements].astype(np.float64).transpose(2, 0, 1, 3)
    volumes = np.einsum("tex,tex->t", b - a, np.cross(c - a, d - a)) / 6
    return points[:, one.nodes[:, 2] > 0.05 - 1e-9, 2].mean(1), volumes / volumes[0]


def test_pressed_clay_keeps_its_shape_and_volume_and_rubber_springs_back():
    heights, volumes = pressed(5e3)
    down, left = heights[0] - heights.min(), heights[0] - heights[-1]
    # What springs back is the strain at which it yields, 3 % of 10 cm, and at corners less.
    assert down - 5e-3 < left < down
    # Pressed by p it is smaller by 3 (1 - 2 nu) p / E; clay bears 3 yield stresses at most.
    assert volumes.min() > 1 - 3 * (1 - 2 * 0.42) * 3 * 5e3 / 1.5e5
    assert volumes[-1] == pytest.approx(1.0, abs=2e-3)  # plastic flow keeps it
    heights, _ = pressed(0.0)
    assert heights[0] - heights[-1] < 0.1 * (heights[0] - heights.min())


def test_soft_bodies_alone_take_steps_as_long_as_contacts_allow():
    spec = dropped(CUBE)
    # Of four contacts x^2 / 4 + 0.3 x is 1 at 0.567 rad per step; a step of the rate has 0.2.
    alone = spec.solver.rate * 0.2 / 0.567
    stiffest = 1 / stable_step(soft(CUBE))
    assert alone < 60 * elastic.steps_per_frame(spec) < alone + stiffest + spec.fps
    hard = replace(spec, solver=replace(spec.solver, rate=600))
    assert 60 * elastic.steps_per_frame(hard) > stiffest


def test_what_is_too_stiff_for_its_steps_is_refused():
    steel = replace(JELLY, youngs_modulus=2e11, density=7800.0)
    with pytest.raises(SceneError, match=r"soft body 'jelly' asks for \d+ steps per second"):
        elastic.run(dropped(replace(CUBE, substance=steel)))


def test_what_is_turned_inside_out_is_quarantined():
    fast = replace(CUBE, linear_velocity=(0.0, 0.0, -40.0), substance=replace(JELLY, damping=0.0))
    with pytest.raises(SimulationError, match="Raise the solver rate"):
        elastic.run(dropped(fast))
