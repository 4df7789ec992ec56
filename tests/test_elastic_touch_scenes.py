"""Cloth on cloth, on itself and under a corner, with the whole solver."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import fails, measured
from rigid_scenes import body, substance
from scipy.spatial.transform import Rotation
from touch_scenes import THICKNESS, cloth, fabric, film

from phys4d_pipeline.clearance.solids import distance
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.motion.skins import skin
from phys4d_pipeline.shapes import build
from phys4d_pipeline.simulate import elastic, simulate
from phys4d_pipeline.simulate.elastic import Simulation
from phys4d_pipeline.simulate.elastic.touch_dips import deepest
from phys4d_pipeline.simulate.elastic.touch_pairs import no_touches
from phys4d_pipeline.simulate.elastic.touch_rigid import probe_face_forces, probe_touches
from phys4d_pipeline.simulate.recorder import Recorder
from phys4d_pipeline.simulate.world.parts import collision_parts

EARTH = 9.81
ROUGH = 0.6
SETTLED = 4  # frames, after a fall of a twentieth of a millimetre


def crossings(spec, states):
    return measured("surface_crossings", spec, states).value


def test_a_sheet_dropped_on_another_comes_to_lie_on_it():
    low = cloth("low", (0.2, 0.2), (11, 11), position=(0.0, 0.0, THICKNESS / 2))
    turn = {"quaternion": (0.97**0.5, 0.1, 0.1, 0.1)}
    high = cloth("high", (0.16, 0.16), (10, 10), position=(0.01, 0.02, 0.06), **turn)
    spec = film([low, high], frames=40)
    states = simulate(spec)
    assert crossings(spec, states) == 0
    heights = states.points[1][-1, :, 2]
    over = np.abs(states.points[1][-1, :, :2]).max(1) < 0.09
    # A thickness above the middle of the lower one, less what its weight presses in.
    assert np.median(heights[over]) == pytest.approx(1.5 * THICKNESS, abs=0.15 * THICKNESS)


def ribbon(columns, rows):
    """Points of an upright strip that has begun to buckle."""
    z, x = np.meshgrid(np.linspace(0.0, 0.4, rows), np.linspace(0, 0.05, columns), indexing="ij")
    return np.stack([x + 0.002 * np.sin(30 * z), 0.01 * np.sin(8 * z), 0.01 + z], -1).reshape(-1, 3)


def test_a_strip_that_falls_on_itself_lies_in_folds():
    strip = cloth("strip", (0.05, 0.4), (5, 33), points=ribbon(5, 33))
    spec = film([strip], frames=40)
    states = simulate(spec)
    assert crossings(spec, states) == 0
    assert np.ptp(states.points[0][-1, :, 2]) > 1.9 * THICKNESS
    assert states.points[0][-1, :, 2].max() < 0.15


def on_a_slope(tangent):
    """(way of a patch over a held sheet after a settling time, that of a block) down a slope."""
    low = cloth("low", (0.4, 0.12), (17, 6), position=(0.1, 0.0, 0.3))
    high = cloth("high", (0.06, 0.06), (4, 4), position=(0.0, 0.004, 0.3 + 1.06 * THICKNESS))
    ties = tuple(Tie(body="low", point=k) for k in range(17 * 6))
    angle = np.arctan(tangent)
    gravity = (float(EARTH * np.sin(angle)), 0.0, float(-EARTH * np.cos(angle)))
    spec = replace(film([low, high], frames=25), ties=ties, gravity=gravity)
    states = simulate(spec)
    path, speed = states.points[1].mean(1)[:, 0], states.point_velocities[1].mean(1)[:, 0]
    time = (24 - SETTLED) / spec.fps
    rate = EARTH * (np.sin(angle) - ROUGH**2 * np.cos(angle))
    slid = float(path[24] - path[SETTLED])
    return slid, float(speed[SETTLED]) * time + 0.5 * rate * time**2


def test_cloth_sticks_to_cloth_below_the_coulomb_angle():
    slid, _ = on_a_slope(0.8 * ROUGH**2)
    assert abs(slid) < 1e-5  # no creep: a hundredth of a millimetre in a third of a second


def test_cloth_slides_on_cloth_above_the_coulomb_angle():
    slid, expected = on_a_slope(1.6 * ROUGH**2)
    assert expected > 0.1
    assert slid == pytest.approx(expected, rel=0.02)  # it hops by microns, and drags in the air


def corner_under(half=0.04, count=13):
    """A box that falls on its corner onto a sheet held at its rim."""
    sheet = cloth(
        "sheet", (0.3, 0.3), (count,) * 2, position=(0, 0, 0.3), made_of=fabric(stretch=4e3)
    )
    w = Rotation.align_vectors([[0, 0, -1]], [[1, 1, 1]])[0].as_quat(scalar_first=True)
    box = body(
        "box",
        "box",
        (0.003, 0.005, 0.3 + half * 3**0.5 + 0.02),
        {"half_extents": (half,) * 3},
        substance(density=600.0, friction=ROUGH),
        quaternion=tuple((w / np.linalg.norm(w)).tolist()),
    )
    rim = [
        row * count + column
        for row in range(count)
        for column in range(count)
        if {row, column} & {0, count - 1}
    ]
    spec = film([sheet, box], frames=20, rate=24000)  # contacts then hold 17 mJ of 110 at most
    return replace(spec, ties=tuple(Tie(body="sheet", point=k) for k in rim))


def test_a_corner_does_not_poke_through_a_sheet_between_its_vertices():
    spec = corner_under()
    states = simulate(spec)
    solid, faces = build(spec.bodies[1].shape), skin(spec.bodies[0]).faces
    weights = np.array([(i, j, 6 - i - j) for i in range(7) for j in range(7 - i)]) / 6
    gaps = []
    for points, pose in zip(states.points[0], states.poses[:, 1].astype(np.float64), strict=True):
        turn = Rotation.from_quat(pose[3:], scalar_first=True)
        local = turn.inv().apply(points.astype(np.float64) - pose[:3])
        samples = np.einsum("kw,fwx->fkx", weights, local[faces]).reshape(-1, 3)
        gaps.append(float(distance(solid, samples, 1.0).min()))
    assert min(gaps) < THICKNESS  # they did meet
    assert min(gaps) > -0.1 * THICKNESS
    lowest = states.poses[:, 1, 2].min()
    assert 0.3 < lowest < 0.3 + 0.04 * 3**0.5 - 0.01  # it sank in by a centimetre or more
    assert not fails("energy_rise", spec, states)


STEEP, BALL = 0.5, 0.05
"""Slope of both sides of a valley of cloth; radius of a ball that it passes over [m]."""


def bottom_over(offset, gap):
    """Height of a valley's bottom over a place that its nearest place is this far from [m]."""
    along = (1 + STEEP**2) ** 0.5
    if abs(offset) < gap * STEEP / along:
        return (gap**2 - offset**2) ** 0.5
    return gap * along - STEEP * abs(offset)


