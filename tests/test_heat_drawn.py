"""Temperatures per vertex of rigid bodies: checked, stored, and seen to glow where they are hot."""

from dataclasses import replace

import numpy as np
import pytest
from heat_scenes import scene, warm

from phys4d_pipeline import shapes
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.render import render
from phys4d_pipeline.scene import CameraPath
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import check_states
from phys4d_pipeline.store.tables import read_states, write_states

BAR = {"half_extents": (0.05, 0.05, 0.3), "cells": (1.0, 1.0, 30.0)}


@pytest.fixture(scope="module")
def bar():
    """A bar of 300 K below to 1500 K above, seen from the side."""
    view = CameraPath(vertical_fov=0.8, eye=((1.0, 0.0, 1.0),), target=((0.0, 0.0, 1.0),))
    spec = replace(scene([warm("bar", "soft_box", BAR, 300.0)], frames=2), cameras=(view,))
    heights = shapes.mesh(spec.bodies[0].shape).vertices[:, 2]
    kelvin = (900.0 + 2000.0 * heights).astype(np.float32)
    return spec, replace(simulate(spec), temperatures={0: np.stack([kelvin, kelvin])})


def test_a_rigid_body_glows_where_it_is_hot(bar):
    spec, states = bar
    picture = next(iter(render(spec, states))).rgb.astype(float)
    column = picture[:, 32]
    red, blue = column[:, 0], column[:, 2]
    top, middle, bottom = 16, 32, 48  # 0.2 m above and below the middle: 1300, 900, 500 K
    assert red[top] > red[middle] + 20 > red[bottom] + 20
    assert red[top] - blue[top] > 40 > abs(red[bottom] - blue[bottom])


def test_temperatures_of_vertices_come_back_bit_for_bit(bar, tmp_path):
    spec, states = bar
    write_states(tmp_path / "states.parquet", states)
    found = read_states(tmp_path / "states.parquet")
    assert found.digest() == states.digest()
    check_states(spec, found)


def test_a_temperature_too_many_is_refused(bar):
    spec, states = bar
    V = len(shapes.mesh(spec.bodies[0].shape).vertices)
    longer = np.full((2, V + 1), 300.0, np.float32)
    message = rf"'bar' \(rigid\): temperatures of shape \(2, {V + 1}\), not \(T, {V}\) or \(T, 1\)"
    with pytest.raises(SceneError, match=message):
        check_states(spec, replace(states, temperatures={0: longer}))
