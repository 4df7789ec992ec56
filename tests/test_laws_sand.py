"""Laws of sand: sand at rest passes; packed, sunk, steep and rising sand does not."""

from dataclasses import replace

import numpy as np
import pytest
from law_states import fails, measured
from sand_scenes import round_grid, sand, sand_scene

from phys4d_pipeline.simulate import simulate

CELL = 0.02
SANDS = ("sand_packing", "sand_depth", "sand_repose", "sand_energy")


@pytest.fixture(scope="module")
def heap():
    """A cone of 24 degrees under a friction angle of 31, at rest."""
    cone = sand("cone", {"radius": 0.22, "height": 0.1})
    spec = sand_scene([cone], round_grid(0.3, 0.14, CELL), frames=13)
    return spec, simulate(spec)


def moved(heap, change):
    """The same with other places of the sand."""
    spec, states = heap
    points = change(states.points[0].astype(np.float64))
    poses = states.poses.copy()
    poses[:, 0, :3] = points.mean(1)
    return spec, replace(states, points={0: points.astype(np.float32)}, poses=poses)


@pytest.mark.parametrize("name", SANDS)
def test_sand_at_rest_obeys_the_laws(heap, name):
    spec, states = heap
    assert not fails(name, spec, states)


def test_sand_packed_by_a_fifth_fails(heap):
    squeezed = moved(heap, lambda points: points * (0.9, 0.9, 1.0))
    spec, states = squeezed
    assert fails("sand_packing", spec, states)


def test_sand_half_a_cell_under_the_ground_fails(heap):
    sunk = moved(heap, lambda points: points - (0.0, 0.0, 0.75 * CELL))
    spec, states = sunk
    assert fails("sand_depth", spec, states)


def test_sand_at_rest_on_a_slope_too_steep_fails(heap):
    steep = moved(heap, lambda points: points * (1.0, 1.0, 2.0))
    spec, states = steep
    assert fails("sand_repose", spec, states)


def test_sand_that_rises_by_itself_fails(heap):
    lift = np.linspace(0.0, 0.01, heap[0].num_frames)[:, None, None] * np.array([0.0, 0.0, 1.0])
    spec, states = moved(heap, lambda points: points + lift)
    assert fails("sand_energy", spec, states)


def test_other_scenes_have_no_laws_of_sand(heap):
    spec, states = heap
    plain = replace(
        spec.bodies[0], substance=replace(spec.bodies[0].substance, internal_friction=0.0)
    )
    for name in SANDS:
        assert measured(name, replace(spec, bodies=(plain,)), states) is None
