"""Random solids: as large as asked for, thick enough to collide, made of what there is."""

import numpy as np
import pytest

from phys4d_pipeline.shapes import build
from phys4d_pipeline.simulate.bullet_world import COMPOUND_MARGIN, HULL_MARGIN
from phys4d_pipeline.simulate.hulls import shrunk
from sim_scenes.materials import BOLD, MATERIALS
from sim_scenes.solids import CONCAVE, CONVEX, ROUND, SMALLEST, SOLIDS, draw_solid


@pytest.mark.parametrize("noun", list(SOLIDS))
def test_the_smallest_is_about_as_large_as_asked_for_and_can_collide(noun):
    solid = build(SOLIDS[noun].draw(np.random.default_rng(1), SMALLEST))
    assert 0.8 < solid.bounding_radius / SMALLEST < 1.2
    assert (len(solid.parts) == 1) == (noun in CONVEX)
    margin = COMPOUND_MARGIN if len(solid.parts) > 1 else HULL_MARGIN
    for part in solid.parts:
        if part.kind == "hull":
            shrunk(part.points, margin)  # raises if it is too thin


def test_at_least_forty_of_them_are_not_convex():
    assert len(CONCAVE) >= 40
    assert len(CONVEX) + len(CONCAVE) == len(SOLIDS)


def test_materials_exist_and_round_ones_show_how_they_turn():
    assert {name for solid in SOLIDS.values() for name in solid.materials} <= set(MATERIALS)
    rng = np.random.default_rng(3)
    for noun in ROUND:
        _, _, _, look = draw_solid(rng, 0.1, [noun])
        assert look.texture.kind in BOLD or look.transmission


def test_materials_can_be_left_out():
    rng = np.random.default_rng(4)
    drawn = [draw_solid(rng, 0.1, ["gear"], without=("steel", "brass"))[2] for _ in range(20)]
    assert set(drawn) == {"plastic", "pine"}


def test_the_same_rng_draws_the_same_solids():
    one, other = (
        [draw_solid(rng, 0.1) for _ in range(10)]
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert one == other
