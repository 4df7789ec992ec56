"""Ropes: strands that keep apart pass; stretched, crossing, sunk and jumping ones do not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import SILK, changed, fails, line, measured, rope_body, rope_states
from rigid_scenes import body, scene
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.physics_checks import physics_checks

RADIUS = 0.005
FRAMES = 12


def still(ropes, others=()):
    """(scene, states) of ropes through points that do not move, without gravity."""
    bodies = [rope_body(f"rope {k}", points) for k, points in enumerate(ropes)]
    spec = scene([*bodies, *others], frames=FRAMES, gravity=0.0)
    places = {k: np.tile(points, (FRAMES, 1, 1)) for k, points in enumerate(ropes)}
    return spec, rope_states(spec, places, {k: 0 * each for k, each in places.items()})


def moving(ropes, velocities):
    """Each rope keeps a velocity of its own."""
    spec, states = still(ropes)
    times = np.arange(FRAMES)[:, None, None] / spec.fps
    points = {k: states.points[k] + np.float32(times * v) for k, v in enumerate(velocities)}
    speeds = {
        k: np.tile(np.float32(v), (*points[k].shape[:2], 1)) for k, v in enumerate(velocities)
    }
    return spec, changed(spec, states, points=points, point_velocities=speeds)


def crossed(height):
    """Two straight ropes, one over the other at a right angle."""
    return [
        line((-0.3, 0, 1), (0.3, 0, 1), 61),
        line((0, -0.3, 1 + height), (0, 0.3, 1 + height), 61),
    ]


def helix(pitch, *, radius=0.05, turns=5, spacing=0.008):
    """A coil with equal pieces."""
    count = int(turns * np.hypot(2 * np.pi * radius, pitch) / spacing)
    angle = np.linspace(0, 2 * np.pi * turns, count)
    height = 1.0 + pitch * angle / (2 * np.pi)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], 1)


def failed(spec, states):
    checks = physics_checks(spec, states)
    return {check.name for check in checks if not check.passed} - {"stillness"}


def test_a_rope_that_drifts_as_a_whole_passes_every_law():
    spec, states = moving(crossed(0.02), [(0.5, 0.0, 0.0), (0.0, 0.2, 0.0)])
    assert failed(spec, states) == set()


@pytest.mark.parametrize(("factor", "passes"), [(1.005, True), (1.02, False), (0.98, False)])
def test_a_rope_stretched_by_two_percent_fails(factor, passes):
    points = line((0, 0, 2), (0, 0, 1), 51)
    spec, states = still([points])
    states = changed(spec, states, points={0: states.points[0] * np.float32(factor)})
    check = measured("rope_stretch", spec, states)
    assert check.value == pytest.approx(abs(factor - 1), abs=1e-4)
    assert check.passed is passes


@pytest.mark.parametrize(
    ("height", "passes"), [(2 * RADIUS, True), (1.82 * RADIUS, True), (1.76 * RADIUS, False)]
)
def test_crossing_strands_stay_nine_tenths_of_a_diameter_apart(height, passes):
    spec, states = still(crossed(height))
    check = measured("rope_clearance", spec, states)
    assert check.value == pytest.approx(1 - height / (2 * RADIUS), abs=1e-4)
    assert check.passed is passes


@pytest.mark.parametrize(("pitch", "passes"), [(0.0105, True), (0.0085, False)])
def test_turns_of_a_coil_stay_apart(pitch, passes):
    """Turns of a flat coil are as far apart as its pitch, but for the slope of 2 degrees."""
    spec, states = still([helix(pitch)])
    check = measured("rope_clearance", spec, states)
    assert check.passed is passes
    if not passes:
        assert check.value == pytest.approx(1 - pitch / (2 * RADIUS), abs=5e-3)


def test_the_tightest_bend_is_no_contact():
    """Half a turn about its own radius: both sides are a diameter apart, the bend is not."""
    angle = np.linspace(0, np.pi, 9)
    bend = RADIUS * np.stack([np.sin(angle), np.cos(angle), 0 * angle], 1)
    step = np.linalg.norm(bend[1] - bend[0])
    legs = np.arange(30, 0, -1)[:, None] * step * np.array([-1.0, 0, 0])
    points = np.concatenate([bend[0] + legs, bend, (bend[-1] + legs)[::-1]])
    points[:, 2] += 1.0
    spec, states = still([points])
    assert measured("rope_clearance", spec, states).value < 0.03  # nine points on half a circle


def test_a_strand_that_passes_through_a_strand_between_frames_fails():
    spec, states = moving(crossed(0.05), [(0.0, 0.0, 0.0), (0.0, 0.0, -6.0)])
    assert not fails("rope_clearance", spec, states)  # 5 cm above, then 5 cm under
    check = measured("rope_passages", spec, states)
    assert check.value >= 1
    assert not check.passed


def test_a_strand_that_sweeps_past_the_end_of_a_strand_passes():
    ropes = [line((-0.3, 0, 1), (-0.02, 0, 1), 29), crossed(0.05)[1]]
    spec, states = moving(ropes, [(0.0, 0.0, 0.0), (0.0, 0.0, -6.0)])
    assert measured("rope_passages", spec, states).value == 0


def test_a_rope_whirled_about_its_middle_does_not_pass_through_itself():
    """Its ends move by 0.4 m from frame to frame, on circles."""
    points = helix(0.02, turns=3)
    spec, states = still([points])
    rate, middle = 25.0, points.mean(0)
    turns = [Rotation.from_rotvec([0, 0, rate * k / 60]) for k in range(FRAMES)]
    places = np.stack([middle + turn.apply((points - middle) * (3, 3, 1)) for turn in turns])
    speeds = np.cross((0, 0, rate), places - middle)
    states = changed(
        spec, states, points={0: np.float32(places)}, point_velocities={0: np.float32(speeds)}
    )
    assert measured("rope_passages", spec, states).value == 0


def on_slab(depth, *, width=1.0):
    """A rope on a slab, or over its edge, with its lower side this deep in it."""
    slab = body("slab", "box", (0, 0, 0.5), {"half_extents": (width, 1.0, 0.1)}, is_static=True)
    height = 0.6 + RADIUS - depth
    return still([line((-0.1, 0, height), (0.1, 0, height), 21)], [slab])


@pytest.mark.parametrize(("depth", "passes"), [(0.0, True), (0.0008, True), (0.0012, False)])
def test_a_rope_sinks_in_by_a_tenth_of_its_diameter_at_most(depth, passes):
    spec, states = on_slab(depth)
    check = measured("rope_depth", spec, states)
    assert check.value == pytest.approx(depth / (2 * RADIUS), abs=1e-4)
    assert check.passed is passes


def test_a_rope_in_the_ground_fails():
    spec, states = still([line((-0.1, 0, 0.003), (0.1, 0, 0.003), 21)])
    assert measured("rope_depth", spec, states).value == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize("kind", ["box", "cylinder", "prism"])
def test_a_rope_along_an_edge_is_as_deep_as_it_is_near(kind):
    """Its middle line is a radius away from the edge, across the corner: it just touches."""
    size = {
        "box": {"half_extents": (0.1, 0.1, 0.1)},
        "cylinder": {"radius": 0.1, "half_height": 0.1},
        "prism": {"sides": 4.0, "radius": 0.1 * 2**0.5, "half_height": 0.1},
    }[kind]
    turn = Rotation.from_rotvec([0, 0, np.pi / 4 if kind == "prism" else 0])
    x, y, z, w = turn.as_quat().tolist()
    block = body("block", kind, (0, 0, 1), size, quaternion=(w, x, y, z), is_static=True)
    away = 0.1 + RADIUS / 2**0.5
    rope = line((away, -0.02, 1 + away), (away, 0.02, 1 + away), 5)
    spec, states = still([rope], [block])
    assert measured("rope_depth", spec, states).value < 0.03  # the cylinder bends away from it
    sunk = {0: states.points[0] - np.float32([0.001, 0, 0.001])}
    assert fails("rope_depth", spec, changed(spec, states, points=sunk))


def test_what_starts_inside_the_body_it_is_tied_to_is_no_depth():
    spec, states = on_slab(0.004)
    assert fails("rope_depth", spec, states)
    tied = replace(spec, ties=(Tie(body="rope 0", point=0, holder="slab"),))
    assert not fails("rope_depth", tied, states)


def test_a_rope_thrown_through_a_board_between_frames_fails():
    board = body("board", "box", (0, 0, 1), {"half_extents": (0.5, 0.5, 0.01)}, is_static=True)
    rope = line((-0.1, 0, 1.05), (0.1, 0, 1.05), 21)
    spec, states = still([rope], [board])
    times = np.arange(FRAMES)[:, None, None] / 60
    speed = np.array([0.0, 0.0, -5.4])
    moved = {0: np.float32(rope + times * speed)}
    speeds = {0: np.tile(np.float32(speed), (FRAMES, 21, 1))}
    thrown = changed(spec, states, points=moved, point_velocities=speeds)
    assert not fails("rope_depth", spec, thrown)
    assert fails("rope_tunnelling", spec, thrown)
    assert not fails("rope_tunnelling", spec, states)


def test_a_point_that_jumps_for_one_frame_fails():
    spec, states = moving([crossed(0.0)[0]], [(0.5, 0.0, 0.0)])
    points = states.points[0].copy()
    points[5, 30, 2] += 0.005
    assert fails("rope_kinematics", spec, changed(spec, states, points={0: points}))


@pytest.mark.parametrize("fps", [15, 60])
def test_a_kink_that_runs_along_a_rope_explains_how_its_points_move(fps):
    # At 15 frames/s it passes 12 points from frame to frame, where few change their velocity.
    rope = line((-0.5, 0, 1.0), (0.5, 0, 1.0), 101)
    spec, states = still([rope])
    spec = replace(spec, fps=fps)
    times = np.arange(FRAMES)[:, None] / fps
    passed = np.clip((1.8 * times - rope[:, 0] - 0.5) / 0.03, 0.0, 1.0)
    places, speeds = np.tile(rope, (FRAMES, 1, 1)), np.zeros((FRAMES, 101, 3))
    places[..., 1] = 0.02 * passed
    speeds[..., 1] = 0.02 * 1.8 / 0.03 * ((passed > 0) & (passed < 1))
    wave = {"points": {0: np.float32(places)}, "point_velocities": {0: np.float32(speeds)}}
    assert not fails("rope_kinematics", spec, changed(spec, states, **wave))
    wave["point_velocities"] = {0: np.zeros_like(wave["points"][0])}
    assert fails("rope_kinematics", spec, changed(spec, states, **wave))


def test_velocities_that_are_not_those_of_the_motion_fail():
    spec, states = moving([crossed(0.0)[0]], [(0.5, 0.0, 0.0)])
    doubled = {0: states.point_velocities[0] * np.float32(2.0)}
    assert fails("rope_kinematics", spec, changed(spec, states, point_velocities=doubled))


def test_a_falling_rope_falls_with_gravity():
    rope = rope_body("rope", crossed(0.0)[0], made_of=SILK)
    for factor in (1.0, 0.95):
        spec = scene([rope], frames=FRAMES)
        times = np.arange(FRAMES)[:, None, None] / 60
        fall = np.array([0.0, 0.0, -9.81 * factor])
        places = np.array(rope.points) + fall * times**2 / 2
        states = rope_states(spec, {0: places}, {0: np.tile(fall * times, (1, 61, 1))})
        assert fails("free_fall", spec, states) is (factor != 1.0)
