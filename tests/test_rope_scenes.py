"""Families of ropes: their lines, knots and materials; that they converge and say what happens."""

from itertools import pairwise

import numpy as np
import pytest

from phys4d_pipeline import shapes
from phys4d_pipeline.clearance.strands import Pieces, nearest
from phys4d_pipeline.motion.rods import nearest_contact, rod
from phys4d_pipeline.scene import Body, SceneSpec
from phys4d_pipeline.scene_catalog import catalog
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import States
from sim_scenes import rope_shapes
from sim_scenes.draws import in_words
from sim_scenes.rope_materials import ROPE_MATERIALS, rope_substance
from sim_scenes.ropes import knot_pulled, table_slide
from tests.sampled_scenes import SEEDS, in_picture, sampled

FAMILIES = list(catalog()["ropes"].values())
every_rope = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
FEW = (0, 3)
"""Seeds of what has to be simulated."""


def ropes(spec: SceneSpec) -> list[Body]:
    return [body for body in spec.bodies if body.form == "rope"]


def test_a_catenary_has_its_length_and_solves_its_equation():
    curve = rope_shapes.catenary((0.0, 0.0, 1.0), (0.6, 0.8, 1.3), 1.7)
    np.testing.assert_allclose(curve[[0, -1]], [(0.0, 0.0, 1.0), (0.6, 0.8, 1.3)], atol=1e-12)
    pieces = np.diff(curve, axis=0)
    along = np.linalg.norm(pieces, axis=1)
    assert along.sum() == pytest.approx(1.7, abs=1e-6)  # chords of 2000 pieces
    # The weight of a stretch is the change of the vertical pull; the horizontal one is constant:
    # the slope is linear in the length along the curve.
    slope = pieces[:, 2] / np.linalg.norm(pieces[:, :2], axis=1)
    middles = np.cumsum(along) - along / 2
    fit = np.polynomial.polynomial.polyfit(middles, slope, 1)
    np.testing.assert_allclose(fit[0] + fit[1] * middles, slope, atol=1e-5)


def test_a_rope_that_is_too_short_for_a_catenary_is_refused():
    with pytest.raises(ValueError, match=r"A rope of 0.9 m does not reach"):
        rope_shapes.catenary((0.0, 0.0, 1.0), (0.6, 0.8, 1.3), 0.9)


def test_points_are_laid_at_equal_distances_from_end_to_end():
    bend = rope_shapes.arc((0.0, 0.0, 0.0), (0.2, 0.0, 0.0), (0.0, 0.2, 0.0), 0.0, np.pi, climb=0.3)
    curve = rope_shapes.chain(rope_shapes.straight((0.2, -0.5, 0.0), (0.2, 0.0, 0.0)), bend)
    length = 0.5 + np.hypot(np.pi * 0.2, 0.3)
    assert np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() == pytest.approx(length, rel=1e-5)
    points = rope_shapes.laid(curve, 0.02)
    apart = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert np.ptp(apart) < 1e-9 * 0.02
    assert apart[0] == pytest.approx(0.02, rel=0.02)
    np.testing.assert_allclose(points[[0, -1]], curve[[0, -1]], atol=1e-12)


def gauss_code(curve: np.ndarray) -> tuple[list[int], list[int]]:
    """Which crossing (seen along y) each strand passes, in order; and on which side, 1 or -1."""
    earlier, later = rope_shapes._crossings(curve[:, [0, 2]])
    along = np.concatenate([earlier, later])
    order = np.argsort(along)
    numbers = np.tile(np.arange(len(earlier)), 2)[order]
    sides = np.sign(curve[along[order], 1])
    return numbers.tolist(), sides.astype(int).tolist()


