"""Distances of segments and of solids against brute force."""

import numpy as np
import pytest
import trimesh
from rigid_scenes import SHAPES
from scipy.optimize import minimize
from scipy.spatial import ConvexHull

from phys4d_pipeline.clearance.solids import distance
from phys4d_pipeline.clearance.strands import nearest
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build

ROUND = {**SHAPES, "capsule": {"radius": 0.05, "half_length": 0.06}}


def test_the_distance_of_segments_is_the_least_over_both():
    rng = np.random.default_rng(0)
    corners = rng.normal(size=(200, 4, 3))
    corners[:40, 3] = corners[:40, 2] + corners[:40, 1] - corners[:40, 0]  # parallel
    corners[40:60, 1] = corners[40:60, 0]  # a point
    gaps, shares = nearest(corners)
    grid = np.linspace(0, 1, 201)
    for (a, b, c, d), gap, (s, t) in zip(corners, gaps, shares, strict=True):
        one, other = a + grid[:, None] * (b - a), c + grid[:, None] * (d - c)
        sampled = np.linalg.norm(one[:, None] - other, axis=2).min()
        assert gap <= sampled + 1e-12
        assert gap >= sampled - 0.03  # half a step of the grid on each
        assert np.linalg.norm(a + s * (b - a) - c - t * (d - c)) == pytest.approx(gap, abs=1e-9)


@pytest.mark.parametrize("kind", ["box", "wedge", "rock"])
def test_the_distance_of_a_solid_is_that_of_its_nearest_point(kind):
    """Of convex ones: the projection by a solver of quadratic programs."""
    solid = build(Shape(kind=kind, parameters=SHAPES[kind]))
    points = _around(solid, 12)
    planes = ConvexHull(solid.mesh.vertices).equations
    for point, gap in zip(points, distance(solid, points, 10.0), strict=True):
        nearest_point = minimize(
            lambda x, point=point: ((x - point) ** 2).sum(),
            np.zeros(3),
            jac=lambda x, point=point: 2 * (x - point),
            constraints={
                "type": "ineq",
                "fun": lambda x: -(planes[:, :3] @ x + planes[:, 3]),
                "jac": lambda x: -planes[:, :3],
            },
            method="SLSQP",
            options={"maxiter": 300, "ftol": 1e-15},
        ).x
        assert gap == pytest.approx(np.linalg.norm(nearest_point - point), abs=2e-6)


@pytest.mark.parametrize("kind", ["cylinder", "sphere", "capsule"])
def test_the_distance_of_a_round_solid_is_that_of_its_surface(kind):
    solid = build(Shape(kind=kind, parameters=ROUND[kind]))
    points = _around(solid, 30)
    surface, _ = trimesh.sample.sample_surface(
        trimesh.Trimesh(solid.mesh.vertices, solid.mesh.faces), 200_000, seed=0
    )
    sampled = np.array([np.linalg.norm(surface - point, axis=1).min() for point in points])
    # Samples lie up to half a millimetre apart, the mesh up to as much inside.
    np.testing.assert_allclose(distance(solid, points, 10.0), sampled, atol=5e-4)


def _around(solid, count):
    points = np.random.default_rng(1).normal(size=(count, 3))
    return 1.2 * solid.bounding_radius * points / np.linalg.norm(points, axis=1, keepdims=True)


def test_inside_the_distance_is_negative_and_beyond_the_reach_infinite():
    solid = build(Shape(kind="box", parameters={"half_extents": (0.1, 0.2, 0.3)}))
    points = np.array([[0.0, 0.0, 0.0], [0.16, 0.0, 0.0], [0.14, 0.23, 0.0], [0.09, 0.0, 0.0]])
    np.testing.assert_allclose(distance(solid, points, 0.055), [-0.1, np.inf, 0.05, -0.01])
