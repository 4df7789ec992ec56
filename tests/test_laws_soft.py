"""Soft bodies: what moves as elasticity allows passes; swelling, speeding, lifeless ones do not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import changed, fails, measured, recorded
from rigid_scenes import PLAIN, scene
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.motion.solids import soft, start
from phys4d_pipeline.scene import Body, Shape, Substance

FRAMES, FPS = 40, 60
RUBBER = Substance(
    density=1000.0, friction=0.5, restitution=0.1, youngs_modulus=5e4, poissons_ratio=0.45
)
CUBE = Body(
    name="cube",
    shape=Shape(kind="box", parameters={"half_extents": (0.05, 0.05, 0.05), "cell": 0.05}),
    substance=RUBBER,
    surface=PLAIN,
    position=(0.0, 0.0, 1.0),
    form="soft",
)


def states_of(spec, places, frames=FRAMES):
    """States of one soft body, speeds by differences in time."""
    mass, step = soft(spec.bodies[0]).masses, 1 / spec.fps
    speeds = np.gradient(places, step, axis=0, edge_order=2)
    poses, velocities = np.zeros((frames, 1, 7)), np.zeros((frames, 1, 6))
    poses[:, 0, :3] = np.einsum("n,tnk->tk", mass, places) / mass.sum()
    poses[:, 0, 3] = 1.0
    velocities[:, 0, :3] = np.einsum("n,tnk->tk", mass, speeds) / mass.sum()
    return recorded(spec, poses, velocities, points={0: places}, speeds={0: speeds})


def turning(rates):
    """(scene, states) of a cube that turns about z, without gravity."""
    spec = scene([CUBE], solver="elastic", rate=6000, frames=FRAMES, gravity=0.0)
    angles = np.cumsum(np.broadcast_to(rates, FRAMES)) / FPS
    turns = Rotation.from_rotvec(np.outer(angles, (0.0, 0.0, 1.0))).as_matrix()
    return spec, turns @ soft(CUBE).nodes.T


@pytest.fixture(scope="module")
def steady():
    """A cube that turns slowly: nothing stretches it much."""
    spec, places = turning(0.5)
    return spec, states_of(spec, places.transpose(0, 2, 1) + CUBE.position)


def with_places(clip, places):
    spec, states = clip
    return spec, changed(spec, states, points={0: places.astype(np.float32)})


SOFT_LAWS = ("soft_inversion", "soft_volume", "soft_energy", "soft_spin", "reported_energy")


@pytest.mark.parametrize("law", SOFT_LAWS)
def test_a_cube_that_turns_passes(steady, law):
    assert not fails(law, *steady)


def test_a_corner_pushed_through_its_body_fails(steady):
    places = steady[1].points[0].copy()
    corner = int(np.argmax(soft(CUBE).nodes.sum(1)))
    places[20, corner] = 2 * np.array(CUBE.position) - places[20, corner]
    assert fails("soft_inversion", *with_places(steady, places))


def test_a_jelly_that_swells_without_a_load_fails(steady):
    for grown, is_wrong in ((0.001, False), (0.006, True)):  # over the side: 0.3 and 1.8 %
        centre = np.array(CUBE.position)
        places = centre + (1 + grown) * (steady[1].points[0].astype(np.float64) - centre)
        assert fails("soft_volume", *with_places(steady, places)) == is_wrong


def test_what_the_ground_presses_together_may_be_smaller():
    """At rest on the ground its own weight presses it: by z, linearly."""
    heavy = replace(CUBE, substance=replace(RUBBER, youngs_modulus=1.2e4, poissons_ratio=0.3))
    heavy = replace(heavy, position=(0.0, 0.0, 0.05))
    spec = scene([heavy], solver="elastic", rate=6000, frames=FRAMES)
    one, height = soft(heavy), soft(heavy).nodes[:, 2] + 0.05
    stress = 1000 * 9.81 * (0.1 * height - height**2 / 2) / 1.2e4  # E times the fall of a place
    across = 0.3 * 1000 * 9.81 * (0.1 - height) / 1.2e4
    places = one.nodes * np.stack([1 + across, 1 + across, np.ones_like(across)], 1)
    places[:, 2] = height - stress
    places = np.tile(places, (FRAMES, 1, 1))
    clip = spec, states_of(spec, places)
    weight = one.masses.sum() * 9.81 / FPS
    rows = [
        (frame, 1, 0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), weight, 0.0) for frame in range(1, FRAMES)
    ]
    slippery = replace(spec, bodies=(replace(heavy, substance=replace(
        heavy.substance, friction=0.0)),))  # fmt: skip
    states = recorded(
        slippery, clip[1].poses, clip[1].velocities, rows=rows,
        points=clip[1].points, speeds=clip[1].point_velocities,
    )  # fmt: skip
    law = measured("soft_volume", slippery, states)
    assert law is not None and law.value < 0.003  # of 1.6 %; squares of strains up to 8 %
    bare = recorded(
        slippery, clip[1].poses, clip[1].velocities,
        points=clip[1].points, speeds=clip[1].point_velocities,
    )  # fmt: skip
    assert fails("soft_volume", slippery, bare)


def test_swings_that_grow_by_themselves_fail(steady):
    states = steady[1]
    times = np.arange(FRAMES) / FPS
    centre = np.array(CUBE.position)
    for grown, is_wrong in ((0.0, False), (0.5, True)):
        stretch = 0.02 * (1 + grown * times)[:, None] * np.array([1.0, -0.5, -0.5])
        places = centre + (1 + stretch[:, None]) * (states.points[0].astype(np.float64) - centre)
        assert fails("soft_energy", *with_places(steady, places)) == is_wrong


def test_a_spin_that_rises_by_two_percent_fails():
    spec, places = turning(np.linspace(4.0, 4.08, FRAMES))
    assert fails("soft_spin", spec, states_of(spec, places.transpose(0, 2, 1) + CUBE.position))


BEAM = Body(
    name="beam",
    shape=Shape(kind="box", parameters={"half_extents": (0.25, 0.02, 0.02), "cell": 0.02}),
    substance=replace(RUBBER, youngs_modulus=2e7),
    surface=PLAIN,
    position=(0.0, 0.0, 1.0),
    form="soft",
)
LONG = 120  # frames


def swinging(tone=1.0, sag=1.0):
    """(scene, states) of a clamped beam in its first tone about its sag, both times a factor."""
    one = soft(BEAM)
    root = np.flatnonzero(one.nodes[:, 0] < -0.25 + 1e-9)
    spec = replace(
        scene([BEAM], solver="elastic", rate=6000, frames=LONG),
        ties=tuple(Tie(body="beam", point=int(node)) for node in root),
    )
    length, height = 0.5, 0.04
    load = 12 * 1000 * 9.81 / (2e7 * height**2)
    x = one.nodes[:, 0] + 0.25
    fall = sag * load * x**2 * (6 * length**2 - 4 * length * x + x**2) / 24
    rate = tone * 1.87510407**2 * np.sqrt(2e7 / 12 / 1000) * height / length**2
    swing = 1 - np.cos(rate * np.arange(LONG) / FPS)
    places = np.tile(start(BEAM), (LONG, 1, 1))
    places[..., 2] -= swing[:, None] * fall
    return spec, states_of(spec, places, LONG)


def test_a_beam_that_swings_as_euler_says_passes():
    for law in ("soft_sag", "soft_tone"):
        check = measured(law, *swinging())
        assert check is not None and check.value < 0.02  # its shear, and zeros between frames


def test_a_beam_that_sags_too_far_fails():
    assert fails("soft_sag", *swinging(sag=1.09))


def test_a_beam_that_rings_too_low_fails():
    assert fails("soft_tone", *swinging(tone=0.92))


def test_beams_that_are_touched_or_held_otherwise_are_left_out():
    spec, states = swinging()
    loose = replace(spec, ties=(*spec.ties[:-1], replace(spec.ties[-1], until=0.5)))
    assert measured("soft_tone", loose, states) is None
    touched = replace(states, in_contact=np.ones_like(states.in_contact))
    assert measured("soft_sag", spec, touched) is None