def self_distance(points: np.ndarray, skip: int) -> float:
    """Least distance of two points with at least `skip` pieces between them [m]."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    near = np.abs(np.subtract.outer(np.arange(len(points)), np.arange(len(points)))) < skip
    return float(np.where(near, np.inf, apart).min())


@pytest.mark.parametrize(
    ("knot", "steps"), [(rope_shapes.overhand, [3] * 3), (rope_shapes.figure_eight, [3] * 4)]
)
def test_knots_are_the_knots_they_are_called(knot, steps):
    """Alternating, reduced, three or four crossings: only the trefoil and the figure-eight are."""
    size, lift = 0.1, 0.026
    curve = knot(size, lift, ((-0.3, 0.0, 0.15), (0.3, 0.0, 0.15)))
    numbers, sides = gauss_code(curve)
    assert all(one == -other for one, other in pairwise(sides))
    places = [[k for k, n in enumerate(numbers) if n == number] for number in set(numbers)]
    around = [min(b - a, len(numbers) - (b - a)) for a, b in places]
    assert around == steps  # a crossing that can be undone would be 1 from itself
    points = rope_shapes.laid(curve, 0.02)
    assert self_distance(points, skip=5) > 2.2 * 0.01


def test_rope_materials_bend_more_easily_than_they_stretch():
    for name, material in ROPE_MATERIALS.items():
        assert 500.0 < material.density < 5000.0
        assert 0.0 < material.bending < material.stiffness
        substance = rope_substance(name)
        assert substance.friction**2 == pytest.approx(material.friction, abs=1e-5)
    # EN 892: 62 g/m; a climbing rope of 10 mm, 8 % under 80 kg statically, is 9.8 kN of EA.
    area = np.pi * 0.005**2
    assert ROPE_MATERIALS["climbing"].density * area == pytest.approx(0.0625, rel=0.02)
    assert ROPE_MATERIALS["climbing"].stiffness * area == pytest.approx(9.81e3, rel=0.02)


@every_rope
def test_ropes_are_as_long_and_thick_as_real_ones_and_start_unstretched(family):
    for seed in SEEDS:
        for body in ropes(sampled(family, seed)):
            tube = shapes.tube(body.shape)
            assert 0.006 <= 2 * tube.radius <= 0.04
            assert 0.3 <= tube.length <= 4.0
            assert len(body.points) == tube.segments + 1 <= 300
            apart = np.linalg.norm(np.diff(body.points, axis=0), axis=1)
            # Points are rounded to 10 nm, the length to a micrometre.
            np.testing.assert_allclose(apart, tube.length / tube.segments, rtol=3e-6)
            assert 0.98 <= apart[0] / (2 * tube.radius) <= 4.0  # about SPACING, for whole pieces


@every_rope
def test_no_strand_starts_inside_another(family):
    for seed in SEEDS:
        assert least_gap(sampled(family, seed), None, 0) > 0.0


def least_gap(spec: SceneSpec, states: States | None, frame: int) -> float:
    """Between surfaces of strands that are no neighbours, over the larger diameter [1]."""
    points, strand, place, first, radius, apart = [], [], [], [], [], []
    for number, body in enumerate(spec.bodies):
        if body.form == "rope":
            own = np.array(body.points) if states is None else states.points[number][frame]
            count = len(own) - 1
            first += list(np.arange(count) + sum(map(len, points)))
            strand += [number] * count
            place += list(range(count))
            radius += [shapes.tube(body.shape).radius] * count
            apart += [nearest_contact(rod(body))] * count
            points.append(own.astype(np.float64))
    every = np.concatenate(points)
    pieces = Pieces(
        strand=np.array(strand),
        place=np.array(place),
        first=np.array(first),
        radius=np.array(radius),
        apart=np.array(apart),
    )
    one, other = pieces.near(every, 0.05)
    if not len(one):
        return np.inf
    a, b = pieces.first[one], pieces.first[other]
    far, _ = nearest(np.stack([every[a], every[a + 1], every[b], every[b + 1]], axis=1))
    thick = pieces.radius[one] + pieces.radius[other]
    return float(((far - thick) / thick).min())


@every_rope
def test_ties_hold_the_points_they_name_within_reach(family):
    """A tied point lies a radius off the body that holds it, plus the gap of the start."""
    for seed in SEEDS:
        spec = sampled(family, seed)
        bodies = {body.name: body for body in spec.bodies}
        for tie in spec.ties:
            if tie.holder:
                rope, holder = bodies[tie.body], bodies[tie.holder]
                reach = shapes.build(holder.shape).bounding_radius
                away = np.linalg.norm(np.subtract(rope.points[tie.point], holder.position))
                assert away < reach + 1.5 * shapes.tube(rope.shape).radius + 1e-3


def test_a_rope_slides_when_its_weight_beats_friction_round_the_edge():
    """Euler and Eytelwein, solved for the share by bisection."""
    for rope in table_slide.FIBRE:
        for table in table_slide.TABLES:
            grip = rope_substance(rope).friction * table_slide.substance(table).friction
            share = table_slide.least_share(rope, table)
            held = grip * (1 - share) * np.exp(grip * np.pi / 2)
            assert held == pytest.approx(share, rel=1e-12)


def clip(family_name: str, seed: int, num_frames: int = 120) -> tuple[SceneSpec, States]:
    spec = sampled(catalog()["ropes"][family_name], seed).with_frames(num_frames)
    return spec, simulate(spec)


@pytest.mark.slow
@pytest.mark.parametrize("seed", FEW)
def test_ropes_slide_off_the_table_exactly_if_they_hang_far_enough(seed):
    spec, states = clip("table_slide", seed)
    table = next(body for body in spec.bodies if body.name == "table")
    slides = []
    for index, body in enumerate(spec.bodies):
        if body.form != "rope":
            continue
        grip = body.substance.friction * table.substance.friction
        pull = grip * np.exp(grip * np.pi / 2)
        points = np.array(body.points)
        hanging = points[0, 2] - points[-1, 2]
        slides.append(hanging / shapes.tube(body.shape).length > pull / (1 + pull))
        moved = np.linalg.norm(states.points[index][-1, 0] - states.points[index][0, 0])
        # A rope that stays settles round the edge first, and swings: a few centimetres.
        assert moved > 0.2 if slides[-1] else moved < 0.1, body.name
    said = "all slide off" if all(slides) else in_words(sum(slides), "rope")
    assert said in spec.caption


@pytest.mark.slow
def test_weights_over_a_pulley_fall_like_atwoods_machine():
    spec, states = clip("pulley_weights", 0, 46)
    names = [body.name for body in spec.bodies]
    light, heavy, wheel = (names.index(n) for n in ("weight_1", "weight_2", "wheel"))
    turning = (
        spec.bodies[wheel].substance.density * shapes.build(spec.bodies[wheel].shape).inertia[2, 2]
    )
    rope = next(index for index, body in enumerate(spec.bodies) if body.form == "rope")
    arm = abs(spec.bodies[heavy].position[0])
    masses = states.masses
    drawn = masses[heavy] - masses[light] + hanging_difference(spec.bodies[rope], masses[rope])
    moved = masses[heavy] + masses[light] + masses[rope] + turning / arm**2
    expected = 9.81 * drawn / moved
    times = states.times[15:46] - states.times[30]
    path = states.poses[15:46, heavy, 2].astype(np.float64)
    measured = -2 * np.polynomial.polynomial.polyfit(times, path, 2)[2]
    # The rope's part of the pull grows as it runs over: by up to 5 % in this time.
    assert measured == pytest.approx(expected, rel=0.1)


def hanging_difference(rope: Body, mass: float) -> float:
    """Mass of rope on the heavier side less that on the lighter side [kg]."""
    points = np.array(rope.points)
    wheel = points[:, 0] * np.sign(points[-1, 0])
    straight = np.abs(wheel) > 0.999 * np.abs(wheel).max()
    return mass * float((straight & (wheel > 0)).mean() - (straight & (wheel < 0)).mean())


@pytest.mark.slow
@pytest.mark.parametrize("seed", FEW)
def test_a_pulled_knot_stays_a_knot_and_gets_smaller(seed):
    spec, states = clip("knot_pulled", seed)
    (points,) = states.points.values()
    straight = np.linalg.norm(points[-1, -1] - points[-1, 0])
    length = shapes.tube(ropes(spec)[0].shape).length
    radius = shapes.tube(ropes(spec)[0].shape).radius
    left = min(knot_pulled.TIGHT.values())
    assert length - straight > 0.6 * left * radius, "the knot has slipped open"
    before, after = (
        rope_shapes._crossings(points[frame][:, [0, 2]].astype(np.float64)) for frame in (0, -1)
    )
    assert len(after[0]) >= len(before[0]) - 1
    assert least_gap(spec, states, -1) > -0.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", FEW)
def test_a_rope_that_is_laid_down_lies_in_loops(seed):
    """What has left the hand lies on the floor, within a few loops' width of the place."""
    _, states = clip("falling_coil", seed)
    for points in states.points.values():
        low = points[-1][points[-1, :, 2] < 0.1]
        assert len(low) > 0.5 * points.shape[1]
        assert np.ptp(low[:, :2], axis=0).max() < 0.5


@pytest.mark.slow
@every_rope
def test_ropes_stay_in_the_picture_and_clear_of_each_other(family):
    spec, states = clip(family.name, 3)
    for points in states.points.values():
        assert in_picture(spec, points.astype(np.float64)).mean() > 0.97
    assert min(least_gap(spec, states, frame) for frame in range(0, 120, 10)) > -0.1
