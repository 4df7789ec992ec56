"""Slopes that sand leaves on a shelf beside a gap, and how fast it runs out through a hole."""

from dataclasses import replace

import numpy as np
import pytest
from rigid_scenes import body
from sand_scenes import DENSITY, sand, sand_scene

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.simulate import simulate

CELL = 0.01


def drained(tangent, *, shelf, gap, height, frames):
    """Columns of a slice of sand on a shelf from x = 0 on, after what lay on the gap has fallen.

    Args:
        tangent: Of the angle of internal friction.
        shelf: Its length [cells]; a smooth side stands behind it.
        gap: Beside it, bottomless [cells].
        height: Of the sand at the start [cells].
        frames: To simulate.

    Returns:
        Middles of the columns and the sand in them over their area [m].
    """
    depth, top = 4 * CELL, 40 * CELL
    half = ((shelf + gap) * CELL / 2, depth / 2, height * CELL / 2)
    bed = sand("box", {"half_extents": half}, (half[0], 0.0, top + half[2]), tangent=tangent)
    board = body(
        "shelf",
        "box",
        (shelf * CELL / 2, 0.0, top - 3 * CELL),
        {"half_extents": (shelf * CELL / 2, depth, 3 * CELL)},
    )
    grid = Grid(
        low=(0.0, -depth / 2, top - 6 * CELL),
        cell=CELL,
        cells=(shelf + gap, 4, height + 9),
        open_sides=("-z", "+z"),
    )
    spec = sand_scene([bed, replace(board, is_static=True)], grid, frames=frames)
    places = simulate(spec).points[0][-1]
    edges = CELL * np.arange(shelf + 1)
    inside = np.histogram(places[places[:, 2] > top, 0], edges)[0]
    return (edges[1:] + edges[:-1]) / 2, inside * (CELL / 2) ** 3 / (depth * CELL)


@pytest.mark.slow
@pytest.mark.parametrize("tangent, height, frames", [(0.45, 8, 110), (0.75, 12, 80)])
def test_sand_that_drained_off_a_shelf_rests_at_the_friction_angle(tangent, height, frames):
    place, column = drained(tangent, shelf=14, gap=6, height=height, frames=frames)
    some = (place > 2 * CELL) & (place < 12 * CELL)  # neither the lip nor what touches the side
    slope = -np.polyfit(place[some], column[some], 1)[0]
    # Grains by the lip are half layers: the slope is known to a degree or so.
    assert np.degrees(np.arctan(slope)) == pytest.approx(np.degrees(np.arctan(tangent)), abs=3.0)


def discharge(hole, *, height):
    """Mass flow out of a bin of 20 cells through a round hole in its floor [kg/s].

    Its smooth sides stand for planes of symmetry: a quarter is simulated.

    Args:
        hole: Its diameter [cells].
        height: Of the sand over it at the start [cells].
    """
    width, thick, top = 10, 2 * CELL, 40 * CELL
    half = (width * CELL / 2, width * CELL / 2, height * CELL / 2)
    bed = sand("box", {"half_extents": half}, (half[0], half[1], top + half[2]))
    ring = {"radius": 1.6 * width * CELL, "inner_radius": hole * CELL / 2, "half_height": thick / 2}
    floor = replace(body("floor", "pipe", (0.0, 0.0, top - thick / 2), ring), is_static=True)
    grid = Grid(
        low=(0.0, 0.0, top - 5 * CELL),
        cell=CELL,
        cells=(width, width, height + 8),
        open_sides=("-z", "+z"),
    )
    states = simulate(sand_scene([bed, floor], grid, frames=31))
    out = 4 * states.masses[0] * (states.points[0][:, :, 2] < top - thick - CELL / 2).mean(1)
    return np.polyfit(states.times[16:], out[16:], 1)[0]  # it starts within a quarter second


@pytest.mark.slow
def test_sand_runs_out_as_beverloo_measured_whatever_the_head():
    """0.58 rho sqrt(g) (D - k d)^2.5 (Beverloo et al. 1961): the cell stands for the grain."""
    idle = 0.8  # k d, fitted [cells]: 1.4 grains in the experiments
    rates = {hole: discharge(hole, height=10) for hole in (4, 6, 8)}
    for hole, rate in rates.items():
        wanted = 0.58 * DENSITY * np.sqrt(9.81) * ((hole - idle) * CELL) ** 2.5
        # Between D = 4 and 8 cells the flow grows ninefold; -16 to +8 % were measured.
        assert rate == pytest.approx(wanted, rel=0.2)
    # A liquid would run out faster by sqrt(1.5), 22 %.
    assert discharge(6, height=15) == pytest.approx(rates[6], rel=0.12)