def pushes_on_a_valley(offsets, depth):
    """Sizes of pushes on it by a ball that is everywhere as deep in it [N].

    Args:
        offsets: Of the bottom from over the ball's middle [m].
        depth: [m]
    """
    x, y = np.meshgrid((-0.1, 0.0, 0.1), (-0.1, 0.1))
    drawn = np.stack([x, y, STEEP * np.abs(x)], -1).reshape(-1, 3)
    high = np.array((0.0, 0.0, 2.0))
    valley = cloth("valley", (0.2, 0.2), (3, 2), points=drawn + high)
    smooth = substance(friction=0.0)
    spec = film([valley, body("ball", "sphere", (0, 0, 1), {"radius": BALL}, smooth)])
    begun = Simulation(spec, Recorder(spec, elastic.VERSION))
    world, touch, pushes = begun.world, begun.elastic.touch, []
    points, probes = world.points, world.probes
    drawn, gap = points.place - high, BALL + points.radius[0] - depth
    points.place[:] = drawn + np.array((0.0, 0.0, 1.0 + gap))
    near = probe_touches(touch, points, probes, 1.0, no_touches())
    lifted = np.append(2 * depth, np.zeros(len(offsets)))  # they come to touch from apart
    for offset, lift in zip(np.append(offsets[0], offsets), lifted, strict=True):
        points.place[:] = drawn + np.array((offset, 0.0, 1.0 + bottom_over(offset, gap) + lift))
        points.force[:] = 0.0
        near.due[:] = -np.inf
        probe_face_forces(
            near, 0.0, touch, points, probes, world.bodies, world.laws, world.tally, begun.step_s
        )
        pushes.append(np.linalg.norm(points.force.sum(0)))
    return np.array(pushes[1:])


