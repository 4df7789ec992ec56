"""Hulls that a solver wraps in a skin: how far the skin is from the hull that was asked for."""

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.shapes.solid import ConvexPart
from phys4d_pipeline.simulate.rigid_pybullet.hulls import SHARPEST, shrunk

MARGIN = 1e-3
CUBE = 0.02 * np.array([(x, y, z) for x in (-1.0, 1) for y in (-1.0, 1) for z in (-1.0, 1)])


def spike(half_angle):
    """A pyramid on a square, its sides `half_angle` degrees off its axis."""
    base = 0.05 * np.tan(np.radians(half_angle))
    corners = [(x, y, -0.05) for x in (-base, base) for y in (-base, base)]
    return np.array([*corners, (0.0, 0.0, 0.0)])


def test_a_cube_shrinks_by_the_margin_on_every_side():
    np.testing.assert_allclose(shrunk(CUBE, MARGIN), np.unique(CUBE * 0.95, axis=0), atol=1e-9)


@pytest.mark.parametrize("half_angle", [8.0, 15.0, 25.0])
def test_the_skin_misses_a_tip_by_less_than_a_cubes_corner(half_angle):
    """Without a point of its own it would lose 1 / sin(half angle) - 1 margins: 6 at 8 degrees."""
    points = spike(half_angle)
    inner = shrunk(points, MARGIN)
    tip = np.linalg.norm(inner - points[-1], axis=1).min()
    assert tip - MARGIN < (SHARPEST - 1) * MARGIN
    outside = ConvexPart(kind="hull", points=points).signed_distance(inner) + MARGIN
    assert outside.max() < (SHARPEST - 1) * MARGIN  # nor does it stick out by more


def test_a_hull_thinner_than_twice_the_margin_is_refused():
    with pytest.raises(SceneError, match="thinner than twice the collision margin"):
        shrunk(CUBE * (1.0, 1.0, 0.04), MARGIN)
