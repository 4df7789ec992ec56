"""Channels and rolling bodies: round rims, textbook moments, floors where they are asked for."""

import numpy as np
import pytest

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import build
from tests.shape_examples import EXAMPLES, example

ROUND_ONES = ("hoop", "wheel")


@pytest.mark.parametrize("kind", ROUND_ONES)
def test_a_rim_collides_as_a_circle_and_not_as_it_is_drawn(kind):
    solid = example(kind)
    angles = np.linspace(0.0, 2 * np.pi, 2000)
    rim = 0.1 * np.column_stack([np.cos(angles), np.sin(angles), np.zeros(2000)])
    depth = np.min([part.signed_distance(rim) for part in solid.parts], 0)
    assert depth.min() > -1e-12
    assert depth.max() < 0.1 * (1 - np.cos(np.pi / 512)) + 1e-9


def test_a_thin_hoop_resists_turning_like_mass_at_its_rim():
    solid = build(Shape(kind="hoop", parameters=EXAMPLES["hoop"] | {"thickness": 0.001}))
    share = solid.inertia[2, 2] / (solid.volume * 0.1**2)
    assert share == pytest.approx(1 - 0.01, abs=1e-4)  # (R^2 + r^2) / 2 R^2, r = 0.99 R


def test_a_thin_hollow_ball_has_two_thirds():
    solid = build(Shape(kind="hollow_ball", parameters={"radius": 0.1, "thickness": 0.001}))
    assert solid.inertia[0, 0] / (solid.volume * 0.01) == pytest.approx(2 / 3, rel=0.011)


def test_the_floor_of_a_channel_is_its_line():
    points = (0.0, 0.0, 0.1, 0.3, 0.0, 0.1)
    shape = Shape(kind="channel", parameters={"points": points, "radius": 0.02, "thickness": 0.003})
    solid = build(shape)
    along = np.column_stack([np.linspace(-0.14, 0.14, 9), np.zeros(9), np.zeros(9)])
    floor = along + np.array([0.0, 0.0, solid.drawing_position[2] + 0.1])
    for height, is_inside in ((-1e-4, True), (1e-4, False)):
        depth = np.min(
            [part.signed_distance(floor + np.array([0, 0, height])) for part in solid.parts], 0
        )
        assert ((depth < 0) == is_inside).all()


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("channel", {"points": (0.0, 0.0, 0.1)}, "3 numbers for points"),
        ("channel", {"points": (0, 0, 0, 0.1, 0, 0, 0.1, 0.1, 0)}, "turns by 90 degrees"),
        ("channel", {"points": (0, 0, 0, 0.1, 0, 0.4)}, "76 degrees steep"),
        ("channel", {"radius": 0.2}, "bent with a radius of 0.152 m"),
        ("hoop", {"thickness": 0.0995}, "leaves no hole in 0.1 m"),
        ("wheel", {"spokes": 5.0}, r"spokes \(5\) must be one of"),
        ("egg", {"taper": 0.5}, r"taper \(0.5\) must lie in 0 to 0.25"),
    ],
)
def test_a_shape_that_cannot_be_built_says_why(kind, change, message):
    change = {
        name: tuple(map(float, value)) if isinstance(value, tuple) else value
        for name, value in change.items()
    }
    with pytest.raises(SceneError, match=message):
        build(Shape(kind=kind, parameters=EXAMPLES[kind] | change))
