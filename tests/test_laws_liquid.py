"""Laws of liquids: simulated ones pass; squeezed, leaked, pushed and shifted ones do not."""

from functools import cache

import numpy as np
import pytest

from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import States
from tests.law_states import changed
from tests.liquid_scenes import CELL, RAISED, filled, grid, liquid_scene, wall

LAWS = {"liquid_volume", "liquid_contained", "liquid_energy", "liquid_kinematics"}


@cache
def broken_dam() -> tuple[SceneSpec, States]:
    """A column beside a post."""
    spec = liquid_scene(
        [filled("column", (0, 0, 0), (10, 10, 12)), wall("post", (14, 3, 0), (18, 7, 8))],
        grid((22, 10, 18)),
        seconds=0.4,
    )
    return spec, simulate(spec)


def checks_of(spec: SceneSpec, states: States) -> dict[str, float]:
    """Value over bound of the laws of liquids."""
    checks = physics_checks(spec, states)
    return {check.name: check.value / check.bound for check in checks if check.name in LAWS}


def with_points(places: np.ndarray) -> dict[str, float]:
    spec, states = broken_dam()
    points = {**states.points, 0: places.astype(np.float32)}
    return checks_of(spec, changed(spec, states, points=points))


def test_a_broken_dam_passes_every_law():
    found = checks_of(*broken_dam())
    assert set(found) == LAWS
    assert max(found.values()) <= 1.0, found


def test_liquid_squeezed_by_three_percent_fails():
    places = broken_dam()[1].points[0].copy()
    places[..., 2] = RAISED + 0.97 * (places[..., 2] - RAISED)
    assert with_points(places)["liquid_volume"] > 1.0


@pytest.mark.parametrize("way", [(-0.5, 0.0, 0.0), (0.0, 0.0, -0.5)])
def test_a_particle_half_a_cell_behind_a_wall_fails(way):
    places = broken_dam()[1].points[0].copy()
    lowest = int((places[-1] @ np.abs(way)).argmin())
    places[-1, lowest] += CELL * np.array(way, np.float32)
    assert with_points(places)["liquid_contained"] > 1.0


def test_a_particle_inside_a_post_fails():
    places = broken_dam()[1].points[0].copy()
    places[-1, 0] = (16 * CELL, 5 * CELL, RAISED + 4 * CELL)
    assert with_points(places)["liquid_contained"] > 1.0


def test_liquid_pushed_by_nothing_fails():
    spec, states = broken_dam()
    speeds = states.point_velocities[0].copy()
    speeds[18:] *= 1.1
    velocities = {**states.point_velocities, 0: speeds}
    pushed = changed(spec, states, point_velocities=velocities)
    assert checks_of(spec, pushed)["liquid_energy"] > 1.0


def test_liquid_that_jumps_for_one_frame_fails():
    places = broken_dam()[1].points[0].copy()
    places[12] += (0.5 * CELL, 0.0, 0.0)
    assert with_points(places)["liquid_kinematics"] > 1.0
