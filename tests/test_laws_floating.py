"""Buoyancy: a box as deep as Archimedes says passes; a higher and a deeper one do not."""

from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline.simulate.liquid.filling import fill
from phys4d_pipeline.states import States
from tests.law_states import contacts, measured, recorded
from tests.liquid_scenes import CELL
from tests.test_liquid_bodies import SceneSpec, floating

FRAMES = 22
RATIO = 0.5


def resting(lifted: float, *, speed: float = 0.0) -> tuple[SceneSpec, States]:
    """A floating box so much too high [cells], in water that moves at a speed [m/s]."""
    spec = floating(RATIO).with_frames(FRAMES)
    assert spec.grid is not None
    start = fill(spec, spec.grid)
    poses = np.array([(*body.position, *body.quaternion) for body in spec.bodies])
    poses[0, 2] += lifted * CELL
    places = {
        k: np.tile(start.places[rows] * CELL + spec.grid.low, (FRAMES, 1, 1))
        for k, rows in start.bodies.items()
    }
    rows = [(frame, 2, 1, poses[0, :3], (0.0, 0.0, -1.0), 0.1, 0.0) for frame in range(1, FRAMES)]
    states = recorded(
        spec,
        np.tile(poses, (FRAMES, 1, 1)),
        np.zeros((FRAMES, len(poses), 6)),
        rows=rows,
        points=places,
        speeds={k: np.full_like(each, speed) for k, each in places.items()},
    )
    radii = {k: np.full(each.shape[1], CELL / 4, np.float32) for k, each in places.items()}
    return spec, replace(states, radii=radii)


def test_a_box_in_balance_passes():
    check = measured("buoyancy", *resting(0.0))
    assert check is not None and check.value < 0.02  # particles are jittered by 1/16 cell


@pytest.mark.parametrize("lifted", [-0.5, 0.5])  # of its draft of 3 cells: 17 %
def test_a_box_half_a_cell_off_its_draft_fails(lifted):
    check = measured("buoyancy", *resting(lifted))
    assert check is not None and not check.passed


def test_boxes_in_moving_water_or_on_something_are_left_out():
    assert measured("buoyancy", *resting(0.5, speed=0.2)) is None
    spec, states = resting(0.5)
    resting_on = contacts([(FRAMES - 1, 1, 0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.1, 0.0)])
    assert measured("buoyancy", spec, replace(states, contacts=resting_on)) is None
