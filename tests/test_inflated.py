"""Skins that start full: at rest under their pressure, and as large as thin shells are."""

from dataclasses import replace

import numpy as np
import pytest

from phys4d_pipeline import shapes
from phys4d_pipeline.air import GAS_CONSTANT, PRESSURE
from phys4d_pipeline.motion.gas import volumes
from phys4d_pipeline.motion.rubber import balloon_pressure
from phys4d_pipeline.motion.skins import skin
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.scene_catalog import PRESETS
from phys4d_pipeline.simulate.elastic.filled import filled
from sim_scenes.inflated import edge_for, filling_area, flat, inflated_body
from sim_scenes.skins import SKINS, skin_colors, skin_substance, skin_surface
from tests.shape_examples import EXAMPLES

BALL = Shape(kind="air_ball", parameters={"radius": 0.2, "edge": 0.05, "thickness": 2.5e-4})
VINYL = skin_substance("vinyl")


def test_a_ball_grows_as_a_thin_shell_does():
    """Radius grows by p R^2 (1 - nu) / (2 E t); half as much again in the square of the strain."""
    full = filled(BALL, VINYL, pressure=1000.0)
    radii = np.linalg.norm(full.vertices, axis=1)
    grown = 1000.0 * 0.2**2 * 0.6 / (2 * 1.5e7 * 2.5e-4)
    assert radii.mean() - 0.2 == pytest.approx(grown, rel=0.06)  # 1.6 % strain, chords of 5 cm
    assert radii.std() < 0.05 * grown  # the twelve corners of an icosahedron bulge less


def test_a_balloon_settles_on_the_pressure_of_mooney_and_rivlin():
    latex = skin_substance("latex")
    ball = Shape(kind="air_ball", parameters={"radius": 0.04, "edge": 0.01, "thickness": 2.5e-4})
    full = filled(ball, latex, volume=0.0075)
    stretch = float(np.linalg.norm(full.vertices, axis=1).mean()) / 0.04
    expected = balloon_pressure(stretch, 0.04, 2.5e-4, latex.youngs_modulus)
    assert full.pressure == pytest.approx(expected, rel=0.03)  # 15 edges around a great circle
    assert 2.5 < stretch < 3.5


def test_gas_has_the_pressure_that_holds_the_skin():
    full = filled(BALL, VINYL, pressure=800.0)
    mols = full.amount(293.15)
    assert mols * GAS_CONSTANT * 293.15 / full.volume == pytest.approx(PRESSURE + 800.0)


@pytest.mark.parametrize("kind", ["pillow", "swim_ring"])
def test_panels_fill_without_stretching_and_stay_balanced(kind):
    shape = Shape(kind=kind, parameters=EXAMPLES[kind])
    full = filled(shape, VINYL, pressure=800.0)
    flat_size = np.ptp(shapes.mesh(shape).vertices, axis=0)
    size = np.ptp(full.vertices, axis=0)
    assert (size[:2] < flat_size[:2]).all() and size[2] > 5 * flat_size[2]
    kept = shapes.weld(shapes.mesh(shape))[0]
    np.testing.assert_allclose(full.vertices.mean(0)[:2], 0.0, atol=5e-3)
    assert len(kept) < len(full.vertices)


def test_relaxing_gives_the_same_bytes_again():
    first = filled(BALL, VINYL, pressure=500.0)
    again = filled(BALL, replace(VINYL, restitution=0.1), pressure=500.0)  # not cached
    assert first.vertices.tobytes() == again.vertices.tobytes()


def test_a_flat_skin_holds_what_its_gap_holds():
    shape = Shape(kind="swim_ring", parameters=EXAMPLES["swim_ring"])
    body = inflated_body("ring", flat(shape, "vinyl"), SURFACE, at=(0.0, 0.0, 1.0))
    one = skin(body)
    inside = float(volumes(np.array(body.points)[one.kept], one.faces))
    assert body.gas is not None
    pressure = body.gas.amount * GAS_CONSTANT * 293.15 / inside
    assert pressure == pytest.approx(PRESSURE, rel=1e-4)  # points are rounded to 0.1 um


def test_a_valve_fills_in_the_time_that_bernoulli_gives():
    """72 m/s through 5 cm2 bring 36 l in a second (3 kPa, 1.2 kg/m3)."""
    assert filling_area(0.036, 3000.0, 1.0) == pytest.approx(
        0.036 / (6000 / 1.204) ** 0.5, rel=1e-3
    )


def test_finer_presets_have_shorter_edges():
    edges = [
        edge_for(replace(PRESETS["demo"], particles=count), 1.0, 1500)
        for count in (2000, 30_000, 60_000, 1_000_000)
    ]
    assert edges == sorted(edges, reverse=True)
    assert 1500 * edges[1] ** 2 == pytest.approx(1.155, rel=1e-3)


def test_colours_differ_as_long_as_there_are_some():
    colors = skin_colors(np.random.default_rng(1), "latex", 9)
    assert len(set(colors)) == 9
    for name, material in SKINS.items():
        look = skin_surface(np.random.default_rng(2), name, 0.2, "stripes")
        assert look.metallic == material.metallic
        assert look.texture.second_color != look.base_color


SURFACE = skin_surface(np.random.default_rng(0), "vinyl", 0.3)
