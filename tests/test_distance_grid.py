"""Signed distances sampled on a lattice, against closed forms and against the convex parts."""

import numpy as np
import pytest

from phys4d_pipeline.clearance.solids import distance
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build
from phys4d_pipeline.simulate.distance_grid import distance_grid, thinnest

SPACING = 0.004  # [m]
SOLIDS = {
    "box": Shape(kind="box", parameters={"half_extents": (0.05, 0.1, 0.03)}),
    "sphere": Shape(kind="sphere", parameters={"radius": 0.06}),
    "cup": Shape(kind="cup", parameters={"radius": 0.06, "height": 0.1, "wall_share": 0.2}),
    "torus": Shape(kind="torus", parameters={"radius": 0.06, "tube_radius": 0.02}),
    "wheel": Shape(
        kind="wheel",
        parameters={"radius": 0.1, "half_width": 0.03, "rim": 0.015, "hub": 0.02, "spokes": 8},
    ),
    "rock": Shape(kind="rock", parameters={"radius": 0.06, "roughness": 0.3, "seed": 1}),
}


def test_distances_to_a_sphere_are_those_to_its_middle_less_its_radius() -> None:
    grid = distance_grid(build(SOLIDS["sphere"]), SPACING, 0.02)
    points = np.random.default_rng(0).uniform(-0.07, 0.07, (2000, 3))
    from_middle = np.linalg.norm(points, axis=1)
    away = from_middle > 3 * SPACING  # the middle is a kink that no lattice resolves
    # A trilinear patch of a surface of curvature 1 / r is off by at most 3 h^2 / (8 r): 0.12 mm.
    np.testing.assert_allclose(grid.at(points)[away], (from_middle - 0.06)[away], atol=1.2e-4 / 0.5)


@pytest.mark.parametrize("name", SOLIDS)
def test_a_lattice_holds_the_volume_of_its_solid(name: str) -> None:
    solid = build(SOLIDS[name])
    grid = distance_grid(solid, SPACING, 2 * SPACING)
    share = np.clip(0.5 - grid.values.astype(np.float64) / SPACING, 0.0, 1.0)
    # Edges are rounded off over one spacing; the thinnest of these is three spacings thick.
    assert share.sum() * SPACING**3 == pytest.approx(solid.volume, rel=0.015)


@pytest.mark.parametrize("name", SOLIDS)
def test_inside_and_outside_agree_with_the_parts(name: str) -> None:
    solid = build(SOLIDS[name])
    grid = distance_grid(solid, SPACING, 2 * SPACING)
    reach = np.abs(solid.mesh.vertices).max(0) + SPACING
    points = np.random.default_rng(1).uniform(-1.0, 1.0, (3000, 3)) * reach
    exact, found = distance(solid, points, np.inf), grid.at(points)
    assert (found[exact > SPACING] > 0.0).all()
    assert (found[exact < -SPACING] < 0.0).all()
    near = (exact > 0.0) & (exact < SPACING)
    # Beside an edge, a trilinear patch rounds it off by at most a quarter of the spacing; parts
    # fill the inside of a bend by up to 0.5 % of the radius.
    assert np.abs(found - exact)[near].max() < 0.25 * SPACING + 0.005 * reach.max()


def test_the_thinnest_wall_of_a_cup_is_its_wall() -> None:
    # 0.2 * 0.06 = 12 mm level; the wall leans by atan(0.012 / 0.1), and 64 flat sides lie
    # 0.12 % of the radius inside.
    wall = 0.012 * np.cos(np.arctan(0.012 / 0.1))
    assert thinnest(build(SOLIDS["cup"])) == pytest.approx(wall, rel=0.01)
    assert thinnest(build(SOLIDS["box"])) == pytest.approx(0.06)
    assert thinnest(build(SOLIDS["sphere"])) == pytest.approx(0.12)


def test_a_lattice_that_does_not_fit_in_memory_is_refused() -> None:
    with pytest.raises(SceneError, match="nodes, at most"):
        distance_grid(build(SOLIDS["box"]), 1e-4, 0.1)
