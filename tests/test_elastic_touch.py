"""Contact among soft things: lists against brute force, momenta, side, friction, corners."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from touch_scenes import mesh, touching

from phys4d_pipeline.simulate.elastic import touch as contact
from phys4d_pipeline.simulate.elastic import touch_lists
from phys4d_pipeline.simulate.elastic.model import Touches
from phys4d_pipeline.simulate.elastic.touch_geometry import on_face
from phys4d_pipeline.simulate.elastic.touch_pairs import (
    REST_SHARE,
    edge_gap,
    edge_touches,
    no_touches,
    vertex_touches,
)

STEP = 1e-4
EDGE = 0.015
RADIUS = 0.001


def two_sheets(height, *, seed=0, jitter=0.0008, count=9, **others):
    rng = np.random.default_rng(seed)
    low = mesh(count, EDGE, jitter=jitter, rng=rng)
    high = mesh(count, EDGE, jitter=jitter, rng=rng, shift=(0.004, 0.007, height))
    return touching([low, high], radius=RADIUS, mass=3e-5, **others)


def crumpled(count=9):
    """One sheet that starts flat and is now within a tenth of its size."""
    rng = np.random.default_rng(3)
    touch, points, laws, tally = touching(
        [mesh(count, EDGE, jitter=0.001, rng=rng)], radius=RADIUS, mass=3e-5
    )
    points.place[:] = 0.02 * rng.normal(size=points.place.shape)
    return touch, points, laws, tally


def as_set(touches: Touches):
    return set(zip(touches.one.tolist(), touches.other.tolist(), strict=True))


def dense(place, triangle, spot):
    """Distance by many points on a triangle."""
    grid = np.linspace(0, 1, 201)
    v, w = (part.ravel() for part in np.meshgrid(grid, grid))
    v, w = v[v + w <= 1], w[v + w <= 1]
    a, b, c = place[triangle]
    return np.linalg.norm(a + v[:, None] * (b - a) + w[:, None] * (c - a) - spot, axis=1).min()


@pytest.mark.parametrize("seed", range(20))
def test_the_nearest_place_of_a_triangle_is_that_of_all_its_points(seed):
    rng = np.random.default_rng(seed)
    corners, spot = rng.normal(size=(3, 3)), 2 * rng.normal(size=3)
    u, v, w, is_over = on_face(spot, *corners)
    found = np.linalg.norm(np.array([u, v, w]) @ corners - spot)
    assert u + v + w == pytest.approx(1.0)
    assert min(u, v, w) >= 0.0
    # The 201 points along a side of about 2 m lie 5 mm from any place, at most.
    assert found - 1e-12 <= dense(corners, [0, 1, 2], spot) <= found + 0.005
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    foot = spot - normal * (normal @ (spot - corners[0])) / (normal @ normal)
    weights = np.linalg.solve(np.vstack([corners.T, np.ones(3)])[[0, 1, 3]], [*foot[:2], 1.0])
    assert is_over == bool((weights > 0).all())


def brute(touch, points, skin):
    """Lists by looking at every pair."""
    place, rest = points.place, touch.rest
    faces, edges = set(), set()
    for row, i in enumerate(touch.vertices):
        for f, (a, b, c) in enumerate(touch.faces):
            if i not in (a, b, c):
                reach = min(2 * RADIUS, REST_SHARE * gap_of(rest, i, a, b, c))
                if points.owner[i] != points.owner[a]:
                    reach = 2 * RADIUS
                if gap_of(place, i, a, b, c) <= reach + skin:
                    faces.add((row, f))
    for row, (a, b) in enumerate(touch.edges):
        for e in range(row + 1, len(touch.edges)):
            c, d = touch.edges[e]
            if {a, b} & {c, d}:
                continue
            reach = 2 * RADIUS
            if points.owner[a] == points.owner[c]:
                reach = min(reach, REST_SHARE * edge_gap(rest, a, b, c, d))
            if edge_gap(place, a, b, c, d) <= reach + skin:
                edges.add((row, e))
    return faces, edges


def gap_of(place, i, a, b, c):
    weights = on_face(place[i], place[a], place[b], place[c])[:3]
    return float(np.linalg.norm(np.array(weights) @ place[[a, b, c]] - place[i]))


@pytest.mark.parametrize("scene", [lambda: two_sheets(0.003), crumpled])
def test_lists_are_those_of_looking_at_every_pair(scene):
    """Neighbours in a sheet are among them: hems and pleats of two triangles fold on them."""
    touch, points, _, _ = scene()
    skin = float(touch.skin[0])
    faces, edges = brute(touch, points, skin)
    assert as_set(vertex_touches(touch, points, skin, no_touches())) == faces
    assert as_set(edge_touches(touch, points, skin, no_touches())) == edges
    assert len(faces) > 100 < len(edges)


def pressed(touch, points, laws, tally):
    lists = touch_lists.no_lists(points)
    lists = touch_lists.refreshed(touch, points, lists, 0.0, STEP)
    contact.soft_forces(touch, lists, points, laws, tally, STEP)
    return lists


@pytest.mark.parametrize("friction", [0.0, 0.8])
def test_forces_keep_momentum_and_angular_momentum_to_rounding(friction):
    touch, points, laws, tally = two_sheets(0.0012, friction=friction)
    points.speed[:] = np.random.default_rng(1).normal(size=points.speed.shape)
    points.mass[:] *= np.random.default_rng(2).uniform(0.5, 2.0, len(points.mass))
    lists = pressed(touch, points, laws, tally)
    contact.soft_forces(touch, lists, points, laws, tally, STEP)
    size = np.abs(points.force).sum()
    assert size > 1.0
    assert np.abs(points.force.sum(0)).max() < 1e-12 * size  # sums of a thousand roundings
    assert np.abs(np.cross(points.place, points.force).sum(0)).max() < 1e-12 * size


def test_sheets_that_turn_together_rub_nowhere():
    touch, points, laws, tally = two_sheets(0.0012)
    spin = np.array([3.0, -2.0, 5.0])
    points.speed[:] = np.cross(spin, points.place) + np.array([1.0, 2.0, 3.0])
    lists = pressed(touch, points, laws, tally)
    turned = points.force.copy()
    points.force[:], points.speed[:] = 0.0, 0.0
    for touches in (lists.faces, lists.edges):
        touches.slip[:] = 0.0
    contact.soft_forces(touch, lists, points, laws, tally, STEP)
    np.testing.assert_allclose(turned, points.force, atol=1e-12 * np.abs(turned).max())


def test_forces_turn_with_the_scene():
    results = []
    for turn in (np.eye(3), Rotation.from_rotvec((0.4, 1.1, -0.7)).as_matrix()):
        touch, points, laws, tally = two_sheets(0.0012)
        points.place[:] = points.place @ turn.T
        points.speed[:] = np.random.default_rng(1).normal(size=points.speed.shape) @ turn.T
        pressed(touch, points, laws, tally)
        results.append(points.force @ turn)
    np.testing.assert_allclose(results[0], results[1], atol=1e-9 * np.abs(results[0]).max())


def test_a_flat_sheet_however_fine_never_touches_itself_at_rest():
    """Its edges are a third of the distance at which layers touch."""
    touch, points, laws, tally = touching(
        [mesh(15, EDGE / 20, jitter=1e-5, rng=np.random.default_rng(0))],
        radius=RADIUS,
        mass=1e-6,
    )
    pressed(touch, points, laws, tally)
    assert (points.force == 0.0).all()


def falling(speed, *, mass=3e-5, friction=0.0, slide=0.0, steps=400):
    """A small sheet that meets a heavy large one; returns its height and speeds over time."""
    low = mesh(3, 0.02, shift=(-0.02, -0.02, 0.0))
    high = mesh(2, 0.004, shift=(0.001, -0.005, 2 * RADIUS + 1e-4))
    masses = np.repeat([1e3, mass], [9, 4])
    touch, points, laws, tally = touching(
        [low, high], radius=RADIUS, mass=masses, friction=friction
    )
    points.speed[9:, 2], points.speed[9:, 0] = -speed, slide
    lists, path = pressed(touch, points, laws, tally), []
    for _ in range(steps):
        points.place[:] += STEP * points.speed
        lists = touch_lists.refreshed(touch, points, lists, 0.0, STEP)
        points.force[:] = 0.0
        contact.soft_forces(touch, lists, points, laws, tally, STEP)
        points.speed[:] += STEP * points.force / points.mass[:, None]
        path.append([points.place[9:, 2].min(), *points.speed[9:].mean(0)])
    return np.array(path)


def test_a_lone_vertex_is_stopped_and_thrown_back_by_its_damped_spring():
    """At 1 m/s it sinks in by speed / frequency * exp(-ratio ...) = 0.39 mm, less by stiffening."""
    path = falling(1.0)
    depth = 2 * RADIUS - path[:, 0].min()
    frequency, ratio = contact.TOUCH_SHARE / STEP, contact.TOUCH_RATIO
    root = np.sqrt(1 - ratio**2)
    linear = np.exp(-ratio / root * np.arccos(ratio)) / frequency
    assert 0.6 * linear < depth < linear
    assert 0.3 < path[-1, 3] < 0.75


@pytest.mark.parametrize("speed", [2.0, 8.0, 16.0, 30.0])
def test_nothing_passes_through_even_when_it_moves_by_its_thickness_in_a_step(speed):
    """30 m/s is 3 mm in a step, half as much again as the distance at which they touch."""
    assert falling(speed)[-1, 3] > 0.0


def test_friction_stops_at_the_coulomb_limit():
    """Impulse along is friction times impulse across while it slips, and no more."""
    path = falling(1.0, friction=0.4, slide=3.0)
    across = path[-1, 3] + 1.0
    assert 3.0 - path[-1, 1] == pytest.approx(0.4 * across, rel=1e-2)  # it turns a little


def work_along(corners):
    """Of contacts on an upright triangle, led with its lower side across that of one below [J].

    That lies along x and ends at x = EDGE; nothing moves by itself, so nothing is damped or rubs.

    Args:
        corners: Of the path of the crossing: x, and height of one side over the other [m].
    """
    one = np.array([(0.0, 0.0, 0.0), (EDGE, 0.0, 0.0), (EDGE / 2, 0.0, -EDGE)])
    other = np.array([(0.0, -0.4 * EDGE, 0.0), (0.0, 0.6 * EDGE, 0.0), (0.0, 0.0, EDGE)])
    face = np.array([[0, 1, 2]])
    touch, points, laws, tally = touching(
        [(one, face), (other, face)], radius=RADIUS, mass=3e-5, friction=0.0, skin=3 * EDGE
    )
    lists = touch_lists.refreshed(touch, points, touch_lists.no_lists(points), 0.0, STEP)
    ends = np.array(corners)
    path = np.concatenate([np.linspace(a, b, 400) for a, b in pairwise(ends)])
    work = 0.0
    for x, height in path:
        moved, force = other + np.array((x, 0.0, height)), points.force[3:].copy()
        move = moved - points.place[3:]
        points.place[3:], points.force[:] = moved, 0.0
        for touches in (lists.faces, lists.edges):
            touches.due[:] = -np.inf
        contact.soft_forces(touch, lists, points, laws, tally, STEP)
        work += float(((force + points.force[3:]) / 2 * move).sum())
    return work


AWAY, DEEP = 4 * RADIUS, 0.6 * RADIUS
"""Edges touch from twice the radius on."""
DEPTH = 2 * RADIUS - DEEP
STORED = (
    (contact.TOUCH_SHARE / STEP) ** 2
    * 3e-5
    / 2
    * (DEPTH**2 / 2 + contact.STIFFENING * DEPTH**4 / (2 * RADIUS) ** 2 / 4)
)
"""Energy of a contact of four equal masses so deep [J]."""


def test_a_contact_of_edges_holds_the_energy_of_its_spring_and_gives_it_back():
    down, up = (0.4 * EDGE, AWAY), (0.4 * EDGE, DEEP)
    # Trapezoids of 400 steps.
    assert work_along([down, up]) == pytest.approx(-STORED, rel=1e-3)
    assert work_along([down, up, down]) == pytest.approx(0.0, abs=1e-3 * STORED)


def test_an_edge_that_slides_on_over_an_end_is_not_thrown_off():
    """It has not been pressed on, so there is nothing to give back."""
    beyond = EDGE + AWAY
    path = [(beyond, AWAY), (beyond, DEEP), (0.4 * EDGE, DEEP), (0.4 * EDGE, AWAY)]
    assert abs(work_along(path)) < 1e-2 * STORED  # ends push aside, and give that back
    assert work_along(path[::-1]) < -0.9 * STORED  # what slides off is lost, never gained