def test_a_ball_under_a_valley_of_cloth_is_not_thrown_off_as_it_passes_from_side_to_side():
    """Over the ball's middle the nearest place lies on the bottom, over neither face."""
    pushes = pushes_on_a_valley(np.linspace(-0.04, 0.04, 1601), 5e-4)
    assert pushes[0] > 0.0
    assert pushes[800] == 0.0
    # It began slack, where the bottom left the ball, and was never pressed on after that.
    assert pushes[801:].max() < 0.02 * pushes[0]


@pytest.mark.parametrize("slope", [20.0, 45.0, 70.0])
@pytest.mark.parametrize("share", [0.3, 0.43, 0.7])
def test_an_edge_across_that_of_a_box_is_as_deep_as_the_way_out(slope, share):
    """Depths that jump from step to step would push without having been pressed."""
    box, radius, length = np.array((0.1, 0.2, 0.05)), 1e-3, 0.03
    block = body("block", "box", (0, 0, 0.05), {"half_extents": tuple(box)}, is_static=True)
    spec = film([block])
    parts = collision_parts(spec, [build(block.shape)])
    turn = np.deg2rad(slope)
    along, out = (
        np.array((np.cos(turn), 0.0, -np.sin(turn))),
        np.array((np.sin(turn), 0, np.cos(turn))),
    )
    edge = np.array((box[0], 0.02, box[2])) + spec.bodies[0].position
    # Ends lie outside by far more than the radius; the way out is along `out`, of both faces.
    for depth in np.linspace(-0.9, 2.0, 30) * radius:
        start = edge - depth * out - share * length * along
        found, _, nx, ny, nz = deepest(parts, 1, start, start + length * along, radius)
        assert found == pytest.approx(radius + depth, abs=2e-3 * radius)  # twice SURE
        assert (nx, ny, nz) == pytest.approx(tuple(out), abs=0.06)  # over an arc of SURE


def test_cloth_between_a_floor_and_a_box_that_falls_on_it_is_pressed_through_neither():
    """Vertices of 20 mg under 300 g that come at 2 m/s: contacts stiffen as they are pressed."""
    half = 0.04
    low = cloth("low", (0.2, 0.2), (11, 11), position=(0.0, 0.0, THICKNESS / 2 + 1e-4))
    place = (0.003, 0.004, THICKNESS + half + 1e-3)
    heavy = substance(density=600.0)
    block = body(
        "block",
        "box",
        place,
        {"half_extents": (half,) * 3},
        heavy,
        linear_velocity=(0.0, 0.0, -2.0),
    )
    spec = film([low, block], frames=12, rate=12000)
    states = simulate(spec)
    assert not fails("energy_rise", spec, states)
    assert not fails("skin_depth", spec, states)  # a quarter of the thickness
    assert states.poses[1:, 1, 2].min() > half + THICKNESS / 4
